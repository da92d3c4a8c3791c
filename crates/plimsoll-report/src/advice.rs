//! How many VUs an arrival rate would have needed, for runs that had too few of them.
//!
//! Little's law: with `λ` iterations a second that take `W` seconds each on average, `λ · W` of them are
//! running at any time. Iterations that take longer or shorter by chance make that number vary about its mean
//! `N` by some `√N`; three times that much is added to what is recommended.
//!
//! A scenario that had its VUs from the start and dropped nothing gets no advice. Start with
//! [`ArrivalFacts`].

use plimsoll_metrics::{Aggregate, Sink, TagFilter, builtin};
use plimsoll_plan::{Scenario, options::keyword::TimeUnit};

use crate::format;

/// A scenario with an arrival rate: as it was planned, and how many VUs it came to.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct ArrivalFacts {
    /// Its name.
    pub scenario: String,
    /// The highest rate of its schedule, in iterations per second.
    pub peak_rate: f64,
    /// How many VUs it had from the start.
    pub pre_allocated_vus: u32,
    /// How many it might have.
    pub max_vus: u32,
    /// How many were made while it ran.
    pub made_on_demand: u32,
    /// Iterations that were due and never started.
    pub dropped: u64,
}

/// What the iterations of a scenario took, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Took {
    mean: f64,
    max: f64,
}

/// A sentence for each scenario that dropped iterations or had to make VUs while it ran.
pub(crate) fn advice(aggregate: &Aggregate, scenarios: &[ArrivalFacts]) -> Vec<String> {
    let in_need = scenarios.iter().filter(|facts| facts.dropped > 0 || facts.made_on_demand > 0);
    in_need.filter_map(|facts| Some(facts.advice(took(aggregate, &facts.scenario)?))).collect()
}

/// `None` when no iteration came to its end, or when samples do not say which scenario they are of.
fn took(aggregate: &Aggregate, scenario: &str) -> Option<Took> {
    let filter = TagFilter::new(vec![("scenario".to_owned(), scenario.to_owned())]);
    match aggregate.select(builtin::ITERATION_DURATION, &filter)? {
        Sink::Trend(trend) if trend.count() > 0 => Some(Took { mean: trend.avg(), max: trend.max() }),
        _ => None,
    }
}

impl ArrivalFacts {
    /// A scenario as it is planned; `None` when it has no arrival rate.
    #[must_use]
    pub fn planned(scenario: &Scenario) -> Option<Self> {
        Some(Self {
            scenario: scenario.name.clone(),
            peak_rate: scenario.peak_rate()?,
            pre_allocated_vus: scenario.planned_vus(),
            max_vus: scenario.max_vus(),
            ..Self::default()
        })
    }

    fn advice(&self, took: Took) -> String {
        let (needed, recommended) = (self.vus_for(took.mean), self.recommended(took.mean));
        let Self { scenario, max_vus, pre_allocated_vus, .. } = self;
        let (max, pre) = (format::count((*max_vus).into()), format::count((*pre_allocated_vus).into()));
        let need = format!(
            "scenario {scenario} needed about {} ({} iterations/s × {})",
            format::counted(needed, "VU"),
            self.rate(),
            shown(took.mean)
        );
        let enough = format::count(recommended);
        let late = format!(
            "{} made while it ran, and iterations waited for them",
            were(self.made_on_demand.into(), "VU")
        );
        match (self.dropped > 0, recommended > (*max_vus).into(), recommended > (*pre_allocated_vus).into()) {
            (true, true, _) => format!("{need}; it had maxVUs {max}: raise maxVUs to {enough}"),
            (true, false, _) => format!("{need}, for which maxVUs {max} is enough; {}", self.peak(took)),
            (false, _, true) => {
                format!("{need}; it had preAllocatedVUs {pre}: {late}. Raise preAllocatedVUs to {enough}")
            }
            (false, _, false) => {
                format!("{need}, for which preAllocatedVUs {pre} is enough; {late}: {}", self.peak(took))
            }
        }
    }

