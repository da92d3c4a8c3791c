//! What is known of a run from its start, and what is known in the end. Both are JSON in the file, so that a
//! newer version can say more and an older one still understands.

use std::collections::BTreeMap;
use std::time::Duration;

use plimsoll_metrics::{
    Expression, Goal, Goals, Metric, MetricKind, NoDataPolicy, Registry, Selector, Threshold, ThresholdSpec,
    Thresholds, ValueKind,
};
use plimsoll_plan::options::keyword::{SummaryMode, TimeUnit};
use plimsoll_plan::options::reporting::TrendStat;
use plimsoll_plan::options::value::OptionValue;
use serde::{Deserialize, Serialize};

use super::bytes::Malformed;
use crate::advice::ArrivalFacts;
use crate::model::{RunFacts, Settings};

/// What is known of a run before its first second.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Header {
    /// The version of plimsoll that ran.
    pub plimsoll: String,
    /// The script, as given on the command line.
    pub script: String,
    /// The same as a file of the repository or below the folder in which the test was started; empty when it
    /// is no file, or not known.
    pub file: String,
    /// When the record was begun, in nanoseconds since 1970: times in the file are counted from here.
    pub begun: u64,
    /// The metrics of the run, in the order of their declaration, the built-in ones first.
    pub metrics: Vec<MetricLine>,
    /// The thresholds.
    pub thresholds: Vec<RuleLine>,
    /// The goals.
    pub goals: Vec<GoalLine>,
    /// How thresholds and goals without data count: `fail` or `pass`.
    pub no_data: String,
    /// What the user asked of the summary: statistics of trends.
    pub trend_stats: Vec<String>,
    /// The unit of times.
    pub time_unit: String,
    /// Which sections it has.
    pub summary_mode: String,
    /// What runs: one line a scenario.
    pub scenarios: Vec<String>,
    /// The scenarios with an arrival rate, as planned.
    pub arrivals: Vec<ArrivalFacts>,
    /// Tags of every sample of the run.
    pub tags: BTreeMap<String, String>,
    /// Which part of the load this instance runs; empty for the whole.
    pub segment: String,
    /// The machine that ran it.
    pub machine: Machine,
}

/// A metric's definition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricLine {
    /// Its name.
    pub name: String,
    /// `counter`, `gauge`, `rate` or `trend`.
    pub kind: String,
    /// `default`, `time` or `data`.
    pub contains: String,
}

/// An entry of the script's thresholds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleLine {
    /// Which samples are judged.
    pub selector: String,
    /// The conditions.
    pub thresholds: Vec<ThresholdLine>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ThresholdLine {
    /// The condition as written.
    pub expression: String,
    /// Whether crossing it ends the run, and after how long at the earliest.
    pub abort_on_fail: bool,
    /// See `abort_on_fail`.
    pub delay_abort_eval: Duration,
    /// The length of the parts of the run that it is judged on; `None` for the whole.
    pub window: Option<Duration>,
    /// Where it is written.
    pub place: Option<Place>,
}

/// A goal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GoalLine {
    /// Its name.
    pub name: String,
    /// Which samples are judged.
    pub metric: String,
    /// What should be reached.
    pub target: String,
    /// What must be reached.
    pub critical: String,
    /// Where it is written.
    pub place: Option<Place>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The file, as the script names it.
    pub file: String,
    /// From one on; zero where only the file is known.
    pub line: u32,
    /// From one on; zero where only the file is known.
    pub column: u32,
}

/// The machine that a test ran on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// The operating system.
    pub os: String,
    /// The processor's architecture.
    pub arch: String,
    /// How many processors the test could use.
    pub processors: usize,
    /// Its name in the network.
    pub host: String,
}

/// What is known of a run when it has ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct End {
    /// What its report says of it.
    pub run: RunFacts,
    /// How long the warm-up was, when there was one.
    pub warm_up: Option<Duration>,
    /// The exit code of the command.
    pub exit_code: u8,
}

/// A header's rules, bound to the metrics of its run.
#[derive(Debug, Clone, Default)]
pub struct Bound {
    /// The thresholds.
    pub thresholds: Thresholds,
    /// The goals.
    pub goals: Goals,
    /// How thresholds and goals without data count.
    pub no_data: NoDataPolicy,
    /// What the user asked of the summary.
    pub settings: Settings,
}

impl Header {
    /// Notes the metrics that are declared.
    #[must_use]
    pub fn with_metrics(mut self, registry: &Registry) -> Self {
        let line = |metric: &Metric| MetricLine {
            name: metric.name.to_string(),
            kind: metric.kind.to_string(),
            contains: metric.contains.to_string(),
        };
        self.metrics = registry.all().iter().map(line).collect();
        self
    }

