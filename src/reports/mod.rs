//! Reports counted: what people ask for, over everything that a node knows.
//!
//! | file | what |
//! |---|---|
//! | `told` | activities and purchases, read from the log page by page |
//! | `lookups` | whose things are, what customers are called, to whom companies belong |
//!
//! Offers, leads and complaints are counted as [`Work`] has them. Purchases are not kept anywhere: a page of them is
//! counted and forgotten, so memory does not grow with history.

mod lookups;
mod told;

use kulta_events::Instant;
use kulta_projections::pipeline::business;
use kulta_projections::pipeline::lead::Lead;
use kulta_projections::pipeline::offer::Offer;
use kulta_projections::report::field::Over;
use kulta_projections::report::item::{Complained, Decided, Thing};
use kulta_projections::report::{Definition, Item, Overflow, Report, Tally};

use crate::config::Business;
use crate::reads::{self, Reads};
use crate::scores::Scores;
use crate::work::{Filter, Kind, Moment, Work};
use crate::{privacy, projector, store};
use lookups::Lookups;

/// Things whose customers are looked up at a time.
const PAGE: usize = 5_000;

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Customers could not be read.
    #[error(transparent)]
    Reads(#[from] reads::Error),
    /// Customers could not be folded.
    #[error(transparent)]
    Projector(#[from] projector::Error),
    /// Events could not be opened.
    #[error(transparent)]
    Privacy(#[from] privacy::Error),
    /// The opening hours make no sense.
    #[error(transparent)]
    Hours(#[from] business::Error),
    /// A number does not fit.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

/// Counts.
#[derive(Clone, Copy, Debug)]
pub struct Counter<'a> {
    /// Customers, and the log.
    pub reads: &'a Reads,
    /// Offers, leads, complaints.
    pub work: &'a Work,
    /// What rules, and reports, read of customers.
    pub scores: &'a Scores,
    /// Whose days and hours.
    pub business: &'a Business,
}

/// As of when it is counted.
#[derive(Clone, Copy, Debug)]
pub struct Then {
    /// As of a time, and as far as was known.
    pub moment: Moment,
    /// The time; now, when none was asked for.
    pub as_of: Instant,
    /// The position of the log up to which it is counted.
    pub position: u64,
}

/// A report that is being counted.
struct Counting<'c> {
    tally: Tally<'c>,
    lookups: Lookups<'c>,
}

impl Counting<'_> {
    /// Counts things, whose records are looked up before.
    async fn add<I: Item + Sync>(&mut self, items: &[I]) -> Result<(), Error> {
        for page in items.chunks(PAGE) {
            self.lookups.fill(page.iter().filter_map(Item::record).collect()).await?;
            let (tally, lookups) = (&mut self.tally, &self.lookups);
            tokio::task::block_in_place(|| {
                for item in page {
                    tally.add(item, &|record, field| lookups.get(record, field));
                }
            });
        }
        Ok(())
    }
}

impl Counter<'_> {
    /// The report of a definition.
    ///
    /// # Errors
    /// When the store fails, or a number does not fit.
    pub async fn count(&self, report: &str, definition: &Definition, then: Then) -> Result<Report, Error> {
        let Then { moment, as_of, .. } = then;
        let mut counting = Counting {
            tally: Tally::new(definition, as_of, &self.business.time_zone),
            lookups: Lookups::new(*self, definition, then).await?,
        };
        match definition.over {
            Over::Offers => self.cards::<Offer>(&mut counting, then).await?,
            Over::Leads => self.cards::<Lead>(&mut counting, then).await?,
            Over::Complaints => {
                let hours = self.business.hours()?;
                let all = tokio::task::block_in_place(|| self.work.complaints(moment, |_| true));
                let items: Vec<_> =
                    all.iter().map(|(_, complaint)| Complained::new(complaint, Some(&hours), as_of)).collect();
                counting.add(&items).await?;
            }
            Over::Activities => self.activities(&mut counting, then).await?,
            Over::Purchases => self.purchases(&mut counting, then).await?,
        }
        Ok(tokio::task::block_in_place(|| counting.tally.report(report))?)
    }

    async fn cards<K: Kind<Status: Decided>>(&self, counting: &mut Counting<'_>, then: Then) -> Result<(), Error> {
        let Then { moment, as_of, .. } = then;
        let pipelines = self.work.pipelines(moment);
        let cards = tokio::task::block_in_place(|| self.work.cards::<K>(&Filter::default(), moment));
        let items: Vec<_> = cards.iter().map(|card| Thing::new(card, &pipelines, as_of)).collect();
        counting.add(&items).await
    }
}
