//! Walks through the syntax tree of one module, and notes what it uses of k6's API, where, and how.

use oxc_ast::ast::{
    Argument, ArrowFunctionExpression, AssignmentExpression, AssignmentTarget, CallExpression,
    ComputedMemberExpression, ExportAllDeclaration, ExportFromDeclaration, Expression, ExpressionStatement,
    Function, FunctionBody, IdentifierReference, ImportDeclaration, ImportDeclarationSpecifier,
    ImportExpression, NewExpression, ObjectExpression, ObjectProperty, ObjectPropertyKind, Statement,
    StaticMemberExpression, StringLiteral, UnaryExpression, UnaryOperator, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::Scoping;
use oxc_span::{GetSpan as _, Span};
use oxc_syntax::scope::ScopeFlags;

use super::exports::Exported;
use super::finding::{Finding, Level};
use super::meaning::{self, Meaning, Names};
use super::traps;
use super::{Check, Workload};
use crate::source::Source;

/// The state of a walk through one module.
pub(super) struct Walk<'c, 'k: 'a, 'a> {
    pub(super) check: &'c mut Check<'k>,
    pub(super) source: &'a Source,
    pub(super) workload: &'a Workload,
    names: Names<'a>,
    scoping: &'a Scoping,
    exported: &'a [Exported],
    /// How many functions the walk is inside of.
    depth: usize,
    /// The exported function that the walk is inside of, if it is one that is run.
    running: Option<&'a str>,
    /// The callee of the call at hand, and how many arguments it gets.
    callee: Option<(Span, usize)>,
}

impl<'c, 'k: 'a, 'a> Walk<'c, 'k, 'a> {
    pub(super) fn new(
        check: &'c mut Check<'k>,
        source: &'a Source,
        workload: &'a Workload,
        scoping: &'a Scoping,
        exported: &'a [Exported],
    ) -> Self {
        let names = Names::new(scoping, check.compat);
        Walk { check, source, workload, names, scoping, exported, depth: 0, running: None, callee: None }
    }

    pub(super) fn report(
        &mut self,
        level: Level,
        rule: &'static str,
        span: Span,
        message: String,
        hint: &str,
    ) {
        let finding = Finding::new(level, rule, message).in_source(self.source, span);
        let hint = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
        self.check.findings.push(finding.hint(hint));
    }

    fn enter<T>(&mut self, begins: u32, inside: impl FnOnce(&mut Self) -> T) -> T {
        let outer = (self.running, self.depth);
        if self.depth == 0 {
            let exported = self.exported.iter().find(|exported| exported.begins == begins);
            self.running =
                exported.map(|exported| exported.name.as_str()).filter(|name| self.workload.runs(name));
        }
        self.depth += 1;
        let result = inside(self);
        (self.running, self.depth) = outer;
        result
    }

    /// A member of k6's API is named.
    fn uses(&mut self, section: &str, name: &str, span: Span) {
        self.check.facts.uses.insert((section.to_owned(), name.to_owned()));
        let call = self.callee.filter(|(callee, _)| callee.end == span.end);
        let arguments = call.map(|(_, arguments)| arguments);
        self.check.judge_use(self.source, section, name, span, arguments);
        if call.is_some() {
            traps::called(self, section, name, span);
        } else {
            self.escapes(section, name);
        }
    }

    /// What is handed on may be called with anything.
    fn escapes(&mut self, section: &str, name: &str) {
        if section == "k6" && matches!(name, "group" | "*") {
            self.check.facts.groups.note(None);
        }
        if section == "k6" && matches!(name, "check" | "*") {
            self.check.facts.checks.note(None);
        }
    }

    /// All of a module is handed on.
    fn uses_all(&mut self, module: &str) {
        self.check.facts.uses.insert((module.to_owned(), "*".to_owned()));
        self.escapes(module, "*");
    }

    pub(super) fn is_in_init(&self) -> bool {
        self.depth == 0
    }

    pub(super) fn running(&self) -> Option<&'a str> {
        self.running
    }

    /// The keys of an object of tags.
    fn note_tags(&mut self, tags: &Expression<'_>) {
        match tags {
            Expression::ObjectExpression(object) => {
                keys(object, |key| self.check.facts.tags.note(key));
            }
            Expression::NullLiteral(_) => {}
            _ => self.check.facts.tags.note(None),
        }
    }

    fn note_call(&mut self, section: &str, name: &str, call: &CallExpression<'_>) {
        let argument = |at: usize| call.arguments.get(at).and_then(Argument::as_expression);
        match (section, name) {
            ("k6", "group") => {
                let name = argument(0).and_then(text_of);
                self.check.facts.groups.note(name.as_deref());
            }
            ("k6", "check") => {
                match argument(1) {
                    Some(Expression::ObjectExpression(sets)) => {
                        keys(sets, |key| self.check.facts.checks.note(key));
                    }
                    _ => self.check.facts.checks.note(None),
                }
                argument(2).into_iter().for_each(|tags| self.note_tags(tags));
            }
            ("k6/http", _) => traps::request(self, call),
            _ => {}
        }
    }
}

