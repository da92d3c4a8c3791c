//! Queries about tickets, their comments and their numbers.

use rusqlite::{Connection, Row, params};

use super::row;
use crate::clock::Timestamp;
use crate::model::{Comment, Ticket, TicketGroup, Vocabulary};
use crate::storage::{
    Dashboard, Page, Slice, StorageError, TicketFilter, TicketPatch, TicketSort, TicketSortKey, TicketUpdate,
};

pub(super) fn list(
    c: &Connection,
    organization: &str,
    filter: &TicketFilter,
    sort: TicketSort,
    slice: Slice,
) -> Result<Page<Ticket>, StorageError> {
    // The statement is put together from fixed parts only; every value is a parameter.
    let sql = format!(
        "SELECT * FROM tickets WHERE {} ORDER BY {} LIMIT :limit OFFSET :offset",
        conditions(filter),
        order(sort)
    );
    let mut statement = c.prepare_cached(&sql)?;
    bind_filter(&mut statement, organization, filter)?;
    bind(&mut statement, ":limit", slice.limit)?;
    bind(&mut statement, ":offset", slice.offset())?;
    let items = row::collect(statement.raw_query(), read)?;
    Ok(Page { items, total: total(c, organization, filter)? })
}

fn conditions(filter: &TicketFilter) -> String {
    let mut sql = String::from("organization_id = :organization");
    if filter.status.is_some() {
        sql.push_str(" AND status = :status");
    }
    if filter.priority.is_some() {
        sql.push_str(" AND priority_rank = :priority_rank");
    }
    if filter.assignee.is_some() {
        sql.push_str(" AND assignee_id = :assignee");
    }
    sql
}

fn order(sort: TicketSort) -> &'static str {
    match (sort.key, sort.descending) {
        (TicketSortKey::CreatedAt, true) => "created_at DESC, number DESC",
        (TicketSortKey::CreatedAt, false) => "created_at, number",
        (TicketSortKey::UpdatedAt, true) => "updated_at DESC, number DESC",
        (TicketSortKey::UpdatedAt, false) => "updated_at, number",
        (TicketSortKey::Priority, true) => "priority_rank DESC, created_at DESC, number DESC",
        (TicketSortKey::Priority, false) => "priority_rank, created_at, number",
    }
}

