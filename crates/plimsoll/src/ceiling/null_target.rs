//! A target that does nothing: every request is answered with 200 and the same few bytes.
//!
//! It is a process of its own, of the same program, so that its CPU time is not the generator's. HTTP/1.1
//! without TLS is all that it speaks. It ends when its standard input does, so that it never outlives whoever
//! started it.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{LocalSet, spawn_local};

use crate::failure::Failure;

/// The hidden command that is one.
pub(crate) const COMMAND: &str = "null-target";

/// A null target in a process of its own. It ends when this is dropped.
pub(crate) struct NullTarget {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl NullTarget {
    /// Starts one that answers with this body.
    ///
    /// # Errors
    /// When this program cannot be started a second time.
    pub(crate) fn start(body: &str) -> Result<Self, Failure> {
        let refused = |source| Failure::System { what: "the null target could not be started", source };
        let program = std::env::current_exe().map_err(refused)?;
        let mut command = Command::new(program);
        command.args([COMMAND, "--body", body]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(refused)?;
        let mut line = String::new();
        let read = process.stdout.take().map(|stdout| BufReader::new(stdout).read_line(&mut line));
        let address = line.trim().parse().map_err(|_| {
            let said = read.and_then(Result::err).map_or_else(|| line.clone(), |error| error.to_string());
            refused(std::io::Error::other(format!("it said {said:?} instead of its address")))
        });
        match address {
            Ok(address) => Ok(Self { process, address }),
            Err(failure) => {
                let _ = process.kill();
                let _ = process.wait();
                Err(failure)
            }
        }
    }
}

impl Drop for NullTarget {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until standard input ends.
///
/// # Errors
/// When it cannot listen.
pub(crate) fn serve(body: &str) -> Result<(), Failure> {
    let refused = |source| Failure::System { what: "the null target cannot listen", source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refused)?;
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let body = Bytes::copy_from_slice(body.as_bytes());
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let mut stdout = std::io::stdout();
        writeln!(stdout, "{address}").and_then(|()| stdout.flush()).map_err(refused)?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    spawn_local(answer_all(TokioIo::new(stream), body.clone()));
                }
                // No descriptor is free; a connection may end.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    })
}

async fn answer_all(connection: TokioIo<tokio::net::TcpStream>, body: Bytes) {
    let service = service_fn(|request| answer(request, body.clone()));
    // A connection that breaks is the generator's business.
    let _ = http1::Builder::new().serve_connection(connection, service).await;
}

async fn answer(request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    if !request.body().is_end_stream() {
        let mut sent = request.into_body();
        while let Some(Ok(_)) = sent.frame().await {}
    }
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
