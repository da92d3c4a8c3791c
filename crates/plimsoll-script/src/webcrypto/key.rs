//! Keys: [`Key`] in Rust, `CryptoKey` in JavaScript, which guards what it holds.

use std::sync::Arc;

use rquickjs::atom::PredefinedAtom;
use rquickjs::class::{JsClass, Readable, Trace, Tracer};
use rquickjs::function::{Constructor, This};
use rquickjs::object::{Accessor, Property};
use rquickjs::{Class, Ctx, JsLifetime, Object, Result, TypedArray, Value};

use super::algorithm::{Algorithm, Details, Name};
use super::failure::Failure;
use super::{curve, curve25519, rsa};
use crate::exception::throw_type;

/// What a key may be used for, as bits of [`USAGES`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usages(u8);

/// The names of usages in the order in which keys list them.
const USAGES: [(&str, Usages); 8] = [
    ("encrypt", Usages::ENCRYPT),
    ("decrypt", Usages::DECRYPT),
    ("sign", Usages::SIGN),
    ("verify", Usages::VERIFY),
    ("deriveKey", Usages::DERIVE_KEY),
    ("deriveBits", Usages::DERIVE_BITS),
    ("wrapKey", Usages::WRAP),
    ("unwrapKey", Usages::UNWRAP),
];

impl Usages {
    pub(super) const ENCRYPT: Self = Usages(1);
    pub(super) const DECRYPT: Self = Usages(2);
    pub(super) const SIGN: Self = Usages(4);
    pub(super) const VERIFY: Self = Usages(8);
    pub(super) const DERIVE_KEY: Self = Usages(16);
    pub(super) const DERIVE_BITS: Self = Usages(32);
    pub(super) const WRAP: Self = Usages(64);
    pub(super) const UNWRAP: Self = Usages(128);

    /// The usage of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        USAGES.iter().find(|(known, _)| *known == name).map(|(_, usage)| *usage)
    }

    pub(super) fn names(self) -> Vec<&'static str> {
        USAGES.iter().filter(|(_, usage)| self.contains(*usage)).map(|(name, _)| *name).collect()
    }

    pub(super) const fn with(self, more: Self) -> Self {
        Usages(self.0 | more.0)
    }

    pub(super) fn contains(self, usages: Self) -> bool {
        self.0 & usages.0 == usages.0
    }

    /// What both have.
    pub(super) fn common(self, other: Self) -> Self {
        Usages(self.0 & other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What keys of an algorithm may be used for, by kind.
    pub(super) fn possible(name: Name, kind: Kind) -> Self {
        let cipher = Usages::ENCRYPT.with(Usages::WRAP);
        let decipher = Usages::DECRYPT.with(Usages::UNWRAP);
        let derive = Usages::DERIVE_KEY.with(Usages::DERIVE_BITS);
        match (name, kind) {
            (Name::AesCbc | Name::AesCtr | Name::AesGcm, _) => cipher.with(decipher),
            (Name::AesKw, _) => Usages::WRAP.with(Usages::UNWRAP),
            (Name::Hmac, _) => Usages::SIGN.with(Usages::VERIFY),
            (Name::RsaOaep, Kind::Private) => decipher,
            (Name::RsaOaep, _) => cipher,
            (Name::RsaPss | Name::RsaPkcs1 | Name::Ecdsa | Name::Ed25519, Kind::Private) => Usages::SIGN,
            (Name::RsaPss | Name::RsaPkcs1 | Name::Ecdsa | Name::Ed25519, _) => Usages::VERIFY,
            (Name::Ecdh | Name::X25519, Kind::Public) => Usages::default(),
            (Name::Ecdh | Name::X25519 | Name::Pbkdf2 | Name::Hkdf, _) => derive,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Secret,
    Private,
    Public,
}

/// What is kept secret, or would be.
pub(super) enum Material {
    Secret(Vec<u8>),
    RsaPublic(rsa::Public),
    RsaPrivate(rsa::Private),
    CurvePublic(curve::Public),
    CurvePrivate(curve::Private),
    Curve25519Public(Vec<u8>),
    Curve25519Private(curve25519::Private),
}

impl Material {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Material::Secret(_) => Kind::Secret,
            Material::RsaPublic(_) | Material::CurvePublic(_) | Material::Curve25519Public(_) => Kind::Public,
            Material::RsaPrivate(_) | Material::CurvePrivate(_) | Material::Curve25519Private(_) => {
                Kind::Private
            }
        }
    }
}

/// A key, with all that restricts its use.
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) extractable: bool,
    pub(super) usages: Usages,
    pub(super) material: Material,
}

