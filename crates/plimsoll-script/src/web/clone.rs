//! `structuredClone`: deep copies, as HTML has them.
//!
//! Source: <https://html.spec.whatwg.org/multipage/structured-data.html>. Objects are copied as shells first
//! and filled one by one, so that neither cycles nor depth matter.
#![expect(clippy::needless_pass_by_value, reason = "the engine hands a function its arguments for good")]

use rquickjs::atom::PredefinedAtom;
use rquickjs::function::{Constructor, Opt, This};
use rquickjs::object::Property;
use rquickjs::{Array, ArrayBuffer, BigInt, Class, Ctx, Error, Function, IntoJs, Object, Result, Value};
use rustc_hash::FxHashMap;

use super::{Blob, given, iterate, own_keys};
use crate::exception::{as_class, throw_type};
use crate::modules::data::rows_of;
use crate::modules::state_of;
use crate::octets::{self, buffer_of};
use crate::quickjs::ObjectKind;
use crate::state::Interrupted;
use crate::webcrypto::failure::Failure;
use crate::{fiber, quickjs};

/// Errors whose class is kept; all others become an `Error`.
const ERRORS: [&str; 6] =
    ["EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"];

/// Copies a value.
pub(super) fn structured_clone<'js>(
    ctx: Ctx<'js>,
    value: Value<'js>,
    options: Opt<Value<'js>>,
) -> Result<Value<'js>> {
    let transferred = transferred(&ctx, options.0)?;
    let mut copy = Copy { ctx: &ctx, copies: FxHashMap::default(), pending: Vec::new(), member: None };
    let copied = copy.value(&value)?;
    copy.fill_all()?;
    for mut buffer in transferred {
        // A buffer that nothing refers to is given up all the same.
        buffer.detach();
    }
    Ok(copied)
}

/// The buffers that the original gives up.
fn transferred<'js>(ctx: &Ctx<'js>, options: Option<Value<'js>>) -> Result<Vec<ArrayBuffer<'js>>> {
    let Some(options) = given(options).filter(|options| !options.is_null()) else { return Ok(Vec::new()) };
    let Some(options) = options.as_object() else {
        return throw_type(ctx, "the options of structuredClone() must be an object");
    };
    let Some(list) = given(Some(options.get("transfer")?)) else { return Ok(Vec::new()) };
    let Some(list) = list.as_object() else {
        return throw_type(ctx, "transfer must be an array of ArrayBuffers");
    };
    let mut buffers: Vec<ArrayBuffer<'js>> = Vec::new();
    for item in iterate::items(ctx, list)? {
        match item.as_object().and_then(buffer_of) {
            Some(buffer) if !buffers.contains(&buffer) => buffers.push(buffer),
            Some(_) => return Err(refusal(ctx, "the same ArrayBuffer twice in the transfer list")),
            None => return Err(refusal(ctx, "what is not an ArrayBuffer, or detached, by transfer")),
        }
    }
    Ok(buffers)
}

fn refusal(ctx: &Ctx<'_>, what: &str) -> Error {
    Failure::data_clone(format!("structuredClone() cannot clone {what}")).throw(ctx)
}

/// What is still to be copied into a shell.
enum Content {
    Members,
    Elements,
    Entries,
    Values,
}

/// One copy being made.
struct Copy<'a, 'js> {
    ctx: &'a Ctx<'js>,
    /// Originals and their copies.
    copies: FxHashMap<Value<'js>, Value<'js>>,
    pending: Vec<(Object<'js>, Object<'js>, Content)>,
    /// The name of what is being copied, for messages.
    member: Option<String>,
}