    /// What the slowest iterations would have needed.
    fn peak(&self, took: Took) -> String {
        let peak = format::counted(self.vus_for(took.max), "VU");
        format!("the slowest took {}, and at that speed it takes {peak}", shown(took.max))
    }

    fn rate(&self) -> String {
        if self.peak_rate < 100.0 {
            return format::number(self.peak_rate);
        }
        format::count(self.peak_rate.round() as u64)
    }

    fn vus_for(&self, ms: f64) -> u64 {
        // Scripts can add whatever they like to durations too.
        format::whole((self.peak_rate * ms / 1e3).ceil().max(1.0))
    }

    /// With room for chance, and round.
    fn recommended(&self, mean_ms: f64) -> u64 {
        let needed = self.vus_for(mean_ms);
        let with_room = needed + (3.0 * (needed as f64).sqrt()).ceil() as u64;
        if with_room < 100 { with_room } else { with_room.next_multiple_of(10) }
    }
}

/// Three digits say enough.
fn shown(ms: f64) -> String {
    let digits = 10_f64.powi(2 - ms.abs().max(f64::MIN_POSITIVE).log10().floor() as i32);
    format::duration((ms * digits).round() / digits, TimeUnit::Auto)
}

fn were(n: u64, noun: &str) -> String {
    format!("{} {}", format::counted(n, noun), if n == 1 { "was" } else { "were" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(max_vus: u32, pre_allocated_vus: u32, made_on_demand: u32, dropped: u64) -> ArrivalFacts {
        let scenario = "checkout".to_owned();
        ArrivalFacts { scenario, peak_rate: 5_000.0, pre_allocated_vus, max_vus, made_on_demand, dropped }
    }

    const SLOW: Took = Took { mean: 202.04, max: 1_400.0 };

    #[test]
    fn too_low_a_maximum_is_named_with_the_number_needed() {
        assert_eq!(
            facts(500, 1, 499, 10_000).advice(SLOW),
            "scenario checkout needed about 1,011 VUs (5,000 iterations/s × 202ms); it had maxVUs 500: raise \
             maxVUs to 1,110"
        );
    }

    #[test]
    fn drops_in_spite_of_enough_vus_are_those_of_the_slowest() {
        assert_eq!(
            facts(2_000, 2_000, 0, 7).advice(SLOW),
            "scenario checkout needed about 1,011 VUs (5,000 iterations/s × 202ms), for which maxVUs 2,000 \
             is enough; the slowest took 1.4s, and at that speed it takes 7,000 VUs"
        );
    }

    #[test]
    fn growth_on_demand_asks_for_vus_from_the_start() {
        assert_eq!(
            facts(3_000, 1, 1_020, 0).advice(SLOW),
            "scenario checkout needed about 1,011 VUs (5,000 iterations/s × 202ms); it had \
             preAllocatedVUs 1: 1,020 VUs were made while it ran, and iterations waited for them. \
             Raise preAllocatedVUs to 1,110"
        );
        let quick = Took { mean: 0.000_1, max: 20.0 };
        assert_eq!(
            facts(100, 10, 1, 0).advice(quick),
            "scenario checkout needed about 1 VU (5,000 iterations/s × 100ns), for which \
             preAllocatedVUs 10 is enough; 1 VU was made while it ran, and iterations waited for them: \
             the slowest took 20ms, and at that speed it takes 100 VUs"
        );
    }

    #[test]
    fn a_scenario_that_had_its_vus_gets_no_advice() {
        assert_eq!(advice(&Aggregate::new(), &[facts(100, 100, 0, 0)]), Vec::<String>::new());
        assert_eq!(
            advice(&Aggregate::new(), &[facts(100, 1, 99, 5)]),
            Vec::<String>::new(),
            "nothing is known"
        );
    }
}
