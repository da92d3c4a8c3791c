//! The built-in modules, k6's and our own.
//!
//! A module lists its exports and makes each when it is first used: a VU that calls `http.get` pays for that
//! function and not for twenty. The default export is a [`Lazy`] object of all of them. The work is done by
//! plain Rust elsewhere.

mod crypto;
mod csv;
pub(crate) mod data;
pub(crate) mod dealing;
mod encoding;
mod execution;
mod fs;
pub(crate) mod html;
pub(crate) mod http;
mod k6;
mod metrics;
mod redis;
mod secrets;
mod socketio;
mod sockets;
mod sql;
mod sse;
pub(crate) mod streams;
mod timers;
mod webcrypto;
mod websockets;
mod ws;
mod x509;

use std::rc::Rc;

use rquickjs::module::{Declarations, Declared, Exports, ModuleDef};
use rquickjs::object::Property;
use rquickjs::{Atom, Ctx, Error, Function, JsLifetime, Module, Object, Promise, Result, Value};

use self::sql::driver::{mysql, postgres, sqlite3};
use crate::lazy::{self, Lazy, Source};
use crate::state::VuState;

/// The VU's state where module code can find it.
#[derive(JsLifetime)]
pub(crate) struct StateHandle(#[qjs(skip)] pub(crate) Rc<VuState>);

pub(crate) fn state_of(ctx: &Ctx<'_>) -> Rc<VuState> {
    let handle = ctx.userdata::<StateHandle>().expect("stored when the runtime was made");
    Rc::clone(&handle.0)
}

/// A function that host code constructs objects with, as scripts expect of a class: with a name and a
/// prototype, for `instanceof`.
pub(crate) fn constructor<'js>(
    function: Function<'js>,
    name: &str,
    prototype: Option<Object<'js>>,
) -> Result<Function<'js>> {
    let function = function.with_name(name)?.with_constructor(true);
    let prototype = prototype.map_or_else(|| Object::new(function.ctx().clone()), Ok)?;
    prototype.prop("constructor", Property::from(function.clone()).writable().configurable())?;
    function.prop("prototype", prototype)?;
    Ok(function)
}

/// Makes one export of a module.
type Make = for<'js> fn(&Ctx<'js>, &Rc<VuState>, &str) -> Result<Value<'js>>;

macro_rules! modules {
    ($($type:ident = $name:literal from $module:ident;)+) => {
        /// Specifiers of the built-in modules.
        pub(crate) const NAMES: &[&str] = &[$($name),+];

        /// What a built-in module exports, `default` included; nothing for an unknown one.
        pub(crate) fn exports(name: &str) -> Vec<&'static str> {
            let named: &[&str] = match name {
                $($name => $module::EXPORTS,)+
                _ => return Vec::new(),
            };
            named.iter().copied().chain(["default"]).collect()
        }

        /// The default export of a built-in module.
        pub(crate) fn default_export<'js>(
            ctx: &Ctx<'js>,
            state: &Rc<VuState>,
            name: &str,
        ) -> Result<Value<'js>> {
            let (names, make): (_, Make) = match name {
                $($name => ($module::EXPORTS, $module::make),)+
                _ => return Err(Error::new_loading(name)),
            };
            default_of(ctx, state, names, make)
        }

        /// Declares a built-in module in a context; `None` for an unknown name.
        pub(crate) fn declare<'js>(ctx: &Ctx<'js>, name: &str) -> Option<Result<Module<'js, Declared>>> {
            match name {
                $($name => Some(Module::declare_def::<$type, _>(ctx.clone(), name)),)+
                _ => None,
            }
        }

        $(
            struct $type;

            impl ModuleDef for $type {
                fn declare(declarations: &Declarations<'_>) -> Result<()> {
                    for name in exports($name) {
                        declarations.declare(name)?;
                    }
                    Ok(())
                }

                fn evaluate<'js>(ctx: &Ctx<'js>, exports: &Exports<'js>) -> Result<()> {
                    export_taken(ctx, exports, $name, $module::EXPORTS, $module::make)
                }
            }
        )+
    };
}

