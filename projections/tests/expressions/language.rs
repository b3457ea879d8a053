//! What expressions mean, and what is said when they mean nothing.

use std::collections::HashMap;

use kulta_projections::expr::{EvalError, Expression, Kind, Names, Scope, TextIsNumeric, Value};
use rust_decimal::Decimal;

#[derive(Default)]
struct Facets {
    values: HashMap<&'static str, Value<'static>>,
    cells: Option<TextIsNumeric>,
}

impl Scope for Facets {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        self.values.get(path).cloned()
    }

    fn text_is_numeric(&self) -> Option<TextIsNumeric> {
        self.cells
    }
}

fn number(text: &str) -> Value<'static> {
    Value::Number(Decimal::from_str_exact(text).unwrap())
}

/// A purchase, as a rule sees it.
fn purchase() -> Facets {
    let values = [
        ("amount", number("1249.90")),
        ("market", Value::from("FI")),
        ("product", Value::from("Pumppu Ä")),
        ("attributes.size", number("3")),
        ("attributes.new", Value::Bool(true)),
        ("time", Value::Time(1_767_225_600_000_000)),
    ];
    Facets { values: values.into(), cells: None }
}

/// A row, as a mapping sees it.
fn row(decimal_separator: char) -> Facets {
    let values = [
        ("Quantity", Value::from("6")),
        ("Price", Value::from("2.55")),
        ("Komma", Value::from("2,55")),
        ("Code", Value::from("C1")),
    ];
    Facets { values: values.into(), cells: Some(TextIsNumeric { decimal_separator }) }
}

