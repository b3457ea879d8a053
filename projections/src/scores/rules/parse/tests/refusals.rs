//! Everything that is refused outside expressions, and where.

use super::{check, check_file, check_rule, refused, told};

#[test]
fn event_types_are_those_that_there_are() {
    const AN_EVENT: &str = "expected an event type such as \"purchase.made\", or a list of them";
    let on = |on: &str, message: &str| check_rule(&format!("points = 1\n{on}"), &[&format!("rule \"a\": {message}")]);
    on(
        "on = ‸'purchase.mad'",
        "on: expected an event type, perhaps purchase.made, found \"purchase.mad\", which is none",
    );
    on(
        "on = ['web.visited', ‸'invoice.eaten']",
        "on[2]: expected an event type, perhaps invoice.credited or invoice.issued or invoice.paid or invoice.reminded \
         or invoice.written_off, found \"invoice.eaten\", which is none",
    );
    on("on = ‸'x'", "on: expected an event type, found \"x\", which is none");
    on(
        "on = ‸'identity.linked'",
        "on: expected an event type about a record or a thing, found \"identity.linked\", which is about neither",
    );
    on("on = ['web.visited', ‸'web.visited']", "on[2]: expected each event type once, found \"web.visited\" again");
    on("on = ‸[]", &format!("on: {AN_EVENT}, found a list"));
    on("on = ‸5", &format!("on: {AN_EVENT}, found the number 5"));
    on("on = [‸5]", &format!("on[1]: {AN_EVENT}, found the number 5"));
    check("name = 'a'\n‸[[rule]]\nid = 'a'\npoints = 1\n", &[&format!("rule \"a\": on: {AN_EVENT}, found nothing")]);
}

#[test]
fn a_rule_says_what_it_is_worth_in_one_way() {
    const WORTH: &str = "rule \"a\": points: expected either points, or measure with per and tiers, or absent, found";
    const TIERS: &str = "tiers = [ { rate = 1 } ]";
    check("name = 'a'\n‸[[rule]]\nid = 'a'\non = 'web.visited'\n", &[&format!("{WORTH} none of them")]);
    check_rule(
        &format!("on = 'web.visited'\n‸points = 1\nmeasure = 1\nper = 'day'\n{TIERS}"),
        &[&format!("{WORTH} two of them")],
    );
    let table = |body: &str, messages: &[&str]| {
        check(&format!("name = 'a'\n‸[[rule]]\nid = 'a'\non = 'web.visited'\n{body}\n"), messages);
    };
    table(
        &format!("per = 'day'\n{TIERS}"),
        &["rule \"a\": measure: expected what is summed, an expression, found nothing"],
    );
    table(
        &format!("measure = 1\n{TIERS}"),
        &["rule \"a\": per: expected one of day, week, month, quarter, year, lifetime, found nothing"],
    );
    table(
        "measure = 1\nper = 'day'",
        &["rule \"a\": tiers: expected a list such as [ { up_to = 500, rate = 1 }, { rate = 0.5 } ], found nothing"],
    );
}

#[test]
fn tiers_ascend_and_only_the_last_is_open() {
    let tiers = |tiers: &str, message: &str| {
        let body = format!("on = 'web.visited'\nmeasure = 1\nper = 'day'\ntiers = {tiers}");
        check_rule(&body, &[&format!("rule \"a\": {message}")]);
    };
    tiers("‸[]", "tiers: expected a list such as [ { up_to = 500, rate = 1 }, { rate = 0.5 } ], found a list");
    tiers("[‸1]", "tiers[1]: expected a table such as { up_to = 500, rate = 1 }, found the number 1");
    tiers("[ { up_to = ‸0, rate = 1 } ]", "tiers[1].up_to: expected a number above 0, found the number 0");
    tiers(
        "[ { up_to = 5, rate = 1 }, { up_to = ‸5.0, rate = 1 } ]",
        "tiers[2].up_to: expected a number above 5, found the number 5.0",
    );
    tiers(
        "[ ‸{ rate = 1 }, { up_to = 5, rate = 1 } ]",
        "tiers[1].up_to: expected where the tier ends (only the last may be open), found nothing",
    );
    tiers("[ ‸{ up_to = 5 } ]", "tiers[1].rate: expected points per unit, a number, found nothing");
    tiers("[ { rate = ‸'many' } ]", "tiers[1].rate: expected points per unit, a number, found the text \"many\"");
    tiers("[ { ‸upto = 5, rate = 1 } ]", "tiers[1]: expected one of up_to, rate, found `upto`");
}

