//! CommonJS: `require`, `module.exports`, and how files of both kinds use each other.
//!
//! A CommonJS file is compiled as a function of `module` and `exports`, which runs when the file is first
//! asked for. ES modules import it through its *facade*, a generated module that runs it and exports what it
//! has left in `module.exports`. `require` takes an ES module through its *bridge*, another one that holds
//! the module's namespace. What specifiers mean is `linker.rs`'s business; start at [`require`].

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::rc::Rc;

use rquickjs::function::{Opt, This};
use rquickjs::object::Property;
use rquickjs::promise::PromiseState;
use rquickjs::{Array, Coerced, Ctx, Error, Function, Object, Persistent, Result, Value};
use rustc_hash::FxHashMap;

use crate::exception::{self, throw_host};
use crate::source::ModuleId;
use crate::state::{Phase, VuState};
use crate::{linker, modules, quickjs};

/// What names of facades begin with; the file's own name follows.
pub(crate) const FACADE: &str = "commonjs:";
/// What names of bridges begin with; the ES module's name follows.
pub(crate) const BRIDGE: &str = "require:";
/// The facade's export that stands for `* as`. One character, so that it can be written where the star was.
pub(crate) const NAMESPACE: char = 'ª';

/// How many calls up the file is looked for that calls `require`.
const CALLER_DEPTH: isize = 32;

/// The CommonJS files of a VU that have run, and built-in modules as they see them.
#[derive(Default)]
pub(crate) struct Loaded {
    modules: RefCell<FxHashMap<String, Persistent<Object<'static>>>>,
    /// How many files are running.
    depth: Cell<u32>,
    /// Those of them that ES modules wait for.
    facades: RefCell<Vec<String>>,
}

impl Loaded {
    pub(crate) fn clear(&self) {
        self.modules.borrow_mut().clear();
    }
}

/// What is asked of a facade.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facade {
    /// Names that are imported, with the place of the import.
    pub(crate) wanted: Vec<(String, String)>,
    /// Whether it is imported as a whole.
    pub(crate) as_a_whole: bool,
}

impl Facade {
    /// Its text. `known` are names that the file probably exports.
    pub(crate) fn text(&self, known: &[String]) -> String {
        let mut names: Vec<&str> = self.wanted.iter().map(|(name, _)| name.as_str()).collect();
        names.extend(known.iter().map(String::as_str));
        names.sort_unstable();
        names.dedup();
        names.retain(|name| *name != "default");
        let mut text = "const [e, d, n] = import.meta.run();\nexport { d as default".to_owned();
        if self.as_a_whole {
            write!(text, ", n as {NAMESPACE}").expect("writing to a String cannot fail");
        }
        text.push_str(" };\n");
        for (at, name) in names.iter().enumerate() {
            let name = serde_json::Value::from(*name);
            writeln!(text, "const ${at} = e[{name}];\nexport {{ ${at} as {name} }};")
                .expect("writing to a String cannot fail");
        }
        text
    }
}

/// A CommonJS file as the function that the engine compiles. Its own text begins on the third line.
pub(crate) fn wrapped(text: &str) -> String {
    let interpreter = if text.starts_with("#!") { "//" } else { "" };
    format!("(function (module, exports) {{\n\n{interpreter}{text}\n}})")
}

/// The text of an ES module's bridge.
pub(crate) fn bridge(id: &str) -> String {
    let id = serde_json::Value::from(id);
    format!("import * as module from {id};\nexport default module;\n")
}

/// The global `require`.
pub(crate) fn require<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    given: Opt<Value<'js>>,
) -> Result<Value<'js>> {
    // A file may be loaded late, by `import()`, and needs what it requires.
    if state.phase.get() != Phase::Init && state.commonjs.depth.get() == 0 {
        let message = "require() is only available in the init context, outside of the exported functions";
        return Err(throw_host(ctx, message));
    }
    let Some(specifier) = specifier(given.0)?.filter(|specifier| !specifier.is_empty()) else {
        return Err(throw_host(ctx, "require() needs the name of a module"));
    };
    let base = caller(ctx, state);
    let found = linker::find(state, &base, &specifier);
    let name = found.map_err(|why| throw_host(ctx, &format!("require(\"{specifier}\") failed: {why}")))?;
    let id = name.strip_prefix(FACADE).unwrap_or(&name);
    match state.worker.script.modules.unit(id) {
        Some(unit) if unit.is_commonjs => run(ctx, state, id),
        Some(_) => es_module(ctx, state, id),
        None => built_in(ctx, state, id),
    }
}

