//! One call: its arguments become a [`Call`], which runs without JavaScript, and its end becomes a response.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use plimsoll_net::{ErrorCode, Exchange, Method, NetError, Request, Url, redirect};
use rquickjs::{Coerced, Ctx, Result, Value};
use tokio::time::Instant;

use super::auth::Login;
use super::body;
use super::debug;
use super::fact::ResponseFact;
use super::flaw::{Flaw, Flawed};
use super::params::{Params, ResponseType};
use super::response::Response;
use crate::exception::throw_host;
use crate::series::{HttpFact, record_http};
use crate::state::VuState;
use crate::tag_scope::TagScope;
use crate::worker::Target;

/// The arguments of a call.
pub(super) struct Arguments<'js> {
    pub(super) method: Method,
    pub(super) url: Option<Value<'js>>,
    pub(super) body: Option<Value<'js>>,
    pub(super) params: Option<Value<'js>>,
}

/// A call that can be made.
pub(super) struct Call {
    pub(super) state: Rc<VuState>,
    pub(super) params: Params,
    pub(super) request: Request,
    target: Rc<Target>,
}

/// What is special about one of the exchanges of a call.
#[derive(Clone, Copy)]
pub(super) struct Leg<'a> {
    /// Whether a refusal belongs to the way in which the server learns who asks.
    pub(super) expects_401: bool,
    /// The number of the request in the log.
    pub(super) debug_id: Option<&'a str>,
}

/// How a call ended.
pub(super) struct Ended {
    pub(super) fact: ResponseFact,
    /// What is logged, or thrown under `throw`; `None` when there is a response.
    failure: Option<String>,
    throw: bool,
}

