//! What a search has found out.

use serde::{Deserialize, Serialize};

use super::{
    bottleneck::{Bottleneck, Resource, bottleneck},
    figures::Figures,
    knees::{self, Knee},
    plateau::{Plateau, Purpose, Verdict},
    record::Entry,
    scaling::{Forecast, Scaling, scaling},
    search::{End, Model, Search},
    strategy,
};

/// The answer to: how much load does the service carry within its objectives?
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The highest load within the objectives; nothing where it could not be found.
    pub capacity: Option<Capacity>,
    /// The highest load that was carried when the search ended without having found a limit.
    pub at_least: Option<f64>,
    /// The highest load that was carried twice when it had to be confirmed.
    pub confirmed: Option<f64>,
    /// Up to where the target keeps up.
    pub throughput_knee: Option<Knee>,
    /// From where on requests take twice as long as under little load.
    pub latency_knee: Option<Knee>,
    /// How much is left at today's load.
    pub headroom: Option<Headroom>,
    /// Whether the target recovers from an overload.
    pub recovery: Recovery,
    /// What gives way first, of what was observed.
    pub bottleneck: Bottleneck,
    /// A model of the service.
    pub scaling: Option<Scaling>,
    /// How many instances a rate needs.
    pub forecast: Option<Forecast>,
}

/// A load, how sure it is, and what gives way there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capacity {
    /// Iterations per second, or VUs.
    pub load: f64,
    /// The lower end of the 95 % interval; of a bracket, a load that was carried.
    pub low: f64,
    /// The upper end; of a bracket, a load that was not.
    pub high: f64,
    /// The target broke down without its objectives telling before: the limit is between two loads, and
    /// `load` is in their middle.
    #[serde(default)]
    pub bracket: bool,
    /// The objective that gives way first, or how the target breaks down.
    pub gives_way: String,
    /// Where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The same in requests per second.
    pub requests: f64,
    /// The search did not come to its end, or the overload after it was carried.
    pub provisional: bool,
}

/// How much is left at today's load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Headroom {
    /// Today's load.
    pub current: f64,
    /// The share of the capacity that is left; less than zero when there is none.
    pub share: f64,
    /// The same at the lower end of the interval, unless that is no load at all.
    #[serde(default)]
    pub at_least: Option<f64>,
}

/// Whether the target recovers from an overload by itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "verdict")]
pub enum Recovery {
    /// It was not tried.
    #[default]
    NotTested,
    /// Under a load that it carried before, it is well again.
    Recovers {
        /// That load.
        load: f64,
        /// How long it was observed, in seconds.
        seconds: f64,
    },
    /// Under a load that it carried before, it stays overloaded.
    Metastable {
        /// That load.
        load: f64,
        /// For how long at least, in seconds.
        seconds: f64,
        /// The load, if any was found, down to which it has to go to recover.
        recovers_at: Option<f64>,
    },
    /// It could not be told.
    CannotTell {
        /// Why not.
        why: String,
    },
}

/// What else the answer depends on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// The objectives as written.
    pub objectives: &'a [String],
    /// Today's load.
    pub current: Option<f64>,
    /// What was observed of the target.
    pub resources: &'a [Resource],
    /// A rate to be served, and the share that is to stay free.
    pub forecast: Option<(f64, f64)>,
}

impl Answer {
    /// The answer of a search, and of what was measured on each of its plateaus.
    #[must_use]
    pub fn of(search: &Search, figures: &[Figures], question: Question<'_>) -> Self {
        let plateaus = search.plateaus();
        let both: Vec<(&Plateau, &Figures)> = plateaus.iter().zip(figures).collect();
        let capacity = capacity(search, &both, question.objectives);
        let (scaling, forecast) = scaling(search.model, &both, capacity.as_ref(), question.forecast);
        let limit = capacity.as_ref().map(|capacity| capacity.load);
        Self {
            bottleneck: bottleneck(&both, question.resources, limit),
            scaling: Some(scaling),
            forecast,
            at_least: carried(search).filter(|_| capacity.is_none()),
            confirmed: strategy::confirmed(plateaus),
            throughput_knee: knees::throughput(search.model, &both),
            latency_knee: knees::latency(&both),
            headroom: headroom(capacity.as_ref(), question.current),
            recovery: recovery(search),
            capacity,
        }
    }

