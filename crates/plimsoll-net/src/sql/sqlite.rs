//! SQLite. Its library blocks, so it works on threads of the runtime that are there for this.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, InterruptHandle, OpenFlags};
use tokio::time::timeout;
use url::form_urlencoded;

use super::calendar;
use super::database::Statement;
use super::error::SqlError;
use super::value::{Answer, Value};

const EXPECTED: &str = "a path such as ./test.db, :memory:, or file:test.db?mode=ro";

/// How long a statement waits for a lock that somebody else holds, unless the name says otherwise.
const BUSY_LIMIT: Duration = Duration::from_secs(5);
/// How often it looks.
const BUSY_STEP: Duration = Duration::from_millis(2);

/// Which database.
pub(super) struct Address {
    path: PathBuf,
    busy_limit: Duration,
    /// Said when the connection is there.
    pragmas: Vec<String>,
}

impl Address {
    pub(super) fn parse(name: &str) -> Result<Self, SqlError> {
        let invalid = |problem| SqlError::Address { driver: "sqlite3", problem, expected: EXPECTED };
        let (path, parameters) = name.split_once('?').unwrap_or((name, ""));
        let is_uri = name.starts_with("file:");
        let path = if is_uri { name } else { path }.into();
        let mut address = Address { path, busy_limit: BUSY_LIMIT, pragmas: Vec::new() };
        for (key, value) in form_urlencoded::parse(parameters.as_bytes()) {
            address.set(&key, &value, is_uri).map_err(invalid)?;
        }
        Ok(address)
    }

    fn set(&mut self, key: &str, value: &str, is_uri: bool) -> Result<(), String> {
        let is_word =
            !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let pragma = match key {
            "_busy_timeout" | "_timeout" => {
                let limit =
                    value.parse().map_err(|_| format!("invalid {key} {value:?}, say milliseconds"))?;
                self.busy_limit = Duration::from_millis(limit);
                return Ok(());
            }
            "_foreign_keys" | "_fk" => "foreign_keys",
            "_journal_mode" | "_journal" => "journal_mode",
            "_synchronous" | "_sync" => "synchronous",
            "_locking_mode" | "_locking" => "locking_mode",
            "_cache_size" => "cache_size",
            "_auto_vacuum" | "_vacuum" => "auto_vacuum",
            "_secure_delete" => "secure_delete",
            "_recursive_triggers" | "_rt" => "recursive_triggers",
            "_query_only" => "query_only",
            "_defer_foreign_keys" | "_defer_fk" => "defer_foreign_keys",
            "_case_sensitive_like" | "_cslike" => "case_sensitive_like",
            "_loc" if value.eq_ignore_ascii_case("utc") => return Ok(()),
            _ if is_uri && !key.starts_with('_') => return Ok(()),
            _ => return Err(format!("`{key}` is not supported")),
        };
        if !is_word {
            return Err(format!("{key} {value:?} is no word"));
        }
        self.pragmas.push(format!("PRAGMA {pragma} = {value}"));
        Ok(())
    }

    /// For messages.
    pub(super) fn server(&self) -> Box<str> {
        format!("sqlite3 {}", self.path.display()).into()
    }
}

/// An open database.
pub(super) struct Link {
    server: Box<str>,
    busy_limit: Duration,
    connection: Arc<Mutex<Connection>>,
    interrupt: Arc<InterruptHandle>,
}

impl Link {
    pub(super) async fn connect(address: &Address) -> Result<Self, SqlError> {
        let (path, pragmas) = (address.path.clone(), address.pragmas.clone());
        let (server, busy_limit) = (address.server(), address.busy_limit);
        let opened = tokio::task::spawn_blocking(move || {
            let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_URI;
            let mut connection = Connection::open_with_flags(path, flags)?;
            connection.busy_handler(Some(wait_for_lock))?;
            for pragma in pragmas {
                connection.prepare(&pragma)?.query([])?.next()?;
            }
            Ok::<_, rusqlite::Error>(connection)
        });
        let opened = opened.await.map_err(|error| error.to_string());
        let opened = opened.and_then(|opened| opened.map_err(|error| words(&error)));
        let connection = opened.map_err(|reason| SqlError::Connection { server: server.clone(), reason })?;
        let interrupt = Arc::new(connection.get_interrupt_handle());
        Ok(Link { server, busy_limit, connection: Arc::new(Mutex::new(connection)), interrupt })
    }

