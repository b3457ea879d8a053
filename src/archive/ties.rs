//! The order by id of events of one time and source, over all records: who belongs together may change.
//!
//! Ids are personal: they are opened, compared and forgotten, a part at a time, and never written.

use std::collections::HashMap;
use std::path::Path;

use kulta_projections::scores::facts::{Codes, Facts};

use super::Error;
use super::spill::Spill;
use crate::projector::Source;
use crate::replay::read::{Cancel, ids};

/// Ids that are open at a time.
const OPEN: usize = 1 << 20;
/// Ranks of so many positions lie together.
const PAGE: u64 = 1 << 12;

/// When events happened, and by which source.
#[derive(Debug)]
pub struct Moments {
    spill: Spill,
}

/// Events of one time and source, by their positions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    positions: Vec<u64>,
    ends: Vec<usize>,
}

/// Ranks of tied events by position, each plus one, so that 0 stands for an event that is not tied.
#[derive(Clone, Debug, Default)]
pub struct Ranks(HashMap<u64, Box<[u32]>>);

impl Moments {
    /// For so many parts, each of which is sorted in memory.
    pub fn new(dir: &Path, parts: usize) -> Self {
        Self { spill: Spill::new(dir, "moments", parts) }
    }

    /// Takes note of an event.
    pub fn note(&mut self, time: i64, source: u16, position: u64) -> Result<(), Error> {
        // Equal moments must meet in one part; times that differ little should not all do.
        let mixed = (time as u64 ^ u64::from(source) << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let part = ((u128::from(mixed) * self.spill.parts() as u128) >> 64) as usize;
        self.spill.add(part, |out| {
            out.extend_from_slice(&time.to_le_bytes());
            out.extend_from_slice(&position.to_le_bytes());
            out.extend_from_slice(&source.to_le_bytes());
        })
    }

    /// All of them, when they are few.
    pub fn all(&self) -> Result<Vec<(i64, u16, u64)>, Error> {
        let parts = (0..self.spill.parts()).map(|part| self.part(part));
        Ok(parts.collect::<Result<Vec<_>, _>>()?.concat())
    }

    fn part(&self, part: usize) -> Result<Vec<(i64, u16, u64)>, Error> {
        Ok(self.spill.read(part)?.as_chunks::<18>().0.iter().map(moment).collect())
    }

    /// Those of one time and source.
    pub fn tied(&self) -> Result<Groups, Error> {
        let mut groups = Groups::default();
        for part in 0..self.spill.parts() {
            let mut moments = self.part(part)?;
            moments.sort_unstable();
            for tied in moments.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
                groups.add(tied.iter().map(|(_, _, position)| *position));
            }
        }
        Ok(groups)
    }
}

fn moment(bytes: &[u8; 18]) -> (i64, u16, u64) {
    let (time, rest) = bytes.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    let (position, source) = rest.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    let source = source.first_chunk::<2>().unwrap_or(&[0; 2]);
    (i64::from_le_bytes(*time), u16::from_le_bytes(*source), u64::from_le_bytes(*position))
}

impl Groups {
    /// One more, if it has more than one event.
    pub fn add(&mut self, positions: impl Iterator<Item = u64>) {
        let from = self.positions.len();
        self.positions.extend(positions);
        if self.positions.len() < from + 2 {
            self.positions.truncate(from);
        } else {
            self.ends.push(self.positions.len());
        }
    }

    fn iter(&self) -> impl Iterator<Item = &[u64]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.positions[start..*end])
    }
}

impl Ranks {
    /// The rank of the event at a position; 0 when it is not tied.
    pub fn get(&self, position: u64) -> u32 {
        self.known(position).unwrap_or(0)
    }

    fn known(&self, position: u64) -> Option<u32> {
        self.0.get(&(position / PAGE))?[(position % PAGE) as usize].checked_sub(1)
    }

