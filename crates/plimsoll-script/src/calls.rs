//! One call of an exported function: what is set up before it, how its end is read, what is recorded after
//! it.

use std::rc::Rc;
use std::sync::Arc;

use plimsoll_engine::{Call, CallEnd, CallKind, CallOutcome, Iteration, ScriptError};
use plimsoll_metrics::TagSetId;
use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Function, Result, Value};

use crate::state::{Phase, VuState};
use crate::vm::Exports;
use crate::{exception, fiber, globals, vm};

/// JavaScript values that a VU keeps from call to call.
#[derive(Default)]
pub(crate) struct Memory<'js> {
    /// The data of `setup`, decoded at the first iteration; the VU's own copy, changes included, as in k6.
    setup_data: Option<Value<'js>>,
    /// The function of the scenario that the VU is in.
    function: Option<(Arc<str>, Function<'js>)>,
    activation: u64,
}

/// Runs one call to its end.
pub(crate) fn serve_call<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    exports: &Exports<'js>,
    memory: &mut Memory<'js>,
    call: &Call,
) -> CallEnd {
    let result = prepare(ctx, state, exports, memory, call).and_then(|prepared| match prepared {
        Some((function, argument)) => invoke(ctx, state, &function, argument),
        None => Ok(Ok(None)),
    });
    let outcome = outcome(ctx, state, &result);
    let returned = match (&call.kind, result) {
        (CallKind::Setup | CallKind::HandleSummary { .. }, Ok(Ok(Some(value)))) => Some(value),
        _ => None,
    };
    let strict = matches!(call.kind, CallKind::Setup);
    let (outcome, returned) = encode(ctx, outcome, returned, strict);
    if matches!(outcome, CallOutcome::Threw(_)) {
        fiber::release_idle_stack();
    }
    let tags = conclude(state, call);
    let context = state.tags.borrow().context();
    CallEnd { outcome, tags, context, returned }
}

/// Brings the VU's state in line with the call. `None` when the script does not export the function.
fn prepare<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    exports: &Exports<'js>,
    memory: &mut Memory<'js>,
    call: &Call,
) -> Result<Option<(Function<'js>, Option<Value<'js>>)>> {
    *state.abort.borrow_mut() = None;
    state.event_loop.clear();
    let data = |memory: &mut Memory<'js>| setup_data(ctx, memory, call.setup_data.as_deref());
    match &call.kind {
        CallKind::Setup => {
            state.enter(Phase::Setup, None);
            Ok(exports.function("setup").map(|function| (function, None)))
        }
        CallKind::Teardown => {
            state.enter(Phase::Teardown, None);
            let data = data(memory)?;
            Ok(exports.function("teardown").map(|function| (function, Some(data))))
        }
        CallKind::HandleSummary { data } => {
            state.enter(Phase::HandleSummary, None);
            let data = ctx.json_parse(data.as_bytes())?;
            Ok(exports.function("handleSummary").map(|function| (function, Some(data))))
        }
        CallKind::Iteration(iteration) => {
            enter_iteration(ctx, state, memory, iteration)?;
            let function = exec_function(exports, memory, iteration);
            let data = data(memory)?;
            Ok(function.map(|function| (function, Some(data))))
        }
    }
}

fn enter_iteration<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    memory: &mut Memory<'js>,
    iteration: &Iteration,
) -> Result<()> {
    state.enter(Phase::Iteration, Some(iteration));
    if !state.worker.script.keep_cookies {
        state.forget_cookies();
    }
    if memory.activation != iteration.activation {
        memory.activation = iteration.activation;
        globals::set_environment(ctx, state, &iteration.scenario.env)?;
    }
    ctx.globals().set("__ITER", iteration.iteration_in_vu as f64)
}

fn exec_function<'js>(
    exports: &Exports<'js>,
    memory: &mut Memory<'js>,
    iteration: &Iteration,
) -> Option<Function<'js>> {
    let exec = &iteration.scenario.exec;
    match &memory.function {
        Some((name, function)) if name == exec => Some(function.clone()),
        _ => {
            let function = exports.function(exec)?;
            memory.function = Some((Arc::clone(exec), function.clone()));
            Some(function)
        }
    }
}

