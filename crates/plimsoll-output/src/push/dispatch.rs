//! Requests on their way: several at once, each tried again for a while, and what became of them.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::client::{Client, Post};
use super::error::PushError;
use crate::error::OutputError;
use crate::output::{News, Outlook, Setbacks};

/// The first pause between two attempts; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Sends requests without making their sender wait for the answers.
pub(crate) struct Dispatch {
    client: Arc<Client>,
    /// Requests on their way at once.
    limit: usize,
    /// How long a request is tried again.
    patience: Duration,
    tasks: JoinSet<Ended>,
    /// What it means when a request is not delivered.
    outlook: Outlook,
    /// The worst that was told since all was well.
    told: Option<Outlook>,
    news: Vec<News>,
}

/// A request that is no longer on its way.
pub(crate) struct Done {
    /// What its sender attached.
    pub(crate) tag: u64,
    pub(crate) is_delivered: bool,
    /// Whether the server has looked at it: it has taken it, or refused it for good.
    pub(crate) is_judged: bool,
}

/// The same with its error, which is news or not.
struct Ended {
    tag: u64,
    result: Result<(), PushError>,
}

impl Dispatch {
    pub(crate) fn new(client: Arc<Client>, limit: usize, patience: Duration, outlook: Outlook) -> Self {
        let (tasks, news) = (JoinSet::new(), Vec::new());
        Self { client, limit, patience, tasks, outlook, told: None, news }
    }

    /// From now on a request that is not delivered means this.
    pub(crate) fn set_outlook(&mut self, outlook: Outlook) {
        self.outlook = outlook;
    }

    /// Whether another request would have to wait.
    pub(crate) fn is_full(&self) -> bool {
        self.tasks.len() >= self.limit
    }

    /// Sends a request as soon as there is room, and returns those that have come to their end meanwhile.
    pub(crate) async fn submit(&mut self, post: Post, tag: u64) -> Vec<Done> {
        let mut done = self.take_done();
        while self.is_full() {
            done.extend(self.next().await);
        }
        let (client, patience) = (Arc::clone(&self.client), self.patience);
        self.tasks.spawn(async move {
            let result = deliver(&client, &post, patience).await;
            Ended { tag, result }
        });
        done
    }

    /// Requests that have come to their end.
    pub(crate) fn take_done(&mut self) -> Vec<Done> {
        let mut done = Vec::new();
        while let Some(ended) = self.tasks.try_join_next() {
            done.extend(ended.ok().map(|one| self.note(one)));
        }
        done
    }

    /// Waits for all of them, at most so long. What has not come to its end then is given up.
    pub(crate) async fn drain(&mut self, limit: Duration) -> Vec<Done> {
        let deadline = Instant::now() + limit;
        let mut done = Vec::new();
        while !self.tasks.is_empty() {
            match tokio::time::timeout_at(deadline, self.next()).await {
                Ok(one) => done.extend(one),
                Err(_) => self.tasks.shutdown().await,
            }
        }
        done
    }

    async fn next(&mut self) -> Option<Done> {
        let one = self.tasks.join_next().await?.ok()?;
        Some(self.note(one))
    }

    /// Only the first of a row of failures is news, or one that is worse, and the end of the row.
    fn note(&mut self, Ended { tag, result }: Ended) -> Done {
        let is_delivered = result.is_ok();
        let is_judged = result.as_ref().err().is_none_or(PushError::is_final_refusal);
        match result {
            Err(error) => self.trouble(error, self.outlook),
            Ok(()) if self.told.is_some() => {
                self.told = None;
                self.news.push(News::Recovered);
            }
            Ok(()) => {}
        }
        Done { tag, is_delivered, is_judged }
    }

    /// Tells of a failure, unless one as bad was told and is not over.
    pub(crate) fn trouble(&mut self, source: PushError, outlook: Outlook) {
        if self.told.is_none_or(|told| told < outlook) {
            self.told = Some(outlook);
            let error = OutputError::Push { target: self.client.endpoint().to_string(), source };
            self.news.push(News::Trouble { error, outlook });
        }
    }

    /// What there is to tell, with this many samples lost.
    pub(crate) fn setbacks(&mut self, lost: u64) -> Setbacks {
        Setbacks { lost, news: std::mem::take(&mut self.news) }
    }
}

async fn deliver(client: &Client, post: &Post, patience: Duration) -> Result<(), PushError> {
    let deadline = Instant::now() + patience;
    let mut pause = FIRST_PAUSE;
    loop {
        let Err(error) = client.post(post).await else { return Ok(()) };
        if !error.is_passing() || Instant::now() + pause >= deadline {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
