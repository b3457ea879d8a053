//! What is refused in expressions, and where in the file.

use super::{check_rule, parsed, refused, told};

#[test]
fn places_are_lines_and_columns_of_the_file() {
    let errors =
        refused("name = \"a\"\n\n[[rule]]\nid = \"ä\"\non = \"purchase.made\"\npoints = \"\\u00e4 + amuont\"\n");
    assert_eq!(
        told(&errors).lines().map(|line| line.split(": expected").next().unwrap()).collect::<Vec<_>>(),
        [r#"line 6, column 11: rule "ä": points"#, r#"line 6, column 20: rule "ä": points"#]
    );
}

#[test]
fn faults_in_expressions_are_told_where_they_stand_in_the_file() {
    const NUMBER: &str = "expected a number, found a text";
    for (points, path) in [
        (r#"points = "‸market""#, "points"),
        (r#"points = "1 + ‸market""#, "points"),
        (r#"points = '  ‸market'"#, "points"),
        (r#"points = "\u0020\t ‸market * 2""#, "points"),
        (r#"points = "(unit == \"\\\"\" ? 1 : 2) + ‸market""#, "points"),
        ("points = '''\n\n  1 +\n  ‸market'''", "points"),
        ("points = '''1 +\r\n  ‸market'''", "points"),
        ("points = \"\"\"\n1 \\\n   + \\\n\n   ‸market\"\"\"", "points"),
        ("points = \"1 + // ä\\n ‸market\"", "points"),
    ] {
        check_rule(&format!("on = 'purchase.made'\n{points}"), &[&format!("rule \"a\": {path}: {NUMBER}")]);
    }
    let when = |when: &str, message: &str| {
        check_rule(
            &format!("on = 'purchase.made'\npoints = 1\nwhen = {when}"),
            &[&format!("rule \"a\": when: expected {message}")],
        );
    };
    when("'market == ‸'", "a value: a name, number, text, function or `(`, found the end");
    when("\"market == \\\"FI\\\" ‸market\"", "an operator or the end, found `market`");
    when("'‸'", "a value: a name, number, text, function or `(`, found the end");
    when("'‸amount'", "a condition, found a number");
    when("'amount == ‸market'", "a number, found a text");
    when("'‸(1 + 2) ? 3 : 4'", "a condition, found a number");
    when("'amount > ‸12345678901234567890123456789'", "a number of at most 28 digits, found one of 29");
    when("'amount > ‸1e3'", "a number such as 12 or 0.5, found `1e…`");
    when("'‸lenght(market) > 3'", &format!("one of the functions {FUNCTIONS}, found `lenght`"));
    when("‸1", "a condition, as a text such as 'amount > 0', found the number 1");
    when("‸true", "a condition, as a text such as 'amount > 0', found true");
    check_rule(
        "on = 'purchase.made'\npoints = ‸true",
        &["rule \"a\": points: expected a number, or an expression as a text such as 'floor(amount)', found true"],
    );
}

const FUNCTIONS: &str = "floor, ceil, round, min, max, abs, sqrt, log, startsWith, endsWith, contains, size, lower, \
                         upper, trim, number, integer, string, timestamp, has";

#[test]
fn names_that_cannot_be_read_are_told_with_those_that_can() {
    const OF_A_VISIT: &str = "campaign, customer.country, customer.kind, customer.language, form, page, source, time, \
                              type, unit, customer.…, attributes.…";
    const OF_A_RETURN: &str = "amount, currency, customer.country, customer.kind, customer.language, order, product, \
                               product_group, quantity, source, time, type, unit, customer.…, attributes.…";
    const OF_A_CUSTOMER: &str = "customer.country, customer.kind, customer.language, customer.…";
    let expected = |names: &str, found: &str| format!("rule \"a\": points: expected one of {names}, found {found}");
    check_rule(
        "on = 'web.visited'\npoints = '‸nothing + attributes.x + ‸also.nothing'",
        &[&expected(OF_A_VISIT, "`nothing`"), &expected(OF_A_VISIT, "`also.nothing`")],
    );
    check_rule(
        "on = 'web.visited'\npoints = '‸has(days_late) ? 1 : 2'",
        &[&expected(OF_A_VISIT, "`days_late`, a facet of invoice.paid")],
    );
    check_rule("on = 'web.visited'\npoints = '‸attributes'", &[&expected(OF_A_VISIT, "`attributes`")]);
    let personal = "`reason`, which is personal in purchase.returned: rules read facts only";
    check_rule("on = 'purchase.returned'\npoints = 'size(‸reason)'", &[&expected(OF_A_RETURN, personal)]);
    let personal = "`customer.email`, which is personal in the customer's golden record: rules read facts only";
    check_rule(
        "on = 'web.visited'\npoints = 'customer.kind == \"person\" ? 1 : size(‸customer.email)'",
        &[&expected(OF_A_VISIT, personal)],
    );
    check_rule(
        "absent = { on = 'web.visited', days = 1 }\npoints = 'size(‸unit)'",
        &[&expected(OF_A_CUSTOMER, "`unit`")],
    );
}

#[test]
fn a_facet_of_some_of_the_types_may_be_read_as_any_of_its_kinds() {
    for body in [
        "on = ['purchase.made', 'web.visited']\npoints = 'amount'",
        "on = ['purchase.made', 'web.visited']\npoints = 'amount'\nwhen = 'page == \"x\"'",
        "on = ['customer.registered', 'customer.consent_given']\npoints = 'double_opt_in ? 1 : 2'",
        "on = 'web.visited'\npoints = 'customer.segment'\nwhen = 'attributes.a && time > timestamp(\"2026-01-01T00:00:00Z\")'",
    ] {
        parsed(&format!("name = 'a'\n[[rule]]\nid = 'a'\n{body}\n"));
    }
}