    /// Notes the thresholds and goals of a test. `place` knows where options are written, by their path:
    /// `thresholds.http_req_duration[0]`, `goals[1]`.
    #[must_use]
    pub fn with_rules(
        mut self,
        thresholds: &[ThresholdSpec],
        goals: &[Goal],
        place: impl Fn(&str) -> Option<Place>,
    ) -> Self {
        let rule = |spec: &ThresholdSpec| {
            let selector = spec.selector.source().to_owned();
            let line = |(number, threshold): (usize, &Threshold)| ThresholdLine {
                expression: threshold.source().to_owned(),
                abort_on_fail: threshold.abort_on_fail,
                delay_abort_eval: threshold.delay_abort_eval,
                window: threshold.window,
                place: place(&format!("thresholds.{selector}[{number}]")),
            };
            let thresholds = spec.thresholds.iter().enumerate().map(line).collect();
            RuleLine { thresholds, selector: selector.clone() }
        };
        let goal = |(number, goal): (usize, &Goal)| GoalLine {
            name: goal.name.clone(),
            metric: goal.selector.source().to_owned(),
            target: goal.target.source().to_owned(),
            critical: goal.critical.source().to_owned(),
            place: place(&format!("goals[{number}]")),
        };
        self.thresholds = thresholds.iter().map(rule).collect();
        self.goals = goals.iter().enumerate().map(goal).collect();
        self
    }

    /// Notes what the user asked of the summary.
    #[must_use]
    pub fn with_settings(mut self, settings: &Settings, no_data: NoDataPolicy) -> Self {
        self.trend_stats = settings.trend_stats.iter().map(ToString::to_string).collect();
        self.time_unit = settings.time_unit.as_str().to_owned();
        self.summary_mode = settings.mode.as_str().to_owned();
        self.no_data = if no_data == NoDataPolicy::LikeK6 { "pass" } else { "fail" }.to_owned();
        self
    }

    /// Where a threshold is written.
    #[must_use]
    pub fn place_of_threshold(&self, selector: &str, threshold: &Threshold) -> Option<&Place> {
        let rules = self.thresholds.iter().filter(|rule| rule.selector == selector);
        let mut lines = rules.flat_map(|rule| &rule.thresholds);
        let is_it =
            |line: &&ThresholdLine| line.expression == threshold.source() && line.window == threshold.window;
        lines.find(is_it)?.place.as_ref()
    }

    /// Where a goal is written.
    #[must_use]
    pub fn place_of_goal(&self, name: &str) -> Option<&Place> {
        self.goals.iter().find(|goal| goal.name == name)?.place.as_ref()
    }

    /// The metrics, declared.
    pub(super) fn declare(&self, registry: &Registry) -> Result<Vec<plimsoll_metrics::MetricId>, Malformed> {
        use MetricKind::{Counter, Gauge, Rate, Trend};
        let declare = |line: &MetricLine| {
            let kind = [Counter, Gauge, Rate, Trend].into_iter().find(|kind| kind.as_str() == line.kind)?;
            let kinds = [ValueKind::Default, ValueKind::Time, ValueKind::Data];
            let contains = kinds.into_iter().find(|kind| kind.as_str() == line.contains)?;
            registry.declare(&line.name, kind, contains).ok()
        };
        let ids = self.metrics.iter().map(declare).collect::<Option<Vec<_>>>();
        ids.ok_or(Malformed("a metric cannot be what it is said to be"))
    }

    /// Its rules. Those on metrics that were declared later than the header need the registry of the whole
    /// file.
    pub(super) fn bind(&self, registry: &Registry) -> Result<Bound, Malformed> {
        let specs = self.thresholds.iter().map(RuleLine::spec).collect::<Option<Vec<_>>>();
        let specs = specs.ok_or(Malformed("a threshold cannot be read"))?;
        let goals = self.goals.iter().map(GoalLine::goal).collect::<Option<Vec<_>>>();
        let goals = goals.ok_or(Malformed("a goal cannot be read"))?;
        Ok(Bound {
            thresholds: Thresholds::bind(&specs, registry)
                .map_err(|_| Malformed("a threshold is on a metric that is not there"))?,
            goals: Goals::bind(&goals, registry)
                .map_err(|_| Malformed("a goal is on a metric that is not there"))?,
            no_data: if self.no_data == "pass" { NoDataPolicy::LikeK6 } else { NoDataPolicy::Fail },
            settings: self.settings().ok_or(Malformed("the settings of the summary cannot be read"))?,
        })
    }

    fn settings(&self) -> Option<Settings> {
        Some(Settings {
            trend_stats: self
                .trend_stats
                .iter()
                .map(|text| TrendStat::from_text(text).ok())
                .collect::<Option<_>>()?,
            time_unit: TimeUnit::from_text(&self.time_unit).ok()?,
            mode: SummaryMode::from_text(&self.summary_mode).ok()?,
        })
    }
}

impl RuleLine {
    fn spec(&self) -> Option<ThresholdSpec> {
        let threshold = |line: &ThresholdLine| {
            Some(Threshold {
                expression: Expression::parse(&line.expression).ok()?,
                abort_on_fail: line.abort_on_fail,
                delay_abort_eval: line.delay_abort_eval,
                window: line.window,
            })
        };
        Some(ThresholdSpec {
            selector: Selector::parse(&self.selector).ok()?,
            thresholds: self.thresholds.iter().map(threshold).collect::<Option<_>>()?,
        })
    }
}

impl GoalLine {
    fn goal(&self) -> Option<Goal> {
        Some(Goal {
            name: self.name.clone(),
            selector: Selector::parse(&self.metric).ok()?,
            target: Expression::parse(&self.target).ok()?,
            critical: Expression::parse(&self.critical).ok()?,
        })
    }
}
