//! Proxies on loopback, and a server that tells who has come. All names lead to that server.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// What a proxy was asked for, line by line.
pub(crate) type Asked = Arc<Mutex<Vec<String>>>;

/// Answers each request with the address of who sent it, its target, and how long its body was.
pub(crate) async fn telling_server() -> SocketAddr {
    listen(|mut stream, peer| async move {
        while let Some(head) = read_head(&mut stream).await {
            let length =
                field(&head, "Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0_u64);
            let read = tokio::io::copy(&mut (&mut stream).take(length), &mut tokio::io::sink()).await;
            let target = head.split(' ').nth(1).unwrap_or_default();
            let body = format!("{} {target} {}", peer.ip(), read.unwrap_or_default());
            answer(&mut stream, "200 OK", "", &body).await;
        }
    })
    .await
}

/// An HTTP proxy that wants to know who asks (`user` and `pass word`). Whatever the name, it leads to
/// `server`.
pub(crate) async fn http_proxy(server: SocketAddr) -> (SocketAddr, Asked) {
    let asked = Asked::default();
    let noted = Arc::clone(&asked);
    let address = listen(move |mut stream, _| {
        let asked = Arc::clone(&noted);
        async move {
            while let Some(head) = read_head(&mut stream).await {
                let line = head.lines().next().unwrap_or_default().to_owned();
                asked.lock().expect("not poisoned").push(line.clone());
                if field(&head, "Proxy-Authorization") != Some("Basic dXNlcjpwYXNzIHdvcmQ=") {
                    answer(&mut stream, "407 Proxy Authentication Required", "", "").await;
                } else if line.starts_with("CONNECT ") {
                    let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
                    return tunnel(stream, server).await;
                } else {
                    answer(&mut stream, "200 OK", "", "by the proxy").await;
                }
            }
        }
    })
    .await;
    (address, asked)
}

/// A SOCKS 5 proxy that wants to know who asks.
pub(crate) async fn socks_proxy(server: SocketAddr) -> (SocketAddr, Asked) {
    let asked = Asked::default();
    let noted = Arc::clone(&asked);
    let address = listen(move |mut stream, _| {
        let asked = Arc::clone(&noted);
        async move {
            let target = greet(&mut stream).await.expect("a client that speaks SOCKS 5");
            asked.lock().expect("not poisoned").push(target);
            stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).await.expect("open");
            tunnel(stream, server).await;
        }
    })
    .await;
    (address, asked)
}

async fn greet(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut greeting = [0; 3];
    stream.read_exact(&mut greeting).await?;
    assert_eq!(greeting, [5, 1, 2]);
    stream.write_all(&[5, 2]).await?;
    let mut login = [0; 1 + 1 + 4 + 1 + 9];
    stream.read_exact(&mut login).await?;
    assert_eq!(&login, b"\x01\x04user\x09pass word");
    stream.write_all(&[1, 0]).await?;
    let mut request = [0; 5];
    stream.read_exact(&mut request).await?;
    assert_eq!(request[..4], [5, 1, 0, 3]);
    let mut name = vec![0; usize::from(request[4])];
    stream.read_exact(&mut name).await?;
    let port = stream.read_u16().await?;
    Ok(format!("{}:{port}", String::from_utf8_lossy(&name)))
}

async fn tunnel(mut from: TcpStream, server: SocketAddr) {
    if let Ok(mut to) = TcpStream::connect(server).await {
        let _ = copy_bidirectional(&mut from, &mut to).await;
    }
}

async fn listen<F, S>(serve: S) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
    S: Fn(TcpStream, SocketAddr) -> F + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            tokio::spawn(serve(stream, peer));
        }
    });
    address
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

async fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let text = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
    let _ = stream.write_all(text.as_bytes()).await;
}
