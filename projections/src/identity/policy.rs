//! The match policy: everything that decides which records are one customer, frozen when it is published.

use serde::{Deserialize, Serialize};

use super::compare::{self, slots};
use super::normal;
use super::terms::Terms;
use super::weights::Weights;

/// Records that share a key value beyond this make it crowded.
const BLOCK_LIMIT: u32 = 50;
/// How many records the built-in policy expects of each kind.
const BUILT_IN_RECORDS: u64 = 100_000;
/// Mean evidence, in bits, at which groups of records are joined: odds of 2 to 1.
const LINK: f32 = 1.0;
/// A steward is asked from here on: odds of 1 to 8.
const ASK: f32 = -3.0;
/// Of these types a customer has one.
const STRONG: [&str; 4] = ["business", "vat", "personal", "lei"];

/// A policy. What it does depends on nothing but itself and the versions of normaliser and comparer that it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchPolicy {
    /// Version of the normaliser that it was made for.
    pub normaliser: u32,
    /// Version of the comparer that it was made for.
    pub comparer: u32,
    /// K: a value that more records share is crowded.
    pub block_limit: u32,
    /// Bits of evidence from which records are linked without asking.
    pub link: f32,
    /// Bits of evidence from which a steward is asked.
    pub ask: f32,
    /// Types of ids of which a customer has one: two different valid ones are never one customer's.
    pub strong_ids: Vec<String>,
    /// How persons are weighed.
    pub persons: Weights,
    /// How organisations are weighed.
    pub organisations: Weights,
    /// Frequent values.
    #[serde(default, skip_serializing_if = "Terms::is_empty")]
    pub terms: Terms,
}

/// A policy that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no policy.
    #[error("not a match policy")]
    Form(#[from] serde_json::Error),
    /// It was made for other comparisons than these.
    #[error("the policy was made for normaliser {normaliser} and comparer {comparer}")]
    Version {
        /// Its normaliser.
        normaliser: u32,
        /// Its comparer.
        comparer: u32,
    },
    /// It lacks a comparison, or a number is out of range.
    #[error("the policy's {0} is not usable")]
    Content(&'static str),
}

impl MatchPolicy {
    /// The policy for live use before any training.
    pub fn built_in() -> Self {
        Self {
            normaliser: normal::VERSION,
            comparer: compare::VERSION,
            block_limit: BLOCK_LIMIT,
            link: LINK,
            ask: ASK,
            strong_ids: STRONG.map(str::to_owned).to_vec(),
            persons: Weights::built_in(false, BUILT_IN_RECORDS),
            organisations: Weights::built_in(true, BUILT_IN_RECORDS),
            terms: Terms::default(),
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// When it is no policy, or not one for this normaliser and comparer.
    pub fn read(text: &str) -> Result<Self, Error> {
        serde_json::from_str::<Self>(text)?.checked()
    }

    /// The policy, if it can be used.
    ///
    /// # Errors
    /// When it was made for another version, or lacks a comparison.
    pub fn checked(self) -> Result<Self, Error> {
        if (self.normaliser, self.comparer) != (normal::VERSION, compare::VERSION) {
            return Err(Error::Version { normaliser: self.normaliser, comparer: self.comparer });
        }
        if !self.persons.fit(slots::PERSON) {
            return Err(Error::Content("persons"));
        }
        if !self.organisations.fit(slots::ORGANISATION) {
            return Err(Error::Content("organisations"));
        }
        if self.block_limit < 2 {
            return Err(Error::Content("block_limit"));
        }
        if !(self.link.is_finite() && self.ask.is_finite() && self.ask <= self.link) {
            return Err(Error::Content("link and ask"));
        }
        Ok(self)
    }

    /// The JSON form.
    ///
    /// # Errors
    /// When a number in it is not finite.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// Whether ids of this type are strong.
    pub fn calls_strong(&self, kind: &str) -> bool {
        self.strong_ids.iter().any(|strong| strong == kind)
    }

    /// How persons or organisations are weighed.
    pub fn weights(&self, organisations: bool) -> &Weights {
        if organisations { &self.organisations } else { &self.persons }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_as_it_was_written() {
        let policy = MatchPolicy::built_in();
        assert_eq!(MatchPolicy::read(&policy.write().unwrap()).unwrap(), policy);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |change: fn(&mut MatchPolicy)| {
            let mut policy = MatchPolicy::built_in();
            change(&mut policy);
            MatchPolicy::read(&policy.write().unwrap()).is_err()
        };
        assert!(!refused(|_| {}));
        assert!(refused(|policy| policy.comparer += 1));
        assert!(refused(|policy| policy.block_limit = 0));
        assert!(refused(|policy| policy.ask = policy.link + 1.0));
        assert!(refused(|policy| drop(policy.persons.slots.pop())));
        assert!(refused(|policy| policy.persons.slots[0].levels[1].m = -1.0));
    }
}
