//! One source file: its text and kind, what it imports and exports, and where. Parsed by oxc, never run.
//!
//! Parsing apart from the JavaScript engine gives every syntax and import problem its file, line and column,
//! all of them at once, before anything runs.

use std::fmt;
use std::sync::Arc;

use oxc_allocator::Allocator;
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::Parser;
use oxc_span::{SourceType, Span};
use oxc_syntax::module_record::{
    ExportExportName, ExportImportName, ImportImportName, ModuleRecord, NameSpan,
};
use url::Url;

use crate::error::{Location, Problem};
use crate::mentions::Mentions;
use crate::source_map::{Place, SourceMap};
use crate::typescript;

/// What k6 calls standard input.
const STDIN: &str = "file:///-";

/// Identifies a module: a `file:///` URL for files, the URL of a remote one, the bare name for built-in
/// modules (`k6/http`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ModuleId(Arc<str>);

impl ModuleId {
    pub(crate) fn file(path: &std::path::Path) -> Self {
        ModuleId(format!("file://{}", path.display()).into())
    }

    /// The script that came through standard input.
    pub(crate) fn stdin() -> Self {
        ModuleId(STDIN.into())
    }

    /// A module from the network.
    pub(crate) fn remote(url: &Url) -> Self {
        ModuleId(url.as_str().into())
    }

    pub(crate) fn builtin(name: &str) -> Self {
        ModuleId(name.into())
    }

    /// The module of that id.
    pub(crate) fn named(id: &str) -> Self {
        ModuleId(id.into())
    }

    /// The id with what a URL does not allow in it written out: `import.meta.url`.
    pub(crate) fn href(&self) -> String {
        let url = self.path().and_then(|path| Url::from_file_path(path).ok());
        url.map_or_else(|| self.0.to_string(), String::from)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of a file module, `None` for others.
    pub(crate) fn path(&self) -> Option<&std::path::Path> {
        self.0.strip_prefix("file://").map(std::path::Path::new)
    }

    /// The URL of a module from the network, `None` for others.
    pub(crate) fn url(&self) -> Option<&str> {
        let is_url = self.0.starts_with("https://") || self.0.starts_with("http://");
        is_url.then_some(&*self.0)
    }

    /// Whether it is a module of plimsoll itself.
    pub(crate) fn is_builtin(&self) -> bool {
        self.path().is_none() && self.url().is_none()
    }

    pub(crate) fn is_stdin(&self) -> bool {
        &*self.0 == STDIN
    }

    fn has_extension(&self, wanted: &str) -> bool {
        let url = self.url().and_then(|url| Url::parse(url).ok());
        let path = url.as_ref().map(|url| std::path::Path::new(url.path())).or(self.path());
        path.and_then(std::path::Path::extension).is_some_and(|extension| extension == wanted)
    }
}

impl fmt::Display for ModuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            STDIN => f.write_str("-"),
            id => f.write_str(id.strip_prefix("file://").unwrap_or(id)),
        }
    }
}

/// A parsed module.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) id: ModuleId,
    /// The module as JavaScript.
    pub(crate) text: Arc<str>,
    /// The same without what nothing can reach, when there is such.
    pub(crate) pruned: Option<Arc<str>>,
    /// What the user wrote, when that is TypeScript.
    pub(crate) written: Option<Written>,
    pub(crate) kind: Kind,
    /// Each specifier that the module requests, in source order, with the place of its first mention.
    pub(crate) requests: Vec<Request>,
    /// What it may ask for while it runs.
    pub(crate) mentions: Mentions,
    /// Each binding imported by name (`default` included); namespace imports need no check and are left out.
    pub(crate) imports: Vec<Import>,
    /// Names exported by declarations and re-exports.
    pub(crate) exports: Vec<String>,
    /// Specifiers of `export * from '…'`.
    pub(crate) star_exports: Vec<String>,
    /// Specifiers that are imported or re-exported as a whole: `import * as`, `export *`.
    pub(crate) namespaces: Vec<Namespace>,
    /// Whether it says `import.meta`.
    pub(crate) has_meta: bool,
    comments: Vec<Span>,
}

/// How a file says what it needs and offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `import` and `export`.
    Module,
    /// `require`, `module.exports` and `exports`. What it offers is known when it has run.
    CommonJs,
    /// JSON: a default export, and for `require` the value itself.
    Json,
}

