//! `http.batch`: many requests at once, in one wait of the VU.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-http/batch/>. At most `batch` of them run at
//! a time, and at most `batchPerHost` to one server; who waits keeps nobody else from starting.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use plimsoll_net::Method;
use rquickjs::object::Filter;
use rquickjs::{Array, Coerced, Ctx, Object, Result, Value};

use super::call::{Arguments, Call, Ended};
use crate::exception::throw_host;
use crate::state::{Interrupted, VuState};

/// Runs what the argument lists; the result has its form.
pub(super) fn batch<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    requests: Option<&Value<'js>>,
) -> Result<Value<'js>> {
    let entries = requests.and_then(Value::as_object).filter(|object| !object.is_function());
    let Some(entries) = entries else {
        let given = requests.map_or("undefined", |value| value.type_name());
        let message = format!("invalid http.batch() argument type {given}: expected an array or an object");
        return Err(throw_host(ctx, &message));
    };
    let named = named(entries)?;
    let names: Vec<String> = named.iter().map(|(name, _)| name.clone()).collect();
    let mut calls = Vec::with_capacity(named.len());
    for (name, entry) in named {
        calls.push(Call::prepare(ctx, state, arguments(ctx, &name, entry)?)?);
    }
    let ended = match calls.iter().position(std::result::Result::is_err) {
        Some(culprit) => left_out(calls, culprit, &names[culprit]),
        None => {
            let calls = calls.into_iter().filter_map(std::result::Result::ok).collect();
            let script = &state.worker.script;
            let running = Running::new(state, calls, script.batch, script.batch_per_host);
            state.wait(running.all()).map_err(|Interrupted| Interrupted::throw(ctx))?
        }
    };
    let results =
        if entries.is_array() { Array::new(ctx.clone())?.into_object() } else { Object::new(ctx.clone())? };
    for (name, ended) in names.iter().zip(ended) {
        results.set(name.as_str(), ended.into_value(ctx, state)?)?;
    }
    Ok(results.into_value())
}

/// The entries by index or name.
fn named<'js>(entries: &Object<'js>) -> Result<Vec<(String, Value<'js>)>> {
    match entries.as_array() {
        Some(array) => {
            array.iter().enumerate().map(|(index, entry)| Ok((index.to_string(), entry?))).collect()
        }
        None => entries.own_props::<String, Value<'js>>(Filter::default()).collect(),
    }
}

/// What one entry says: a URL, `[method, url, body, params]`, or an object with these.
fn arguments<'js>(ctx: &Ctx<'js>, name: &str, entry: Value<'js>) -> Result<Arguments<'js>> {
    let wrong = |what: String| throw_host(ctx, &format!("invalid request {name} of http.batch(): {what}"));
    let get = |url| Arguments { method: Method::GET, url: Some(url), body: None, params: None };
    if let Some(array) = entry.as_array() {
        if array.len() < 2 {
            return Err(wrong("an array needs a method and a URL".to_owned()));
        }
        let method = array.get::<Coerced<String>>(0)?.0;
        let at = |index: usize| -> Result<Option<Value<'js>>> {
            if index < array.len() { array.get(index).map(Some) } else { Ok(None) }
        };
        return Ok(Arguments { method: method.as_str().into(), url: at(1)?, body: at(2)?, params: at(3)? });
    }
    if entry.is_string() {
        return Ok(get(entry));
    }
    let Some(object) = entry.as_object() else {
        return Err(wrong(format!("expected a URL, an array or an object, not {}", entry.type_name())));
    };
    if object.contains_key("clean_url")? {
        return Ok(get(entry));
    }
    let url: Value<'js> = object.get("url")?;
    if url.is_undefined() || url.is_null() {
        return Err(wrong("the object has no url".to_owned()));
    }
    let method = object.get::<_, Option<Coerced<String>>>("method")?.map_or_else(String::new, |text| text.0);
    let method = Method::from(method.to_uppercase().as_str());
    let has_body = method != Method::GET && method != Method::HEAD;
    let body = if has_body { Some(object.get("body")?) } else { None };
    Ok(Arguments { method, url: Some(url), body, params: Some(object.get("params")?) })
}

/// One entry cannot be made, so none is sent.
fn left_out(calls: Vec<std::result::Result<Call, Ended>>, culprit: usize, name: &str) -> Vec<Ended> {
    let end = |(index, call): (usize, std::result::Result<Call, Ended>)| match call {
        Err(ended) if index == culprit || ended.was_refused() => ended,
        Err(ended) => Ended::left_out(ended.fact.url, name),
        Ok(call) => Ended::left_out(call.request.url.as_str().to_owned(), name),
    };
    calls.into_iter().enumerate().map(end).collect()
}

type Run = Pin<Box<dyn Future<Output = Ended>>>;

/// The calls of one batch.
struct Running {
    state: Rc<VuState>,
    /// In their order; taken when they start.
    waiting: Vec<Option<Call>>,
    running: Vec<(usize, String, Run)>,
    ended: Vec<Option<Ended>>,
    limit: usize,
    limit_per_server: usize,
}

impl Running {
    /// Zero is no limit.
    fn new(state: &Rc<VuState>, calls: Vec<Call>, limit: u32, limit_per_server: u32) -> Self {
        let limit_of = |limit: u32| if limit == 0 { usize::MAX } else { limit as usize };
        Running {
            state: Rc::clone(state),
            ended: calls.iter().map(|_| None).collect(),
            waiting: calls.into_iter().map(Some).collect(),
            running: Vec::new(),
            limit: limit_of(limit),
            limit_per_server: limit_of(limit_per_server),
        }
    }

    async fn all(mut self) -> Vec<Ended> {
        poll_fn(|cx| self.poll(cx)).await;
        self.ended.into_iter().flatten().collect()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.start();
            if self.running.is_empty() {
                return Poll::Ready(());
            }
            let before = self.running.len();
            let ended = &mut self.ended;
            self.running.retain_mut(|(index, _, run)| match run.as_mut().poll(cx) {
                Poll::Ready(end) => {
                    ended[*index] = Some(end);
                    false
                }
                Poll::Pending => true,
            });
            // Whoever ended makes room for others, which have to be polled once.
            if self.running.len() == before {
                return Poll::Pending;
            }
        }
    }

    fn start(&mut self) {
        for index in 0..self.waiting.len() {
            if self.running.len() >= self.limit {
                return;
            }
            let Some(call) = &self.waiting[index] else { continue };
            let to_server = self.running.iter().filter(|(_, server, _)| server == call.server()).count();
            if to_server >= self.limit_per_server {
                continue;
            }
            let Some(call) = self.waiting[index].take() else { continue };
            let (server, state) = (call.server().to_owned(), Rc::clone(&self.state));
            let run = async move { call.run(&state.tags).await };
            self.running.push((index, server, Box::pin(run)));
        }
    }
}