    /// Asks a finished search for the headroom at another load, and for another forecast, where there is one.
    pub fn ask(
        &mut self,
        model: Model,
        plateaus: &[Entry],
        current: Option<f64>,
        forecast: Option<(f64, f64)>,
    ) {
        if current.is_some() {
            self.headroom = headroom(self.capacity.as_ref(), current);
        }
        if forecast.is_some() {
            let both: Vec<_> = plateaus.iter().map(|entry| (&entry.plateau, &entry.figures)).collect();
            self.forecast = scaling(model, &both, self.capacity.as_ref(), forecast).1;
        }
    }
}

fn headroom(capacity: Option<&Capacity>, current: Option<f64>) -> Option<Headroom> {
    let (capacity, current) = capacity.zip(current)?;
    let left = |load: f64| 1.0 - current / load;
    let at_least = (capacity.low > 0.0).then(|| left(capacity.low));
    Some(Headroom { current, share: left(capacity.load), at_least })
}

/// No capacity is claimed when the generator, not the target, was at its limit.
fn capacity(search: &Search, plateaus: &[(&Plateau, &Figures)], objectives: &[String]) -> Option<Capacity> {
    let provisional = match search.end() {
        // What carries far more has its limit somewhere else.
        Some(End::Found) => strategy::carried_overload(search.plateaus())
            .is_some_and(|plateau| plateau.verdict == Verdict::Held),
        Some(End::Budget | End::Interrupted | End::NotConfirmed | End::NotRecovered { .. }) | None => true,
        Some(
            End::LimitNotReached
            | End::Undecided { .. }
            | End::NotHeld
            | End::GeneratorLimited { .. }
            | End::NoVus
            | End::NoData { .. }
            | End::Broken { .. },
        ) => return None,
    };
    let estimate = strategy::estimate(search)?;
    let crossing = estimate.crossing;
    let gave_way = |plateau: &Plateau| match plateau.verdict {
        Verdict::Failed { objective } => Some(objective) == estimate.objective,
        _ => false,
    };
    let nearest = |plateau: &Plateau| (plateau.load / crossing.load).ln().abs();
    let missed = plateaus.iter().filter(|(plateau, _)| gave_way(plateau));
    let missed = missed.min_by(|a, b| nearest(a.0).total_cmp(&nearest(b.0)));
    let near = plateaus.iter().filter(|(_, figures)| figures.throughput > 0.0);
    let near = near.min_by(|a, b| nearest(a.0).total_cmp(&nearest(b.0)));
    let requests = |(plateau, figures): &(&Plateau, &Figures)| {
        let per_load = match search.model {
            Model::Open => figures.requests / figures.throughput,
            Model::Closed => figures.requests / plateau.load,
        };
        crossing.load * per_load
    };
    Some(Capacity {
        load: crossing.load,
        low: crossing.low,
        high: crossing.high,
        bracket: estimate.is_bracket,
        gives_way: estimate
            .objective
            .and_then(|objective| objectives.get(objective).cloned())
            .or(estimate.collapse)
            .unwrap_or_default(),
        endpoint: missed.and_then(|(_, figures)| figures.endpoint.clone()),
        requests: near.map_or(0.0, requests),
        provisional,
    })
}

/// The highest load that was carried.
fn carried(search: &Search) -> Option<f64> {
    let sweeps = |plateau: &Plateau| matches!(plateau.purpose, Purpose::Overload | Purpose::Return);
    let held = search.plateaus().iter().filter(|plateau| plateau.verdict == Verdict::Held);
    held.filter(|plateau| !sweeps(plateau)).map(|plateau| plateau.load).max_by(f64::total_cmp)
}

