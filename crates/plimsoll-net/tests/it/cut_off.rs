//! A server that stops in the middle of its answer, at every byte of it: with an end, with a reset, on a new
//! connection and on one that was used before.

use std::io::Write;
use std::net::TcpStream;

use plimsoll_net::Client;

use crate::support::{HELLO, Server, client, close, get, outcome, read_head, request, reset, soon};

const CUT: &str = "1000 unexpected EOF";
const RESET: &str = "1220 read: connection reset by peer";

/// An answer with the body `hello world`.
struct Wire {
    text: &'static str,
    /// Whether the end of the connection is the end of the body.
    until_close: bool,
    /// Whether its connection can be used again.
    keeps: bool,
}

const WIRES: [Wire; 6] = [
    Wire {
        text: "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-A: b\r\n\r\nhello world",
        until_close: false,
        keeps: true,
    },
    Wire {
        text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
               6;x=y\r\nhello \r\n05\r\nworld\r\n0\r\nX-Trailer: end\r\nX-B: c\r\n\r\n",
        until_close: false,
        keeps: true,
    },
    Wire { text: "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nhello world", until_close: true, keeps: false },
    Wire { text: "HTTP/1.0 200\nX-A: b\n\nhello world", until_close: true, keeps: false },
    Wire {
        text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\
               HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
        until_close: false,
        keeps: true,
    },
    Wire {
        text: "HTTP/1.1 102 Processing\r\n\r\n\
               HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\nhello world",
        until_close: false,
        keeps: false,
    },
];

impl Wire {
    fn head_length(&self) -> usize {
        self.text.len() - "hello world".len()
    }

    /// What a client makes of the first `length` bytes and an orderly end.
    fn expected(&self, length: usize) -> String {
        match length {
            0 => "1000 EOF".to_owned(),
            _ if length == self.text.len() => "200 hello world".to_owned(),
            _ if self.until_close && length >= self.head_length() => {
                format!("200 {}", &self.text[self.head_length()..length])
            }
            _ => CUT.to_owned(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum End {
    Close,
    Reset,
}

impl End {
    fn put_to(self, mut stream: TcpStream) {
        match self {
            End::Close => close(&mut stream),
            End::Reset => reset(stream),
        }
    }
}

/// Answers the first `greetings` requests of its first connection in full, the next with `part`, and ends.
/// Later connections are for a second try.
fn server(greetings: usize, part: &'static [u8], end: End) -> Server {
    Server::start(move |number, mut stream| {
        for _ in 0..greetings {
            read_head(&mut stream);
            stream.write_all(HELLO.as_bytes()).unwrap();
        }
        if number == 0 {
            read_head(&mut stream);
            let _ = stream.write_all(part);
            end.put_to(stream);
        }
    })
}

async fn greeted(client: &Client, server: &Server) {
    assert_eq!(outcome(&get(client, server.url("/")).await), "200 hello");
}

#[tokio::test]
async fn a_new_connection_may_end_at_every_byte() {
    for wire in WIRES {
        for length in 0..=wire.text.len() {
            let server = server(0, &wire.text.as_bytes()[..length], End::Close);
            let client = client();
            let exchange = get(&client, server.url("/")).await;
            assert_eq!(outcome(&exchange), wire.expected(length), "{length} bytes of {:?}", wire.text);
            assert_eq!(exchange.traffic.received, length as u64, "{:?}", wire.text);
            let kept = usize::from(wire.keeps && length == wire.text.len());
            assert_eq!(client.idle_connections(), kept, "{length} bytes of {:?}", wire.text);
            assert_eq!(server.connections(), 1, "an answer that began is not asked for again");
        }
    }
}

#[tokio::test]
async fn a_connection_that_was_used_may_end_at_every_byte() {
    for wire in WIRES {
        for length in 0..=wire.text.len() {
            for method in ["GET", "POST"] {
                let server = server(1, &wire.text.as_bytes()[..length], End::Close);
                let client = client();
                greeted(&client, &server).await;
                let exchange = client.exchange(&request(method, server.url("/")), soon()).await;
                let again = length == 0 && method == "GET";
                let expected = if again { "200 hello".to_owned() } else { wire.expected(length) };
                assert_eq!(outcome(&exchange), expected, "{method}, {length} bytes of {:?}", wire.text);
                assert_eq!(exchange.reused_connection, !again);
                assert_eq!(server.connections(), 1 + usize::from(again), "{method}, {length} bytes");
            }
        }
    }
}

/// A reset is never taken for the end of a body. What came before it may or may not be read.
#[tokio::test]
async fn a_connection_may_be_reset_at_every_byte() {
    for wire in WIRES {
        for length in 0..=wire.text.len() {
            for greetings in [0, 1] {
                let server = server(greetings, &wire.text.as_bytes()[..length], End::Reset);
                let client = client();
                if greetings > 0 {
                    greeted(&client, &server).await;
                }
                let outcome = outcome(&get(&client, server.url("/")).await);
                let context = format!("after {length} bytes of {:?}: {outcome}", wire.text);
                let is_whole = length == wire.text.len() && !wire.until_close;
                let may_repeat = greetings > 0;
                assert!(
                    outcome == RESET
                        || is_whole && outcome == "200 hello world"
                        || may_repeat && outcome == "200 hello" && server.connections() == 2,
                    "{context}"
                );
            }
        }
    }
}
