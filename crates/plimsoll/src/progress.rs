//! Progress on stderr: a headline and a line per scenario. Redrawn in place on a terminal, repeated now and
//! then elsewhere; without escape codes unless it is a terminal.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_engine::{Phase, RunControl, RunState, ScenarioProgress};
use plimsoll_plan::scenario::ENDLESS;
use plimsoll_plan::{ExecutorConfig, IterationBudget, Plan, Scenario, duration};
use tokio::time::Instant;

use crate::screen::Screen;

/// How often a terminal is redrawn.
const REDRAW: Duration = Duration::from_millis(100);
/// How often the lines are repeated where they stay, in a log file say.
const REPEAT: Duration = Duration::from_secs(10);
/// Width of a bar in characters.
const BAR: usize = 40;

/// Shows a run's progress until it is dropped.
pub(crate) struct Progress {
    state: Arc<RunState>,
    control: RunControl,
    /// As planned, in the order of the state's.
    scenarios: Vec<Scenario>,
    planned_vus: u32,
    max_vus: u32,
    screen: Arc<Screen>,
}

impl Progress {
    pub(crate) fn new(state: Arc<RunState>, control: RunControl, plan: &Plan, screen: &Arc<Screen>) -> Self {
        let (planned_vus, max_vus) = (plan.planned_vus, plan.max_vus());
        let scenarios = plan.scenarios.clone();
        Progress { state, control, scenarios, planned_vus, max_vus, screen: Arc::clone(screen) }
    }

    /// Draws for as long as it is polled.
    pub(crate) async fn show(&self) {
        let period = if self.screen.is_terminal() { REDRAW } else { REPEAT };
        let mut ticks = tokio::time::interval(period);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.screen.pin(&self.render(false));
        }
    }

    /// Draws a last time.
    pub(crate) fn finish(self) {
        self.screen.pin(&self.render(true));
        self.screen.unpin();
    }

    fn render(&self, ended: bool) -> String {
        let scenarios = self.state.scenarios();
        let name_width = scenarios.iter().map(|scenario| scenario.name.chars().count()).max().unwrap_or(0);
        let mut text = self.headline();
        for (plan, scenario) in self.scenarios.iter().zip(scenarios) {
            let mark = mark(&scenario.progress, ended);
            let (bar, facts) = (bar(scenario.progress.fraction()), self.facts(plan, &scenario.progress));
            let is_controlled = matches!(plan.executor, ExecutorConfig::ExternallyControlled(_));
            let controlled = if is_controlled { "  externally controlled" } else { "" };
            let _ = writeln!(text, "{:name_width$} {mark} [{bar}] {facts}{controlled}", scenario.name);
        }
        text
    }

    fn headline(&self) -> String {
        let state = &self.state;
        if state.test_started().is_none() {
            let vus = state.initialised_vus();
            return match state.phase() {
                Phase::Paused => format!("paused, {vus} VUs are initialised: the test waits to be resumed\n"),
                Phase::Ended => format!("ended before it began, with {vus} VUs initialised\n"),
                _ => format!("initialising VUs: {vus} of {}\n", self.planned_vus),
            };
        }
        let phase = match (self.control.is_paused(), state.is_warming_up()) {
            (true, _) => "paused",
            (false, true) => "warming up",
            (false, false) => "running",
        };
        format!(
            "{phase} ({}), {:0width$}/{:0width$} VUs, {} complete and {} interrupted iterations\n",
            clock(state.test_elapsed()),
            state.active_vus(),
            self.max_vus(),
            state.complete_iterations(),
            state.interrupted_iterations(),
            width = self.vus_width(),
        )
    }

    /// VUs, time, and what there is to say of the executor: k6's right side, and what was dropped.
    fn facts(&self, plan: &Scenario, progress: &ScenarioProgress) -> String {
        let Some(started_at) = progress.started_at() else {
            let before = progress.start_after.as_ref();
            return before.map_or_else(|| "waiting".to_owned(), |before| format!("waiting for {before}"));
        };
        let until = started_at.saturating_duration_since(Instant::now());
        if !until.is_zero() {
            return format!("waiting  {}", clock(until));
        }
        let elapsed = progress.elapsed().min(progress.duration);
        let mut facts = format!("{}  {}", vus(plan, progress, self.vus_width()), clock(elapsed));
        if progress.duration < ENDLESS {
            let _ = write!(facts, "/{}", duration::format(progress.duration));
        }
        if let Some(work) = work(plan, progress, elapsed) {
            let _ = write!(facts, "  {work}");
        }
        if progress.dropped_iterations() > 0 {
            let _ = write!(facts, "  {} dropped", progress.dropped_iterations());
        }
        facts
    }

    /// Scaling may have made more than were planned.
    fn max_vus(&self) -> u32 {
        self.max_vus.max(self.state.initialised_vus())
    }

    fn vus_width(&self) -> usize {
        self.max_vus().to_string().len().max(2)
    }
}

