//! What was asked of the dashboard, in k6's three ways and in ours.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use plimsoll_metrics::nearest::nearest;
use plimsoll_plan::options::value::OptionValue as _;
use plimsoll_plan::{Plan, duration};

use crate::control::{Address, Given};
use crate::failure::Failure;

/// k6's port.
const PORT: &str = "5665";
/// How often a page is brought up to date unless `K6_WEB_DASHBOARD_PERIOD` says otherwise.
const PERIOD: Duration = Duration::from_secs(1);
/// More often nothing new is known.
const SHORTEST_PERIOD: Duration = Duration::from_secs(1);

/// What can be said of it; `report` is k6's former name of `export`.
const OPTIONS: [&str; 6] = ["export", "host", "open", "period", "port", "report"];
/// What can be said of k6's, and why it has no effect here.
const OTHERS: [(&str, &str); 3] = [
    ("record", "every run leaves a record, of which `plimsoll report` makes the page again (see --record)"),
    ("tag", "the page has all endpoints, and no other tags"),
    ("tags", "the page has all endpoints, and no other tags"),
];
/// What variables begin with.
const PREFIX: &str = "K6_WEB_DASHBOARD_";

/// A dashboard as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Where it listens; nowhere with k6's port -1. An address given by `Environment` may be taken.
    pub(crate) address: Option<Address>,
    pub(crate) period: Duration,
    /// Whether a browser is opened.
    pub(crate) opens: bool,
    /// Where the report goes at the end.
    pub(crate) export: Option<PathBuf>,
}

/// Whether an argument of `--out` means the dashboard.
pub(crate) fn is_dashboard(out: &str) -> bool {
    out.split('=').next().is_some_and(|name| name.trim() == "web-dashboard")
}

