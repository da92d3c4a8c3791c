//! Full-text search for tickets, at a cost that does not grow with their number.
//!
//! Ranking every match of a common word would. Ranked are the newest tickets that have the words in the title
//! and the newest that have them anywhere, some hundreds of each: all there are, unless the words are common,
//! and then they say little about relevance anyway.

use tokio_postgres::types::Type;

use super::pool::Client;
use super::{row, tickets};
use crate::model::Ticket;
use crate::storage::StorageError;

/// How many tickets of each kind are ranked: more than a search returns.
const RANKED: u32 = 200;

/// The tickets of `organization` that contain all `words`, the best `limit` of them.
pub(super) async fn search(
    c: &Client,
    organization: &str,
    words: &[String],
    limit: u32,
) -> Result<Vec<Ticket>, StorageError> {
    let columns = tickets::COLUMNS;
    let query = "plainto_tsquery('english', $2)";
    let newest = |document: &str| {
        format!(
            "(SELECT {columns}, number FROM tickets WHERE organization_id = $1 AND {document} @@ {query} \
              ORDER BY created_at DESC, number DESC LIMIT {RANKED})"
        )
    };
    let (in_title, anywhere) =
        (newest("to_tsvector('english', title)"), newest("weighted_text(title, description)"));
    // The weights are those of parts D, C, B (text) and A (title). Of equals the newest come first.
    let sql = format!(
        "SELECT {columns} FROM ({in_title} UNION {anywhere}) AS found \
         ORDER BY ts_rank('{{0, 0, 0.1, 1}}', weighted_text(title, description), {query}) DESC, \
                  created_at DESC, number DESC LIMIT $3"
    );
    // Not prepared: the plan must be made for these words, since common ones are best met in the order of
    // time and rare ones by the index of words.
    let (words, limit) = (words.join(" "), i64::from(limit));
    let values: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 3] =
        [(&organization, Type::TEXT), (&words, Type::TEXT), (&limit, Type::INT8)];
    let rows = c.query_typed(&sql, &values).await?;
    row::collect(&rows, tickets::read)
}
