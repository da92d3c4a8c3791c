//! The flags of `run` that set options: their letters, values and help. What they mean is in plimsoll-plan's
//! table, which a test holds against this one.

use clap::{Arg, ArgAction, ArgMatches};
use plimsoll_plan::OptionsLayer;

use super::help;

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

/// The flags by subject, in the order of the help.
const FLAGS: &[(&str, &[Flag])] = &[
    (
        help::LOAD,
        &[
            short('u', value("--vus", "N", "Number of virtual users")),
            short('d', value("--duration", "TIME", "How long to run, such as 30s or 1m30s")),
            short('i', value("--iterations", "N", "Number of iterations, shared among the VUs")),
            short('s', value("--stage", "TIME:VUS", "Add a stage of a ramp of VUs; repeatable")),
            value("--execution-segment", "FROM:TO", "Run this part of the load only"),
            value("--execution-segment-sequence", "LIST", "How the load is divided between instances"),
        ],
    ),
    (
        help::LIFE,
        &[
            short('p', switch("--paused", "Initialise the VUs, then wait to be resumed")),
            switch("--no-setup", "Do not run setup()"),
            switch("--no-teardown", "Do not run teardown()"),
            value("--min-iteration-duration", "TIME", "A VU pauses after an iteration that took less"),
            value("--warmup", "TIME", "Keep the first TIME out of thresholds and summary"),
            value("--vu-memory-limit", "SIZE", "Memory that the JavaScript of each VU may use"),
            switch("--include-system-env-vars", "Pass the environment to the script as __ENV"),
            value("--compatibility-mode", "MODE", "Accepted for compatibility: extended or base"),
            short('t', value("--type", "TYPE", "Type of the test: js or archive")),
            short('l', switch("--linger", "Keep running after the test has ended")),
            switch("--no-usage-report", "Accepted; nothing is ever reported"),
            value("--features", "LIST", "Enable experimental features"),
        ],
    ),
    (
        help::NETWORK,
        &[
            value("--max-redirects", "N", "Follow at most this many redirects"),
            value("--batch", "N", "Requests of one http.batch at once"),
            value("--batch-per-host", "N", "Requests of one http.batch to one host at once"),
            value("--rps", "N", "At most this many requests a second"),
            value("--user-agent", "TEXT", "User-Agent of HTTP requests"),
            bare("headers", value("--http-debug", "LEVEL", "Log HTTP messages: headers or full")),
            value("--http-version", "VERSION", "Version of HTTP: auto, 1.1 or 2"),
            switch("--insecure-skip-tls-verify", "Accept any TLS certificate"),
            switch("--no-connection-reuse", "A new connection for every request"),
            switch("--no-vu-connection-reuse", "New connections for every iteration"),
            short('w', switch("--throw", "Failed requests throw instead of warning")),
            value("--blacklist-ip", "CIDR", "Never connect to these addresses; repeatable"),
            value("--block-hostnames", "PATTERN", "Never connect to these hosts; repeatable"),
            switch("--discard-response-bodies", "Do not keep response bodies"),
            value("--local-ips", "LIST", "Local addresses to connect from"),
            value("--dns", "RULES", "How names are resolved: ttl=0,select=first,policy=any"),
        ],
    ),
    (
        help::RESULTS,
        &[
            switch("--no-thresholds", "Do not evaluate thresholds"),
            bare("true", value("--require-valid", "LEVEL", "Fail when the measurement cannot be trusted")),
            value("--goals", "FILE", "Judge the goals of this JSON file instead of the script's"),
            value("--summary-mode", "MODE", "What to show: compact, full or disabled"),
            switch("--no-summary", "Print no summary and call no handleSummary()"),
            value("--summary-trend-stats", "LIST", "Statistics of trends, such as avg,p(99)"),
            value("--summary-time-unit", "UNIT", "Unit of times in the summary: s, ms or us"),
            value("--summary-export", "FILE", "Write the summary's data to a JSON file"),
            switch("--new-machine-readable-summary", "Write the summary's data in k6's newer form"),
            value("--tag", "NAME=VALUE", "Add a tag to every sample; repeatable"),
            value("--system-tags", "LIST", "System tags to set on samples"),
            short('o', value("--out", "TYPE[=ARG]", "Stream samples to an output; repeatable")),
            value("--console-output", "FILE", "Write console output to a file"),
            value("--traces-output", "OUTPUT", "Where traces go"),
        ],
    ),
];

/// Every flag with its heading.
fn flags() -> impl Iterator<Item = (&'static str, &'static Flag)> {
    FLAGS.iter().flat_map(|(heading, flags)| flags.iter().map(move |flag| (*heading, flag)))
}

/// The arguments for clap.
pub(crate) fn arguments() -> impl Iterator<Item = Arg> {
    flags().map(|(heading, flag)| {
        let name = flag.name.trim_start_matches("--");
        let argument = Arg::new(name).long(name).value_name(flag.value).help_heading(heading);
        let argument = argument.help(flag.help).long_help(help::paragraph(flag.name, flag.help));
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
    let typed = flags().flat_map(|(_, flag)| {
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
        let offered: BTreeSet<&str> = flags().map(|(_, flag)| flag.name).collect();
        assert_eq!(offered, table.collect());
    }

    #[test]
    fn letters_are_unique() {
        let letters: Vec<char> = flags().filter_map(|(_, flag)| flag.short).collect();
        assert_eq!(letters.len(), letters.iter().collect::<BTreeSet<_>>().len());
    }
}
