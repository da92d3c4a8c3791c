//! The target that `cargo xtask bench` points load generators at: as fast as one core allows, and with a
//! memory of its own.
//!
//! It answers every `GET` with the same small JSON document over keep-alive HTTP/1.1, one read and one write
//! per batch of pipelined requests, and counts what it received. The count is the independent truth that a
//! generator's own figures are held against:
//!
//! - `GET /__ledger` answers the ledger as one line of `key=value` pairs and closes the connection.
//! - `DELETE /__ledger` does the same and starts an empty ledger.
//! - `PUT /__delay/200` lets every answer wait for 200 ms from now on; `PUT /__stall/1400` keeps all answers
//!   back until 1.4 s from now. Each closes the connection.
//!
//! It is no web server: a request with a body is not understood, and a request head of more than
//! [`connection::HEAD_BYTES_MAX`] ends the connection. Start reading at [`main`], then [`connection::serve`].

mod connection;
mod fault;
mod ledger;
mod times;

use std::io::Write as _;
use std::rc::Rc;

use tokio::net::TcpListener;
use tokio::task::LocalSet;

use crate::fault::Faults;
use crate::ledger::Ledger;

/// Listens on a free port, says which on stdout, and serves until it is killed.
#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on http://{}", listener.local_addr()?)?;
    stdout.flush()?;
    LocalSet::new().run_until(accept(listener)).await
}

async fn accept(listener: TcpListener) -> std::io::Result<()> {
    let (ledger, faults) = (Rc::new(Ledger::default()), Rc::new(Faults::default()));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (ledger, faults) = (Rc::clone(&ledger), Rc::clone(&faults));
        tokio::task::spawn_local(async move { connection::serve(stream, &ledger, &faults).await });
    }
}
