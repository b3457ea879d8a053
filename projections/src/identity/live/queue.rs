//! The stewards' queue: what matching asks, customer by customer.

use std::collections::{BTreeMap, BTreeSet};

use kulta_events::Order;
use kulta_events::payload::Verdict;

use super::{Resolver, Review};
use crate::crosswalk::Decision;

/// Whether two customers are one: the strongest pair of their records, and since when the question waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The strongest pair.
    pub review: Review,
    /// When a steward put it off, if one did.
    pub postponed: Option<Order>,
}

impl Resolver {
    /// What is asked of stewards, once for every two customers: the larger customers first, since there most is gained;
    /// then the most doubtful. What was put off comes last, the longest first. What a steward decided is not asked.
    pub fn questions(&self) -> Vec<Question> {
        let mut asked = BTreeSet::new();
        let mut found: Vec<Question> = Vec::new();
        // Reviews come in the order of gain and doubt, so the first of two customers' is theirs.
        for review in self.reviews() {
            let (Some(one), Some(other)) = (self.lead(review.one), self.lead(review.other)) else { continue };
            if !asked.insert((one.min(other), one.max(other))) || self.kept_apart(one, other) {
                continue;
            }
            let postponed = self.postponed(one, other);
            found.push(Question { review, postponed });
        }
        // A stable sort: `None` comes before any order.
        found.sort_by(|a, b| a.postponed.cmp(&b.postponed));
        found
    }

    fn lead(&self, record: kulta_events::RecordId) -> Option<u32> {
        let place = self.residents.place(record.0.as_u128())?;
        Some(self.residents.get(place)?.cluster)
    }

    fn ids(&self, lead: u32) -> impl Iterator<Item = u128> + '_ {
        self.members(lead).into_iter().map(|record| record.0.as_u128())
    }

    /// Whether a steward keeps the two customers apart.
    fn kept_apart(&self, one: u32, other: u32) -> bool {
        if self.decisions.is_empty() {
            return false;
        }
        let sides: BTreeMap<u128, bool> =
            self.ids(one).map(|id| (id, false)).chain(self.ids(other).map(|id| (id, true))).collect();
        let ids: Vec<u128> = sides.keys().copied().collect();
        let mut sets = self.decisions.sets(&ids);
        // Records that decisions hold together stand for each other.
        let mut roots = [BTreeSet::new(), BTreeSet::new()];
        for (place, side) in sides.values().enumerate() {
            roots[usize::from(*side)].insert(sets.find(place));
        }
        let [ones, others] = roots;
        ones.iter().any(|a| others.iter().any(|b| sets.apart(*a, *b)))
    }

    /// When a steward put the question off: the latest such word that names records of both.
    fn postponed(&self, one: u32, other: u32) -> Option<Order> {
        if self.decisions.is_empty() {
            return None;
        }
        let others: BTreeSet<u128> = self.ids(other).collect();
        let later = |decision: &&Decision| decision.standing().is_some_and(|made| made.verdict == Verdict::Later);
        let of_both = |decision: &&Decision| decision.named().any(|record| others.contains(&record.0.as_u128()));
        let naming = self.ids(one).flat_map(|id| self.decisions.naming(id));
        let found = naming.filter(later).filter(of_both);
        found.filter_map(|decision| decision.standing().map(|made| made.order.clone())).max()
    }
}
