//! What is common to a run: its seed, its size, its period, and who belongs together.

use super::calendar::SECOND;
use super::rng::{Scramble, Seed, Topic};

/// How many customers are drawn together, so that shares hold exactly and groups are found without a search.
pub const BLOCK: u64 = 100;
/// How many of a block are organisations.
pub const COMPANIES: u64 = 17;

/// A run.
#[derive(Clone, Debug)]
pub struct World {
    /// Where all draws begin.
    pub seed: Seed,
    /// How many customers there are.
    pub customers: u64,
    /// The first microsecond of the period.
    pub start: i64,
    /// How many whole seconds the period has; every event happens at a whole second of it, from 0 to this.
    pub span: i64,
    /// Tears the numbers of e-mail addresses apart (two for each customer).
    pub mailboxes: Scramble,
    /// Tears the keys of records apart (six for each customer).
    pub subjects: [Scramble; 4],
}

impl World {
    /// A run over `start..=end` in microseconds since 1970; an empty period counts as one second.
    pub fn new(seed: u64, customers: u64, start: i64, end: i64) -> Self {
        let salt = |n| Seed(seed).key(Topic::Subject, n, 0);
        Self {
            seed: Seed(seed),
            customers,
            start,
            span: (end.saturating_sub(start) / SECOND).max(1),
            mailboxes: Scramble::new(customers.saturating_mul(2), salt(9)),
            subjects: [0, 1, 2, 3].map(|n| Scramble::new(customers.saturating_mul(6), salt(n))),
        }
    }

    /// A second of the period as microseconds since 1970.
    pub fn micros(&self, second: i64) -> i64 {
        self.start + second * SECOND
    }
}

/// What a customer is in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// The block.
    pub block: u64,
    /// 0 to 99, each once in a block.
    pub number: u64,
}

/// Groups within a block; the numbers name streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Group {
    /// Companies with near-equal names: five.
    FiveCompanies = 0,
    /// Companies with near-equal names: three.
    ThreeCompanies = 1,
    /// A household of two.
    Couple = 2,
    /// A household of three.
    Family = 3,
    /// Two relatives of one name.
    Namesakes = 4,
}

impl Role {
    /// The role of a customer.
    pub fn of(world: &World, customer: u64) -> Self {
        // Odd factors that are no multiples of five permute 0..100.
        const FACTORS: [u64; 8] = [1, 3, 7, 27, 39, 51, 73, 91];
        let (block, place) = (customer / BLOCK, customer % BLOCK);
        let key = world.seed.key(Topic::Block, block, 0);
        let factor = FACTORS[(key % 8) as usize];
        Self { block, number: (factor * place + (key >> 32)) % BLOCK }
    }

    /// Whether it is an organisation.
    pub fn organisation(self) -> bool {
        self.number < COMPANIES
    }

    /// The group that it belongs to, and its place there.
    pub fn group(self) -> Option<(Group, u64)> {
        Some(match self.number {
            0..=4 => (Group::FiveCompanies, self.number),
            5..=7 => (Group::ThreeCompanies, self.number - 5),
            17..=18 => (Group::Couple, self.number - 17),
            19..=21 => (Group::Family, self.number - 19),
            22..=23 => (Group::Namesakes, self.number - 22),
            _ => return None,
        })
    }

    /// Whether its mailbox is one that others use too: three of each block, in turns companies and people.
    pub fn shared_mailbox(self) -> bool {
        if self.block.is_multiple_of(2) { (24..=26).contains(&self.number) } else { (14..=16).contains(&self.number) }
    }

    /// The running number of an organisation among all.
    pub fn company_number(self) -> u64 {
        self.block * COMPANIES + self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_filled_once_in_each_block() {
        let world = World::new(7, 5_000, 0, SECOND);
        for block in 0..50 {
            let mut numbers: Vec<_> = (0..100).map(|place| Role::of(&world, block * 100 + place).number).collect();
            numbers.sort_unstable();
            assert!(numbers.into_iter().eq(0..100));
        }
        let roles = || (0..5_000).map(|customer| Role::of(&world, customer));
        assert_eq!(roles().filter(|role| role.organisation()).count(), 850);
        assert_eq!(roles().filter(|role| role.shared_mailbox()).count(), 150);
        let household = |role: &Role| matches!(role.group(), Some((Group::Couple | Group::Family, _)));
        assert_eq!(roles().filter(household).count(), 250);
        assert_ne!(Role::of(&world, 0), Role::of(&World::new(8, 5_000, 0, SECOND), 0));
    }
}
