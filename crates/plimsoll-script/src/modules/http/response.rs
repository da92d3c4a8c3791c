//! `Response`: what a script sees of an exchange.
//!
//! k6's response has about twenty-five own properties; a script reads two or three. So the object is exotic:
//! it lists all of them (`Object.keys`, `JSON.stringify` and spreading work), and makes a value when it is
//! first read. From then on the property is an ordinary one.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use rquickjs::class::{ClassKind, JsCell, JsClass, PropertyDescriptor, PropertyName, Readable, Trace};
use rquickjs::function::{Constructor, Opt, This};
use rquickjs::object::Property;
use rquickjs::{Atom, Class, Ctx, Function, IntoJs, JsLifetime, Result, Value};

use super::fact::ResponseFact;
use crate::exception::throw_host;

macro_rules! fields {
    ($($field:ident = $name:literal),+ $(,)?) => {
        /// The own properties of a response, in k6's order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field { $($field),+ }

        const FIELDS: &[(Field, &str)] = &[$((Field::$field, $name)),+];
    };
}

fields! {
    RemoteIp = "remote_ip", RemotePort = "remote_port", Url = "url", Status = "status", StatusText = "status_text",
    Proto = "proto", Headers = "headers", Cookies = "cookies", Body = "body", Timings = "timings",
    TlsVersion = "tls_version", TlsCipherSuite = "tls_cipher_suite", Ocsp = "ocsp", Error = "error",
    ErrorCode = "error_code", Request = "request", Json = "json", Html = "html", SubmitForm = "submitForm",
    ClickLink = "clickLink",
}

/// The atoms of the field names in one runtime. The prototype has a property of each name, which keeps them
/// alive.
pub(crate) struct FieldTable(Vec<u32>);

impl FieldTable {
    pub(crate) fn new(ctx: &Ctx<'_>) -> Result<Self> {
        let prototype = Class::<Response>::prototype(ctx)?.expect("the class has a prototype");
        let mut ids = Vec::with_capacity(FIELDS.len());
        for (field, name) in FIELDS {
            let atom = Atom::from_str(ctx.clone(), name)?;
            ids.push(atom_id(&atom));
            let value =
                method(ctx, *field)?.map_or_else(|| Value::new_undefined(ctx.clone()), Function::into_value);
            prototype.prop(atom, Property::from(value))?;
        }
        Ok(FieldTable(ids))
    }

    fn field(&self, atom: &Atom<'_>) -> Option<Field> {
        let id = atom_id(atom);
        self.0.iter().position(|known| *known == id).map(|index| FIELDS[index].0)
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

/// See the module.
#[derive(Trace, JsLifetime)]
pub(crate) struct Response {
    #[qjs(skip_trace)]
    fact: Rc<ResponseFact>,
    #[qjs(skip_trace)]
    fields: Rc<FieldTable>,
    /// A bit per field that has become an ordinary property.
    #[qjs(skip_trace)]
    made: Cell<u32>,
}

impl Response {
    pub(crate) fn object<'js>(
        ctx: &Ctx<'js>,
        fact: ResponseFact,
        fields: Rc<FieldTable>,
    ) -> Result<Value<'js>> {
        let response = Response { fact: Rc::new(fact), fields, made: Cell::new(0) };
        Ok(Class::instance(ctx.clone(), response)?.into_value())
    }

    fn is_made(&self, field: Field) -> bool {
        self.made.get() & (1 << field as u32) != 0
    }

    fn value<'js>(&self, ctx: &Ctx<'js>, field: Field) -> Result<Value<'js>> {
        match field {
            Field::Json | Field::Html | Field::SubmitForm | Field::ClickLink => {
                let prototype = Class::<Response>::prototype(ctx)?.expect("the class has a prototype");
                prototype.get(FIELDS[field as usize].1)
            }
            _ => self.fact.value(ctx, field),
        }
    }
}

