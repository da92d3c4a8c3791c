//! `K6_INFLUXDB_*`, and the URL behind `influxdb=`.

use std::fmt;

use url::Url;

use super::encoded;
use super::line::FieldKind;
use crate::error::SpecError;
use crate::push::endpoint::{Credentials, Endpoint};
use crate::push::tls::TlsSettings;
use crate::settings::{HIDDEN, Key, Reader, Variables, decoded, pairs};

const ADDR: Key = Key::secret("K6_INFLUXDB_ADDR");
const DB: Key = Key::variable("K6_INFLUXDB_DB");
const USERNAME: Key = Key::variable("K6_INFLUXDB_USERNAME");
const PASSWORD: Key = Key::secret("K6_INFLUXDB_PASSWORD");
const INSECURE: Key = Key::both("K6_INFLUXDB_INSECURE", "insecure");
const PROXY: Key = Key::variable("K6_INFLUXDB_PROXY");
const PAYLOAD_SIZE: Key = Key::both("K6_INFLUXDB_PAYLOAD_SIZE", "payload_size");
const PUSH_INTERVAL: Key = Key::both("K6_INFLUXDB_PUSH_INTERVAL", "pushInterval");
const CONCURRENT_WRITES: Key = Key::both("K6_INFLUXDB_CONCURRENT_WRITES", "concurrentWrites");
const PRECISION: Key = Key::both("K6_INFLUXDB_PRECISION", "precision");
const RETENTION: Key = Key::both("K6_INFLUXDB_RETENTION", "retention");
const CONSISTENCY: Key = Key::both("K6_INFLUXDB_CONSISTENCY", "consistency");
const TAGS_AS_FIELDS: Key = Key::both("K6_INFLUXDB_TAGS_AS_FIELDS", "tagsAsFields");
const ORGANIZATION: Key = Key::variable("K6_INFLUXDB_ORGANIZATION");
const BUCKET: Key = Key::variable("K6_INFLUXDB_BUCKET");
const TOKEN: Key = Key::secret("K6_INFLUXDB_TOKEN");

/// Where to push, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub(super) endpoint: Endpoint,
    pub(super) tls: TlsSettings,
    pub(super) version: Version,
    pub(super) precision: Precision,
    pub(super) concurrent_writes: usize,
    /// Tags that become fields, since they have too many values for an index.
    pub(super) fields: Vec<(String, FieldKind)>,
}

/// Which of InfluxDB's interfaces is used.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Version {
    One { database: String, credentials: Option<Credentials>, retention: String, consistency: String },
    Two { organization: String, bucket: String, token: String },
}

/// Tokens are not for logs.
impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One { database, .. } => {
                f.debug_struct("One").field("database", database).finish_non_exhaustive()
            }
            Self::Two { bucket, .. } => f.debug_struct("Two").field("bucket", bucket).finish_non_exhaustive(),
        }
    }
}

/// The unit of time stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    Nanoseconds,
    Microseconds,
    Milliseconds,
    Seconds,
}

impl Precision {
    const EXPECTED: &'static str = "ns, us, ms or s";

    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "n" | "ns" => Self::Nanoseconds,
            "u" | "us" | "µ" => Self::Microseconds,
            "ms" => Self::Milliseconds,
            "s" => Self::Seconds,
            _ => return None,
        })
    }

    pub(super) fn nanos(self) -> u64 {
        match self {
            Self::Nanoseconds => 1,
            Self::Microseconds => 1_000,
            Self::Milliseconds => 1_000_000,
            Self::Seconds => 1_000_000_000,
        }
    }

    /// Its name in a URL.
    fn name(self, version: &Version) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Microseconds if matches!(version, Version::One { .. }) => "u",
            Self::Microseconds => "us",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
        }
    }
}

