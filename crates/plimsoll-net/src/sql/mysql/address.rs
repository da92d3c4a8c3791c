//! Data source names of MySQL, in the form of Go's driver:
//! `user:password@tcp(host:port)/database?parameter=value`.

use std::time::Duration;

use mysql_async::{OptsBuilder, SslOpts};
use percent_encoding::percent_decode_str;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use url::form_urlencoded;

use crate::sql::error::SqlError;
use crate::tls::system_authorities;

const EXPECTED: &str = "user:password@tcp(host:3306)/database?parameter=value";

/// Where a database is and who asks.
pub(in crate::sql) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) opts: OptsBuilder,
    pub(super) connect_timeout: Option<Duration>,
    /// How long a statement may take.
    pub(super) read_timeout: Option<Duration>,
    /// Whether dates are given as such, instead of as text.
    pub(super) parses_time: bool,
}

impl Address {
    pub(in crate::sql) fn parse(name: &str) -> Result<Self, SqlError> {
        parse(name).map_err(|problem| SqlError::Address { driver: "mysql", problem, expected: EXPECTED })
    }

    /// For messages.
    pub(in crate::sql) fn server(&self) -> Box<str> {
        format!("mysql at {}:{}", self.host, self.port).into()
    }
}

fn parse(name: &str) -> Result<Address, String> {
    // The password may hold a slash, the database may not.
    let (before, after) = name.rsplit_once('/').ok_or("there is no slash before the database")?;
    let (database, parameters) = after.split_once('?').unwrap_or((after, ""));
    let (login, place) = before.rsplit_once('@').unwrap_or(("", before));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = place_of(place)?;
    let database = percent_decode_str(database).decode_utf8_lossy();
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let opts = OptsBuilder::default()
        .user(some(user))
        .pass(some(password))
        .db_name(some(&database))
        .prefer_socket(false)
        .ip_or_hostname(&host)
        .tcp_port(port);
    let mut address =
        Address { host, port, opts, connect_timeout: None, read_timeout: None, parses_time: false };
    let mut setup = vec!["SET NAMES utf8mb4".to_owned()];
    for (key, value) in form_urlencoded::parse(parameters.as_bytes()) {
        address = address.set(&key, &value, &mut setup)?;
    }
    address.opts = address.opts.setup(setup);
    Ok(address)
}

/// `tcp(host:port)`, `tcp`, or nothing.
fn place_of(place: &str) -> Result<(String, u16), String> {
    let (protocol, address) = match place.split_once('(') {
        Some((protocol, rest)) => (protocol, rest.strip_suffix(')').ok_or("a parenthesis is not closed")?),
        None => (place, ""),
    };
    match protocol {
        "" | "tcp" | "tcp4" | "tcp6" => {}
        "unix" => return Err("sockets of the file system are not supported, name tcp(host:port)".to_owned()),
        other => return Err(format!("unknown protocol {other:?}, name tcp(host:port)")),
    }
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (address, "3306"),
    };
    let port = port.parse().map_err(|_| format!("invalid port {port:?}"))?;
    let host = host.trim_matches(['[', ']']);
    Ok((if host.is_empty() { "127.0.0.1".to_owned() } else { host.to_owned() }, port))
}

impl Address {
    fn set(mut self, key: &str, value: &str, setup: &mut Vec<String>) -> Result<Self, String> {
        let truth = || match value {
            "1" | "true" | "TRUE" | "True" => Ok(true),
            "0" | "false" | "FALSE" | "False" => Ok(false),
            other => Err(format!("invalid {key} {other:?}, say true or false")),
        };
        match key {
            "timeout" => self.connect_timeout = time(key, value)?,
            "readTimeout" => self.read_timeout = time(key, value)?,
            "parseTime" => self.parses_time = truth()?,
            "clientFoundRows" => self.opts = self.opts.client_found_rows(truth()?),
            "allowCleartextPasswords" => self.opts = self.opts.enable_cleartext_plugin(truth()?),
            "tls" => self.opts = self.opts.ssl_opts(tls(value)?),
            "charset" => {
                let name = value.split(',').next().unwrap_or_default();
                setup[0] = format!("SET NAMES {}", word(key, name)?);
            }
            "collation" => setup.push(format!("SET collation_connection = {}", word(key, value)?)),
            "loc" if value.eq_ignore_ascii_case("utc") => {}
            "loc" => return Err("loc can only be UTC".to_owned()),
            // They say how statements travel, or what is so in any case.
            "multiStatements"
            | "interpolateParams"
            | "writeTimeout"
            | "maxAllowedPacket"
            | "allowNativePasswords"
            | "checkConnLiveness"
            | "rejectReadOnly"
            | "connectionAttributes"
            | "timeTruncate" => {}
            "allowAllFiles"
            | "allowFallbackToPlaintext"
            | "allowOldPasswords"
            | "columnsWithAlias"
            | "compress"
            | "serverPubKey" => return Err(format!("`{key}` is not supported")),
            _ => setup.push(format!("SET {} = {value}", word("the name of a variable", key)?)),
        }
        Ok(self)
    }
}

