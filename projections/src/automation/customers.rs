//! Causes of customers, from the events of all of a customer's records, in whatever order; an event that comes twice
//! counts once.
//!
//! [`Cause::thing`] is the record of the event that began the cause, not the customer: a merge or a split changes
//! whose record that is, and neither the name of the cause nor whether it was fired for.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use kulta_events::{Instant, Order, RecordId, Recorded};
use uuid::Uuid;

use super::causes::{Causes, Standing};
use super::facets::{Condition, counts};
use super::things::EVER;
use crate::pipeline::cause::{Cause, days_later, silences};
use crate::pipeline::contact::{Contact, ContactPolicy, Row};
use crate::pipeline::terms::word;
use crate::scores::calendar::Calendar;
use crate::scores::interpret::counts::Gathered;
use crate::scores::rules::AtLeast;

/// The types by which somebody speaks, see [`Contact::of`].
pub(super) const CONTACTS: [&str; 10] = [
    "activity.logged",
    "message.logged",
    "complaint.opened",
    "complaint.customer_reacted",
    "complaint.answered",
    "email.replied",
    "email.sent",
    "enquiry.received",
    "feedback.given",
    "form.submitted",
];
/// The types that tell what became of a mail.
pub(super) const MAILS: [&str; 5] =
    ["email.sent", "email.delivered", "email.opened", "email.link_clicked", "email.replied"];

/// The events of a customer before a time, in the order of facts, each once; and when the next one after that happens.
pub(super) struct Seen<'e> {
    pub(super) events: Vec<&'e Recorded>,
    pub(super) as_of: Instant,
    pub(super) later: Option<Instant>,
}

impl<'e> Seen<'e> {
    pub(super) fn before(as_of: Instant, events: impl IntoIterator<Item = &'e Recorded>) -> Self {
        let (mut events, later): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| event.order.time < as_of);
        events.sort_unstable_by(|a, b| (&a.order, a.position).cmp(&(&b.order, b.position)));
        events.dedup_by(|one, other| one.order == other.order);
        Self { events, as_of, later: later.iter().map(|event| event.order.time).min() }
    }

    pub(super) fn causes(&self, all: Vec<Standing>) -> Causes {
        Causes::split(all, self.later, self.as_of)
    }
}

/// A fact that breaks a silence.
type Heard<'o> = (&'o Order, u64, Option<RecordId>);

/// Times in which nobody spoke to the customer for longer than so many days. What counts as contact is that of
/// [`ContactPolicy::last`]: of a word that was corrected the correction counts.
pub fn no_contact(events: &[Recorded], policy: &ContactPolicy, days: u32, zone: &TimeZone, as_of: Instant) -> Causes {
    let seen = Seen::before(as_of, of_types(events, &CONTACTS));
    // The last word of each key, since events come in the order of facts.
    let words: BTreeMap<_, _> =
        seen.events.iter().filter_map(|event| Contact::of(event)).map(|contact| (contact.key(), contact)).collect();
    let heard = words.values().filter(|contact| policy.counts(contact));
    let heard = heard.map(|contact| (&contact.order, contact.position, Some(contact.record)));
    silent(&seen, heard.collect(), days, zone)
}

/// Times in which none of these events happened for longer than so many days.
pub fn nothing(
    events: &[Recorded],
    (on, only): (&[Box<str>], Option<&Condition>),
    days: u32,
    zone: &TimeZone,
    as_of: Instant,
) -> Causes {
    let seen = Seen::before(as_of, events.iter().filter(|event| counts(event, on, only)));
    let heard = seen.events.iter().map(|event| (&event.order, event.position, event.record)).collect();
    silent(&seen, heard, days, zone)
}

