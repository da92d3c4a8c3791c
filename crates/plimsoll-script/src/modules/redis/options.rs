//! How a client reaches its server: a URL, or an object of options.

use std::time::Duration;

use plimsoll_net::{StreamTls, Verification};
use plimsoll_plan::duration;
use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;

/// Where the server is and how it is talked to.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Option<StreamTls>,
    pub(super) username: String,
    pub(super) password: String,
    pub(super) database: u32,
    pub(super) retries: u32,
    pub(super) backoff: [Duration; 2],
    pub(super) dial_timeout: Option<Duration>,
    /// Of a command and its answer.
    pub(super) timeout: Option<Duration>,
}

/// The port when none is named.
const PORT: u16 = 6379;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    socket: Socket,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    database: u32,
    max_retries: Option<i32>,
    min_retry_backoff: Option<i64>,
    max_retry_backoff: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
struct Socket {
    host: String,
    #[serde(default = "default_port")]
    port: u16,
    tls: Option<Tls>,
    dial_timeout: Option<i64>,
    read_timeout: Option<i64>,
    // Writing is part of a command's time. There is one connection: commands follow one another.
    #[serde(rename = "writeTimeout")]
    _write_timeout: Option<IgnoredAny>,
    #[serde(rename = "poolSize")]
    _pool_size: Option<IgnoredAny>,
    #[serde(rename = "minIdleConns")]
    _min_idle_conns: Option<IgnoredAny>,
    #[serde(rename = "maxConnAge")]
    _max_conn_age: Option<IgnoredAny>,
    #[serde(rename = "poolTimeout")]
    _pool_timeout: Option<IgnoredAny>,
    #[serde(rename = "idleTimeout")]
    _idle_timeout: Option<IgnoredAny>,
    #[serde(rename = "idleCheckFrequency")]
    _idle_check_frequency: Option<IgnoredAny>,
}

fn default_port() -> u16 {
    PORT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Tls {
    #[serde(default)]
    ca: Vec<String>,
    #[serde(default)]
    cert: String,
    #[serde(default)]
    key: String,
}

impl Target {
    fn new(host: &str, port: u16) -> Self {
        Target {
            host: host.to_owned(),
            port,
            tls: None,
            username: String::new(),
            password: String::new(),
            database: 0,
            retries: 3,
            backoff: [Duration::from_millis(8), Duration::from_millis(512)],
            dial_timeout: Some(Duration::from_secs(5)),
            timeout: Some(Duration::from_secs(3)),
        }
    }

    /// From the JSON of an object.
    pub(super) fn of_json(json: &str, skip_verification: bool) -> Result<Self, String> {
        let value: serde_json::Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
        for (key, what) in [("cluster", "clusters"), ("masterName", "servers behind a sentinel")] {
            if value.get(key).is_some() {
                return Err(format!("{what} are not supported yet; name one server by socket"));
            }
        }
        let options = Options::deserialize(value).map_err(|error| error.to_string())?;
        let Socket { host, port, tls, .. } = &options.socket;
        let mut target = Target::new(host, *port);
        target.tls = tls.as_ref().map(|tls| tls.build(skip_verification)).transpose()?;
        (target.username, target.password) = (options.username, options.password);
        target.database = options.database;
        target.set_retries(options.max_retries);
        let [least, most] = target.backoff;
        target.backoff = [
            milliseconds(options.min_retry_backoff, Some(least)).unwrap_or_default(),
            milliseconds(options.max_retry_backoff, Some(most)).unwrap_or_default(),
        ];
        target.dial_timeout = milliseconds(options.socket.dial_timeout, target.dial_timeout);
        target.timeout = milliseconds(options.socket.read_timeout, target.timeout);
        Ok(target)
    }

    /// From `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`; `rediss` is TLS.
    pub(super) fn of_url(text: &str, skip_verification: bool) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("redis: {error}"))?;
        let secure = match url.scheme() {
            "redis" => false,
            "rediss" => true,
            "unix" => return Err("redis: sockets of the file system are not supported".to_owned()),
            other => return Err(format!("redis: invalid URL scheme: {other}")),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).unwrap_or("localhost");
        let mut target = Target::new(host.trim_matches(['[', ']']), url.port().unwrap_or(PORT));
        if secure {
            target.tls = Some(StreamTls::new(&[], None, verification(skip_verification))?);
        }
        let decoded = |text: &str| {
            let pairs = format!("x={}", text.replace('+', "%2B"));
            let mut pairs = url::form_urlencoded::parse(pairs.as_bytes());
            pairs.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        target.username = decoded(url.username());
        target.password = decoded(url.password().unwrap_or_default());
        let path = url.path().trim_matches('/');
        if !path.is_empty() {
            target.database = database(path)?;
        }
        for (name, value) in url.query_pairs() {
            target.set(&name, &value)?;
        }
        Ok(target)
    }

    /// A parameter of a URL.
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let time = || time(value).ok_or_else(|| format!("redis: invalid {name} duration: \"{value}\""));
        match name {
            "db" => self.database = database(value)?,
            "dial_timeout" => self.dial_timeout = time()?,
            "read_timeout" => self.timeout = time()?,
            "min_retry_backoff" => self.backoff[0] = time()?.unwrap_or_default(),
            "max_retry_backoff" => self.backoff[1] = time()?.unwrap_or_default(),
            "max_retries" => {
                let number = value.parse();
                let number = number.map_err(|_| format!("redis: invalid {name} number: \"{value}\""))?;
                self.set_retries(Some(number));
            }
            "write_timeout" | "pool_size" | "pool_timeout" | "pool_fifo" | "min_idle_conns"
            | "max_idle_conns" | "conn_max_idle_time" | "conn_max_lifetime" | "client_name" | "protocol" => {}
            _ => return Err(format!("redis: unexpected option: {name}")),
        }
        Ok(())
    }

    /// 0 is k6's word for its default, -1 for none.
    fn set_retries(&mut self, number: Option<i32>) {
        match number {
            None | Some(0) => {}
            Some(number) => self.retries = u32::try_from(number).unwrap_or(0).min(100),
        }
    }
}

