//! URL → endpoint name: `/tickets/7f3c…` and `/tickets/0b91…` are one endpoint, `/tickets/{id}`.
//!
//! Series keyed by raw URLs grow without end, so the script layer names a request that has no `name` tag by
//! [`path`]. What it does:
//!
//! - a path segment that looks like an identifier becomes `{id}`: digits, UUIDs, hexadecimal strings, hashes,
//!   ULIDs, prefixed ids such as `tkt_01h455vb4pex5vsknk084sn02q`;
//! - the query keeps its names and loses its values: `?page=2&q=printer` → `?page={}&q={}`, so that a search
//!   and a listing stay two endpoints while no value makes a series. Past [`MAX_QUERY_NAMES`] names the rest
//!   is `…`;
//! - credentials are masked as in k6: `http://****:****@host/`, a fragment is dropped;
//! - scheme, host and port stay.
//!
//! A URL is one pass of work, cut at [`MAX_LENGTH`] bytes. It decides by the look of a segment alone, so the
//! name of one URL does not depend on the others.

use std::borrow::Cow;

/// Longer URLs are templated by their beginning.
pub const MAX_LENGTH: usize = 2048;

/// More query names than this are no longer told apart.
pub const MAX_QUERY_NAMES: usize = 16;

/// The endpoint name of a URL.
#[must_use]
pub fn path(url: &str) -> Cow<'_, str> {
    let url = cut(url);
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let (head, query) = url.split_once('?').map_or((url, None), |(head, query)| (head, Some(query)));
    let (origin, segments) = split_origin(head);
    let credentials = origin.contains('@');
    let identifiers = segments.split('/').any(is_identifier);
    if query.is_none() && !credentials && !identifiers {
        return Cow::Borrowed(url);
    }
    let mut name = String::with_capacity(url.len());
    push_origin(&mut name, origin);
    push_segments(&mut name, segments);
    if let Some(query) = query {
        push_query(&mut name, query);
    }
    Cow::Owned(name)
}

/// The URL with its credentials masked as in k6, as the `url` and `name` tags carry it.
#[must_use]
pub fn mask_credentials(url: &str) -> Cow<'_, str> {
    let (head, _) = url.split_once(['?', '#']).unwrap_or((url, ""));
    let (origin, _) = split_origin(head);
    if !origin.contains('@') {
        return Cow::Borrowed(url);
    }
    let mut masked = String::with_capacity(url.len());
    push_origin(&mut masked, origin);
    masked.push_str(&url[origin.len()..]);
    Cow::Owned(masked)
}

fn cut(url: &str) -> &str {
    let mut end = url.len().min(MAX_LENGTH);
    while !url.is_char_boundary(end) {
        end -= 1;
    }
    &url[..end]
}

/// `scheme://authority` and what follows it.
fn split_origin(head: &str) -> (&str, &str) {
    let Some(scheme) = head.find("://") else { return ("", head) };
    let authority = scheme + "://".len();
    let end = head[authority..].find('/').map_or(head.len(), |slash| authority + slash);
    head.split_at(end)
}

/// k6 masks a user name and a password as four asterisks each.
fn push_origin(name: &mut String, origin: &str) {
    let Some((before, host)) = origin.rsplit_once('@') else { return name.push_str(origin) };
    let (scheme, user) = before.split_once("://").unwrap_or(("", before));
    name.push_str(scheme);
    name.push_str(if user.contains(':') { "://****:****@" } else { "://****@" });
    name.push_str(host);
}

fn push_segments(name: &mut String, segments: &str) {
    for (n, segment) in segments.split('/').enumerate() {
        if n > 0 {
            name.push('/');
        }
        name.push_str(if is_identifier(segment) { "{id}" } else { segment });
    }
}

fn push_query(name: &mut String, query: &str) {
    for (n, pair) in query.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        name.push(if n == 0 { '?' } else { '&' });
        if n == MAX_QUERY_NAMES {
            name.push('…');
            return;
        }
        let (key, value) = pair.split_once('=').map_or((pair, None), |(key, value)| (key, Some(value)));
        // A bare `?7f3c…` is a value without a name.
        name.push_str(if is_identifier(key) { "{id}" } else { key });
        name.push_str(if value.is_some() { "={}" } else { "" });
    }
}

