//! The deadline ends an exchange in whatever phase it is, and so does dropping it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

use plimsoll_net::Request;
use tokio::time::{Instant, timeout};

use crate::support::{HELLO, Server, client, get, outcome, read_head, request, soon};

/// Serves until the client closes the connection, and reports that it did.
fn stalling_server(begin: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> (Server, mpsc::Receiver<()>) {
    let (sender, closed) = mpsc::channel();
    let server = Server::start(move |_, mut stream| {
        begin(&mut stream);
        let _ = stream.read_to_end(&mut Vec::new());
        let _ = sender.send(());
    });
    (server, closed)
}

async fn assert_times_out(request: &Request, closed: &mpsc::Receiver<()>) -> plimsoll_net::Timings {
    let client = client();
    let started = Instant::now();
    let exchange = client.exchange(request, started + Duration::from_millis(100)).await;
    assert_eq!(outcome(&exchange), "1050 request timeout");
    assert!(started.elapsed() < Duration::from_secs(5));
    closed.recv_timeout(Duration::from_secs(5)).expect("the connection is closed");
    assert_eq!(client.idle_connections(), 0);
    assert_eq!(
        exchange.timings.blocked + exchange.timings.duration(),
        exchange.ended_at - exchange.started_at
    );
    exchange.timings
}

#[tokio::test]
async fn while_waiting_for_the_head() {
    let (server, closed) = stalling_server(|_| ());
    let timings = assert_times_out(&request("GET", server.url("/")), &closed).await;
    assert!(timings.waiting >= Duration::from_millis(50), "the wait is in the figures: {timings:?}");
}

#[tokio::test]
async fn in_the_middle_of_a_head() {
    let (server, closed) = stalling_server(|stream| stream.write_all(b"HTTP/1.1 200 OK\r\nA:").unwrap());
    let timings = assert_times_out(&request("GET", server.url("/")), &closed).await;
    assert!(timings.receiving >= Duration::from_millis(50), "{timings:?}");
}

#[tokio::test]
async fn in_the_middle_of_a_body() {
    let (server, closed) =
        stalling_server(|stream| stream.write_all(&HELLO.as_bytes()[..HELLO.len() - 1]).unwrap());
    assert_times_out(&request("GET", server.url("/")), &closed).await;
}

#[tokio::test]
async fn while_sending() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let (server, closed) = stalling_server(move |_| {
        let _ = wait.lock().unwrap().recv_timeout(Duration::from_secs(1));
    });
    let mut post = request("POST", server.url("/"));
    post.body = Some(vec![0; 64 * 1024 * 1024].into());
    let timings = assert_times_out(&post, &closed).await;
    assert!(timings.sending >= Duration::from_millis(50), "{timings:?}");
    drop(go);
}

#[tokio::test]
async fn while_shaking_hands() {
    let (server, closed) = stalling_server(|_| ());
    let url = plimsoll_net::Url::parse(&format!("https://{}/", server.address)).unwrap();
    let exchange = client().exchange(&request("GET", url), Instant::now() + Duration::from_millis(100)).await;
    assert_eq!(outcome(&exchange), "1050 request timeout");
    closed.recv_timeout(Duration::from_secs(5)).expect("the connection is closed");
}

#[tokio::test]
async fn a_deadline_in_the_past_needs_no_connection() {
    let server = Server::answering(HELLO);
    let exchange =
        client().exchange(&request("GET", server.url("/")), Instant::now() - Duration::from_secs(1)).await;
    assert_eq!(outcome(&exchange), "1050 request timeout");
}

#[tokio::test]
async fn a_dropped_exchange_takes_its_connection_with_it() {
    let (sender, seen) = mpsc::channel();
    let server = Server::start(move |number, mut stream| {
        while read_head(&mut stream).is_some() {
            sender.send(number).unwrap();
            if number > 0 {
                stream.write_all(HELLO.as_bytes()).unwrap();
            }
        }
        sender.send(100 + number).unwrap();
    });
    let client = client();
    let slow = request("GET", server.url("/slow"));
    assert!(timeout(Duration::from_millis(50), client.exchange(&slow, soon())).await.is_err());
    assert_eq!(seen.recv_timeout(Duration::from_secs(5)), Ok(0));
    assert_eq!(seen.recv_timeout(Duration::from_secs(5)), Ok(100), "the connection is closed");
    assert_eq!(outcome(&get(&client, server.url("/")).await), "200 hello");
}
