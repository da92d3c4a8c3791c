//! A plateau: one load, held until it is decided whether the service carries it.

use serde::{Deserialize, Serialize};

use super::{
    moment::{Moment, in_flight, sum, total},
    ratio::{FEWEST, Ratio},
    search::{Bar, Limits, Model},
    transient,
};

/// What a plateau is held for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// To find a load that is too much.
    Climb,
    /// To halve what lies between a load that is carried and one that is too much.
    Narrow,
    /// To learn the load at which the objectives are just met.
    Refine,
    /// To see a load carried once more.
    Confirm,
    /// To overload the target for a moment.
    Overload,
    /// To see whether it carries again what it carried before.
    Return,
}

/// What became of a plateau.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// All objectives are met.
    Held,
    /// An objective is missed.
    Failed {
        /// Its place among the objectives.
        objective: usize,
    },
    /// It could not be told within the longest time.
    CannotTell {
        /// Why not.
        why: String,
    },
    /// The target broke down, so that the load was taken away at once.
    Collapsed {
        /// What was seen.
        why: String,
    },
    /// All VUs were busy although the objectives were met.
    NoVus,
    /// The generator could not do what was asked, so that nothing can be said of the target.
    GeneratorLimited {
        /// What was seen.
        why: String,
    },
    /// No sample reached an objective.
    NoData {
        /// Its place among the objectives.
        objective: usize,
    },
    /// It was ended from outside, or served its purpose without a verdict.
    Ended,
}

impl Verdict {
    /// A word or two.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Failed { .. } => "failed",
            Self::CannotTell { .. } => "cannot tell",
            Self::Collapsed { .. } => "collapsed",
            Self::NoVus => "no VUs left",
            Self::GeneratorLimited { .. } => "generator-limited",
            Self::NoData { .. } => "no data",
            Self::Ended => "ended",
        }
    }
}

/// One load, and what was seen meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plateau {
    /// Iterations per second, or VUs.
    pub load: f64,
    /// What it was held for.
    pub purpose: Purpose,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// How many of the first moments are transient.
    pub cut: usize,
    /// What was seen, moment by moment.
    pub moments: Vec<Moment>,
}

/// What a plateau is judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judge<'a> {
    pub(super) limits: &'a Limits,
    pub(super) model: Model,
    /// The objectives.
    pub(super) bounds: &'a [Bar],
}

/// An objective that is not decided: its place, its interval, and how many samples there are.
type Open = (usize, Option<(f64, f64)>, f64);

/// Looks at a plateau that early are wrong less often, because there are many of them.
const CONFIDENCE_EARLY: f64 = 0.99;
/// The last look.
const CONFIDENCE_LAST: f64 = 0.95;
/// A plateau is looked at each time that so many seconds have passed.
const LOOKS: f64 = 1.0;
/// A breakdown is looked for in so many seconds.
const WINDOW: f64 = 2.0;

impl Plateau {
    pub(super) fn new(load: f64, purpose: Purpose) -> Self {
        Self { load, purpose, verdict: Verdict::Ended, cut: 0, moments: Vec::new() }
    }

