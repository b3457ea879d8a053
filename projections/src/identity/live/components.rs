//! Clustering anew around what changed.

use super::Resolver;
use crate::identity::cluster::{self, Link};
use crate::identity::hash::Set;
use crate::identity::resolve::Component;

impl Resolver {
    /// Finds the clusters anew, as far as what was [put](Self::put) reaches.
    pub fn mend(&mut self) {
        let mut done: Set<u32> = Set::default();
        for place in std::mem::take(&mut self.dirty) {
            if self.residents.get(place).is_none() || done.contains(&place) {
                continue;
            }
            let component = self.component(place);
            done.extend(&component);
            self.mend_component(&component);
        }
    }

    /// The places that links and stewards' links connect with this one, by record id.
    fn component(&self, place: u32) -> Vec<u32> {
        let mut places = self.connected(place);
        places.sort_unstable_by_key(|place| self.residents.id(*place));
        places
    }

    /// The same in no order that tells anything.
    pub(super) fn connected(&self, place: u32) -> Vec<u32> {
        let mut seen: Set<u32> = Set::default();
        seen.insert(place);
        let mut found = vec![place];
        let mut next = 0;
        let decisions = !self.decisions.is_empty();
        while let Some(place) = found.get(next).copied() {
            next += 1;
            let Some(resident) = self.residents.get(place) else { continue };
            let linked = resident.links.iter().filter(|link| link.1 >= self.policy.link).map(|link| link.0);
            found.extend(linked.filter(|other| seen.insert(*other)));
            if decisions {
                let decided = self.decisions.linked(resident.id);
                let decided = decided.filter_map(|id| self.residents.place(id));
                found.extend(decided.filter(|other| seen.insert(*other)));
            }
        }
        found
    }

    fn mend_component(&mut self, places: &[u32]) {
        let clusters = self.cluster(places);
        let mut groups: Vec<Vec<u32>> = vec![Vec::new(); places.len()];
        for (place, cluster) in places.iter().zip(clusters) {
            groups[cluster].push(*place);
        }
        groups.retain(|group| !group.is_empty());
        let before: Vec<Vec<u32>> = groups.iter().map(|group| self.cluster_of(group[0])).collect();
        let changed: Vec<usize> = (0..groups.len()).filter(|at| before[*at] != groups[*at]).collect();
        for at in &changed {
            for place in &groups[*at] {
                self.dissolve(*place);
            }
        }
        for at in changed {
            self.form(&groups[at]);
            for place in &groups[at] {
                self.changed.insert(self.residents.id(*place));
            }
        }
    }

    /// Makes each record of a place's cluster one of its own. Some may be in components that are looked at later.
    fn dissolve(&mut self, place: u32) {
        let lead = self.residents.get(place).map_or(place, |resident| resident.cluster);
        for member in self.clusters.remove(&lead).into_iter().flatten() {
            if let Some(resident) = self.residents.get_mut(member) {
                resident.cluster = member;
                self.changed.insert(resident.id);
            }
        }
    }

    fn cluster_of(&self, place: u32) -> Vec<u32> {
        let lead = self.residents.get(place).map_or(place, |resident| resident.cluster);
        self.clusters.get(&lead).cloned().unwrap_or_else(|| vec![place])
    }

    /// The clusters of a component, each by the lowest number of its records.
    fn cluster(&self, places: &[u32]) -> Vec<usize> {
        if places.len() == 1 {
            return vec![0];
        }
        let found: Vec<_> = places.iter().filter_map(|place| self.residents.get(*place)).collect();
        let ids: Vec<u128> = found.iter().map(|resident| resident.id).collect();
        let number: crate::identity::hash::Map<u64, usize> =
            places.iter().enumerate().map(|(at, place)| (u64::from(*place), at)).collect();
        let mut links = Vec::new();
        for (one, resident) in found.iter().enumerate() {
            for (place, bits) in resident.links.iter().filter(|link| link.1 >= self.policy.link) {
                if let Some(other) = number.get(&u64::from(*place)).filter(|other| **other > one) {
                    links.push(Link { one, other: *other, bits: *bits });
                }
            }
        }
        links.sort_unstable_by_key(|link| (link.one, link.other));
        let judge = Component {
            record: |at: usize| &found[at].prepared,
            crowded: |key: u64| self.blocks.crowded(key),
            scorer: &self.scorer,
            link: self.policy.link,
            between: false,
        };
        cluster::cluster(places.len(), &links, &judge, &mut self.decisions.sets(&ids)).cluster
    }
}
