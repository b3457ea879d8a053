//! Links between resident records, kept up as blocks grow and shrink.

use std::collections::BTreeSet;

use super::Resolver;
use crate::identity::block::{NEIGHBOURS, common, joined, refined, weighs};
use crate::identity::hash::Set;
use crate::identity::{compare, pairs};

impl Resolver {
    /// Enters a new record into the blocks, and links it and whatever its coming changes.
    pub(super) fn enter(&mut self, place: u32) {
        let Some(resident) = self.residents.get(place) else { return };
        let (keys, facets) = (resident.prepared.keys.clone(), resident.prepared.facets.clone());
        let mut meet: BTreeSet<u32> = BTreeSet::new();
        for key in keys {
            let limit = self.blocks.limit(key);
            let count = self.blocks.insert(key, place, |place| self.residents.id(place));
            if count <= limit {
                meet.extend(self.blocks.members(key));
            } else if count == limit + 1 {
                self.crowd(key);
                meet.extend(self.blocks.members(key));
            } else if refined(key) {
                for facet in &facets {
                    self.enter_joined(joined(key, *facet), place, &mut meet);
                }
            }
        }
        meet.remove(&place);
        for other in meet {
            self.judge(place, other);
        }
    }

    /// A key became crowded: its records enter the joined blocks, and all its pairs are judged anew.
    fn crowd(&mut self, key: u64) {
        let members = self.blocks.members(key).to_vec();
        for member in members.iter().filter(|_| refined(key)) {
            let facets = self.residents.get(*member).map(|resident| resident.prepared.facets.clone());
            for facet in facets.iter().flatten() {
                self.blocks.insert(joined(key, *facet), *member, |place| self.residents.id(place));
            }
        }
        if self.weighs(key, &members) {
            self.judge_all(&members);
            self.disturb(&members);
        } else {
            self.judge_linked(&members);
        }
    }

    fn enter_joined(&mut self, key: u64, place: u32, meet: &mut BTreeSet<u32>) {
        let limit = self.blocks.limit(key);
        let count = self.blocks.insert(key, place, |place| self.residents.id(place));
        if count <= limit {
            meet.extend(self.blocks.members(key));
        } else if count == limit + 1 {
            let members = self.blocks.members(key).to_vec();
            self.judge_linked(&members);
            meet.extend(self.around(key, place, 0));
        } else {
            let around = self.around(key, place, 0).to_vec();
            self.judge_all(&around);
        }
    }

    /// Takes a record out of the blocks and its links, and judges anew whatever its going changes.
    pub(super) fn leave(&mut self, place: u32) {
        let Some(resident) = self.residents.get_mut(place) else { return };
        for (other, _) in std::mem::take(&mut resident.links) {
            self.unlink(other, place);
        }
        let Some(resident) = self.residents.get(place) else { return };
        let (keys, facets) = (resident.prepared.keys.clone(), resident.prepared.facets.clone());
        for key in keys {
            let limit = self.blocks.limit(key);
            let left = self.blocks.remove(key, place, |place| self.residents.id(place));
            if left < limit {
                continue;
            }
            for facet in facets.iter().filter(|_| refined(key)) {
                self.leave_joined(joined(key, *facet), place);
            }
            if left == limit {
                self.thin(key);
            }
        }
    }

    /// A key is no longer crowded.
    fn thin(&mut self, key: u64) {
        let members = self.blocks.members(key).to_vec();
        for member in members.iter().filter(|_| refined(key)) {
            let facets = self.residents.get(*member).map(|resident| resident.prepared.facets.clone());
            for facet in facets.iter().flatten() {
                self.blocks.remove(joined(key, *facet), *member, |place| self.residents.id(place));
            }
        }
        self.judge_all(&members);
        if self.weighs(key, &members) {
            self.disturb(&members);
        }
    }

    fn leave_joined(&mut self, key: u64, place: u32) {
        let limit = self.blocks.limit(key);
        // Those around it, found before it goes, get to be neighbours.
        let around = if self.blocks.count(key) > limit + 1 { self.around(key, place, 1) } else { &[] };
        let around: Vec<u32> = around.iter().copied().filter(|other| *other != place).collect();
        let left = self.blocks.remove(key, place, |place| self.residents.id(place));
        if left == limit {
            let members = self.blocks.members(key).to_vec();
            self.judge_all(&members);
        }
        self.judge_all(&around);
    }

