//! What to do next, as a function of the plateaus so far: the same when a search is taken up again.
//!
//! 1. *Climb*: four times the load while far from every objective, else twice, until it is too much. (Down by
//!    four when the first load already is.)
//! 2. *Narrow*: halve, on a logarithmic scale, what lies between.
//! 3. *Refine*: plateaus a little below, above and at where the objectives should just be met, until the
//!    interval of that load is narrow enough.
//! 4. *Confirm*: a load at the lower end of the interval has to be held twice; if not, a lower one.
//! 5. *Sweep*: overload the target, then return to loads that it carried before.
//!
//! A load that fails while many VUs run their first iteration is held again before anything follows from it.

use super::{
    crossing::{Bound, Crossing, crossing},
    moment::{in_flight, sum, total},
    plateau::{Collapse, Plateau, Purpose, Verdict},
    search::{Bar, End, Model, Search},
};

/// What is next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Next {
    Hold(f64, Purpose),
    End(End),
}

/// Below this ratio there is nothing to halve any more.
const NARROW: f64 = 1.15;
/// How far from the crossing refining plateaus are.
const AROUND: [f64; 3] = [-0.04, 0.04, 0.0];
const FEWEST_REFINING: usize = 3;
const MOST_REFINING: usize = 12;
const MOST_CONFIRMING: usize = 8;
/// How far below a load that was carried the first one to be confirmed is, at most.
const LEAST_CONFIRMED: f64 = 0.9;
/// Refining plateaus farther away from where the limit is thought to be were for another one.
const NEARBY: f64 = 1.4;
/// So often the upper end of a bracket is seen: what happens once may be chance.
const SEEN: usize = 2;
/// By how much less is tried after a load that could not be confirmed.
const STEP_DOWN: f64 = 0.96;
/// Overload, in relation to the limit.
const OVERLOAD: f64 = 1.4;
/// What a target returns to, in relation to the limit: at most, and at best.
const RETURN: (f64, f64) = (0.92, 0.85);
/// A load this far below the limit would show less.
const RETURN_AT_LEAST: f64 = 0.75;
/// Where to return to next if that was still too much, in relation to it.
const RETURN_FURTHER: f64 = 0.6;
/// With this share of failed requests nearly nothing passes.
const ALL_FAIL: f64 = 0.95;
/// A load that fails while many VUs are new is held again so often.
const FRESH: usize = 2;
/// A plateau that the generator could not do is tried again so many times, all in all.
const VOID: usize = 3;

pub(super) fn next(search: &Search, left: f64) -> Next {
    let plateaus = &search.plateaus;
    if let Some(last) = plateaus.last().filter(|last| last.fails_fresh()) {
        // The VUs that it took are there now, so that the next time shows what the load itself does.
        let again = plateaus.iter().filter(|plateau| plateau.fails_fresh() && same(plateau.load, last.load));
        if again.count() <= FRESH {
            return Next::Hold(last.load, last.purpose);
        }
    }
    if let Some(end) = given_up(search) {
        return Next::End(end);
    }
    if let Some(last) = plateaus.last()
        && matches!(last.verdict, Verdict::GeneratorLimited { .. })
    {
        return Next::Hold(last.load, last.purpose);
    }
    if plateaus.iter().any(|plateau| is_sweep(plateau.purpose)) {
        return sweep(search);
    }
    let Bracket { low, high } = bracket(search);
    let most = search.limits.most;
    // An earlier search may have been allowed more, and have seen it carried.
    let carries_most = carried(plateaus, f64::INFINITY).is_some_and(|load| load >= most);
    match (low, high.filter(|high| *high <= most)) {
        (Some(low), None) if low > most && carries_most => Next::End(End::LimitNotReached),
        (None, None) => Next::Hold(search.round(search.limits.start), Purpose::Climb),
        (Some(low), None) => climb(search, low),
        (None, Some(high)) => descend(search, high),
        (Some(low), Some(high)) => between(search, low, high, left),
    }
}