/// A module that is imported or re-exported as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Namespace {
    pub(crate) specifier: String,
    /// The `* as` in the text; `None` for `export *`.
    pub(crate) star: Option<Span>,
}

/// A text that was made into JavaScript.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    text: Arc<str>,
    pub(crate) map: SourceMap,
}

/// `from 'specifier'`.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) specifier: String,
    pub(crate) span: Span,
}

/// One name in `import { name } from 'specifier'`.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) specifier: String,
    pub(crate) name: String,
    pub(crate) span: Span,
}

impl Source {
    /// Parses a module: as TypeScript or JSON when its name says so; otherwise as JavaScript, and as
    /// TypeScript when it is not that.
    ///
    /// # Errors
    /// Every syntax error found, with its place.
    pub(crate) fn parse(id: ModuleId, text: &Arc<str>) -> Result<Self, Vec<Problem>> {
        if id.has_extension("ts") {
            return Self::of_typescript(id, text);
        }
        if id.has_extension("json") {
            return Self::of_json(id, text);
        }
        Self::of_javascript(id.clone(), text).or_else(|as_javascript| {
            Self::of_typescript(id, text).map_err(|as_typescript| further(as_javascript, as_typescript))
        })
    }

    fn of_typescript(id: ModuleId, text: &Arc<str>) -> Result<Self, Vec<Problem>> {
        let stripped = typescript::strip(text)
            .map_err(|found| Vec::from_iter(found.iter().map(|d| syntax_problem(&id, text, d))))?;
        let mut source = Self::of_javascript(id, &stripped.text.into())?;
        source.written = Some(Written { text: Arc::clone(text), map: stripped.map });
        Ok(source)
    }

    /// A module whose default export is the JSON's value
    /// (<https://tc39.es/ecma262/#sec-create-default-export-synthetic-module>).
    fn of_json(id: ModuleId, text: &Arc<str>) -> Result<Self, Vec<Problem>> {
        let checked: Result<serde_json::Value, _> = serde_json::from_str(text);
        checked.map_err(|error| vec![json_problem(&id, text, &error)])?;
        // Not as a literal: in JSON, `__proto__` is a key like any other.
        let literal = serde_json::Value::from(text.trim());
        let source = Self::of_javascript(id, &format!("export default JSON.parse({literal});").into())?;
        Ok(Source { kind: Kind::Json, ..source })
    }

    fn of_javascript(id: ModuleId, text: &Arc<str>) -> Result<Self, Vec<Problem>> {
        if id.has_extension("cjs") {
            return Self::parsed_as(SourceType::cjs(), id, text).map(|(source, _)| source);
        }
        match Self::parsed_as(SourceType::mjs(), id.clone(), text) {
            Ok((source, has_module_syntax)) if has_module_syntax || id.has_extension("mjs") => Ok(source),
            // Neither `import` nor `export`: unless it awaits something, it is CommonJS.
            Ok((source, _)) => {
                Ok(Self::parsed_as(SourceType::cjs(), id, text).map_or(source, |(own, _)| own))
            }
            // What modules forbid, a `with` say, may be CommonJS.
            Err(problems) => {
                Self::parsed_as(SourceType::cjs(), id, text).map(|(own, _)| own).map_err(|_| problems)
            }
        }
    }

    /// The source, and whether it has `import` or `export` declarations.
    fn parsed_as(kind: SourceType, id: ModuleId, text: &Arc<str>) -> Result<(Self, bool), Vec<Problem>> {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, text, kind).parse();
        if parsed.panicked || !parsed.diagnostics.is_empty() {
            return Err(parsed.diagnostics.iter().map(|d| syntax_problem(&id, text, d)).collect());
        }
        let record = &parsed.module_record;
        let (requests, imports) = imports_of(record);
        let (exports, star_exports) = exports_of(record);
        let source = Source {
            id,
            text: Arc::clone(text),
            pruned: None,
            written: None,
            kind: if kind.is_commonjs() { Kind::CommonJs } else { Kind::Module },
            requests,
            mentions: Mentions::of(&parsed.program),
            imports,
            exports,
            star_exports,
            namespaces: namespaces_of(record, text),
            has_meta: !record.import_metas.is_empty(),
            comments: parsed.program.comments.iter().map(|comment| comment.span).collect(),
        };
        Ok((source, record.has_module_syntax))
    }

    /// What the engine compiles.
    pub(crate) fn compiled(&self) -> &Arc<str> {
        self.pruned.as_ref().unwrap_or(&self.text)
    }

    /// What is compiled, without the comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.comments.iter().map(|comment| comment.end as usize));
        let ends = self.comments.iter().map(|comment| comment.start as usize).chain([self.text.len()]);
        starts.zip(ends).map(|(start, end)| &self.compiled()[start..end])
    }

    /// Where a piece of the text was written.
    pub(crate) fn location(&self, span: Span) -> Location {
        let (offset, length) = (span.start as usize, (span.end - span.start) as usize);
        let Some(written) = &self.written else {
            return Location::in_text(&self.id, &self.text, offset, length);
        };
        let original = written.map.original(Place::of_offset(&self.text, offset));
        let offset = original.map_or(0, |place| place.offset_in(&written.text));
        Location::in_text(&self.id, &written.text, offset, length)
    }
}

