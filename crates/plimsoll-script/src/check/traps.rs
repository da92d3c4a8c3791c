//! What often goes wrong in scripts, as far as it is certain.

use oxc_ast::ast::{
    Argument, BinaryExpression, CallExpression, Expression, ObjectPropertyKind, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan as _, Span};

use super::finding::Level;
use super::meaning::Meaning;
use super::walk::Walk;

const REQUESTS: [&str; 10] =
    ["get", "head", "post", "put", "patch", "del", "options", "request", "asyncRequest", "batch"];

/// A member of k6's API is called, or made with `new`.
pub(super) fn called(walk: &mut Walk<'_, '_, '_>, section: &str, name: &str, span: Span) {
    if let Some(function) = walk.running()
        && is_init_only(section, name)
    {
        let message = format!("`{name}` works in the init context only, not in `{function}`");
        let hint = "move it to the top level of the script";
        walk.report(Level::Error, "init-only", span, message, hint);
    }
    let needs_vu = match section {
        "k6/http" => REQUESTS.contains(&name),
        "k6" => matches!(name, "check" | "group"),
        _ => false,
    };
    if needs_vu && walk.is_in_init() {
        let message = format!("`{name}` does not work in the init context");
        let hint = "call it in the default function, in setup() or in another exported function";
        walk.report(Level::Error, "in-init", span, message, hint);
    }
}

fn is_init_only(section: &str, name: &str) -> bool {
    match section {
        "globals" | "k6/experimental/fs" => name == "open",
        "k6/metrics" => true,
        "k6/data" => name == "SharedArray",
        _ => false,
    }
}

/// A function that is run ends with this call.
pub(super) fn ends_with(walk: &mut Walk<'_, '_, '_>, section: &str, name: &str, span: Span) {
    let Some(function) = walk.running() else { return };
    if (section, name) == ("k6", "sleep") && walk.workload.arrives(function) {
        let message =
            format!("the iteration of `{function}` ends with a sleep, though its arrival rate paces it");
        let hint = "leave the sleep out: it only keeps VUs busy";
        walk.report(Level::Warning, "sleep-at-arrival-rate", span, message, hint);
    }
}

/// A variable is declared.
pub(super) fn declared(walk: &mut Walk<'_, '_, '_>, declarator: &VariableDeclarator<'_>) {
    let Some(Expression::NewExpression(new)) = &declarator.init else { return };
    let Some(Meaning::Member { section, .. }) = walk.meaning(&new.callee) else { return };
    let name = new.arguments.first().and_then(Argument::as_expression).and_then(Walk::text);
    if let (true, "k6/metrics", Some(name)) = (walk.is_idle(declarator), section.as_str(), name)
        && !walk.is_exported(declarator)
    {
        let message = format!("nothing adds values to the metric '{name}'");
        walk.check.facts.idle_metrics.insert(name);
        walk.report(Level::Warning, "idle-metric", declarator.id.span(), message, "");
    }
}

/// A request is made.
pub(super) fn request(walk: &mut Walk<'_, '_, '_>, call: &CallExpression<'_>) {
    let Some(Meaning::Member { name, .. }) = walk.meaning(&call.callee) else { return };
    // Before the parameters there are the address, or method and address; and a body, except for these two.
    let (url, params) = match name.as_str() {
        "get" | "head" => (0, 1),
        "post" | "put" | "patch" | "del" | "options" => (0, 2),
        "request" | "asyncRequest" => (1, 3),
        _ => return,
    };
    let argument = |at: usize| call.arguments.get(at).and_then(Argument::as_expression);
    let Some(url) = argument(url) else { return };
    if is_unique(url) && !argument(params).is_some_and(may_name) {
        let message = "each request has an address of its own, and no `name` tag".to_owned();
        let hint = "give `tags: { name: '…' }`, so that its requests are one row in the results";
        walk.report(Level::Note, "unique-url", url.span(), message, hint);
    }
}

/// Whether parameters may have a `name` tag.
fn may_name(params: &Expression<'_>) -> bool {
    let Expression::ObjectExpression(params) = params else { return !params.is_null() };
    params.properties.iter().any(|property| match property {
        ObjectPropertyKind::SpreadProperty(_) => true,
        ObjectPropertyKind::ObjectProperty(property) => {
            property.key.static_name().is_none_or(|key| key == "tags")
        }
    })
}

/// Whether an address is put together with the time or a random number.
fn is_unique(url: &Expression<'_>) -> bool {
    let mut search = Search { found: false };
    if matches!(url, Expression::TemplateLiteral(_) | Expression::BinaryExpression(_)) {
        search.visit_expression(url);
    }
    search.found
}

struct Search {
    found: bool,
}

impl<'a> Visit<'a> for Search {
    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let name = it.callee.get_member_expr().and_then(|callee| {
            let Expression::Identifier(object) = callee.object() else { return None };
            Some((object.name.as_str().to_owned(), callee.static_property_name()?.to_owned()))
        });
        let unique = [("Date", "now"), ("Math", "random"), ("crypto", "randomUUID")];
        self.found |= name.is_some_and(|(object, name)| unique.contains(&(object.as_str(), name.as_str())));
        // What other functions make of their arguments may be few values: Math.floor(Math.random() * 3).
        self.visit_expression(&it.callee);
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        // A remainder has few values.
        if it.operator != oxc_ast::ast::BinaryOperator::Remainder {
            walk::walk_binary_expression(self, it);
        }
    }
}
