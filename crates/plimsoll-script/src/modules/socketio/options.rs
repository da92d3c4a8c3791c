//! The arguments of `io`.

use std::rc::Rc;
use std::time::Duration;

use plimsoll_metrics::{Symbol, TagKey, tag};
use plimsoll_net::engineio::{Address, Transport};
use plimsoll_net::{RequestHeaders, Url};
use plimsoll_plan::options::tags::SystemTag;
use rquickjs::object::Filter;
use rquickjs::{Coerced, Ctx, FromJs, Object, Result, Value};

use crate::exception::{throw_host, throw_type};
use crate::modules::http::identity_of;
use crate::modules::sockets::{headers, with_cookies};
use crate::octets::coerced;
use crate::state::VuState;
use crate::tags;
use crate::worker::Target;

/// The official client's defaults.
const PATH: &str = "/socket.io/";
const TIMEOUT: Duration = Duration::from_secs(20);
const RECONNECTION_DELAY: f64 = 1_000.0;
const RECONNECTION_DELAY_MAX: f64 = 5_000.0;
const RANDOMIZATION_FACTOR: f64 = 0.5;

/// What `io` is asked for.
pub(super) struct Options<'js> {
    pub(super) settings: Settings,
    /// What the namespace is told, or a function that says it.
    pub(super) auth: Option<Value<'js>>,
    pub(super) connects: bool,
}

/// The options that are no values of the script.
pub(super) struct Settings {
    pub(super) address: Address,
    pub(super) namespace: String,
    pub(super) transports: Vec<Transport>,
    pub(super) upgrade: bool,
    pub(super) timeout: Duration,
    pub(super) reconnection: Option<Reconnection>,
    pub(super) tags: Vec<(TagKey, Symbol)>,
}

/// When to try again.
pub(super) struct Reconnection {
    delay_ms: f64,
    delay_max_ms: f64,
    factor: f64,
    pub(super) attempts: f64,
}

impl Reconnection {
    /// How long to wait before an attempt, which are counted from 0: twice as long each time, and not the
    /// same for all.
    pub(super) fn delay(&self, attempt: u32, random: f64) -> Duration {
        let delay = self.delay_ms * 2f64.powi(attempt.min(30).cast_signed());
        let spread = delay * self.factor * (random * 2.0 - 1.0);
        let ms = (delay + spread).min(self.delay_max_ms).max(0.0);
        Duration::try_from_secs_f64(ms / 1e3).unwrap_or_default()
    }
}

impl<'js> Options<'js> {
    pub(super) fn read(
        ctx: &Ctx<'js>,
        state: &Rc<VuState>,
        url: Option<Value<'js>>,
        options: Option<Value<'js>>,
    ) -> Result<Self> {
        let Some(url) = url.filter(|url| !url.is_undefined() && !url.is_null()) else {
            return Err(throw_host(ctx, "io() needs the URL of a server"));
        };
        let given = coerced(ctx, url)?;
        let target = state.worker.target(&given).map_err(|error| throw_host(ctx, &error.to_string()))?;
        let base = http_url(ctx, &target.url)?;
        let options = match options.filter(|options| !options.is_undefined() && !options.is_null()) {
            None => Object::new(ctx.clone())?,
            Some(options) => match options.as_object() {
                Some(options) => options.clone(),
                None => {
                    let given = options.type_name();
                    return throw_type(ctx, &format!("the options of io() must be an object, not {given}"));
                }
            },
        };
        let settings = Settings::read(ctx, state, &target, &base, &options)?;
        let auth = options.get::<_, Option<Value<'js>>>("auth")?.filter(|auth| !auth.is_undefined());
        let connects = get(&options, "autoConnect")?.is_none_or(|connects: Coerced<bool>| connects.0);
        Ok(Options { settings, auth, connects })
    }
}

impl Settings {
    fn read<'js>(
        ctx: &Ctx<'js>,
        state: &Rc<VuState>,
        target: &Target,
        base: &Url,
        options: &Object<'js>,
    ) -> Result<Self> {
        let path = get::<Coerced<String>>(options, "path")?.map_or_else(|| PATH.to_owned(), |path| path.0);
        let path = format!("{}/", path.trim_end_matches('/'));
        if !path.starts_with('/') {
            return Err(throw_host(ctx, &format!("the path of io() begins with a slash, got {path:?}")));
        }
        let mut sent = RequestHeaders::new();
        if let Some(extra) = get::<Value<'js>>(options, "extraHeaders")? {
            sent = headers(ctx, &extra)?;
        }
        let jar = Rc::clone(&state.jar.borrow());
        with_cookies(&jar.borrow(), base, &mut sent);
        if let Some(authorization) = base.basic_authorization() {
            sent.set("Authorization", authorization);
        }
        let address = Address::new(base, &path, &query(base, options)?, sent);
        let address = address.map_err(|error| throw_host(ctx, &error.to_string()))?;
        let identity = get::<Value<'js>>(options, "tls")?;
        let identity = identity.map(|given| identity_of(ctx, state, &given)).transpose()?;
        let namespace = match base.path() {
            "" => "/",
            path => path,
        };
        let timeout = get::<f64>(options, "timeout")?.map_or(Ok(TIMEOUT), |ms| {
            let message = "the timeout of io() is a number of milliseconds, 0 or more";
            Duration::try_from_secs_f64(ms / 1e3).map_err(|_| throw_host(ctx, message))
        })?;
        Ok(Settings {
            address: address.reached_from(state.local_address()).shown(identity),
            namespace: namespace.to_owned(),
            transports: transports(ctx, options)?,
            upgrade: get(options, "upgrade")?.is_none_or(|upgrade: Coerced<bool>| upgrade.0),
            timeout,
            reconnection: reconnection(options)?,
            tags: own_tags(ctx, state, target, get(options, "tags")?)?,
        })
    }
}

