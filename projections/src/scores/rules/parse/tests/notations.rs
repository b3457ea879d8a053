//! Files that say the same share a canonical text, others do not; and no text at all is more than refused.

use std::collections::BTreeMap;

use kulta_events::Vocabulary;
use proptest::prelude::*;

use super::{EXAMPLE, facets, parsed};
use crate::scores::rules::{Facets, RuleSet};

/// The example in other words: keys in another order, other notations, other tables, no comments.
const THE_SAME: &str = r#"
grade = [ { service = 'key account manager, answers within 4 hours', from = 1_000.00, name = "\u0041" } ]
rates = { SEK = [ { rate = 87e-3, from = 2024-12-31T22:00:00Z } ] }
currency = 'EUR'
name = "customer-value"
time_zone = "europe/helsinki"
[[rule]]
cap.per = 'month'
cap.points = "500.0"
points = "amount.floor()"
when = """
(market == 'FI') // the home market
  && amount > 0.00
"""
on = ["purchase.made"]
id = "buying"
valid = { to = '2026-06-30T21:00:00Z', from = 2026-01-01 }
[[rule]]
tiers = [ { rate = 1.0, up_to = 5e2 }, { rate = "0.50", up_to = 0x7d0 }, { rate = +0.1 } ]
per = "year"
measure = '`amount`'
id = "size-is-a-risk"
sign = { "purchase.returned" = -1.0, "purchase.made" = 1 }
on = ["purchase.made", "purchase.returned"]
[[rule]]
id = "recent-interest"
half_life_days = "90"
points = '2.0'
limit = { per = "day", count = 1 }
on = ["email.link_clicked", "web.visited"]
[[rule]]
points = '(25)'
id = "hot"
on = "email.link_clicked"
[rule.at_least]
within_days = 7
count = 3.0
[[rule]]
points = "-(50)"
absent.days = 180
absent.on = ["purchase.made"]
id = "gone-quiet"
"#;

#[test]
fn another_notation_is_the_same_rule_set() {
    assert_eq!(parsed(THE_SAME).canonical(), parsed(EXAMPLE).canonical());
    assert_eq!(parsed(THE_SAME).in_words(), parsed(EXAMPLE).in_words());
}

#[test]
fn any_change_of_meaning_is_another_rule_set() {
    let mut seen = BTreeMap::from([(parsed(EXAMPLE).canonical(), "the example")]);
    for (from, to) in [
        ("customer-value", "customer-worth"),
        ("Europe/Helsinki", "Europe/Stockholm"),
        ("\"EUR\" ", "\"GBP\" "),
        ("0.087", "0.0871"),
        ("2025-01-01", "2025-01-02"),
        ("\"buying\"", "\"buyin\""),
        ("amount > 0'", "amount >= 0'"),
        ("== \"FI\"", "== \"FI \""),
        ("'floor(amount)' ", "'ceil(amount)' "),
        ("from = \"2026-01-01\", ", ""),
        (", to = \"2026-07-01\"", ""),
        ("points = 500", "points = 501"),
        ("per = \"month\"", "per = \"quarter\""),
        ("sign = { \"purchase.returned\" = -1 }", ""),
        ("[\"purchase.made\", \"purchase.returned\"]\nsign", "[\"purchase.returned\", \"purchase.made\"]\nsign"),
        ("measure = \"amount\"", "measure = \"amount * 2\""),
        ("per = \"year\"", "per = \"lifetime\""),
        ("up_to = 500", "up_to = 501"),
        ("rate = 0.5 }", "rate = 0.6 }"),
        (", { rate = 0.1 }", ", { up_to = 9000, rate = 0.1 }"),
        (", { rate = 0.1 }", ""),
        ("points = 2\n", "points = 2.5\n"),
        ("half_life_days = 90 ", "expires_after_days = 90 "),
        ("half_life_days = 90 ", "half_life_days = 90.5 "),
        ("limit = { count = 1, per = \"day\" } ", "limit = { count = 1, per = \"lifetime\" }"),
        ("limit = { count = 1, per = \"day\" } ", ""),
        ("limit = { count = 1,", "limit = { count = 2,"),
        ("count = 3, within_days = 7", "count = 3, within_days = 8"),
        ("at_least = { count = 3, within_days = 7 }", ""),
        ("days = 180 }", "days = 181 }"),
        ("days = 180 }", "days = 180, from = \"first_event\" }"),
        ("points = -50", "points = 50"),
        ("name = \"A\"", "name = \"B\""),
        ("from = 1000", "from = 1001"),
        ("service = \"key", "service = \"Key"),
        ("from = 1000", "from = 1000\nminutes_per_year = 5"),
        ("from = 1000", "from = 1000\ncost_per_year = 5"),
    ] {
        let changed = EXAMPLE.replacen(from, to, 1);
        assert_ne!(changed, EXAMPLE, "{from}");
        let other = seen.insert(parsed(&changed).canonical(), from);
        assert_eq!(other, None, "{from} becomes {to}");
    }
}