#[test]
fn keys_without_a_meaning_are_refused() {
    check_file(
        "name = 'a'\n‸nam = 'b'",
        &["expected one of name, time_zone, currency, rates, rule, grade, found `nam`"],
    );
    const OF_A_RULE: &str = "id, valid, cap, half_life_days, expires_after_days, on, when, sign, limit, at_least, \
                             measure, per, tiers, points, absent";
    check_rule(
        "on = 'web.visited'\npoints = 1\n‸\"whe\\nn\" = 1",
        &[&format!("rule \"a\": expected one of {OF_A_RULE}, found `whe\\nn`")],
    );
    check_rule(
        "on = 'web.visited'\npoints = 1\nlimit = { count = 1, per = 'day', ‸of = 2 }",
        &["rule \"a\": limit: expected one of count, per, found `of`"],
    );
    for (key, value) in [
        ("on", "'web.visited'"),
        ("when", "'true'"),
        ("sign", "{ 'web.visited' = 1 }"),
        ("limit", "{ count = 1, per = 'day' }"),
        ("at_least", "{ count = 1, within_days = 1 }"),
        ("measure", "1"),
        ("per", "'day'"),
        ("tiers", "[ { rate = 1 } ]"),
    ] {
        let message = format!(
            "rule \"a\": {key}: expected beside `absent` only id, valid, cap, half_life_days, expires_after_days, \
             absent, points, found a key that has no meaning there"
        );
        check_rule(&format!("absent = {{ on = 'web.visited', days = 1 }}\npoints = 1\n‸{key} = {value}"), &[&message]);
    }
}

#[test]
fn signs_are_one_or_minus_one_and_of_types_that_count() {
    let sign = |sign: &str, message: &str| {
        let body = format!("on = ['purchase.made', 'purchase.returned']\npoints = 1\nsign = {sign}");
        check_rule(&body, &[&format!("rule \"a\": {message}")]);
    };
    sign("‸-1", "sign: expected a table such as { \"purchase.returned\" = -1 }, found the number -1");
    sign("{ 'purchase.returned' = ‸-2 }", "sign.purchase.returned: expected 1 or -1, found the number -2");
    sign("{ 'purchase.returned' = ‸'x' }", "sign.purchase.returned: expected 1 or -1, found the text \"x\"");
    sign(
        "{ ‸'web.visited' = -1 }",
        "sign.web.visited: expected one of the types in `on`: purchase.made, purchase.returned, found `web.visited`",
    );
}

