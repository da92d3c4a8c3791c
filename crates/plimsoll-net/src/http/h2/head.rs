//! Requests and responses in the form of HTTP/2, and back.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, COOKIE, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Uri, response};

use crate::error::NetError;
use crate::http::request::Request;
use crate::http::response::Headers;
use crate::options::Options;

/// The head of a request. What belongs to a connection in HTTP/1.1 is left out.
pub(super) fn request(request: &Request, options: &Options) -> Result<http::Request<()>, NetError> {
    let authority = request.headers.get("Host").unwrap_or(request.url.authority());
    let scheme = if request.url.is_secure() { "https" } else { "http" };
    let uri = Uri::builder().scheme(scheme).authority(authority).path_and_query(request.url.target()).build();
    let uri = uri.map_err(|error| NetError::InvalidUrl {
        url: request.url.masked().into(),
        reason: error.to_string().into(),
    })?;
    let method = Method::from_bytes(request.method.as_str().as_bytes());
    let method = method.map_err(|_| NetError::InvalidMethod(request.method.as_str().into()))?;
    let mut head = http::Request::new(());
    (*head.method_mut(), *head.uri_mut()) = (method, uri);
    let fields = head.headers_mut();
    let user_agent = request.headers.get("User-Agent").unwrap_or(&options.user_agent);
    if !user_agent.is_empty() {
        fields.insert(USER_AGENT, value("User-Agent", user_agent)?);
    }
    if let Some(length) = content_length(request) {
        fields.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    for (name, text) in request.headers.iter().filter(|(name, text)| !is_left_out(name, text)) {
        if name == "Cookie" {
            // Each cookie is a field of its own, so that those that stay need not be sent again.
            for cookie in text.split("; ").filter(|cookie| !cookie.is_empty()) {
                fields.append(COOKIE, value(name, cookie)?);
            }
            continue;
        }
        let field = HeaderName::from_bytes(name.as_bytes());
        let field = field.map_err(|_| NetError::InvalidHeader { name: name.into(), part: "name" })?;
        fields.append(field, value(name, text)?);
    }
    Ok(head)
}

fn value(name: &str, text: &str) -> Result<HeaderValue, NetError> {
    let value = HeaderValue::from_bytes(text.as_bytes());
    value.map_err(|_| NetError::InvalidHeader { name: name.into(), part: "value" })
}

fn content_length(request: &Request) -> Option<usize> {
    match &request.body {
        Some(body) if !body.is_empty() => Some(body.len()),
        None if matches!(request.method.as_str(), "POST" | "PUT" | "PATCH") => Some(0),
        _ => None,
    }
}

/// Fields that are computed, or mean nothing here.
fn is_left_out(name: &str, text: &str) -> bool {
    const LEFT_OUT: [&str; 9] = [
        "Host",
        "User-Agent",
        "Content-Length",
        "Transfer-Encoding",
        "Trailer",
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "Upgrade",
    ];
    LEFT_OUT.contains(&name) || (name == "Te" && text != "trailers")
}

/// The head of a response, in the form in which one arrives over HTTP/1.1.
pub(super) fn response(parts: &response::Parts) -> Headers {
    let mut head = b"HTTP/2.0 ".to_vec();
    head.extend_from_slice(parts.status.as_str().as_bytes());
    head.push(b' ');
    let reason_at = head.len();
    head.extend_from_slice(parts.status.canonical_reason().unwrap_or("").as_bytes());
    let reason = (reason_at as u32, head.len() as u32);
    head.extend_from_slice(b"\r\n");
    let fields_at = head.len() as u32;
    for (name, value) in &parts.headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    Headers::new(Bytes::from(head), reason, fields_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::url::Url;

    #[test]
    fn what_belongs_to_a_connection_stays_behind() {
        let url = Url::parse("https://h.test:8443/a?b=c").unwrap();
        let mut post = Request::new("POST".into(), url);
        for (name, text) in [
            ("Connection", "close"),
            ("TE", "gzip"),
            ("Cookie", "a=1; b=2"),
            ("X-Id", "7"),
            ("Transfer-Encoding", "chunked"),
        ] {
            post.headers.set(name, text);
        }
        post.body = Some(Bytes::from_static(b"hello").into());
        let options = Options { user_agent: "test/1".into(), ..Options::default() };
        let head = request(&post, &options).unwrap();
        assert_eq!(head.uri().to_string(), "https://h.test:8443/a?b=c");
        let fields: Vec<String> = head
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        let expected = ["user-agent: test/1", "content-length: 5", "cookie: a=1", "cookie: b=2", "x-id: 7"];
        assert_eq!(fields, expected);
    }

    #[test]
    fn heads_of_responses_are_given_a_reason() {
        let (parts, ()) =
            http::Response::builder().status(404).header("x-a", "1").body(()).unwrap().into_parts();
        let headers = response(&parts);
        assert_eq!((headers.reason().as_ref(), headers.get_str("X-A")), ("Not Found", Some("1")));
    }
}