/// What makes going on pointless.
fn given_up(search: &Search) -> Option<End> {
    let plateaus = &search.plateaus;
    let void = plateaus.iter().filter(|plateau| matches!(plateau.verdict, Verdict::GeneratorLimited { .. }));
    let last = plateaus.last()?;
    let at_this_load = void.clone().filter(|plateau| same(plateau.load, last.load)).count();
    match &last.verdict {
        Verdict::GeneratorLimited { why } if at_this_load > 1 || void.count() > VOID => {
            Some(End::GeneratorLimited { why: why.clone() })
        }
        // What an overload does to the target is what it is for.
        _ if is_sweep(last.purpose) => None,
        Verdict::NoVus => Some(End::NoVus),
        Verdict::NoData { objective } => Some(End::NoData { objective: *objective }),
        Verdict::Collapsed { why, .. } => is_broken(search, last).then(|| End::Broken { why: why.clone() }),
        _ => None,
    }
}

/// Whether the target fails whatever the load is: under the lowest load, or under a second one that nearly
/// nothing passes, either. Under a single load it may be that load's doing.
fn is_broken(search: &Search, last: &Plateau) -> bool {
    let fails = |plateau: &&Plateau| match plateau.verdict {
        Verdict::Collapsed { collapse: Collapse::Stalled, .. } => true,
        Verdict::Collapsed { collapse: Collapse::Failures, .. } => {
            let judged = sum(&plateau.moments, |moment| moment.judged);
            sum(&plateau.moments, |moment| moment.failed) >= ALL_FAIL * judged
        }
        _ => false,
    };
    let fails_at_least = last.load <= search.limits.least
        && matches!(
            last.verdict,
            Verdict::Collapsed { collapse: Collapse::Stalled | Collapse::Failures, .. }
        );
    let earlier = search.plateaus.iter().filter(fails).any(|plateau| !same(plateau.load, last.load));
    let ever_held = search.plateaus.iter().any(|plateau| plateau.verdict == Verdict::Held);
    !ever_held && (fails_at_least || earlier && fails(&last))
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs()
}

fn is_sweep(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Overload | Purpose::Return)
}

/// The plateaus whose verdicts count: a failure among new VUs does not once the same load was held again.
fn believed(plateaus: &[Plateau]) -> impl Iterator<Item = &Plateau> {
    let is_held_again = |at: usize| {
        let mut later = plateaus[at + 1..].iter().filter(|plateau| plateau.is_conclusive());
        later.any(|plateau| same(plateau.load, plateaus[at].load))
    };
    let counts = move |(at, plateau): &(usize, &Plateau)| !plateau.fails_fresh() || !is_held_again(*at);
    plateaus.iter().enumerate().filter(counts).map(|(_, plateau)| plateau)
}

/// The highest load that is carried, and the lowest that is too much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bracket {
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
}

/// Verdicts are wrong now and then; so the limit is put where verdicts for the fewest seconds contradict it.
pub(super) fn bracket(search: &Search) -> Bracket {
    let judged = |plateau: &&Plateau| !is_sweep(plateau.purpose);
    let held = |plateau: &Plateau| match plateau.verdict {
        Verdict::Held => Some(true),
        Verdict::Failed { .. } | Verdict::Collapsed { .. } => Some(false),
        // Few samples under little load decide nothing; as long as they look well there is no need to wait.
        Verdict::CannotTell { .. } if plateau.purpose == Purpose::Climb => Some(looks_well(search, plateau)),
        _ => None,
    };
    let verdicts: Vec<(f64, bool, f64)> = believed(&search.plateaus)
        .filter(judged)
        .filter_map(|plateau| Some((plateau.load, held(plateau)?, plateau.seconds())))
        .collect();
    let contradicted = |limit: f64| -> f64 {
        let against = |(load, held, seconds): &(f64, bool, f64)| {
            let wrong = if *held { *load > limit } else { *load <= limit };
            if wrong { *seconds } else { 0.0 }
        };
        verdicts.iter().map(against).sum()
    };
    let limits = std::iter::once(0.0).chain(verdicts.iter().map(|(load, ..)| *load));
    let limit = limits.min_by(|a, b| contradicted(*a).total_cmp(&contradicted(*b)).then(b.total_cmp(a)));
    let limit = limit.unwrap_or(0.0);
    let loads = |wanted: bool| verdicts.iter().filter(move |v| v.1 == wanted).map(|v| v.0);
    Bracket {
        low: loads(true).filter(|load| *load <= limit).max_by(f64::total_cmp),
        high: loads(false).filter(|load| *load > limit).min_by(f64::total_cmp),
    }
}

