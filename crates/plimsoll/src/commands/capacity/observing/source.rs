//! One thing to observe: how it is written, and how it is read.

use plimsoll_report::capacity::Resource;
use serde_json::Value;

use super::page::{Page, masked};
use super::process;

/// One thing to observe.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    Process(u32),
    Metrics { page: Page, series: String, name: String, limit: Option<f64> },
    Prometheus { page: Page, name: String, limit: Option<f64> },
}

/// A number that was read.
pub(super) struct Reading {
    pub(super) name: String,
    pub(super) value: f64,
    /// It only grows, so that what counts is by how much a second.
    pub(super) grows: bool,
}

/// Why there is no reading.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(super) enum Unread {
    /// There is no such number, which may change: many a series begins with its first request.
    #[error("{0}")]
    Missing(String),
    /// It was not answered, or not with what was asked for.
    #[error("{0}")]
    Refused(String),
}

impl From<String> for Unread {
    fn from(why: String) -> Self {
        Self::Refused(why)
    }
}

impl Reading {
    /// Prometheus has `NaN` and `+Inf`, which are no amounts of anything.
    pub(super) fn is_number(&self) -> bool {
        self.value.is_finite()
    }
}

impl Source {
    /// Reads `process=PID`, `metrics=URL,…` or `prometheus=URL,…`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("'{}': {why}", masked(text));
        let (kind, rest) =
            text.split_once('=').ok_or_else(|| wrong("expected process=, metrics= or prometheus="))?;
        if kind == "process" {
            let pid = rest.parse().map_err(|_| wrong("expected the number of a process"))?;
            return Ok(Self::Process(pid));
        }
        let (url, settings) = rest.split_once(',').unwrap_or((rest, ""));
        let page = Page::parse(url).map_err(wrong)?;
        let settings = Settings::parse(settings).map_err(|why| wrong(&why))?;
        match kind {
            "metrics" => {
                let series = settings.what.ok_or_else(|| wrong("series= is missing"))?;
                let name = settings.name.unwrap_or_else(|| series.clone());
                Ok(Self::Metrics { page, series, name, limit: settings.limit })
            }
            "prometheus" => {
                let query = settings.what.ok_or_else(|| wrong("query= is missing"))?;
                let encoded =
                    percent_encoding::utf8_percent_encode(&query, percent_encoding::NON_ALPHANUMERIC);
                let page = page.below(&format!("/api/v1/query?query={encoded}"));
                let page = page.ok_or_else(|| wrong("the query cannot be put into a URL"))?;
                let name = settings.name.unwrap_or(query);
                Ok(Self::Prometheus { page, name, limit: settings.limit })
            }
            _ => Err(wrong("expected process=, metrics= or prometheus=")),
        }
    }

    /// What it is, for messages.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Process(pid) => format!("process {pid}"),
            Self::Metrics { page, .. } | Self::Prometheus { page, .. } => page.text(),
        }
    }

    pub(super) fn resources(&self) -> Vec<Resource> {
        match self {
            Self::Process(pid) => process::resources(*pid),
            Self::Metrics { name, limit, .. } | Self::Prometheus { name, limit, .. } => {
                vec![Resource { name: name.clone(), limit: *limit }]
            }
        }
    }

    pub(super) async fn read(&self) -> Result<Vec<Reading>, Unread> {
        match self {
            Self::Process(pid) => process::read(*pid).map_err(Unread::Refused),
            Self::Metrics { page, series, name, .. } => {
                let (status, text) = page.get().await?;
                if !status.is_success() {
                    return Err(Unread::Refused(format!("status {status}")));
                }
                let value = series_of(&text, series);
                let value = value.ok_or_else(|| Unread::Missing(format!("there is no series {series}")))?;
                let grows = series.split('{').next().is_some_and(|name| name.ends_with("_total"));
                Ok(vec![Reading { name: name.clone(), value, grows }])
            }
            Self::Prometheus { page, name, .. } => {
                let (status, text) = page.get().await?;
                let answer: Result<Value, _> = serde_json::from_str(&text);
                if !status.is_success() {
                    // What is wrong with the query is in the answer.
                    let told = |answer: &Value| Some(format!(": {}", answer.get("error")?.as_str()?));
                    let why = answer.ok().as_ref().and_then(told).unwrap_or_default();
                    return Err(Unread::Refused(format!("status {status}{why}")));
                }
                let answer = answer.map_err(|error| Unread::Refused(error.to_string()))?;
                Ok(vec![Reading { name: name.clone(), value: result_of(&answer)?, grows: false }])
            }
        }
    }
}

