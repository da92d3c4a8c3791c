//! The search as a machine: a moment in, an order out. It knows no clock and does nothing itself.
//!
//! ```text
//!            ┌──────────── collapsed, or much under way ───────────┐
//!            │                                                     ▼
//!  Drive ─► plateau ── decided ─► strategy: what next ─► Drive    rest ─► probe ─► strategy
//!            ▲                                             │
//!            └─────────────────────────────────────────────┘
//! ```

use serde::{Deserialize, Serialize};

use super::{
    moment::{Moment, in_flight, total},
    plateau::{Judge, Plateau, Purpose, Verdict, mean_iteration},
    strategy::{self, Next},
};

/// How load is put on the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// Iterations start at a rate; the load is iterations per second.
    Open,
    /// VUs loop; the load is how many.
    Closed,
}

impl Model {
    /// What a load is counted in.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Open => "/s",
            Self::Closed => " VUs",
        }
    }
}

/// An objective as far as the search is concerned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// What its ratio must not exceed.
    pub limit: f64,
    /// Whether that is a share, rather than a mean.
    pub is_share: bool,
    /// Whether it is met where no sample reaches it.
    pub is_optional: bool,
}

/// Within what the search stays.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// The first load.
    pub start: f64,
    /// Never less than this.
    pub least: f64,
    /// Never more than this.
    pub most: f64,
    /// Half the width of the interval that is good enough, in relation to the load.
    pub precision: f64,
    /// The shortest plateau, in seconds.
    pub shortest: f64,
    /// The longest.
    pub longest: f64,
    /// For how many seconds the search may go on.
    pub budget: f64,
    /// Whether the target is overloaded at the end to see if it recovers.
    pub recovery: bool,
}

/// Why the search is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "end")]
pub enum End {
    /// The limit is found.
    Found,
    /// The highest load allowed is carried.
    LimitNotReached,
    /// Whether the highest load allowed is carried could not be decided.
    Undecided {
        /// Why not.
        why: String,
    },
    /// A limit was measured, but no load below it was carried twice.
    NotConfirmed,
    /// Not even the lowest load allowed is carried.
    NotHeld,
    /// The generator cannot put more load on the target.
    GeneratorLimited {
        /// What was seen.
        why: String,
    },
    /// There are too few VUs to put more load on the target.
    NoVus,
    /// Nothing reaches an objective.
    NoData {
        /// Its place.
        objective: usize,
    },
    /// Requests fail whatever the load is.
    Broken {
        /// What was seen.
        why: String,
    },
    /// The target was left alone and did not come back.
    NotRecovered {
        /// For how long, in seconds.
        seconds: f64,
    },
    /// The time was not enough.
    Budget,
    /// It was ended from outside.
    Interrupted,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    /// Go on as before.
    Stay,
    /// Put this load on the target.
    Drive(f64),
    /// Take the load away.
    Rest,
    /// The search is over.
    End,
}

/// A search for the highest load at which all objectives are met.
#[derive(Debug, Clone)]
pub struct Search {
    pub(super) limits: Limits,
    pub(super) model: Model,
    pub(super) bounds: Vec<Bar>,
    pub(super) plateaus: Vec<Plateau>,
    known: Known,
    stage: Stage,
    spent: f64,
    end: Option<End>,
    /// What ended it when the limit had been found, but not all had been tried that should be.
    cut_short: Option<End>,
}

/// What the plateaus so far say of the script, whatever the load is.
#[derive(Debug, Clone, Default)]
struct Known {
    /// How long an iteration takes where the load is no trouble, in seconds.
    iteration: Option<f64>,
    /// Which objectives some sample has reached.
    reached: Vec<bool>,
}

impl Known {
    fn of(plateaus: &[Plateau], objectives: usize) -> Self {
        let iterations = |wanted: fn(&Plateau) -> bool| {
            let some = plateaus.iter().filter(move |plateau| wanted(plateau));
            some.filter_map(|plateau| mean_iteration(plateau.steady()))
        };
        let held = iterations(|plateau| plateau.verdict == Verdict::Held).max_by(f64::total_cmp);
        // Too much load makes them longer.
        let any = || iterations(|_| true).min_by(f64::total_cmp);
        let reaches = |objective| plateaus.iter().any(|plateau| total(&plateau.moments, objective).of > 0.0);
        Self { iteration: held.or_else(any), reached: (0..objectives).map(reaches).collect() }
    }
}

