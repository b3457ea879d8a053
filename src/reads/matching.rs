//! The stewards' queue, and what another match policy would change.

use std::collections::HashMap;
use std::sync::Arc;

use kulta_events::{CustomerId, RecordId};
use kulta_projections::batch::Needs;
use kulta_projections::crosswalk::Decision;
use kulta_projections::identity::live::{Change, Question, WhatIf};
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::rows::{MatchPolicyRow, RecordRow};
use tokio::task::JoinError;
use uuid::Uuid;

use super::search::{Brief, brief};
use super::{Error, Reads};
use crate::projector::Previewed;
use crate::projector::load::load;
use crate::threads;

/// A question for a steward, with whom it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The question.
    pub question: Question,
    /// The two records and the customers that hold them, the record with the lower id first.
    pub sides: [(RecordRow, Brief); 2],
}

/// What a policy would change, kept for some minutes.
#[derive(Clone, Debug)]
pub struct Preview {
    /// By which it can be read again.
    pub id: Uuid,
    /// What it would change.
    pub previewed: Arc<Previewed>,
}

/// Records by their ids.
pub type Named = HashMap<RecordId, RecordRow>;

/// How many customers of a side of a change, and records of a customer, are shown.
pub const SHOWN: usize = 100;
/// How many records are named by one read.
const NAMED_AT_ONCE: usize = 1_000;

impl Reads {
    /// The match policy in force.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn match_policy(&self) -> Result<MatchPolicyRow, Error> {
        Ok(self.projections.live().match_policy().await?)
    }

    /// The decisions that are asked for, as they stand.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn decisions(&self, needs: &Needs) -> Result<Vec<Decision>, Error> {
        Ok(self.projections.live().look_up(needs).await?.decisions)
    }

    /// All customers as sets of records.
    ///
    /// # Errors
    /// When matching is not loaded yet.
    pub async fn clusters(&self) -> Result<Vec<Vec<RecordId>>, Error> {
        self.ask(|resolver, _| resolver.clusters()).await
    }

    /// All questions for stewards, the first to be answered first.
    ///
    /// # Errors
    /// When matching is not loaded yet.
    pub async fn questions(&self) -> Result<Arc<Vec<Question>>, Error> {
        self.loaded().await?;
        tokio::task::block_in_place(|| self.identities.questions()).ok_or(Error::NotLoaded)
    }

    /// How many records matching holds, and how many questions it has; `None` while it is not loaded.
    pub fn counts(&self) -> Option<(usize, usize)> {
        let records = self.identities.ask(|resolver, _| resolver.len())?;
        Some((records, self.identities.questions()?.len()))
    }

    /// Whom a question is about; `None` when it was answered meanwhile.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn asked(&self, question: &Question) -> Result<Option<Asked>, Error> {
        let live = self.projections.live();
        let review = &question.review;
        let rows = live.records(&[review.one, review.other]).await?;
        let row = |id: RecordId| rows.iter().find(|row| row.record == id).cloned();
        let (Some(one), Some(other)) = (row(review.one), row(review.other)) else { return Ok(None) };
        let customers: [CustomerId; 2] = [one.customer, other.customer];
        if customers[0] == customers[1] {
            return Ok(None);
        }
        let (Some(first), Some(second)) = (brief(&live, customers[0]).await?, brief(&live, customers[1]).await?) else {
            return Ok(None);
        };
        Ok(Some(Asked { question: question.clone(), sides: [(one, first), (other, second)] }))
    }

    /// What another match policy would change, by all records as they are, or were some minutes ago when somebody asked
    /// for a preview before.
    ///
    /// # Errors
    /// When matching is not loaded yet, or the store fails.
    pub async fn preview(&self, policy: MatchPolicy) -> Result<Preview, Error> {
        self.loaded().await?;
        let identities = self.identities.clone();
        let policy = Arc::new(policy);
        let asked = policy.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let (position, snapshot) = identities.snapshot()?;
            let found = snapshot.can_preview(&asked).then(|| snapshot.preview(&asked, threads()));
            Some((position, snapshot, found))
        });
        let (position, snapshot, found) = worked(answer.await)?.ok_or(Error::NotLoaded)?;
        if let Some(found) = found {
            return Ok(self.keep(position, found));
        }
        // Other ids are strong: that is found when records are normalised, so they are read again.
        let loaded = load(&self.projections.live(), &policy).await?;
        let compared = tokio::task::spawn_blocking(move || snapshot.preview_of(&loaded.resolver)).await;
        Ok(self.keep(position, worked(compared)?))
    }

    fn keep(&self, position: u64, found: WhatIf) -> Preview {
        let previewed = Arc::new(Previewed { position, found });
        Preview { id: self.identities.keep_preview(previewed.clone()), previewed }
    }

    /// A preview of the last minutes.
    pub fn preview_by_id(&self, id: Uuid) -> Option<Arc<Previewed>> {
        self.identities.preview(id)
    }

    /// Changes of a preview from a number on, with the records that are shown of them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn changes(&self, of: &Previewed, from: usize, limit: usize) -> Result<(Vec<Change>, Named), Error> {
        let changes: Vec<Change> =
            (from..from.saturating_add(limit)).map_while(|number| of.found.change(number)).collect();
        let sides = changes.iter().flat_map(|change| [&change.before, &change.after]);
        let customers = sides.flat_map(|customers| customers.iter().take(SHOWN));
        let mut ids: Vec<RecordId> =
            customers.flat_map(|customer| &customer.records[..customer.records.len().min(SHOWN)]).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        let live = self.projections.live();
        let mut named = HashMap::with_capacity(ids.len());
        for some in ids.chunks(NAMED_AT_ONCE) {
            named.extend(live.records(some).await?.into_iter().map(|row| (row.record, row)));
        }
        Ok((changes, named))
    }

    /// A policy learned from all records as they are, without labels, and what it would change.
    ///
    /// # Errors
    /// When matching is not loaded yet.
    pub async fn train(&self) -> Result<(MatchPolicy, Preview), Error> {
        self.loaded().await?;
        let identities = self.identities.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let (position, snapshot) = identities.snapshot()?;
            let policy = snapshot.train(threads());
            let found = snapshot.preview(&policy, threads());
            Some((policy, position, found))
        });
        let (policy, position, found) = worked(answer.await)?.ok_or(Error::NotLoaded)?;
        Ok((policy, self.keep(position, found)))
    }
}

/// What a thread of its own came to. That it broke off is not that matching is not loaded: waiting does not help.
fn worked<T>(ended: Result<T, JoinError>) -> Result<T, Error> {
    ended.map_err(|_| Error::Projector(crate::projector::Error::NoProgress))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_preview_that_panics_is_not_told_to_wait() {
        let broken = tokio::task::spawn_blocking(|| panic!("as something that nobody foresaw"));
        let told: Result<(), Error> = worked(broken.await);
        assert!(matches!(told, Err(Error::Projector(_))), "{told:?}");
    }
}
