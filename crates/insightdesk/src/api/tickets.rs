//! Tickets and their comments.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::App;
use super::body::Segment;
use super::caller::{Admin, Caller};
use super::error::ApiError;
use super::reply::{self, List, Paged};
use super::validation::{Fields, Params, words};
use crate::bus::Event;
use crate::clock::Timestamp;
use crate::model::{Comment, Priority, Status, Ticket, Vocabulary};
use crate::storage::{TicketFilter, TicketPatch, TicketSort, TicketSortKey, TicketUpdate};

const MAX_TITLE: usize = 200;
const MAX_TEXT: usize = 10_000;
/// No id of ours is longer.
pub(crate) const MAX_ID: usize = 64;
/// Searches are a few words.
pub(crate) const MAX_QUERY: usize = 200;

/// What reporting a problem takes.
#[derive(JsonSchema)]
pub(crate) struct NewTicket {
    #[schemars(length(min = 1, max = MAX_TITLE))]
    title: String,
    #[schemars(length(min = 1, max = MAX_TEXT))]
    description: String,
    priority: Priority,
}

/// What changing a ticket takes: at least one of these.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("minProperties" = 1))]
#[expect(dead_code, reason = "describes the body; TicketPatch is what it is parsed into")]
pub(crate) struct TicketChanges {
    #[schemars(transform = never_null)]
    status: Option<Status>,
    #[schemars(transform = never_null)]
    priority: Option<Priority>,
    #[schemars(length(min = 1, max = MAX_TITLE), transform = never_null)]
    title: Option<String>,
    #[schemars(length(min = 1, max = MAX_TEXT), transform = never_null)]
    description: Option<String>,
    /// A user of the organisation, or null for nobody.
    #[schemars(length(min = 1, max = MAX_ID))]
    assignee_id: Option<String>,
}

/// Takes null out of the schema of an `Option`: its field may be missing, but not be null.
fn never_null(schema: &mut Schema) {
    if let Some(Value::Array(alternatives)) = schema.remove("anyOf") {
        let not_null = alternatives.into_iter().find(|one| one["type"] != "null");
        if let Some(Value::Object(keywords)) = not_null {
            schema.ensure_object().extend(keywords);
        }
    }
    if let Some(Value::Array(types)) = schema.remove("type") {
        let not_null = types.into_iter().find(|one| one != "null");
        schema.insert("type".to_owned(), not_null.into());
    }
}

/// What commenting takes.
#[derive(JsonSchema)]
pub(crate) struct NewComment {
    #[schemars(length(min = 1, max = MAX_TEXT))]
    content: String,
}

/// What tickets can be ordered by, as the `sort` parameter spells it.
#[derive(Clone, Copy)]
pub(crate) struct Sort {
    word: &'static str,
    sort: TicketSort,
}

const fn sort(word: &'static str, key: TicketSortKey, descending: bool) -> Sort {
    Sort { word, sort: TicketSort { key, descending } }
}

impl Vocabulary for Sort {
    const ALL: &'static [Self] = &[
        sort("-createdAt", TicketSortKey::CreatedAt, true),
        sort("createdAt", TicketSortKey::CreatedAt, false),
        sort("-updatedAt", TicketSortKey::UpdatedAt, true),
        sort("updatedAt", TicketSortKey::UpdatedAt, false),
        sort("-priority", TicketSortKey::Priority, true),
        sort("priority", TicketSortKey::Priority, false),
    ];

    fn as_str(self) -> &'static str {
        self.word
    }
}

impl NewTicket {
    fn parse(mut fields: Fields) -> Result<Self, ApiError> {
        let ticket = Self {
            title: fields.text("title", 1..=MAX_TITLE),
            description: fields.text("description", 1..=MAX_TEXT),
            priority: fields.choice("priority"),
        };
        fields.problems.verdict()?;
        Ok(ticket)
    }
}

impl TicketChanges {
    fn parse(mut fields: Fields) -> Result<TicketPatch, ApiError> {
        fields.require_any(&["status", "priority", "title", "description", "assigneeId"]);
        let patch = TicketPatch {
            status: fields.optional_choice("status"),
            priority: fields.optional_choice("priority"),
            title: fields.optional_text("title", 1..=MAX_TITLE),
            description: fields.optional_text("description", 1..=MAX_TEXT),
            assignee_id: fields.nullable_text("assigneeId", 1..=MAX_ID),
        };
        fields.problems.verdict()?;
        Ok(patch)
    }
}

impl NewComment {
    fn parse(mut fields: Fields) -> Result<Self, ApiError> {
        let comment = Self { content: fields.text("content", 1..=MAX_TEXT) };
        fields.problems.verdict()?;
        Ok(comment)
    }
}