impl Settings {
    pub(crate) fn read(argument: Option<&str>, variables: &Variables) -> Result<Self, Vec<SpecError>> {
        let argument = argument.map(str::trim).filter(|argument| !argument.is_empty());
        let parsed = argument.and_then(Endpoint::parse);
        let options = parsed.as_ref().map(|(endpoint, _)| decoded_pairs(&endpoint.query));
        let mut reader = Reader::new("influxdb", variables, options.unwrap_or_default());
        let (mut endpoint, mut credentials) = parsed.unwrap_or_else(|| address(&mut reader, argument));
        let database = if argument.is_some() { std::mem::take(&mut endpoint.path) } else { String::new() };
        let database = database.trim_matches('/').to_owned();
        endpoint.query.clear();
        if let (None, Some(user)) = (&credentials, reader.text(USERNAME)) {
            let password = reader.text(PASSWORD).unwrap_or_default();
            credentials = Some(Credentials { user, password });
        }
        reader.refuse(PROXY, "requests go straight to the server");
        // These two bound UDP packets and memory in k6; here requests are made as samples arrive.
        reader.read(PAYLOAD_SIZE, "a whole number", |text| text.parse::<u64>().ok());
        reader.duration(PUSH_INTERVAL);
        let is_insecure = reader.flag(INSECURE).unwrap_or_default();
        let precision = reader.read(PRECISION, Precision::EXPECTED, Precision::parse);
        let fields = reader.read(TAGS_AS_FIELDS, FieldKind::EXPECTED, FieldKind::parse_all);
        let concurrent_writes = reader.count(CONCURRENT_WRITES).unwrap_or(4);
        let version = version(&mut reader, &database, credentials);
        reader.finish(Self {
            endpoint,
            tls: TlsSettings { is_insecure, ..TlsSettings::default() },
            version,
            precision: precision.unwrap_or(Precision::Nanoseconds),
            concurrent_writes,
            fields: fields.unwrap_or_else(FieldKind::defaults),
        })
    }

    /// Path and query of what lines are posted to.
    pub(super) fn write_target(&self) -> String {
        let path = &self.endpoint.path;
        let precision = self.precision.name(&self.version);
        match &self.version {
            Version::Two { organization, bucket, .. } => {
                let (organization, bucket) = (encoded(organization), encoded(bucket));
                format!("{path}/api/v2/write?org={organization}&bucket={bucket}&precision={precision}")
            }
            Version::One { database, retention, consistency, .. } => {
                let mut target = format!("{path}/write?db={}&precision={precision}", encoded(database));
                for (name, value) in [("rp", retention), ("consistency", consistency)] {
                    if !value.is_empty() {
                        target += &format!("&{name}={}", encoded(value));
                    }
                }
                target
            }
        }
    }
}

/// Where to push when the argument, if there is one, is no URL of HTTP.
fn address(reader: &mut Reader<'_>, argument: Option<&str>) -> (Endpoint, Option<Credentials>) {
    let given = argument.map(str::to_owned).or_else(|| reader.text(ADDR)).unwrap_or_default();
    if Url::parse(given.trim()).is_ok_and(|url| url.scheme() == "udp") {
        let hint = "UDP does not say what is lost: give the address that the server has for HTTP, such as \
                    http://localhost:8086/k6";
        reader.unsupported("udp://", hint);
    } else if argument.is_some() {
        // What is not understood may hold a password.
        reader.complain("the argument", HIDDEN, "a URL such as http://localhost:8086/k6");
    } else if let Some(endpoint) = reader.read(ADDR, Endpoint::EXPECTED, Endpoint::parse) {
        return endpoint;
    }
    localhost()
}

/// Version 2 where any of its settings is given.
fn version(reader: &mut Reader<'_>, path: &str, credentials: Option<Credentials>) -> Version {
    let in_path = |given: Option<String>, default: &str| {
        if path.is_empty() { given.unwrap_or_else(|| default.to_owned()) } else { path.to_owned() }
    };
    let (organization, bucket, token) = (reader.text(ORGANIZATION), reader.text(BUCKET), reader.token(TOKEN));
    let retention = reader.text(RETENTION).unwrap_or_default();
    let consistency = reader.text(CONSISTENCY).unwrap_or_default();
    let database = in_path(reader.text(DB), "k6");
    if organization.is_none() && bucket.is_none() && token.is_none() {
        return Version::One { database, credentials, retention, consistency };
    }
    let bucket = in_path(bucket, "");
    for (key, value) in [
        (ORGANIZATION, organization.as_deref().unwrap_or_default()),
        (BUCKET, &bucket),
        (TOKEN, token.as_deref().unwrap_or_default()),
    ] {
        if value.is_empty() {
            reader.complain(key.variable, "", "a value, since another setting of InfluxDB 2 is given");
        }
    }
    let (organization, token) = (organization.unwrap_or_default(), token.unwrap_or_default());
    Version::Two { organization, bucket, token }
}

fn localhost() -> (Endpoint, Option<Credentials>) {
    Endpoint::parse("http://localhost:8086").expect("it is a URL")
}