    /// How long it has been held.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        sum(&self.moments, |moment| moment.seconds)
    }

    /// Whether it came to its end, and whatever it showed still holds.
    #[must_use]
    pub fn is_conclusive(&self) -> bool {
        match self.verdict {
            Verdict::Held
            | Verdict::Failed { .. }
            | Verdict::CannotTell { .. }
            | Verdict::Collapsed { .. } => !matches!(self.purpose, Purpose::Overload | Purpose::Return),
            Verdict::NoVus | Verdict::GeneratorLimited { .. } | Verdict::NoData { .. } | Verdict::Ended => {
                false
            }
        }
    }

    /// What was seen after the transient.
    #[must_use]
    pub fn steady(&self) -> &[Moment] {
        &self.moments[self.cut.min(self.moments.len())..]
    }

    /// Adds what was seen, and the verdict once there is one.
    pub(super) fn push(&mut self, moment: Moment, judge: Judge<'_>) -> Option<Verdict> {
        let before = self.seconds();
        self.moments.push(moment);
        self.cut = self.transient(judge);
        let verdict = self.breakdown(judge).or_else(|| {
            // Judging costs more than looking for a breakdown, and looks cost confidence.
            let looks = |seconds: f64| (seconds / LOOKS + 1e-6).floor();
            let is_due = looks(self.seconds()) > looks(before);
            is_due.then(|| self.judge(judge)).flatten()
        });
        // Nothing counts that was seen while the generator could not keep up.
        let verdict =
            verdict.map(|verdict| match self.moments.last().and_then(|last| last.trouble.clone()) {
                Some(why) => Verdict::GeneratorLimited { why },
                None => verdict,
            });
        verdict.inspect(|verdict| self.verdict = verdict.clone())
    }

    /// How many moments belong to the transient. In the first second, at least, iterations end that were
    /// started under the load before.
    fn transient(&self, judge: Judge<'_>) -> usize {
        let shortest = sum(&self.moments, |moment| moment.seconds) / self.moments.len().max(1) as f64;
        let least = (1.0 / shortest.max(1e-3)).round() as usize;
        let least = if self.purpose == Purpose::Refine { 2 * least } else { least };
        transient::cut(&self.levels(judge), least)
    }

    /// What shows whether the target is steady: how many iterations are under way, or, where that is given,
    /// how long they take.
    fn levels(&self, judge: Judge<'_>) -> Vec<f64> {
        let mut last = 0.0;
        let level = |moment: &Moment| {
            match judge.model {
                Model::Open => last = moment.in_flight,
                Model::Closed if moment.completed > 0.0 => last = moment.took / moment.completed,
                Model::Closed => {}
            }
            last
        };
        self.moments.iter().map(level).collect()
    }

    fn judge(&self, judge: Judge<'_>) -> Option<Verdict> {
        let seconds = self.seconds();
        let is_last = seconds >= self.longest(judge);
        if let Some(objective) = self.without_data(judge) {
            return Some(Verdict::NoData { objective });
        }
        if seconds < self.shortest(judge) || self.steady().len() < FEWEST {
            return None;
        }
        let confidence = if is_last { CONFIDENCE_LAST } else { CONFIDENCE_EARLY };
        let mut open = Vec::new();
        for (objective, bar) in judge.bounds.iter().enumerate() {
            let ratio = Ratio::of(self.steady(), objective);
            if bar.is_optional && ratio.sums().of <= 0.0 {
                continue;
            }
            match ratio.interval(confidence, bar.is_share) {
                Some((low, _)) if low > bar.limit && (self.may_fail_early(low / bar.limit) || is_last) => {
                    return Some(Verdict::Failed { objective });
                }
                Some((_, high)) if high < bar.limit => {}
                interval => open.push((objective, interval, ratio.sums().of)),
            }
        }
        let rises = judge.model == Model::Open && transient::rises(&self.levels(judge)[self.cut..]);
        match open.first() {
            None if !rises => Some(Verdict::Held),
            None if is_last => {
                Some(Verdict::CannotTell { why: "iterations under way still rise".to_owned() })
            }
            Some(first) if is_last || self.may_go_on(&open) => {
                Some(Verdict::CannotTell { why: undecided(first, judge) })
            }
            _ => None,
        }
    }

    /// A load that is near the limit takes longer: what comes in bursts has to have come.
    fn shortest(&self, judge: Judge<'_>) -> f64 {
        let near = |(objective, bar): (usize, &Bar)| {
            let tally = total(self.steady(), objective);
            tally.near > bar.limit * tally.of
        };
        let shortest = judge.limits.shortest;
        match self.purpose {
            // Plateaus that end when they look good would look better than the truth.
            Purpose::Refine => judge.limits.longest,
            _ if judge.bounds.iter().enumerate().any(near) => 2.0 * shortest,
            _ => shortest,
        }
    }

    /// While climbing there is no need to wait for samples that would only show that nothing is missed.
    fn may_go_on(&self, open: &[Open]) -> bool {
        const SOME: f64 = 20.0;
        let missed =
            |(objective, _, samples): &Open| *samples < SOME || total(self.steady(), *objective).over > 0.0;
        self.purpose == Purpose::Climb && !open.iter().any(missed)
    }

    fn longest(&self, judge: Judge<'_>) -> f64 {
        match self.purpose {
            // What the overload has left has to be worked off first.
            Purpose::Return => 3.0 * judge.limits.longest,
            _ => judge.limits.longest,
        }
    }

    /// Whether missing an objective by so much decides before the plateau is over.
    fn may_fail_early(&self, ratio: f64) -> bool {
        match self.purpose {
            Purpose::Return => false,
            Purpose::Refine => ratio > 4.0,
            _ => true,
        }
    }

    /// An objective that nothing reaches although iterations end.
    fn without_data(&self, judge: Judge<'_>) -> Option<usize> {
        const ENOUGH: f64 = 5.0;
        let seconds = self.seconds();
        let some = sum(&self.moments, |moment| moment.completed) >= 3.0;
        let is_late = seconds >= ENOUGH.max(judge.limits.shortest) && some || seconds >= judge.limits.longest;
        let empty = |objective: &usize| {
            !judge.bounds[*objective].is_optional && total(&self.moments, *objective).of <= 0.0
        };
        (0..judge.bounds.len()).find(empty).filter(|_| is_late)
    }

    /// What says at once that this load is no good.
    fn breakdown(&self, judge: Judge<'_>) -> Option<Verdict> {
        let window = self.last(WINDOW);
        let over = |figure: fn(&Moment) -> f64| sum(window, figure);
        if let Some(trouble) = self.trouble(window) {
            return Some(Verdict::GeneratorLimited { why: trouble.to_owned() });
        }
        let (judged, failed) = (over(|moment| moment.judged), over(|moment| moment.failed));
        if judged >= 20.0 && failed >= 0.5 * judged && self.purpose != Purpose::Return {
            let share = 100.0 * failed / judged;
            return Some(Verdict::Collapsed { why: format!("{share:.0} % of the requests failed") });
        }
        if judge.model == Model::Closed || self.purpose == Purpose::Return {
            return None;
        }
        let (started, dropped) = (over(|moment| moment.started), over(|moment| moment.dropped));
        if dropped > 0.02 * (started + dropped) && self.seconds() >= WINDOW {
            return Some(self.out_of_vus(window, judge));
        }
        self.backlog(window, started, over(|moment| moment.completed))
    }

    /// The generator's trouble, if it lasts.
    fn trouble<'m>(&self, window: &'m [Moment]) -> Option<&'m str> {
        if self.seconds() < WINDOW {
            return None;
        }
        window.iter().map(|moment| moment.trouble.as_deref()).reduce(Option::and).flatten()
    }

    /// Either the target is too slow for the VUs, or they were too few from the start.
    fn out_of_vus(&self, window: &[Moment], judge: Judge<'_>) -> Verdict {
        let misses = |(objective, bar): (usize, &Bar)| {
            let tally = total(window, objective);
            tally.of <= 0.0 && !bar.is_optional || tally.ratio() > bar.limit
        };
        if judge.bounds.iter().enumerate().any(misses) {
            let vus = window.last().map_or(0.0, |moment| moment.in_flight);
            let why = format!("a backlog of {vus:.0} iterations, and no VU left for more");
            return Verdict::Collapsed { why };
        }
        Verdict::NoVus
    }

    /// Iterations start faster than they end, and those under way have become many.
    fn backlog(&self, window: &[Moment], started: f64, completed: f64) -> Option<Verdict> {
        let seconds = self.seconds();
        if seconds < WINDOW + 1.0 || completed >= 0.8 * started {
            return None;
        }
        let early: Vec<Moment> = self.moments.iter().take(self.moments.len() / 3).cloned().collect();
        let (before, now) = (in_flight(&early), window.last()?.in_flight);
        let grows = window.windows(2).filter(|pair| pair[1].in_flight >= pair[0].in_flight).count();
        let steadily = 10 * grows >= 8 * (window.len() - 1);
        let is_backlog = steadily && now >= 20.0 && now >= 3.0 * before;
        let rate = (started - completed) / WINDOW;
        is_backlog.then(|| Verdict::Collapsed {
            why: format!("a backlog of {now:.0} iterations that grew by {rate:.0} a second"),
        })
    }

    /// The last moments.
    pub(super) fn last(&self, seconds: f64) -> &[Moment] {
        let mut left = seconds + 1e-9;
        let from = self.moments.iter().rposition(|moment| {
            left -= moment.seconds;
            left < 0.0
        });
        &self.moments[from.map_or(0, |from| from + 1)..]
    }
}

fn undecided(open: &Open, judge: Judge<'_>) -> String {
    let (objective, interval, samples) = open;
    let Bar { limit: bound, is_share, .. } = judge.bounds[*objective];
    match interval {
        Some((low, high)) if is_share => format!(
            "{:.1} to {:.1} % miss the objective and {:.1} % may ({samples:.0} samples)",
            low * 100.0,
            high * 100.0,
            bound * 100.0
        ),
        Some((low, high)) => {
            format!("it is {low:.3} to {high:.3} and may be {bound:.3} ({samples:.0} samples)")
        }
        None => format!("{samples:.0} samples are too few"),
    }
}
