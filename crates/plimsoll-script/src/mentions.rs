//! What a file may ask for while it runs, `require()` and `import()`, and what it offers by `exports`.
//!
//! Looks at the syntax tree only: names are not resolved, so that a `require` that is somebody's parameter
//! counts too. Nothing depends on a request being met. Start at [`Mentions::of`].

use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, CallExpression, Expression, IdentifierReference,
    ImportExpression, ObjectPropertyKind, Program, SimpleAssignmentTarget, ThisExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan as _, Span};

use crate::source::Request;

/// What was found in one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mentions {
    /// Literal specifiers of `require` and `import()`.
    pub(crate) requests: Vec<Request>,
    /// Those of them that `import()` names: what it gives is a module as a whole.
    pub(crate) imported: Vec<String>,
    /// Whether `require` occurs at all.
    pub(crate) requires: bool,
    /// Whether `import()` or `require` is called with something other than a text.
    pub(crate) computes: bool,
    /// Names that are assigned to members of `exports`, as far as they can be told.
    pub(crate) exports: Vec<String>,
    /// Whether the file can export anything by CommonJS: it says `exports`, `module` or `this`.
    pub(crate) may_export: bool,
}

impl Mentions {
    pub(crate) fn of(program: &Program<'_>) -> Self {
        let mut mentions = Mentions::default();
        mentions.visit_program(program);
        mentions.exports.sort();
        mentions.exports.dedup();
        mentions
    }

    fn request(&mut self, specifier: String, span: Span) {
        self.requests.push(Request { specifier, span });
    }

    fn export(&mut self, name: &str) {
        if !matches!(name, "default" | "__esModule") {
            self.exports.push(name.to_owned());
        }
    }
}

impl<'a> Visit<'a> for Mentions {
    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        match literal(&import.source) {
            Some(specifier) => {
                self.imported.push(specifier.clone());
                self.request(specifier, import.source.span());
            }
            None => self.computes = true,
        }
        walk::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let first = call.arguments.first().and_then(|argument| argument.as_expression());
        if call.callee.is_specific_id("require") {
            match first.and_then(|argument| Some((literal(argument)?, argument.span()))) {
                Some((specifier, span)) => self.request(specifier, span),
                None => self.computes = true,
            }
        }
        // Object.defineProperty(exports, 'name', …)
        if let Some(callee) = call.callee.get_member_expr()
            && callee.static_property_name() == Some("defineProperty")
            && first.is_some_and(is_exports)
            && let Some(name) = call.arguments.get(1).and_then(|name| literal(name.as_expression()?))
        {
            self.export(&name);
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        if let Some(member) = assignment.left.as_member_expression()
            && is_exports(member.object())
            && let Some(name) = member.static_property_name()
        {
            self.export(name);
        }
        if is_module_exports(&assignment.left)
            && let Expression::ObjectExpression(object) = &assignment.right
        {
            for property in &object.properties {
                if let ObjectPropertyKind::ObjectProperty(property) = property
                    && let Some(name) = property.key.static_name()
                {
                    self.export(&name);
                }
            }
        }
        walk::walk_assignment_expression(self, assignment);
    }

    fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
        match identifier.name.as_str() {
            "exports" | "module" | "eval" => self.may_export = true,
            "require" => self.requires = true,
            _ => {}
        }
    }

    fn visit_this_expression(&mut self, _: &ThisExpression) {
        self.may_export = true;
    }
}

/// The text that an expression is, if it is one.
fn literal(expression: &Expression<'_>) -> Option<String> {
    match expression {
        Expression::StringLiteral(text) => Some(text.value.to_string()),
        Expression::TemplateLiteral(template) => template.single_quasi().map(|text| text.to_string()),
        _ => None,
    }
}

/// `exports` or `module.exports`.
fn is_exports(expression: &Expression<'_>) -> bool {
    expression.is_specific_id("exports") || expression.is_specific_member_access("module", "exports")
}

fn is_module_exports(target: &AssignmentTarget<'_>) -> bool {
    let member = target.as_simple_assignment_target().and_then(SimpleAssignmentTarget::as_member_expression);
    member.is_some_and(|member| member.is_specific_member_access("module", "exports"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::source::{Kind, ModuleId, Source};

    fn mentions(text: &str) -> (Kind, Mentions) {
        let source = Source::parse(ModuleId::file(Path::new("/a.js")), &text.into()).expect("valid");
        (source.kind, source.mentions)
    }

    #[test]
    fn requests_are_literals_and_the_rest_is_computed() {
        let (kind, found) = mentions("const a = require('./a.js'); if (a) import(`./b.js`); f(require(x));");
        let specifiers: Vec<_> = found.requests.iter().map(|request| request.specifier.as_str()).collect();
        assert_eq!((kind, specifiers), (Kind::CommonJs, vec!["./a.js", "./b.js"]));
        assert!(found.requires && found.computes && found.imported == ["./b.js"]);
        assert!(!mentions("export default () => 'require(x)';").1.requires);
    }

    #[test]
    fn exports_are_found_where_they_can_be() {
        let (_, found) = mentions(
            "exports.a = 1; module.exports.b = 2; exports['c'] = exports.d = 3;\n\
             Object.defineProperty(exports, 'e', { get() {} }); 0 && (module.exports = { f, 'g h': 1 });\n\
             Object.defineProperty(exports, '__esModule', { value: true }); other.z = 1;",
        );
        assert_eq!(found.exports, ["a", "b", "c", "d", "e", "f", "g h"]);
        assert!(found.may_export && !mentions("var a = 1;").1.may_export);
    }

    #[test]
    fn files_are_told_apart_by_their_syntax() {
        for (text, kind) in [
            ("", Kind::CommonJs),
            ("with (a) { b; }", Kind::CommonJs),
            ("return 1;", Kind::CommonJs),
            ("#!/bin/sh\nvar a = 010;", Kind::CommonJs),
            ("await f();", Kind::Module),
            ("f(import.meta.url);", Kind::Module),
            ("export {};", Kind::Module),
            ("import 'k6'; module.exports = 1;", Kind::Module),
        ] {
            assert_eq!(mentions(text).0, kind, "{text}");
        }
    }
}
