//! What the safe QuickJS bindings do not offer: loading bytecode, exceptions that a script cannot catch, and
//! contexts with a choice of built-ins made at run time.
//!
//! Apart from `fiber.rs` the only place with `unsafe`; each function is safe to call.
#![expect(unsafe_code, reason = "engine calls without a safe binding; each has its argument")]

use std::ffi::CString;
use std::sync::Arc;

use rquickjs::module::Declared;
use rquickjs::{
    ArrayBuffer, Atom, Context, Ctx, Error, Exception, FromJs, Function, JsLifetime, Module, Object, Result,
    Runtime, Value, WriteOptions, WriteOptionsEndianness, qjs,
};

use crate::fiber;
use crate::lazy::{Lazy, Source};
use crate::reach::{Family, Reach};

/// A context with the language's core and the families of built-ins that the script can reach.
///
/// # Errors
/// When memory runs out.
pub(crate) fn context(runtime: &Runtime, reach: Reach) -> Result<Context> {
    let context = Context::base(runtime)?;
    let raw = context.as_raw().as_ptr();
    let wanted = |family, add: unsafe extern "C" fn(*mut qjs::JSContext) -> std::ffi::c_int| {
        // SAFETY: a live context of this thread, in which nothing has run yet; each family is added once.
        !reach.contains(family) || unsafe { add(raw) } == 0
    };
    // SAFETY: as above. The host itself needs JSON and promises.
    let required = unsafe { qjs::JS_AddIntrinsicJSON(raw) == 0 && qjs::JS_AddIntrinsicPromise(raw) == 0 };
    if reach.contains(Family::RegExp) {
        // SAFETY: as above. Regular expressions that are literals need the compiler too.
        unsafe { qjs::JS_AddIntrinsicRegExpCompiler(raw) };
    }
    let complete = required
        && wanted(Family::Date, qjs::JS_AddIntrinsicDate)
        && wanted(Family::Eval, qjs::JS_AddIntrinsicEval)
        && wanted(Family::RegExp, qjs::JS_AddIntrinsicRegExp)
        && wanted(Family::Proxy, qjs::JS_AddIntrinsicProxy)
        && wanted(Family::MapSet, qjs::JS_AddIntrinsicMapSet)
        && wanted(Family::TypedArrays, qjs::JS_AddIntrinsicTypedArrays)
        && wanted(Family::WeakRef, qjs::JS_AddIntrinsicWeakRef)
        && wanted(Family::DomException, qjs::JS_AddIntrinsicDOMException)
        && wanted(Family::Base64, qjs::JS_AddIntrinsicAToB)
        && wanted(Family::Performance, qjs::JS_AddPerformance);
    if !complete {
        return Err(Error::Allocation);
    }
    if reach.contains(Family::TypedArrays) {
        context.with(|ctx| keep_buffers_in_place(&ctx))?;
    }
    Ok(context)
}

/// Adds buffers and typed arrays to a context that was made without them: the script mentions none, but a
/// server has sent bytes.
///
/// # Errors
/// When memory runs out.
pub(crate) fn add_buffers(ctx: &Ctx<'_>, reach: Reach) -> Result<()> {
    if reach.contains(Family::TypedArrays) || ctx.globals().contains_key("ArrayBuffer")? {
        return Ok(());
    }
    // SAFETY: a live context of this thread that does not have the family yet. It defines classes and globals
    // and touches no object that is there.
    if unsafe { qjs::JS_AddIntrinsicTypedArrays(ctx.as_raw().as_ptr()) } != 0 {
        return Err(Error::Allocation);
    }
    keep_buffers_in_place(ctx)
}

/// Takes away what moves a buffer's memory elsewhere. The engine's version of it reallocates memory that was
/// never its own, and loses what is needed to free it; [`private_buffer`] relies on its absence.
fn keep_buffers_in_place(ctx: &Ctx<'_>) -> Result<()> {
    let prototype: Object<'_> = ctx.globals().get::<_, Object<'_>>("ArrayBuffer")?.get("prototype")?;
    ["transfer", "transferToFixedLength", "transferToImmutable"]
        .into_iter()
        .try_for_each(|method| prototype.remove(method))
}

