//! How many exchanges a second one core performs, and what each of them allocates.
//!
//! ```sh
//! # The server in a thread of the same process:
//! cargo bench -p plimsoll-net --bench exchange
//! # The server alone, so that each side can have its core, and to let wrk have a go at it:
//! cargo bench -p plimsoll-net --bench exchange -- --serve 127.0.0.1:8799
//! cargo bench -p plimsoll-net --bench exchange -- --target 127.0.0.1:8799 --connections 50 --seconds 5
//! ```
//!
//! The aim: with one core for each side, at least 0.8 of what `wrk -t1 -c50` gets from the same server, two
//! allocations per exchange (head and body of the response), and less than 1 KiB of heap per idle connection.
//!
//! The server answers every request with the same 60 bytes of JSON. It is as simple as a server can be, so
//! that the client is what is measured.

use std::alloc::System;
use std::cell::Cell;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_net::{Client, Method, Options, Request, Shared, Url};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;
use tokio::time::Instant;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const RESPONSE: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: bench\r\nContent-Length: 60\r\n\r\n\
    {\"id\":1234567,\"name\":\"a ticket\",\"status\":\"open\",\"tags\":[\"\"]}";

struct Arguments {
    serve: Option<SocketAddr>,
    target: Option<SocketAddr>,
    connections: usize,
    seconds: u64,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::read();
    if let Some(address) = arguments.serve {
        return serve(TcpListener::bind(address)?);
    }
    let target = match arguments.target {
        Some(target) => target,
        None => {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let address = listener.local_addr()?;
            std::thread::spawn(|| serve(listener));
            address
        }
    };
    let mut out = io::stdout().lock();
    throughput(&mut out, target, &arguments)?;
    // In-process, the server's thread allocates nothing once it is warm, so the figures are the client's.
    allocations(&mut out, target)?;
    idle_memory(&mut out, target)
}

impl Arguments {
    fn read() -> Self {
        let mut read = Self { serve: None, target: None, connections: 50, seconds: 3 };
        let mut arguments = std::env::args().skip(1);
        while let Some(flag) = arguments.next() {
            let mut value = || arguments.next().expect("the flag takes a value");
            match flag.as_str() {
                "--serve" => read.serve = Some(value().parse().expect("an address")),
                "--target" => read.target = Some(value().parse().expect("an address")),
                "--connections" => read.connections = value().parse().expect("a number"),
                "--seconds" => read.seconds = value().parse().expect("a number"),
                // What cargo bench itself passes.
                _ => {}
            }
        }
        read
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

fn serve(listener: TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    LocalSet::new().block_on(&runtime()?, async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (mut socket, _) = listener.accept().await?;
            socket.set_nodelay(true)?;
            tokio::task::spawn_local(async move {
                let mut buffer = [0; 2048];
                // Requests of the bench arrive whole: one read, one answer.
                while socket.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    if socket.write_all(RESPONSE).await.is_err() {
                        break;
                    }
                }
            });
        }
    })
}

fn get(target: SocketAddr) -> Request {
    Request::new(Method::GET, Url::parse(&format!("http://{target}/tickets/1")).expect("a valid URL"))
}

fn far_away() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn throughput(out: &mut impl Write, target: SocketAddr, arguments: &Arguments) -> io::Result<()> {
    let shared = Shared::new(Arc::new(Options::default()));
    let done = Rc::new(Cell::new(0_u64));
    let waited = Rc::new(Cell::new(Duration::ZERO));
    let started = Instant::now();
    let end = started + Duration::from_secs(arguments.seconds);
    LocalSet::new().block_on(&runtime()?, async {
        let mut users = Vec::new();
        for _ in 0..arguments.connections {
            let (shared, done, waited) = (shared.clone(), Rc::clone(&done), Rc::clone(&waited));
            users.push(tokio::task::spawn_local(async move {
                let client = Client::new(shared);
                let request = get(target);
                while Instant::now() < end {
                    let exchange = client.exchange(&request, far_away()).await;
                    assert!(exchange.result.is_ok_and(|response| response.status == 200));
                    done.set(done.get() + 1);
                    waited.set(waited.get() + exchange.timings.duration());
                }
            }));
        }
        for user in users {
            user.await.expect("no user panics");
        }
    });
    let per_second = done.get() as f64 / started.elapsed().as_secs_f64();
    let mean = waited.get().as_secs_f64() * 1e6 / done.get() as f64;
    writeln!(
        out,
        "{:>10.0} exchanges/s on {} connections, mean duration {mean:.0} µs",
        per_second, arguments.connections
    )
}

fn allocations(out: &mut impl Write, target: SocketAddr) -> io::Result<()> {
    const EXCHANGES: usize = 1000;
    runtime()?.block_on(async {
        let client = Client::new(Shared::new(Arc::new(Options::default())));
        let request = get(target);
        let deadline = far_away();
        drop(client.exchange(&request, deadline).await);
        let region = Region::new(ALLOCATOR);
        for _ in 0..EXCHANGES {
            drop(client.exchange(&request, deadline).await);
        }
        let change = region.change();
        let per_exchange = |count: usize| count as f64 / EXCHANGES as f64;
        let (calls, bytes) = (per_exchange(change.allocations), per_exchange(change.bytes_allocated));
        writeln!(out, "{calls:>10.2} allocations and {bytes:.0} bytes per exchange")
    })
}

fn idle_memory(out: &mut impl Write, target: SocketAddr) -> io::Result<()> {
    const CLIENTS: usize = 400;
    runtime()?.block_on(async {
        let shared = Shared::new(Arc::new(Options::default()));
        let request = get(target);
        drop(Client::new(shared.clone()).exchange(&request, far_away()).await);
        let mut clients = Vec::with_capacity(CLIENTS);
        let region = Region::new(ALLOCATOR);
        for _ in 0..CLIENTS {
            let client = Client::new(shared.clone());
            drop(client.exchange(&request, far_away()).await);
            clients.push(client);
        }
        let change = region.change();
        let kept = (change.bytes_allocated as f64 - change.bytes_deallocated as f64) / CLIENTS as f64;
        let place = if std::env::args().any(|argument| argument == "--target") {
            ""
        } else {
            ", the server's side included"
        };
        writeln!(out, "{kept:>10.0} bytes of heap per client with one idle connection{place}")
    })
}
