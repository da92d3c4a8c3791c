//! `k6/http`: requests. Registers the functions and runs one call: parameters → exchanges → samples →
//! response.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-http/>.

mod body;
mod expected;
mod fact;
mod page;
mod params;
mod response;
mod selector;

use std::rc::Rc;

use plimsoll_net::{ErrorCode, Exchange, Method, Request, redirect};
use rquickjs::function::{Opt, Rest};
use rquickjs::{Array, Coerced, Ctx, Function, Object, Result, Value};
use tokio::time::Instant;

pub(crate) use self::expected::ResponseCallback;
use self::fact::ResponseFact;
pub(crate) use self::fact::headers_of;
use self::params::{Params, ResponseType};
pub(crate) use self::response::FieldTable;
use self::response::Response;
use super::not_yet;
use crate::exception::throw_host;
use crate::series::{HttpFact, record_http};
use crate::state::{Interrupted, Phase, VuState};
use crate::worker::Target;

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
        http.call(&ctx, method.clone(), url.0, None, params.0)
    };
    Function::new(ctx.clone(), call)
}

fn request_with_body<'js>(ctx: &Ctx<'js>, http: Http, method: &'static Method) -> Result<Function<'js>> {
    let call = move |ctx: Ctx<'js>, url: Opt<Value<'js>>, body: Opt<Value<'js>>, params: Opt<Value<'js>>| {
        http.call(&ctx, method.clone(), url.0, body.0, params.0)
    };
    Function::new(ctx.clone(), call)
}

