//! Scores as a node answers them: rule sets from the log, and the score of one customer on demand.
//!
//! | file | what |
//! |---|---|
//! | `rule_sets` | the rule sets of the log and their versions; rules compiled, checked, hashed |
//! | `lists` | all customers by a published rule set |
//! | `customer` | the events of one customer by columns, as far as was known |
//! | `score` | the score of one customer, explained, also in the course of time |

mod customer;
mod lists;
pub mod rule_sets;
pub mod score;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kulta_events::Vocabulary;
use kulta_projections::scores::facts::TooMany;
use kulta_projections::scores::interpret::ScoreError;
use kulta_projections::scores::rules::{Facets, RuleError};

use crate::reads::{self, Reads};

pub use customer::Customer;
pub use lists::List;
pub use rule_sets::Compiled;
pub use score::{Asked, Course, Score, Used};

/// Why there is no score, or no rule set.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody published a rule set of this name.
    #[error("there is no published rule set `{0}`")]
    UnknownRuleSet(String),
    /// None was named, and there is not just one.
    #[error("name the rule set: {0} are published")]
    WhichRuleSet(usize),
    /// The text of a published version is not one that this program can read.
    #[error("version {version} of rule set `{name}` does not compile: {first}")]
    Unreadable {
        /// The rule set.
        name: String,
        /// Its version.
        version: u64,
        /// The first thing that is wrong.
        first: Box<RuleError>,
    },
    /// A rule failed for the customer.
    #[error("version {version}: {cause}")]
    NoScore {
        /// The version of the rule set.
        version: u64,
        /// The log position of the event.
        position: Option<u64>,
        /// Why.
        #[source]
        cause: ScoreError,
    },
    /// So many steps lie between the two times.
    #[error("that is more than {0} steps: ask for longer ones, or for a shorter time")]
    TooManySteps(usize),
    /// The list of the customers is being made.
    #[error("the list of scores by rule set `{0}` is being made")]
    NoList(String),
    /// The store failed, or the projections have not got there.
    #[error(transparent)]
    Reads(#[from] reads::Error),
    /// Columns cannot tell more apart.
    #[error(transparent)]
    TooMany(#[from] TooMany),
}

impl From<crate::store::Error> for Error {
    fn from(error: crate::store::Error) -> Self {
        Self::Reads(error.into())
    }
}

impl From<crate::privacy::Error> for Error {
    fn from(error: crate::privacy::Error) -> Self {
        Self::Reads(error.into())
    }
}

impl From<crate::projector::Error> for Error {
    fn from(error: crate::projector::Error) -> Self {
        Self::Reads(error.into())
    }
}

/// Reads rule sets, and computes scores by them.
#[derive(Clone, Debug)]
pub struct Scores {
    reads: Reads,
    known: Arc<Mutex<KnownRules>>,
}

/// What rules were compiled before, all of it by one vocabulary.
#[derive(Debug)]
struct KnownRules {
    vocabulary: Arc<Vocabulary>,
    facets: Arc<Facets>,
    /// By their text.
    compiled: HashMap<Box<str>, Arc<Compiled>>,
}

impl KnownRules {
    fn none(vocabulary: Arc<Vocabulary>) -> Self {
        let facets = Arc::new(Facets::of(&vocabulary));
        Self { vocabulary, facets, compiled: HashMap::new() }
    }
}

impl Scores {
    /// Scores over a node's reads.
    pub fn new(reads: Reads) -> Self {
        let known = KnownRules::none(reads.source.vocabulary.now());
        Self { reads, known: Arc::new(Mutex::new(known)) }
    }

    /// The node's reads.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Which facts of an event rules may read.
    pub fn facets(&self) -> Arc<Facets> {
        self.known().facets.clone()
    }

    /// What is known of the vocabulary as it is now; nothing of an older one is kept.
    fn known(&self) -> MutexGuard<'_, KnownRules> {
        let now = self.reads.source.vocabulary.now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&known.vocabulary, &now) {
            *known = KnownRules::none(now);
        }
        known
    }
}