fn recovery(search: &Search) -> Recovery {
    let plateaus = search.plateaus();
    if let Some(overload) = strategy::carried_overload(plateaus) {
        let load = super::text::load(search.model, overload.load);
        let why = match overload.verdict {
            Verdict::Held => format!("{load} were carried, so that was no overload"),
            _ => format!("whether {load} are an overload could not be decided"),
        };
        return Recovery::CannotTell { why };
    }
    let Some(first) = strategy::returned(plateaus) else { return not_returned(search) };
    let mut returns = plateaus.iter().filter(|plateau| plateau.purpose == Purpose::Return);
    let (load, seconds) = (first.load, first.seconds());
    match strategy::is_metastable(plateaus) {
        Some(false) => Recovery::Recovers { load, seconds },
        Some(true) => {
            let recovers_at = returns.find(|plateau| plateau.verdict == Verdict::Held);
            Recovery::Metastable { load, seconds, recovers_at: recovers_at.map(|plateau| plateau.load) }
        }
        None => Recovery::CannotTell {
            why: match &first.verdict {
                Verdict::Failed { .. } => {
                    format!("after {seconds:.0} s it was still working off what the overload had left")
                }
                Verdict::CannotTell { why } => why.clone(),
                other => format!("the plateau after the overload {}", other.as_str()),
            },
        },
    }
}

/// What kept the target from being overloaded, or from being seen afterwards.
fn not_returned(search: &Search) -> Recovery {
    let cut_short = search.cut_short().filter(|_| search.limits().recovery);
    let Some(end) = cut_short else { return Recovery::NotTested };
    let why = match end {
        End::Budget => "there was no time left for it".to_owned(),
        End::GeneratorLimited { why } => format!("the generator could not do it ({why})"),
        End::NotRecovered { seconds } => {
            format!("the target did not come back within {seconds:.0} s without load")
        }
        End::NoVus => "there were too few VUs for it".to_owned(),
        End::Interrupted => "the search was interrupted before".to_owned(),
        _ => "the search ended before".to_owned(),
    };
    Recovery::CannotTell { why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_search_is_asked_again() {
        let (gives_way, endpoint) = (String::new(), None);
        let (load, low, high) = (200.0, 160.0, 240.0);
        let capacity = Capacity {
            load,
            low,
            high,
            bracket: false,
            gives_way,
            endpoint,
            requests: 0.0,
            provisional: false,
        };
        let mut answer = Answer { capacity: Some(capacity), ..Answer::default() };
        answer.ask(Model::Open, &[], Some(100.0), Some((500.0, 0.3)));
        assert_eq!(answer.headroom, Some(Headroom { current: 100.0, share: 0.5, at_least: Some(0.375) }));
        let asked = answer.forecast.as_ref().map(|forecast| (forecast.rate, forecast.instances));
        assert_eq!(asked, Some((500.0, None)), "no plateaus make no model");
        // What is not asked for stays.
        answer.ask(Model::Open, &[], None, None);
        assert!(answer.headroom.is_some() && answer.forecast.is_some());
    }

    #[test]
    fn names_in_json_are_all_of_one_kind() {
        let headroom = Headroom { current: 350.0, share: 0.5, at_least: None };
        let text = serde_json::to_string(&headroom).expect("JSON");
        assert_eq!(text, r#"{"current":350.0,"share":0.5,"atLeast":null}"#);
        assert_eq!(serde_json::from_str::<Headroom>(&text).expect("what was written"), headroom);
        let recovery = Recovery::Metastable { load: 1.0, seconds: 60.0, recovers_at: Some(0.5) };
        let text = serde_json::to_string(&recovery).expect("JSON");
        assert_eq!(text, r#"{"verdict":"metastable","load":1.0,"seconds":60.0,"recoversAt":0.5}"#);
        assert_eq!(serde_json::from_str::<Recovery>(&text).expect("what was written"), recovery);
    }
}
