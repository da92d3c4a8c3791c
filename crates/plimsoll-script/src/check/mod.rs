//! What can be said about a test without running it.
//!
//! Reads the syntax trees of all modules; runs nothing. Options are judged as far as a plan is there. What is
//! not certain is not said: a false alarm is worse than a miss.
//!
//! | module | subject |
//! |---|---|
//! | `finding` | [`Finding`]: what there is to say |
//! | `meaning` | what names stand for in k6's API |
//! | `exports` | exported functions, and the places of the options |
//! | `walk`, `traps` | through a module: what it uses, and how |
//! | `facts` | [`Facts`]: what the code as a whole can do |
//! | `thresholds` | thresholds and goals that no sample can reach |
//! | `places` | where options are written: [`OptionPlaces`] |
//!
//! Start at [`examine`].

mod exports;
mod facts;
mod finding;
mod meaning;
mod places;
mod thresholds;
mod traps;
mod walk;

use std::collections::BTreeSet;

use oxc_allocator::Allocator;
use oxc_ast_visit::Visit as _;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::{SourceType, Span};
use plimsoll_metrics::nearest::nearest;
use plimsoll_plan::Plan;

pub use self::facts::{Facts, Literals};
pub use self::finding::{Finding, Level};
pub use self::places::OptionPlaces;
use crate::compat::{Compat, State};
use crate::entry::Entry;
use crate::error::{LoadError, Location};
use crate::graph::ModuleGraph;
use crate::source::{Kind, Source};

/// What was found out about a test.
#[derive(Debug, Default)]
pub struct Examination {
    /// Everything there is to say, in the order of the code.
    pub findings: Vec<Finding>,
    /// What the code can do.
    pub facts: Facts,
    options: OptionPlaces,
}

impl Examination {
    /// Where an option is written: that of `path`, or of what it is a part of.
    #[must_use]
    pub fn place_of_option(&self, path: &str) -> Option<&Location> {
        self.options.of(path)
    }
}

/// What is run, and how.
struct Workload {
    /// Functions of scenarios, and whether each is run at an arrival rate and in no other way.
    functions: Vec<(String, bool)>,
}

impl Workload {
    fn of(plan: Option<&Plan>) -> Self {
        let Some(plan) = plan else { return Workload { functions: vec![("default".to_owned(), false)] } };
        let names: BTreeSet<&str> = plan.scenarios.iter().map(|scenario| scenario.exec.as_str()).collect();
        let arrives = |name: &str| {
            let mut its = plan.scenarios.iter().filter(|scenario| scenario.exec == name);
            its.all(|scenario| scenario.peak_rate().is_some())
        };
        Workload { functions: names.into_iter().map(|name| (name.to_owned(), arrives(name))).collect() }
    }

    /// Whether VUs run the function, and the init context does not.
    fn runs(&self, function: &str) -> bool {
        matches!(function, "default" | "setup" | "teardown" | "handleSummary")
            || self.functions.iter().any(|(name, _)| name == function)
    }

    fn arrives(&self, function: &str) -> bool {
        self.functions.iter().any(|(name, arrives)| name == function && *arrives)
    }
}

/// What differs from k6 only when it is called with arguments.
const ALIKE_WITHOUT_ARGUMENTS: [(&str, &str); 1] = [("k6/http Response", "json")];

/// A check under way.
struct Check<'a> {
    compat: &'a Compat,
    findings: Vec<Finding>,
    facts: Facts,
    /// What was said of symbols that differ: once is enough.
    told: BTreeSet<(String, String)>,
}

/// Examines a test: its code, and with a plan also what its options ask for.
#[must_use]
pub fn examine(entry: &Entry, plan: Option<&Plan>) -> Examination {
    let compat = Compat::load();
    let mut check =
        Check { compat: &compat, findings: Vec::new(), facts: Facts::default(), told: BTreeSet::new() };
    let workload = Workload::of(plan);
    let mut options = OptionPlaces::default();
    match ModuleGraph::read(entry) {
        Ok((graph, problems)) => {
            check.facts.has_unread_code |= !problems.is_empty();
            check.findings.extend(problems.into_iter().map(|problem| Finding::of(problem, &compat)));
            for source in &graph.sources {
                let is_entry = source.id == entry.id;
                let places = check.examine_module(source, &workload, is_entry && plan.is_some());
                if is_entry {
                    options = places;
                }
            }
        }
        Err(LoadError::Unreadable(problem)) => check.findings.push(Finding::of(problem, &compat)),
        Err(_) => {}
    }
    let Check { mut findings, facts, .. } = check;
    let mut examination = Examination { findings: Vec::new(), facts, options };
    if let Some(plan) = plan {
        let judged = thresholds::judge(plan, &examination.facts);
        findings.extend(judged.into_iter().map(|(path, finding)| {
            let place = examination.place_of_option(&path).cloned();
            let message = finding.message.clone();
            let path = path.trim_start_matches("thresholds.");
            Finding { message: format!("{path}: {message}"), ..finding }.at(place)
        }));
    }
    examination.findings = findings;
    examination
}

