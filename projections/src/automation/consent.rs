//! Whether a person may be contacted, from the events of all records of a customer, in whatever order.
//!
//! Only facts are read, never personal members, so that the answer stands when somebody is erased. What holds at a
//! moment is what was said before it:
//!
//! - consent: the latest `customer.consent_given` or `customer.consent_withdrawn` of the purpose, by the order of facts.
//!   One without a channel is about all channels, one with a channel about that alone. Without consent nobody is
//!   contacted.
//! - `email.unsubscribed` after that consent forbids e-mail.
//! - `email.bounced` forbids e-mail until the contact data are edited, registered or verified again, or the customer
//!   agrees again. Events do not tell hard bounces from soft ones, so each counts.
//! - `customer.preference_stated` with preference `contact` (any channel), `channel:<channel>` or `frequency`, and the
//!   value `none` or `never`, forbids until another value, or null, is stated for the same preference.
//! - `customer.closed` forbids when every source that registered the customer has closed it.
//! - the cap counts messages over the channel within so many days: `message.logged` with direction `outgoing`, and for
//!   e-mail `email.sent`; those with one `message` id are one message.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use kulta_events::{Instant, Json, Order, RecordId, Recorded};

use super::customers::Seen;
use super::definition::Cap;
use crate::pipeline::cause::days_later;
use crate::pipeline::terms::{known, word};

/// The channel that the email family is about.
const EMAIL: &str = "email";
/// Values of a preference that forbid.
const FORBIDDING: [&str; 2] = ["none", "never"];

/// Why a person may not be contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// No source keeps the customer any more.
    Closed,
    /// The customer did not agree to this, or no longer does.
    NoConsent,
    /// The customer unsubscribed since.
    Unsubscribed,
    /// The last mail came back.
    Bounced,
    /// The customer wants no contact, or none over this channel.
    PreferredNot,
    /// So many messages went out already.
    TooOften,
}

/// When somebody is to be contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What happened before this counts. Later than `now` where other clocks are ahead.
    pub said_before: Instant,
    /// The days of the cap end here.
    pub now: Instant,
}

impl Moment {
    /// By what happened before a time.
    pub fn at(now: Instant) -> Self {
        Self { said_before: now, now }
    }
}

/// Whether a person may be contacted over a channel, for a purpose, at a moment, by what happened before it. The first
/// reason against it in the order of [`Withheld`]. The days of the cap are those of `zone`.
///
/// # Errors
/// Why not.
pub fn may_contact(
    events: &[Recorded],
    (channel, purpose): (&str, &str),
    moment: Moment,
    cap: Cap,
    zone: &TimeZone,
) -> Result<(), Withheld> {
    let seen = Seen::before(moment.said_before, events);
    let events = &seen.events[..];
    if is_closed(events) {
        return Err(Withheld::Closed);
    }
    let agreed = consent(events, channel, purpose).ok_or(Withheld::NoConsent)?;
    if channel == EMAIL {
        if last(events, |event| event.type_name == "email.unsubscribed") > Some(agreed) {
            return Err(Withheld::Unsubscribed);
        }
        let mended = last(events, mends).max(Some(agreed));
        if last(events, |event| event.type_name == "email.bounced") > mended {
            return Err(Withheld::Bounced);
        }
    }
    if prefers_not(events, channel) {
        return Err(Withheld::PreferredNot);
    }
    if recent(events, channel, cap.per_days, zone, moment.now) >= cap.count as usize {
        return Err(Withheld::TooOften);
    }
    Ok(())
}

/// Where the last event of some sort stands. Events come in the order of facts.
fn last<'e>(events: &[&'e Recorded], is: impl Fn(&Recorded) -> bool) -> Option<&'e Order> {
    events.iter().rev().find(|event| is(event)).map(|event| &event.order)
}

/// The consent that holds.
fn consent<'e>(events: &[&'e Recorded], channel: &str, purpose: &str) -> Option<&'e Order> {
    let is_about = |event: &&&Recorded| {
        word(event, "purpose").is_some_and(|said| *said == *purpose)
            && word(event, "channel").is_none_or(|said| *said == *channel)
    };
    let is_word = |event: &&&Recorded| {
        ["customer.consent_given", "customer.consent_withdrawn"].contains(&event.type_name.as_str())
    };
    let said = events.iter().rev().filter(is_word).find(is_about)?;
    (said.type_name == "customer.consent_given").then_some(&said.order)
}

/// Whether the address may be another one after this event.
fn mends(event: &Recorded) -> bool {
    match event.type_name.as_str() {
        "customer.registered" | "customer.contact_edited" => true,
        "customer.contact_verified" => word(event, "field").is_some_and(|field| *field == *EMAIL),
        _ => false,
    }
}

fn is_closed(events: &[&Recorded]) -> bool {
    let mut closed: BTreeMap<RecordId, bool> = BTreeMap::new();
    for event in events {
        let is_closed = match event.type_name.as_str() {
            "customer.registered" => false,
            "customer.closed" => true,
            _ => continue,
        };
        closed.extend(event.record.map(|record| (record, is_closed)));
    }
    !closed.is_empty() && closed.values().all(|closed| *closed)
}

fn prefers_not(events: &[&Recorded], channel: &str) -> bool {
    let of_channel = format!("channel:{channel}");
    let mut stated: BTreeMap<Box<str>, bool> = BTreeMap::new();
    for event in events.iter().filter(|event| event.type_name == "customer.preference_stated") {
        let Some(preference) = word(event, "preference") else { continue };
        if ["contact", "frequency", of_channel.as_str()].contains(&&*preference) {
            let forbids = word(event, "value").is_some_and(|value| FORBIDDING.contains(&&*value));
            stated.insert(preference, forbids);
        }
    }
    stated.values().any(|forbids| *forbids)
}

/// How many messages went out over a channel within so many days before a time.
fn recent(events: &[&Recorded], channel: &str, per_days: u32, zone: &TimeZone, at: Instant) -> usize {
    let is_outgoing = |event: &Recorded| known(event, "direction").and_then(Json::as_str) == Some("outgoing");
    let went_out = |event: &Recorded| match event.type_name.as_str() {
        "message.logged" => is_outgoing(event) && word(event, "channel").is_some_and(|said| *said == *channel),
        "email.sent" => channel == EMAIL,
        _ => false,
    };
    let is_recent = |event: &Recorded| days_later(event.order.time, per_days, zone).is_none_or(|over| over > at);
    let sent = events.iter().filter(|event| went_out(event) && is_recent(event));
    // Who names no message speaks of one of its own.
    let name = |event: &&Recorded| word(event, "message").ok_or_else(|| event.order.clone());
    sent.map(name).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests;
