//! What one record says now.
//!
//! A record is one customer as one source knows it. Only a few types of event say something about the customer itself
//! ([`shapes_golden`]); they are folded in the order of facts. An event that arrives out of that order is answered
//! with [`Applied::Late`]: the record is then folded again from all its events.

use std::collections::BTreeMap;

use kulta_events::ids::KULTA;
use kulta_events::{Instant, Json, Recorded};
use serde::{Deserialize, Serialize};

use crate::normal::{equal_key, says_nothing};

mod moment;
mod relation;

pub use moment::Moment;
pub use relation::RelationView;

/// Whether events of this type shape what a record says; all others leave it as it is.
pub fn shapes_golden(type_name: &str) -> bool {
    let Some(rest) = type_name.strip_prefix("customer.") else { return false };
    matches!(
        rest,
        "registered"
            | "contact_edited"
            | "contact_verified"
            | "contact_declined"
            | "closed"
            | "classified"
            | "tagged"
            | "untagged"
            | "related"
            | "unrelated"
            | "consent_given"
            | "consent_withdrawn"
            | "preference_stated"
    )
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is part of the state now.
    Folded,
    /// It lies before what was folded already: fold the record again from all its events, in order.
    Late,
    /// It is of another type, or was folded already.
    Ignored,
}

/// What a record says about one field. Moments are places in [`RecordState::moments`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The value as the source wrote it last; `None`: cleared.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
    /// Where the present unbroken run of equal values began.
    #[serde(rename = "o", default, skip_serializing_if = "is_zero")]
    since: u32,
    /// Where it was said last; `None`: at `since`.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    said: Option<u32>,
    /// What was held before it was cleared.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    held: Option<Json>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A consent as one record holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Consent {
    #[serde(rename = "g")]
    pub given: bool,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Box<str>>,
    #[serde(rename = "d", default, skip_serializing_if = "std::ops::Not::not")]
    pub double_opt_in: bool,
    #[serde(rename = "o", default, skip_serializing_if = "is_zero")]
    pub at: u32,
}

/// Per name: a value, or that it was taken back, and the place of the moment that said so.
pub(crate) type Latest<T> = BTreeMap<Box<str>, (Option<T>, u32)>;

/// What one record says now, in the compact form in which it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordState {
    /// The moments that the rest points at, ascending; the last is the highest that was folded.
    #[serde(rename = "m", default)]
    moments: Vec<Moment>,
    #[serde(rename = "f", default, skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<Box<str>, Statement>,
    /// Field → equal key → when somebody made sure of it, in microseconds.
    #[serde(rename = "v", default, skip_serializing_if = "BTreeMap::is_empty")]
    verified: BTreeMap<Box<str>, BTreeMap<Box<str>, i64>>,
    /// Field → when the customer declined to tell it, in microseconds.
    #[serde(rename = "d", default, skip_serializing_if = "BTreeMap::is_empty")]
    declined: BTreeMap<Box<str>, i64>,
    #[serde(rename = "c", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) classes: Latest<Box<str>>,
    #[serde(rename = "t", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: Latest<bool>,
    #[serde(rename = "p", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) preferences: Latest<Box<str>>,
    /// Purpose → channel (empty: any) → consent.
    #[serde(rename = "a", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) consents: BTreeMap<Box<str>, BTreeMap<Box<str>, Consent>>,
    #[serde(rename = "r", default, skip_serializing_if = "BTreeMap::is_empty")]
    relations: relation::Relations,
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    closed: Option<u32>,
}

/// One field of a record, to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldView<'a> {
    /// The value as the source wrote it last; `None`: cleared.
    pub value: Option<&'a Json>,
    /// Where the present unbroken run of equal values (or of being cleared) began.
    pub since: &'a Moment,
    /// Where it was said last.
    pub said: &'a Moment,
    /// What was held before it was cleared.
    pub held: Option<&'a Json>,
}

impl RecordState {
    /// Folds one event.
    pub fn apply(&mut self, event: &Recorded) -> Applied {
        if !shapes_golden(&event.type_name) {
            return Applied::Ignored;
        }
        let moment = Moment { time: event.order.time, id: event.order.id.clone() };
        match self.moments.last().map(|last| moment.cmp(last)) {
            Some(std::cmp::Ordering::Less) => return Applied::Late,
            Some(std::cmp::Ordering::Equal) => return Applied::Ignored,
            _ => self.moments.push(moment),
        }
        let at = u32::try_from(self.moments.len() - 1).unwrap_or(u32::MAX);
        self.fold_at(event, at);
        self.forget_unused();
        Applied::Folded
    }

