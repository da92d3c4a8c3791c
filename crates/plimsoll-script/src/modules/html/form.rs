//! Forms: which controls belong to one, what they hold, and what submitting it sends.
//!
//! The rules are those of the HTML standard for a page that nobody has touched.

use super::document::{Document, NodeId};

/// The value of a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    One(String),
    /// Of a `select` with `multiple`.
    Many(Vec<String>),
}

/// What `val()` answers: `None` for what is no control.
pub(crate) fn value(document: &Document, id: NodeId) -> Option<Value> {
    let attribute = |name| document.attribute(id, name);
    Some(Value::One(match document.name(id) {
        "input" => match attribute("value") {
            Some(value) => value.to_owned(),
            None if matches!(input_type(document, id).as_str(), "checkbox" | "radio") => "on".to_owned(),
            None => String::new(),
        },
        "button" => attribute("value").unwrap_or_default().to_owned(),
        "textarea" | "output" => document.text(id),
        "option" => option_value(document, id),
        "select" => {
            let values = selected_options(document, id).into_iter().map(|id| option_value(document, id));
            if attribute("multiple").is_some() {
                return Some(Value::Many(values.collect()));
            }
            return values.into_iter().next().map(Value::One);
        }
        _ => return None,
    }))
}

/// An input's type in lower case, `text` where none is written.
pub(crate) fn input_type(document: &Document, id: NodeId) -> String {
    document.attribute(id, "type").filter(|kind| !kind.is_empty()).unwrap_or("text").to_ascii_lowercase()
}

pub(crate) fn options(document: &Document, select: NodeId) -> Vec<NodeId> {
    document.descendant_elements(select).filter(|id| document.name(*id) == "option").collect()
}

/// The options that are selected. Where one must be and none is marked, it is the first that can be.
pub(crate) fn selected_options(document: &Document, select: NodeId) -> Vec<NodeId> {
    let options = options(document, select);
    let is_marked = |id: &&NodeId| document.attribute(**id, "selected").is_some();
    let marked: Vec<NodeId> = options.iter().filter(is_marked).copied().collect();
    if document.attribute(select, "multiple").is_some() {
        return marked;
    }
    let is_list = document.attribute(select, "size").and_then(|size| size.parse().ok()).unwrap_or(1_u32) > 1;
    let first = options.iter().copied().find(|id| !is_disabled(document, *id)).filter(|_| !is_list);
    marked.last().copied().or(first).into_iter().collect()
}

pub(crate) fn option_value(document: &Document, option: NodeId) -> String {
    document.attribute(option, "value").map_or_else(|| option_text(document, option), str::to_owned)
}

