//! The modules of a script as bytecode, and what their specifiers mean.
//!
//! Everything is compiled once and shared by all VUs; [`Compiled::of`] compiles a module graph.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use plimsoll_engine::ScriptError;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Context, Ctx, Module, Runtime};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::commonjs::{self, BRIDGE, FACADE, Facade};
use crate::error::LoadError;
use crate::graph::ModuleGraph;
use crate::quickjs::{self, Bytecode};
use crate::source::{Kind, ModuleId, Source};
use crate::source_map::SourceMaps;
use crate::{exception, modules};

/// One piece of code: a module, a facade, a bridge, or the function that a CommonJS file is.
pub(crate) struct Unit {
    pub(crate) bytecode: Bytecode,
    /// Whether it says `import.meta`.
    pub(crate) has_meta: bool,
    pub(crate) is_json: bool,
    /// Whether it is the function of a CommonJS file.
    pub(crate) is_commonjs: bool,
    /// What is asked of it, when it is a facade.
    pub(crate) facade: Option<Facade>,
    /// The units that it imports by declarations.
    pub(crate) imports: Vec<String>,
}

/// Some modules, compiled.
pub(crate) struct Compiled {
    units: FxHashMap<String, Arc<Unit>>,
    resolved: FxHashMap<(String, String), String>,
    /// Where the code of modules that were TypeScript was written.
    pub(crate) maps: SourceMaps,
}

impl Compiled {
    /// Compiles every module of the graph. `for_any`: also what only computed names can lead to.
    ///
    /// # Errors
    /// What the engine finds that the parser has let pass.
    pub(crate) fn of(graph: &ModuleGraph<'_>, for_any: bool) -> Result<Self, LoadError> {
        let maps = SourceMaps(graph.sources.iter().filter_map(map_of).collect());
        let resolved = resolutions(graph);
        let texts = texts(graph, for_any);
        let runtime = Runtime::new().map_err(|error| resources(&error))?;
        let loader = CompilingLoader {
            texts: Rc::new(texts.iter().map(|text| (text.name.clone(), text.text.clone())).collect()),
            compiled: Rc::default(),
        };
        runtime.set_loader(GraphResolver(resolved.clone()), loader.clone());
        let context = Context::full(&runtime).map_err(|error| resources(&error))?;
        context.with(|ctx| {
            let compiled = texts.iter().try_for_each(|text| loader.compile_once(&ctx, text));
            compiled.map_err(|error| LoadError::Threw(thrown(&ctx, error, &maps)))
        })?;
        let mut compiled = loader.compiled.take();
        let units = texts.into_iter().filter_map(|text| {
            let bytecode = compiled.remove(&text.name)?;
            Some((text.name.clone(), Arc::new(text.unit(bytecode, &resolved))))
        });
        Ok(Compiled { units: units.collect(), resolved, maps })
    }

    pub(crate) fn unit(&self, name: &str) -> Option<&Arc<Unit>> {
        self.units.get(name)
    }

    /// What a specifier of a module means.
    pub(crate) fn resolution(&self, base: &str, specifier: &str) -> Option<&String> {
        // Looked up once for each import of each VU.
        self.resolved.get(&(base.to_owned(), specifier.to_owned()))
    }
}

/// The classes of `k6/experimental/streams`.
///
/// # Errors
/// When there is no memory for a runtime.
pub(crate) fn streams() -> Result<Bytecode, LoadError> {
    let context =
        Runtime::new().and_then(|runtime| Context::full(&runtime)).map_err(|error| resources(&error))?;
    context.with(|ctx| modules::streams::compile(&ctx)).map_err(|error| resources(&error))
}

fn resources(error: &rquickjs::Error) -> LoadError {
    LoadError::Resources(format!("no JavaScript runtime could be made: {error}"))
}

fn thrown(ctx: &Ctx<'_>, error: rquickjs::Error, maps: &SourceMaps) -> ScriptError {
    exception::take_with(ctx, error, maps)
}

fn map_of(source: &Source) -> Option<(String, crate::source_map::SourceMap)> {
    Some((source.id.as_str().to_owned(), source.written.as_ref()?.map.clone()))
}

/// What each module's specifiers mean; of CommonJS files, their facades.
fn resolutions(graph: &ModuleGraph<'_>) -> FxHashMap<(String, String), String> {
    let name = |id: &ModuleId| match graph.source(id) {
        Some(source) if source.kind == Kind::CommonJs => format!("{FACADE}{}", id.as_str()),
        _ => id.as_str().to_owned(),
    };
    graph
        .resolutions()
        .map(|(base, specifier, id)| ((base.as_str().to_owned(), specifier.to_owned()), name(id)))
        .collect()
}

/// A unit before it is compiled.
struct Text {
    name: String,
    text: Arc<str>,
    kind: Kind,
    is_json: bool,
    has_meta: bool,
    facade: Option<Facade>,
    /// Specifiers of its import declarations.
    requests: Vec<String>,
}

impl Text {
    fn generated(name: String, text: &str, facade: Option<Facade>, requests: Vec<String>) -> Self {
        let (kind, has_meta) = (Kind::Module, facade.is_some());
        Text { name, text: text.into(), kind, is_json: false, has_meta, facade, requests }
    }

    fn unit(self, bytecode: Bytecode, resolved: &FxHashMap<(String, String), String>) -> Unit {
        let is_commonjs = self.kind == Kind::CommonJs;
        let Text { name, is_json, has_meta, facade, requests, .. } = self;
        let resolve = |specifier: String| resolved.get(&(name.clone(), specifier)).cloned();
        let imports = requests.into_iter().filter_map(resolve).collect();
        Unit { bytecode, has_meta, is_json, is_commonjs, facade, imports }
    }
}

