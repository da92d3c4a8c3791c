//! Queries about the public knowledge base.

use rusqlite::{Connection, Row, named_params, params};

use super::row;
use crate::model::{Article, ArticleSummary, Category};
use crate::storage::{ArticleFilter, Page, Slice, StorageError};

pub(super) fn categories(c: &Connection) -> Result<Vec<Category>, StorageError> {
    let mut statement = c.prepare_cached(
        "SELECT slug, name, (SELECT count(*) FROM articles a WHERE a.category = c.slug) AS article_count \
         FROM categories c ORDER BY name",
    )?;
    row::collect(statement.query([])?, |row| {
        Ok(Category {
            slug: row.get("slug")?,
            name: row.get("name")?,
            article_count: row::count(row, "article_count")?,
        })
    })
}

pub(super) fn articles(
    c: &Connection,
    filter: &ArticleFilter,
    slice: Slice,
) -> Result<Page<ArticleSummary>, StorageError> {
    let query = row::match_all(&filter.words);
    // Fixed parts only; every value is a parameter.
    let (source, order) = if filter.words.is_empty() {
        ("articles a WHERE :query = ''", "a.title, a.number")
    } else {
        let source = "articles_text m JOIN articles a ON a.number = m.rowid WHERE articles_text MATCH :query";
        (source, "bm25(articles_text, 10.0, 1.0), a.number")
    };
    let category = if filter.category.is_some() { "a.category = :category" } else { ":category IS NULL" };
    let from = format!("FROM {source} AND {category}");

    let mut statement = c.prepare_cached(&format!(
        "SELECT a.id, a.slug, a.title, a.category, a.excerpt, a.updated_at {from} \
         ORDER BY {order} LIMIT :limit OFFSET :offset"
    ))?;
    let rows = statement.query(named_params! {
        ":query": query, ":category": filter.category, ":limit": slice.limit, ":offset": slice.offset(),
    })?;
    let items = row::collect(rows, read_summary)?;
    let mut statement = c.prepare_cached(&format!("SELECT count(*) AS total {from}"))?;
    let rows = statement.query(named_params! { ":query": query, ":category": filter.category })?;
    let total = row::first(rows, |row| row::count(row, "total"))?;
    Ok(Page { items, total: total.unwrap_or(0) })
}

pub(super) fn article(c: &Connection, slug: &str) -> Result<Option<Article>, StorageError> {
    let mut statement = c.prepare_cached("SELECT * FROM articles WHERE slug = ?1")?;
    row::first(statement.query(params![slug])?, |row| {
        Ok(Article { summary: read_summary(row)?, content: row.get("content")? })
    })
}

fn read_summary(row: &Row<'_>) -> Result<ArticleSummary, StorageError> {
    Ok(ArticleSummary {
        id: row.get("id")?,
        slug: row.get("slug")?,
        title: row.get("title")?,
        category: row.get("category")?,
        excerpt: row.get("excerpt")?,
        updated_at: row::time(row, "updated_at")?,
    })
}
