//! The global `crypto`: random values and UUIDs of Web Crypto.
//!
//! Source: <https://www.w3.org/TR/WebCryptoAPI/>. Every error is a [`failure::Failure`] with the name that
//! the specification gives it.

mod failure;
mod random;

use rquickjs::function::Opt;
use rquickjs::{Atom, Ctx, Function, Result, Value};

use crate::lazy::{self, Lazy, Source};

/// Members of `crypto`.
const MEMBERS: [&str; 2] = ["getRandomValues", "randomUUID"];

/// The object `crypto`.
struct Crypto;

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
            _ => Function::new(ctx.clone(), |ctx: Ctx<'js>| random::uuid(&ctx)),
        };
        Ok(function?.with_name(name)?.into_value())
    }
}

/// Makes the object.
pub(crate) fn object<'js>(ctx: &Ctx<'js>) -> Result<Value<'js>> {
    Ok(Lazy::object(ctx, Crypto)?.into_value())
}