/// Of the problems that two parsers have with a text, those of the one that understood more of it.
fn further(a: Vec<Problem>, b: Vec<Problem>) -> Vec<Problem> {
    let place = |problems: &[Problem]| {
        problems
            .first()
            .and_then(|problem| Some((problem.location.as_ref()?.line, problem.location.as_ref()?.column)))
    };
    if place(&b) > place(&a) { b } else { a }
}

fn syntax_problem(id: &ModuleId, text: &str, diagnostic: &OxcDiagnostic) -> Problem {
    let label = diagnostic.labels.first();
    let (start, length) = label.map_or((0, 0), |label| (label.offset() as usize, label.len() as usize));
    let mut problem = Problem::new(format!("SyntaxError: {}", diagnostic.message));
    if let Some(help) = &diagnostic.help {
        problem = problem.hint(help.to_string());
    }
    problem.at(Location::in_text(id, text, start, length))
}

fn json_problem(id: &ModuleId, text: &str, error: &serde_json::Error) -> Problem {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let line = text[before..].lines().next().unwrap_or_default();
    // serde_json counts bytes.
    let column = error.column().saturating_sub(1).min(line.len());
    let column = (0..=column).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message);
    Problem::new(format!("malformed JSON: {what}")).at(Location::in_text(id, text, before + column, 0))
}

fn imports_of(record: &ModuleRecord<'_>) -> (Vec<Request>, Vec<Import>) {
    let mut requests: Vec<Request> = record
        .requested_modules
        .iter()
        .filter_map(|(specifier, places)| {
            places.first().map(|place| Request { specifier: specifier.to_string(), span: place.span })
        })
        .collect();
    requests.sort_by_key(|request| request.span.start);

    let imported = record.import_entries.iter().filter_map(|entry| match &entry.import_name {
        ImportImportName::Name(name) => Some((&entry.module_request, name.name.to_string(), name.span)),
        ImportImportName::Default(span) => Some((&entry.module_request, "default".to_owned(), *span)),
        ImportImportName::NamespaceObject => None,
    });
    let reexported = record.indirect_export_entries.iter().filter_map(|entry| match &entry.import_name {
        ExportImportName::Name(name) => {
            entry.module_request.as_ref().map(|request| (request, name.name.to_string(), name.span))
        }
        _ => None,
    });
    let import = |(request, name, span): (&NameSpan<'_>, String, Span)| Import {
        specifier: request.name.to_string(),
        name,
        span,
    };
    (requests, imported.chain(reexported).map(import).collect())
}

fn exports_of(record: &ModuleRecord<'_>) -> (Vec<String>, Vec<String>) {
    let named = record.local_export_entries.iter().chain(&record.indirect_export_entries);
    let names = named.filter_map(|entry| match &entry.export_name {
        ExportExportName::Name(name) => Some(name.name.to_string()),
        ExportExportName::Default(_) => Some("default".to_owned()),
        ExportExportName::Null => None,
    });
    let stars = record.star_export_entries.iter().filter_map(|entry| entry.module_request.as_ref());
    (names.collect(), stars.map(|request| request.name.to_string()).collect())
}

