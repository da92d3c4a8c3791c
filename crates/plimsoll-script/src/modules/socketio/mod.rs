//! `plimsoll/socketio`: a client of Socket.IO, beyond k6.
//!
//! `io(url, options)` and the socket that it gives are those of the official client, `socket.io-client`, as
//! far as they make sense in a load test; `docs/src/socketio.md` says what differs. Events come in the VU's
//! event loop, which goes on as long as a socket is connected or about to be.
//!
//! | module | subject |
//! |---|---|
//! | `options` | the arguments of `io` |
//! | `class` | [`class::Socket`], what scripts see |
//! | `packets` | what becomes of each packet of the server |
//! | `acknowledgements` | who waits for an answer |
//! | `link` | the connection behind it: its states |
//! | `payload` | values to JSON and attachments, and back |

mod acknowledgements;
mod class;
mod link;
mod options;
mod packets;
mod payload;

use std::rc::Rc;

use plimsoll_metrics::{MetricId, MetricKind, ValueKind};
use rquickjs::function::Opt;
use rquickjs::{Class, Ctx, Function, Result, Value};

use self::options::Options;
use super::sockets::refuse_in_init;
use crate::exception::throw_host;
use crate::state::VuState;

pub(crate) const EXPORTS: &[&str] = &["io"];

/// The metrics of all sockets.
#[derive(Debug, Clone, Copy)]
struct Metrics {
    sessions: MetricId,
    connecting: MetricId,
    ack_duration: MetricId,
    events_received: MetricId,
}

impl Metrics {
    fn declare(ctx: &Ctx<'_>, state: &VuState) -> Result<Self> {
        let declare = |name, kind, contains| {
            let declared = state.worker.script.registry.declare(name, kind, contains);
            declared.map_err(|error| throw_host(ctx, &error.to_string()))
        };
        Ok(Metrics {
            sessions: declare("socketio_sessions", MetricKind::Counter, ValueKind::Default)?,
            connecting: declare("socketio_connecting", MetricKind::Trend, ValueKind::Time)?,
            ack_duration: declare("socketio_ack_duration", MetricKind::Trend, ValueKind::Time)?,
            events_received: declare("socketio_events_received", MetricKind::Counter, ValueKind::Default)?,
        })
    }
}

/// Makes the export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let metrics = Metrics::declare(ctx, state)?;
    let state = Rc::clone(state);
    let io = move |ctx: Ctx<'js>, url: Opt<Value<'js>>, options: Opt<Value<'js>>| {
        refuse_in_init(&ctx, &state, "Socket.IO")?;
        let options = Options::read(&ctx, &state, url.0, options.0)?;
        open(&ctx, &state, metrics, options)
    };
    Ok(Function::new(ctx.clone(), io)?.with_name(name)?.into_value())
}

fn open<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    metrics: Metrics,
    options: Options<'js>,
) -> Result<Class<'js, class::Socket<'js>>> {
    let Options { settings, auth, connects } = options;
    let link = Rc::new(link::Link::new(state, metrics, settings));
    let socket = Class::instance(ctx.clone(), class::Socket::new(link, auth))?;
    if connects {
        class::Socket::connect_now(ctx, &socket)?;
    }
    Ok(socket)
}