impl<'js> JsClass<'js> for Response {
    const NAME: &'static str = "Response";
    const KIND: ClassKind = ClassKind::Exotic;
    type Mutable = Readable;

    fn constructor(_: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }

    fn exotic_get_property(
        this: &JsCell<'js, Self>,
        ctx: &Ctx<'js>,
        atom: Atom<'js>,
        receiver: Value<'js>,
    ) -> Result<Value<'js>> {
        let response = this.borrow();
        let Some(field) = response.fields.field(&atom) else {
            let prototype = Class::<Response>::prototype(ctx)?.expect("the class has a prototype");
            return prototype.get(atom);
        };
        let value = response.value(ctx, field)?;
        // Scalars are as cheap to make again as to find again.
        if let Some(object) = receiver.as_object().filter(|_| value.is_object() || value.is_string()) {
            response.made.set(response.made.get() | (1 << field as u32));
            object.prop(atom, Property::from(value.clone()).writable().enumerable().configurable())?;
        }
        Ok(value)
    }

    fn exotic_set_property(
        this: &JsCell<'js, Self>,
        _: &Ctx<'js>,
        atom: Atom<'js>,
        receiver: Value<'js>,
        value: Value<'js>,
    ) -> Result<bool> {
        let response = this.borrow();
        if let Some(field) = response.fields.field(&atom) {
            response.made.set(response.made.get() | (1 << field as u32));
        }
        if let Some(object) = receiver.as_object() {
            object.prop(atom, Property::from(value).writable().enumerable().configurable())?;
        }
        Ok(true)
    }

    fn exotic_has_property(this: &JsCell<'js, Self>, ctx: &Ctx<'js>, atom: Atom<'js>) -> Result<bool> {
        if this.borrow().fields.field(&atom).is_some() {
            return Ok(true);
        }
        let prototype = Class::<Response>::prototype(ctx)?.expect("the class has a prototype");
        prototype.contains_key(atom)
    }

    fn exotic_get_own_property(
        this: &JsCell<'js, Self>,
        ctx: &Ctx<'js>,
        atom: Atom<'js>,
    ) -> Result<Option<PropertyDescriptor<'js>>> {
        let response = this.borrow();
        let Some(field) = response.fields.field(&atom) else { return Ok(None) };
        let value = response.value(ctx, field)?;
        Ok(Some(PropertyDescriptor::new_value(value, true, true, true)))
    }

    fn exotic_get_own_property_names(
        this: &JsCell<'js, Self>,
        ctx: &Ctx<'js>,
    ) -> Result<Vec<PropertyName<'js>>> {
        let response = this.borrow();
        let unmade = FIELDS.iter().filter(|(field, _)| !response.is_made(*field));
        let name = |(_, name): &(Field, &str)| {
            Ok(PropertyName { atom: Atom::from_str(ctx.clone(), name)?, is_enumerable: true })
        };
        unmade.map(name).collect()
    }
}

/// The methods, shared by all responses of a runtime.
fn method<'js>(ctx: &Ctx<'js>, field: Field) -> Result<Option<Function<'js>>> {
    let not_yet = |name: &'static str| {
        let throw = move |ctx: Ctx<'js>| -> Result<()> {
            Err(throw_host(&ctx, &format!("Response.{name}() is not supported yet")))
        };
        Function::new(ctx.clone(), throw)?.with_name(name)
    };
    Ok(Some(match field {
        Field::Json => Function::new(ctx.clone(), json)?.with_name("json")?,
        Field::Html => not_yet("html")?,
        Field::SubmitForm => not_yet("submitForm")?,
        Field::ClickLink => not_yet("clickLink")?,
        _ => return Ok(None),
    }))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn json<'js>(ctx: Ctx<'js>, this: This<Class<'js, Response>>, selector: Opt<String>) -> Result<Value<'js>> {
    let fact = Rc::clone(&this.0.borrow().fact);
    let Some(text) = fact.body_text() else {
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
