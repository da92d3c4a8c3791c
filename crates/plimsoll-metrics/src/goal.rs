//! Performance goals: what a service should reach, and what it must not miss.
//!
//! A goal has one number with two bounds, in the language of [thresholds](crate::threshold): the target, and
//! behind it the critical level. It is judged once, when the run is over. [`Goals::bind`] is where to start.

use std::time::Duration;

use crate::aggregate::Aggregate;
use crate::error::BindError;
use crate::registry::{MetricId, Registry};
use crate::threshold::{Expression, NoDataPolicy, Outcome, Selector, Threshold, ThresholdSpec, Thresholds};

/// One row of a table of goals.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// What people call it.
    pub name: String,
    /// Which samples are judged.
    pub selector: Selector,
    /// What should be reached.
    pub target: Expression,
    /// What must be reached: the same number with a looser bound.
    pub critical: Expression,
}

/// What became of a goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GoalOutcome {
    /// The target is reached.
    Met {
        /// What was measured.
        value: f64,
    },
    /// The target is missed, the critical level is not.
    Degraded {
        /// What was measured.
        value: f64,
    },
    /// The critical level is missed.
    Violated {
        /// What was measured.
        value: f64,
    },
    /// No sample reached the goal, so there is nothing to judge.
    NoData,
}

impl GoalOutcome {
    /// What was measured.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Met { value } | Self::Degraded { value } | Self::Violated { value } => Some(value),
            Self::NoData => None,
        }
    }

    /// Whether this outcome fails the run. A missed target alone does not.
    #[must_use]
    pub fn fails(self, policy: NoDataPolicy) -> bool {
        match self {
            Self::Met { .. } | Self::Degraded { .. } => false,
            Self::Violated { .. } => true,
            Self::NoData => policy == NoDataPolicy::Fail,
        }
    }

    /// The outcome in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met { .. } => "met",
            Self::Degraded { .. } => "degraded",
            Self::Violated { .. } => "violated",
            Self::NoData => "no data",
        }
    }
}

/// A goal and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct GoalResult {
    /// The goal.
    pub goal: Goal,
    /// The metric behind its selector.
    pub metric: MetricId,
    /// What became of it.
    pub outcome: GoalOutcome,
    /// Why there are no data, when there are none: a sentence for people.
    pub no_data: Option<String>,
}

/// The goals of a run, whose metrics are known to exist.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Goals(Vec<(Goal, Thresholds)>);

impl Goals {
    /// Binds goals to the metrics of a run, once the script's init context has declared its own.
    ///
    /// # Errors
    /// What is wrong with each goal, and the goal's place in the list.
    pub fn bind(goals: &[Goal], registry: &Registry) -> Result<Self, Vec<(usize, BindError)>> {
        let (mut bound, mut errors) = (Vec::with_capacity(goals.len()), Vec::new());
        for (place, goal) in goals.iter().enumerate() {
            match Thresholds::bind(&[goal.bounds()], registry) {
                Ok(thresholds) => bound.push((goal.clone(), thresholds)),
                // Both bounds have one aggregation, so that further errors would repeat the first.
                Err(found) => errors.extend(found.into_iter().take(1).map(|error| (place, error))),
            }
        }
        if errors.is_empty() { Ok(Self(bound)) } else { Err(errors) }
    }

    /// Judges all goals on what a run of this length has recorded.
    #[must_use]
    pub fn evaluate(&self, aggregate: &Aggregate, elapsed: Duration) -> Vec<GoalResult> {
        let judge = |(goal, bounds): &(Goal, Thresholds)| {
            let rule = bounds.evaluate(aggregate, elapsed).rules.into_iter().next()?;
            let outcome = match (rule.results.first()?.outcome, rule.results.get(1)?.outcome) {
                (Outcome::Passed { value }, _) => GoalOutcome::Met { value },
                (_, Outcome::Passed { value }) => GoalOutcome::Degraded { value },
                (_, Outcome::Crossed { value }) => GoalOutcome::Violated { value },
                (_, Outcome::NoData { .. }) => GoalOutcome::NoData,
            };
            Some(GoalResult { goal: goal.clone(), metric: rule.metric, outcome, no_data: rule.no_data })
        };
        self.0.iter().filter_map(judge).collect()
    }
}

impl Goal {
    /// The target, then the critical level.
    fn bounds(&self) -> ThresholdSpec {
        let thresholds = [&self.target, &self.critical].map(|bound| Threshold::new(bound.clone()));
        ThresholdSpec { selector: self.selector.clone(), thresholds: thresholds.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::{Shard, ShardConfig};
    use crate::time::Timestamp;

    fn goal(metric: &str, target: &str, critical: &str) -> Goal {
        let parse = |text| Expression::parse(text).expect("well-formed");
        let selector = Selector::parse(metric).expect("well-formed");
        Goal { name: metric.to_owned(), selector, target: parse(target), critical: parse(critical) }
    }

    fn outcome(goal: Goal, values: &[f64]) -> GoalOutcome {
        let registry = Registry::new();
        let (mut shard, mut aggregate) = (Shard::new(ShardConfig::default()), Aggregate::new());
        let metric = registry.by_name(goal.selector.metric()).expect("built in").id;
        let tags = shard.tag_set(&[]);
        let series = shard.series(metric, tags);
        values.iter().for_each(|value| shard.record(series, *value, Timestamp(1)));
        aggregate.absorb(&mut shard);
        let goals = Goals::bind(&[goal], &registry).expect("a known metric");
        goals.evaluate(&aggregate, Duration::from_secs(10))[0].outcome
    }

    #[test]
    fn a_goal_has_four_outcomes() {
        let throughput = || goal("http_reqs", "rate>1", "rate>0.5");
        assert_eq!(outcome(throughput(), &[1.0; 20]), GoalOutcome::Met { value: 2.0 });
        assert_eq!(outcome(throughput(), &[1.0; 8]), GoalOutcome::Degraded { value: 0.8 });
        assert_eq!(outcome(throughput(), &[1.0; 5]), GoalOutcome::Violated { value: 0.5 });
        assert_eq!(outcome(throughput(), &[]), GoalOutcome::NoData);
    }

    #[test]
    fn a_gauge_is_judged_by_its_peak() {
        let peak = goal("vus", "max>10", "max>5");
        assert_eq!(outcome(peak, &[3.0, 12.0, 0.0]), GoalOutcome::Met { value: 12.0 });
    }

    #[test]
    fn a_missed_target_fails_nothing_and_missing_data_do() {
        let fails =
            |outcome: GoalOutcome| [NoDataPolicy::Fail, NoDataPolicy::LikeK6].map(|p| outcome.fails(p));
        assert_eq!(fails(GoalOutcome::Degraded { value: 1.0 }), [false, false]);
        assert_eq!(fails(GoalOutcome::Violated { value: 1.0 }), [true, true]);
        assert_eq!(fails(GoalOutcome::NoData), [true, false]);
    }

    #[test]
    fn each_goal_has_one_error_and_its_place() {
        let goals = [
            goal("vus", "max>1", "max>0"),
            goal("http_request", "rate>1", "rate>0"),
            goal("vus", "p(95)>1", "p(95)>0"),
        ];
        let errors = Goals::bind(&goals, &Registry::new()).expect_err("two are wrong");
        assert_eq!(errors.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [1, 2]);
    }
}