/// A compiled module. Only [`compile`] makes one, so the bytes are always this process's own engine's.
#[derive(Clone)]
pub(crate) struct Bytecode(Arc<[u8]>);

/// Compiles a module and declares it in `ctx`. Its imports are resolved through the runtime's loader.
///
/// # Errors
/// The pending JavaScript exception.
pub(crate) fn compile<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    text: &str,
) -> Result<(Module<'js, Declared>, Bytecode)> {
    let module = Module::declare(ctx.clone(), name, text)?;
    // Source text is kept out (Function.prototype.toString shows less), line tables stay: stack traces need
    // them.
    let options = WriteOptions {
        endianness: WriteOptionsEndianness::Native,
        allow_shared_array_buffer: false,
        object_reference: false,
        strip_source: true,
        strip_debug: false,
    };
    let bytes = module.write(options)?;
    Ok((module, Bytecode(bytes.into())))
}

/// Declares a compiled module in `ctx`.
///
/// # Errors
/// The pending JavaScript exception.
pub(crate) fn load<'js>(ctx: &Ctx<'js>, bytecode: &Bytecode) -> Result<Module<'js, Declared>> {
    // SAFETY: QuickJS does not verify bytecode, so it must be its own: `Bytecode` is made by `compile` alone,
    // in this process, hence by this very engine version, and is never read from outside.
    unsafe { Module::load(ctx.clone(), &bytecode.0) }
}

/// Compiles a text that is one function expression, in sloppy mode. Its third line is counted as the first.
///
/// # Errors
/// The pending JavaScript exception.
pub(crate) fn compile_function(ctx: &Ctx<'_>, name: &str, text: &str) -> Result<Bytecode> {
    let (name, source) = (CString::new(name)?, CString::new(text)?);
    let flags = qjs::JS_EVAL_TYPE_GLOBAL | qjs::JS_EVAL_FLAG_COMPILE_ONLY;
    let mut options = qjs::JSEvalOptions {
        version: qjs::JS_EVAL_OPTIONS_VERSION.cast_signed(),
        eval_flags: flags.cast_signed(),
        filename: name.as_ptr(),
        // Zero would mean one.
        line_num: -1,
    };
    let raw = ctx.as_raw().as_ptr();
    // SAFETY: a live context; the texts end with a zero byte and outlive the call, which copies its input.
    let compiled = unsafe { qjs::JS_Eval2(raw, source.as_ptr(), text.len() as _, &raw mut options) };
    // SAFETY: an owned value that the engine has just made in this context.
    let compiled = unsafe { Value::from_raw(ctx.clone(), compiled) };
    if compiled.is_exception() {
        return Err(Error::Exception);
    }
    let flags = (qjs::JS_WRITE_OBJ_BYTECODE | qjs::JS_WRITE_OBJ_STRIP_SOURCE).cast_signed();
    let mut len = 0;
    // SAFETY: a live value of this context, which the call borrows.
    let written = unsafe { qjs::JS_WriteObject(raw, &raw mut len, compiled.as_raw(), flags) };
    if written.is_null() {
        return Err(Error::Exception);
    }
    // SAFETY: on success the engine hands over `len` bytes, to be freed by its own function.
    let bytes = unsafe { std::slice::from_raw_parts(written, len as usize) }.into();
    // SAFETY: as above; the bytes were copied.
    unsafe { qjs::js_free(raw, written.cast()) };
    Ok(Bytecode(bytes))
}

/// The function that [`compile_function`] has compiled.
///
/// # Errors
/// The pending JavaScript exception.
pub(crate) fn load_function<'js>(ctx: &Ctx<'js>, bytecode: &Bytecode) -> Result<Function<'js>> {
    let raw = ctx.as_raw().as_ptr();
    let flags = qjs::JS_READ_OBJ_BYTECODE.cast_signed();
    // SAFETY: as in `load`: the bytes are this very engine's own.
    let read = unsafe { qjs::JS_ReadObject(raw, bytecode.0.as_ptr(), bytecode.0.len() as _, flags) };
    // SAFETY: takes the value over; what is no function, an exception say, makes it throw.
    let function = unsafe { Value::from_raw(ctx.clone(), qjs::JS_EvalFunction(raw, read)) };
    if function.is_exception() {
        return Err(Error::Exception);
    }
    Function::from_js(ctx, function)
}

