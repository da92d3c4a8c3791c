//! `k6/http`: requests. Registers the functions; what they do is in `call`: arguments → exchanges → samples →
//! response.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-http/>.

mod auth;
mod batch;
mod body;
mod call;
mod debug;
mod expected;
mod fact;
mod file;
mod flaw;
mod jar;
mod page;
mod params;
mod response;
mod selector;

use std::cell::RefCell;
use std::rc::Rc;

use plimsoll_net::Method;
use rquickjs::function::{Opt, Rest};
use rquickjs::{Array, Class, Coerced, Ctx, Function, Object, Result, Value};

use self::call::{Arguments, Call};
pub(crate) use self::expected::ResponseCallback;
pub(crate) use self::fact::headers_of;
pub(crate) use self::jar::Jar;
pub(crate) use self::params::identity_of;
pub(crate) use self::response::FieldTable;
use super::settled;
use crate::event_loop::settle_with;
use crate::exception::throw_host;
use crate::state::{Interrupted, Phase, VuState};

pub(crate) const EXPORTS: &[&str] = &[
    "get",
    "head",
    "post",
    "put",
    "patch",
    "del",
    "options",
    "request",
    "asyncRequest",
    "batch",
    "file",
    "url",
    "cookieJar",
    "CookieJar",
    "setResponseCallback",
    "expectedStatuses",
    "TLS_1_0",
    "TLS_1_1",
    "TLS_1_2",
    "TLS_1_3",
    "OCSP_STATUS_GOOD",
    "OCSP_STATUS_REVOKED",
    "OCSP_STATUS_SERVER_FAILED",
    "OCSP_STATUS_UNKNOWN",
    "OCSP_REASON_AA_COMPROMISE",
    "OCSP_REASON_AFFILIATION_CHANGED",
    "OCSP_REASON_CA_COMPROMISE",
    "OCSP_REASON_CERTIFICATE_HOLD",
    "OCSP_REASON_CESSATION_OF_OPERATION",
    "OCSP_REASON_KEY_COMPROMISE",
    "OCSP_REASON_PRIVILEGE_WITHDRAWN",
    "OCSP_REASON_REMOVE_FROM_CRL",
    "OCSP_REASON_SUPERSEDED",
    "OCSP_REASON_UNSPECIFIED",
];
/// Functions without a body argument, and those with one.
static WITHOUT_BODY: [(&str, Method); 2] = [("get", Method::GET), ("head", Method::HEAD)];
static WITH_BODY: [(&str, Method); 5] = [
    ("post", Method::POST),
    ("put", Method::PUT),
    ("patch", Method::PATCH),
    ("del", Method::DELETE),
    ("options", Method::OPTIONS),
];

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    if let Some(version) = name.strip_prefix("TLS_") {
        return response::js(ctx, format!("tls{}", version.replace('_', ".")));
    }
    if let Some(value) = name.strip_prefix("OCSP_STATUS_").or_else(|| name.strip_prefix("OCSP_REASON_")) {
        return response::js(ctx, value.to_ascii_lowercase());
    }
    if name == "CookieJar" {
        let constructor = Class::<Jar>::create_constructor(ctx)?.expect("jars can be made");
        return Ok(constructor.into_inner().into_value());
    }
    let http = Http { state: Rc::clone(state) };
    let without_body = WITHOUT_BODY.iter().find(|(known, _)| *known == name);
    let with_body = WITH_BODY.iter().find(|(known, _)| *known == name);
    let function = match (without_body, with_body) {
        (Some((_, method)), _) => request_without_body(ctx, http, method),
        (_, Some((_, method))) => request_with_body(ctx, http, method),
        _ => other_function(ctx, http, name),
    };
    Ok(function?.with_name(name)?.into_value())
}

fn request_without_body<'js>(ctx: &Ctx<'js>, http: Http, method: &'static Method) -> Result<Function<'js>> {
    let call = move |ctx: Ctx<'js>, url: Opt<Value<'js>>, params: Opt<Value<'js>>| {
        http.call(&ctx, Arguments { method: method.clone(), url: url.0, body: None, params: params.0 })
    };
    Function::new(ctx.clone(), call)
}

fn request_with_body<'js>(ctx: &Ctx<'js>, http: Http, method: &'static Method) -> Result<Function<'js>> {
    let call = move |ctx: Ctx<'js>, url: Opt<Value<'js>>, body: Opt<Value<'js>>, params: Opt<Value<'js>>| {
        http.call(&ctx, Arguments { method: method.clone(), url: url.0, body: body.0, params: params.0 })
    };
    Function::new(ctx.clone(), call)
}

