//! Queries about the public knowledge base.

use tokio_postgres::Row;

use super::pool::Client;
use super::row;
use crate::model::{Article, ArticleSummary, Category};
use crate::storage::{ArticleFilter, Page, Slice, StorageError};

pub(super) async fn categories(c: &Client) -> Result<Vec<Category>, StorageError> {
    let sql = "SELECT slug, name, \
                      (SELECT count(*) FROM articles a WHERE a.category = c.slug) AS article_count \
               FROM categories c ORDER BY name";
    let rows = row::all(c, sql, &[]).await?;
    row::collect(&rows, |row| {
        Ok(Category {
            slug: row.try_get("slug")?,
            name: row.try_get("name")?,
            article_count: row::count(row, "article_count")?,
        })
    })
}

pub(super) async fn articles(
    c: &Client,
    filter: &ArticleFilter,
    slice: Slice,
) -> Result<Page<ArticleSummary>, StorageError> {
    let query = "plainto_tsquery('english', $2)";
    // Fixed parts only; every value is a parameter. Each of them has to occur, or it would have no type.
    let (matches, order) = if filter.words.is_empty() {
        ("$2::text = ''".to_owned(), "title, number".to_owned())
    } else {
        let rank = format!("ts_rank('{{0, 0, 0.1, 1}}', words, {query}) DESC, number");
        (format!("words @@ {query}"), rank)
    };
    let from = format!("FROM articles WHERE ($1::text IS NULL OR category = $1) AND {matches}");
    let sql = format!(
        "SELECT id, slug, title, category, excerpt, updated_at {from} ORDER BY {order} LIMIT $3 OFFSET $4"
    );
    let total = format!("SELECT count(*) AS total {from}");
    let (words, limit, offset) = (filter.words.join(" "), i64::from(slice.limit), slice.offset());
    let of_page: row::Values<'_> = &[&filter.category, &words, &limit, &offset];
    let (rows, total) = tokio::try_join!(row::all(c, &sql, of_page), row::first(c, &total, &of_page[..2]))?;
    let total = total.map_or(Ok(0), |row| row::count(&row, "total"))?;
    Ok(Page { items: row::collect(&rows, read_summary)?, total })
}

pub(super) async fn article(c: &Client, slug: &str) -> Result<Option<Article>, StorageError> {
    let sql = "SELECT id, slug, title, category, excerpt, content, updated_at FROM articles WHERE slug = $1";
    let found = row::first(c, sql, &[&slug]).await?;
    let read = |row: &Row| Ok(Article { summary: read_summary(row)?, content: row.try_get("content")? });
    found.as_ref().map(read).transpose()
}

fn read_summary(row: &Row) -> Result<ArticleSummary, StorageError> {
    Ok(ArticleSummary {
        id: row.try_get("id")?,
        slug: row.try_get("slug")?,
        title: row.try_get("title")?,
        category: row.try_get("category")?,
        excerpt: row.try_get("excerpt")?,
        updated_at: row.try_get("updated_at")?,
    })
}
