//! A module, statement by statement: which names of its own each declares and uses, and what it imports and
//! exports.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    BindingIdentifier, Declaration, ExportDefaultDeclarationKind, IdentifierReference, ImportDeclaration,
    ImportDeclarationSpecifier, Program, Statement,
};
use oxc_ast_visit::Visit;
use oxc_parser::Parser;
use oxc_semantic::{Scoping, SemanticBuilder};
use oxc_span::{GetSpan as _, SourceType, Span};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Wanted;
use super::blank::Cut;
use super::statement::{class_is_idle, is_idle, variables_are_idle};

/// What is known of a module.
#[derive(Debug, Default)]
pub(super) struct Outline {
    statements: Vec<Piece>,
    imports: Vec<Clause>,
    offers: Vec<Offer>,
}

/// A statement that is neither an import nor a list of exports.
#[derive(Debug)]
struct Piece {
    span: Span,
    /// Whether nobody would miss it if nobody used what it declares.
    is_idle: bool,
    declares: Vec<String>,
    exports: Vec<String>,
    /// Names of the module's top level.
    uses: Vec<String>,
}

/// An import declaration.
#[derive(Debug)]
struct Clause {
    /// From behind `import` to the specifier.
    span: Span,
    specifier: String,
    /// Whether names can be left out.
    is_open: bool,
    names: Vec<Taken>,
}

/// A name that is imported.
#[derive(Debug)]
struct Taken {
    span: Span,
    /// What the other module calls it; `None` for all of it.
    name: Option<String>,
    local: String,
}

/// A name in the braces of an `export`.
#[derive(Debug)]
struct Offer {
    span: Span,
    exported: String,
    /// What the module itself, or the one that it comes from, calls it.
    name: String,
    /// Where it comes from, when that is another module.
    from: Option<String>,
}

impl Outline {
    /// Reads a module. `None` when names may be used that cannot be seen.
    pub(super) fn of(text: &str) -> Option<Self> {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, text, SourceType::mjs()).parse();
        let semantic = SemanticBuilder::new().build(&parsed.program).semantic;
        let unresolved = semantic.scoping().root_unresolved_references();
        if parsed.panicked || unresolved.keys().any(|name| name.as_str() == "eval") {
            return None;
        }
        let mut outline = Outline::default();
        let functions = functions(&parsed.program);
        for statement in &parsed.program.body {
            outline.add(statement, &|name| functions.contains(name), semantic.scoping());
        }
        Some(outline)
    }

    fn add(&mut self, statement: &Statement<'_>, is_function: &dyn Fn(&str) -> bool, scoping: &Scoping) {
        match statement {
            Statement::ImportDeclaration(import) => self.imports.push(Clause::of(import)),
            Statement::ExportNamedDeclaration(export) => {
                self.offers.extend(export.specifiers.iter().map(|offer| Offer {
                    span: offer.span,
                    exported: offer.exported.name().to_string(),
                    name: offer.local.name().to_string(),
                    from: None,
                }));
            }
            Statement::ExportFromDeclaration(export) => {
                self.offers.extend(export.specifiers.iter().map(|offer| Offer {
                    span: offer.span,
                    exported: offer.exported.name().to_string(),
                    name: offer.local.name().to_string(),
                    from: Some(export.source.value.to_string()),
                }));
            }
            Statement::ExportAllDeclaration(_) => {}
            other => {
                let uses = Uses::of(other, scoping);
                self.statements.push(Piece { uses, ..Piece::of(other, is_function) });
            }
        }
    }

    /// Whether the module has an export of that name that does not come by `export *`.
    pub(super) fn exports(&self, name: &str) -> bool {
        self.offers.iter().any(|offer| offer.exported == name)
            || self.statements.iter().any(|piece| piece.exports.iter().any(|export| export == name))
    }

    /// The names that the module takes from others, as far as they are needed: (specifier, name).
    pub(super) fn taken(&self, wanted: &Wanted) -> Vec<(String, String)> {
        let live = self.live(wanted);
        let imports = self.imports.iter().flat_map(|clause| {
            let needed = clause.names.iter().filter(|taken| clause.needs(taken, &live));
            needed.filter_map(|taken| Some((clause.specifier.clone(), taken.name.clone()?)))
        });
        let offers = self.offers.iter().filter(|offer| wanted.has(&offer.exported));
        imports.chain(offers.filter_map(|offer| Some((offer.from.clone()?, offer.name.clone())))).collect()
    }

    /// What can be left out.
    pub(super) fn dead(&self, wanted: &Wanted) -> Vec<Cut> {
        let live = self.live(wanted);
        let idle = self.statements.iter().filter(|piece| !piece.is_live(wanted, &live));
        let mut cuts: Vec<Cut> = idle.map(|piece| Cut::Statement(piece.span)).collect();
        for clause in self.imports.iter().filter(|clause| !clause.names.is_empty()) {
            let idle: Vec<_> = clause.names.iter().filter(|taken| !clause.needs(taken, &live)).collect();
            if idle.len() == clause.names.len() {
                cuts.push(Cut::Clause(clause.span));
            } else {
                cuts.extend(idle.iter().map(|taken| Cut::Name(taken.span)));
            }
        }
        let offers = self.offers.iter().filter(|offer| !wanted.has(&offer.exported));
        cuts.extend(offers.map(|offer| Cut::Name(offer.span)));
        cuts
    }

    /// The names of the top level that something needs which stays.
    fn live(&self, wanted: &Wanted) -> FxHashSet<&str> {
        let mut declared: FxHashMap<&str, Vec<&Piece>> = FxHashMap::default();
        for piece in &self.statements {
            for name in &piece.declares {
                declared.entry(name).or_default().push(piece);
            }
        }
        let offered = self.offers.iter().filter(|offer| offer.from.is_none() && wanted.has(&offer.exported));
        let mut queue: Vec<&str> = offered.map(|offer| offer.name.as_str()).collect();
        let needed = self.statements.iter().filter(|piece| piece.is_needed(wanted));
        queue.extend(needed.flat_map(|piece| piece.uses.iter().chain(&piece.declares)).map(String::as_str));
        let mut live = FxHashSet::default();
        while let Some(name) = queue.pop() {
            if live.insert(name) {
                let pieces = declared.get(name).into_iter().flatten();
                queue.extend(
                    pieces.flat_map(|piece| piece.uses.iter().chain(&piece.declares)).map(String::as_str),
                );
            }
        }
        live
    }
}

