//! Each failure, made to happen: its number and its message.

use std::io::Write;
use std::net::Shutdown;
use std::time::Duration;

use plimsoll_net::{Limits, Options, Url};
use tokio::net::TcpSocket;

use crate::support::{
    HELLO, Server, client, client_with, close, get, outcome, pause, read_head, request, reset, soon,
};

async fn outcome_of(url: &str, options: Options) -> String {
    outcome(&get(&client_with(options), Url::parse(url).unwrap()).await)
}

#[tokio::test]
async fn requests_that_cannot_be_made() {
    for (url, expected) in [
        ("/relative", "1000 unsupported protocol scheme \"\""),
        ("ftp://localhost/", "1000 unsupported protocol scheme \"ftp\""),
        ("http:///", "1000 no Host in request URL"),
        ("http://localhost:99999/", "1210 dial: address 99999: invalid port"),
        ("http://nowhere.invalid/", "1101 lookup: no such host"),
    ] {
        assert_eq!(outcome_of(url, Options::default()).await, expected, "{url}");
    }
    let bad_method =
        client().exchange(&request("G T", Url::parse("http://localhost/").unwrap()), soon()).await;
    assert_eq!(outcome(&bad_method), "1000 invalid method \"G T\"");
    assert_eq!((bad_method.timings.blocked, bad_method.timings.duration()), (Duration::ZERO, Duration::ZERO));
}

#[tokio::test]
async fn places_that_must_not_be_contacted() {
    let server = Server::answering(HELLO);
    let port = server.address.port();
    let mut blocked = Options::default();
    blocked.blocked_hostnames.insert("*.internal.test").unwrap();
    assert_eq!(outcome_of("http://db.INTERNAL.test/", blocked).await, "1111 hostname is blocked");
    let blacklist =
        || Options { blacklisted_ips: vec!["127.0.0.0/8".parse().unwrap()], ..Options::default() };
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(
            outcome_of(&format!("http://{host}:{port}/"), blacklist()).await,
            "1110 ip is blacklisted"
        );
    }
    let mut overridden = blacklist();
    overridden.hosts.insert("named.test", "127.0.0.1").unwrap();
    assert_eq!(outcome_of("http://named.test/", overridden).await, "1110 ip is blacklisted");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn names_can_live_elsewhere() {
    let server = Server::start(|_, mut stream| {
        let head = read_head(&mut stream).unwrap();
        let body = head.lines().nth(1).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    });
    let mut options = Options::default();
    options.hosts.insert("*.example.test", &server.address.to_string()).unwrap();
    assert_eq!(outcome_of("http://Api.example.test/", options).await, "200 Host: Api.example.test");
    let by_name = format!("http://localhost:{}/", server.address.port());
    assert!(outcome_of(&by_name, Options::default()).await.starts_with("200 Host: localhost"));
}

#[tokio::test]
async fn connections_that_cannot_be_opened() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(
        outcome_of(&format!("http://{nobody}/"), Options::default()).await,
        "1212 dial: connection refused"
    );

    // A source address that is not ours (TEST-NET-1).
    let server = Server::answering(HELLO);
    let foreign = Options { local_addresses: "192.0.2.1".parse().unwrap(), ..Options::default() };
    let outcome = outcome_of(&format!("http://{}/", server.address), foreign).await;
    assert!(outcome.starts_with("1213 dial: ") && outcome.contains("os error"), "{outcome}");
}

#[tokio::test]
async fn dialing_takes_no_longer_than_its_timeout() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let address = full.local_addr().unwrap();
    // Nobody accepts; once the queue is full the system ignores further attempts.
    let mut queued = Vec::new();
    for _ in 0..8 {
        let attempt = tokio::net::TcpStream::connect(address);
        queued.extend(tokio::time::timeout(Duration::from_millis(50), attempt).await);
    }
    let options = Options { dial_timeout: Duration::from_millis(100), ..Options::default() };
    assert_eq!(outcome_of(&format!("http://{address}/"), options).await, "1211 dial: i/o timeout");
}

#[tokio::test]
async fn answers_that_are_none() {
    for (wire, expected) in [
        ("", "1000 EOF"),
        ("HTTP/1.1 200 OK\r\nContent-", "1000 unexpected EOF"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "1000 unexpected EOF"),
        ("SSH-2.0-OpenSSH\r\n", "1000 malformed HTTP response: not an HTTP/1.x status line"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "1000 malformed HTTP response: invalid Content-Length",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "1000 malformed HTTP response: invalid chunk size",
        ),
    ] {
        let server = Server::answering_once(wire);
        assert_eq!(outcome(&get(&client(), server.url("/")).await), expected, "{wire:?}");
    }
}

#[tokio::test]
async fn answers_that_are_too_large() {
    let head = Server::answering_once(format!("HTTP/1.1 200 OK\r\nA: {}\r\n", "x".repeat(300 * 1024)));
    assert_eq!(
        outcome(&get(&client(), head.url("/")).await),
        "1000 response head exceeds the limit of 262144 bytes"
    );
    let limits = Limits { body_bytes: 1000, ..Limits::default() };
    let body = Server::answering_once(format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1001)));
    let client = client_with(Options { limits, ..Options::default() });
    assert_eq!(
        outcome(&get(&client, body.url("/")).await),
        "1000 response body exceeds the limit of 1000 bytes"
    );
}

#[tokio::test]
async fn connections_that_are_reset() {
    let server = Server::start(|_, mut stream| {
        read_head(&mut stream);
        reset(stream);
    });
    assert_eq!(outcome(&get(&client(), server.url("/")).await), "1220 read: connection reset by peer");
}

#[tokio::test]
async fn pipes_that_break() {
    let (under_way, mut upload) = tokio::sync::mpsc::unbounded_channel();
    let (holding, wait_for_hold) = std::sync::mpsc::channel();
    let wait_for_hold = std::sync::Mutex::new(wait_for_hold);
    let (broken, wait_for_break) = std::sync::mpsc::channel();
    let server = Server::start(move |_, mut stream| {
        read_head(&mut stream);
        pause(20);
        under_way.send(()).unwrap();
        wait_for_hold.lock().unwrap().recv().unwrap();
        // A socket whose peer has said goodbye reports a later reset as a broken pipe.
        stream.shutdown(Shutdown::Write).unwrap();
        pause(20);
        reset(stream);
        pause(20);
        broken.send(()).unwrap();
    });
    let mut post = request("POST", server.url("/"));
    post.body = Some(vec![0; 64 * 1024 * 1024].into());
    // While the server does all that, this thread is held: the client finds the result, not the steps.
    let hold = async {
        upload.recv().await.unwrap();
        holding.send(()).unwrap();
        wait_for_break.recv_timeout(Duration::from_secs(5)).unwrap();
    };
    let (client, deadline) = (client(), soon());
    let (exchange, ()) = tokio::join!(client.exchange(&post, deadline), hold);
    assert_eq!(outcome(&exchange), "1201 write: broken pipe");
}

#[tokio::test]
async fn a_close_in_the_middle_of_an_upload_is_an_end_of_stream() {
    let server = Server::start(|_, mut stream| {
        read_head(&mut stream);
        stream.shutdown(Shutdown::Write).unwrap();
        pause(200);
        close(&mut stream);
    });
    let mut post = request("POST", server.url("/"));
    post.body = Some(vec![0; 64 * 1024 * 1024].into());
    assert_eq!(outcome(&client().exchange(&post, soon()).await), "1000 EOF");
}
