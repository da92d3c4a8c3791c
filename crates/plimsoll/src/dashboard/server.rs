//! Which request gets which answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::channel::{Channel, Sender};
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Request, Response, StatusCode};
use plimsoll_report::html::{self, Stage};
use tokio::time::Instant;

use super::view::View;
use crate::serving::Answering;

/// Nothing is loaded from elsewhere, and nothing is sent there.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A page that takes long to draw is drawn more seldom: most of the time is left for the test.
const REST: u32 = 20;

/// The live page of a run.
pub(super) struct Dashboard {
    pub(super) view: Arc<View>,
    /// How often pages are brought up to date.
    pub(super) period: Duration,
}

type Answer = Response<Either<Full<Bytes>, Channel<Bytes, Infallible>>>;

impl Answering for Dashboard {
    type Body = Either<Full<Bytes>, Channel<Bytes, Infallible>>;

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut answer =
                text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "the dashboard can only be read\n");
            answer.headers_mut().insert(ALLOW, "GET, HEAD".parse().expect("ASCII"));
            return answer;
        }
        match request.uri().path() {
            "/" => {
                let (fragment, _) = self.view.now();
                let fragment = String::from_utf8_lossy(&fragment);
                text(StatusCode::OK, HTML, html::live(&self.view.watched.script, &fragment))
            }
            "/live.js" => text(StatusCode::OK, "text/javascript; charset=utf-8", html::LIVE_SCRIPT),
            "/events" => self.events(),
            "/report" => text(StatusCode::OK, HTML, self.view.report()),
            // Where k6 has its page.
            "/ui" | "/ui/" => {
                let mut answer = text(StatusCode::TEMPORARY_REDIRECT, "text/plain", "");
                answer.headers_mut().insert(LOCATION, "/".parse().expect("ASCII"));
                answer
            }
            // Browsers ask for it unasked, and complain when it is missing.
            "/favicon.ico" => text(StatusCode::NO_CONTENT, "image/x-icon", ""),
            _ => text(StatusCode::NOT_FOUND, "text/plain", "there is nothing here; the dashboard is at /\n"),
        }
    }
}

const HTML: &str = "text/html; charset=utf-8";

impl Dashboard {
    /// The newest state again and again, until the last.
    fn events(&self) -> Answer {
        let (sender, body) = Channel::new(1);
        tokio::task::spawn_local(tell(Arc::clone(&self.view), self.period, sender));
        let mut answer = Response::new(Either::Right(body));
        describe(&mut answer, "text/event-stream");
        answer
    }
}

/// Ends when the run has ended, or nobody listens any more.
async fn tell(view: Arc<View>, period: Duration, mut sender: Sender<Bytes>) {
    let mut readings = view.readings();
    loop {
        let began = Instant::now();
        let (fragment, stage) = view.now();
        let rest = period.max(began.elapsed() * REST);
        let name = if stage == Stage::Over { "over" } else { "report" };
        if sender.send_data(event(name, &fragment)).await.is_err() || stage == Stage::Over {
            return;
        }
        // A period passes, unless the run ends before; then whatever is new is told.
        let due = began + rest;
        while !view.now_is_final() {
            match tokio::time::timeout_at(due, readings.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                Err(_) => break,
            }
        }
    }
}

/// A server-sent event.
fn event(name: &str, data: &[u8]) -> Bytes {
    let mut event = format!("event: {name}\n").into_bytes();
    for line in data.split(|byte| *byte == b'\n') {
        event.extend_from_slice(b"data: ");
        event.extend_from_slice(line);
        event.push(b'\n');
    }
    event.push(b'\n');
    event.into()
}

fn text(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Either::Left(Full::new(body.into())));
    *answer.status_mut() = status;
    describe(&mut answer, kind);
    answer
}

fn describe(answer: &mut Answer, kind: &'static str) {
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in headers {
        answer.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_keeps_its_lines() {
        assert_eq!(event("report", b"<p>\n</p>"), "event: report\ndata: <p>\ndata: </p>\n\n");
    }
}