impl Piece {
    fn of(statement: &Statement<'_>, is_function: &dyn Fn(&str) -> bool) -> Self {
        let mut piece = Piece {
            span: statement.span(),
            is_idle: false,
            declares: Vec::new(),
            exports: Vec::new(),
            uses: Vec::new(),
        };
        match statement {
            Statement::ExportDeclaration(export) => {
                piece.declare(&export.declaration, is_function);
                piece.exports.clone_from(&piece.declares);
            }
            Statement::ExportDefaultDeclaration(export) => {
                piece.exports.push("default".to_owned());
                piece.declare_default(&export.declaration, is_function);
            }
            other => {
                if let Some(declaration) = other.as_declaration() {
                    piece.declare(declaration, is_function);
                }
            }
        }
        piece
    }

    fn declare(&mut self, declaration: &Declaration<'_>, is_function: &dyn Fn(&str) -> bool) {
        let name = |id: &BindingIdentifier<'_>| id.name.to_string();
        match declaration {
            Declaration::FunctionDeclaration(function) => {
                self.is_idle = true;
                self.declares.extend(function.id.as_ref().map(name));
            }
            Declaration::ClassDeclaration(class) => {
                self.is_idle = class_is_idle(class, is_function);
                self.declares.extend(class.id.as_ref().map(name));
            }
            Declaration::VariableDeclaration(variables) => {
                self.is_idle = variables_are_idle(variables, is_function);
                let declarators = variables.declarations.iter();
                self.declares.extend(declarators.flat_map(|declarator| {
                    declarator.id.get_binding_identifiers().into_iter().map(name).collect::<Vec<_>>()
                }));
            }
            _ => {}
        }
    }

    fn declare_default(
        &mut self,
        declaration: &ExportDefaultDeclarationKind<'_>,
        is_function: &dyn Fn(&str) -> bool,
    ) {
        let id = match declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                self.is_idle = true;
                function.id.as_ref()
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                self.is_idle = class_is_idle(class, is_function);
                class.id.as_ref()
            }
            other => {
                self.is_idle = other.as_expression().is_some_and(|value| is_idle(value, is_function));
                None
            }
        };
        self.declares.extend(id.map(|id| id.name.to_string()));
    }

    /// Whether it stays, whatever is used of it inside of the module.
    fn is_needed(&self, wanted: &Wanted) -> bool {
        !self.is_idle || self.exports.iter().any(|export| wanted.has(export))
    }

    fn is_live(&self, wanted: &Wanted, live: &FxHashSet<&str>) -> bool {
        self.is_needed(wanted) || self.declares.iter().any(|name| live.contains(name.as_str()))
    }
}

impl Clause {
    fn of(import: &ImportDeclaration<'_>) -> Self {
        const KEYWORD: u32 = "import".len() as u32;
        let specifiers = import.specifiers.iter().flatten();
        let names: Vec<Taken> = specifiers.map(Taken::of).collect();
        Clause {
            span: Span::new(import.span.start + KEYWORD, import.source.span.start),
            specifier: import.source.value.to_string(),
            is_open: import.phase.is_none() && names.iter().all(|taken| taken.name.is_some()),
            names,
        }
    }

    fn needs(&self, taken: &Taken, live: &FxHashSet<&str>) -> bool {
        !self.is_open || live.contains(taken.local.as_str())
    }
}

impl Taken {
    fn of(specifier: &ImportDeclarationSpecifier<'_>) -> Self {
        let name = match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(named) => Some(named.imported.name().to_string()),
            ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => Some("default".to_owned()),
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => None,
        };
        Taken { span: specifier.span(), name, local: specifier.local().name.to_string() }
    }
}

