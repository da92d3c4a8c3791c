//! `K6_PROMETHEUS_RW_*`, and the URL behind `experimental-prometheus-rw=`.

use std::fmt;
use std::time::Duration;

use plimsoll_metrics::Trend;

use crate::error::SpecError;
use crate::push::endpoint::{Credentials, Endpoint};
use crate::push::tls::TlsSettings;
use crate::settings::{HEADER_TEXT, HIDDEN, Key, Reader, Variables, header};

const SERVER_URL: Key = Key::secret("K6_PROMETHEUS_RW_SERVER_URL");
const PUSH_INTERVAL: Key = Key::variable("K6_PROMETHEUS_RW_PUSH_INTERVAL");
const TREND_STATS: Key = Key::variable("K6_PROMETHEUS_RW_TREND_STATS");
const NATIVE: Key = Key::variable("K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM");
const FEATURES: Key = Key::variable("K6_FEATURES");
const HISTOGRAMS: Key = Key::variable("PLIMSOLL_PROMETHEUS_RW_HISTOGRAMS");
const USERNAME: Key = Key::variable("K6_PROMETHEUS_RW_USERNAME");
const PASSWORD: Key = Key::secret("K6_PROMETHEUS_RW_PASSWORD");
const BEARER_TOKEN: Key = Key::secret("K6_PROMETHEUS_RW_BEARER_TOKEN");
const HTTP_HEADERS: Key = Key::secret("K6_PROMETHEUS_RW_HTTP_HEADERS");
const INSECURE: Key = Key::variable("K6_PROMETHEUS_RW_INSECURE_SKIP_TLS_VERIFY");
const TLS_MINIMUM: Key = Key::variable("K6_PROMETHEUS_RW_TLS_MINIMUM_VERSION");
const CERTIFICATE: Key = Key::variable("K6_PROMETHEUS_RW_CLIENT_CERTIFICATE");
const CERTIFICATE_KEY: Key = Key::variable("K6_PROMETHEUS_RW_CLIENT_CERTIFICATE_KEY");
const STALE_MARKERS: Key = Key::variable("K6_PROMETHEUS_RW_STALE_MARKERS");
const SIGV4: [Key; 3] = [
    Key::variable("K6_PROMETHEUS_RW_SIGV4_REGION"),
    Key::variable("K6_PROMETHEUS_RW_SIGV4_ACCESS_KEY"),
    Key::variable("K6_PROMETHEUS_RW_SIGV4_SECRET_KEY"),
];
/// A variable for each header, named after it.
const HEADERS: &str = "K6_PROMETHEUS_RW_HEADERS_";

/// Where to push, and what.
#[derive(Clone, PartialEq)]
pub struct Settings {
    pub(super) endpoint: Endpoint,
    pub(super) tls: TlsSettings,
    pub(super) credentials: Option<Credentials>,
    pub(super) bearer_token: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) push_interval: Duration,
    pub(super) trends: Trends,
    pub(super) stale_markers: bool,
}

/// Tokens and headers are not for logs.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Eq for Settings {}

/// What becomes of trends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trends {
    pub(super) stats: Vec<Stat>,
    /// Whether they are pushed as native histograms, instead of by their stats.
    pub(super) native: bool,
    /// The metrics that also become classic histograms; `*` for all.
    pub(super) classic: Vec<String>,
}

impl Trends {
    pub(super) fn is_classic(&self, metric: &str) -> bool {
        self.classic.iter().any(|name| name == metric || name == "*")
    }
}

/// A number of a trend, and how its time series is called.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stat {
    pub(super) suffix: String,
    pub(super) aggregate: Aggregate,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Med,
    Max,
    Quantile(f64),
}

impl Aggregate {
    pub(super) fn of(self, trend: &Trend) -> f64 {
        match self {
            Self::Count => trend.count() as f64,
            Self::Sum => trend.sum(),
            Self::Avg => trend.avg(),
            Self::Min => trend.min(),
            Self::Med => trend.med(),
            Self::Max => trend.max(),
            Self::Quantile(q) => trend.quantile(q),
        }
    }
}

impl Stat {
    const EXPECTED: &'static str = "a list of count, sum, avg, min, med, max and p(N) with N from 0 to 100";

