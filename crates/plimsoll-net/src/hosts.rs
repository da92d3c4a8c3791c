//! Name rules from the options: `hosts` sends names elsewhere, `blockHostnames` refuses them.

use std::net::{IpAddr, SocketAddr};

/// The `hosts` option: where names really live.
#[derive(Clone, Debug, Default)]
pub struct HostOverrides {
    rules: Vec<Override>,
}

#[derive(Clone, Debug)]
struct Override {
    pattern: HostPattern,
    only_port: Option<u16>,
    address: IpAddr,
    port: Option<u16>,
}

/// A `hosts` entry that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid host override {from:?} -> {to:?}: expected host[:port] or *.domain -> ip[:port]")]
pub struct InvalidOverride {
    from: String,
    to: String,
}

/// The `blockHostnames` option.
#[derive(Clone, Debug, Default)]
pub struct HostnamePatterns {
    patterns: Vec<HostPattern>,
}

/// A `blockHostnames` entry that is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid hostname pattern {0:?}: expected a host name, with a wildcard only in front: *.example.com")]
pub struct InvalidHostPattern(String);

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostPattern {
    Exact(Box<str>),
    /// What must follow the wildcard, the dot included.
    Suffix(Box<str>),
}

impl HostPattern {
    fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        match lower.strip_prefix('*') {
            _ if lower.is_empty() || lower.contains([' ', '/']) => None,
            Some(suffix) if !suffix.contains('*') => Some(Self::Suffix(suffix.into())),
            None if !lower.contains('*') => Some(Self::Exact(lower.into())),
            _ => None,
        }
    }

    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => **name == *host,
            Self::Suffix(suffix) => host.ends_with(&**suffix),
        }
    }

    /// Longer patterns are closer; an exact name is closer than any wildcard.
    fn closeness(&self) -> (bool, usize) {
        match self {
            Self::Exact(name) => (true, name.len()),
            Self::Suffix(suffix) => (false, suffix.len()),
        }
    }
}

impl HostOverrides {
    /// Adds a rule: `from` is `host[:port]` or `*.domain[:port]`, `to` is `ip[:port]`.
    pub fn insert(&mut self, from: &str, to: &str) -> Result<(), InvalidOverride> {
        let rule = parse_override(from, to)
            .ok_or_else(|| InvalidOverride { from: from.to_owned(), to: to.to_owned() })?;
        self.rules.push(rule);
        // Kept with the closest rule first, so that lookup takes the first match. A rule for one port beats
        // the same name without.
        self.rules
            .sort_by_key(|rule| std::cmp::Reverse((rule.pattern.closeness(), rule.only_port.is_some())));
        Ok(())
    }

    /// Where to connect instead of `host:port`. `host` is in lower case.
    pub(crate) fn find(&self, host: &str, port: u16) -> Option<SocketAddr> {
        self.rules
            .iter()
            .find(|rule| rule.only_port.is_none_or(|only| only == port) && rule.pattern.matches(host))
            .map(|rule| SocketAddr::new(rule.address, rule.port.unwrap_or(port)))
    }
}

fn parse_override(from: &str, to: &str) -> Option<Override> {
    let (name, only_port) = match from.rsplit_once(':') {
        Some((name, port)) => (name, Some(port.parse().ok()?)),
        None => (from, None),
    };
    let (address, port) = match (to.parse::<IpAddr>(), to.parse::<SocketAddr>()) {
        (Ok(address), _) => (address, None),
        (_, Ok(socket)) => (socket.ip(), Some(socket.port())),
        _ => return None,
    };
    Some(Override { pattern: HostPattern::parse(name)?, only_port, address, port })
}

impl HostnamePatterns {
    /// Adds a pattern: a name, or `*.domain`.
    pub fn insert(&mut self, pattern: &str) -> Result<(), InvalidHostPattern> {
        let parsed = HostPattern::parse(pattern).ok_or_else(|| InvalidHostPattern(pattern.to_owned()))?;
        self.patterns.push(parsed);
        Ok(())
    }

    /// Whether a pattern covers `host`, which is in lower case.
    pub(crate) fn matches(&self, host: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_override_wins() {
        let mut hosts = HostOverrides::default();
        for (from, to) in [
            ("*.example.com", "10.0.0.1"),
            ("*.eu.example.com", "10.0.0.2"),
            ("api.example.com", "10.0.0.3:8443"),
            ("api.example.com:8080", "10.0.0.4"),
            ("six.test", "[::1]:9"),
        ] {
            hosts.insert(from, to).unwrap();
        }
        let find = |host, port| hosts.find(host, port).map(|address| address.to_string());
        assert_eq!(find("a.example.com", 80).as_deref(), Some("10.0.0.1:80"));
        assert_eq!(find("a.eu.example.com", 80).as_deref(), Some("10.0.0.2:80"));
        assert_eq!(find("api.example.com", 443).as_deref(), Some("10.0.0.3:8443"));
        assert_eq!(find("api.example.com", 8080).as_deref(), Some("10.0.0.4:8080"));
        assert_eq!(find("six.test", 80).as_deref(), Some("[::1]:9"));
        assert_eq!(find("example.com", 80), None, "the wildcard stands for at least one label");
    }

    #[test]
    fn bad_rules_say_what_was_expected() {
        let mut hosts = HostOverrides::default();
        for (from, to) in [("a", "b"), ("a:x", "1.2.3.4"), ("a*b", "1.2.3.4"), ("", "1.2.3.4")] {
            let message = hosts.insert(from, to).unwrap_err().to_string();
            assert!(message.contains("expected host[:port]"), "{message}");
        }
        let message = HostnamePatterns::default().insert("a.*.b").unwrap_err().to_string();
        assert!(message.contains("\"a.*.b\""), "{message}");
    }

    #[test]
    fn blocked_names_match_in_any_case() {
        let mut blocked = HostnamePatterns::default();
        blocked.insert("*.Internal.test").unwrap();
        blocked.insert("exact.test").unwrap();
        assert!(blocked.matches("db.internal.test"));
        assert!(blocked.matches("exact.test"));
        assert!(!blocked.matches("a.exact.test"));
    }
}
