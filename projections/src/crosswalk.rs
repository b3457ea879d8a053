//! Stewards' decisions, and the customers that follow from them.
//!
//! A decision says of two lists of records that all of one are one customer with, or apart from, all of the other.
//! Decisions are taken latest first, by (time, source, id). Each pair of a `link` joins two sets of records, unless a
//! later `separate` keeps any of theirs apart; each pair of a `separate` keeps two sets apart, unless later links
//! joined them already. So the later decision holds, for whole customers and not only for the pair that it names, and
//! the customers depend on the decisions and the records alone, not on the order in which either arrived.

#[cfg(test)]
use std::collections::HashMap;
use std::collections::{BTreeMap, BTreeSet, HashSet};

#[cfg(test)]
use kulta_events::CustomerId;
use kulta_events::payload::{Pairing, Verdict, withdrawn_decision};
use kulta_events::{Order, RecordId, Recorded};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use sets::Sets;

pub(crate) mod sets;

/// What a steward decided, as far as the log has told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id: the stream is `decision-<id>`.
    pub id: Uuid,
    /// What was decided; `None` while only its withdrawal is known.
    pub made: Option<Made>,
    /// That it was taken back.
    pub withdrawn: Option<Withdrawn>,
}

/// A decision's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// One customer, or two.
    pub verdict: Verdict,
    /// One side.
    pub records: Vec<RecordId>,
    /// The other side.
    pub from: Vec<RecordId>,
    /// Among contradicting decisions the later one holds.
    pub order: Order,
    /// Its place in the log.
    pub position: u64,
}

/// That a decision was taken back. When is of no account: a decision that was ever taken back does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// The first withdrawal.
    pub order: Order,
    /// The highest place in the log of any withdrawal of this decision.
    pub position: u64,
}

impl Decision {
    fn unknown(id: Uuid) -> Self {
        Self { id, made: None, withdrawn: None }
    }

    /// Whether it holds, as far as no later one contradicts it.
    pub fn stands(&self) -> bool {
        self.made.is_some() && self.withdrawn.is_none()
    }

    /// The records that it names, on both sides.
    pub fn named(&self) -> impl Iterator<Item = RecordId> + '_ {
        self.made.iter().flat_map(|made| made.records.iter().chain(&made.from)).copied()
    }

    /// The highest place in the log of anything that is known about it.
    pub fn position(&self) -> u64 {
        let made = self.made.as_ref().map_or(0, |made| made.position);
        made.max(self.withdrawn.as_ref().map_or(0, |withdrawn| withdrawn.position))
    }

    /// Its content, while it holds.
    pub(crate) fn standing(&self) -> Option<&Made> {
        self.made.as_ref().filter(|_| self.withdrawn.is_none())
    }
}

/// The decision that an event is about, if it is about one.
pub fn decision_of(event: &Recorded) -> Option<Uuid> {
    let of_stream = || event.stream.strip_prefix("decision-").and_then(|id| id.parse().ok()).unwrap_or(event.key);
    match event.type_name.as_str() {
        "identity.linked" | "identity.separated" | "identity.postponed" => Some(of_stream()),
        "identity.decision_withdrawn" => Some(withdrawn_decision(&event.payload.data).unwrap_or_else(of_stream)),
        _ => None,
    }
}

/// Folds an event into the decisions, in any order; the id of the decision that it is about.
pub fn fold(decisions: &mut BTreeMap<Uuid, Decision>, event: &Recorded) -> Option<Uuid> {
    let id = decision_of(event)?;
    let decision = decisions.entry(id).or_insert_with(|| Decision::unknown(id));
    let verdict = match event.type_name.as_str() {
        "identity.linked" => Verdict::Link,
        "identity.separated" => Verdict::Separate,
        "identity.postponed" => Verdict::Later,
        _ => {
            let (order, position) = match decision.withdrawn.take() {
                Some(known) => (known.order.min(event.order.clone()), known.position.max(event.position)),
                None => (event.order.clone(), event.position),
            };
            decision.withdrawn = Some(Withdrawn { order, position });
            return Some(id);
        }
    };
    // A stream holds one decision; should it ever hold two, the later one is meant.
    if decision.made.as_ref().is_none_or(|known| known.order < event.order) {
        let Pairing { records, from } = Pairing::read(&event.payload.data);
        let position = event.position;
        decision.made = Some(Made { verdict, records, from, order: event.order.clone(), position });
    }
    Some(id)
}

/// A customer as a set of records.
#[cfg(test)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The record with the lowest first position; the customer has its id.
    pub founder: RecordId,
    /// All records, the founder first, by first position.
    pub members: Vec<RecordId>,
}

#[cfg(test)]
impl Cluster {
    /// The customer's id.
    pub fn customer(&self) -> CustomerId {
        self.founder.into()
    }
}

/// The customers that these records, given with their first positions, are by these decisions alone, by the founders'
/// first positions: what tests hold matching against where nothing is alike. Decisions about records that are not given
/// wait until these are.
#[cfg(test)]
pub fn clusters<'a>(records: &[(RecordId, u64)], decisions: impl IntoIterator<Item = &'a Decision>) -> Vec<Cluster> {
    let mut sorted = records.to_vec();
    sorted.sort_unstable_by_key(|(record, position)| (*position, *record));
    let places: HashMap<RecordId, usize> = sorted.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    let standing = decisions.into_iter().filter_map(Decision::standing);
    let mut sets = decided(sorted.len(), standing, |record| places.get(record).copied());
    let mut found: BTreeMap<usize, Vec<RecordId>> = BTreeMap::new();
    let mut first_of_set: HashMap<usize, usize> = HashMap::new();
    for (place, (record, _)) in sorted.iter().enumerate() {
        let first = *first_of_set.entry(sets.find(place)).or_insert(place);
        found.entry(first).or_default().push(*record);
    }
    let with_founder = |members: Vec<RecordId>| Some(Cluster { founder: *members.first()?, members });
    found.into_values().filter_map(with_founder).collect()
}

