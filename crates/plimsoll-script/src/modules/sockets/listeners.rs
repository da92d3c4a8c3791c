//! Functions that a script has registered for events.

use std::cell::RefCell;

use rquickjs::class::{Trace, Tracer};
use rquickjs::{Function, JsLifetime};

/// Functions in the order in which they were registered.
#[derive(Default, JsLifetime)]
pub(crate) struct Listeners<'js> {
    list: RefCell<Vec<Listener<'js>>>,
}

#[derive(JsLifetime)]
struct Listener<'js> {
    event: String,
    function: Function<'js>,
    once: bool,
}

impl<'js> Trace<'js> for Listeners<'js> {
    fn trace<'a>(&self, tracer: Tracer<'a, 'js>) {
        let list = self.list.try_borrow();
        list.iter().flat_map(|list| list.iter()).for_each(|listener| listener.function.trace(tracer));
    }
}

impl<'js> Listeners<'js> {
    /// Registers a function; `once` forgets it when the event has come.
    pub(crate) fn add(&self, event: &str, function: Function<'js>, once: bool) {
        let mut list = self.list.borrow_mut();
        list.reserve_exact(1);
        list.push(Listener { event: event.to_owned(), function, once });
    }

    /// Forgets the first that is this function.
    pub(crate) fn remove(&self, event: &str, function: &Function<'js>) {
        let found = self.position(|listener| listener.event == event && listener.function == *function);
        let removed = found.map(|at| self.list.borrow_mut().remove(at));
        drop(removed);
    }

    /// Forgets all of one event.
    pub(crate) fn remove_all(&self, event: &str) {
        let removed: Vec<_> = self.list.borrow_mut().extract_if(.., |one| one.event == event).collect();
        drop(removed);
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        let list = self.list.take();
        drop(list);
    }

    /// Whether the function is registered.
    pub(crate) fn contains(&self, event: &str, function: &Function<'js>) -> bool {
        self.position(|listener| listener.event == event && listener.function == *function).is_some()
    }

    /// Whether anybody listens.
    pub(crate) fn hears(&self, event: &str) -> bool {
        self.position(|listener| listener.event == event).is_some()
    }

    /// The functions for an event that has come.
    pub(crate) fn take(&self, event: &str) -> Vec<Function<'js>> {
        let mut list = self.list.borrow_mut();
        let of_event = |listener: &&Listener<'js>| listener.event == event;
        let functions = list.iter().filter(of_event).map(|listener| listener.function.clone()).collect();
        list.retain(|listener| !listener.once || listener.event != event);
        functions
    }

    fn position(&self, wanted: impl FnMut(&Listener<'js>) -> bool) -> Option<usize> {
        self.list.borrow().iter().position(wanted)
    }
}
