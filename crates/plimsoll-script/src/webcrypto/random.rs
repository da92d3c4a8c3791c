//! `crypto.getRandomValues` and `crypto.randomUUID`.

use rquickjs::atom::PredefinedAtom;
use rquickjs::{Ctx, Result, Value};

use super::failure::Failure;
use crate::octets::{self, Octets};

/// The most bytes that the specification gives at once.
const QUOTA: usize = 65_536;

const INTEGER_VIEWS: [&str; 9] = [
    "Int8Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "Int16Array",
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
    "BigInt64Array",
    "BigUint64Array",
];

/// Fills a view, and returns it.
pub(super) fn fill<'js>(ctx: &Ctx<'js>, view: Option<Value<'js>>) -> Result<Value<'js>> {
    let integers = view.filter(|view| is_integer_view(view));
    let octets = integers.as_ref().and_then(|view| Octets::of_buffer(ctx, view));
    let (Some(view), Some(octets)) = (integers, octets) else {
        let message = "getRandomValues() needs a typed array of integers";
        return Err(Failure::mismatch(message).throw(ctx));
    };
    let length = octets.as_slice().len();
    if length > QUOTA {
        let message = format!("getRandomValues() fills at most {QUOTA} bytes at once, not {length}");
        return Err(Failure::quota(message).throw(ctx));
    }
    let bytes = bytes(length).map_err(|failure| failure.throw(ctx))?;
    octets::write(ctx, &view, &bytes)?;
    Ok(view)
}

fn is_integer_view(view: &Value<'_>) -> bool {
    let tag = view.as_object().and_then(|view| view.get::<_, String>(PredefinedAtom::SymbolToStringTag).ok());
    tag.is_some_and(|tag| INTEGER_VIEWS.contains(&tag.as_str()))
}

/// Random bytes of the system.
pub(super) fn bytes(length: usize) -> std::result::Result<Vec<u8>, Failure> {
    let mut bytes = vec![0; length];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| Failure::operation("the system has no randomness to give"))?;
    Ok(bytes)
}

/// A random UUID, version 4 of RFC 9562.
pub(super) fn uuid(ctx: &Ctx<'_>) -> Result<String> {
    let mut bytes = bytes(16).map_err(|failure| failure.throw(ctx))?;
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let digits = octets::hex(&bytes);
    let part = |from: usize, to: usize| &digits[from..to];
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}
