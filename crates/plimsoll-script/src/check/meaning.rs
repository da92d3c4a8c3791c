//! What the names of a module stand for in k6's API.
//!
//! Only what is evident: imports, variables that are set once to what is known already, members of both,
//! results of calls and of `new`. Everything else means nothing here. Start at [`Names::of_expression`].

use oxc_ast::ast::{
    Argument, BindingPattern, CallExpression, Expression, IdentifierReference, ImportDeclaration,
    ImportDeclarationSpecifier, VariableDeclarator,
};
use oxc_semantic::Scoping;
use oxc_syntax::symbol::SymbolId;
use rustc_hash::FxHashMap;

use crate::compat::{Compat, Kind};

/// What an expression is in k6's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// An object whose members are the rows of a section: a module, or an instance of a class.
    Object(String),
    /// A member of a section.
    Member { section: String, name: String },
}

/// Names of a module whose meanings are known.
pub(super) struct Names<'a> {
    scoping: &'a Scoping,
    compat: &'a Compat,
    known: FxHashMap<SymbolId, Meaning>,
}

/// What functions give: section, names, and the section of the result.
const RESULTS: &[(&str, &[&str], &str)] = &[
    (
        "k6/http",
        &["get", "head", "post", "put", "patch", "del", "options", "request", "asyncRequest"],
        "k6/http Response",
    ),
    ("k6/http", &["cookieJar"], "k6/http CookieJar"),
    ("k6/http Response", &["submitForm", "clickLink"], "k6/http Response"),
    ("k6/http Response", &["html"], "k6/html Selection"),
    ("k6/html", &["parseHTML"], "k6/html Selection"),
    (
        "k6/html Selection",
        &["children", "closest", "contents", "eq", "filter", "find", "first", "has", "last", "parent"],
        "k6/html Selection",
    ),
    ("k6/crypto", &["createHash", "createHMAC"], "k6/crypto Hasher"),
    ("k6/experimental/fs", &["open"], "k6/experimental/fs File"),
    ("k6/secrets", &["source"], "k6/secrets SecretSource"),
    ("k6/x/sql", &["open"], "k6/x/sql Database"),
    ("k6/x/sql Database", &["exec"], "k6/x/sql Result"),
];

/// What gives a promise: section, and names; no names are all.
const PROMISES: &[(&str, &[&str])] = &[
    ("k6/http", &["asyncRequest"]),
    ("k6/experimental/fs", &["open"]),
    ("k6/experimental/fs File", &[]),
    ("k6/experimental/csv", &["parse"]),
    ("k6/experimental/csv Parser", &[]),
    ("k6/experimental/redis Client", &[]),
    ("k6/secrets", &["get"]),
    ("k6/secrets SecretSource", &[]),
    ("globals crypto.subtle", &[]),
];

/// Whether calling the member gives a promise.
pub(super) fn is_promised(section: &str, name: &str) -> bool {
    PROMISES.iter().any(|(of, names)| *of == section && (names.is_empty() || names.contains(&name)))
}

impl<'a> Names<'a> {
    pub(super) fn new(scoping: &'a Scoping, compat: &'a Compat) -> Self {
        Names { scoping, compat, known: FxHashMap::default() }
    }

