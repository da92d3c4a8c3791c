//! Full-text search for tickets, at a cost that does not grow with their number.
//!
//! Ranking every match of a common word would. When a hundred tickets have the words in the title, the newest
//! of those are the answer: such words say little about relevance. Otherwise the newest that have them
//! anywhere are ranked, titles first.

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::pool::Client;
use super::{row, tickets};
use crate::model::Ticket;
use crate::storage::StorageError;

/// The value of a parameter.
type Value<'a> = &'a (dyn ToSql + Sync);

/// As many titles make a word common, and as many tickets of each kind are ranked: what a search returns at
/// most.
const RANKED: u32 = 100;

const QUERY: &str = "plainto_tsquery('english', $2)";

/// The tickets of `organization` that contain all `words`, the best `limit` of them.
pub(super) async fn search(
    c: &Client,
    organization: &str,
    words: &[String],
    limit: u32,
) -> Result<Vec<Ticket>, StorageError> {
    let words = words.join(" ");
    let in_title = newest("to_tsvector('english', title)");
    let mut found = ask(c, &in_title, &[&organization, &words]).await?;
    if found.len() < RANKED as usize {
        found = ask(c, &ranked(&in_title), &[&organization, &words]).await?;
    }
    found.truncate(limit as usize);
    row::collect(&found, tickets::read)
}

/// The newest tickets whose `document` matches.
fn newest(document: &str) -> String {
    format!(
        "SELECT {}, number FROM tickets WHERE organization_id = $1 AND {document} @@ {QUERY} \
         ORDER BY created_at DESC, number DESC LIMIT {RANKED}",
        tickets::COLUMNS
    )
}

fn ranked(in_title: &str) -> String {
    let anywhere = newest("weighted_text(title, description)");
    // The weights are those of parts D, C, B (text) and A (title). Of equals the newest come first.
    format!(
        "SELECT {} FROM (({in_title}) UNION ({anywhere})) AS found \
         ORDER BY ts_rank('{{0, 0, 0.1, 1}}', weighted_text(title, description), {QUERY}) DESC, \
                  created_at DESC, number DESC LIMIT {RANKED}",
        tickets::COLUMNS
    )
}

/// Asks without preparing: the plan must be made for these words, since common ones are best met in the order
/// of time and rare ones by the index of words.
async fn ask(
    c: &Client,
    sql: &str,
    [organization, words]: &[Value<'_>; 2],
) -> Result<Vec<Row>, StorageError> {
    Ok(c.query_typed(sql, &[(*organization, Type::TEXT), (*words, Type::TEXT)]).await?)
}
