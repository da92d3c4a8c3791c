//! One connection to MySQL, and its values as Go's driver gives them.
//!
//! Numbers are numbers; texts, decimals and dates are bytes, unless the data source name says `parseTime`.

use std::time::Duration;

use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::prelude::{Protocol, Queryable as _};
use mysql_async::{Column, Conn, Error, IoError, Opts, Params, QueryResult};
use tokio::time::timeout;

use super::address::Address;
use crate::connect;
use crate::error::Operation;
use crate::shared::Shared;
use crate::sql::calendar;
use crate::sql::database::Statement;
use crate::sql::error::SqlError;
use crate::sql::value::{Answer, Value};
use crate::tls::stream_error;

/// How long connecting may take when nobody says otherwise.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);
/// A connection that nobody has used for longer may have been closed by the server, which the driver does not
/// notice by itself: then it is asked first.
const QUIET: Duration = Duration::from_secs(5);
/// Errors of a server that closes the connection: it shuts down, it was told to, or nobody has used it.
const LAST_WORDS: [u16; 4] = [1053, 1927, 3169, 4031];

/// A connection that is ready for statements.
pub(in crate::sql) struct Link {
    server: Box<str>,
    connection: Conn,
    read_timeout: Option<Duration>,
    parses_time: bool,
}

impl Link {
    pub(in crate::sql) async fn connect(shared: &Shared, address: &Address) -> Result<Self, SqlError> {
        let server = address.server();
        let limit = address.connect_timeout.unwrap_or(CONNECT_LIMIT);
        let connecting = async {
            let remote = connect::address_of(shared, &address.host, address.port).await;
            let remote = remote.map_err(|error| SqlError::Connection {
                server: server.clone(),
                reason: error.to_string(),
            })?;
            let opts = address.opts.clone().resolved_ips(Some(vec![remote.ip()])).tcp_port(remote.port());
            Conn::new(Opts::from(opts)).await.map_err(|error| failure(&server, Operation::Dial, error))
        };
        let late = || SqlError::TimedOut { server: server.clone(), limit };
        let connection = timeout(limit, connecting).await.unwrap_or_else(|_| Err(late()))?;
        let Address { read_timeout, parses_time, .. } = *address;
        Ok(Link { server, connection, read_timeout, parses_time })
    }

    /// Whether statements can be sent, after nobody has done so for a while.
    pub(in crate::sql) async fn is_open(&mut self, idle: Duration) -> bool {
        !self.connection.is_disconnected() && (idle < QUIET || self.connection.ping().await.is_ok())
    }

    pub(in crate::sql) async fn run(&mut self, statement: &Statement) -> Result<Answer, SqlError> {
        let (server, limit) = (self.server.clone(), self.read_timeout);
        let Some(limit) = limit else { return self.converse(statement).await };
        let late = || SqlError::TimedOut { server, limit };
        timeout(limit, self.converse(statement)).await.unwrap_or_else(|_| Err(late()))
    }

    async fn converse(&mut self, statement: &Statement) -> Result<Answer, SqlError> {
        let Link { server, connection, parses_time, .. } = self;
        let failed = |error| failure(server, Operation::Read, error);
        if statement.parameters.is_empty() {
            let result = connection.query_iter(statement.text.as_str()).await.map_err(failed)?;
            return read(result, statement.wants_rows, *parses_time).await.map_err(failed)?;
        }
        let prepared = connection.prep(statement.text.as_str()).await.map_err(failed)?;
        let (wanted, given) = (usize::from(prepared.num_params()), statement.parameters.len());
        if wanted != given {
            return Err(SqlError::Parameters { wanted, given });
        }
        let parameters = Params::Positional(statement.parameters.iter().map(encode).collect());
        let result = connection.exec_iter(&prepared, parameters).await.map_err(failed)?;
        read(result, statement.wants_rows, *parses_time).await.map_err(failed)?
    }
}

