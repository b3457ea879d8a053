//! One rule: which kind it is, and what rules of every kind have.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use toml::de::DeValue;

use super::document::{Item, Problems, Table};
use super::events;
use super::expression::Readable;
use crate::scores::rules::{Cap, Facets, ForAbsence, Pays, Rule, Window};

/// What every rule may say.
const COMMON: [&str; 5] = ["id", "valid", "cap", "half_life_days", "expires_after_days"];
/// What only rules for events may say.
const FOR_EVENTS: [&str; 8] = ["on", "when", "sign", "limit", "at_least", "measure", "per", "tiers"];
/// A hundred years: beyond that a number of days is a mistake.
pub(super) const MOST_DAYS: u32 = 36_525;

/// What a rule stands in.
pub(super) struct Context<'f> {
    pub(super) facets: &'f Facets,
    pub(super) zone: &'f TimeZone,
}

/// Reads a part that need not be there: `Some(None)` when it is not, `None` when it is wrong.
pub(super) fn optional<'d, T>(
    table: &Table<'d>,
    key: &str,
    read: impl FnOnce(Item<'d>) -> Option<T>,
) -> Option<Option<T>> {
    table.get(key).map_or(Some(None), |item| read(item).map(Some))
}

/// Reads a rule, whose id has been read.
pub(super) fn rule(
    id: Option<&str>,
    table: &Table<'_>,
    context: &Context<'_>,
    problems: &mut Problems<'_>,
) -> Option<Rule> {
    let known: Vec<_> = COMMON.into_iter().chain(FOR_EVENTS).chain(["points", "absent"]).collect();
    table.only(&known, problems);
    let pays = match table.get("absent") {
        Some(absent) => absence(table, &absent, context, problems).map(Pays::Absence),
        None => events::for_events(table, context, problems).map(Pays::Events),
    };
    let valid = valid(table, context.zone, problems);
    let cap = optional(table, "cap", |item| cap(&item, problems));
    let half_life_days = optional(table, "half_life_days", |item| {
        item.number("a number of days above zero", |days| days > Decimal::ZERO, problems)
    });
    let expires_after_days = optional(table, "expires_after_days", |item| item.whole(MOST_DAYS, problems));
    Some(Rule {
        id: id?.into(),
        pays: pays?,
        valid: valid?,
        cap: cap?,
        half_life_days: half_life_days?,
        expires_after_days: expires_after_days?,
    })
}

/// `{ from = …, to = … }`, half-open, either end optional.
fn valid(table: &Table<'_>, zone: &TimeZone, problems: &mut Problems<'_>) -> Option<(i64, i64)> {
    const EXPECTED: &str = "a table such as { from = \"2026-01-01\", to = \"2026-07-01\" }";
    let Some(item) = table.get("valid") else {
        return Some((i64::MIN, i64::MAX));
    };
    let ends = item.table(EXPECTED, problems)?;
    ends.only(&["from", "to"], problems);
    if !ends.has("from") && !ends.has("to") {
        problems.add(item.at, &item.path, "`from`, `to` or both", "neither");
        return None;
    }
    let from = optional(&ends, "from", |item| item.moment(zone, problems));
    let to = optional(&ends, "to", |item| item.moment(zone, problems));
    let (from, to) = (from?, to?);
    match (from, to, ends.get("to")) {
        (Some(from), Some(to), Some(item)) if to <= from => {
            problems.add(item.at, &item.path, "a later time than `from`", item.described());
            None
        }
        _ => Some((from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX))),
    }
}

fn cap(item: &Item<'_>, problems: &mut Problems<'_>) -> Option<Cap> {
    const POINTS: &str = "a number, zero or above";
    let table = item.table("a table such as { points = 500, per = \"month\" }", problems)?;
    table.only(&["points", "per"], problems);
    let points = table.need("points", POINTS, problems);
    let points = points.and_then(|item| item.number(POINTS, |points| points >= Decimal::ZERO, problems));
    let per = per(&table, problems);
    Some(Cap { points: points?, per: per? })
}

/// The window under the key `per`.
pub(super) fn per(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Window> {
    let expected = format!("one of {}", Window::ALL.map(Window::name).join(", "));
    let item = table.need("per", &expected, problems)?;
    let name = match item.value {
        DeValue::String(text) => &**text,
        _ => "",
    };
    Window::ALL.into_iter().find(|window| window.name() == name).or_else(|| item.refuse(expected, problems))
}

fn absence(
    rule: &Table<'_>,
    absent: &Item<'_>,
    context: &Context<'_>,
    problems: &mut Problems<'_>,
) -> Option<ForAbsence> {
    const DAYS: &str = "the length of a gap in days";
    for item in FOR_EVENTS.iter().filter_map(|key| rule.get(key)) {
        let known: Vec<_> = COMMON.into_iter().chain(["absent", "points"]).collect();
        let expected = format!("beside `absent` only {}", known.join(", "));
        problems.add(item.at_key, &item.path, expected, "a key that has no meaning there");
    }
    let points = rule.need("points", "a number, or an expression over customer.…", problems);
    let points = points.and_then(|item| item.points(Some(&Readable::of_customers(context.facets)), problems));
    let table = absent.table("a table such as { on = \"purchase.made\", days = 180 }", problems)?;
    table.only(&["on", "days", "from"], problems);
    let on = events::types(&table, "on", context.facets, problems);
    let days = table.need("days", DAYS, problems).and_then(|item| item.whole(MOST_DAYS, problems));
    let from_first_event = optional(&table, "from", |item| match item.value {
        DeValue::String(text) if text == "first_event" => Some(()),
        _ => item.refuse("\"first_event\", or no `from`", problems),
    });
    let from_first_event = from_first_event?.is_some();
    Some(ForAbsence { on: on?, days: days?, from_first_event, points: points? })
}