impl Check<'_> {
    /// Walks through one module. Returns the places of its options.
    fn examine_module(&mut self, source: &Source, workload: &Workload, is_run: bool) -> OptionPlaces {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, &source.text, SourceType::mjs()).parse();
        let semantic = SemanticBuilder::new().build(&parsed.program).semantic;
        let exported = exports::functions(&parsed.program, semantic.scoping());
        let mut walk = walk::Walk::new(self, source, workload, semantic.scoping(), &exported);
        walk.visit_program(&parsed.program);
        if is_run {
            let idle =
                exported.iter().filter(|exported| !exported.is_used && !workload.runs_or_none(exported));
            for exports::Exported { name, span, .. } in idle {
                let message = format!("no scenario runs the exported function `{name}`");
                let finding = Finding::new(Level::Warning, "unused-export", message);
                self.findings.push(finding.in_source(source, *span));
            }
        }
        OptionPlaces::in_module(&parsed.program, source)
    }

    /// Says what there is to say about importing a name.
    fn judge_import(&mut self, source: &Source, module: &str, name: &str, span: Span) {
        let place = source.location(span);
        // Linking has said so already.
        if !self.findings.iter().any(|finding| finding.location.as_ref() == Some(&place)) {
            let is_unknown = self.compat.symbol(module, name).is_none();
            self.judge_use(source, module, name, span, is_unknown.then_some(0));
        }
    }

    /// Says what there is to say about the use of a member of k6's API.
    /// `arguments` are those of a call.
    fn judge_use(
        &mut self,
        source: &Source,
        section: &str,
        name: &str,
        span: Span,
        arguments: Option<usize>,
    ) {
        let is_its_own =
            source.kind == Kind::CommonJs && section == "globals" && matches!(name, "module" | "exports");
        // What leads to it was told of.
        if is_its_own || !self.is_reachable(section) {
            return;
        }
        let what = described(section, name);
        let finding = match self.compat.symbol(section, name) {
            None => match self.unknown(section, name, arguments.is_some()) {
                Some(finding) => finding,
                None => return,
            },
            Some(symbol) => match symbol.1 {
                State::Supported | State::Ours => return,
                State::NotYet => {
                    Finding::new(Level::Error, "missing-api", format!("{what} is not supported yet"))
                        .hint(symbol.2.clone())
                }
                State::Never => Finding::new(Level::Error, "missing-api", format!("{what} is not supported"))
                    .hint(symbol.2.clone()),
                State::Differs => {
                    let is_alike = arguments == Some(0) && ALIKE_WITHOUT_ARGUMENTS.contains(&(section, name));
                    if is_alike || !self.told.insert((section.to_owned(), name.to_owned())) {
                        return;
                    }
                    let note = symbol.2.as_deref().unwrap_or_default();
                    Finding::new(Level::Note, "differs", format!("{what} differs from k6's: {note}"))
                }
            },
        };
        self.findings.push(finding.in_source(source, span));
    }

    /// Whether the module is there, and the object or the class of it that the section is about.
    fn is_reachable(&self, section: &str) -> bool {
        let Some((module, path)) = section.split_once(' ') else { return self.compat.is_there(section) };
        let (above, name) = match path.rsplit_once('.') {
            Some((above, name)) => (format!("{module} {above}"), name),
            None => (module.to_owned(), path),
        };
        self.compat.is_there(module)
            && self.compat.symbol(&above, name).is_none_or(|symbol| symbol.1.is_there())
    }

    /// A name that neither k6 nor plimsoll has.
    fn unknown(&self, section: &str, name: &str, is_called: bool) -> Option<Finding> {
        let rows = &self.compat.sections[section];
        // Objects have more than their own members, and scripts may add some.
        let is_closed =
            !section.contains(' ') || section.starts_with("globals ") || section.starts_with("k6/execution ");
        let inherited = ["toString", "hasOwnProperty", "constructor", "valueOf", "default"];
        if !is_closed || section == "globals" || section == "import.meta" || inherited.contains(&name) {
            return None;
        }
        let level = if is_called { Level::Error } else { Level::Warning };
        let near =
            nearest(name, rows.keys().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
        let message = format!("{} does not exist", described(section, name));
        Some(Finding::new(level, "missing-api", message).hint(near))
    }
}

impl Workload {
    /// Whether the function is run, or is none that scenarios name.
    fn runs_or_none(&self, exported: &exports::Exported) -> bool {
        let is_phase = matches!(exported.name.as_str(), "setup" | "teardown" | "handleSummary" | "options");
        is_phase || self.functions.iter().any(|(name, _)| *name == exported.name)
    }
}

/// A member of a section in words.
fn described(section: &str, name: &str) -> String {
    match section.split_once(' ') {
        None if section == "globals" => format!("the global `{name}`"),
        None => format!("`{name}` of '{section}'"),
        Some(("globals", object)) => format!("`{object}.{name}`"),
        Some((module, object)) => format!("`{name}` of {object} ('{module}')"),
    }
}