impl Call {
    /// Reads the arguments.
    ///
    /// # Errors
    /// How it ended when it cannot be made; or an exception of the script's own code.
    pub(super) fn prepare<'js>(
        ctx: &Ctx<'js>,
        state: &Rc<VuState>,
        arguments: Arguments<'js>,
    ) -> Result<std::result::Result<Self, Ended>> {
        let mut params = Params::defaults(state);
        let method = arguments.method.clone();
        let mut url = String::new();
        match read(ctx, state, &mut params, &mut url, arguments) {
            Ok((request, target)) => Ok(Ok(Call { state: Rc::clone(state), params, request, target })),
            Err(Flaw::Threw(error)) => Err(error),
            Err(Flaw::Refused { message, code }) => {
                Ok(Err(Ended::refused(method.as_str(), url, message, code, params.throw)))
            }
        }
    }

    /// Where it goes: a key for requests to the same server.
    pub(super) fn server(&self) -> &str {
        self.request.url.authority()
    }

    /// Makes the request and follows redirects until there is a response for the script. Samples get the tags
    /// of `scope`.
    pub(super) async fn run(mut self, scope: &RefCell<TagScope>) -> Ended {
        let script = Rc::clone(&self.state.worker);
        let limit = self.params.redirects.unwrap_or(script.script.max_redirects);
        let mut login = Login::new(self.params.auth, &self.request.url);
        let mut deadline = None;
        for hop in 0.. {
            self.attach_cookies(hop == 0);
            self.state.wait_for_turn().await;
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + self.params.timeout);
            let (exchange, error) = login.send(&self, scope, deadline).await;
            let response = exchange.result.as_ref().ok();
            let next = response.and_then(|response| redirect::next(&self.request, response));
            match next {
                Some(_) if hop >= limit => {
                    if self.params.redirects.is_none() {
                        self.state.worker.warn_of_redirects(limit, self.request.url.masked());
                    }
                    return self.end(exchange, error);
                }
                Some(Ok(following)) => {
                    self.target = Rc::new(self.state.worker.describe(following.url.clone()));
                    self.request = following;
                }
                Some(Err(error)) => return self.refuse(&error),
                None => return self.end(exchange, error),
            }
        }
        unreachable!("the loop ends with a response")
    }

    /// What every exchange needs afterwards: decoding, cookies, samples. Returns its error code and message.
    pub(super) fn conclude(
        &self,
        scope: &RefCell<TagScope>,
        exchange: &mut Exchange,
        leg: Leg<'_>,
    ) -> (u16, String) {
        let net = &self.state.worker.net;
        let limit = net.options().limits.body_bytes;
        let decoded = exchange.result.as_mut().map(|response| response.decode_body(limit));
        if let Ok(Err(error)) = decoded {
            exchange.result = Err(error);
        }
        if let Ok(response) = &exchange.result {
            self.params.jar.borrow_mut().receive(&self.request.url, response);
        }
        debug::show_response(&self.state, leg.debug_id, exchange);
        self.record(scope, exchange, leg.expects_401)
    }

    fn record(&self, scope: &RefCell<TagScope>, exchange: &Exchange, expects_401: bool) -> (u16, String) {
        let (status, code, message) = match &exchange.result {
            Ok(response) => (
                response.status,
                ErrorCode::of_status(response.status).map_or(0, ErrorCode::get),
                String::new(),
            ),
            Err(error) => (0, error.code().get(), error.to_string()),
        };
        let judgement = self.params.callback.judge(status);
        let fact = HttpFact {
            method: &self.request.method,
            target: &self.target,
            tags: &self.params.tags,
            exchange,
            lateness: self.state.lateness(),
            expected: judgement.map(|expected| expected || expects_401 && status == 401),
            error: (code != 0).then_some((code, (!message.is_empty()).then_some(message.as_str()))),
        };
        record_http(&self.state.worker, &mut scope.borrow_mut(), &fact);
        (code, message)
    }

    fn end(self, exchange: Exchange, error: (u16, String)) -> Ended {
        let (error_code, message) = error;
        let request = &self.request;
        let failure = exchange
            .result
            .is_err()
            .then(|| format!("{} \"{}\": {message}", request.method.as_str(), request.url.masked()));
        let fact = ResponseFact {
            url: request.url.as_str().to_owned(),
            cookies: self.sent_cookies(),
            exchange: Some(exchange),
            response_type: self.params.response_type,
            error: message,
            error_code,
            request: Some(self.request),
        };
        Ended { fact, failure, throw: self.params.throw }
    }

    fn refuse(self, error: &NetError) -> Ended {
        let (method, url) = (self.request.method.as_str(), self.request.url.as_str().to_owned());
        Ended::refused(method, url, error.to_string(), error.code().get(), self.params.throw)
    }

    /// Sets the `Cookie` header: the script's own header (on the first hop), the call's cookies, then the
    /// jar's.
    fn attach_cookies(&mut self, first_hop: bool) {
        if self.params.jar.borrow().is_empty() && self.params.cookies.is_empty() {
            return;
        }
        let own = self.request.headers.get("Cookie").filter(|_| first_hop).map(str::to_owned);
        let cookies = self.sent_cookies();
        let pairs = cookies.iter().map(|(name, value, _)| format!("{name}={value}"));
        let cookies: Vec<String> = own.into_iter().chain(pairs).collect();
        if !cookies.is_empty() {
            self.request.headers.set("Cookie", &cookies.join("; "));
        }
    }

    /// Name, value and whether it replaces others, of what goes to the request's URL.
    fn sent_cookies(&self) -> Vec<(String, String, bool)> {
        let own = &self.params.cookies;
        let replaced = |name: &str| own.iter().any(|cookie| cookie.replace && cookie.name == name);
        let jar = self.params.jar.borrow();
        let kept = jar.cookies_for_url(&self.request.url).into_iter().filter(|(name, _)| !replaced(name));
        let kept = kept.map(|(name, value)| (name.to_owned(), value.to_owned(), false));
        own.iter()
            .map(|cookie| (cookie.name.clone(), cookie.value.clone(), cookie.replace))
            .chain(kept)
            .collect()
    }
}

