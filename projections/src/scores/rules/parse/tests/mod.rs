//! Rule files that say something, and all that can be wrong with one.

mod expressions;
mod notations;
mod refusals;
mod told;

use kulta_events::Vocabulary;

use crate::scores::rules::{Facets, RuleError, RuleSet};

/// The example of INTERFACES section 5, to the letter.
pub(super) const EXAMPLE: &str = r#"name = "customer-value"
time_zone = "Europe/Helsinki"            # calendar windows and whole days; default UTC
currency = "EUR"                         # optional; with [rates]: money facets are converted, events without a rate are left out and counted
[rates]
SEK = [ { from = "2025-01-01", rate = 0.087 } ]

[[rule]]
id = "buying"
on = "purchase.made"                     # or a list
when = 'market == "FI" && amount > 0'    # optional
points = 'floor(amount)'                 # expression or number
valid = { from = "2026-01-01", to = "2026-07-01" }       # event time, half-open, either end optional; date (midnight in time_zone) or RFC 3339
cap = { points = 500, per = "month" }    # day, week (ISO), month, quarter, year, lifetime

[[rule]]
id = "size-is-a-risk"                    # marginal tiers over a period's sum; a purchase on a border is split
on = ["purchase.made", "purchase.returned"]
sign = { "purchase.returned" = -1 }
measure = "amount"
per = "year"
tiers = [ { up_to = 500, rate = 1 }, { up_to = 2000, rate = 0.5 }, { rate = 0.1 } ]

[[rule]]
id = "recent-interest"
on = ["email.link_clicked", "web.visited"]
points = 2
half_life_days = 90                      # also: expires_after_days = 365
limit = { count = 1, per = "day" }       # first-time-only: { count = 1, per = "lifetime" }

[[rule]]
id = "hot"
on = "email.link_clicked"
at_least = { count = 3, within_days = 7 }
points = 25

[[rule]]
id = "gone-quiet"
absent = { on = "purchase.made", days = 180 }            # from = "first_event" counts also those who never had one
points = -50

[[grade]]
name = "A"
from = 1000
service = "key account manager, answers within 4 hours"
"#;

fn facets() -> Facets {
    Facets::of(&Vocabulary::standard())
}

fn parsed(text: &str) -> RuleSet {
    RuleSet::parse(text, &facets()).unwrap_or_else(|errors| panic!("{text}\n{}", told(&errors)))
}

fn refused(text: &str) -> Vec<RuleError> {
    match RuleSet::parse(text, &facets()) {
        Ok(_) => panic!("not refused:\n{text}"),
        Err(errors) => errors,
    }
}

fn told(errors: &[RuleError]) -> String {
    errors.iter().map(|error| format!("{error}\n")).collect()
}

/// Marks, in the text of a file, the places at which something is refused, in the order in which it is told.
const MARK: char = '‸';

/// Checks that a file is refused at each mark, with these messages in their order.
fn check(marked: &str, messages: &[&str]) {
    let errors = refused(&marked.replace(MARK, ""));
    let mut places = Vec::new();
    let (mut line, mut column) = (1, 1);
    for c in marked.chars() {
        (line, column) = match c {
            MARK => {
                places.push((line, column));
                (line, column)
            }
            '\n' => (line + 1, 1),
            _ => (line, column + 1),
        };
    }
    let found: Vec<_> = errors.iter().map(|error| (error.line, error.column)).collect();
    assert_eq!(found, places, "{marked}\n{}", told(&errors));
    let without_place = |error: &RuleError| {
        let text = error.to_string();
        text.split_once(": ").map(|(_, message)| message.to_owned()).unwrap()
    };
    let found: Vec<_> = errors.iter().map(without_place).collect();
    assert_eq!(found, messages, "{marked}");
}

/// Checks a file of one rule, given what stands under `id`.
fn check_rule(marked: &str, messages: &[&str]) {
    check(&format!("name = 'a'\n[[rule]]\nid = 'a'\n{marked}\n"), messages);
}

/// Checks the keys of a file around a rule that is well.
fn check_file(marked: &str, messages: &[&str]) {
    check(&format!("{marked}\n[[rule]]\nid = 'a'\non = 'purchase.made'\npoints = 1\n"), messages);
}