#[test]
fn numbers_are_within_their_bounds() {
    let rule = |body: &str, message: &str| {
        check_rule(&format!("on = 'web.visited'\npoints = 1\n{body}"), &[&format!("rule \"a\": {message}")]);
    };
    const DAYS: &str = "expected a whole number from 1 to 36525";
    const COUNT: &str = "expected a whole number above zero";
    rule("limit = { count = ‸0, per = 'day' }", &format!("limit.count: {COUNT}, found the number 0"));
    rule("limit = { count = ‸-1, per = 'day' }", &format!("limit.count: {COUNT}, found the number -1"));
    rule("limit = { count = ‸1.5, per = 'day' }", &format!("limit.count: {COUNT}, found the number 1.5"));
    rule("limit = { count = ‸4294967296, per = 'day' }", &format!("limit.count: {COUNT}, found the number 4294967296"));
    rule("limit = ‸{ per = 'day' }", &format!("limit.count: {COUNT}, found nothing"));
    rule("at_least = { count = ‸0, within_days = 1 }", &format!("at_least.count: {COUNT}, found the number 0"));
    rule("at_least = { count = 1, within_days = ‸0 }", &format!("at_least.within_days: {DAYS}, found the number 0"));
    rule("expires_after_days = ‸0", &format!("expires_after_days: {DAYS}, found the number 0"));
    rule("expires_after_days = ‸1.5", &format!("expires_after_days: {DAYS}, found the number 1.5"));
    rule("expires_after_days = ‸36526", &format!("expires_after_days: {DAYS}, found the number 36526"));
    rule("half_life_days = ‸0.0", "half_life_days: expected a number of days above zero, found the number 0.0");
    rule("half_life_days = ‸inf", "half_life_days: expected a number of days above zero, found the number inf");
    rule("cap = { points = ‸-1, per = 'day' }", "cap.points: expected a number, zero or above, found the number -1");
    rule("cap = { points = ‸nan, per = 'day' }", "cap.points: expected a number, zero or above, found the number nan");
    rule(
        "cap = { points = 1, per = ‸'fortnight' }",
        "cap.per: expected one of day, week, month, quarter, year, lifetime, found the text \"fortnight\"",
    );
    rule("cap = ‸5", "cap: expected a table such as { points = 500, per = \"month\" }, found the number 5");
    check_rule(
        "on = 'web.visited'\npoints = ‸0.12345678901234567890123456789",
        &[
            "rule \"a\": points: expected a number of at most 28 digits, found the number 0.12345678901234567890123456789",
        ],
    );
    check_rule(
        "on = 'web.visited'\npoints = ‸-inf",
        &["rule \"a\": points: expected a number of at most 28 digits, found the number -inf"],
    );
    check_rule(
        "absent = { on = 'web.visited', days = ‸0, from = ‸'always' }\nvalid = ‸1\npoints = 1",
        &[
            &format!("rule \"a\": absent.days: {DAYS}, found the number 0"),
            "rule \"a\": absent.from: expected \"first_event\", or no `from`, found the text \"always\"",
            "rule \"a\": valid: expected a table such as { from = \"2026-01-01\", to = \"2026-07-01\" }, found the number 1",
        ],
    );
}

#[test]
fn times_are_dates_or_have_an_offset() {
    const MOMENT: &str = "expected a date such as 2026-01-01, or an RFC 3339 time with offset such as \
                          2026-01-01T08:00:00+02:00";
    let valid = |valid: &str, message: &str| {
        check_rule(&format!("on = 'web.visited'\npoints = 1\nvalid = {valid}"), &[&format!("rule \"a\": {message}")]);
    };
    for (written, found) in [
        ("'2026-02-30'", "the text \"2026-02-30\""),
        ("'20260101'", "the text \"20260101\""),
        ("'2026-01-01T00:00:00'", "the text \"2026-01-01T00:00:00\""),
        ("2026-01-01T00:00:00", "the time 2026-01-01T00:00:00"),
        ("12:00:00", "the time 12:00:00"),
        ("'2026-06-30T23:59:60Z'", "the text \"2026-06-30T23:59:60Z\""),
        ("'2026-01-01T00:00:00+02:00[Europe/Helsinki]'", "the text \"2026-01-01T00:00:00+02:00[Europe/Helsinki]\""),
        ("2026", "the number 2026"),
    ] {
        valid(&format!("{{ from = ‸{written} }}"), &format!("valid.from: {MOMENT}, found {found}"));
    }
    valid("‸{}", "valid: expected `from`, `to` or both, found neither");
    valid(
        "{ from = '2026-01-02', to = ‸2026-01-02T00:00:00Z }",
        "valid.to: expected a later time than `from`, found the time 2026-01-02T00:00:00Z",
    );
    const ZONE: &str = "time_zone: expected the name of a time zone such as Europe/Helsinki or UTC, found the text";
    check_file("name = 'a'\ntime_zone = ‸'Europe/Turku'", &[&format!("{ZONE} \"Europe/Turku\"")]);
    check_file("name = 'a'\ntime_zone = ‸'Etc/Unknown'", &[&format!("{ZONE} \"Etc/Unknown\"")]);
    check_file("name = 'a'\ntime_zone = ‸'+02:00'", &[&format!("{ZONE} \"+02:00\"")]);
}

