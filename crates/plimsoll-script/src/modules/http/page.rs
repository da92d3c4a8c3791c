//! A response as a page: `html()`, and the requests that a user of the page makes with `submitForm()` and
//! `clickLink()`.
//!
//! Links and forms are followed as a browser does: relative to the page, with the method, the encoding and
//! the fields that the form says.

use std::fmt::Write as _;
use std::rc::Rc;

use plimsoll_net::Method;
use rquickjs::function::{Opt, This};
use rquickjs::object::Filter;
use rquickjs::{Class, Coerced, Ctx, IntoJs, Object, Result, Value};

use super::Http;
use super::call::Arguments;
use super::response::Response;
use crate::exception::{throw_host, throw_type};
use crate::lazy::Lazy;
use crate::modules::html::{self, Document, Encoding, NodeId, Submission};
use crate::modules::state_of;

type ThisResponse<'js> = This<Class<'js, Lazy<Response>>>;

/// `html(selector?)`: the page, or what of it the selector finds.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
pub(super) fn html<'js>(
    ctx: Ctx<'js>,
    this: ThisResponse<'js>,
    selector: Opt<Value<'js>>,
) -> Result<Value<'js>> {
    let document = document(&ctx, this.0.borrow().source())?;
    match selector.0.filter(is_given) {
        None => html::selection(&ctx, &document, vec![document.root()]),
        Some(selector) => {
            let nodes = html::find(&ctx, &document, &selector.get::<Coerced<String>>()?.0)?;
            html::selection(&ctx, &document, nodes)
        }
    }
}

/// `clickLink({ selector, params })`.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
pub(super) fn click_link<'js>(
    ctx: Ctx<'js>,
    this: ThisResponse<'js>,
    options: Opt<Value<'js>>,
) -> Result<Value<'js>> {
    let options = options_of(&ctx, "clickLink", options)?;
    let selector = text_option(&options, "selector", "a[href]")?;
    let response = this.0.borrow();
    let document = document(&ctx, response.source())?;
    let link = first(&ctx, &document, &selector, response.source())?;
    let Some(href) = document.attribute(link, "href") else {
        let message =
            format!("the element found for selector '{selector}' in {} has no href", response.source().url());
        return Err(throw_host(&ctx, &message));
    };
    let url = resolve(&ctx, &document, href)?;
    let params = options.get::<_, Value<'js>>("params")?;
    let url = Some(url.into_js(&ctx)?);
    let arguments = Arguments { method: Method::GET, url, body: None, params: Some(params) };
    Http { state: state_of(&ctx) }.call(&ctx, arguments)
}

/// `submitForm({ formSelector, submitSelector, fields, params })`.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
pub(super) fn submit_form<'js>(
    ctx: Ctx<'js>,
    this: ThisResponse<'js>,
    options: Opt<Value<'js>>,
) -> Result<Value<'js>> {
    let options = options_of(&ctx, "submitForm", options)?;
    let form_selector = text_option(&options, "formSelector", "form")?;
    let submit_selector = text_option(&options, "submitSelector", "[type=\"submit\"]")?;
    let response = this.0.borrow();
    let document = document(&ctx, response.source())?;
    let form = first(&ctx, &document, &form_selector, response.source())?;
    if document.name(form) != "form" {
        let message = format!("formSelector '{form_selector}' finds a <{}>, not a form", document.name(form));
        return Err(throw_host(&ctx, &message));
    }
    let submits = html::find_in(&ctx, &document, form, &submit_selector)?;
    let mut submission = html::submission(&document, form, submits.first().copied());
    merge_fields(&ctx, &options, &mut submission.fields)?;
    send(&ctx, &document, submission, options.get("params")?)
}

/// The response's body as a document, parsed once.
fn document(ctx: &Ctx<'_>, response: &Response) -> Result<Rc<Document>> {
    if let Some(document) = response.document.get() {
        return Ok(Rc::clone(document));
    }
    let Some(text) = response.body_text() else {
        return Err(throw_host(ctx, "cannot parse html: the response has no body"));
    };
    let document = html::parse(ctx, &text, Some(response.url()))?;
    Ok(Rc::clone(response.document.get_or_init(|| document)))
}

fn first(ctx: &Ctx<'_>, document: &Document, selector: &str, response: &Response) -> Result<NodeId> {
    let found = html::find(ctx, document, selector)?;
    found.first().copied().ok_or_else(|| {
        throw_host(ctx, &format!("nothing found for selector '{selector}' in {}", response.url()))
    })
}

fn resolve(ctx: &Ctx<'_>, document: &Document, link: &str) -> Result<String> {
    match document.resolve(link) {
        Some(url) => Ok(url.into()),
        None => Err(throw_host(ctx, &format!("'{link}' is not a valid URL"))),
    }
}

fn is_given(value: &Value<'_>) -> bool {
    !value.is_undefined() && !value.is_null()
}

