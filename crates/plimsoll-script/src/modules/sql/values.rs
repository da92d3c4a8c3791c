//! Values between scripts and databases.

use plimsoll_net::sql::{Answer, Value as Sql};
use rquickjs::function::Constructor;
use rquickjs::object::Property;
use rquickjs::{Array, Atom, Ctx, Function, IntoJs, Object, Result, Value};

use crate::exception::throw_host;
use crate::fiber;
use crate::octets::{Octets, text_of};
use crate::state::{Interrupted, VuState};

/// The largest whole number below which all others are exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A parameter of a statement.
pub(super) fn parameter<'js>(ctx: &Ctx<'js>, index: usize, value: &Value<'js>) -> Result<Sql> {
    if let Some(text) = value.as_string() {
        return Ok(Sql::Text(text_of(text)?));
    }
    if let Some(number) = value.as_number() {
        let is_whole = number.fract() == 0.0 && number.abs() <= EXACT;
        return Ok(if is_whole { Sql::Int(number as i64) } else { Sql::Float(number) });
    }
    if let Some(truth) = value.as_bool() {
        return Ok(Sql::Bool(truth));
    }
    if value.is_null() || value.is_undefined() {
        return Ok(Sql::Null);
    }
    if let Some(number) = value.as_big_int() {
        return Ok(Sql::Int(number.clone().to_i64()?));
    }
    let object = value.as_object();
    if let Some(sql) = object.map(|object| of_object(ctx, object)).transpose()?.flatten() {
        return Ok(sql);
    }
    let message = format!(
        "sql: converting argument ${index} type: unsupported type {}; expected a string, number, \
        boolean, null, \
         Date, ArrayBuffer, typed array or array of bytes",
        value.type_name()
    );
    Err(throw_host(ctx, &message))
}

fn of_object<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> Result<Option<Sql>> {
    if object.is_instance_of(ctx.globals().get::<_, Object<'js>>("Date")?) {
        let time: f64 =
            object.get::<_, Function<'js>>("getTime")?.call((rquickjs::function::This(object.clone()),))?;
        if !time.is_finite() {
            return Err(throw_host(ctx, "sql: an invalid Date cannot be a parameter"));
        }
        return Ok(Some(Sql::Time(time)));
    }
    if let Some(array) = object.as_array() {
        let byte = |value: Result<Value<'js>>| value.ok()?.as_number().filter(is_byte).map(|byte| byte as u8);
        return Ok(array.iter::<Value<'js>>().map(byte).collect::<Option<_>>().map(Sql::Bytes));
    }
    Ok(Octets::of_buffer(ctx, object.as_value()).map(|octets| Sql::Bytes(octets.as_slice().to_vec())))
}

fn is_byte(number: &f64) -> bool {
    number.fract() == 0.0 && (0.0..=255.0).contains(number)
}

/// The rows of an answer as objects.
pub(super) fn rows<'js>(ctx: &Ctx<'js>, state: &VuState, answer: &Answer) -> Result<Value<'js>> {
    let columns = answer.columns.iter().map(|name| Atom::from_str(ctx.clone(), name));
    let columns: Vec<Atom<'js>> = columns.collect::<Result<_>>()?;
    let rows = Array::new(ctx.clone())?;
    for (index, row) in answer.rows().enumerate() {
        let object = Object::new(ctx.clone())?;
        for (name, sql) in columns.iter().zip(row) {
            let value = value(ctx, sql)?;
            // Set as its own even when the column is called `__proto__`.
            object.prop(name.clone(), Property::from(value).writable().enumerable().configurable())?;
        }
        rows.set(index, object)?;
        fiber::preempt_if_due();
        if state.is_interrupted() {
            return Err(Interrupted::throw(ctx));
        }
    }
    Ok(rows.into_value())
}

fn value<'js>(ctx: &Ctx<'js>, sql: &Sql) -> Result<Value<'js>> {
    match sql {
        Sql::Null => Ok(Value::new_null(ctx.clone())),
        Sql::Bool(truth) => Ok(Value::new_bool(ctx.clone(), *truth)),
        Sql::Int(number) => Ok(Value::new_number(ctx.clone(), *number as f64)),
        Sql::Large(number) => Ok(Value::new_number(ctx.clone(), *number as f64)),
        Sql::Float(number) => Ok(Value::new_number(ctx.clone(), *number)),
        Sql::Text(text) => text.as_str().into_js(ctx),
        Sql::Time(at) => ctx.globals().get::<_, Constructor<'js>>("Date")?.construct((*at,)),
        Sql::Bytes(bytes) => {
            let array = Array::new(ctx.clone())?;
            for (index, byte) in bytes.iter().enumerate() {
                array.set(index, *byte)?;
            }
            Ok(array.into_value())
        }
    }
}
