//! Queries about tickets, their comments and their numbers.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::pool::Client;
use super::{row, users};
use crate::clock::Timestamp;
use crate::model::{Comment, Ticket, TicketGroup, Vocabulary as _};
use crate::storage::{
    Dashboard, Page, Slice, StorageError, TicketFilter, TicketPatch, TicketSort, TicketSortKey, TicketUpdate,
};

/// What [`read`] reads.
pub(super) const COLUMNS: &str = "id, title, description, status, priority, organization_id, assignee_id, \
                                  created_by, created_at, updated_at, resolved_at";

/// Conditions and the values of their parameters, `$1` being the organisation.
struct Conditions {
    sql: String,
    values: Vec<String>,
}

impl Conditions {
    fn new(organization: &str, filter: &TicketFilter) -> Self {
        let mut conditions =
            Self { sql: "organization_id = $1".to_owned(), values: vec![organization.to_owned()] };
        conditions.add("status", filter.status.map(|status| status.as_str().to_owned()));
        conditions.add("priority", filter.priority.map(|priority| priority.as_str().to_owned()));
        conditions.add("assignee_id", filter.assignee.clone());
        conditions
    }

    fn add(&mut self, column: &'static str, value: Option<String>) {
        if let Some(value) = value {
            self.values.push(value);
            self.sql = format!("{} AND {column} = ${}", self.sql, self.values.len());
        }
    }

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|value| value as _).collect()
    }
}

pub(super) async fn list(
    c: &Client,
    organization: &str,
    filter: &TicketFilter,
    sort: TicketSort,
    slice: Slice,
) -> Result<Page<Ticket>, StorageError> {
    // The statement is put together from fixed parts only; every value is a parameter.
    let conditions = Conditions::new(organization, filter);
    let (n, order) = (conditions.values.len(), order(sort));
    let sql = format!(
        "SELECT {COLUMNS} FROM tickets WHERE {} ORDER BY {order} LIMIT ${} OFFSET ${}",
        conditions.sql,
        n + 1,
        n + 2
    );
    let (limit, offset) = (i64::from(slice.limit), slice.offset());
    let mut values = conditions.values();
    values.extend([&limit as &(dyn ToSql + Sync), &offset]);
    // Both are on their way before either is answered.
    let (rows, total) = tokio::try_join!(row::all(c, &sql, &values), total(c, &conditions, filter))?;
    Ok(Page { items: row::collect(&rows, read)?, total })
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

/// How many tickets the filter lets through: from the kept counts unless it names an assignee.
async fn total(c: &Client, conditions: &Conditions, filter: &TicketFilter) -> Result<u64, StorageError> {
    let what = if filter.assignee.is_some() {
        "count(*) AS total FROM tickets"
    } else {
        "coalesce(sum(tickets), 0)::bigint AS total FROM ticket_counts"
    };
    let sql = format!("SELECT {what} WHERE {}", conditions.sql);
    let row = row::first(c, &sql, &conditions.values()).await?;
    row.map_or(Ok(0), |row| row::count(&row, "total"))
}

pub(super) async fn get<C: GenericClient>(
    c: &C,
    organization: &str,
    id: &str,
) -> Result<Option<Ticket>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM tickets WHERE id = $1 AND organization_id = $2");
    row::first(c, &sql, &[&id, &organization]).await?.as_ref().map(read).transpose()
}

/// Stores a ticket unless its id is taken; says how many rows that made.
pub(super) async fn insert<C: GenericClient>(c: &C, ticket: &Ticket) -> Result<usize, StorageError> {
    let sql = format!(
        "INSERT INTO tickets ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (id) DO NOTHING"
    );
    let (status, priority) = (ticket.status.as_str(), ticket.priority.as_str());
    let Ticket { id, title, description, organization_id, assignee_id, created_by, .. } = ticket;
    let Ticket { created_at, updated_at, resolved_at, .. } = ticket;
    let values: row::Values<'_> = &[
        id,
        title,
        description,
        &status,
        &priority,
        organization_id,
        assignee_id,
        created_by,
        created_at,
        updated_at,
        resolved_at,
    ];
    row::execute(c, &sql, values).await
}

pub(super) async fn update(
    c: &mut Client,
    organization: &str,
    id: &str,
    patch: TicketPatch,
    at: Timestamp,
) -> Result<TicketUpdate, StorageError> {
    let transaction = c.transaction().await?;
    let sql = format!("SELECT {COLUMNS} FROM tickets WHERE id = $1 AND organization_id = $2 FOR UPDATE");
    let Some(found) = row::first(&transaction, &sql, &[&id, &organization]).await? else {
        return Ok(TicketUpdate::NotFound);
    };
    let mut ticket = read(&found)?;
    if let Some(to) = patch.status.filter(|&to| !ticket.status.may_become(to)) {
        return Ok(TicketUpdate::Forbidden { from: ticket.status, to });
    }
    if let Some(Some(assignee)) = &patch.assignee_id
        && users::user(&transaction, organization, assignee).await?.is_none()
    {
        return Ok(TicketUpdate::UnknownAssignee);
    }
    patch.apply(&mut ticket, at);
    store(&transaction, &ticket).await?;
    transaction.commit().await?;
    Ok(TicketUpdate::Updated(ticket))
}

