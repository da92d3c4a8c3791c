//! The `params` argument of a connection: headers, tags, compression, cookies.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-ws/params/>.

use std::cell::RefCell;
use std::rc::Rc;

use plimsoll_metrics::{Symbol, TagKey};
use plimsoll_net::{ClientIdentity, CookieJar, Request, RequestHeaders, Url};
use rquickjs::object::Filter;
use rquickjs::{Coerced, Ctx, Object, Result, Value};

use crate::exception::{as_class, throw_host, throw_type};
use crate::modules::http::{Jar, identity_of};
use crate::state::VuState;
use crate::tags;

/// Parameters with their defaults filled in.
#[derive(Default)]
pub(crate) struct Params {
    pub(crate) headers: RequestHeaders,
    pub(crate) tags: Vec<(TagKey, Symbol)>,
    pub(crate) compress: bool,
    /// The client certificate of this connection. Not in k6.
    identity: Option<ClientIdentity>,
    /// The jar that takes the place of the VU's.
    jar: Option<Rc<RefCell<CookieJar>>>,
}

impl Params {
    /// Reads the argument; `undefined` and `null` mean the defaults. What is not known is refused if
    /// `strict`.
    pub(crate) fn from_value<'js>(
        ctx: &Ctx<'js>,
        state: &VuState,
        value: Option<Value<'js>>,
        strict: bool,
    ) -> Result<Self> {
        let mut params = Params::default();
        let Some(value) = value.filter(|value| !value.is_null() && !value.is_undefined()) else {
            return Ok(params);
        };
        let Some(object) = value.as_object() else {
            return throw_type(ctx, &format!("params must be an object, not {}", value.type_name()));
        };
        for entry in object.own_props::<String, Value<'js>>(Filter::default()) {
            let (name, value) = entry?;
            if !params.read(ctx, state, &name, value)? && strict {
                let message =
                    format!("unknown parameter {name:?}: expected headers, tags, jar, compression or tls");
                return Err(throw_host(ctx, &message));
            }
        }
        Ok(params)
    }

    /// Whether the name is known.
    fn read<'js>(&mut self, ctx: &Ctx<'js>, state: &VuState, name: &str, value: Value<'js>) -> Result<bool> {
        let is_given = !value.is_null() && !value.is_undefined();
        match name {
            "headers" if is_given => self.headers = headers(ctx, &value)?,
            "tags" if is_given => self.tags = tags::from_value(ctx, state, Some(value))?,
            "compression" if is_given => self.compress = compression(ctx, &value)?,
            "jar" if is_given => self.jar = Some(jar(ctx, &value)?),
            "tls" if is_given => self.identity = Some(identity_of(ctx, state, &value)?),
            "headers" | "tags" | "compression" | "jar" | "tls" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Adds the headers, the cookies of the jar, and the VU's own address to a request.
    pub(crate) fn apply(&self, state: &VuState, request: &mut Request) {
        for (name, value) in self.headers.iter() {
            request.headers.set(name, value);
        }
        request.local = state.local_address();
        request.identity.clone_from(&self.identity);
        with_cookies(&self.jar(state).borrow(), &request.url, &mut request.headers);
    }

    /// The jar that the connection reads and writes.
    pub(crate) fn jar(&self, state: &VuState) -> Rc<RefCell<CookieJar>> {
        self.jar.clone().unwrap_or_else(|| Rc::clone(&state.jar.borrow()))
    }
}

/// Adds the cookies that a jar has for a URL.
pub(crate) fn with_cookies(jar: &CookieJar, url: &Url, headers: &mut RequestHeaders) {
    let kept = jar.cookies_for_url(url);
    if kept.is_empty() {
        return;
    }
    let own = headers.get("Cookie").map(str::to_owned);
    let kept = kept.iter().map(|(name, value)| format!("{name}={value}"));
    let cookies: Vec<String> = own.into_iter().chain(kept).collect();
    headers.set("Cookie", &cookies.join("; "));
}

/// Reads an object of headers.
pub(crate) fn headers<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<RequestHeaders> {
    let Some(object) = value.as_object() else {
        return throw_type(ctx, &format!("headers must be an object, not {}", value.type_name()));
    };
    let mut headers = RequestHeaders::new();
    for entry in Object::own_props::<String, Coerced<String>>(object, Filter::default()) {
        let (name, value) = entry?;
        headers.set(&name, &value.0);
    }
    Ok(headers)
}

/// Reads a jar of `k6/http`.
pub(crate) fn jar(ctx: &Ctx<'_>, value: &Value<'_>) -> Result<Rc<RefCell<CookieJar>>> {
    let jar = value.as_object().and_then(as_class::<Jar>);
    jar.map(|jar| jar.borrow().cookies()).ok_or_else(|| {
        let given = crate::console::format_value(value);
        throw_host(ctx, &format!("invalid params.jar {given}: expected a CookieJar of k6/http"))
    })
}

fn compression(ctx: &Ctx<'_>, value: &Value<'_>) -> Result<bool> {
    match value.get::<Coerced<String>>()?.0.trim() {
        "" => Ok(false),
        "deflate" => Ok(true),
        other => {
            let message = format!("unsupported compression algorithm {other:?}: expected \"deflate\"");
            Err(throw_host(ctx, &message))
        }
    }
}
