//! The stream behind an `EventSource`.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use plimsoll_metrics::{MetricId, Symbol, TagKey};
use plimsoll_net::event_stream::{EventStream, Opened, ServerEvent};
use tokio::time::Instant;

use super::Metrics;
use crate::state::VuState;
use crate::worker::Target;

/// `readyState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ready {
    Connecting,
    Open,
    Closed,
}

/// What has happened.
pub(super) enum Happening {
    Opened {
        status: u16,
    },
    Event(ServerEvent),
    /// The end, with what is wrong if something is.
    Ended {
        error: Option<String>,
        status: u16,
    },
}

pub(super) type Opening = Pin<Box<dyn Future<Output = Opened>>>;

enum Phase {
    Connecting(Opening),
    Open(Box<EventStream>),
    Closed,
}

/// One stream.
pub(super) struct Link {
    state: Rc<VuState>,
    metrics: Metrics,
    pub(super) target: Rc<Target>,
    tags: Vec<(TagKey, Symbol)>,
    phase: RefCell<Phase>,
    ready: Cell<Ready>,
    started_at: Instant,
    last_event: Cell<Option<Instant>>,
}

impl Link {
    pub(super) fn new(
        state: &Rc<VuState>,
        metrics: Metrics,
        target: Rc<Target>,
        tags: Vec<(TagKey, Symbol)>,
        opening: Opening,
    ) -> Self {
        Link {
            state: Rc::clone(state),
            metrics,
            target,
            tags,
            phase: RefCell::new(Phase::Connecting(opening)),
            ready: Cell::new(Ready::Connecting),
            started_at: Instant::now(),
            last_event: Cell::default(),
        }
    }

    pub(super) fn ready(&self) -> Ready {
        self.ready.get()
    }

    /// Ends the stream without a further event.
    pub(super) fn close(&self) {
        self.ready.set(Ready::Closed);
        if let Phase::Open(mut stream) = self.phase.replace(Phase::Closed) {
            self.state.count(stream.take_traffic());
        }
    }

    /// What happens next; `None` after the end.
    pub(super) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Happening>> {
        let mut phase = self.phase.borrow_mut();
        let happening = match &mut *phase {
            Phase::Closed => return Poll::Ready(None),
            Phase::Connecting(opening) => {
                let opened = std::task::ready!(opening.as_mut().poll(cx));
                self.opened(&mut phase, opened)
            }
            Phase::Open(stream) => match std::task::ready!(stream.poll_next(cx)) {
                Ok(Some(event)) => {
                    self.count_event(&event, stream.arrived_at());
                    Happening::Event(event)
                }
                Ok(None) => Happening::Ended { error: None, status: stream.response.status },
                Err(error) => {
                    Happening::Ended { error: Some(error.to_string()), status: stream.response.status }
                }
            },
        };
        drop(phase);
        if matches!(happening, Happening::Ended { .. }) {
            self.close();
        }
        Poll::Ready(Some(happening))
    }

    fn opened(&self, phase: &mut Phase, opened: Opened) -> Happening {
        self.state.count(opened.traffic);
        self.record(self.metrics.sessions, 1.0, None);
        let took = opened.ended_at.saturating_duration_since(opened.started_at);
        self.record(self.metrics.connecting, took.as_secs_f64() * 1e3, None);
        let stream = match opened.result {
            Ok(stream) => stream,
            Err(error) => {
                let shown = format!("EventSource \"{}\": {error}", self.target.shown);
                self.state.worker.log_failure(error.code().get(), &shown);
                return Happening::Ended { error: Some(error.to_string()), status: 0 };
            }
        };
        let status = stream.response.status;
        let kind = stream.response.headers.get_str("Content-Type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let refused = match (status, kind.as_str()) {
            (200, "text/event-stream") => None,
            (200, other) => Some(format!("the server sends {other:?}, not text/event-stream")),
            (status, _) => Some(format!("the server answered {status}")),
        };
        *phase = Phase::Open(Box::new(stream));
        match refused {
            None => {
                self.ready.set(Ready::Open);
                Happening::Opened { status }
            }
            error => Happening::Ended { error, status },
        }
    }

    fn count_event(&self, event: &ServerEvent, at: Instant) {
        let name = if event.name.is_empty() { "message" } else { &event.name };
        let (metric, since) = match self.last_event.replace(Some(at)) {
            None => (self.metrics.first_event, self.started_at),
            Some(last) => (self.metrics.event_gap, last),
        };
        self.record(metric, at.saturating_duration_since(since).as_secs_f64() * 1e3, None);
        self.record(self.metrics.events_received, 1.0, Some(name));
    }

    /// Records a value, of an event if it belongs to one.
    fn record(&self, metric: MetricId, value: f64, event: Option<&str>) {
        let mut tags = self.tags.clone();
        if let Some(event) = event {
            let mut shard = self.state.worker.shard();
            let key = shard.tag_key("event");
            tags.push((key, shard.symbol(event)));
        }
        self.state.record(metric, value, &tags);
    }
}