fn options_of<'js>(ctx: &Ctx<'js>, name: &str, options: Opt<Value<'js>>) -> Result<Object<'js>> {
    match options.0.filter(is_given) {
        None => Object::new(ctx.clone()),
        Some(options) => match options.as_object() {
            Some(object) => Ok(object.clone()),
            None => throw_type(ctx, &format!("{name}() needs an object, not {}", options.type_name())),
        },
    }
}

fn text_option(options: &Object<'_>, name: &str, default: &str) -> Result<String> {
    let given = options.get::<_, Option<Coerced<String>>>(name)?;
    Ok(given.map_or_else(|| default.to_owned(), |given| given.0))
}

/// The call's `fields` take the place of the form's own of the same name.
fn merge_fields(ctx: &Ctx<'_>, options: &Object<'_>, fields: &mut Vec<(String, String)>) -> Result<()> {
    let given: Value<'_> = options.get("fields")?;
    if !is_given(&given) {
        return Ok(());
    }
    let Some(object) = given.as_object() else {
        return throw_type(ctx, &format!("fields must be an object, not {}", given.type_name()));
    };
    for entry in object.own_props::<String, Value<'_>>(Filter::default()) {
        let (name, value) = entry?;
        fields.retain(|(known, _)| *known != name);
        let values = match value.as_array() {
            Some(array) => array.iter::<Coerced<String>>().collect::<Result<Vec<_>>>()?,
            None if is_given(&value) => vec![value.get()?],
            None => vec![Coerced(String::new())],
        };
        fields.extend(values.into_iter().map(|value| (name.clone(), value.0)));
    }
    Ok(())
}

fn send<'js>(
    ctx: &Ctx<'js>,
    document: &Document,
    form: Submission,
    params: Value<'js>,
) -> Result<Value<'js>> {
    let mut url = resolve(ctx, document, &form.action)?;
    let http = Http { state: state_of(ctx) };
    if form.method != "POST" {
        // The fields are the query; one that the action has is lost, as in a browser.
        url.truncate(url.find(['?', '#']).unwrap_or(url.len()));
        if !form.fields.is_empty() {
            url = format!("{url}?{}", html::encode(form.fields));
        }
        let url = Some(url.into_js(ctx)?);
        let arguments = Arguments { method: Method::GET, url, body: None, params: Some(params) };
        return http.call(ctx, arguments);
    }
    let (content_type, body) = body(form);
    let params = with_content_type(ctx, params, &content_type)?;
    let (url, body) = (Some(url.into_js(ctx)?), Some(body.into_js(ctx)?));
    http.call(ctx, Arguments { method: Method::POST, url, body, params: Some(params) })
}

/// The body, and what it is.
fn body(form: Submission) -> (String, String) {
    match form.encoding {
        Encoding::Form => ("application/x-www-form-urlencoded".to_owned(), html::encode(form.fields)),
        Encoding::Text => {
            let lines = form.fields.iter().map(|(name, value)| format!("{name}={value}\r\n")).collect();
            ("text/plain".to_owned(), lines)
        }
        Encoding::Multipart => multipart(&form.fields),
    }
}

fn multipart(fields: &[(String, String)]) -> (String, String) {
    // Any text will do that occurs in no value.
    let is_free = |boundary: &String| fields.iter().all(|(_, value)| !value.contains(boundary.as_str()));
    let boundary = (0_u64..).map(|number| format!("----plimsoll-{number:032x}")).find(is_free);
    let boundary = boundary.expect("there are more numbers than values");
    let mut body = String::new();
    for (name, value) in fields {
        let name = name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22");
        let _ = write!(
            body,
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    let _ = write!(body, "--{boundary}--\r\n");
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A copy of the parameters with a content type, unless they have one.
fn with_content_type<'js>(ctx: &Ctx<'js>, params: Value<'js>, content_type: &str) -> Result<Value<'js>> {
    let Some(given) = params.as_object() else {
        if is_given(&params) {
            // Refused by the call itself, with the right words.
            return Ok(params);
        }
        return with_content_type(ctx, Object::new(ctx.clone())?.into_value(), content_type);
    };
    let copy = copy_of(ctx, given)?;
    let headers: Value<'js> = given.get("headers")?;
    let headers = match headers.as_object() {
        Some(headers) => copy_of(ctx, headers)?,
        None => Object::new(ctx.clone())?,
    };
    let mut names = headers.keys::<String>().flatten();
    if !names.any(|name| name.eq_ignore_ascii_case("content-type")) {
        headers.set("Content-Type", content_type)?;
    }
    copy.set("headers", headers)?;
    Ok(copy.into_value())
}

fn copy_of<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> Result<Object<'js>> {
    let copy = Object::new(ctx.clone())?;
    for entry in object.own_props::<String, Value<'js>>(Filter::default()) {
        let (name, value) = entry?;
        copy.set(name, value)?;
    }
    Ok(copy)
}
