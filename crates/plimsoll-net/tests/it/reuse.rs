//! Which requests share a connection, and what happens when it dies.

use std::io::Write;

use bytes::Bytes;
use plimsoll_net::Options;

use crate::support::{
    HELLO, Server, client, client_with, close, get, outcome, pause, read_head, request, reset, soon,
};

/// Lets the reactor notice what arrived on idle connections.
async fn idle() {
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}

#[tokio::test]
async fn requests_follow_each_other_on_one_connection() {
    let server = Server::answering(HELLO);
    let client = client();
    for round in 0..3 {
        let exchange = get(&client, server.url("/")).await;
        assert_eq!(outcome(&exchange), "200 hello");
        assert_eq!(exchange.reused_connection, round > 0);
        assert_eq!(exchange.timings.connecting.is_zero(), round > 0);
    }
    assert_eq!((server.connections(), client.idle_connections()), (1, 1));
    client.close_idle();
    assert_eq!(outcome(&get(&client, server.url("/")).await), "200 hello");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn what_ends_a_connection_ends_it() {
    for wire in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more",
    ] {
        let server = Server::answering(wire);
        let client = client();
        for _ in 0..2 {
            assert_eq!(outcome(&get(&client, server.url("/")).await), "200 hello");
            assert_eq!(client.idle_connections(), 0, "{wire:?}");
        }
    }
}

#[tokio::test]
async fn a_client_can_do_without_reuse() {
    let server = Server::start(|_, mut stream| {
        while let Some(head) = read_head(&mut stream) {
            assert!(head.contains("\r\nConnection: close\r\n"), "{head}");
            stream.write_all(HELLO.as_bytes()).unwrap();
        }
    });
    let client = client_with(Options { reuse_connections: false, ..Options::default() });
    for _ in 0..2 {
        assert_eq!(outcome(&get(&client, server.url("/")).await), "200 hello");
    }
    assert_eq!((server.connections(), client.idle_connections()), (2, 0));
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_not_used() {
    let server = Server::answering_once(HELLO);
    let client = client();
    for round in 1..=3 {
        let mut post = request("POST", server.url("/"));
        post.body = Some(Bytes::new().into());
        let exchange = client.exchange(&post, soon()).await;
        assert_eq!((outcome(&exchange), exchange.reused_connection), ("200 hello".into(), false));
        idle().await;
        assert_eq!(server.connections(), round);
    }
}

#[tokio::test]
async fn unasked_bytes_on_an_idle_connection_retire_it() {
    let server = Server::start(|_, mut stream| {
        while read_head(&mut stream).is_some() {
            stream.write_all(HELLO.as_bytes()).unwrap();
            pause(10);
            stream.write_all(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n").unwrap();
        }
    });
    let client = client();
    for _ in 0..2 {
        let exchange = get(&client, server.url("/")).await;
        assert_eq!((outcome(&exchange), exchange.reused_connection), ("200 hello".into(), false));
        idle().await;
    }
}

/// Answers the first request on its first connection, and closes it at the second.
fn dying_server() -> Server {
    Server::start(|number, mut stream| {
        read_head(&mut stream);
        stream.write_all(HELLO.as_bytes()).unwrap();
        while read_head(&mut stream).is_some() {
            if number == 0 {
                return close(&mut stream);
            }
            stream.write_all(HELLO.as_bytes()).unwrap();
        }
    })
}

#[tokio::test]
async fn idempotent_requests_survive_a_dying_connection() {
    let server = dying_server();
    let client = client();
    get(&client, server.url("/")).await;
    let exchange = get(&client, server.url("/")).await;
    assert_eq!((outcome(&exchange), exchange.reused_connection), ("200 hello".into(), false));
    assert_eq!(server.connections(), 2);
    assert!(!exchange.timings.connecting.is_zero(), "the second try connected");
    assert!(exchange.traffic.sent as usize > 2 * "GET / HTTP/1.1".len(), "both tries are counted");
}

#[tokio::test]
async fn a_second_try_that_fails_has_no_phases() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = plimsoll_net::Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        read_head(&mut stream);
        stream.write_all(HELLO.as_bytes()).unwrap();
        read_head(&mut stream);
        close(&mut stream);
    });
    let client = client();
    assert_eq!(outcome(&get(&client, url.clone()).await), "200 hello");
    let exchange = get(&client, url).await;
    assert_eq!(outcome(&exchange), "1212 dial: connection refused");
    assert_eq!(exchange.timings, plimsoll_net::Timings::default());
    assert!(exchange.traffic.sent > 0, "the first try's bytes are counted");
}

#[tokio::test]
async fn other_requests_do_not_survive_once_they_were_sent() {
    let server = dying_server();
    let client = client();
    get(&client, server.url("/")).await;
    let exchange = client.exchange(&request("POST", server.url("/")), soon()).await;
    assert_eq!(outcome(&exchange), "1000 EOF");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_request_of_which_nothing_was_sent_is_sent_again() {
    let server = Server::start(|number, mut stream| {
        read_head(&mut stream);
        stream.write_all(HELLO.as_bytes()).unwrap();
        if number == 0 {
            reset(stream);
        }
    });
    let client = client();
    get(&client, server.url("/")).await;
    // Blocks the reactor, too: the client cannot know of the reset before it writes.
    pause(50);
    let exchange = client.exchange(&request("POST", server.url("/")), soon()).await;
    assert_eq!((outcome(&exchange), server.connections()), ("200 hello".into(), 2));
}

#[tokio::test]
async fn a_fresh_connection_that_dies_is_a_failure() {
    let server = Server::start(|_, mut stream| {
        read_head(&mut stream);
        close(&mut stream);
    });
    assert_eq!(outcome(&get(&client(), server.url("/")).await), "1000 EOF");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_answer_that_began_is_not_asked_for_again() {
    let server = Server::start(|number, mut stream| {
        read_head(&mut stream);
        stream.write_all(HELLO.as_bytes()).unwrap();
        if number == 0 && read_head(&mut stream).is_some() {
            stream.write_all(&HELLO.as_bytes()[..20]).unwrap();
        }
        close(&mut stream);
    });
    let client = client();
    get(&client, server.url("/")).await;
    assert_eq!(outcome(&get(&client, server.url("/")).await), "1000 unexpected EOF");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn concurrent_exchanges_have_a_connection_each() {
    let server = Server::start(|_, mut stream| {
        while read_head(&mut stream).is_some() {
            pause(50);
            stream.write_all(HELLO.as_bytes()).unwrap();
        }
    });
    let client = client();
    let (one, two) = tokio::join!(get(&client, server.url("/1")), get(&client, server.url("/2")));
    assert_eq!((outcome(&one), outcome(&two)), ("200 hello".into(), "200 hello".into()));
    assert_eq!((server.connections(), client.idle_connections()), (2, 2));
}

#[tokio::test]
async fn idle_connections_are_bounded() {
    let server = Server::start(|_, mut stream| {
        while read_head(&mut stream).is_some() {
            pause(50);
            stream.write_all(HELLO.as_bytes()).unwrap();
        }
    });
    let client = client_with(Options { max_idle_per_origin: 2, ..Options::default() });
    let exchange = || get(&client, server.url("/"));
    tokio::join!(exchange(), exchange(), exchange(), exchange());
    assert_eq!((server.connections(), client.idle_connections()), (4, 2));
}