/// The one number of an answer of Prometheus: a scalar, or a vector of a single series.
fn result_of(answer: &Value) -> Result<f64, Unread> {
    let missing = || Unread::Missing("the query has no result".to_owned());
    let result = answer.pointer("/data/result").and_then(Value::as_array).ok_or_else(missing)?;
    let value = match (answer.pointer("/data/resultType").and_then(Value::as_str), &result[..]) {
        (Some("vector"), []) => return Err(missing()),
        (Some("vector"), [one]) => one.pointer("/value/1"),
        (Some("vector"), several) => {
            return Err(Unread::Refused(format!(
                "the query has {} series, expected one; aggregate them, as with sum() or max()",
                several.len()
            )));
        }
        (Some("scalar"), [_, value]) => Some(value),
        _ => None,
    };
    let value = value.and_then(|value| value.as_str()?.parse().ok());
    value.ok_or_else(|| Unread::Refused("the query has no number as its result".to_owned()))
}

/// What stands behind the URL.
#[derive(Default)]
struct Settings {
    /// The series, or the query.
    what: Option<String>,
    name: Option<String>,
    limit: Option<f64>,
}

impl Settings {
    fn parse(text: &str) -> Result<Self, String> {
        let mut settings = Self::default();
        for piece in pieces(text).into_iter().filter(|piece| !piece.is_empty()) {
            match piece.split_once('=') {
                Some(("series" | "query", value)) => settings.what = Some(value.to_owned()),
                Some(("name", value)) => settings.name = Some(value.to_owned()),
                Some(("limit", value)) => {
                    let limit = value.parse().ok().filter(|limit: &f64| limit.is_finite());
                    let limit = limit.ok_or_else(|| format!("limit={value} is no number"))?;
                    if limit <= 0.0 {
                        return Err(format!("limit={value} is never free, expected more than zero"));
                    }
                    settings.limit = Some(limit);
                }
                _ => {
                    return Err(format!(
                        "unknown setting '{piece}'; there are series, query, name and limit"
                    ));
                }
            }
        }
        Ok(settings)
    }
}

/// Commas separate settings, except for those within the brackets or quotes of a series or a query.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let is_expression = ["series=", "query="].iter().any(|key| rest.starts_with(key));
        let end = if is_expression { end_of_expression(rest) } else { rest.find(',') };
        let Some(end) = end else { break };
        pieces.push(&rest[..end]);
        rest = &rest[end + 1..];
    }
    pieces.push(rest);
    pieces
}

/// The place of the comma behind an expression of Prometheus.
fn end_of_expression(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0_u32, None, false);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            // Between backticks a backslash is one.
            (Some('"' | '\''), '\\') => escaped = true,
            (Some(open), _) => quote = quote.filter(|_| open != character),
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => return Some(at),
            (None, _) => {}
        }
    }
    None
}

