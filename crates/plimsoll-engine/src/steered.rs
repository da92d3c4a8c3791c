//! Scenarios whose arrival rate is steered: the same [loop](crate::arrival), along one course after the
//! other.
//!
//! Each worker watches the [wishes](crate::control) and goes through its own stripe of the present course's
//! arrivals, counted from the moment at which that course was wanted. When another course is wanted it leaves
//! the old one where it is: what was due on it has been started or dropped, nothing else is.

use plimsoll_plan::{Arrivals, scenario::Course};
use tokio::{sync::watch, time::Instant};

use crate::{
    arrival::Usher, control::Wishes, exchange::Peer, interrupt::Interrupt, pacer::Pacer, vu::VuFactory,
};

/// A course, and since when it is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Heading {
    pub(crate) course: Course,
    pub(crate) since: Instant,
}

/// One worker's way along a course.
struct Way {
    heading: Option<Heading>,
    stripe: std::iter::StepBy<std::iter::Skip<Arrivals>>,
}

impl Way {
    fn new(heading: Option<Heading>, part: usize, parts: usize) -> Self {
        let still = Course { rate: 0.0, seed: None };
        let arrivals = heading.map_or(still, |heading| heading.course).arrivals();
        Self { heading, stripe: arrivals.skip(part).step_by(parts) }
    }

    fn next(&mut self) -> Option<Instant> {
        Some(self.heading?.since + self.stripe.next()?.at)
    }
}

/// What ended the wait for an arrival.
enum Waited {
    Due,
    Elsewhere,
    Interrupted,
}

impl<F: VuFactory> Usher<F> {
    /// Finds each arrival a VU, until everything is interrupted: only a stop ends the scenario.
    pub(crate) async fn follow(&self, number: usize, peers: Vec<Peer>, pacer: &Pacer, interrupt: &Interrupt) {
        let mut wishes = self.control().watch();
        let heading = wishes.borrow_and_update().heading(self.scenario());
        let mut way = Way::new(heading, number, peers.len());
        loop {
            let due_at = way.next();
            match self.wait(due_at, way.heading, &mut wishes, pacer, interrupt).await {
                Waited::Due => self.place(due_at.unwrap_or_else(Instant::now), &peers).await,
                Waited::Elsewhere => {
                    let heading = wishes.borrow().heading(self.scenario());
                    way = Way::new(heading, number, peers.len());
                }
                Waited::Interrupted => return,
            }
        }
    }

    async fn wait(
        &self,
        due_at: Option<Instant>,
        heading: Option<Heading>,
        wishes: &mut watch::Receiver<Wishes>,
        pacer: &Pacer,
        interrupt: &Interrupt,
    ) -> Waited {
        let at = due_at.unwrap_or_else(|| self.end());
        loop {
            tokio::select! {
                biased;
                // The sender cannot be gone: the worker holds it.
                _ = wishes.changed() => {
                    if wishes.borrow_and_update().heading(self.scenario()) != heading {
                        return Waited::Elsewhere;
                    }
                }
                reached = pacer.reaches(at, interrupt) => {
                    return if reached && due_at.is_some() { Waited::Due } else { Waited::Interrupted };
                }
            }
        }
    }
}
