//! The module graph: every file that a script imports, read, parsed and linked before anything runs.
//!
//! Runs no JavaScript. Start at [`ModuleGraph::load`].

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use plimsoll_metrics::nearest::nearest;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::entry::Entry;
use crate::error::{LoadError, Problem};
use crate::files;
use crate::modules;
use crate::remote;
use crate::source::{Import, ModuleId, Source};

/// A script with thousands of modules is a mistake (an import of a bundler's input tree, say); stop before
/// the disk does.
const MODULE_LIMIT: usize = 10_000;
/// The largest source file that is read, in bytes. QuickJS needs about four times that to compile it.
pub(crate) const SOURCE_LIMIT: u64 = 64 << 20;

/// All file modules reachable from the entry, by id, with every specifier resolved.
pub(crate) struct ModuleGraph<'a> {
    entry: &'a Entry,
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
        let (graph, problems) = Self::read(entry)?;
        if problems.is_empty() { Ok(graph) } else { Err(LoadError::Invalid(problems)) }
    }

    /// Reads a script and everything that it imports as far as that can be done, and says what is wrong.
    ///
    /// # Errors
    /// When the script itself cannot be read.
    pub(crate) fn read(entry: &'a Entry) -> Result<(Self, Vec<Problem>), LoadError> {
        let text = files::text_of(&entry.data).map_err(|why| {
            LoadError::Unreadable(Problem::new(format!("the script {} could not be read: {why}", entry.id)))
        })?;
        let mut graph = ModuleGraph {
            entry,
            sources: Vec::new(),
            index: FxHashMap::default(),
            resolved: FxHashMap::default(),
        };
        let mut problems = Vec::new();
        graph.add(entry.id.clone(), &text, &mut problems);
        graph.read_imports(&mut problems);
        if problems.is_empty() {
            problems = graph.check_links();
        }
        Ok((graph, problems))
    }

    /// What each module's specifiers mean: (module, specifier, meaning).
    pub(crate) fn resolutions(&self) -> impl Iterator<Item = (&ModuleId, &str, &ModuleId)> {
        self.resolved.iter().map(|((base, specifier), id)| (base, specifier.as_str(), id))
    }

    /// The names that the script takes from a built-in module; `None` when it takes the module as a whole.
    pub(crate) fn taken_from(&self, builtin: &str) -> Option<FxHashSet<String>> {
        if self.sources.iter().any(|source| source.namespaces.iter().any(|specifier| specifier == builtin)) {
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
            for request in self.sources[next].requests.clone() {
                let found = self.resolve(&self.sources[next].id, &request.specifier);
                let found = found.and_then(|id| self.read_module(id));
                let base = self.sources[next].id.clone();
                match found {
                    Ok((id, text)) => {
                        self.resolved.insert((base, request.specifier), id.clone());
                        if let Some(text) = text {
                            self.add(id, &text, problems);
                        }
                    }
                    Err(problem) => problems.push(problem.at(self.sources[next].location(request.span))),
                }
            }
            next += 1;
        }
    }

    /// Fetches what the modules from `next` on import, all of it at the same time.
    fn gather_remote(&self, next: usize) {
        let requests = self.sources[next..]
            .iter()
            .flat_map(|source| source.requests.iter().map(move |request| (&source.id, &request.specifier)));
        let ids = requests.filter_map(|(importer, specifier)| self.resolve(importer, specifier).ok());
        let ids: Vec<ModuleId> = ids.collect();
        self.entry.remote.gather(ids.iter().filter_map(ModuleId::url));
    }

    fn resolve(&self, importer: &ModuleId, specifier: &str) -> Result<ModuleId, Problem> {
        let base = importer.url().and_then(|url| self.entry.remote.base_of(url));
        let found = remote::resolve(base.as_ref(), specifier);
        found.unwrap_or_else(|| resolve_specifier(self.folder_of(importer), specifier))
    }

    /// The text of a module that has not been read yet; `None` for one that has, and for built-in ones.
    fn read_module(&self, id: ModuleId) -> Result<(ModuleId, Option<Arc<str>>), Problem> {
        if self.index.contains_key(&id) {
            return Ok((id, None));
        }
        if let Some(url) = id.url() {
            let text = files::text_of(&self.entry.remote.read(url)?);
            let text = text.map_err(|why| Problem::new(format!("{id} could not be read: {why}")))?;
            return Ok((id, Some(text)));
        }
        let Some(path) = id.path() else { return Ok((id, None)) };
        match self.read_source(path) {
            Ok(text) => Ok((id, Some(text))),
            Err(why) => Err(self.missing_file(&id, path, &why)),
        }
    }

    fn read_source(&self, path: &Path) -> Result<Arc<str>, String> {
        files::text_of(&self.entry.files.read(path, SOURCE_LIMIT)?)
    }

    /// What relative specifiers in a module start at.
    fn folder_of<'b>(&'b self, id: &'b ModuleId) -> &'b Path {
        // The script from standard input has no folder of its own.
        let own = id.path().filter(|_| *id != self.entry.id).and_then(Path::parent);
        own.unwrap_or(&self.entry.folder)
    }

    /// Every imported name must be exported by the module that it is imported from.
    fn check_links(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for source in &self.sources {
            for import in &source.imports {
                let target = &self.resolved[&(source.id.clone(), import.specifier.clone())];
                let exports = self.exports_of(target);
                if !exports.contains(import.name.as_str()) {
                    let problem = self.missing_export(source, import, target, &exports);
                    problems.push(problem.at(source.location(import.span)));
                }
            }
        }
        problems
    }

    fn exports_of(&self, id: &ModuleId) -> BTreeSet<&str> {
        if id.path().is_none() && id.url().is_none() {
            return modules::exports(id.as_str()).iter().copied().collect();
        }
        let mut names = BTreeSet::new();
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
            names
                .extend(source.exports.iter().map(String::as_str).filter(|name| first || *name != "default"));
            let stars = source.star_exports.iter();
            queue.extend(stars.filter_map(|specifier| self.resolved.get(&(id.clone(), specifier.clone()))));
        }
        names
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
            let better = relative_specifier(self.folder_of(&source.id), first);
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
        let exports = |source: &Source| source.exports.iter().any(|export| export == name);
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
        for path in folder.map(|folder| self.entry.files.scripts_in(folder)).unwrap_or_default() {
            let id = ModuleId::file(&path);
            if self.index.contains_key(&id) {
                continue;
            }
            let parsed = self.read_source(&path).ok().and_then(|text| Source::parse(id.clone(), &text).ok());
            if parsed.is_some_and(|source| exports(&source)) {
                found.insert(id);
            }
        }
        found.into_iter().collect()
    }

    fn missing_file(&self, id: &ModuleId, path: &Path, why: &str) -> Problem {
        let problem = Problem::new(format!("the imported file {id} could not be read: {why}"));
        if path.extension().is_none() {
            let scripts = ["js", "ts"].map(|extension| path.with_extension(extension));
            if let Some(name) = scripts.iter().find(|name| self.entry.files.has(name)) {
                return problem.hint(format!("did you mean {}? Extensions are not added", name.display()));
            }
        }
        let siblings: Vec<String> = path
            .parent()
            .map(|folder| self.entry.files.scripts_in(folder))
            .unwrap_or_default()
            .iter()
            .filter_map(|p| Some(p.file_name()?.to_str()?.to_owned()))
            .collect();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match nearest(name, siblings.iter().map(String::as_str)) {
            Some(near) => problem.hint(format!("did you mean '{near}'?")),
            None => problem,
        }
    }
}