#[derive(Debug, Clone)]
enum Stage {
    Hold(Plateau),
    /// Without load, until what is under way has ended; for how long.
    Rest {
        seconds: f64,
        in_all: f64,
    },
    /// Under little load, to see whether the target is well; how long it was left alone before.
    Probe {
        moments: Vec<Moment>,
        in_all: f64,
    },
    Over,
}

/// Fewer iterations under way are nothing to wait for.
const CALM: f64 = 1.5;
/// How long the target may take to come back, in seconds: longer than requests wait for their answers unless
/// the script says otherwise, which is a minute.
const PATIENCE: f64 = 90.0;
/// How long a probe takes at least.
const PROBE: f64 = 1.5;

impl Search {
    /// A search that goes on from plateaus of an earlier one, if there are any. `bounds` are the
    /// objectives.
    #[must_use]
    pub fn new(model: Model, limits: Limits, bounds: Vec<Bar>, plateaus: Vec<Plateau>) -> Self {
        let known = Known::of(&plateaus, bounds.len());
        let (stage, spent) = (Stage::Over, 0.0);
        Self { limits, model, bounds, plateaus, known, stage, spent, end: None, cut_short: None }
    }

    /// The first order.
    pub fn begin(&mut self) -> Order {
        self.proceed()
    }