    /// The places near one in a block that is crowded twice.
    fn around(&self, key: u64, place: u32, more: usize) -> &[u32] {
        let members = self.blocks.members(key);
        let own = self.residents.id(place);
        let at = members.partition_point(|member| self.residents.id(*member) < own);
        let reach = NEIGHBOURS + more;
        &members[at.saturating_sub(reach)..(at + reach + 1).min(members.len())]
    }

    fn judge_all(&mut self, members: &[u32]) {
        for (at, one) in members.iter().enumerate() {
            for other in &members[at + 1..] {
                self.judge(*one, *other);
            }
        }
    }

    /// Judges the pairs that are linked, where fewer pairs meet than before and what they say stands: no others change.
    fn judge_linked(&mut self, members: &[u32]) {
        let inside: Set<u32> = members.iter().copied().collect();
        for one in members {
            let links = self.residents.get(*one).map_or(&[][..], |resident| &resident.links);
            let linked = links.iter().map(|link| link.0).filter(|other| other > one && inside.contains(other));
            for other in linked.collect::<Vec<u32>>() {
                self.judge(*one, other);
            }
        }
    }

    /// Whether crowding this key changes what its records say of each other.
    fn weighs(&self, key: u64, members: &[u32]) -> bool {
        let any = members.first().and_then(|place| self.residents.get(*place));
        any.is_some_and(|resident| weighs(&resident.prepared, key))
    }

    /// A value became crowded, or no longer is: its records count otherwise in the means of each component that holds
    /// two of them, linked or not. Those that links changed for are dirty already.
    fn disturb(&mut self, members: &[u32]) {
        let mut left: Set<u32> = members.iter().copied().collect();
        for place in members {
            if !left.remove(place) {
                continue;
            }
            let others = self.connected(*place).into_iter().filter(|other| left.remove(other)).count();
            if others > 0 {
                self.dirty.insert(*place);
            }
        }
    }

    /// Links two records, or takes their link away, as they are now.
    fn judge(&mut self, one: u32, other: u32) {
        match self.bits(one, other) {
            Some(bits) if bits >= self.policy.ask => {
                self.link(one, other, bits);
                self.link(other, one, bits);
            }
            _ => {
                self.unlink(one, other);
                self.unlink(other, one);
            }
        }
    }

    /// The evidence between two records; `None` when they do not meet.
    fn bits(&self, one: u32, other: u32) -> Option<f32> {
        let (mut a, mut b) = (self.residents.get(one)?, self.residents.get(other)?);
        if b.id < a.id {
            (a, b) = (b, a);
        }
        if !pairs::allowed(&a.prepared, &b.prepared, false) || !self.meet(one, other) {
            return None;
        }
        let crowded = |key: u64| self.blocks.crowded(key);
        Some(self.scorer.score(&compare::compare(&a.prepared, &b.prepared, &crowded)).bits)
    }

    /// Whether two records share an active key.
    pub(super) fn meet(&self, one: u32, other: u32) -> bool {
        let (Some(a), Some(b)) = (self.residents.get(one), self.residents.get(other)) else { return false };
        common(&a.prepared.keys, &b.prepared.keys).any(|key| {
            !self.blocks.crowded(key)
                || refined(key)
                    && common(&a.prepared.facets, &b.prepared.facets).any(|facet| {
                        let key = joined(key, facet);
                        !self.blocks.crowded(key) || self.neighbours(key, one, other)
                    })
        })
    }

    fn neighbours(&self, key: u64, one: u32, other: u32) -> bool {
        self.around(key, one, 0).contains(&other)
    }

    fn link(&mut self, one: u32, other: u32, bits: f32) {
        let Some(resident) = self.residents.get_mut(one) else { return };
        match resident.links.binary_search_by_key(&other, |link| link.0) {
            Ok(at) if resident.links[at].1 == bits => return,
            Ok(at) => resident.links[at].1 = bits,
            Err(at) => resident.links.insert(at, (other, bits)),
        }
        self.dirty.insert(one);
    }

    fn unlink(&mut self, one: u32, other: u32) {
        let Some(resident) = self.residents.get_mut(one) else { return };
        if let Ok(at) = resident.links.binary_search_by_key(&other, |link| link.0) {
            resident.links.remove(at);
            self.dirty.insert(one);
        }
    }
}