fn setup_data<'js>(ctx: &Ctx<'js>, memory: &mut Memory<'js>, json: Option<&str>) -> Result<Value<'js>> {
    if memory.setup_data.is_none() {
        memory.setup_data = Some(match json {
            Some(json) => ctx.json_parse(json)?,
            None => Value::new_undefined(ctx.clone()),
        });
    }
    Ok(memory.setup_data.clone().expect("filled in above"))
}

/// Calls the function and runs its event loop dry. The inner error is one that nobody handled: a rejection.
fn invoke<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    function: &Function<'js>,
    argument: Option<Value<'js>>,
) -> Result<std::result::Result<Option<Value<'js>>, ScriptError>> {
    let value: Value<'js> = match argument {
        Some(argument) => function.call((argument,))?,
        None => function.call(())?,
    };
    if !value.is_promise() && state.event_loop.is_idle(ctx) {
        return Ok(Ok(Some(value)));
    }
    let rejected = state.event_loop.run(ctx, state)?;
    let Some(promise) = value.as_promise() else { return Ok(rejected.map(|()| Some(value))) };
    match promise.state() {
        PromiseState::Resolved => {
            let value = promise.result::<Value<'js>>().transpose()?;
            Ok(rejected.map(|()| value))
        }
        PromiseState::Rejected => promise.result::<Value<'js>>().unwrap_or(Ok(value)).map(|_| Ok(None)),
        PromiseState::Pending => Ok(rejected.map(|()| None)),
    }
}

fn outcome<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    result: &Result<std::result::Result<Option<Value<'js>>, ScriptError>>,
) -> CallOutcome {
    let thrown = match result {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.clone()),
        Err(rquickjs::Error::Exception) => Some(exception::take_pending(ctx)),
        Err(error) => Some(ScriptError { message: error.to_string(), stack: String::new() }),
    };
    if let Some(reason) = state.abort.borrow().clone() {
        return CallOutcome::Aborted { reason };
    }
    match thrown {
        Some(_) if state.is_interrupted() => CallOutcome::Interrupted,
        Some(error) => CallOutcome::Threw(vm::name_limit(state, error)),
        None => CallOutcome::Completed,
    }
}

/// A replacer for `JSON.stringify` that refuses what would silently become something else. Inside of objects
/// `undefined` becomes `null`, as in k6.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn only_json<'js>(ctx: Ctx<'js>, key: String, value: Value<'js>) -> Result<Value<'js>> {
    let infinite = value.as_number().is_some_and(|number| !number.is_finite());
    if infinite || value.is_function() || value.is_symbol() {
        let place = if key.is_empty() { "it".to_owned() } else { format!("'{key}'") };
        let shown = crate::console::format_value(&value);
        return exception::throw_type(&ctx, &format!("{place} is {shown}"));
    }
    if value.is_undefined() { Ok(Value::new_null(ctx)) } else { Ok(value) }
}

/// The returned value as JSON. What cannot be JSON makes the call one that threw; `strict` refuses what
/// `JSON.stringify` would change or leave out.
fn encode<'js>(
    ctx: &Ctx<'js>,
    outcome: CallOutcome,
    returned: Option<Value<'js>>,
    strict: bool,
) -> (CallOutcome, Option<String>) {
    let Some(value) = returned.filter(|value| !value.is_undefined()) else { return (outcome, None) };
    let text = if strict {
        Function::new(ctx.clone(), only_json)
            .and_then(|only_json| ctx.json_stringify_replacer(value, only_json))
    } else {
        ctx.json_stringify(value)
    };
    let encoded = text.and_then(|text| text.map(|text| text.to_string()).transpose());
    match encoded {
        Ok(text) => (outcome, text),
        Err(error) => {
            let mut error = exception::take(ctx, error);
            error.message = format!("the returned value cannot be written as JSON: {}", error.message);
            (CallOutcome::Threw(error), None)
        }
    }
}

/// Records the traffic and leaves the phase; returns the tags of the call.
fn conclude(state: &VuState, call: &Call) -> TagSetId {
    // Sockets that are still open say goodbye, which is part of this call's traffic.
    state.event_loop.clear();
    state.tags.borrow_mut().leave_groups();
    let tags = state.tag_set(&[]);
    if !matches!(call.kind, CallKind::HandleSummary { .. }) {
        state.record_traffic(tags);
    }
    if state.worker.script.close_connections_after_iteration {
        state.close_idle_connections();
    }
    tags
}
