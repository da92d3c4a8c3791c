//! Full-text search for tickets, at a cost that does not grow with their number.
//!
//! A search with few matches is ranked by relevance (BM25). Ranking takes a look at every match of every
//! tenant, so a search with many is not: such a word says little about relevance anyway. It gets the newest
//! tickets that have the words in the title, then the newest that have them anywhere. Start with [`search`].

use rusqlite::{Connection, named_params, params};

use super::{row, tickets};
use crate::model::Ticket;
use crate::storage::StorageError;

/// A search with more matches than this is not ranked by relevance. Ranking as many takes about a
/// millisecond.
const MAX_RANKED: u32 = 1000;

/// The tickets of `organization` that contain all `words`, the best `limit` of them.
pub(super) fn search(
    c: &Connection,
    organization: &str,
    words: &[String],
    limit: u32,
) -> Result<Vec<Ticket>, StorageError> {
    let query = format!("{{title description}} : ({})", row::match_all(words));
    if is_broad(c, &query)? {
        newest(c, organization, words, limit)
    } else {
        most_relevant(c, organization, &query, limit)
    }
}

fn is_broad(c: &Connection, query: &str) -> Result<bool, StorageError> {
    let mut statement = c.prepare_cached(
        "SELECT count(*) > ?2 FROM (SELECT 1 FROM tickets_text WHERE tickets_text MATCH ?1 LIMIT ?2 + 1)",
    )?;
    Ok(statement.query_row(params![query, MAX_RANKED], |row| row.get(0))?)
}

fn most_relevant(
    c: &Connection,
    organization: &str,
    query: &str,
    limit: u32,
) -> Result<Vec<Ticket>, StorageError> {
    // A word in the title counts ten times as much as one in the description. Of equals the newest come
    // first.
    let mut statement = c.prepare_cached(
        "SELECT t.* FROM tickets_text CROSS JOIN tickets t ON t.number = tickets_text.rowid \
         WHERE tickets_text MATCH :query AND t.organization_id = :organization \
         ORDER BY bm25(tickets_text, 10.0, 1.0, 0.0), t.number DESC LIMIT :limit",
    )?;
    let rows =
        statement.query(named_params! { ":query": query, ":organization": organization, ":limit": limit })?;
    row::collect(rows, tickets::read)
}

fn newest(
    c: &Connection,
    organization: &str,
    words: &[String],
    limit: u32,
) -> Result<Vec<Ticket>, StorageError> {
    let words = row::match_all(words);
    let mut found = newest_in(c, organization, &format!("title : ({words})"), limit)?;
    let missing = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
    if missing > 0 {
        let elsewhere = format!("{{title description}} : ({words}) NOT title : ({words})");
        found.extend(newest_in(c, organization, &elsewhere, missing)?);
    }
    Ok(found)
}

fn newest_in(
    c: &Connection,
    organization: &str,
    query: &str,
    limit: u32,
) -> Result<Vec<Ticket>, StorageError> {
    // CROSS JOIN keeps the text index in the outer loop: it comes out newest first and stops at the limit.
    // The tenant's word narrows the matches down, the comparison decides.
    let mut statement = c.prepare_cached(
        "SELECT t.* FROM tickets_text CROSS JOIN tickets t ON t.number = tickets_text.rowid \
         WHERE tickets_text MATCH 'tenant : ' || hex(:organization) || ' AND (' || :query || ')' \
           AND t.organization_id = :organization \
         ORDER BY tickets_text.rowid DESC LIMIT :limit",
    )?;
    let rows =
        statement.query(named_params! { ":query": query, ":organization": organization, ":limit": limit })?;
    row::collect(rows, tickets::read)
}
