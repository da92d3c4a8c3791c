//! How a run is controlled from outside: stopped, paused, resumed, scaled.
//!
//! Whoever wants something of a run tells its [`RunControl`]: signals, a control API, and from inside a
//! script's abort, a threshold, a failed VU. What is wanted at this moment is one value behind one lock, so
//! that two wishes cannot contradict each other; the conductor and the scenarios that are controlled from
//! outside watch it. Nobody looks at it between two iterations.
//!
//! - *Stop*: the run is ended in an orderly way. The first reason wins.
//! - *Pause*, before `setup`: the run waits there, with its VUs made. Its time begins when it is resumed.
//! - *Pause*, later: scenarios that are controlled from outside start nothing more. It is refused when there
//!   is another scenario: the schedule of that one goes on, whatever anybody wants.
//! - *Scale*: how many VUs such a scenario begins with, or has from now on. When there may be more of them
//!   than before, they are made at once.
//! - *Steer*: at which rate a scenario starts iterations that has no rate of its own.
//! - *Setup data*, before `setup`: used where `setup` is skipped. Refused later.
//!
//! A pause never cuts an iteration short, and neither does scaling down: VUs finish what they are doing.

use std::sync::Arc;

use plimsoll_plan::{
    ExecutorConfig, Plan, Scenario,
    scenario::{Course, MAX_VUS},
};
use tokio::{sync::watch, time::Instant};

use crate::{outcome::RunEnd, steered::Heading, vu::VuId};

/// A handle that controls a run. Clones control the same run.
#[derive(Debug, Clone)]
pub struct RunControl(Arc<watch::Sender<Wishes>>);

/// What is wanted of a run.
#[derive(Debug)]
pub(crate) struct Wishes {
    /// Why it is to end.
    stop: Option<RunEnd>,
    paused: bool,
    /// The run is past the point where it waits to be resumed.
    has_begun: bool,
    setup_data: Option<Arc<str>>,
    /// In the plan's order.
    scenarios: Vec<Wanted>,
    /// The id of the next VU that the plan knows nothing of.
    next_vu: u32,
}

/// A scenario, as far as it can be controlled.
#[derive(Debug)]
struct Wanted {
    name: String,
    executor: &'static str,
    /// `None` for scenarios whose VUs are not told from outside.
    vus: Option<ExternalVus>,
    is_steered: bool,
    /// Where a steered scenario is bound for; nowhere at first.
    heading: Option<Heading>,
}

/// The VUs of a scenario that is controlled from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExternalVus {
    /// How many loop.
    wanted: u32,
    /// How many may be asked for.
    max: u32,
    /// All that there are; they never become fewer.
    ids: Vec<u32>,
}

/// Why a wish is refused. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// A test that runs can be paused if all its scenarios are controlled from outside.
    #[error("scenario '{scenario}' ({executor}) cannot be paused once the test runs")]
    NotPausable {
        /// The scenario that cannot.
        scenario: String,
        /// Its executor.
        executor: &'static str,
    },
    /// No scenario is controlled from outside.
    #[error("no scenario has the executor externally-controlled, so the number of VUs cannot be changed")]
    NotScalable,
    /// No scenario has its rate told from outside.
    #[error("no scenario is steered, so there is no rate that could be changed")]
    NotSteerable,
    /// More VUs are wanted than there may be.
    #[error("can't have {vus} VUs while there may be {max} at most")]
    BeyondMax {
        /// How many are wanted.
        vus: u32,
        /// How many there may be.
        max: u32,
    },
    /// More VUs than any run may have.
    #[error("can't have more than {MAX_VUS} VUs together")]
    TooManyVus,
    /// The test has its setup data already.
    #[error("the test has begun, so its setup data cannot be changed any more")]
    HasBegun,
}

impl RunControl {
    /// The control of a run that has not begun.
    pub fn new(plan: &Plan) -> Self {
        let wishes = Wishes {
            stop: None,
            paused: plan.options.paused,
            has_begun: false,
            setup_data: None,
            scenarios: plan.scenarios.iter().map(Wanted::new).collect(),
            next_vu: plan.max_vus().saturating_add(1),
        };
        Self(Arc::new(watch::Sender::new(wishes)))
    }

    /// Stops the run. Returns whether this was the first reason to do so.
    ///
    /// All iterations are interrupted at once, then `teardown` runs.
    pub fn stop(&self, reason: RunEnd) -> bool {
        self.0.send_if_modified(|wishes| {
            let first = wishes.stop.is_none();
            if first {
                wishes.stop = Some(reason);
            }
            first
        })
    }

    /// Why the run is being stopped; `None` while it is not.
    pub fn reason(&self) -> Option<RunEnd> {
        self.0.borrow().stop.clone()
    }

    /// Completes when the run is stopped.
    pub async fn stopped(&self) -> RunEnd {
        self.until(|wishes| wishes.stop.clone()).await
    }

