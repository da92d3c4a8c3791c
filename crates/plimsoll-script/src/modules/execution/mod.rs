//! `k6/execution`: what the script may know of the run that it is part of, and say about it.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-execution/>. The objects are [`Lazy`]: what
//! is a fact of the moment is read when the script asks.

mod labels;

use std::rc::Rc;
use std::time::Duration;

use plimsoll_engine::Iteration;
use rquickjs::function::Opt;
use rquickjs::{Atom, Coerced, Ctx, Function, IntoJs, Result, Value};

use self::labels::{Kind, Labels};
use super::data::freeze;
use crate::exception::throw_host;
use crate::lazy::{self, Lazy, Source, Upkeep};
use crate::quickjs;
use crate::state::{Phase, VuState};

pub(crate) const EXPORTS: &[&str] = &["scenario", "instance", "vu", "test"];

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let part = match name {
        "scenario" => Part::Scenario,
        "instance" => Part::Instance,
        "vu" => Part::Vu,
        _ => Part::Test,
    };
    Information { state: Rc::clone(state), part }.object(ctx)
}

/// The objects of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Scenario,
    Instance,
    Vu,
    /// `vu.metrics`.
    Metrics,
    Test,
}

impl Part {
    fn names(self) -> &'static [&'static str] {
        match self {
            Part::Scenario => {
                &["name", "executor", "startTime", "progress", "iterationInInstance", "iterationInTest"]
            }
            Part::Instance => &[
                "iterationsInterrupted",
                "iterationsCompleted",
                "vusActive",
                "vusInitialized",
                "currentTestRunDuration",
            ],
            Part::Vu => {
                &["idInInstance", "idInTest", "iterationInInstance", "iterationInScenario", "tags", "metrics"]
            }
            Part::Metrics => &["tags", "metadata"],
            Part::Test => &["abort", "fail", "options"],
        }
    }
}

/// One of the objects.
struct Information {
    state: Rc<VuState>,
    part: Part,
}

impl Source for Information {
    const CLASS: &'static str = "Object";

    fn names(&self) -> Vec<&str> {
        self.part.names().to_vec()
    }

    fn find(&self, name: &Atom<'_>) -> Option<usize> {
        let name = lazy::text(name)?;
        self.part.names().iter().position(|known| *known == name)
    }

    fn make<'js>(&self, ctx: &Ctx<'js>, property: usize) -> Result<Value<'js>> {
        let name = self.part.names()[property];
        match self.part {
            Part::Scenario => scenario(ctx, &self.state, name),
            Part::Instance => instance(ctx, &self.state, name),
            Part::Vu => vu(ctx, &self.state, name),
            Part::Metrics => labels(ctx, &self.state, name),
            Part::Test => test(ctx, &self.state, name),
        }
    }

    fn upkeep(&self, _: usize) -> Upkeep {
        if self.part == Part::Scenario { Upkeep::Live } else { Upkeep::Fixed }
    }
}

impl Information {
    fn object<'js>(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        Lazy::object(ctx, self)?.into_js(ctx)
    }
}

fn outside_init(ctx: &Ctx<'_>, state: &VuState, what: &str) -> Result<()> {
    if state.phase.get() == Phase::Init {
        return Err(throw_host(
            ctx,
            &format!("getting {what} information in the init context is not supported"),
        ));
    }
    Ok(())
}

fn scenario<'js>(ctx: &Ctx<'js>, state: &VuState, name: &str) -> Result<Value<'js>> {
    let Some(iteration) = state.current_iteration() else {
        let message = "getting scenario information outside of the VU context is not supported";
        return Err(throw_host(ctx, message));
    };
    let scenario = &iteration.scenario;
    match name {
        "name" => scenario.name.as_ref().into_js(ctx),
        "executor" => scenario.executor.into_js(ctx),
        "startTime" => {
            let started = scenario.progress.started_at().unwrap_or_else(tokio::time::Instant::now);
            ((state.worker.context.clock.timestamp(started).0 / 1_000_000) as f64).into_js(ctx)
        }
        "progress" => scenario.progress.fraction().into_js(ctx),
        "iterationInInstance" => (iteration.scenario_iteration_in_instance as f64).into_js(ctx),
        _ => (iteration.scenario_iteration_in_test as f64).into_js(ctx),
    }
}

fn instance<'js>(ctx: &Ctx<'js>, state: &VuState, name: &str) -> Result<Value<'js>> {
    outside_init(ctx, state, "instance")?;
    let run = &state.worker.context.run;
    let value = match name {
        "iterationsInterrupted" => run.interrupted_iterations() as f64,
        "iterationsCompleted" => run.complete_iterations() as f64,
        "vusActive" => f64::from(run.active_vus()),
        "vusInitialized" => f64::from(run.initialised_vus()),
        _ => milliseconds(run.test_elapsed()),
    };
    value.into_js(ctx)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn vu<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    outside_init(ctx, state, "VU")?;
    let count =
        |read: fn(&Iteration) -> u64| state.current_iteration().as_ref().map_or(0.0, |i| read(i) as f64);
    match name {
        "idInInstance" => state.id.0.into_js(ctx),
        "idInTest" => (state.worker.context.run.vu_id_in_test(state.id) as f64).into_js(ctx),
        "iterationInInstance" => count(|iteration| iteration.iteration_in_vu).into_js(ctx),
        "iterationInScenario" => count(|iteration| iteration.vu_iteration_in_scenario).into_js(ctx),
        "tags" => Labels::object(ctx, state, Kind::Tags),
        _ => Information { state: Rc::clone(state), part: Part::Metrics }.object(ctx),
    }
}

fn labels<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let kind = if name == "tags" { Kind::Tags } else { Kind::Metadata };
    Labels::object(ctx, state, kind)
}

fn test<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let vu = Rc::clone(state);
    match name {
        "abort" => {
            let call = move |ctx: Ctx<'js>, reason: Opt<Coerced<String>>| abort(&ctx, &vu, reason.0);
            Function::new(ctx.clone(), call)?.with_name(name)?.into_js(ctx)
        }
        "fail" => {
            let call = move |reason: Opt<Coerced<String>>| fail(&vu, reason.0);
            Function::new(ctx.clone(), call)?.with_name(name)?.into_js(ctx)
        }
        _ => {
            outside_init(ctx, state, "test options")?;
            let options = ctx.json_parse(state.worker.script.options_json.as_bytes())?;
            freeze(&options)?;
            Ok(options)
        }
    }
}

/// Ends the run: the stack unwinds, and no `catch` or `finally` of the script runs.
fn abort(ctx: &Ctx<'_>, state: &VuState, reason: Option<Coerced<String>>) -> Result<()> {
    let message =
        reason.map_or_else(|| "test aborted".to_owned(), |reason| format!("test aborted: {}", reason.0));
    *state.abort.borrow_mut() = Some(message.clone());
    Err(quickjs::throw_uncatchable(ctx, &message))
}

/// Marks the run as failed; it goes on.
fn fail(state: &VuState, reason: Option<Coerced<String>>) {
    let reason = reason.map(|reason| reason.0).unwrap_or_default();
    tracing::error!(target: "plimsoll", "test marked as failed: {reason}");
    state.worker.context.run.fail_test(&reason);
}