fn namespaces_of(record: &ModuleRecord<'_>, text: &str) -> Vec<Namespace> {
    let named = |request: &NameSpan<'_>, star| Namespace { specifier: request.name.to_string(), star };
    let imports = record.import_entries.iter().filter(|entry| entry.import_name.is_namespace_object());
    let imported = imports.map(|entry| {
        named(&entry.module_request, star_before(text, entry.statement_span, entry.local_name.span))
    });
    let exports = record.indirect_export_entries.iter().chain(&record.star_export_entries);
    let exported = exports.filter_map(|entry| match (&entry.import_name, &entry.export_name) {
        (ExportImportName::All, ExportExportName::Name(name)) => {
            let star = star_before(text, entry.statement_span, name.span);
            Some(named(entry.module_request.as_ref()?, star))
        }
        (ExportImportName::All | ExportImportName::AllButDefault, _) => {
            Some(named(entry.module_request.as_ref()?, None))
        }
        _ => None,
    });
    imported.chain(exported).collect()
}

/// From the `*` of `* as name` to the end of the name.
fn star_before(text: &str, statement: Span, name: Span) -> Option<Span> {
    let star = text[statement.start as usize..name.start as usize].rfind('*')?;
    Some(Span::new(statement.start + star as u32, name.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Source, Vec<Problem>> {
        Source::parse(ModuleId::file(std::path::Path::new("/s/main.js")), &text.into())
    }

    #[test]
    fn lists_imports_and_exports() {
        let source = parse(
            "import http, { get as g } from 'k6/http';\nimport * as all from './all.js';\n\
             export const options = {};\nexport default function () {}\nexport { x as y } from './x.js';\n\
             export * from './star.js';",
        )
        .expect("valid");
        let specifiers: Vec<_> = source.requests.iter().map(|r| r.specifier.as_str()).collect();
        assert_eq!(specifiers, ["k6/http", "./all.js", "./x.js", "./star.js"]);
        let imports: Vec<_> =
            source.imports.iter().map(|i| (i.specifier.as_str(), i.name.as_str())).collect();
        assert_eq!(imports, [("k6/http", "default"), ("k6/http", "get"), ("./x.js", "x")]);
        let mut exports = source.exports.clone();
        exports.sort();
        assert_eq!(exports, ["default", "options", "y"]);
        assert_eq!(source.star_exports, ["./star.js"]);
    }

    #[test]
    fn code_is_what_is_not_comment() {
        let source = parse("/* a */ let b = '// c'; // d\nexport default () => b;").expect("valid");
        assert_eq!(source.code().collect::<Vec<_>>(), ["", " let b = '// c'; ", "\nexport default () => b;"]);
    }

    #[test]
    fn what_is_not_javascript_may_be_typescript() {
        assert!(parse("let a = 1 < 2;").expect("valid").written.is_none());
        assert!(parse("let a: number = 1;").expect("valid").written.is_some());
        let problems = parse("let a: number = 1;\nlet b = ;\n").expect_err("neither");
        assert!(problems[0].to_string().starts_with("/s/main.js:2:9: "), "{}", problems[0]);
    }

    #[test]
    fn json_has_a_default_export() {
        let parse =
            |text: &str| Source::parse(ModuleId::file(std::path::Path::new("/s/data.json")), &text.into());
        let source = parse("{\"__proto__\": 1}\n").expect("valid");
        assert_eq!(source.exports, ["default"]);
        assert_eq!(&*source.text, r#"export default JSON.parse("{\"__proto__\": 1}");"#);
        let problems = parse("{\n  \"ä\": [1, }\n").expect_err("malformed");
        let text = problems[0].to_string();
        assert!(text.starts_with("/s/data.json:2:12: malformed JSON: expected value"), "{text}");
    }

    #[test]
    fn places_in_typescript_are_those_that_were_written() {
        let text = "interface A {\n  b: string;\n}\nimport { x } from './x.js';\nexport const y: A = x;\n";
        let id = ModuleId::file(std::path::Path::new("/s/main.ts"));
        let source = Source::parse(id, &text.into()).expect("valid");
        assert_eq!(source.location(source.imports[0].span).to_string(), "/s/main.ts:4:10");
        assert_eq!(source.location(source.requests[0].span).text, "import { x } from './x.js';");
    }

    #[test]
    fn a_syntax_error_has_its_place() {
        let problems = parse("export default function () {\n  let a = ;\n}\n").expect_err("invalid");
        let text = problems[0].to_string();
        assert!(text.starts_with("/s/main.js:2:11: SyntaxError: "), "{text}");
        assert!(text.contains("    2 |   let a = ;"), "{text}");
    }
}
