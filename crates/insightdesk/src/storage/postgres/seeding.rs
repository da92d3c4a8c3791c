//! Fills a database with what it lacks of the given data.

use deadpool_postgres::GenericClient;

use super::pool::Client;
use super::{SEED_LOCK, begin_maintenance, row, tickets, users};
use crate::model::{Article, ArticleSummary};
use crate::storage::{SeedData, SeedReport, StorageError};

pub(super) async fn seed(c: &mut Client, data: &SeedData) -> Result<SeedReport, StorageError> {
    // Of several instances that start at once, one seeds and the others find nothing to do.
    let transaction = begin_maintenance(c, SEED_LOCK).await?;
    let mut report = SeedReport::default();
    for (id, name) in &data.organizations {
        let sql = "INSERT INTO organizations (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        report.organizations += row::execute(&transaction, sql, &[id, name]).await?;
    }
    for account in &data.accounts {
        report.users += users::insert(&transaction, account).await?;
    }
    for ticket in &data.tickets {
        report.tickets += tickets::insert(&transaction, ticket).await?;
    }
    for comment in &data.comments {
        tickets::insert_comment(&transaction, comment).await?;
    }
    for (slug, name) in &data.categories {
        let sql = "INSERT INTO categories (slug, name) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        row::execute(&transaction, sql, &[slug, name]).await?;
    }
    for article in &data.articles {
        report.articles += insert_article(&transaction, article).await?;
    }
    transaction.commit().await?;
    // Otherwise the first minute is planned for empty tables, until the server looks for itself.
    c.batch_execute("ANALYZE").await?;
    Ok(report)
}

async fn insert_article<C: GenericClient>(c: &C, article: &Article) -> Result<usize, StorageError> {
    let sql = "INSERT INTO articles (id, slug, title, category, excerpt, content, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let Article { summary: ArticleSummary { id, slug, title, category, excerpt, updated_at }, content } =
        article;
    row::execute(c, sql, &[id, slug, title, category, excerpt, content, updated_at]).await
}
