//! The methods of a selection.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-html/selection/>.

use std::rc::Rc;

use rquickjs::{Array, Ctx, Exception, Function, Object, Result, Value};
use rustc_hash::FxHashSet;

use super::document::NodeId;
use super::form;
use super::markup;
use super::member::{Call, Member};
use super::object;
use super::selector::{Matcher, Selector};
use super::traverse::{self, Until, Way};
use crate::exception::throw_type;

pub(super) static MEMBERS: [Member; 35] = [
    Member::call("attr", attr),
    Member::call("children", |call| go(call, Way::Children)),
    Member::call("closest", closest),
    Member::call("contents", |call| go(call, Way::Contents)),
    Member::call("data", data),
    Member::call("each", each),
    Member::call("eq", |call| at(call, call.integer(0)?.unwrap_or(0))),
    Member::call("filter", |call| filtered(call, true)),
    Member::call("find", find),
    Member::call("first", |call| at(call, 0)),
    Member::call("get", get),
    Member::call("has", has),
    Member::call("html", html),
    Member::call("is", is),
    Member::call("last", |call| at(call, -1)),
    Member::call("map", map),
    Member::call("next", |call| go(call, Way::Next)),
    Member::call("nextAll", |call| go(call, Way::NextAll)),
    Member::call("nextUntil", |call| go_until(call, Way::NextAll)),
    Member::call("not", |call| filtered(call, false)),
    Member::call("parent", |call| go(call, Way::Parent)),
    Member::call("parents", |call| go(call, Way::Parents)),
    Member::call("parentsUntil", |call| go_until(call, Way::Parents)),
    Member::call("prev", |call| go(call, Way::Previous)),
    Member::call("prevAll", |call| go(call, Way::PreviousAll)),
    Member::call("prevUntil", |call| go_until(call, Way::PreviousAll)),
    Member::call("serialize", |call| call.js(form::encode(fields(call)))),
    Member::call("serializeArray", serialize_array),
    Member::call("serializeObject", |call| Ok(fields_object(call.ctx, fields(call))?.into_value())),
    Member::call("single", single),
    Member::call("size", |call| call.js(call.nodes().len() as f64)),
    Member::call("slice", slice),
    Member::call("text", text),
    Member::call("toArray", to_array),
    Member::call("val", val),
];

fn attr<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let name = call.text(0, "attr() needs the name of an attribute")?.to_ascii_lowercase();
    let value = call.nodes().first().and_then(|id| call.document().attribute(*id, &name));
    match value {
        Some(value) => call.js(value),
        None => Ok(call.arguments.get(1).cloned().unwrap_or_else(|| call.undefined())),
    }
}

fn html<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.or_undefined(call.nodes().first().map(|id| markup::inner(call.document(), *id)))
}

fn text<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let mut text = String::new();
    call.nodes().iter().for_each(|id| call.document().push_text(*id, &mut text));
    call.js(text)
}

fn val<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    match call.nodes().first().and_then(|id| form::value(call.document(), *id)) {
        Some(form::Value::One(value)) => call.js(value),
        Some(form::Value::Many(values)) => call.js(values),
        None => Ok(call.undefined()),
    }
}

// From nodes to nodes.

fn find<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let selector = call.selector(0, "find() needs a selector")?;
    call.select(traverse::find(call.document(), call.nodes(), &selector))
}

fn single<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let selector = call.selector(0, "single() needs a selector")?;
    let matcher = Matcher::new(call.document(), None);
    let first = call.nodes().iter().find_map(|id| matcher.find(&selector, *id).next());
    call.select(first.into_iter().collect())
}

fn closest<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let selector = call.selector(0, "closest() needs a selector")?;
    call.select(traverse::closest(call.document(), call.nodes(), &selector))
}

fn has<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let selector = call.selector(0, "has() needs a selector")?;
    call.select(traverse::having(call.document(), call.nodes(), &selector))
}

/// `children(selector?)` and its like.
fn go<'js>(call: &Call<'_, 'js>, way: Way) -> Result<Value<'js>> {
    let selector = call.optional_selector(0)?;
    let nodes = traverse::walk(call.document(), call.nodes(), way, &Until::Nowhere);
    call.select(narrowed(call, nodes, selector.as_ref()))
}

