//! The public knowledge base: no token needed, and answers carry entity tags.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::App;
use super::body::Segment;
use super::error::ApiError;
use super::reply::{self, List, Paged, tagged};
use super::tickets::MAX_QUERY;
use super::validation::{Params, words};
use crate::storage::{ArticleFilter, Page};

/// No slug of ours is longer.
pub(crate) const MAX_SLUG: usize = 100;

pub(crate) async fn categories(State(desk): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    let data = desk.storage.categories().await?;
    Ok(tagged(&headers, &List { data }))
}

pub(crate) async fn articles(
    State(desk): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let mut params = Params::parse(query.as_deref());
    let slice = reply::slice(&mut params);
    let category = params.text("category", 1..=MAX_SLUG);
    let text = params.text("q", 0..=MAX_QUERY).unwrap_or_default();
    params.problems.verdict()?;
    let words = words(&text);
    let page = if words.is_empty() && !text.trim().is_empty() {
        Page { items: Vec::new(), total: 0 } // Nothing but punctuation: no article contains it as a word.
    } else {
        desk.storage.articles(ArticleFilter { category, words }, slice).await?
    };
    Ok(tagged(&headers, &Paged::new(page, slice)))
}

pub(crate) async fn article(
    State(desk): State<App>,
    headers: HeaderMap,
    Segment(slug): Segment,
) -> Result<Response, ApiError> {
    let article = desk.storage.article(&slug).await?.ok_or(ApiError::NotFound("article"))?;
    Ok(tagged(&headers, &article))
}
