//! `k6/html`: parsed HTML, asked with selectors.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-html/>. `document` and `parse` are the tree,
//! `selector`, `traverse` and `form` the questions, all without JavaScript; `object`, `member` and `kinds`
//! are what scripts see, with the methods in `selection`, `element` and `special`. Documents live in Rust: a
//! script holds a reference to one and the numbers of some nodes.

mod document;
mod element;
mod form;
mod kinds;
mod markup;
mod member;
mod object;
mod parse;
mod selection;
mod selector;
mod special;
mod traverse;

use std::rc::Rc;

use rquickjs::function::Opt;
use rquickjs::{Coerced, Ctx, Function, Result, Value};

pub(crate) use self::document::{Document, NodeId};
pub(crate) use self::form::{Encoding, Submission, encode, submission};
pub(crate) use self::object::selection;
use self::selector::Selector;
use crate::exception::{throw_host, throw_type};
use crate::state::VuState;

pub(crate) const EXPORTS: &[&str] = &["parseHTML"];

/// Makes the one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, _: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let parse = |ctx: Ctx<'js>, text: Opt<Value<'js>>| {
        let Some(text) = text.0.filter(|text| !text.is_undefined() && !text.is_null()) else {
            return throw_type(&ctx, "parseHTML() needs a text");
        };
        let document = parse(&ctx, &text.get::<Coerced<String>>()?.0, None)?;
        selection(&ctx, &document, vec![document.root()])
    };
    Ok(Function::new(ctx.clone(), parse)?.with_name(name)?.into_value())
}

/// Parses a page that came from `url`.
pub(crate) fn parse(ctx: &Ctx<'_>, text: &str, url: Option<&str>) -> Result<Rc<Document>> {
    let url = url.and_then(|url| url::Url::parse(url).ok());
    match parse::parse(text, url) {
        Ok(document) => Ok(Rc::new(document)),
        Err(error) => Err(throw_host(ctx, &error.to_string())),
    }
}

/// What a selector finds in a document.
pub(crate) fn find(ctx: &Ctx<'_>, document: &Document, selector: &str) -> Result<Vec<NodeId>> {
    find_in(ctx, document, document.root(), selector)
}

/// What a selector finds under a node.
pub(crate) fn find_in(
    ctx: &Ctx<'_>,
    document: &Document,
    top: NodeId,
    selector: &str,
) -> Result<Vec<NodeId>> {
    let selector = Selector::parse(selector).map_err(|error| throw_host(ctx, &error.to_string()))?;
    Ok(traverse::find(document, &[top], &selector))
}
