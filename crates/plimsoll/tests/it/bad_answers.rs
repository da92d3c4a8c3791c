//! Answers that are broken, endless or a trap, over HTTP/1.1 and HTTP/2: each ends in an error code and
//! a text that says what it was, in bounded memory, and the run goes on.

use std::fmt::Write as _;
use std::net::SocketAddr;

use plimsoll_net::{Body, encode};

use crate::support::Folder;
use crate::support::broken::Act;

/// What a VU may hold in the tests below, and with it the longest body.
const LIMIT: usize = 32 << 20;
const BODY_TOO_LARGE: &str = "1000 0 response body exceeds the limit of 33554432 bytes";
/// What the whole process may need meanwhile, in megabytes: an answer may be there as it came, as it was
/// decoded, and while it grows.
const PEAK_MB: u64 = 250;
const FLOW_CONTROL: &str = "1634 0 http2: stream error with http2 ErrCode FLOW_CONTROL_ERROR";
const TIMEOUT: &str = "1050 0 request timeout";

/// One request of the script.
struct Case {
    url: String,
    /// More parameters, as JavaScript.
    params: &'static str,
    /// The line that is printed begins like one of these: error code, status, error, body.
    expected: Vec<String>,
}

fn case(server: Act, expected: &str) -> Case {
    at(server.start(), "", expected)
}

fn over_http2(server: Act, expected: &str) -> Case {
    at(server.start(), "httpVersion: '2'", expected)
}

fn at(address: SocketAddr, params: &'static str, expected: &str) -> Case {
    Case { url: format!("http://{address}/"), params, expected: vec![expected.to_owned()] }
}

/// Asks for everything, one after the other, and compares.
async fn ask(cases: &[Case]) {
    let mut requests = String::new();
    for Case { url, params, .. } in cases {
        writeln!(requests, "[{url:?}, {{ {params} }}],").expect("memory");
    }
    let script = format!(
        "import http from 'k6/http';
         const requests = [{requests}];
         export default function () {{
           requests.forEach(([url, params], number) => {{
             const res = http.get(url, {{ timeout: '30s', ...params }});
             const body = res.body === null ? '' : res.body.slice(0, 100);
             console.log(`${{number}}: ${{res.error_code}} ${{res.status}} ${{res.error}}${{body}}`);
           }});
         }}"
    );
    let flags = "--log-format raw --vu-memory-limit 32MiB --throw=false";
    let running = Folder::with(&script).start(flags);
    let peak = running.peak_memory_mb();
    let end = running.finish().await.code(0).says_nothing_of(&["panicked", "source=stacktrace"]);
    for (number, Case { expected, .. }) in cases.iter().enumerate() {
        let prefix = format!("{number}: ");
        let told = end.stderr.lines().find_map(|line| line.strip_prefix(&prefix));
        let told = told.unwrap_or_else(|| panic!("nothing of case {number}, {expected:?}; {end}"));
        let meant = expected.iter().any(|expected| told.starts_with(expected.as_str()));
        assert!(meant, "case {number}: {told:?} and not {expected:?}; {end}");
    }
    assert_eq!(end.count("http_reqs"), cases.len() as u64, "{end}");
    let peak = peak.await.expect("watched to the end");
    assert!(peak < PEAK_MB, "{peak} MB; {end}");
}

fn say(text: &str) -> Act {
    Act::Say(text.into())
}

fn repeat(first: &str, again: &str) -> Act {
    Act::Repeat(first.into(), again.into())
}

#[tokio::test]
async fn what_never_ends_is_ended() {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(4096));
    let long = "1000 0 response head exceeds the limit of 262144 bytes";
    ask(&[
        case(repeat("HTTP/1.1 200 OK\r\nA: ", "x"), long),
        case(repeat("HTTP/1.1 200 ", "x"), long),
        case(repeat("HTTP/1.1 200 OK\r\n", "A: b\r\n"), "1000 0 response head exceeds the limit of "),
        case(
            repeat("", "HTTP/1.1 102 Processing\r\n\r\n"),
            "1000 0 response series of 1xx heads exceeds the limit of 16 heads",
        ),
        case(repeat("HTTP/1.1 200 OK\r\n\r\n", "x"), BODY_TOO_LARGE),
        case(repeat(CHUNKED, &chunk), BODY_TOO_LARGE),
        case(repeat(CHUNKED, "11\r\nsmall as they are\r\n"), BODY_TOO_LARGE),
        case(
            repeat(&format!("{CHUNKED}1;"), "x"),
            "1000 0 response chunk size line exceeds the limit of 4096 bytes",
        ),
        case(
            repeat(&format!("{CHUNKED}0\r\n"), "A: b\r\n"),
            "1000 0 response trailer exceeds the limit of 262144 bytes",
        ),
        case(repeat("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n", "x"), BODY_TOO_LARGE),
        Case { params: "responseType: 'none', timeout: '500ms'", ..case(repeat(CHUNKED, &chunk), TIMEOUT) },
    ])
    .await;
}

