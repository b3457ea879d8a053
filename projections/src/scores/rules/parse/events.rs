//! Rules for events: which ones count, and what they are worth.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::document::{Item, Problems, Table, shown};
use super::expression::Readable;
use super::rule::{Context, MOST_DAYS, optional, per};
use crate::scores::rules::{AtLeast, Facets, ForEvents, Limit, Tier, Tiers, Worth};

const AN_EVENT_TYPE: &str = "an event type such as \"purchase.made\", or a list of them";
const WORTH: &str = "either points, or measure with per and tiers, or absent";
const TIERS: &str = "a list such as [ { up_to = 500, rate = 1 }, { rate = 0.5 } ]";

pub(super) fn for_events(table: &Table<'_>, context: &Context<'_>, problems: &mut Problems<'_>) -> Option<ForEvents> {
    let on = types(table, "on", context.facets, problems);
    let readable = on.as_deref().map(|on| Readable::of_events(context.facets, on));
    let readable = readable.as_ref();
    let when = optional(table, "when", |item| item.condition(readable, problems));
    let negated = match table.get("sign") {
        Some(item) => negated(&item, on.as_deref(), problems),
        None => Some(Vec::new()),
    };
    let limit = optional(table, "limit", |item| limit(&item, problems));
    let at_least = optional(table, "at_least", |item| at_least(&item, problems));
    let worth = worth(table, readable, problems);
    let (when, negated, limit, at_least, worth) = (when?, negated?, limit?, at_least?, worth?);
    Some(ForEvents { on: on?, negated, when, limit, at_least, worth })
}

/// The event types under a key: one, or a list of several.
pub(super) fn types(
    table: &Table<'_>,
    key: &str,
    facets: &Facets,
    problems: &mut Problems<'_>,
) -> Option<Vec<Box<str>>> {
    let item = table.need(key, AN_EVENT_TYPE, problems)?;
    let parts = match item.as_list() {
        Some(_) => item.list(AN_EVENT_TYPE, problems)?,
        None => vec![item],
    };
    let (mut found, mut seen, mut all_are_well) = (Vec::new(), BTreeSet::new(), true);
    for part in &parts {
        match event_type(part, facets, problems) {
            Some(name) if seen.insert(name) => found.push(name.into()),
            Some(name) => {
                problems.add(part.at, &part.path, "each event type once", format!("\"{name}\" again"));
                all_are_well = false;
            }
            None => all_are_well = false,
        }
    }
    all_are_well.then_some(found)
}

fn event_type<'d>(item: &Item<'d>, facets: &Facets, problems: &mut Problems<'_>) -> Option<&'d str> {
    let name = item.text(AN_EVENT_TYPE, problems)?;
    if facets.has_type(name) {
        return Some(name);
    }
    let near = facets.near(name);
    let (expected, found) = if facets.is_not_for_rules(name) {
        ("an event type about a record or a thing".to_owned(), format!("\"{name}\", which is about neither"))
    } else if near.is_empty() {
        ("an event type".to_owned(), format!("\"{}\", which is none", shown(name)))
    } else {
        (format!("an event type, perhaps {}", near.join(" or ")), format!("\"{}\", which is none", shown(name)))
    };
    problems.add(item.at, &item.path, expected, found);
    None
}

/// The types that count with the other sign, in the order of `on`.
fn negated(item: &Item<'_>, on: Option<&[Box<str>]>, problems: &mut Problems<'_>) -> Option<Vec<Box<str>>> {
    let table = item.table("a table such as { \"purchase.returned\" = -1 }", problems)?;
    let (mut negative, mut all_are_well) = (BTreeSet::new(), true);
    for (name, item) in table.entries() {
        if let Some(on) = on
            && on.iter().all(|known| **known != *name)
        {
            let expected = format!("one of the types in `on`: {}", on.join(", "));
            problems.add(item.at_key, &item.path, expected, format!("`{}`", shown(name)));
            all_are_well = false;
        }
        match item.number("1 or -1", |sign| sign.abs() == Decimal::ONE, problems) {
            Some(sign) if sign.is_sign_negative() => {
                negative.insert(name);
            }
            Some(_) => {}
            None => all_are_well = false,
        }
    }
    let on = on.unwrap_or_default().iter();
    all_are_well.then(|| on.filter(|name| negative.contains(&***name)).cloned().collect())
}