/// A specifier that a script hands over, as text.
pub(crate) fn specifier(given: Option<Value<'_>>) -> Result<Option<String>> {
    let given = given.filter(|value| !value.is_undefined() && !value.is_null());
    given.map(|value| Ok(value.get::<Coerced<String>>()?.0)).transpose()
}

/// The file that calls the host function which is running.
fn caller(ctx: &Ctx<'_>, state: &VuState) -> String {
    let modules = &state.worker.script.modules;
    let names = (0..=CALLER_DEPTH).filter_map(|level| ctx.script_or_module_name(level)?.to_string().ok());
    let mut files = names.filter(|name| modules.unit(name).is_some());
    files.next().unwrap_or_else(|| modules.entry.clone())
}

/// What a CommonJS file exports. It runs when it has not run yet; one that is running gives what it has.
pub(crate) fn run<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, id: &str) -> Result<Value<'js>> {
    let loaded = &state.commonjs;
    let known = loaded.modules.borrow().get(id).cloned();
    if let Some(module) = known {
        return module.restore(ctx)?.get("exports");
    }
    let unit = state.worker.script.modules.unit(id);
    let unit = unit.ok_or_else(|| Error::new_loading(id))?;
    let function = quickjs::load_function(ctx, &unit.bytecode)?;
    let (module, exports) = (Object::new(ctx.clone())?, Object::new(ctx.clone())?);
    module.set("exports", exports.clone())?;
    loaded.modules.borrow_mut().insert(id.to_owned(), Persistent::save(ctx, module.clone()));
    loaded.depth.set(loaded.depth.get() + 1);
    let ran: Result<()> = function.call((This(exports.clone()), module.clone(), exports));
    loaded.depth.set(loaded.depth.get() - 1);
    if let Err(error) = ran {
        // Whoever asks again runs it again.
        loaded.modules.borrow_mut().remove(id);
        return Err(error);
    }
    module.get("exports")
}

/// A built-in module: its members, and itself as `default`, for code that was an ES module once.
fn built_in<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let known = state.commonjs.modules.borrow().get(name).cloned();
    if let Some(members) = known {
        return Ok(members.restore(ctx)?.into_value());
    }
    let default = modules::default_export(ctx, state, name)?;
    let members = default.as_object().cloned().map_or_else(|| Object::new(ctx.clone()), Ok)?;
    members.prop("default", Property::from(default).writable().configurable())?;
    members.prop("__esModule", Property::from(true).writable().configurable())?;
    let kept = Persistent::save(ctx, members.clone());
    state.commonjs.modules.borrow_mut().insert(name.to_owned(), kept);
    Ok(members.into_value())
}

/// The namespace of an ES module, or the value that a JSON file holds.
fn es_module<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, id: &str) -> Result<Value<'js>> {
    let key = format!("{BRIDGE}{id}");
    let known = state.commonjs.modules.borrow().get(&key).cloned();
    let namespace = match known {
        Some(namespace) => namespace.restore(ctx)?,
        None => {
            let namespace = evaluate_bridge(ctx, state, &key, id)?;
            let kept = Persistent::save(ctx, namespace.clone());
            state.commonjs.modules.borrow_mut().insert(key, kept);
            namespace
        }
    };
    let is_json = state.worker.script.modules.unit(id).is_some_and(|unit| unit.is_json);
    if is_json { namespace.get("default") } else { Ok(namespace.into_value()) }
}

