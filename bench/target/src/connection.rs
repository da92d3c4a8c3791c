//! One connection: read what is there, answer every complete request in it with one write, repeat.
//!
//! Parsing is pipelining-safe (a read may hold half a request or forty), but knows only what the target
//! needs: where a head ends and how it begins. Start at [`serve`].

use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use crate::fault::Faults;
use crate::ledger::Ledger;

/// The longest request head that is understood. Generators send 60 to 300 bytes.
pub(crate) const HEAD_BYTES_MAX: usize = 4096;

/// What every `GET` is answered with: 60 bytes of JSON. `Connection` is spelled out for HTTP/1.0 clients such
/// as `ab`.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\
    Connection: keep-alive\r\n\r\n\
    {\"id\":42,\"name\":\"plimsoll\",\"status\":\"ok\",\"tags\":[\"a\",\"bcd\"]}";

const NOT_UNDERSTOOD: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

const DONE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Serves one client until it leaves, asks for the ledger or a fault, or sends what is not understood.
pub(crate) async fn serve(mut stream: TcpStream, ledger: &Ledger, faults: &Faults) {
    let mut buffer = [0; HEAD_BYTES_MAX];
    let mut filled = 0;
    let mut answers = Vec::with_capacity(ANSWER.len());
    let mut is_counted = false;
    loop {
        match stream.read(&mut buffer[filled..]).await {
            Ok(read) if read > 0 => filled += read,
            _ => return,
        }
        let read_at = Instant::now();
        let batch = Batch::parse(&buffer[..filled]);
        if batch.requests > 0 {
            ledger.count_requests(batch.requests);
            if !std::mem::replace(&mut is_counted, true) {
                ledger.count_connection();
            }
            if let Some(release) = faults.release(read_at) {
                sleep_until(release).await;
            }
        }
        answers.clear();
        (0..batch.requests).for_each(|_| answers.extend_from_slice(ANSWER));
        if let Some(last_word) = batch.last_word(ledger, faults) {
            answers.extend_from_slice(&last_word);
            // The client may be gone already, and this is the last thing it would hear.
            let _ = stream.write_all(&answers).await;
            return;
        }
        if stream.write_all(&answers).await.is_err() {
            return;
        }
        ledger.count_answers(batch.requests, read_at.elapsed());
        buffer.copy_within(batch.consumed..filled, 0);
        filled -= batch.consumed;
    }
}

/// The complete requests at the front of a buffer.
#[derive(Debug, PartialEq, Eq)]
struct Batch {
    /// How many `GET`s to answer and count.
    requests: u64,
    /// How many bytes those took.
    consumed: usize,
    end: End,
}

/// Why a [`Batch`] ended where it did.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum End {
    /// The rest of the buffer is the start of another request, or nothing.
    Incomplete,
    ReadLedger,
    TakeLedger,
    /// From now on every answer is to wait for so long.
    Delay(Duration),
    /// No answer is to leave for so long from now.
    Stall(Duration),
    NotUnderstood,
}

impl Batch {
    fn parse(bytes: &[u8]) -> Self {
        let mut batch = Self { requests: 0, consumed: 0, end: End::Incomplete };
        while let Some(length) = memmem::find(&bytes[batch.consumed..], END_OF_HEAD) {
            let head = &bytes[batch.consumed..batch.consumed + length];
            if let Some(end) = special(head) {
                batch.end = end;
                return batch;
            }
            batch.requests += 1;
            batch.consumed += length + END_OF_HEAD.len();
        }
        if batch.consumed == 0 && bytes.len() == HEAD_BYTES_MAX {
            batch.end = End::NotUnderstood;
        }
        batch
    }

    /// What to say before closing, when this batch is the last one of its connection.
    fn last_word(&self, ledger: &Ledger, faults: &Faults) -> Option<Vec<u8>> {
        match self.end {
            End::Incomplete => None,
            End::NotUnderstood => Some(NOT_UNDERSTOOD.to_vec()),
            End::ReadLedger => Some(ledger_answer(ledger)),
            End::TakeLedger => {
                let answer = ledger_answer(ledger);
                ledger.clear();
                Some(answer)
            }
            End::Delay(delay) => {
                faults.delay(delay);
                Some(DONE.to_vec())
            }
            End::Stall(stall) => {
                faults.stall(Instant::now(), stall);
                Some(DONE.to_vec())
            }
        }
    }
}

/// What a head asks for beyond the common case, which is checked first and costs five compared bytes.
fn special(head: &[u8]) -> Option<End> {
    if head.starts_with(b"GET /__ledger ") {
        Some(End::ReadLedger)
    } else if head.starts_with(b"DELETE /__ledger ") {
        Some(End::TakeLedger)
    } else if head.starts_with(b"GET ") {
        None
    } else {
        let delay = || millis(head.strip_prefix(b"PUT /__delay/")?).map(End::Delay);
        let stall = || millis(head.strip_prefix(b"PUT /__stall/")?).map(End::Stall);
        Some(delay().or_else(stall).unwrap_or(End::NotUnderstood))
    }
}

/// The number at the front, up to a blank.
fn millis(rest: &[u8]) -> Option<Duration> {
    let digits = rest.split(|&byte| byte == b' ').next()?;
    let number: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Duration::from_millis(number.into()))
}

fn ledger_answer(ledger: &Ledger) -> Vec<u8> {
    let body = ledger.to_string();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (u64, usize, End) {
        let batch = Batch::parse(text.as_bytes());
        (batch.requests, batch.consumed, batch.end)
    }

    #[test]
    fn the_answer_declares_its_own_length() {
        let text = std::str::from_utf8(ANSWER).expect("ascii");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{}", body.len());
    }

    #[test]
    fn pipelined_requests_are_answered_together_and_the_rest_is_kept() {
        let two = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
        assert_eq!(parse(two), (2, two.len(), End::Incomplete));
        assert_eq!(parse(&format!("{two}GET /c HT")), (2, two.len(), End::Incomplete));
        assert_eq!(parse("GET / HTTP/1.1\r\n\r"), (0, 0, End::Incomplete));
    }

    #[test]
    fn the_ledger_is_not_counted_as_a_request() {
        assert_eq!(parse("GET /__ledger HTTP/1.1\r\n\r\n"), (0, 0, End::ReadLedger));
        assert_eq!(
            parse("GET / HTTP/1.1\r\n\r\nDELETE /__ledger HTTP/1.1\r\n\r\n"),
            (1, 18, End::TakeLedger)
        );
    }

    #[test]
    fn faults_are_asked_for_in_milliseconds() {
        let millis = Duration::from_millis;
        assert_eq!(parse("PUT /__delay/200 HTTP/1.1\r\n\r\n"), (0, 0, End::Delay(millis(200))));
        assert_eq!(parse("PUT /__stall/1400 HTTP/1.1\r\n\r\n"), (0, 0, End::Stall(millis(1400))));
        for wrong in ["PUT /__stall/x HTTP/1.1\r\n\r\n", "PUT /__delay/99999 HTTP/1.1\r\n\r\n"] {
            assert_eq!(parse(wrong), (0, 0, End::NotUnderstood));
        }
    }

    #[test]
    fn other_methods_and_endless_heads_are_refused() {
        assert_eq!(parse("POST / HTTP/1.1\r\n\r\n"), (0, 0, End::NotUnderstood));
        assert_eq!(parse(&"G".repeat(HEAD_BYTES_MAX)), (0, 0, End::NotUnderstood));
    }
}
