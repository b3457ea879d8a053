//! One batch: events after the checkpoint are read once for all projections, folded in memory, and what changed is
//! written with the new checkpoint in one transaction. Exactly once in effect, also after kill -9.

use std::collections::HashMap;
use std::sync::Arc;

use kulta_events::{CustomerId, RecordId, Recorded};
use kulta_projections::batch::{Answer, Changes, Found, Loaded, Needs, Span, fold, settle};
use kulta_projections::rows::{CustomerRow, MatchPolicyRow, PolicyRow, RecordRow};

use super::identities::{Identities, Resident};
use super::load::load;
use super::{Error, Source, is_read};
use crate::store::views::Generation;
use crate::store::{Page, Select};

/// Events folded in one transaction, at most.
pub const BATCH: usize = 5_000;
/// How often a part of a step may ask for more before something is wrong: rows, then what hangs on them.
pub(super) const QUESTIONS: usize = 100;

/// A generation with what matching holds of it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The tables.
    pub generation: &'a Arc<dyn Generation>,
    /// Who is who in them.
    pub identities: &'a Identities,
    /// The projector's epoch.
    pub epoch: i64,
}

/// The next events after `from`, a batch at most, up to `until` at most.
///
/// # Errors
/// When the store fails.
pub(super) async fn read(source: &Source, from: u64, until: Option<u64>) -> Result<Vec<Recorded>, Error> {
    let page = Page { until, ..Page::forwards(Select::All, from, BATCH) };
    let stored = source.log.read(&page).await?;
    Ok(source.vault.open_events(&source.vocabulary.now(), stored, is_read).await?)
}

/// Folds the events after `from`, as they were read, into a generation. Answers the new checkpoint, which is `from` when there
/// are none.
///
/// # Errors
/// When the store fails; nothing is written then.
pub async fn advance(source: &Source, target: Target<'_>, from: u64, mut events: Vec<Recorded>) -> Result<u64, Error> {
    let matched_by = target.identities.policy().ok_or(Error::NoProgress)?;
    let other = other_policy(&mut events, &matched_by);
    let Some(to) = events.last().map(|event| event.position) else { return Ok(from) };
    let span = Span { from, to };
    let policy = target.generation.policy().await?.unwrap_or_else(PolicyRow::built_in);
    let mut step = Step { source, generation: target.generation, loaded: Loaded::new(policy), to };
    let folded = step.ask(|loaded| fold(loaded, &events)).await?;
    let (found, resident) = match other {
        Some(other) => {
            let loaded = load(target.generation, &other.policy).await?;
            let found = Found { clusters: loaded.differing, ..Found::default() };
            let number = target.generation.number();
            (found, Some(Resident::new(loaded.resolver, loaded.seen, other, number, to)))
        }
        None => (target.identities.tell(&folded, &matched_by.policy)?, None),
    };
    let changes = step.ask(|loaded| settle(loaded, &folded, &found, span)).await?;
    write(target, &step.loaded, &changes, span).await?;
    match resident {
        Some(resident) => target.identities.put(resident),
        None => target.identities.written(to, &changes.records, &changes.match_policies),
    }
    Ok(to)
}

/// Makes customers what matching finds, where they are not: of a generation that another program made.
///
/// # Errors
/// When the store fails; nothing is written then.
pub async fn mend(source: &Source, target: Target<'_>, clusters: Vec<Vec<RecordId>>, at: u64) -> Result<(), Error> {
    let span = Span { from: at, to: at };
    let policy = target.generation.policy().await?.unwrap_or_else(PolicyRow::built_in);
    let mut step = Step { source, generation: target.generation, loaded: Loaded::new(policy), to: at };
    let folded = step.ask(|loaded| fold(loaded, &[])).await?;
    let found = Found { clusters, ..Found::default() };
    let changes = step.ask(|loaded| settle(loaded, &folded, &found, span)).await?;
    write(target, &step.loaded, &changes, span).await
}

async fn write(target: Target<'_>, loaded: &Loaded, changes: &Changes, span: Span) -> Result<(), Error> {
    let policy = loaded.policy();
    let in_force = changes.policies.iter().chain([policy]).max_by(|a, b| a.order.cmp(&b.order)).unwrap_or(policy);
    let again = |records: Vec<RecordRow>| customers_of(&records, in_force);
    let refold: Option<crate::store::views::Refold<'_>> = if changes.refold_all { Some(&again) } else { None };
    target.generation.advance(span.from, changes, span.to, target.epoch, refold).await?;
    Ok(())
}

/// Whether the batch begins with another match policy, which is taken in a batch of its own; a batch ends before one.
fn other_policy(events: &mut Vec<Recorded>, matched_by: &MatchPolicyRow) -> Option<MatchPolicyRow> {
    let other = |event: &Recorded| {
        MatchPolicyRow::published(event).filter(|row| row.order > matched_by.order && row.policy != matched_by.policy)
    };
    let (place, row) = events.iter().enumerate().find_map(|(place, event)| Some((place, other(event)?)))?;
    events.truncate(place.max(1));
    (place == 0).then_some(row)
}

/// One step, and what it has looked up.
pub(super) struct Step<'a> {
    pub source: &'a Source,
    pub generation: &'a Arc<dyn Generation>,
    pub loaded: Loaded,
    /// The last position of its events.
    pub to: u64,
}

impl Step<'_> {
    /// Looks up what a part of the step asks for until it is answered.
    pub async fn ask<T>(&mut self, part: impl Fn(&Loaded) -> Result<T, Box<Needs>>) -> Result<T, Error> {
        for _ in 0..QUESTIONS {
            let needs = match part(&self.loaded) {
                Ok(done) => return Ok(done),
                Err(needs) => needs,
            };
            let mut answer = self.generation.look_up(&needs).await?;
            from_the_log(self.source, &needs, &mut answer, self.to).await?;
            self.loaded.answer(&needs, answer);
        }
        Err(Error::NoProgress)
    }
}

/// What a fold needs and no table has: subjects of new records, states of records with late events.
async fn from_the_log(source: &Source, needs: &Needs, answer: &mut Answer, to: u64) -> Result<(), Error> {
    if !needs.subjects.is_empty() {
        let ids: Vec<_> = needs.subjects.iter().copied().collect();
        let named = source.vault.subjects(&ids).await?;
        answer.subjects = named.into_iter().filter_map(|(id, named)| Some((id, named.subject?))).collect();
    }
    if !needs.refold.is_empty() {
        answer.refolded = source.refold(needs.refold.iter().copied().collect(), to).await?;
    }
    Ok(())
}

/// The customers that these records make up; each customer's records are all among them.
pub fn customers_of(records: &[RecordRow], policy: &PolicyRow) -> Vec<CustomerRow> {
    let mut of: HashMap<CustomerId, Vec<&RecordRow>> = HashMap::new();
    for record in records {
        of.entry(record.customer).or_default().push(record);
    }
    of.values().filter_map(|members| CustomerRow::of(members, policy)).collect()
}
