//! How customers stand to each other: contacts to companies, companies to parents; read from either side.
//!
//! Relations belong to records for ever. The customers on both sides are found through the crosswalk when they are read,
//! so a merge or a split moves nothing. They are shown and never looked at by matching: a contact is not its company.
//!
//! Several records of a customer may speak of one relation. The newest word holds, where a system that repeats itself
//! says nothing new: so what a person ends stays ended, whatever the CRM sends every night.

use std::collections::{BTreeMap, BTreeSet};

use kulta_events::{CustomerId, Instant, Order, RecordId};

use crate::record::RelationView;
use crate::rows::RecordRow;

/// Who says it of whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The customer's own records: it is the contact, the subsidiary.
    Outgoing,
    /// The other's records: it has the contact, the subsidiary.
    Incoming,
}

/// What one record says of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The record that says so.
    pub record: RecordId,
    /// Its source.
    pub source: String,
    /// Its key there; `None` when it is erased.
    pub subject: Option<String>,
    /// The record that it names.
    pub to: RecordId,
    /// As what, in the source's words.
    pub role: Option<String>,
    /// The first day on which it holds.
    pub valid_from: Option<String>,
    /// The first day on which it no longer holds.
    pub valid_until: Option<String>,
    /// Whether the record said that it ended.
    pub ended: bool,
    /// Where the record began to say just this.
    pub since: Order,
    /// When it said so last.
    pub said_at: Instant,
}

/// A relation of a customer to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Who says it of whom.
    pub direction: Direction,
    /// Which, such as `contact_of`.
    pub relation: String,
    /// The other customer; `None` while no event is about the record that was named.
    pub other: Option<CustomerId>,
    /// The other's record.
    pub other_record: RecordId,
    /// What the records say, the word that holds first; of each record of the other the newest word first.
    pub claims: Vec<Claim>,
}

impl Claim {
    fn new(row: &RecordRow, view: RelationView<'_>) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            record: row.record,
            source: row.source.clone(),
            subject: row.subject.clone(),
            to: view.to,
            role: owned(view.role),
            valid_from: owned(view.valid_from),
            valid_until: owned(view.valid_until),
            ended: view.ended,
            since: Order { time: view.since.time, source: row.source.clone(), id: view.since.id.clone() },
            said_at: view.said.time,
        }
    }

    /// Whether the relation holds on a day, `YYYY-MM-DD`.
    pub fn holds_on(&self, day: &str) -> bool {
        self.valid_from.as_deref().is_none_or(|from| from <= day)
            && self.valid_until.as_deref().is_none_or(|until| day < until)
    }
}

/// The relations of a customer, by direction, name and the other customer.
///
/// `own` are its records; `others` the records that speak of those. `holder` tells whose a record is. With a day, only
/// what holds on it. What a customer's records say of each other is left out.
pub fn relations(
    own: &[RecordRow],
    others: &[RecordRow],
    holder: impl Fn(RecordId) -> Option<CustomerId>,
    day: Option<&str>,
) -> Vec<Relation> {
    let Some(customer) = own.first().map(|row| row.customer) else { return Vec::new() };
    // The words of one customer on one relation to one record; the newest of them holds.
    let mut words: BTreeMap<(Direction, &str, Option<CustomerId>, RecordId), Vec<Claim>> = BTreeMap::new();
    for row in own {
        for view in row.state.relations() {
            let other = holder(view.to);
            if other != Some(customer) {
                let of = words.entry((Direction::Outgoing, view.relation, other, view.to)).or_default();
                of.push(Claim::new(row, view));
            }
        }
    }
    for row in others.iter().filter(|row| row.customer != customer) {
        for view in row.state.relations().filter(|view| own.iter().any(|own| own.record == view.to)) {
            let of = words.entry((Direction::Incoming, view.relation, Some(row.customer), view.to)).or_default();
            of.push(Claim::new(row, view));
        }
    }
    together(words, day)
}

/// One relation to each other customer, however many of its records are named.
fn together(
    words: BTreeMap<(Direction, &str, Option<CustomerId>, RecordId), Vec<Claim>>,
    day: Option<&str>,
) -> Vec<Relation> {
    let mut found: BTreeMap<(Direction, &str, CustomerId), Relation> = BTreeMap::new();
    for ((direction, relation, other, to), mut claims) in words {
        claims.sort_by(|a, b| b.since.cmp(&a.since));
        let Some(newest) = claims.first() else { continue };
        if day.is_some_and(|day| !newest.holds_on(day)) {
            continue;
        }
        let other_record = if direction == Direction::Outgoing { to } else { newest.record };
        let key = (direction, relation, other.unwrap_or_else(|| to.into()));
        let relation = Relation { direction, relation: relation.to_owned(), other, other_record, claims };
        match found.get_mut(&key) {
            None => drop(found.insert(key, relation)),
            Some(known) => known.join(relation),
        }
    }
    found.into_values().collect()
}

impl Relation {
    /// The newest word on each record that is named: what holds of it.
    pub fn newest(&self) -> impl Iterator<Item = &Claim> {
        let mut heard = BTreeSet::new();
        self.claims.iter().filter(move |claim| heard.insert(claim.to))
    }

    /// Takes in the words about another record of the same customer: what did not end goes before what did, then the
    /// newer before the older.
    fn join(&mut self, mut other: Self) {
        let rank = |relation: &Self| relation.claims.first().map(|claim| (!claim.ended, claim.since.clone()));
        if rank(&other) > rank(self) {
            std::mem::swap(self, &mut other);
        }
        self.claims.append(&mut other.claims);
    }
}

#[cfg(test)]
mod tests;
