//! Data source names of PostgreSQL: a URL, or `key=value` pairs.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::sql::error::SqlError;
use crate::stream::{StreamTls, Verification};

const EXPECTED: &str =
    "postgres://user:password@host:5432/database?sslmode=disable, or host=… user=… password=… dbname=…";

/// Where a database is and who asks.
pub(in crate::sql) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) database: String,
    pub(super) encryption: Encryption,
    pub(super) connect_timeout: Option<Duration>,
    /// Settings of the session, as the server names them.
    pub(super) settings: Vec<(String, String)>,
}

/// `sslmode`.
pub(super) enum Encryption {
    Never,
    /// If the server can.
    Preferred(StreamTls),
    Required(StreamTls),
}

/// What was read so far.
#[derive(Default)]
struct Parts {
    host: String,
    port: Option<u16>,
    user: String,
    password: String,
    database: String,
    mode: String,
    root: String,
    certificate: String,
    key: String,
    connect_timeout: Option<Duration>,
    settings: Vec<(String, String)>,
}

impl Address {
    pub(in crate::sql) fn parse(name: &str) -> Result<Self, SqlError> {
        let invalid = |problem| SqlError::Address { driver: "postgres", problem, expected: EXPECTED };
        let parts = if name.starts_with("postgres://") || name.starts_with("postgresql://") {
            Parts::of_url(name)
        } else {
            Parts::of_pairs(name)
        };
        parts.and_then(Parts::address).map_err(invalid)
    }

    /// For messages.
    pub(in crate::sql) fn server(&self) -> Box<str> {
        format!("postgres at {}:{}", self.host, self.port).into()
    }
}

impl Parts {
    fn of_url(name: &str) -> Result<Self, String> {
        let url = Url::parse(name).map_err(|error| error.to_string())?;
        let decoded = |text: &str| {
            percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| "it is not UTF-8".to_owned())
        };
        let mut parts = Parts {
            host: decoded(url.host_str().unwrap_or_default())?.trim_matches(['[', ']']).to_owned(),
            port: url.port(),
            user: decoded(url.username())?,
            password: decoded(url.password().unwrap_or_default())?,
            database: decoded(url.path().trim_start_matches('/'))?,
            ..Parts::default()
        };
        for (key, value) in url.query_pairs() {
            parts.set(&key, value.into_owned())?;
        }
        Ok(parts)
    }

    fn of_pairs(name: &str) -> Result<Self, String> {
        let mut parts = Parts::default();
        let mut rest = name.trim_start();
        while !rest.is_empty() {
            let (key, value) = rest.split_once('=').ok_or("there is a word without `=`")?;
            let (value, after) = pair_value(value.trim_start())?;
            parts.set(key.trim(), value)?;
            rest = after.trim_start();
        }
        Ok(parts)
    }

    fn set(&mut self, key: &str, value: String) -> Result<(), String> {
        match key {
            "host" => self.host = value,
            "port" => self.port = Some(value.parse().map_err(|_| format!("invalid port {value:?}"))?),
            "user" => self.user = value,
            "password" => self.password = value,
            "dbname" | "database" => self.database = value,
            "sslmode" => self.mode = value,
            "sslrootcert" => self.root = value,
            "sslcert" => self.certificate = value,
            "sslkey" => self.key = value,
            "connect_timeout" => {
                let seconds = value.parse().map_err(|_| format!("invalid connect_timeout {value:?}"))?;
                self.connect_timeout = Some(Duration::from_secs(seconds)).filter(|limit| !limit.is_zero());
            }
            "fallback_application_name" => self.settings.push(("application_name".to_owned(), value)),
            // It says how values travel, which scripts do not see.
            "binary_parameters" | "disable_prepared_binary_result" => {}
            "hostaddr"
            | "krbspn"
            | "krbsrvname"
            | "passfile"
            | "service"
            | "servicefile"
            | "sslinline"
            | "sslpassword"
            | "sslcrl"
            | "channel_binding"
            | "target_session_attrs"
            | "load_balance_hosts"
            | "require_auth"
            | "sslnegotiation" => return Err(format!("`{key}` is not supported")),
            _ => self.settings.push((key.to_owned(), value)),
        }
        Ok(())
    }

    fn address(self) -> Result<Address, String> {
        if self.host.starts_with('/') || self.host.starts_with('@') {
            return Err("sockets of the file system are not supported, name a host".to_owned());
        }
        if self.host.contains(',') {
            return Err("lists of hosts are not supported, name one".to_owned());
        }
        let encryption = self.encryption()?;
        let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
        let user = or(self.user, "postgres");
        Ok(Address {
            host: or(self.host, "localhost"),
            port: self.port.unwrap_or(5432),
            password: self.password,
            database: or(self.database, &user),
            user,
            encryption,
            connect_timeout: self.connect_timeout,
            settings: self.settings,
        })
    }

    fn encryption(&self) -> Result<Encryption, String> {
        // Without somebody to vouch for the server, `require` takes any certificate, as everywhere; with
        // somebody it is `verify-ca`.
        let asked = if self.root.is_empty() { Verification::None } else { Verification::Authority };
        match self.mode.as_str() {
            "disable" => Ok(Encryption::Never),
            "" | "allow" | "prefer" => Ok(Encryption::Preferred(self.tls(asked)?)),
            "require" => Ok(Encryption::Required(self.tls(asked)?)),
            "verify-ca" => Ok(Encryption::Required(self.tls(Verification::Authority)?)),
            "verify-full" => Ok(Encryption::Required(self.tls(Verification::Full)?)),
            other => Err(format!(
                "unknown sslmode {other:?}; there are disable, allow, prefer, require, verify-ca, verify-full"
            )),
        }
    }

    fn tls(&self, verification: Verification) -> Result<StreamTls, String> {
        let read = |key: &str, path: &str| {
            std::fs::read_to_string(path).map_err(|error| format!("{key} {path:?}: {error}"))
        };
        let roots = match self.root.as_str() {
            "" | "system" => Vec::new(),
            path => vec![read("sslrootcert", path)?],
        };
        let identity = match (self.certificate.as_str(), self.key.as_str()) {
            ("", "") => None,
            ("", _) | (_, "") => return Err("sslcert and sslkey belong together".to_owned()),
            (certificate, key) => Some((read("sslcert", certificate)?, read("sslkey", key)?)),
        };
        let identity = identity.as_ref().map(|(certificate, key)| (certificate.as_str(), key.as_str()));
        StreamTls::new(&roots, identity, verification)
    }
}

