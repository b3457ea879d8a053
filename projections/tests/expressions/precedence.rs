//! An expression with as few parentheses as the precedence allows reads as the one with all of them.

use kulta_projections::expr::Expression;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Tree {
    Atom(String),
    Prefix(&'static str, Box<Tree>),
    Binary(&'static str, Box<Tree>, Box<Tree>),
    In(Box<Tree>, String),
    Conditional(Box<Tree>, Box<Tree>, Box<Tree>),
    Call(&'static str, Vec<Tree>),
    Method(Box<Tree>, &'static str, Vec<Tree>),
}

/// The grammar's levels, weakest first, written down here a second time on purpose.
fn level(tree: &Tree) -> u8 {
    match tree {
        Tree::Conditional(..) => 0,
        Tree::Binary("||", ..) => 1,
        Tree::Binary("&&", ..) => 2,
        Tree::Binary("==" | "!=" | "<" | "<=" | ">" | ">=", ..) | Tree::In(..) => 3,
        Tree::Binary("+" | "-", ..) => 4,
        Tree::Binary(..) => 5,
        Tree::Prefix(..) => 6,
        Tree::Atom(_) | Tree::Call(..) | Tree::Method(..) => 7,
    }
}

fn few(tree: &Tree) -> String {
    let at_least = |tree: &Tree, least: u8| {
        if level(tree) < least { format!("({})", few(tree)) } else { few(tree) }
    };
    let list = |trees: &[Tree]| trees.iter().map(few).collect::<Vec<_>>().join(",");
    match tree {
        Tree::Atom(text) => text.clone(),
        Tree::Prefix(sign, operand) => format!("{sign}{}", at_least(operand, 6)),
        Tree::Binary(sign, a, b) => {
            format!("{} {sign} {}", at_least(a, level(tree)), at_least(b, level(tree) + 1))
        }
        Tree::In(operand, items) => format!("{} in [{items}]", at_least(operand, 3)),
        Tree::Conditional(c, a, b) => format!("{} ? {} : {}", at_least(c, 1), at_least(a, 1), few(b)),
        Tree::Call(name, arguments) => format!("{name}({})", list(arguments)),
        Tree::Method(receiver, name, arguments) => {
            format!("{}.{name}({})", at_least(receiver, 7), list(arguments))
        }
    }
}

fn all(tree: &Tree) -> String {
    let list = |trees: Vec<&Tree>| trees.into_iter().map(all).collect::<Vec<_>>().join(", ");
    match tree {
        Tree::Atom(text) => text.clone(),
        Tree::Prefix(sign, operand) => format!("({sign}{})", all(operand)),
        Tree::Binary(sign, a, b) => format!("({} {sign} {})", all(a), all(b)),
        Tree::In(operand, items) => format!("({} in [{items}])", all(operand)),
        Tree::Conditional(c, a, b) => format!("({} ? {} : {})", all(c), all(a), all(b)),
        Tree::Call(name, arguments) => format!("{name}({})", list(arguments.iter().collect())),
        Tree::Method(receiver, name, arguments) => {
            format!("{name}({})", list(std::iter::once(&**receiver).chain(arguments).collect()))
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let atom = prop_oneof![
        "[a-d]{1,2}(\\.[x-z])?",
        "(0|[1-9][0-9]{0,2})(\\.[0-9]{1,2})?",
        Just("\"t \\\" // + ä\"".to_owned()),
        Just("true".to_owned()),
        Just("has(a.x)".to_owned()),
    ];
    atom.prop_map(Tree::Atom).prop_recursive(5, 40, 3, |tree| {
        let boxed = tree.clone().prop_map(Box::new);
        let operator =
            prop::sample::select(["||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"].as_slice());
        prop_oneof![
            5 => (operator, boxed.clone(), boxed.clone()).prop_map(|(o, a, b)| Tree::Binary(o, a, b)),
            1 => (prop::sample::select(["!", "-"].as_slice()), boxed.clone()).prop_map(|(o, a)| Tree::Prefix(o, a)),
            1 => (boxed.clone(), prop::sample::select(["", "1, -2.5", "\"FI\", \"SE\", true"].as_slice()))
                .prop_map(|(a, items)| Tree::In(a, items.to_owned())),
            1 => (boxed.clone(), boxed.clone(), boxed.clone()).prop_map(|(c, a, b)| Tree::Conditional(c, a, b)),
            1 => (prop::sample::select(["min", "max"].as_slice()), prop::collection::vec(tree.clone(), 1..4))
                .prop_map(|(name, arguments)| Tree::Call(name, arguments)),
            1 => (boxed, tree).prop_map(|(a, b)| Tree::Method(a, "startsWith", vec![b])),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn few_parentheses_read_as_all_of_them(tree in trees()) {
        let read = Expression::parse(&few(&tree)).unwrap();
        prop_assert_eq!(read.to_string(), all(&tree));
        let again = Expression::parse(&read.to_string()).unwrap();
        prop_assert_eq!(again.to_string(), read.to_string());
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in "([-+*/%!?:,.()<>=&|'\"`\\[\\] \n0-9]|in|has|min|a|\\\\|ä|true){0,30}") {
        if let Err(error) = Expression::parse(&text) {
            let lines: Vec<_> = text.split('\n').collect();
            let line = lines.get(error.line as usize - 1).copied().unwrap();
            prop_assert!((1..=line.chars().count() + 1).contains(&(error.column as usize)), "{} in {:?}", error, text);
        }
    }
}
