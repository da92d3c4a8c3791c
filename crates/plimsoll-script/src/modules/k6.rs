//! `k6`: check, group, sleep, fail, randomSeed.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6/>.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use plimsoll_metrics::{Symbol, TagKey, builtin, tag};
use plimsoll_plan::options::tags::SystemTag;
use rquickjs::function::Opt;
use rquickjs::object::Filter;
use rquickjs::{Coerced, Ctx, Function, Object, Result, Value};

use crate::exception::{throw_host, throw_type};
use crate::state::{Interrupted, Phase, VuState};
use crate::{fiber, tags};

pub(crate) const EXPORTS: &[&str] = &["check", "group", "sleep", "fail", "randomSeed"];

/// A sleep at least this long is worth giving the stack's idle pages back to the system first.
const RELEASE_STACK_FROM: Duration = Duration::from_millis(100);
/// Longest sleep, about 31 years: what is longer is a mistake, but a harmless one.
const LONGEST_SLEEP: Duration = Duration::from_secs(1_000_000_000);

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let vu = Rc::clone(state);
    let function = match name {
        "check" => {
            let call =
                move |ctx: Ctx<'js>, value: Opt<Value<'js>>, sets: Opt<Value<'js>>, tags: Opt<Value<'js>>| {
                    let value = value.0.unwrap_or_else(|| Value::new_undefined(ctx.clone()));
                    check(&ctx, &vu, &value, sets.0, tags.0)
                };
            Function::new(ctx.clone(), call)
        }
        "group" => {
            let call = move |ctx: Ctx<'js>, name: Opt<Coerced<String>>, body: Opt<Value<'js>>| {
                let body = body.0.as_ref().and_then(Value::as_function);
                let (Some(name), Some(body)) = (name.0, body) else {
                    return throw_type(&ctx, "group() needs a name and a function");
                };
                group(&ctx, &vu, &name.0, body)
            };
            Function::new(ctx.clone(), call)
        }
        "sleep" => {
            let call =
                move |ctx, seconds: Opt<Coerced<f64>>| sleep(&ctx, &vu, seconds.0.map_or(0.0, |s| s.0));
            Function::new(ctx.clone(), call)
        }
        "fail" => Function::new(ctx.clone(), fail),
        _ => Function::new(ctx.clone(), random_seed),
    };
    Ok(function?.with_name(name)?.into_value())
}

/// Evaluates every check of the sets in key order and records one `checks` sample each. True if all passed.
fn check<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    value: &Value<'js>,
    sets: Option<Value<'js>>,
    tags: Option<Value<'js>>,
) -> Result<bool> {
    if state.phase.get() == Phase::Init {
        return Err(throw_host(
            ctx,
            "check() is not available in the init context; call it in default(), setup() or teardown()",
        ));
    }
    let Some(sets) = sets else {
        return Err(throw_host(ctx, "check() needs two arguments: the value and an object of named checks"));
    };
    let Some(sets) = sets.as_object() else {
        return throw_type(
            ctx,
            &format!("the checks must be an object of name: function pairs, not {}", sets.type_name()),
        );
    };
    let own = tags::from_value(ctx, state, tags)?;
    let mut all_passed = true;
    for entry in sets.own_props::<String, Value<'js>>(Filter::default()) {
        let (name, condition) = entry?;
        if name.contains("::") {
            return Err(throw_host(ctx, &format!("the check name {name:?} must not contain '::'")));
        }
        let outcome = evaluate(ctx, &name, &condition, value);
        // An interrupted check was not evaluated; one that threw failed.
        if outcome.is_ok() || !state.is_interrupted() {
            record_check(state, &name, matches!(outcome, Ok(true)), &own);
        }
        all_passed &= outcome?;
    }
    Ok(all_passed)
}

fn evaluate<'js>(ctx: &Ctx<'js>, name: &str, condition: &Value<'js>, value: &Value<'js>) -> Result<bool> {
    let result = match condition.as_function() {
        Some(function) => function.call::<_, Value<'js>>((value.clone(),))?,
        None => condition.clone(),
    };
    if result.is_promise() {
        return Err(throw_host(
            ctx,
            &format!(
                "the check {name:?} is asynchronous, which is not supported: await the value first and \
                check the result"
            ),
        ));
    }
    Ok(result.get::<Coerced<bool>>()?.0)
}

fn record_check(state: &VuState, name: &str, passed: bool, own: &[(TagKey, Symbol)]) {
    let check = state.worker.shard().symbol(name);
    let mut more = own.to_vec();
    if state.worker.script.system_tags.contains(SystemTag::Check) {
        more.push((tag::CHECK, check));
    }
    state.record(builtin::CHECKS, f64::from(u8::from(passed)), &more);
}

/// Runs a function under a group's name; its duration is recorded even when it throws.
fn group<'js>(ctx: &Ctx<'js>, state: &VuState, name: &str, body: &Function<'js>) -> Result<Value<'js>> {
    if state.phase.get() == Phase::Init {
        return Err(throw_host(
            ctx,
            "group() is not available in the init context; call it in default(), setup() or teardown()",
        ));
    }
    if name.contains("::") {
        return Err(throw_host(ctx, &format!("the group name {name:?} must not contain '::'")));
    }
    state.tags.borrow_mut().push_group(&mut state.worker.shard(), name);
    let started = tokio::time::Instant::now();
    let result = body.call::<_, Value<'js>>(());
    if !state.is_interrupted() {
        state.record(builtin::GROUP_DURATION, started.elapsed().as_secs_f64() * 1e3, &[]);
    }
    state.tags.borrow_mut().pop_group();
    let value = result?;
    if value.is_promise() {
        return Err(throw_host(
            ctx,
            &format!(
                "the function of group {name:?} is asynchronous, which is not supported: its samples \
                could not be told apart"
            ),
        ));
    }
    Ok(value)
}

/// Suspends the VU. Negative and not-a-number durations do not sleep.
fn sleep(ctx: &Ctx<'_>, state: &VuState, seconds: f64) -> Result<()> {
    let duration = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
    if duration.is_zero() {
        return Ok(());
    }
    if duration >= RELEASE_STACK_FROM {
        fiber::release_idle_stack();
    }
    state.wait(tokio::time::sleep(duration)).map_err(|_| Interrupted::throw(ctx))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn fail(ctx: Ctx<'_>, message: Opt<Coerced<String>>) -> Result<()> {
    Err(throw_host(&ctx, &message.0.map(|message| message.0).unwrap_or_default()))
}

/// Replaces this VU's `Math.random` by a generator that gives the same numbers for the same seed.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn random_seed(ctx: Ctx<'_>, seed: Coerced<f64>) -> Result<()> {
    let math: Object<'_> = ctx.globals().get("Math")?;
    let state = Cell::new(seed.0.to_bits());
    let random = move || {
        let (next, value) = split_mix(state.get());
        state.set(next);
        // 53 random bits, as many as a double's mantissa holds.
        (value >> 11) as f64 / (1u64 << 53) as f64
    };
    math.set("random", Function::new(ctx.clone(), random)?.with_name("random")?)
}

/// One step of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
fn split_mix(state: u64) -> (u64, u64) {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (state, mixed ^ (mixed >> 31))
}
