//! The connections of one client that its exchanges share: HTTP/2, one for each origin and identity.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::http::h2::Session;
use crate::http::url::Origin;
use crate::tls::ClientIdentity;

#[derive(Debug, Default)]
pub(crate) struct Lines {
    lines: RefCell<Vec<Line>>,
    /// Whoever connects holds the lock of the place that it connects to.
    dialing: RefCell<Vec<(Place, Rc<Mutex<()>>)>>,
}

#[derive(Debug)]
struct Line {
    place: Place,
    session: Rc<Session>,
}

#[derive(Debug, PartialEq)]
struct Place {
    origin: Arc<Origin>,
    identity: Option<ClientIdentity>,
}

impl Place {
    fn is(&self, origin: &Arc<Origin>, identity: Option<&ClientIdentity>) -> bool {
        (Arc::ptr_eq(&self.origin, origin) || self.origin == *origin) && self.identity.as_ref() == identity
    }
}

impl Lines {
    /// A connection that takes another exchange, as far as is known.
    pub(crate) fn find(
        &self,
        origin: &Arc<Origin>,
        identity: Option<&ClientIdentity>,
    ) -> Option<Rc<Session>> {
        let mut lines = self.lines.borrow_mut();
        let at = lines.iter().position(|line| line.place.is(origin, identity))?;
        if lines[at].session.is_closed() {
            lines.remove(at);
            return None;
        }
        Some(Rc::clone(&lines[at].session))
    }

    pub(crate) fn keep(
        &self,
        origin: &Arc<Origin>,
        identity: Option<&ClientIdentity>,
        session: &Rc<Session>,
    ) {
        let place = Place { origin: Arc::clone(origin), identity: identity.cloned() };
        self.dialing.borrow_mut().retain(|(dialed, _)| *dialed != place);
        let mut lines = self.lines.borrow_mut();
        if lines.len() == lines.capacity() {
            lines.reserve_exact(1);
        }
        lines.push(Line { place, session: Rc::clone(session) });
    }

    /// What whoever wants to connect there locks first.
    pub(crate) fn dialing(&self, origin: &Arc<Origin>, identity: Option<&ClientIdentity>) -> Rc<Mutex<()>> {
        let mut dialing = self.dialing.borrow_mut();
        // Those that nobody waits for any more.
        dialing.retain(|(_, lock)| Rc::strong_count(lock) > 1);
        if let Some((_, lock)) = dialing.iter().find(|(place, _)| place.is(origin, identity)) {
            return Rc::clone(lock);
        }
        let place = Place { origin: Arc::clone(origin), identity: identity.cloned() };
        let lock = Rc::<Mutex<()>>::default();
        dialing.push((place, Rc::clone(&lock)));
        lock
    }

    pub(crate) fn forget(&self, session: &Rc<Session>) {
        self.lines.borrow_mut().retain(|line| !Rc::ptr_eq(&line.session, session));
    }

    /// Closes all of them, those in use as soon as they are not.
    pub(crate) fn clear(&self) {
        self.lines.take();
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.borrow().len()
    }
}