pub(crate) async fn list(
    State(desk): State<App>,
    Caller(claims): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Paged<Ticket>>, ApiError> {
    let mut params = Params::parse(query.as_deref());
    let slice = reply::slice(&mut params);
    let filter = TicketFilter {
        status: params.choice("status"),
        priority: params.choice("priority"),
        assignee: params.text("assignee", 1..=MAX_ID),
    };
    let sort = params.choice::<Sort>("sort").unwrap_or(Sort::ALL[0]).sort;
    params.problems.verdict()?;
    let page = desk.storage.tickets(&claims.organization, filter, sort, slice).await?;
    Ok(Json(Paged::new(page, slice)))
}

pub(crate) async fn create(
    State(desk): State<App>,
    Caller(claims): Caller,
    fields: Fields,
) -> Result<Response, ApiError> {
    let NewTicket { title, description, priority } = NewTicket::parse(fields)?;
    let now = Timestamp::now();
    let ticket = Ticket {
        id: new_id("ticket", now),
        title,
        description,
        status: Status::Open,
        priority,
        organization_id: claims.organization,
        assignee_id: None,
        created_by: Some(claims.user),
        created_at: now,
        updated_at: now,
        resolved_at: None,
    };
    desk.storage.create_ticket(ticket.clone()).await?;
    let location = format!("/api/v1/tickets/{}", ticket.id);
    let location = HeaderValue::from_str(&location).expect("our ids are letters, digits and underscores");
    let response = (StatusCode::CREATED, [(header::LOCATION, location)], Json(&ticket)).into_response();
    desk.bus.publish(Event::TicketCreated(ticket));
    Ok(response)
}

pub(crate) async fn get(
    State(desk): State<App>,
    Caller(claims): Caller,
    Segment(id): Segment,
) -> Result<Json<Ticket>, ApiError> {
    let ticket = desk.storage.ticket(&claims.organization, &id).await?;
    ticket.map(Json).ok_or(ApiError::NotFound("ticket"))
}

pub(crate) async fn update(
    State(desk): State<App>,
    Caller(claims): Caller,
    Segment(id): Segment,
    fields: Fields,
) -> Result<Json<Ticket>, ApiError> {
    let patch = TicketChanges::parse(fields)?;
    match desk.storage.update_ticket(&claims.organization, &id, patch, Timestamp::now()).await? {
        TicketUpdate::Updated(ticket) => {
            desk.bus.publish(Event::TicketUpdated(ticket.clone()));
            Ok(Json(ticket))
        }
        TicketUpdate::NotFound => Err(ApiError::NotFound("ticket")),
        TicketUpdate::Forbidden { from, to } => Err(ApiError::Transition { from, to }),
        TicketUpdate::UnknownAssignee => Err(unknown_assignee()),
    }
}

fn unknown_assignee() -> ApiError {
    let mut problems = super::validation::Problems::default();
    problems.note("assigneeId", "must be a user of the organisation");
    problems.verdict().expect_err("a problem was noted")
}

pub(crate) async fn delete(
    State(desk): State<App>,
    Admin(claims): Admin,
    Segment(id): Segment,
) -> Result<StatusCode, ApiError> {
    if desk.storage.delete_ticket(&claims.organization, &id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound("ticket"))
    }
}

pub(crate) async fn search(
    State(desk): State<App>,
    Caller(claims): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Ticket>>, ApiError> {
    let mut params = Params::parse(query.as_deref());
    let words = words(&params.required_text("q", 1..=MAX_QUERY));
    let limit = params.number("limit", reply::DEFAULT_LIMIT, 1..=reply::MAX_LIMIT);
    params.problems.verdict()?;
    if words.is_empty() {
        // Nothing but punctuation: no ticket contains it as a word.
        return Ok(Json(List { data: Vec::new() }));
    }
    let data = desk.storage.search_tickets(&claims.organization, &words, limit).await?;
    Ok(Json(List { data }))
}

pub(crate) async fn comments(
    State(desk): State<App>,
    Caller(claims): Caller,
    Segment(id): Segment,
    RawQuery(query): RawQuery,
) -> Result<Json<Paged<Comment>>, ApiError> {
    let mut params = Params::parse(query.as_deref());
    let slice = reply::slice(&mut params);
    params.problems.verdict()?;
    let page = desk.storage.comments(&claims.organization, &id, slice).await?;
    page.map(|page| Json(Paged::new(page, slice))).ok_or(ApiError::NotFound("ticket"))
}

pub(crate) async fn add_comment(
    State(desk): State<App>,
    Caller(claims): Caller,
    Segment(id): Segment,
    fields: Fields,
) -> Result<(StatusCode, Json<Comment>), ApiError> {
    let NewComment { content } = NewComment::parse(fields)?;
    let now = Timestamp::now();
    let comment = Comment {
        id: new_id("comment", now),
        ticket_id: id,
        author_id: claims.user,
        content,
        created_at: now,
    };
    if !desk.storage.add_comment(&claims.organization, comment.clone()).await? {
        return Err(ApiError::NotFound("ticket"));
    }
    let event = Event::TicketCommented { organization: claims.organization, comment: comment.clone() };
    desk.bus.publish(event);
    Ok((StatusCode::CREATED, Json(comment)))
}

/// An id that is unique, cannot be guessed, and sorts by time: 48 bits of milliseconds and 64 random ones.
fn new_id(kind: &str, now: Timestamp) -> String {
    format!("{kind}_{:012x}{:016x}", now.0, rand::random::<u64>())
}
