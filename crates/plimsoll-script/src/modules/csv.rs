//! `k6/experimental/csv`: `parse` gives a shared array, `Parser` one record after the other.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-experimental/csv/>. A file is parsed once
//! for the process and for each way to read it.

use std::cell::RefCell;
use std::io::Read;
use std::rc::Rc;
use std::sync::Arc;

use rquickjs::class::{JsClass, Readable, Trace, Tracer};
use rquickjs::function::{Constructor, Func, Opt, This};
use rquickjs::{Class, Ctx, Function, IntoJs, JsLifetime, Object, Promise, Result, Value};

use super::data::{self, Rows, RowsBuilder};
use super::fs::{Cursor, File};
use super::{constructor, settled};
use crate::exception::throw_host;
use crate::fiber;
use crate::state::{Phase, VuState};

pub(crate) const EXPORTS: &[&str] = &["parse", "Parser"];

/// Bytes that a parser reads ahead; each VU has its own.
const READ_AHEAD: usize = 4096;

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let vu = Rc::clone(state);
    if name == "parse" {
        let parse = move |ctx: Ctx<'js>, file: Opt<Value<'js>>, options: Opt<Value<'js>>| {
            let parsed = parse(&ctx, &vu, file.0.as_ref(), options.0.as_ref());
            settled(&ctx, parsed)
        };
        Ok(Function::new(ctx.clone(), parse)?.with_name(name)?.into_value())
    } else {
        let construct = move |ctx: Ctx<'js>, file: Opt<Value<'js>>, options: Opt<Value<'js>>| {
            let (file, options) =
                arguments(&ctx, &vu, "new csv.Parser()", file.0.as_ref(), options.0.as_ref())?;
            let records = Records::new(file.borrow().content.clone(), &options);
            let records =
                records.map_err(|why| throw_host(&ctx, &format!("new csv.Parser() failed: {why}")))?;
            Class::instance(ctx, Parser(RefCell::new(records)))
        };
        let prototype = Class::<Parser>::prototype(ctx)?;
        Ok(constructor(Function::new(ctx.clone(), construct)?, name, prototype)?.into_value())
    }
}

fn parse<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    file: Option<&Value<'js>>,
    options: Option<&Value<'js>>,
) -> Result<Value<'js>> {
    let (file, options) = arguments(ctx, state, "csv.parse()", file, options)?;
    let file = file.borrow();
    let name = format!("csv {} from {} {options:?}", file.path, file.content.at());
    let files = &state.worker.script.shared.files;
    let rows = match files.get(&name) {
        Some(rows) => {
            // As if it had been read: a file has one place.
            file.content.go_to_end();
            rows
        }
        None => {
            let rows = Records::new(file.content.clone(), &options).and_then(Records::gather);
            let rows =
                rows.map_err(|why| throw_host(ctx, &format!("csv.parse() failed: {}: {why}", file.path)))?;
            files.keep(name, Arc::new(rows))
        }
    };
    data::over(ctx, rows)
}

/// The file and the options of a call.
fn arguments<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    call: &str,
    file: Option<&Value<'js>>,
    options: Option<&Value<'js>>,
) -> Result<(Class<'js, File>, CsvOptions)> {
    let failed = |why: &str| throw_host(ctx, &format!("{call} failed: {why}"));
    if state.phase.get() != Phase::Init {
        return Err(failed("it is only available in the init context"));
    }
    let file = file.and_then(Value::as_object).and_then(Class::<File>::from_object);
    let file = file.ok_or_else(|| failed("it needs a file that fs.open() has opened"))?;
    let options = match options.filter(|options| !options.is_undefined() && !options.is_null()) {
        None => CsvOptions::default(),
        Some(options) => {
            let object = options.as_object().ok_or_else(|| failed("the options must be an object"))?;
            CsvOptions::read(object).map_err(|why| failed(&why))?
        }
    };
    Ok((file, options))
}

/// How a file is read.
#[derive(Debug, Clone)]
struct CsvOptions {
    delimiter: u8,
    skip_first_line: bool,
    /// Lines count from 0, the header included.
    from_line: u64,
    to_line: Option<u64>,
    as_objects: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        CsvOptions { delimiter: b',', skip_first_line: false, from_line: 0, to_line: None, as_objects: false }
    }
}