    /// What to do after a moment under the order before.
    pub fn tick(&mut self, moment: Moment) -> Order {
        self.spent += moment.seconds;
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Hold(plateau) => self.hold(plateau, moment),
            Stage::Rest { seconds, in_all } => self.rest(seconds + moment.seconds, in_all, &moment),
            Stage::Probe { moments, in_all } => self.probe(moments, in_all, moment),
            Stage::Over => Order::End,
        }
    }

    /// Ends it from outside. What was under way is kept; so is the answer, if the limit is found.
    pub fn interrupt(&mut self) {
        if let Stage::Hold(plateau) = std::mem::replace(&mut self.stage, Stage::Over)
            && !plateau.moments.is_empty()
        {
            self.plateaus.push(plateau);
        }
        if self.end.is_none() {
            self.over(End::Interrupted);
        }
    }

    /// Why it is over, once it is.
    #[must_use]
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// What kept it from trying all that it should, although the limit is found.
    pub(super) fn cut_short(&self) -> Option<&End> {
        self.cut_short.as_ref()
    }

    /// The plateaus so far.
    #[must_use]
    pub fn plateaus(&self) -> &[Plateau] {
        &self.plateaus
    }

    /// The plateau under way.
    #[must_use]
    pub fn current(&self) -> Option<&Plateau> {
        match &self.stage {
            Stage::Hold(plateau) => Some(plateau),
            _ => None,
        }
    }

    /// Within what it stays.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How long it has taken, in seconds.
    #[must_use]
    pub fn spent(&self) -> f64 {
        self.spent
    }

    fn hold(&mut self, mut plateau: Plateau, moment: Moment) -> Order {
        let judge = Judge {
            limits: &self.limits,
            model: self.model,
            bounds: &self.bounds,
            iteration: self.known.iteration,
            reached: &self.known.reached,
        };
        let verdict = plateau.push(moment, judge);
        let overtime = self.spent >= self.limits.budget;
        if verdict.is_none() && !overtime {
            self.stage = Stage::Hold(plateau);
            return Order::Stay;
        }
        let collapsed = matches!(plateau.verdict, Verdict::Collapsed { .. });
        let goes_straight_on = plateau.purpose == Purpose::Overload;
        let (load, under_way) = (plateau.load, plateau.moments.last().map_or(0.0, |last| last.in_flight));
        let quiet = self.quiet_level();
        self.plateaus.push(plateau);
        self.known = Known::of(&self.plateaus, self.bounds.len());
        // What is under way in excess would be taken for the next load's doing.
        let usual = self.known.iteration.map_or(0.0, |iteration| iteration * load);
        let is_full = under_way > 2.0 * quiet.max(usual) + 4.0;
        if overtime {
            return self.over(End::Budget);
        }
        match !goes_straight_on && (collapsed || is_full && self.model == Model::Open) {
            true => {
                let in_all = if collapsed { 0.0 } else { f64::NAN };
                self.stage = Stage::Rest { seconds: 0.0, in_all };
                Order::Rest
            }
            false => self.proceed(),
        }
    }

    /// How many iterations were under way on the plateaus that were held.
    fn quiet_level(&self) -> f64 {
        let held = self.plateaus.iter().filter(|plateau| plateau.verdict == Verdict::Held);
        held.map(|plateau| in_flight(plateau.steady())).fold(CALM, f64::max)
    }

    /// `in_all` is how long the target was left alone before; not a number when nobody doubts that it is
    /// well.
    fn rest(&mut self, seconds: f64, in_all: f64, moment: &Moment) -> Order {
        if self.spent >= self.limits.budget {
            return self.over(End::Budget);
        }
        let is_busy = moment.in_flight > CALM;
        if is_busy && seconds < self.patience() {
            self.stage = Stage::Rest { seconds, in_all };
            return Order::Stay;
        }
        if is_busy && !in_all.is_nan() {
            return self.over(End::NotRecovered { seconds });
        }
        match self.probe_load() {
            Some(load) if !in_all.is_nan() => {
                self.stage = Stage::Probe { moments: Vec::new(), in_all: in_all + seconds };
                Order::Drive(load)
            }
            _ => self.proceed(),
        }
    }

    /// For how long the target is left alone at most. What is under way needs its time.
    fn patience(&self) -> f64 {
        PATIENCE.max(3.0 * self.known.iteration.unwrap_or(0.0))
    }

    /// A load that was carried with ease.
    fn probe_load(&self) -> Option<f64> {
        let held = self.plateaus.iter().filter(|plateau| plateau.verdict == Verdict::Held);
        let best = held.map(|plateau| plateau.load).fold(0.0, f64::max);
        (best > 0.0).then(|| self.round((best / 4.0).max(self.limits.least)))
    }

    fn probe(&mut self, mut moments: Vec<Moment>, in_all: f64, moment: Moment) -> Order {
        if self.spent >= self.limits.budget {
            return self.over(End::Budget);
        }
        moments.push(moment);
        let seconds: f64 = moments.iter().map(|moment| moment.seconds).sum();
        let empty = |(objective, bar): (usize, &Bar)| {
            !bar.is_optional && self.known.reached[objective] && total(&moments, objective).of <= 0.0
        };
        // A request that comes late in the iteration says nothing before.
        let waits = self.bounds.iter().enumerate().any(empty);
        let longest = self.limits.longest.max(2.0 * self.known.iteration.unwrap_or(0.0));
        if seconds < PROBE || waits && seconds < longest {
            self.stage = Stage::Probe { moments, in_all };
            return Order::Stay;
        }
        let under_way = moments.last().map_or(0.0, |moment| moment.in_flight);
        let is_stuck = waits && under_way > 0.0 && mean_iteration(&moments).is_none();
        let is_well = |(objective, bar): (usize, &Bar)| {
            let tally = total(&moments, objective);
            // Of a few samples one may miss it.
            let spare = if bar.is_share { 1.0 } else { 0.0 };
            tally.over <= bar.limit * tally.of + spare
        };
        if !is_stuck && self.bounds.iter().enumerate().all(is_well) {
            return self.proceed();
        }
        let in_all = in_all + seconds;
        if in_all >= self.patience() {
            return self.over(End::NotRecovered { seconds: in_all });
        }
        self.stage = Stage::Rest { seconds: 0.0, in_all };
        Order::Rest
    }

    /// Asks the strategy.
    fn proceed(&mut self) -> Order {
        if self.spent + self.limits.shortest > self.limits.budget {
            return self.over(End::Budget);
        }
        let left = self.limits.budget - self.spent;
        match strategy::next(self, left) {
            Next::Hold(load, purpose) => {
                self.stage = Stage::Hold(Plateau::new(load, purpose));
                Order::Drive(load)
            }
            Next::End(end) => self.over(end),
        }
    }

    fn over(&mut self, end: End) -> Order {
        self.stage = Stage::Over;
        // A search that has found the limit has done its work, whatever becomes of the rest.
        let is_found = end != End::Found && strategy::confirmed(&self.plateaus).is_some();
        self.end = Some(if is_found { End::Found } else { end.clone() });
        self.cut_short = is_found.then_some(end);
        Order::End
    }

    /// A load as it can be driven.
    pub(super) fn round(&self, load: f64) -> f64 {
        round(self.model, load).clamp(self.limits.least, self.limits.most)
    }
}

/// Whole VUs; rates with four digits.
pub(super) fn round(model: Model, load: f64) -> f64 {
    match model {
        Model::Closed => load.round().max(1.0),
        Model::Open if load > 0.0 => {
            let step = 10f64.powf(load.log10().floor() - 3.0).max(0.001);
            (load / step).round() * step
        }
        Model::Open => load,
    }
}
