//! Which resource of the target gives way: named only if the evidence leaves no choice.
//!
//! A resource is a candidate if it has a limit, is used to 95 % of it or more on the plateau next to the
//! limit that misses the objectives (what only an overload fills is not what gives way), and to less than
//! 70 % at half the capacity. If there is exactly one, it is named. None, or several at once (one of which
//! may only be the consequence of another), is "cannot tell", and so is one of which nothing was seen there.

use serde::{Deserialize, Serialize};

use super::{
    figures::Figures,
    plateau::{Plateau, Purpose, Verdict},
};

/// Something that was observed of the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Its name, as in the figures of plateaus.
    pub name: String,
    /// Where it is full, if it ever is.
    pub limit: Option<f64>,
}

/// What gives way first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Bottleneck {
    /// Nothing was observed.
    #[default]
    NotObserved,
    /// This resource.
    Named {
        /// Its name.
        resource: String,
        /// The numbers that say so.
        evidence: String,
    },
    /// It cannot be told.
    CannotTell {
        /// Why not.
        why: String,
    },
}

const FULL: f64 = 0.95;
const SPARE: f64 = 0.7;

/// Names what gives way first, by the means of what was observed on each plateau. `limit` is the capacity.
pub(super) fn bottleneck(
    plateaus: &[(&Plateau, &Figures)],
    resources: &[Resource],
    limit: Option<f64>,
) -> Bottleneck {
    if resources.is_empty() {
        return Bottleneck::NotObserved;
    }
    let Some(limit) = limit else {
        return Bottleneck::CannotTell { why: "no limit of the target was found".to_owned() };
    };
    let missed = |plateau: &Plateau| {
        plateau.load >= limit
            && is_searched(plateau)
            && matches!(plateau.verdict, Verdict::Failed { .. } | Verdict::Collapsed { .. })
    };
    if !plateaus.iter().any(|(plateau, _)| is_low(plateau, limit)) {
        let why = "no plateau at half the capacity or below shows what is used there".to_owned();
        return Bottleneck::CannotTell { why };
    }
    let full: Vec<(&Resource, String)> = resources
        .iter()
        .filter_map(|resource| {
            let of = |wanted: &dyn Fn(&Plateau) -> bool| -> Vec<(f64, f64)> {
                let some = plateaus.iter().filter(|(plateau, _)| wanted(plateau));
                some.filter_map(|(plateau, figures)| Some((plateau.load, used(resource, figures)?))).collect()
            };
            let above = of(&missed);
            let below = of(&|plateau| is_low(plateau, limit));
            let (at, most) = above.into_iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
            let (before, least) = below.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
            (most >= FULL && least < SPARE).then(|| {
                let evidence = format!(
                    "used to {:.0} % at {at:.0}, to {:.0} % at {before:.0}",
                    most * 100.0,
                    least * 100.0
                );
                (resource, evidence)
            })
        })
        .collect();
    if let Some(name) = unseen(plateaus, resources, missed) {
        let why = format!("{name} was not seen where the objectives are missed");
        return Bottleneck::CannotTell { why };
    }
    match &full[..] {
        [(resource, evidence)] => {
            Bottleneck::Named { resource: resource.name.clone(), evidence: evidence.clone() }
        }
        [] => Bottleneck::CannotTell { why: "nothing that was observed is full".to_owned() },
        several => {
            let names: Vec<&str> = several.iter().map(|(resource, _)| resource.name.as_str()).collect();
            Bottleneck::CannotTell { why: format!("several are full at once: {}", names.join(", ")) }
        }
    }
}

/// What comes during and after an overload shows what that does, and not what gives way first.
fn is_searched(plateau: &Plateau) -> bool {
    !matches!(plateau.purpose, Purpose::Overload | Purpose::Return)
}

/// A resource that fell silent where the objectives are missed: it may be what is full. One that was never
/// seen is not there, of which whoever observes it has been warned.
fn unseen<'r>(
    plateaus: &[(&Plateau, &Figures)],
    resources: &'r [Resource],
    missed: impl Fn(&Plateau) -> bool,
) -> Option<&'r str> {
    let is_missed = plateaus.iter().any(|(plateau, _)| missed(plateau));
    let is_seen = |resource: &Resource, among: &dyn Fn(&Plateau) -> bool| {
        plateaus.iter().any(|(plateau, figures)| among(plateau) && used(resource, figures).is_some())
    };
    let falls_silent = |resource: &&Resource| is_seen(resource, &|_| true) && !is_seen(resource, &missed);
    resources.iter().filter(|_| is_missed).find(falls_silent).map(|resource| resource.name.as_str())
}

/// Whether the load is half the capacity at most, and nothing speaks against it, decided or not.
fn is_low(plateau: &Plateau, limit: f64) -> bool {
    plateau.load <= 0.5 * limit
        && is_searched(plateau)
        && matches!(plateau.verdict, Verdict::Held | Verdict::CannotTell { .. })
}