    /// The state after these events of one record, which are in the order of facts. Other types are passed over.
    pub fn fold<'a>(sorted: impl IntoIterator<Item = &'a Recorded>) -> Self {
        let mut state = Self::default();
        for event in sorted {
            let applied = state.apply(event);
            debug_assert!(applied != Applied::Late, "events are not in the order of facts");
        }
        state
    }

    /// The state after these events of one record, in whatever order they come.
    pub fn fold_unsorted<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Self {
        let mut shaping: Vec<_> = events.into_iter().filter(|event| shapes_golden(&event.type_name)).collect();
        shaping.sort_by(|a, b| a.order.cmp(&b.order));
        Self::fold(shaping)
    }

    /// Whether an event would be [`Applied::Late`].
    pub fn is_late(&self, event: &Recorded) -> bool {
        let before = |last: &Moment| (event.order.time, &event.order.id) < (last.time, &last.id);
        shapes_golden(&event.type_name) && self.moments.last().is_some_and(before)
    }

    /// The moments that the state points at, ascending; the last is the highest that was folded.
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// One field, such as `email` or `attributes.segment`.
    pub fn field(&self, name: &str) -> Option<FieldView<'_>> {
        self.fields.get(name).and_then(|statement| self.view(statement))
    }

    /// Every field that the record ever said something about and did not contradict since, by name.
    pub fn fields(&self) -> impl Iterator<Item = (&str, FieldView<'_>)> {
        self.fields.iter().filter_map(|(name, statement)| Some((&**name, self.view(statement)?)))
    }

    /// When somebody last made sure that `field` holds a value with this equal key.
    pub fn verified(&self, field: &str, key: &str) -> Option<Instant> {
        self.verified.get(field)?.get(key).copied().map(Instant::from_micros)
    }

    pub(crate) fn has_verified(&self, field: &str) -> bool {
        self.verified.contains_key(field)
    }

    /// Fields that the customer declined to tell, and when last.
    pub fn declined(&self) -> impl Iterator<Item = (&str, Instant)> {
        self.declined.iter().map(|(field, micros)| (&**field, Instant::from_micros(*micros)))
    }

    /// When the source closed the record, unless it registered it again.
    pub fn closed(&self) -> Option<Instant> {
        self.moment(self.closed?).map(|moment| moment.time)
    }

    pub(crate) fn moment(&self, at: u32) -> Option<&Moment> {
        self.moments.get(usize::try_from(at).ok()?)
    }

    fn view<'a>(&'a self, statement: &'a Statement) -> Option<FieldView<'a>> {
        let since = self.moment(statement.since)?;
        let said = statement.said.map_or(Some(since), |said| self.moment(said))?;
        Some(FieldView { value: statement.value.as_ref(), since, said, held: statement.held.as_ref() })
    }

    fn fold_at(&mut self, event: &Recorded, at: u32) {
        let data = &event.payload.data;
        let text = |name: &str| data.get(name).and_then(Json::as_str);
        let time = event.order.time.micros();
        match event.type_name.as_str() {
            "customer.registered" => {
                self.closed = None;
                self.state_all(data, at, event.order.source == KULTA);
            }
            "customer.contact_edited" => self.state_all(data, at, event.order.source == KULTA),
            "customer.contact_verified" => {
                // Without a value: what the record says by then. What cannot be opened is not known.
                let said = |field| self.fields.get(field).and_then(|said| said.value.clone());
                let given = |field| match data.get("value") {
                    None if !event.payload.erased => said(field),
                    value => value.cloned(),
                };
                if let Some((field, value)) = text("field").and_then(|field| Some((field, given(field)?))) {
                    self.verify(field, &value, time);
                }
            }
            "customer.contact_declined" => {
                if let Some(field) = text("field") {
                    let latest = self.declined.entry(field.into()).or_insert(time);
                    *latest = time.max(*latest);
                }
            }
            "customer.closed" => self.closed = Some(at),
            "customer.classified" => latest(&mut self.classes, text("scheme"), text("class").map(Into::into), at),
            "customer.tagged" => latest(&mut self.tags, text("tag"), Some(true), at),
            "customer.untagged" => latest(&mut self.tags, text("tag"), None, at),
            "customer.related" => relation::relate(&mut self.relations, data, at, event.order.source == KULTA),
            "customer.unrelated" => relation::unrelate(&mut self.relations, event, at),
            "customer.preference_stated" => {
                latest(&mut self.preferences, text("preference"), text("value").map(Into::into), at);
            }
            "customer.consent_given" => self.consent(data, true, at),
            "customer.consent_withdrawn" => self.consent(data, false, at),
            _ => {}
        }
    }

    /// `deliberate`: people mean what they say, also when they say it again; a system repeats itself every night.
    fn state_all(&mut self, data: &Json, at: u32, deliberate: bool) {
        let attributes = kulta_events::vocabulary::customer::ATTRIBUTES;
        for (name, value) in data.members() {
            if !attributes.iter().any(|field| field.name == name) {
                continue;
            }
            if name != "attributes" {
                self.state(name, value, at, deliberate);
            } else if value.is_null() {
                let known: Vec<_> =
                    self.fields.keys().filter(|known| known.starts_with("attributes.")).cloned().collect();
                for name in known {
                    self.state(&name, &Json::Null, at, deliberate);
                }
            } else {
                for (name, value) in value.members() {
                    self.state(&format!("attributes.{name}"), value, at, deliberate);
                }
            }
        }
    }

    fn state(&mut self, field: &str, value: &Json, at: u32, deliberate: bool) {
        if !value.is_null() && says_nothing(value) {
            return; // an empty cell is no deletion
        }
        let Some(known) = self.fields.get_mut(field) else {
            let value = Some(value).filter(|value| !value.is_null()).cloned();
            self.fields.insert(field.into(), Statement { value, since: at, said: None, held: None });
            return;
        };
        let same = match (&known.value, value) {
            (None, Json::Null) => true,
            (None, _) | (Some(_), Json::Null) => false,
            (Some(before), now) => before == now || equal_key(field, before) == equal_key(field, now),
        };
        if same && !deliberate {
            known.said = Some(at);
        } else {
            known.since = at;
            known.said = None;
        }
        if value.is_null() {
            known.held = known.value.take().or(known.held.take());
        } else {
            known.value = Some(value.clone());
            known.held = None;
        }
    }

    fn verify(&mut self, field: &str, value: &Json, time: i64) {
        // A verified list confirms each of its items.
        let items = match value {
            Json::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        for item in items.iter().filter(|item| !says_nothing(item)) {
            let keys = self.verified.entry(field.into()).or_default();
            let latest = keys.entry(equal_key(field, item).into()).or_insert(time);
            *latest = time.max(*latest);
        }
    }

    fn consent(&mut self, data: &Json, given: bool, at: u32) {
        let text = |name: &str| data.get(name).and_then(Json::as_str);
        let Some(purpose) = text("purpose") else { return };
        let consent = Consent {
            given,
            method: text("method").map(Into::into),
            double_opt_in: data.get("double_opt_in") == Some(&Json::Bool(true)),
            at,
        };
        let channel = text("channel").unwrap_or_default();
        self.consents.entry(purpose.into()).or_default().insert(channel.into(), consent);
    }

    /// Drops the moments that nothing points at any more, but for the last.
    fn forget_unused(&mut self) {
        let count = self.moments.len();
        let mut used = vec![false; count];
        if let Some(last) = used.last_mut() {
            *last = true;
        }
        self.each_place(|place| {
            if let Some(used) = used.get_mut(*place as usize) {
                *used = true;
            }
        });
        if used.iter().all(|used| *used) {
            return;
        }
        let mut moved = Vec::with_capacity(count);
        let mut next = 0_u32;
        for used in &used {
            moved.push(next);
            next += u32::from(*used);
        }
        self.each_place(|place| {
            if let Some(new) = moved.get(*place as usize) {
                *place = *new;
            }
        });
        let mut used = used.into_iter();
        self.moments.retain(|_| used.next().unwrap_or(true));
    }

    fn each_place(&mut self, mut visit: impl FnMut(&mut u32)) {
        for statement in self.fields.values_mut() {
            visit(&mut statement.since);
            statement.said.iter_mut().for_each(&mut visit);
        }
        self.classes.values_mut().for_each(|(_, at)| visit(at));
        self.tags.values_mut().for_each(|(_, at)| visit(at));
        self.preferences.values_mut().for_each(|(_, at)| visit(at));
        self.consents.values_mut().flat_map(BTreeMap::values_mut).for_each(|consent| visit(&mut consent.at));
        relation::places(&mut self.relations).for_each(&mut visit);
        self.closed.iter_mut().for_each(visit);
    }
}

fn latest<T>(map: &mut Latest<T>, name: Option<&str>, value: Option<T>, at: u32) {
    if let Some(name) = name {
        map.insert(name.into(), (value, at));
    }
}

#[cfg(test)]
mod tests;
