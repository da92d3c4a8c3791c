//! `k6/websockets`, also named `k6/experimental/websockets`: WebSockets as browsers have them.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-websockets/>. The events of a connection
//! come in the VU's event loop, which goes on as long as the connection is open.
//!
//! | module | subject |
//! |---|---|
//! | `class` | [`class::WebSocket`], what scripts see |
//! | `link` | the connection behind it: its states, its metrics |

mod class;
mod link;

use std::rc::Rc;

use rquickjs::object::Property;
use rquickjs::{Class, Ctx, Result, Value};

use crate::state::VuState;
use crate::web;

pub(crate) const EXPORTS: &[&str] = &["WebSocket", "Blob"];

/// `readyState`, in its order.
const STATES: [&str; 4] = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, _: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    if name == "Blob" {
        return web::blob_class(ctx);
    }
    let class = Class::<class::WebSocket<'js>>::create_constructor(ctx)?.expect("it has a constructor");
    let prototype = Class::<class::WebSocket<'js>>::prototype(ctx)?.expect("it has a prototype");
    for (number, name) in STATES.iter().enumerate() {
        class.prop(*name, Property::from(number as i32).enumerable())?;
        prototype.prop(*name, Property::from(number as i32).enumerable())?;
    }
    for event in class::EVENTS {
        let nobody = Property::from(Value::new_null(ctx.clone())).writable().enumerable();
        prototype.prop(format!("on{event}"), nobody)?;
    }
    Ok(class.into_value())
}
