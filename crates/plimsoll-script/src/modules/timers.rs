//! `k6/timers`: the four timers that are globals too.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-timers/>.

use std::rc::Rc;

use rquickjs::{Ctx, Object, Result, Value};

use crate::event_loop;
use crate::state::VuState;

pub(crate) const EXPORTS: &[&str] = &["setTimeout", "clearTimeout", "setInterval", "clearInterval"];

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let timers = Object::new(ctx.clone())?;
    event_loop::install(ctx, state, &timers)?;
    timers.get(name)
}
