//! The module graph: every file that a script imports, read, parsed and linked before anything runs.
//!
//! Runs no JavaScript. Start at [`ModuleGraph::load`].

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use plimsoll_metrics::nearest::nearest;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::Base;
use crate::entry::Entry;
use crate::error::{LoadError, Problem};
use crate::prune::prune;
use crate::source::{Import, Kind, ModuleId, Source};
use crate::{files, modules};

/// A script with thousands of modules is a mistake (an import of a bundler's input tree, say); stop before
/// the disk does.
const MODULE_LIMIT: usize = 10_000;

/// All file modules reachable from the entry, by id, with every specifier resolved.
pub(crate) struct ModuleGraph<'a> {
    base: Base<'a>,
    pub(crate) sources: Vec<Source>,
    index: FxHashMap<ModuleId, usize>,
    resolved: FxHashMap<(ModuleId, String), ModuleId>,
}

impl<'a> ModuleGraph<'a> {
    /// Reads and checks a script and everything that it imports.
    ///
    /// # Errors
    /// All problems found, in one go.
    pub(crate) fn load(entry: &'a Entry) -> Result<Self, LoadError> {
        let (mut graph, problems) = Self::read(entry)?;
        if !problems.is_empty() {
            return Err(LoadError::Invalid(problems));
        }
        for (id, text) in prune(&graph, &entry.id) {
            let at = graph.index[&id];
            graph.sources[at].pruned = Some(text);
        }
        Ok(graph)
    }

    /// Reads a script and everything that it imports as far as that can be done, and says what is wrong.
    ///
    /// # Errors
    /// When the script itself cannot be read.
    pub(crate) fn read(entry: &'a Entry) -> Result<(Self, Vec<Problem>), LoadError> {
        let text = files::text_of(&entry.data).map_err(|why| {
            LoadError::Unreadable(Problem::new(format!("the script {} could not be read: {why}", entry.id)))
        })?;
        Ok(Self::read_from(Base::of(entry), entry.id.clone(), &text))
    }

    /// Reads and checks a module that the script has named only while it ran, and everything that it imports.
    ///
    /// # Errors
    /// All problems found.
    pub(crate) fn load_further(base: Base<'a>, id: &ModuleId) -> Result<Self, Vec<Problem>> {
        let text = base.read(id).map_err(|problem| vec![problem])?;
        let (graph, problems) = Self::read_from(base, id.clone(), &text);
        if problems.is_empty() { Ok(graph) } else { Err(problems) }
    }

    fn read_from(base: Base<'a>, id: ModuleId, text: &Arc<str>) -> (Self, Vec<Problem>) {
        let mut graph = ModuleGraph {
            base,
            sources: Vec::new(),
            index: FxHashMap::default(),
            resolved: FxHashMap::default(),
        };
        let mut problems = Vec::new();
        graph.add(id, text, &mut problems);
        graph.read_imports(&mut problems);
        if problems.is_empty() {
            problems = graph.check_links();
        }
        (graph, problems)
    }

    /// What each module's specifiers mean: (module, specifier, meaning).
    pub(crate) fn resolutions(&self) -> impl Iterator<Item = (&ModuleId, &str, &ModuleId)> {
        self.resolved.iter().map(|((base, specifier), id)| (base, specifier.as_str(), id))
    }

    /// The source of a file module.
    pub(crate) fn source(&self, id: &ModuleId) -> Option<&Source> {
        self.index.get(id).map(|at| &self.sources[*at])
    }

    /// The source that a specifier of a module means; `None` for built-in modules.
    pub(crate) fn target(&self, from: &ModuleId, specifier: &str) -> Option<&Source> {
        self.source(self.resolved.get(&(from.clone(), specifier.to_owned()))?)
    }

    /// Whether a module may be asked for by a name that is computed.
    pub(crate) fn computes(&self) -> bool {
        self.sources.iter().any(|source| source.mentions.computes)
    }

