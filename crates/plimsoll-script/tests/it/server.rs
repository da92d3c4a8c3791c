//! A small HTTP/1.1 server on loopback that answers by path. Independent of the client under test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::socket_server;

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

impl Server {
    /// Serves until the test process ends.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || serve(stream));
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

fn serve(stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut writer = stream;
    while let Some(request) = receive(&mut reader) {
        if request.path == "/close" {
            return;
        }
        if request.header("Upgrade").is_some() {
            return socket_server::serve(&request, &mut reader, &mut writer);
        }
        let response = answer(&request);
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
    let length =
        headers.iter().find(|(name, _)| name == "Content-Length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Received { method, path, headers, body })
}

fn answer(request: &Received) -> Vec<u8> {
    match request.path.split('?').next().unwrap_or_default() {
        "/json" => respond(
            "200 OK",
            "Content-Type: application/json\r\nX-Two: a\r\nx-two: b\r\n",
            br#"{"data":[{"id":7},{"id":8}],"ok":true}"#,
        ),
        "/echo" => respond("200 OK", "", &echo(request)),
        "/status/404" => respond("404 Not Found", "", b"nothing here"),
        "/status/503" => respond("503 Service Unavailable", "", b""),
        "/redirect" => respond("302 Found", "Location: /echo?redirected\r\nSet-Cookie: hop=1\r\n", b""),
        "/loop" => respond("302 Found", "Location: /loop\r\n", b""),
        "/cookie" => respond("200 OK", "Set-Cookie: id=42; Path=/; HttpOnly\r\n", b""),
        "/slow" => {
            std::thread::sleep(Duration::from_millis(300));
            respond("200 OK", "", b"slow")
        }
        "/broken-json" => respond("200 OK", "", b"{\"a\":\n  oops}"),
        "/binary" => respond("200 OK", "", &[0, 159, 146, 150]),
        "/empty" => respond("204 No Content", "", b""),
        "/page" => respond("200 OK", "Content-Type: text/html\r\n", include_bytes!("page.html")),
        _ => respond("200 OK", "", b"hello"),
    }
}

/// The request as text: what the script caused on the wire.
fn echo(request: &Received) -> Vec<u8> {
    let mut text = format!("{} {}\n", request.method, request.path);
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "Host" && name != "User-Agent") {
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
