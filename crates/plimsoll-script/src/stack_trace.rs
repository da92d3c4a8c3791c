//! `error.stack` as a script reads it: with the places that the user wrote.
//!
//! Only for scripts of which some code was written otherwise, as TypeScript: for all others the engine's own
//! text is right, and they pay nothing. Start at [`install`].

use std::fmt::Write as _;

use rquickjs::function::This;
use rquickjs::{Array, Ctx, Function, Object, Result, Value};

use crate::modules::state_of;
use crate::quickjs;

/// Has the engine ask us for the text of each stack, by its hook for that. A script may set its own.
pub(crate) fn install(ctx: &Ctx<'_>) -> Result<()> {
    let error: Object<'_> = ctx.globals().get("Error")?;
    error.set("prepareStackTrace", Function::new(ctx.clone(), prepare)?)
}

/// The engine's own text, but for the places.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a host function")]
fn prepare<'js>(ctx: Ctx<'js>, _error: Value<'js>, sites: Array<'js>) -> Result<String> {
    let modules = &state_of(&ctx).worker.script.modules;
    // The error may be that the stack is used up.
    quickjs::with_more_stack(&ctx, || {
        let mut text = String::new();
        for site in sites.iter::<Object<'js>>() {
            let frame = modules.restore(&frame(&site?)?);
            writeln!(text, "    at {frame}").expect("writing to a String cannot fail");
        }
        Ok(text)
    })
}

fn frame(site: &Object<'_>) -> Result<String> {
    let name: Option<String> = ask(site, "getFunctionName")?;
    let name = name.unwrap_or_else(|| "<anonymous>".to_owned());
    if ask(site, "isNative")? {
        return Ok(format!("{name} (native)"));
    }
    let file: Option<String> = ask(site, "getFileName")?;
    let (line, column): (i32, i32) = (ask(site, "getLineNumber")?, ask(site, "getColumnNumber")?);
    Ok(format!("{name} ({}:{line}:{column})", file.unwrap_or_default()))
}

fn ask<'js, T: rquickjs::FromJs<'js>>(site: &Object<'js>, method: &str) -> Result<T> {
    site.get::<_, Function<'js>>(method)?.call((This(site.clone()),))
}