#[test]
fn rates_are_above_zero_ascend_and_belong_to_a_currency() {
    check_file("name = 'a'\n‸rates.SEK = []", &["rates: expected `currency` beside `rates`, found no `currency`"]);
    let file = |body: &str, messages: &[&str]| check_file(&format!("name = 'a'\ncurrency = 'EUR'\n{body}"), messages);
    check_file(
        "name = 'a'\ncurrency = ‸'eur'",
        &["currency: expected an ISO 4217 code such as EUR, found the text \"eur\""],
    );
    file("rates = ‸1", &["rates: expected a table of rates by currency, found the number 1"]);
    file(
        "rates.SEK = ‸[]",
        &["rates.SEK: expected a list of rates, the earliest first, such as \
           [ { from = \"2026-01-01\", rate = 0.087 } ], found a list"],
    );
    file(
        "rates.‸EURO = [ { from = '2026-01-01', rate = 1 } ]",
        &["rates.EURO: expected an ISO 4217 code such as EUR, found `EURO`"],
    );
    file(
        "rates.‸EUR = [ { from = '2026-01-01', rate = 1 } ]",
        &["rates.EUR: expected a currency other than EUR, which needs no rate, found `EUR`"],
    );
    file(
        "rates.SEK = [ { from = '2026-01-01', rate = ‸0 }, ‸{ rate = ‸'a', ‸to = 1 } ]",
        &[
            "rates.SEK[1].rate: expected a number above zero, found the number 0",
            "rates.SEK[2].from: expected the date from which on the rate holds, found nothing",
            "rates.SEK[2].rate: expected a number above zero, found the text \"a\"",
            "rates.SEK[2]: expected one of from, rate, found `to`",
        ],
    );
    file(
        "rates.SEK = [ { from = '2026-01-01', rate = 1 }, { from = ‸2026-01-01, rate = 1 } ]",
        &["rates.SEK[2].from: expected a later date than that of the rate before, found the time 2026-01-01"],
    );
}

#[test]
fn names_and_ids_are_there_once_and_short() {
    const NAME: &str = "name: expected a name of at most 64 letters, digits and `-`, `_` or `.`, found";
    check_file("‸", &[&format!("{NAME} nothing")]);
    check_file("name = ‸'a/b'", &[&format!("{NAME} the text \"a/b\"")]);
    check_file("name = ‸''", &[&format!("{NAME} the text \"\"")]);
    let long = "x".repeat(65);
    check_file(&format!("name = ‸'{long}'"), &[&format!("{NAME} the text \"{}…\"", "x".repeat(60))]);
    const ID: &str = "expected a text of at most 64 characters, of which no other rule has the same, found";
    let rule = |id: &str| format!("[[rule]]\n{id}\non = 'web.visited'\npoints = 1\n");
    let rules = |rules: &[String], message: &str| check(&format!("name = 'a'\n{}", rules.concat()), &[message]);
    rules(&[rule("id = 'a'"), format!("‸{}", rule(""))], &format!("rule 2: id: {ID} nothing"));
    rules(&[rule("id = 'a'"), rule("id = ‸'a'")], &format!("rule 2: id: {ID} \"a\", as in line 3"));
    rules(&[rule("id = ‸5")], &format!("rule 1: id: {ID} the number 5"));
    rules(&[rule("id = ‸' a'")], &format!("rule 1: id: {ID} the text \" a\""));
    rules(&[rule(&format!("id = ‸'{long}'"))], &format!("rule 1: id: {ID} the text \"{}…\"", "x".repeat(60)));
    check("‸name = 'a'\n", &["rule: expected rules, each under [[rule]], found nothing"]);
    check("name = 'a'\nrule = ‸[]\n", &["rule: expected rules, each under [[rule]], found a list"]);
    check("name = 'a'\n‸[rule]\nid = 'a'\n", &["rule: expected rules, each under [[rule]], found a table"]);
    check("name = 'a'\nrule = [ ‸1 ]\n", &["rule[1]: expected a table, under [[rule]], found the number 1"]);
}