fn climb(search: &Search, low: f64) -> Next {
    let limits = &search.limits;
    let tried = search.plateaus.iter().map(|plateau| plateau.load).fold(low, f64::max);
    if tried >= limits.most {
        return at_most(search, limits.most);
    }
    let at = |plateau: &&Plateau| same(plateau.load, low);
    let is_far = search.plateaus.iter().rev().find(at).is_some_and(|plateau| is_far(search, plateau));
    // Where new VUs have been too much at once, there are fewer of them at a time.
    let is_careful = search.plateaus.iter().any(Plateau::fails_fresh);
    let factor = if is_far && !is_careful { 4.0 } else { 2.0 };
    Next::Hold(search.round(tried * factor), Purpose::Climb)
}

/// At the highest load allowed it has to be decided whether it is carried.
fn at_most(search: &Search, most: f64) -> Next {
    const ATTEMPTS: usize = 2;
    let at = |plateau: &&Plateau| same(plateau.load, most);
    let attempts = search.plateaus.iter().filter(at);
    match search.plateaus.iter().rev().find(at).map(|plateau| &plateau.verdict) {
        Some(Verdict::Held) => Next::End(End::LimitNotReached),
        Some(Verdict::CannotTell { why }) if attempts.count() > ATTEMPTS => {
            Next::End(End::Undecided { why: why.clone() })
        }
        _ => Next::Hold(most, Purpose::Narrow),
    }
}

/// Whether all objectives are met by what was seen, sure or not.
fn looks_well(search: &Search, plateau: &Plateau) -> bool {
    search.bounds.iter().enumerate().all(|(objective, bar)| {
        let tally = total(plateau.steady(), objective);
        tally.over <= bar.limit * tally.of
    })
}

/// Whether all objectives would be met with a quarter of their values, too.
fn is_far(search: &Search, plateau: &Plateau) -> bool {
    search.bounds.iter().enumerate().all(|(objective, bar)| {
        let tally = total(plateau.steady(), objective);
        (tally.of > 0.0 || bar.is_optional) && tally.near <= bar.limit * tally.of
    })
}

fn descend(search: &Search, high: f64) -> Next {
    if high <= search.limits.least {
        return Next::End(End::NotHeld);
    }
    Next::Hold(search.round(high / 4.0), Purpose::Climb)
}

