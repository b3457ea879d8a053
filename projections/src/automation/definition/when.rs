//! The conditions.

use kulta_events::Json;
use rust_decimal::Decimal;

use super::document::{Place, Problems, optional};
use super::{Bar, When};
use crate::automation::facets::Condition;
use crate::pipeline::definition::Passing;
use crate::scores::rules::Facets;

/// How many days may be meant: up to a hundred years.
pub(super) const DAYS: (u32, u32) = (1, 36_500);
/// How many events may be counted.
pub(super) const COUNTS: (u32, u32) = (1, 1_000);
/// How much open time before the end a warning may come: a year.
const HOURS: (u32, u32) = (0, 8_760);
/// The most event types, and the most grades.
const MOST_NAMES: usize = 100;
/// The most characters of an id.
const ID: usize = 64;
/// The most characters of a condition.
const MOST_CONDITION: usize = 8_000;

const KINDS: [&str; 8] = ["in_stage", "unanswered", "no_contact", "nothing", "not_opened", "count", "points", "grade"];

pub(super) fn read(place: &Place<'_>, facets: &Facets, problems: &mut Problems) -> Option<When> {
    let (kind, place) = place.single(&KINDS, problems)?;
    match kind {
        "in_stage" => in_stage(&place, problems),
        "unanswered" => {
            place.only(&["hours_before_due"], problems)?;
            Some(When::Unanswered { hours_before_due: place.need_whole("hours_before_due", HOURS, problems)? })
        }
        "no_contact" => Some(When::NoContact { days: only_days(&place, problems)? }),
        "nothing" => nothing(&place, facets, problems),
        "not_opened" => Some(When::NotOpened { days: only_days(&place, problems)? }),
        "count" => count(&place, facets, problems),
        "points" => points(&place, problems),
        _ => grade(&place, problems),
    }
}

fn only_days(place: &Place<'_>, problems: &mut Problems) -> Option<u32> {
    place.only(&["days"], problems)?;
    place.need_whole("days", DAYS, problems)
}

fn in_stage(place: &Place<'_>, problems: &mut Problems) -> Option<When> {
    place.only(&["for", "pipeline", "stage", "days"], problems)?;
    let passing = place.need("for", problems).and_then(|passing| match passing.value.as_str() {
        Some("offers") => Some(Passing::Offers),
        Some("leads") => Some(Passing::Leads),
        _ => passing.refuse("offers or leads", problems),
    });
    let pipeline = place.need_text("pipeline", ID, problems);
    let stage = place.need_text("stage", ID, problems);
    let days = place.need_whole("days", DAYS, problems);
    Some(When::InStage { passing: passing?, pipeline: pipeline?, stage: stage?, days: days? })
}

fn nothing(place: &Place<'_>, facets: &Facets, problems: &mut Problems) -> Option<When> {
    place.only(&["on", "days", "where"], problems)?;
    let on = types(place, facets, problems);
    let days = place.need_whole("days", DAYS, problems);
    let only = condition(place, on.as_deref(), facets, problems);
    Some(When::Nothing { on: on?, days: days?, only: only? })
}

fn count(place: &Place<'_>, facets: &Facets, problems: &mut Problems) -> Option<When> {
    place.only(&["on", "count", "within_days", "where"], problems)?;
    let on = types(place, facets, problems);
    let count = place.need_whole("count", COUNTS, problems);
    let within_days = place.need_whole("within_days", DAYS, problems);
    let only = condition(place, on.as_deref(), facets, problems);
    Some(When::Count { on: on?, count: count?, within_days: within_days?, only: only? })
}

/// The event types under `on`, each once.
fn types(place: &Place<'_>, facets: &Facets, problems: &mut Problems) -> Option<Vec<Box<str>>> {
    let parts = place.need("on", problems)?.list(MOST_NAMES, problems)?;
    names(&parts, problems, |part, name, problems| {
        if facets.has_type(name) {
            return Some(());
        }
        let near = facets.near(name);
        let hint = if near.is_empty() { String::new() } else { format!(", perhaps {}", near.join(" or ")) };
        part.refuse(format!("an event type about a record or a thing{hint}"), problems)
    })
}

/// Texts that are well by themselves, none twice.
fn names(
    parts: &[Place<'_>],
    problems: &mut Problems,
    check: impl Fn(&Place<'_>, &str, &mut Problems) -> Option<()>,
) -> Option<Vec<Box<str>>> {
    let (mut found, mut all_are_well) = (Vec::<Box<str>>::new(), true);
    for part in parts {
        let name = part.text(ID, problems);
        let name = name.filter(|name| check(part, name, problems).is_some());
        match name {
            Some(name) if !found.contains(&name) => found.push(name),
            Some(_) => all_are_well = part.refuse::<()>("each name once", problems).is_some(),
            None => all_are_well = false,
        }
    }
    all_are_well.then_some(found)
}

fn condition(
    place: &Place<'_>,
    on: Option<&[Box<str>]>,
    facets: &Facets,
    problems: &mut Problems,
) -> Option<Option<Condition>> {
    optional(place.get("where"), |place| {
        let text = place.text(MOST_CONDITION, problems)?;
        // What the condition may read is not known while the types are in doubt.
        match Condition::parse(&text, on?, facets) {
            Ok(condition) => Some(condition),
            Err(detail) => {
                problems.add("invalid", &place.pointer, detail);
                None
            }
        }
    })
}

fn points(place: &Place<'_>, problems: &mut Problems) -> Option<When> {
    place.only(&["rule_set", "above", "again_below", "below", "again_above"], problems)?;
    let rule_set = place.need_text("rule_set", ID, problems);
    let rising = place.get("above").is_some() || place.get("again_below").is_some();
    let falling = place.get("below").is_some() || place.get("again_above").is_some();
    if rising == falling {
        return place
            .refuse("either above, with or without again_below, or below, with or without again_above", problems);
    }
    let (bar, again) = if rising { ("above", "again_below") } else { ("below", "again_above") };
    let bar = place.need(bar, problems).and_then(|place| number(&place, problems));
    let again_place = place.get(again);
    let again = optional(place.get(again), |place| number(&place, problems));
    let (rule_set, bar, again) = (rule_set?, bar?, again?.unwrap_or(bar?));
    if let Some(wrong) = again_place.filter(|_| if rising { again > bar } else { again < bar }) {
        return wrong.refuse(if rising { "no more than `above`" } else { "no less than `below`" }, problems);
    }
    let bar = if rising {
        Bar::Above { above: bar, again_below: again }
    } else {
        Bar::Below { below: bar, again_above: again }
    };
    Some(When::Points { rule_set, bar })
}

/// A decimal, as a number or, as amounts stand elsewhere, as a text.
fn number(place: &Place<'_>, problems: &mut Problems) -> Option<Decimal> {
    let found = match place.value {
        Json::Number(_) | Json::String(_) => place.value.as_decimal(),
        _ => None,
    };
    let found = found.filter(|number| number.abs() < Decimal::from(10_i64.pow(15)) && number.scale() <= 6);
    found.or_else(|| place.refuse("a number of at most 15 digits before and 6 after the point", problems))
}

fn grade(place: &Place<'_>, problems: &mut Problems) -> Option<When> {
    place.only(&["rule_set", "to"], problems)?;
    let rule_set = place.need_text("rule_set", ID, problems);
    let to = place.need("to", problems).and_then(|to| to.list(MOST_NAMES, problems));
    let to = to.and_then(|parts| names(&parts, problems, |_, _, _| Some(())));
    Some(When::Grade { rule_set: rule_set?, to: to? })
}