fn silent(seen: &Seen<'_>, mut heard: Vec<Heard<'_>>, days: u32, zone: &TimeZone) -> Causes {
    heard.sort_unstable();
    let record: BTreeMap<u64, Uuid> =
        heard.iter().map(|(_, position, record)| (*position, record.map_or(Uuid::nil(), |record| record.0))).collect();
    // Not yet known whose it is: a cause is named by the record of the fact that began it.
    let orders = heard.iter().map(|(order, position, _)| (*order, *position));
    let ever = silences(Uuid::nil(), orders, days, zone, EVER);
    let all = ever.into_iter().map(|cause| {
        // None was heard up to then; the first one later breaks the silence.
        let broken = heard.partition_point(|(order, ..)| order.time <= cause.at);
        let thing = record.get(&cause.began).copied().unwrap_or_default();
        Standing::of(Cause { thing, ..cause }, heard.get(broken).map(|(order, ..)| order.time))
    });
    seen.causes(all.collect())
}

/// Mails that were not opened, clicked or replied to within so many days after they first went out. They are told apart
/// by `message`, so that `sent` and `delivered` of one mail are one cause, whichever comes in first.
pub fn not_opened(events: &[Recorded], days: u32, zone: &TimeZone, as_of: Instant) -> Causes {
    #[derive(Default)]
    struct Mail<'e> {
        out: Vec<&'e Recorded>,
        answers: Vec<Instant>,
    }
    let seen = Seen::before(as_of, of_types(events, &MAILS));
    let mut mails: BTreeMap<Box<str>, Mail<'_>> = BTreeMap::new();
    for event in &seen.events {
        let (is_out, is_answer) = match event.type_name.as_str() {
            "email.sent" | "email.delivered" => (true, false),
            "email.opened" | "email.link_clicked" | "email.replied" => (false, true),
            _ => continue,
        };
        let Some(message) = word(event, "message") else { continue };
        let mail = mails.entry(message).or_default();
        mail.out.extend(is_out.then_some(event));
        mail.answers.extend(is_answer.then_some(event.order.time));
    }
    let all = mails.values().filter_map(|mail| {
        let (first, also) = mail.out.split_first()?;
        let at = days_later(first.order.time, days, zone)?;
        let answered = mail.answers.first();
        if answered.is_some_and(|answered| *answered <= at) {
            return None;
        }
        let mut also: Vec<_> = also.iter().map(|event| event.position).collect();
        also.sort_unstable();
        let cause = Cause { at, thing: record(first), began: first.position };
        Some(Standing { cause, ends: answered.copied(), also })
    });
    seen.causes(all.collect())
}

/// What completes a number of events within a number of days, as `at_least` does in the rules of scores: events that
/// were counted are used up. The cause is the event that completes the number, and stands for as many days after it.
pub fn counted(
    events: &[Recorded],
    (on, only): (&[Box<str>], Option<&Condition>),
    at_least: AtLeast,
    zone: &TimeZone,
    as_of: Instant,
) -> Causes {
    let seen = Seen::before(as_of, events.iter().filter(|event| counts(event, on, only)));
    let calendar = match (seen.events.first(), seen.events.last()) {
        (Some(first), Some(last)) => Calendar::new(zone.clone(), first.order.time.micros(), last.order.time.micros()),
        _ => return seen.causes(Vec::new()),
    };
    let others = (at_least.count as usize).saturating_sub(1);
    let (mut gathered, mut since, mut all) = (Gathered::new(Some(at_least)), Vec::new(), Vec::new());
    for event in &seen.events {
        since.push(event.position);
        if !gathered.completes(calendar.day(event.order.time.micros())) {
            continue;
        }
        // What was counted are the last ones: the oldest drop out of the days first.
        since.pop();
        let mut also = since.split_off(since.len().saturating_sub(others));
        also.sort_unstable();
        since.clear();
        let at = event.order.time;
        let cause = Cause { at, thing: record(event), began: event.position };
        all.push(Standing { cause, ends: days_later(at, at_least.within_days, zone), also });
    }
    seen.causes(all)
}

fn of_types<'e>(events: &'e [Recorded], types: &[&str]) -> impl Iterator<Item = &'e Recorded> {
    events.iter().filter(|event| types.contains(&event.type_name.as_str()))
}

fn record(event: &Recorded) -> Uuid {
    event.record.map_or(Uuid::nil(), |record| record.0)
}

#[cfg(test)]
mod tests;
