//! Values to JSON and attachments, and back.
//!
//! Bytes do not fit into JSON: in their place stands `{"_placeholder":true,"num":0}`, and they follow as
//! binary messages.

use rquickjs::object::Filter;
use rquickjs::{Array, Ctx, Object, Result, Value};

use crate::exception::{as_class, throw_host};
use crate::modules::sockets::buffer;
use crate::octets::Octets;
use crate::state::VuState;
use crate::web::Blob;

/// Objects within objects.
const DEPTH_LIMIT: usize = 100;

/// The values as a JSON array, and the bytes that were in them.
pub(super) fn encode<'js>(ctx: &Ctx<'js>, values: &[Value<'js>]) -> Result<(String, Vec<Vec<u8>>)> {
    let mut attachments = Vec::new();
    let array = Array::new(ctx.clone())?;
    // Without buffers in the engine there can be none in the values.
    let may_hold_bytes = ctx.globals().contains_key("ArrayBuffer")?;
    for (index, value) in values.iter().enumerate() {
        let value = if may_hold_bytes { take_apart(ctx, value, &mut attachments, 0)? } else { value.clone() };
        array.set(index, value)?;
    }
    let json = ctx.json_stringify(array)?.map(|json| crate::octets::text_of(&json)).transpose()?;
    Ok((json.unwrap_or_default(), attachments))
}

/// The value itself, or a copy with placeholders if there are bytes in it.
fn take_apart<'js>(
    ctx: &Ctx<'js>,
    value: &Value<'js>,
    attachments: &mut Vec<Vec<u8>>,
    depth: usize,
) -> Result<Value<'js>> {
    let Some(object) = value.as_object().filter(|object| !object.is_function()) else {
        return Ok(value.clone());
    };
    if depth > DEPTH_LIMIT {
        return Err(throw_host(ctx, "what is emitted is nested too deeply, or contains itself"));
    }
    let bytes = match as_class::<Blob<'js>>(object) {
        Some(blob) => Some(blob.borrow().content().0.to_vec()),
        None => Octets::of_buffer(ctx, value).map(|octets| octets.as_slice().to_vec()),
    };
    if let Some(bytes) = bytes {
        let placeholder = Object::new(ctx.clone())?;
        placeholder.set("_placeholder", true)?;
        placeholder.set("num", attachments.len())?;
        attachments.push(bytes);
        return Ok(placeholder.into_value());
    }
    let before = attachments.len();
    if let Some(array) = object.as_array() {
        let copy = Array::new(ctx.clone())?;
        for (index, item) in array.iter::<Value<'js>>().enumerate() {
            copy.set(index, take_apart(ctx, &item?, attachments, depth + 1)?)?;
        }
        return Ok(if attachments.len() > before { copy.into_value() } else { value.clone() });
    }
    let copy = Object::new(ctx.clone())?;
    for member in object.own_props::<String, Value<'js>>(Filter::default()) {
        let (name, member) = member?;
        copy.set(name, take_apart(ctx, &member, attachments, depth + 1)?)?;
    }
    Ok(if attachments.len() > before { copy.into_value() } else { value.clone() })
}

/// The values of a packet; `None` when its data are no JSON or refer to bytes that are not there.
pub(super) fn decode<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    json: &str,
    attachments: &[Vec<u8>],
) -> Result<Option<Value<'js>>> {
    let Ok(value) = ctx.json_parse(json) else {
        drop(ctx.catch());
        return Ok(None);
    };
    if attachments.is_empty() { Ok(Some(value)) } else { put_together(ctx, state, value, attachments, 0) }
}

fn put_together<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    value: Value<'js>,
    attachments: &[Vec<u8>],
    depth: usize,
) -> Result<Option<Value<'js>>> {
    let Some(object) = value.as_object().filter(|_| depth <= DEPTH_LIMIT) else { return Ok(Some(value)) };
    let is_placeholder: Value<'js> = object.get("_placeholder")?;
    if is_placeholder.as_bool() == Some(true) {
        let number: Value<'js> = object.get("num")?;
        let number = number.as_number().filter(|number| *number >= 0.0 && number.fract() == 0.0);
        let bytes = number.and_then(|number| attachments.get(number as usize));
        return bytes.map(|bytes| buffer(ctx, state, bytes)).transpose();
    }
    for member in object.own_props::<rquickjs::Atom<'js>, Value<'js>>(Filter::default()) {
        let (name, member) = member?;
        if !member.is_object() {
            continue;
        }
        let Some(member) = put_together(ctx, state, member, attachments, depth + 1)? else { return Ok(None) };
        object.set(name, member)?;
    }
    Ok(Some(value))
}
