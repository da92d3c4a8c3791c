//! A small HTTP/1.1 server on loopback that answers by path. Independent of the client under test.

mod login;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use self::login::Ntlm;
use crate::socket_server;

/// How long requests wait for each other at a gate, if they do not come.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Server {
    address: SocketAddr,
}

/// A request as it arrived.
pub(crate) struct Received {
    method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Received {
    /// The value of a header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The value of a header, empty without.
    fn field(&self, name: &str) -> &str {
        self.header(name).unwrap_or_default()
    }

    /// The request as text, but for what differs from one to the next.
    pub(crate) fn shown(&self) -> String {
        let mut text = format!("{} {}", self.method, self.path);
        let differ = ["Host", "User-Agent", "Sec-Websocket-Key"];
        for (name, value) in self.headers.iter().filter(|(name, _)| !differ.contains(&name.as_str())) {
            text.push_str(&format!("; {name}: {value}"));
        }
        text
    }
}

/// Where requests wait until so many are there as the path says.
#[derive(Default)]
struct Gate {
    crowd: Mutex<Crowd>,
    changed: Condvar,
}

#[derive(Default)]
struct Crowd {
    waiting: usize,
    most: usize,
    /// How often the gate has opened.
    opened: usize,
}

impl Gate {
    /// Whether so many have come.
    fn pass(&self, wanted: usize) -> bool {
        let mut crowd = self.crowd.lock().expect("not poisoned");
        crowd.waiting += 1;
        crowd.most = crowd.most.max(crowd.waiting);
        if crowd.waiting >= wanted {
            // Whoever is one too many shows up here before the others are let go.
            let pause = Duration::from_millis(50);
            crowd = self.changed.wait_timeout(crowd, pause).expect("not poisoned").0;
            (crowd.waiting, crowd.opened) = (0, crowd.opened + 1);
            self.changed.notify_all();
            return true;
        }
        let before = crowd.opened;
        let closed = |crowd: &mut Crowd| crowd.opened == before;
        !self.changed.wait_timeout_while(crowd, PATIENCE, closed).expect("not poisoned").1.timed_out()
    }

    /// The largest crowd since this was asked last.
    fn most(&self) -> usize {
        std::mem::take(&mut self.crowd.lock().expect("not poisoned").most)
    }
}

impl Server {
    /// Serves until the test process ends.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let gate = Arc::new(Gate::default());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let gate = Arc::clone(&gate);
                std::thread::spawn(move || serve(stream, &gate));
            }
        });
        Server { address }
    }

    pub(crate) fn sockets(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(stream: TcpStream, gate: &Gate) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut writer = stream;
    let mut ntlm = Ntlm::default();
    while let Some(request) = receive(&mut reader) {
        if request.path == "/close" {
            return;
        }
        if request.header("Upgrade").is_some() {
            return socket_server::serve(&request, &mut reader, &mut writer);
        }
        let response = match request.path.split('?').next().unwrap_or_default() {
            "/ntlm" => ntlm.answer(request.field("Authorization"), &echo(&request)),
            path => match path.strip_prefix("/gate/").and_then(|wanted| wanted.parse().ok()) {
                Some(0) => respond("200 OK", "", gate.most().to_string().as_bytes()),
                Some(wanted) if gate.pass(wanted) => respond("200 OK", "", request.path.as_bytes()),
                Some(_) => respond("503 Service Unavailable", "", b"too few have come"),
                None => answer(&request),
            },
        };
        if writer.write_all(&response).is_err() {
            return;
        }
    }
}

