//! What to ask for after a redirect.
//!
//! [`next`] knows the rules of Go's client, which are k6's: 301, 302 and 303 turn everything but `GET` and
//! `HEAD` into a `GET`, always without body; 307 and 308 repeat the request. How many redirects are followed
//! is the caller's business, and so are cookies: a hand-set `Cookie` header does not survive, the caller adds
//! what its jar has for the new URL.

use crate::error::NetError;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::url::Url;

/// Fields that describe a body, and go when the body goes.
const BODY_FIELDS: [&str; 4] = ["Content-Encoding", "Content-Language", "Content-Location", "Content-Type"];

/// The request that `response` sends us to, if it is a redirect. A `Location` that is no URL is an error.
pub fn next(request: &Request, response: &Response) -> Option<Result<Request, NetError>> {
    let repeats = match response.status {
        301..=303 => false,
        307 | 308 => true,
        _ => return None,
    };
    let location = response.headers.get("Location").filter(|location| !location.is_empty())?;
    let location = String::from_utf8_lossy(location);
    Some(request.url.join(&location).map(|url| follow(request, url, repeats, Url::is_relative(&location))))
}

fn follow(request: &Request, url: Url, repeats: bool, relative: bool) -> Request {
    let mut next = Request { url, ..request.clone() };
    if !repeats {
        if next.method != Method::GET && next.method != Method::HEAD {
            next.method = Method::GET;
        }
        next.body = None;
        BODY_FIELDS.iter().for_each(|name| next.headers.remove(name));
    }
    next.headers.remove("Cookie");
    if !relative {
        // It belongs to the host that was left.
        next.headers.remove("Host");
    }
    if !trusts(request.url.host(), next.url.host()) {
        next.headers.remove("Authorization");
        next.headers.remove("Www-Authenticate");
    }
    if let Some(authorization) = next.url.basic_authorization() {
        next.headers.set("Authorization", authorization);
    }
    let downgrade = request.url.is_secure() && !next.url.is_secure();
    if !downgrade && next.headers.get("Referer").is_none() {
        next.headers.set("Referer", &request.url.without_credentials());
    }
    next
}

/// Credentials go on to the same host and to hosts below it.
fn trusts(from: &str, to: &str) -> bool {
    from == to || to.strip_suffix(from).is_some_and(|front| front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::http::response::{Headers, Protocol};

    fn response(status: u16, location: &str) -> Response {
        let line = format!("HTTP/1.1 {status} X\r\n");
        let fields_at = u32::try_from(line.len()).unwrap();
        let head = Bytes::from(format!("{line}Location: {location}\r\n\r\n"));
        let headers = Headers::new(head, (0, 0), fields_at);
        Response { status, protocol: Protocol::Http11, headers, body: Bytes::new(), body_len: 0 }
    }

    fn request(method: &str) -> Request {
        let mut request = Request::new(method.into(), Url::parse("https://api.test/a/b?c").unwrap());
        request.body = Some(Bytes::from_static(b"body").into());
        for (name, value) in [
            ("Content-Type", "text/plain"),
            ("Cookie", "a=b"),
            ("Authorization", "secret"),
            ("Host", "other.test"),
            ("X-A", "1"),
        ] {
            request.headers.set(name, value);
        }
        request
    }

    fn after(method: &str, status: u16, location: &str) -> Request {
        next(&request(method), &response(status, location)).unwrap().unwrap()
    }

    #[test]
    fn methods_and_bodies_follow_go() {
        for (status, method, expected, keeps_body) in [
            (301, "POST", "GET", false),
            (302, "PUT", "GET", false),
            (303, "DELETE", "GET", false),
            (302, "HEAD", "HEAD", false),
            (301, "GET", "GET", false),
            (307, "POST", "POST", true),
            (308, "PATCH", "PATCH", true),
        ] {
            let next = after(method, status, "/x");
            assert_eq!(next.method.as_str(), expected, "{status} {method}");
            assert_eq!(next.body.is_some(), keeps_body, "{status} {method}");
            assert_eq!(next.headers.get("Content-Type").is_some(), keeps_body, "{status} {method}");
        }
    }

    #[test]
    fn other_statuses_and_missing_locations_are_no_redirects() {
        for (status, location) in [(200, "/x"), (300, "/x"), (304, "/x"), (302, "")] {
            assert!(next(&request("GET"), &response(status, location)).is_none());
        }
    }

    #[test]
    fn credentials_stay_with_their_host() {
        let kept = |location: &str| after("GET", 302, location).headers.get("Authorization").is_some();
        assert!(kept("/x"));
        assert!(kept("https://api.test:8443/x"));
        assert!(kept("https://eu.api.test/x"));
        assert!(!kept("https://test/x"));
        assert!(!kept("https://evilapi.test/x"));
        let to_user = after("GET", 302, "https://u:p@elsewhere.test/");
        assert_eq!(to_user.headers.get("Authorization"), Some("Basic dTpw"));
    }

    #[test]
    fn cookies_go_and_hosts_and_referers_depend() {
        let relative = after("GET", 302, "x");
        assert_eq!(relative.headers.get("Cookie"), None);
        assert_eq!(relative.headers.get("Host"), Some("other.test"));
        assert_eq!(relative.headers.get("Referer"), Some("https://api.test/a/b?c"));
        assert_eq!(relative.headers.get("X-A"), Some("1"));
        let absolute = after("GET", 302, "http://elsewhere.test/");
        assert_eq!(absolute.headers.get("Host"), None);
        assert_eq!(absolute.headers.get("Referer"), None, "never from https to http");
    }

    #[test]
    fn a_location_that_is_no_url_is_an_error() {
        let error = next(&request("GET"), &response(302, "http://[::1")).unwrap().unwrap_err();
        assert_eq!(error.code().get(), 1020);
    }
}