fn other_function<'js>(ctx: &Ctx<'js>, http: Http, name: &str) -> Result<Function<'js>> {
    match name {
        "request" => {
            let call = move |ctx: Ctx<'js>,
                             method: Coerced<String>,
                             url: Opt<Value<'js>>,
                             body: Opt<Value<'js>>,
                             params: Opt<Value<'js>>| {
                http.call(&ctx, Method::from(method.0.as_str()), url.0, body.0, params.0)
            };
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
        name => {
            let name = name.to_owned();
            let refuse = move |ctx: Ctx<'js>| not_yet::<()>(&ctx, &format!("http.{name}"));
            Ok(Function::new(ctx.clone(), refuse)?.with_constructor(true))
        }
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
    fn call<'js>(
        &self,
        ctx: &Ctx<'js>,
        method: Method,
        url: Option<Value<'js>>,
        body: Option<Value<'js>>,
        params: Option<Value<'js>>,
    ) -> Result<Value<'js>> {
        if self.state.phase.get() == Phase::Init {
            let message = "HTTP requests cannot be made in the init context; make them in default(), \
            setup() or teardown()";
            return Err(throw_host(ctx, message));
        }
        let mut params = Params::from_value(ctx, &self.state, params)?;
        let url = self.url_text(&mut params, url)?;
        let target = match self.state.worker.target(&url) {
            Ok(target) => target,
            Err(error) => return self.refuse(ctx, &params, method.as_str(), url, &error),
        };
        let body = body::from_value(ctx, body)?;
        let mut request = Request::new(method, target.url.clone());
        for (name, value) in params.headers.iter() {
            request.headers.set(name, value);
        }
        if let Some(content_type) =
            body.content_type.filter(|_| request.headers.get("Content-Type").is_none())
        {
            request.headers.set("Content-Type", &content_type);
        }
        request.body = body.bytes;
        request.discard_response_body = params.response_type == ResponseType::None;
        self.run(ctx, &params, request, target)
    }

    /// The URL as text. An `http.url` object also gives the request its name, unless the call names it
    /// itself.
    fn url_text<'js>(&self, params: &mut Params, url: Option<Value<'js>>) -> Result<String> {
        let Some(url) = url else { return Ok(String::new()) };
        let template = url.as_object().map(|object| -> Result<_> {
            Ok((object.get::<_, Option<String>>("url")?, object.get::<_, Option<String>>("name")?))
        });
        if let Some((Some(text), Some(name))) = template.transpose()? {
            let name = self.state.worker.shard().symbol(&name);
            params.tags.insert(0, (plimsoll_metrics::tag::NAME, name));
            return Ok(text);
        }
        Ok(url.get::<Coerced<String>>()?.0)
    }

    /// Follows redirects until there is a response for the script.
    fn run<'js>(
        &self,
        ctx: &Ctx<'js>,
        params: &Params,
        mut request: Request,
        mut target: Rc<Target>,
    ) -> Result<Value<'js>> {
        let state = &self.state;
        let deadline = Instant::now() + params.timeout;
        let limit = params.redirects.unwrap_or(state.worker.script.max_redirects);
        for hop in 0.. {
            self.attach_cookies(&mut request, params, hop == 0);
            let mut exchange = state.exchange(&request, deadline).map_err(|_| Interrupted::throw(ctx))?;
            self.decode(&mut exchange);
            self.store_cookies(&request, &exchange);
            let error = self.record(params, &request, &target, &exchange);
            let next = exchange
                .result
                .as_ref()
                .ok()
                .filter(|_| hop < limit)
                .and_then(|response| redirect::next(&request, response));
            match next {
                Some(Ok(following)) => {
                    target = Rc::new(state.worker.describe(following.url.clone()));
                    request = following;
                }
                Some(Err(error)) => {
                    return self.refuse(
                        ctx,
                        params,
                        request.method.as_str(),
                        request.url.as_str().to_owned(),
                        &error,
                    );
                }
                None => return self.finish(ctx, params, request, exchange, error),
            }
        }
        unreachable!("the loop ends with a response")
    }

    fn decode(&self, exchange: &mut Exchange) {
        let limit = self.state.worker.net.options().limits.body_bytes;
        let decoded = exchange.result.as_mut().map(|response| response.decode_body(limit));
        if let Ok(Err(error)) = decoded {
            exchange.result = Err(error);
        }
    }

    /// Records the samples of one exchange; returns its error code and message.
    fn record(
        &self,
        params: &Params,
        request: &Request,
        target: &Target,
        exchange: &Exchange,
    ) -> (u16, String) {
        let (status, code, message) = match &exchange.result {
            Ok(response) => (
                response.status,
                ErrorCode::of_status(response.status).map_or(0, ErrorCode::get),
                String::new(),
            ),
            Err(error) => (0, error.code().get(), error.to_string()),
        };
        let fact = HttpFact {
            method: &request.method,
            target,
            tags: &params.tags,
            exchange,
            lateness: self.state.lateness(),
            expected: params.callback.judge(status),
            error: (code != 0).then_some((code, (!message.is_empty()).then_some(message.as_str()))),
        };
        record_http(&self.state.worker, &mut self.state.tags.borrow_mut(), &fact);
        (code, message)
    }

    fn finish<'js>(
        &self,
        ctx: &Ctx<'js>,
        params: &Params,
        request: Request,
        exchange: Exchange,
        error: (u16, String),
    ) -> Result<Value<'js>> {
        let (error_code, message) = error;
        if exchange.result.is_err() {
            let text = format!("{} \"{}\": {message}", request.method.as_str(), request.url.masked());
            if params.throw {
                return Err(throw_host(ctx, &text));
            }
            self.state.worker.log_failure(error_code, &text);
        }
        let fact = ResponseFact {
            url: request.url.as_str().to_owned(),
            request: Some(request),
            exchange: Some(exchange),
            response_type: params.response_type,
            error: message,
            error_code,
        };
        Response::object(ctx, &self.state, fact)
    }

    /// Ends a call that cannot become a request: an exception under `throw`, else a response with status 0.
    fn refuse<'js>(
        &self,
        ctx: &Ctx<'js>,
        params: &Params,
        method: &str,
        url: String,
        error: &plimsoll_net::NetError,
    ) -> Result<Value<'js>> {
        let text = format!("{method} \"{url}\": {error}");
        if params.throw {
            return Err(throw_host(ctx, &text));
        }
        self.state.worker.log_failure(error.code().get(), &text);
        let fact = ResponseFact::invalid(url, error.to_string(), error.code().get());
        Response::object(ctx, &self.state, fact)
    }

    /// Sets the `Cookie` header: the script's own header (on the first hop), the call's cookies, then the
    /// jar's.
    fn attach_cookies(&self, request: &mut Request, params: &Params, first_hop: bool) {
        let jar = self.state.jar.borrow();
        if jar.is_empty() && params.cookies.is_empty() {
            return;
        }
        let own = request.headers.get("Cookie").filter(|_| first_hop).map(str::to_owned);
        let mut cookies: Vec<String> = own.into_iter().collect();
        cookies.extend(params.cookies.iter().map(|(name, value)| format!("{name}={value}")));
        cookies
            .extend(jar.cookies_for_url(&request.url).iter().map(|(name, value)| format!("{name}={value}")));
        if !cookies.is_empty() {
            request.headers.set("Cookie", &cookies.join("; "));
        }
    }

    fn store_cookies(&self, request: &Request, exchange: &Exchange) {
        if let Ok(response) = &exchange.result {
            self.state.jar.borrow_mut().receive(&request.url, response);
        }
    }
}
