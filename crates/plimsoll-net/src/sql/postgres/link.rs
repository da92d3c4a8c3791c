//! One connection to PostgreSQL: greetings, passwords, statements.
//!
//! A statement without parameters is a simple query, which may hold several statements; one with parameters
//! is parsed, bound and executed in one round trip. Whoever drops a statement that runs ends it on the server
//! too.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{BufMut as _, BytesMut};
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::IsNull;
use postgres_protocol::authentication::{md5_hash, sasl};
use postgres_protocol::message::backend::{DataRowBody, ErrorFields, Message, RowDescriptionBody};
use postgres_protocol::message::frontend;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::address::{Address, Encryption};
use super::values;
use crate::shared::Shared;
use crate::sql::database::Statement;
use crate::sql::error::SqlError;
use crate::sql::value::{Answer, Value};
use crate::stream::ByteStream;

/// Bytes read at a time.
const CHUNK: usize = 16 << 10;
/// The length of a message; the server itself has no larger values than 1 GB.
const MESSAGE_LIMIT: usize = 512 << 20;
/// How long telling the server to stop may take.
const CANCEL_LIMIT: Duration = Duration::from_secs(2);

/// A connection that is ready for statements.
pub(in crate::sql) struct Link {
    wire: Wire,
    /// What cancels a statement.
    key: Option<(i32, i32)>,
}

/// Messages over a stream.
struct Wire {
    server: Box<str>,
    stream: ByteStream,
    received: BytesMut,
}

impl Link {
    pub(in crate::sql) async fn connect(shared: &Shared, address: &Address) -> Result<Self, SqlError> {
        let connecting = Self::greet(shared, address);
        let Some(limit) = address.connect_timeout else { return connecting.await };
        let late = || SqlError::TimedOut { server: address.server(), limit };
        timeout(limit, connecting).await.unwrap_or_else(|_| Err(late()))
    }

    async fn greet(shared: &Shared, address: &Address) -> Result<Self, SqlError> {
        let mut wire = Wire::open(shared, address).await?;
        let usual = [
            ("client_encoding", "UTF8"),
            ("datestyle", "ISO, MDY"),
            ("extra_float_digits", "2"),
            ("user", &address.user),
            ("database", &address.database),
        ];
        let own = address.settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        wire.send(|out| frontend::startup_message(usual.into_iter().chain(own), out)).await?;
        wire.authenticate(address).await?;
        let mut key = None;
        loop {
            match wire.next().await? {
                Message::BackendKeyData(body) => key = Some((body.process_id(), body.secret_key())),
                Message::ErrorResponse(body) => return Err(refusal(body.fields())),
                Message::ReadyForQuery(_) => return Ok(Link { wire, key }),
                _ => {}
            }
        }
    }

    /// Whether nothing has come that nobody asked for, the end included.
    pub(in crate::sql) fn is_open(&mut self) -> bool {
        self.wire.received.is_empty() && self.wire.stream.is_quiet()
    }

    pub(in crate::sql) async fn run(&mut self, statement: &Statement) -> Result<Answer, SqlError> {
        let mut cancel = Cancel { remote: self.wire.stream.remote(), key: self.key };
        let answer = self.converse(statement).await;
        // Who has an answer has nothing to cancel, and who has lost the connection no way to.
        cancel.key = None;
        answer
    }

    async fn converse(&mut self, statement: &Statement) -> Result<Answer, SqlError> {
        self.wire.send(|out| encode(statement, out)).await?;
        let mut answer = Answer::default();
        let (mut kinds, mut error) = (Vec::new(), None);
        let mut takes_rows = statement.wants_rows;
        loop {
            match self.wire.next().await? {
                Message::RowDescription(body) if takes_rows && answer.columns.is_empty() => {
                    (answer.columns, kinds) = describe(&body).map_err(|error| self.wire.broken(&error))?;
                }
                Message::DataRow(body) if takes_rows => {
                    row(&body, &kinds, &mut answer).map_err(|error| self.wire.broken(&error))??;
                }
                Message::CommandComplete(body) => {
                    answer.rows_affected = values::rows_affected(body.tag().unwrap_or_default());
                    // Of several statements the first with rows gives them.
                    takes_rows &= answer.columns.is_empty();
                }
                Message::CopyInResponse(_) => {
                    self.wire
                        .send(|out| frontend::copy_fail("COPY FROM STDIN has no data here", out))
                        .await?;
                }
                Message::ErrorResponse(body) => error = Some(refusal(body.fields())),
                Message::ReadyForQuery(_) => return error.map_or(Ok(answer), Err),
                _ => {}
            }
            if let Some(SqlError::Server { is_fatal: true, .. }) = &error {
                return error.map_or(Ok(answer), Err);
            }
        }
    }
}

