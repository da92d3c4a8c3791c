//! `k6/timers`: the four functions that are globals too.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-timers/>. The timers are the event loop's.

pub(crate) use crate::event_loop::{FUNCTIONS as EXPORTS, make};
