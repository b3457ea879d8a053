//! What a mapping file may say, and what is answered to what it may not.

use super::super::{Mapping, MappingFault};
use super::with;

fn refused(toml: &str) -> String {
    Mapping::parse(toml).unwrap_err().to_string()
}

#[test]
fn unknown_keys_are_refused_with_their_line() {
    for (toml, fault) in [
        (
            "sorce = \"shop\"",
            "line 1: unknown key `sorce`; expected one of: source, unit, time_zone, delimiter, encoding, decimal_separator, event",
        ),
        (
            &with("wen = 'true'", ""),
            "line 7: unknown key `wen`; expected one of: type, id, subject, source, unit, when, time, data",
        ),
        (
            &with("", "a = { expr = '1', else = 2 }"),
            "line 9: unknown key `else`; expected one of: column, template, const, expr, formats, not_after, default",
        ),
    ] {
        assert_eq!(refused(toml), fault);
    }
    let time = with("", "").replace("formats =", "format =");
    assert!(refused(&time).starts_with("line 6: unknown key `format`; expected one of: column,"));
    let subject = with("", "").replace("\"{Customer}\"", "{ column = \"Customer\" }");
    assert_eq!(refused(&subject), "line 5: unknown key `column`; expected one of: expr");
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(refused("source = \"shop\""), "line 1: `event` is missing");
    assert_eq!(refused("event = []"), "line 1: `event`: expected one or more [[event]]");
    assert_eq!(refused("\n[[event]]\nid = \"x\""), "line 2: `type` is missing");
    for key in ["type", "id", "subject", "time"] {
        let toml: String =
            with("", "").lines().filter(|line| !line.starts_with(key)).map(|line| line.to_owned() + "\n").collect();
        assert_eq!(refused(&toml), format!("line 2: `{key}` is missing"));
    }
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    assert!(refused("source = \"shop\"\nunit = \n").starts_with("line 2: "));
    assert_eq!(refused("source = \"a\"\nsource = \"b\""), "line 2: duplicate key");
}

#[test]
fn values_say_what_may_stand_there() {
    for (from, to, fault) in [
        ("source = \"shop\"", "source = 5", "line 1: `source`: expected a text"),
        ("source = \"shop\"", "source = \" \"", "line 1: `source`: expected a text"),
        (
            "source = \"shop\"",
            "time_zone = \"Europe/Nowhere\"",
            "line 1: `time_zone`: expected the name of a time zone, such as Europe/Helsinki",
        ),
        (
            "source = \"shop\"",
            "delimiter = \";;\"",
            "line 1: `delimiter`: expected one ASCII character, such as \";\" or \"\\t\"",
        ),
        (
            "source = \"shop\"",
            "encoding = \"utf-16\"",
            "line 1: `encoding`: expected one of: utf-8, latin-1, windows-1252",
        ),
        ("source = \"shop\"", "decimal_separator = \"'\"", "line 1: `decimal_separator`: expected \".\" or \",\""),
        ("{Id}", "{Id", "line 4: `id`: expected a `}` after each `{` (a brace itself is written twice)"),
        ("{Id}", "Id}", "line 4: `id`: expected a `{` before each `}` (a brace itself is written twice)"),
        ("{Id}", "{}", "line 4: `id`: expected the name of a column between the braces"),
        ("{Id}", "{a{b}", "line 4: `id`: expected the name of a column between the braces"),
        ("column = \"Day\",", "", "line 6: `time`: expected exactly one of: column, template, const, expr"),
        (
            "column = \"Day\",",
            "const = \"2026-03-02\",",
            "line 6: `time.const`: expected no `formats` or `default` beside it",
        ),
        (
            "column = \"Day\", formats = [\"%Y-%m-%d\"]",
            "expr = '1 + 1'",
            "line 6: `time.expr`: expected an expression that gives a time or a text",
        ),
        (
            "column = \"Day\", formats = [\"%Y-%m-%d\"]",
            "const = \"yesterday\"",
            "line 6: `time.const`: expected a date such as \"2026-03-02\", or with time and offset \"2026-03-02T10:15:00+02:00\", in quotes",
        ),
    ] {
        let toml = with("", "");
        assert!(toml.contains(from));
        assert_eq!(refused(&toml.replace(from, to)), fault);
    }
    let formats = with("", "").replace("%Y-%m-%d", "yyyy-mm-dd");
    assert!(refused(&formats).starts_with("line 6: `time.formats`: expected a list of strftime formats"));
}

