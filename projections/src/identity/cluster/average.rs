//! Average link under constraints.

use super::{AGAINST, FOR, Judge, Link};
use crate::crosswalk::sets::Sets;
use crate::identity::weights::Score;

/// Evidence against, in bits, that counts even between records that share too few fields to be linked.
const TELLING: f32 = -3.0;

/// A group of records, as one row of the table of groups.
struct Group {
    /// Its first member.
    first: usize,
    members: Vec<usize>,
}

/// What lies between two groups.
#[derive(Clone, Copy, Default)]
struct Between {
    sum: f32,
    count: f32,
    apart: bool,
}

impl Between {
    fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
        self.apart |= other.apart;
    }

    fn mean(self) -> Option<f32> {
        (!self.apart && self.count > 0.0).then(|| self.sum / self.count)
    }
}

/// A pair's vote; `None` when its records share too little to tell.
fn vote(score: &Score, link: f32) -> Option<f32> {
    let heard = score.possible >= link || score.bits >= link || score.evidence <= TELLING;
    heard.then(|| (score.bits - link).clamp(-AGAINST, FOR))
}

/// Joins the groups of `members`, best mean first, ties by the lowest members.
pub(super) fn join(members: &[usize], judge: &impl Judge, sets: &mut Sets) {
    let mut groups: Vec<Group> = Vec::new();
    for member in members {
        let root = sets.find(*member);
        match groups.iter_mut().find(|group| sets.find(group.first) == root) {
            Some(group) => group.members.push(*member),
            None => groups.push(Group { first: *member, members: vec![*member] }),
        }
    }
    let count = groups.len();
    let mut table = vec![Between::default(); count * count];
    for row in 0..count {
        for column in row + 1..count {
            let between = between(&groups[row], &groups[column], judge, sets);
            table[row * count + column] = between;
            table[column * count + row] = between;
        }
    }
    let mut alive: Vec<usize> = (0..count).collect();
    while let Some((one, other)) = best(&table, count, &alive) {
        let (a, b) = (groups[one].first, groups[other].first);
        let (a, b) = (sets.find(a), sets.find(b));
        if sets.apart(a, b) {
            table[one * count + other].apart = true;
            table[other * count + one].apart = true;
            continue;
        }
        sets.join(a, b);
        alive.retain(|row| *row != other);
        for row in alive.iter().copied().filter(|row| *row != one) {
            let gained = table[other * count + row];
            table[one * count + row].add(gained);
            table[row * count + one].add(gained);
        }
    }
}

fn between(one: &Group, other: &Group, judge: &impl Judge, sets: &mut Sets) -> Between {
    let mut between = Between::default();
    let (a, b) = (sets.find(one.first), sets.find(other.first));
    between.apart = sets.apart(a, b);
    for a in &one.members {
        for b in &other.members {
            between.apart |= judge.contradict(*a, *b);
            if let Some(vote) = vote(&judge.score(*a, *b), judge.link()) {
                between.sum += vote;
                between.count += 1.0;
            }
        }
    }
    between
}

fn best(table: &[Between], count: usize, alive: &[usize]) -> Option<(usize, usize)> {
    let mut best: Option<(f32, usize, usize)> = None;
    for (at, row) in alive.iter().enumerate() {
        for column in &alive[at + 1..] {
            let Some(mean) = table[row * count + column].mean() else { continue };
            if mean >= 0.0 && best.is_none_or(|(known, _, _)| mean > known) {
                best = Some((mean, *row, *column));
            }
        }
    }
    best.map(|(_, row, column)| (row, column))
}

/// Joins along links, strongest first, as far as nothing contradicts: for near copies, too many to judge all pairs.
pub(super) fn chain(links: &[Link], judge: &impl Judge, sets: &mut Sets) {
    let mut links = links.to_vec();
    links.sort_unstable_by(|a, b| b.bits.total_cmp(&a.bits).then((a.one, a.other).cmp(&(b.one, b.other))));
    let mut members: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
    for link in links {
        let (a, b) = (sets.find(link.one), sets.find(link.other));
        if a == b || sets.apart(a, b) {
            continue;
        }
        let one = members.get(&a).cloned().unwrap_or_else(|| vec![link.one]);
        let other = members.get(&b).cloned().unwrap_or_else(|| vec![link.other]);
        if one.iter().any(|a| other.iter().any(|b| judge.contradict(*a, *b))) {
            continue;
        }
        sets.join(a, b);
        members.remove(&a);
        members.remove(&b);
        members.insert(sets.find(link.one), [one, other].concat());
    }
}
