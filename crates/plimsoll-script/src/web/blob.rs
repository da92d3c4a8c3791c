//! `Blob`, of the File API: bytes that do not change, with a type.
//!
//! Source: <https://w3c.github.io/FileAPI/#blob-section>. The bytes lie in a buffer of the engine, so that
//! they count towards the memory limit of the VU; slices share it. k6 exports it from `k6/websockets`.
#![expect(clippy::needless_pass_by_value, reason = "the engine hands a function its arguments for good")]

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use encoding_rs::UTF_8;
use rquickjs::atom::PredefinedAtom;
use rquickjs::class::{Trace, Tracer};
use rquickjs::function::{Opt, This};
use rquickjs::{
    ArrayBuffer, Class, Coerced, Ctx, Exception, FromJs, Function, IntoJs, JsLifetime, Object, Promise,
    Result, TypedArray, Value,
};

use super::{given, iterate, require_new, text};
use crate::exception::{as_class, throw_type};
use crate::modules::{settled, state_of, streams};
use crate::octets::Octets;

/// Bytes of one chunk of a blob's stream.
const CHUNK: usize = 64 << 10;

/// The part of a buffer that a blob shows.
#[derive(Clone, JsLifetime)]
struct Place(#[qjs(skip)] Range<usize>);

/// Bytes with a type.
#[derive(JsLifetime)]
#[rquickjs::class]
pub(crate) struct Blob<'js> {
    /// Seen by nobody else.
    buffer: ArrayBuffer<'js>,
    range: Place,
    kind: String,
}

impl<'js> Trace<'js> for Blob<'js> {
    fn trace<'a>(&self, tracer: Tracer<'a, 'js>) {
        self.buffer.as_value().trace(tracer);
    }
}

impl<'js> Blob<'js> {
    fn bytes(&self) -> &[u8] {
        self.buffer.as_bytes().and_then(|bytes| bytes.get(self.range.0.clone())).unwrap_or_default()
    }

    /// A blob of these bytes, without a type.
    pub(crate) fn new_copy(ctx: &Ctx<'js>, bytes: &[u8]) -> Result<Self> {
        let range = Place(0..bytes.len());
        Ok(Blob { buffer: ArrayBuffer::new_copy(ctx.clone(), bytes)?, range, kind: String::new() })
    }

    /// Its bytes and their type.
    pub(crate) fn content(&self) -> (&[u8], &str) {
        (self.bytes(), &self.kind)
    }

    /// A blob of the same bytes.
    pub(super) fn copy(&self) -> Self {
        Blob { buffer: self.buffer.clone(), range: self.range.clone(), kind: self.kind.clone() }
    }

    /// Puts the parts together.
    fn of(ctx: &Ctx<'js>, parts: &[Octets<'js>], kind: String) -> Result<Self> {
        let state = state_of(ctx);
        let length: usize = parts.iter().map(|part| part.as_slice().len()).sum();
        // What is put together lies outside of the engine until it has its buffer.
        let limit = state.worker.script.memory_limit;
        if limit.0 > 0 && length as u64 > limit.0 {
            let message =
                format!("a Blob of {length} bytes: the VU has a limit of {limit} (option vuMemoryLimit)");
            return Err(Exception::throw_range(ctx, &message));
        }
        let mut bytes = Vec::with_capacity(length);
        for part in parts {
            part.in_chunks(ctx, &state, |chunk| bytes.extend_from_slice(chunk))?;
        }
        let range = Place(0..bytes.len());
        Ok(Blob { buffer: ArrayBuffer::new_copy(ctx.clone(), bytes)?, range, kind })
    }

    /// A copy of the bytes that the script may change.
    fn to_buffer(&self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        Ok(ArrayBuffer::new_copy(ctx.clone(), self.bytes())?.into_value())
    }

    fn chunk(&self, from: usize) -> Option<&[u8]> {
        let rest = self.bytes().get(from..)?;
        (!rest.is_empty()).then(|| &rest[..rest.len().min(CHUNK)])
    }
}

fn parts_of<'js>(ctx: &Ctx<'js>, parts: &Value<'js>) -> Result<Vec<Octets<'js>>> {
    const NEEDED: &str = "the parts of a Blob must be an array, or another iterable object";
    let Some(object) = parts.as_object() else { return throw_type(ctx, NEEDED) };
    if !iterate::is_iterable(object)? {
        return throw_type(ctx, NEEDED);
    }
    iterate::items(ctx, object)?.into_iter().map(|part| part_of(ctx, part)).collect()
}

fn part_of<'js>(ctx: &Ctx<'js>, part: Value<'js>) -> Result<Octets<'js>> {
    if let Some(blob) = part.as_object().and_then(as_class::<Blob<'js>>) {
        let blob = blob.borrow();
        return Ok(Octets::Buffer(blob.buffer.clone(), blob.range.0.clone()));
    }
    Octets::of_buffer(ctx, &part).map_or_else(|| Ok(Octets::Text(text(ctx, part)?)), Ok)
}

