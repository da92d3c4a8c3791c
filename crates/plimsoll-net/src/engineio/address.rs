//! Where a server of Engine.IO is.

use std::net::IpAddr;

use crate::error::NetError;
use crate::http::request::{Method, Request};
use crate::http::request_headers::RequestHeaders;
use crate::http::url::Url;
use crate::tls::ClientIdentity;

use super::Transport;

/// The URL of a server without its query, and what goes with each request to it.
#[derive(Clone, Debug)]
pub struct Address {
    base: String,
    query: String,
    headers: RequestHeaders,
    local: Option<IpAddr>,
    identity: Option<ClientIdentity>,
}

impl Address {
    /// `base` is a URL with `http` or `https` and the path of the server, `query` what each request says
    /// besides, already encoded.
    ///
    /// # Errors
    /// Why the URL is none.
    pub fn new(base: &Url, path: &str, query: &str, headers: RequestHeaders) -> Result<Self, NetError> {
        base.origin()?;
        let base = format!("{}://{}{path}", base.scheme().as_str(), base.authority());
        Url::parse(&base)?;
        Ok(Self { base, query: query.to_owned(), headers, local: None, identity: None })
    }

    /// The same, reached from this address of this machine; the system's choice when `None`.
    pub fn reached_from(self, local: Option<IpAddr>) -> Self {
        Self { local, ..self }
    }

    /// The same, for the client that shows this certificate; what the options say when `None`.
    pub fn shown(self, identity: Option<ClientIdentity>) -> Self {
        Self { identity, ..self }
    }

    /// The URL without its query.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request for a transport, of a session if there is one already.
    pub(super) fn request(
        &self,
        method: Method,
        transport: Transport,
        session: Option<&str>,
    ) -> Result<Request, NetError> {
        let mut url = format!("{}?EIO=4&transport={}", self.base, transport.as_str());
        for (name, value) in [("&", Some(&*self.query)), ("&sid=", session)] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                url.push_str(name);
                url.push_str(value);
            }
        }
        let mut request = Request::new(method, Url::parse(&url)?);
        request.local = self.local;
        request.identity.clone_from(&self.identity);
        for (name, value) in self.headers.iter() {
            request.headers.set(name, value);
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_says_what_is_wanted() {
        let base = Url::parse("https://h:1/ignored?x").unwrap();
        let address = Address::new(&base, "/socket.io/", "a=b", RequestHeaders::new()).unwrap();
        let url = |transport, session| {
            address.request(Method::GET, transport, session).unwrap().url.as_str().to_owned()
        };
        assert_eq!(url(Transport::Polling, None), "https://h:1/socket.io/?EIO=4&transport=polling&a=b");
        assert_eq!(
            url(Transport::WebSocket, Some("s")),
            "https://h:1/socket.io/?EIO=4&transport=websocket&a=b&sid=s"
        );
    }

    #[test]
    fn other_schemes_are_refused() {
        let base = Url::parse("ftp://h/").unwrap();
        assert!(Address::new(&base, "/socket.io/", "", RequestHeaders::new()).is_err());
    }
}
