//! `k6/execution`: what the script may know of the run that it is part of.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-execution/>.

use std::rc::Rc;
use std::time::Duration;

use plimsoll_engine::Iteration;
use rquickjs::function::Opt;
use rquickjs::object::Accessor;
use rquickjs::{Coerced, Ctx, Function, IntoJs, Object, Result, Value};

use super::not_yet;
use crate::exception::throw_host;
use crate::quickjs;
use crate::state::{Phase, VuState};

pub(crate) const EXPORTS: &[&str] = &["scenario", "instance", "vu", "test"];

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let object = match name {
        "scenario" => scenario(ctx, state),
        "instance" => instance(ctx, state),
        "vu" => vu(ctx, state),
        _ => test(ctx, state),
    };
    Ok(object?.into_value())
}

/// Defines a read-only property that is computed when it is read.
fn getter<'js, T: IntoJs<'js> + 'js>(
    object: &Object<'js>,
    state: &Rc<VuState>,
    name: &str,
    get: impl Fn(&Ctx<'js>, &VuState) -> Result<T> + 'js,
) -> Result<()> {
    let state = Rc::clone(state);
    let get = move |ctx: Ctx<'js>| get(&ctx, &state);
    object.prop(name, Accessor::new_get(get).enumerable().configurable())
}

fn iteration(ctx: &Ctx<'_>, state: &VuState) -> Result<Iteration> {
    let outside =
        || throw_host(ctx, "getting scenario information outside of the VU context is not supported");
    state.current_iteration().ok_or_else(outside)
}

fn in_run(ctx: &Ctx<'_>, state: &VuState, what: &str) -> Result<()> {
    if state.phase.get() == Phase::Init {
        return Err(throw_host(
            ctx,
            &format!("getting {what} information in the init context is not supported"),
        ));
    }
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn scenario<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    getter(&object, state, "name", |ctx, vu| Ok(iteration(ctx, vu)?.scenario.name.to_string()))?;
    getter(&object, state, "executor", |ctx, vu| Ok(iteration(ctx, vu)?.scenario.executor))?;
    getter(&object, state, "startTime", |ctx, vu| {
        let started =
            iteration(ctx, vu)?.scenario.progress.started_at().unwrap_or_else(tokio::time::Instant::now);
        Ok((vu.worker.context.clock.timestamp(started).0 / 1_000_000) as f64)
    })?;
    getter(&object, state, "progress", |ctx, vu| Ok(iteration(ctx, vu)?.scenario.progress.fraction()))?;
    getter(&object, state, "iterationInInstance", |ctx, vu| {
        Ok(iteration(ctx, vu)?.scenario_iteration_in_instance as f64)
    })?;
    getter(&object, state, "iterationInTest", |ctx, vu| {
        Ok(iteration(ctx, vu)?.scenario_iteration_in_test as f64)
    })?;
    Ok(object)
}

fn instance<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    macro_rules! counter {
        ($($name:literal => $read:ident),+) => {
            $(getter(&object, state, $name, |ctx, vu| {
                in_run(ctx, vu, "instance")?;
                Ok(vu.worker.context.run.$read() as f64)
            })?;)+
        };
    }
    counter!(
        "iterationsInterrupted" => interrupted_iterations,
        "iterationsCompleted" => complete_iterations,
        "vusActive" => active_vus,
        "vusInitialized" => initialised_vus
    );
    getter(&object, state, "currentTestRunDuration", |ctx, vu| {
        in_run(ctx, vu, "instance")?;
        Ok(milliseconds(vu.worker.context.run.test_elapsed()))
    })?;
    Ok(object)
}

fn vu<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    getter(&object, state, "idInInstance", |ctx, vu| {
        in_run(ctx, vu, "VU")?;
        Ok(vu.id.0)
    })?;
    getter(&object, state, "idInTest", |ctx, vu| {
        in_run(ctx, vu, "VU")?;
        Ok(vu.worker.context.run.vu_id_in_test(vu.id) as f64)
    })?;
    getter(&object, state, "iterationInInstance", |ctx, vu| {
        in_run(ctx, vu, "VU")?;
        Ok(vu.current_iteration().map_or(0.0, |iteration| iteration.iteration_in_vu as f64))
    })?;
    getter(&object, state, "iterationInScenario", |ctx, vu| {
        in_run(ctx, vu, "VU")?;
        Ok(vu.current_iteration().map_or(0.0, |iteration| iteration.vu_iteration_in_scenario as f64))
    })?;
    for name in ["tags", "metrics"] {
        getter(&object, state, name, move |ctx, _| not_yet::<i32>(ctx, &format!("exec.vu.{name}")))?;
    }
    Ok(object)
}

fn test<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let vu = Rc::clone(state);
    let abort = move |ctx: Ctx<'js>, reason: Opt<Coerced<String>>| -> Result<()> {
        let message = match reason.0 {
            Some(reason) => format!("test aborted: {}", reason.0),
            None => "test aborted".to_owned(),
        };
        *vu.abort.borrow_mut() = Some(message.clone());
        Err(quickjs::throw_uncatchable(&ctx, &message))
    };
    object.set("abort", Function::new(ctx.clone(), abort)?.with_name("abort")?)?;
    let vu = Rc::clone(state);
    let fail = move |reason: Opt<Coerced<String>>| {
        let reason = reason.0.map(|reason| reason.0).unwrap_or_default();
        tracing::error!(target: "plimsoll", "test marked as failed: {reason}");
        vu.worker.context.run.fail_test(&reason);
    };
    object.set("fail", Function::new(ctx.clone(), fail)?.with_name("fail")?)?;
    getter(&object, state, "options", |ctx, vu| -> Result<Value<'js>> {
        in_run(ctx, vu, "test options")?;
        ctx.json_parse(vu.worker.script.options_json.as_bytes())
    })?;
    Ok(object)
}
