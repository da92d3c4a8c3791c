//! The built-in modules: `k6`, `k6/http`, `k6/metrics`, `k6/execution`.
//!
//! A module registers only: its `build` makes one object of host functions, which becomes the default export,
//! and whose properties become the named ones. The work is done by plain Rust elsewhere.

mod execution;
pub(crate) mod http;
mod k6;
mod metrics;

use std::rc::Rc;

use rquickjs::module::{Declarations, Declared, Exports, ModuleDef};
use rquickjs::{Ctx, JsLifetime, Module, Object, Result};

use crate::exception::throw_host;
use crate::state::VuState;

/// The VU's state where module code can find it.
#[derive(JsLifetime)]
pub(crate) struct StateHandle(#[qjs(skip)] pub(crate) Rc<VuState>);

fn state_of(ctx: &Ctx<'_>) -> Rc<VuState> {
    let handle = ctx.userdata::<StateHandle>().expect("stored when the runtime was made");
    Rc::clone(&handle.0)
}

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
                    export_all(exports, $module::build(ctx, &state_of(ctx))?, $module::EXPORTS)
                }
            }
        )+
    };
}

modules! {
    K6 = "k6" from k6;
    K6Http = "k6/http" from http;
    K6Metrics = "k6/metrics" from metrics;
    K6Execution = "k6/execution" from execution;
}

fn export_all<'js>(exports: &Exports<'js>, object: Object<'js>, names: &[&str]) -> Result<()> {
    for name in names {
        exports.export(*name, object.get::<_, rquickjs::Value<'js>>(*name)?)?;
    }
    exports.export("default", object)?;
    Ok(())
}

/// What a function that k6 has and plimsoll does not have yet answers.
fn not_yet<T>(ctx: &Ctx<'_>, what: &str) -> Result<T> {
    Err(throw_host(ctx, &format!("{what} is not supported yet")))
}
