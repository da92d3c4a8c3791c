//! `plimsoll/data`: rows of a file, dealt to the iterations of all VUs.
//!
//! `unique` gives each row to one iteration of the whole test, `circular` begins again after the last row,
//! `random` draws. The rows are in memory once; the book's page about data is the reference.

mod deck;
mod table;

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use rquickjs::class::{JsClass, Readable, Trace, Tracer};
use rquickjs::function::{Constructor, Func, Opt, This};
use rquickjs::{Class, Ctx, Exception, Function, JsLifetime, Object, Result, Value};
use rustc_hash::FxHashMap;

use self::deck::Deck;
use self::table::Format;
use super::{csv, data, state_of};
use crate::globals::{FILE_LIMIT, locate};
use crate::quickjs;
use crate::state::{Phase, VuState};

pub(crate) const EXPORTS: &[&str] = &["unique", "circular", "random"];

/// The decks of the process, by what is dealt and how.
#[derive(Default)]
pub(crate) struct Decks(Mutex<FxHashMap<String, Arc<Deck>>>);

impl Decks {
    fn of(&self, name: String) -> Arc<Deck> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default())
    }
}

/// How rows are given out.
enum Order {
    Unique { deck: Arc<Deck>, exhausted: Exhausted },
    Circular { deck: Arc<Deck> },
    Random { seed: u64, drawn: Cell<u64> },
}

/// What happens to an iteration that asks for a row when none is left.
#[derive(Clone, Copy)]
enum Exhausted {
    Throw,
    Wrap,
    Abort,
}

/// What a script asks for rows.
#[derive(JsLifetime)]
struct Dealer {
    #[qjs(skip)]
    order: Order,
    #[qjs(skip)]
    rows: Arc<data::Rows>,
    /// What error messages call the rows.
    #[qjs(skip)]
    name: String,
}

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let vu = Rc::clone(state);
    let kind = EXPORTS.iter().find(|kind| **kind == name).copied().unwrap_or("random");
    let construct = move |ctx: Ctx<'js>, source: Opt<Value<'js>>, options: Opt<Value<'js>>| {
        let dealer = dealer(&vu, kind, source.0.as_ref(), options.0.as_ref());
        let dealer = dealer.map_err(|why| Exception::throw_message(&ctx, &format!("{kind}(): {why}")))?;
        let length = dealer.rows.len();
        let object = Class::instance(ctx, dealer)?;
        object.set("length", length as f64)?;
        Ok::<_, rquickjs::Error>(object)
    };
    Ok(Function::new(ctx.clone(), construct)?.with_name(name)?.into_value())
}

fn dealer(
    state: &VuState,
    kind: &str,
    source: Option<&Value<'_>>,
    options: Option<&Value<'_>>,
) -> std::result::Result<Dealer, String> {
    if state.phase.get() != Phase::Init {
        return Err("it is only available in the init context, outside of the exported functions".into());
    }
    let options = Options::read(kind, options)?;
    let (rows, name) = rows(state, source, &options)?;
    if rows.len() == 0 {
        return Err(format!("{name} has no rows"));
    }
    // Rows are kept for as long as the process lives: where they are tells them apart.
    let key = options.name.unwrap_or_else(|| format!("{:p}", Arc::as_ptr(&rows)));
    let deck = || state.worker.script.shared.decks.of(format!("{kind} {key}"));
    let order = match kind {
        "unique" => Order::Unique { deck: deck(), exhausted: options.exhausted },
        "circular" => Order::Circular { deck: deck() },
        _ => Order::Random { seed: options.seed, drawn: Cell::default() },
    };
    Ok(Dealer { order, rows, name })
}

/// The rows of a file or a shared array, and their name.
fn rows(
    state: &VuState,
    source: Option<&Value<'_>>,
    options: &Options,
) -> std::result::Result<(Arc<data::Rows>, String), String> {
    if let Some(rows) = source.and_then(data::rows_of) {
        return Ok((rows, "the shared array".into()));
    }
    let path = source.and_then(Value::as_string).and_then(|path| path.to_string().ok());
    let Some(path) = path.filter(|path| !path.is_empty()) else {
        return Err("it needs the path of a file, or a SharedArray".into());
    };
    let format = options.format_of(&path)?;
    let found = locate(&state.worker.script.modules.folder, &path);
    let name = format!("{} as {format:?}", found.display());
    let files = &state.worker.script.shared.files;
    let rows = match files.get(&name) {
        Some(rows) => rows,
        None => {
            let bytes = state.files_once(|| state.read_file(&found, FILE_LIMIT));
            let rows = bytes.and_then(|bytes| table::read(&bytes, format));
            files.keep(name, Arc::new(rows.map_err(|why| format!("{}: {why}", found.display()))?))
        }
    };
    Ok((rows, path))
}

/// The second argument.
struct Options {
    format: Option<Format>,
    delimiter: Option<u8>,
    name: Option<String>,
    exhausted: Exhausted,
    seed: u64,
}

