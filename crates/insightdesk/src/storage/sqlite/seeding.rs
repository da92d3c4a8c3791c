//! Fills a database with what it lacks of the given data.

use rusqlite::{Connection, params};

use super::{tickets, users};
use crate::model::Article;
use crate::storage::{SeedData, SeedReport, StorageError};

pub(super) fn seed(c: &Connection, data: &SeedData) -> Result<SeedReport, StorageError> {
    let mut report = SeedReport::default();
    for (id, name) in &data.organizations {
        report.organizations += c.execute(
            "INSERT INTO organizations (id, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![id, name],
        )?;
    }
    for account in &data.accounts {
        report.users += users::insert(c, account)?;
    }
    for ticket in &data.tickets {
        report.tickets += tickets::insert(c, ticket)?;
    }
    for comment in &data.comments {
        tickets::insert_comment(c, comment)?;
    }
    for (slug, name) in &data.categories {
        c.execute(
            "INSERT INTO categories (slug, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![slug, name],
        )?;
    }
    for article in &data.articles {
        report.articles += insert_article(c, article)?;
    }
    Ok(report)
}

fn insert_article(c: &Connection, article: &Article) -> Result<usize, StorageError> {
    let Article { summary, content } = article;
    let mut statement = c.prepare_cached(
        "INSERT INTO articles (id, slug, title, category, excerpt, content, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    )?;
    Ok(statement.execute(params![
        summary.id,
        summary.slug,
        summary.title,
        summary.category,
        summary.excerpt,
        content,
        summary.updated_at.0
    ])?)
}