/// Runs host code that calls into the engine, also where a script has used up the stack that it has.
pub(crate) fn with_more_stack<R>(ctx: &Ctx<'_>, body: impl FnOnce() -> R) -> R {
    // SAFETY: a context always has a runtime.
    let runtime = unsafe { qjs::JS_GetRuntime(ctx.as_raw().as_ptr()) };
    let limit = fiber::JS_STACK_SIZE;
    // SAFETY: sets a number that is compared with the stack's depth. What is added is a part of what a fiber
    // has beyond the limit, see `fiber.rs`; a panic in `body` ends the process.
    unsafe { qjs::JS_SetMaxStackSize(runtime, (limit + (fiber::STACK_SIZE - limit) / 4) as _) };
    let result = body();
    // SAFETY: as above.
    unsafe { qjs::JS_SetMaxStackSize(runtime, limit as _) };
    result
}

/// Throws an exception that no `catch` or `finally` of the script sees: the stack unwinds to the host.
pub(crate) fn throw_uncatchable(ctx: &Ctx<'_>, message: &str) -> Error {
    let exception = match Exception::from_message(ctx.clone(), message) {
        Ok(exception) => exception,
        Err(error) => return error,
    };
    // SAFETY: marks a live Error object of this context; the engine checks the mark when it unwinds.
    unsafe { qjs::JS_SetUncatchableError(ctx.as_raw().as_ptr(), exception.as_value().as_raw()) };
    exception.throw()
}

/// Adds the reference that a written exotic property lacks: rquickjs 0.12.2 takes the value that the engine
/// lends it for its own and drops it, and then the engine drops it too. To be looked at when the pinned
/// version changes.
pub(crate) fn keep_for_the_engine(value: &Value<'_>) {
    // SAFETY: a live value of this context gets one more reference, the one that is dropped once too often.
    unsafe { qjs::JS_DupValue(value.ctx().as_raw().as_ptr(), value.as_raw()) };
}

/// What an object is to the engine, whatever its prototype says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    Date,
    RegExp,
    Map,
    Set,
    Error,
    ArrayBuffer,
    TypedArray,
    DataView,
    /// Something else, by the number of its class.
    Other(u32),
}

/// The kind of an object.
pub(crate) fn kind_of(object: &Object<'_>) -> ObjectKind {
    let raw = object.as_raw();
    // SAFETY: a live value, which these functions only look at.
    unsafe {
        match () {
            () if qjs::JS_IsDate(raw) => ObjectKind::Date,
            () if qjs::JS_IsRegExp(raw) => ObjectKind::RegExp,
            () if qjs::JS_IsMap(raw) => ObjectKind::Map,
            () if qjs::JS_IsSet(raw) => ObjectKind::Set,
            () if qjs::JS_IsError(raw) => ObjectKind::Error,
            () if qjs::JS_IsArrayBuffer(raw) => ObjectKind::ArrayBuffer,
            () if qjs::JS_IsDataView(raw) => ObjectKind::DataView,
            () if qjs::JS_GetTypedArrayType(raw) >= 0 => ObjectKind::TypedArray,
            () => ObjectKind::Other(qjs::JS_GetClassID(raw)),
        }
    }
}

/// Where the object of an exotic class is, for the class's own functions, which are not told.
#[derive(Default)]
pub(crate) struct Itself(std::cell::Cell<Option<qjs::JSValue>>);

impl Itself {
    pub(crate) fn set(&self, object: &Object<'_>) {
        self.0.set(Some(object.as_raw()));
    }