fn decoded_pairs(query: &str) -> Vec<(String, String)> {
    pairs(query, '&', '=').into_iter().map(|(name, value)| (decoded(&name), decoded(&value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn read(argument: Option<&str>, pairs: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::read(argument, &variables(pairs))
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn without_settings_it_is_k6_at_localhost() {
        let settings = read(None, &[]).expect("valid");
        assert_eq!(settings.endpoint.to_string(), "http://localhost:8086");
        assert_eq!(settings.write_target(), "/write?db=k6&precision=ns");
        assert_eq!(settings.concurrent_writes, 4);
    }

    #[test]
    fn the_argument_wins_over_variables() {
        let url = "https://me:secret@db.example:9999/my%20db?insecure&concurrentWrites=2&retention=week\
                   &precision=ms&consistency=all&pushInterval=2s&payload_size=0&tagsAsFields=url,vu:int";
        let settings = read(
            Some(url),
            &[("K6_INFLUXDB_ADDR", "http://other:1"), ("K6_INFLUXDB_CONCURRENT_WRITES", "9")],
        )
        .expect("valid");
        assert_eq!(settings.endpoint.to_string(), "https://db.example:9999");
        assert_eq!(settings.concurrent_writes, 2);
        assert!(settings.tls.is_insecure);
        assert_eq!(
            settings.fields,
            [("url".to_owned(), FieldKind::Text), ("vu".to_owned(), FieldKind::Whole)]
        );
        assert!(settings.write_target().ends_with("&precision=ms&rp=week&consistency=all"));
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn a_token_makes_it_version_2() {
        let variables = [
            ("K6_INFLUXDB_ORGANIZATION", "my org"),
            ("K6_INFLUXDB_BUCKET", "other"),
            ("K6_INFLUXDB_TOKEN", "secret"),
            ("K6_INFLUXDB_PRECISION", "us"),
        ];
        let settings = read(Some("http://h:8086/load"), &variables).expect("valid");
        assert_eq!(settings.write_target(), "/api/v2/write?org=my%20org&bucket=load&precision=us");
        assert!(!format!("{settings:?}").contains("secret"));
        let problems = read(None, &variables[2..3]).expect_err("two settings are missing");
        assert!(problems.contains("K6_INFLUXDB_ORGANIZATION is '', expected a value"), "{problems}");
        assert!(problems.contains("K6_INFLUXDB_BUCKET is '', expected a value"), "{problems}");
    }

    #[test]
    fn everything_wrong_is_told_without_secrets() {
        let problems = read(
            Some("http://me:secret@h/db?concurrentWrites=0&pushIntervall=1s&tagsAsFields=vu:number"),
            &[("K6_INFLUXDB_PROXY", "http://p"), ("K6_INFLUXDB_INSECURE", "maybe")],
        )
        .expect_err("five problems");
        assert_eq!(
            problems,
            "output 'influxdb': K6_INFLUXDB_PROXY is not supported; requests go straight to the server\n\
             output 'influxdb': K6_INFLUXDB_INSECURE is 'maybe', expected true or false\n\
             output 'influxdb': tagsAsFields is 'vu:number', expected names of tags, each with :string, \
             :int, :float or :bool if need be\n\
             output 'influxdb': concurrentWrites is '0', expected a whole number above zero\n\
             output 'influxdb' has no option 'pushIntervall' (did you mean 'pushInterval'?); it has: \
             payload_size, pushInterval, insecure, precision, tagsAsFields, concurrentWrites, retention, \
             consistency"
        );
        let problems = read(Some("h:8086/secret"), &[]).expect_err("no URL");
        assert!(problems.contains("the argument is '(hidden)', expected a URL such as"), "{problems}");
        let variables = [("K6_INFLUXDB_ADDR", "me:secret@h"), ("K6_INFLUXDB_TOKEN", "two\nsecrets")];
        let problems = read(None, &variables).expect_err("no URL, and no token that can be sent");
        assert!(problems.contains("K6_INFLUXDB_ADDR is '(hidden)', expected a URL such as"), "{problems}");
        assert!(problems.contains("K6_INFLUXDB_TOKEN is '(hidden)', expected text that an"), "{problems}");
    }

    #[test]
    fn udp_is_refused_with_what_to_do() {
        let variable = [("K6_INFLUXDB_ADDR", "udp://me:secret@h:8089")];
        for problems in [read(Some("udp://h:8089/secret"), &[]), read(None, &variable)] {
            let problems = problems.expect_err("no HTTP");
            assert!(problems.starts_with("output 'influxdb': udp:// is not supported; UDP does not say"));
            assert!(!problems.contains("secret") && problems.lines().count() == 1, "{problems}");
        }
    }
}
