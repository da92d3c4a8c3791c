//! `crypto.subtle`: each function reads its arguments at once, and promises the rest.
//!
//! Whatever goes wrong rejects the promise; nothing is thrown. The order of the checks is that of the
//! specification: arguments, algorithm, key and usage, and then the operation.

use std::rc::Rc;

use rquickjs::function::Rest;
use rquickjs::{Atom, Coerced, Ctx, FromJs as _, Function, Promise, Result, Value};

use super::algorithm::{Name, Purpose};
use super::failure::{Failure, Rejection};
use super::hash::Hash;
use super::job::{Answer, Job, Size};
use super::key::{Key, Material, Usages};
use super::operations::{Cipher, Derivation};
use super::params::{self, Params, Read};
use super::reading::{self, KeyData};
use super::{making, writing};
use crate::lazy::{self, Lazy, Source};
use crate::modules::settled;
use crate::state::VuState;

/// Reads the arguments of one function.
type Reader = for<'js> fn(&Ctx<'js>, &[Value<'js>]) -> Read<Job>;

/// The functions, and the number of arguments that each needs.
const FUNCTIONS: [(&str, usize, Reader); 12] = [
    ("encrypt", 3, |ctx, arguments| cipher(ctx, arguments, true)),
    ("decrypt", 3, |ctx, arguments| cipher(ctx, arguments, false)),
    ("sign", 3, sign),
    ("verify", 4, verify),
    ("digest", 2, digest),
    ("generateKey", 3, generate_key),
    ("importKey", 5, import_key),
    ("exportKey", 2, export_key),
    ("deriveBits", 2, derive_bits),
    ("deriveKey", 5, derive_key),
    ("wrapKey", 4, wrap_key),
    ("unwrapKey", 7, unwrap_key),
];

/// The object `crypto.subtle`.
struct Subtle(Rc<VuState>);

impl Source for Subtle {
    const CLASS: &'static str = "SubtleCrypto";

    fn names(&self) -> Vec<&str> {
        FUNCTIONS.iter().map(|(name, ..)| *name).collect()
    }

    fn find(&self, name: &Atom<'_>) -> Option<usize> {
        let name = lazy::text(name)?;
        FUNCTIONS.iter().position(|(known, ..)| *known == name)
    }

    fn make<'js>(&self, ctx: &Ctx<'js>, property: usize) -> Result<Value<'js>> {
        let state = Rc::clone(&self.0);
        let call =
            move |ctx: Ctx<'js>, arguments: Rest<Value<'js>>| call(&ctx, &state, property, &arguments.0);
        Ok(Function::new(ctx.clone(), call)?.with_name(FUNCTIONS[property].0)?.into_value())
    }
}

/// Makes the object.
pub(super) fn object<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>) -> Result<Value<'js>> {
    Ok(Lazy::object(ctx, Subtle(Rc::clone(state)))?.into_value())
}

fn call<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    function: usize,
    arguments: &[Value<'js>],
) -> Result<Promise<'js>> {
    let (name, needed, read) = FUNCTIONS[function];
    let job = if arguments.len() < needed {
        let message = format!("{name}() needs {needed} arguments, and got {}", arguments.len());
        Err(Rejection::Failure(Failure::type_error(message)))
    } else {
        read(ctx, arguments)
    };
    match job {
        Ok(job) => job.promise(ctx, state),
        Err(rejection) => settled(ctx, Err(rejection.throw(ctx))),
    }
}

fn digest<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>]) -> Read<Job> {
    let data = params::bytes(ctx, "the data", &arguments[1])?;
    let hash = Hash::named(&Params::of(ctx, &arguments[0])?.name)?;
    let size = Size::of_data(data.len());
    Ok(Job::new(size, move || Ok(Answer::Bytes(hash.digest(&data).as_ref().to_vec()))))
}

