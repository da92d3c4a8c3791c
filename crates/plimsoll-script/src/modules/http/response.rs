//! `Response`: what a script sees of an exchange.
//!
//! k6's response has twenty own properties of which a script reads two or three, so it is a [`Lazy`] object.
//! This is the hottest of them: properties are found by the numbers of their atoms, without looking at text.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use rquickjs::function::{Opt, This};
use rquickjs::object::Property;
use rquickjs::{Atom, Class, Ctx, Function, IntoJs, Object, Result, Value};

use super::fact::ResponseFact;
use super::page;
use crate::exception::throw_host;
use crate::lazy::{Lazy, Source};
use crate::modules::html::Document;
use crate::state::VuState;

macro_rules! fields {
    ($($field:ident = $name:literal),+ $(,)?) => {
        /// The own properties of a response, in k6's order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field { $($field),+ }

        const FIELDS: &[(Field, &str)] = &[$((Field::$field, $name)),+];
    };
}

fields! {
    RemoteIp = "remote_ip", RemotePort = "remote_port", Url = "url", Status = "status",
    StatusText = "status_text", Proto = "proto", Headers = "headers", Cookies = "cookies",
    Body = "body", Timings = "timings", TlsVersion = "tls_version",
    TlsCipherSuite = "tls_cipher_suite", Ocsp = "ocsp", Error = "error", ErrorCode = "error_code",
    Request = "request", Json = "json", Html = "html", SubmitForm = "submitForm",
    ClickLink = "clickLink",
}

/// The atoms of the field names in one runtime. The prototype has a property of each name, which keeps them
/// alive.
#[derive(Default)]
pub(crate) struct FieldTable(OnceCell<Vec<u32>>);

impl FieldTable {
    /// Fills the table at the first response of a runtime.
    fn fill(&self, ctx: &Ctx<'_>) -> Result<()> {
        if self.0.get().is_some() {
            return Ok(());
        }
        let prototype = prototype(ctx)?;
        let mut ids = Vec::with_capacity(FIELDS.len());
        for (field, name) in FIELDS {
            let atom = Atom::from_str(ctx.clone(), name)?;
            ids.push(atom_id(&atom));
            let value =
                method(ctx, *field)?.map_or_else(|| Value::new_undefined(ctx.clone()), Function::into_value);
            prototype.prop(atom, Property::from(value))?;
        }
        let _ = self.0.set(ids);
        Ok(())
    }

    fn find(&self, atom: &Atom<'_>) -> Option<usize> {
        let id = atom_id(atom);
        self.0.get()?.iter().position(|known| *known == id)
    }
}

/// The number of an atom: what its `Hash` writes.
fn atom_id(atom: &Atom<'_>) -> u32 {
    struct Number(u32);
    impl Hasher for Number {
        fn write(&mut self, _: &[u8]) {}
        fn write_u32(&mut self, number: u32) {
            self.0 = number;
        }
        fn finish(&self) -> u64 {
            u64::from(self.0)
        }
    }
    let mut number = Number(0);
    atom.hash(&mut number);
    number.0
}

/// The source of a response object.
pub(crate) struct Response {
    fact: ResponseFact,
    fields: Rc<FieldTable>,
    /// The body parsed as HTML, when the script has asked for it.
    pub(super) document: OnceCell<Rc<Document>>,
}

impl Response {
    pub(crate) fn object<'js>(ctx: &Ctx<'js>, state: &VuState, fact: ResponseFact) -> Result<Value<'js>> {
        let fields = match state.response_fields.get() {
            Some(fields) => Rc::clone(fields),
            None => Rc::clone(state.response_fields.get_or_init(|| Rc::new(FieldTable::default()))),
        };
        fields.fill(ctx)?;
        Ok(Lazy::object(ctx, Response { fact, fields, document: OnceCell::new() })?.into_value())
    }

    pub(super) fn body_text(&self) -> Option<Cow<'_, str>> {
        self.fact.body_text()
    }

    pub(super) fn url(&self) -> &str {
        &self.fact.url
    }
}

impl Source for Response {
    const CLASS: &'static str = "Response";

    fn names(&self) -> Vec<&str> {
        FIELDS.iter().map(|(_, name)| *name).collect()
    }

    fn find(&self, name: &Atom<'_>) -> Option<usize> {
        self.fields.find(name)
    }

    fn make<'js>(&self, ctx: &Ctx<'js>, property: usize) -> Result<Value<'js>> {
        match FIELDS[property] {
            (Field::Json | Field::Html | Field::SubmitForm | Field::ClickLink, name) => {
                prototype(ctx)?.get(name)
            }
            (field, _) => self.fact.value(ctx, field),
        }
    }
}

fn prototype<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    Ok(Class::<Lazy<Response>>::prototype(ctx)?.expect("the class has a prototype"))
}

/// The methods, shared by all responses of a runtime.
fn method<'js>(ctx: &Ctx<'js>, field: Field) -> Result<Option<Function<'js>>> {
    Ok(Some(match field {
        Field::Json => Function::new(ctx.clone(), json)?.with_name("json")?,
        Field::Html => Function::new(ctx.clone(), page::html)?.with_name("html")?,
        Field::SubmitForm => Function::new(ctx.clone(), page::submit_form)?.with_name("submitForm")?,
        Field::ClickLink => Function::new(ctx.clone(), page::click_link)?.with_name("clickLink")?,
        _ => return Ok(None),
    }))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn json<'js>(
    ctx: Ctx<'js>,
    this: This<Class<'js, Lazy<Response>>>,
    selector: Opt<String>,
) -> Result<Value<'js>> {
    let this = this.0.borrow();
    let Some(text) = this.source().fact.body_text() else {
        return Err(throw_host(&ctx, "cannot parse json: the response has no body"));
    };
    match selector.0 {
        None => ctx.json_parse(text.as_bytes()).map_err(|_| throw_bad_json(&ctx, &text)),
        Some(selector) => super::selector::select(&ctx, &text, &selector),
    }
}

/// Replaces the engine's `SyntaxError` by one that says where in the body the JSON breaks.
fn throw_bad_json(ctx: &Ctx<'_>, text: &str) -> rquickjs::Error {
    let _ = ctx.catch();
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => throw_host(ctx, "cannot parse json"),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            let message = format!(
                "cannot parse json due to an error at line {line}, character {column} , error: {why}"
            );
            throw_host(ctx, &message)
        }
    }
}

/// A value made from a Rust one, for [`ResponseFact::value`].
pub(super) fn js<'js>(ctx: &Ctx<'js>, value: impl IntoJs<'js>) -> Result<Value<'js>> {
    value.into_js(ctx)
}