    /// Lets nothing new begin until the run is resumed. Pausing a paused run changes nothing.
    ///
    /// # Errors
    /// When the test runs and one of its scenarios is not controlled from outside.
    pub fn pause(&self) -> Result<(), ControlError> {
        self.change(|wishes| {
            let stubborn = wishes.scenarios.iter().find(|scenario| scenario.vus.is_none());
            if let (true, Some(Wanted { name, executor, .. })) = (wishes.has_begun, stubborn) {
                return Err(ControlError::NotPausable { scenario: name.clone(), executor });
            }
            wishes.paused = true;
            Ok(())
        })
    }

    /// Lets a paused run go on. A run that is not paused goes on anyway.
    pub fn resume(&self) {
        self.0.send_if_modified(|wishes| std::mem::take(&mut wishes.paused));
    }

    /// Whether the run is paused.
    pub fn is_paused(&self) -> bool {
        self.0.borrow().paused
    }

    /// Changes how many VUs loop in the first scenario that is controlled from outside, how many there may
    /// be, or both. VUs that are not there yet are made; none is ever taken away.
    ///
    /// # Errors
    /// When there is no such scenario, or more VUs are wanted than there may be.
    pub fn scale(&self, vus: Option<u32>, max: Option<u32>) -> Result<(), ControlError> {
        self.change(|wishes| {
            let external = wishes.scenarios.iter_mut().find_map(|scenario| scenario.vus.as_mut());
            let external = external.ok_or(ControlError::NotScalable)?;
            let (vus, max) = (vus.unwrap_or(external.wanted), max.unwrap_or(external.max));
            if vus > max {
                return Err(ControlError::BeyondMax { vus, max });
            }
            let missing = max.saturating_sub(external.ids.len() as u32);
            let next_vu = wishes.next_vu.checked_add(missing).filter(|next| u64::from(*next) <= MAX_VUS + 1);
            let next_vu = next_vu.ok_or(ControlError::TooManyVus)?;
            external.ids.extend(wishes.next_vu..next_vu);
            (external.wanted, external.max, wishes.next_vu) = (vus, max, next_vu);
            Ok(())
        })
    }

    /// Has the steered scenario start iterations at another rate, from now on. What it has started goes on.
    ///
    /// # Errors
    /// When no scenario is steered.
    pub fn steer(&self, course: Course) -> Result<(), ControlError> {
        self.change(|wishes| {
            let steered = wishes.scenarios.iter_mut().find(|scenario| scenario.is_steered);
            let heading = Heading { course, since: Instant::now() };
            steered.ok_or(ControlError::NotSteerable)?.heading = Some(heading);
            Ok(())
        })
    }

    /// How many of the VUs that there are may not be asked for at present, because a maximum was lowered.
    pub fn surplus_vus(&self) -> u32 {
        let wishes = self.0.borrow();
        let external = wishes.scenarios.iter().filter_map(|scenario| scenario.vus.as_ref());
        external.map(|vus| (vus.ids.len() as u32).saturating_sub(vus.max)).sum()
    }

    /// What `setup` returned, or what was given in its place, as JSON.
    pub fn setup_data(&self) -> Option<Arc<str>> {
        self.0.borrow().setup_data.clone()
    }

    /// Gives the run setup data, as JSON. They are used where `setup` is skipped.
    ///
    /// # Errors
    /// When the test has begun.
    pub fn give_setup_data(&self, data: Option<Arc<str>>) -> Result<(), ControlError> {
        self.change(|wishes| {
            if wishes.has_begun {
                return Err(ControlError::HasBegun);
            }
            wishes.setup_data = data;
            Ok(())
        })
    }

    /// `setup` has returned.
    pub(crate) fn note_setup_data(&self, data: Option<Arc<str>>) {
        self.0.send_modify(|wishes| wishes.setup_data = data);
    }

    /// Waits while the run is paused. From then on it has begun.
    pub(crate) async fn begun(&self) {
        let mut wishes = self.0.subscribe();
        loop {
            let begins = |wishes: &mut Wishes| {
                wishes.has_begun = wishes.has_begun || !wishes.paused || wishes.stop.is_some();
                wishes.has_begun
            };
            if self.0.send_if_modified(begins) {
                return;
            }
            // The sender cannot be gone: `self` holds it.
            let _ = wishes.changed().await;
        }
    }

    /// For scenarios that are controlled from outside.
    pub(crate) fn watch(&self) -> watch::Receiver<Wishes> {
        self.0.subscribe()
    }

    /// Completes when the wishes give an answer.
    async fn until<T>(&self, answer: impl Fn(&Wishes) -> Option<T>) -> T {
        let mut receiver = self.0.subscribe();
        loop {
            if let Some(answer) = answer(&receiver.borrow_and_update()) {
                return answer;
            }
            // The sender cannot be gone: `self` holds it.
            let _ = receiver.changed().await;
        }
    }

