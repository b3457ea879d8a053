//! Many records at once: clusters from pairs, component by component, on all cores handed in.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::cluster::{self, Judge, Link, root};
use super::compare;
use super::hash::Map;
use super::pairs::{Index, Pair, Pairs};
use super::policy::MatchPolicy;
use super::prepared::{Kind, Prepared};
use super::steward::Decisions;
use super::threads::on_all;
use super::weights::{Score, Scorer};

/// What is resolved, and how.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    /// The records.
    pub records: &'a [Prepared],
    /// Their ids, by which ties break.
    pub ids: &'a [u128],
    /// Whether records of one source are not compared with each other.
    pub between: bool,
    /// How many threads may work.
    pub threads: usize,
}

/// The clusters: for each record the number of the one with the lowest id in its cluster.
pub fn resolve(of: Records<'_>, policy: &MatchPolicy, decisions: &Decisions) -> Vec<u32> {
    let index = Index::of(of.records, policy.block_limit, of.threads);
    let scorer = Scorer::of(policy);
    let keep = |compared: &compare::Compared| scorer.score(compared).bits >= policy.ask;
    let pairs = Pairs::find(of.records, of.ids, &index, of.between, of.threads, keep);
    clusters(of, &index, &pairs.kept, policy, decisions)
}

/// A link by the numbers of its records.
type Numbered = (u32, u32, f32);

/// The clusters that pairs make.
pub fn clusters(
    of: Records<'_>,
    index: &Index,
    pairs: &[Pair],
    policy: &MatchPolicy,
    decisions: &Decisions,
) -> Vec<u32> {
    let scorer = Scorer::of(policy);
    let scored = pairs.iter().map(|pair| (pair.one, pair.other, scorer.score(&pair.compared).bits));
    let links: Vec<Numbered> = scored.filter(|link| link.2 >= policy.link).collect();
    let components = components(of, &links, decisions);
    let world = World { of, index, policy, decisions, scorer: &scorer };
    let size = components.len().div_ceil(16 * of.threads.max(1)).max(1);
    let parts: Vec<&[(Vec<u32>, Vec<Numbered>)]> = components.chunks(size).collect();
    let next = AtomicUsize::new(0);
    let work = |_: usize| {
        let mut found: Vec<(u32, u32)> = Vec::new();
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            for (numbers, links) in *part {
                let clusters = world.cluster(numbers, links);
                found.extend(numbers.iter().zip(clusters).map(|(number, cluster)| (*number, numbers[cluster])));
            }
        }
        found
    };
    let mut clusters: Vec<u32> = (0..of.records.len() as u32).collect();
    for (number, cluster) in on_all(of.threads, work).into_iter().flatten() {
        clusters[number as usize] = cluster;
    }
    clusters
}

/// Components of more than one record, each by record id, with their links.
fn components(of: Records<'_>, links: &[Numbered], decisions: &Decisions) -> Vec<(Vec<u32>, Vec<Numbered>)> {
    let mut parents: Vec<usize> = (0..of.records.len()).collect();
    let mut join = |one: usize, other: usize| {
        let (a, b) = (root(&mut parents, one), root(&mut parents, other));
        parents[a.max(b)] = a.min(b);
    };
    links.iter().for_each(|link| join(link.0 as usize, link.1 as usize));
    if !decisions.is_empty() {
        let numbers: Map<u128, usize> = of.ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        for (at, id) in of.ids.iter().enumerate() {
            decisions.linked(*id).filter_map(|other| numbers.get(&other)).for_each(|other| join(at, *other));
        }
    }
    let mut members: Vec<(u32, u32)> = Vec::new();
    for record in 0..of.records.len() {
        members.push((root(&mut parents, record) as u32, record as u32));
    }
    members.sort_unstable();
    let mut by_root: Vec<(u32, Numbered)> =
        links.iter().map(|link| (root(&mut parents, link.0 as usize) as u32, *link)).collect();
    by_root.sort_unstable_by_key(|(root, link)| (*root, link.0, link.1));
    let mut rest = by_root.as_slice();
    let mut found = Vec::new();
    for component in members.chunk_by(|a, b| a.0 == b.0).filter(|component| component.len() > 1) {
        rest = &rest[rest.partition_point(|link| link.0 < component[0].0)..];
        let end = rest.partition_point(|link| link.0 == component[0].0);
        let mut numbers: Vec<u32> = component.iter().map(|member| member.1).collect();
        numbers.sort_unstable_by_key(|number| of.ids[*number as usize]);
        found.push((numbers, rest[..end].iter().map(|link| link.1).collect()));
    }
    found
}

struct World<'a> {
    of: Records<'a>,
    index: &'a Index,
    policy: &'a MatchPolicy,
    decisions: &'a Decisions,
    scorer: &'a Scorer,
}

impl World<'_> {
    /// The clusters of a component, each by the lowest place of its records in `numbers`.
    fn cluster(&self, numbers: &[u32], links: &[Numbered]) -> Vec<usize> {
        let judge = Component {
            record: |at: usize| &self.of.records[numbers[at] as usize],
            crowded: |key: u64| self.index.crowded(key),
            scorer: self.scorer,
            link: self.policy.link,
            between: self.of.between,
        };
        let place: Map<u32, usize> = numbers.iter().enumerate().map(|(at, number)| (*number, at)).collect();
        let link = |(one, other, bits): &Numbered| {
            let (one, other) = (place[one], place[other]);
            Link { one: one.min(other), other: one.max(other), bits: *bits }
        };
        let mut links: Vec<Link> = links.iter().map(link).collect();
        links.sort_unstable_by_key(|link| (link.one, link.other));
        let ids: Vec<u128> = numbers.iter().map(|number| self.of.ids[*number as usize]).collect();
        cluster::cluster(numbers.len(), &links, &judge, &mut self.decisions.sets(&ids)).cluster
    }
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
        let (a, b) = ((self.record)(one), (self.record)(other));
        if self.between && a.source == b.source {
            // They were not to be compared: their pair says nothing.
            return Score { bits: f32::MIN, evidence: 0.0, household: 0.0, possible: f32::MIN };
        }
        self.scorer.score(&compare::compare(a, b, &self.crowded))
    }

    fn contradict(&self, one: usize, other: usize) -> bool {
        let (a, b) = ((self.record)(one), (self.record)(other));
        let kinds = a.kind != b.kind && a.kind != Kind::Unknown && b.kind != Kind::Unknown;
        kinds || a.contradicts(b)
    }

    fn link(&self) -> f32 {
        self.link
    }
}