    /// Puts the ranks of tied events in the place of those that they had.
    pub fn correct(&self, positions: &[u64], ranks: &mut [u32]) {
        if self.0.is_empty() {
            return;
        }
        for (position, rank) in positions.iter().zip(ranks) {
            if let Some(known) = self.known(*position) {
                *rank = known;
            }
        }
    }

    fn set(&mut self, position: u64, rank: u32) {
        let page = self.0.entry(position / PAGE).or_insert_with(|| vec![0; PAGE as usize].into());
        page[(position % PAGE) as usize] = rank + 1;
    }

    /// Finds the order of tied events by their ids.
    pub async fn find(source: &Source, groups: &Groups, cancel: &Cancel) -> Result<Self, Error> {
        let mut ranks = Self::default();
        // Events of one time mostly stand near each other in the log, so that it is read about once more in all.
        let mut ordered: Vec<&[u64]> = groups.iter().collect();
        ordered.sort_unstable_by_key(|group| group.first().copied());
        let mut left = ordered.as_slice();
        while !left.is_empty() {
            let mut count = 0;
            let fitting = left.iter().take_while(|group| {
                count += group.len();
                count <= OPEN
            });
            let (now, later) = left.split_at(fitting.count().max(1));
            left = later;
            let mut positions: Vec<u64> = now.iter().flat_map(|group| group.iter()).copied().collect();
            positions.sort_unstable();
            let ids = ids(source, &positions, cancel).await?;
            for group in now {
                let mut group = group.to_vec();
                group.sort_unstable_by(|one, other| ids.get(one).cmp(&ids.get(other)).then(one.cmp(other)));
                (0..).zip(group).for_each(|(rank, position)| ranks.set(position, rank));
            }
        }
        Ok(ranks)
    }
}

/// The moments of new events, to be compared with those of events that are archived.
#[derive(Debug)]
pub struct Meetings {
    /// Time, source by its number here, position: sorted.
    moments: Vec<(i64, u16, u64)>,
    sources: Codes,
    /// A bit for each time, where it falls: most that are asked for are not there.
    bits: Vec<u64>,
}

impl Meetings {
    /// Of these events, their sources numbered as here.
    pub fn new(mut moments: Vec<(i64, u16, u64)>, sources: Codes) -> Self {
        moments.sort_unstable();
        let mut meetings = Self { bits: vec![0; (moments.len() / 4 + 1).next_power_of_two()], moments, sources };
        for place in 0..meetings.moments.len() {
            let (word, bit) = meetings.bit(meetings.moments[place].0);
            meetings.bits[word] |= bit;
        }
        meetings
    }

    fn bit(&self, time: i64) -> (usize, u64) {
        let mixed = (time as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed >> 20) as usize & (self.bits.len() - 1), 1 << (mixed >> 58))
    }

    /// The archived events of these facts that share time and source with a new one.
    pub fn met(&self, facts: &Facts) -> Vec<(i64, u16, u64)> {
        let sources: Vec<_> = facts.sources.names.iter().map(|name| self.sources.code(name)).collect();
        let mut met = Vec::new();
        for (row, time) in facts.times.iter().enumerate() {
            let (word, bit) = self.bit(*time);
            if self.bits[word] & bit == 0 {
                continue;
            }
            let Some(source) = sources[usize::from(facts.sources.codes[row])] else { continue };
            let place = self.moments.partition_point(|(at, of, _)| (*at, *of) < (*time, source));
            if self.moments.get(place).is_some_and(|(at, of, _)| (*at, *of) == (*time, source)) {
                met.push((*time, source, facts.positions[row]));
            }
        }
        met
    }

    /// All that are tied, when these are there as well.
    pub fn groups(self, met: Vec<(i64, u16, u64)>) -> Groups {
        let mut moments = self.moments;
        moments.extend(met);
        moments.sort_unstable();
        let mut groups = Groups::default();
        for tied in moments.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            groups.add(tied.iter().map(|(_, _, position)| *position));
        }
        groups
    }
}
