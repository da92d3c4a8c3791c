//! Where the modules of a script are found: what specifiers mean, and what is read then.
//!
//! Parses nothing. Start at [`Base`].

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use plimsoll_metrics::nearest::nearest;

use crate::entry::Entry;
use crate::error::Problem;
use crate::files::{self, Files};
use crate::modules;
use crate::remote::{self, Remote};
use crate::source::ModuleId;

/// The largest source file that is read, in bytes. QuickJS needs about four times that to compile it.
pub(crate) const SOURCE_LIMIT: u64 = 64 << 20;

/// What the specifiers of a script start at, and where its modules are read from.
#[derive(Clone, Copy)]
pub(crate) struct Base<'a> {
    pub(crate) entry: &'a ModuleId,
    pub(crate) folder: &'a Path,
    pub(crate) files: &'a Files,
    pub(crate) remote: &'a Remote,
}

impl<'a> Base<'a> {
    pub(crate) fn of(entry: &'a Entry) -> Self {
        Base { entry: &entry.id, folder: &entry.folder, files: &entry.files, remote: &entry.remote }
    }

    /// What a specifier in a module means. Reads nothing.
    ///
    /// # Errors
    /// Why it can mean nothing.
    pub(crate) fn resolve(&self, from: &ModuleId, specifier: &str) -> Result<ModuleId, Problem> {
        let url = from.url().and_then(|url| self.remote.base_of(url));
        let found = remote::resolve(url.as_ref(), specifier);
        found.unwrap_or_else(|| resolve_local(self.folder_of(from), specifier))
    }

    /// The text of a module that is not built in.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn read(&self, id: &ModuleId) -> Result<Arc<str>, Problem> {
        if let Some(url) = id.url() {
            let text = files::text_of(&self.remote.read(url)?);
            return text.map_err(|why| Problem::new(format!("{id} could not be read: {why}")));
        }
        let path = id.path().unwrap_or(Path::new(id.as_str()));
        let text = self.files.read(path, SOURCE_LIMIT).and_then(|bytes| files::text_of(&bytes));
        text.map_err(|why| self.missing_file(id, path, &why))
    }

    /// How a module would name another one.
    pub(crate) fn specifier_of(&self, from: &ModuleId, to: &ModuleId) -> String {
        relative_specifier(self.folder_of(from), to)
    }

    /// What relative specifiers in a module start at.
    fn folder_of<'b>(&self, id: &'b ModuleId) -> &'b Path
    where
        'a: 'b,
    {
        // The script from standard input has no folder of its own.
        let own = id.path().filter(|_| id != self.entry).and_then(Path::parent);
        own.unwrap_or(self.folder)
    }

    fn missing_file(&self, id: &ModuleId, path: &Path, why: &str) -> Problem {
        let problem = Problem::new(format!("the imported file {id} could not be read: {why}"));
        if path.extension().is_none() {
            let scripts = ["js", "ts"].map(|extension| path.with_extension(extension));
            if let Some(name) = scripts.iter().find(|name| self.files.has(name)) {
                return problem.hint(format!("did you mean {}? Extensions are not added", name.display()));
            }
        }
        let siblings: Vec<String> = path
            .parent()
            .map(|folder| self.files.scripts_in(folder))
            .unwrap_or_default()
            .iter()
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match nearest(name, siblings.iter().map(String::as_str)) {
            Some(near) => problem.hint(format!("did you mean '{near}'?")),
            None => problem,
        }
    }
}

fn resolve_local(folder: &Path, specifier: &str) -> Result<ModuleId, Problem> {
    if modules::NAMES.contains(&specifier) {
        return Ok(ModuleId::builtin(specifier));
    }
    if specifier.starts_with("file://") {
        return Ok(ModuleId::file(&normalise(&path_of_url(specifier))));
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

/// The path that a `file://` URL means. What no URL allows is taken as it stands.
pub(crate) fn path_of_url(url: &str) -> PathBuf {
    let parsed = url::Url::parse(url).ok().and_then(|url| url.to_file_path().ok());
    parsed.unwrap_or_else(|| url.strip_prefix("file://").unwrap_or(url).into())
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
