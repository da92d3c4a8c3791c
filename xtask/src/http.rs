//! One question to a server on this machine: no redirects, no TLS, no reuse.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// A status code and a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Sends a request without a body and reads the answer until the server closes.
pub(crate) async fn ask(address: SocketAddr, method: &str, path: &str) -> Result<Answer> {
    exchange(address, method, path, "\r\n").await
}

/// Posts JSON.
pub(crate) async fn post(address: SocketAddr, path: &str, body: &str) -> Result<Answer> {
    let length = body.len();
    let rest = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}");
    exchange(address, "POST", path, &rest).await
}

/// `rest` is what follows the headers that all requests have.
async fn exchange(address: SocketAddr, method: &str, path: &str, rest: &str) -> Result<Answer> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        let request = head + rest;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
        parse(&String::from_utf8_lossy(&answer))
    };
    let answer = tokio::time::timeout(TIMEOUT, exchange).await.context("no answer in time");
    answer.and_then(|answer| answer).with_context(|| format!("{method} http://{address}{path}"))
}

fn parse(answer: &str) -> Result<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is not HTTP")?;
    let status_line = head.lines().next().unwrap_or_default();
    ensure!(status_line.starts_with("HTTP/1.1 "), "not a status line: {status_line:?}");
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.with_context(|| format!("no status code in {status_line:?}"))?;
    Ok(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_status_and_a_body() {
        let answer =
            parse("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nno\r\n\r\n").expect("well-formed");
        assert_eq!(answer, Answer { status: 503, body: "no\r\n\r\n".to_owned() });
    }

    #[test]
    fn anything_else_is_refused_with_what_was_read() {
        let error = parse("SSH-2.0-x\r\n\r\n").expect_err("not HTTP");
        assert_eq!(error.to_string(), "not a status line: \"SSH-2.0-x\"");
    }
}
