//! `k6/metrics`: Counter, Gauge, Rate, Trend.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-metrics/>.

use std::rc::Rc;

use plimsoll_metrics::{MetricId, MetricKind, ValueKind};
use rquickjs::function::{Opt, This};
use rquickjs::{Coerced, Ctx, Error, Function, Object, Result, Value};

use super::constructor;
use crate::exception::throw_host;
use crate::state::{Phase, VuState};
use crate::tags;

pub(crate) const EXPORTS: &[&str] = &["Counter", "Gauge", "Rate", "Trend"];

const KINDS: [(&str, MetricKind); 4] = [
    ("Counter", MetricKind::Counter),
    ("Gauge", MetricKind::Gauge),
    ("Rate", MetricKind::Rate),
    ("Trend", MetricKind::Trend),
];

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let kind = KINDS.iter().find(|(known, _)| *known == name).map_or(MetricKind::Trend, |(_, kind)| *kind);
    let vu = Rc::clone(state);
    let construct =
        move |ctx: Ctx<'js>, class: This<Value<'js>>, name: Opt<Value<'js>>, is_time: Opt<Coerced<bool>>| {
            let metric = declare(&ctx, &vu, kind, name.0, is_time.0.is_some_and(|flag| flag.0))?;
            // With `new` it is the class, with a prototype; k6 lets scripts leave `new` out.
            if let Some(class) = class.0.as_function() {
                metric.set_prototype(class.get::<_, Option<Object<'js>>>("prototype")?.as_ref())?;
            }
            Ok::<_, Error>(metric)
        };
    Ok(constructor(Function::new(ctx.clone(), construct)?, name, None)?.into_value())
}

fn declare<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    kind: MetricKind,
    name: Option<Value<'js>>,
    is_time: bool,
) -> Result<Object<'js>> {
    if state.phase.get() != Phase::Init {
        return Err(throw_host(
            ctx,
            "metrics must be declared in the init context, outside of the exported functions",
        ));
    }
    let Some(name) = name.and_then(Value::into_string) else {
        return Err(throw_host(ctx, "a metric needs a name: a string of letters, digits and underscores"));
    };
    let name = name.to_string()?;
    let contains = if is_time { ValueKind::Time } else { ValueKind::Default };
    let id = state.worker.script.registry.declare(&name, kind, contains);
    let id = id.map_err(|error| throw_host(ctx, &error.to_string()))?;
    let metric = Object::new(ctx.clone())?;
    metric.set("name", name.as_str())?;
    let vu = Rc::clone(state);
    let add = move |ctx: Ctx<'js>, value: Opt<Value<'js>>, tags: Opt<Value<'js>>| {
        add(&ctx, &vu, id, &name, value.0, tags.0)
    };
    metric.set("add", Function::new(ctx.clone(), add)?.with_name("add")?)?;
    Ok(metric)
}

/// Records a value; what is not a number is refused with a warning (an exception under the option `throw`).
fn add<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    id: MetricId,
    name: &str,
    value: Option<Value<'js>>,
    tags: Option<Value<'js>>,
) -> Result<bool> {
    if state.phase.get() == Phase::Init {
        return Err(throw_host(ctx, &format!("{name}.add() is not available in the init context")));
    }
    let number = match &value {
        Some(value) if !value.is_null() && !value.is_undefined() => value.get::<Coerced<f64>>()?.0,
        _ => f64::NAN,
    };
    if number.is_nan() {
        let given = value.map_or_else(|| "nothing".to_owned(), |value| crate::console::format_value(&value));
        let message = format!("{given} is not a number and was not added to the metric '{name}'");
        if state.worker.script.throw {
            return Err(throw_host(ctx, &message));
        }
        tracing::warn!(target: "plimsoll", "{message}");
        return Ok(false);
    }
    let tags = tags::from_value(ctx, state, tags)?;
    state.record(id, number, &tags);
    Ok(true)
}