fn other_function<'js>(ctx: &Ctx<'js>, http: Http, name: &str) -> Result<Function<'js>> {
    match name {
        "request" | "asyncRequest" => {
            let later = name == "asyncRequest";
            let call = move |ctx: Ctx<'js>,
                             method: Coerced<String>,
                             url: Opt<Value<'js>>,
                             body: Opt<Value<'js>>,
                             params: Opt<Value<'js>>| {
                let method = Method::from(method.0.as_str());
                let arguments = Arguments { method, url: url.0, body: body.0, params: params.0 };
                if later { http.call_later(&ctx, arguments) } else { http.call(&ctx, arguments) }
            };
            Function::new(ctx.clone(), call)
        }
        "batch" => {
            let call = move |ctx: Ctx<'js>, requests: Opt<Value<'js>>| {
                http.refuse_init(&ctx)?;
                batch::batch(&ctx, &http.state, requests.0.as_ref())
            };
            Function::new(ctx.clone(), call)
        }
        "file" => {
            let call = |ctx: Ctx<'js>,
                        data: Opt<Value<'js>>,
                        name: Opt<Coerced<String>>,
                        content_type: Opt<Coerced<String>>| {
                file::file(&ctx, data.0, name.0, content_type.0)
            };
            Function::new(ctx.clone(), call)
        }
        "cookieJar" => {
            let call = move |ctx: Ctx<'js>| Class::instance(ctx, Jar::of_vu(&http.state));
            Function::new(ctx.clone(), call)
        }
        "url" => {
            let url = |ctx: Ctx<'js>, strings: Array<'js>, values: Rest<Coerced<String>>| {
                url_template(&ctx, &strings, &values.0)
            };
            Function::new(ctx.clone(), url)
        }
        "expectedStatuses" => {
            let expected =
                |ctx: Ctx<'js>, statuses: Rest<Value<'js>>| expected::expected_statuses(&ctx, &statuses.0);
            Function::new(ctx.clone(), expected)
        }
        "setResponseCallback" => {
            let set = move |ctx: Ctx<'js>, callback: Value<'js>| -> Result<()> {
                *http.state.response_callback.borrow_mut() = ResponseCallback::from_value(&ctx, &callback)?;
                Ok(())
            };
            Function::new(ctx.clone(), set)
        }
        name => unreachable!("{name} is not among EXPORTS"),
    }
}

/// `` http.url`…/${id}` ``: the URL, and its name with the values left out.
fn url_template<'js>(
    ctx: &Ctx<'js>,
    strings: &Array<'js>,
    values: &[Coerced<String>],
) -> Result<Object<'js>> {
    let (mut url, mut name) = (String::new(), String::new());
    for (index, text) in strings.iter::<String>().enumerate() {
        let text = text?;
        url.push_str(&text);
        name.push_str(&text);
        if let Some(value) = values.get(index) {
            url.push_str(&value.0);
            name.push_str("${}");
        }
    }
    let object = Object::new(ctx.clone())?;
    object.set("name", name)?;
    object.set("clean_url", url.as_str())?;
    object.set("url", url)?;
    Ok(object)
}

/// The requests of one VU.
struct Http {
    state: Rc<VuState>,
}

impl Http {
    /// One call of `http.get` and its like.
    fn call<'js>(&self, ctx: &Ctx<'js>, arguments: Arguments<'js>) -> Result<Value<'js>> {
        self.refuse_init(ctx)?;
        let ended = match Call::prepare(ctx, &self.state, arguments)? {
            Ok(call) => {
                let waited = self.state.wait(call.run(&self.state.tags));
                waited.map_err(|Interrupted| Interrupted::throw(ctx))?
            }
            Err(refused) => refused,
        };
        ended.into_value(ctx, &self.state)
    }

    /// The same as a promise. The request is on its way when this returns, and its samples have the tags of
    /// now.
    fn call_later<'js>(&self, ctx: &Ctx<'js>, arguments: Arguments<'js>) -> Result<Value<'js>> {
        self.refuse_init(ctx)?;
        let call = match Call::prepare(ctx, &self.state, arguments)? {
            Ok(call) => call,
            Err(refused) => return Ok(settled(ctx, refused.into_value(ctx, &self.state))?.into_value()),
        };
        let (state, scope) = (Rc::clone(&self.state), RefCell::new(self.state.tags.borrow().clone()));
        let promise = self.state.event_loop.promise(ctx, async move {
            let ended = call.run(&scope).await;
            settle_with(move |ctx| ended.into_value(ctx, &state))
        })?;
        // Every wait drives what promises wait for, also one for nothing.
        self.state.wait(std::future::ready(())).map_err(|Interrupted| Interrupted::throw(ctx))?;
        Ok(promise.into_value())
    }

    fn refuse_init(&self, ctx: &Ctx<'_>) -> Result<()> {
        if self.state.phase.get() == Phase::Init {
            let message = "HTTP requests cannot be made in the init context; make them in default(), \
            setup() or teardown()";
            return Err(throw_host(ctx, message));
        }
        Ok(())
    }
}
