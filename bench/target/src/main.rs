//! The target that `cargo xtask bench` points load generators at: as fast as one core allows, and with a
//! memory of its own.
//!
//! It answers every request over keep-alive HTTP/1.1, one read and one write per batch of pipelined requests,
//! or over HTTP/2 when the client begins with that; `GET /bytes/10240` with a body of that size, everything
//! else with the same small JSON document. It counts what it received. The count is the independent truth
//! that a generator's own figures are held against:
//!
//! - `GET /__ledger` answers the ledger as one line of `key=value` pairs and closes the connection.
//! - `DELETE /__ledger` does the same and starts an empty ledger.
//! - `PUT /__delay/200` lets every answer wait for 200 ms from now on; `PUT /__stall/1400` keeps all answers
//!   back until 1.4 s from now. Each closes the connection.
//! - `GET /__tls` answers `port=` and the port where the same is served over TLS, with HTTP/2 by ALPN and a
//!   certificate that nobody vouches for.
//! - `GET /__sockets` answers `port=` and the port for WebSockets; `GET /__crowd` what came there.
//!
//! It is no web server: a request head and its body have to fit into [`connection::REQUEST_BYTES_MAX`].
//!
//! | module | subject |
//! |---|---|
//! | `connection` | one connection: HTTP/1.1, or the first bytes of HTTP/2 |
//! | `request` | where a request ends, and what it asks for |
//! | `answer` | what it is answered with |
//! | `http2` | HTTP/2, by the `h2` crate |
//! | `tls` | a certificate for this process |
//! | `sockets` | WebSockets and Socket.IO for a crowd that waits, on a port of their own |
//! | `ledger`, `times` | what came, and when |
//! | `fault` | what it does wrong when it is asked to |

mod answer;
mod connection;
mod fault;
mod http2;
mod ledger;
mod request;
mod sockets;
mod times;
mod tls;

use std::io::Write as _;
use std::rc::Rc;

use tokio::net::TcpListener;
use tokio::task::LocalSet;

use crate::connection::Site;

/// Listens on two free ports, says which is plain on stdout, and serves until it is killed.
#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let plain = TcpListener::bind("127.0.0.1:0").await?;
    let secure = TcpListener::bind("127.0.0.1:0").await?;
    let sockets = TcpListener::bind("127.0.0.1:0").await?;
    let site = Rc::new(Site {
        tls_port: secure.local_addr()?.port(),
        sockets_port: sockets.local_addr()?.port(),
        ..Site::default()
    });
    let crowd = Rc::clone(&site.crowd);
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on http://{}", plain.local_addr()?)?;
    stdout.flush()?;
    let serve = async {
        tokio::try_join!(
            accept(plain, Rc::clone(&site)),
            accept_tls(secure, site),
            sockets::accept(sockets, crowd)
        )?;
        Ok(())
    };
    LocalSet::new().run_until(serve).await
}

async fn accept(listener: TcpListener, site: Rc<Site>) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let site = Rc::clone(&site);
        tokio::task::spawn_local(async move { connection::serve(stream, &site).await });
    }
}

async fn accept_tls(listener: TcpListener, site: Rc<Site>) -> std::io::Result<()> {
    let acceptor = tls::acceptor().map_err(std::io::Error::other)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (site, acceptor) = (Rc::clone(&site), acceptor.clone());
        tokio::task::spawn_local(async move {
            // A client that does not trust us is its own affair.
            if let Ok(stream) = acceptor.accept(stream).await {
                connection::serve(stream, &site).await;
            }
        });
    }
}