    pub(super) fn parse_all(text: &str) -> Option<Vec<Self>> {
        text.split(',').map(|part| Self::parse(part.trim())).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let aggregate = match text {
            "count" => Aggregate::Count,
            "sum" => Aggregate::Sum,
            "avg" => Aggregate::Avg,
            "min" => Aggregate::Min,
            "med" => Aggregate::Med,
            "max" => Aggregate::Max,
            _ => {
                let percent = text.strip_prefix("p(")?.strip_suffix(')')?;
                let number: f64 = percent.parse().ok().filter(|n| (0.0..=100.0).contains(n))?;
                let suffix = format!("p{}", percent.replace('.', ""));
                return Some(Self { suffix, aggregate: Aggregate::Quantile(number / 100.0) });
            }
        };
        Some(Self { suffix: text.to_owned(), aggregate })
    }
}

impl Settings {
    pub(crate) fn read(argument: Option<&str>, variables: &Variables) -> Result<Self, Vec<SpecError>> {
        let mut reader = Reader::new("experimental-prometheus-rw", variables, Vec::new());
        let (endpoint, mut credentials) = endpoint(&mut reader, argument);
        if let Some(user) = reader.text(USERNAME) {
            let password = reader.text(PASSWORD).unwrap_or_default();
            credentials = Some(Credentials { user, password });
        }
        for key in SIGV4 {
            reader.refuse(key, "let a proxy sign the requests");
        }
        let trends = trends(&mut reader);
        let tls = tls(&mut reader);
        let settings = Self {
            endpoint,
            tls,
            credentials,
            bearer_token: reader.token(BEARER_TOKEN),
            headers: headers(&mut reader, variables),
            push_interval: reader.duration(PUSH_INTERVAL).unwrap_or(Duration::from_secs(5)),
            trends,
            stale_markers: reader.flag(STALE_MARKERS).unwrap_or_default(),
        };
        reader.finish(settings)
    }
}

fn endpoint(reader: &mut Reader<'_>, argument: Option<&str>) -> (Endpoint, Option<Credentials>) {
    const EXPECTED: &str = "a URL such as http://localhost:9090/api/v1/write";
    let default = || Endpoint::parse("http://localhost:9090/api/v1/write").expect("it is a URL");
    match argument.map(str::trim).filter(|argument| !argument.is_empty()) {
        Some(url) => Endpoint::parse(url).unwrap_or_else(|| {
            // What is not understood may hold a password.
            reader.complain("the argument", HIDDEN, EXPECTED);
            default()
        }),
        None => reader.read(SERVER_URL, EXPECTED, Endpoint::parse).unwrap_or_else(default),
    }
}

fn trends(reader: &mut Reader<'_>) -> Trends {
    let stats = reader.read(TREND_STATS, Stat::EXPECTED, Stat::parse_all);
    let features = reader.text(FEATURES).unwrap_or_default();
    let is_feature = features.split(',').any(|feature| feature.trim() == "native-histograms");
    let classic = reader.text(HISTOGRAMS).unwrap_or_else(|| "http_req_duration".to_owned());
    Trends {
        stats: stats.unwrap_or_else(|| Stat::parse_all("p(99)").unwrap_or_default()),
        native: reader.flag(NATIVE).unwrap_or(is_feature),
        classic: classic.split(',').map(|name| name.trim().to_owned()).collect(),
    }
}

fn tls(reader: &mut Reader<'_>) -> TlsSettings {
    let only_1_3 = reader.read(TLS_MINIMUM, "1.2 or 1.3", |version| match version {
        "1.2" => Some(false),
        "1.3" => Some(true),
        _ => None,
    });
    let identity = TlsSettings::identity(reader, CERTIFICATE, CERTIFICATE_KEY);
    let is_insecure = reader.flag(INSECURE).unwrap_or_default();
    TlsSettings { is_insecure, only_1_3: only_1_3.unwrap_or(true), authority: None, identity }
}

