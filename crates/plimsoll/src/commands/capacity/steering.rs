//! Drives the target as the search wants it, and keeps what was seen.

use std::sync::Arc;
use std::time::Duration;

use plimsoll_engine::{RunControl, RunEnd};
use plimsoll_metrics::Aggregate;
use plimsoll_plan::scenario::Course;
use plimsoll_report::capacity::{
    Answer, Entry, Figures, Header, Model, Objective, Order, Plateau, Question, Record, Search, record, text,
};
use tokio::time::Instant;

use super::generator::Generator;
use super::observer::Observer;
use super::observing::Observing;
use crate::cli::CapacityArguments;
use crate::files;
use crate::screen::Screen;

/// One search under way.
pub(super) struct Steering<'a> {
    pub(super) arguments: &'a CapacityArguments,
    pub(super) header: Header,
    pub(super) objectives: Arc<[Objective]>,
    pub(super) control: RunControl,
    pub(super) search: Search,
    /// Of each plateau.
    pub(super) figures: Vec<Figures>,
    /// Seconds that an earlier search took.
    pub(super) before: f64,
    pub(super) screen: &'a Screen,
    pub(super) generator: Generator,
    pub(super) observing: Observing,
    /// What was recorded in each moment of the plateau under way.
    pub(super) parts: Vec<Aggregate>,
    /// When each of them ended.
    pub(super) since: Vec<Instant>,
    /// The number of the next course: each has its own random arrivals.
    pub(super) courses: u64,
}

/// How often what is under way is shown.
const SHOWN: Duration = Duration::from_secs(1);

impl Steering<'_> {
    /// Searches until there is an answer, then lets what is under way end, and stops the run.
    pub(super) async fn search(&mut self, mut observer: Observer, grace: Duration) {
        observer.begun().await;
        let mut order = self.search.begin();
        self.obey(order);
        let mut shown = Instant::now();
        while order != Order::End {
            let (mut moment, part) = observer.moment().await;
            moment.trouble = self.generator.trouble(&part, moment.seconds);
            if self.search.current().is_some() {
                self.parts.push(part);
                self.since.push(Instant::now());
            }
            let plateaus = self.search.plateaus().len();
            order = self.search.tick(moment);
            self.obey(order);
            if self.search.plateaus().len() > plateaus {
                self.conclude();
                self.save();
            }
            if shown.elapsed() >= SHOWN {
                shown = Instant::now();
                self.show();
            }
        }
        self.obey(Order::Rest);
        let patience = Instant::now() + grace;
        while observer.under_way() > 0 && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.control.stop(RunEnd::Completed);
    }

    /// The run has ended before the search. What was seen of the plateau under way is kept.
    pub(super) fn interrupt(&mut self) {
        self.search.interrupt();
        while self.figures.len() < self.search.plateaus().len() {
            self.conclude();
        }
    }

    fn obey(&mut self, order: Order) {
        let load = match order {
            Order::Stay | Order::End => return,
            Order::Drive(load) => load,
            Order::Rest => 0.0,
        };
        self.generator.restart();
        let wanted = match self.header.model {
            Model::Open => {
                let seed = self.arguments.seed.wrapping_mul(1_000_003).wrapping_add(self.courses);
                self.courses += 1;
                let seed = (!self.arguments.is_uniform).then_some(seed);
                self.control.steer(Course { rate: load, seed })
            }
            Model::Closed => {
                let vus = load as u32;
                self.control.scale(Some(vus), None).or_else(|_| self.control.scale(Some(vus), Some(vus)))
            }
        };
        if let Err(error) = wanted {
            // Limits are kept by the search, and the plan was made to be steered.
            tracing::error!(target: "plimsoll", "{error}");
            self.control.stop(RunEnd::WorkerLost);
        }
    }

    /// A plateau is over: its figures, and a line for whoever watches.
    fn conclude(&mut self) {
        let Some(plateau) = self.search.plateaus().get(self.figures.len()) else { return };
        let mut figures = Figures::of(plateau, &self.parts, &self.objectives);
        let steady = self.since.get(plateau.cut.saturating_sub(1)).zip(self.since.last());
        figures.observed = steady.map(|(from, to)| self.observing.means(*from, *to)).unwrap_or_default();
        if !self.arguments.logging.quiet {
            let cells = text::row(self.header.model, plateau, &figures);
            let [load, purpose, reached, time, p50, p95, _, failed, _, verdict] = &cells;
            let line = format!(
                "{load:>10}  {purpose:<8} {time:>6}  reached {reached:>10}  p50 {p50:>8}  p95 {p95:>8}  \
                 failed {failed:>6}  {verdict}\n"
            );
            self.screen.print(&line);
        }
        self.figures.push(figures);
        self.parts.clear();
        self.since.clear();
    }

    fn show(&self) {
        if self.arguments.logging.quiet || !self.screen.is_terminal() {
            return;
        }
        let model = self.header.model;
        let what = match self.search.current() {
            Some(plateau) => format!(
                "{} for {:.0} s ({})",
                text::load(model, plateau.load),
                plateau.seconds(),
                text::purpose(plateau.purpose)
            ),
            None => "the target is left alone".to_owned(),
        };
        let spent = self.search.spent();
        self.screen.pin(&format!("{what}; {spent:.0} of {:.0} s\n", self.search.limits().budget));
    }

    /// Everything so far.
    pub(super) fn record(&self) -> Record {
        let objectives: Vec<String> = self.objectives.iter().map(Objective::text).collect();
        let question = Question {
            objectives: &objectives,
            current: self.arguments.current,
            resources: self.observing.resources(),
            forecast: self.arguments.forecast.map(|rate| (rate, self.arguments.headroom)),
        };
        let plateaus = self.search.plateaus().iter().zip(&self.figures);
        let entry = |(plateau, figures): (&_, &Figures)| Entry {
            figures: figures.clone(),
            plateau: Clone::clone(plateau),
        };
        Record {
            format: record::FORMAT.to_owned(),
            version: record::VERSION,
            header: self.header.clone(),
            end: self.search.end().cloned(),
            seconds: self.before + self.search.spent(),
            answer: Answer::of(&self.search, &self.figures, question),
            plateaus: plateaus.map(entry).collect(),
        }
    }

    /// A search that has seen nothing has nothing to put in the place of what an earlier one has found.
    fn save(&self) {
        if !self.search.plateaus().iter().any(Plateau::is_conclusive) {
            return;
        }
        if let Err(error) = files::write(&self.arguments.out, self.record().write()) {
            tracing::error!(target: "plimsoll", "{error}");
        }
    }
}