fn receive(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut parts = line.split_whitespace().map(str::to_owned);
    let (method, path) = (parts.next()?, parts.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut request = Received { method, path, headers, body: Vec::new() };
    if request.field("Transfer-Encoding") == "chunked" {
        // Only empty bodies are sent so.
        let mut end = [0; 5];
        reader.read_exact(&mut end).ok()?;
        assert_eq!(&end, b"0\r\n\r\n");
    }
    request.body = vec![0; request.field("Content-Length").parse().unwrap_or(0)];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

fn answer(request: &Received) -> Vec<u8> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    if let Some(left) = path.strip_prefix("/redirect/").and_then(|left| left.parse::<u32>().ok()) {
        let to = if left > 1 { format!("/redirect/{}", left - 1) } else { "/echo".to_owned() };
        return respond("302 Found", &format!("Location: {to}\r\nSet-Cookie: hop{left}=1; Path=/\r\n"), b"");
    }
    if let Some(answer) = login::answer(request, path) {
        return answer;
    }
    match path {
        "/json" => respond(
            "200 OK",
            "Content-Type: application/json\r\nX-Two: a\r\nx-two: b\r\n",
            br#"{"data":[{"id":7},{"id":8}],"ok":true}"#,
        ),
        "/events" => respond(
            "200 OK",
            "Content-Type: text/event-stream; charset=utf-8\r\n",
            ": hi\n\nid: 1\ndata: ä\n\nevent: tick\ndata: a\ndata: b\n\nevent: tick\nid: 2\ndata\n\ndata: x"
                .as_bytes(),
        ),
        "/events/moved" => respond(
            "307 Temporary Redirect",
            "Location: /events/echo?moved\r\nSet-Cookie: moved=yes; Path=/\r\n",
            b"",
        ),
        "/events/br" => {
            respond("200 OK", "Content-Type: text/event-stream\r\nContent-Encoding: br\r\n", b"data: x\n\n")
        }
        "/events/echo" => {
            let echo = String::from_utf8_lossy(&echo(request)).trim_end().replace('\n', "\ndata: ");
            let events = format!("data: {echo}\n\ndata: more\n\n");
            respond("200 OK", "Content-Type: text/event-stream\r\n", events.as_bytes())
        }
        "/echo" => respond("200 OK", "", &echo(request)),
        // What came, in the encoding in which it came.
        "/mirror" => {
            let coding = format!("Content-Encoding: {}\r\n", request.field("Content-Encoding"));
            respond("200 OK", &coding, &request.body)
        }
        // How much came, and a sum of it.
        "/upload" => {
            let sum = request.body.iter().fold(0_u32, |sum, byte| sum.rotate_left(1) ^ u32::from(*byte));
            respond("200 OK", "", format!("{} bytes, sum {sum:08x}", request.body.len()).as_bytes())
        }
        "/set-cookie" => respond("200 OK", &format!("Set-Cookie: {query}\r\n"), b""),
        "/status/404" => respond("404 Not Found", "", b"nothing here"),
        "/status/503" => respond("503 Service Unavailable", "", b""),
        "/redirect" => respond("302 Found", "Location: /echo?redirected\r\nSet-Cookie: hop=1\r\n", b""),
        "/redirect-307" => respond("307 Temporary Redirect", "Location: /echo\r\n", b""),
        "/redirect-nowhere" => respond("302 Found", "Location: http://[::1\r\n", b""),
        "/loop" => respond("302 Found", "Location: /loop\r\n", b""),
        "/cookie" => respond("200 OK", "Set-Cookie: id=42; Path=/; HttpOnly\r\n", b""),
        "/slow" => {
            std::thread::sleep(Duration::from_millis(300));
            respond("200 OK", "", b"slow")
        }
        "/chunked" => {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";
            format!("{head}3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n").into_bytes()
        }
        "/broken-json" => respond("200 OK", "", b"{\"a\":\n  oops}"),
        "/broken-gzip" => respond("200 OK", "Content-Encoding: gzip\r\n", b"no gzip"),
        "/broken-http" => b"HELLO\r\n\r\n".to_vec(),
        "/binary" => respond("200 OK", "", &[0, 159, 146, 150]),
        "/empty" => respond("204 No Content", "", b""),
        "/page" => respond("200 OK", "Content-Type: text/html\r\n", include_bytes!("page.html")),
        _ => respond("200 OK", "", b"hello"),
    }
}

/// The request as text: what the script caused on the wire.
fn echo(request: &Received) -> Vec<u8> {
    let mut text = format!("{} {}\n", request.method, request.path);
    let kept = |name: &str| name != "Host" && name != "User-Agent" && name != "Authorization";
    for (name, value) in request.headers.iter().filter(|(name, _)| kept(name)) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push_str(&String::from_utf8_lossy(&request.body));
    text.into_bytes()
}

fn respond(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length =
        if status.starts_with("204") { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let mut response = format!("HTTP/1.1 {status}\r\n{headers}{length}\r\n").into_bytes();
    response.extend_from_slice(body);
    response
}