    /// Changes the wishes, or not, and wakes whoever watches them if it did.
    fn change(
        &self,
        change: impl FnOnce(&mut Wishes) -> Result<(), ControlError>,
    ) -> Result<(), ControlError> {
        let mut result = Ok(());
        self.0.send_if_modified(|wishes| {
            result = change(wishes);
            result.is_ok()
        });
        result
    }
}

impl Wishes {
    /// How many VUs the scenario is to have looping.
    pub(crate) fn active_vus(&self, scenario: usize) -> u32 {
        let wanted = self.scenarios[scenario].vus.as_ref().map_or(0, |vus| vus.wanted);
        if self.paused { 0 } else { wanted }
    }

    /// Where a steered scenario is bound for.
    pub(crate) fn heading(&self, scenario: usize) -> Option<Heading> {
        self.scenarios[scenario].heading
    }

    /// The scenario's VUs from the `known`th on.
    pub(crate) fn vus_from(&self, scenario: usize, known: usize) -> Vec<VuId> {
        let ids = self.scenarios[scenario].vus.as_ref().map_or(&[][..], |vus| &vus.ids);
        ids.iter().skip(known).map(|id| VuId(*id)).collect()
    }
}

impl Wanted {
    fn new(scenario: &Scenario) -> Self {
        let external = |wanted| ExternalVus { wanted, max: scenario.max_vus(), ids: scenario.vu_ids.clone() };
        Self {
            name: scenario.name.clone(),
            executor: scenario.executor.name(),
            vus: scenario.external_vus().map(external),
            is_steered: matches!(scenario.executor, ExecutorConfig::SteeredArrivalRate(_)),
            heading: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_plan::{OptionsLayer, Origin, resolve};
    use serde_json::{Value, json};

    use super::*;

    fn control(scenarios: &Value) -> RunControl {
        let options = json!({ "scenarios": scenarios });
        let layer = OptionsLayer::from_json(Origin::Script("test.js".to_owned()), &options);
        RunControl::new(&resolve(vec![layer]).expect("valid options"))
    }

    fn external() -> Value {
        json!({ "executor": "externally-controlled", "vus": 2, "maxVUs": 4, "duration": 0 })
    }

    fn constant() -> Value {
        json!({ "executor": "constant-vus", "vus": 3, "duration": "1s" })
    }

    #[tokio::test]
    async fn the_first_reason_wins() {
        let control = control(&json!({ "s": constant() }));
        assert_eq!(control.reason(), None);
        assert!(control.stop(RunEnd::Signal));
        assert!(!control.clone().stop(RunEnd::ThresholdsAborted));
        assert_eq!(control.stopped().await, RunEnd::Signal);
    }

    #[tokio::test]
    async fn any_test_can_be_paused_until_it_has_begun() {
        let control = control(&json!({ "s": constant(), "x": external() }));
        assert_eq!(control.pause(), Ok(()));
        control.resume();
        control.begun().await;
        let refusal = control.pause().expect_err("a scenario that cannot be paused");
        let expected = "scenario 's' (constant-vus) cannot be paused once the test runs";
        assert_eq!((refusal.to_string().as_str(), control.is_paused()), (expected, false));
    }

    #[tokio::test]
    async fn a_stop_ends_the_pause() {
        let control = control(&json!({ "s": constant() }));
        assert_eq!(control.pause(), Ok(()));
        control.stop(RunEnd::Signal);
        control.begun().await;
    }

    #[test]
    fn scaling_asks_for_more_vus_only_where_they_are_missing() {
        let control = control(&json!({ "s": constant(), "x": external() }));
        let vus = |control: &RunControl| {
            let wishes = control.0.borrow();
            (wishes.active_vus(1), wishes.vus_from(1, 0).len(), wishes.next_vu)
        };
        assert_eq!(vus(&control), (2, 4, 8));
        assert_eq!(control.scale(Some(5), None), Err(ControlError::BeyondMax { vus: 5, max: 4 }));
        assert_eq!(control.scale(Some(5), Some(6)), Ok(()));
        assert_eq!(vus(&control), (5, 6, 10));
        assert_eq!(control.scale(None, Some(4)), Err(ControlError::BeyondMax { vus: 5, max: 4 }));
        assert_eq!(control.scale(Some(0), Some(4)), Ok(()));
        assert_eq!((vus(&control), control.surplus_vus()), ((0, 6, 10), 2));
        assert_eq!(control.scale(None, Some(7)), Ok(()));
        assert_eq!((vus(&control), control.surplus_vus()), ((0, 7, 11), 0));
        assert_eq!(control.scale(None, Some(2_000_000)), Err(ControlError::TooManyVus));
        assert_eq!(vus(&control), (0, 7, 11));
    }

    #[test]
    fn only_external_scenarios_can_be_scaled() {
        let control = control(&json!({ "s": constant() }));
        assert_eq!(control.scale(Some(1), None), Err(ControlError::NotScalable));
    }
}