/// The text of an option with white space collapsed.
pub(crate) fn option_text(document: &Document, option: NodeId) -> String {
    document.text(option).split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a control is switched off, by itself or by a `fieldset` or `optgroup` around it.
pub(crate) fn is_disabled(document: &Document, id: NodeId) -> bool {
    let marked = |id: NodeId| document.attribute(id, "disabled").is_some();
    if marked(id) {
        return true;
    }
    match document.name(id) {
        "option" => document
            .parent_element(id)
            .is_some_and(|parent| document.name(parent) == "optgroup" && marked(parent)),
        "button" | "input" | "select" | "textarea" | "fieldset" => is_in_disabled_fieldset(document, id),
        _ => false,
    }
}

/// Controls in the legend of a disabled fieldset stay usable.
fn is_in_disabled_fieldset(document: &Document, id: NodeId) -> bool {
    let mut below = id;
    for ancestor in document.ancestors(id) {
        if document.name(ancestor) == "fieldset" && document.attribute(ancestor, "disabled").is_some() {
            let legend = document.child_elements(ancestor).find(|child| document.name(*child) == "legend");
            if legend != Some(below) {
                return true;
            }
        }
        below = ancestor;
    }
    false
}

/// The form that a control belongs to.
pub(crate) fn form_of(document: &Document, id: NodeId) -> Option<NodeId> {
    match document.attribute(id, "form") {
        Some(form) => document.by_id(form).filter(|form| document.name(*form) == "form"),
        None => document.ancestors(id).find(|ancestor| document.name(*ancestor) == "form"),
    }
}

/// The controls of a form or fieldset, in document order.
pub(crate) fn elements(document: &Document, owner: NodeId) -> Vec<NodeId> {
    let is_control = |id: &NodeId| {
        matches!(
            document.name(*id),
            "button" | "fieldset" | "input" | "keygen" | "object" | "output" | "select" | "textarea"
        )
    };
    if document.name(owner) != "form" {
        return document.descendant_elements(owner).filter(is_control).collect();
    }
    // Controls outside of a form name it by its id.
    let top = if document.attribute(owner, "id").is_some() { document.root() } else { owner };
    let belongs = |id: &NodeId| match document.attribute(*id, "form") {
        Some(_) => form_of(document, *id) == Some(owner),
        None => document.contains(owner, *id),
    };
    document.descendant_elements(top).filter(is_control).filter(belongs).collect()
}

/// What jQuery's `serializeArray()` takes of these nodes: of forms their controls.
pub(crate) fn fields(document: &Document, nodes: &[NodeId]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for id in nodes {
        match document.name(*id) {
            "form" | "fieldset" => {
                elements(document, *id).iter().for_each(|id| push_field(document, *id, &mut fields));
            }
            _ => push_field(document, *id, &mut fields),
        }
    }
    fields
}

fn push_field(document: &Document, id: NodeId, fields: &mut Vec<(String, String)>) {
    if !is_sent(document, id) {
        return;
    }
    let name = document.attribute(id, "name").unwrap_or_default();
    match value(document, id) {
        Some(Value::One(value)) => fields.push((name.to_owned(), value)),
        Some(Value::Many(values)) => fields.extend(values.into_iter().map(|value| (name.to_owned(), value))),
        None => {}
    }
}

/// Whether a control is part of what its form sends, unless it is what submits it.
fn is_sent(document: &Document, id: NodeId) -> bool {
    let named = document.attribute(id, "name").is_some_and(|name| !name.is_empty());
    let by_kind = match document.name(id) {
        "select" | "textarea" => true,
        "input" => match input_type(document, id).as_str() {
            "checkbox" | "radio" => document.attribute(id, "checked").is_some(),
            "button" | "file" | "image" | "reset" | "submit" => false,
            _ => true,
        },
        _ => false,
    };
    named && by_kind && !is_disabled(document, id)
}

/// `application/x-www-form-urlencoded`, sorted by name as k6 does.
pub(crate) fn encode(mut fields: Vec<(String, String)>) -> String {
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(fields);
    encoded.finish()
}

/// How a form's fields become a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Form,
    Multipart,
    Text,
}

/// What submitting a form sends.
#[derive(Debug)]
pub(crate) struct Submission {
    /// As it is written.
    pub(crate) action: String,
    /// In capitals.
    pub(crate) method: String,
    pub(crate) encoding: Encoding,
    pub(crate) fields: Vec<(String, String)>,
}

/// Submits a form with the button that was pressed, whose own action, method and encoding come first.
pub(crate) fn submission(document: &Document, form: NodeId, button: Option<NodeId>) -> Submission {
    let attribute = |of_button: &str, of_form: &str| {
        let own = button.and_then(|button| document.attribute(button, of_button));
        own.or_else(|| document.attribute(form, of_form)).unwrap_or_default()
    };
    let encoding = match attribute("formenctype", "enctype").to_ascii_lowercase().as_str() {
        "multipart/form-data" => Encoding::Multipart,
        "text/plain" => Encoding::Text,
        _ => Encoding::Form,
    };
    let mut fields = fields(document, &[form]);
    let name = button.and_then(|button| document.attribute(button, "name")).filter(|name| !name.is_empty());
    if let (Some(button), Some(name)) = (button, name) {
        let value = document.attribute(button, "value").unwrap_or_default();
        fields.push((name.to_owned(), value.to_owned()));
    }
    Submission {
        action: attribute("formaction", "action").to_owned(),
        method: attribute("formmethod", "method").to_ascii_uppercase(),
        encoding,
        fields,
    }
}

/// The labels of a control.
pub(crate) fn labels(document: &Document, id: NodeId) -> Vec<NodeId> {
    let own_id = document.attribute(id, "id");
    let is_label = |label: &NodeId| document.name(*label) == "label";
    let means = |label: &NodeId| match document.attribute(*label, "for") {
        Some(target) => own_id == Some(target),
        None => document.contains(*label, id),
    };
    document.descendant_elements(document.root()).filter(is_label).filter(means).collect()
}

/// The control that a label is for.
pub(crate) fn control(document: &Document, label: NodeId) -> Option<NodeId> {
    if let Some(id) = document.attribute(label, "for") {
        return document.by_id(id);
    }
    let is_control = |id: &NodeId| match document.name(*id) {
        "input" => input_type(document, *id) != "hidden",
        name => {
            matches!(name, "button" | "keygen" | "meter" | "output" | "progress" | "select" | "textarea")
        }
    };
    document.descendant_elements(label).find(is_control)
}
