//! The `params` argument of a request.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-http/params/>.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use plimsoll_metrics::{Symbol, TagKey};
use plimsoll_net::{ClientIdentity, CookieJar, HttpVersion, RequestHeaders};
use rquickjs::object::Filter;
use rquickjs::{Coerced, Ctx, Object, Result, Value};

use super::ResponseCallback;
use super::flaw::{Flaw, Flawed};
use super::jar::Jar;
use crate::console::format_value;
use crate::exception::{as_class, throw_host};
use crate::state::VuState;
use crate::tags;

/// k6's default for `timeout`.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// What becomes of a response's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseType {
    Text,
    Binary,
    None,
}

/// How the credentials of the URL are shown to the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Auth {
    #[default]
    Basic,
    Digest,
    Ntlm,
}

/// A cookie of the call itself.
#[derive(Debug, Clone)]
pub(super) struct OwnCookie {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether it takes the place of those in the jar with its name.
    pub(super) replace: bool,
}

/// Parameters with their defaults filled in.
pub(super) struct Params {
    pub(super) headers: RequestHeaders,
    pub(super) cookies: Vec<OwnCookie>,
    pub(super) jar: Rc<RefCell<CookieJar>>,
    pub(super) tags: Vec<(TagKey, Symbol)>,
    pub(super) timeout: Duration,
    pub(super) redirects: Option<u32>,
    pub(super) auth: Auth,
    /// Codings of the request's body, as the script lists them.
    pub(super) compression: Option<String>,
    pub(super) response_type: ResponseType,
    pub(super) callback: ResponseCallback,
    pub(super) throw: bool,
    /// The client certificate of this request. Not in k6.
    pub(super) identity: Option<ClientIdentity>,
    /// The version of HTTP of this request. Not in k6.
    http_version: Option<HttpVersion>,
}

impl Params {
    pub(super) fn defaults(state: &VuState) -> Self {
        let script = &state.worker.script;
        let response_type =
            if script.discard_response_bodies { ResponseType::None } else { ResponseType::Text };
        Params {
            headers: RequestHeaders::new(),
            cookies: Vec::new(),
            jar: Rc::clone(&state.jar.borrow()),
            tags: Vec::new(),
            timeout: DEFAULT_TIMEOUT,
            redirects: None,
            auth: Auth::default(),
            compression: None,
            response_type,
            callback: state.response_callback.borrow().clone(),
            throw: script.throw,
            identity: None,
            http_version: None,
        }
    }

    /// Reads the argument; absent ones, `null` and `undefined` mean the defaults.
    pub(super) fn read<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        state: &VuState,
        value: Option<Value<'js>>,
    ) -> Flawed<()> {
        let Some(value) = value.filter(|value| !value.is_null() && !value.is_undefined()) else {
            return Ok(());
        };
        let Some(object) = value.as_object() else {
            return Err(Flaw::refused(format!("params must be an object, not {}", value.type_name())));
        };
        // Read first, so that it holds for what is wrong with the others too.
        self.throw = match object.get::<_, Value<'js>>("throw")? {
            throw if throw.is_null() || throw.is_undefined() => self.throw,
            throw => throw.get::<Coerced<bool>>()?.0,
        };
        for entry in object.own_props::<String, Value<'js>>(Filter::default()) {
            let (name, value) = entry?;
            self.read_one(ctx, state, &name, value)?;
        }
        Ok(())
    }

    fn read_one<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        state: &VuState,
        name: &str,
        value: Value<'js>,
    ) -> Flawed<()> {
        if name == "responseCallback" {
            let callback = ResponseCallback::from_value(ctx, &value);
            self.callback = callback.map_err(|error| Flaw::of_exception(ctx, state, error))?;
            return Ok(());
        }
        if value.is_null() || value.is_undefined() {
            return Ok(());
        }
        match name {
            "headers" => self.read_headers(&value)?,
            "cookies" => self.read_cookies(&value)?,
            "jar" => self.jar = jar(&value)?,
            "tags" => {
                let tags = tags::from_value(ctx, state, Some(value));
                self.tags = tags.map_err(|error| Flaw::of_exception(ctx, state, error))?;
            }
            "timeout" => self.timeout = timeout(&value)?,
            "redirects" => self.redirects = Some(redirects(&value)?),
            "auth" => self.auth = auth(&value)?,
            "compression" => {
                let list = value.get::<Coerced<String>>()?.0;
                self.compression = (!list.trim().is_empty()).then_some(list);
            }
            "tls" => self.identity = Some(identity(state, &value)?),
            "httpVersion" => self.http_version = Some(http_version(&value)?),
            "responseType" => self.response_type = response_type(&value)?,
            _ => {}
        }
        Ok(())
    }

    /// The version of HTTP, if it is not for the options to say. NTLM is about a connection, which HTTP/2
    /// shares.
    pub(super) fn version(&self) -> Option<HttpVersion> {
        if self.auth == Auth::Ntlm { Some(HttpVersion::Http1) } else { self.http_version }
    }

    fn read_headers(&mut self, value: &Value<'_>) -> Flawed<()> {
        for entry in object_of("headers", value)?.own_props::<String, Coerced<String>>(Filter::default()) {
            let (name, value) = entry?;
            self.headers.set(&name, &value.0);
        }
        Ok(())
    }

    fn read_cookies<'js>(&mut self, value: &Value<'js>) -> Flawed<()> {
        for entry in object_of("cookies", value)?.own_props::<String, Value<'js>>(Filter::default()) {
            let (name, value) = entry?;
            let (value, replace) = match value.as_object() {
                Some(cookie) => {
                    let text = cookie.get::<_, Option<Coerced<String>>>("value")?;
                    let replace = cookie.get::<_, Option<Coerced<bool>>>("replace")?;
                    (text.map_or_else(String::new, |text| text.0), replace.is_some_and(|replace| replace.0))
                }
                None => (value.get::<Coerced<String>>()?.0, false),
            };
            self.cookies.push(OwnCookie { name, value, replace });
        }
        Ok(())
    }
}