/// How many VUs are active and, where their number changes by itself, how many there may be.
fn vus(plan: &Scenario, progress: &ScenarioProgress, width: usize) -> String {
    let (active, max) = (progress.active_vus(), progress.max_vus);
    match plan.executor {
        ExecutorConfig::SharedIterations(_)
        | ExecutorConfig::PerVuIterations(_)
        | ExecutorConfig::ConstantVus(_)
        | ExecutorConfig::ExternallyControlled(_) => format!("{active:>width$} VUs"),
        ExecutorConfig::RampingVus(_)
        | ExecutorConfig::ConstantArrivalRate(_)
        | ExecutorConfig::RampingArrivalRate(_)
        | ExecutorConfig::SteeredArrivalRate(_) => format!("{active:>width$}/{max:>width$} VUs"),
    }
}

/// Complete iterations where their number is fixed, the rate where there is one.
fn work(plan: &Scenario, progress: &ScenarioProgress, elapsed: Duration) -> Option<String> {
    let complete = progress.complete_iterations();
    match (plan.budget(), progress.total_iterations) {
        (IterationBudget::Shared(_), Some(total)) => Some(format!("{complete}/{total} shared iters")),
        (IterationBudget::PerVu(each), Some(total)) => {
            Some(format!("{complete}/{total} iters, {each} per VU"))
        }
        _ => plan.rate_at(elapsed).map(|rate| format!("{rate:.2} iters/s")),
    }
}

/// Whether a scenario is done, was cut short, waits or runs.
fn mark(progress: &ScenarioProgress, ended: bool) -> char {
    let begun = progress.started_at().is_some_and(|start| start <= Instant::now());
    match (progress.fraction() >= 1.0, ended, begun) {
        (true, _, _) => '✓',
        (false, true, _) => '✗',
        (false, false, true) => ' ',
        (false, false, false) => '•',
    }
}

fn bar(fraction: f64) -> String {
    let filled = (fraction * BAR as f64) as usize;
    let cell = |at: usize| match at.cmp(&filled) {
        Ordering::Less => '=',
        Ordering::Equal => '>',
        Ordering::Greater => '-',
    };
    (0..BAR).map(cell).collect()
}

/// `0m04.2s`: constant width while it counts, so that lines do not jump.
fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let tenths = elapsed.subsec_millis() / 100;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}.{tenths}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes:02}m{seconds:02}s"),
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_plan::{OptionsLayer, Origin, resolve};
    use serde_json::json;

    use super::*;

    #[test]
    fn each_executor_says_what_k6_says_of_it() {
        let options = json!({ "scenarios": {
            "a": { "executor": "constant-vus", "vus": 2, "duration": "2s" },
            "b": { "executor": "shared-iterations", "vus": 2, "iterations": 6 },
            "c": { "executor": "per-vu-iterations", "vus": 2, "iterations": 3 },
            "d": { "executor": "ramping-vus", "stages": [{ "duration": "4s", "target": 4 }] },
            "e": { "executor": "constant-arrival-rate", "rate": 10, "duration": "2s", "preAllocatedVUs": 4 },
            "f": { "executor": "ramping-arrival-rate", "startRate": 5, "preAllocatedVUs": 1, "maxVUs": 70,
                "stages": [{ "duration": "4s", "target": 15 }] },
        } });
        let layer = OptionsLayer::from_json(Origin::Script("a.js".to_owned()), &options);
        let plan = resolve(vec![layer]).expect("valid");
        let state = RunState::new(&plan);
        let said = plan.scenarios.iter().zip(state.scenarios()).map(|(plan, scenario)| {
            let progress = &scenario.progress;
            let work = work(plan, progress, Duration::from_secs(2)).unwrap_or_default();
            format!("{}: {}  {work}", plan.name, vus(plan, progress, 2))
        });
        let mut said: Vec<_> = said.collect();
        said.sort();
        let expected = [
            "a:  0 VUs  ",
            "b:  0 VUs  0/6 shared iters",
            "c:  0 VUs  0/6 iters, 3 per VU",
            "d:  0/ 4 VUs  ",
            "e:  0/ 4 VUs  10.00 iters/s",
            "f:  0/70 VUs  10.00 iters/s",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn bars_keep_their_width() {
        assert_eq!(bar(0.0), format!(">{}", "-".repeat(39)));
        assert_eq!(bar(0.5), format!("{}>{}", "=".repeat(20), "-".repeat(19)));
        assert_eq!(bar(1.0), "=".repeat(40));
    }

    #[test]
    fn clocks_keep_their_width() {
        assert_eq!(clock(Duration::from_millis(4_240)), "0m04.2s");
        assert_eq!(clock(Duration::from_secs(3_661)), "1h01m01s");
    }
}
