//! A page that is fetched again and again, over plain HTTP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HOST, HeaderValue};
use hyper::{Request, StatusCode, Uri, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// Where it is, and who asks: who that is does not stand in the URL, so that it can be shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Page {
    url: Uri,
    authorization: Option<HeaderValue>,
}

impl Page {
    /// Reads a URL, in which a user and a password may stand before the host.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let unreadable = "the URL cannot be read";
        let url: Uri = text.parse().map_err(|_| unreadable)?;
        let authority = url.authority().filter(|_| url.scheme_str() == Some("http"));
        let authority = authority.ok_or("expected a URL that begins with http://")?.as_str();
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let authorization = user.map(basic).transpose().map_err(|_| unreadable)?;
        let path = url.path_and_query().map_or("/", |path| path.as_str());
        let url: Uri = format!("http://{host}{path}").parse().map_err(|_| unreadable)?;
        if url.host().is_none_or(str::is_empty) {
            return Err("the URL has no host");
        }
        Ok(Self { url, authorization })
    }

    /// The page at a path below this one.
    pub(super) fn below(&self, path: &str) -> Option<Self> {
        let base = self.url.to_string();
        let url = format!("{}{path}", base.trim_end_matches('/')).parse().ok()?;
        Some(Self { url, authorization: self.authorization.clone() })
    }

    /// Where it is.
    pub(super) fn text(&self) -> String {
        self.url.to_string()
    }

    /// What stands there, and whether that is what was asked for.
    pub(super) async fn get(&self) -> Result<(StatusCode, String), String> {
        let authority = self.url.authority().ok_or("the URL has no host")?;
        // The brackets of IPv6 are there only for the sake of the URL.
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let address = (host, self.url.port_u16().unwrap_or(80));
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        let path = self.url.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::builder().uri(path).header(HOST, authority.as_str());
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
            let bytes = body.map_err(|error| error.to_string())?.to_bytes();
            let text = String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())?;
            Ok((status, text))
        };
        let mut answer = std::pin::pin!(answer);
        tokio::select! {
            answer = answer.as_mut() => answer,
            _ = connection => answer.await,
        }
    }
}

/// `user:password`, as the header has it.
fn basic(user: &str) -> Result<HeaderValue, hyper::header::InvalidHeaderValue> {
    let mut bytes: Vec<u8> = percent_encoding::percent_decode_str(user).collect();
    if !user.contains(':') {
        bytes.push(b':');
    }
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(bytes)))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The text with whoever asks left out of its URL, for messages.
pub(super) fn masked(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    // Settings begin behind the URL, and a query may have an @ of its own.
    let end = rest.find(',').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://***{}", &rest[at..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// What the page is answered, and what was asked.
    async fn asked(page: &Page, listener: tokio::net::TcpListener) -> (Result<String, String>, String) {
        let answers = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut head = [0; 512];
            let read = stream.read(&mut head).await.expect("a request");
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup").await.expect("sent");
            String::from_utf8_lossy(&head[..read]).to_lowercase()
        };
        let (answer, head) = tokio::join!(page.get(), answers);
        (answer.map(|(_, text)| text), head)
    }

    #[tokio::test]
    async fn a_host_of_ipv6_is_reached() {
        let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else { return };
        let port = listener.local_addr().expect("an address").port();
        let page = Page::parse(&format!("http://[::1]:{port}/metrics")).expect("a URL");
        let (answer, head) = asked(&page, listener).await;
        assert_eq!(answer.as_deref(), Ok("up"));
        assert!(head.contains(&format!("host: [::1]:{port}\r\n")), "{head}");
    }

    #[tokio::test]
    async fn who_asks_is_told_to_the_server_and_to_nobody_else() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let page = Page::parse(&format!("http://me:s%40crt@{address}/metrics")).expect("a URL");
        assert_eq!(page.text(), format!("http://{address}/metrics"));
        assert!(!format!("{page:?}").contains("s%40crt"), "{page:?}");
        let (answer, head) = asked(&page, listener).await;
        assert_eq!(answer.as_deref(), Ok("up"));
        let expected = format!("authorization: basic {}\r\n", STANDARD.encode("me:s@crt").to_lowercase());
        assert!(head.contains(&expected) && head.contains(&format!("host: {address}\r\n")), "{head}");
    }

    #[test]
    fn messages_do_not_tell_who_asks() {
        for (text, shown) in [
            ("metrics=http://me:s/crt@h/m,series=a", "metrics=http://***@h/m,series=a"),
            ("prometheus=http://h,query=up @ 5", "prometheus=http://h,query=up @ 5"),
            ("process=x", "process=x"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