fn evaluate_bridge<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, key: &str, id: &str) -> Result<Object<'js>> {
    let modules = &state.worker.script.modules;
    let refused = |why| throw_host(ctx, &format!("require() of {}, an ES module {why}", ModuleId::named(id)));
    // The engine cannot begin anew with a module that it is in the middle of.
    let waits_for = |file: &String| modules.imports(id, &format!("{FACADE}{file}"));
    if state.commonjs.facades.borrow().iter().any(waits_for) {
        return Err(refused("that waits for this very file"));
    }
    let unit = modules.unit(key).ok_or_else(|| refused("that can only be imported"))?;
    let (bridge, evaluation) = quickjs::load(ctx, &unit.bytecode)?.eval()?;
    match evaluation.state() {
        PromiseState::Resolved => bridge.get("default"),
        PromiseState::Rejected => {
            // Whoever requires it gets the exception, so that nobody needs to hear of the rejection.
            let Some(Err(Error::Exception)) = evaluation.result::<()>() else {
                return bridge.get("default");
            };
            let reason = ctx.catch();
            state.event_loop.forget_rejections(&exception::of_value(&reason));
            Err(ctx.throw(reason))
        }
        PromiseState::Pending => Err(refused("with a top-level await: import it instead")),
    }
}

/// `import.meta.run` of a facade: runs the file and gives `[exports, default, namespace]`.
pub(crate) fn runner<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, id: &str) -> Result<Function<'js>> {
    let (vu, id) = (Rc::clone(state), id.to_owned());
    Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
        vu.commonjs.facades.borrow_mut().push(id.clone());
        let ran = run(&ctx, &vu, &id);
        vu.commonjs.facades.borrow_mut().pop();
        face(&ctx, &vu, &id, &ran?)
    })
}

fn face<'js>(ctx: &Ctx<'js>, state: &VuState, id: &str, exports: &Value<'js>) -> Result<Array<'js>> {
    let facade = state.worker.script.modules.unit(&format!("{FACADE}{id}"));
    let facade = facade.and_then(|unit| unit.facade.clone()).unwrap_or_default();
    let file = ModuleId::named(id);
    let object = match exports.as_object() {
        Some(object) => object.clone(),
        None => Object::new(ctx.clone())?,
    };
    for (name, place) in facade.wanted.iter().filter(|(name, _)| name != "default") {
        if !object.contains_key(name.as_str())? {
            let listed = object.keys::<String>().collect::<Result<Vec<_>>>()?.join(", ");
            let listed = if listed.is_empty() { "nothing" } else { &listed };
            warn_once(state, || {
                format!("`{name}`, imported at {place}, is not exported by {file}, which exports {listed}")
            });
        }
    }
    let default = default_of(exports)?;
    let faces = Array::new(ctx.clone())?;
    faces.set(0, object.clone())?;
    faces.set(1, default.clone())?;
    if facade.as_a_whole {
        faces.set(2, namespace(ctx, &object, default)?)?;
    }
    Ok(faces)
}

/// Warns of a name that a CommonJS file does not export; k6 gives `undefined` for it. All VUs load the same
/// files, and the first of them says so for all.
fn warn_once(state: &VuState, message: impl FnOnce() -> String) {
    if state.id.0 == 0 {
        let message = message();
        tracing::warn!(target: "plimsoll", "{message}; it is undefined");
    }
}

/// What `import name from` gives of a CommonJS file: `exports.default` if there is one, else all of it.
pub(crate) fn default_of<'js>(exports: &Value<'js>) -> Result<Value<'js>> {
    let own = exports.as_object().map(|object| object.get::<_, Value<'js>>("default")).transpose()?;
    Ok(own.filter(|own| !own.is_undefined()).unwrap_or_else(|| exports.clone()))
}

fn namespace<'js>(ctx: &Ctx<'js>, exports: &Object<'js>, default: Value<'js>) -> Result<Object<'js>> {
    let namespace = Object::new(ctx.clone())?;
    namespace.set_prototype(None)?;
    for member in exports.props::<String, Value<'js>>() {
        let (name, value) = member?;
        namespace.set(name, value)?;
    }
    namespace.set("default", default)?;
    Ok(namespace)
}
