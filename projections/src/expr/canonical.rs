//! One text for all notations of an expression.

use super::Expression;
use super::ast::{Literal, Node, NodeKind};
use super::functions::Function;
use super::number::negate;

impl Expression {
    /// The expression with every operation in parentheses and every number in its shortest form: the same for
    /// expressions that differ only in white space, comments, needless parentheses and the notation of numbers.
    pub fn canonical(&self) -> String {
        // `string(1.50)` is another text than `string(1.5)`: there the notation of a number is its meaning.
        let shows_digits = |node: &Node| matches!(node.kind, NodeKind::Call(Function::String, _));
        if self.root.find(&shows_digits).is_some() {
            return self.to_string();
        }
        Self { root: shortened(self.root.clone()), variables: self.variables.clone() }.to_string()
    }
}

/// The same part with every number in its shortest form.
fn shortened(node: Node) -> Node {
    let kind = match node.kind {
        NodeKind::Literal(literal) => NodeKind::Literal(shortest(literal)),
        NodeKind::Negate(operand) => negated(shortened(*operand)),
        NodeKind::Not(operand) => NodeKind::Not(Box::new(shortened(*operand))),
        NodeKind::Binary(operator, left, right) => {
            NodeKind::Binary(operator, Box::new(shortened(*left)), Box::new(shortened(*right)))
        }
        NodeKind::In(operand, list) => {
            let list = list.into_iter().map(shortest).collect();
            NodeKind::In(Box::new(shortened(*operand)), list)
        }
        NodeKind::Conditional(parts) => NodeKind::Conditional(Box::new((*parts).map(shortened))),
        NodeKind::Call(function, arguments) => NodeKind::Call(function, arguments.into_iter().map(shortened).collect()),
        name @ (NodeKind::Variable(_) | NodeKind::Has(_)) => name,
    };
    Node { kind, ..node }
}

fn shortest(literal: Literal) -> Literal {
    match literal {
        Literal::Number(number) => Literal::Number(number.normalize()),
        other => other,
    }
}

/// A number with a sign is a number, not an operation.
fn negated(operand: Node) -> NodeKind {
    match operand.kind {
        NodeKind::Literal(Literal::Number(number)) => NodeKind::Literal(Literal::Number(negate(number))),
        _ => NodeKind::Negate(Box::new(operand)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Expression::parse(text).unwrap().canonical()
    }

    #[test]
    fn notations_of_one_expression_share_a_text() {
        for (one, other) in [
            ("amount*1.50", " (amount * 1.5) // half more"),
            ("-0", "0.00"),
            ("--5", "5.0"),
            ("a in [1.0, -2.50]", "a in [1,-2.5]"),
            ("a - -1", "a - (-1.0)"),
            ("`amount` > 10", "amount > 10.000"),
            ("lower(a) == 'x'", "a.lower() == \"x\""),
            ("a ? -1.0 : max(2.0, 3)", "a ? (-1) : max(2, 3.0)"),
        ] {
            assert_eq!(canonical(one), canonical(other), "{one}");
        }
        assert_eq!(canonical("1.50 - -a * 2"), "(1.5 - ((-a) * 2))");
    }

    #[test]
    fn other_expressions_have_other_texts() {
        for (one, other) in [
            ("a - b - c", "a - (b - c)"),
            ("a", "-a"),
            ("'1.50'", "'1.5'"),
            ("string(1.50)", "string(1.5)"),
            ("1", "'1'"),
            ("true", "`true`"),
            ("a.b", "has(a.b)"),
        ] {
            assert_ne!(canonical(one), canonical(other), "{one}");
        }
    }
}
