//! How flags are grouped and described: a line for `-h`, and for `--help` a paragraph with what the option
//! table knows of the flag, so that default, variable and key cannot drift.

use plimsoll_plan::Options;
use plimsoll_plan::options::{OptionInfo, Place, Support, TABLE};
use serde_json::Value;

/// What decides how much load there is.
pub(super) const LOAD: &str = "Load";
/// What happens around the iterations, and how scripts run.
pub(super) const LIFE: &str = "Life of a test";
/// Requests and connections.
pub(super) const NETWORK: &str = "Requests and connections";
/// Metrics, thresholds, summary, outputs.
pub(super) const RESULTS: &str = "Results";
/// Flags that only the command at hand has.
pub(super) const COMMAND: &str = "Flags of this command";
/// Flags of every command.
pub(super) const EVERYWHERE: &str = "Flags of every command";

/// A flag, what it is for, and an example where the value has a form of its own.
type Explained = (&'static str, &'static str, &'static str);

/// The paragraphs of `--help`.
const PARAGRAPHS: &[Explained] = &[
    (
        "--vus",
        "The number of virtual users. Alone, it means one iteration for each.",
        "--vus 10 --duration 1m",
    ),
    ("--duration", "How long VUs loop. A unit is needed: ms, s, m or h.", "--duration 1m30s"),
    ("--iterations", "How many iterations there are, shared among the VUs.", "--vus 5 --iterations 100"),
    (
        "--stage",
        "A stage of a ramp: how long it takes, and how many VUs there are at its end. One follows the other.",
        "--stage 10s:5 --stage 1m:5,10s:0",
    ),
    (
        "--execution-segment",
        "The part of the load that this instance carries, as fractions, decimals or percentages.",
        "--execution-segment 1/4:2/4",
    ),
    (
        "--execution-segment-sequence",
        "All boundaries between the parts of the load, from 0 to 1.",
        "--execution-segment-sequence 0,1/4,2/4,1",
    ),
    ("--paused", "The VUs are made, and then the run waits for `plimsoll resume` or the control API.", ""),
    ("--no-setup", "setup() is not run, and iterations get no data.", ""),
    ("--no-teardown", "teardown() is not run.", ""),
    ("--max-redirects", "How many redirects a request follows. 0 follows none.", "--max-redirects 4"),
    ("--batch", "How many requests of one http.batch run at once.", ""),
    ("--batch-per-host", "How many requests of one http.batch run at once to the same host.", ""),
    ("--rps", "How many requests there are in a second at most, over all VUs.", ""),
    ("--user-agent", "The header User-Agent. An empty text sends none.", "--user-agent 'nightly test'"),
    ("--http-debug", "Logs requests and responses: headers, or with =full bodies too.", "--http-debug=full"),
    (
        "--http-version",
        "The version of HTTP. auto is HTTP/2 over TLS where the server has it; 2 is HTTP/2 without asking.",
        "--http-version 2",
    ),
    (
        "--insecure-skip-tls-verify",
        "Accepts every certificate, also an expired one or one of another host.",
        "",
    ),
    ("--no-connection-reuse", "Every request has a connection of its own.", ""),
    ("--no-vu-connection-reuse", "Connections are closed at the end of each iteration.", ""),
    (
        "--min-iteration-duration",
        "A VU whose iteration took less pauses for the rest. A unit is needed.",
        "--min-iteration-duration 1s",
    ),
    (
        "--warmup",
        "Samples of this first part of the test count for neither thresholds nor summary.",
        "--warmup 30s",
    ),
    (
        "--vu-memory-limit",
        "A script that needs more gets an exception, and the other VUs go on. 0 is no limit.",
        "--vu-memory-limit 256MiB",
    ),
    ("--throw", "Requests that fail throw an exception; otherwise they are logged and give a response.", ""),
    ("--blacklist-ip", "An address range that is never connected to.", "--blacklist-ip 10.0.0.0/8"),
    (
        "--block-hostnames",
        "A name, or * and the end of names, that is never connected to.",
        "--block-hostnames '*.example.com'",
    ),
    (
        "--summary-trend-stats",
        "Which statistics of trends the summary has: avg, min, med, max, count, p(N).",
        "--summary-trend-stats avg,p(99),p(99.9)",
    ),
    ("--summary-time-unit", "The unit of all times in the summary: s, ms or us.", "--summary-time-unit ms"),
    (
        "--system-tags",
        "The system tags that samples have. Replaces the default set.",
        "--system-tags status,method",
    ),
    (
        "--tag",
        "A tag on every sample of the run. Tags of the command line replace those of the script.",
        "--tag build=417",
    ),
    (
        "--console-output",
        "A new file for what the script says to its console. What its top level says stays in the log.",
        "--console-output console.log",
    ),
    ("--discard-response-bodies", "Bodies are read and forgotten, unless a request has a responseType.", ""),
    ("--local-ips", "The local addresses, ranges or networks that VUs connect from.", ""),
    (
        "--dns",
        "How long answers are kept (ttl), which address is taken (select: first, roundRobin, random), and of \
         which family (policy: preferIPv4, preferIPv6, onlyIPv4, onlyIPv6, any).",
        "--dns ttl=0,select=roundRobin",
    ),
    (
        "--include-system-env-vars",
        "Whether __ENV has the environment of the process; inspect says no by default.",
        "",
    ),
    ("--compatibility-mode", "Which globals k6 gives to scripts. All of them are there in either mode.", ""),
    ("--type", "What kind of file the test is: js or archive.", ""),
    ("--no-thresholds", "Thresholds are not evaluated, and do not fail the run.", ""),
    (
        "--require-valid",
        "A run whose measurement is INVALID ends with exit code 96; with strict, one that is SUSPECT too.",
        "--require-valid=strict",
    ),
    (
        "--goals",
        "Judges the goals of this JSON file, which is a list, instead of the script's.",
        "--goals goals.json",
    ),
    (
        "--summary-mode",
        "compact shows the totals, full also groups and scenarios, disabled nothing.",
        "--summary-mode full",
    ),
    ("--no-summary", "No summary is printed, and handleSummary() is not called.", ""),
    (
        "--summary-export",
        "A JSON file with the data of the summary, in k6's form: true at a threshold means crossed.",
        "--summary-export summary.json",
    ),
    ("--new-machine-readable-summary", "k6's newer form for --summary-export and handleSummary().", ""),
    ("--traces-output", "Where traces of browser tests go.", ""),
    ("--out", "An output for all samples, while the test runs.", "--out json=samples.json.gz"),
    (
        "--linger",
        "After the summary the process stays until SIGINT or SIGTERM, then has the run's exit code.",
        "",
    ),
    ("--no-usage-report", "Accepted for compatibility: nothing is ever reported to anybody.", ""),
    (
        "--features",
        "Experimental features of k6 to switch on: native-histograms, for the Prometheus output.",
        "--features native-histograms",
    ),
];

/// The text of `--help` for a flag of the option table.
pub(super) fn paragraph(flag: &str, short: &str) -> String {
    let (_, about, example) =
        PARAGRAPHS.iter().find(|(name, ..)| *name == flag).copied().unwrap_or((flag, short, ""));
    let mut text = about.to_owned();
    if let Some(info) = TABLE.iter().find(|info| info.flag == flag) {
        match info.support {
            Support::Full => {}
            Support::Ignored => text.push_str(" Not supported yet: accepted with a warning, without effect."),
        }
        text.push_str(&format!("\n\n{}", facts(info)));
    }
    if !example.is_empty() {
        text.push_str(&format!("\n\nExample: {example}"));
    }
    text
}

/// Default, variable and key, as far as there are any.
fn facts(info: &OptionInfo) -> String {
    let default = match Options::default().json(info.key) {
        Some(Value::String(text)) if !text.is_empty() => text,
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Array(items)) if !items.is_empty() => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        _ => "none".to_owned(),
    };
    let mut facts = format!("Default: {default}");
    if !info.env.is_empty() {
        facts.push_str(&format!("; variable: {}", info.env));
    }
    match info.place {
        Place::Options => facts.push_str(&format!("; option: {}", info.key)),
        Place::ConfigFile => facts.push_str(&format!("; in the config file: {}", info.key)),
        Place::Nowhere => {}
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_has_a_paragraph_and_nothing_else_has() {
        let flags = TABLE.iter().map(|info| info.flag).filter(|flag| !flag.is_empty());
        for flag in flags.clone() {
            assert_eq!(PARAGRAPHS.iter().filter(|(name, ..)| *name == flag).count(), 1, "{flag}");
        }
        assert_eq!(PARAGRAPHS.len(), flags.count());
    }

    #[test]
    fn facts_are_those_of_the_table() {
        let text = paragraph("--max-redirects", "");
        assert!(
            text.contains("\n\nDefault: 10; variable: K6_MAX_REDIRECTS; option: maxRedirects\n\n"),
            "{text}"
        );
        assert!(!paragraph("--rps", "").contains("refused"));
        assert!(paragraph("--linger", "").contains("in the config file: linger"));
    }
}