/// The parts of a rule, in some order and some notation.
fn a_rule(order: &[usize], notation: bool) -> String {
    let either = |one: &str, other: &str| if notation { one.to_owned() } else { other.to_owned() };
    let mut parts = [
        either("on = 'purchase.made'", "on=[ \"purchase.made\" ] # one"),
        either("when = 'amount > 1.50'", "when = \"amount>1.5 // cheap\""),
        either("points = 1.25", "points = '1.250'"),
        either("cap = { points = 10, per = 'day' }", "cap.points = 1e1\n  cap.per = \"\"\"day\"\"\""),
        either("half_life_days = 30", "half_life_days = 30.000"),
    ];
    let mut sorted: Vec<_> = parts.iter_mut().zip(order).collect();
    sorted.sort_by_key(|(_, place)| **place);
    sorted.into_iter().map(|(part, _)| format!("{part}\n")).collect()
}

proptest! {
    #[test]
    fn order_of_keys_and_notation_do_not_matter(order in prop::collection::vec(0..99_usize, 5), notation: bool) {
        let file = |rule: String| parsed(&format!("name = 'a'\n[[rule]]\nid = 'a'\n{rule}"));
        let usual = file(a_rule(&[0, 1, 2, 3, 4], true));
        prop_assert_eq!(file(a_rule(&order, notation)).canonical(), usual.canonical());
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        ends_well(&text)?;
    }

    #[test]
    fn no_damage_makes_it_panic(
        place in 0..EXAMPLE.len(),
        length in 0..40_usize,
        patch in prop::sample::select(vec![
            "", "\"", "'", "\\", "\"\"\"", "'''", "{", "}", "[", "]", "[[", "=", ".", ",", "#", "\n", "-", "1e99", "inf", "ä\u{1}", "\u{feff}",
            "nan", "-1", "99999999999999999999999999999", "[[rule]]\n", "\\u00e4", "((((", "amount", "reason",
        ]),
    ) {
        let bytes = EXAMPLE.as_bytes();
        let end = (place + length).min(bytes.len());
        let text = [&bytes[..place], patch.as_bytes(), &bytes[end..]].concat();
        ends_well(&String::from_utf8_lossy(&text))?;
    }

    #[test]
    fn no_pieces_make_it_panic(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "name = 'a'\n", "[[rule]]\n", "id = 'a'\n", "id = 'b'\n", "on = 'purchase.made'\n", "on = []\n", "points = 1\n", "when = 'a.b('\n",
            "absent = { on = 'web.visited', days = 1 }\n", "absent = 1\n", "tiers = [{rate=1}]\n", "measure = 'amount'\n", "per = 'day'\n",
            "valid = { from = 0000-01-01, to = 9999-12-31 }\n", "valid = { from = '9999-12-31T23:59:59.9999999999-23:59' }\n",
            "time_zone = 'Asia/Tokyo'\n", "currency = 'EUR'\n", "[rates]\n", "SEK = [{from = 0001-01-01, rate = 1e-28}]\n", "[[grade]]\n",
            "from = 1e27\n", "name = 'A'\n", "sign = {'purchase.made' = -1}\n", "limit = {}\n", "cap = {}\n", "points = '''\r\n\"\\u'''\n",
            "points = \"\"\"\\\n \\\" \\\\ \"\"\"\n", "rule = 1\n", "grade = [1, [], {}]\n",
        ]), 0..12),
    ) {
        ends_well(&pieces.concat())?;
    }
}

/// Either a rule set of which everything can be told, or errors with places in the text, in order.
fn ends_well(text: &str) -> Result<(), TestCaseError> {
    thread_local!(static FACETS: Facets = Facets::of(&Vocabulary::standard()));
    match FACETS.with(|facets| RuleSet::parse(text, facets)) {
        Ok(rule_set) => {
            prop_assert!(!rule_set.rules.is_empty());
            prop_assert!(!rule_set.in_words().is_empty() && !rule_set.canonical().is_empty());
            rule_set.reads(&facets());
            rule_set.warnings(&facets());
        }
        Err(errors) => {
            prop_assert!(!errors.is_empty());
            prop_assert!(errors.is_sorted_by_key(|error| (error.line, error.column)));
            for error in &errors {
                let line = text.split('\n').nth(error.line as usize - 1);
                let columns = line.map(|line| line.chars().count() + 1);
                prop_assert!(
                    columns.is_some_and(|columns| (1..=columns).contains(&(error.column as usize))),
                    "{error}"
                );
            }
        }
    }
    Ok(())
}