impl Tls {
    fn build(&self, skip_verification: bool) -> Result<StreamTls, String> {
        let identity = (!self.cert.is_empty() && !self.key.is_empty()).then_some((&*self.cert, &*self.key));
        let verification = verification(skip_verification);
        StreamTls::new(&self.ca, identity, verification).map_err(|why| format!("tls: {why}"))
    }
}

fn verification(is_skipped: bool) -> Verification {
    if is_skipped { Verification::None } else { Verification::Full }
}

fn database(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("redis: invalid database number: \"{text}\""))
}

/// Milliseconds: 0 is k6's word for the default, -1 for no limit.
fn milliseconds(number: Option<i64>, default: Option<Duration>) -> Option<Duration> {
    match number {
        None | Some(0) => default,
        Some(number) => u64::try_from(number).ok().map(Duration::from_millis),
    }
}

/// Seconds, or a number with a unit; nothing when there is no limit.
fn time(text: &str) -> Option<Option<Duration>> {
    if text.starts_with('-') {
        return Some(None);
    }
    let seconds = text.parse().ok().map(Duration::from_secs);
    seconds.or_else(|| duration::parse_plain(text).ok()).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_server_user_and_database() {
        let target =
            Target::of_url("redis://an%40n:p%2Bw+d@Host.example:7000/3?read_timeout=2&max_retries=-1", false);
        let target = target.unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(
            (target.host.to_lowercase().as_str(), target.port, target.database),
            ("host.example", 7000, 3)
        );
        assert_eq!((target.username.as_str(), target.password.as_str()), ("an@n", "p+w+d"));
        assert_eq!((target.timeout, target.retries), (Some(Duration::from_secs(2)), 0));
        let target = Target::of_url("rediss://[::1]", false).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!((target.host.as_str(), target.port, target.tls.is_some()), ("::1", PORT, true));
    }

    #[test]
    fn objects_name_them_too() {
        let json = r#"{ "socket": { "host": "h", "port": 1, "readTimeout": -1, "poolSize": 5 },
            "password": "p", "database": 2, "maxRetries": 7 }"#;
        let target = Target::of_json(json, false).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!((target.host.as_str(), target.port, target.database, target.retries), ("h", 1, 2, 7));
        assert_eq!((target.timeout, target.dial_timeout), (None, Some(Duration::from_secs(5))));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (url, why) in [
            ("http://h", "redis: invalid URL scheme: http"),
            ("redis://h/x", "redis: invalid database number: \"x\""),
            ("redis://h?colour=red", "redis: unexpected option: colour"),
            ("redis://h?dial_timeout=soon", "redis: invalid dial_timeout duration: \"soon\""),
            ("nonsense", "redis: relative URL without a base"),
        ] {
            assert_eq!(Target::of_url(url, false).err().as_deref(), Some(why), "{url}");
        }
        for (json, why) in [
            ("{}", "missing field `socket`"),
            (r#"{ "socket": { "host": "h", "prt": 1 } }"#, "unknown field `prt`"),
            (r#"{ "socket": { "host": "h", "port": 99999 } }"#, "invalid value"),
            (r#"{ "cluster": {} }"#, "clusters are not supported yet"),
            (r#"{ "masterName": "m" }"#, "sentinel are not supported yet"),
            (r#"{ "socket": { "host": "h", "tls": { "ca": ["x"] } } }"#, "tls: ca: no certificate in PEM"),
        ] {
            let error = Target::of_json(json, false).err().unwrap_or_default();
            assert!(error.contains(why), "{json}: {error}");
        }
    }
}
