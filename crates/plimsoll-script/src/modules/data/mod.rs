//! `k6/data`: `SharedArray`.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-data/>. The elements are kept once for the
//! process ([`Rows`]); a VU has a handle, and a copy of what it reads for as long as it holds it. The
//! function runs when its name is met first, which is in the init context that runs before any VU's.

mod rows;
mod shared_array;

use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use rquickjs::function::Opt;
use rquickjs::{Ctx, Function, Result, Value};
use rustc_hash::FxHashMap;

pub(crate) use rows::{Rows, RowsBuilder, freeze};
pub(crate) use shared_array::{over, rows_of};

use super::constructor;
use super::dealing::Decks;
use crate::exception::throw_host;
use crate::fiber;
use crate::state::{Phase, VuState};

pub(crate) const EXPORTS: &[&str] = &["SharedArray"];

/// Rows by what identifies them: the name of an array, a file and how it is read.
#[derive(Default)]
pub(crate) struct RowsByName(Mutex<FxHashMap<String, Arc<Rows>>>);

impl RowsByName {
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Rows>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Keeps the rows, unless others of that name were faster: all VUs see the same ones.
    pub(crate) fn keep(&self, name: String, rows: Arc<Rows>) -> Arc<Rows> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(name).or_insert(rows))
    }
}

/// What all VUs of the process have of data.
#[derive(Default)]
pub(crate) struct Shared {
    /// Of each `SharedArray`, by its name.
    pub(crate) arrays: RowsByName,
    /// Of files, by their path and how they are read.
    pub(crate) files: RowsByName,
    pub(crate) decks: Decks,
}

/// Makes the export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let vu = Rc::clone(state);
    let construct = move |ctx, name: Opt<Value<'js>>, fill: Opt<Value<'js>>| {
        construct(&ctx, &vu, name.0.as_ref(), fill.0)
    };
    Ok(constructor(Function::new(ctx.clone(), construct)?, name, None)?.into_value())
}

fn construct<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    name: Option<&Value<'js>>,
    fill: Option<Value<'js>>,
) -> Result<Value<'js>> {
    if state.phase.get() != Phase::Init {
        return Err(throw_host(ctx, "new SharedArray must be called in the init context"));
    }
    let name = match name.and_then(Value::as_string) {
        Some(name) => name.to_string()?,
        None => String::new(),
    };
    if name.is_empty() {
        return Err(throw_host(ctx, "empty name provided to SharedArray's constructor"));
    }
    let Some(fill) = fill.and_then(Value::into_function) else {
        let message = "a function is expected as the second argument of SharedArray's constructor";
        return Err(throw_host(ctx, message));
    };
    let arrays = &state.worker.script.shared.arrays;
    let rows = match arrays.get(&name) {
        Some(rows) => rows,
        None => arrays.keep(name, state.files_once(|| gather(ctx, &fill))?),
    };
    over(ctx, rows)
}

/// Calls the function and stores what it returns.
fn gather<'js>(ctx: &Ctx<'js>, fill: &Function<'js>) -> Result<Arc<Rows>> {
    let returned = fill.call::<_, Value<'js>>(())?;
    if returned.is_promise() {
        let message = "SharedArray constructor does not support async functions as second argument";
        return Err(throw_host(ctx, message));
    }
    if let Some(rows) = rows_of(&returned) {
        return Ok(rows);
    }
    let Some(elements) = returned.as_array() else {
        return Err(throw_host(ctx, "only arrays can be made into SharedArray"));
    };
    let mut rows = RowsBuilder::default();
    for element in elements.iter::<Value<'js>>() {
        let json = ctx.json_stringify(element?)?.map(|text| text.to_string()).transpose()?;
        rows.push(&json.unwrap_or_default()).map_err(|error| throw_host(ctx, &error.to_string()))?;
        fiber::preempt_if_due();
    }
    Ok(Arc::new(rows.finish()))
}
