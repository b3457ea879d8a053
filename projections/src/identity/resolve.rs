//! Many records at once: clusters from pairs, component by component, on all cores handed in.

use super::cluster::{self, Judge, Link, root};
use super::compare;
use super::pairs::{Index, Pair, Pairs};
use super::policy::MatchPolicy;
use super::prepared::{Kind, Prepared};
use super::weights::{Score, Scorer};
use crate::crosswalk::sets::Sets;

/// What is resolved, and how.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    /// The records.
    pub records: &'a [Prepared],
    /// Their ids, by which ties break.
    pub ids: &'a [u128],
    /// Whether records of one source are never one customer.
    pub between: bool,
    /// How many threads may work.
    pub threads: usize,
}

/// The clusters: for each record the number of the one with the lowest id in its cluster.
pub fn resolve(of: Records<'_>, policy: &MatchPolicy) -> Vec<u32> {
    let index = Index::of(of.records, policy.block_limit, of.threads);
    let scorer = Scorer::of(policy);
    let keep = |compared: &compare::Compared| scorer.score(compared).bits >= policy.ask;
    let pairs = Pairs::find(of.records, of.ids, &index, of.between, of.threads, keep);
    clusters(of, &index, &pairs.kept, policy)
}

/// The clusters that pairs make.
pub fn clusters(of: Records<'_>, index: &Index, pairs: &[Pair], policy: &MatchPolicy) -> Vec<u32> {
    let scorer = Scorer::of(policy);
    let mut parents: Vec<usize> = (0..of.records.len()).collect();
    let mut links: Vec<(u32, u32, f32)> = Vec::new();
    for pair in pairs {
        let bits = scorer.score(&pair.compared).bits;
        if bits >= policy.link {
            links.push((pair.one, pair.other, bits));
            let (a, b) = (root(&mut parents, pair.one as usize), root(&mut parents, pair.other as usize));
            parents[a.max(b)] = a.min(b);
        }
    }
    let mut found: Vec<u32> = (0..of.records.len() as u32).collect();
    let mut members: Vec<(u32, u32)> = Vec::new();
    let mut by_root: Vec<(u32, u32, u32, f32)> = Vec::with_capacity(links.len());
    for (one, other, bits) in links {
        by_root.push((root(&mut parents, one as usize) as u32, one, other, bits));
    }
    for record in 0..of.records.len() {
        members.push((root(&mut parents, record) as u32, record as u32));
    }
    members.sort_unstable();
    by_root.sort_unstable_by_key(|link| (link.0, link.1, link.2));
    let mut links = by_root.as_slice();
    for component in members.chunk_by(|a, b| a.0 == b.0).filter(|component| component.len() > 1) {
        let root = component[0].0;
        let from = links.partition_point(|link| link.0 < root);
        let to = links.partition_point(|link| link.0 <= root);
        let own = &links[from..to];
        links = &links[to..];
        let mut numbers: Vec<u32> = component.iter().map(|member| member.1).collect();
        numbers.sort_unstable_by_key(|number| of.ids[*number as usize]);
        for (number, cluster) in numbers.iter().zip(component_clusters(of, index, &scorer, policy, &numbers, own)) {
            found[*number as usize] = numbers[cluster];
        }
    }
    found
}

fn component_clusters(
    of: Records<'_>,
    index: &Index,
    scorer: &Scorer,
    policy: &MatchPolicy,
    numbers: &[u32],
    links: &[(u32, u32, u32, f32)],
) -> Vec<usize> {
    let crowded = |key: u64| index.crowded(key);
    let own = Component {
        record: |at: usize| &of.records[numbers[at] as usize],
        crowded,
        scorer,
        link: policy.link,
        between: of.between,
    };
    let place: std::collections::HashMap<u32, usize> = numbers.iter().enumerate().map(|(at, n)| (*n, at)).collect();
    let links: Vec<Link> =
        links.iter().map(|(_, one, other, bits)| Link { one: place[one], other: place[other], bits: *bits }).collect();
    let mut sets = Sets::new(numbers.len());
    cluster::cluster(numbers.len(), &links, &own, &mut sets).cluster
}

/// The records of a component, as clustering sees them.
pub(crate) struct Component<'a, R, C> {
    pub record: R,
    pub crowded: C,
    pub scorer: &'a Scorer,
    pub link: f32,
    pub between: bool,
}

impl<'a, R: Fn(usize) -> &'a Prepared, C: Fn(u64) -> bool> Judge for Component<'a, R, C> {
    fn score(&self, one: usize, other: usize) -> Score {
        self.scorer.score(&compare::compare((self.record)(one), (self.record)(other), &self.crowded))
    }

    fn contradict(&self, one: usize, other: usize) -> bool {
        let (a, b) = ((self.record)(one), (self.record)(other));
        let kinds = a.kind != b.kind && a.kind != Kind::Unknown && b.kind != Kind::Unknown;
        kinds || a.contradicts(b) || self.between && a.source == b.source
    }

    fn link(&self) -> f32 {
        self.link
    }
}
