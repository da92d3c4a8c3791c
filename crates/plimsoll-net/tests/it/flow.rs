//! Redirects and cookies over a real server, combined as a caller combines them.

use std::io::Write;

use bytes::Bytes;
use plimsoll_net::{CookieJar, Exchange, Request, redirect};

use crate::support::{Server, client, outcome, read_bytes, read_head, request, soon};

/// Logs in, is sent home, and greets the bearer of the cookie.
fn shop() -> Server {
    Server::start(|_, mut stream| {
        while let Some(head) = read_head(&mut stream) {
            let line = head.lines().next().unwrap().to_owned();
            if head.contains("Content-Length: 4\r\n") {
                read_bytes(&mut stream, 4);
            }
            let answer = if line.starts_with("POST /login ") {
                "HTTP/1.1 302 Found\r\nLocation: ../home?a=b\r\nSet-Cookie: sid=7; Path=/\r\n\
                 Content-Length: 0\r\n\r\n"
            } else if line == "GET /home?a=b HTTP/1.1" && head.contains("\r\nCookie: sid=7\r\n") {
                "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nwelcome"
            } else {
                "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
            };
            stream.write_all(answer.as_bytes()).unwrap();
        }
    })
}

async fn follow(mut request: Request, jar: &mut CookieJar) -> Vec<Exchange> {
    let client = client();
    let mut hops = Vec::new();
    loop {
        let cookies = jar.cookies_for_url(&request.url);
        let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers.set("Cookie", &cookies.join("; "));
        }
        let exchange = client.exchange(&request, soon()).await;
        let next = exchange.result.as_ref().ok().and_then(|response| {
            jar.receive(&request.url, response);
            redirect::next(&request, response)
        });
        hops.push(exchange);
        match next {
            Some(next) if hops.len() <= 10 => request = next.unwrap(),
            _ => return hops,
        }
    }
}

#[tokio::test]
async fn a_login_is_followed_home_with_its_cookie() {
    let server = shop();
    let mut login = request("POST", server.url("/login"));
    login.body = Some(Bytes::from_static(b"a=b&").into());
    let mut jar = CookieJar::new();
    let hops = follow(login, &mut jar).await;
    assert_eq!(hops.iter().map(outcome).collect::<Vec<_>>(), ["302 ", "200 welcome"]);
    assert_eq!((server.connections(), hops[1].reused_connection), (1, true));
    jar.clear_all();
    let again = follow(request("GET", server.url("/home?a=b")), &mut jar).await;
    assert_eq!(outcome(&again[0]), "403 ");
}