fn between(search: &Search, low: f64, high: f64, left: f64) -> Next {
    let middle = search.round((low * high).sqrt());
    let is_new = |load: f64| !search.plateaus.iter().any(|plateau| same(plateau.load, load));
    let undecided = search.plateaus.iter().any(|plateau| {
        matches!(plateau.verdict, Verdict::CannotTell { .. })
            && plateau.purpose != Purpose::Climb
            && plateau.load > low
            && plateau.load < high
    });
    if high / low > NARROW && !undecided && is_new(middle) {
        return Next::Hold(middle, Purpose::Narrow);
    }
    let is_near = |plateau: &&Plateau| plateau.load >= low / NEARBY && plateau.load <= high * NEARBY;
    let refines = search.plateaus.iter().filter(|plateau| plateau.purpose == Purpose::Refine);
    let refining = refines.filter(is_near).count();
    let estimate = estimate(search);
    let is_good =
        estimate.as_ref().is_some_and(|estimate| estimate.crossing.relative() <= search.limits.precision);
    // Confirming twice and sweeping take some time, too.
    let reserve = 4.0 * search.limits.longest;
    let enough = is_good && refining >= FEWEST_REFINING;
    if enough || refining >= MOST_REFINING || left < reserve || confirming(search) > 0 {
        if left >= reserve && confirming(search) == 0 && is_doubtful(search, estimate.as_ref(), high) {
            return Next::Hold(high, Purpose::Refine);
        }
        return confirm(search, low, estimate);
    }
    let about = estimate.map_or((low * high).sqrt(), |estimate| estimate.crossing.load);
    let load = search.round(about * (1.0 + AROUND[refining % AROUND.len()]));
    Next::Hold(load, Purpose::Refine)
}

/// Whether a single plateau is all that speaks against a load: a target that stumbles once, for a second or
/// two, must not have its capacity from that. If the load is held the limit is higher (see `bracket`), and
/// the climb goes on.
fn is_doubtful(search: &Search, estimate: Option<&Estimate>, high: f64) -> bool {
    let is_at = |plateau: &&Plateau| plateau.is_conclusive() && same(plateau.load, high);
    let is_bracket = estimate.is_some_and(|estimate| estimate.is_bracket);
    is_bracket && search.plateaus.iter().filter(is_at).count() < SEEN
}

fn confirming(search: &Search) -> usize {
    search.plateaus.iter().filter(|plateau| plateau.purpose == Purpose::Confirm).count()
}

/// The highest load that was held twice when it had to be confirmed.
pub(super) fn confirmed(plateaus: &[Plateau]) -> Option<f64> {
    let held: Vec<f64> = plateaus
        .iter()
        .filter(|plateau| plateau.purpose == Purpose::Confirm && plateau.verdict == Verdict::Held)
        .map(|plateau| plateau.load)
        .collect();
    let twice = |load: &f64| held.iter().filter(|other| same(**other, *load)).count() >= 2;
    held.iter().copied().filter(twice).max_by(f64::total_cmp)
}

fn confirm(search: &Search, low: f64, estimate: Option<Estimate>) -> Next {
    if confirmed(&search.plateaus).is_some() {
        return sweep(search);
    }
    if confirming(search) >= MOST_CONFIRMING {
        return Next::End(End::NotConfirmed);
    }
    let lower_end = estimate.map_or(low, |estimate| estimate.crossing.low.min(estimate.crossing.load * 0.98));
    // However wide the interval is, a load that was carried is a better guess than nearly none.
    let lower_end = lower_end.max(low * LEAST_CONFIRMED);
    let last = search.plateaus.iter().rev().find(|plateau| plateau.purpose == Purpose::Confirm);
    let load = match last {
        None => floor(search, lower_end),
        Some(last) if last.verdict == Verdict::Held => last.load,
        Some(last) => floor(search, (last.load * STEP_DOWN).min(lower_end)).min(below(search, last.load)),
    };
    Next::Hold(load.max(search.limits.least), Purpose::Confirm)
}

/// Rounds down to what can be driven.
fn floor(search: &Search, load: f64) -> f64 {
    match search.model {
        Model::Closed => load.floor().clamp(search.limits.least.max(1.0), search.limits.most),
        Model::Open => search.round(load),
    }
}

/// The next lower load that can be driven.
fn below(search: &Search, load: f64) -> f64 {
    match search.model {
        Model::Closed => (load - 1.0).max(1.0),
        Model::Open => load,
    }
}

/// Where the limit is thought to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Estimate {
    pub(super) crossing: Crossing,
    /// The objective that gives way there, if it is one.
    pub(super) objective: Option<usize>,
    /// How the target broke down otherwise.
    pub(super) collapse: Option<String>,
    /// It lies between a load that was carried and one that was not, and more is not known.
    pub(super) is_bracket: bool,
}

