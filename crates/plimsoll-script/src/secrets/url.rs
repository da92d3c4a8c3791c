//! Secrets from an HTTP service, one request for each.
//!
//! Settings come from variables, from a JSON file and from the flag, each over those before it. The requests
//! are those of this program, not of the test: they are in no metric, and none of the run's options applies.
//! Redirects are not followed, since that could hand the headers to somebody else.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use plimsoll_net::{Client, Limits, Method, NetError, Options, Request, Shared, Url};
use plimsoll_plan::duration;
use serde_json::Value;
use tokio::time::Instant;

use super::Redactor;
use crate::bundle::Environment;

/// The longest answer, in bytes.
const ANSWER_LIMIT: usize = 24 << 10;
/// The largest file of settings, in bytes.
const FILE_LIMIT: u64 = 1 << 20;
/// What variables with settings begin with.
const VARIABLES: &str = "K6_SECRET_SOURCE_URL_";

/// The settings and their variables.
const SETTINGS: [(&str, &str); 8] = [
    ("urlTemplate", "URL_TEMPLATE"),
    ("method", "METHOD"),
    ("responsePath", "RESPONSE_PATH"),
    ("timeout", "TIMEOUT"),
    ("maxRetries", "MAX_RETRIES"),
    ("retryBackoff", "RETRY_BACKOFF"),
    ("requestsPerMinuteLimit", "REQUESTS_PER_MINUTE_LIMIT"),
    ("requestsBurst", "REQUESTS_BURST"),
];

/// A service that is asked for secrets.
pub(super) struct UrlSource {
    template: String,
    method: Method,
    headers: BTreeMap<String, String>,
    /// Where the secret is in a JSON answer; empty when the answer is the secret.
    path: Vec<String>,
    timeout: Duration,
    retries: u32,
    backoff: Duration,
    bucket: Bucket,
}

/// Why an attempt failed, and whether another one may do better.
struct Failed {
    why: String,
    is_final: bool,
}

impl UrlSource {
    /// Reads the settings. Values of headers are secrets from now on.
    pub(super) fn open(
        settings: &[&str],
        variables: &Environment,
        redactor: &Redactor,
    ) -> Result<Self, Vec<String>> {
        let mut given = Given::default();
        given.read_variables(variables);
        given.read_file(settings);
        given.read_flag(settings);
        let source = UrlSource {
            template: given.template(),
            method: Method::from(given.text("method", "GET").as_str()),
            path: path(&given.text("responsePath", "")),
            timeout: given.time("timeout", Duration::from_secs(30)),
            retries: given.number("maxRetries", 3, 0),
            backoff: given.time("retryBackoff", Duration::from_secs(1)),
            bucket: Bucket::new(
                given.number("requestsPerMinuteLimit", 300, 1),
                given.number("requestsBurst", 10, 1),
            ),
            headers: given.headers,
        };
        for value in source.headers.values() {
            redactor.add(value);
            value.split_whitespace().last().into_iter().for_each(|token| redactor.add(token));
        }
        if given.problems.is_empty() { Ok(source) } else { Err(given.problems) }
    }

    /// Asks for a secret, again if that may help.
    pub(super) async fn get(&self, key: &str) -> Result<String, String> {
        let mut attempt = 0;
        loop {
            self.bucket.take().await;
            let failed = match self.ask(key).await {
                Ok(secret) => return Ok(secret),
                Err(failed) => failed,
            };
            attempt += 1;
            if failed.is_final || attempt > self.retries {
                let times = if attempt == 1 { String::new() } else { format!(" ({attempt} attempts)") };
                return Err(format!("failed to get the secret '{key}': {}{times}", failed.why));
            }
            let wait = self.backoff.saturating_mul(1 << (attempt - 1).min(10));
            tracing::debug!(target: "plimsoll", "secret '{key}': {}; next attempt in {wait:?}", failed.why);
            tokio::time::sleep(wait).await;
        }
    }

    async fn ask(&self, key: &str) -> Result<String, Failed> {
        let failed = |why: String, is_final| Failed { why, is_final };
        let url = Url::parse(&self.template.replace("{key}", key));
        let url = url.map_err(|error| failed(format!("no URL: {error}"), true))?;
        let mut request = Request::new(self.method.clone(), url);
        for (name, value) in &self.headers {
            request.headers.set(name, value);
        }
        let limits = Limits { body_bytes: ANSWER_LIMIT, ..Limits::default() };
        let client = Client::new(Shared::new(Arc::new(Options { limits, ..Options::default() })));
        let exchange = client.exchange(&request, Instant::now() + self.timeout).await;
        let mut response = exchange.result.map_err(|error| {
            let is_final = matches!(error, NetError::TooLarge { .. });
            failed(error.to_string(), is_final)
        })?;
        if response.status != 200 {
            let is_final = response.status < 500 && response.status != 429;
            return Err(failed(format!("status code {}", response.status), is_final));
        }
        response.decode_body(ANSWER_LIMIT).map_err(|error| failed(error.to_string(), true))?;
        extract(&response.body, &self.path).map_err(|why| failed(why, true))
    }
}

