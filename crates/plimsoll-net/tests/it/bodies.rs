//! What is sent and what is received.

use std::io::Write;
use std::sync::mpsc;

use bytes::Bytes;
use plimsoll_net::{Options, Protocol};

use crate::support::{
    HELLO, Server, client, client_with, get, outcome, pause, read_bytes, read_head, request, soon,
};

#[tokio::test]
async fn a_request_is_written_in_k6s_order() {
    let (sender, seen) = mpsc::channel();
    let server = Server::start(move |_, mut stream| {
        let head = read_head(&mut stream).unwrap();
        sender.send((head, read_bytes(&mut stream, 4))).unwrap();
        stream.write_all(HELLO.as_bytes()).unwrap();
    });
    let client = client_with(Options { user_agent: "agent/1".into(), ..Options::default() });
    let mut post = request("post", server.url("/a b?c=d#e"));
    post.body = Some(Bytes::from_static(b"body").into());
    post.headers.set("x-zebra", "z");
    post.headers.set("accept", "*/*");
    let exchange = client.exchange(&post, soon()).await;
    assert_eq!(outcome(&exchange), "200 hello");
    let (head, body) = seen.recv().unwrap();
    assert_eq!(
        head,
        format!(
            "post /a%20b?c=d HTTP/1.1\r\nHost: {}\r\nUser-Agent: agent/1\r\nContent-Length: 4\r\n\
             Accept: */*\r\nX-Zebra: z\r\n\r\n",
            server.address
        )
    );
    assert_eq!(body, b"body");
    assert_eq!(exchange.traffic.sent, (head.len() + body.len()) as u64);
    assert_eq!(exchange.traffic.received, HELLO.len() as u64);
    assert_eq!(exchange.remote, Some(server.address));
    assert_eq!((exchange.protocol, exchange.tls), (Protocol::Http11, None));
}

#[tokio::test]
async fn bodies_of_all_framings_arrive_in_pieces() {
    let wires = [
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
         6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\nT: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhello world",
        "HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\
         HTTP/1.1 200 OK\r\n\r\nhello world",
    ];
    for wire in wires {
        let server = Server::start(move |_, mut stream| {
            read_head(&mut stream);
            for piece in wire.as_bytes().chunks(7) {
                stream.write_all(piece).unwrap();
                pause(1);
            }
        });
        assert_eq!(outcome(&get(&client(), server.url("/")).await), "200 hello world", "{wire:?}");
    }
}

#[tokio::test]
async fn responses_without_body_end_with_their_head() {
    for (method, wire) in [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ] {
        let server = Server::answering(wire);
        let client = client();
        for _ in 0..2 {
            let exchange = client.exchange(&request(method, server.url("/")), soon()).await;
            assert_eq!(exchange.result.unwrap().body.len(), 0, "{wire:?}");
        }
        assert_eq!(server.connections(), 1, "{wire:?} leaves the connection open");
    }
}

#[tokio::test]
async fn a_hundred_megabytes_arrive_whole_or_are_counted() {
    const LENGTH: usize = 100 * 1024 * 1024;
    let server = Server::start(|_, mut stream| {
        let block: Vec<u8> = (0..1024 * 1024_u32).map(|at| (at % 251) as u8).collect();
        while read_head(&mut stream).is_some() {
            stream
                .write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n").as_bytes())
                .unwrap();
            for _ in 0..100 {
                stream.write_all(&block).unwrap();
            }
        }
    });
    let client = client();
    let mut download = request("GET", server.url("/"));
    let kept = client.exchange(&download, soon()).await.result.unwrap();
    assert_eq!((kept.body.len(), kept.body_len), (LENGTH, LENGTH as u64));
    assert!(
        kept.body
            .chunks(1024 * 1024)
            .all(|block| block.iter().enumerate().all(|(at, byte)| at % 251 == *byte as usize))
    );
    download.discard_response_body = true;
    let counted = client.exchange(&download, soon()).await.result.unwrap();
    assert_eq!((counted.body.len(), counted.body_len), (0, LENGTH as u64));
}

