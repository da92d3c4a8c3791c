//! What modules need not have: top-level declarations that nothing can reach are left out.
//!
//! Scripts import a few names of libraries that offer hundreds, and every VU would make the functions,
//! classes and tables behind all of them. What is left out becomes blanks, so that no line and no column
//! moves. Only declarations go whose evaluation nobody can notice ([`statement`]); everything that has an
//! effect stays, and so does every module. Of a module that is taken as a whole (`* as`, `import()`,
//! `require`) all exports stay, and so do those of the script itself.
//!
//! | module | subject |
//! |---|---|
//! | `outline` | what a module declares, uses, imports and exports, statement by statement |
//! | `statement` | which statements nobody would miss |
//! | `blank` | the text without them |
//!
//! Runs nothing. Start at [`prune`].

mod blank;
mod outline;
mod statement;

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use self::outline::Outline;
use crate::graph::ModuleGraph;
use crate::source::{Kind, ModuleId, Source};

/// What others take from a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Wanted {
    all: bool,
    names: BTreeSet<String>,
}

impl Wanted {
    fn has(&self, name: &str) -> bool {
        self.all || self.names.contains(name)
    }
}

/// The texts of the modules that have something to lose, without it.
pub(crate) fn prune(graph: &ModuleGraph<'_>, entry: &ModuleId) -> Vec<(ModuleId, Arc<str>)> {
    // A computed name may be that of any module.
    if graph.computes() {
        return Vec::new();
    }
    let mut demand = Demand::new(graph, entry);
    demand.settle();
    let Demand { wanted, outlines, .. } = demand;
    let pruned = graph.sources.iter().filter_map(|source| {
        let outline = outlines.get(&source.id)?;
        let text = blank::without(&source.text, &outline.dead(&wanted[&source.id]))?;
        Some((source.id.clone(), text.into()))
    });
    pruned.collect()
}

/// Who wants what of whom.
struct Demand<'g> {
    graph: &'g ModuleGraph<'g>,
    outlines: FxHashMap<ModuleId, Outline>,
    wanted: FxHashMap<ModuleId, Wanted>,
    changed: Vec<&'g Source>,
}

impl<'g> Demand<'g> {
    fn new(graph: &'g ModuleGraph<'g>, entry: &ModuleId) -> Self {
        let modules = graph.sources.iter().filter(|source| source.kind == Kind::Module);
        let outlines = modules.filter_map(|source| Some((source.id.clone(), Outline::of(&source.text)?)));
        let wanted = graph.sources.iter().map(|source| {
            let wanted = Wanted { all: source.id == *entry, names: BTreeSet::new() };
            (source.id.clone(), wanted)
        });
        let mut demand = Demand {
            graph,
            outlines: outlines.collect(),
            wanted: wanted.collect(),
            changed: graph.sources.iter().collect(),
        };
        for source in &graph.sources {
            demand.want_wholes(source);
        }
        demand
    }

    /// Modules that a module takes as a whole, or may.
    fn want_wholes(&mut self, source: &'g Source) {
        let named = source.namespaces.iter().filter(|namespace| namespace.star.is_some());
        let named = named.map(|namespace| &namespace.specifier);
        let mentioned = source.mentions.requests.iter().map(|request| &request.specifier);
        for specifier in named.chain(mentioned) {
            self.want(source, specifier, None);
        }
        if !self.outlines.contains_key(&source.id) {
            for import in &source.imports {
                self.want(source, &import.specifier, Some(&import.name));
            }
            for specifier in &source.star_exports {
                self.want(source, specifier, None);
            }
        }
    }

    /// A module wants a name of another one, or all of it.
    fn want(&mut self, from: &Source, specifier: &str, name: Option<&str>) {
        let Some(target) = self.graph.target(&from.id, specifier) else { return };
        let wanted = self.wanted.entry(target.id.clone()).or_default();
        let is_new = match name {
            None => !std::mem::replace(&mut wanted.all, true),
            Some(name) => wanted.names.insert(name.to_owned()),
        };
        if is_new {
            self.changed.push(target);
        }
    }

    /// Follows what is wanted until nothing more is.
    fn settle(&mut self) {
        while let Some(source) = self.changed.pop() {
            let Some(outline) = self.outlines.get(&source.id) else { continue };
            let wanted = &self.wanted[&source.id];
            let taken: Vec<(String, String)> = outline.taken(wanted);
            let passed_on: Vec<String> =
                wanted.names.iter().filter(|name| !outline.exports(name)).cloned().collect();
            let all = wanted.all;
            for (specifier, name) in taken {
                self.want(source, &specifier, Some(&name));
            }
            for specifier in &source.star_exports {
                if all {
                    self.want(source, specifier, None);
                }
                for name in passed_on.iter().filter(|name| *name != "default") {
                    self.want(source, specifier, Some(name));
                }
            }
        }
    }
}
