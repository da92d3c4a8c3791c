//! Requests to the control API of a test that runs in another process.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::Address;

/// An answer must be there within this time.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("the address '{address}' is of no use: {why}")]
    Address { address: String, why: String },
    #[error("no test listens at {address}: {source} (is it running, and with --address?)")]
    NobodyListens { address: String, source: std::io::Error },
    #[error("{address} did not answer within {} seconds", TIMEOUT.as_secs())]
    TimedOut { address: String },
    #[error("{address} gave no proper answer: {why}")]
    Garbled { address: String, why: String },
    #[error("{title}: {detail}")]
    Refused { title: String, detail: String },
}

/// The `data` of a resource.
pub(crate) async fn get(address: &Address, path: &str) -> Result<Value, ClientError> {
    ask(address, Method::GET, path, Bytes::new()).await
}

/// Changes attributes of the status; returns the status after it.
pub(crate) async fn change_status(address: &Address, attributes: &Value) -> Result<Value, ClientError> {
    let document = json!({ "data": { "type": "status", "id": "default", "attributes": attributes } });
    ask(address, Method::PATCH, "/v1/status", document.to_string().into()).await
}

async fn ask(address: &Address, method: Method, path: &str, body: Bytes) -> Result<Value, ClientError> {
    let asked = tokio::time::timeout(TIMEOUT, exchange(address, method, path, body)).await;
    let answer = asked.map_err(|_| ClientError::TimedOut { address: address.text.clone() })??;
    let garbled = |why: String| ClientError::Garbled { address: address.text.clone(), why };
    let mut document: Value = serde_json::from_slice(&answer).map_err(|error| garbled(error.to_string()))?;
    if let Some(error) = document.pointer("/errors/0") {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        return Err(ClientError::Refused { title: text("title"), detail: text("detail") });
    }
    match document.get_mut("data") {
        Some(data) => Ok(data.take()),
        None => Err(garbled("it has no data".to_owned())),
    }
}

async fn exchange(address: &Address, method: Method, path: &str, body: Bytes) -> Result<Bytes, ClientError> {
    let text = || address.text.clone();
    let addresses =
        address.resolve().map_err(|why| ClientError::Address { address: text(), why: why.to_string() })?;
    let stream = TcpStream::connect(&addresses[..]).await;
    let stream = stream.map_err(|source| ClientError::NobodyListens { address: text(), source })?;
    let garbled = |why: &dyn ToString| ClientError::Garbled { address: text(), why: why.to_string() };
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| garbled(&error))?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, &address.text)
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(body))
        .map_err(|error| garbled(&error))?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| garbled(&error))?;
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        body.map(http_body_util::Collected::to_bytes).map_err(|error| garbled(&error))
    };
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        answer = answer.as_mut() => answer,
        // The connection may end with the answer's last byte.
        _ = connection => answer.await,
    }
}
