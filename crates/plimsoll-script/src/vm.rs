//! One JavaScript runtime: made, given its globals and modules, and handed to a body that uses it.
//!
//! Must run on a fiber: host functions of the script may wait, and QuickJS takes the stack that it is created
//! on as the one it will run on.

use std::fmt::Write as _;
use std::rc::Rc;

use plimsoll_engine::ScriptError;
use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Error, Exception, Function, Object, Promise, Result, Runtime, Value};

use crate::linker::{self, VuLoader, VuResolver};
use crate::modules::StateHandle;
use crate::state::VuState;
use crate::{commonjs, exception, fiber, globals, quickjs};

/// Why the init context did not come to its end.
pub(crate) enum InitError {
    Threw(ScriptError),
    Aborted(String),
    Interrupted,
    Resources(String),
}

/// What a script exports.
pub(crate) struct Exports<'js> {
    namespace: Object<'js>,
    /// The default export where it is no member of the others: `module.exports = function () { … }`.
    default: Option<Function<'js>>,
}

impl<'js> Exports<'js> {
    /// The exports of an entry that is a CommonJS file.
    fn of_commonjs(ctx: &Ctx<'js>, exports: &Value<'js>) -> Result<Self> {
        let namespace = exports.as_object().cloned().map_or_else(|| Object::new(ctx.clone()), Ok)?;
        let default = commonjs::default_of(exports)?.into_function();
        Ok(Exports { namespace, default })
    }

    /// An exported function; `None` when the name is not exported or is something else.
    pub(crate) fn function(&self, name: &str) -> Option<Function<'js>> {
        self.value(name)?.into_function()
    }

    pub(crate) fn value(&self, name: &str) -> Option<Value<'js>> {
        if let Some(default) = self.default.as_ref().filter(|_| name == "default") {
            return Some(default.clone().into_value());
        }
        self.namespace.get::<_, Option<Value<'js>>>(name).ok()?.filter(|value| !value.is_undefined())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.namespace.keys::<String>().filter_map(Result::ok).collect();
        if self.default.is_some() && !names.iter().any(|name| name == "default") {
            names.push("default".to_owned());
        }
        names
    }
}

/// Makes a runtime for the VU, runs the init context, and hands both to `body`.
pub(crate) fn run<R>(
    state: &Rc<VuState>,
    body: impl for<'js> FnOnce(&Ctx<'js>, &Exports<'js>) -> R,
) -> std::result::Result<R, InitError> {
    let runtime = runtime(state)
        .map_err(|error| InitError::Resources(format!("no JavaScript runtime could be made: {error}")))?;
    let context = quickjs::context(&runtime, state.worker.script.modules.reach)
        .map_err(|error| InitError::Resources(format!("no JavaScript context could be made: {error}")))?;
    let result = context.with(|ctx| {
        let exports = initialise(&ctx, state);
        let result = match exports {
            Ok(exports) => Ok(body(&ctx, &exports)),
            Err(error) => Err(init_error(&ctx, state, error)),
        };
        state.forget_values();
        result
    });
    drop(context);
    result
}

fn runtime(state: &Rc<VuState>) -> Result<Runtime> {
    let runtime = Runtime::new()?;
    runtime.set_max_stack_size(fiber::JS_STACK_SIZE);
    runtime.set_memory_limit(usize::try_from(state.worker.script.memory_limit.0).unwrap_or(usize::MAX));
    let vu = Rc::clone(state);
    runtime.set_interrupt_handler(Some(Box::new(move || {
        fiber::preempt_if_due();
        vu.is_interrupted()
    })));
    let vu = Rc::clone(state);
    runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, promise, reason, handled| {
        vu.event_loop.track_rejection(&ctx, promise, &reason, handled);
    })));
    runtime.set_loader(VuResolver(Rc::clone(state)), VuLoader(Rc::clone(state)));
    Ok(runtime)
}

/// Globals, then the entry module with everything it imports, top-level awaits included.
fn initialise<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>) -> Result<Exports<'js>> {
    let stored = ctx.store_userdata(StateHandle(Rc::clone(state)));
    debug_assert!(stored.is_ok(), "nothing borrows the user data of a new runtime");
    globals::install(ctx, state)?;
    let modules = &state.worker.script.modules;
    let entry = modules.unit(&modules.entry).ok_or_else(|| Error::new_loading(&modules.entry))?;
    if entry.is_commonjs {
        let exports = commonjs::run(ctx, state, &modules.entry)?;
        run_dry(ctx, state)?;
        return Exports::of_commonjs(ctx, &exports);
    }
    let (module, evaluation) = linker::declare(ctx, state, &modules.entry, &entry)?.eval()?;
    settle(ctx, state, &evaluation)?;
    Ok(Exports { namespace: module.namespace()?, default: None })
}

/// Runs what the init code of a CommonJS file has left to do.
fn run_dry(ctx: &Ctx<'_>, state: &VuState) -> Result<()> {
    match state.event_loop.run(ctx, state)? {
        Ok(()) => Ok(()),
        Err(error) => Err(Exception::throw_message(ctx, &error.message)),
    }
}

/// Runs the event loop until the promise has its result.
fn settle<'js>(ctx: &Ctx<'js>, state: &VuState, promise: &Promise<'js>) -> Result<()> {
    let unhandled = state.event_loop.run(ctx, state)?;
    match promise.state() {
        PromiseState::Resolved => Ok(()),
        PromiseState::Rejected => promise.result::<()>().unwrap_or(Ok(())),
        PromiseState::Pending => match unhandled {
            Err(error) => Err(Exception::throw_message(ctx, &error.message)),
            Ok(()) => Err(Exception::throw_message(
                ctx,
                "the script's top-level await waits for something that never comes",
            )),
        },
    }
}

fn init_error(ctx: &Ctx<'_>, state: &VuState, error: Error) -> InitError {
    if let Some(reason) = state.abort.borrow().clone() {
        return InitError::Aborted(reason);
    }
    if state.is_interrupted() {
        return InitError::Interrupted;
    }
    InitError::Threw(name_limit(state, exception::take(ctx, error)))
}

/// Says which limit it is that was reached when memory ran out.
pub(crate) fn name_limit(state: &VuState, mut error: ScriptError) -> ScriptError {
    let limit = state.worker.script.memory_limit;
    let said = match error.message.as_str() {
        "InternalError: out of memory" => {
            write!(error.message, ": the VU has reached its limit of {limit} (option vuMemoryLimit)")
        }
        // The engine's last resort. A script that throws it on purpose deserves no better explanation.
        "Uncaught null" => {
            write!(error.message, ", as when no memory is left for an error (vuMemoryLimit is {limit})")
        }
        _ => Ok(()),
    };
    said.expect("writing to a String cannot fail");
    error
}
