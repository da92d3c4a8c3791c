//! The `params` argument of a request.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-http/params/>.

use std::time::Duration;

use plimsoll_metrics::{Symbol, TagKey};
use plimsoll_net::RequestHeaders;
use rquickjs::object::Filter;
use rquickjs::{Coerced, Ctx, Object, Result, Value};

use super::ResponseCallback;
use crate::exception::{throw_host, throw_type};
use crate::state::VuState;
use crate::tags;

/// k6's default for `timeout`.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// Known to k6, not yet to us: refused, because ignoring them would send another request than the script
/// means.
const NOT_YET: [&str; 3] = ["auth", "compression", "jar"];

/// What becomes of a response's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseType {
    Text,
    Binary,
    None,
}

/// Parameters with their defaults filled in.
pub(crate) struct Params {
    pub(crate) headers: RequestHeaders,
    pub(crate) cookies: Vec<(String, String)>,
    pub(crate) tags: Vec<(TagKey, Symbol)>,
    pub(crate) timeout: Duration,
    pub(crate) redirects: Option<u32>,
    pub(crate) response_type: ResponseType,
    pub(crate) callback: ResponseCallback,
    pub(crate) throw: bool,
}

impl Params {
    /// Reads the argument; absent ones, `null` and `undefined` mean the defaults.
    pub(crate) fn from_value<'js>(
        ctx: &Ctx<'js>,
        state: &VuState,
        value: Option<Value<'js>>,
    ) -> Result<Self> {
        let script = &state.worker.script;
        let default_type =
            if script.discard_response_bodies { ResponseType::None } else { ResponseType::Text };
        let mut params = Params {
            headers: RequestHeaders::new(),
            cookies: Vec::new(),
            tags: Vec::new(),
            timeout: DEFAULT_TIMEOUT,
            redirects: None,
            response_type: default_type,
            callback: state.response_callback.borrow().clone(),
            throw: script.throw,
        };
        let Some(value) = value.filter(|value| !value.is_null() && !value.is_undefined()) else {
            return Ok(params);
        };
        let Some(object) = value.as_object() else {
            return throw_type(ctx, &format!("params must be an object, not {}", value.type_name()));
        };
        for entry in object.own_props::<String, Value<'js>>(Filter::default()) {
            let (name, value) = entry?;
            params.read(ctx, state, &name, value)?;
        }
        Ok(params)
    }

    fn read<'js>(&mut self, ctx: &Ctx<'js>, state: &VuState, name: &str, value: Value<'js>) -> Result<()> {
        if name == "responseCallback" {
            self.callback = ResponseCallback::from_value(ctx, &value)?;
            return Ok(());
        }
        if value.is_null() || value.is_undefined() {
            return Ok(());
        }
        match name {
            "headers" => self.read_headers(ctx, &value)?,
            "cookies" => self.read_cookies(ctx, &value)?,
            "tags" => self.tags = tags::from_value(ctx, state, Some(value))?,
            "timeout" => self.timeout = timeout(ctx, &value)?,
            "redirects" => self.redirects = Some(redirects(ctx, &value)?),
            "responseType" => self.response_type = response_type(ctx, &value)?,
            "throw" => self.throw = value.get::<Coerced<bool>>()?.0,
            _ if NOT_YET.contains(&name) => {
                return Err(throw_host(ctx, &format!("the request parameter '{name}' is not supported yet")));
            }
            _ => {}
        }
        Ok(())
    }

    fn read_headers<'js>(&mut self, ctx: &Ctx<'js>, value: &Value<'js>) -> Result<()> {
        for entry in object_of(ctx, "headers", value)?.own_props::<String, Coerced<String>>(Filter::default())
        {
            let (name, value) = entry?;
            self.headers.set(&name, &value.0);
        }
        Ok(())
    }

    fn read_cookies<'js>(&mut self, ctx: &Ctx<'js>, value: &Value<'js>) -> Result<()> {
        for entry in object_of(ctx, "cookies", value)?.own_props::<String, Value<'js>>(Filter::default()) {
            let (name, value) = entry?;
            let text = match value.as_object() {
                Some(cookie) => {
                    cookie.get::<_, Option<Coerced<String>>>("value")?.map_or_else(String::new, |text| text.0)
                }
                None => value.get::<Coerced<String>>()?.0,
            };
            self.cookies.push((name, text));
        }
        Ok(())
    }
}

fn object_of<'a, 'js>(ctx: &Ctx<'js>, name: &str, value: &'a Value<'js>) -> Result<&'a Object<'js>> {
    match value.as_object() {
        Some(object) => Ok(object),
        None => throw_type(ctx, &format!("params.{name} must be an object, not {}", value.type_name())),
    }
}

fn timeout(ctx: &Ctx<'_>, value: &Value<'_>) -> Result<Duration> {
    let parsed = match value.as_number() {
        Some(ms) => Duration::try_from_secs_f64(ms / 1e3).ok(),
        None => value
            .as_string()
            .and_then(|text| plimsoll_plan::duration::parse_extended(&text.to_string().ok()?).ok()),
    };
    parsed.ok_or_else(|| {
        let given = crate::console::format_value(value);
        throw_host(
            ctx,
            &format!("invalid params.timeout {given}: expected milliseconds or a duration such as '30s'"),
        )
    })
}

fn redirects(ctx: &Ctx<'_>, value: &Value<'_>) -> Result<u32> {
    let count = value.as_number().filter(|count| *count >= 0.0 && *count <= f64::from(u32::MAX));
    count.map(|count| count as u32).ok_or_else(|| {
        let given = crate::console::format_value(value);
        throw_host(
            ctx,
            &format!("invalid params.redirects {given}: expected a number of redirects, 0 or more"),
        )
    })
}

fn response_type(ctx: &Ctx<'_>, value: &Value<'_>) -> Result<ResponseType> {
    match value.get::<Coerced<String>>()?.0.as_str() {
        "text" => Ok(ResponseType::Text),
        "binary" => Ok(ResponseType::Binary),
        "none" => Ok(ResponseType::None),
        other => Err(throw_host(
            ctx,
            &format!("invalid params.responseType {other:?}: expected 'text', 'binary' or 'none'"),
        )),
    }
}