/// The value of a series in Prometheus' text format; of several with the same name and labels, their sum.
fn series_of(page: &str, series: &str) -> Option<f64> {
    let values = page.lines().filter_map(|line| {
        let rest = line.strip_prefix(series)?;
        let rest = rest.strip_prefix(' ')?;
        rest.split_whitespace().next()?.parse::<f64>().ok()
    });
    values.reduce(|sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sources_are_read() {
        assert_eq!(Source::parse("process=12"), Ok(Source::Process(12)));
        let text = "metrics=http://h:8/m,series=pool{a=\"b\",c=\"d\"},limit=16,name=pool";
        let Ok(Source::Metrics { series, name, limit, .. }) = Source::parse(text) else { panic!("{text}") };
        assert_eq!((series.as_str(), name.as_str(), limit), ("pool{a=\"b\",c=\"d\"}", "pool", Some(16.0)));
        let Ok(Source::Prometheus { page, .. }) = Source::parse("prometheus=http://p:9090,query=sum(up)")
        else {
            panic!("a Prometheus server")
        };
        assert_eq!(page.text(), "http://p:9090/api/v1/query?query=sum%28up%29");
    }

    #[test]
    fn commas_within_an_expression_belong_to_it() {
        for (expression, rest) in [
            ("query=max by (a,b) (x{name=\"n\",limit=\"5\"})", "limit=16"),
            ("series=pool{db=\"x\",name=\"a\",limit=\"5\"}", "name=it's"),
            (r#"query=sum(x{a="}\",name=",b='(',c=`\`})"#, "name=cpu,limit=1"),
            ("query=quantile_over_time(0.5, x[5s:1s])", ""),
        ] {
            let text = format!("{expression},{rest}");
            let pieces = pieces(&text);
            assert_eq!(pieces[0], expression);
            assert_eq!(pieces[1..].join(","), rest);
        }
    }

    #[test]
    fn what_is_no_source_is_told() {
        for (text, why) in [
            ("4711", "process="),
            ("process=x", "number of a process"),
            ("metrics=http://h/m", "series= is missing"),
            ("metrics=ftp://h/m,series=a", "http://"),
            ("metrics=http://h/m,serie=a", "unknown setting"),
            ("metrics=http://h/m,series=a,limit=x", "is no number"),
            ("metrics=http://h/m,series=a,limit=inf", "is no number"),
            ("metrics=http://h/m,series=a,limit=0", "expected more than zero"),
            ("metrics=http://h/m,series=a,limit=-3", "expected more than zero"),
            ("metrics=http://me:secret@h/m", "'metrics=http://***@h/m': series= is missing"),
        ] {
            let error = Source::parse(text).expect_err(text);
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_page_of_metrics_is_read() {
        let page = "# HELP a b\npool_busy{p=\"x\"} 3\npool_busy{p=\"y\"} 5 1700000000\npool_busy_total 9\n";
        assert_eq!(series_of(page, "pool_busy{p=\"y\"}"), Some(5.0));
        assert_eq!(series_of(page, "pool_busy_total"), Some(9.0));
        assert_eq!(series_of(page, "pool"), None);
    }

    #[test]
    fn one_number_is_wanted_of_a_query() {
        let vector = |values: &[&str]| {
            let result: Vec<Value> = values.iter().map(|value| json!({ "value": [1.5, value] })).collect();
            result_of(&json!({ "data": { "resultType": "vector", "result": result } }))
        };
        assert_eq!(vector(&["2.5"]), Ok(2.5));
        assert_eq!(vector(&[]), Err(Unread::Missing("the query has no result".to_owned())));
        let Err(Unread::Refused(why)) = vector(&["1", "2", "3"]) else { panic!("which one?") };
        assert!(why.contains("has 3 series") && why.contains("sum()"), "{why}");
        let scalar = json!({ "data": { "resultType": "scalar", "result": [1.5, "7"] } });
        assert_eq!(result_of(&scalar), Ok(7.0));
        let text = json!({ "data": { "resultType": "string", "result": [1.5, "seven"] } });
        assert!(matches!(result_of(&text), Err(Unread::Refused(_))));
    }

    #[test]
    fn what_is_no_amount_is_left_out() {
        let reading = |value| Reading { name: "pool".to_owned(), value, grows: false };
        let numbers = [f64::NAN, f64::INFINITY, 3.0].map(|value| reading(value).is_number());
        assert_eq!(numbers, [false, false, true]);
    }
}
