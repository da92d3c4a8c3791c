//! Fetching: redirects, statuses, limits, and several URLs at the same time.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_net::{Client, Limits, Method, NetError, Options, Proxies, Request, Response, Shared, redirect};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use super::address;
use crate::base::SOURCE_LIMIT;

/// Exchanges at the same time.
const CONCURRENCY: usize = 8;
/// As many as Go's client, which is k6's, follows.
const REDIRECT_LIMIT: usize = 10;

/// What a URL serves.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) bytes: Arc<[u8]>,
    /// Where redirects ended.
    pub(super) address: String,
}

/// Why a URL serves nothing that can be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// No answer.
    #[error("{0}")]
    Network(#[from] NetError),
    /// An answer that is no module.
    #[error("the server answered {0}")]
    Status(String),
    /// A circle, most likely.
    #[error("more than {REDIRECT_LIMIT} redirects, the last one to {0}")]
    TooManyRedirects(String),
    /// A redirect that is not followed.
    #[error("it redirects: {0}")]
    Redirect(String),
    /// The machine refused what every exchange needs.
    #[error("no thread could be made for it: {0}")]
    Resources(String),
}

impl FetchError {
    /// Whether the way to the server is at fault.
    pub(super) fn is_of_the_network(&self) -> bool {
        matches!(self, FetchError::Network(error) if !matches!(error, NetError::TooLarge { .. }))
    }
}

type Outcome = (String, Result<Fetched, FetchError>);

/// Fetches all these. Blocks the calling thread, on which there may be an event loop: that of the exchanges
/// has a thread of its own.
pub(super) fn all(urls: &[String], timeout: Duration) -> Vec<Outcome> {
    if urls.is_empty() {
        return Vec::new();
    }
    let outcomes = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, || block_on(urls, timeout))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    outcomes.unwrap_or_else(|error| {
        let failed = |url: &String| (url.clone(), Err(FetchError::Resources(error.to_string())));
        urls.iter().map(failed).collect()
    })
}

fn block_on(urls: &[String], timeout: Duration) -> io::Result<Vec<Outcome>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(LocalSet::new().block_on(&runtime, several(urls.to_vec(), timeout)))
}

async fn several(urls: Vec<String>, timeout: Duration) -> Vec<Outcome> {
    let limits = Limits { body_bytes: SOURCE_LIMIT as usize, ..Limits::default() };
    // What is wrong with the variables is said where the run reads them.
    let proxies = Proxies::from_variables(|name| std::env::var(name).ok()).unwrap_or_default();
    let client =
        Rc::new(Client::new(Shared::new(Arc::new(Options { limits, proxies, ..Options::default() }))));
    let mut tasks = JoinSet::new();
    let count = urls.len();
    let queue = Rc::new(RefCell::new(urls.into_iter()));
    for _ in 0..CONCURRENCY.min(count) {
        let (client, queue) = (Rc::clone(&client), Rc::clone(&queue));
        tasks.spawn_local(async move {
            let mut outcomes = Vec::new();
            loop {
                let next = queue.borrow_mut().next();
                let Some(url) = next else { return outcomes };
                let outcome = one(&client, &url, Instant::now() + timeout).await;
                outcomes.push((url, outcome));
            }
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

async fn one(client: &Client, url: &str, deadline: Instant) -> Result<Fetched, FetchError> {
    let mut request = Request::new(Method::GET, plimsoll_net::Url::parse(url)?);
    for _ in 0..=REDIRECT_LIMIT {
        let mut response = client.exchange(&request, deadline).await.result?;
        match redirect::next(&request, &response) {
            Some(next) => request = followed(&request, next?)?,
            None => {
                response.decode_body(SOURCE_LIMIT as usize)?;
                return content(&response, request.url.as_str());
            }
        }
    }
    Err(FetchError::TooManyRedirects(request.url.as_str().to_owned()))
}

/// The next request, if it is as safe as the one before.
fn followed(from: &Request, mut to: Request) -> Result<Request, FetchError> {
    let text = to.url.as_str();
    let parsed = address::parse(text).map_err(|problem| FetchError::Redirect(problem.message))?;
    if from.url.is_secure() && parsed.scheme() != "https" {
        return Err(FetchError::Redirect(format!("to {parsed}, which is not https")));
    }
    to.url = plimsoll_net::Url::parse(parsed.as_str())?;
    Ok(to)
}

fn content(response: &Response, address: &str) -> Result<Fetched, FetchError> {
    match response.status {
        200..=299 => Ok(Fetched { bytes: Arc::from(&*response.body), address: address.to_owned() }),
        _ => Err(FetchError::Status(response.status_text())),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_server_that_never_answers_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let urls: Vec<String> = (0..20).map(|n| format!("http://{address}/{n}.js")).collect();
        let outcomes = all(&urls, Duration::from_millis(50));
        assert_eq!(outcomes.len(), 20);
        for (url, outcome) in outcomes {
            let error = outcome.expect_err("no answer");
            assert!(urls.contains(&url) && error.is_of_the_network(), "{url}");
            assert_eq!(error.to_string(), "request timeout");
        }
    }

    #[tokio::test]
    async fn an_event_loop_of_the_caller_is_no_obstacle() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/a.js", listener.local_addr().expect("bound"));
        drop(listener);
        let outcomes = all(&[url], Duration::from_secs(10));
        assert!(matches!(outcomes[0].1, Err(FetchError::Network(NetError::Io { .. }))));
    }
}