impl CsvOptions {
    fn read(object: &Object<'_>) -> std::result::Result<Self, String> {
        let given = |name: &str| {
            let value = object.get::<_, Value<'_>>(name).ok();
            value.filter(|value| !value.is_undefined() && !value.is_null())
        };
        let shown = |value: &Value<'_>| crate::console::format_value(value);
        let flag = |name: &str| match given(name) {
            None => Ok(false),
            Some(value) => {
                value.as_bool().ok_or_else(|| format!("{name} must be true or false, not {}", shown(&value)))
            }
        };
        let line = |name: &str| match given(name) {
            None => Ok(None),
            Some(value) => (value.as_number().filter(|line| *line >= 0.0 && line.fract() == 0.0))
                .map(|line| Some(line as u64))
                .ok_or_else(|| format!("{name} must be the number of a line, from 0, not {}", shown(&value))),
        };
        let delimiter = match given("delimiter") {
            None => b',',
            Some(value) => delimiter(value.as_string().and_then(|text| text.to_string().ok()).as_deref())?,
        };
        let (from_line, to_line) = (line("fromLine")?.unwrap_or(0), line("toLine")?);
        if to_line.is_some_and(|to| to < from_line) {
            return Err(format!("toLine must not be before fromLine, which is {from_line}"));
        }
        let (skip_first_line, as_objects) = (flag("skipFirstLine")?, flag("asObjects")?);
        Ok(CsvOptions { delimiter, skip_first_line, from_line, to_line, as_objects })
    }
}

/// What separates fields: one character of one byte.
pub(crate) fn delimiter(text: Option<&str>) -> std::result::Result<u8, String> {
    match text.map(str::as_bytes) {
        Some([byte]) if !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err("the delimiter must be one ASCII character, and no quote or line break".to_owned()),
    }
}

/// The records of a file that the options want.
struct Records {
    reader: csv::Reader<Cursor>,
    record: csv::ByteRecord,
    /// The line of the next record.
    line: u64,
    to_line: Option<u64>,
    keys: Option<Vec<String>>,
}

impl Records {
    fn new(content: Cursor, options: &CsvOptions) -> std::result::Result<Self, String> {
        let reader = reader(content, options.delimiter);
        let mut records =
            Records { reader, record: csv::ByteRecord::new(), line: 0, to_line: options.to_line, keys: None };
        if options.as_objects {
            let found = records.advance()?;
            records.keys = Some(if found { records.fields() } else { Vec::new() });
        } else if options.skip_first_line {
            records.advance()?;
        }
        while records.line < options.from_line && records.advance()? {}
        Ok(records)
    }

    /// Reads one record; false at the end.
    fn advance(&mut self) -> std::result::Result<bool, String> {
        self.line += 1;
        self.reader.read_byte_record(&mut self.record).map_err(|error| error.to_string())
    }

    fn fields(&self) -> Vec<String> {
        self.record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect()
    }

    /// The next record; `None` at the end.
    fn next(&mut self) -> std::result::Result<Option<Vec<String>>, String> {
        if self.to_line.is_some_and(|to| self.line > to) {
            return Ok(None);
        }
        Ok(self.advance()?.then(|| self.fields()))
    }

    fn gather(mut self) -> std::result::Result<Rows, String> {
        let mut rows = RowsBuilder::default();
        while let Some(fields) = self.next()? {
            rows.push_fields(fields.iter().map(String::as_str)).map_err(|error| error.to_string())?;
            fiber::preempt_if_due();
        }
        while self.advance()? {}
        Ok(match self.keys {
            Some(keys) => rows.finish_with_keys(keys),
            None => rows.finish(),
        })
    }
}

/// A reader without a header, of records that all have as many fields as the first.
pub(crate) fn reader<R: Read>(content: R, delimiter: u8) -> csv::Reader<R> {
    let mut settings = csv::ReaderBuilder::new();
    settings.has_headers(false).delimiter(delimiter).buffer_capacity(READ_AHEAD).from_reader(content)
}

/// Reads record by record.
#[derive(JsLifetime)]
struct Parser(#[qjs(skip)] RefCell<Records>);

impl<'js> Trace<'js> for Parser {
    /// Holds no JavaScript value.
    fn trace(&self, _: Tracer<'_, 'js>) {}
}

impl<'js> JsClass<'js> for Parser {
    const NAME: &'static str = "Parser";
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

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn next<'js>(ctx: Ctx<'js>, this: This<Class<'js, Parser>>) -> Result<Promise<'js>> {
    let parser = this.borrow();
    let record = parser.0.borrow_mut().next();
    let result = record
        .map_err(|why| throw_host(&ctx, &format!("next() failed: {why}")))
        .and_then(|fields| step(&ctx, parser.0.borrow().keys.as_deref(), fields));
    settled(&ctx, result)
}

/// What `next` resolves to.
fn step<'js>(ctx: &Ctx<'js>, keys: Option<&[String]>, fields: Option<Vec<String>>) -> Result<Value<'js>> {
    let result = Object::new(ctx.clone())?;
    result.set("done", fields.is_none())?;
    let value = match (fields, keys) {
        (None, _) => Value::new_undefined(ctx.clone()),
        (Some(fields), None) => fields.into_js(ctx)?,
        (Some(fields), Some(keys)) => {
            let row = Object::new(ctx.clone())?;
            for (key, field) in keys.iter().zip(fields) {
                row.set(key.as_str(), field)?;
            }
            row.into_value()
        }
    };
    result.set("value", value)?;
    Ok(result.into_value())
}
