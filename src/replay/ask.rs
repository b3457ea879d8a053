//! By which rules a replay is asked for: a text, or what was published.

use kulta_events::Instant;
use kulta_projections::scores::customer::{OfCustomer, reads_attributes};
use kulta_projections::scores::history::Reading;
use kulta_projections::scores::rules::RuleError;

use super::Error;
use super::data::{People, Progress, Step};
use super::read::Cancel;
use super::run::{Known, Rules, Span};
use crate::reads::At;
use crate::scores::{self, Scores};

/// Rules as somebody names them.
#[derive(Clone, Debug)]
pub enum Given {
    /// The text of a rule file.
    Text(String),
    /// A published rule set.
    Published {
        /// Its name.
        name: String,
        /// One of its versions, for all of history; `None`: those that the reading says.
        version: Option<u64>,
        /// Which versions count.
        reading: Reading,
    },
}

/// Why rules cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum NoRules {
    /// They do not compile.
    #[error("the rules do not compile: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Wrong(Vec<RuleError>),
    /// The rule set has no such version.
    #[error("rule set `{name}` has no version {version}")]
    UnknownVersion {
        /// The rule set.
        name: String,
        /// The version.
        version: u64,
    },
    /// There is no such rule set, or it cannot be read.
    #[error(transparent)]
    Scores(#[from] scores::Error),
}

impl Given {
    /// The rules, as of a time and as far as was known at a position.
    ///
    /// # Errors
    /// When they do not compile, or are not there.
    pub async fn rules(&self, scores: &Scores, as_of: Instant, until: Option<u64>) -> Result<Rules, NoRules> {
        let (name, version, reading) = match self {
            Given::Text(text) => return Ok(Rules::all(scores.compile(text).map_err(NoRules::Wrong)?)),
            Given::Published { name, version, reading } => (name, *version, *reading),
        };
        let history = scores.published(Some(name), until).await?;
        if let Some(number) = version {
            let missing = || NoRules::UnknownVersion { name: name.clone(), version: number };
            let found = history.versions.iter().find(|known| known.version == number).ok_or_else(missing)?;
            let mut rules = Rules::all(scores.compile_version(name, found)?);
            rules.spans.iter_mut().for_each(|span| span.version = version);
            return Ok(rules);
        }
        let span = |span: kulta_projections::scores::history::InForce<'_>| {
            let compiled = scores.compile_version(name, span.version)?;
            Ok(Span { from: span.from, until: span.until, version: Some(span.version.version), compiled })
        };
        let spans = history.read(reading, as_of).into_iter().map(span).collect::<Result<Vec<_>, scores::Error>>()?;
        Ok(Rules { spans })
    }
}

/// Customers of whom the events are read at a time.
const CUSTOMERS: usize = 500;

/// What rules read of the customers, each as of a time; nothing when no rule reads any.
///
/// # Errors
/// When the store fails, or it was cancelled.
pub async fn known(
    scores: &Scores,
    people: &People,
    all: &[&Rules],
    (as_of, known_at): (Instant, Option<Instant>),
    cancel: &Cancel,
    progress: Progress<'_>,
) -> Result<Known, Error> {
    let facets = scores.facets();
    let reads: Vec<_> = all.iter().flat_map(|rules| rules.reads(&facets)).collect();
    let attributes = reads_attributes(reads.iter().flat_map(|reads| &reads.customer));
    if reads.iter().all(|reads| reads.customer.is_empty()) {
        return Ok(Known::default());
    }
    let policy = scores.reads().policy_known(At { as_of: None, known_at }).await?.policy;
    let mut known = Vec::with_capacity(people.ids.len());
    for first in (0..people.ids.len()).step_by(CUSTOMERS) {
        cancel.check()?;
        let customers = first..(first + CUSTOMERS).min(people.ids.len());
        let sets: Vec<_> = customers.map(|customer| people.records_of(customer)).collect();
        let found = scores.of_customers(&sets, people.position, as_of, (&policy, attributes)).await?;
        known.extend::<Vec<OfCustomer>>(found);
        progress(Step::Customers(known.len() as u64, people.ids.len() as u64));
    }
    Ok(Known(known))
}
