//! One batch: events after the checkpoint are read once for all projections, folded in memory, and what changed is
//! written with the new checkpoint in one transaction. Exactly once in effect, also after kill -9.

use std::collections::HashMap;
use std::sync::Arc;

use kulta_events::{CustomerId, Recorded};
use kulta_projections::batch::{Answer, Changes, Loaded, Needs, step};
use kulta_projections::rows::{CustomerRow, PolicyRow, RecordRow};

use super::{Error, Source, is_read};
use crate::store::views::Generation;
use crate::store::{Page, Select};

/// Events folded in one transaction, at most.
pub const BATCH: usize = 5_000;
/// How often a fold may ask for more before something is wrong: the closure over decisions grows by a link each time.
const QUESTIONS: usize = 10_000;

/// Folds the next batch of events after `from`, at most up to `until`, into a generation. Answers the new checkpoint,
/// which is `from` when there was nothing.
///
/// # Errors
/// When the store fails; nothing is written then.
pub async fn advance(
    source: &Source,
    generation: &Arc<dyn Generation>,
    from: u64,
    until: Option<u64>,
    epoch: i64,
) -> Result<u64, Error> {
    let page = Page { until, ..Page::forwards(Select::All, from, BATCH) };
    let stored = source.log.read(&page).await?;
    let events = source.vault.open_events(&source.vocabulary, stored, is_read).await?;
    let Some(to) = events.last().map(|event| event.position) else { return Ok(from) };
    let policy = generation.policy().await?.unwrap_or_else(PolicyRow::built_in);
    let changes = fold(source, generation, &events, policy.clone(), to).await?;
    let in_force = changes.policies.iter().chain([&policy]).max_by(|a, b| a.order.cmp(&b.order)).unwrap_or(&policy);
    let again = |records: Vec<RecordRow>| customers_of(&records, in_force);
    let refold: Option<crate::store::views::Refold<'_>> = if changes.refold_all { Some(&again) } else { None };
    generation.advance(from, &changes, to, epoch, refold).await?;
    Ok(to)
}

async fn fold(
    source: &Source,
    generation: &Arc<dyn Generation>,
    events: &[Recorded],
    policy: PolicyRow,
    to: u64,
) -> Result<Changes, Error> {
    let mut loaded = Loaded::new(policy);
    for _ in 0..QUESTIONS {
        let needs = match step(&loaded, events) {
            Ok(changes) => return Ok(changes),
            Err(needs) => needs,
        };
        let mut answer = generation.look_up(&needs).await?;
        from_the_log(source, &needs, &mut answer, to).await?;
        loaded.answer(&needs, answer);
    }
    Err(Error::NoProgress)
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