#[test]
fn members_say_what_may_stand_there() {
    for (data, fault) in [
        (
            "amount = 5",
            "line 9: `data.amount`: expected the name of a column in quotes, { const = … } for a fixed value, { expr = … }, a list or a table",
        ),
        ("amount = \"\"", "line 9: `data.amount`: expected the name of a column"),
        ("a = { const = 1, expr = '1' }", "line 9: `data.a`: expected exactly one of: column, template, const, expr"),
        ("a = { const = 2026-03-02 }", "line 9: `data.a.const`: expected a text, a decimal number, true or false"),
        ("a = { const = nan }", "line 9: `data.a.const`: expected a text, a decimal number, true or false"),
        (
            "a = { const = 1, default = 2 }",
            "line 9: `data.a.const`: expected no `formats`, `not_after` or `default` beside it",
        ),
        (
            "a = { column = \"A\", not_after = \"2020-01-01\" }",
            "line 9: `data.a`: expected `formats` beside `not_after`",
        ),
        (
            "\n\na = [\"A\", 3]",
            "line 11: `data.a`: expected the name of a column in quotes, { const = … } for a fixed value, { expr = … }, a list or a table",
        ),
    ] {
        assert_eq!(refused(&with("", data)), fault, "{data}");
    }
}

#[test]
fn expressions_are_refused_with_their_place() {
    for (event, data, fault) in [
        (
            "when = 'Quantity >'",
            "",
            "line 7: `when`: in the expression, line 1, column 11: expected a value: a name, number, text, function or `(`, found the end",
        ),
        ("when = 'Quantity * 2'", "", "line 7: `when`: expected a condition"),
        (
            "when = 'A < B'",
            "",
            "line 7: `when`: in the expression, line 1, column 1: `<` between two columns may mean numbers or texts; write number(…) or string(…) around one of them",
        ),
        (
            "",
            "amount = { expr = 'Price + Tax' }",
            "line 9: `data.amount`: in the expression, line 1, column 1: `+` between two columns may mean numbers or texts; write number(…) or string(…) around one of them",
        ),
        (
            "",
            "a = { expr = \"upper(1)\" }",
            "line 9: `data.a`: in the expression, line 1, column 7: expected a text, found a number",
        ),
    ] {
        assert_eq!(refused(&with(event, data)), fault);
    }
}

#[test]
fn a_missing_column_is_named_with_those_that_there_are() {
    let header = csv::StringRecord::from(vec!["Id", "Kunde", "Day", "Quantity"]);
    let mapping = Mapping::parse(&with("", "")).unwrap();
    let error = mapping.bind(&header).unwrap_err();
    assert_eq!(error.to_string(), "line 5: there is no column `Customer`; there are: Id, Kunde, Day, Quantity");
    assert!(matches!(error.fault, MappingFault::MissingColumn { column, .. } if column == "Customer"));
    for (event, data, line) in [
        ("when = 'Price > 0'", "", 7),
        ("unit = \"{Price}\"", "", 7),
        ("", "a = \"Price\"", 9),
        ("", "a = { template = \"{Id} {Price}\" }", 9),
        ("", "a = { expr = 'has(Price)' }", 9),
        ("", "a = { b = [\"Id\", \"Price\"] }", 9),
        ("", "a = { column = \"Price\", formats = [\"%F\"] }", 9),
    ] {
        let toml = with(event, data).replace("{Customer}", "{Kunde}");
        let error = Mapping::parse(&toml).unwrap().bind(&header).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("line {line}: there is no column `Price`; there are: Id, Kunde, Day, Quantity")
        );
    }
}

#[test]
fn a_column_that_is_there_twice_is_no_column() {
    let header = csv::StringRecord::from(vec!["Id", "Customer", "Day", "Day", "Note", "Note"]);
    let error = Mapping::parse(&with("", "")).unwrap().bind(&header).unwrap_err();
    assert_eq!(error.to_string(), "line 6: there are several columns `Day`");
    let other = with("", "").replace("column = \"Day\", formats = [\"%Y-%m-%d\"]", "const = \"2026-03-02\"");
    assert!(Mapping::parse(&other).unwrap().bind(&header).is_ok());
}

#[test]
fn somebody_must_say_who_publishes() {
    let header = csv::StringRecord::from(vec!["Id", "Customer", "Day"]);
    let mapping = Mapping::parse(&with("", "").replace("source = \"shop\"", "")).unwrap();
    let error = mapping.bind(&header).unwrap_err();
    assert_eq!(error.to_string(), "line 2: `source` is missing, and none was named on import");
    let named = mapping.with_source("{erp}").rows("Id,Customer,Day\n1,2,2026-03-02\n".as_bytes()).unwrap().next();
    assert_eq!(named.unwrap().unwrap().events[0].as_ref().unwrap().source, "{erp}");
}
