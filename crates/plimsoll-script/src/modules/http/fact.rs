//! What a response object is made from: the last exchange of a call, and how each property follows from it.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use plimsoll_net::{Body, Cookie, Exchange, Ocsp, Request, Response, RevocationReason};
use rquickjs::{ArrayBuffer, Ctx, Object, Result, Value};

use super::params::ResponseType;
use super::response::{Field, js};

/// What Go's zero time is in milliseconds, which k6 shows for cookies without an expiry date.
const NEVER_EXPIRES: f64 = -6_795_364_578_871.0;

/// See the module.
pub(super) struct ResponseFact {
    pub(super) url: String,
    pub(super) request: Option<Request>,
    /// Name and value of the cookies that went with it, and whether they replaced others.
    pub(super) cookies: Vec<(String, String, bool)>,
    pub(super) exchange: Option<Exchange>,
    pub(super) response_type: ResponseType,
    pub(super) error: String,
    pub(super) error_code: u16,
}

impl ResponseFact {
    /// The fact of a call that could not even become a request.
    pub(super) fn invalid(url: String, error: String, error_code: u16) -> Self {
        let response_type = ResponseType::Text;
        ResponseFact {
            url,
            request: None,
            cookies: Vec::new(),
            exchange: None,
            response_type,
            error,
            error_code,
        }
    }

    fn response(&self) -> Option<&Response> {
        self.exchange.as_ref()?.result.as_ref().ok()
    }

    fn status(&self) -> u16 {
        self.response().map_or(0, |response| response.status)
    }

    /// The body as text with U+FFFD for what is not UTF-8; `None` where a script sees `null`.
    pub(super) fn body_text(&self) -> Option<Cow<'_, str>> {
        Some(String::from_utf8_lossy(self.body_bytes()?))
    }

    fn body_bytes(&self) -> Option<&Bytes> {
        let response = self.response()?;
        let has_body = !matches!(response.status, 100..=199 | 204 | 304);
        (has_body && self.response_type != ResponseType::None).then_some(&response.body)
    }

    /// The value of one property.
    pub(super) fn value<'js>(&self, ctx: &Ctx<'js>, field: Field) -> Result<Value<'js>> {
        let exchange = self.exchange.as_ref();
        let remote = exchange.and_then(|exchange| exchange.remote);
        let tls = exchange.and_then(|exchange| exchange.tls.as_ref());
        match field {
            Field::RemoteIp => js(ctx, remote.map_or_else(String::new, |remote| remote.ip().to_string())),
            Field::RemotePort => js(ctx, remote.map_or(0, |remote| i32::from(remote.port()))),
            Field::Url => js(ctx, self.url.as_str()),
            Field::Status => js(ctx, i32::from(self.status())),
            Field::StatusText => js(ctx, self.response().map_or_else(String::new, Response::status_text)),
            Field::Proto => js(ctx, self.response().map_or("", |response| response.protocol.as_str())),
            Field::Headers => Ok(headers_of(ctx, self.response())?.into_value()),
            Field::Cookies => self.cookies(ctx),
            Field::Body => self.body(ctx),
            Field::Timings => self.timings(ctx),
            Field::TlsVersion => js(ctx, tls.map_or("", |tls| tls.version)),
            Field::TlsCipherSuite => js(ctx, tls.map_or("", |tls| tls.cipher_suite)),
            Field::Ocsp => ocsp(ctx, tls.and_then(|tls| tls.ocsp.as_ref())),
            Field::Error => js(ctx, self.error.as_str()),
            Field::ErrorCode => js(ctx, i32::from(self.error_code)),
            Field::Request => self.request(ctx),
            Field::Json | Field::Html | Field::SubmitForm | Field::ClickLink => {
                unreachable!("methods come from the prototype")
            }
        }
    }

    fn body<'js>(&self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        match self.body_bytes() {
            // As in k6, after arguments that made no request.
            None if self.request.is_none() => Ok(rquickjs::Array::new(ctx.clone())?.into_value()),
            None => Ok(Value::new_null(ctx.clone())),
            Some(bytes) if self.response_type == ResponseType::Binary => {
                Ok(ArrayBuffer::new_copy(ctx.clone(), bytes)?.into_value())
            }
            Some(bytes) => js(ctx, &*String::from_utf8_lossy(bytes)),
        }
    }

    fn timings<'js>(&self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let timings = self.exchange.as_ref().map(|exchange| exchange.timings).unwrap_or_default();
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        let object = Object::new(ctx.clone())?;
        object.set("duration", ms(timings.duration()))?;
        object.set("blocked", ms(timings.blocked))?;
        object.set("looking_up", ms(timings.looking_up))?;
        object.set("connecting", ms(timings.connecting))?;
        object.set("tls_handshaking", ms(timings.tls_handshaking))?;
        object.set("sending", ms(timings.sending))?;
        object.set("waiting", ms(timings.waiting))?;
        object.set("receiving", ms(timings.receiving))?;
        Ok(object.into_value())
    }

    fn cookies<'js>(&self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let object = Object::new(ctx.clone())?;
        let headers = self.response().map(|response| &response.headers);
        for header in headers.into_iter().flat_map(|headers| headers.get_all("set-cookie")) {
            let Some(cookie) = Cookie::parse(&String::from_utf8_lossy(header)) else { continue };
            let list = list_in(ctx, &object, &cookie.name)?;
            list.set(list.len(), cookie_object(ctx, &cookie)?)?;
        }
        Ok(object.into_value())
    }

    fn request_cookies<'js>(&self, ctx: &Ctx<'js>) -> Result<Object<'js>> {
        let object = Object::new(ctx.clone())?;
        for (name, value, replace) in &self.cookies {
            let cookie = Object::new(ctx.clone())?;
            cookie.set("name", name.as_str())?;
            cookie.set("value", value.as_str())?;
            cookie.set("replace", *replace)?;
            let list = list_in(ctx, &object, name)?;
            list.set(list.len(), cookie)?;
        }
        Ok(object)
    }

    fn request<'js>(&self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let Some(request) = &self.request else { return Ok(Value::new_null(ctx.clone())) };
        let object = Object::new(ctx.clone())?;
        object.set("method", request.method.as_str())?;
        object.set("url", request.url.as_str())?;
        let headers = Object::new(ctx.clone())?;
        for (name, value) in request.headers.iter() {
            headers.set(name, vec![value])?;
        }
        object.set("headers", headers)?;
        let body = request.body.as_ref().map(Body::joined).unwrap_or_default();
        object.set("body", &*String::from_utf8_lossy(&body))?;
        object.set("cookies", self.request_cookies(ctx)?)?;
        Ok(object.into_value())
    }
}