impl Ended {
    fn refused(method: &str, url: String, message: String, code: u16, throw: bool) -> Self {
        // Texts that are no URL have no credentials that could be told apart.
        let shown = Url::parse(&url).map_or_else(|_| url.clone(), |url| url.masked().to_owned());
        let failure = Some(format!("{method} \"{shown}\": {message}"));
        Ended { fact: ResponseFact::invalid(url, message, code), failure, throw }
    }

    /// Whether it never became a request.
    pub(super) fn was_refused(&self) -> bool {
        self.fact.request.is_none()
    }

    /// One that was left out because another of its batch cannot be made.
    pub(super) fn left_out(url: String, culprit: &str) -> Self {
        let message = format!("not sent: request {culprit} of the batch cannot be made");
        let fact = ResponseFact::invalid(url, message, ErrorCode::GENERIC.get());
        Ended { fact, failure: None, throw: false }
    }

    /// The response, or the exception that `throw` asks for.
    pub(super) fn into_value<'js>(self, ctx: &Ctx<'js>, state: &VuState) -> Result<Value<'js>> {
        if let Some(failure) = &self.failure {
            if self.throw {
                return Err(throw_host(ctx, failure));
            }
            state.worker.log_failure(self.fact.error_code, failure);
        }
        Response::object(ctx, state, self.fact)
    }
}

fn read<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    params: &mut Params,
    url: &mut String,
    arguments: Arguments<'js>,
) -> Flawed<(Request, Rc<Target>)> {
    let name = url_text(url, arguments.url)?;
    params.read(ctx, state, arguments.params)?;
    if let Some(name) = name {
        // The call's own tag of that name comes later, and so counts.
        params.tags.insert(0, (plimsoll_metrics::tag::NAME, state.worker.shard().symbol(&name)));
    }
    let target = state.worker.target(url);
    let target =
        target.map_err(|error| Flaw::Refused { message: error.to_string(), code: error.code().get() })?;
    let (body, content_type) = body::from_value(ctx, arguments.body)?;
    let mut request = Request::new(arguments.method, target.url.clone());
    for (name, value) in params.headers.iter() {
        request.headers.set(name, value);
    }
    if let Some(content_type) = content_type.filter(|_| request.headers.get("Content-Type").is_none()) {
        request.headers.set("Content-Type", &content_type);
    }
    request.body = match (body, &params.compression) {
        (Some(body), Some(list)) => Some(body::compress(state, list, &body, &mut request.headers)?),
        (body, _) => body,
    };
    warn_of_length(&request);
    request.identity.clone_from(&params.identity);
    request.version = params.version();
    request.discard_response_body = params.response_type == ResponseType::None;
    Ok((request, target))
}

/// Reads the URL. Returns the name of an `http.url` object, which the request gets unless the call names it
/// itself.
fn url_text<'js>(text: &mut String, url: Option<Value<'js>>) -> Result<Option<String>> {
    let Some(url) = url else { return Ok(None) };
    let template = url.as_object().map(|object| -> Result<_> {
        Ok((object.get::<_, Option<String>>("url")?, object.get::<_, Option<String>>("name")?))
    });
    if let Some((Some(url), Some(name))) = template.transpose()? {
        *text = url;
        return Ok(Some(name));
    }
    *text = url.get::<Coerced<String>>()?.0;
    Ok(None)
}

/// The header is computed; a script that sets another is mistaken.
fn warn_of_length(request: &Request) {
    let Some(given) = request.headers.get("Content-Length") else { return };
    let length = request.body.as_ref().map_or(0, plimsoll_net::Body::len);
    if given.trim().parse() != Ok(length) {
        let (method, url) = (request.method.as_str(), request.url.masked());
        let given = Cow::Borrowed(given);
        tracing::warn!(target: "plimsoll", "the header Content-Length: {given} of {method} {url} is ignored: \
        the body has {length} bytes");
    }
}