impl Settings {
    /// Reads them. `flag` is the value of `--dashboard`, empty without one.
    ///
    /// # Errors
    /// Everything that makes no sense.
    pub(crate) fn of(
        flag: Option<&str>,
        plan: &Plan,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Option<Self>, Failure> {
        let output = plan.options.out.iter().find(|out| is_dashboard(out));
        if flag.is_none() && output.is_none() && !plan.options.web_dashboard {
            return Ok(None);
        }
        let output = output.map_or("", String::as_str);
        let Told { values, warnings, mut problems } = Told::read(output, variables);
        for warning in warnings {
            tracing::warn!(target: "plimsoll", "{warning}");
        }
        let settings = Self::from(flag, &values).map_err(|more| problems.extend(more));
        match settings {
            Ok(settings) if problems.is_empty() => Ok(Some(settings)),
            _ => Err(Failure::Options(problems)),
        }
    }

    fn from(flag: Option<&str>, told: &BTreeMap<String, String>) -> Result<Self, Vec<String>> {
        let text = |name: &str| told.get(name).map(String::as_str);
        let mut problems = Vec::new();
        let mut period = PERIOD;
        if let Some(text) = text("period") {
            match duration::parse_plain(text) {
                Ok(given) => period = given.max(SHORTEST_PERIOD),
                Err(_) => problems.push(format!(
                    "  - period of the dashboard: expected a duration such as 10s, got '{text}'"
                )),
            }
        }
        let address = match (flag, text("port")) {
            (Some(address), _) if !address.is_empty() => {
                Some(Address { text: address.to_owned(), given: Given::Flag })
            }
            (_, Some("-1")) => None,
            (_, port) => {
                // Only k6's own port is one that somebody else may hold by chance.
                let given =
                    if port.is_none_or(|port| port == PORT) { Given::Environment } else { Given::Flag };
                let text = format!("{}:{}", text("host").unwrap_or("localhost"), port.unwrap_or(PORT));
                Some(Address { text, given })
            }
        };
        if let Some(address) = &address
            && let Err(why) = address.resolve()
        {
            problems.push(format!("  - address of the dashboard '{}': {why}", address.text));
        }
        let export = text("export").or_else(|| text("report")).map(PathBuf::from);
        let opens = text("open").map(bool::from_text).transpose().unwrap_or_else(|expected| {
            let given = text("open").unwrap_or_default();
            problems.push(format!("  - open of the dashboard: {expected}, got '{given}'"));
            None
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Settings { address, period, opens: opens.unwrap_or(false), export })
    }
}

/// What was said of it, by variables and behind `--out web-dashboard=`, which has the last word.
#[derive(Debug, Default)]
struct Told {
    values: BTreeMap<String, String>,
    warnings: Vec<String>,
    problems: Vec<String>,
}

impl Told {
    fn read(output: &str, variables: impl Iterator<Item = (String, String)>) -> Self {
        let mut told = Self::default();
        for (variable, value) in variables.filter(|(_, value)| !value.is_empty()) {
            let Some(name) = variable.strip_prefix(PREFIX).map(str::to_ascii_lowercase) else { continue };
            // Whoever sets a variable may mean it for a newer k6: a slip is no reason to run nothing.
            if let Some(unknown) = told.take(&variable, &name, value) {
                told.warnings.push(format!("{variable} has no effect: {unknown}"));
            }
        }
        let arguments = output.split_once('=').map_or("", |(_, arguments)| arguments);
        for argument in arguments.split('&').filter(|argument| !argument.is_empty()) {
            let (name, value) = argument.split_once('=').unwrap_or((argument, "true"));
            let place = format!("--out web-dashboard={argument}");
            if let Some(unknown) = told.take(&place, name, value.to_owned()) {
                told.problems.push(format!("  - {place}: {unknown}"));
            }
        }
        told
    }

    /// Takes over a value; else says that there is no such option.
    fn take(&mut self, place: &str, name: &str, value: String) -> Option<String> {
        if OPTIONS.contains(&name) {
            self.values.insert(name.to_owned(), value);
            return None;
        }
        if let Some((_, why)) = OTHERS.iter().find(|(other, _)| *other == name) {
            self.warnings.push(format!("{place} has no effect: {why}"));
            return None;
        }
        let slip = nearest(name, OPTIONS).map(|known| format!(" (did you mean '{known}'?)"));
        let (slip, known) = (slip.unwrap_or_default(), OPTIONS.join(", "));
        Some(format!("the dashboard has no option '{name}'{slip}; it has: {known}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flag: Option<&str>, told: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        let told = told.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::from(flag, &told.collect())
    }

    fn address(flag: Option<&str>, told: &[(&str, &str)]) -> Option<(String, Given)> {
        read(flag, told).expect("valid").address.map(|address| (address.text, address.given))
    }

    #[test]
    fn it_listens_on_this_machine_alone_unless_told() {
        assert_eq!(address(Some(""), &[]), Some(("localhost:5665".to_owned(), Given::Environment)));
        let port = address(None, &[("port", "8080")]);
        assert_eq!(port, Some(("localhost:8080".to_owned(), Given::Flag)));
        let host = address(Some(""), &[("host", "0.0.0.0")]);
        assert_eq!(host, Some(("0.0.0.0:5665".to_owned(), Given::Environment)));
        let flag = address(Some("127.0.0.1:0"), &[("host", "0.0.0.0"), ("port", "1")]);
        assert_eq!(flag, Some(("127.0.0.1:0".to_owned(), Given::Flag)));
        assert_eq!(address(None, &[("port", "-1")]), None);
    }

    #[test]
    fn the_rest_is_k6s() {
        let told = [("period", "10s"), ("open", "true"), ("export", "r.html")];
        let settings = read(None, &told).expect("valid");
        assert_eq!(settings.period, Duration::from_secs(10));
        assert!(settings.opens);
        assert_eq!(settings.export, Some(PathBuf::from("r.html")));
        for (text, opens) in [("1", true), ("T", true), ("0", false), ("f", false), ("False", false)] {
            assert_eq!(read(None, &[("open", text)]).expect("valid").opens, opens, "{text}");
        }
        let problem = read(None, &[("open", "maybe")]).expect_err("neither").remove(0);
        assert_eq!(problem, "  - open of the dashboard: must be true or false, got 'maybe'");
    }

    fn told(output: &str, variables: &[(&str, &str)]) -> Told {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Told::read(output, variables)
    }

    #[test]
    fn the_output_has_the_last_word() {
        let variables =
            [("K6_WEB_DASHBOARD_PORT", "1"), ("K6_WEB_DASHBOARD_HOST", ""), ("K6_WEB_DASHBOARD", "true")];
        let Told { values, warnings, problems } = told("web-dashboard=port=2&open", &variables);
        let values: Vec<_> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(values, [("open", "true"), ("port", "2")]);
        assert!(warnings.is_empty() && problems.is_empty(), "{warnings:?} {problems:?}");
    }

    #[test]
    fn nothing_is_ignored_in_silence() {
        let variables = [("K6_WEB_DASHBOARD_RECORD", "run.gz"), ("K6_WEB_DASHBOARD_EXPROT", "a.html")];
        let Told { warnings, problems, .. } = told("web-dashboard=tag=name&prot=1&x", &variables);
        let known = "it has: export, host, open, period, port, report";
        assert!(warnings[0].starts_with("K6_WEB_DASHBOARD_RECORD has no effect: every run leaves a record"));
        assert_eq!(
            warnings[1],
            format!(
                "K6_WEB_DASHBOARD_EXPROT has no effect: the dashboard has no option 'exprot' (did you mean \
                 'export'?); {known}"
            )
        );
        assert!(warnings[2].starts_with("--out web-dashboard=tag=name has no effect: "), "{warnings:?}");
        assert_eq!(
            problems,
            [
                format!(
                    "  - --out web-dashboard=prot=1: the dashboard has no option 'prot' (did you mean \
                     'port'?); {known}"
                ),
                format!("  - --out web-dashboard=x: the dashboard has no option 'x'; {known}"),
            ]
        );
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let problems = read(Some("nowhere"), &[("period", "soon")]).expect_err("two problems");
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    #[test]
    fn outputs_are_told_apart() {
        assert!(is_dashboard("web-dashboard") && is_dashboard("web-dashboard=port=0&open"));
        assert!(!is_dashboard("json=web-dashboard") && !is_dashboard("web-dashboards"));
    }
}