/// The lowest load at which one of the objectives is just met. Where a target breaks down suddenly there is
/// no crossing, and the limit is somewhere between what was carried and what was not.
pub(super) fn estimate(search: &Search) -> Option<Estimate> {
    let plateaus = &search.plateaus;
    let Bracket { low, high } = bracket(search);
    let (low, high) = (low?, high?);
    let all: Vec<&Plateau> = believed(plateaus).collect();
    let about = (low * high).sqrt();
    let crossings = search.bounds.iter().enumerate().filter_map(|(objective, bar)| {
        let bound = Bound { objective, limit: bar.limit, is_share: bar.is_share };
        let crossing = crossing(&all, bound, about)?;
        Some(Estimate { crossing, objective: Some(objective), collapse: None, is_bracket: false })
    });
    // Far outside of what verdicts say a line is wrong: the target breaks down before its objectives tell.
    let fits = |estimate: &Estimate| {
        estimate.crossing.load >= low / NARROW && estimate.crossing.load <= high * NARROW.sqrt()
    };
    let first = crossings.filter(fits).min_by(|a, b| a.crossing.load.total_cmp(&b.crossing.load));
    first.or_else(|| {
        let (objective, collapse) = gave_way(search, high);
        // A climbing plateau may only have looked well, and of a bracket's lower end it is said that it was
        // carried.
        let low = carried(plateaus, low).unwrap_or(low);
        let crossing = Crossing { load: (low * high).sqrt(), low, high };
        Some(Estimate { crossing, objective, collapse, is_bracket: true })
    })
}

/// What gave way at a load: the objective that was missed, or missed most; else how the target broke down.
fn gave_way(search: &Search, load: f64) -> (Option<usize>, Option<String>) {
    let at = believed(&search.plateaus);
    let at = at.filter(|plateau| same(plateau.load, load) && !is_sweep(plateau.purpose));
    let missed = |plateau: &Plateau| {
        let excess = |(objective, bar): (usize, &Bar)| {
            (objective, total(&plateau.moments, objective).ratio() / bar.limit)
        };
        let all = search.bounds.iter().enumerate().map(excess).filter(|(_, excess)| *excess > 1.0);
        all.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(objective, _)| objective)
    };
    let mut found = at.filter_map(|plateau| match &plateau.verdict {
        Verdict::Failed { objective } => Some((Some(*objective), None)),
        Verdict::Collapsed { why, .. } => Some(match missed(plateau) {
            Some(objective) => (Some(objective), None),
            None => (None, Some(why.clone())),
        }),
        _ => None,
    });
    found.next().unwrap_or_default()
}

/// The sweep down. A target that carries again what it carried before is well.
fn sweep(search: &Search) -> Next {
    let over = || Next::End(End::Found);
    let plateaus = &search.plateaus;
    let Some(estimate) = estimate(search).filter(|_| search.limits.recovery) else { return over() };
    let limit = estimate.crossing.load;
    let returns: Vec<&Plateau> =
        plateaus.iter().filter(|plateau| plateau.purpose == Purpose::Return).collect();
    if !plateaus.iter().any(|plateau| plateau.purpose == Purpose::Overload) {
        let load = search.round(limit * OVERLOAD);
        let (most, best) = RETURN;
        let known = carried(plateaus, limit * most).is_some_and(|load| load >= limit * RETURN_AT_LEAST);
        let before = search.round(limit * best);
        if !known && load >= limit * 1.1 && plateaus.iter().all(|plateau| !same(plateau.load, before)) {
            return Next::Hold(before, Purpose::Confirm);
        }
        return if load < limit * 1.1 { over() } else { Next::Hold(load, Purpose::Overload) };
    }
    if carried_overload(plateaus).is_some() {
        return over();
    }
    let below = match returns.last() {
        None => limit * RETURN.0,
        Some(last) if last.verdict == Verdict::Held || returns.len() >= 3 => return over(),
        // Carried or not, it shows how far down the target has to go.
        Some(last) => last.load * RETURN_FURTHER,
    };
    match carried(plateaus, below.min(search.limits.most)) {
        Some(load) => Next::Hold(load, Purpose::Return),
        None => over(),
    }
}