modules! {
    K6 = "k6" from k6;
    K6Html = "k6/html" from html;
    K6Http = "k6/http" from http;
    K6Data = "k6/data" from data;
    K6Metrics = "k6/metrics" from metrics;
    K6Execution = "k6/execution" from execution;
    K6Encoding = "k6/encoding" from encoding;
    K6Crypto = "k6/crypto" from crypto;
    K6CryptoX509 = "k6/crypto/x509" from x509;
    K6Timers = "k6/timers" from timers;
    K6Secrets = "k6/secrets" from secrets;
    K6Fs = "k6/experimental/fs" from fs;
    K6Csv = "k6/experimental/csv" from csv;
    K6WebCrypto = "k6/experimental/webcrypto" from webcrypto;
    K6Redis = "k6/experimental/redis" from redis;
    K6XRedis = "k6/x/redis" from redis;
    K6XSql = "k6/x/sql" from sql;
    K6XSqlMySql = "k6/x/sql/driver/mysql" from mysql;
    K6XSqlPostgres = "k6/x/sql/driver/postgres" from postgres;
    K6XSqlSqlite = "k6/x/sql/driver/sqlite3" from sqlite3;
    K6Streams = "k6/experimental/streams" from streams;
    K6Ws = "k6/ws" from ws;
    K6WebSockets = "k6/websockets" from websockets;
    K6ExperimentalWebSockets = "k6/experimental/websockets" from websockets;
    PlimsollSse = "plimsoll/sse" from sse;
    PlimsollSocketIo = "plimsoll/socketio" from socketio;
    PlimsollData = "plimsoll/data" from dealing;
}

/// A module's default export.
struct Members {
    state: Rc<VuState>,
    names: &'static [&'static str],
    make: Make,
}

impl Source for Members {
    const CLASS: &'static str = "Module";

    fn names(&self) -> Vec<&str> {
        self.names.to_vec()
    }

    fn find(&self, name: &Atom<'_>) -> Option<usize> {
        let name = lazy::text(name)?;
        self.names.iter().position(|known| *known == name)
    }

    fn make<'js>(&self, ctx: &Ctx<'js>, property: usize) -> Result<Value<'js>> {
        (self.make)(ctx, &self.state, self.names[property])
    }
}

/// Exports the members that the script imports by name, and the object of all of them.
fn export_taken<'js>(
    ctx: &Ctx<'js>,
    exports: &Exports<'js>,
    module: &str,
    names: &'static [&'static str],
    make: Make,
) -> Result<()> {
    let state = state_of(ctx);
    let default = default_of(ctx, &state, names, make)?;
    for name in names.iter().filter(|name| state.worker.script.modules.takes(module, name)) {
        let members = default.as_object().expect("a module with names has an object of them");
        exports.export(*name, members.get::<_, Value<'js>>(*name)?)?;
    }
    exports.export("default", default)?;
    Ok(())
}

/// The object of a module's members; what a module without any has made for it.
fn default_of<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    names: &'static [&'static str],
    make: Make,
) -> Result<Value<'js>> {
    if names.is_empty() {
        return make(ctx, state, "default");
    }
    let members = Members { state: Rc::clone(state), names, make };
    Ok(Lazy::object(ctx, members)?.into_inner().into_value())
}

/// A promise that has its result already: a value, or the pending exception.
pub(crate) fn settled<'js>(ctx: &Ctx<'js>, result: Result<Value<'js>>) -> Result<Promise<'js>> {
    let (promise, resolve, reject) = ctx.promise()?;
    match result {
        Ok(value) => resolve.call::<_, ()>((value,))?,
        Err(Error::Exception) => reject.call::<_, ()>((ctx.catch(),))?,
        Err(error) => return Err(error),
    }
    Ok(promise)
}