/// Binds a parameter if the statement has it.
fn bind(
    statement: &mut rusqlite::Statement<'_>,
    name: &str,
    value: impl rusqlite::ToSql,
) -> Result<(), StorageError> {
    if let Some(index) = statement.parameter_index(name)? {
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(())
}

fn bind_filter(
    statement: &mut rusqlite::Statement<'_>,
    organization: &str,
    filter: &TicketFilter,
) -> Result<(), StorageError> {
    bind(statement, ":organization", organization)?;
    bind(statement, ":status", filter.status.map(Vocabulary::as_str))?;
    bind(statement, ":priority", filter.priority.map(Vocabulary::as_str))?;
    bind(statement, ":priority_rank", filter.priority.map(|priority| priority as u8))?;
    bind(statement, ":assignee", filter.assignee.as_deref())
}

/// How many tickets the filter lets through: from the kept counts unless it names an assignee.
fn total(c: &Connection, organization: &str, filter: &TicketFilter) -> Result<u64, StorageError> {
    let sql = if filter.assignee.is_some() {
        format!("SELECT count(*) AS total FROM tickets WHERE {}", conditions(filter))
    } else {
        let conditions = conditions(filter).replace("priority_rank = :priority_rank", "priority = :priority");
        format!("SELECT coalesce(sum(tickets), 0) AS total FROM ticket_counts WHERE {conditions}")
    };
    let mut statement = c.prepare_cached(&sql)?;
    bind_filter(&mut statement, organization, filter)?;
    let total = row::first(statement.raw_query(), |row| row::count(row, "total"))?;
    Ok(total.unwrap_or(0))
}

pub(super) fn get(c: &Connection, organization: &str, id: &str) -> Result<Option<Ticket>, StorageError> {
    let mut statement = c.prepare_cached("SELECT * FROM tickets WHERE id = ?1 AND organization_id = ?2")?;
    row::first(statement.query(params![id, organization])?, read)
}

/// Stores a ticket unless its id is taken; says how many rows that made.
pub(super) fn insert(c: &Connection, ticket: &Ticket) -> Result<usize, StorageError> {
    let mut statement = c.prepare_cached(
        "INSERT INTO tickets (id, title, description, status, priority, organization_id, assignee_id, \
                              created_by, created_at, updated_at, resolved_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id) DO NOTHING",
    )?;
    Ok(statement.execute(params![
        ticket.id,
        ticket.title,
        ticket.description,
        ticket.status.as_str(),
        ticket.priority.as_str(),
        ticket.organization_id,
        ticket.assignee_id,
        ticket.created_by,
        ticket.created_at.0,
        ticket.updated_at.0,
        ticket.resolved_at.map(|at| at.0),
    ])?)
}

pub(super) fn update(
    c: &Connection,
    organization: &str,
    id: &str,
    patch: TicketPatch,
    at: Timestamp,
) -> Result<TicketUpdate, StorageError> {
    let Some(mut ticket) = get(c, organization, id)? else {
        return Ok(TicketUpdate::NotFound);
    };
    if let Some(to) = patch.status.filter(|&to| !ticket.status.may_become(to)) {
        return Ok(TicketUpdate::Forbidden { from: ticket.status, to });
    }
    if let Some(Some(assignee)) = &patch.assignee_id
        && super::users::user(c, organization, assignee)?.is_none()
    {
        return Ok(TicketUpdate::UnknownAssignee);
    }
    patch.apply(&mut ticket, at);
    store(c, &ticket)?;
    Ok(TicketUpdate::Updated(ticket))
}

/// Writes what may change about a ticket.
///
/// The text has a statement of its own, since touching it makes the full-text index start over with the row.
fn store(c: &Connection, ticket: &Ticket) -> Result<(), StorageError> {
    c.prepare_cached(
        "UPDATE tickets SET status = ?2, priority = ?3, assignee_id = ?4, updated_at = ?5, resolved_at = ?6 \
         WHERE id = ?1",
    )?
    .execute(params![
        ticket.id,
        ticket.status.as_str(),
        ticket.priority.as_str(),
        ticket.assignee_id,
        ticket.updated_at.0,
        ticket.resolved_at.map(|at| at.0),
    ])?;
    c.prepare_cached(
        "UPDATE tickets SET title = ?2, description = ?3 WHERE id = ?1 AND (title, description) <> (?2, ?3)",
    )?
    .execute(params![ticket.id, ticket.title, ticket.description])?;
    Ok(())
}

pub(super) fn delete(c: &Connection, organization: &str, id: &str) -> Result<bool, StorageError> {
    let mut statement = c.prepare_cached("DELETE FROM tickets WHERE id = ?1 AND organization_id = ?2")?;
    Ok(statement.execute(params![id, organization])? > 0)
}

fn exists(c: &Connection, organization: &str, id: &str) -> Result<bool, StorageError> {
    let mut statement = c.prepare_cached("SELECT 1 FROM tickets WHERE id = ?1 AND organization_id = ?2")?;
    Ok(statement.exists(params![id, organization])?)
}

pub(super) fn comments(
    c: &Connection,
    organization: &str,
    ticket: &str,
    slice: Slice,
) -> Result<Option<Page<Comment>>, StorageError> {
    if !exists(c, organization, ticket)? {
        return Ok(None);
    }
    let mut statement =
        c.prepare_cached("SELECT * FROM comments WHERE ticket_id = ?1 ORDER BY number LIMIT ?2 OFFSET ?3")?;
    let rows = statement.query(params![ticket, slice.limit, slice.offset()])?;
    let items = row::collect(rows, |row| {
        Ok(Comment {
            id: row.get("id")?,
            ticket_id: row.get("ticket_id")?,
            author_id: row.get("author_id")?,
            content: row.get("content")?,
            created_at: row::time(row, "created_at")?,
        })
    })?;
    let total: i64 = c
        .prepare_cached("SELECT count(*) FROM comments WHERE ticket_id = ?1")?
        .query_row(params![ticket], |row| row.get(0))?;
    Ok(Some(Page { items, total: total.cast_unsigned() }))
}

pub(super) fn add_comment(
    c: &Connection,
    organization: &str,
    comment: &Comment,
) -> Result<bool, StorageError> {
    let touched = c
        .prepare_cached("UPDATE tickets SET updated_at = ?3 WHERE id = ?1 AND organization_id = ?2")?
        .execute(params![comment.ticket_id, organization, comment.created_at.0])?;
    if touched == 0 {
        return Ok(false);
    }
    insert_comment(c, comment)?;
    Ok(true)
}

pub(super) fn insert_comment(c: &Connection, comment: &Comment) -> Result<usize, StorageError> {
    let mut statement = c.prepare_cached(
        "INSERT INTO comments (id, ticket_id, author_id, content, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO NOTHING",
    )?;
    Ok(statement.execute(params![
        comment.id,
        comment.ticket_id,
        comment.author_id,
        comment.content,
        comment.created_at.0
    ])?)
}

pub(super) fn dashboard(
    c: &Connection,
    organization: &str,
    first_day: i64,
) -> Result<Dashboard, StorageError> {
    let mut statement = c.prepare_cached("SELECT * FROM ticket_counts WHERE organization_id = ?1")?;
    let groups = row::collect(statement.query(params![organization])?, |row| {
        let group =
            TicketGroup { count: row::count(row, "tickets")?, created_ms_sum: row.get("created_ms_sum")? };
        Ok((row::word(row, "status")?, row::word(row, "priority")?, group))
    })?;
    let mut statement =
        c.prepare_cached("SELECT * FROM ticket_days WHERE organization_id = ?1 AND day >= ?2 ORDER BY day")?;
    let days = row::collect(statement.query(params![organization, first_day])?, |row| {
        Ok((row.get("day")?, row::count(row, "created")?, row::count(row, "resolved")?))
    })?;
    Ok(Dashboard { groups, days })
}

pub(super) fn read(row: &Row<'_>) -> Result<Ticket, StorageError> {
    Ok(Ticket {
        id: row.get("id")?,
        title: row.get("title")?,
        description: row.get("description")?,
        status: row::word(row, "status")?,
        priority: row::word(row, "priority")?,
        organization_id: row.get("organization_id")?,
        assignee_id: row.get("assignee_id")?,
        created_by: row.get("created_by")?,
        created_at: row::time(row, "created_at")?,
        updated_at: row::time(row, "updated_at")?,
        resolved_at: row.get::<_, Option<i64>>("resolved_at").map(|at| at.map(Timestamp))?,
    })
}
