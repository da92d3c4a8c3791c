//! Proxies: which one leads to a server, and how a connection is made through it.
//!
//! The rules are those of Go's client, which are k6's: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in capital
//! letters or not; this machine is never asked for through a proxy. Start from [`Proxies::from_variables`].

mod socks;

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::connection::Socket;
use crate::error::{NetError, Operation};
use crate::http::auth::Credentials;
use crate::http::url::{Origin, Scheme, Url};
use crate::ip_range::IpRange;

/// The longest answer to `CONNECT`.
const ANSWER_LIMIT: usize = 16 * 1024;

/// The proxies of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    http: Option<Arc<Proxy>>,
    https: Option<Arc<Proxy>>,
    exceptions: Vec<Exception>,
}

/// A text that is no proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{variable}: {shown:?} is no proxy: {why} (expected for example http://user:password@proxy:3128 or \
     socks5://proxy:1080)"
)]
pub struct InvalidProxy {
    variable: String,
    /// The text without credentials.
    shown: String,
    why: String,
}

/// One proxy.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) origin: Origin,
    socks: bool,
    credentials: Option<Credentials>,
    /// The value of `Proxy-Authorization`.
    authorization: Option<Box<str>>,
}

/// Servers that are asked directly.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    hosts: Hosts,
    port: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    All,
    Address(IpAddr),
    Range(IpRange),
    /// The host, if the flag is set, and all below.
    Domain(Box<str>, bool),
}

impl Proxies {
    /// Reads the variables of an environment.
    ///
    /// # Errors
    /// When one of them names no proxy.
    pub fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidProxy> {
        let read = |name: &str| {
            let lower = name.to_ascii_lowercase();
            let given = |name: &str| get(name).filter(|value| !value.trim().is_empty());
            given(name)
                .map(|value| (name.to_owned(), value))
                .or_else(|| Some((lower.clone(), given(&lower)?)))
        };
        let proxy = |name: &str| {
            read(name).map(|(variable, text)| Proxy::parse(&variable, text.trim()).map(Arc::new)).transpose()
        };
        let exceptions = read("NO_PROXY").map(|(_, list)| list).unwrap_or_default();
        Ok(Self {
            http: proxy("HTTP_PROXY")?,
            https: proxy("HTTPS_PROXY")?,
            exceptions: exceptions.split(',').filter_map(|item| Exception::parse(item.trim())).collect(),
        })
    }

    /// The proxy that leads to `origin`; `None` when it is asked directly.
    pub(crate) fn find(&self, origin: &Origin) -> Option<&Arc<Proxy>> {
        let proxy = if origin.secure { self.https.as_ref() } else { self.http.as_ref() }?;
        let local =
            *origin.host == *"localhost" || origin.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let direct = local || self.exceptions.iter().any(|exception| exception.covers(origin));
        (!direct).then_some(proxy)
    }
}

impl Exception {
    fn parse(item: &str) -> Option<Self> {
        let item = item.to_ascii_lowercase();
        if item.is_empty() {
            return None;
        }
        let all_ports = |hosts| Some(Self { hosts, port: None });
        if item == "*" {
            return all_ports(Hosts::All);
        }
        if let Ok(range) = item.parse() {
            return all_ports(Hosts::Range(range));
        }
        if let Ok(address) = item.trim_matches(['[', ']']).parse() {
            return all_ports(Hosts::Address(address));
        }
        let (host, port) = match item.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (&*item, None),
        };
        let hosts = match host.trim_matches(['[', ']']).parse() {
            Ok(address) => Hosts::Address(address),
            Err(_) => match host.strip_prefix("*.").or_else(|| host.strip_prefix('.')) {
                Some(domain) => Hosts::Domain(domain.into(), false),
                None => Hosts::Domain(host.into(), true),
            },
        };
        Some(Self { hosts, port })
    }

    fn covers(&self, origin: &Origin) -> bool {
        let address = || origin.host.parse::<IpAddr>().ok();
        let host = match &self.hosts {
            Hosts::All => true,
            Hosts::Address(known) => address() == Some(*known),
            Hosts::Range(range) => address().is_some_and(|address| range.contains(address)),
            Hosts::Domain(domain, itself) => match origin.host.strip_suffix(&**domain) {
                Some("") => *itself,
                Some(front) => front.ends_with('.'),
                None => false,
            },
        };
        host && self.port.is_none_or(|port| port == origin.port)
    }
}