fn resolve_specifier(folder: &Path, specifier: &str) -> Result<ModuleId, Problem> {
    if modules::NAMES.contains(&specifier) {
        return Ok(ModuleId::builtin(specifier));
    }
    if let Some(path) = specifier.strip_prefix("file://") {
        return Ok(ModuleId::file(&normalise(Path::new(path))));
    }
    if specifier.starts_with("./") || specifier.starts_with("../") || specifier.starts_with('/') {
        return Ok(ModuleId::file(&normalise(&folder.join(specifier))));
    }
    Err(unknown_module(specifier))
}

fn unknown_module(specifier: &str) -> Problem {
    let problem = Problem::new(format!("cannot import '{specifier}'"));
    if ["github.com/", "cdnjs.com/"].iter().any(|host| specifier.starts_with(host)) {
        return problem
            .note("k6 has no such short forms any more, and neither has plimsoll")
            .hint("write the whole URL of the file itself, https://…");
    }
    if specifier == "k6" || specifier.starts_with("k6/") || specifier.starts_with("plimsoll/") {
        let known = modules::NAMES.join(", ");
        let problem = problem.note(format!("this built-in module is not supported yet; there are: {known}"));
        return match nearest(specifier, modules::NAMES.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean '{near}'?")),
            None => problem,
        };
    }
    problem
        .note(
            "packages cannot be imported by name: a specifier is a built-in module, a path that is relative \
        or absolute, or an https:// URL",
        )
        .hint(format!("for a file beside the script write './{specifier}'"))
}

fn relative_specifier(from: &Path, to: &ModuleId) -> String {
    let Some(to) = to.path() else { return to.as_str().to_owned() };
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().count() - shared;
    let down: PathBuf = to.components().skip(shared).collect();
    let prefix = if up == 0 { "./".to_owned() } else { "../".repeat(up) };
    format!("{prefix}{}", down.display())
}

/// Removes `.` and `..` without asking the file system, as URLs are resolved.
pub(crate) fn normalise(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts
}
