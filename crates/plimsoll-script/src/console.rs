//! `console.*`: log lines of the script, formatted as k6 formats them.

use std::fmt::Write as _;

use rquickjs::function::Rest;
use rquickjs::object::Filter;
use rquickjs::{Array, Atom, Ctx, Function, IntoAtom, Object, Result, Type, Value};

use crate::lazy::{self, Lazy, Source};
use crate::modules::data::rows_of;
use crate::modules::state_of;
use crate::octets::buffer_of;
use crate::state::Phase;
use crate::web;

/// Nesting deeper than this is cut short, so that a huge object cannot fill the log.
const MAX_DEPTH: usize = 12;
/// Elements of an array or object shown before the rest is elided.
const MAX_ELEMENTS: usize = 1_000;

/// Installs the `console` object.
pub(crate) fn install(ctx: &Ctx<'_>) -> Result<()> {
    ctx.globals().set("console", Lazy::object(ctx, Console)?)
}

const LEVELS: [&str; 5] = ["log", "info", "debug", "warn", "error"];

struct Console;

impl Source for Console {
    const CLASS: &'static str = "console";

    fn names(&self) -> Vec<&str> {
        LEVELS.to_vec()
    }

    fn find(&self, name: &Atom<'_>) -> Option<usize> {
        let name = lazy::text(name)?;
        LEVELS.iter().position(|level| *level == name)
    }

    fn make<'js>(&self, ctx: &Ctx<'js>, level: usize) -> Result<Value<'js>> {
        let write = move |ctx: Ctx<'_>, values: Rest<Value<'_>>| {
            let in_init = state_of(&ctx).phase.get() == Phase::Init;
            log(level, in_init, &format_all(&values.0));
        };
        let function = Function::new(ctx.clone(), write)?;
        Ok(function.with_name(LEVELS[level])?.into_value())
    }
}

/// Lines of the init context have a target of their own: k6 keeps them out of `--console-output`.
macro_rules! line {
    ($level:ident, $in_init:expr, $line:expr) => {
        match $in_init {
            true => tracing::$level!(target: "console::init", source = "console", "{}", $line),
            false => tracing::$level!(target: "console", source = "console", "{}", $line),
        }
    };
}

fn log(level: usize, in_init: bool, line: &str) {
    match LEVELS[level] {
        "debug" => line!(debug, in_init, line),
        "warn" => line!(warn, in_init, line),
        "error" => line!(error, in_init, line),
        _ => line!(info, in_init, line),
    }
}

fn format_all(values: &[Value<'_>]) -> String {
    let mut line = String::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        write_value(&mut line, value, 0, &mut Vec::new());
    }
    line
}

/// One value as `console.log` shows it: strings bare, objects as `{ a: 1, b: "x" }`.
pub(crate) fn format_value(value: &Value<'_>) -> String {
    let mut text = String::new();
    write_value(&mut text, value, 0, &mut Vec::new());
    text
}

fn write_value<'js>(out: &mut String, value: &Value<'js>, depth: usize, path: &mut Vec<Object<'js>>) {
    let result = match value.type_of() {
        Type::Undefined if depth > 0 => out.write_str("null"),
        Type::Undefined => out.write_str("undefined"),
        Type::Null => out.write_str("null"),
        Type::Function | Type::Constructor => out.write_str("[object Function]"),
        Type::String if depth > 0 => write!(out, "{:?}", text_of(value)),
        Type::Exception | Type::Object | Type::Array | Type::Proxy | Type::Promise => {
            let object = value.as_object().expect("every type of this arm is an object").clone();
            return write_object(out, &object, depth, path);
        }
        _ => out.write_str(&text_of(value)),
    };
    result.expect("writing to a String cannot fail");
}

