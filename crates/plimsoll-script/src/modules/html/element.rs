//! The methods that all elements have, and those of attributes.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-html/element/>. Nodes that are no elements
//! (text, comments, the document) have them too.

use std::rc::Rc;

use rquickjs::{Object, Result, Value};

use super::document::{Content, Document, NodeId};
use super::markup;
use super::member::{Call, Member};
use super::object;
use super::selector::{Matcher, Selector};
use super::traverse;

pub(super) static ELEMENT: [Member; 40] = [
    Member::call("attributes", attributes),
    Member::call("childElementCount", |call| call.js(child_elements(call).count() as f64)),
    Member::call("childNodes", |call| call.elements(call.document().children(call.node()))),
    Member::call("children", |call| call.elements(child_elements(call))),
    Member::call("classList", |call| call.js(words(call, "class"))),
    Member::call("className", |call| attribute(call, "class")),
    Member::call("contains", contains),
    Member::call("firstChild", |call| call.maybe_element(call.document().first_child(call.node()))),
    Member::call("firstElementChild", |call| call.maybe_element(child_elements(call).next())),
    Member::call("getAttribute", |call| attribute(call, &name(call)?)),
    Member::call("getAttributeNode", attribute_node),
    Member::call("getElementsByClassName", by_class_name),
    Member::call("getElementsByTagName", by_tag_name),
    Member::call("hasAttribute", |call| {
        call.js(call.document().attribute(call.node(), &name(call)?).is_some())
    }),
    Member::call("hasAttributes", |call| {
        call.js(call.document().tag(call.node()).is_some_and(|tag| !tag.attributes.is_empty()))
    }),
    Member::call("hasChildNodes", |call| call.js(call.document().first_child(call.node()).is_some())),
    Member::text("id", "id"),
    Member::call("innerHTML", |call| call.js(markup::inner(call.document(), call.node()))),
    Member::call("isDefaultNamespace", |call| call.js(namespace(call).is_empty())),
    Member::call("isEqualNode", is_equal_node),
    Member::call("isSameNode", |call| call.js(other(call) == Some(call.node()))),
    Member::call("lang", |call| attribute(call, "lang")),
    Member::call("lastChild", |call| call.maybe_element(call.document().last_child(call.node()))),
    Member::call("lastElementChild", |call| call.maybe_element(child_elements(call).last())),
    Member::call("matches", matches),
    Member::call("namespaceURI", |call| call.js(namespace(call))),
    Member::call("nextElementSibling", |call| {
        call.maybe_element(call.document().next_elements(call.node()).next())
    }),
    Member::call("nextSibling", |call| call.maybe_element(call.document().next(call.node()))),
    Member::call("nodeName", node_name),
    Member::call("nodeType", node_type),
    Member::call("nodeValue", node_value),
    Member::call("ownerDocument", owner_document),
    Member::call("parentElement", |call| call.maybe_element(call.document().parent_element(call.node()))),
    Member::call("parentNode", |call| call.maybe_element(call.document().parent(call.node()))),
    Member::call("previousElementSibling", |call| {
        call.maybe_element(call.document().previous_elements(call.node()).next())
    }),
    Member::call("previousSibling", |call| call.maybe_element(call.document().previous(call.node()))),
    Member::call("querySelector", query_selector),
    Member::call("querySelectorAll", query_selector_all),
    Member::call("textContent", text),
    Member::call("toString", |call| call.js(format!("[object {}]", shown_name(call)))),
];

/// Name, value and owner are properties (see `object::attribute`).
pub(super) static ATTRIBUTE: [Member; 3] = [
    Member::call("localName", |call| match call.named_attribute() {
        Some(attribute) => call.js(&*attribute.name.local),
        None => Ok(call.undefined()),
    }),
    Member::call("namespaceURI", |call| match call.named_attribute() {
        Some(attribute) => call.js(&*attribute.name.ns),
        None => Ok(call.undefined()),
    }),
    Member::call("prefix", |call| match call.named_attribute() {
        Some(attribute) => call.js(attribute.name.prefix.as_deref().unwrap_or_default()),
        None => Ok(call.undefined()),
    }),
];

fn child_elements(call: &Call<'_, '_>) -> impl Iterator<Item = NodeId> {
    call.document().child_elements(call.node())
}

/// The words of an attribute.
pub(super) fn words(call: &Call<'_, '_>, name: &str) -> Vec<String> {
    let text = call.document().attribute(call.node(), name).unwrap_or_default();
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

fn name(call: &Call<'_, '_>) -> Result<String> {
    Ok(call.text(0, "the name of an attribute is needed")?.to_ascii_lowercase())
}

fn attribute<'js>(call: &Call<'_, 'js>, name: &str) -> Result<Value<'js>> {
    call.or_undefined(call.document().attribute(call.node(), name))
}

fn attributes<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let all = Object::new(call.ctx.clone())?;
    let tag = call.document().tag(call.node());
    for (index, known) in tag.iter().flat_map(|tag| &tag.attributes).enumerate() {
        all.set(&*known.name.local, object::attribute(call.ctx, call.document(), call.node(), index)?)?;
    }
    Ok(all.into_value())
}

