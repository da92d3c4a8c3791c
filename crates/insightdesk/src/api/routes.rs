//! The route table. Its order is that of the OpenAPI document.

use super::error::ErrorBody;
use super::reply::{DEFAULT_LIMIT, List, MAX_LIMIT, Paged};
use super::route::Route;
use super::{analytics, instrument, knowledge_base, metrics, session, system, tickets};
use crate::fault::FaultSettings;
use crate::ledger::LedgerReport;
use crate::model::{Article, ArticleSummary, Category, Comment, Priority, Status, Ticket, User};

/// Every route; those under `/__target/` only when the desk is instrumented.
pub(crate) fn routes(instrument: bool) -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(system_routes());
    routes.extend(session_routes());
    routes.extend(ticket_routes());
    routes.extend(single_ticket_routes());
    routes.extend(knowledge_base_routes());
    if instrument {
        routes.extend(instrument_routes());
    }
    routes
}

fn system_routes() -> [Route; 4] {
    let health = |path, operation| {
        Route::get(path, system::health)
            .named("system", operation, "Whether the desk and what it depends on work")
            .answers::<system::Health>(200)
            .fails(&[503])
    };
    [
        health("/health", "health"),
        health("/api/v1/health", "apiHealth"),
        Route::get("/api/v1/openapi.json", system::openapi).named("system", "openapi", "This document"),
        Route::get("/metrics", metrics::metrics).named(
            "system",
            "metrics",
            "Numbers in Prometheus' text format",
        ),
    ]
}

fn session_routes() -> [Route; 4] {
    [
        Route::post("/api/v1/auth/login", session::log_in)
            .named("session", "logIn", "Exchange a password for tokens")
            .takes::<session::Credentials>()
            .answers::<session::Tokens>(200)
            .fails(&[401, 429, 503]),
        Route::post("/api/v1/auth/refresh", session::refresh)
            .named("session", "refresh", "Exchange a refresh token for new tokens; each works once")
            .takes::<session::Refresh>()
            .answers::<session::Tokens>(200)
            .fails(&[401]),
        Route::post("/api/v1/auth/logout", session::log_out)
            .named("session", "logOut", "End the session: all its tokens stop working")
            .bearer()
            .answers_bare(204),
        Route::get("/api/v1/user/me", session::me)
            .named("session", "me", "Who the token belongs to")
            .bearer()
            .answers::<User>(200),
    ]
}

fn ticket_routes() -> [Route; 4] {
    [
        Route::get("/api/v1/tickets", tickets::list)
            .named("tickets", "listTickets", "The organisation's tickets, newest first")
            .bearer()
            .paged()
            .choice::<Status>("status", "Only tickets in this status.")
            .choice::<Priority>("priority", "Only tickets of this priority.")
            .text("assignee", "Only this user's tickets.", 1..=tickets::MAX_ID)
            .choice::<tickets::Sort>("sort", "What to order by; a minus sign puts the largest first.")
            .answers::<Paged<Ticket>>(200),
        Route::post("/api/v1/tickets", tickets::create)
            .named("tickets", "createTicket", "Report a problem")
            .bearer()
            .takes::<tickets::NewTicket>()
            .answers::<Ticket>(201),
        Route::get("/api/v1/tickets/search", tickets::search)
            .named("tickets", "searchTickets", "Tickets that contain all the words, best match first")
            .bearer()
            .required_text("q", "Words to look for.", 1..=tickets::MAX_QUERY)
            .limited(DEFAULT_LIMIT, MAX_LIMIT)
            .answers::<List<Ticket>>(200),
        Route::get("/api/v1/analytics/dashboard", analytics::dashboard)
            .named("tickets", "dashboard", "The organisation's numbers, at most a few seconds old")
            .bearer()
            .answers::<analytics::Numbers>(200),
    ]
}

fn single_ticket_routes() -> [Route; 5] {
    [
        Route::get("/api/v1/tickets/{id}", tickets::get)
            .named("tickets", "getTicket", "One ticket")
            .bearer()
            .answers::<Ticket>(200)
            .fails(&[404]),
        Route::patch("/api/v1/tickets/{id}", tickets::update)
            .named("tickets", "updateTicket", "Change some fields of a ticket")
            .bearer()
            .takes::<tickets::TicketChanges>()
            .answers::<Ticket>(200)
            .fails(&[404, 409]),
        Route::delete("/api/v1/tickets/{id}", tickets::delete)
            .named("tickets", "deleteTicket", "Remove a ticket and its comments")
            .admin()
            .answers_bare(204)
            .fails(&[404]),
        Route::get("/api/v1/tickets/{id}/comments", tickets::comments)
            .named("tickets", "listComments", "A ticket's comments, oldest first")
            .bearer()
            .paged()
            .answers::<Paged<Comment>>(200)
            .fails(&[404]),
        Route::post("/api/v1/tickets/{id}/comments", tickets::add_comment)
            .named("tickets", "addComment", "Comment on a ticket")
            .bearer()
            .takes::<tickets::NewComment>()
            .answers::<Comment>(201)
            .fails(&[404]),
    ]
}

fn knowledge_base_routes() -> [Route; 3] {
    [
        Route::get("/api/v1/kb/categories", knowledge_base::categories)
            .named("knowledge base", "listCategories", "The shelves of the knowledge base")
            .answers::<List<Category>>(200)
            .fails(&[304]),
        Route::get("/api/v1/kb/articles", knowledge_base::articles)
            .named("knowledge base", "listArticles", "Articles by title, or by how well they match the words")
            .paged()
            .text("category", "Only this category's articles.", 1..=knowledge_base::MAX_SLUG)
            .text("q", "Words to look for.", 0..=tickets::MAX_QUERY)
            .answers::<Paged<ArticleSummary>>(200)
            .fails(&[304]),
        Route::get("/api/v1/kb/articles/{slug}", knowledge_base::article)
            .named("knowledge base", "getArticle", "One article")
            .answers::<Article>(200)
            .fails(&[304, 404]),
    ]
}

fn instrument_routes() -> [Route; 4] {
    [
        Route::get("/__target/ledger", instrument::ledger)
            .named("instrument", "ledger", "The desk's own account of every request")
            .answers::<LedgerReport>(200),
        Route::get("/__target/faults", instrument::faults)
            .named("instrument", "faults", "The faults in force")
            .answers::<FaultSettings>(200),
        Route::post("/__target/faults", instrument::set_faults)
            .named("instrument", "setFaults", "Replace all faults; what is left out is off")
            .takes::<FaultSettings>()
            .answers::<FaultSettings>(200),
        Route::delete("/__target/faults", instrument::clear_faults)
            .named("instrument", "clearFaults", "Turn all faults off")
            .answers_bare(204),
    ]
}

/// What every failure answers with, for the document.
pub(crate) fn error_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    generator.subschema_for::<ErrorBody>()
}
