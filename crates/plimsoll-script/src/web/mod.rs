//! Globals of the web platform that k6 lacks and scripts are often written with: `URL`, `URLSearchParams`,
//! `structuredClone`, `Blob`; and k6's own `GoError`.
//!
//! Each stands in the global object as an accessor, and is made when it is first read: a script that mentions
//! one in a branch that is never taken pays for the accessor alone.

pub(crate) mod blob;
mod clone;
pub(crate) mod host_error;
mod iterate;
pub(crate) mod search_params;
pub(crate) mod url;

use std::time::{SystemTime, UNIX_EPOCH};

use rquickjs::function::This;
use rquickjs::object::{Accessor, Property};
use rquickjs::{Class, Ctx, Function, Object, Result, Value};

pub(crate) use self::blob::Blob;
pub(crate) use self::search_params::SearchParams;
pub(crate) use self::url::Url;
use crate::exception::{as_class, throw_type};
use crate::reach::{Family, Reach};

const NAMES: [(Family, &str); 5] = [
    (Family::Url, "URL"),
    (Family::Url, "URLSearchParams"),
    (Family::StructuredClone, "structuredClone"),
    (Family::Blob, "Blob"),
    (Family::HostError, host_error::NAME),
];

/// Defines those globals that the script can reach.
pub(crate) fn install(ctx: &Ctx<'_>, reach: Reach) -> Result<()> {
    if reach.contains(Family::Performance) {
        date_performance(ctx)?;
    }
    let mut wanted = NAMES.iter().filter(|(family, _)| reach.contains(*family));
    wanted.try_for_each(|(_, name)| define(ctx, name))
}

/// The engine counts `performance.timeOrigin` from the start of the machine; it is a time since 1970.
fn date_performance(ctx: &Ctx<'_>) -> Result<()> {
    let performance: Object<'_> = ctx.globals().get("performance")?;
    let elapsed: f64 = performance.get::<_, Function<'_>>("now")?.call((This(performance.clone()),))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3;
    let dated = Object::new(ctx.clone())?;
    dated.set("now", performance.get::<_, Value<'_>>("now")?)?;
    dated.set("timeOrigin", now - elapsed)?;
    keep(ctx, "performance", dated.into_value())
}

fn define<'js>(ctx: &Ctx<'js>, name: &'static str) -> Result<()> {
    let get = move |ctx: Ctx<'js>| -> Result<Value<'js>> {
        let value = make(&ctx, name)?;
        keep(&ctx, name, value.clone())?;
        Ok(value)
    };
    let set = move |ctx: Ctx<'js>, value: Value<'js>| keep(&ctx, name, value);
    ctx.globals().prop(name, Accessor::new(get, set).configurable())
}

fn keep<'js>(ctx: &Ctx<'js>, name: &str, value: Value<'js>) -> Result<()> {
    ctx.globals().prop(name, Property::from(value).writable().configurable())
}

/// The class `Blob`, which `k6/websockets` exports too.
pub(crate) fn blob_class<'js>(ctx: &Ctx<'js>) -> Result<Value<'js>> {
    let global: Value<'js> = ctx.globals().get("Blob")?;
    if global.is_undefined() { make(ctx, "Blob") } else { Ok(global) }
}

fn make<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Value<'js>> {
    let made = match name {
        "URL" => Class::<Url>::create_constructor(ctx)?,
        "URLSearchParams" => Class::<SearchParams>::create_constructor(ctx)?,
        "Blob" => Class::<Blob>::create_constructor(ctx)?,
        "structuredClone" => {
            let function = Function::new(ctx.clone(), clone::structured_clone)?;
            return Ok(function.with_name(name)?.with_length(1)?.into_value());
        }
        _ => Some(host_error::constructor(ctx)?),
    };
    Ok(made.expect("each of these classes has a constructor").into_value())
}

/// The text that a `URL` or a `URLSearchParams` stands for.
pub(crate) fn text_of<'js>(object: &Object<'js>) -> Option<String> {
    let url = as_class::<Url<'js>>(object).map(|url| url.borrow().text());
    url.or_else(|| as_class::<SearchParams>(object).map(|params| params.borrow().text()))
}

/// Refuses to make an object of the class when it was called as a function.
pub(crate) fn require_new<'js>(ctx: &Ctx<'js>, target: &This<Value<'js>>, class: &str) -> Result<()> {
    if target.is_function() {
        return Ok(());
    }
    throw_type(ctx, &format!("{class} is a class: call it with new"))
}

/// The text of any value, as `String(value)` gives it; halves of surrogate pairs become U+FFFD.
fn text<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> Result<String> {
    crate::octets::coerced(ctx, value)
}

/// An optional argument: `undefined` is none.
fn given(value: Option<Value<'_>>) -> Option<Value<'_>> {
    value.filter(|value| !value.is_undefined())
}

/// The object's own enumerable members with names that are strings, in order.
fn own_keys<'js>(object: &Object<'js>) -> Result<Vec<rquickjs::String<'js>>> {
    let filter = rquickjs::object::Filter::new().string().enum_only();
    object.own_keys(filter).collect()
}
