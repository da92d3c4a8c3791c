//! `Response.json(selector)`: gjson's path syntax.
//!
//! Names and indexes joined by dots (`data.0.id`), `\.` for a dot inside of a name, `#` for the length of an
//! array and `#.name` for that member of each element. Paths with more to them, such as queries, are gjson's.

use rquickjs::{Array, Ctx, IntoJs, Result, Value};

/// What the path leads to; `undefined` when it leads nowhere or the text is not JSON.
pub(super) fn select<'js>(ctx: &Ctx<'js>, text: &str, path: &str) -> Result<Value<'js>> {
    if path.contains(['@', '|', '*', '?', '{', '[', '!']) || path.contains("#(") {
        return query(ctx, text, path);
    }
    let Ok(root) = ctx.json_parse(text.as_bytes()) else {
        let _ = ctx.catch();
        return Ok(Value::new_undefined(ctx.clone()));
    };
    walk(ctx, root, &segments(path))
}

/// Queries, modifiers and wildcards. gjson takes any text for JSON, so that is looked at before.
fn query<'js>(ctx: &Ctx<'js>, text: &str, path: &str) -> Result<Value<'js>> {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let found = is_json.then(|| gjson::get(text, path)).filter(gjson::Value::exists);
    let parsed = found.map(|found| ctx.json_parse(found.json()));
    match parsed {
        Some(Ok(value)) => Ok(value),
        Some(Err(_)) => {
            drop(ctx.catch());
            Ok(Value::new_undefined(ctx.clone()))
        }
        None => Ok(Value::new_undefined(ctx.clone())),
    }
}

fn walk<'js>(ctx: &Ctx<'js>, value: Value<'js>, path: &[String]) -> Result<Value<'js>> {
    let Some((segment, rest)) = path.split_first() else { return Ok(value) };
    if let (Some(array), "#") = (value.as_array(), segment.as_str()) {
        return walk_each(ctx, array, rest);
    }
    match value.as_object() {
        // `length` and methods are not part of the JSON.
        Some(object) if is_member(&value, segment) => walk(ctx, object.get(segment.as_str())?, rest),
        _ => Ok(Value::new_undefined(ctx.clone())),
    }
}

fn is_member(value: &Value<'_>, segment: &str) -> bool {
    match value.as_array() {
        Some(array) => segment.parse::<usize>().is_ok_and(|index| index < array.len()),
        None => value
            .as_object()
            .is_some_and(|object| object.keys::<String>().flatten().any(|key| key == segment)),
    }
}

fn walk_each<'js>(ctx: &Ctx<'js>, array: &Array<'js>, rest: &[String]) -> Result<Value<'js>> {
    if rest.is_empty() {
        return array.len().into_js(ctx);
    }
    let found = Array::new(ctx.clone())?;
    for element in array.iter::<Value<'js>>() {
        let value = walk(ctx, element?, rest)?;
        if !value.is_undefined() {
            found.set(found.len(), value)?;
        }
    }
    Ok(found.into_value())
}

fn segments(path: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        let last = segments.last_mut().expect("there is always a segment");
        match character {
            '.' => segments.push(String::new()),
            '\\' => last.extend(characters.next()),
            other => last.push(other),
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_are_split_at_plain_dots() {
        assert_eq!(super::segments(r"data.0.a\.b"), ["data", "0", "a.b"]);
    }
}