/// The list of that name in an object, made if it is not there.
fn list_in<'js>(ctx: &Ctx<'js>, object: &Object<'js>, name: &str) -> Result<rquickjs::Array<'js>> {
    if let Some(list) = object.get::<_, Option<rquickjs::Array<'js>>>(name)? {
        return Ok(list);
    }
    let list = rquickjs::Array::new(ctx.clone())?;
    object.set(name, list.clone())?;
    Ok(list)
}

fn cookie_object<'js>(ctx: &Ctx<'js>, cookie: &Cookie) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("name", &*cookie.name)?;
    object.set("value", &*cookie.value)?;
    object.set("domain", cookie.domain.as_deref().unwrap_or_default())?;
    object.set("path", cookie.path.as_deref().unwrap_or_default())?;
    object.set("http_only", cookie.http_only)?;
    object.set("secure", cookie.secure)?;
    object.set("max_age", cookie.max_age.unwrap_or_default() as f64)?;
    object.set("expires", cookie.expires.map_or(NEVER_EXPIRES, |seconds| seconds as f64 * 1e3))?;
    Ok(object)
}

/// What the server stapled to its handshake; in k6's shape for "nothing" when it did not.
fn ocsp<'js>(ctx: &Ctx<'js>, ocsp: Option<&Ocsp>) -> Result<Value<'js>> {
    let object = Object::new(ctx.clone())?;
    let time = |read: fn(&Ocsp) -> i64| ocsp.map_or(0.0, |ocsp| read(ocsp) as f64);
    object.set("produced_at", time(|ocsp| ocsp.produced_at))?;
    object.set("this_update", time(|ocsp| ocsp.this_update))?;
    object.set("next_update", time(|ocsp| ocsp.next_update))?;
    object.set("revoked_at", time(|ocsp| ocsp.revoked_at))?;
    let reason = ocsp.and_then(|ocsp| ocsp.revocation_reason);
    object.set("revocation_reason", reason.map_or("", RevocationReason::as_str))?;
    object.set("status", ocsp.map_or("unknown", |ocsp| ocsp.status.as_str()))?;
    Ok(object.into_value())
}

/// The headers of a response: names in canonical case, values of one name joined by commas.
pub(crate) fn headers_of<'js>(ctx: &Ctx<'js>, response: Option<&Response>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let mut joined: Vec<(String, String)> = Vec::new();
    for (name, value) in response.iter().flat_map(|response| response.headers.iter()) {
        let (name, value) = (canonical(name), String::from_utf8_lossy(value));
        match joined.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => {
                values.push_str(", ");
                values.push_str(&value);
            }
            None => joined.push((name, value.into_owned())),
        }
    }
    for (name, value) in joined {
        object.set(name, value)?;
    }
    Ok(object)
}

/// `content-TYPE` → `Content-Type`.
fn canonical(name: &str) -> String {
    let mut upper = true;
    let canonical = name.chars().map(|c| {
        let c = if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        upper = c == '-';
        c
    });
    canonical.collect()
}
