//! What the Universal Scalability Law makes of the plateaus, and how many instances a forecast needs.

use serde::{Deserialize, Serialize};

use super::{
    answer::Capacity,
    figures::Figures,
    plateau::{Plateau, Purpose, Verdict},
    search::Model,
};
use crate::scalability::{self, Range};

/// A model of the service, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "verdict")]
pub enum Scaling {
    /// The plateaus do not contradict the law.
    Accepted {
        /// Throughput of one iteration at a time.
        lambda: Span,
        /// Contention: the share of the work that waits in a line.
        alpha: Span,
        /// Coherency: what each one costs every other.
        beta: Span,
        /// What throughput cannot exceed.
        ceiling: Span,
        /// Iterations under way at which throughput is highest, if it ever falls.
        peak: Option<Span>,
        /// The share of the variance of throughput that the law explains.
        r_squared: f64,
        /// How many plateaus it was fitted to.
        plateaus: usize,
    },
    /// There is no model.
    Refused {
        /// Why not.
        why: String,
    },
}

/// A number, and from where to where it may be, with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// The best guess.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl From<Range> for Span {
    fn from(Range { value, low, high }: Range) -> Self {
        Self { value, low, high }
    }
}

/// How many instances a rate needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// The rate that is to be served.
    pub rate: f64,
    /// The share that is to stay free.
    pub headroom: f64,
    /// Instances; nothing where no model was accepted.
    pub instances: Option<u64>,
    /// If one carries as much as its interval allows.
    pub at_least: Option<u64>,
    /// If it carries as little.
    pub at_most: Option<u64>,
    /// What it rests on, or why there is none.
    pub notes: Vec<String>,
}

/// Fits the law to the plateaus that were steady, and answers a forecast (a rate and a share to spare).
pub(super) fn scaling(
    model: Model,
    plateaus: &[(&Plateau, &Figures)],
    capacity: Option<&Capacity>,
    asked: Option<(f64, f64)>,
) -> (Scaling, Option<Forecast>) {
    let points: Vec<_> =
        plateaus.iter().filter(|(plateau, _)| is_searched(plateau)).filter_map(point).collect();
    let fitted = scalability::fit(&points, 1);
    let forecast = asked.map(|(rate, headroom)| match &fitted {
        Ok(fitted) => forecast(fitted, model, capacity, rate, headroom),
        Err(refusal) => refused(rate, headroom, format!("there is no model: {refusal}")),
    });
    let scaling = match fitted {
        Ok(fitted) => Scaling::Accepted {
            lambda: fitted.lambda.into(),
            alpha: fitted.alpha.into(),
            beta: fitted.beta.into(),
            ceiling: fitted.ceiling.into(),
            peak: fitted.peak.map(|peak| peak.concurrency.into()),
            r_squared: fitted.r_squared,
            plateaus: fitted.plateaus,
        },
        Err(refusal) => Scaling::Refused { why: refusal.to_string() },
    };
    (scaling, forecast)
}

fn is_searched(plateau: &Plateau) -> bool {
    let searched = !matches!(plateau.purpose, Purpose::Overload | Purpose::Return);
    let judged =
        matches!(plateau.verdict, Verdict::Held | Verdict::Failed { .. } | Verdict::CannotTell { .. });
    searched && judged
}

/// A plateau of which Little's law holds; others are of no use to any model.
fn point((_, figures): &(&Plateau, &Figures)) -> Option<scalability::Plateau> {
    let point = scalability::Plateau {
        concurrency: figures.in_flight,
        throughput: figures.throughput,
        latency: figures.little / figures.throughput,
    };
    (figures.obeys_little() && point.off_littles_law() <= 0.1).then_some(point)
}

fn forecast(
    fitted: &scalability::Model,
    model: Model,
    capacity: Option<&Capacity>,
    rate: f64,
    headroom: f64,
) -> Forecast {
    let within = capacity.filter(|_| model == Model::Open);
    let per_instance = within.map_or(fitted.ceiling, |capacity| Range {
        value: capacity.load,
        low: capacity.low,
        high: capacity.high,
    });
    match fitted.forecast_of(per_instance, rate, headroom) {
        Err(error) => refused(rate, headroom, error.to_string()),
        Ok(forecast) => Forecast {
            rate,
            headroom,
            instances: Some(forecast.instances),
            at_least: Some(forecast.at_least),
            at_most: Some(forecast.at_most),
            notes: forecast.assumptions(),
        },
    }
}

fn refused(rate: f64, headroom: f64, why: String) -> Forecast {
    Forecast { rate, headroom, instances: None, at_least: None, at_most: None, notes: vec![why] }
}