impl Options {
    fn read(kind: &str, value: Option<&Value<'_>>) -> std::result::Result<Self, String> {
        let mut options =
            Options { format: None, delimiter: None, name: None, exhausted: Exhausted::Throw, seed: 0 };
        let Some(value) = value.filter(|value| !value.is_undefined()) else { return Ok(options) };
        let object = value.as_object().ok_or("the options must be an object")?;
        for property in object.props::<String, Value<'_>>() {
            let (key, value) = property.map_err(|_| "the options cannot be read")?;
            options.set(kind, &key, &value)?;
        }
        Ok(options)
    }

    fn set(&mut self, kind: &str, key: &str, value: &Value<'_>) -> std::result::Result<(), String> {
        let text = value.as_string().and_then(|text| text.to_string().ok());
        let wrong =
            |expected: &str| format!("{key} must be {expected}, not {}", crate::console::format_value(value));
        match (key, kind) {
            ("name", _) => self.name = Some(text.ok_or_else(|| wrong("a text"))?),
            ("delimiter", _) => self.delimiter = Some(csv::delimiter(text.as_deref())?),
            ("format", _) => {
                let format = text.and_then(|word| Format::of_word(&word));
                self.format = Some(format.ok_or_else(|| wrong("'csv', 'tsv', 'json' or 'ndjson'"))?);
            }
            ("onExhausted", "unique") => {
                self.exhausted = match text.as_deref() {
                    Some("throw") => Exhausted::Throw,
                    Some("wrap") => Exhausted::Wrap,
                    Some("abort") => Exhausted::Abort,
                    _ => return Err(wrong("'throw', 'wrap' or 'abort'")),
                }
            }
            ("seed", "random") => {
                let seed = value.as_number().filter(|seed| *seed >= 0.0 && seed.fract() == 0.0);
                self.seed = seed.ok_or_else(|| wrong("a whole number from 0"))? as u64;
            }
            _ => return Err(format!("there is no option {key:?}")),
        }
        Ok(())
    }

    fn format_of(&self, path: &str) -> std::result::Result<Format, String> {
        let by_name = || Format::of_word(Path::new(path).extension()?.to_str()?);
        let format = self.format.or_else(by_name).ok_or_else(|| {
            format!(
                "{path} does not say by its name what it is: give format: 'csv', 'tsv', 'json' or 'ndjson'"
            )
        })?;
        match (format, self.delimiter) {
            (Format::Csv { .. }, Some(delimiter)) => Ok(Format::Csv { delimiter }),
            (_, Some(_)) => Err(format!("{path} is not CSV and has no delimiter")),
            (format, None) => Ok(format),
        }
    }
}

impl<'js> Trace<'js> for Dealer {
    /// Holds no JavaScript value.
    fn trace(&self, _: Tracer<'_, 'js>) {}
}

impl<'js> JsClass<'js> for Dealer {
    const NAME: &'static str = "Rows";
    type Mutable = Readable;

    fn constructor(_: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }

    fn prototype(ctx: &Ctx<'js>) -> Result<Option<Object<'js>>> {
        let methods = Object::new(ctx.clone())?;
        methods.set("next", Func::from(next))?;
        Ok(Some(methods))
    }
}

/// The next row, an object of the VU's own.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn next<'js>(ctx: Ctx<'js>, this: This<Class<'js, Dealer>>) -> Result<Value<'js>> {
    let (state, dealer) = (state_of(&ctx), this.borrow());
    if state.phase.get() == Phase::Init {
        let message = "next() is not available in the init context: rows are dealt to iterations";
        return Err(Exception::throw_message(&ctx, message));
    }
    let rows = dealer.rows.len() as u64;
    let stripe = &state.worker.script.stripe;
    let row = match &dealer.order {
        Order::Random { seed, drawn } => {
            let draw = drawn.replace(drawn.get() + 1);
            deck::at_random(*seed, state.worker.context.run.vu_id_in_test(state.id), draw, rows)
        }
        Order::Circular { deck } => deck.take(stripe) % rows,
        Order::Unique { deck, exhausted } => {
            let number = deck.take(stripe);
            if number >= rows {
                give_up(&ctx, &state, &dealer.name, rows, *exhausted)?;
            }
            number % rows
        }
    };
    dealer.rows.make(&ctx, row as usize)
}

/// Ends the iteration or the test, unless rows may be given out again.
fn give_up(ctx: &Ctx<'_>, state: &VuState, name: &str, rows: u64, exhausted: Exhausted) -> Result<()> {
    let message = format!(
        "{name}: all {rows} rows have been given out (onExhausted: 'wrap' begins again, \
        'abort' ends the test)"
    );
    match exhausted {
        Exhausted::Wrap => Ok(()),
        Exhausted::Throw => Err(Exception::throw_message(ctx, &message)),
        Exhausted::Abort => {
            let message = format!("test aborted: {name}: all {rows} rows have been given out");
            *state.abort.borrow_mut() = Some(message.clone());
            Err(quickjs::throw_uncatchable(ctx, &message))
        }
    }
}