fn texts(graph: &ModuleGraph<'_>, for_any: bool) -> Vec<Text> {
    let is_imported = if for_any {
        graph.sources.iter().map(|source| source.id.clone()).collect()
    } else {
        imported_commonjs(graph)
    };
    let requires = for_any || graph.sources.iter().any(|source| source.mentions.requires);
    let mut wanted = graph.wanted();
    let mut texts = Vec::new();
    for source in &graph.sources {
        let id = source.id.as_str();
        texts.push(own_text(graph, source));
        match source.kind {
            Kind::CommonJs if is_imported.contains(&source.id) => {
                let wanted = wanted.remove(&source.id).unwrap_or_default();
                let as_a_whole = graph.is_taken_as_a_whole(&source.id);
                let facade = Facade { wanted, as_a_whole };
                let text = facade.text(&source.mentions.exports);
                texts.push(Text::generated(format!("{FACADE}{id}"), &text, Some(facade), Vec::new()));
            }
            Kind::Module | Kind::Json if requires => {
                let text = commonjs::bridge(id);
                texts.push(Text::generated(format!("{BRIDGE}{id}"), &text, None, Vec::new()));
            }
            _ => {}
        }
    }
    texts
}

/// The CommonJS files that need a facade.
fn imported_commonjs(graph: &ModuleGraph<'_>) -> FxHashSet<ModuleId> {
    let mut imported = FxHashSet::default();
    for source in &graph.sources {
        let requests = source.requests.iter().map(|request| &request.specifier);
        let targets = requests
            .chain(&source.mentions.imported)
            .filter_map(|specifier| graph.target(&source.id, specifier));
        imported.extend(targets.map(|target| target.id.clone()));
    }
    imported
}

fn own_text(graph: &ModuleGraph<'_>, source: &Source) -> Text {
    let text = match source.kind {
        Kind::CommonJs => commonjs::wrapped(&source.text).into(),
        Kind::Module | Kind::Json => with_namespaces(graph, source),
    };
    let requests = source.requests.iter().map(|request| request.specifier.clone()).collect();
    Text {
        name: source.id.as_str().to_owned(),
        text,
        kind: source.kind,
        is_json: source.kind == Kind::Json,
        has_meta: source.has_meta,
        facade: None,
        requests,
    }
}

/// The text with `* as name` of CommonJS files replaced by an export of their facades: what they export is
/// not known before they have run, and the engine wants to know it. No line moves, and hardly ever a column.
fn with_namespaces(graph: &ModuleGraph<'_>, source: &Source) -> Arc<str> {
    let of_commonjs = source.namespaces.iter().filter(|namespace| {
        graph.target(&source.id, &namespace.specifier).is_some_and(|target| target.kind == Kind::CommonJs)
    });
    let mut stars: Vec<_> = of_commonjs.filter_map(|namespace| namespace.star).collect();
    if stars.is_empty() {
        return Arc::clone(source.compiled());
    }
    stars.sort_by_key(|star| std::cmp::Reverse(star.start));
    let mut text = source.compiled().to_string();
    for star in stars {
        let (start, end) = (star.start as usize, star.end as usize);
        let name = text[start + 1..end].trim_start();
        let clause = format!("{} {name}", commonjs::NAMESPACE);
        text.replace_range(start..end, &format!("{{{clause}}}"));
        for (at, side) in [(start + clause.len() + 2, 0), (start, 1)] {
            let space = at - side;
            if text.as_bytes().get(space) == Some(&b' ') {
                text.remove(space);
            }
        }
    }
    text.into()
}

struct GraphResolver(FxHashMap<(String, String), String>);

impl Resolver for GraphResolver {
    fn resolve<'js>(
        &mut self,
        _: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        if base.starts_with(BRIDGE) {
            return Ok(name.to_owned());
        }
        let known = self.0.get(&(base.to_owned(), name.to_owned()));
        known.cloned().ok_or_else(|| rquickjs::Error::new_resolving(base, name))
    }
}

/// Compiles a module when the engine asks for it as an import, and keeps the bytecode.
#[derive(Clone)]
struct CompilingLoader {
    texts: Rc<FxHashMap<String, Arc<str>>>,
    compiled: Rc<RefCell<FxHashMap<String, Bytecode>>>,
}

impl CompilingLoader {
    /// Compiles a unit, unless an import has made it so before.
    fn compile_once(&self, ctx: &Ctx<'_>, text: &Text) -> rquickjs::Result<()> {
        if self.compiled.borrow().contains_key(&text.name) {
            return Ok(());
        }
        if text.kind == Kind::CommonJs {
            let bytecode = quickjs::compile_function(ctx, &text.name, &text.text)?;
            self.compiled.borrow_mut().insert(text.name.clone(), bytecode);
            return Ok(());
        }
        self.compile(ctx, &text.name).map(drop)
    }

    fn compile<'js>(&self, ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Module<'js, Declared>> {
        let text = self.texts.get(name).ok_or_else(|| rquickjs::Error::new_loading(name))?;
        let (module, bytecode) = quickjs::compile(ctx, name, text)?;
        self.compiled.borrow_mut().insert(name.to_owned(), bytecode);
        Ok(module)
    }
}

impl Loader for CompilingLoader {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js, Declared>> {
        modules::declare(ctx, name).unwrap_or_else(|| self.compile(ctx, name))
    }
}
