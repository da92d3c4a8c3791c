//! What was asked of the dashboard, in k6's three ways and in ours.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use plimsoll_plan::{Plan, duration};

use crate::control::{Address, Given};
use crate::failure::Failure;

/// k6's port.
const PORT: &str = "5665";
/// How often a page is brought up to date unless `K6_WEB_DASHBOARD_PERIOD` says otherwise.
const PERIOD: Duration = Duration::from_secs(1);
/// More often nothing new is known.
const SHORTEST_PERIOD: Duration = Duration::from_secs(1);

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
        let mut told: BTreeMap<String, String> = variables
            .filter_map(|(name, value)| {
                let name = name.strip_prefix("K6_WEB_DASHBOARD_")?.to_ascii_lowercase();
                (!value.is_empty()).then_some((name, value))
            })
            .collect();
        let arguments =
            output.and_then(|output| output.split_once('=')).map_or("", |(_, arguments)| arguments);
        for argument in arguments.split('&').filter(|argument| !argument.is_empty()) {
            let (name, value) = argument.split_once('=').unwrap_or((argument, "true"));
            told.insert(name.to_owned(), value.to_owned());
        }
        Self::from(flag, &told).map(Some).map_err(Failure::Options)
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
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Settings { address, period, opens: text("open").is_some_and(|text| text != "false"), export })
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
        assert!(!read(None, &[("open", "false")]).expect("valid").opens);
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