/// Whether a path segment looks like an identifier rather than a word.
fn is_identifier(segment: &str) -> bool {
    if segment.is_empty() || segment.len() > MAX_LENGTH {
        return false;
    }
    is_number(segment)
        || is_uuid(segment)
        || is_hex(segment)
        || is_mixed(segment)
        || is_scrambled(segment)
        || has_identifier_suffix(segment)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Eight or more hexadecimal digits, at least one of them a decimal digit: `deadbeef` and `facade` are words.
fn is_hex(text: &str) -> bool {
    text.len() >= 8 && has_digit(text) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Sixteen or more letters and digits, at least a fifth of them digits or of both cases: ULIDs, nano ids,
/// base64 hashes. A date or a version inside of words (`release-2024-notes`) has separators, so it does not
/// get here.
fn is_mixed(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() >= 16 && text.bytes().all(|b| b.is_ascii_alphanumeric()) && digits * 5 >= text.len().min(20)
}

/// Ten or more letters of both cases, digits, `-` and `_` that change their kind at every other letter, as no
/// word does: nano ids, video ids, base64url.
fn is_scrambled(text: &str) -> bool {
    #[derive(PartialEq, Eq, Clone, Copy)]
    enum Kind {
        Upper,
        Lower,
        Digit,
    }
    let kind = |b: u8| match b {
        b'A'..=b'Z' => Some(Kind::Upper),
        b'a'..=b'z' => Some(Kind::Lower),
        b'0'..=b'9' => Some(Kind::Digit),
        _ => None,
    };
    let is_allowed = |b: u8| kind(b).is_some() || b == b'-' || b == b'_';
    if text.len() < 10 || !text.bytes().all(is_allowed) {
        return false;
    }
    let kinds = || text.bytes().filter_map(kind);
    let changes = kinds().zip(kinds().skip(1)).filter(|(before, after)| before != after).count();
    let has_all =
        [Kind::Upper, Kind::Lower, Kind::Digit].iter().all(|wanted| kinds().any(|kind| kind == *wanted));
    has_all && changes * 2 >= text.len()
}

/// `tkt_01h455vb4pex5vsknk084sn02q`, `user-42`, `cus_9s6XKzkNRiz8i3`: a short word, a separator, an
/// identifier.
fn has_identifier_suffix(text: &str) -> bool {
    const LONGEST_PREFIX: usize = 16;
    let Some((prefix, id)) = text.rsplit_once(['_', '-', ':']) else { return false };
    let word = !prefix.is_empty() && prefix.len() <= LONGEST_PREFIX;
    let word = word && prefix.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-');
    word && (is_number(id) || is_hex(id) || is_mixed(id) || (id.len() >= 10 && has_digit(id)))
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn identifiers_become_templates() {
        for (url, name) in [
            ("http://h:8080/tickets", "http://h:8080/tickets"),
            ("http://h/tickets/42", "http://h/tickets/{id}"),
            ("http://h/tickets/42/", "http://h/tickets/{id}/"),
            ("http://h/t/550e8400-e29b-41d4-a716-446655440000/c", "http://h/t/{id}/c"),
            ("http://h/c/9f86d081884c7d65", "http://h/c/{id}"),
            ("http://h/t/tkt_01h455vb4pex5vsknk084sn02q", "http://h/t/{id}"),
            ("http://h/t/01ARZ3NDEKTSV4RRFFQ69G5FAV", "http://h/t/{id}"),
            ("http://h/n/V1StGXR8_Z5jdHi6B-myT", "http://h/n/{id}"),
            ("http://h/watch/dQw4w9WgXcQ", "http://h/watch/{id}"),
            ("http://h/u/user-42/x", "http://h/u/{id}/x"),
            ("http://h/u/cus_9s6XKzkNRiz8i3", "http://h/u/{id}"),
            ("/relative/7", "/relative/{id}"),
            ("http://h", "http://h"),
            ("", ""),
        ] {
            assert_eq!(path(url), name, "{url}");
        }
    }

    #[test]
    fn words_stay() {
        for url in [
            "http://10.0.0.7:3000/api/v1/users",
            "http://h/kb/how-to-reset-a-password",
            "http://h/deadbeef",
            "http://h/oauth2/authorize",
            "http://h/index.html",
            "http://h/internationalization",
            "http://h/knowledge_base",
            "http://h/release-2024-notes",
            "http://h/Release-2024-Notes-Of-May",
            "http://h/OAuth2Callback",
            "http://h/{id}",
        ] {
            assert_eq!(path(url), url);
            assert!(matches!(path(url), Cow::Borrowed(_)), "{url} needs no allocation");
        }
    }

    #[test]
    fn queries_keep_names_and_lose_values() {
        for (url, name) in [
            ("http://h/t?page=2&q=a%20b", "http://h/t?page={}&q={}"),
            ("http://h/t?", "http://h/t"),
            ("http://h/t?flag", "http://h/t?flag"),
            ("http://h/t?9f86d081884c7d65", "http://h/t?{id}"),
            ("http://h/t?a=b=c#frag?x", "http://h/t?a={}"),
            ("http://h?x=1", "http://h?x={}"),
        ] {
            assert_eq!(path(url), name, "{url}");
        }
        let many = (0..100).map(|n| format!("k{n}=1")).collect::<Vec<_>>().join("&");
        assert!(path(&format!("http://h/?{many}")).ends_with("k15={}&…"));
    }

    #[test]
    fn credentials_are_masked_as_in_k6() {
        assert_eq!(path("http://u:p@h/x"), "http://****:****@h/x");
        assert_eq!(path("http://u@h/x"), "http://****@h/x");
        assert_eq!(path("http://h/a@b"), "http://h/a@b");
        assert_eq!(mask_credentials("http://u:p@h/x/42?e=a@b"), "http://****:****@h/x/42?e=a@b");
        assert_eq!(mask_credentials("http://h/x?mail=a@b"), "http://h/x?mail=a@b");
        assert_eq!(mask_credentials("http://u:p@h?x"), "http://****:****@h?x");
    }

    proptest! {
        #[test]
        fn any_text_has_a_name_of_bounded_length(url in "(http://)?[a-z0-9@:/?#&=_é-]{0,80}") {
            let name = path(&url).into_owned();
            prop_assert!(name.len() <= 4 * url.len() + 20, "{}", name);
        }

        #[test]
        fn numbers_and_uuids_never_reach_a_name(number: u64, a: u128, b in "[a-z]{3,10}") {
            let hex = format!("{a:032x}");
            let uuid =
                format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
            let url = format!("https://host/{b}/{number}/{uuid}?x={number}");
            prop_assert_eq!(path(&url), format!("https://host/{b}/{{id}}/{{id}}?x={{}}"));
        }

        #[test]
        fn a_name_names_itself(url in "http://h(/[a-zA-Z0-9_-]{0,30}){0,4}") {
            let name = path(&url).into_owned();
            prop_assert_eq!(path(&name), name.clone());
        }
    }

    #[test]
    fn long_urls_are_cut() {
        let url = format!("http://h/{}", "é".repeat(5000));
        assert!(path(&url).len() <= MAX_LENGTH);
    }
}
