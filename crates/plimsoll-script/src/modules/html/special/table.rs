//! Tables: sections, rows and cells, with their places.

use rquickjs::{Result, Value};

use crate::modules::html::document::{Document, NodeId};
use crate::modules::html::member::Call;

fn children<'d>(document: &'d Document, id: NodeId, name: &'static str) -> impl Iterator<Item = NodeId> + 'd {
    document.child_elements(id).filter(move |child| document.name(*child) == name)
}

fn first<'js>(call: &Call<'_, 'js>, name: &'static str) -> Result<Value<'js>> {
    call.maybe_element(children(call.document(), call.node(), name).next())
}

pub(in crate::modules::html) fn caption<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    first(call, "caption")
}

pub(in crate::modules::html) fn head<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    first(call, "thead")
}

pub(in crate::modules::html) fn foot<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    first(call, "tfoot")
}

pub(in crate::modules::html) fn bodies<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.elements(children(call.document(), call.node(), "tbody"))
}

/// Head first, foot last, whatever the order in the text.
fn rows_of(document: &Document, table: NodeId) -> Vec<NodeId> {
    let sections =
        |name| children(document, table, name).flat_map(|section| children(document, section, "tr"));
    let middle = document.child_elements(table).flat_map(|child| match document.name(child) {
        "tr" => vec![child],
        "tbody" => children(document, child, "tr").collect(),
        _ => Vec::new(),
    });
    sections("thead").chain(middle).chain(sections("tfoot")).collect()
}

pub(in crate::modules::html) fn rows<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.elements(rows_of(call.document(), call.node()))
}

pub(in crate::modules::html) fn section_rows<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.elements(children(call.document(), call.node(), "tr"))
}

fn is_cell(document: &Document, id: NodeId) -> bool {
    matches!(document.name(id), "td" | "th")
}

pub(in crate::modules::html) fn cells<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let document = call.document();
    call.elements(document.child_elements(call.node()).filter(|id| is_cell(document, *id)))
}

fn index<'js>(call: &Call<'_, 'js>, among: impl IntoIterator<Item = NodeId>) -> Result<Value<'js>> {
    let index = among.into_iter().position(|id| id == call.node());
    call.js(index.map_or(-1.0, |index| index as f64))
}

pub(in crate::modules::html) fn row_index<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let document = call.document();
    let table = document.ancestors(call.node()).find(|id| document.name(*id) == "table");
    index(call, table.map(|table| rows_of(document, table)).unwrap_or_default())
}

pub(in crate::modules::html) fn section_row_index<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let section = call.document().parent_element(call.node());
    index(call, section.into_iter().flat_map(|section| children(call.document(), section, "tr")))
}

pub(in crate::modules::html) fn cell_index<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let document = call.document();
    let row = document.parent_element(call.node());
    let cells = row.into_iter().flat_map(|row| document.child_elements(row));
    index(call, cells.filter(|id| is_cell(document, *id)))
}