/// What was said about a source so far.
#[derive(Default)]
struct Given {
    values: BTreeMap<&'static str, String>,
    headers: BTreeMap<String, String>,
    problems: Vec<String>,
}

impl Given {
    fn read_variables(&mut self, variables: &Environment) {
        for (name, value) in variables.iter().filter(|(_, value)| !value.is_empty()) {
            let Some(name) = name.strip_prefix(VARIABLES) else { continue };
            if let Some((setting, _)) = SETTINGS.iter().find(|(_, variable)| *variable == name) {
                self.values.insert(setting, value.clone());
            } else if let Some(header) = name.strip_prefix("HEADER_") {
                self.headers.insert(header.replace('_', "-").to_ascii_lowercase(), value.clone());
            }
        }
    }

    /// Reads the JSON file of the setting `config`, if there is one.
    fn read_file(&mut self, settings: &[&str]) {
        let path = settings.iter().find_map(|setting| setting.strip_prefix("config="));
        let Some(path) = path else { return };
        let content = match std::fs::metadata(path) {
            Ok(what) if what.len() > FILE_LIMIT => Err(format!("larger than {} MiB", FILE_LIMIT >> 20)),
            Ok(_) => std::fs::read(path).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let parsed = content.and_then(|content| {
            // The parser's own words would show what it met.
            let parsed = serde_json::from_slice(&content);
            parsed.map_err(|error| format!("no JSON, line {} column {}", error.line(), error.column()))
        });
        match parsed {
            Ok(Value::Object(members)) => {
                for (name, value) in members {
                    self.read_member(path, &name, value);
                }
            }
            Ok(_) => self.problems.push(format!("{path}: expected an object")),
            Err(why) => self.problems.push(format!("{path}: {why}")),
        }
    }

    fn read_member(&mut self, path: &str, name: &str, value: Value) {
        match (name, value) {
            ("headers", Value::Object(headers)) => {
                for (header, value) in headers {
                    match value {
                        Value::String(value) => self.header(&header, &value),
                        _ => self.problems.push(format!("{path}: the header {header} must be a text")),
                    }
                }
            }
            (name, Value::String(text)) => self.set(name, text),
            (name, Value::Number(number)) => self.set(name, number.to_string()),
            (_, Value::Null) => {}
            (name, _) => self.problems.push(format!("{path}: {name} must be a text or a number")),
        }
    }

    fn read_flag(&mut self, settings: &[&str]) {
        for setting in settings {
            match setting.split_once('=') {
                Some(("config", _)) => {}
                Some((name, value)) => match name.strip_prefix("headers.") {
                    Some(header) => self.header(header, value),
                    None => self.set(name, value.to_owned()),
                },
                None => self.problems.push("expected settings of the form NAME=VALUE".to_owned()),
            }
        }
    }

    fn header(&mut self, name: &str, value: &str) {
        self.headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }

    fn set(&mut self, name: &str, value: String) {
        match SETTINGS.iter().find(|(setting, _)| *setting == name) {
            Some((setting, _)) => drop(self.values.insert(setting, value)),
            None => {
                let known = SETTINGS.map(|(setting, _)| setting).join(", ");
                self.problems.push(format!("unknown setting {name}; there are config, {known}, headers.*"));
            }
        }
    }

    fn text(&self, name: &str, default: &str) -> String {
        self.values.get(name).map_or(default, String::as_str).to_owned()
    }

    fn template(&mut self) -> String {
        let template = self.text("urlTemplate", "");
        let problem = match Url::parse(&template.replace("{key}", "key")) {
            _ if template.is_empty() => {
                "urlTemplate is missing, as in urlTemplate=https://host/{key}".to_owned()
            }
            _ if !template.contains("{key}") => {
                "urlTemplate must contain {key}, which stands for the secret's name".to_owned()
            }
            Ok(_) => return template,
            Err(error) => format!("urlTemplate is not a URL: {error}"),
        };
        self.problems.push(problem);
        template
    }

    fn time(&mut self, name: &str, default: Duration) -> Duration {
        let Some(text) = self.values.get(name) else { return default };
        match duration::parse_plain(text) {
            Ok(time) if !time.is_zero() => return time,
            Ok(_) => self.problems.push(format!("{name} must be more than 0")),
            Err(error) => self.problems.push(format!("{name} {text}: {error}")),
        }
        default
    }

    fn number(&mut self, name: &str, default: u32, least: u32) -> u32 {
        let Some(text) = self.values.get(name) else { return default };
        match u32::from_str(text) {
            Ok(number) if number >= least => number,
            _ => {
                self.problems.push(format!("{name} {text}: expected a whole number, at least {least}"));
                default
            }
        }
    }
}

/// A path's names and indexes: `data.0.value`, with `\.` for a dot inside of a name.
fn path(text: &str) -> Vec<String> {
    const DOT: &str = "\u{0}";
    if text.is_empty() {
        return Vec::new();
    }
    text.replace("\\.", DOT).split('.').map(|part| part.replace(DOT, ".")).collect()
}

/// The secret in an answer.
fn extract(body: &[u8], path: &[String]) -> Result<String, String> {
    if path.is_empty() {
        return String::from_utf8(body.to_vec()).map_err(|_| "the answer is not text".to_owned());
    }
    let shown = path.join(".");
    let mut value: Value = serde_json::from_slice(body).map_err(|_| "the answer is not JSON".to_owned())?;
    for part in path {
        let next = match &mut value {
            Value::Object(members) => members.get_mut(part),
            Value::Array(items) => part.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
            _ => None,
        };
        value = next.map(Value::take).ok_or_else(|| format!("the answer has nothing at {shown}"))?;
    }
    match value {
        Value::String(secret) => Ok(secret),
        _ => Err(format!("the answer has no text at {shown}")),
    }
}

/// How many requests there may be: a burst, and then one after each interval.
struct Bucket {
    interval: Duration,
    burst: u32,
    /// When the next request would be due if there had never been a burst.
    due: Mutex<Option<Instant>>,
}

impl Bucket {
    fn new(per_minute: u32, burst: u32) -> Self {
        Bucket { interval: Duration::from_secs(60) / per_minute, burst, due: Mutex::default() }
    }