/// Names of the top level that a statement uses.
struct Uses<'s> {
    scoping: &'s Scoping,
    names: FxHashSet<String>,
}

impl<'s> Uses<'s> {
    fn of(statement: &Statement<'_>, scoping: &'s Scoping) -> Vec<String> {
        let mut uses = Uses { scoping, names: FxHashSet::default() };
        uses.visit_statement(statement);
        uses.names.into_iter().collect()
    }
}

impl<'a> Visit<'a> for Uses<'_> {
    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        let scoping = self.scoping;
        let symbol = name.reference_id.get().and_then(|id| scoping.get_reference(id).symbol_id());
        if symbol.is_some_and(|symbol| scoping.symbol_scope_id(symbol) == scoping.root_scope_id()) {
            self.names.insert(name.name.to_string());
        }
    }
}

/// The names of the functions that are declared at the top level.
fn functions(program: &Program<'_>) -> FxHashSet<String> {
    let functions = program.body.iter().filter_map(|statement| match statement {
        Statement::FunctionDeclaration(function) => function.id.as_ref(),
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::FunctionDeclaration(function) => function.id.as_ref(),
            _ => None,
        },
        _ => None,
    });
    functions.map(|id| id.name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prune::blank;

    /// The text that is left when these names are wanted, with runs of blanks as one.
    fn left(text: &str, wanted: &str) -> String {
        let names = wanted.split_whitespace().map(str::to_owned).collect();
        let dead = Outline::of(text).expect("names are seen").dead(&Wanted { all: false, names });
        let left = blank::without(text, &dead).unwrap_or_else(|| text.to_owned());
        assert_eq!(left.len(), text.len(), "nothing moves");
        assert!(!Parser::new(&Allocator::default(), &left, SourceType::mjs()).parse().panicked, "{left}");
        left.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn declarations_that_nobody_reaches_go() {
        let cases = [
            ("export function a() {} export function b() {}", "a", "export function a() {} ;"),
            (
                "function c() {} export const a = () => c(), b = 1; const d = 2;",
                "b",
                "function c() {} export const a = () => c(), b = 1; ;",
            ),
            (
                "class C { m() {} } class D { static x = f(); } export default class E {}",
                "",
                "; class D { static x = f(); } ;",
            ),
            ("const t = { a: [1, -2, /x/], f: g }; function g() {} let u;", "", "; ; ;"),
            (
                "const t = make(); const u = t; const v = { [k]: 1 }; const w = [...x]; class F extends G {}",
                "",
                "const t = make(); const u = t; const v = { [k]: 1 }; const w = [...x]; class F extends G {}",
            ),
            ("function a() { return b; } function b() { a(); }", "", "; ;"),
            ("function a() {} a.extra = 1; function b() {}", "", "function a() {} a.extra = 1; ;"),
            (
                "let n = 0; export function count() { n += 1; } export function other() {}",
                "count",
                "let n = 0; export function count() { n += 1; } ;",
            ),
            (
                "if (x) { var y = 1; } var z = 2; f(() => z);",
                "",
                "if (x) { var y = 1; } var z = 2; f(() => z);",
            ),
            ("var { a } = {}; var [b] = [];", "", "var { a } = {}; var [b] = [];"),
        ];
        for (text, wanted, expected) in cases {
            assert_eq!(left(text, wanted), expected, "{text} of which {wanted:?} is wanted");
        }
    }

    #[test]
    fn names_of_imports_and_exports_go_with_what_they_stand_for() {
        let cases = [
            (
                "import d, { a, b as c } from './x.js'; export const f = () => c;",
                "f",
                "import { b as c } from './x.js'; export const f = () => c;",
            ),
            (
                "import d from './x.js'; import { a /* A, */ , } from './y.js'; export const f = () => d;",
                "",
                "import './x.js'; import './y.js'; ;",
            ),
            (
                "import * as n from './x.js'; import './y.js';",
                "",
                "import * as n from './x.js'; import './y.js';",
            ),
            ("import d, * as n from './x.js'; n.f();", "", "import d, * as n from './x.js'; n.f();"),
            (
                "const a = 1, b = 2; const c = 3; export { a, c as d };",
                "d",
                "; const c = 3; export { c as d };",
            ),
            (
                "export { a, b as c } from './x.js'; export * from './y.js';",
                "c",
                "export { b as c } from './x.js'; export * from './y.js';",
            ),
            ("export default { a: 1 };", "", ";"),
            ("export default make();", "", "export default make();"),
        ];
        for (text, wanted, expected) in cases {
            assert_eq!(left(text, wanted), expected, "{text} of which {wanted:?} is wanted");
        }
    }

    #[test]
    fn what_stands_around_a_gap_is_not_joined() {
        assert_eq!(left("f()\nfunction gone() {}\n(g)()", ""), "f() ; (g)()");
    }

    #[test]
    fn a_module_that_evaluates_text_is_left_alone() {
        assert!(Outline::of("const a = 1; export function f(text) { return eval(text); }").is_none());
    }
}
