//! The way to a stream: cookies, and redirects until there is an answer.

use std::cell::RefCell;
use std::rc::Rc;

use plimsoll_net::event_stream::{EventStream, Opened};
use plimsoll_net::{CookieJar, Request, Shared, Traffic, redirect};
use tokio::time::Instant;

use crate::modules::sockets::with_cookies;
use crate::modules::ws::CONNECT_TIMEOUT;

/// Asks for a stream, and follows at most so many redirects. What comes back began with the first request,
/// and has the bytes of all.
pub(super) async fn open(
    shared: Shared,
    mut request: Request,
    jar: Rc<RefCell<CookieJar>>,
    mut redirects: u32,
) -> Opened {
    let started_at = Instant::now();
    let deadline = started_at + CONNECT_TIMEOUT;
    let mut traffic = Traffic::default();
    loop {
        let mut hop = request.clone();
        with_cookies(&jar.borrow(), &hop.url, &mut hop.headers);
        let mut opened = EventStream::open(&shared, &hop, deadline).await;
        traffic.add(opened.traffic);
        if let Ok(stream) = &mut opened.result {
            jar.borrow_mut().receive(&hop.url, &stream.response);
            match redirect::next(&request, &stream.response).filter(|_| redirects > 0) {
                None => {}
                Some(Err(error)) => opened.result = Err(error),
                Some(Ok(next)) => {
                    traffic.add(stream.take_traffic());
                    request = next;
                    redirects -= 1;
                    continue;
                }
            }
        }
        return Opened { started_at, traffic, ..opened };
    }
}