fn attribute_node<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let name = name(call)?;
    let position = |known: &html5ever::Attribute| *known.name.local == *name;
    match call.document().tag(call.node()).and_then(|tag| tag.attributes.iter().position(position)) {
        Some(index) => object::attribute(call.ctx, call.document(), call.node(), index),
        None => Ok(call.undefined()),
    }
}

/// The node that an element or a selection of the same document, given as argument, stands for.
fn other(call: &Call<'_, '_>) -> Option<NodeId> {
    let (document, nodes) = object::nodes_of(call.argument(0)?)?;
    nodes.first().copied().filter(|_| Rc::ptr_eq(&document, call.document()))
}

fn contains<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(other(call).is_some_and(|other| call.document().contains(call.node(), other)))
}

fn is_equal_node<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let Some((document, nodes)) = call.argument(0).and_then(object::nodes_of) else { return call.js(false) };
    let equal = nodes.first().is_some_and(|other| are_equal(call.document(), call.node(), &document, *other));
    call.js(equal)
}

/// Whether two nodes look the same, with everything in them.
fn are_equal(document: &Document, id: NodeId, other: &Document, other_id: NodeId) -> bool {
    let same = |(a, b): (NodeId, NodeId)| {
        let shape =
            |document: &Document, id| (document.first_child(id).is_some(), document.next(id).is_some());
        let inner = a == id || shape(document, a).1 == shape(other, b).1;
        inner && shape(document, a).0 == shape(other, b).0 && is_alike(document.content(a), other.content(b))
    };
    let all = std::iter::once(id).chain(document.descendants(id));
    let others = std::iter::once(other_id).chain(other.descendants(other_id));
    all.zip(others).all(same)
}

fn is_alike(a: &Content, b: &Content) -> bool {
    match (a, b) {
        (Content::Document, Content::Document) => true,
        (Content::Doctype(a), Content::Doctype(b))
        | (Content::Text(a), Content::Text(b))
        | (Content::Comment(a), Content::Comment(b)) => a == b,
        (Content::Element(a), Content::Element(b)) => {
            a.name == b.name
                && a.attributes.len() == b.attributes.len()
                && a.attributes.iter().all(|attribute| b.attributes.contains(attribute))
        }
        _ => false,
    }
}

fn by_class_name<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let wanted = call.text(0, "getElementsByClassName() needs names of classes")?;
    let wanted: Vec<&str> = wanted.split_ascii_whitespace().collect();
    let document = call.document();
    let fits = |id: &NodeId| {
        let classes = document.attribute(*id, "class").unwrap_or_default();
        !wanted.is_empty()
            && wanted.iter().all(|wanted| classes.split_ascii_whitespace().any(|known| known == *wanted))
    };
    call.elements(document.descendant_elements(call.node()).filter(fits))
}

fn by_tag_name<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let name = call.text(0, "getElementsByTagName() needs a name")?;
    let document = call.document();
    let fits = |id: &NodeId| name == "*" || document.name(*id).eq_ignore_ascii_case(&name);
    call.elements(document.descendant_elements(call.node()).filter(fits))
}

fn selector(call: &Call<'_, '_>) -> Result<Selector> {
    call.selector(0, "a selector is needed")
}

fn matches<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let selector = selector(call)?;
    call.js(Matcher::new(call.document(), None).matches(&selector, call.node()))
}

fn query_selector<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let selector = selector(call)?;
    let matcher = Matcher::new(call.document(), None);
    call.maybe_element(matcher.find(&selector, call.node()).next())
}

fn query_selector_all<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let selector = selector(call)?;
    call.elements(traverse::find(call.document(), &[call.node()], &selector))
}

fn namespace<'a>(call: &'a Call<'_, '_>) -> &'a str {
    match call.document().tag(call.node()) {
        // k6 gives none for HTML itself.
        Some(tag) if tag.name.ns != html5ever::ns!(html) => &tag.name.ns,
        _ => "",
    }
}

fn shown_name(call: &Call<'_, '_>) -> String {
    match call.document().content(call.node()) {
        Content::Document => "#document".to_owned(),
        Content::Doctype(name) => name.to_string(),
        Content::Text(_) => "#text".to_owned(),
        Content::Comment(_) => "#comment".to_owned(),
        Content::Element(tag) => tag.name.local.to_string(),
    }
}

fn node_name<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(shown_name(call))
}

fn node_type<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(match call.document().content(call.node()) {
        Content::Element(_) => 1,
        Content::Text(_) => 3,
        Content::Comment(_) => 8,
        Content::Document => 9,
        Content::Doctype(_) => 10,
    })
}

fn node_value<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    match call.document().content(call.node()) {
        Content::Text(text) | Content::Comment(text) => call.js(&**text),
        _ => Ok(call.undefined()),
    }
}

fn owner_document<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let root = call.document().root();
    call.maybe_element(Some(root).filter(|root| *root != call.node()))
}

pub(super) fn text<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(call.document().text(call.node()))
}
