//! Where the control API listens, as it was written.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};

/// `HOST:PORT`, and who said so, which matters to a server that cannot listen there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) text: String,
    pub(crate) given: Given,
}

/// Who gave the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    Flag,
    /// `K6_ADDRESS`.
    Environment,
}

/// What is wrong with an address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("expected HOST:PORT, such as localhost:6565")]
    Malformed,
    #[error("{0}")]
    Unresolved(#[from] std::io::Error),
}

impl Address {
    /// Where clients look unless they are told: k6's port.
    pub(crate) fn default_of_clients() -> Self {
        Address { text: "localhost:6565".to_owned(), given: Given::Environment }
    }

    /// The addresses behind it. No host, as in `:6565`, is this machine alone: whoever wants others to
    /// control a test says so.
    pub(crate) fn resolve(&self) -> Result<Vec<SocketAddr>, AddressError> {
        let (host, port) = self.text.rsplit_once(':').ok_or(AddressError::Malformed)?;
        let port: u16 = port.parse().map_err(|_| AddressError::Malformed)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match bare.unwrap_or(host) {
            "" | "localhost" => Ok(vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)]),
            host if host.contains(':') && bare.is_none() => Err(AddressError::Malformed),
            host => Ok((host, port).to_socket_addrs()?.collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Option<Vec<String>> {
        let address = Address { text: text.to_owned(), given: Given::Flag };
        Some(address.resolve().ok()?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn no_host_is_the_loopback() {
        for text in [":6565", "localhost:6565", "127.0.0.1:6565"] {
            assert_eq!(resolved(text), Some(vec!["127.0.0.1:6565".to_owned()]), "{text}");
        }
        assert_eq!(resolved("0.0.0.0:0"), Some(vec!["0.0.0.0:0".to_owned()]));
        assert_eq!(resolved("[::1]:80"), Some(vec!["[::1]:80".to_owned()]));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "6565", "localhost", "localhost:", ":65536", "::1:80", "a b:80"] {
            assert_eq!(resolved(text), None, "{text}");
        }
    }
}