/// The keys of an object in the code; `None` for those that are computed or come from elsewhere.
fn keys(object: &ObjectExpression<'_>, mut each: impl FnMut(Option<&str>)) {
    for property in &object.properties {
        match property {
            ObjectPropertyKind::ObjectProperty(property) => each(property.key.static_name().as_deref()),
            ObjectPropertyKind::SpreadProperty(_) => each(None),
        }
    }
}

/// A text that stands in the code.
fn text_of(expression: &Expression<'_>) -> Option<String> {
    match expression.without_parentheses() {
        Expression::StringLiteral(text) => Some(text.value.to_string()),
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            Some(template.quasis.first()?.value.cooked?.to_string())
        }
        _ => None,
    }
}

impl<'a> Visit<'a> for Walk<'_, '_, '_> {
    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        self.names.import(it);
        let module = it.source.value.as_str();
        for specifier in it.specifiers.iter().flatten() {
            if let ImportDeclarationSpecifier::ImportSpecifier(named) = specifier
                && named.imported.name() != "default"
            {
                let name = named.imported.name();
                self.check.facts.uses.insert((module.to_owned(), name.to_string()));
                self.check.judge_import(self.source, module, name.as_str(), named.imported.span());
            }
        }
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        self.uses_all(it.source.value.as_str());
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        self.uses_all(it.source.value.as_str());
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        match text_of(&it.source) {
            Some(module) => self.uses_all(&module),
            None => self.check.facts.has_unread_code = true,
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        self.names.declaration(it);
        let is_destructured = it.id.is_destructuring_pattern();
        if let (true, Some(init)) = (is_destructured, &it.init)
            && let Some(Meaning::Object(section)) = self.names.of_expression(init)
        {
            let names: Vec<(String, Span)> = destructured(it);
            for (name, span) in names {
                self.uses(&section, &name, span);
            }
            return;
        }
        traps::declared(self, it);
        walk::walk_variable_declarator(self, it);
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if it.property.name == "tags" {
            self.check.facts.tags.note(None);
        }
        if let Some(Meaning::Member { section, name }) =
            self.names.of_member(&it.object, it.property.name.as_str())
        {
            self.uses(&section, &name, it.property.span);
        }
        let is_plain = matches!(&it.object, Expression::Identifier(name)
            if matches!(self.names.of_name(name), Some(Meaning::Object(_))));
        if !is_plain {
            self.visit_expression(&it.object);
        }
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        let name = text_of(&it.expression);
        let meaning = name.and_then(|name| self.names.of_member(&it.object, &name));
        if let Some(Meaning::Member { section, name }) = meaning {
            self.uses(&section, &name, Span::new(it.expression.span().start, it.span.end));
        } else {
            walk::walk_computed_member_expression(self, it);
        }
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        match self.names.of_name(it) {
            Some(Meaning::Member { section, name }) => self.uses(&section, &name, it.span),
            // Members of instances do not escape with them.
            Some(Meaning::Object(section)) if !section.contains(' ') => self.uses_all(&section),
            _ => {}
        }
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Some(Meaning::Member { section, name }) = self.names.of_expression(&it.callee) {
            self.note_call(&section, &name, it);
        }
        if it.callee.is_specific_id("require")
            && !matches!(it.arguments.first(), Some(Argument::StringLiteral(_)))
        {
            self.check.facts.has_unread_code = true;
        }
        if let Expression::StaticMemberExpression(callee) = &it.callee
            && callee.property.name == "add"
            && let Some(tags) = it.arguments.get(1).and_then(Argument::as_expression)
        {
            self.note_tags(tags);
        }
        let outer = self.callee.replace((it.callee.span(), it.arguments.len()));
        self.visit_expression(&it.callee);
        self.callee = None;
        self.visit_arguments(&it.arguments);
        self.callee = outer;
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        let outer = self.callee.replace((it.callee.span(), it.arguments.len()));
        self.visit_expression(&it.callee);
        self.callee = None;
        self.visit_arguments(&it.arguments);
        self.callee = outer;
    }

    fn visit_expression_statement(&mut self, it: &ExpressionStatement<'a>) {
        if let Expression::CallExpression(call) = &it.expression
            && let Some(Meaning::Member { section, name }) = self.names.of_expression(&call.callee)
            && meaning::is_promised(&section, &name)
        {
            let message = format!("`{name}` gives a promise, which nothing waits for");
            self.report(
                Level::Warning,
                "missing-await",
                call.callee.span(),
                message,
                "write `await` before it",
            );
        }
        walk::walk_expression_statement(self, it);
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        self.enter(it.span.start, |walk| walk::walk_function(walk, it, flags));
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.enter(it.span.start, |walk| walk::walk_arrow_function_expression(walk, it));
    }

    fn visit_function_body(&mut self, it: &FunctionBody<'a>) {
        if self.depth == 1
            && let Some(Statement::ExpressionStatement(last)) = it.statements.last()
            && let Expression::CallExpression(call) = &last.expression
            && let Some(Meaning::Member { section, name }) = self.names.of_expression(&call.callee)
        {
            traps::ends_with(self, &section, &name, call.span);
        }
        walk::walk_function_body(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        match &it.left {
            AssignmentTarget::StaticMemberExpression(left) if left.property.name == "tags" => {
                self.note_tags(&it.right);
                self.visit_expression(&left.object);
            }
            AssignmentTarget::StaticMemberExpression(left) => match &left.object {
                Expression::StaticMemberExpression(tags) if tags.property.name == "tags" => {
                    self.check.facts.tags.note(Some(left.property.name.as_str()));
                    self.visit_expression(&tags.object);
                }
                // What is set is not used.
                object => self.visit_expression(object),
            },
            AssignmentTarget::ComputedMemberExpression(left) => match &left.object {
                Expression::StaticMemberExpression(tags) if tags.property.name == "tags" => {
                    let key = text_of(&left.expression);
                    self.check.facts.tags.note(key.as_deref());
                    self.visit_expression(&tags.object);
                }
                _ => self.visit_assignment_target(&it.left),
            },
            left => self.visit_assignment_target(left),
        }
        self.visit_expression(&it.right);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        if it.key.static_name().is_some_and(|key| key == "tags") {
            self.note_tags(&it.value);
        }
        walk::walk_object_property(self, it);
    }

    fn visit_string_literal(&mut self, it: &StringLiteral<'a>) {
        if it.value == "tags" {
            self.check.facts.tags.note(None);
        }
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        // `typeof` asks whether something is there; it does not use it.
        if it.operator != UnaryOperator::Typeof {
            walk::walk_unary_expression(self, it);
        }
    }
}