    /// The names that are imported from CommonJS files, directly or through `export *`, with the places.
    pub(crate) fn wanted(&self) -> FxHashMap<ModuleId, Vec<(String, String)>> {
        let mut wanted: FxHashMap<ModuleId, Vec<(String, String)>> = FxHashMap::default();
        for source in &self.sources {
            for import in &source.imports {
                let exports = self.exports_of(&self.resolved[&(source.id.clone(), import.specifier.clone())]);
                if exports.names.contains(import.name.as_str()) {
                    continue;
                }
                let place = source.location(import.span).to_string();
                for commonjs in exports.passed_on {
                    wanted.entry(commonjs.clone()).or_default().push((import.name.clone(), place.clone()));
                }
            }
        }
        wanted
    }

    /// Whether some module says `* as` of a file.
    pub(crate) fn is_taken_as_a_whole(&self, id: &ModuleId) -> bool {
        self.sources.iter().any(|source| {
            let mut whole = source.namespaces.iter().filter(|namespace| namespace.star.is_some());
            whole
                .any(|whole| self.target(&source.id, &whole.specifier).is_some_and(|target| target.id == *id))
        })
    }

    /// The names that the script takes from a built-in module; `None` when it takes the module as a whole.
    pub(crate) fn taken_from(&self, builtin: &str) -> Option<FxHashSet<String>> {
        let whole = |source: &Source| {
            source.namespaces.iter().any(|namespace| namespace.specifier == builtin)
                || source.mentions.imported.iter().any(|specifier| specifier == builtin)
        };
        if self.computes() || self.sources.iter().any(whole) {
            return None;
        }
        let imports = self.sources.iter().flat_map(|source| &source.imports);
        Some(imports.filter(|import| import.specifier == builtin).map(|import| import.name.clone()).collect())
    }

    fn add(&mut self, id: ModuleId, text: &Arc<str>, problems: &mut Vec<Problem>) {
        match Source::parse(id.clone(), text) {
            Ok(source) => {
                self.index.insert(id, self.sources.len());
                self.sources.push(source);
            }
            Err(found) => problems.extend(found),
        }
    }

    /// Follows imports breadth-first until no new module turns up.
    fn read_imports(&mut self, problems: &mut Vec<Problem>) {
        let (mut next, mut gathered) = (0, 0);
        while next < self.sources.len() && self.sources.len() < MODULE_LIMIT {
            if next == gathered {
                self.gather_remote(next);
                gathered = self.sources.len();
            }
            let needed = self.sources[next].requests.clone().into_iter().map(|request| (request, true));
            let possible = self.sources[next].mentions.requests.clone().into_iter().map(|r| (r, false));
            for (request, is_needed) in needed.chain(possible).collect::<Vec<_>>() {
                let base = self.sources[next].id.clone();
                let found = self.base.resolve(&base, &request.specifier);
                let found = found.and_then(|id| self.read_module(id));
                match found {
                    Ok((id, text)) => {
                        self.resolved.insert((base, request.specifier), id.clone());
                        if let Some(text) = text {
                            self.add(id, &text, problems);
                        }
                    }
                    Err(problem) if is_needed => {
                        problems.push(problem.at(self.sources[next].location(request.span)));
                    }
                    // It is told when it is met, if ever: the script may be prepared for that.
                    Err(_) => {}
                }
            }
            next += 1;
        }
    }

    /// Fetches what the modules from `next` on import, all of it at the same time.
    fn gather_remote(&self, next: usize) {
        let ids: Vec<ModuleId> = self.sources[next..]
            .iter()
            .flat_map(|source| {
                let requests = source.requests.iter().chain(&source.mentions.requests);
                requests.filter_map(|request| self.base.resolve(&source.id, &request.specifier).ok())
            })
            .collect();
        self.base.remote.gather(ids.iter().filter_map(ModuleId::url));
    }

    /// The text of a module that has not been read yet; `None` for one that has, and for built-in ones.
    fn read_module(&self, id: ModuleId) -> Result<(ModuleId, Option<Arc<str>>), Problem> {
        if self.index.contains_key(&id) {
            return Ok((id, None));
        }
        if id.is_builtin() {
            return Ok((id, None));
        }
        let text = self.base.read(&id)?;
        Ok((id, Some(text)))
    }

