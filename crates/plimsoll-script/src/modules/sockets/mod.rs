//! What the modules for sockets have in common: `k6/ws`, `k6/websockets`, `plimsoll/socketio`.
//!
//! | module | subject |
//! |---|---|
//! | `params` | headers, tags, compression and cookies of a connection |
//! | `session` | its metrics |
//! | `listeners` | the functions that a script has registered |

mod listeners;
mod params;
mod session;

use rquickjs::{Ctx, IntoJs, Result, Value};

pub(crate) use self::listeners::Listeners;
pub(crate) use self::params::{Params, headers, jar, with_cookies};
pub(crate) use self::session::{Pings, Session};
use crate::exception::throw_host;
use crate::quickjs;
use crate::state::{Phase, VuState};

/// What k6 says of an error that is nothing but a code.
pub(crate) fn close_text(code: u16, reason: &str) -> String {
    let meaning = match code {
        1000 => " (normal)",
        1001 => " (going away)",
        1002 => " (protocol error)",
        1003 => " (unsupported data)",
        1005 => " (no status)",
        1006 => " (abnormal closure)",
        1007 => " (invalid payload data)",
        1008 => " (policy violation)",
        1009 => " (message too big)",
        1010 => " (mandatory extension missing)",
        1011 => " (internal server error)",
        1015 => " (TLS handshake error)",
        _ => "",
    };
    let separator = if reason.is_empty() { "" } else { ": " };
    format!("websocket: close {code}{meaning}{separator}{reason}")
}

/// Refuses connections while the script is loaded.
pub(crate) fn refuse_in_init(ctx: &Ctx<'_>, state: &VuState, what: &str) -> Result<()> {
    if state.phase.get() == Phase::Init {
        return Err(throw_host(ctx, &format!("using {what} in the init context is not supported")));
    }
    Ok(())
}

/// Bytes as an `ArrayBuffer`.
pub(crate) fn buffer<'js>(ctx: &Ctx<'js>, state: &VuState, bytes: &[u8]) -> Result<Value<'js>> {
    quickjs::add_buffers(ctx, state.worker.script.modules.reach)?;
    rquickjs::ArrayBuffer::new_copy(ctx.clone(), bytes)?.into_js(ctx)
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_told_in_words() {
        assert_eq!(super::close_text(1000, ""), "websocket: close 1000 (normal)");
        assert_eq!(super::close_text(1011, "oops"), "websocket: close 1011 (internal server error): oops");
        assert_eq!(super::close_text(4001, ""), "websocket: close 4001");
    }
}
