//! What to ask for.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::error::NetError;
use crate::http::body::Body;
use crate::http::request_headers::{RequestHeaders, is_token};
use crate::http::url::Url;
use crate::tls::ClientIdentity;

/// A method, sent exactly as given: `get` is not `GET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method(Cow<'static, str>);

impl Method {
    /// `GET`
    pub const GET: Self = Self(Cow::Borrowed("GET"));
    /// `HEAD`
    pub const HEAD: Self = Self(Cow::Borrowed("HEAD"));
    /// `POST`
    pub const POST: Self = Self(Cow::Borrowed("POST"));
    /// `PUT`
    pub const PUT: Self = Self(Cow::Borrowed("PUT"));
    /// `PATCH`
    pub const PATCH: Self = Self(Cow::Borrowed("PATCH"));
    /// `DELETE`
    pub const DELETE: Self = Self(Cow::Borrowed("DELETE"));
    /// `OPTIONS`
    pub const OPTIONS: Self = Self(Cow::Borrowed("OPTIONS"));

    /// The method's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Requests of these methods rarely have a body; an empty one is left out instead of being announced.
    pub(crate) fn usually_lacks_body(&self) -> bool {
        matches!(self.as_str(), "GET" | "HEAD" | "DELETE" | "OPTIONS" | "PROPFIND" | "SEARCH")
    }

    /// Sending such a request twice has the effect of sending it once.
    fn is_replayable(&self) -> bool {
        matches!(self.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE")
    }
}

impl From<&str> for Method {
    /// The well-known methods cost no allocation. An empty text means `GET`.
    fn from(text: &str) -> Self {
        match text {
            "" | "GET" => Self::GET,
            "HEAD" => Self::HEAD,
            "POST" => Self::POST,
            "PUT" => Self::PUT,
            "PATCH" => Self::PATCH,
            "DELETE" => Self::DELETE,
            "OPTIONS" => Self::OPTIONS,
            other => Self(Cow::Owned(other.to_owned())),
        }
    }
}

/// One request, one hop.
///
/// On the wire: request line, `Host`, `User-Agent`, `Content-Length` or `Transfer-Encoding`, then
/// [`headers`](Self::headers) in their order. `Host` and `User-Agent` among them replace the defaults (an
/// empty `User-Agent` removes it); `Content-Length`, `Transfer-Encoding` and `Trailer` are computed, and
/// ignored if given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Header fields beyond the computed ones.
    pub headers: RequestHeaders,
    /// `None` is no body: `POST`, `PUT` and `PATCH` then announce `Content-Length: 0`, others nothing. An
    /// empty body is sent as k6 sends it: chunked, except with methods that usually have none.
    pub body: Option<Body>,
    /// Count the response's body instead of keeping it.
    pub discard_response_body: bool,
    /// Who the client is to the server, in place of what the options say.
    pub identity: Option<ClientIdentity>,
    /// The address of this machine that it leaves from; the client's when `None`.
    pub local: Option<IpAddr>,
    /// The version of HTTP, in place of what the options say.
    pub version: Option<HttpVersion>,
}

/// Which version of HTTP is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// Over TLS whichever the server prefers, else HTTP/1.1.
    #[default]
    Auto,
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, without TLS by prior knowledge (`h2c`).
    Http2,
}

impl Request {
    /// A request without body whose only header is the `Authorization` that the URL's credentials ask for, if
    /// any.
    pub fn new(method: Method, url: Url) -> Self {
        let mut headers = RequestHeaders::new();
        if let Some(authorization) = url.basic_authorization() {
            headers.set("Authorization", authorization);
        }
        Self {
            method,
            url,
            headers,
            body: None,
            discard_response_body: false,
            identity: None,
            local: None,
            version: None,
        }
    }

    /// Whether the request can be sent again after its connection died without an answer: idempotent by
    /// method, or declared so by an `Idempotency-Key` header.
    pub(crate) fn is_replayable(&self) -> bool {
        self.method.is_replayable()
            || self.headers.get("Idempotency-Key").is_some()
            || self.headers.get("X-Idempotency-Key").is_some()
    }

    /// Refuses what would break out of its place in the request head.
    pub(crate) fn validate(&self) -> Result<(), NetError> {
        if !is_token(self.method.as_str()) {
            return Err(NetError::InvalidMethod(self.method.as_str().into()));
        }
        for (name, value) in self.headers.iter() {
            if !is_token(name) {
                return Err(NetError::InvalidHeader { name: name.into(), part: "name" });
            }
            if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
                return Err(NetError::InvalidHeader { name: name.into(), part: "value" });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str) -> Request {
        Request::new(method.into(), Url::parse("http://localhost/").unwrap())
    }

    #[test]
    fn methods_are_sent_as_given() {
        assert_eq!(Method::from("").as_str(), "GET");
        assert_eq!(Method::from("get").as_str(), "get");
        assert_eq!(request("PURGE").validate(), Ok(()));
        assert_eq!(request("G ET").validate().unwrap_err().to_string(), "invalid method \"G ET\"");
    }

    #[test]
    fn headers_cannot_smuggle_lines() {
        let mut with_value = request("GET");
        with_value.headers.set("X-A", "1\r\nX-B: 2");
        assert_eq!(with_value.validate().unwrap_err().to_string(), "invalid header field value for \"X-A\"");
        let mut with_name = request("GET");
        with_name.headers.set("X A", "1");
        assert_eq!(with_name.validate().unwrap_err().to_string(), "invalid header field name for \"X A\"");
    }

    #[test]
    fn replay_needs_an_idempotent_method_or_key() {
        assert!(request("GET").is_replayable());
        let mut post = request("POST");
        assert!(!post.is_replayable());
        post.headers.set("idempotency-key", "k");
        assert!(post.is_replayable());
    }

    #[test]
    fn credentials_in_the_url_become_a_header() {
        let request = Request::new(Method::GET, Url::parse("http://a:b@localhost/").unwrap());
        assert_eq!(request.headers.get("authorization"), Some("Basic YTpi"));
    }
}