/// Writes what may change about a ticket.
async fn store<C: GenericClient>(c: &C, ticket: &Ticket) -> Result<(), StorageError> {
    let sql = "UPDATE tickets SET title = $2, description = $3, status = $4, priority = $5, \
                                  assignee_id = $6, updated_at = $7, resolved_at = $8 WHERE id = $1";
    let (status, priority) = (ticket.status.as_str(), ticket.priority.as_str());
    let Ticket { id, title, description, assignee_id, updated_at, resolved_at, .. } = ticket;
    let values: row::Values<'_> =
        &[id, title, description, &status, &priority, assignee_id, updated_at, resolved_at];
    row::execute(c, sql, values).await?;
    Ok(())
}

pub(super) async fn delete(c: &Client, organization: &str, id: &str) -> Result<bool, StorageError> {
    let sql = "DELETE FROM tickets WHERE id = $1 AND organization_id = $2";
    Ok(row::execute(c, sql, &[&id, &organization]).await? > 0)
}

pub(super) async fn comments(
    c: &Client,
    organization: &str,
    ticket: &str,
    slice: Slice,
) -> Result<Option<Page<Comment>>, StorageError> {
    let total_sql = "SELECT (SELECT count(*) FROM comments WHERE ticket_id = t.id) AS total \
                     FROM tickets t WHERE id = $1 AND organization_id = $2";
    let Some(total) = row::first(c, total_sql, &[&ticket, &organization]).await? else {
        return Ok(None);
    };
    let sql = "SELECT * FROM comments WHERE ticket_id = $1 ORDER BY number LIMIT $2 OFFSET $3";
    let rows = row::all(c, sql, &[&ticket, &i64::from(slice.limit), &slice.offset()]).await?;
    let items = row::collect(&rows, |row| {
        Ok(Comment {
            id: row.try_get("id")?,
            ticket_id: row.try_get("ticket_id")?,
            author_id: row.try_get("author_id")?,
            content: row.try_get("content")?,
            created_at: row.try_get("created_at")?,
        })
    })?;
    Ok(Some(Page { items, total: row::count(&total, "total")? }))
}

pub(super) async fn add_comment(
    c: &Client,
    organization: &str,
    comment: &Comment,
) -> Result<bool, StorageError> {
    let sql = "WITH touched AS ( \
                   UPDATE tickets SET updated_at = $5 WHERE id = $2 AND organization_id = $6 RETURNING id) \
               INSERT INTO comments (id, ticket_id, author_id, content, created_at) \
               SELECT $1, id, $3, $4, $5 FROM touched";
    let Comment { id, ticket_id, author_id, content, created_at } = comment;
    let stored =
        row::execute(c, sql, &[id, ticket_id, author_id, content, created_at, &organization]).await?;
    Ok(stored > 0)
}

pub(super) async fn insert_comment<C: GenericClient>(
    c: &C,
    comment: &Comment,
) -> Result<usize, StorageError> {
    let sql = "INSERT INTO comments (id, ticket_id, author_id, content, created_at) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";
    let Comment { id, ticket_id, author_id, content, created_at } = comment;
    row::execute(c, sql, &[id, ticket_id, author_id, content, created_at]).await
}

pub(super) async fn dashboard(
    c: &Client,
    organization: &str,
    first_day: i64,
) -> Result<Dashboard, StorageError> {
    let groups = "SELECT status, priority, sum(tickets)::bigint AS tickets, \
                         sum(created_ms_sum)::bigint AS created_ms_sum \
                  FROM ticket_counts WHERE organization_id = $1 GROUP BY status, priority";
    let days = "SELECT day, sum(created)::bigint AS created, sum(resolved)::bigint AS resolved \
                FROM ticket_days WHERE organization_id = $1 AND day >= $2 GROUP BY day ORDER BY day";
    let of_groups: row::Values<'_> = &[&organization];
    let of_days: row::Values<'_> = &[&organization, &first_day];
    let (groups, days) = tokio::try_join!(row::all(c, groups, of_groups), row::all(c, days, of_days))?;
    let groups = row::collect(&groups, |row| {
        let created_ms_sum = row.try_get("created_ms_sum")?;
        let group = TicketGroup { count: row::count(row, "tickets")?, created_ms_sum };
        Ok((row::word(row, "status")?, row::word(row, "priority")?, group))
    })?;
    let days = row::collect(&days, |row| {
        Ok((row.try_get("day")?, row::count(row, "created")?, row::count(row, "resolved")?))
    })?;
    Ok(Dashboard { groups, days })
}

pub(super) fn read(row: &Row) -> Result<Ticket, StorageError> {
    Ok(Ticket {
        id: row.try_get("id")?,
        title: row.try_get("title")?,
        description: row.try_get("description")?,
        status: row::word(row, "status")?,
        priority: row::word(row, "priority")?,
        organization_id: row.try_get("organization_id")?,
        assignee_id: row.try_get("assignee_id")?,
        created_by: row.try_get("created_by")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        resolved_at: row.try_get("resolved_at")?,
    })
}
