//! One connection to a server: made when it is needed, made anew when it is gone.
//!
//! A command is sent once. When its connection breaks, nobody knows whether it was carried out, so that it
//! fails; only connecting is tried again.

use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

use plimsoll_net::{ByteStream, NetError, Shared, Traffic};

use super::options::Target;
use super::resp::{self, Answer, Decoder};

/// Bytes read at a time.
const CHUNK: usize = 16 << 10;

/// The connection of one client.
pub(super) struct Connection {
    target: Target,
    stream: RefCell<Option<ByteStream>>,
}

impl Connection {
    pub(super) fn new(target: Target) -> Self {
        Connection { target, stream: RefCell::default() }
    }

    /// Whether there is a connection.
    pub(super) fn is_open(&self) -> bool {
        self.stream.borrow().is_some()
    }

    /// Sends a command and waits for its answer; `count` is told the bytes of both.
    pub(super) async fn run(
        &self,
        shared: &Shared,
        words: &[Vec<u8>],
        count: impl Fn(Traffic),
    ) -> Result<Answer, String> {
        // Taken out as long as it is used: who is interrupted leaves no answer for the next command.
        let kept = self.stream.borrow_mut().take();
        // One on which something has come, such as its end, is of no use.
        let kept = kept.and_then(|mut stream| stream.is_quiet().then_some(stream));
        let mut stream = match kept {
            Some(stream) => stream,
            None => self.connect(shared).await?,
        };
        let answer = self.within(self.target.timeout, converse(&mut stream, words)).await;
        count(stream.take_traffic());
        let answer = answer?;
        *self.stream.borrow_mut() = Some(stream);
        Ok(answer)
    }

    async fn connect(&self, shared: &Shared) -> Result<ByteStream, String> {
        let Target { host, port, tls, retries, backoff, dial_timeout, .. } = &self.target;
        let mut attempt = 0;
        let mut stream = loop {
            let opening = async {
                let opened = ByteStream::open(shared, host, *port, tls.as_ref()).await;
                // The run's own rules will not change their mind.
                let is_final = |error: &NetError| {
                    matches!(error, NetError::BlacklistedIp(_) | NetError::BlockedHostname(_))
                };
                opened.map_err(|error| (is_final(&error), error.to_string()))
            };
            let timed_out = || (false, "dial: i/o timeout".to_owned());
            match limited(*dial_timeout, opening).await.unwrap_or_else(|| Err(timed_out())) {
                Ok(stream) => break stream,
                Err((is_final, why)) if is_final || attempt >= *retries => return Err(self.failed(&why)),
                Err(_) => {}
            }
            let [least, most] = *backoff;
            tokio::time::sleep(least.saturating_mul(1 << attempt.min(16)).min(most)).await;
            attempt += 1;
        };
        for words in self.greetings() {
            let answer = self.within(self.target.timeout, converse(&mut stream, &words)).await?;
            if let Answer::Error(error) = answer {
                return Err(error);
            }
        }
        Ok(stream)
    }

    /// What a connection begins with: who it is, and which database it is for.
    fn greetings(&self) -> Vec<Vec<Vec<u8>>> {
        let Target { username, password, database, .. } = &self.target;
        let mut greetings = Vec::new();
        if !password.is_empty() {
            let words = ["AUTH", username, password].into_iter().filter(|word| !word.is_empty());
            greetings.push(words.map(|word| word.as_bytes().to_vec()).collect());
        }
        if *database != 0 {
            greetings.push(vec![b"SELECT".to_vec(), database.to_string().into_bytes()]);
        }
        greetings
    }

    async fn within<T>(
        &self,
        limit: Option<Duration>,
        work: impl Future<Output = Result<T, String>>,
    ) -> Result<T, String> {
        let done = limited(limit, work).await.unwrap_or_else(|| Err("i/o timeout".to_owned()));
        done.map_err(|why| self.failed(&why))
    }

    fn failed(&self, why: &str) -> String {
        let Target { host, port, .. } = &self.target;
        format!("redis at {host}:{port}: {why}")
    }
}

/// `None` when the time is over.
async fn limited<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}

async fn converse(stream: &mut ByteStream, words: &[Vec<u8>]) -> Result<Answer, String> {
    let told = |error: NetError| error.to_string();
    stream.write_all(&resp::command(words)).await.map_err(told)?;
    let mut decoder = Decoder::default();
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = stream.read(&mut chunk).await.map_err(told)?;
        if length == 0 {
            return Err("EOF".to_owned());
        }
        if let Some(answer) = decoder.feed(&chunk[..length])? {
            return Ok(answer);
        }
    }
}
