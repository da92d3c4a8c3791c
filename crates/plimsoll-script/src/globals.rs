//! The globals of a script beyond the language: `console`, `__ENV`, `__VU`, `open`, timers, `global`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use rquickjs::function::Opt;
use rquickjs::{Atom, Ctx, Function, IntoJs, Result, Value};

use crate::base::{normalise, path_of_url};
use crate::bundle::Environment;
use crate::exception::throw_host;
use crate::lazy::{self, Lazy, Source};
use crate::reach::Family;
use crate::state::{Phase, VuState};
use crate::{commonjs, console, event_loop, remote, stack_trace, text_coding, web, webcrypto};

/// The largest file that scripts read, in bytes.
pub(crate) const FILE_LIMIT: u64 = 2 << 30;

/// Defines the globals that the script can reach.
pub(crate) fn install(ctx: &Ctx<'_>, state: &Rc<VuState>) -> Result<()> {
    let globals = ctx.globals();
    let reach = state.worker.script.modules.reach;
    console::install(ctx)?;
    if state.worker.script.modules.may_have_maps() {
        stack_trace::install(ctx)?;
    }
    if reach.contains(Family::Timers) {
        for name in event_loop::FUNCTIONS {
            globals.set(*name, event_loop::make(ctx, state, name)?)?;
        }
    }
    if reach.contains(Family::TextCoding) {
        text_coding::install(&globals)?;
    }
    if reach.contains(Family::Crypto) {
        globals.set("crypto", webcrypto::object(ctx, state)?)?;
    }
    if reach.contains(Family::CryptoKey) {
        globals.set("CryptoKey", webcrypto::key_constructor(ctx)?)?;
    }
    web::install(ctx, reach)?;
    globals.set("global", globals.clone())?;
    globals.set("__VU", state.id.0)?;
    set_environment(ctx, state, &BTreeMap::new())?;
    if reach.contains(Family::Files) {
        let vu = Rc::clone(state);
        let open_fn =
            move |ctx, path: Opt<String>, mode: Opt<String>| open(&ctx, &vu, path.0, mode.0.as_deref());
        globals.set("open", Function::new(ctx.clone(), open_fn)?.with_name("open")?)?;
        let vu = Rc::clone(state);
        let require = move |ctx, specifier| commonjs::require(&ctx, &vu, specifier);
        globals.set("require", Function::new(ctx.clone(), require)?.with_name("require")?)?;
    }
    Ok(())
}

/// `__ENV`: names and values, shared by all VUs.
struct Variables(Arc<Environment>);

impl Source for Variables {
    const CLASS: &'static str = "Object";

    fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    fn find(&self, name: &Atom<'_>) -> Option<usize> {
        let name = lazy::text(name)?;
        self.0.keys().position(|known| *known == name)
    }

    fn make<'js>(&self, ctx: &Ctx<'js>, property: usize) -> Result<Value<'js>> {
        self.0.values().nth(property).into_js(ctx)
    }
}

/// Sets `__ENV`: the run's environment, overlaid by a scenario's.
pub(crate) fn set_environment(ctx: &Ctx<'_>, state: &VuState, overlay: &Environment) -> Result<()> {
    let mut variables = Arc::clone(&state.worker.script.environment);
    if !overlay.is_empty() {
        Arc::make_mut(&mut variables).extend(overlay.clone());
    }
    ctx.globals().set("__ENV", Lazy::object(ctx, Variables(variables))?)
}

/// `open(path)` gives text, `open(path, 'b')` an ArrayBuffer. Relative paths start at the entry script's
/// folder.
fn open<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    path: Option<String>,
    mode: Option<&str>,
) -> Result<Value<'js>> {
    if state.phase.get() != Phase::Init {
        return Err(throw_host(
            ctx,
            "open() is only available in the init context, outside of the exported functions",
        ));
    }
    let Some(path) = path.filter(|path| !path.is_empty()) else {
        return Err(throw_host(ctx, "open() needs the path of a file"));
    };
    if remote::is_remote(&path) {
        return Err(throw_host(
            ctx,
            &format!(
                "open(\"{path}\") failed: it reads files only; import the URL, or request it in setup()"
            ),
        ));
    }
    let file = locate(&state.worker.script.modules.folder, &path);
    let failed = |why| throw_host(ctx, &format!("open(\"{path}\") failed: {}: {why}", file.display()));
    if mode == Some("b") {
        let sealed = state.worker.script.files.read_sealed(&file, FILE_LIMIT).map_err(failed)?;
        return Ok(sealed.buffer(ctx)?.into_value());
    }
    String::from_utf8_lossy(&state.read_file(&file, FILE_LIMIT).map_err(failed)?).into_js(ctx)
}

/// Where a file of that name is.
pub(crate) fn locate(folder: &Path, path: &str) -> PathBuf {
    let path = if path.starts_with("file://") { path_of_url(path) } else { path.into() };
    normalise(&folder.join(path))
}