fn headers(reader: &mut Reader<'_>, variables: &Variables) -> Vec<(String, String)> {
    const EXPECTED: &str = "names of headers, each with : and a value on one line";
    let mut all = Vec::new();
    for (variable, value) in variables {
        let Some(name) = variable.strip_prefix(HEADERS).filter(|name| !name.is_empty()) else { continue };
        match header(name, value) {
            Some(one) => all.push(one),
            None => reader.complain(variable, HIDDEN, HEADER_TEXT),
        }
    }
    let parse = |part: &str| part.split_once(':').and_then(|(name, value)| header(name, value));
    all.extend(reader.headers(HTTP_HEADERS, EXPECTED, parse));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(argument: Option<&str>, pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let variables = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::read(argument, &variables)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn without_settings_it_is_k6s_default() {
        let settings = read(None, &[]).expect("valid");
        assert_eq!(settings.endpoint.to_string(), "http://localhost:9090/api/v1/write");
        assert_eq!(settings.push_interval, Duration::from_secs(5));
        assert_eq!(settings.trends.stats, Stat::parse_all("p(99)").expect("valid"));
        assert!(!settings.trends.native && settings.trends.is_classic("http_req_duration"));
        assert!(!settings.trends.is_classic("http_req_waiting"));
        assert!(settings.tls.only_1_3);
    }

    #[test]
    fn every_variable_is_read() {
        let settings = read(
            Some("http://other:1/push"),
            &[
                ("K6_PROMETHEUS_RW_SERVER_URL", "http://h/write"),
                ("K6_PROMETHEUS_RW_PUSH_INTERVAL", "1s500ms"),
                ("K6_PROMETHEUS_RW_TREND_STATS", "p(99.9), min,sum"),
                ("K6_FEATURES", "other,native-histograms"),
                ("PLIMSOLL_PROMETHEUS_RW_HISTOGRAMS", "*"),
                ("K6_PROMETHEUS_RW_USERNAME", "me"),
                ("K6_PROMETHEUS_RW_PASSWORD", "secret"),
                ("K6_PROMETHEUS_RW_HTTP_HEADERS", "X-A:1,X-B: two "),
                ("K6_PROMETHEUS_RW_HEADERS_X-C", "3"),
                ("K6_PROMETHEUS_RW_TLS_MINIMUM_VERSION", "1.2"),
                ("K6_PROMETHEUS_RW_STALE_MARKERS", "true"),
            ],
        )
        .expect("valid");
        assert_eq!(settings.endpoint.to_string(), "http://other:1/push");
        assert_eq!(settings.push_interval, Duration::from_millis(1_500));
        let suffixes: Vec<_> = settings.trends.stats.iter().map(|stat| stat.suffix.as_str()).collect();
        assert_eq!(suffixes, ["p999", "min", "sum"]);
        assert!(settings.trends.native && settings.trends.is_classic("anything") && settings.stale_markers);
        assert!(!settings.tls.only_1_3);
        assert_eq!(settings.headers.len(), 3);
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn everything_wrong_is_told() {
        let problems = read(
            None,
            &[
                ("K6_PROMETHEUS_RW_SERVER_URL", "me:secret@localhost:9090"),
                ("K6_PROMETHEUS_RW_TREND_STATS", "p(101)"),
                ("K6_PROMETHEUS_RW_SIGV4_REGION", "eu"),
                ("K6_PROMETHEUS_RW_CLIENT_CERTIFICATE", "c.pem"),
                ("K6_PROMETHEUS_RW_TLS_MINIMUM_VERSION", "1.1"),
                ("K6_PROMETHEUS_RW_HTTP_HEADERS", "Bearer secret"),
                ("K6_PROMETHEUS_RW_HEADERS_X-Key", "two\nsecrets"),
                ("K6_PROMETHEUS_RW_BEARER_TOKEN", "two\nsecrets"),
            ],
        )
        .expect_err("eight problems");
        assert!(!problems.contains("secret"), "{problems}");
        let problems: Vec<_> = problems.lines().collect();
        assert_eq!(problems.len(), 8, "{problems:#?}");
        assert_eq!(
            problems[0],
            "output 'experimental-prometheus-rw': K6_PROMETHEUS_RW_SERVER_URL is '(hidden)', expected a URL \
             such as http://localhost:9090/api/v1/write"
        );
        for (problem, part) in problems[1..].iter().zip([
            "SIGV4_REGION is not supported; let a proxy sign",
            "TREND_STATS is 'p(101)', expected a list of count",
            "TLS_MINIMUM_VERSION is '1.1', expected 1.2 or 1.3",
            "CLIENT_CERTIFICATE_KEY is '', expected a file",
            "BEARER_TOKEN is '(hidden)', expected text that an HTTP header can carry",
            "HEADERS_X-Key is '(hidden)', expected text that an HTTP header can carry",
            "HTTP_HEADERS is '(hidden)', expected names of headers",
        ]) {
            assert!(problem.contains(part), "{problem}");
        }
    }
}
