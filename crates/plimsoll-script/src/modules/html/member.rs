//! One method of a selection, an element or an attribute: its name and how it answers.

use std::rc::Rc;

use rquickjs::{Coerced, Ctx, IntoJs, Result, Value};

use super::document::{Document, NodeId};
use super::object::{self, Html, View};
use super::selector::Selector;
use crate::exception::{throw_host, throw_type};

/// A method.
pub(super) struct Member {
    pub(super) name: &'static str,
    answer: Answer,
}

pub(super) type Method = for<'js> fn(&Call<'_, 'js>) -> Result<Value<'js>>;

/// How a method answers. All but the first look at one attribute.
enum Answer {
    Call(Method),
    /// Its text; empty without it.
    Text(&'static str),
    /// Whether it is there.
    Flag(&'static str),
    /// Its number, or the one given.
    Number(&'static str, f64),
    /// Its text made an absolute URL; empty without it.
    Link(&'static str),
    /// One of the words, in lower case; the first when it is none of them.
    OneOf(&'static str, &'static [&'static str]),
    /// `null` without it, else `use-credentials` or `anonymous`.
    CrossOrigin,
}

impl Member {
    const fn new(name: &'static str, answer: Answer) -> Self {
        Member { name, answer }
    }

    pub(super) const fn call(name: &'static str, method: Method) -> Self {
        Self::new(name, Answer::Call(method))
    }

    pub(super) const fn text(name: &'static str, attribute: &'static str) -> Self {
        Self::new(name, Answer::Text(attribute))
    }

    pub(super) const fn flag(name: &'static str, attribute: &'static str) -> Self {
        Self::new(name, Answer::Flag(attribute))
    }

    pub(super) const fn number(name: &'static str, attribute: &'static str, default: f64) -> Self {
        Self::new(name, Answer::Number(attribute, default))
    }

    pub(super) const fn link(name: &'static str, attribute: &'static str) -> Self {
        Self::new(name, Answer::Link(attribute))
    }

    pub(super) const fn one_of(
        name: &'static str,
        attribute: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self::new(name, Answer::OneOf(attribute, words))
    }

    pub(super) const fn cross_origin() -> Self {
        Self::new("crossOrigin", Answer::CrossOrigin)
    }

    pub(super) fn answer<'js>(&self, call: &Call<'_, 'js>) -> Result<Value<'js>> {
        let attribute = |name| call.document().attribute(call.node(), name);
        match self.answer {
            Answer::Call(method) => method(call),
            Answer::Text(name) => call.js(attribute(name).unwrap_or_default()),
            Answer::Flag(name) => call.js(attribute(name).is_some()),
            Answer::Number(name, default) => call.js(attribute(name).and_then(number).unwrap_or(default)),
            Answer::Link(name) => {
                call.js(attribute(name).map_or_else(String::new, |link| call.resolve(link)))
            }
            Answer::OneOf(name, words) => {
                let given = attribute(name).unwrap_or_default();
                let known = words.iter().find(|word| word.eq_ignore_ascii_case(given));
                call.js(known.copied().unwrap_or(words[0]))
            }
            Answer::CrossOrigin => match attribute("crossorigin") {
                None => Ok(Value::new_null(call.ctx.clone())),
                Some(given) if given.eq_ignore_ascii_case("use-credentials") => call.js("use-credentials"),
                Some(_) => call.js("anonymous"),
            },
        }
    }
}

/// The number that an attribute begins with.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let fits = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    let end = text.find(|c| !fits(c)).unwrap_or(text.len());
    (1..=end).rev().find_map(|end| text[..end].parse().ok()).filter(|number: &f64| number.is_finite())
}

/// One call of a method.
pub(super) struct Call<'a, 'js> {
    pub(super) ctx: &'a Ctx<'js>,
    pub(super) this: &'a Value<'js>,
    pub(super) html: &'a Html,
    pub(super) arguments: &'a [Value<'js>],
}

impl<'js> Call<'_, 'js> {
    pub(super) fn document(&self) -> &Rc<Document> {
        &self.html.document
    }

    /// What a selection holds.
    pub(super) fn nodes(&self) -> &[NodeId] {
        match &self.html.view {
            View::Selection(nodes) => nodes,
            View::Element(id) | View::Attribute(id, _) => std::slice::from_ref(id),
        }
    }

    /// The element, or that of the attribute.
    pub(super) fn node(&self) -> NodeId {
        match &self.html.view {
            View::Element(id) | View::Attribute(id, _) => *id,
            View::Selection(_) => unreachable!("methods of elements are called on elements"),
        }
    }

    /// What an attribute object shows.
    pub(super) fn named_attribute(&self) -> Option<&html5ever::Attribute> {
        match self.html.view {
            View::Attribute(owner, index) => self.document().tag(owner)?.attributes.get(index),
            _ => None,
        }
    }

    /// A link made absolute; as it is written where that cannot be done.
    pub(super) fn resolve(&self, link: &str) -> String {
        self.document().resolve(link).map_or_else(|| link.to_owned(), String::from)
    }

    pub(super) fn js(&self, value: impl IntoJs<'js>) -> Result<Value<'js>> {
        value.into_js(self.ctx)
    }

    pub(super) fn undefined(&self) -> Value<'js> {
        Value::new_undefined(self.ctx.clone())
    }

    /// The value, or `undefined`.
    pub(super) fn or_undefined(&self, value: Option<impl IntoJs<'js>>) -> Result<Value<'js>> {
        value.map_or_else(|| Ok(self.undefined()), |value| value.into_js(self.ctx))
    }

    pub(super) fn select(&self, nodes: Vec<NodeId>) -> Result<Value<'js>> {
        object::selection(self.ctx, self.document(), nodes)
    }

    pub(super) fn element(&self, id: NodeId) -> Result<Value<'js>> {
        object::element(self.ctx, self.document(), id)
    }

    /// The element, or `undefined`.
    pub(super) fn maybe_element(&self, id: Option<NodeId>) -> Result<Value<'js>> {
        id.map_or_else(|| Ok(self.undefined()), |id| self.element(id))
    }

    pub(super) fn elements(&self, ids: impl IntoIterator<Item = NodeId>) -> Result<Value<'js>> {
        let elements: Result<Vec<_>> = ids.into_iter().map(|id| self.element(id)).collect();
        self.js(elements?)
    }

    /// An argument that is neither missing nor `undefined` nor `null`.
    pub(super) fn argument(&self, index: usize) -> Option<&Value<'js>> {
        self.arguments.get(index).filter(|value| !value.is_undefined() && !value.is_null())
    }

    /// An argument as text; an exception when it is missing.
    pub(super) fn text(&self, index: usize, needs: &str) -> Result<String> {
        match self.argument(index) {
            Some(value) => Ok(value.get::<Coerced<String>>()?.0),
            None => throw_type(self.ctx, needs),
        }
    }

    pub(super) fn integer(&self, index: usize) -> Result<Option<i64>> {
        let number = self.argument(index).map(Value::get::<Coerced<f64>>).transpose()?;
        Ok(number.map(|number| number.0 as i64))
    }

    /// An argument as selector; an exception when it is missing or malformed.
    pub(super) fn selector(&self, index: usize, needs: &str) -> Result<Selector> {
        self.parse(&self.text(index, needs)?)
    }

    pub(super) fn optional_selector(&self, index: usize) -> Result<Option<Selector>> {
        self.argument(index).map(|_| self.selector(index, "")).transpose()
    }

    pub(super) fn parse(&self, selector: &str) -> Result<Selector> {
        Selector::parse(selector).map_err(|error| throw_host(self.ctx, &error.to_string()))
    }
}
