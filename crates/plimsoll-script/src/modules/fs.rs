//! `k6/experimental/fs`: files that are read piece by piece.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-experimental/fs/>. The content is in memory
//! once for all VUs; each `File` has a place in it. Nothing here waits: the promises are settled at once.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use rquickjs::class::{JsClass, Readable, Trace, Tracer};
use rquickjs::function::{Constructor, Func, Opt, This};
use rquickjs::{ArrayBuffer, Class, Ctx, Function, JsLifetime, Object, Promise, Result, TypedArray, Value};

use super::settled;
use crate::exception::throw_host;
use crate::globals::{FILE_LIMIT, locate};
use crate::state::{Phase, VuState};

pub(crate) const EXPORTS: &[&str] = &["open", "SeekMode"];

const START: f64 = 0.0;
const CURRENT: f64 = 1.0;
const END: f64 = 2.0;

/// Makes one export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    if name == "SeekMode" {
        let modes = Object::new(ctx.clone())?;
        for (name, mode) in [("Start", START), ("Current", CURRENT), ("End", END)] {
            modes.set(name, mode)?;
        }
        return Ok(modes.into_value());
    }
    let vu = Rc::clone(state);
    let open = move |ctx: Ctx<'js>, path: Opt<Value<'js>>| {
        let opened = open(&ctx, &vu, path.0);
        settled(&ctx, opened)
    };
    Ok(Function::new(ctx.clone(), open)?.with_name("open")?.into_value())
}

fn open<'js>(ctx: &Ctx<'js>, state: &VuState, path: Option<Value<'js>>) -> Result<Value<'js>> {
    if state.phase.get() != Phase::Init {
        return Err(throw_host(ctx, "fs.open() failed: files can only be opened in the init context"));
    }
    let path = path.and_then(Value::into_string).map(|path| path.to_string()).transpose()?;
    let Some(path) = path.filter(|path| !path.is_empty()) else {
        return Err(throw_host(ctx, "fs.open() failed: it needs the path of a file"));
    };
    let found = locate(&state.worker.script.modules.folder, &path);
    let path = found.display().to_string();
    let bytes = state.worker.script.files.read(&found, FILE_LIMIT);
    let bytes = bytes.map_err(|why| throw_host(ctx, &format!("fs.open() failed: {path}: {why}")))?;
    let file = File { path: path.clone(), content: Cursor { bytes, at: Rc::default() } };
    let file = Class::instance(ctx.clone(), file)?;
    file.set("path", path)?;
    Ok(file.into_value())
}

/// A place in a content that nobody changes. Clones share the place.
#[derive(Clone)]
pub(crate) struct Cursor {
    bytes: Arc<[u8]>,
    at: Rc<Cell<usize>>,
}

impl Cursor {
    pub(crate) fn at(&self) -> usize {
        self.at.get()
    }

    pub(crate) fn go_to_end(&self) {
        self.at.set(self.bytes.len());
    }

    /// Takes at most `most` bytes.
    fn advance(&self, most: usize) -> &[u8] {
        let start = self.at.get();
        let end = start.saturating_add(most).min(self.bytes.len());
        self.at.set(end);
        &self.bytes[start..end]
    }

    /// Goes elsewhere; the end is counted from the last byte, as k6 does.
    fn seek(&self, offset: f64, whence: f64) -> std::result::Result<usize, String> {
        let size = self.bytes.len();
        let base = match whence {
            START => 0,
            CURRENT => self.at.get(),
            END => size.saturating_sub(1),
            _ => return Err(format!("the mode must be one of SeekMode's, not {whence}")),
        };
        let place = base as f64 + offset;
        if offset.fract() != 0.0 || !(0.0..=size as f64).contains(&place) {
            return Err(format!("the offset {offset} leads to {place}, and the file has {size} bytes"));
        }
        self.at.set(place as usize);
        Ok(place as usize)
    }
}

impl io::Read for Cursor {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let taken = self.advance(into.len());
        into[..taken.len()].copy_from_slice(taken);
        Ok(taken.len())
    }
}

/// An open file.
#[derive(JsLifetime)]
pub(crate) struct File {
    #[qjs(skip)]
    pub(crate) path: String,
    #[qjs(skip)]
    pub(crate) content: Cursor,
}

impl<'js> Trace<'js> for File {
    /// Holds no JavaScript value.
    fn trace(&self, _: Tracer<'_, 'js>) {}
}

impl<'js> JsClass<'js> for File {
    const NAME: &'static str = "File";
    type Mutable = Readable;

    fn constructor(_: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }

    fn prototype(ctx: &Ctx<'js>) -> Result<Option<Object<'js>>> {
        let methods = Object::new(ctx.clone())?;
        methods.set("read", Func::from(read))?;
        methods.set("seek", Func::from(seek))?;
        methods.set("stat", Func::from(stat))?;
        Ok(Some(methods))
    }
}

type ThisFile<'js> = This<Class<'js, File>>;

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn read<'js>(ctx: Ctx<'js>, this: ThisFile<'js>, into: Opt<Value<'js>>) -> Result<Promise<'js>> {
    let read = read_into(&ctx, &this.borrow().content, into.0);
    settled(&ctx, read)
}

/// Fills the array; how many bytes were read, or null at the end.
fn read_into<'js>(ctx: &Ctx<'js>, content: &Cursor, into: Option<Value<'js>>) -> Result<Value<'js>> {
    let into = into.and_then(|into| TypedArray::<u8>::from_value(into).ok());
    let Some(into) = into else {
        return Err(throw_host(ctx, "read() failed: it needs a Uint8Array to read into"));
    };
    if content.at() == content.bytes.len() {
        return Ok(Value::new_null(ctx.clone()));
    }
    let bytes = content.advance(into.len());
    let chunk = TypedArray::<u8>::from_arraybuffer(ArrayBuffer::new_copy(ctx.clone(), bytes)?)?;
    let set: Function<'js> = into.get("set")?;
    set.call::<_, ()>((This(into), chunk))?;
    Ok(Value::new_number(ctx.clone(), bytes.len() as f64))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn seek<'js>(
    ctx: Ctx<'js>,
    this: ThisFile<'js>,
    offset: Opt<Value<'js>>,
    whence: Opt<Value<'js>>,
) -> Result<Promise<'js>> {
    let number = |value: Option<Value<'js>>| value.and_then(|value| value.as_number());
    let place = match number(offset.0).zip(number(whence.0)) {
        Some((offset, whence)) => this.borrow().content.seek(offset, whence),
        None => Err("it needs an offset and a SeekMode, both numbers".to_owned()),
    };
    let place = place
        .map(|place| Value::new_number(ctx.clone(), place as f64))
        .map_err(|why| throw_host(&ctx, &format!("seek() failed: {why}")));
    settled(&ctx, place)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn stat<'js>(ctx: Ctx<'js>, this: ThisFile<'js>) -> Result<Promise<'js>> {
    let file = this.borrow();
    let info = Object::new(ctx.clone())?;
    info.set("name", file.path.rsplit(['/', '\\']).next())?;
    info.set("size", file.content.bytes.len() as f64)?;
    settled(&ctx, Ok(info.into_value()))
}