    /// Whether the object has an own property of that name. It asks the class, too, for what is none of its
    /// ordinary ones.
    ///
    /// # Errors
    /// The pending JavaScript exception.
    pub(crate) fn has_ordinary<'js>(&self, ctx: &Ctx<'js>, name: &Atom<'js>) -> Result<bool> {
        let Some(object) = self.0.get() else { return Ok(false) };
        let (name, raw) = (name.to_value()?, ctx.as_raw().as_ptr());
        // SAFETY: `self` is a part of the object that it points at, so that the object lives while somebody
        // refers to `self`. The atom is given back, and the property's description is not asked for.
        let found = unsafe {
            let atom = qjs::JS_ValueToAtom(raw, name.as_raw());
            let found = qjs::JS_GetOwnProperty(raw, std::ptr::null_mut(), object, atom);
            qjs::JS_FreeAtom(raw, atom);
            found
        };
        if found < 0 { Err(Error::Exception) } else { Ok(found > 0) }
    }
}

/// Freezes an object, though not what it refers to.
///
/// # Errors
/// The pending JavaScript exception.
pub(crate) fn freeze(object: &Object<'_>) -> Result<()> {
    // SAFETY: a live object of this context; the call borrows it.
    let frozen = unsafe { qjs::JS_FreezeObject(object.ctx().as_raw().as_ptr(), object.as_raw()) };
    if frozen < 0 { Err(Error::Exception) } else { Ok(()) }
}

/// An anonymous file of which neither size nor bytes can change any more.
#[cfg(target_os = "linux")]
pub(crate) struct SealedFile {
    file: std::os::fd::OwnedFd,
    len: usize,
    /// The bytes for whoever only reads; mapped when first asked for.
    view: std::sync::OnceLock<Option<bytes::Bytes>>,
}

#[cfg(target_os = "linux")]
impl SealedFile {
    /// Writes the bytes and seals the file.
    ///
    /// # Errors
    /// What the system says; an empty file cannot be mapped and is refused.
    pub(crate) fn new(bytes: &[u8]) -> std::io::Result<Self> {
        use std::io::Write as _;

        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
        if bytes.is_empty() {
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let mut file = std::fs::File::from(memfd_create("plimsoll-data", flags)?);
        file.write_all(bytes)?;
        fcntl_add_seals(&file, SealFlags::GROW | SealFlags::SHRINK | SealFlags::WRITE | SealFlags::SEAL)?;
        Ok(SealedFile { file: file.into(), len: bytes.len(), view: std::sync::OnceLock::new() })
    }

    /// The bytes, mapped once for the process; `None` when the system maps no more.
    fn view(&self) -> Option<bytes::Bytes> {
        use rustix::mm::{MapFlags, ProtFlags, mmap};
        let map = || {
            // SAFETY: a new mapping at a place that the system chooses, of a length that the file has.
            let start = unsafe {
                mmap(std::ptr::null_mut(), self.len, ProtFlags::READ, MapFlags::SHARED, &self.file, 0)
            };
            let start = std::ptr::NonNull::new(start.ok()?)?;
            Some(bytes::Bytes::from_owner(SharedPages { start, len: self.len }))
        };
        self.view.get_or_init(map).clone()
    }
}

/// A mapping that is only read.
#[cfg(target_os = "linux")]
struct SharedPages {
    start: std::ptr::NonNull<std::ffi::c_void>,
    len: usize,
}

// SAFETY: the mapping cannot be written, and neither can the file, which is sealed: threads only read it. It
// belongs to nobody else and stays where it is.
#[cfg(target_os = "linux")]
unsafe impl Send for SharedPages {}

#[cfg(target_os = "linux")]
impl AsRef<[u8]> for SharedPages {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: mapped and readable with this length until it is dropped; sealed, so that no byte changes
        // and no page vanishes.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().cast(), self.len) }
    }
}

#[cfg(target_os = "linux")]
impl Drop for SharedPages {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `SealedFile::view` with this length and is unmapped here alone.
        let unmapped = unsafe { rustix::mm::munmap(self.start.as_ptr(), self.len) };
        debug_assert!(unmapped.is_ok(), "a mapping of our own can be unmapped");
    }
}