fn shown(text: &str, scope: &dyn Scope) -> String {
    match Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).evaluate(scope) {
        Ok(value) => value.into_text(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn operators_and_functions_have_their_meaning() {
    let scope = purchase();
    for (text, value) in [
        ("market == \"FI\" && amount > 0", "true"),
        ("market in ['SE', 'FI']", "true"),
        ("amount in [-1, 1249.9]", "true"),
        ("amount in []", "false"),
        ("!(market != 'FI')", "true"),
        ("floor(amount)", "1249"),
        ("amount.ceil()", "1250"),
        ("round(2.5) + round(-2.5)", "0"),
        ("round(amount / 3, 2)", "416.63"),
        ("max(1, amount, 7) - min(1, -2)", "1251.90"),
        ("abs(-amount)", "1249.90"),
        ("sqrt(2)", "1.414213562373"),
        ("log(2)", "0.69314718056"),
        ("10 / 4", "2.5"),
        ("1 / 3", "0.333333333333"),
        ("-7 % 3", "-1"),
        ("1 + 2 * 3 - 4 - 5", "-2"),
        ("0.1 + 0.2 == 0.3", "true"),
        ("2 < 3 ? 'a' : 'b'", "a"),
        ("1 > 2 ? 1 : 2 > 1 ? 3 : 4", "3"),
        ("product.startsWith('Pumppu')", "true"),
        ("endsWith(product, 'Ä')", "true"),
        ("contains(product, 'x')", "false"),
        ("product.lower().contains('ä')", "true"),
        ("upper('aß')", "ASS"),
        ("' a '.trim() + 'b'", "ab"),
        ("size('åäö')", "3"),
        ("number('12.50') * 2", "25.00"),
        ("integer('12923.0')", "12923"),
        ("string(amount) + ' €'", "1249.90 €"),
        ("string(time)", "2026-01-01T00:00:00Z"),
        ("time >= timestamp('2026-01-01T02:00:00+02:00')", "true"),
        ("'a' < 'b' && false == false", "true"),
        ("attributes.size > 2 && attributes.new", "true"),
        ("`attributes.size` == attributes.`size`", "true"),
        ("// what counts\namount\n  > 1", "true"),
    ] {
        assert_eq!(shown(text, &scope), value, "{text}");
    }
}

#[test]
fn what_is_missing_ends_the_evaluation_unless_it_was_decided_before() {
    let scope = purchase();
    for (text, value) in [
        ("has(margin)", "false"),
        ("has(amount) && has(attributes.size)", "true"),
        ("has(margin) && margin > 5", "false"),
        ("has(margin) ? margin : 0", "0"),
        ("amount > 1 || margin > 5", "true"),
    ] {
        assert_eq!(shown(text, &scope), value, "{text}");
    }
    for text in
        ["margin > 5", "margin > 5 || amount > 1", "amount + margin", "margin in [1]", "floor(margin)", "!margin"]
    {
        let expression = Expression::parse(text).unwrap();
        let error = expression.evaluate(&scope).unwrap_err();
        assert!(error.is_missing(), "{text}");
        assert_eq!(expression.variable_at(error.at()), Some("margin"), "{text}");
    }
    assert_eq!(shown("amount + margin", &scope), "line 1, column 10: `margin` is missing");
}

#[test]
fn faults_name_the_part_that_failed() {
    let scope = purchase();
    for (text, fault) in [
        ("1 + amount / (2 - 2)", "line 1, column 14: division by zero"),
        ("1 % 0", "line 1, column 5: division by zero"),
        ("market > 1", "line 1, column 1: expected a number, found a text"),
        ("amount == market", "line 1, column 11: expected a number, found a text"),
        ("1 + market", "line 1, column 5: expected a number, found a text"),
        ("attributes.new + 1", "line 1, column 1: expected a number, found a condition"),
        ("amount && true", "line 1, column 1: expected a condition, found a number"),
        ("market in [1]", "line 1, column 1: expected a number, found a text"),
        ("lower(amount)", "line 1, column 7: expected a text, found a number"),
        ("time == 1", "line 1, column 1: expected a number, found a time"),
        ("true < false", "line 1, column 1: expected a number, found a condition"),
        ("\namount *\n 9999999999999999999999999999", "line 2, column 1: the result needs more than 28 digits"),
        ("sqrt(-1)", "line 1, column 1: sqrt() of a negative number"),
        ("0 + log(0)", "line 1, column 5: log() of a number that is not above zero"),
        ("number(market)", "line 1, column 8: the text is not wholly a decimal number"),
        ("integer(1.5)", "line 1, column 1: integer() of a number with a fraction"),
        ("round(1, 13)", "line 1, column 1: round() to other than 0 to 12 decimals"),
        ("round(1, -1)", "line 1, column 1: round() to other than 0 to 12 decimals"),
        ("timestamp('2026-01-01')", "line 1, column 1: timestamp() of no RFC 3339 time with offset"),
    ] {
        assert_eq!(shown(text, &scope), fault, "{text}");
    }
    let error = Expression::parse("1 + 1").unwrap().evaluate_bool(&scope).unwrap_err();
    assert!(matches!(error, EvalError::Type { expected: "a condition", .. }));
}

#[test]
fn texts_count_as_numbers_only_where_the_scope_says_so() {
    let scope = row('.');
    for (text, value) in [
        ("Quantity > 0 && !startsWith(Code, \"C\")", "false"),
        ("Quantity * Price", "15.30"),
        ("-Quantity + 0", "-6"),
        ("Quantity == 6.0", "true"),
        ("Quantity in [5, 6]", "true"),
        ("Quantity in ['6']", "true"),
        ("max(Quantity, Price)", "6"),
        ("1 + Quantity", "7"),
        ("Code + Quantity", "C16"),
        ("Code > 1", "line 1, column 1: expected a number, found a text"),
        ("Komma * 2", "line 1, column 1: expected a number, found a text"),
    ] {
        assert_eq!(shown(text, &scope), value, "{text}");
    }
    assert_eq!(shown("Komma * 2", &row(',')), "5.10");
    assert_eq!(shown("number(Komma)", &row(',')), "2.55");
    let strict = Facets { cells: None, ..row('.') };
    for text in ["Quantity > 0", "Quantity * Price", "-Quantity", "1 + Quantity", "max(Quantity, 1)", "Quantity in [6]"]
    {
        assert!(shown(text, &strict).contains("expected a number, found a text"), "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    for (text, fault) in [
        ("", "line 1, column 1: expected a value: a name, number, text, function or `(`, found the end"),
        ("amount >", "line 1, column 9: expected a value: a name, number, text, function or `(`, found the end"),
        ("amount > > 1", "line 1, column 10: expected a value: a name, number, text, function or `(`, found `>`"),
        ("(amount", "line 1, column 8: expected an operator or `)`, found the end"),
        ("amount market", "line 1, column 8: expected an operator or the end, found `market`"),
        ("a\n&& b c", "line 2, column 6: expected an operator or the end, found `c`"),
        ("market in 'FI'", "line 1, column 11: expected a list such as [1, 2] or [\"FI\", \"SE\"], found a text"),
        ("market in [other]", "line 1, column 12: expected a number, a text, true or false, found `other`"),
        ("market in ['FI'", "line 1, column 16: expected `,` or `]`, found the end"),
        ("['FI'] == market", "line 1, column 1: expected a value (a list stands only after `in`), found `[`"),
        (
            "margin == null",
            "line 1, column 11: expected a value (whether something is missing is asked by has()), found `null`",
        ),
        ("a ? b", "line 1, column 6: expected `:` and what holds otherwise, found the end"),
        ("floor(1, 2)", "line 1, column 1: expected floor() with 1 argument(s), found 2"),
        ("round()", "line 1, column 1: expected round() with 1 to 2 argument(s), found 0"),
        ("has(1)", "line 1, column 5: expected a name, found the number 1"),
        ("has(a + b)", "line 1, column 7: expected `)` (has() takes one name), found `+`"),
        ("a.b.", "line 1, column 5: expected the name of a member or a method, found the end"),
    ] {
        assert_eq!(Expression::parse(text).unwrap_err().to_string(), fault, "{text}");
    }
    let error = Expression::parse("matches(a, 'x')").unwrap_err();
    assert_eq!((error.line, error.column, error.found.as_str()), (1, 1, "`matches`"));
    assert!(error.expected.starts_with("one of the functions floor, ceil,") && error.expected.ends_with(", has"));
    assert!(Expression::parse("(1).x").unwrap_err().expected.starts_with("a call of one of the functions"));
}

#[test]
fn depth_and_length_have_limits() {
    let nested = format!("{}1{}", "(".repeat(150), ")".repeat(150));
    assert_eq!(shown(&nested, &purchase()), "1");
    for text in [
        format!("{}1{}", "(".repeat(250), ")".repeat(250)),
        format!("1{}", " + 1".repeat(250)),
        "-".repeat(5_000) + "1",
        "!".repeat(250) + "true",
        "1 ? 1 : ".repeat(250) + "1",
    ] {
        let error = Expression::parse(&text).unwrap_err();
        assert!(error.expected.contains("at most 200 levels"), "{error}");
    }
    assert!(Expression::parse(&" ".repeat(9_000)).unwrap_err().expected.contains("8192 bytes"));
}

fn checked(text: &str, names: &Names) -> Result<Kind, String> {
    Expression::parse(text).unwrap().check(names).map_err(|error| error.to_string())
}

#[test]
fn names_and_types_are_checked_before_there_is_data() {
    let names = Names::new()
        .with("amount", Kind::Number)
        .with("market", Kind::Text)
        .with("time", Kind::Time)
        .with_members_of("attributes", Kind::Any);
    for (text, kind) in [
        ("amount > 0 && market == 'FI'", Kind::Bool),
        ("floor(amount) * 2", Kind::Number),
        ("attributes.x + 1", Kind::Number),
        ("attributes.x + attributes.y", Kind::Any),
        ("has(attributes.x) ? attributes.x : 'none'", Kind::Any),
        ("has(amount) ? 'a' : 'b'", Kind::Text),
        ("number(market)", Kind::Number),
        ("string(amount) + market", Kind::Text),
        ("market + market", Kind::Text),
        ("timestamp(market)", Kind::Time),
    ] {
        assert_eq!(checked(text, &names), Ok(kind), "{text}");
    }
    for (text, fault) in [
        (
            "amount > 0 && mraket == 'FI'",
            "line 1, column 15: unknown name `mraket`; there are: amount, market, time, attributes.…",
        ),
        ("has(nothing)", "line 1, column 1: unknown name `nothing`; there are: amount, market, time, attributes.…"),
        (
            "attributes == 1",
            "line 1, column 1: unknown name `attributes`; there are: amount, market, time, attributes.…",
        ),
        ("market > 1", "line 1, column 10: expected a text, found a number"),
        ("market * 2", "line 1, column 1: expected a number, found a text"),
        ("1 < amount < 3", "line 1, column 14: expected a condition, found a number"),
        ("amount && true", "line 1, column 1: expected a condition, found a number"),
        ("amount in [1, 'a']", "line 1, column 1: expected a text, found a number"),
        ("true ? 1 : 'a'", "line 1, column 12: expected a number, found a text"),
        ("time + 1", "line 1, column 8: expected a time, found a number"),
        ("time + time", "line 1, column 1: expected a number, found a time"),
        ("number(time)", "line 1, column 8: expected a text, found a time"),
        ("true < false", "line 1, column 1: expected a number, found a condition"),
    ] {
        assert_eq!(checked(text, &names), Err(fault.to_owned()), "{text}");
    }
    assert!(checked("x", &Names::new()).unwrap_err().ends_with("unknown name `x`; there are: none"));
}

#[test]
fn between_two_cells_an_ambiguous_operation_is_refused() {
    let names = Names::new().with("A", Kind::Cell).with("B", Kind::Cell);
    for (text, kind) in [
        ("A * B", Kind::Number),
        ("A + 1", Kind::Number),
        ("A + 'x'", Kind::Text),
        ("number(A) + B", Kind::Number),
        ("string(A) + B", Kind::Text),
        ("number(A) < B", Kind::Bool),
        ("A == B", Kind::Bool),
        ("A", Kind::Cell),
        ("has(A) ? A : 0", Kind::Cell),
        ("has(A) ? A : ''", Kind::Text),
    ] {
        assert_eq!(checked(text, &names), Ok(kind), "{text}");
    }
    for text in ["A + B", "A < B", "A >= B", "(has(A) ? A : 0) + B"] {
        assert!(checked(text, &names).unwrap_err().contains("write number(…) or string(…)"), "{text}");
    }
    assert!(checked("A && true", &names).unwrap_err().contains("expected a condition, found a column's text"));
}

#[test]
fn a_scope_may_look_names_up_beforehand() {
    struct Slots(Vec<Value<'static>>);
    impl Scope for Slots {
        fn get(&self, _: &str) -> Option<Value<'_>> {
            None
        }
        fn get_slot(&self, slot: usize, _: &str) -> Option<Value<'_>> {
            self.0.get(slot).cloned()
        }
    }
    let expression = Expression::parse("b - a * b + has(c).string().size()").unwrap();
    let names: Vec<_> = expression.variables().iter().map(|name| &**name).collect();
    assert_eq!(names, ["b", "a", "c"]);
    assert_eq!(expression.evaluate(&Slots(vec![number("2"), number("3")])), Ok(number("1")));
}