impl<'js> Copy<'_, 'js> {
    fn value(&mut self, value: &Value<'js>) -> Result<Value<'js>> {
        if value.is_symbol() {
            return Err(self.refuse("a symbol"));
        }
        let Some(object) = value.as_object() else { return Ok(value.clone()) };
        if let Some(copy) = self.copies.get(value) {
            return Ok(copy.clone());
        }
        let copy = self.shell(object)?;
        self.copies.insert(value.clone(), copy.clone());
        Ok(copy)
    }

    fn refuse(&self, what: &str) -> Error {
        match &self.member {
            Some(member) => refusal(self.ctx, &format!("{what}, the value of '{member}'")),
            None => refusal(self.ctx, what),
        }
    }

    /// A copy of an object, of which the content may be pending.
    fn shell(&mut self, object: &Object<'js>) -> Result<Value<'js>> {
        if object.is_function() {
            return Err(self.refuse("a function"));
        }
        if let Some(blob) = as_class::<Blob<'js>>(object) {
            let copy = blob.borrow().copy();
            return Ok(Class::instance(self.ctx.clone(), copy)?.into_value());
        }
        if rows_of(object.as_value()).is_some() {
            let copy = Array::new(self.ctx.clone())?.into_object();
            return Ok(self.later(object, copy, Content::Elements));
        }
        if object.is_array() {
            let copy = Array::new(self.ctx.clone())?.into_object();
            copy.set("length", object.get::<_, Value<'js>>("length")?)?;
            return Ok(self.later(object, copy, Content::Members));
        }
        if object.as_value().is_proxy() {
            return Err(self.refuse("a Proxy"));
        }
        match quickjs::kind_of(object) {
            ObjectKind::Map => self.made_later(object, "Map", Content::Entries),
            ObjectKind::Set => self.made_later(object, "Set", Content::Values),
            ObjectKind::Error => self.error(object),
            ObjectKind::TypedArray | ObjectKind::DataView => self.view(object),
            ObjectKind::ArrayBuffer => self.buffer(object),
            ObjectKind::Date => {
                let time = self.method("Date", "getTime")?.call::<_, f64>((This(object.clone()),))?;
                self.class("Date")?.construct((time,))
            }
            ObjectKind::RegExp => self.rebuilt(object, "RegExp", ["source", "flags"]),
            ObjectKind::Other(class) => self.other(object, class),
        }
    }

    fn other(&mut self, object: &Object<'js>, class: u32) -> Result<Value<'js>> {
        if ObjectKind::Other(class) == quickjs::kind_of(&Object::new(self.ctx.clone())?) {
            return self.plain(object);
        }
        if let Some(boxed) = self.boxed(object, class)? {
            return Ok(boxed);
        }
        if object.is_instance_of(self.ctx.globals().get::<_, Value<'js>>("DOMException")?) {
            return self.rebuilt(object, "DOMException", ["message", "name"]);
        }
        // What lists its members without having them yet, as `__ENV` does, and `arguments`.
        if !own_keys(object)?.is_empty() {
            return self.plain(object);
        }
        let tag = object.get::<_, Value<'js>>(PredefinedAtom::SymbolToStringTag)?;
        let tag = tag.as_string().map(octets::text_of).transpose()?;
        Err(self.refuse(
            &tag.map_or_else(|| "this kind of object".into(), |tag| format!("an object of class {tag}")),
        ))
    }

    /// An object that is made of two of its properties.
    fn rebuilt(&self, object: &Object<'js>, class: &str, parts: [&str; 2]) -> Result<Value<'js>> {
        let [first, second] = parts.map(|part| object.get::<_, Value<'js>>(part));
        self.class(class)?.construct((first?, second?))
    }

    fn later(&mut self, from: &Object<'js>, to: Object<'js>, content: Content) -> Value<'js> {
        self.pending.push((from.clone(), to.clone(), content));
        to.into_value()
    }

    fn plain(&mut self, object: &Object<'js>) -> Result<Value<'js>> {
        let copy = Object::new(self.ctx.clone())?;
        Ok(self.later(object, copy, Content::Members))
    }

    fn made_later(&mut self, object: &Object<'js>, class: &str, content: Content) -> Result<Value<'js>> {
        let copy = self.class(class)?.construct(())?;
        Ok(self.later(object, copy, content))
    }

    fn class(&self, name: &str) -> Result<Constructor<'js>> {
        self.ctx.globals().get(name)
    }

    fn method(&self, class: &str, name: &str) -> Result<Function<'js>> {
        self.class(class)?.get::<_, Object<'js>>(PredefinedAtom::Prototype)?.get(name)
    }

    /// A copy of a primitive value in an object, `Object(1)` and its like; `None` for everything else.
    fn boxed(&self, object: &Object<'js>, class: u32) -> Result<Option<Value<'js>>> {
        let boxed: Function<'js> = self.ctx.globals().get("Object")?;
        let zero = BigInt::from_i64(self.ctx.clone(), 0)?.into_value();
        let samples = [0.into_js(self.ctx)?, "".into_js(self.ctx)?, false.into_js(self.ctx)?, zero];
        for (name, sample) in ["Number", "String", "Boolean", "BigInt"].into_iter().zip(samples) {
            let sample: Object<'js> = boxed.call((sample,))?;
            if quickjs::kind_of(&sample) == ObjectKind::Other(class) {
                let bare: Value<'js> = self.method(name, "valueOf")?.call((This(object.clone()),))?;
                return boxed.call((bare,)).map(Some);
            }
        }
        Ok(None)
    }

    /// Name, message, stack and cause; what a script has added to an error is not copied.
    fn error(&mut self, error: &Object<'js>) -> Result<Value<'js>> {
        let name = error.get::<_, Value<'js>>("name")?;
        let name = name.as_string().map(octets::text_of).transpose()?.unwrap_or_default();
        let class = ERRORS.iter().find(|known| **known == name).copied().unwrap_or("Error");
        let message = given(Some(error.get("message")?));
        let copy: Object<'js> = match message {
            Some(message) => self.class(class)?.construct((message,))?,
            None => self.class(class)?.construct(())?,
        };
        // Known before its cause is copied, which may lead back to it.
        self.copies.insert(error.as_value().clone(), copy.as_value().clone());
        let hidden = |value| Property::from(value).writable().configurable();
        copy.prop("stack", hidden(error.get::<_, Value<'js>>("stack")?))?;
        if error.contains_key("cause")? {
            let cause = self.value(&error.get("cause")?)?;
            copy.prop("cause", hidden(cause))?;
        }
        Ok(copy.into_value())
    }

    fn buffer(&self, object: &Object<'js>) -> Result<Value<'js>> {
        let buffer = buffer_of(object);
        let Some(bytes) = buffer.as_ref().and_then(|buffer| buffer.as_bytes()) else {
            return Err(self.refuse("a detached ArrayBuffer"));
        };
        Ok(ArrayBuffer::new_copy(self.ctx.clone(), bytes)?.into_value())
    }

    /// A typed array or a `DataView`, over a copy of its whole buffer.
    fn view(&mut self, view: &Object<'js>) -> Result<Value<'js>> {
        let buffer = self.value(&view.get("buffer")?)?;
        let class: String = view.get(PredefinedAtom::SymbolToStringTag)?;
        let length = if class == "DataView" { "byteLength" } else { "length" };
        let (from, length) = (view.get::<_, f64>("byteOffset")?, view.get::<_, f64>(length)?);
        self.class(&class)?.construct((buffer, from, length))
    }

    fn fill_all(&mut self) -> Result<()> {
        let state = state_of(self.ctx);
        while let Some((from, to, content)) = self.pending.pop() {
            self.fill(&from, &to, &content)?;
            fiber::preempt_if_due();
            if state.is_interrupted() {
                return Err(Interrupted::throw(self.ctx));
            }
        }
        Ok(())
    }

    fn fill(&mut self, from: &Object<'js>, to: &Object<'js>, content: &Content) -> Result<()> {
        match content {
            Content::Members => {
                for key in own_keys(from)? {
                    self.member = Some(octets::text_of(&key)?);
                    let value = self.value(&from.get(key.clone())?)?;
                    to.prop(key, Property::from(value).writable().enumerable().configurable())?;
                }
            }
            Content::Elements => {
                for (index, item) in (0u32..).zip(iterate::items(self.ctx, from)?) {
                    to.set(index, self.value(&item)?)?;
                }
            }
            Content::Entries => {
                let set = self.method("Map", "set")?;
                for entry in iterate::items(self.ctx, from)? {
                    let entry = Object::from_value(entry)?;
                    let (key, value) = (self.value(&entry.get(0)?)?, self.value(&entry.get(1)?)?);
                    set.call::<_, ()>((This(to.clone()), key, value))?;
                }
            }
            Content::Values => {
                let add = self.method("Set", "add")?;
                for value in iterate::items(self.ctx, from)? {
                    add.call::<_, ()>((This(to.clone()), self.value(&value)?))?;
                }
            }
        }
        self.member = None;
        Ok(())
    }
}
