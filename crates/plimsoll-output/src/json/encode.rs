//! From samples to lines: pure, so that it is tested without a file.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_metrics::{Metric, MetricId, RawSample, SampleBatch, Tags, Threshold};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::file::Encode;
use crate::output::{RunEnd, RunStart};
use crate::time::Clock;

/// Turns samples into lines, and remembers what it has already said.
#[derive(Default)]
pub(super) struct Encoder {
    run: RunStart,
    clock: Clock,
    /// Metrics whose `Metric` line was written, with what a line of theirs begins with.
    metrics: FxHashMap<MetricId, Arc<str>>,
    tags: FxHashMap<Tags, Arc<TagText>>,
    /// The texts of the series of the batch at hand, by their place: found once for each series.
    series: Vec<Option<Text>>,
    /// Samples that JSON has no number for.
    infinite: u64,
}

/// What a line of a series has before the time and behind the value.
#[derive(Clone)]
struct Text {
    head: Arc<str>,
    tags: Arc<TagText>,
}

/// Tags as JSON. They are the same for every sample of a series, but for the raw URL that a sample may carry.
struct TagText {
    whole: String,
    /// `whole`, split where the values of `name` and `url` stand.
    around_urls: Vec<String>,
}

/// So many different tag sets are kept as text. Past that they are made anew: a run with that many has left
/// the bounds within which shards keep tag sets apart.
const TAG_TEXTS: usize = 100_000;

impl Encode for Encoder {
    fn begin(&mut self, run: &RunStart, _lines: &mut Vec<u8>) {
        self.run = run.clone();
    }

    fn batch(&mut self) {
        self.series.clear();
    }

    /// Appends a sample's line, and before it the line of its metric, if that is new.
    fn sample(&mut self, batch: &SampleBatch, sample: &RawSample, lines: &mut Vec<u8>) {
        if !sample.value.is_finite() {
            self.infinite += 1;
            return;
        }
        let place = sample.series.index();
        if self.series.get(place).is_none_or(Option::is_none) {
            self.find(batch, sample, lines);
        }
        let Some(Some(Text { head, tags })) = self.series.get(place) else { return };
        lines.extend_from_slice(head.as_bytes());
        self.clock.push(lines, sample.at);
        lines.extend_from_slice(b"\",\"value\":");
        push_number(lines, sample.value);
        lines.extend_from_slice(b",\"tags\":");
        tags.push(sample.context.url.as_deref(), lines);
        if let Some(metadata) = &sample.context.metadata {
            lines.extend_from_slice(b",\"metadata\":");
            lines.extend_from_slice(object(metadata.iter()).as_bytes());
        }
        lines.extend_from_slice(b"}}\n");
    }

    /// Appends the line that ends the file.
    fn end(&mut self, end: &RunEnd, lines: &mut Vec<u8>) {
        let RunEnd { thresholds_failed, failing, duration, complete_iterations, .. } = end;
        let mut data = json!({
            "thresholdsFailed": thresholds_failed,
            "failing": failing,
            "durationMs": u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            "iterations": complete_iterations,
            "interruptedIterations": end.interrupted_iterations,
            "samplesNotRepresentable": self.infinite,
        });
        if !end.validity.is_empty() {
            data["validity"] = json!({ "verdict": end.validity, "reasons": end.validity_reasons });
        }
        push_json(lines, &json!({ "type": "Summary", "data": data }));
    }
}

impl Encoder {
    /// Looks the texts of a series up, or makes them.
    #[cold]
    fn find(&mut self, batch: &SampleBatch, sample: &RawSample, lines: &mut Vec<u8>) {
        let (id, tags) = batch.series(sample);
        if !self.metrics.contains_key(&id) {
            self.metric(id, lines);
        }
        if self.tags.len() >= TAG_TEXTS && !self.tags.contains_key(tags) {
            self.tags.clear();
        }
        let text = self.tags.entry(tags.clone()).or_insert_with(|| Arc::new(TagText::of(tags)));
        let text = Text { head: Arc::clone(&self.metrics[&id]), tags: Arc::clone(text) };
        let place = sample.series.index();
        if place >= self.series.len() {
            self.series.resize(place + 1, None);
        }
        self.series[place] = Some(text);
    }

    /// Appends the line that introduces a metric.
    fn metric(&mut self, id: MetricId, lines: &mut Vec<u8>) {
        let Metric { name, kind, contains, .. } = self.run.registry.get(id);
        let data = json!({
            "name": &*name,
            "type": kind.as_str(),
            "contains": contains.as_str(),
            "thresholds": self.thresholds(&name),
            "submetrics": self.submetrics(&name),
        });
        push_json(lines, &json!({ "type": "Metric", "data": data, "metric": &*name }));
        let head = format!("{{\"metric\":{},\"type\":\"Point\",\"data\":{{\"time\":\"", quoted(&name));
        self.metrics.insert(id, head.into());
    }

    /// The thresholds of the whole metric: k6 leaves those of its parts out.
    fn thresholds(&self, metric: &str) -> Vec<Value> {
        let specs = self.run.thresholds.iter().filter(|spec| spec.selector.source() == metric);
        specs.flat_map(|spec| spec.thresholds.iter().map(threshold)).collect()
    }