/// The names that a pattern takes out of an object.
fn destructured(declarator: &VariableDeclarator<'_>) -> Vec<(String, Span)> {
    let oxc_ast::ast::BindingPattern::ObjectPattern(pattern) = &declarator.id else { return Vec::new() };
    let names = pattern.properties.iter();
    names
        .filter_map(|property| Some((property.key.static_name()?.into_owned(), property.key.span())))
        .collect()
}

impl Walk<'_, '_, '_> {
    /// Whether nothing in the module reads the variable.
    pub(super) fn is_idle(&self, declarator: &VariableDeclarator<'_>) -> bool {
        let symbol = declarator.id.get_binding_identifier().and_then(|id| id.symbol_id.get());
        symbol.is_some_and(|symbol| self.scoping.symbol_is_unused(symbol))
    }

    /// Whether other modules can reach the variable.
    pub(super) fn is_exported(&self, declarator: &VariableDeclarator<'_>) -> bool {
        let name = declarator.id.get_binding_identifier().map(|id| id.name.as_str());
        name.is_some_and(|name| self.source.exports.iter().any(|export| export == name))
    }

    /// What an expression means.
    pub(super) fn meaning(&self, expression: &Expression<'_>) -> Option<Meaning> {
        self.names.of_expression(expression)
    }

    /// Text of a literal argument.
    pub(super) fn text(expression: &Expression<'_>) -> Option<String> {
        text_of(expression)
    }
}