/// Whether a job over that many bytes with this key takes long: private keys of RSA are slow.
fn size(key: &Key, data: usize) -> Size {
    match &key.material {
        Material::RsaPrivate(private) if private.bits() > 2048 => Size::Long,
        _ => Size::of_data(data),
    }
}

fn cipher<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>], encrypts: bool) -> Read<Job> {
    let key = params::key("the key", &arguments[1])?;
    let data = params::bytes(ctx, "the data", &arguments[2])?;
    let cipher = Params::of(ctx, &arguments[0])?.cipher(Purpose::Encrypt)?;
    key.check(cipher.name(), if encrypts { Usages::ENCRYPT } else { Usages::DECRYPT })?;
    let size = size(&key, data.len());
    let work = move || {
        let answer = if encrypts { cipher.encrypt(&key, data) } else { cipher.decrypt(&key, data) };
        answer.map(Answer::Bytes)
    };
    Ok(Job::new(size, work))
}

fn sign<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>]) -> Read<Job> {
    let key = params::key("the key", &arguments[1])?;
    let data = params::bytes(ctx, "the data", &arguments[2])?;
    let signing = Params::of(ctx, &arguments[0])?.signing()?;
    key.check(signing.name(), Usages::SIGN)?;
    Ok(Job::new(size(&key, data.len()), move || signing.sign(&key, &data).map(Answer::Bytes)))
}

fn verify<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>]) -> Read<Job> {
    let key = params::key("the key", &arguments[1])?;
    let signature = params::bytes(ctx, "the signature", &arguments[2])?;
    let data = params::bytes(ctx, "the data", &arguments[3])?;
    let signing = Params::of(ctx, &arguments[0])?.signing()?;
    key.check(signing.name(), Usages::VERIFY)?;
    let size = Size::of_data(data.len());
    Ok(Job::new(size, move || signing.verify(&key, &data, &signature).map(Answer::Verdict)))
}

fn generate_key<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>]) -> Read<Job> {
    let extractable = is_true(ctx, &arguments[1])?;
    let usages = params::usages(ctx, &arguments[2])?;
    let wanted = Params::of(ctx, &arguments[0])?.wanted(Purpose::Generate)?;
    making::check(&wanted, usages)?;
    let size = if wanted.name.is_rsa() { Size::Long } else { Size::Short };
    Ok(Job::new(size, move || making::make(&wanted, extractable, usages).map(Answer::from)))
}

fn import_key<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>]) -> Read<Job> {
    let format = params::format(ctx, &arguments[0])?;
    let data = params::key_data(ctx, format, &arguments[1])?;
    let extractable = is_true(ctx, &arguments[3])?;
    let usages = params::usages(ctx, &arguments[4])?;
    let wanted = Params::of(ctx, &arguments[2])?.wanted(Purpose::Import)?;
    let work = move || reading::read(&data, &wanted, extractable, usages).map(Answer::Key);
    Ok(Job::new(Size::Short, work))
}

fn export_key<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>]) -> Read<Job> {
    let format = params::format(ctx, &arguments[0])?;
    let key = params::key("the key", &arguments[1])?;
    Ok(Job::new(Size::Short, move || writing::write(format, &key).map(Answer::from)))
}

/// The size of a derivation: PBKDF2 is made to take long.
fn derivation_size(derivation: &Derivation, bits: Option<u32>) -> Size {
    let Derivation::Pbkdf2 { hash, iterations, .. } = derivation else { return Size::Short };
    let blocks = (bits.unwrap_or(0) as usize / 8).div_ceil(hash.length());
    if blocks.saturating_mul(*iterations as usize) > SHORT_ITERATIONS { Size::Long } else { Size::Short }
}

/// Iterations of PBKDF2 that take about a millisecond.
const SHORT_ITERATIONS: usize = 1_000;

