//! The array that scripts see over [`Rows`]: a proxy of an empty array.
//!
//! A proxy, because `Array.isArray` and `JSON.stringify` must take it for the array that it is in k6; an
//! exotic object would not do. The handler's methods are made once for each VU and not for each array.

use std::sync::Arc;

use rquickjs::class::{JsClass, Readable, Trace, Tracer};
use rquickjs::function::{Constructor, Func, This};
use rquickjs::object::Filter;
use rquickjs::proxy::{Proxy, ProxyHandler};
use rquickjs::{Array, Class, Ctx, JsLifetime, Object, Result, Value};

use super::rows::Rows;
use crate::exception::{as_class, throw_type};
use crate::fiber;

/// Makes the array.
pub(crate) fn over<'js>(ctx: &Ctx<'js>, rows: Arc<Rows>) -> Result<Value<'js>> {
    let handler = Class::instance(ctx.clone(), Handler { rows })?.into_inner();
    let target = Array::new(ctx.clone())?;
    Ok(Proxy::new(ctx.clone(), target, ProxyHandler::from_object(handler)?)?.into_value())
}

/// The rows of an array that [`over`] has made; `None` for anything else.
pub(crate) fn rows_of(value: &Value<'_>) -> Option<Arc<Rows>> {
    let proxy = value.as_proxy()?;
    let handler = as_class::<Handler>(&proxy.handler().ok()?)?;
    Some(Arc::clone(&handler.borrow().rows))
}

#[derive(JsLifetime)]
struct Handler {
    #[qjs(skip)]
    rows: Arc<Rows>,
}

impl<'js> Trace<'js> for Handler {
    /// Holds no JavaScript value.
    fn trace(&self, _: Tracer<'_, 'js>) {}
}

impl<'js> JsClass<'js> for Handler {
    const NAME: &'static str = "SharedArrayHandler";
    type Mutable = Readable;

    fn constructor(_: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }

    fn prototype(ctx: &Ctx<'js>) -> Result<Option<Object<'js>>> {
        let traps = Object::new(ctx.clone())?;
        traps.set("get", Func::from(get))?;
        traps.set("has", Func::from(has))?;
        traps.set("ownKeys", Func::from(own_keys))?;
        traps.set("getOwnPropertyDescriptor", Func::from(describe))?;
        for trap in ["set", "defineProperty", "deleteProperty", "setPrototypeOf", "preventExtensions"] {
            traps.set(trap, Func::from(refuse))?;
        }
        Ok(Some(traps))
    }
}

impl Handler {
    /// The row that a key names.
    fn row(&self, key: &Value<'_>) -> Option<usize> {
        let key = key.as_string()?.to_string().ok()?;
        // Only the canonical spelling is an index: "7", not "07" or "+7".
        let canonical = key == "0" || key.starts_with(|first: char| matches!(first, '1'..='9'));
        key.parse().ok().filter(|index| canonical && *index < self.rows.len())
    }
}

type Rowed<'js> = This<Class<'js, Handler>>;

fn is_length(key: &Value<'_>) -> bool {
    key.as_string().and_then(|key| key.to_string().ok()).is_some_and(|key| key == "length")
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn get<'js>(ctx: Ctx<'js>, this: Rowed<'js>, target: Object<'js>, key: Value<'js>) -> Result<Value<'js>> {
    let handler = this.borrow();
    if let Some(row) = handler.row(&key) {
        // `includes` and its like go through all rows without any script code in between.
        fiber::preempt_if_due();
        return handler.rows.make_frozen(&ctx, row);
    }
    if is_length(&key) { Ok(Value::new_number(ctx, handler.rows.len() as f64)) } else { target.get(key) }
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn has<'js>(this: Rowed<'js>, target: Object<'js>, key: Value<'js>) -> Result<bool> {
    if this.borrow().row(&key).is_some() { Ok(true) } else { target.contains_key(key) }
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn own_keys<'js>(ctx: Ctx<'js>, this: Rowed<'js>) -> Result<Array<'js>> {
    let keys = Array::new(ctx)?;
    let rows = this.borrow().rows.len();
    for row in 0..rows {
        keys.set(row, row.to_string())?;
    }
    keys.set(rows, "length")?;
    Ok(keys)
}

fn describe<'js>(
    ctx: Ctx<'js>,
    this: Rowed<'js>,
    target: Object<'js>,
    key: Value<'js>,
) -> Result<Option<Object<'js>>> {
    let row = this.borrow().row(&key);
    let is_own =
        |name: &Value<'js>| target.own_keys::<Value<'js>>(Filter::new()).flatten().any(|own| own == *name);
    if row.is_none() && !is_length(&key) && !is_own(&key) {
        return Ok(None);
    }
    let descriptor = Object::new(ctx.clone())?;
    descriptor.set("value", get(ctx, this, target, key)?)?;
    descriptor.set("enumerable", row.is_some())?;
    // What a proxy says must agree with its target, whose length can be written and not be deleted.
    descriptor.set("configurable", row.is_some())?;
    descriptor.set("writable", row.is_none())?;
    Ok(Some(descriptor))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn refuse(ctx: Ctx<'_>) -> Result<bool> {
    throw_type(&ctx, "SharedArray is immutable")
}
