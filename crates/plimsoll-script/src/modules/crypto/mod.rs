//! `k6/crypto`: hashes, HMAC, random bytes. (The global `crypto` is another thing: `webcrypto`.)
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-crypto/>.
#![expect(clippy::needless_pass_by_value, reason = "the engine hands a function its arguments for good")]

mod hash;

use std::cell::RefCell;
use std::rc::Rc;

use base64::Engine as _;
use rquickjs::function::{Func, Opt};
use rquickjs::{ArrayBuffer, Ctx, Function, IntoJs, Object, Result, Value};

use self::hash::Running;
use super::encoding;
use crate::console::format_value;
use crate::exception::throw_host;
use crate::octets::{self, Octets, hex};
use crate::state::VuState;

pub(crate) const EXPORTS: &[&str] = &[
    "createHash",
    "createHMAC",
    "hmac",
    "md4",
    "md5",
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "sha512_224",
    "sha512_256",
    "ripemd160",
    "randomBytes",
    "hexEncode",
];

/// The most random bytes at once. More would not be a test's data but a mistake.
const MOST_RANDOM_BYTES: f64 = (1_u32 << 30) as f64;

type Argument<'js> = Opt<Value<'js>>;

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let vu = Rc::clone(state);
    let function = match name {
        "createHash" => Function::new(ctx.clone(), move |ctx, algorithm: Argument<'js>| {
            hasher(&ctx, &vu, begin_hash(&ctx, algorithm.0.as_ref())?)
        }),
        "createHMAC" => {
            let create = move |ctx, algorithm: Argument<'js>, key: Argument<'js>| {
                hasher(&ctx, &vu, begin_hmac(&ctx, algorithm.0.as_ref(), key.0.as_ref())?)
            };
            Function::new(ctx.clone(), create)
        }
        "hmac" => {
            let hmac = move |ctx,
                             algorithm: Argument<'js>,
                             key: Argument<'js>,
                             input: Argument<'js>,
                             output: Argument<'js>| {
                let running = begin_hmac(&ctx, algorithm.0.as_ref(), key.0.as_ref())?;
                finish(&ctx, &vu, running, input.0.as_ref(), output.0.as_ref())
            };
            Function::new(ctx.clone(), hmac)
        }
        "randomBytes" => Function::new(ctx.clone(), random_bytes),
        "hexEncode" => Function::new(ctx.clone(), hex_encode),
        algorithm => {
            let algorithm = *hash::NAMES.iter().find(|known| **known == algorithm).expect("an export's name");
            let digest = move |ctx, input: Argument<'js>, output: Argument<'js>| {
                let running = hash::hash(algorithm).expect("a name of the list");
                finish(&ctx, &vu, running, input.0.as_ref(), output.0.as_ref())
            };
            Function::new(ctx.clone(), digest)
        }
    };
    Ok(function?.with_name(name)?.into_value())
}

fn begin_hash<'js>(ctx: &Ctx<'js>, algorithm: Option<&Value<'js>>) -> Result<Box<dyn Running>> {
    named(algorithm, hash::hash).ok_or_else(|| invalid_algorithm(ctx, algorithm))
}

fn begin_hmac<'js>(
    ctx: &Ctx<'js>,
    algorithm: Option<&Value<'js>>,
    key: Option<&Value<'js>>,
) -> Result<Box<dyn Running>> {
    let key = Octets::of(ctx, "the key", key)?;
    named(algorithm, |name| hash::hmac(name, key.as_slice())).ok_or_else(|| invalid_algorithm(ctx, algorithm))
}

fn named<T>(name: Option<&Value<'_>>, find: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    find(&octets::text_of(name?.as_string()?).ok()?)
}

fn invalid_algorithm<'js>(ctx: &Ctx<'js>, given: Option<&Value<'js>>) -> rquickjs::Error {
    let (given, known) = (shown(given), hash::NAMES.join(", "));
    throw_host(ctx, &format!("invalid algorithm: {given} (known are {known})"))
}

fn shown(value: Option<&Value<'_>>) -> String {
    value.map_or_else(|| "undefined".to_owned(), format_value)
}

/// An object with `update` and `digest`.
fn hasher<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, running: Box<dyn Running>) -> Result<Object<'js>> {
    let running = Rc::new(RefCell::new(running));
    let object = Object::new(ctx.clone())?;
    let (vu, hash) = (Rc::clone(state), Rc::clone(&running));
    let update = move |ctx: Ctx<'js>, input: Argument<'js>| -> Result<()> {
        let input = Octets::of(&ctx, "the input", input.0.as_ref())?;
        input.in_chunks(&ctx, &vu, |chunk| hash.borrow_mut().update(chunk))
    };
    object.set("update", Func::from(update))?;
    let digest = move |ctx: Ctx<'js>, output: Argument<'js>| {
        encode(&ctx, &running.borrow().result(), output.0.as_ref())
    };
    object.set("digest", Func::from(digest))?;
    Ok(object)
}

fn finish<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    mut running: Box<dyn Running>,
    input: Option<&Value<'js>>,
    output: Option<&Value<'js>>,
) -> Result<Value<'js>> {
    let input = Octets::of(ctx, "the input", input)?;
    input.in_chunks(ctx, state, |chunk| running.update(chunk))?;
    encode(ctx, &running.result(), output)
}

/// A hash as the script wants it: text, or an ArrayBuffer for `binary`.
fn encode<'js>(ctx: &Ctx<'js>, bytes: &[u8], output: Option<&Value<'js>>) -> Result<Value<'js>> {
    let name = output.and_then(Value::as_string).map(octets::text_of).transpose()?;
    let text = match name.as_deref() {
        Some("hex") => hex(bytes),
        Some("base64") => encoding::STD.encode(bytes),
        Some("base64url") => encoding::URL.encode(bytes),
        Some("base64rawurl") => encoding::RAW_URL.encode(bytes),
        Some("binary") => return Ok(ArrayBuffer::new_copy(ctx.clone(), bytes)?.into_value()),
        _ => {
            let given = shown(output);
            let known = "known are hex, base64, base64url, base64rawurl and binary";
            return Err(throw_host(ctx, &format!("invalid output encoding: {given} ({known})")));
        }
    };
    text.into_js(ctx)
}

fn hex_encode<'js>(ctx: Ctx<'js>, input: Argument<'js>) -> Result<String> {
    Ok(hex(Octets::of(&ctx, "the input of hexEncode()", input.0.as_ref())?.as_slice()))
}

fn random_bytes<'js>(ctx: Ctx<'js>, size: Argument<'js>) -> Result<ArrayBuffer<'js>> {
    let number = size.0.as_ref().and_then(Value::as_number).map(f64::trunc);
    let Some(size) = number.filter(|size| (1.0..=MOST_RANDOM_BYTES).contains(size)) else {
        let given = shown(size.0.as_ref());
        let message = format!("invalid size: {given} (from 1 to {MOST_RANDOM_BYTES} bytes can be had)");
        return Err(throw_host(&ctx, &message));
    };
    let mut bytes = vec![0; size as usize];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| throw_host(&ctx, "the system has no randomness to give"))?;
    ArrayBuffer::new(ctx, bytes)
}