/// Which share of the resource was used.
fn used(resource: &Resource, figures: &Figures) -> Option<f64> {
    let limit = resource.limit.filter(|limit| *limit > 0.0)?;
    Some(figures.observed.get(&resource.name)? / limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: f64 = 200.0;

    /// Of 280/s and more it is that they were an overload.
    fn judge(rows: &[(f64, bool, f64, f64)]) -> Bottleneck {
        let one = |&(load, held, cpu, pool): &(f64, bool, f64, f64)| {
            let is_over = load > 1.3 * LIMIT;
            let mut plateau = Plateau::new(load, if is_over { Purpose::Overload } else { Purpose::Climb });
            plateau.verdict = if held { Verdict::Held } else { Verdict::Failed { objective: 0 } };
            let observed = [("cpu".to_owned(), cpu), ("pool".to_owned(), pool)].into();
            (plateau, Figures { observed, ..Figures::default() })
        };
        let all: Vec<_> = rows.iter().map(one).collect();
        let all: Vec<_> = all.iter().map(|(plateau, figures)| (plateau, figures)).collect();
        let resource = |name: &str, limit| Resource { name: name.to_owned(), limit: Some(limit) };
        bottleneck(&all, &[resource("cpu", 2.0), resource("pool", 10.0)], Some(LIMIT))
    }

    #[test]
    fn the_only_one_that_is_full_is_named() {
        let named = judge(&[(50.0, true, 0.1, 2.4), (100.0, true, 0.2, 5.0), (210.0, false, 0.4, 9.9)]);
        let Bottleneck::Named { resource, evidence } = named else { panic!("{named:?}") };
        assert_eq!((resource.as_str(), evidence.as_str()), ("pool", "used to 99 % at 210, to 50 % at 100"));
    }

    #[test]
    fn several_or_none_cannot_be_told() {
        let both = judge(&[(50.0, true, 0.1, 2.4), (210.0, false, 1.95, 9.9)]);
        assert!(matches!(both, Bottleneck::CannotTell { .. }), "{both:?}");
        let none = judge(&[(50.0, true, 0.1, 2.4), (210.0, false, 0.3, 8.0)]);
        assert!(matches!(none, Bottleneck::CannotTell { .. }), "{none:?}");
        let always = judge(&[(50.0, true, 0.1, 9.9), (210.0, false, 0.3, 9.9)]);
        assert!(matches!(always, Bottleneck::CannotTell { .. }), "full at low load, too: {always:?}");
    }

    #[test]
    fn what_only_more_load_fills_is_not_named() {
        let low = (50.0, true, 0.1, 2.4);
        let overload = judge(&[low, (210.0, false, 0.3, 6.0), (280.0, false, 1.99, 6.0)]);
        assert!(matches!(overload, Bottleneck::CannotTell { .. }), "{overload:?}");
        let farther = judge(&[low, (210.0, false, 0.3, 9.9), (250.0, false, 1.99, 9.9)]);
        let Bottleneck::Named { resource, .. } = farther else { panic!("{farther:?}") };
        assert_eq!(resource, "pool");
    }

    #[test]
    fn what_falls_silent_under_load_may_be_full() {
        let plateau = |load: f64, verdict, observed: &[(&str, f64)]| {
            let mut plateau = Plateau::new(load, Purpose::Climb);
            plateau.verdict = verdict;
            let observed = observed.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
            (plateau, Figures { observed, ..Figures::default() })
        };
        let all = [
            plateau(50.0, Verdict::Held, &[("cpu", 0.1), ("pool", 2.0)]),
            plateau(210.0, Verdict::Failed { objective: 0 }, &[("cpu", 1.99)]),
        ];
        let all: Vec<_> = all.iter().map(|(plateau, figures)| (plateau, figures)).collect();
        let resource = |name: &str, limit| Resource { name: name.to_owned(), limit };
        let told =
            |name, limit| bottleneck(&all, &[resource("cpu", Some(2.0)), resource(name, limit)], Some(200.0));
        let Bottleneck::CannotTell { why } = told("pool", Some(10.0)) else { panic!("it may be the pool") };
        assert_eq!(why, "pool was not seen where the objectives are missed");
        let is_named = |found| matches!(found, Bottleneck::Named { resource, .. } if resource == "cpu");
        assert!(is_named(told("pool", None)), "without a limit it is no candidate");
        assert!(is_named(told("lock", Some(1.0))), "what was never there is not full");
    }

    #[test]
    fn without_a_low_load_that_is_what_is_said() {
        let found = judge(&[(150.0, true, 0.1, 6.0), (210.0, false, 0.3, 9.9)]);
        let Bottleneck::CannotTell { why } = found else { panic!("{found:?}") };
        assert!(why.contains("no plateau at half the capacity"), "{why}");
    }
}