fn word<'a>(key: &str, value: &'a str) -> Result<&'a str, String> {
    let is_word = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_word { Ok(value) } else { Err(format!("{key} {value:?} is no word")) }
}

fn tls(value: &str) -> Result<Option<SslOpts>, String> {
    match value {
        "false" => Ok(None),
        "true" => Ok(Some(verified())),
        "skip-verify" => Ok(Some(
            SslOpts::default()
                .with_danger_accept_invalid_certs(true)
                .with_danger_skip_domain_validation(true),
        )),
        other => Err(format!("tls={other} is not supported; there are true, skip-verify and false")),
    }
}

/// A server that the system's authorities vouch for, or those that the driver knows.
fn verified() -> SslOpts {
    // One that cannot be read would be the end of all.
    let is_usable = |certificate: &CertificateDer| RootCertStore::empty().add(certificate.clone()).is_ok();
    let usable = system_authorities().into_iter().filter(|certificate| is_usable(certificate));
    SslOpts::default().with_root_certs(usable.map(|certificate| certificate.to_vec().into()).collect())
}

/// A number with a unit; nothing for 0.
fn time(key: &str, value: &str) -> Result<Option<Duration>, String> {
    let invalid = || format!("invalid {key} {value:?}, say for instance 30s");
    let units = [("ms", 0.001), ("us", 1e-6), ("ns", 1e-9), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (number, size) = units
        .into_iter()
        .find_map(|(unit, size)| Some((value.strip_suffix(unit)?, size)))
        .unwrap_or((value, 1.0));
    let seconds: f64 = number.parse().map_err(|_| invalid())?;
    let limit = Duration::try_from_secs_f64(seconds * size).map_err(|_| invalid())?;
    Ok(Some(limit).filter(|limit| !limit.is_zero()))
}

#[cfg(test)]
mod tests {
    use mysql_async::Opts;

    use super::*;

    #[test]
    fn names_say_who_and_where() {
        for (name, host, port, user, password, database) in [
            (
                "ann:p@/w@tcp(db.example:3307)/shop",
                "db.example",
                3307,
                Some("ann"),
                Some("p@/w"),
                Some("shop"),
            ),
            ("ann@tcp(db.example)/", "db.example", 3306, Some("ann"), None, None),
            ("/shop", "127.0.0.1", 3306, None, None, Some("shop")),
            ("tcp([::1]:1)/a%2Fb", "::1", 1, None, None, Some("a/b")),
        ] {
            let address = Address::parse(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((address.host.as_str(), address.port), (host, port), "{name}");
            let opts = Opts::from(address.opts);
            assert_eq!((opts.user(), opts.pass(), opts.db_name()), (user, password, database), "{name}");
        }
    }

    #[test]
    fn parameters_are_understood() {
        let name = "/d?timeout=1.5s&readTimeout=200ms&parseTime=true&charset=latin1&sql_mode='ANSI'&tls=true";
        let address = Address::parse(name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(address.connect_timeout, Some(Duration::from_millis(1500)));
        assert_eq!(address.read_timeout, Some(Duration::from_millis(200)));
        assert!(address.parses_time);
        let opts = Opts::from(address.opts);
        assert_eq!(opts.setup(), ["SET NAMES latin1", "SET sql_mode = 'ANSI'"]);
        assert!(opts.ssl_opts().is_some());
    }

    #[test]
    fn what_is_wrong_is_told_without_the_password() {
        for (name, problem) in [
            ("ann:geheim@tcp(h:3306)", "there is no slash before the database"),
            ("ann:geheim@tcp(h:x)/d", "invalid port \"x\""),
            ("ann:geheim@tcp(h:1/d", "a parenthesis is not closed"),
            ("ann:geheim@unix(/tmp/mysql.sock)/d", "sockets of the file system are not supported"),
            ("ann:geheim@smoke(h)/d", "unknown protocol \"smoke\""),
            ("ann:geheim@/d?parseTime=maybe", "invalid parseTime \"maybe\""),
            ("ann:geheim@/d?timeout=soon", "invalid timeout \"soon\""),
            ("ann:geheim@/d?tls=custom", "tls=custom is not supported"),
            ("ann:geheim@/d?loc=Local", "loc can only be UTC"),
            ("ann:geheim@/d?a;b=1", "the name of a variable \"a;b\" is no word"),
        ] {
            let error = Address::parse(name).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(problem), "{name}: {error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }
}
