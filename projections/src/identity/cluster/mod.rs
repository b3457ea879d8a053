//! From the pairs of a connected component to its customers: a pure function of the records, the policy and the
//! stewards' decisions, in which ties break by record id.
//!
//! Groups of records are joined best first, by the **mean** evidence of the pairs between them (average link), not by
//! their best pair: all pairs are judged, also those that blocking never met, so one wrong link between two customers
//! is outvoted. A pair whose records share too few fields to ever be linked has no vote. Two groups never join when
//! any of one contradicts any of the other: different valid strong ids, a person and an organisation, a steward's
//! word. Correlation clustering gives hardly better results at much higher cost (Hassanzadeh et al., VLDB 2009).
//!
//! A component that is too large to judge pair by pair is taken apart first: links below a rising floor are cut until
//! the parts are small. What was cut is not joined again but left to a steward.

use super::weights::Score;
use crate::crosswalk::sets::Sets;

mod average;

/// Larger components are taken apart first.
pub const LARGEST: usize = 120;
/// Bits by which the floor rises.
const STEP: f32 = 3.0;
/// Records held together by links of so many bits are copies of one another and may be more than [`LARGEST`].
const COPIES: f32 = 24.0;
/// No single pair weighs more than this, for or against, in bits.
const FOR: f32 = 12.0;
const AGAINST: f32 = 12.0;

/// Who knows the records of a component, by their numbers from 0 in the order of their ids.
pub trait Judge {
    /// What two records say of each other.
    fn score(&self, one: usize, other: usize) -> Score;
    /// Whether two records are never one customer's by themselves.
    fn contradict(&self, one: usize, other: usize) -> bool;
    /// Mean bits from which groups are joined.
    fn link(&self) -> f32;
}

/// A link between two records of a component.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// The one.
    pub one: usize,
    /// The other.
    pub other: usize,
    /// Bits.
    pub bits: f32,
}

/// What became of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clustered {
    /// Per record the lowest number in its cluster.
    pub cluster: Vec<usize>,
    /// Whether it was too large and was taken apart.
    pub quarantined: bool,
}

/// Clusters a component of `count` records that `links` connect; `sets` hold what stewards decided.
pub(crate) fn cluster(count: usize, links: &[Link], judge: &impl Judge, sets: &mut Sets) -> Clustered {
    let quarantined = count > LARGEST;
    if quarantined {
        let members: Vec<usize> = (0..count).collect();
        take_apart(&members, links, judge, sets, judge.link());
    } else {
        let members: Vec<usize> = (0..count).collect();
        average::join(&members, judge, sets);
    }
    let mut lowest = vec![usize::MAX; count];
    let cluster = (0..count).map(|at| {
        let root = sets.find(at);
        lowest[root] = lowest[root].min(at);
        lowest[root]
    });
    Clustered { cluster: cluster.collect(), quarantined }
}

/// Cuts links below a rising floor until the parts can be judged pair by pair.
fn take_apart(members: &[usize], links: &[Link], judge: &impl Judge, sets: &mut Sets, floor: f32) {
    let strong: Vec<Link> = links.iter().filter(|link| link.bits >= floor).copied().collect();
    for part in parts(members, &strong) {
        if part.len() <= LARGEST {
            average::join(&part, judge, sets);
            continue;
        }
        let inside: Vec<Link> = strong.iter().filter(|link| part.binary_search(&link.one).is_ok()).copied().collect();
        if floor >= COPIES {
            average::chain(&inside, judge, sets);
        } else {
            take_apart(&part, &inside, judge, sets, floor + STEP);
        }
    }
}

/// Connected parts, each ascending.
fn parts(members: &[usize], links: &[Link]) -> Vec<Vec<usize>> {
    let place = |record: usize| members.binary_search(&record).unwrap_or(0);
    let mut roots: Vec<usize> = (0..members.len()).collect();
    for link in links {
        let (a, b) = (root(&mut roots, place(link.one)), root(&mut roots, place(link.other)));
        let (low, high) = (a.min(b), a.max(b));
        roots[high] = low;
    }
    let mut found: Vec<Vec<usize>> = vec![Vec::new(); members.len()];
    for (at, member) in members.iter().enumerate() {
        let root = root(&mut roots, at);
        found[root].push(*member);
    }
    found.retain(|part| !part.is_empty());
    found
}

/// The root of a place in a forest of parents, which it flattens.
pub(crate) fn root(parents: &mut [usize], mut place: usize) -> usize {
    while parents[place] != place {
        parents[place] = parents[parents[place]];
        place = parents[place];
    }
    place
}
