//! One connection: read what is there, answer every complete request in it with one write, repeat.
//!
//! Start at [`serve`].

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::{Instant, sleep_until};

use crate::answer::{self, Bodies};
use crate::fault::Faults;
use crate::http2;
use crate::ledger::Ledger;
use crate::request::Request;
use crate::sockets::Crowd;

/// The longest request that is understood. Generators send 60 to 300 bytes, and bodies of some hundred.
pub(crate) const REQUEST_BYTES_MAX: usize = 4096;

const NOT_UNDERSTOOD: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// What all connections share.
#[derive(Default)]
pub(crate) struct Site {
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    pub(crate) bodies: Bodies,
    pub(crate) tls_port: u16,
    pub(crate) sockets_port: u16,
    pub(crate) crowd: Rc<Crowd>,
}

/// Why a connection ends, or becomes another one.
enum End {
    /// This is to be said, and then it closes.
    Last(Vec<u8>),
    Http2,
}

/// Serves one client until it leaves, asks the target itself for something, or sends what is not understood.
pub(crate) async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, site: &Site) {
    let mut buffer = [0; REQUEST_BYTES_MAX];
    let mut filled = 0;
    let mut answers = Vec::new();
    let mut is_counted = false;
    loop {
        match stream.read(&mut buffer[filled..]).await {
            Ok(read) if read > 0 => filled += read,
            _ => return,
        }
        let read_at = Instant::now();
        answers.clear();
        let batch = Batch::answer(&buffer[..filled], site, &mut answers);
        if batch.requests > 0 {
            site.ledger.count_requests(batch.requests);
            if !std::mem::replace(&mut is_counted, true) {
                site.ledger.count_connection();
            }
            if let Some(release) = site.faults.release(read_at) {
                sleep_until(release).await;
            }
        }
        match batch.end {
            None => {}
            Some(End::Http2) => {
                let begun = buffer[batch.consumed..filled].to_vec();
                return http2::serve(Rejoined { begun, at: 0, stream }, site).await;
            }
            Some(End::Last(word)) => {
                answers.extend_from_slice(&word);
                // The client may be gone already, and this is the last thing it would hear. A close is
                // what it waits for.
                let _ = stream.write_all(&answers).await;
                let _ = stream.shutdown().await;
                return;
            }
        }
        if stream.write_all(&answers).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        site.ledger.count_answers(batch.requests, read_at.elapsed());
        buffer.copy_within(batch.consumed..filled, 0);
        filled -= batch.consumed;
    }
}

/// The complete requests at the front of a buffer.
struct Batch {
    /// How many were answered, to be counted.
    requests: u64,
    /// How many bytes those took.
    consumed: usize,
    end: Option<End>,
}

impl Batch {
    fn answer(bytes: &[u8], site: &Site, answers: &mut Vec<u8>) -> Self {
        let mut batch = Batch { requests: 0, consumed: 0, end: None };
        while let Some((request, length)) = Request::next(&bytes[batch.consumed..]) {
            let Request::Load { path } = request else {
                batch.end = Some(last(request, site));
                return batch;
            };
            answer::append(answers, &site.bodies.of(path));
            batch.requests += 1;
            batch.consumed += length;
        }
        if batch.consumed == 0 && bytes.len() == REQUEST_BYTES_MAX {
            batch.end = Some(End::Last(NOT_UNDERSTOOD.to_vec()));
        }
        batch
    }
}

/// What a request does that is not counted.
fn last(request: Request<'_>, site: &Site) -> End {
    let said = |body: String| {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
            .into_bytes()
    };
    End::Last(match request {
        Request::Http2 => return End::Http2,
        Request::Load { .. } | Request::NotUnderstood => NOT_UNDERSTOOD.to_vec(),
        Request::ReadLedger => said(site.ledger.to_string()),
        Request::TakeLedger => {
            let line = site.ledger.to_string();
            site.ledger.clear();
            said(line)
        }
        Request::SocketsPort => said(format!("port={}", site.sockets_port)),
        Request::Crowd => said(site.crowd.to_string()),
        Request::TlsPort => said(format!("port={}", site.tls_port)),
        Request::Delay(delay) => {
            site.faults.delay(delay);
            said(String::new())
        }
        Request::Stall(stall) => {
            site.faults.stall(Instant::now(), stall);
            said(String::new())
        }
    })
}

/// A stream of which something was read already.
struct Rejoined<S> {
    begun: Vec<u8>,
    at: usize,
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Rejoined<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = &self.begun[self.at..];
        if left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let count = left.len().min(buf.remaining());
        buf.put_slice(&left[..count]);
        self.at += count;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rejoined<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests, bytes, and what the client is told last.
    fn batch(text: &str) -> (u64, usize, Option<String>) {
        let mut answers = Vec::new();
        let batch = Batch::answer(text.as_bytes(), &Site::default(), &mut answers);
        let answered = memchr::memmem::find_iter(&answers, b"HTTP/1.1 200 OK").count();
        assert_eq!(answered as u64, batch.requests);
        let last = batch.end.map(|end| match end {
            End::Last(word) => String::from_utf8_lossy(&word[9..12]).into_owned(),
            End::Http2 => "2".to_owned(),
        });
        (batch.requests, batch.consumed, last)
    }

    #[test]
    fn pipelined_requests_are_answered_together_and_the_rest_is_kept() {
        let two = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
        assert_eq!(batch(two), (2, two.len(), None));
        assert_eq!(batch(&format!("{two}GET /c HT")), (2, two.len(), None));
    }

    #[test]
    fn the_ledger_is_not_counted_as_a_request() {
        assert_eq!(batch("GET /__ledger HTTP/1.1\r\n\r\n"), (0, 0, Some("200".into())));
        let after = "GET / HTTP/1.1\r\n\r\nDELETE /__ledger HTTP/1.1\r\n\r\n";
        assert_eq!(batch(after), (1, 18, Some("200".into())));
    }

    #[test]
    fn endless_heads_are_refused_and_http_2_is_somebody_elses() {
        assert_eq!(batch(&"G".repeat(REQUEST_BYTES_MAX)), (0, 0, Some("400".into())));
        assert_eq!(batch("PATCH / HTTP/1.1\r\n\r\n"), (0, 0, Some("400".into())));
        assert_eq!(batch("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), (0, 0, Some("2".into())));
    }
}
