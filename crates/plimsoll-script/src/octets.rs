//! Bytes that a script hands over: strings, ArrayBuffers, and views of them.
//!
//! Start from [`Octets::of`]. Nothing is copied until somebody asks for it: as long as a host function runs,
//! no JavaScript of its VU does, so that the buffer stays as it is.

use std::fmt::Write as _;
use std::ops::Range;

use rquickjs::function::This;
use rquickjs::{
    ArrayBuffer, Coerced, Ctx, FromJs, Function, Object, Result, String as JsString, TypedArray, Value,
};

use crate::exception::throw_type;
use crate::fiber;
use crate::state::{Interrupted, VuState};

/// Bytes worked on between two looks at the clock: some 100 µs for the slowest hash.
const CHUNK: usize = 64 << 10;

/// The bytes of one value.
pub(crate) enum Octets<'js> {
    /// A string, in UTF-8.
    Text(String),
    /// The part of a buffer that a view shows.
    Buffer(ArrayBuffer<'js>, Range<usize>),
}

impl<'js> Octets<'js> {
    /// The bytes of a string, a buffer or a view.
    ///
    /// # Errors
    /// A `TypeError` that names the argument when the value is something else.
    pub(crate) fn of(ctx: &Ctx<'js>, what: &str, value: Option<&Value<'js>>) -> Result<Self> {
        if let Some(text) = value.and_then(Value::as_string) {
            return Ok(Octets::Text(text_of(text)?));
        }
        if let Some(octets) = value.and_then(|value| Self::of_buffer(ctx, value)) {
            return Ok(octets);
        }
        let given = value.map_or("nothing", |value| value.type_name());
        throw_type(ctx, &format!("{what} must be a string, an ArrayBuffer or a view of one, not {given}"))
    }

    /// The bytes of a buffer or a view; `None` for everything else, detached buffers included.
    pub(crate) fn of_buffer(ctx: &Ctx<'js>, value: &Value<'js>) -> Option<Self> {
        let object = value.as_object()?;
        if let Some(buffer) = buffer_of(object) {
            let length = buffer.as_bytes()?.len();
            return Some(Octets::Buffer(buffer, 0..length));
        }
        if !is_view(ctx, value) {
            return None;
        }
        let buffer = buffer_of(&object.get("buffer").ok()?)?;
        let start = object.get::<_, f64>("byteOffset").ok()? as usize;
        let end = start.checked_add(object.get::<_, f64>("byteLength").ok()? as usize)?;
        buffer.as_bytes()?.get(start..end)?;
        Some(Octets::Buffer(buffer, start..end))
    }

    /// The bytes themselves.
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Octets::Text(text) => text.as_bytes(),
            Octets::Buffer(buffer, range) => {
                buffer.as_bytes().and_then(|bytes| bytes.get(range.clone())).unwrap_or_default()
            }
        }
    }

    /// Hands the bytes on in pieces, and lets other VUs run between them.
    ///
    /// # Errors
    /// When the VU is interrupted.
    pub(crate) fn in_chunks(
        &self,
        ctx: &Ctx<'js>,
        state: &VuState,
        mut work: impl FnMut(&[u8]),
    ) -> Result<()> {
        let mut chunks = self.as_slice().chunks(CHUNK).peekable();
        while let Some(chunk) = chunks.next() {
            work(chunk);
            if chunks.peek().is_some() {
                fiber::preempt_if_due();
                if state.is_interrupted() {
                    return Err(Interrupted::throw(ctx));
                }
            }
        }
        Ok(())
    }
}

/// The object as an `ArrayBuffer`, if it is one that is not detached. The engine throws when asked about
/// another object, and the bindings leave that pending, where the event loop would take it for an
/// interruption.
pub(crate) fn buffer_of<'js>(object: &Object<'js>) -> Option<ArrayBuffer<'js>> {
    let buffer = ArrayBuffer::from_object(object.clone());
    if buffer.is_none() {
        drop(object.ctx().catch());
    }
    buffer
}

/// Whether the value is a typed array or a `DataView`.
pub(crate) fn is_view<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> bool {
    let asked = || {
        let buffer: Object<'js> = ctx.globals().get("ArrayBuffer")?;
        buffer.get::<_, Function<'js>>("isView")?.call::<_, bool>((value.clone(),))
    };
    asked().unwrap_or_else(|_| {
        drop(ctx.catch());
        false
    })
}

/// A string's text; halves of surrogate pairs become U+FFFD, as everywhere where JavaScript meets UTF-8.
pub(crate) fn text_of(text: &JsString<'_>) -> Result<String> {
    text.to_string().or_else(|_| {
        let string: Object<'_> = text.ctx().globals().get("String")?;
        let prototype: Object<'_> = string.get("prototype")?;
        let well_formed: Function<'_> = prototype.get("toWellFormed")?;
        well_formed.call::<_, JsString<'_>>((This(text.clone()),))?.to_string()
    })
}

/// The text of any value, as `String(value)` gives it; see [`text_of`].
pub(crate) fn coerced<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> Result<String> {
    match value.as_string() {
        Some(text) => text_of(text),
        None => text_of(&Coerced::<JsString<'js>>::from_js(ctx, value)?.0),
    }
}

/// Writes bytes to the beginning of a view. What does not fit is an error of the engine.
pub(crate) fn write<'js>(ctx: &Ctx<'js>, view: &Value<'js>, bytes: &[u8]) -> Result<()> {
    let object = Object::from_value(view.clone())?;
    let buffer = ArrayBuffer::from_js(ctx, object.get("buffer")?)?;
    let target = TypedArray::<u8>::from_arraybuffer(buffer)?;
    let set: Function<'js> = target.as_object().get("set")?;
    let source = TypedArray::<u8>::new_copy(ctx.clone(), bytes)?;
    set.call((This(target), source, object.get::<_, f64>("byteOffset")?))
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}
