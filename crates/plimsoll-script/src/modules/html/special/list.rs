//! Elements that hold a list of others: select, datalist, map, audio and video.

use rquickjs::{Result, Value};

use crate::modules::html::document::NodeId;
use crate::modules::html::form;
use crate::modules::html::member::{Call, number};

/// The descendants of a name.
fn named(call: &Call<'_, '_>, top: NodeId, name: &str) -> Vec<NodeId> {
    let document = call.document();
    document.descendant_elements(top).filter(|id| document.name(*id) == name).collect()
}

pub(in crate::modules::html) fn options<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.elements(form::options(call.document(), call.node()))
}

pub(in crate::modules::html) fn length<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(form::options(call.document(), call.node()).len() as f64)
}

pub(in crate::modules::html) fn selected_options<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.elements(form::selected_options(call.document(), call.node()))
}

pub(in crate::modules::html) fn selected_index<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let selected = form::selected_options(call.document(), call.node());
    let options = form::options(call.document(), call.node());
    let index = selected.first().and_then(|first| options.iter().position(|option| option == first));
    call.js(index.map_or(-1.0, |index| index as f64))
}

/// As in a browser, the value of the first selected option, also where there may be several.
pub(in crate::modules::html) fn select_value<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let document = call.document();
    let selected = form::selected_options(document, call.node());
    call.js(selected.first().map_or_else(String::new, |option| form::option_value(document, *option)))
}

pub(in crate::modules::html) fn select_type<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let multiple = call.document().attribute(call.node(), "multiple").is_some();
    call.js(if multiple { "select-multiple" } else { "select-one" })
}

/// Rows that are shown: four of a list, unless it says so.
pub(in crate::modules::html) fn size<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let document = call.document();
    let default = if document.attribute(call.node(), "multiple").is_some() { 4.0 } else { 1.0 };
    call.js(document.attribute(call.node(), "size").and_then(number).unwrap_or(default))
}

/// The select or datalist of an option.
fn owner(call: &Call<'_, '_>) -> Option<NodeId> {
    let document = call.document();
    document.ancestors(call.node()).find(|id| matches!(document.name(*id), "select" | "datalist"))
}

pub(in crate::modules::html) fn index<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let options = owner(call).map(|owner| form::options(call.document(), owner)).unwrap_or_default();
    call.js(options.iter().position(|option| *option == call.node()).unwrap_or(0) as f64)
}

pub(in crate::modules::html) fn option_form<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.maybe_element(owner(call).and_then(|owner| form::form_of(call.document(), owner)))
}

pub(in crate::modules::html) fn is_disabled<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(form::is_disabled(call.document(), call.node()))
}

pub(in crate::modules::html) fn text<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(form::option_text(call.document(), call.node()))
}

pub(in crate::modules::html) fn label<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let label = call.document().attribute(call.node(), "label").filter(|label| !label.is_empty());
    label.map_or_else(|| text(call), |label| call.js(label))
}

pub(in crate::modules::html) fn value<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(form::option_value(call.document(), call.node()))
}

/// The datalist that an input names.
pub(in crate::modules::html) fn data_list<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let document = call.document();
    let list = document.attribute(call.node(), "list").and_then(|id| document.by_id(id));
    call.maybe_element(list.filter(|list| document.name(*list) == "datalist"))
}

pub(in crate::modules::html) fn areas<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.elements(named(call, call.node(), "area"))
}

/// The images of the document that use a map.
pub(in crate::modules::html) fn images<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let document = call.document();
    let name = document.attribute(call.node(), "name").filter(|name| !name.is_empty());
    let used = |id: &NodeId| {
        let uses = document.attribute(*id, "usemap").and_then(|map| map.strip_prefix('#'));
        name.is_some() && uses == name
    };
    call.elements(named(call, document.root(), "img").into_iter().filter(used))
}

pub(in crate::modules::html) fn text_tracks<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.elements(named(call, call.node(), "track"))
}
