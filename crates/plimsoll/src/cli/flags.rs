//! The flags of `run` that set options: their letters, values and help. What they mean is in plimsoll-plan's
//! table, which a test holds against this one.

use clap::{Arg, ArgAction, ArgMatches};
use plimsoll_plan::OptionsLayer;

/// How one option's flag looks on the command line.
struct Flag {
    /// The long name with its dashes, as in the option table.
    name: &'static str,
    short: Option<char>,
    /// Placeholder of the value.
    value: &'static str,
    /// What the flag means without a value; a value is then given as `--flag=value`.
    bare: Option<&'static str>,
    help: &'static str,
}

const fn value(name: &'static str, value: &'static str, help: &'static str) -> Flag {
    Flag { name, short: None, value, bare: None, help }
}

const fn switch(name: &'static str, help: &'static str) -> Flag {
    Flag { name, short: None, value: "BOOL", bare: Some("true"), help }
}

const fn bare(meaning: &'static str, mut flag: Flag) -> Flag {
    flag.bare = Some(meaning);
    flag
}

const fn short(letter: char, mut flag: Flag) -> Flag {
    flag.short = Some(letter);
    flag
}

const FLAGS: &[Flag] = &[
    short('u', value("--vus", "N", "Number of virtual users")),
    short('d', value("--duration", "TIME", "How long to run, such as 30s or 1m30s")),
    short('i', value("--iterations", "N", "Number of iterations, shared among the VUs")),
    short('s', value("--stage", "TIME:VUS", "Add a stage of a ramp of VUs; repeatable")),
    value("--execution-segment", "FROM:TO", "Run this part of the load only"),
    value("--execution-segment-sequence", "LIST", "How the load is divided between instances"),
    short('p', switch("--paused", "Initialise the VUs, then wait to be resumed")),
    switch("--no-setup", "Do not run setup()"),
    switch("--no-teardown", "Do not run teardown()"),
    value("--max-redirects", "N", "Follow at most this many redirects"),
    value("--batch", "N", "Requests of one http.batch at once"),
    value("--batch-per-host", "N", "Requests of one http.batch to one host at once"),
    value("--rps", "N", "At most this many requests a second"),
    value("--user-agent", "TEXT", "User-Agent of HTTP requests"),
    bare("headers", value("--http-debug", "LEVEL", "Log HTTP messages: headers or full")),
    switch("--insecure-skip-tls-verify", "Accept any TLS certificate"),
    switch("--no-connection-reuse", "A new connection for every request"),
    switch("--no-vu-connection-reuse", "New connections for every iteration"),
    value("--min-iteration-duration", "TIME", "A VU pauses after an iteration that took less"),
    value("--warmup", "TIME", "Keep the samples of the first TIME apart from thresholds and summary"),
    short('w', switch("--throw", "Failed requests throw instead of warning")),
    value("--blacklist-ip", "CIDR", "Never connect to these addresses; repeatable"),
    value("--block-hostnames", "PATTERN", "Never connect to these hosts; repeatable"),
    value("--summary-trend-stats", "LIST", "Statistics of trends in the summary, such as avg,p(99)"),
    value("--summary-time-unit", "UNIT", "Unit of times in the summary: s, ms or us"),
    value("--system-tags", "LIST", "System tags to set on samples"),
    value("--tag", "NAME=VALUE", "Add a tag to every sample; repeatable"),
    value("--console-output", "FILE", "Write console output to a file"),
    switch("--discard-response-bodies", "Do not keep response bodies"),
    value("--local-ips", "LIST", "Local addresses to connect from"),
    value("--dns", "RULES", "How names are resolved: ttl=5m,select=random,policy=preferIPv4"),
    switch("--include-system-env-vars", "Pass the environment to the script as __ENV"),
    value("--compatibility-mode", "MODE", "Accepted for compatibility: extended or base"),
    short('t', value("--type", "TYPE", "Type of the test: js or archive")),
    switch("--no-thresholds", "Do not evaluate thresholds"),
    value("--summary-mode", "MODE", "How much the summary shows: compact, full or disabled"),
    switch("--no-summary", "Print no summary and call no handleSummary()"),
    value("--summary-export", "FILE", "Write the summary's data to a JSON file"),
    switch("--new-machine-readable-summary", "Write the summary's data in k6's newer form"),
    value("--traces-output", "OUTPUT", "Where traces go"),
    short('o', value("--out", "TYPE[=ARG]", "Stream samples to an output; repeatable")),
    short('l', switch("--linger", "Keep running after the test has ended")),
    switch("--no-usage-report", "Accepted for compatibility; nothing is ever reported"),
    value("--features", "LIST", "Enable experimental features"),
];

/// The arguments for clap.
pub(crate) fn arguments() -> impl Iterator<Item = Arg> {
    FLAGS.iter().map(|flag| {
        let name = flag.name.trim_start_matches("--");
        let argument = Arg::new(name).long(name).value_name(flag.value);
        let argument = argument.help(flag.help).help_heading("Options of the test");
        let argument = match flag.short {
            Some(letter) => argument.short(letter),
            None => argument,
        };
        match flag.bare {
            None => argument.action(ArgAction::Append).allow_hyphen_values(true),
            Some(meaning) => argument.num_args(0..=1).require_equals(true).default_missing_value(meaning),
        }
    })
}

/// What the user typed, as the uppermost layer of options.
pub(crate) fn layer(matches: &ArgMatches) -> OptionsLayer {
    let typed = FLAGS.iter().flat_map(|flag| {
        let values = matches.get_many::<String>(flag.name.trim_start_matches("--")).into_iter().flatten();
        values.map(move |value| (flag.name, value.as_str()))
    });
    OptionsLayer::from_flags(typed)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_flag_of_the_option_table_is_offered() {
        let table =
            plimsoll_plan::options::TABLE.iter().map(|info| info.flag).filter(|flag| !flag.is_empty());
        let offered: BTreeSet<&str> = FLAGS.iter().map(|flag| flag.name).collect();
        assert_eq!(offered, table.collect());
    }

    #[test]
    fn letters_are_unique() {
        let letters: Vec<char> = FLAGS.iter().filter_map(|flag| flag.short).collect();
        assert_eq!(letters.len(), letters.iter().collect::<BTreeSet<_>>().len());
    }
}