fn encode(statement: &Statement, out: &mut BytesMut) -> std::io::Result<()> {
    if statement.parameters.is_empty() {
        return frontend::query(&statement.text, out);
    }
    let parameters: Vec<_> = statement.parameters.iter().map(values::encode).collect();
    let formats = parameters.iter().map(|(is_binary, _)| i16::from(*is_binary));
    let serialize = |(_, bytes): &(bool, Option<Vec<u8>>), out: &mut BytesMut| match bytes {
        Some(bytes) => {
            out.put_slice(bytes);
            Ok(IsNull::No)
        }
        None => Ok(IsNull::Yes),
    };
    frontend::parse("", &statement.text, std::iter::empty(), out)?;
    frontend::bind("", "", formats, &parameters, serialize, [0], out).map_err(|error| match error {
        frontend::BindError::Conversion(error) => std::io::Error::other(error),
        frontend::BindError::Serialization(error) => error,
    })?;
    frontend::describe(b'P', "", out)?;
    frontend::execute("", 0, out)?;
    frontend::sync(out);
    Ok(())
}

fn describe(body: &RowDescriptionBody) -> std::io::Result<(Vec<String>, Vec<u32>)> {
    let fields: Vec<_> =
        body.fields().map(|field| Ok((field.name().to_owned(), field.type_oid()))).collect()?;
    Ok(fields.into_iter().unzip())
}