impl Proxy {
    fn parse(variable: &str, text: &str) -> Result<Self, InvalidProxy> {
        let shown = text.rsplit_once('@').map_or(text, |(_, host)| host).to_owned();
        let invalid = |why: String| InvalidProxy { variable: variable.to_owned(), shown, why };
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let (socks, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (false, 80),
            "socks5" | "socks5h" => (true, 1080),
            other => return Err(invalid(format!("the scheme {other:?} is not supported"))),
        };
        let url = Url::parse(&format!("http://{rest}")).map_err(|error| error.to_string());
        let url = match url {
            Ok(url) => url,
            Err(why) => return Err(invalid(why)),
        };
        let Ok(origin) = url.origin() else { return Err(invalid("it names no host".to_owned())) };
        debug_assert_eq!(*url.scheme(), Scheme::Http, "it was written so");
        let names_port = !url.authority().ends_with(']') && url.authority().contains(':');
        let port = if names_port { origin.port } else { default_port };
        let credentials = url.credentials();
        let authorization = credentials.as_ref().map(|Credentials { user, password }| {
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))).into()
        });
        let origin = Origin { secure: false, host: origin.host.clone(), port };
        Ok(Self { origin, socks, credentials, authorization })
    }

    /// Whether requests to plain http servers are handed to it whole, instead of through a tunnel.
    pub(crate) fn forwards(&self, origin: &Origin) -> bool {
        !self.socks && !origin.secure
    }

    /// The value of `Proxy-Authorization`, if the proxy wants to know who asks.
    pub(crate) fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// Makes a connection to the proxy into one to `origin`.
    pub(crate) async fn tunnel(&self, socket: Socket, origin: &Origin) -> Result<Socket, NetError> {
        if !self.socks {
            return self.connect(socket, origin).await;
        }
        socks::connect(socket, origin, self.credentials.as_ref()).await
    }

    /// `CONNECT`.
    async fn connect(&self, mut socket: Socket, origin: &Origin) -> Result<Socket, NetError> {
        let host =
            if origin.host.contains(':') { format!("[{}]", origin.host) } else { origin.host.to_string() };
        let target = format!("{host}:{}", origin.port);
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        if let Some(authorization) = self.authorization() {
            request += &format!("Proxy-Authorization: {authorization}\r\n");
        }
        request += "\r\n";
        let write_error = |error: std::io::Error| NetError::io(Operation::Write, &error);
        socket.write_all(request.as_bytes()).await.map_err(write_error)?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut buffer = [0; 1024];
            let read = socket.read(&mut buffer).await;
            match read.map_err(|error| NetError::io(Operation::Read, &error))? {
                0 => return Err(NetError::Proxy("it closed the connection".into())),
                read => answer.extend_from_slice(&buffer[..read]),
            }
            if answer.len() > ANSWER_LIMIT {
                return Err(NetError::Proxy("its answer has no end".into()));
            }
        }
        let line = String::from_utf8_lossy(answer.split(|&byte| byte == b'\r').next().unwrap_or_default());
        match line.split_once(' ') {
            Some((_, status)) if status.starts_with('2') => Ok(socket),
            Some((version, status)) if version.starts_with("HTTP/") => Err(NetError::Proxy(status.into())),
            _ => Err(NetError::Proxy("its answer is not HTTP".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies_of(variables: &[(&str, &str)]) -> Proxies {
        let get =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).into());
        Proxies::from_variables(get).unwrap()
    }

    fn found(proxies: &Proxies, url: &str) -> Option<String> {
        let url = Url::parse(url).unwrap();
        let proxy = proxies.find(url.origin().unwrap())?;
        Some(format!("{}:{}", proxy.origin.host, proxy.origin.port))
    }

    #[test]
    fn the_scheme_decides_and_this_machine_is_asked_directly() {
        let proxies =
            proxies_of(&[("HTTP_PROXY", "a"), ("http_proxy", "x"), ("https_proxy", "http://u:p@b:99")]);
        assert_eq!(found(&proxies, "http://shop.test/").as_deref(), Some("a:80"));
        assert_eq!(found(&proxies, "https://shop.test/").as_deref(), Some("b:99"));
        for local in ["http://localhost:1/", "http://127.3.2.1/", "https://[::1]/"] {
            assert_eq!(found(&proxies, local), None, "{local}");
        }
        let proxy = proxies.https.unwrap();
        assert_eq!(proxy.authorization(), Some("Basic dTpw"));
        assert!(!format!("{proxy:?}").contains("\"p\""), "the password is not shown");
    }

    #[test]
    fn exceptions_are_gos() {
        let list = "a.test, .b.test,*.c.test,d.test:81, 10.0.0.0/8 ,[fd00::1],192.168.1.1:80";
        let proxies = proxies_of(&[("HTTP_PROXY", "p"), ("NO_PROXY", list)]);
        for (host, direct) in [
            ("a.test", true),
            ("x.A.test", true),
            ("xa.test", false),
            ("b.test", false),
            ("x.b.test", true),
            ("c.test", false),
            ("x.c.test", true),
            ("d.test", false),
            ("d.test:81", true),
            ("10.2.3.4", true),
            ("[fd00::1]", true),
            ("192.168.1.1", true),
            ("192.168.1.1:81", false),
        ] {
            assert_eq!(found(&proxies, &format!("http://{host}/")).is_none(), direct, "{host}");
        }
        let none = proxies_of(&[("HTTP_PROXY", "p"), ("no_proxy", "*")]);
        assert_eq!(found(&none, "http://shop.test/"), None);
    }

    #[test]
    fn what_is_no_proxy_is_told_without_its_password() {
        let get = |name: &str| (name == "HTTP_PROXY").then(|| "ftp://u:secret@p".to_owned());
        let error = Proxies::from_variables(get).unwrap_err().to_string();
        assert!(error.starts_with("HTTP_PROXY: \"p\" is no proxy: the scheme \"ftp\""), "{error}");
        assert!(!error.contains("secret"), "{error}");
        let get = |name: &str| (name == "https_proxy").then(|| "socks5://h".to_owned());
        assert_eq!(
            found(&Proxies::from_variables(get).unwrap(), "https://x.test/").as_deref(),
            Some("h:1080")
        );
    }
}
