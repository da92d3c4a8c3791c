//! `plimsoll/sse`: server-sent events, beyond k6.
//!
//! `EventSource` is that of browsers, without reconnecting, and with headers, methods and bodies. Events come
//! in the VU's event loop, which goes on as long as a stream is open.
//!
//! | module | subject |
//! |---|---|
//! | `class` | [`class::EventSource`], what scripts see |
//! | `link` | the stream behind it: its states, its metrics |
//! | `opening` | the way to it: cookies, redirects |

mod class;
mod link;
mod opening;

use std::rc::Rc;

use plimsoll_metrics::{MetricId, MetricKind, ValueKind};
use rquickjs::object::Property;
use rquickjs::{Class, Ctx, Result, Value};

use crate::exception::throw_host;
use crate::state::VuState;

pub(crate) const EXPORTS: &[&str] = &["EventSource"];

/// The metrics of all streams.
#[derive(Debug, Clone, Copy)]
struct Metrics {
    sessions: MetricId,
    connecting: MetricId,
    first_event: MetricId,
    event_gap: MetricId,
    events_received: MetricId,
}

impl Metrics {
    /// Declares them, or finds them again.
    fn declare(ctx: &Ctx<'_>, state: &VuState) -> Result<Self> {
        let declare = |name, kind, contains| {
            let declared = state.worker.script.registry.declare(name, kind, contains);
            declared.map_err(|error| throw_host(ctx, &error.to_string()))
        };
        Ok(Metrics {
            sessions: declare("sse_sessions", MetricKind::Counter, ValueKind::Default)?,
            connecting: declare("sse_connecting", MetricKind::Trend, ValueKind::Time)?,
            first_event: declare("sse_first_event", MetricKind::Trend, ValueKind::Time)?,
            event_gap: declare("sse_event_gap", MetricKind::Trend, ValueKind::Time)?,
            events_received: declare("sse_events_received", MetricKind::Counter, ValueKind::Default)?,
        })
    }
}

/// Makes the export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, _: &str) -> Result<Value<'js>> {
    Metrics::declare(ctx, state)?;
    let class = Class::<class::EventSource<'js>>::create_constructor(ctx)?.expect("it has a constructor");
    let prototype = Class::<class::EventSource<'js>>::prototype(ctx)?.expect("it has a prototype");
    for (number, name) in ["CONNECTING", "OPEN", "CLOSED"].iter().enumerate() {
        class.prop(*name, Property::from(number as i32).enumerable())?;
        prototype.prop(*name, Property::from(number as i32).enumerable())?;
    }
    Ok(class.into_value())
}
