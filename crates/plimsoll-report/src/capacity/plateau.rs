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

/// How a target broke down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Collapse {
    /// Half of the requests failed, or more.
    Failures,
    /// Iterations started faster than they ended, and piled up.
    #[default]
    Backlog,
    /// They piled up until no VU was left.
    NoVu,
    /// Nothing came to its end any more.
    Stalled,
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
        /// How.
        #[serde(default)]
        collapse: Collapse,
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
    /// How long an iteration takes where the load is no trouble, in seconds; nothing before that was seen.
    pub(super) iteration: Option<f64>,
    /// Which objectives some sample has reached on an earlier plateau.
    pub(super) reached: &'a [bool],
}

/// An objective that is not decided: its place, its interval, and how many samples there are.
type Open = (usize, Option<(f64, f64)>, f64);

/// Looks at a plateau that early are wrong less often, because there are many of them.
const CONFIDENCE_EARLY: f64 = 0.99;
/// The last look.
const CONFIDENCE_LAST: f64 = 0.95;
/// A plateau is looked at each time that so many seconds have passed.
const LOOKS: f64 = 1.0;
/// With a greater share of first iterations of VUs, it may be those that make the difference.
const MANY_FRESH: f64 = 0.1;
/// With a smaller share in a moment they do not.
const FEW_FRESH: f64 = 0.05;
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

    /// Whether many of the iterations were the first of their VU. Those may do what none does later, such as
    /// log in.
    pub(super) fn has_many_fresh(&self) -> bool {
        let started = sum(&self.moments, |moment| moment.started);
        sum(&self.moments, |moment| moment.fresh) > MANY_FRESH * started
    }

    /// Too much, but perhaps only for VUs that were new: that says little of the same load later.
    pub(super) fn fails_fresh(&self) -> bool {
        let fails = matches!(self.verdict, Verdict::Failed { .. } | Verdict::Collapsed { .. });
        let searches = !matches!(self.purpose, Purpose::Overload | Purpose::Return);
        fails && searches && self.has_many_fresh()
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

    /// How many moments belong to the transient. In the first second, and for as long as an iteration takes,
    /// iterations end that were started under the load before.
    fn transient(&self, judge: Judge<'_>) -> usize {
        let shortest = sum(&self.moments, |moment| moment.seconds) / self.moments.len().max(1) as f64;
        let seconds = judge.iteration.unwrap_or(0.0).max(1.0);
        let least = (seconds / shortest.max(1e-3)).round() as usize;
        let least = if self.purpose == Purpose::Refine { 2 * least } else { least };
        transient::cut(&self.levels(judge), least.max(self.last_fresh()))
    }

    /// Behind the last moment in which first iterations of VUs were no exception. Where there are few all in
    /// all, those that a burst needs are none to wait for.
    fn last_fresh(&self) -> usize {
        if !self.has_many_fresh() {
            return 0;
        }
        let last = self.moments.iter().rposition(|moment| moment.fresh > FEW_FRESH * moment.started);
        last.map_or(0, |last| last + 1)
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
        if is_last && let Some(verdict) = self.silence(judge) {
            return Some(verdict);
        }
        let fills = self.fills(judge).min(self.longest(judge));
        if seconds < self.shortest(judge).max(fills) || self.steady().len() < FEWEST {
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
            // One that is meant to be too much is given its time to be that.
            None if !rises && (is_last || self.purpose != Purpose::Overload) => Some(Verdict::Held),
            None if !rises => None,
            None if is_last => Some(Verdict::CannotTell { why: self.still_rises(judge) }),
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
        let Limits { shortest, longest, .. } = *judge.limits;
        match self.purpose {
            // Plateaus that end when they look good would look better than the truth.
            Purpose::Refine => longest,
            _ if judge.bounds.iter().enumerate().any(near) => (2.0 * shortest).min(longest),
            _ => shortest,
        }
    }

    /// How long it takes until as many iterations end as start, however well the target is: the time of one
    /// iteration, and as much again, since some take longer than others.
    fn fills(&self, judge: Judge<'_>) -> f64 {
        let own = || {
            let begins = |moment: &Moment| moment.started > 0.0 || moment.in_flight > 0.0;
            let from = self.moments.iter().position(begins).unwrap_or(self.moments.len());
            let to = self.moments.iter().position(|moment| moment.completed > 0.0);
            let first = sum(&self.moments[from..to.unwrap_or(self.moments.len()).max(from)], |m| m.seconds);
            mean_iteration(&self.moments).unwrap_or(0.0).max(first)
        };
        2.0 * judge.iteration.unwrap_or_else(own)
    }

    fn still_rises(&self, judge: Judge<'_>) -> String {
        let fills = self.fills(judge);
        if fills > self.longest(judge) {
            let iteration = 0.5 * fills;
            return format!("iterations take {iteration:.1} s: too long for the longest plateau");
        }
        "iterations under way still rise".to_owned()
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

    /// An objective that nothing has reached.
    fn without_data(&self, judge: Judge<'_>) -> Option<usize> {
        let empty = |objective: &usize| {
            !judge.bounds[*objective].is_optional && total(&self.moments, *objective).of <= 0.0
        };
        (0..judge.bounds.len()).find(empty)
    }

    /// What it means that nothing comes to its end, or that nothing has reached an objective all along.
    fn silence(&self, judge: Judge<'_>) -> Option<Verdict> {
        let objective = self.without_data(judge);
        let stalled = self.stalled(judge);
        if self.purpose == Purpose::Return {
            return objective.or(stalled.map(|_| 0)).map(|objective| Verdict::NoData { objective });
        }
        if let Some(why) = stalled {
            return Some(Verdict::Collapsed { collapse: Collapse::Stalled, why });
        }
        let objective = objective?;
        if judge.reached.get(objective) != Some(&true) {
            return Some(Verdict::NoData { objective });
        }
        let why = format!("no sample reached an objective within {:.0} s", self.seconds());
        Some(Verdict::CannotTell { why })
    }

    /// Nothing ended in the second half, and as good as all is under way that was started.
    fn stalled(&self, judge: Judge<'_>) -> Option<String> {
        let half = 0.5 * self.seconds();
        let under_way = self.moments.last().map_or(0.0, |moment| moment.in_flight);
        let enough = match judge.model {
            Model::Open => (0.8 * self.load * half).max(2.0),
            Model::Closed => 0.8 * self.load,
        };
        let ended = sum(self.last(half), |moment| moment.completed);
        let is_unknown = judge.iteration.is_none() && mean_iteration(&self.moments).is_none();
        let hint = if is_unknown { " (if iterations take longer, see --plateau-max)" } else { "" };
        (ended <= 0.0 && under_way >= enough)
            .then(|| format!("no iteration ended within {half:.0} s, with {under_way:.0} under way{hint}"))
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
            let why = format!("{share:.0} % of the requests failed");
            return Some(Verdict::Collapsed { collapse: Collapse::Failures, why });
        }
        if judge.model == Model::Closed || self.purpose == Purpose::Return {
            return None;
        }
        let (started, dropped) = (over(|moment| moment.started), over(|moment| moment.dropped));
        if dropped > 0.02 * (started + dropped) && self.seconds() >= WINDOW {
            return Some(self.out_of_vus(window, judge));
        }
        self.backlog(window, (started, over(|moment| moment.completed)), judge)
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
        let vus = window.last().map_or(0.0, |moment| moment.in_flight);
        // As many would be under way if the target were as fast as it is under little load.
        let is_usual = judge.iteration.is_some_and(|iteration| iteration * self.load >= 0.8 * vus);
        let misses = |(objective, bar): (usize, &Bar)| {
            let tally = total(window, objective);
            tally.of <= 0.0 && !bar.is_optional || tally.ratio() > bar.limit
        };
        if !is_usual && judge.bounds.iter().enumerate().any(misses) {
            let why = format!("a backlog of {vus:.0} iterations, and no VU left for more");
            return Verdict::Collapsed { collapse: Collapse::NoVu, why };
        }
        Verdict::NoVus
    }

    /// Iterations start faster than they end, and those under way have become many. Until the first ones
    /// can have ended that is so under every load.
    fn backlog(
        &self,
        window: &[Moment],
        (started, completed): (f64, f64),
        judge: Judge<'_>,
    ) -> Option<Verdict> {
        if self.seconds() < self.fills(judge).max(WINDOW + 1.0) || completed >= 0.8 * started {
            return None;
        }
        let usual = judge.iteration.map_or(0.0, |iteration| iteration * self.load);
        let early: Vec<Moment> = self.moments.iter().take(self.moments.len() / 3).cloned().collect();
        let (before, now) = (in_flight(&early), window.last()?.in_flight);
        let grows = window.windows(2).filter(|pair| pair[1].in_flight >= pair[0].in_flight).count();
        let steadily = 10 * grows >= 8 * (window.len() - 1);
        let is_backlog = steadily && now >= 20.0 && now >= 3.0 * before && now >= 2.0 * usual;
        let rate = (started - completed) / WINDOW;
        is_backlog.then(|| Verdict::Collapsed {
            collapse: Collapse::Backlog,
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

/// How long iterations took that ended; nothing if none did.
pub(super) fn mean_iteration(moments: &[Moment]) -> Option<f64> {
    let completed = sum(moments, |moment| moment.completed);
    (completed > 0.0).then(|| sum(moments, |moment| moment.took) / completed)
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
