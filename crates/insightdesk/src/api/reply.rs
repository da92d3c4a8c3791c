//! The shapes that answers share: lists with and without pages, and how pages are asked for.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::validation::Params;
use crate::storage::{Page, Slice};

/// A whole list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}List")]
pub(crate) struct List<T> {
    pub data: Vec<T>,
}

/// A page of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(crate) struct Paged<T> {
    pub data: Vec<T>,
    pub pagination: Pagination,
}

/// Which page it is, of how many.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pagination {
    pub page: u32,
    pub limit: u32,
    /// Entries on all pages.
    pub total: u64,
    pub total_pages: u64,
}

impl<T> Paged<T> {
    pub(crate) fn new(page: Page<T>, slice: Slice) -> Self {
        let Slice { page: number, limit } = slice;
        let total_pages = page.total.div_ceil(u64::from(limit));
        Self {
            data: page.items,
            pagination: Pagination { page: number, limit, total: page.total, total_pages },
        }
    }
}

/// Entries on a page, unless the client says otherwise.
pub(crate) const DEFAULT_LIMIT: u32 = 20;
/// Entries on a page at most.
pub(crate) const MAX_LIMIT: u32 = 100;
/// The last page that can be asked for: finding a page costs time in proportion to its number.
pub(crate) const MAX_PAGE: u32 = 100_000;

/// Reads `page` and `limit`.
pub(crate) fn slice(params: &mut Params<'_>) -> Slice {
    Slice {
        page: params.number("page", 1, 1..=MAX_PAGE),
        limit: params.number("limit", DEFAULT_LIMIT, 1..=MAX_LIMIT),
    }
}

/// JSON bytes that were made before.
pub(crate) fn json_bytes(bytes: impl Into<bytes::Bytes>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], bytes.into()).into_response()
}

/// Answers with `value` and an entity tag, or with 304 when the client has just that already.
pub(crate) fn tagged<T: Serialize>(request: &HeaderMap, value: &T) -> Response {
    let body = serde_json::to_vec(value).expect("our own types serialise");
    let tag = entity_tag(&body);
    let is_known = request.get_all(header::IF_NONE_MATCH).iter().any(|known| lists(known, &tag));
    let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { json_bytes(body) };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).expect("base64 in quotes is a valid header"));
    // Clients may keep it but ask each time: articles change without notice.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    response
}

fn entity_tag(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    // 96 bits tell any two versions of a page apart.
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash[..12]))
}

/// Whether an `If-None-Match` header lists the tag. The comparison is the weak one, as RFC 9110 asks for.
fn lists(header: &HeaderValue, tag: &str) -> bool {
    let Ok(header) = header.to_str() else { return false };
    header.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_none_match_lists_tags() {
        let lists = |header: &'static str| lists(&HeaderValue::from_static(header), "\"a\"");
        assert!(lists("\"a\"") && lists("W/\"a\"") && lists("\"b\", \"a\"") && lists("*"));
        assert!(!lists("\"b\"") && !lists("a") && !lists(""));
    }

    #[test]
    fn pages_are_rounded_up() {
        let page = Page { items: vec![(); 3], total: 23 };
        let paged = Paged::new(page, Slice { page: 3, limit: 10 });
        assert_eq!((paged.pagination.total, paged.pagination.total_pages), (23, 3));
    }
}
