//! `k6/encoding`: Base64.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-encoding/>.
#![expect(clippy::needless_pass_by_value, reason = "the engine hands a function its arguments for good")]

use std::rc::Rc;

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rquickjs::function::Opt;
use rquickjs::{ArrayBuffer, Coerced, Ctx, Function, IntoJs, Result, Value};

use crate::exception::throw_host;
use crate::octets::Octets;
use crate::state::VuState;

pub(crate) const EXPORTS: &[&str] = &["b64encode", "b64decode"];

/// Base64 with padding.
pub(super) const STD: GeneralPurpose = engine(&STANDARD, true);
/// With `-` and `_`, and padding.
pub(super) const URL: GeneralPurpose = engine(&URL_SAFE, true);
/// With `-` and `_`, without padding.
pub(super) const RAW_URL: GeneralPurpose = engine(&URL_SAFE, false);
const RAW_STD: GeneralPurpose = engine(&STANDARD, false);

/// Padding must be there or must not, but bits that the last digit has too many may be anything, as in Go.
const fn engine(alphabet: &Alphabet, is_padded: bool) -> GeneralPurpose {
    let padding =
        if is_padded { DecodePaddingMode::RequireCanonical } else { DecodePaddingMode::RequireNone };
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(is_padded)
        .with_decode_padding_mode(padding)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

/// The variant of that name; an unknown one is the standard's, as in k6.
fn variant(name: Option<&str>) -> &'static GeneralPurpose {
    match name {
        Some("rawstd") => &RAW_STD,
        Some("url") => &URL,
        Some("rawurl") => &RAW_URL,
        _ => &STD,
    }
}

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, _: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let function = match name {
        "b64encode" => Function::new(ctx.clone(), b64encode),
        _ => Function::new(ctx.clone(), b64decode),
    };
    Ok(function?.with_name(name)?.into_value())
}

fn b64encode<'js>(
    ctx: Ctx<'js>,
    input: Opt<Value<'js>>,
    encoding: Opt<Option<Coerced<String>>>,
) -> Result<String> {
    let input = Octets::of(&ctx, "the input of b64encode()", input.0.as_ref())?;
    Ok(variant(name_of(&encoding)).encode(input.as_slice()))
}

/// An ArrayBuffer; a string with the format `s`.
fn b64decode<'js>(
    ctx: Ctx<'js>,
    input: Opt<Value<'js>>,
    encoding: Opt<Option<Coerced<String>>>,
    format: Opt<Option<Coerced<String>>>,
) -> Result<Value<'js>> {
    let input = Octets::of(&ctx, "the input of b64decode()", input.0.as_ref())?;
    let bytes = decode(variant(name_of(&encoding)), input.as_slice())
        .map_err(|at| throw_host(&ctx, &format!("illegal base64 data at input byte {at}")))?;
    match name_of(&format) {
        Some("s") => String::from_utf8_lossy(&bytes).into_js(&ctx),
        _ => Ok(ArrayBuffer::new(ctx, bytes)?.into_value()),
    }
}

fn name_of(argument: &Opt<Option<Coerced<String>>>) -> Option<&str> {
    argument.0.as_ref()?.as_ref().map(|name| name.0.as_str())
}

/// Decodes; line breaks do not count. The error is the offset of the first byte that is wrong.
fn decode(engine: &GeneralPurpose, text: &[u8]) -> std::result::Result<Vec<u8>, usize> {
    use base64::DecodeError::{InvalidByte, InvalidLastSymbol, InvalidLength, InvalidPadding};
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let digits: Vec<u8> = text.iter().copied().filter(|byte| !is_break(byte)).collect();
    engine.decode(&digits).map_err(|error| {
        let digit = match error {
            InvalidByte(at, _) | InvalidLastSymbol { offset: at, .. } => at,
            InvalidPadding => digits.iter().position(|byte| *byte == b'=').unwrap_or(digits.len()),
            InvalidLength(_) => digits.len(),
        };
        let places = text.iter().enumerate().filter(|(_, byte)| !is_break(byte));
        places.map(|(at, _)| at).nth(digit).unwrap_or(text.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn all_variants_encode_and_decode() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            for name in ["std", "rawstd", "url", "rawurl"] {
                let encoded = if name.starts_with("raw") { encoded.trim_end_matches('=') } else { encoded };
                let engine = variant(Some(name));
                assert_eq!(engine.encode(text), encoded, "{name}");
                assert_eq!(decode(engine, encoded.as_bytes()).as_deref(), Ok(text.as_bytes()), "{name}");
            }
        }
        assert_eq!(variant(Some("url")).encode([0xFB, 0xFF]), "-_8=");
        assert_eq!(variant(Some("nonsense")).encode([0xFB, 0xFF]), "+/8=");
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        assert_eq!(decode(&STD, b"Zm9v\nYm*y"), Err(7));
        assert_eq!(decode(&STD, b"Zg="), Err(2));
        assert_eq!(decode(&RAW_STD, b"Zg=="), Err(2));
        assert_eq!(decode(&STD, b"Zm\r\n9v").as_deref(), Ok(&b"foo"[..]));
        assert_eq!(decode(&STD, b"Zh==").as_deref(), Ok(&b"f"[..]), "bits left over");
    }
}
