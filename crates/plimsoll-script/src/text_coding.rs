//! The globals `TextEncoder` and `TextDecoder`, as the Encoding Standard has them.
//!
//! Source: <https://encoding.spec.whatwg.org/>. `encoding_rs` knows all of its encodings and labels, so that
//! all of them work; k6 has UTF-8 and UTF-16.
#![expect(clippy::needless_pass_by_value, reason = "the engine hands a function its arguments for good")]

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use rquickjs::class::Trace;
use rquickjs::function::Opt;
use rquickjs::{Class, Coerced, Ctx, Exception, JsLifetime, Object, Result, TypedArray, Value};

use crate::exception::throw_type;
use crate::modules::state_of;
use crate::octets::{self, Octets};

/// Defines both classes.
pub(crate) fn install(globals: &Object<'_>) -> Result<()> {
    Class::<TextEncoder>::define(globals)?;
    Class::<TextDecoder>::define(globals)
}

/// From strings to UTF-8.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct TextEncoder {}

#[rquickjs::methods(rename_all = "camelCase")]
impl TextEncoder {
    #[qjs(constructor)]
    fn new() -> Self {
        TextEncoder {}
    }

    #[qjs(get)]
    fn encoding(&self) -> &'static str {
        "utf-8"
    }

    fn encode<'js>(&self, ctx: Ctx<'js>, input: Opt<Value<'js>>) -> Result<TypedArray<'js, u8>> {
        TypedArray::new(ctx.clone(), text(&ctx, input.0)?)
    }

    /// Writes what fits, in whole characters. `read` counts UTF-16 units.
    fn encode_into<'js>(
        &self,
        ctx: Ctx<'js>,
        input: Opt<Value<'js>>,
        target: Opt<Value<'js>>,
    ) -> Result<Object<'js>> {
        let text = text(&ctx, input.0)?;
        let Some(target) = target.0.filter(|target| TypedArray::<u8>::from_value(target.clone()).is_ok())
        else {
            return throw_type(&ctx, "the second argument of encodeInto() must be a Uint8Array");
        };
        let room = Octets::of_buffer(&ctx, &target).map_or(0, |octets| octets.as_slice().len());
        let fitting = &text[..text.floor_char_boundary(room)];
        octets::write(&ctx, &target, fitting.as_bytes())?;
        let result = Object::new(ctx)?;
        result.set("read", fitting.encode_utf16().count())?;
        result.set("written", fitting.len())?;
        Ok(result)
    }
}

fn text<'js>(ctx: &Ctx<'js>, input: Option<Value<'js>>) -> Result<String> {
    let Some(input) = input.filter(|input| !input.is_undefined()) else { return Ok(String::new()) };
    octets::coerced(ctx, input)
}

/// From bytes to strings.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct TextDecoder {
    #[qjs(skip_trace)]
    decoding: Decoding,
}

#[derive(JsLifetime)]
struct Decoding {
    #[qjs(skip)]
    encoding: &'static Encoding,
    is_fatal: bool,
    ignores_bom: bool,
    /// What a call with `stream` left behind.
    #[qjs(skip)]
    pending: Option<Decoder>,
}

#[rquickjs::methods]
impl TextDecoder {
    #[qjs(constructor)]
    fn new<'js>(ctx: Ctx<'js>, label: Opt<Value<'js>>, options: Opt<Value<'js>>) -> Result<Self> {
        let label = label.0.filter(|label| !label.is_undefined());
        let encoding = match label {
            None => UTF_8,
            Some(label) => {
                let label = text(&ctx, Some(label))?;
                let known = Encoding::for_label_no_replacement(label.as_bytes());
                let unknown = || {
                    let message =
                        format!("'{label}' is not the label of an encoding (utf-8, utf-16le, latin1, …)");
                    Exception::throw_range(&ctx, &message)
                };
                known.ok_or_else(unknown)?
            }
        };
        let (is_fatal, ignores_bom) = (flag(&options, "fatal")?, flag(&options, "ignoreBOM")?);
        Ok(TextDecoder { decoding: Decoding { encoding, is_fatal, ignores_bom, pending: None } })
    }

    #[qjs(get)]
    fn encoding(&self) -> String {
        self.decoding.encoding.name().to_ascii_lowercase()
    }

    #[qjs(get)]
    fn fatal(&self) -> bool {
        self.decoding.is_fatal
    }

    #[qjs(get, rename = "ignoreBOM")]
    fn ignore_bom(&self) -> bool {
        self.decoding.ignores_bom
    }

    fn decode<'js>(
        &mut self,
        ctx: Ctx<'js>,
        input: Opt<Value<'js>>,
        options: Opt<Value<'js>>,
    ) -> Result<String> {
        let is_last = !flag(&options, "stream")?;
        let input = input.0.filter(|input| !input.is_undefined());
        let mut decoder = self.decoding.pending.take().unwrap_or_else(|| self.decoding.decoder());
        let (mut text, mut is_malformed) = (String::new(), false);
        if let Some(input) = input {
            let Some(octets) = Octets::of_buffer(&ctx, &input) else {
                return throw_type(&ctx, "the input of decode() must be an ArrayBuffer or a view of one");
            };
            let is_fatal = self.decoding.is_fatal;
            octets.in_chunks(&ctx, &state_of(&ctx), |chunk| {
                is_malformed |= !decode_chunk(&mut decoder, chunk, &mut text, is_fatal, false);
            })?;
        }
        if is_last {
            is_malformed |= !decode_chunk(&mut decoder, &[], &mut text, self.decoding.is_fatal, true);
        }
        if is_malformed {
            return throw_type(&ctx, &format!("the encoded data are not valid {}", self.encoding()));
        }
        self.decoding.pending = (!is_last).then_some(decoder);
        Ok(text)
    }
}

impl Decoding {
    fn decoder(&self) -> Decoder {
        if self.ignores_bom {
            self.encoding.new_decoder_without_bom_handling()
        } else {
            self.encoding.new_decoder_with_bom_removal()
        }
    }
}

/// Decodes one piece; false when it is malformed and that matters.
fn decode_chunk(
    decoder: &mut Decoder,
    bytes: &[u8],
    text: &mut String,
    is_fatal: bool,
    is_last: bool,
) -> bool {
    let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
    text.reserve(room);
    if is_fatal {
        let (result, _) = decoder.decode_to_string_without_replacement(bytes, text, is_last);
        return result == DecoderResult::InputEmpty;
    }
    let (result, ..) = decoder.decode_to_string(bytes, text, is_last);
    debug_assert_eq!(result, encoding_rs::CoderResult::InputEmpty, "there is room for everything");
    true
}

fn flag(options: &Opt<Value<'_>>, name: &str) -> Result<bool> {
    match options.0.as_ref().and_then(Value::as_object) {
        Some(options) => Ok(options.get::<_, Coerced<bool>>(name)?.0),
        None => Ok(false),
    }
}