    fn submetrics(&self, metric: &str) -> Value {
        let mut seen = FxHashSet::default();
        let mut parts = Vec::new();
        for selector in self.run.thresholds.iter().map(|spec| &spec.selector) {
            let Some(suffix) = selector.suffix().filter(|_| selector.metric() == metric) else { continue };
            if seen.insert(selector.filter()) {
                parts.push(submetric(metric, suffix, selector.filter().iter()));
            }
        }
        let successful = ("expected_response", "true");
        let is_listed = |part: &Value| part["suffix"] == "expected_response:true";
        let is_implied = metric == "http_req_duration" && self.run.expected_response_tag;
        if is_implied && !parts.iter().any(is_listed) {
            parts.push(submetric(metric, "expected_response:true", [successful].into_iter()));
        }
        if parts.is_empty() { Value::Null } else { Value::Array(parts) }
    }
}

impl TagText {
    fn of(tags: &Tags) -> Self {
        let mut around_urls = vec!["{".to_owned()];
        for (n, (name, value)) in tags.iter().enumerate() {
            let last = around_urls.last_mut().expect("it begins with one piece");
            last.push_str(if n == 0 { "" } else { "," });
            last.push_str(&quoted(name));
            last.push(':');
            match name {
                "name" | "url" => around_urls.push(String::new()),
                _ => last.push_str(&quoted(value)),
            }
        }
        around_urls.last_mut().expect("it begins with one piece").push('}');
        Self { whole: object(tags.iter()), around_urls }
    }

    fn push(&self, url: Option<&str>, lines: &mut Vec<u8>) {
        let Some(url) = url else { return lines.extend_from_slice(self.whole.as_bytes()) };
        let url = quoted(url);
        for (n, piece) in self.around_urls.iter().enumerate() {
            lines.extend_from_slice(if n == 0 { b"" } else { url.as_bytes() });
            lines.extend_from_slice(piece.as_bytes());
        }
    }
}

fn threshold(threshold: &Threshold) -> Value {
    let Threshold { expression, abort_on_fail, delay_abort_eval, window } = threshold;
    if !abort_on_fail && delay_abort_eval.is_zero() && window.is_none() {
        return Value::from(expression.source());
    }
    let delay = (!delay_abort_eval.is_zero()).then(|| go_duration(*delay_abort_eval));
    let mut object =
        json!({ "threshold": expression.source(), "abortOnFail": abort_on_fail, "delayAbortEval": delay });
    if let Some(window) = window {
        object["window"] = Value::from(go_duration(*window));
    }
    object
}

fn submetric<'a>(metric: &str, suffix: &str, tags: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let tags: Map<String, Value> = tags.map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    json!({ "name": format!("{metric}{{{suffix}}}"), "suffix": suffix, "tags": tags })
}

/// A duration as Go prints it: `1h2m3.5s`, `1m30s`, `10s`, `500ms`.
fn go_duration(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        return format!("{}ms", duration.as_secs_f64() * 1e3);
    }
    let minutes = duration.as_secs() / 60;
    let seconds = (duration - Duration::from_secs(minutes * 60)).as_secs_f64();
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// A number as Go's JSON has it: shortest digits, an exponent only outside of 1e-6 to 1e21.
fn push_number(line: &mut Vec<u8>, value: f64) {
    // What counters mostly hold.
    if value == 1.0 || value == 0.0 {
        return line.push(b'0' + value as u8);
    }
    let size = value.abs();
    let written = if size >= 1e21 {
        write!(line, "{}", format!("{value:e}").replace('e', "e+"))
    } else if size < 1e-6 && size > 0.0 {
        write!(line, "{value:e}")
    } else {
        write!(line, "{value}")
    };
    written.expect("memory takes it");
}

fn object<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{}:{}", quoted(name), quoted(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}

fn push_json(lines: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(&mut *lines, value).expect("a JSON value goes into memory");
    lines.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_gos() {
        for (value, text) in [
            (1.0, "1"),
            (0.0, "0"),
            (1.124_031, "1.124031"),
            (-2.5, "-2.5"),
            (1e-7, "1e-7"),
            (1e-6, "0.000001"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
        ] {
            let mut line = Vec::new();
            push_number(&mut line, value);
            assert_eq!(String::from_utf8_lossy(&line), text);
        }
    }

    #[test]
    fn durations_are_gos() {
        for (ms, text) in
            [(500, "500ms"), (10_000, "10s"), (90_500, "1m30.5s"), (3_600_000, "1h0m0s"), (1_500, "1.5s")]
        {
            assert_eq!(go_duration(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn raw_urls_take_the_places_of_templates() {
        let text = TagText::of(&Tags::from_iter([
            ("method", "GET"),
            ("name", "/{id}"),
            ("status", "200"),
            ("url", "/{id}"),
        ]));
        assert_eq!(text.whole, r#"{"method":"GET","name":"/{id}","status":"200","url":"/{id}"}"#);
        assert_eq!(text.around_urls, [r#"{"method":"GET","name":"#, r#","status":"200","url":"#, "}"]);
        assert_eq!(TagText::of(&Tags::default()).around_urls, ["{}"]);
    }
}