    /// Waits for its turn.
    async fn take(&self) {
        let at = self.reserve(Instant::now());
        tokio::time::sleep_until(at).await;
    }

    /// When a request that is asked for now may be sent.
    fn reserve(&self, now: Instant) -> Instant {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = self.interval * (self.burst - 1);
        let mine = due.map_or(now, |due| due.max(now));
        *due = Some(mine + self.interval);
        mine.checked_sub(ahead).map_or(now, |at| at.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_one_after_each_interval() {
        let bucket = Bucket::new(60, 3);
        let start = Instant::now() + Duration::from_secs(100);
        let waits: Vec<u64> = (0..5).map(|_| (bucket.reserve(start) - start).as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 1, 2]);
        let later = start + Duration::from_secs(60);
        let waits: Vec<u64> = (0..4).map(|_| (bucket.reserve(later) - later).as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 1]);
    }

    #[test]
    fn secrets_are_found_by_their_path() {
        let body = br#"{ "data": [{ "a.b": "x" }, 7] }"#;
        assert_eq!(extract(body, &path("data.0.a\\.b")).as_deref(), Ok("x"));
        assert_eq!(extract(body, &path("")).map(|text| text.len()), Ok(body.len()));
        for (wrong, why) in
            [("data.1", "no text at data.1"), ("data.9", "nothing at data.9"), ("x", "nothing")]
        {
            let error = extract(body, &path(wrong)).expect_err(wrong);
            assert!(error.contains(why), "{wrong}: {error}");
        }
        assert!(extract(b"plain", &path("a")).is_err() && extract(b"\xff", &[]).is_err());
    }

    #[test]
    fn the_flag_wins_over_variables() {
        let variables = [
            ("K6_SECRET_SOURCE_URL_URL_TEMPLATE", "http://a/{key}"),
            ("K6_SECRET_SOURCE_URL_HEADER_X_API_KEY", "from-variable"),
            ("K6_SECRET_SOURCE_URL_MAX_RETRIES", "7"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let redactor = Redactor::default();
        let settings = ["urlTemplate=http://b/{key}", "headers.Authorization=Bearer abc"];
        let Ok(source) = UrlSource::open(&settings, &variables, &redactor) else { panic!("valid") };
        assert_eq!((source.template.as_str(), source.retries), ("http://b/{key}", 7));
        assert_eq!(source.headers["x-api-key"], "from-variable");
        assert_eq!(redactor.redact("abc from-variable"), "***SECRET_REDACTED*** ***SECRET_REDACTED***");
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        let settings = [
            "timeout=0s",
            "maxRetries=-1",
            "requestsBurst=0",
            "retryBackoff=soon",
            "colour=red",
            "config=/none",
        ];
        let problems = UrlSource::open(&settings, &Environment::new(), &Redactor::default());
        let Err(problems) = problems else { panic!("everything was accepted") };
        assert_eq!(problems.len(), 7, "{problems:?}");
    }
}