fn limit(item: &Item<'_>, problems: &mut Problems<'_>) -> Option<Limit> {
    let table = item.table("a table such as { count = 1, per = \"day\" }", problems)?;
    table.only(&["count", "per"], problems);
    let count = count(&table, problems);
    let per = per(&table, problems);
    Some(Limit { count: count?, per: per? })
}

fn at_least(item: &Item<'_>, problems: &mut Problems<'_>) -> Option<AtLeast> {
    let table = item.table("a table such as { count = 3, within_days = 7 }", problems)?;
    table.only(&["count", "within_days"], problems);
    let count = count(&table, problems);
    let within_days = table.need("within_days", "a number of days", problems);
    let within_days = within_days.and_then(|item| item.whole(MOST_DAYS, problems));
    Some(AtLeast { count: count?, within_days: within_days? })
}

fn count(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<u32> {
    table.need("count", "a whole number above zero", problems)?.whole(u32::MAX, problems)
}

fn worth(table: &Table<'_>, readable: Option<&Readable<'_>>, problems: &mut Problems<'_>) -> Option<Worth> {
    let has_tiers = ["measure", "per", "tiers"].iter().any(|key| table.has(key));
    match table.get("points") {
        Some(item) => {
            let points = item.points(readable, problems);
            if has_tiers {
                problems.add(item.at_key, &item.path, WORTH, "two of them");
                tiers(table, readable, problems);
                return None;
            }
            points.map(Worth::Points)
        }
        None if has_tiers => tiers(table, readable, problems).map(Worth::Tiers),
        None => {
            problems.add(table.at, &table.path("points"), WORTH, "none of them");
            None
        }
    }
}

fn tiers(table: &Table<'_>, readable: Option<&Readable<'_>>, problems: &mut Problems<'_>) -> Option<Tiers> {
    let measure = table.need("measure", "what is summed, an expression", problems);
    let measure = measure.and_then(|item| item.points(readable, problems));
    let per = per(table, problems);
    let tiers = tier_list(table, problems);
    Some(Tiers { measure: measure?, per: per?, tiers: tiers? })
}

fn tier_list(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Vec<Tier>> {
    let parts = table.need("tiers", TIERS, problems)?.list(TIERS, problems)?;
    let (mut tiers, mut before, mut all_are_well) = (Vec::new(), Decimal::ZERO, true);
    for (index, part) in parts.iter().enumerate() {
        let tier = tier(part, before, index + 1 == parts.len(), problems);
        all_are_well &= tier.is_some();
        before = tier.and_then(|tier| tier.up_to).unwrap_or(before);
        tiers.extend(tier);
    }
    all_are_well.then_some(tiers)
}

fn tier(item: &Item<'_>, before: Decimal, is_last: bool, problems: &mut Problems<'_>) -> Option<Tier> {
    const RATE: &str = "points per unit, a number";
    let table = item.table("a table such as { up_to = 500, rate = 1 }", problems)?;
    table.only(&["up_to", "rate"], problems);
    let rate = table.need("rate", RATE, problems).and_then(|item| item.number(RATE, |_| true, problems));
    let up_to = match table.get("up_to") {
        Some(item) => item.number(&format!("a number above {before}"), |end| end > before, problems).map(Some),
        None if is_last => Some(None),
        None => {
            problems.add(table.at, &table.path("up_to"), "where the tier ends (only the last may be open)", "nothing");
            None
        }
    };
    Some(Tier { up_to: up_to?, rate: rate? })
}