    pub(super) async fn run(&mut self, statement: &Statement) -> Result<Answer, SqlError> {
        let connection = Arc::clone(&self.connection);
        let stop = Stop { flag: Arc::default(), interrupt: Arc::clone(&self.interrupt) };
        let (waits, own) =
            (Waits { stop: Arc::clone(&stop.flag), limit: self.busy_limit }, statement.clone());
        let mut work = tokio::task::spawn_blocking(move || {
            WAITS.set(Some(waits));
            carry_out(&connection.lock().unwrap_or_else(PoisonError::into_inner), &own)
        });
        let done = match statement.limit {
            None => Ok((&mut work).await),
            Some(limit) => timeout(limit, &mut work).await.map_err(|_| limit),
        };
        let done = match done {
            Ok(done) => done,
            Err(limit) => {
                stop.now();
                let _ = work.await;
                return Err(SqlError::TimedOut { server: self.server.clone(), limit });
            }
        };
        let failed = |error| SqlError::Connection { server: self.server.clone(), reason: error };
        done.unwrap_or_else(|error| Err(failed(error.to_string())))
    }
}

/// Ends a statement that nobody waits for any more.
struct Stop {
    flag: Arc<AtomicBool>,
    interrupt: Arc<InterruptHandle>,
}

impl Stop {
    fn now(&self) {
        self.flag.store(true, Ordering::Relaxed);
        self.interrupt.interrupt();
    }
}

impl Drop for Stop {
    /// Does nothing to a statement that has ended.
    fn drop(&mut self) {
        self.now();
    }
}

/// How long the statement of this thread waits for locks.
struct Waits {
    stop: Arc<AtomicBool>,
    limit: Duration,
}

thread_local! {
    static WAITS: RefCell<Option<Waits>> = const { RefCell::new(None) };
}

/// Whether to look again at a lock; SQLite's own wait cannot be ended early.
fn wait_for_lock(looks: i32) -> bool {
    let goes_on = WAITS.with_borrow(|waits| {
        let (stopped, limit) = waits
            .as_ref()
            .map_or((false, BUSY_LIMIT), |waits| (waits.stop.load(Ordering::Relaxed), waits.limit));
        !stopped && BUSY_STEP * u32::try_from(looks).unwrap_or(0) < limit
    });
    if goes_on {
        std::thread::sleep(BUSY_STEP);
    }
    goes_on
}

/// Carries all statements of a text out; the last one gives the rows. Each takes the parameters that it has
/// placeholders for.
fn carry_out(connection: &Connection, statement: &Statement) -> Result<Answer, SqlError> {
    let failed = |error: rusqlite::Error| SqlError::Server { message: words(&error), is_fatal: false };
    let mut batch = Batch::new(connection, &statement.text);
    let (mut answer, mut used) = (Answer::new(0, Some(0)), 0);
    let before = connection.total_changes();
    while let Some(mut prepared) = batch.next().map_err(failed)? {
        let (from, wanted) = (used, prepared.parameter_count());
        used += wanted;
        let given = statement.parameters.len();
        let Some(parameters) = statement.parameters.get(from..used) else {
            return Err(SqlError::Parameters { wanted: used, given });
        };
        for (index, value) in parameters.iter().enumerate() {
            bind(&mut prepared, index + 1, value).map_err(failed)?;
        }
        answer.columns = prepared.column_names().map(str::to_owned).collect();
        answer.values.clear();
        let kinds: Vec<_> = prepared.columns().map(|column| Kind::of(column.decl_type())).collect();
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next().map_err(failed)? {
            for (index, kind) in kinds.iter().enumerate().filter(|_| statement.wants_rows) {
                answer.push(kind.decode(row.get_ref(index).map_err(failed)?))?;
            }
        }
    }
    if used < statement.parameters.len() && used > 0 {
        return Err(SqlError::Parameters { wanted: used, given: statement.parameters.len() });
    }
    answer.rows_affected = connection.total_changes().saturating_sub(before);
    answer.last_insert_id = Some(connection.last_insert_rowid());
    Ok(answer)
}