/// A few kilobytes that decode to more than the limit.
fn bomb(codings: &str) -> Act {
    let zeros = Body::from(vec![0; LIMIT + 1]);
    let bomb = encode(codings, &zeros, || ()).expect("known codings");
    assert!(bomb.len() < LIMIT / 100, "{} bytes", bomb.len());
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: {codings}\r\nContent-Length: {}\r\n\r\n", bomb.len());
    Act::Say([head.as_bytes(), &bomb.joined()].concat())
}

#[tokio::test]
async fn compressed_bombs_do_not_go_off() {
    let mut cases = Vec::new();
    for codings in ["gzip", "deflate", "br", "zstd", "gzip, gzip", "zstd, br"] {
        let first = codings.split(", ").next().expect("one at least");
        let expected = format!(
            "1701 0 error decompressing response body: {first}: \
             decoded body exceeds the limit of {LIMIT} bytes"
        );
        cases.push(case(bomb(codings), &expected));
    }
    ask(&cases).await;
}

#[tokio::test]
async fn lengths_that_are_wrong() {
    let with = |fields: &str, body: &str| say(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{body}"));
    let invalid = "1000 0 malformed HTTP response: invalid Content-Length";
    let conflict = "1000 0 malformed HTTP response: conflicting Content-Length fields";
    ask(&[
        case(with("Content-Length: 3", "hello"), "0 200 hel"),
        case(with("Content-Length: 9", "hello"), "1000 0 unexpected EOF"),
        case(with("Content-Length: 5\r\nContent-Length: 5", "hello"), "0 200 hello"),
        case(with("Content-Length: 5\r\nContent-Length: 6", "hello"), conflict),
        case(with("Content-Length: -5", "hello"), invalid),
        case(with("Content-Length: +5", "hello"), invalid),
        case(with("Content-Length: 5, 5", "hello"), invalid),
        case(with("Content-Length:", "hello"), invalid),
        case(with("Content-Length: 0x5", "hello"), invalid),
        case(with("Content-Length: 18446744073709551616", "hello"), invalid),
        case(
            with("Content-Length: 3\r\nTransfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"),
            "0 200 hello",
        ),
        case(
            with("Content-Length: 3\r\nTransfer-Encoding: chunked", "hello"),
            "1000 0 malformed HTTP response",
        ),
        case(
            with("Transfer-Encoding: gzip, chunked", "hello"),
            "1000 0 malformed HTTP response: unsupported transfer encoding",
        ),
        case(
            with("Transfer-Encoding: chunked", "-5\r\nhello"),
            "1000 0 malformed HTTP response: invalid chunk size",
        ),
        case(
            with("Transfer-Encoding: chunked", "ffffffffffffffff1\r\nhello"),
            "1000 0 malformed HTTP response: invalid chunk size",
        ),
        case(
            with("Transfer-Encoding: chunked", "3\r\nhello\r\n0\r\n\r\n"),
            "1000 0 malformed HTTP response: chunk longer than its size",
        ),
    ])
    .await;
}

#[tokio::test]
async fn first_lines_that_are_none() {
    let none = "1000 0 malformed HTTP response: not an HTTP/1.x status line";
    let mut cases: Vec<Case> = [
        "<html>HTTP/0.9 had no head</html>",
        "ICY 200 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/3.0 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "\u{15}\u{3}\u{1}\0\u{2}\u{2}P",
    ]
    .iter()
    .map(|line| case(say(line), none))
    .collect();
    for (line, expected) in [
        ("HTTP/1.1 2OO OK\r\n\r\n", "invalid status"),
        ("HTTP/1.1 -20 OK\r\n\r\n", "invalid status"),
        ("HTTP/1.1\r\n\r\n", ""),
        ("HTTP/1.1 200OK\r\n\r\n", "invalid status"),
        ("\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "empty status line"),
        ("HTTP/1.1 200 OK\r\nno field\r\n\r\n", "invalid header name"),
        ("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", "invalid header value"),
    ] {
        cases.push(case(say(line), &format!("1000 0 malformed HTTP response: {expected}")));
    }
    // A number that nobody has defined is a number all the same.
    cases.push(case(say("HTTP/1.1 999 Strange\r\nContent-Length: 2\r\n\r\nhi"), "0 999 hi"));
    cases.push(case(Act::Say(Vec::new()), "1000 0 EOF"));
    cases.push(case(say("HTTP/1.1 200 O"), "1000 0 unexpected EOF"));
    ask(&cases).await;
}

#[tokio::test]
async fn text_that_is_no_text() {
    let head = |fields: &[u8]| [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", fields, b"\r\n"].concat();
    let bytes = b"a\xff\xc3\x28z";
    ask(&[
        case(Act::Say([&head(b""), &bytes[..]].concat()), "0 200 a\u{fffd}\u{fffd}(z"),
        case(Act::Say([&head(b"X-A: \xff\xfe\r\n"), &b"hello"[..]].concat()), "0 200 hello"),
        case(Act::Say([&head(b"Set-Cookie: a=\xff; path=\xfe\r\n"), &b"hello"[..]].concat()), "0 200 hello"),
        case(
            Act::Say([&head(b"X-\xff: a\r\n"), &b"hello"[..]].concat()),
            "1000 0 malformed HTTP response: invalid header name",
        ),
        case(
            Act::Say(b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe/\r\nContent-Length: 0\r\n\r\n".into()),
            "10",
        ),
        case(Act::Say([&head(b"Content-Encoding: \xff\r\n"), &b"hello"[..]].concat()), "0 200 hello"),
        case(
            Act::Say([&head(b"Content-Encoding: gzip\r\n"), &b"hello"[..]].concat()),
            "1701 0 error decompressing response body: gzip: ",
        ),
    ])
    .await;
}

#[tokio::test]
async fn every_phase_has_its_timeout() {
    // Nobody accepts: what the system's queue cannot take is ignored.
    let full = tokio::net::TcpSocket::new_v4().expect("a socket");
    full.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let full = full.listen(1).expect("a queue");
    let address = full.local_addr().expect("an address");
    let mut queued = Vec::new();
    for _ in 0..8 {
        let attempt = tokio::net::TcpStream::connect(address);
        queued.extend(tokio::time::timeout(std::time::Duration::from_millis(50), attempt).await);
    }
    let silent = Act::Stall(Vec::new());
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    let soon = "timeout: '300ms'";
    let mut cases = vec![
        at(address, soon, TIMEOUT),
        Case { url: format!("https://{}/", silent.clone().start()), ..at(address, soon, TIMEOUT) },
        at(silent.clone().start(), soon, TIMEOUT),
        at(silent.start(), "httpVersion: '2', timeout: '300ms'", TIMEOUT),
    ];
    for part in ["HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\nA: b", head, &format!("{head}hello")] {
        cases.push(at(Act::Stall(part.into()).start(), soon, TIMEOUT));
    }
    ask(&cases).await;
}

#[tokio::test]
async fn resets_and_tls_that_is_none() {
    let reset = "1220 0 read: connection reset by peer";
    let mut cases: Vec<Case> = [
        "",
        "HTTP/1.1 200 O",
        "HTTP/1.1 200 OK\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
    ]
    .iter()
    .map(|part| case(Act::Reset((*part).into()), reset))
    .collect();
    cases.push(over_http2(Act::Reset(Vec::new()), reset));
    let secure = |act: Act, expected: &str| {
        let address = act.start();
        Case { url: format!("https://{address}/"), ..at(address, "", expected) }
    };
    let no_tls = "1301 0 tls: first record does not look like a TLS handshake";
    cases.push(secure(say("HTTP/1.1 400 Bad Request\r\n\r\n"), no_tls));
    cases.push(secure(Act::Reset(Vec::new()), "1220 0 "));
    cases.push(secure(Act::Say(Vec::new()), "1000 0 EOF"));
    // An alert, fatal: handshake failure.
    cases.push(secure(Act::Say(vec![21, 3, 3, 0, 2, 2, 40]), "1010 0 remote error: tls: handshake failure"));
    ask(&cases).await;
}

/// A frame of HTTP/2: length, type, flags, stream, payload.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame").to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

#[tokio::test]
async fn http2_that_never_ends_or_is_none() {
    let settings = frame(4, 0, 0, b"");
    // A field without indexing: the name `a`, and a value of 8,000 bytes (127 + 7873, seven bits at a time).
    let field = [&[0, 1, b'a', 0x7f, 0xc1, 0x3d][..], &[b'x'; 8000]].concat();
    let head = |flags: u8| [settings.clone(), frame(1, flags, 1, &[0x88])].concat();
    let repeat = |first: Vec<u8>, again: Vec<u8>| Act::Repeat(first, again);
    ask(&[
        over_http2(repeat(head(0), frame(9, 0, 1, &field)), "16"),
        over_http2(repeat(head(0), frame(9, 0, 1, b"")), "16"),
        // It depends on who is faster whether the windows that it does not heed are full before the limit.
        Case {
            expected: vec![FLOW_CONTROL.to_owned(), BODY_TOO_LARGE.to_owned()],
            ..over_http2(repeat(head(4), frame(0, 0, 1, &[b'x'; 16384])), "")
        },
        Case {
            params: "httpVersion: '2', timeout: '500ms'",
            ..over_http2(repeat(settings.clone(), frame(6, 0, 0, b"12345678")), TIMEOUT)
        },
        Case {
            params: "httpVersion: '2', timeout: '500ms'",
            ..over_http2(repeat(settings.clone(), settings.clone()), TIMEOUT)
        },
        // The head has ended the answer.
        over_http2(Act::Say([head(5), frame(0, 1, 1, b"x")].concat()), "0 200 "),
        over_http2(say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "16"),
        over_http2(Act::Say(vec![0xff; 100]), "16"),
        over_http2(Act::Say(Vec::new()), "1000 0 unexpected EOF"),
        over_http2(Act::Say(head(4)), "1000 0 unexpected EOF"),
        // Whether reading or writing comes across it first depends on who is faster.
        over_http2(Act::Reset(head(4)), "1220 0 "),
    ])
    .await;
}
