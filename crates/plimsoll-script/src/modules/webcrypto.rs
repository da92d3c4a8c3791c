//! `k6/experimental/webcrypto`: the global `crypto` under the name that it had in k6 1.x.
//!
//! Source: <https://grafana.com/docs/k6/v1.0.x/javascript-api/k6-experimental/webcrypto/>.

use std::rc::Rc;

use rquickjs::{Ctx, Result, Value};

use crate::state::VuState;

pub(crate) const EXPORTS: &[&str] = &["crypto"];

/// Makes the export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, _: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    ctx.globals().get(name)
}
