//! Faults on demand: how a load tester's claims are tested against a target that misbehaves in known ways.
//!
//! Without settings a request pays for one atomic load. Start with [`Faults::strike`]; the settings are in
//! [`settings`], the server of known capacity in [`capacity`], the one that an overload keeps down in
//! [`retry_storm`], the one whose limit is a known resource in [`bound`].

mod bound;
mod capacity;
mod retry_storm;
mod settings;
mod workers;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::StatusCode;
use rand::RngExt as _;
use tokio::sync::watch;
use tokio::time::Instant;

use self::bound::Bound;
pub(crate) use self::bound::{BoundReading, Resource};
use self::retry_storm::{Refused, RetryStorm};
pub(crate) use self::settings::{Delay, FaultSettings, SettingsError};
use self::workers::Workers;
use crate::ledger::{Ledger, RouteId};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strike {
    /// Nothing; it goes on to its handler.
    Miss,
    /// It is answered with an error.
    Error(StatusCode),
    /// Its connection is reset.
    Reset,
}

/// The faults of a desk.
pub(crate) struct Faults {
    is_armed: AtomicBool,
    armed: RwLock<Arc<Armed>>,
    /// Until when no connection is accepted.
    accept_pause: watch::Sender<Option<Instant>>,
}

/// Settings, ready for use.
#[derive(Default)]
struct Armed {
    settings: FaultSettings,
    delays: Vec<(Option<RouteId>, Delay)>,
    errors: Vec<(Option<RouteId>, f64, StatusCode)>,
    resets: Vec<(Option<RouteId>, f64)>,
    stalled_until: Option<Instant>,
    capacity: Option<Workers>,
    retry_storm: Option<RetryStorm>,
    bound: Option<Bound>,
    /// Who looks at a desk that is overloaded must not have to queue for that.
    watch: Option<RouteId>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            is_armed: AtomicBool::new(false),
            armed: RwLock::default(),
            accept_pause: watch::Sender::new(None),
        }
    }
}

impl Faults {
    /// Replaces all faults; what `settings` leaves out is off. Pauses and stalls begin now.
    pub(crate) fn set(&self, settings: FaultSettings, ledger: &Ledger) -> Result<(), SettingsError> {
        let armed = settings.arm(ledger)?;
        let pause = armed.settings.pause_accept_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
        let is_armed = armed.settings != FaultSettings::default();
        *self.armed.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(armed);
        self.is_armed.store(is_armed, Ordering::Release);
        self.accept_pause.send_replace(pause);
        Ok(())
    }

    /// The faults in force.
    pub(crate) fn settings(&self) -> FaultSettings {
        self.armed().settings.clone()
    }

    /// Until when no connection is accepted, and every change of that.
    pub(crate) fn accept_pause(&self) -> watch::Receiver<Option<Instant>> {
        self.accept_pause.subscribe()
    }

    /// Delays a request as it deserves and says what becomes of it.
    pub(crate) async fn strike(&self, route: Option<RouteId>) -> Strike {
        if !self.is_armed.load(Ordering::Acquire) {
            return Strike::Miss;
        }
        let armed = self.armed();
        if let Some(until) = armed.stalled_until {
            tokio::time::sleep_until(until).await;
        }
        let is_watch = route.is_some() && route == armed.watch;
        if !is_watch && armed.queue().await == Err(Refused) {
            return Strike::Error(StatusCode::SERVICE_UNAVAILABLE);
        }
        let delay: Duration = of(&armed.delays, route).map(Delay::draw).sum();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        armed.outcome(route)
    }

    /// How busy the resource is that limits the desk, if one does.
    pub(crate) fn bound(&self) -> Option<BoundReading> {
        self.armed().bound.as_ref().map(Bound::read)
    }

    fn armed(&self) -> Arc<Armed> {
        Arc::clone(&self.armed.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The entries for this route, or for all.
fn of<T>(entries: &[(Option<RouteId>, T)], route: Option<RouteId>) -> impl Iterator<Item = &T> {
    entries.iter().filter(move |(only, _)| only.is_none() || *only == route).map(|(_, fault)| fault)
}

impl Armed {
    /// Waits wherever there is a queue.
    async fn queue(&self) -> Result<(), Refused> {
        if let Some(capacity) = &self.capacity {
            capacity.serve().await;
        }
        if let Some(storm) = &self.retry_storm {
            storm.serve().await?;
        }
        if let Some(bound) = &self.bound {
            bound.serve().await;
        }
        Ok(())
    }

    fn outcome(&self, route: Option<RouteId>) -> Strike {
        let concerns = |only: Option<RouteId>| only.is_none() || only == route;
        let happens = |rate: f64| rand::rng().random_bool(rate);
        if self.resets.iter().any(|&(only, rate)| concerns(only) && happens(rate)) {
            return Strike::Reset;
        }
        let error = self.errors.iter().find(|&&(only, rate, _)| concerns(only) && happens(rate));
        error.map_or(Strike::Miss, |&(_, _, status)| Strike::Error(status))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    fn ledger() -> Ledger {
        Ledger::new([(&Method::GET, "/a"), (&Method::GET, "/b")].into_iter())
    }

    fn faults(json: &str) -> (Faults, Ledger) {
        let (faults, ledger) = (Faults::default(), ledger());
        faults.set(serde_json::from_str(json).expect("valid settings"), &ledger).expect("known routes");
        (faults, ledger)
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_strikes_only_its_route() {
        let (faults, ledger) = faults(
            r#"{"errors":[{"route":"GET /a","rate":1,"status":502}],
                "latency":[{"route":"GET /b","delay":{"fixedMs":50}}]}"#,
        );
        let started = Instant::now();
        assert_eq!(faults.strike(ledger.by_name("GET /a")).await, Strike::Error(StatusCode::BAD_GATEWAY));
        assert!(started.elapsed().is_zero());
        assert_eq!(faults.strike(ledger.by_name("GET /b")).await, Strike::Miss);
        assert_eq!(started.elapsed().as_millis(), 50);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_over_when_it_is_over() {
        let (faults, _) = faults(r#"{"stallMs":300}"#);
        let started = Instant::now();
        tokio::time::sleep(Duration::from_millis(100)).await;
        faults.strike(None).await;
        faults.strike(None).await;
        assert_eq!(started.elapsed().as_millis(), 300);
    }

    #[tokio::test]
    async fn error_rates_are_kept() {
        let (faults, _) = faults(r#"{"errors":[{"rate":0.25,"status":500}]}"#);
        let mut errors = 0;
        for _ in 0..10_000 {
            errors += u32::from(faults.strike(None).await != Strike::Miss);
        }
        // Five standard deviations around 2,500.
        assert!((2_280..=2_720).contains(&errors), "{errors}");
    }
}