/// A value up to a blank, or between quotes; a backslash takes the next character as it is.
fn pair_value(text: &str) -> Result<(String, &str), String> {
    let (is_quoted, body) = match text.strip_prefix('\'') {
        Some(body) => (true, body),
        None => (false, text),
    };
    let mut value = String::new();
    let mut characters = body.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, next)| next)),
            '\'' if is_quoted => return Ok((value, &body[at + 1..])),
            blank if !is_quoted && blank.is_whitespace() => return Ok((value, &body[at..])),
            other => value.push(other),
        }
    }
    if is_quoted { Err("a quote is not closed".to_owned()) } else { Ok((value, "")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Address {
        Address::parse(name).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn urls_and_pairs_say_the_same() {
        for name in [
            "postgres://an%40n:p%3Aw@db.example:5433/shop?sslmode=disable&search_path=a,b&connect_timeout=3",
            "host=db.example port=5433 user=an@n password='p:w' dbname = shop sslmode=disable \
            search_path=a,b \
             connect_timeout=3",
        ] {
            let address = parse(name);
            assert_eq!((address.host.as_str(), address.port), ("db.example", 5433), "{name}");
            assert_eq!((address.user.as_str(), address.password.as_str()), ("an@n", "p:w"), "{name}");
            assert_eq!(address.database, "shop", "{name}");
            assert!(matches!(address.encryption, Encryption::Never), "{name}");
            assert_eq!(address.settings, [("search_path".to_owned(), "a,b".to_owned())], "{name}");
            assert_eq!(address.connect_timeout, Some(Duration::from_secs(3)), "{name}");
        }
    }

    #[test]
    fn what_is_left_out_is_usual() {
        let address = parse("postgresql://[::1]?user=bob");
        assert_eq!((address.host.as_str(), address.port), ("::1", 5432));
        assert_eq!((address.user.as_str(), address.database.as_str()), ("bob", "bob"));
        assert!(matches!(address.encryption, Encryption::Preferred(_)));
        assert_eq!(parse("").server().as_ref(), "postgres at localhost:5432");
        assert_eq!(parse(r"password='it\'s \\'").password, r"it's \");
    }

    #[test]
    fn what_is_wrong_is_told_without_the_password() {
        for (name, problem) in [
            ("postgres://u:geheim@h:port/d", "invalid port number"),
            ("host=h password=geheim sslmode=maybe", "unknown sslmode \"maybe\""),
            ("host=h password=geheim port=x", "invalid port \"x\""),
            ("host=/run/postgresql password=geheim", "sockets of the file system are not supported"),
            ("host=a,b password=geheim", "lists of hosts are not supported"),
            ("host=h password='geheim", "a quote is not closed"),
            ("password=geheim nonsense", "there is a word without `=`"),
            ("host=h password=geheim sslrootcert=/none.pem", "sslrootcert \"/none.pem\": No such file"),
            ("host=h password=geheim sslcert=a.pem", "sslcert and sslkey belong together"),
            ("host=h password=geheim service=x", "`service` is not supported"),
        ] {
            let error = Address::parse(name).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(problem), "{name}: {error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }
}