fn bind(prepared: &mut rusqlite::Statement<'_>, index: usize, value: &Value) -> rusqlite::Result<()> {
    match value {
        Value::Null => prepared.raw_bind_parameter(index, rusqlite::types::Null),
        Value::Bool(truth) => prepared.raw_bind_parameter(index, truth),
        Value::Int(number) => prepared.raw_bind_parameter(index, number),
        Value::Large(number) => prepared.raw_bind_parameter(index, *number as f64),
        Value::Float(number) => prepared.raw_bind_parameter(index, number),
        Value::Text(text) => prepared.raw_bind_parameter(index, text),
        Value::Bytes(bytes) => prepared.raw_bind_parameter(index, bytes),
        Value::Time(at) => prepared.raw_bind_parameter(index, format!("{}+00:00", calendar::format(*at))),
    }
}

/// What a column was declared as, where SQLite itself does not care.
#[derive(Clone, Copy)]
enum Kind {
    Truth,
    Time,
    Any,
}

impl Kind {
    fn of(declared: Option<&str>) -> Self {
        match declared.map(str::to_ascii_lowercase).as_deref() {
            Some("boolean") => Kind::Truth,
            Some("timestamp" | "datetime" | "date") => Kind::Time,
            _ => Kind::Any,
        }
    }

    fn decode(self, value: ValueRef<'_>) -> Value {
        match (self, value) {
            (_, ValueRef::Null) => Value::Null,
            (Kind::Truth, ValueRef::Integer(number)) => Value::Bool(number > 0),
            // Seconds, or milliseconds when they are too many for that.
            (Kind::Time, ValueRef::Integer(number)) if number.abs() > 1_000_000_000_000 => {
                Value::Time(number as f64)
            }
            (Kind::Time, ValueRef::Integer(number)) => Value::Time(number as f64 * 1000.0),
            (_, ValueRef::Integer(number)) => Value::Int(number),
            (_, ValueRef::Real(number)) => Value::Float(number),
            (_, ValueRef::Blob(bytes)) => Value::Bytes(bytes.to_vec()),
            (kind, ValueRef::Text(text)) => {
                let text = String::from_utf8_lossy(text);
                let time = || calendar::parse(&text).map(Value::Time);
                let time = if matches!(kind, Kind::Time) { time() } else { None };
                time.unwrap_or_else(|| Value::Text(text.into_owned()))
            }
        }
    }
}

/// SQLite's own words.
fn words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_settings() {
        let address = Address::parse("./a.db?_fk=1&_timeout=250&_journal=WAL");
        let address = address.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(address.path, PathBuf::from("./a.db"));
        assert_eq!(address.busy_limit, Duration::from_millis(250));
        assert_eq!(address.pragmas, ["PRAGMA foreign_keys = 1", "PRAGMA journal_mode = WAL"]);
        let address =
            Address::parse("file:a.db?mode=ro&cache=shared").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(address.path, PathBuf::from("file:a.db?mode=ro&cache=shared"));
        for (name, problem) in [
            ("a.db?_auth_pass=x", "`_auth_pass` is not supported"),
            ("a.db?_timeout=soon", "invalid _timeout \"soon\""),
            ("a.db?_fk=1;DROP", "_fk \"1;DROP\" is no word"),
        ] {
            let error = Address::parse(name).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(problem), "{name}: {error}");
        }
    }
}