/// Takes a row; the outer error is one of the protocol.
fn row(body: &DataRowBody, kinds: &[u32], answer: &mut Answer) -> std::io::Result<Result<(), SqlError>> {
    let ranges: Vec<_> = body.ranges().collect()?;
    if ranges.len() != kinds.len() {
        return Err(std::io::Error::other("a row has other columns than were announced"));
    }
    for (range, kind) in ranges.into_iter().zip(kinds) {
        let text = range.and_then(|range| body.buffer().get(range));
        let value = text.map_or(Value::Null, |text| values::decode(*kind, text));
        if let Err(error) = answer.push(value) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// What the server says about a mistake.
fn refusal(fields: ErrorFields<'_>) -> SqlError {
    let (mut message, mut code, mut hint, mut is_fatal) = (String::new(), String::new(), None, false);
    let mut each = fields;
    while let Ok(Some(field)) = each.next() {
        let text = || String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'M' => message = text(),
            b'C' => code = text(),
            b'H' => hint = Some(text()),
            b'V' => is_fatal = field.value_bytes() != b"ERROR",
            _ => {}
        }
    }
    let hint = hint.map(|hint| format!("; hint: {hint}")).unwrap_or_default();
    SqlError::Server { message: format!("pq: {message} ({code}){hint}"), is_fatal }
}

impl Wire {
    async fn open(shared: &Shared, address: &Address) -> Result<Self, SqlError> {
        let server = address.server();
        let stream = ByteStream::open(shared, &address.host, address.port, None).await;
        let stream = stream.map_err(|error| broken(&server, &error))?;
        let mut wire = Wire { server, stream, received: BytesMut::new() };
        let (tls, is_required) = match &address.encryption {
            Encryption::Never => return Ok(wire),
            Encryption::Preferred(tls) => (tls, false),
            Encryption::Required(tls) => (tls, true),
        };
        wire.send(|out| {
            frontend::ssl_request(out);
            Ok(())
        })
        .await?;
        let mut reply = [0];
        let read = wire.stream.read(&mut reply).await.map_err(|error| wire.broken(&error))?;
        match (read, reply[0]) {
            (1, b'S') => {
                let Wire { server, stream, received } = wire;
                let stream = stream.secure(&address.host, tls).await;
                let stream = stream.map_err(|error| broken(&server, &error))?;
                Ok(Wire { server, stream, received })
            }
            (1, b'N') if is_required => {
                let why = "the server has no TLS, which sslmode asks for; say sslmode=disable to do without";
                Err(wire.broken(&why))
            }
            (1, b'N') => Ok(wire),
            _ => Err(wire.broken(&"this is no PostgreSQL")),
        }
    }

    async fn authenticate(&mut self, address: &Address) -> Result<(), SqlError> {
        let (user, password) = (address.user.as_bytes(), address.password.as_bytes());
        loop {
            match self.next().await? {
                Message::AuthenticationOk => return Ok(()),
                Message::ErrorResponse(body) => return Err(refusal(body.fields())),
                Message::NoticeResponse(_) => {}
                _ if password.is_empty() => return Err(self.broken(&"the server asks for a password")),
                Message::AuthenticationCleartextPassword => {
                    self.send(|out| frontend::password_message(password, out)).await?;
                }
                Message::AuthenticationMd5Password(body) => {
                    let hash = md5_hash(user, password, body.salt());
                    self.send(|out| frontend::password_message(hash.as_bytes(), out)).await?;
                }
                Message::AuthenticationSasl(_) => self.scram(password).await?,
                _ => return Err(self.broken(&"the server asks for a login that is not supported")),
            }
        }
    }

    async fn scram(&mut self, password: &[u8]) -> Result<(), SqlError> {
        let mut scram = sasl::ScramSha256::new(password, sasl::ChannelBinding::unsupported());
        self.send(|out| frontend::sasl_initial_response(sasl::SCRAM_SHA_256, scram.message(), out)).await?;
        loop {
            match self.next().await? {
                Message::AuthenticationSaslContinue(body) => {
                    scram.update(body.data()).map_err(|error| self.broken(&error))?;
                    self.send(|out| frontend::sasl_response(scram.message(), out)).await?;
                }
                Message::AuthenticationSaslFinal(body) => {
                    return scram.finish(body.data()).map_err(|error| self.broken(&error));
                }
                Message::ErrorResponse(body) => return Err(refusal(body.fields())),
                _ => return Err(self.broken(&"the login went wrong")),
            }
        }
    }

    async fn send(
        &mut self,
        write: impl FnOnce(&mut BytesMut) -> std::io::Result<()>,
    ) -> Result<(), SqlError> {
        let mut out = BytesMut::new();
        write(&mut out).map_err(|error| SqlError::Server {
            message: format!("pq: the statement cannot be sent: {error}"),
            is_fatal: true,
        })?;
        self.stream.write_all(&out).await.map_err(|error| broken(&self.server, &error))
    }

    async fn next(&mut self) -> Result<Message, SqlError> {
        let mut chunk = [0; CHUNK];
        loop {
            let length = self
                .received
                .get(1..5)
                .map(|length| u32::from_be_bytes(length.try_into().expect("four bytes")) as usize);
            if length.is_some_and(|length| length > MESSAGE_LIMIT) {
                return Err(SqlError::TooLarge { limit: "512 MiB" });
            }
            if let Some(message) = Message::parse(&mut self.received).map_err(|error| self.broken(&error))? {
                return Ok(message);
            }
            match self.stream.read(&mut chunk).await {
                Ok(0) => return Err(self.broken(&"the server has closed the connection")),
                Ok(length) => self.received.extend_from_slice(&chunk[..length]),
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }

    fn broken(&self, why: &dyn std::fmt::Display) -> SqlError {
        broken(&self.server, why)
    }
}

fn broken(server: &str, why: &dyn std::fmt::Display) -> SqlError {
    SqlError::Connection { server: server.into(), reason: why.to_string() }
}

/// Tells the server to stop what nobody waits for any more.
struct Cancel {
    remote: SocketAddr,
    key: Option<(i32, i32)>,
}

impl Drop for Cancel {
    fn drop(&mut self) {
        let (Some((process, secret)), Ok(runtime)) = (self.key, tokio::runtime::Handle::try_current()) else {
            return;
        };
        let remote = self.remote;
        runtime.spawn(timeout(CANCEL_LIMIT, async move {
            let mut out = BytesMut::new();
            frontend::cancel_request(process, secret, &mut out);
            // A server that cannot be reached has nothing left to stop.
            if let Ok(mut stream) = TcpStream::connect(remote).await {
                let _ = stream.write_all(&out).await;
            }
        }));
    }
}
