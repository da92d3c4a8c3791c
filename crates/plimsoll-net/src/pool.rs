//! The idle connections of one client.
//!
//! A virtual user talks to a handful of origins, so this is a list searched from the end: the most recently
//! used connection is the least likely to have been closed by the server.

use std::sync::Arc;

use crate::connection::Connection;
use crate::http::url::Origin;
use crate::options::Options;
use crate::tls::ClientIdentity;

#[derive(Debug, Default)]
pub(crate) struct Pool {
    idle: Vec<Idle>,
}

#[derive(Debug)]
struct Idle {
    origin: Arc<Origin>,
    connection: Connection,
}

impl Pool {
    /// An idle connection to `origin`, as that client, that the server has not closed, as far as is known.
    /// Dead ones met on the way are dropped.
    pub(crate) fn take(
        &mut self,
        origin: &Arc<Origin>,
        identity: Option<&ClientIdentity>,
    ) -> Option<Connection> {
        let fits = |idle: &Idle| idle.is_to(origin) && idle.connection.identity.as_ref() == identity;
        while let Some(at) = self.idle.iter().rposition(fits) {
            let mut connection = self.idle.remove(at).connection;
            if connection.is_quiet() {
                connection.reused = true;
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection for later; over a limit, the oldest one is closed instead.
    pub(crate) fn put(&mut self, origin: &Arc<Origin>, connection: Connection, options: &Options) {
        let mut same_origin =
            self.idle.iter().enumerate().filter(|(_, idle)| idle.is_to(origin)).map(|(at, _)| at);
        let oldest_there = same_origin.next();
        let idle_there = usize::from(oldest_there.is_some()) + same_origin.count();
        let one_too_many = match oldest_there {
            Some(at) if idle_there >= options.max_idle_per_origin => Some(at),
            _ if !self.idle.is_empty() && self.idle.len() >= options.max_idle => Some(0),
            _ => None,
        };
        if let Some(at) = one_too_many {
            self.idle.remove(at);
        }
        // Most users have one connection for ever; the usual growth would make room for four.
        if self.idle.len() == self.idle.capacity() {
            self.idle.reserve_exact(1);
        }
        self.idle.push(Idle { origin: Arc::clone(origin), connection });
    }

    pub(crate) fn clear(&mut self) {
        // Gives the memory back, too: a virtual user may be idle for long.
        self.idle = Vec::new();
    }

    pub(crate) fn len(&self) -> usize {
        self.idle.len()
    }
}

impl Idle {
    fn is_to(&self, origin: &Arc<Origin>) -> bool {
        Arc::ptr_eq(&self.origin, origin) || self.origin == *origin
    }
}