fn write_object<'js>(out: &mut String, object: &Object<'js>, depth: usize, path: &mut Vec<Object<'js>>) {
    if path.contains(object) {
        return out.push_str("[Circular]");
    }
    if depth >= MAX_DEPTH {
        return out.push('…');
    }
    if object.is_error() {
        return out.push_str(&text_of(object.as_value()));
    }
    if let Some(date) = iso_date(object) {
        return write!(out, "{date:?}").expect("writing to a String cannot fail");
    }
    if let Some(text) = web::text_of(object) {
        return write!(out, "{text:?}").expect("writing to a String cannot fail");
    }
    if let Some(bytes) = buffer_of(object) {
        return write_bytes(out, bytes.as_bytes().unwrap_or_default());
    }
    path.push(object.clone());
    if let Some(rows) = rows_of(object.as_value()) {
        let items = (0..rows.len().min(MAX_ELEMENTS)).filter_map(|row| rows.make(object.ctx(), row).ok());
        write_list(out, ["[", "]"], rows.len(), items.map(|item| (None, item)), depth, path);
        path.pop();
        return;
    }
    let typed = typed_array(object);
    match object.as_array().map(Array::len).or(typed.as_ref().map(|(_, length)| *length)) {
        Some(length) => {
            if let Some((name, length)) = typed {
                write!(out, "{name}({length}) ").expect("writing to a String cannot fail");
            }
            let items = (0..length).take(MAX_ELEMENTS).map(|index| (None, member(object, index as u32)));
            write_list(out, ["[", "]"], length, items, depth, path);
        }
        None => {
            let keys: Vec<String> =
                object.own_keys::<String>(Filter::default()).filter_map(Result::ok).collect();
            let items = keys.iter().take(MAX_ELEMENTS);
            let items = items.map(|key| (Some(key.clone()), member(object, key.as_str())));
            write_list(out, ["{", "}"], keys.len(), items, depth, path);
        }
    }
    path.pop();
}

/// A member's value; what its getter throws is shown in its place, and is nobody's exception.
fn member<'js>(object: &Object<'js>, key: impl IntoAtom<'js>) -> Value<'js> {
    let ctx = object.ctx();
    object.get::<_, Value<'js>>(key).unwrap_or_else(|_| ctx.catch())
}

/// Name and length of a typed array.
fn typed_array(object: &Object<'_>) -> Option<(String, usize)> {
    buffer_of(&member(object, "buffer").into_object()?)?;
    let name = member(&member(object, "constructor").into_object()?, "name").into_string()?;
    let length = member(object, "length").as_number()?;
    Some((name.to_string().ok()?, length as usize))
}

fn write_bytes(out: &mut String, bytes: &[u8]) {
    out.push_str("ArrayBuffer { [Uint8Contents]: <");
    for (index, byte) in bytes.iter().take(MAX_ELEMENTS).enumerate() {
        let gap = if index == 0 { "" } else { " " };
        write!(out, "{gap}{byte:02x}").expect("writing to a String cannot fail");
    }
    let rest = if bytes.len() > MAX_ELEMENTS { " …" } else { "" };
    write!(out, "{rest}>, byteLength: {} }}", bytes.len()).expect("writing to a String cannot fail");
}

fn write_list<'js>(
    out: &mut String,
    [open, close]: [&str; 2],
    count: usize,
    items: impl Iterator<Item = (Option<String>, Value<'js>)>,
    depth: usize,
    path: &mut Vec<Object<'js>>,
) {
    out.push_str(open);
    for (index, (key, item)) in items.enumerate() {
        out.push_str(if index == 0 { " " } else { ", " });
        if let Some(key) = key {
            out.push_str(&key);
            out.push_str(": ");
        }
        write_value(out, &item, depth + 1, path);
    }
    if count > MAX_ELEMENTS {
        out.push_str(", …");
    }
    if count > 0 {
        out.push(' ');
    }
    out.push_str(close);
}

fn iso_date(object: &Object<'_>) -> Option<String> {
    let date: Object<'_> = object.ctx().globals().get("Date").ok()?;
    if !object.is_instance_of(&date) {
        return None;
    }
    let to_iso: Function<'_> = object.get("toISOString").ok()?;
    to_iso.call((rquickjs::function::This(object.clone()),)).ok()
}

/// `String(value)`, never failing: an object whose `toString` throws shows as its type.
fn text_of(value: &Value<'_>) -> String {
    if let Some(symbol) = value.as_symbol() {
        let description = symbol.description().ok().and_then(Value::into_string);
        let description = description.and_then(|text| text.to_string().ok()).unwrap_or_default();
        return format!("Symbol({description})");
    }
    value.get::<rquickjs::Coerced<String>>().map_or_else(
        |_| {
            let _ = value.ctx().catch();
            value.type_name().to_owned()
        },
        |text| text.0,
    )
}
