//! What the entry script exports: functions that are run, and the places of its options.

use std::collections::BTreeMap;

use oxc_ast::ast::{
    Declaration, ExportDefaultDeclarationKind, Expression, ObjectExpression, ObjectPropertyKind, Program,
    Statement, VariableDeclarator,
};
use oxc_semantic::Scoping;
use oxc_span::{GetSpan as _, Span};
use oxc_syntax::symbol::SymbolId;

/// A function that a script exports.
pub(super) struct Exported {
    pub(super) name: String,
    /// Where its name stands.
    pub(super) span: Span,
    /// Where the function begins in the text.
    pub(super) begins: u32,
    /// Whether the module itself uses it.
    pub(super) is_used: bool,
}

/// The exported functions of a module.
pub(super) fn functions(program: &Program<'_>, scoping: &Scoping) -> Vec<Exported> {
    let is_used = |symbol: Option<SymbolId>| symbol.is_some_and(|symbol| !scoping.symbol_is_unused(symbol));
    let mut found = Vec::new();
    let mut add = |name: &str, span: Span, begins: u32, symbol: Option<SymbolId>| {
        found.push(Exported { name: name.to_owned(), span, begins, is_used: is_used(symbol) });
    };
    for statement in &program.body {
        match statement {
            Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                    let symbol = function.id.as_ref().and_then(|id| id.symbol_id.get());
                    add("default", head(export.span), function.span.start, symbol);
                }
                other => {
                    if let Some(begins) = other.as_expression().and_then(function_begins) {
                        add("default", head(export.span), begins, None);
                    }
                }
            },
            Statement::ExportDeclaration(export) => match &export.declaration {
                Declaration::FunctionDeclaration(function) => {
                    if let Some(id) = &function.id {
                        add(id.name.as_str(), id.span, function.span.start, id.symbol_id.get());
                    }
                }
                Declaration::VariableDeclaration(variables) => {
                    for declarator in &variables.declarations {
                        let begins = declarator.init.as_ref().and_then(function_begins);
                        if let (Some(begins), Some(id)) = (begins, declarator.id.get_binding_identifier()) {
                            add(id.name.as_str(), id.span, begins, id.symbol_id.get());
                        }
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    found
}

/// `export default`, to be underlined.
fn head(export: Span) -> Span {
    Span::new(export.start, export.end.min(export.start + 14))
}

fn function_begins(expression: &Expression<'_>) -> Option<u32> {
    match expression.without_parentheses() {
        Expression::FunctionExpression(function) => Some(function.span.start),
        Expression::ArrowFunctionExpression(function) => Some(function.span.start),
        _ => None,
    }
}

/// The places of the exported `options`, by path: `scenarios.checkout.vus`; the empty path is the whole.
pub(super) fn options(program: &Program<'_>) -> BTreeMap<String, Span> {
    let mut places = BTreeMap::new();
    for statement in &program.body {
        let variables = match statement {
            Statement::ExportDeclaration(export) => match &export.declaration {
                Declaration::VariableDeclaration(variables) => variables,
                _ => continue,
            },
            // `export { options }` and CommonJS: the name says it well enough.
            Statement::VariableDeclaration(variables) => variables,
            _ => continue,
        };
        for declarator in variables.declarations.iter().filter(|declarator| is_options(declarator)) {
            places.insert(String::new(), declarator.id.span());
            if let Some(Expression::ObjectExpression(object)) = &declarator.init {
                note_places(object, "", &mut places);
            }
        }
    }
    places
}

fn is_options(declarator: &VariableDeclarator<'_>) -> bool {
    declarator.id.get_binding_identifier().is_some_and(|id| id.name == "options")
}

fn note_places(object: &ObjectExpression<'_>, above: &str, places: &mut BTreeMap<String, Span>) {
    for property in &object.properties {
        let ObjectPropertyKind::ObjectProperty(property) = property else { continue };
        let Some(key) = property.key.static_name() else { continue };
        let path = if above.is_empty() { key.to_string() } else { format!("{above}.{key}") };
        places.insert(path.clone(), property.key.span());
        note_value(&property.value, &path, places);
    }
}

/// What is inside of objects and lists.
fn note_value(value: &Expression<'_>, path: &str, places: &mut BTreeMap<String, Span>) {
    match value {
        Expression::ObjectExpression(inner) => note_places(inner, path, places),
        Expression::ArrayExpression(list) => {
            for (place, element) in list.elements.iter().enumerate() {
                // Behind a spread nobody knows how many there are.
                let Some(element) = element.as_expression() else { return };
                let path = format!("{path}[{place}]");
                places.insert(path.clone(), element.span());
                note_value(element, &path, places);
            }
        }
        _ => {}
    }
}