fn derive_bits<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>]) -> Read<Job> {
    let key = params::key("the key", &arguments[1])?;
    let length = arguments.get(2).filter(|length| !length.is_null() && !length.is_undefined());
    let bits = length.map(|length| params::bits(ctx, length.clone())).transpose()?;
    let derivation = Params::of(ctx, &arguments[0])?.derivation()?;
    key.check(derivation.name(), Usages::DERIVE_BITS)?;
    check_derived(bits)?;
    let size = derivation_size(&derivation, bits);
    Ok(Job::new(size, move || derivation.derive(&key, bits).map(Answer::Bytes)))
}

/// That what is derived fits into memory by a wide margin.
fn check_derived(bits: Option<u32>) -> std::result::Result<(), Failure> {
    match bits {
        Some(bits) if bits > MAX_DERIVED => {
            Err(Failure::operation(format!("at most {MAX_DERIVED} bits are derived at once, not {bits}")))
        }
        _ => Ok(()),
    }
}

/// Bits derived at once: a mebibyte.
const MAX_DERIVED: u32 = 8 << 20;

fn derive_key<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>]) -> Read<Job> {
    let key = params::key("the base key", &arguments[1])?;
    let extractable = is_true(ctx, &arguments[3])?;
    let usages = params::usages(ctx, &arguments[4])?;
    let derivation = Params::of(ctx, &arguments[0])?.derivation()?;
    let derived = Params::of(ctx, &arguments[2])?;
    // Two looks at the same object: what a key of it has, and how long one is.
    let wanted = derived.wanted(Purpose::Import)?;
    let bits = derived.wanted(Purpose::KeyLength)?.key_bits()?;
    key.check(derivation.name(), Usages::DERIVE_KEY)?;
    check_derived(bits)?;
    let size = derivation_size(&derivation, bits);
    let work = move || {
        let secret = KeyData::Raw(derivation.derive(&key, bits)?);
        reading::read(&secret, &wanted, extractable, usages).map(Answer::Key)
    };
    Ok(Job::new(size, work))
}

fn wrap_key<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>]) -> Read<Job> {
    let format = params::format(ctx, &arguments[0])?;
    let key = params::key("the key", &arguments[1])?;
    let wrapping = params::key("the wrapping key", &arguments[2])?;
    let cipher = Params::of(ctx, &arguments[3])?.cipher(Purpose::Wrap)?;
    wrapping.check(cipher.name(), Usages::WRAP)?;
    let work = move || {
        let written = writing::write(format, &key)?.into_bytes();
        cipher.encrypt(&wrapping, padded(&cipher, written)).map(Answer::Bytes)
    };
    Ok(Job::new(Size::Short, work))
}

/// Key wrapping takes bytes by eights; JSON may end with spaces.
fn padded(cipher: &Cipher, mut written: Vec<u8>) -> Vec<u8> {
    if cipher.name() == Name::AesKw && written.first() == Some(&b'{') {
        written.resize(written.len().next_multiple_of(8), b' ');
    }
    written
}

fn unwrap_key<'js>(ctx: &Ctx<'js>, arguments: &[Value<'js>]) -> Read<Job> {
    let format = params::format(ctx, &arguments[0])?;
    let wrapped = params::bytes(ctx, "the wrapped key", &arguments[1])?;
    let unwrapping = params::key("the unwrapping key", &arguments[2])?;
    let cipher = Params::of(ctx, &arguments[3])?.cipher(Purpose::Wrap)?;
    let wanted = Params::of(ctx, &arguments[4])?.wanted(Purpose::Import)?;
    let extractable = is_true(ctx, &arguments[5])?;
    let usages = params::usages(ctx, &arguments[6])?;
    unwrapping.check(cipher.name(), Usages::UNWRAP)?;
    let size = size(&unwrapping, wrapped.len());
    let work = move || {
        let data = KeyData::of(format, cipher.decrypt(&unwrapping, wrapped)?)?;
        reading::read(&data, &wanted, extractable, usages).map(Answer::Key)
    };
    Ok(Job::new(size, work))
}

fn is_true<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Read<bool> {
    Ok(Coerced::<bool>::from_js(ctx, value.clone())?.0)
}
