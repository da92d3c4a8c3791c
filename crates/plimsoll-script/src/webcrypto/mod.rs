//! The global `crypto`: Web Crypto.
//!
//! Source: <https://www.w3.org/TR/WebCryptoAPI/>, and k6's page,
//! <https://grafana.com/docs/k6/latest/javascript-api/crypto/>. Start from [`subtle`], whose functions read
//! what a script passes ([`params`]) and make a [`job`] of it. The work is done by plain Rust that knows no
//! JavaScript: [`making`], [`reading`] and [`writing`] of keys, [`operations`] with them. Every error is a
//! [`failure::Failure`] with the name that the specification gives it.

mod aes;
mod algorithm;
mod curve;
mod curve25519;
mod der;
mod derivation;
pub(crate) mod failure;
mod gcm;
mod hash;
mod job;
mod jwk;
mod key;
mod making;
mod operations;
mod params;
mod random;
mod reading;
mod rsa;
mod subtle;
#[cfg(test)]
mod vectors;
mod writing;

use std::rc::Rc;

use rquickjs::function::Opt;
use rquickjs::{Atom, Class, Ctx, Function, IntoJs as _, Result, Value};

use self::key::CryptoKey;
use crate::lazy::{self, Lazy, Source};
use crate::state::VuState;

/// Members of `crypto`.
const MEMBERS: [&str; 4] = ["getRandomValues", "randomUUID", "subtle", "CryptoKey"];

/// The object `crypto`.
struct Crypto(Rc<VuState>);

impl Source for Crypto {
    const CLASS: &'static str = "Crypto";

    fn names(&self) -> Vec<&str> {
        MEMBERS.to_vec()
    }

    fn find(&self, name: &Atom<'_>) -> Option<usize> {
        let name = lazy::text(name)?;
        MEMBERS.iter().position(|known| *known == name)
    }

    fn make<'js>(&self, ctx: &Ctx<'js>, property: usize) -> Result<Value<'js>> {
        let name = MEMBERS[property];
        let function = match name {
            "getRandomValues" => {
                Function::new(ctx.clone(), |ctx, view: Opt<Value<'js>>| random::fill(&ctx, view.0))
            }
            "randomUUID" => Function::new(ctx.clone(), |ctx: Ctx<'js>| random::uuid(&ctx)),
            "subtle" => return subtle::object(ctx, &self.0),
            _ => return key_constructor(ctx),
        };
        Ok(function?.with_name(name)?.into_value())
    }
}

/// Makes the object.
pub(crate) fn object<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>) -> Result<Value<'js>> {
    Ok(Lazy::object(ctx, Crypto(Rc::clone(state)))?.into_value())
}

/// `CryptoKey`, which is there for `instanceof`.
pub(crate) fn key_constructor<'js>(ctx: &Ctx<'js>) -> Result<Value<'js>> {
    Class::<CryptoKey>::create_constructor(ctx)?.into_js(ctx)
}
