//! Forms and their controls.

use rquickjs::{Result, Value};

use crate::modules::html::document::NodeId;
use crate::modules::html::form;
use crate::modules::html::member::{Call, Member};

pub(in crate::modules::html) const METHODS: [&str; 3] = ["get", "post", "dialog"];
pub(in crate::modules::html) const ENCTYPES: [&str; 3] =
    ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
pub(in crate::modules::html) const INPUT_TYPES: [&str; 22] = [
    "text",
    "button",
    "checkbox",
    "color",
    "date",
    "datetime-local",
    "email",
    "file",
    "hidden",
    "image",
    "month",
    "number",
    "password",
    "radio",
    "range",
    "reset",
    "search",
    "submit",
    "tel",
    "time",
    "url",
    "week",
];

/// What inputs and buttons have.
pub(in crate::modules::html) static FORM_FIELD: [Member; 8] = [
    Member::call("form", form),
    Member::call("formAction", form_action),
    Member::call("formEnctype", |call| form_word(call, "formenctype", "enctype", &ENCTYPES)),
    Member::call("formMethod", |call| form_word(call, "formmethod", "method", &METHODS)),
    Member::call("formNoValidate", |call| {
        call.js(own_or_form(call, "formnovalidate", "novalidate").is_some())
    }),
    Member::call("formTarget", |call| call.js(own_or_form(call, "formtarget", "target").unwrap_or_default())),
    Member::call("labels", labels),
    Member::text("name", "name"),
];

pub(in crate::modules::html) fn form<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.maybe_element(form::form_of(call.document(), call.node()))
}

/// An attribute of the control, or that of its form.
fn own_or_form<'a>(call: &'a Call<'_, '_>, own: &str, of_form: &str) -> Option<&'a str> {
    let document = call.document();
    let inherited = || document.attribute(form::form_of(document, call.node())?, of_form);
    document.attribute(call.node(), own).or_else(inherited)
}

fn form_action<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let action = own_or_form(call, "formaction", "action").unwrap_or_default();
    call.js(call.resolve(action))
}

fn form_word<'js>(call: &Call<'_, 'js>, own: &str, of_form: &str, words: &[&str]) -> Result<Value<'js>> {
    let given = own_or_form(call, own, of_form).unwrap_or_default();
    let known = words.iter().find(|word| word.eq_ignore_ascii_case(given));
    call.js(known.copied().unwrap_or(words[0]))
}

pub(in crate::modules::html) fn labels<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.elements(form::labels(call.document(), call.node()))
}

fn controls(call: &Call<'_, '_>) -> Vec<NodeId> {
    form::elements(call.document(), call.node())
}

pub(in crate::modules::html) fn elements<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.elements(controls(call))
}

pub(in crate::modules::html) fn length<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(controls(call).len() as f64)
}

pub(in crate::modules::html) fn value<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    match form::value(call.document(), call.node()) {
        Some(form::Value::One(value)) => call.js(value),
        _ => call.js(""),
    }
}

/// The control of a label.
pub(in crate::modules::html) fn control<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.maybe_element(form::control(call.document(), call.node()))
}

/// The form of a label is that of its control.
pub(in crate::modules::html) fn label_form<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let document = call.document();
    let control = form::control(document, call.node());
    call.maybe_element(control.and_then(|control| form::form_of(document, control)))
}

pub(in crate::modules::html) fn text_length<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(call.document().text(call.node()).encode_utf16().count() as f64)
}