/// `nextUntil(selector | selection | element, filter?)` and its like.
fn go_until<'js>(call: &Call<'_, 'js>, way: Way) -> Result<Value<'js>> {
    let until = match call.argument(0) {
        None => Until::Nowhere,
        Some(value) => match object::nodes_of(value) {
            Some((document, nodes)) if Rc::ptr_eq(&document, call.document()) => {
                Until::Nodes(nodes.into_iter().collect())
            }
            Some(_) => Until::Nowhere,
            None => Until::Selector(call.selector(0, "")?),
        },
    };
    let selector = call.optional_selector(1)?;
    let nodes = traverse::walk(call.document(), call.nodes(), way, &until);
    call.select(narrowed(call, nodes, selector.as_ref()))
}

fn narrowed(call: &Call<'_, '_>, nodes: Vec<NodeId>, selector: Option<&Selector>) -> Vec<NodeId> {
    match selector {
        Some(selector) => traverse::filter(call.document(), &nodes, selector),
        None => nodes,
    }
}

// Parts of the selection.

/// The node at a place; negative ones count from the end.
fn at<'js>(call: &Call<'_, 'js>, index: i64) -> Result<Value<'js>> {
    call.select(place(call.nodes(), index).into_iter().collect())
}

fn place(nodes: &[NodeId], index: i64) -> Option<NodeId> {
    let index = if index < 0 { index.saturating_add(nodes.len() as i64) } else { index };
    usize::try_from(index).ok().and_then(|index| nodes.get(index).copied())
}

fn get<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    match call.integer(0)? {
        Some(index) => call.maybe_element(place(call.nodes(), index)),
        None => call.elements(call.nodes().iter().copied()),
    }
}

fn slice<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let length = call.nodes().len();
    let bound = |given: Option<i64>, default: usize| match given {
        None => default,
        Some(from_end) if from_end < 0 => {
            length.saturating_sub(usize::try_from(from_end.unsigned_abs()).unwrap_or(length))
        }
        Some(index) => usize::try_from(index).unwrap_or(length).min(length),
    };
    let (start, end) = (bound(call.integer(0)?, 0), bound(call.integer(1)?, length));
    call.select(call.nodes().get(start..end).unwrap_or_default().to_vec())
}

fn to_array<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let one = |id: &NodeId| call.select(vec![*id]);
    call.js(call.nodes().iter().map(one).collect::<Result<Vec<_>>>()?)
}

// With functions of the script.

/// What `filter`, `not` and `is` are given.
enum Test<'js> {
    Selector(Selector),
    Function(Function<'js>),
    Nodes(FxHashSet<NodeId>),
}

impl<'js> Test<'js> {
    fn of(call: &Call<'_, 'js>) -> Result<Self> {
        let Some(value) = call.argument(0) else {
            return throw_type(call.ctx, "a selector, a function or a selection is needed");
        };
        if let Some(function) = value.as_function() {
            return Ok(Test::Function(function.clone()));
        }
        match object::nodes_of(value) {
            Some((document, nodes)) if Rc::ptr_eq(&document, call.document()) => {
                Ok(Test::Nodes(nodes.into_iter().collect()))
            }
            Some(_) => Ok(Test::Nodes(FxHashSet::default())),
            None => Ok(Test::Selector(call.selector(0, "")?)),
        }
    }

    fn passes(&self, call: &Call<'_, 'js>, matcher: &Matcher<'_>, index: usize, id: NodeId) -> Result<bool> {
        match self {
            Test::Selector(selector) => Ok(matcher.matches(selector, id)),
            Test::Nodes(nodes) => Ok(nodes.contains(&id)),
            Test::Function(function) => {
                let answer: rquickjs::Coerced<bool> =
                    function.call((index as f64, call.select(vec![id])?))?;
                Ok(answer.0)
            }
        }
    }
}

fn filtered<'js>(call: &Call<'_, 'js>, wanted: bool) -> Result<Value<'js>> {
    let test = Test::of(call)?;
    let matcher = Matcher::new(call.document(), None);
    let mut kept = Vec::new();
    for (index, id) in call.nodes().iter().enumerate() {
        if test.passes(call, &matcher, index, *id)? == wanted {
            kept.push(*id);
        }
    }
    call.select(kept)
}