    /// Every imported name must be exported by the module that it is imported from. What CommonJS files
    /// export is seen when they have run.
    fn check_links(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for source in &self.sources {
            for import in &source.imports {
                let target = &self.resolved[&(source.id.clone(), import.specifier.clone())];
                let exports = self.exports_of(target);
                if exports.passed_on.is_empty() && !exports.names.contains(import.name.as_str()) {
                    let problem = self.missing_export(source, import, target, &exports.names);
                    problems.push(problem.at(source.location(import.span)));
                }
            }
        }
        problems
    }

    fn exports_of<'b>(&'b self, id: &'b ModuleId) -> Exports<'b> {
        let mut exports = Exports::default();
        if id.is_builtin() {
            exports.names = modules::exports(id.as_str()).iter().copied().collect();
            return exports;
        }
        let mut seen = BTreeSet::new();
        let mut queue = vec![id];
        while let Some(id) = queue.pop() {
            let Some(&at) = self.index.get(id) else { continue };
            if !seen.insert(at) {
                continue;
            }
            let source = &self.sources[at];
            // `export *` does not pass a default export on.
            let first = seen.len() == 1;
            let names = source.exports.iter().map(String::as_str);
            exports.names.extend(names.filter(|name| first || *name != "default"));
            if source.kind == Kind::CommonJs {
                exports.names.extend(first.then_some("default"));
                exports.passed_on.extend(source.mentions.may_export.then_some(id));
            }
            let stars = source.star_exports.iter();
            queue.extend(stars.filter_map(|specifier| self.resolved.get(&(id.clone(), specifier.clone()))));
        }
        exports
    }

    fn missing_export(
        &self,
        source: &Source,
        import: &Import,
        target: &ModuleId,
        exports: &BTreeSet<&str>,
    ) -> Problem {
        let Import { specifier, name, .. } = import;
        let message = format!("`{name}` is not exported by '{specifier}'");
        let listed = exports.iter().copied().collect::<Vec<_>>().join(", ");
        let problem = match listed.as_str() {
            "" => Problem::new(message).note(format!("{target} exports nothing")),
            _ => Problem::new(message).note(format!("{target} exports: {listed}")),
        };
        let exporters = self.exporters_of(name, target);
        if let Some(first) = exporters.first() {
            let all = exporters.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let better = self.base.specifier_of(&source.id, first);
            return problem.hint(format!("`{name}` is exported by {all}: import it from '{better}'"));
        }
        match nearest(name, exports.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        }
    }

    /// Other modules that export `name`: those of the graph, and the files beside the module that should
    /// have.
    fn exporters_of(&self, name: &str, target: &ModuleId) -> Vec<ModuleId> {
        let exports = |source: &Source| {
            source.exports.iter().chain(&source.mentions.exports).any(|export| export == name)
        };
        let mut found: BTreeSet<ModuleId> =
            self.sources.iter().filter(|source| exports(source)).map(|source| source.id.clone()).collect();
        found.extend(
            modules::NAMES
                .iter()
                .filter(|module| modules::exports(module).contains(&name))
                .map(|module| ModuleId::builtin(module)),
        );
        if name == "default" {
            return Vec::new();
        }
        let folder = target.path().and_then(Path::parent);
        for path in folder.map(|folder| self.base.files.scripts_in(folder)).unwrap_or_default() {
            let id = ModuleId::file(&path);
            if self.index.contains_key(&id) {
                continue;
            }
            let text = self.base.read(&id).ok();
            let parsed = text.and_then(|text| Source::parse(id.clone(), &text).ok());
            if parsed.is_some_and(|source| exports(&source)) {
                found.insert(id);
            }
        }
        found.into_iter().collect()
    }
}

/// What a module exports.
#[derive(Default)]
struct Exports<'a> {
    names: BTreeSet<&'a str>,
    /// CommonJS files of which all exports are among the module's.
    passed_on: Vec<&'a ModuleId>,
}