/// A client certificate, as [`Params`] reads it, for what throws when it is wrong.
pub(crate) fn identity_of(ctx: &Ctx<'_>, state: &VuState, value: &Value<'_>) -> Result<ClientIdentity> {
    identity(state, value).map_err(|flaw| match flaw {
        Flaw::Refused { message, .. } => throw_host(ctx, &message),
        Flaw::Threw(error) => error,
    })
}

/// `{ cert, key, password }`.
fn identity(state: &VuState, value: &Value<'_>) -> Flawed<ClientIdentity> {
    let object = object_of("tls", value)?;
    for name in object.keys::<String>().flatten() {
        if !["cert", "key", "password"].contains(&name.as_str()) {
            let message = format!("params.tls has the unknown key '{name}' (keys are cert, key, password)");
            return Err(Flaw::refused(message));
        }
    }
    let text = |name: &str| -> Flawed<String> {
        let value: Value<'_> = object.get(name)?;
        match value.as_string() {
            Some(text) => Ok(text.to_string()?),
            None if value.is_null() || value.is_undefined() => Ok(String::new()),
            None => Err(Flaw::refused(format!("params.tls.{name} must be text in PEM"))),
        }
    };
    let parts = [text("cert")?, text("key")?, text("password")?];
    state.worker.identity(parts).map_err(|error| Flaw::refused(format!("invalid params.tls: {error}")))
}

fn http_version(value: &Value<'_>) -> Flawed<HttpVersion> {
    match value.get::<Coerced<String>>()?.0.as_str() {
        "auto" => Ok(HttpVersion::Auto),
        "1.1" => Ok(HttpVersion::Http1),
        "2" => Ok(HttpVersion::Http2),
        other => {
            let message = format!("invalid params.httpVersion {other:?}: expected 'auto', '1.1' or '2'");
            Err(Flaw::refused(message))
        }
    }
}

fn object_of<'a, 'js>(name: &str, value: &'a Value<'js>) -> Flawed<&'a Object<'js>> {
    let refusal = || Flaw::refused(format!("params.{name} must be an object, not {}", value.type_name()));
    value.as_object().ok_or_else(refusal)
}

fn jar(value: &Value<'_>) -> Flawed<Rc<RefCell<CookieJar>>> {
    let jar = value.as_object().and_then(as_class::<Jar>);
    let refusal = || {
        let given = format_value(value);
        Flaw::refused(format!("invalid params.jar {given}: expected a CookieJar of k6/http"))
    };
    jar.map(|jar| jar.borrow().cookies()).ok_or_else(refusal)
}

fn auth(value: &Value<'_>) -> Flawed<Auth> {
    match value.get::<Coerced<String>>()?.0.as_str() {
        "" | "basic" => Ok(Auth::Basic),
        "digest" => Ok(Auth::Digest),
        "ntlm" => Ok(Auth::Ntlm),
        other => {
            Err(Flaw::refused(format!("invalid params.auth {other:?}: expected 'basic', 'digest' or 'ntlm'")))
        }
    }
}

fn timeout(value: &Value<'_>) -> Flawed<Duration> {
    let parsed = match value.as_number() {
        Some(ms) => Duration::try_from_secs_f64(ms / 1e3).ok(),
        None => value
            .as_string()
            .and_then(|text| plimsoll_plan::duration::parse_extended(&text.to_string().ok()?).ok()),
    };
    parsed.ok_or_else(|| {
        let given = format_value(value);
        Flaw::refused(format!(
            "invalid params.timeout {given}: expected milliseconds or a duration such as '30s'"
        ))
    })
}

fn redirects(value: &Value<'_>) -> Flawed<u32> {
    let count = value.as_number().filter(|count| *count >= 0.0 && *count <= f64::from(u32::MAX));
    count.map(|count| count as u32).ok_or_else(|| {
        let given = format_value(value);
        Flaw::refused(format!("invalid params.redirects {given}: expected a number of redirects, 0 or more"))
    })
}

fn response_type(value: &Value<'_>) -> Flawed<ResponseType> {
    match value.get::<Coerced<String>>()?.0.as_str() {
        "text" => Ok(ResponseType::Text),
        "binary" => Ok(ResponseType::Binary),
        "none" => Ok(ResponseType::None),
        other => Err(Flaw::refused(format!(
            "invalid params.responseType {other:?}: expected 'text', 'binary' or 'none'"
        ))),
    }
}
