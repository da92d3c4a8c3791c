//! `k6/x/sql`: statements for PostgreSQL, MySQL and SQLite.
//!
//! Source: <https://github.com/grafana/xk6-sql>. A handle belongs to one VU, and so does its connection,
//! which is made for the first statement. The VU waits for the answer, and its worker goes on with others.
//!
//! | module | subject |
//! |---|---|
//! | `driver` | the modules that name a kind of database |
//! | `options` | the third argument of `open` |
//! | `values` | parameters and rows |

pub(super) mod driver;
mod options;
mod values;

use std::rc::Rc;
use std::time::Duration;

use plimsoll_net::sql::{Answer, Database, Statement};
use rquickjs::function::{Opt, Rest};
use rquickjs::{Atom, Class, Ctx, Error, Function, Result, Value};

use self::options::Options;
use crate::exception::{as_class, throw_host};
use crate::lazy::{self, Lazy, Source};
use crate::octets::text_of;
use crate::state::{Interrupted, Phase, VuState};

pub(crate) const EXPORTS: &[&str] = &["open", "query"];

/// Makes an export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let function = match name {
        "open" => {
            let state = Rc::clone(state);
            let open = move |ctx: Ctx<'js>, arguments: Rest<Value<'js>>| open(&ctx, &state, &arguments.0);
            Function::new(ctx.clone(), open)?
        }
        // The form that it had before handles had methods.
        _ => Function::new(ctx.clone(), |ctx: Ctx<'js>, handle: Opt<Value<'js>>, more: Rest<Value<'js>>| {
            let handle = handle.0.as_ref().and_then(Value::as_object).and_then(as_class::<Lazy<Handle>>);
            let Some(handle) = handle else {
                return Err(throw_host(&ctx, "sql.query: the first argument must be what sql.open gave"));
            };
            let handle = handle.borrow();
            query(&ctx, handle.source(), &more.0)
        })?,
    };
    Ok(function.with_name(name)?.into_value())
}

fn open<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    arguments: &[Value<'js>],
) -> Result<Class<'js, Lazy<Handle>>> {
    let failed = |why: &str| throw_host(ctx, why);
    let driver = driver::of(arguments.first()).map_err(|why| failed(&why))?;
    let Some(name) = arguments.get(1).and_then(Value::as_string) else {
        let given = arguments.get(1).map_or("undefined", |value| value.type_name());
        let example = driver.example();
        return Err(failed(&format!(
            "sql.open: the data source name must be a string such as {example}, not {given}"
        )));
    };
    let Options { keeping, limit } = Options::of(ctx, arguments.get(2))?.map_err(|why| failed(&why))?;
    let source = state.worker.data_source(driver, &text_of(name)?);
    let source = source.map_err(|error| failed(&error.to_string()))?;
    Lazy::object(
        ctx,
        Handle { state: Rc::clone(state), database: Database::new(source, keeping).into(), limit },
    )
}

/// An open database. Its methods are made when they are first used.
struct Handle {
    state: Rc<VuState>,
    database: Rc<Database>,
    limit: Option<Duration>,
}

const METHODS: [&str; 3] = ["exec", "query", "close"];

impl Source for Handle {
    const CLASS: &'static str = "Database";

    fn names(&self) -> Vec<&str> {
        METHODS.to_vec()
    }

    fn find(&self, name: &Atom<'_>) -> Option<usize> {
        let name = lazy::text(name)?;
        METHODS.iter().position(|known| *known == name)
    }

    fn make<'js>(&self, ctx: &Ctx<'js>, property: usize) -> Result<Value<'js>> {
        let name = METHODS[property];
        let own = Handle { state: Rc::clone(&self.state), database: Rc::clone(&self.database), ..*self };
        let function = match name {
            "exec" => Function::new(ctx.clone(), move |ctx: Ctx<'js>, arguments: Rest<Value<'js>>| {
                exec(&ctx, &own, &arguments.0)
            }),
            "query" => Function::new(ctx.clone(), move |ctx: Ctx<'js>, arguments: Rest<Value<'js>>| {
                query(&ctx, &own, &arguments.0)
            }),
            _ => Function::new(ctx.clone(), move || own.database.close()),
        };
        Ok(function?.with_name(name)?.into_value())
    }
}

fn exec<'js>(ctx: &Ctx<'js>, handle: &Handle, arguments: &[Value<'js>]) -> Result<Class<'js, Lazy<Outcome>>> {
    let Answer { rows_affected, last_insert_id, .. } = run(ctx, handle, "exec", arguments)?;
    Lazy::object(ctx, Outcome { rows_affected, last_insert_id })
}

fn query<'js>(ctx: &Ctx<'js>, handle: &Handle, arguments: &[Value<'js>]) -> Result<Value<'js>> {
    let answer = run(ctx, handle, "query", arguments)?;
    values::rows(ctx, &handle.state, &answer)
}

/// Carries a statement out, with the VU waiting for it.
fn run<'js>(ctx: &Ctx<'js>, handle: &Handle, method: &str, arguments: &[Value<'js>]) -> Result<Answer> {
    let state = &handle.state;
    if state.phase.get() == Phase::Init {
        let message = format!("db.{method} cannot be used in the init context; use it in setup()");
        return Err(throw_host(ctx, &message));
    }
    let Some(text) = arguments.first().and_then(Value::as_string) else {
        let given = arguments.first().map_or("undefined", |value| value.type_name());
        let message = format!("db.{method}: the statement must be a string, not {given}");
        return Err(throw_host(ctx, &message));
    };
    let parameters = arguments.iter().enumerate().skip(1);
    let statement = Statement {
        text: text_of(text)?,
        parameters: parameters
            .map(|(index, value)| values::parameter(ctx, index, value))
            .collect::<Result<_>>()?,
        wants_rows: method == "query",
        limit: handle.limit,
    };
    let running = handle.database.run(&state.worker.net, &statement);
    let answer = state.wait_idly(running).map_err(|Interrupted| Interrupted::throw(ctx))?;
    answer.map_err(|error| throw_host(ctx, &error.to_string()))
}

/// What `exec` gives.
struct Outcome {
    rows_affected: u64,
    last_insert_id: Option<i64>,
}

const OUTCOME: [&str; 2] = ["lastInsertId", "rowsAffected"];

impl Source for Outcome {
    const CLASS: &'static str = "Result";

    fn names(&self) -> Vec<&str> {
        OUTCOME.to_vec()
    }

    fn find(&self, name: &Atom<'_>) -> Option<usize> {
        let name = lazy::text(name)?;
        OUTCOME.iter().position(|known| *known == name)
    }

    fn make<'js>(&self, ctx: &Ctx<'js>, property: usize) -> Result<Value<'js>> {
        let (id, count) = (self.last_insert_id, self.rows_affected);
        let function = match OUTCOME[property] {
            "lastInsertId" => Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
                let unknown = "LastInsertId is not supported by this driver; say RETURNING in a query";
                id.map(|id| id as f64).ok_or_else(|| -> Error { throw_host(&ctx, unknown) })
            }),
            _ => Function::new(ctx.clone(), move || count as f64),
        };
        Ok(function?.with_name(OUTCOME[property])?.into_value())
    }
}
