//! `k6/experimental/streams`: readable and writable streams.
//!
//! Sources: <https://grafana.com/docs/k6/latest/javascript-api/k6-experimental/streams/> and
//! <https://streams.spec.whatwg.org/>. Streams are promises from end to end, and so the classes are written
//! in JavaScript (`streams.js`). They are compiled when a script is loaded that can reach them; a VU takes
//! them in when it uses the first one.

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs::function::Constructor;
use rquickjs::{Ctx, Object, Persistent, Result, Value};

use super::state_of;
use crate::quickjs::{self, Bytecode};
use crate::state::VuState;

pub(crate) const EXPORTS: &[&str] = &[
    "ReadableStream",
    "ReadableStreamDefaultReader",
    "CountQueuingStrategy",
    "WritableStream",
    "WritableStreamDefaultWriter",
];

/// What stack traces call the module; they leave out what is native.
const NAME: &str = "native/streams";

/// Compiles the classes.
pub(crate) fn compile(ctx: &Ctx<'_>) -> Result<Bytecode> {
    Ok(quickjs::compile(ctx, NAME, include_str!("streams.js"))?.1)
}

/// The classes in one VU.
#[derive(Default)]
pub(crate) struct Loaded(RefCell<Option<Persistent<Object<'static>>>>);

impl Loaded {
    /// Lets go of them, before the runtime goes.
    pub(crate) fn forget(&self) {
        self.0.borrow_mut().take();
    }

    fn namespace<'js>(&self, ctx: &Ctx<'js>, state: &VuState) -> Result<Object<'js>> {
        if let Some(loaded) = &*self.0.borrow() {
            return loaded.clone().restore(ctx);
        }
        let bytecode = state.worker.script.modules.streams.as_ref();
        let bytecode = bytecode.expect("whoever leads to streams is in the table of words");
        let (module, _) = quickjs::load(ctx, bytecode)?.eval()?;
        let namespace = module.namespace()?;
        *self.0.borrow_mut() = Some(Persistent::save(ctx, namespace.clone()));
        Ok(namespace)
    }
}

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    state.streams.namespace(ctx, state)?.get(name)
}

/// A `ReadableStream` over a source.
pub(crate) fn readable<'js>(ctx: &Ctx<'js>, source: Object<'js>) -> Result<Value<'js>> {
    let state = state_of(ctx);
    let class: Constructor<'js> = state.streams.namespace(ctx, &state)?.get("ReadableStream")?;
    class.construct((
        source,
        Object::new(ctx.clone()).and_then(|strategy| {
            strategy.set("highWaterMark", 0)?;
            Ok(strategy)
        })?,
    ))
}
