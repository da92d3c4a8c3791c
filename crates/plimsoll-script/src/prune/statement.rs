//! Which statements nobody would miss: evaluating them runs no code of anybody, cannot throw, and gives
//! nothing but the names that they declare.
//!
//! Errs on the side of keeping: what is not in here has effects.

use oxc_ast::ast::{
    ArrayExpressionElement, Class, ClassElement, Expression, ObjectPropertyKind, UnaryOperator,
    VariableDeclaration,
};

/// Whether a declaration of variables has no effect. `is_function` tells names of top-level functions, which
/// are there before anything runs.
pub(super) fn variables_are_idle(
    declaration: &VariableDeclaration<'_>,
    is_function: &dyn Fn(&str) -> bool,
) -> bool {
    declaration.declarations.iter().all(|declarator| {
        let init = declarator.init.as_ref();
        declarator.id.get_binding_identifier().is_some()
            && !declaration.kind.is_using()
            && init.is_none_or(|init| is_idle(init, is_function))
    })
}

/// Whether the evaluation of a class has no effect.
pub(super) fn class_is_idle(class: &Class<'_>, is_function: &dyn Fn(&str) -> bool) -> bool {
    class.heritage.is_none()
        && class.decorators.is_empty()
        && class.body.body.iter().all(|element| match element {
            ClassElement::MethodDefinition(method) => method.decorators.is_empty() && !method.computed,
            ClassElement::PropertyDefinition(property) => {
                let value = property.value.as_ref().filter(|_| property.r#static);
                property.decorators.is_empty()
                    && !property.computed
                    && value.is_none_or(|value| is_idle(value, is_function))
            }
            _ => false,
        })
}

/// Whether the evaluation of an expression has no effect.
pub(super) fn is_idle(expression: &Expression<'_>, is_function: &dyn Fn(&str) -> bool) -> bool {
    match expression.without_parentheses() {
        Expression::FunctionExpression(_) | Expression::ArrowFunctionExpression(_) => true,
        Expression::ClassExpression(class) => class_is_idle(class, is_function),
        Expression::Identifier(name) => name.name == "undefined" || is_function(name.name.as_str()),
        Expression::TemplateLiteral(template) => template.expressions.is_empty(),
        Expression::UnaryExpression(unary) => {
            unary.operator != UnaryOperator::Delete && unary.argument.is_literal()
        }
        Expression::ArrayExpression(array) => array.elements.iter().all(|element| match element {
            ArrayExpressionElement::Elision(_) => true,
            ArrayExpressionElement::SpreadElement(_) => false,
            other => other.as_expression().is_some_and(|element| is_idle(element, is_function)),
        }),
        Expression::ObjectExpression(object) => object.properties.iter().all(|property| match property {
            ObjectPropertyKind::ObjectProperty(property) => {
                !property.computed && is_idle(&property.value, is_function)
            }
            ObjectPropertyKind::SpreadProperty(_) => false,
        }),
        other => other.is_literal(),
    }
}