/// The type as a `Blob` has it: lower case, and nothing when it is not plain ASCII.
fn kind_of<'js>(ctx: &Ctx<'js>, kind: Option<Value<'js>>) -> Result<String> {
    let kind = given(kind).map(|kind| text(ctx, kind)).transpose()?.unwrap_or_default();
    let is_plain = kind.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    Ok(if is_plain { kind.to_ascii_lowercase() } else { String::new() })
}

/// A place in a blob: negative numbers count from its end, and nothing lies outside of it.
fn place<'js>(ctx: &Ctx<'js>, value: Option<Value<'js>>, length: usize, otherwise: usize) -> Result<usize> {
    let Some(value) = given(value) else { return Ok(otherwise) };
    let place = Coerced::<f64>::from_js(ctx, value)?.0.trunc();
    let place = if place < 0.0 { place + length as f64 } else { place };
    // NaN becomes 0.
    Ok((place.max(0.0) as usize).min(length))
}

#[rquickjs::methods]
impl<'js> Blob<'js> {
    #[qjs(constructor)]
    fn new(
        ctx: Ctx<'js>,
        target: This<Value<'js>>,
        parts: Opt<Value<'js>>,
        options: Opt<Value<'js>>,
    ) -> Result<Self> {
        require_new(&ctx, &target, "Blob")?;
        let parts = given(parts.0).map(|parts| parts_of(&ctx, &parts)).transpose()?.unwrap_or_default();
        let options = given(options.0).filter(|options| !options.is_null());
        let kind = match options.as_ref().map(|options| options.as_object()) {
            None => None,
            Some(Some(options)) => Some(options.get("type")?),
            Some(None) => return throw_type(&ctx, "the options of a Blob must be an object"),
        };
        Blob::of(&ctx, &parts, kind_of(&ctx, kind)?)
    }

    #[qjs(get)]
    fn size(&self) -> usize {
        self.range.0.len()
    }

    #[qjs(get, rename = "type")]
    fn kind(&self) -> String {
        self.kind.clone()
    }

    #[qjs(rename = "arrayBuffer")]
    fn array_buffer(&self, ctx: Ctx<'js>) -> Result<Promise<'js>> {
        settled(&ctx, self.to_buffer(&ctx))
    }

    #[qjs(rename = "bytes")]
    fn to_bytes(&self, ctx: Ctx<'js>) -> Result<Promise<'js>> {
        let bytes = TypedArray::<u8>::new_copy(ctx.clone(), self.bytes());
        settled(&ctx, bytes.map(TypedArray::into_value))
    }

    fn text(&self, ctx: Ctx<'js>) -> Result<Promise<'js>> {
        let (text, _) = UTF_8.decode_with_bom_removal(self.bytes());
        settled(&ctx, text.into_owned().into_js(&ctx))
    }

    #[qjs(rename = "toString")]
    fn description(&self) -> &'static str {
        "[object Blob]"
    }

    fn slice(
        &self,
        ctx: Ctx<'js>,
        start: Opt<Value<'js>>,
        end: Opt<Value<'js>>,
        kind: Opt<Value<'js>>,
    ) -> Result<Class<'js, Self>> {
        let length = self.range.0.len();
        let start = place(&ctx, start.0, length, 0)?;
        let end = place(&ctx, end.0, length, length)?.max(start);
        let range = Place(self.range.0.start + start..self.range.0.start + end);
        let kind = kind_of(&ctx, kind.0)?;
        Class::instance(ctx, Blob { buffer: self.buffer.clone(), range, kind })
    }

    fn stream(&self, ctx: Ctx<'js>) -> Result<Value<'js>> {
        let (blob, next) = (self.copy(), Rc::new(Cell::new(0)));
        let blob = Class::instance(ctx.clone(), blob)?;
        let source = Object::new(ctx.clone())?;
        let pull = move |ctx: Ctx<'js>, this: This<Object<'js>>, controller: Object<'js>| -> Result<()> {
            let blob: Class<'js, Blob<'js>> = this.get("blob")?;
            let blob = blob.borrow();
            let Some(chunk) = blob.chunk(next.get()) else {
                return controller.get::<_, Function<'js>>("close")?.call((This(controller),));
            };
            next.set(next.get() + chunk.len());
            let chunk = TypedArray::<u8>::new_copy(ctx, chunk)?;
            controller.get::<_, Function<'js>>("enqueue")?.call((This(controller), chunk))
        };
        source.set("blob", blob)?;
        source.set("pull", Function::new(ctx.clone(), pull)?)?;
        streams::readable(&ctx, source)
    }

    #[qjs(prop, rename = PredefinedAtom::SymbolToStringTag, configurable)]
    fn tag() -> &'static str {
        "Blob"
    }
}
