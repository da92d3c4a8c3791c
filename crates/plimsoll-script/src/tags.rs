//! The `tags` argument of checks, requests and metric values.

use plimsoll_metrics::{Symbol, TagKey};
use rquickjs::object::Filter;
use rquickjs::{Coerced, Ctx, Result, Value};

use crate::exception::throw_type;
use crate::state::VuState;

/// Reads an object of tags; nothing for `undefined` and `null`.
///
/// # Errors
/// A `TypeError` when it is not an object, or a value is not a string, a boolean or a number.
pub(crate) fn from_value<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    tags: Option<Value<'js>>,
) -> Result<Vec<(TagKey, Symbol)>> {
    let Some(tags) = tags.filter(|tags| !tags.is_undefined() && !tags.is_null()) else {
        return Ok(Vec::new());
    };
    let Some(object) = tags.as_object() else {
        return throw_type(ctx, &format!("tags must be an object, not {}", tags.type_name()));
    };
    let mut pairs = Vec::new();
    for entry in object.own_props::<String, Value<'js>>(Filter::default()) {
        let (name, value) = entry?;
        let text = value_text(ctx, &name, &value)?;
        let mut shard = state.worker.shard();
        pairs.push((shard.tag_key(&name), shard.symbol(&text)));
    }
    Ok(pairs)
}

/// The text of a tag's value.
///
/// # Errors
/// A `TypeError` when it is not a string, a boolean or a number.
pub(crate) fn value_text<'js>(ctx: &Ctx<'js>, name: &str, value: &Value<'js>) -> Result<String> {
    if !(value.is_string() || value.is_bool() || value.is_number()) {
        let kind = value.type_name();
        return throw_type(
            ctx,
            &format!("the value of tag {name:?} must be a string, a boolean or a number, not {kind}"),
        );
    }
    Ok(value.get::<Coerced<String>>()?.0)
}
