//! HTTP/2, by the `h2` crate: every stream is counted and answered like a request of HTTP/1.1.

use bytes::Bytes;
use h2::RecvStream;
use h2::server::{self, SendResponse};
use http::Response;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use crate::connection::Site;

/// More than a body of the benchmarks, so that windows do not decide what is measured.
const WINDOW: u32 = 4 << 20;

/// Serves one client until it leaves.
pub(crate) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, site: &Site) {
    let mut builder = server::Builder::new();
    builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW);
    let Ok(mut connection) = builder.handshake(stream).await else { return };
    let mut is_counted = false;
    while let Some(Ok((request, respond))) = connection.accept().await {
        let read_at = Instant::now();
        site.ledger.count_requests(1);
        if !std::mem::replace(&mut is_counted, true) {
            site.ledger.count_connection();
        }
        let (head, body) = request.into_parts();
        if answer(head.uri.path(), respond, site).is_err() {
            return;
        }
        site.ledger.count_answers(1, read_at.elapsed());
        if !body.is_end_stream() {
            tokio::task::spawn_local(discard(body));
        }
    }
}

fn answer(path: &str, mut respond: SendResponse<Bytes>, site: &Site) -> Result<(), h2::Error> {
    let body = site.bodies.of(path.as_bytes());
    let head = Response::builder()
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .body(())
        .expect("the parts are valid");
    respond.send_response(head, false)?.send_data(body, true)
}

/// Takes in what a client sends, so that its window does not close.
async fn discard(mut body: RecvStream) {
    while let Some(Ok(data)) = body.data().await {
        let _ = body.flow_control().release_capacity(data.len());
    }
}
