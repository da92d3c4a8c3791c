//! JavaScript exceptions as values: from a pending exception to a [`ScriptError`], and from host errors to a
//! throw.

use plimsoll_engine::ScriptError;
use rquickjs::{CatchResultExt, CaughtError, Ctx, Error, Exception, Object, Result, Value};

use crate::modules::StateHandle;
use crate::source_map::SourceMaps;

/// Like [`take`], in a context that is no VU's.
pub(crate) fn take_with(ctx: &Ctx<'_>, error: Error, maps: &SourceMaps) -> ScriptError {
    let mut error = take(ctx, error);
    error.stack = tidy_stack(&error.stack, maps);
    error
}

/// Takes the pending exception (or a host-side conversion error) as what the user should read.
pub(crate) fn take(ctx: &Ctx<'_>, error: Error) -> ScriptError {
    match Err::<(), Error>(error).catch(ctx) {
        Ok(()) => unreachable!("the result is an error"),
        Err(CaughtError::Exception(exception)) => of_exception(&exception),
        Err(CaughtError::Value(value)) => of_value(&value),
        Err(CaughtError::Error(error)) => ScriptError { message: error.to_string(), stack: String::new() },
    }
}

/// Takes the pending exception.
pub(crate) fn take_pending(ctx: &Ctx<'_>) -> ScriptError {
    take(ctx, Error::Exception)
}

/// What a thrown or rejected value says.
pub(crate) fn of_value(value: &Value<'_>) -> ScriptError {
    if let Some(exception) = value.as_object().filter(|object| is_error(object)) {
        return of_exception(exception);
    }
    ScriptError { message: format!("Uncaught {}", crate::console::format_value(value)), stack: String::new() }
}

/// Whether it is an `Error`, or inherits from one, as a `DOMException` does.
fn is_error(object: &Object<'_>) -> bool {
    let error = object.ctx().globals().get::<_, Object<'_>>("Error");
    object.is_error() || error.is_ok_and(|error| object.is_instance_of(error))
}

fn of_exception(exception: &Object<'_>) -> ScriptError {
    let text = |name: &str| exception.get::<_, Option<String>>(name).ok().flatten().unwrap_or_default();
    let (name, message) = (text("name"), text("message"));
    let message = match (name.as_str(), message.as_str()) {
        ("", message) => message.to_owned(),
        (name, "") => name.to_owned(),
        (name, message) => format!("{name}: {message}"),
    };
    let stack = text("stack");
    let stack = match exception.ctx().userdata::<StateHandle>() {
        Some(state) => tidy_stack(&stack, &state.0.worker.script.modules.maps),
        None => tidy_stack(&stack, &SourceMaps::default()),
    };
    ScriptError { message, stack }
}

/// QuickJS's stack with host frames (`at get (native)`) left out, one style of indentation, and the places
/// that the user wrote.
fn tidy_stack(stack: &str, maps: &SourceMaps) -> String {
    let frames = stack.lines().map(str::trim).filter(|line| !line.is_empty() && !line.ends_with("(native)"));
    frames
        .map(|line| format!("\tat {}", maps.restore(line.strip_prefix("at ").unwrap_or(line))))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Throws an error whose name is `GoError`, as k6 does for the failures of its host functions.
pub(crate) fn throw_host(ctx: &Ctx<'_>, message: &str) -> Error {
    let thrown = Exception::from_message(ctx.clone(), message).and_then(|exception| {
        exception.as_object().set("name", "GoError")?;
        Ok(exception)
    });
    match thrown {
        Ok(exception) => exception.throw(),
        Err(error) => error,
    }
}

/// Throws a `TypeError`.
pub(crate) fn throw_type<T>(ctx: &Ctx<'_>, message: &str) -> Result<T> {
    Err(Exception::throw_type(ctx, message))
}