/// Reads an answer to its end; of several sets of rows the first counts.
async fn read<P: Protocol + Send + 'static>(
    mut result: QueryResult<'_, '_, P>,
    wants_rows: bool,
    parses_time: bool,
) -> Result<Result<Answer, SqlError>, Error> {
    let last = result.last_insert_id().map_or(0, |id| i64::try_from(id).unwrap_or(i64::MAX));
    let mut answer = Answer::new(result.affected_rows(), Some(last));
    if let Some(columns) = result.columns().filter(|_| wants_rows) {
        answer.columns = columns.iter().map(|column| column.name_str().into_owned()).collect();
        while let Some(row) = result.next().await? {
            for (value, column) in row.unwrap().into_iter().zip(columns.iter()) {
                if let Err(error) = answer.push(decode(value, column, parses_time)) {
                    return Ok(Err(error));
                }
            }
        }
    }
    result.drop_result().await?;
    Ok(Ok(answer))
}

fn encode(value: &Value) -> mysql_async::Value {
    match value {
        Value::Null => mysql_async::Value::NULL,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Large(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Bytes(bytes) => bytes.clone().into(),
        Value::Time(at) => calendar::format(*at).into(),
    }
}

fn decode(value: mysql_async::Value, column: &Column, parses_time: bool) -> Value {
    use mysql_async::Value as Given;
    match value {
        Given::NULL => Value::Null,
        Given::Bytes(bytes) => decode_text(bytes, column, parses_time),
        Given::Int(number) => Value::Int(number),
        Given::UInt(number) => i64::try_from(number).map_or(Value::Large(number), Value::Int),
        // A number of four bytes, as it is written: 1.1 and not 1.10000002384.
        Given::Float(number) => Value::Float(number.to_string().parse().unwrap_or(number.into())),
        Given::Double(number) => Value::Float(number),
        Given::Date(year, month, day, hour, minute, second, micros) => {
            let mut text = format!("{year:04}-{month:02}-{day:02}");
            if column.column_type() != ColumnType::MYSQL_TYPE_DATE {
                text += &format!(" {hour:02}:{minute:02}:{second:02}{}", fraction(micros, column));
            }
            decode_text(text.into_bytes(), column, parses_time)
        }
        Given::Time(is_negative, days, hours, minutes, seconds, micros) => {
            let (sign, hours) = (if is_negative { "-" } else { "" }, days * 24 + u32::from(hours));
            let fraction = fraction(micros, column);
            Value::Bytes(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{fraction}").into_bytes())
        }
    }
}

/// As many digits as the column has.
fn fraction(micros: u32, column: &Column) -> String {
    match usize::from(column.decimals()) {
        0 => String::new(),
        digits => format!(".{micros:06}")[..=digits.min(6)].to_owned(),
    }
}

/// A value in text, by the type of its column.
fn decode_text(bytes: Vec<u8>, column: &Column, parses_time: bool) -> Value {
    use ColumnType as Type;
    let Ok(text) = std::str::from_utf8(&bytes) else { return Value::Bytes(bytes) };
    let decoded = match column.column_type() {
        Type::MYSQL_TYPE_TINY
        | Type::MYSQL_TYPE_SHORT
        | Type::MYSQL_TYPE_INT24
        | Type::MYSQL_TYPE_LONG
        | Type::MYSQL_TYPE_LONGLONG
        | Type::MYSQL_TYPE_YEAR => {
            let is_unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
            let large = || text.parse().ok().filter(|_| is_unsigned).map(Value::Large);
            text.parse().ok().map(Value::Int).or_else(large)
        }
        Type::MYSQL_TYPE_FLOAT | Type::MYSQL_TYPE_DOUBLE => text.parse().ok().map(Value::Float),
        Type::MYSQL_TYPE_DATE
        | Type::MYSQL_TYPE_NEWDATE
        | Type::MYSQL_TYPE_DATETIME
        | Type::MYSQL_TYPE_TIMESTAMP
            if parses_time =>
        {
            calendar::parse(text).map(Value::Time)
        }
        _ => None,
    };
    decoded.unwrap_or(Value::Bytes(bytes))
}

fn failure(server: &str, operation: Operation, error: Error) -> SqlError {
    let reason = match error {
        Error::Server(error) => {
            return SqlError::Server {
                message: format!("Error {} ({}): {}", error.code, error.state, error.message),
                is_fatal: LAST_WORDS.contains(&error.code),
            };
        }
        Error::Io(IoError::Io(error)) => stream_error(operation, &error).to_string(),
        Error::Io(IoError::Tls(error)) => error.to_string(),
        Error::Driver(error) => error.to_string(),
        other => other.to_string(),
    };
    SqlError::Connection { server: server.into(), reason }
}