#[tokio::test]
async fn a_large_upload_arrives_whole() {
    let body: Vec<u8> = (0..8 * 1024 * 1024_u32).map(|at| (at % 241) as u8).collect();
    let expected = body.clone();
    let server = Server::start(move |_, mut stream| {
        let head = read_head(&mut stream).unwrap();
        assert!(head.contains("Content-Length: 8388608\r\n"));
        pause(50);
        let same = read_bytes(&mut stream, expected.len()) == expected;
        let status = if same { "200 OK" } else { "400 Bad Request" };
        stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes()).unwrap();
    });
    let mut post = request("POST", server.url("/"));
    post.body = Some(body.into());
    let exchange = client().exchange(&post, soon()).await;
    assert_eq!(outcome(&exchange), "200 ");
    assert!(exchange.traffic.sent > 8 * 1024 * 1024);
}

#[tokio::test]
async fn interim_answers_end_no_upload() {
    const LENGTH: usize = 24 * 1024 * 1024;
    let server = Server::start(|_, mut stream| {
        read_head(&mut stream);
        // Meanwhile the client is stuck in the middle of the body.
        for piece in ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early H", "ints\r\nLink: </a>\r\n\r\n"] {
            pause(50);
            stream.write_all(piece.as_bytes()).unwrap();
        }
        pause(50);
        read_bytes(&mut stream, LENGTH);
        stream.write_all(HELLO.as_bytes()).unwrap();
        read_head(&mut stream);
    });
    let client = client();
    let mut post = request("POST", server.url("/"));
    post.headers.set("Expect", "100-continue");
    post.body = Some(vec![b'x'; LENGTH].into());
    let exchange = client.exchange(&post, soon()).await;
    assert_eq!(outcome(&exchange), "200 hello");
    assert_eq!(client.idle_connections(), 1, "the request was sent to its end");
    assert!(exchange.timings.sending >= std::time::Duration::from_millis(100), "{:?}", exchange.timings);
}

#[tokio::test]
async fn an_early_answer_ends_an_upload() {
    let server = Server::start(|_, mut stream| {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!").unwrap();
        // Neither reads the rest nor closes.
        pause(500);
    });
    let client = client();
    let mut post = request("POST", server.url("/"));
    post.body = Some(vec![b'x'; 64 * 1024 * 1024].into());
    let exchange = client.exchange(&post, soon()).await;
    assert_eq!(outcome(&exchange), "413 no!");
    assert_eq!(client.idle_connections(), 0, "half a request is on the connection");
}

#[tokio::test]
async fn headers_keep_their_order_and_case() {
    let server = Server::answering(
        "HTTP/1.1 418 I'm a teapot\r\nX-one: 1\r\nset-cookie: a=b\r\nSet-Cookie: c=d; Path=/\r\n\
         Content-Length: 0\r\n\r\n",
    );
    let response = get(&client(), server.url("/")).await.result.unwrap();
    let names: Vec<_> = response.headers.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["X-one", "set-cookie", "Set-Cookie", "Content-Length"]);
    assert_eq!(response.status_text(), "418 I'm a teapot");
    assert_eq!(response.cookies().map(|cookie| cookie.name).collect::<String>(), "ac");
}

#[tokio::test]
async fn encoded_bodies_are_decoded_on_request() {
    let wire = [
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 9\r\n\r\n".as_slice(),
        &[0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03],
    ]
    .concat();
    let server = Server::answering(wire);
    let mut response = get(&client(), server.url("/")).await.result.unwrap();
    response.decode_body(1024).unwrap();
    assert_eq!((&response.body[..], response.body_len), (&b"hello"[..], 9));

    let broken =
        Server::answering("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello");
    let mut response = get(&client(), broken.url("/")).await.result.unwrap();
    assert_eq!(response.decode_body(1024).unwrap_err().code().get(), 1701);
}
