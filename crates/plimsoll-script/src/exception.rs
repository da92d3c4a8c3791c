//! JavaScript exceptions as values: from a pending exception to a [`ScriptError`], and from host errors to a
//! throw.

use plimsoll_engine::ScriptError;
use rquickjs::class::JsClass;
use rquickjs::function::Constructor;
use rquickjs::object::Property;
use rquickjs::{CatchResultExt, CaughtError, Class, Ctx, Error, Exception, Object, Result, Value};

use crate::modules::StateHandle;
use crate::reach::Family;
use crate::source_map::SourceMaps;
use crate::web::host_error;

/// Like [`take`], in a context that is no VU's.
pub(crate) fn take_with(ctx: &Ctx<'_>, error: Error, maps: &SourceMaps) -> ScriptError {
    let mut error = take(ctx, error);
    error.stack = tidy_stack(&error.stack, |frame| maps.restore(frame).into_owned());
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
    // In a VU the places are restored already, see `stack_trace.rs`.
    let stack = tidy_stack(&stack, str::to_owned);
    ScriptError { message, stack }
}

/// QuickJS's stack with host frames (`at get (native)`, `at read (native/streams:1:2)`) left out,
/// one style of indentation, and the places
/// that the user wrote.
fn tidy_stack(stack: &str, restore: impl Fn(&str) -> String) -> String {
    let frames = stack.lines().map(str::trim).filter(|line| !line.is_empty() && !line.contains("(native"));
    frames
        .map(|line| format!("\tat {}", restore(line.strip_prefix("at ").unwrap_or(line))))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Throws a `GoError`, as k6 does for the failures of its host functions.
pub(crate) fn throw_host(ctx: &Ctx<'_>, message: &str) -> Error {
    let thrown = Exception::from_message(ctx.clone(), message).and_then(|exception| {
        // The bindings make a message that is listed among the members, which those of errors are not.
        exception.as_object().remove("message")?;
        let hidden = Property::from(message).writable().configurable();
        exception.as_object().prop("message", hidden)?;
        match ctx.userdata::<StateHandle>() {
            Some(state) if state.0.worker.script.modules.reach.contains(Family::HostError) => {
                host_error::adopt(exception.as_object())?;
            }
            _ => host_error::name(exception.as_object())?,
        }
        Ok(exception)
    });
    match thrown {
        Ok(exception) => exception.throw(),
        Err(error) => error,
    }
}

/// The object as one of a class, if it is one. The engine throws when asked about another object, and the
/// bindings leave that pending, where the event loop would take it for an interruption.
pub(crate) fn as_class<'js, C: JsClass<'js>>(object: &Object<'js>) -> Option<Class<'js, C>> {
    let class = Class::from_object(object);
    if class.is_none() {
        drop(object.ctx().catch());
    }
    class
}

/// Throws a `TypeError`.
pub(crate) fn throw_type<T>(ctx: &Ctx<'_>, message: &str) -> Result<T> {
    Err(throw_as(ctx, "TypeError", message))
}

/// Throws an error of one of the language's own classes. (The engine's own functions cut long messages.)
pub(crate) fn throw_as(ctx: &Ctx<'_>, class: &str, message: &str) -> Error {
    let class = ctx.globals().get::<_, Constructor<'_>>(class);
    match class.and_then(|class| class.construct::<_, Value<'_>>((message,))) {
        Ok(exception) => ctx.throw(exception),
        Err(error) => error,
    }
}