/// The highest load up to this one that was carried on the way up.
fn carried(plateaus: &[Plateau], most: f64) -> Option<f64> {
    let held =
        plateaus.iter().filter(|plateau| !is_sweep(plateau.purpose) && plateau.verdict == Verdict::Held);
    held.map(|plateau| plateau.load).filter(|load| *load <= most).max_by(f64::total_cmp)
}

/// The overload that was none: nothing shows that it was too much.
pub(super) fn carried_overload(plateaus: &[Plateau]) -> Option<&Plateau> {
    let is_none = |plateau: &Plateau| matches!(plateau.verdict, Verdict::Held | Verdict::CannotTell { .. });
    let mut overloads = plateaus.iter().filter(|plateau| plateau.purpose == Purpose::Overload);
    overloads.next_back().filter(|plateau| is_none(plateau))
}

/// Whether the target stays broken down under a load that it carried before.
pub(super) fn is_metastable(plateaus: &[Plateau]) -> Option<bool> {
    match returned(plateaus)?.verdict {
        Verdict::Held => Some(false),
        // Not a single answer.
        Verdict::NoData { .. } => Some(true),
        Verdict::Failed { .. } if !returned(plateaus).is_some_and(drains) => Some(true),
        _ => None,
    }
}

/// The first plateau after the overload that the generator could do.
pub(super) fn returned(plateaus: &[Plateau]) -> Option<&Plateau> {
    let is_void = |plateau: &Plateau| matches!(plateau.verdict, Verdict::GeneratorLimited { .. });
    plateaus.iter().find(|plateau| plateau.purpose == Purpose::Return && !is_void(plateau))
}

/// Whether what is under way becomes less, as it does while a target works off what it was overloaded with.
fn drains(plateau: &Plateau) -> bool {
    let half = plateau.moments.len() / 2;
    let (before, after) = plateau.moments.split_at(half);
    in_flight(after) < 0.9 * in_flight(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::{Limits, Moment, Tally};

    #[test]
    fn an_objective_whose_line_is_out_of_place_does_not_hide_the_others() {
        // The second one would be met up to 75/s only, but 95/s was held.
        let rows = [
            (75.0, 0.005, 0.05),
            (85.0, 0.015, 0.06),
            (95.0, 0.035, 0.07),
            (105.0, 0.07, 0.08),
            (115.0, 0.13, 0.09),
        ];
        let plateau = |(load, first, second): (f64, f64, f64)| {
            let tally = |share: f64| Tally { over: 100.0 * share, near: 0.0, of: 100.0 };
            let moment =
                Moment { seconds: 0.25, tallies: vec![tally(first), tally(second)], ..Moment::default() };
            let mut plateau = Plateau::new(load, Purpose::Narrow);
            plateau.verdict = if load < 100.0 { Verdict::Held } else { Verdict::Failed { objective: 0 } };
            plateau.moments = vec![moment; 40];
            plateau
        };
        let limits = Limits {
            start: 10.0,
            least: 1.0,
            most: 1_000.0,
            precision: 0.02,
            shortest: 3.0,
            longest: 20.0,
            budget: 600.0,
            recovery: true,
        };
        let bar = Bar { limit: 0.05, is_share: true, is_optional: false };
        let search = Search::new(Model::Open, limits, vec![bar; 2], rows.map(plateau).to_vec());
        let found = estimate(&search).expect("there is a limit");
        assert_eq!((found.objective, found.is_bracket), (Some(0), false), "{found:?}");
        assert!((found.crossing.load - 100.0).abs() < 3.0, "{found:?}");
    }
}