/// The sets that standing decisions make of so many records, of which `place` knows the places: the latest first.
pub(crate) fn decided<'a>(
    count: usize,
    standing: impl IntoIterator<Item = &'a Made>,
    place: impl Fn(&RecordId) -> Option<usize>,
) -> Sets {
    let mut latest_first: Vec<&Made> = standing.into_iter().collect();
    latest_first.sort_unstable_by(|a, b| b.order.cmp(&a.order));
    // One side: places of known records, by record id, so that nothing depends on first positions.
    let side = |records: &[RecordId]| -> Vec<usize> {
        let known: BTreeSet<_> = records.iter().collect();
        known.into_iter().filter_map(&place).collect()
    };
    let mut sets = Sets::new(count);
    for (number, made) in latest_first.into_iter().enumerate() {
        let (one, other) = (side(&made.records), side(&made.from));
        match made.verdict {
            Verdict::Link => sets.link(&one, &other),
            Verdict::Separate => sets.separate(number, &one, &other),
            Verdict::Later => {}
        }
    }
    sets
}

/// The standing decisions that a new one would override: those that say the opposite of a pair of it, unless a later
/// decision speaks of that pair already. By id.
pub fn contradictions<'a>(
    new: &Pairing,
    verdict: Verdict,
    decisions: impl IntoIterator<Item = &'a Decision>,
) -> Vec<Uuid> {
    let binding = |decision: &'a Decision| Some((decision.id, decision.standing()?));
    let mut latest_first: Vec<(Uuid, &Made)> = decisions.into_iter().filter_map(binding).collect();
    latest_first.retain(|(_, made)| made.verdict != Verdict::Later);
    latest_first.sort_unstable_by(|a, b| b.1.order.cmp(&a.1.order));
    let new = Pairs::of(&new.records, &new.from);
    let mut later: Vec<Pairs> = Vec::new();
    let mut found = BTreeSet::new();
    for (id, made) in latest_first {
        let pairs = Pairs::of(&made.records, &made.from);
        let says = |a, b| pairs.contain(a, b) && !later.iter().any(|later| later.contain(a, b));
        if made.verdict != verdict && new.any(says) {
            found.insert(id);
        }
        later.push(pairs);
    }
    found.into_iter().collect()
}

/// The pairs of a decision, without listing them.
struct Pairs {
    one: HashSet<RecordId>,
    other: HashSet<RecordId>,
}

impl Pairs {
    fn of(one: &[RecordId], other: &[RecordId]) -> Self {
        Self { one: one.iter().copied().collect(), other: other.iter().copied().collect() }
    }

    fn contain(&self, a: RecordId, b: RecordId) -> bool {
        self.one.contains(&a) && self.other.contains(&b) || self.one.contains(&b) && self.other.contains(&a)
    }

    fn any(&self, says: impl Fn(RecordId, RecordId) -> bool) -> bool {
        self.one.iter().any(|a| self.other.iter().any(|b| a != b && says(*a, *b)))
    }
}

/// The records of the source `kulta` that hold edits of a customer, with the founding records that they were linked to
/// when they were created.
///
/// The first edit of a customer creates such a record and links it in the same append. That decision has **the new
/// record's own UUID as its id**, which is how it is told from a steward's later merge.
pub fn attachments<'a>(decisions: impl IntoIterator<Item = &'a Decision>) -> BTreeMap<RecordId, RecordId> {
    let attached = |decision: &Decision| {
        let edits = RecordId(decision.id);
        let made = decision.standing().filter(|made| made.verdict == Verdict::Link)?;
        let founding = match (made.records.as_slice(), made.from.as_slice()) {
            ([one], [other]) if *one == edits => *other,
            ([other], [one]) if *one == edits => *other,
            _ => return None,
        };
        Some((edits, founding))
    };
    decisions.into_iter().filter_map(attached).collect()
}

/// What a split of a customer's `members` into `chosen` and the rest has to separate.
///
/// A record of edits goes with the founding record that it is attached to ([`attachments`]), whatever was chosen.
/// Either side may come out empty: then there is nothing to split.
pub fn split_lists(members: &[RecordId], chosen: &[RecordId], attached: &BTreeMap<RecordId, RecordId>) -> Pairing {
    let known: BTreeSet<_> = members.iter().collect();
    let chosen: BTreeSet<_> = chosen.iter().collect();
    let goes = |record: &RecordId| {
        let mut record = record;
        // An attached record may have been a founding record itself; no chain is longer than the members.
        for _ in 0..members.len() {
            match attached.get(record).filter(|founding| known.contains(founding)) {
                Some(founding) => record = founding,
                None => break,
            }
        }
        chosen.contains(record)
    };
    let (records, from) = members.iter().copied().partition(goes);
    Pairing { records, from }
}

#[cfg(test)]
mod tests;