impl Key {
    /// That the key is of this algorithm, and may be used in this way.
    pub(super) fn check(&self, name: Name, usage: Usages) -> std::result::Result<(), Failure> {
        if self.algorithm.name != name {
            let own = self.algorithm.name.text();
            return Err(Failure::access(format!("the key is for {own}, not for {}", name.text())));
        }
        if self.usages.contains(usage) {
            return Ok(());
        }
        let (wanted, usages) = (usage.names().join(", "), self.usages.names().join(", "));
        Err(Failure::access(format!("the key's usages are [{usages}], without {wanted}")))
    }

    /// Its secret.
    pub(super) fn secret(&self) -> std::result::Result<&[u8], Failure> {
        match &self.material {
            Material::Secret(secret) => Ok(secret),
            _ => Err(self.wrong_kind("secret")),
        }
    }

    pub(super) fn wrong_kind(&self, wanted: &str) -> Failure {
        let kind = kind_name(self.material.kind());
        Failure::access(format!("this needs a {wanted} key, not a {kind} one"))
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Secret => "secret",
        Kind::Private => "private",
        Kind::Public => "public",
    }
}

/// A `CryptoKey`.
#[derive(Clone, JsLifetime)]
pub(super) struct CryptoKey(#[qjs(skip)] pub(super) Arc<Key>);

impl<'js> Trace<'js> for CryptoKey {
    /// Holds no JavaScript value.
    fn trace(&self, _: Tracer<'_, 'js>) {}
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn refuse(ctx: Ctx<'_>) -> Result<Value<'_>> {
    throw_type(&ctx, "a CryptoKey comes from generateKey, importKey, deriveKey or unwrapKey")
}

type ThisKey<'js> = This<Class<'js, CryptoKey>>;

impl<'js> JsClass<'js> for CryptoKey {
    const NAME: &'static str = "CryptoKey";
    type Mutable = Readable;

    fn constructor(ctx: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Constructor::new_class::<CryptoKey, _, _>(ctx.clone(), refuse).map(Some)
    }

    fn prototype(ctx: &Ctx<'js>) -> Result<Option<Object<'js>>> {
        let prototype = Object::new(ctx.clone())?;
        let kind = |this: ThisKey<'js>| kind_name(this.borrow().0.material.kind());
        let extractable = |this: ThisKey<'js>| this.borrow().0.extractable;
        prototype.prop("type", Accessor::from(kind).enumerable().configurable())?;
        prototype.prop("extractable", Accessor::from(extractable).enumerable().configurable())?;
        prototype.prop("algorithm", Accessor::from(algorithm).enumerable().configurable())?;
        prototype.prop("usages", Accessor::from(usages).enumerable().configurable())?;
        prototype.prop(PredefinedAtom::SymbolToStringTag, Property::from("CryptoKey").configurable())?;
        Ok(Some(prototype))
    }
}

/// The key's algorithm. Once read, it stays the same object, as the specification wants it.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn algorithm<'js>(ctx: Ctx<'js>, this: ThisKey<'js>) -> Result<Object<'js>> {
    let key = Arc::clone(&this.borrow().0);
    let object = Object::new(ctx.clone())?;
    object.set("name", key.algorithm.name.text())?;
    match &key.algorithm.details {
        Details::None => {}
        Details::Aes { bits } => object.set("length", *bits)?,
        Details::Hmac { hash, bits } => {
            object.set("length", *bits)?;
            object.set("hash", named(&ctx, hash.name())?)?;
        }
        Details::Rsa { hash, bits, exponent } => {
            object.set("modulusLength", *bits)?;
            object.set("publicExponent", TypedArray::<u8>::new_copy(ctx.clone(), exponent)?)?;
            object.set("hash", named(&ctx, hash.name())?)?;
        }
        Details::Curve(curve) => object.set("namedCurve", curve.name())?,
    }
    this.prop("algorithm", Property::from(object.clone()))?;
    Ok(object)
}

fn named<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("name", name)?;
    Ok(object)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn usages<'js>(this: ThisKey<'js>) -> Result<Value<'js>> {
    let names = this.borrow().0.usages.names();
    let list = rquickjs::Array::new(this.ctx().clone())?;
    for (at, name) in names.into_iter().enumerate() {
        list.set(at, name)?;
    }
    this.prop("usages", Property::from(list.clone()))?;
    Ok(list.into_value())
}
