//! What the safe QuickJS bindings do not offer: loading bytecode, and exceptions that a script cannot catch.
//!
//! Apart from `fiber.rs` the only place with `unsafe`; each function is safe to call.
#![expect(unsafe_code, reason = "two engine calls without a safe binding; each has its argument")]

use std::sync::Arc;

use rquickjs::module::Declared;
use rquickjs::{Ctx, Error, Exception, Module, Result, WriteOptions, WriteOptionsEndianness, qjs};

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

/// Whether a promise job waits to be run.
pub(crate) fn is_job_pending(ctx: &Ctx<'_>) -> bool {
    // SAFETY: a context always has a runtime, and the call only looks at a list.
    unsafe { qjs::JS_IsJobPending(qjs::JS_GetRuntime(ctx.as_raw().as_ptr())) }
}