fn is<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let test = Test::of(call)?;
    let matcher = Matcher::new(call.document(), None);
    for (index, id) in call.nodes().iter().enumerate() {
        if test.passes(call, &matcher, index, *id)? {
            return call.js(true);
        }
    }
    call.js(false)
}

fn function<'js>(call: &Call<'_, 'js>, needs: &str) -> Result<Function<'js>> {
    match call.argument(0).and_then(Value::as_function) {
        Some(function) => Ok(function.clone()),
        None => Err(Exception::throw_type(call.ctx, needs)),
    }
}

fn each<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let function = function(call, "each() needs a function (index, element)")?;
    for (index, id) in call.nodes().iter().enumerate() {
        function.call::<_, Value<'js>>((index as f64, call.element(*id)?))?;
    }
    Ok(call.this.clone())
}

fn map<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let function = function(call, "map() needs a function (index, selection)")?;
    let mapped = Array::new(call.ctx.clone())?;
    for (index, id) in call.nodes().iter().enumerate() {
        let value: Value<'js> = function.call((index as f64, call.select(vec![*id])?))?;
        mapped.set(index, value)?;
    }
    Ok(mapped.into_value())
}

// Data attributes.

fn data<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let tag = call.nodes().first().and_then(|id| call.document().tag(*id));
    if call.argument(0).is_some() {
        let name = format!("data-{}", hyphenated(&call.text(0, "")?));
        let value = tag.and_then(|tag| tag.attribute(&name));
        return value.map_or_else(|| Ok(call.undefined()), |value| data_value(call, value));
    }
    let object = Object::new(call.ctx.clone())?;
    for attribute in tag.iter().flat_map(|tag| &tag.attributes) {
        if let Some(name) = attribute.name.local.strip_prefix("data-") {
            object.set(camel_case(name), data_value(call, &attribute.value)?)?;
        }
    }
    Ok(object.into_value())
}

/// As jQuery reads them: what looks like a JSON value is one, except numbers that would print otherwise.
fn data_value<'js>(call: &Call<'_, 'js>, text: &str) -> Result<Value<'js>> {
    let number =
        || text.parse::<f64>().ok().filter(|number| number.is_finite() && number.to_string() == text);
    match text {
        "true" => call.js(true),
        "false" => call.js(false),
        "null" => Ok(Value::new_null(call.ctx.clone())),
        text if text.starts_with(['{', '[']) => match call.ctx.json_parse(text) {
            Ok(value) => Ok(value),
            Err(_) => {
                // Not JSON after all.
                let _ = call.ctx.catch();
                call.js(text)
            }
        },
        text => number().map_or_else(|| call.js(text), |number| call.js(number)),
    }
}

/// `fooBar` → `foo-bar`.
fn hyphenated(name: &str) -> String {
    let mut hyphenated = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            hyphenated.push('-');
        }
        hyphenated.push(c.to_ascii_lowercase());
    }
    hyphenated
}

/// `foo-bar` → `fooBar`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut characters = word.chars();
        name.extend(characters.next().map(|c| c.to_ascii_uppercase()));
        name.push_str(characters.as_str());
        name
    })
}

// Forms.

fn fields(call: &Call<'_, '_>) -> Vec<(String, String)> {
    form::fields(call.document(), call.nodes())
}

fn serialize_array<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let field = |(name, value): (String, String)| {
        let object = Object::new(call.ctx.clone())?;
        object.set("name", name)?;
        object.set("value", value)?;
        Ok(object)
    };
    call.js(fields(call).into_iter().map(field).collect::<Result<Vec<_>>>()?)
}

/// Names and values as an object; several values of one name are an array, which a request body may hold.
pub(crate) fn fields_object<'js>(ctx: &Ctx<'js>, fields: Vec<(String, String)>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let mut grouped: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in fields {
        match grouped.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => grouped.push((name, vec![value])),
        }
    }
    for (name, mut values) in grouped {
        match values.len() {
            1 => object.set(name, values.swap_remove(0))?,
            _ => object.set(name, values)?,
        }
    }
    Ok(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_data_attributes_are_translated() {
        assert_eq!(hyphenated("userId"), "user-id");
        assert_eq!(hyphenated("user-id"), "user-id");
        assert_eq!(camel_case("user-id"), "userId");
        assert_eq!(camel_case("a--b"), "aB");
    }
}