/// A member that is there.
fn get<'js, T: FromJs<'js>>(options: &Object<'js>, name: &str) -> Result<Option<T>> {
    let value: Value<'js> = options.get(name)?;
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    T::from_js(options.ctx(), value).map(Some)
}

/// The URL with `http` for `ws`, as the official client takes both.
fn http_url(ctx: &Ctx<'_>, url: &Url) -> Result<Url> {
    let text = url.as_str();
    let parsed = match url.scheme().as_str() {
        "ws" => Url::parse(&format!("http{}", &text[2..])),
        "wss" => Url::parse(&format!("https{}", &text[3..])),
        _ => Ok(url.clone()),
    };
    let parsed = parsed.and_then(|url| url.origin().map(drop).map(|()| url));
    parsed.map_err(|error| throw_host(ctx, &format!("io({:?}): {error}", url.masked())))
}

fn query(base: &Url, options: &Object<'_>) -> Result<String> {
    let Some(pairs) = get::<Object<'_>>(options, "query")? else {
        return Ok(base.target().split_once('?').map_or_else(String::new, |(_, query)| query.to_owned()));
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for pair in pairs.own_props::<String, Coerced<String>>(Filter::default()) {
        let (name, value) = pair?;
        query.append_pair(&name, &value.0);
    }
    Ok(query.finish())
}

fn transports<'js>(ctx: &Ctx<'js>, options: &Object<'js>) -> Result<Vec<Transport>> {
    let Some(names) = get::<Vec<Coerced<String>>>(options, "transports")? else {
        return Ok(vec![Transport::Polling, Transport::WebSocket]);
    };
    let transport = |name: &Coerced<String>| match name.0.as_str() {
        "polling" => Ok(Transport::Polling),
        "websocket" => Ok(Transport::WebSocket),
        other => {
            let message = format!("unknown transport {other:?}: expected \"polling\" or \"websocket\"");
            Err(throw_host(ctx, &message))
        }
    };
    let transports: Vec<Transport> = names.iter().map(transport).collect::<Result<_>>()?;
    if transports.is_empty() {
        return Err(throw_host(
            ctx,
            "the transports of io() are empty: expected \"polling\" or \"websocket\"",
        ));
    }
    Ok(transports)
}

/// Off unless it is asked for: a load test wants to see what is lost.
fn reconnection(options: &Object<'_>) -> Result<Option<Reconnection>> {
    if !get(options, "reconnection")?.is_some_and(|wanted: Coerced<bool>| wanted.0) {
        return Ok(None);
    }
    let number = |name, default| get::<f64>(options, name).map(|given| given.unwrap_or(default));
    Ok(Some(Reconnection {
        delay_ms: number("reconnectionDelay", RECONNECTION_DELAY)?,
        delay_max_ms: number("reconnectionDelayMax", RECONNECTION_DELAY_MAX)?,
        factor: number("randomizationFactor", RANDOMIZATION_FACTOR)?,
        attempts: number("reconnectionAttempts", f64::INFINITY)?,
    }))
}

/// The script's tags, and the URL.
fn own_tags<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    target: &Target,
    given: Option<Value<'js>>,
) -> Result<Vec<(TagKey, Symbol)>> {
    let mut own = tags::from_value(ctx, state, given)?;
    let name = own.iter().rev().find(|(key, _)| *key == tag::NAME).map(|(_, name)| *name);
    let name = name.unwrap_or(target.series_name);
    let scope = state.tags.borrow();
    for (system, key) in [(SystemTag::Name, tag::NAME), (SystemTag::Url, tag::URL)] {
        if scope.sets(system) {
            own.push((key, name));
        }
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_a_limit() {
        let reconnection =
            Reconnection { delay_ms: 1_000.0, delay_max_ms: 5_000.0, factor: 0.5, attempts: 9.0 };
        let delay = |attempt, random| reconnection.delay(attempt, random).as_millis();
        assert_eq!((delay(0, 0.0), delay(0, 0.5), delay(0, 1.0)), (500, 1_000, 1_500));
        assert_eq!((delay(1, 0.5), delay(2, 0.5), delay(40, 0.5)), (2_000, 4_000, 5_000));
    }
}
