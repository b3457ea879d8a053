//! Pseudo-random numbers that are the same on every machine: splitmix64, in streams.
//!
//! A stream is named by what is drawn (a [`Topic`]) and for whom (two numbers). Each has its own start, so that any
//! part of any customer can be computed without computing what comes before it. Only integer arithmetic and the
//! operations that IEEE 754 rounds exactly are used: no `powf`, no `ln`, whose last bits differ between machines.

/// The increment of splitmix64: 2^64 divided by the golden ratio, made odd.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of splitmix64: a bijection of 64 bits in which every input bit moves every output bit.
pub const fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What a stream is drawn for. The numbers are part of the output's definition: never re-use one.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub enum Topic {
    /// What is common to a block of customers.
    Block = 1,
    /// How many records a customer has, where, since when.
    Records = 2,
    /// How active a customer is.
    Weight = 3,
    /// Who a customer is.
    Identity = 4,
    /// What a group of customers has in common (household, relatives, companies of one group).
    Group = 5,
    /// What changes for a customer within the period.
    Changes = 6,
    /// Which fields a record has, and how good they are.
    Quality = 7,
    /// How a record writes a field, and its faults.
    Notation = 8,
    /// The dates of a record's edits, consents and verifications.
    Life = 9,
    /// One chain of activity.
    Chain = 10,
    /// What one event of a chain says.
    Step = 11,
    /// How late an event arrives, and its repetition.
    Arrival = 12,
    /// Keys of records.
    Subject = 13,
    /// Ids of events and of what they are about.
    Id = 14,
}

/// The seed of a run.
#[derive(Clone, Copy, Debug)]
pub struct Seed(pub u64);

impl Seed {
    /// The start of a stream, also usable as a key of its own.
    pub const fn key(self, topic: Topic, a: u64, b: u64) -> u64 {
        let z = mix(self.0.wrapping_add((topic as u64).wrapping_mul(GAMMA)));
        let z = mix(z.wrapping_add(a.wrapping_mul(0xd6e8_feb8_6659_fd93)));
        mix(z.wrapping_add(b.wrapping_mul(0xa076_1d64_78bd_642f)))
    }

    /// The stream of this topic for (a, b).
    pub const fn stream(self, topic: Topic, a: u64, b: u64) -> Rng {
        Rng(self.key(topic, a, b))
    }
}

/// A stream of pseudo-random numbers (splitmix64).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A stream that starts at `key`.
    pub const fn new(key: u64) -> Self {
        Self(key)
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// Uniform in `0..n`; 0 when `n` is 0. (Multiply and shift: the bias is below n / 2^32.)
    pub const fn below(&mut self, n: u32) -> u32 {
        (((self.next() >> 32) * n as u64) >> 32) as u32
    }

    /// Uniform in `low..=high`.
    pub const fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// True so many times in a thousand.
    pub const fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1_000) < per_mille
    }

    /// Uniform in `0..span`; 0 when `span` is not positive.
    pub const fn within(&mut self, span: i64) -> i64 {
        if span <= 0 {
            return 0;
        }
        ((self.next() as u128 * span as u128) >> 64) as i64
    }

    /// One of these, which must not be empty.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len() as u32) as usize]
    }

    /// The index of one of these weights, each as likely as it is large.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }
}

/// A bijection of `0..2^bits`, where `2^bits` is the least power of two that holds `count` (at least 2^8): numbers that
/// follow each other are torn apart. Other `salt`, other order.
#[derive(Clone, Copy, Debug)]
pub struct Scramble {
    mask: u64,
    half: u32,
    odd: [u64; 2],
    add: u64,
}

impl Scramble {
    /// A bijection for at least `count` numbers.
    pub const fn new(count: u64, salt: u64) -> Self {
        let needed = 64 - count.saturating_sub(1).leading_zeros();
        let bits = if needed < 8 { 8 } else { needed };
        let mask = if bits >= 64 { u64::MAX } else { (1 << bits) - 1 };
        let key = mix(salt.wrapping_add(GAMMA));
        Self { mask, half: bits.div_ceil(2), odd: [key | 1, mix(key) | 1], add: mix(!key) }
    }

    /// How many numbers it permutes.
    pub const fn size(&self) -> u64 {
        self.mask.saturating_add(1)
    }

    /// Where `number` goes.
    pub const fn apply(&self, number: u64) -> u64 {
        let z = number.wrapping_mul(self.odd[0]).wrapping_add(self.add) & self.mask;
        let z = (z ^ (z >> self.half)).wrapping_mul(self.odd[1]) & self.mask;
        z ^ (z >> self.half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_splitmix64() {
        // The first outputs of the reference implementation for the seed 1234567.
        let mut rng = Rng::new(1_234_567);
        let first = [rng.next(), rng.next(), rng.next()];
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn draws_are_spread_evenly() {
        let mut rng = Seed(1).stream(Topic::Block, 0, 0);
        let mut seen = [0_u32; 10];
        for _ in 0..100_000 {
            seen[rng.below(10) as usize] += 1;
        }
        assert!(seen.iter().all(|n| (9_500..10_500).contains(n)), "{seen:?}");
        let heads = (0..100_000).filter(|_| rng.chance(150)).count();
        assert!((14_500..15_500).contains(&heads), "{heads}");
        assert!((0..10_000).all(|_| (0..7).contains(&rng.within(7))));
        assert_eq!(rng.within(0), 0);
    }

    #[test]
    fn scrambles_are_bijections() {
        for count in [1, 300, 5_000] {
            let scramble = Scramble::new(count, 7);
            let mut seen: Vec<_> = (0..scramble.size()).map(|n| scramble.apply(n)).collect();
            assert_ne!(seen[..3], [0, 1, 2]);
            seen.sort_unstable();
            assert!(seen.iter().copied().eq(0..scramble.size()));
        }
    }
}
