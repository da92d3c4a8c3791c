//! Meters and progress bars.

use rquickjs::{Result, Value};

use crate::modules::html::member::{Call, number};

fn attribute(call: &Call<'_, '_>, name: &str) -> Option<f64> {
    call.document().attribute(call.node(), name).and_then(number)
}

fn bounds(call: &Call<'_, '_>) -> (f64, f64) {
    (attribute(call, "min").unwrap_or(0.0), attribute(call, "max").unwrap_or(1.0))
}

pub(in crate::modules::html) fn high<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(attribute(call, "high").unwrap_or(bounds(call).1))
}

pub(in crate::modules::html) fn low<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(attribute(call, "low").unwrap_or(bounds(call).0))
}

pub(in crate::modules::html) fn optimum<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    let (min, max) = bounds(call);
    call.js(attribute(call, "optimum").unwrap_or(f64::midpoint(min, max)))
}

fn max_of(call: &Call<'_, '_>) -> f64 {
    attribute(call, "max").filter(|max| *max > 0.0).unwrap_or(1.0)
}

fn value_of(call: &Call<'_, '_>) -> Option<f64> {
    attribute(call, "value").map(|value| value.clamp(0.0, max_of(call)))
}

pub(in crate::modules::html) fn progress_max<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(max_of(call))
}

pub(in crate::modules::html) fn progress_value<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(value_of(call).unwrap_or(0.0))
}

/// The share that is done; -1 when nobody knows.
pub(in crate::modules::html) fn progress_position<'js>(call: &Call<'_, 'js>) -> Result<Value<'js>> {
    call.js(value_of(call).map_or(-1.0, |value| value / max_of(call)))
}
