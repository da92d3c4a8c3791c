//! Where to push: a URL whose user and password are kept apart, so that it can be shown.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::settings::decoded;

/// A server, and the path of its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) is_secure: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Without a slash at its end.
    pub(crate) path: String,
    /// Without the question mark.
    pub(crate) query: String,
}

/// A name and a password.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// Passwords are not for logs.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// What a URL of the scheme `http` or `https` may look like, for messages.
    pub(crate) const EXPECTED: &'static str = "a URL such as http://localhost:8086";

    /// Takes a URL apart; `None` when it is none, or its scheme is another.
    pub(crate) fn parse(text: &str) -> Option<(Self, Option<Credentials>)> {
        let url = Url::parse(text.trim()).ok()?;
        let is_secure = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        let credentials = has_credentials.then(|| Credentials {
            user: decoded(url.username()),
            password: decoded(url.password().unwrap_or_default()),
        });
        let endpoint = Self {
            is_secure,
            host: url.host_str()?.to_owned(),
            port: url.port_or_known_default()?,
            path: url.path().trim_end_matches('/').to_owned(),
            query: url.query().unwrap_or_default().to_owned(),
        };
        Some((endpoint, credentials))
    }

    /// Host and port, as a `Host` header has them.
    pub(crate) fn authority(&self) -> String {
        let default = if self.is_secure { 443 } else { 80 };
        if self.port == default { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }

    /// The host without the brackets of an IPv6 address.
    pub(crate) fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
}

/// The URL without its query, which may hold tokens.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority(), self.path)
    }
}

impl Credentials {
    /// The value of a header `Authorization`.
    pub(crate) fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart_and_shown_without_secrets() {
        let (endpoint, credentials) =
            Endpoint::parse("https://me:p%40ss@[::1]:8086/db/?token=x").expect("a URL");
        assert_eq!(endpoint.to_string(), "https://[::1]:8086/db");
        assert_eq!((endpoint.bare_host(), endpoint.query.as_str()), ("::1", "token=x"));
        let credentials = credentials.expect("they are there");
        assert_eq!(credentials.basic(), "Basic bWU6cEBzcw==");
        assert_eq!(format!("{credentials:?}"), "Credentials { user: \"me\", .. }");
        let (plain, none) = Endpoint::parse("http://h").expect("a URL");
        assert_eq!((plain.to_string().as_str(), plain.port, none), ("http://h", 80, None));
    }

    #[test]
    fn what_is_no_http_url_is_refused() {
        for text in ["", "localhost:8086", "udp://h:1", "http://", "/db", "http://h:99999"] {
            assert_eq!(Endpoint::parse(text), None, "{text}");
        }
    }
}
