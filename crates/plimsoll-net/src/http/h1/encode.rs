//! Requests as HTTP/1.1 bytes, in k6's order: `Host`, `User-Agent`, how the body is framed, then the rest by
//! name.

use crate::http::body::Body;
use crate::http::request::Request;
use crate::options::Options;
use crate::proxy::Proxy;

/// How the body's end is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Nothing,
    Length(usize),
    /// An empty body that was asked for all the same.
    EmptyChunked,
}

/// Appends the request line and the header fields. The request has been validated. `via` is the proxy that
/// is given the whole request, if there is one.
pub(crate) fn head(out: &mut Vec<u8>, request: &Request, options: &Options, via: Option<&Proxy>) {
    push(out, &[request.method.as_str(), " "]);
    if via.is_some() {
        push(out, &["http://", request.url.authority()]);
    }
    push(out, &[request.url.target(), " HTTP/1.1\r\nHost: "]);
    push(out, &[request.headers.get("Host").unwrap_or(request.url.authority())]);
    let user_agent = request.headers.get("User-Agent").unwrap_or(&options.user_agent);
    if !user_agent.is_empty() {
        push(out, &["\r\nUser-Agent: ", user_agent]);
    }
    if !options.reuse_connections && request.headers.get("Connection").is_none() {
        push(out, &["\r\nConnection: close"]);
    }
    match framing(request) {
        Framing::Nothing => {}
        Framing::Length(length) => push(out, &["\r\nContent-Length: ", itoa::Buffer::new().format(length)]),
        Framing::EmptyChunked => push(out, &["\r\nTransfer-Encoding: chunked"]),
    }
    if let Some(authorization) = via.and_then(Proxy::authorization) {
        push(out, &["\r\nProxy-Authorization: ", authorization]);
    }
    for (name, value) in request.headers.iter().filter(|(name, _)| !is_computed(name)) {
        push(out, &["\r\n", name, ": ", value]);
    }
    push(out, &["\r\n\r\n"]);
}

/// Appends the body.
pub(super) fn body(out: &mut Vec<u8>, request: &Request) {
    match framing(request) {
        Framing::EmptyChunked => push(out, &["0\r\n\r\n"]),
        _ => {
            let pieces = request.body.iter().flat_map(Body::pieces);
            pieces.for_each(|piece| out.extend_from_slice(piece));
        }
    }
}

/// Whether the request itself says `Connection: close`.
pub(crate) fn asks_to_close(request: &Request) -> bool {
    request
        .headers
        .get("Connection")
        .is_some_and(|value| value.split(',').any(|option| option.trim().eq_ignore_ascii_case("close")))
}

fn framing(request: &Request) -> Framing {
    let announces_nothing = !matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
    match &request.body {
        Some(body) if !body.is_empty() => Framing::Length(body.len()),
        Some(_) if request.method.usually_lacks_body() => Framing::Nothing,
        Some(_) => Framing::EmptyChunked,
        None if announces_nothing => Framing::Nothing,
        None => Framing::Length(0),
    }
}

/// Fields that are written from what they describe, never from what the caller says.
fn is_computed(name: &str) -> bool {
    matches!(name, "Host" | "User-Agent" | "Content-Length" | "Transfer-Encoding" | "Trailer")
}

fn push(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::http::request::Method;
    use crate::http::url::Url;

    fn wire(request: &Request) -> String {
        let options = Options { user_agent: "test/1".into(), ..Options::default() };
        wire_with(request, &options)
    }

    fn wire_with(request: &Request, options: &Options) -> String {
        let mut out = Vec::new();
        head(&mut out, request, options, None);
        body(&mut out, request);
        String::from_utf8(out).unwrap()
    }

    fn request(method: Method) -> Request {
        Request::new(method, Url::parse("http://Example.test:8080/a?b=c#d").unwrap())
    }

    #[test]
    fn a_get_has_nothing_it_was_not_asked_for() {
        assert_eq!(
            wire(&request(Method::GET)),
            "GET /a?b=c HTTP/1.1\r\nHost: Example.test:8080\r\nUser-Agent: test/1\r\n\r\n"
        );
    }

    #[test]
    fn fields_follow_in_the_order_of_their_names() {
        let mut post = request(Method::POST);
        post.body = Some(Bytes::from_static(b"hello").into());
        for (name, value) in [
            ("x-b", "2"),
            ("accept", "*/*"),
            ("user-agent", "mine"),
            ("host", "other.test"),
            ("content-length", "999"),
            ("transfer-encoding", "chunked"),
        ] {
            post.headers.set(name, value);
        }
        assert_eq!(
            wire(&post),
            "POST /a?b=c HTTP/1.1\r\nHost: other.test\r\nUser-Agent: mine\r\nContent-Length: 5\r\n\
             Accept: */*\r\nX-B: 2\r\n\r\nhello"
        );
    }

    #[test]
    fn absent_and_empty_bodies_differ() {
        let framed = |method: Method, body: Option<&'static [u8]>| {
            let request = Request { body: body.map(Into::into), ..request(method) };
            let wire = wire(&request);
            wire.split_once("test/1\r\n").unwrap().1.to_owned()
        };
        assert_eq!(framed(Method::GET, None), "\r\n");
        assert_eq!(framed(Method::GET, Some(b"")), "\r\n");
        assert_eq!(framed(Method::GET, Some(b"x")), "Content-Length: 1\r\n\r\nx");
        assert_eq!(framed(Method::DELETE, None), "\r\n");
        assert_eq!(framed(Method::POST, None), "Content-Length: 0\r\n\r\n");
        assert_eq!(framed(Method::PUT, Some(b"")), "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        assert_eq!(framed("PURGE".into(), None), "\r\n");
    }

    #[test]
    fn a_proxy_is_given_the_whole_url() {
        let get = |name: &str| (name == "HTTP_PROXY").then(|| "u:p@proxy.test:8".to_owned());
        let proxies = crate::proxy::Proxies::from_variables(get).unwrap();
        let get = request(Method::GET);
        let proxy = proxies.find(get.url.origin().unwrap());
        let mut out = Vec::new();
        head(&mut out, &get, &Options::default(), proxy.map(|proxy| &**proxy));
        let wire = String::from_utf8(out).unwrap();
        assert!(
            wire.starts_with("GET http://Example.test:8080/a?b=c HTTP/1.1\r\nHost: Example.test:8080\r\n")
        );
        assert!(wire.ends_with("\r\nProxy-Authorization: Basic dTpw\r\n\r\n"), "{wire}");
    }

    #[test]
    fn connection_close_is_announced_once() {
        let options = Options { user_agent: "".into(), reuse_connections: false, ..Options::default() };
        let mut get = request(Method::GET);
        let expected = "GET /a?b=c HTTP/1.1\r\nHost: Example.test:8080\r\nConnection: close\r\n\r\n";
        assert_eq!(wire_with(&get, &options), expected);
        get.headers.set("connection", "keep-alive, Close");
        assert!(asks_to_close(&get));
        assert_eq!(wire_with(&get, &options), expected.replace("close", "keep-alive, Close"));
    }
}