    /// Learns what an import binds.
    pub(super) fn import(&mut self, declaration: &ImportDeclaration<'_>) {
        let module = declaration.source.value.as_str();
        if !self.compat.sections.contains_key(module) {
            return;
        }
        for specifier in declaration.specifiers.iter().flatten() {
            let meaning = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(named) if named.imported.name() != "default" => {
                    Meaning::Member { section: module.to_owned(), name: named.imported.name().to_string() }
                }
                _ => Meaning::Object(module.to_owned()),
            };
            self.learn(specifier.local().symbol_id.get(), Some(meaning));
        }
    }

    /// Learns what a variable is made with, one level of destructuring included.
    pub(super) fn declaration(&mut self, declarator: &VariableDeclarator<'_>) {
        let Some(meaning) = declarator.init.as_ref().and_then(|init| self.of_expression(init)) else {
            return;
        };
        match &declarator.id {
            BindingPattern::BindingIdentifier(name) => {
                let awaited = matches!(declarator.init, Some(Expression::AwaitExpression(_)));
                let result = if awaited { Some(meaning) } else { self.settled(meaning, declarator) };
                self.learn(name.symbol_id.get(), result);
            }
            BindingPattern::ObjectPattern(pattern) => {
                for property in &pattern.properties {
                    let name = property.key.static_name();
                    if let (Some(name), BindingPattern::BindingIdentifier(local)) = (name, &property.value) {
                        let member = self.member(&meaning, &name);
                        self.learn(local.symbol_id.get(), member);
                    }
                }
            }
            _ => {}
        }
    }

    /// A promise that is kept in a variable is not its result.
    fn settled(&self, meaning: Meaning, declarator: &VariableDeclarator<'_>) -> Option<Meaning> {
        let Some(Expression::CallExpression(call)) = &declarator.init else { return Some(meaning) };
        match self.of_expression(&call.callee) {
            Some(Meaning::Member { section, name }) if is_promised(&section, &name) => None,
            _ => Some(meaning),
        }
    }

    fn learn(&mut self, symbol: Option<SymbolId>, meaning: Option<Meaning>) {
        if let (Some(symbol), Some(meaning)) = (symbol, meaning)
            && !self.scoping.symbol_is_mutated(symbol)
        {
            self.known.insert(symbol, meaning);
        }
    }

    /// What a name means where it is used.
    pub(super) fn of_name(&self, name: &IdentifierReference<'_>) -> Option<Meaning> {
        let reference = self.scoping.get_reference(name.reference_id.get()?);
        match reference.symbol_id() {
            Some(symbol) => self.known.get(&symbol).cloned(),
            None => self
                .compat
                .symbol("globals", name.name.as_str())
                .map(|_| Meaning::Member { section: "globals".to_owned(), name: name.name.to_string() }),
        }
    }

    /// What an expression means.
    pub(super) fn of_expression(&self, expression: &Expression<'_>) -> Option<Meaning> {
        match expression.without_parentheses() {
            Expression::Identifier(name) => self.of_name(name),
            Expression::StaticMemberExpression(access) => {
                self.of_member(&access.object, access.property.name.as_str())
            }
            Expression::ComputedMemberExpression(access) => {
                let Expression::StringLiteral(name) = &access.expression else { return None };
                self.of_member(&access.object, name.value.as_str())
            }
            Expression::CallExpression(call) => self.required(call).or_else(|| self.result(call)),
            Expression::NewExpression(new) => match self.of_expression(&new.callee)? {
                Meaning::Member { section, .. } if section == "k6/metrics" => {
                    Some(Meaning::Object("k6/metrics Metric".to_owned()))
                }
                Meaning::Member { section, name } => self.object(format!("{section} {name}")),
                Meaning::Object(_) => None,
            },
            Expression::AwaitExpression(awaited) => self.of_expression(&awaited.argument),
            _ => None,
        }
    }

    /// What a property of an expression means.
    pub(super) fn of_member(&self, object: &Expression<'_>, name: &str) -> Option<Meaning> {
        self.member(&self.of_expression(object)?, name)
    }

    /// `require('k6/http')`.
    fn required(&self, call: &CallExpression<'_>) -> Option<Meaning> {
        let is_require = call.callee.is_specific_id("require");
        match call.arguments.first() {
            Some(Argument::StringLiteral(module)) if is_require => self.object(module.value.to_string()),
            _ => None,
        }
    }

    fn result(&self, call: &CallExpression<'_>) -> Option<Meaning> {
        let Meaning::Member { section, name } = self.of_expression(&call.callee)? else { return None };
        let gives = RESULTS.iter().find(|(of, names, _)| *of == section && names.contains(&name.as_str()));
        gives.and_then(|(_, _, result)| self.object((*result).to_owned()))
    }

    fn object(&self, section: String) -> Option<Meaning> {
        self.compat.sections.contains_key(&section).then_some(Meaning::Object(section))
    }

    fn member(&self, of: &Meaning, name: &str) -> Option<Meaning> {
        let section = match of {
            Meaning::Object(section) => section.clone(),
            Meaning::Member { section, name } => {
                let row = self.compat.symbol(section, name)?;
                let joint = if section.contains(' ') { '.' } else { ' ' };
                let inner = format!("{section}{joint}{name}");
                let is_object = matches!(row.0, Kind::Namespace | Kind::Property);
                Some(inner).filter(|inner| is_object && self.compat.sections.contains_key(inner))?
            }
        };
        Some(Meaning::Member { section, name: name.to_owned() })
    }
}
