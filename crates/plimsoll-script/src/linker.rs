//! What specifiers mean while a script runs: imports that were resolved before anything ran, and names that
//! are computed.
//!
//! In the init context a computed name may be that of any file; from then on nothing is read. Start at
//! [`find`].

use std::rc::Rc;
use std::sync::PoisonError;

use rquickjs::function::Opt;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Error, Function, Module, Result, Value};

use crate::commonjs::{self, BRIDGE, FACADE};
use crate::compiled::{Compiled, Unit};
use crate::error::LoadError;
use crate::exception::{throw_as, throw_type};
use crate::graph::ModuleGraph;
use crate::source::ModuleId;
use crate::state::{Phase, VuState};
use crate::{modules, quickjs};

/// The name under which the engine knows the module that a specifier means; a CommonJS file's is that of its
/// facade.
///
/// # Errors
/// Why there is none.
pub(crate) fn find(state: &VuState, base: &str, specifier: &str) -> std::result::Result<String, String> {
    let known = &state.worker.script.modules;
    // Bridges name the module itself.
    if base.starts_with(BRIDGE) {
        return Ok(specifier.to_owned());
    }
    if let Some(name) = known.resolution(base, specifier) {
        return Ok(name);
    }
    let id = resolve(state, base, specifier)?;
    if id.is_builtin() {
        return Ok(id.as_str().to_owned());
    }
    if let Some(name) = engine_name(state, &id) {
        return Ok(name);
    }
    if state.phase.get() != Phase::Init {
        return Err(format!("{id} was not loaded in the init context, and now it is too late"));
    }
    load_further(state, &id)?;
    engine_name(state, &id).ok_or_else(|| format!("{id} could not be loaded"))
}

fn resolve(state: &VuState, base: &str, specifier: &str) -> std::result::Result<ModuleId, String> {
    let script = &state.worker.script;
    let entry = ModuleId::named(&script.modules.entry);
    let found = script.base(&entry).resolve(&ModuleId::named(base), specifier);
    found.map_err(|problem| problem.to_string())
}

fn engine_name(state: &VuState, id: &ModuleId) -> Option<String> {
    let modules = &state.worker.script.modules;
    modules.unit(id.as_str())?;
    let facade = format!("{FACADE}{}", id.as_str());
    Some(if modules.unit(&facade).is_some() { facade } else { id.as_str().to_owned() })
}

/// Loads a file that only a computed name has led to. One VU does it for all.
fn load_further(state: &VuState, id: &ModuleId) -> std::result::Result<(), String> {
    let script = &state.worker.script;
    let mut further = script.modules.further.lock().unwrap_or_else(PoisonError::into_inner);
    if further.iter().any(|compiled| compiled.unit(id.as_str()).is_some()) {
        return Ok(());
    }
    let entry = ModuleId::named(&script.modules.entry);
    let graph = ModuleGraph::load_further(script.base(&entry), id);
    let graph = graph.map_err(|problems| LoadError::Invalid(problems).to_string())?;
    script.remote.pin();
    let compiled = Compiled::of(&graph, true).map_err(|error| error.to_string())?;
    further.push(compiled);
    Ok(())
}

/// The engine's way to [`find`].
pub(crate) struct VuResolver(pub(crate) Rc<VuState>);

impl Resolver for VuResolver {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        let found = find(&self.0, base, name);
        self.0.event_loop.set_importing(found.is_ok());
        found.map_err(|why| throw_as(ctx, "TypeError", &format!("import of '{name}' failed: {why}")))
    }
}

/// Gives the engine built-in modules and bytecode.
pub(crate) struct VuLoader(pub(crate) Rc<VuState>);

impl Loader for VuLoader {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        if let Some(declared) = modules::declare(ctx, name) {
            return declared;
        }
        let unit = self.0.worker.script.modules.unit(name).ok_or_else(|| Error::new_loading(name))?;
        declare(ctx, &self.0, name, &unit)
    }
}

/// Declares a compiled module, with `import.meta` where it is asked for.
pub(crate) fn declare<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    name: &str,
    unit: &Unit,
) -> Result<Module<'js, Declared>> {
    let module = quickjs::load(ctx, &unit.bytecode)?;
    if unit.has_meta {
        let meta = module.meta()?;
        match name.strip_prefix(FACADE) {
            Some(id) => meta.set("run", commonjs::runner(ctx, state, id)?)?,
            None => {
                meta.set("url", ModuleId::named(name).href())?;
                meta.set("resolve", resolver(ctx, state, name)?)?;
            }
        }
    }
    Ok(module)
}

/// `import.meta.resolve` of a module. Whether there is such a file is not looked at.
fn resolver<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, base: &str) -> Result<Function<'js>> {
    let (vu, base) = (Rc::clone(state), base.to_owned());
    let resolve = move |ctx: Ctx<'js>, specifier: Opt<Value<'js>>| {
        let Some(specifier) = commonjs::specifier(specifier.0)? else {
            return throw_type(&ctx, "import.meta.resolve() needs a specifier");
        };
        resolve(&vu, &base, &specifier).map(|id| id.href()).or_else(|why| throw_type(&ctx, &why))
    };
    Function::new(ctx.clone(), resolve)?.with_name("resolve")
}