#[cfg(target_os = "linux")]
thread_local! {
    /// Where the private mappings of this thread's VUs begin, and what they show.
    static MAPPED: std::cell::RefCell<std::collections::BTreeMap<usize, Arc<SealedFile>>> =
        const { std::cell::RefCell::new(std::collections::BTreeMap::new()) };
}

/// The bytes of the file that lie at `bytes`, if these are in a private mapping of one. They are the same
/// unless the script has written to them; who asks has to know.
#[cfg(target_os = "linux")]
pub(crate) fn sealed_bytes(bytes: &[u8]) -> Option<bytes::Bytes> {
    let start = bytes.as_ptr().addr();
    let found = |(base, file): (&usize, &Arc<SealedFile>)| (*base, Arc::clone(file));
    let (base, file) = MAPPED.with_borrow(|mapped| mapped.range(..=start).next_back().map(found))?;
    let from = start - base;
    let to = from.checked_add(bytes.len()).filter(|to| *to <= file.len)?;
    Some(file.view()?.slice(from..to))
}

/// A private mapping: what is written to it stays in it.
#[cfg(target_os = "linux")]
struct PrivatePages {
    start: std::ptr::NonNull<std::ffi::c_void>,
    len: usize,
}

#[cfg(target_os = "linux")]
impl Drop for PrivatePages {
    fn drop(&mut self) {
        // A thread that ends has forgotten its mappings already.
        let _ = MAPPED.try_with(|mapped| mapped.borrow_mut().remove(&self.start.addr().get()));
        // SAFETY: the mapping was made by `private_buffer` with this length and is unmapped here alone; the
        // engine drops the source of a buffer when nothing refers to the buffer any more.
        let unmapped = unsafe { rustix::mm::munmap(self.start.as_ptr(), self.len) };
        debug_assert!(unmapped.is_ok(), "a mapping of our own can be unmapped");
    }
}

// SAFETY: the pages can be read and written, stay where they are when `self` moves, and are mapped until it
// is dropped. The file is sealed against shrinking, so that no page of it can vanish. Nobody else refers to
// the mapping, and writes do not reach the file: other buffers over it are other memory. The engine neither
// moves nor resizes it: see `keep_buffers_in_place`.
#[cfg(target_os = "linux")]
unsafe impl rquickjs::ArrayBufferSource for PrivatePages {
    fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr().cast()
    }

    fn len(&self) -> usize {
        self.len
    }
}

/// An `ArrayBuffer` with the bytes of a file; only pages that the script writes to take memory of their own.
///
/// # Errors
/// `Error::Io` when the system maps no more.
#[cfg(target_os = "linux")]
pub(crate) fn private_buffer<'js>(ctx: &Ctx<'js>, file: &Arc<SealedFile>) -> Result<ArrayBuffer<'js>> {
    use rustix::mm::{MapFlags, ProtFlags, mmap};
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: a new mapping at a place that the system chooses, of a length that the file has.
    let start = unsafe { mmap(std::ptr::null_mut(), file.len, protection, flags, &file.file, 0) };
    let start = start.map_err(|error| Error::Io(error.into()))?;
    let start = std::ptr::NonNull::new(start).expect("no mapping is made at address 0 unless asked for");
    MAPPED.with_borrow_mut(|mapped| mapped.insert(start.addr().get(), Arc::clone(file)));
    ArrayBuffer::from_source(ctx.clone(), PrivatePages { start, len: file.len })
}

/// Whether a promise job waits to be run.
pub(crate) fn is_job_pending(ctx: &Ctx<'_>) -> bool {
    // SAFETY: a context always has a runtime, and the call only looks at a list.
    unsafe { qjs::JS_IsJobPending(qjs::JS_GetRuntime(ctx.as_raw().as_ptr())) }
}

// SAFETY: the type has no lifetime of a runtime in it: a source is 'static, and holds no JavaScript value.
// (The derive macro cannot say so for a generic type.)
unsafe impl<'js, S: Source> JsLifetime<'js> for Lazy<S> {
    type Changed<'to> = Lazy<S>;
}