#[test]
fn grades_have_names_and_points_of_their_own() {
    let grades = |grades: &str, messages: &[&str]| {
        check(&format!("name = 'a'\n[[rule]]\nid = 'a'\non = 'web.visited'\npoints = 1\n{grades}"), messages);
    };
    const NAME: &str = "expected a text of at most 64 characters, of which no other grade has the same, found";
    grades(
        "[[grade]]\nname = 'A'\nfrom = 1\n[[grade]]\nname = ‸'A'\nfrom = ‸1.0\n",
        &[
            &format!("grade 2: name: {NAME} \"A\", as in line 7"),
            "grade 2: from: expected other points than those of any other grade, found 1, as in line 8",
        ],
    );
    grades(
        "‸‸[[grade]]\n",
        &[
            "grade 1: from: expected from how many points on the grade is given, a number, found nothing",
            &format!("grade 1: name: {NAME} nothing"),
        ],
    );
    grades(
        "[[grade]]\nname = 'A'\nfrom = 1\nservice = ‸1\nminutes_per_year = ‸-1\ncost_per_year = ‸'x'\n‸colour = 'red'\n",
        &[
            "grade \"A\": service: expected the level of service, in words, found the number 1",
            "grade \"A\": minutes_per_year: expected a number, zero or above, found the number -1",
            "grade \"A\": cost_per_year: expected a number, zero or above, found the text \"x\"",
            "grade \"A\": expected one of name, from, service, minutes_per_year, cost_per_year, found `colour`",
        ],
    );
    check_file("name = 'a'\ngrade = ‸1", &["grade: expected grades, each under [[grade]], found the number 1"]);
}

#[test]
fn each_rule_tells_what_is_wrong_with_it() {
    check(
        "name = 'a'\n[[rule]]\nid = 'a'\non = 'web.visited'\npoints = '(‸'\nlimit = ‸1\n\
         [[rule]]\nid = 'b'\non = ‸'web'\nwhen = 'unknown ‸and'\npoints = ‸{}\n\
         [[rule]]\nid = 'c'\non = 'web.visited'\npoints = '‸page'\n",
        &[
            "rule \"a\": points: expected a value: a name, number, text, function or `(`, found the end",
            "rule \"a\": limit: expected a table such as { count = 1, per = \"day\" }, found the number 1",
            "rule \"b\": on: expected an event type, perhaps web.visited, found \"web\", which is none",
            "rule \"b\": when: expected an operator or the end, found `and`",
            "rule \"b\": points: expected a number, or an expression as a text such as 'floor(amount)', found a table",
            "rule \"c\": points: expected a number, found a text",
        ],
    );
}

#[test]
fn what_is_no_toml_is_told_once_per_line() {
    for (text, message) in [
        ("name = ‸a\nb = 1\n", "expected TOML (string values must be quoted, expected literal string), found `a`"),
        ("name = 'a'\n‸name = 'b'\n", "expected each key once, found `name` again"),
        ("name = 'a‸\n", "expected TOML (invalid literal string, expected `'`), found the end of the line"),
    ] {
        check(text, &[message]);
    }
    assert_eq!(refused("a = 1 2\nb == 3\nc = \u{1}").len(), 3);
}

#[test]
fn what_is_too_large_or_too_deep_is_refused_before_it_is_read() {
    let errors = refused(&"#".repeat(256 * 1024 + 1));
    assert_eq!(told(&errors), "line 1, column 1: expected a file of at most 262144 bytes, found 262145\n");
    let deep = format!("{}1{}", format!("{}={{", ["a"; 79].join(".")).repeat(78), "}".repeat(78));
    assert!(told(&refused(&deep)).contains("expected fewer levels and shorter keys"));
    assert!(told(&refused(&format!("a = {}", "[".repeat(100_000)))).contains("fewer levels"));
    let many: String = (0..1_001).map(|n| format!("[[rule]]\nid='{n}'\non='web.visited'\npoints=1\n")).collect();
    assert_eq!(
        told(&refused(&format!("name='a'\n{many}"))),
        "line 4002, column 1: rule: expected at most 1000 rules, found 1001\n"
    );
    assert_eq!(refused(&format!("name='a'\n{}", "[[rule]]\n".repeat(20_000))).len(), 1_000);
}
