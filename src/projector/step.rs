//! A live step that several nodes share, when the node that projects is far behind.
//!
//! It spans more events than a batch. Nodes fold records by share and stage the rows; the one that projects says who is
//! who; nodes make customers by share and stage these; then one transaction puts all that was staged in its place,
//! with the checkpoint. So readers see the one state or the other, and what was staged is nobody's when anything fails.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use kulta_events::{RecordId, Recorded};
use kulta_projections::batch::{
    Folded, Loaded, Needs, Places, Span, customers_touched, fold_beside, fold_part, settle_places,
};
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::identity::prepared::Prepared;
use kulta_projections::record::RecordState;
use kulta_projections::rows::{MATCH_POLICY, PolicyRow, RecordRow};
use kulta_projections::whole::{Central, Shares, share_of};
use tokio::time::{Instant, timeout};

use super::advance::{BATCH, QUESTIONS, Step, Target};
use super::identities::Identities;
use super::live::{Projector, Turn};
use super::load::prepare;
use super::rebuild::read_ahead;
use super::share::{Hand, Task};
use super::shared::PAGE;
use super::{Error, Source, is_read, rebuild};
use crate::store::sharing::{Held, Plan, Sharing, Stage};
use crate::store::views::Generations;
use crate::store::{Page, Select};

/// Events of one step, at most: each node holds its part of them in memory.
const MOST: u64 = 100_000;
/// A step that takes longer is given up, and its span folded by one node.
const PATIENCE: Duration = Duration::from_secs(120);
/// Policies change what is made of all records; each is taken in a batch that is not shared.
const POLICIES: [&str; 2] = ["survivorship_policy.published", MATCH_POLICY];

impl Projector {
    /// Takes the next step together with others, if it is far behind and others are ready; where the checkpoint is then.
    ///
    /// # Errors
    /// When a part of it fails. Nothing is written then, and what it spans is to be folded alone.
    pub(super) async fn step_with_others(
        &self,
        turn: &mut Turn,
        target: Target<'_>,
        from: u64,
    ) -> Result<Option<u64>, Error> {
        let Some(sharing) = self.generations.sharing() else { return Ok(None) };
        let head = self.source.head();
        if head.saturating_sub(from) <= self.alone || from < turn.alone_until {
            return Ok(None);
        }
        // Nodes share one thing at a time, and a rebuild is longer.
        let Ok(_no_rebuild) = self.rebuilding.try_lock() else { return Ok(None) };
        let nodes = sharing.others().await? + 1;
        if nodes == 1 {
            return Ok(None);
        }
        let until = span_end(&self.source, from, head).await?;
        if until.saturating_sub(from) <= self.alone.min(BATCH as u64) {
            return Ok(None);
        }
        let plan = Plan { generation: target.generation.number(), epoch: target.epoch, from: Some(from), until };
        let (source, generations, holder) = (&self.source, &self.generations, self.holder.as_str());
        let hand = Hand { source, generations, sharing, plan, holder, nodes, progress: &|_: rebuild::Step| () };
        let taken = timeout(PATIENCE, hand.step(target.identities, from)).await;
        let taken = taken.unwrap_or(Err(Error::NoProgress));
        // Whoever is at it still does nothing that anybody sees.
        if let Err(error) = sharing.end(plan).await {
            tracing::debug!(%error, "it could not be told that a step is over");
        }
        match &taken {
            Ok(()) => self.steps.shared(),
            Err(_) => turn.alone_until = until,
        }
        taken.map(|()| Some(until))
    }
}

/// Where a step ends that begins at a position: before the next policy.
async fn span_end(source: &Source, from: u64, head: u64) -> Result<u64, Error> {
    let mut until = head.min(from.saturating_add(MOST));
    for name in POLICIES {
        let select = Select::Type(name.to_owned());
        let page = Page { until: Some(until), parts: false, ..Page::forwards(select, from, 1) };
        let first = source.log.read(&page).await?.first().map(|event| event.position);
        until = first.map_or(until, |policy| policy.saturating_sub(1));
    }
    Ok(until)
}

/// Records as they are by themselves, without their states, and as matching takes them.
type Staged = (Vec<RecordRow>, Vec<(RecordId, Prepared)>);

impl Hand<'_> {
    /// Takes a step with the others.
    async fn step(&self, identities: &Identities, from: u64) -> Result<(), Error> {
        let Self { sharing, plan, .. } = *self;
        let began = Instant::now();
        let matched_by = identities.policy().ok_or(Error::NoProgress)?;
        sharing.begin_step(plan).await?;
        let mut central = Some(Central::default());
        let records = self.whole_stage(Stage::Records, &mut central).await?;
        sharing.gathered(plan).await?;
        let staged = self.read_staged(&matched_by.policy).await?;
        let places = self.place(identities, staged, from).await?;
        sharing.placed(plan, &places).await?;
        let customers = self.whole_stage(Stage::Customers, &mut central).await?;
        sharing.take_in(plan, &places).await?;
        identities.written(plan.until, &places.records, &[]);
        let (nodes, until, took) = (self.nodes, plan.until, began.elapsed());
        tracing::info!(nodes, from, until, records, customers, ?took, "a step was shared");
        Ok(())
    }

    /// Finds whose the records are after the step.
    async fn place(&self, identities: &Identities, staged: Staged, from: u64) -> Result<Places, Error> {
        let span = Span { from, to: self.plan.until };
        let select = Select::Shares { shares: Shares::default(), beside: true };
        let page = Page { until: Some(span.to), ..Page::forwards(select, from, PAGE) };
        let events = self.source.whole(page, is_read).await?;
        let (rows, prepared) = staged;
        // No customers are made of it.
        let mut loaded = Loaded::new(PolicyRow::built_in());
        let beside = self.ask(&mut loaded, |loaded| fold_beside(loaded, &events)).await?;
        let folded = tokio::task::block_in_place(|| Folded::gathered(&loaded, rows, beside, span));
        let found = identities.tell_prepared(&folded, prepared)?;
        self.ask(&mut loaded, |loaded| tokio::task::block_in_place(|| settle_places(loaded, &folded, &found))).await
    }

    async fn ask<T>(&self, loaded: &mut Loaded, part: impl Fn(&Loaded) -> Result<T, Box<Needs>>) -> Result<T, Error> {
        for _ in 0..QUESTIONS {
            match part(loaded) {
                Ok(done) => return Ok(done),
                Err(needs) => loaded.answer(&needs, self.sharing.look_up_places(self.plan, &needs).await?),
            }
        }
        Err(Error::NoProgress)
    }

    /// Reads what all shares have staged of records.
    async fn read_staged(&self, policy: &Arc<MatchPolicy>) -> Result<Staged, Error> {
        let plan = self.plan;
        let read = |generations: Arc<dyn Generations>, share| {
            let policy = policy.clone();
            async move { read_share(generations.sharing().ok_or(Error::NoProgress)?, plan, share, &policy).await }
        };
        let mut all = Staged::default();
        for (rows, prepared) in self.read_all(read).await? {
            all.0.extend(rows);
            all.1.extend(prepared);
        }
        Ok(all)
    }

    /// Folds the records of these shares over a span that begins behind a position, and stages them.
    pub(super) async fn fold_span(&self, held: &[Held], from: u64) -> Result<(), Error> {
        let shares = held.iter().map(|held| held.share).collect();
        let select = Select::Shares { shares, beside: false };
        let mut opened = read_ahead(self.source.clone(), select, (from, self.plan.until));
        let mut of: HashMap<u8, Vec<Recorded>> = HashMap::new();
        while let Some(events) = opened.recv().await {
            for event in events.await.map_err(|_| Error::NoProgress)?? {
                if let Some(record) = event.record {
                    of.entry(share_of(record)).or_default().push(event);
                }
            }
        }
        let (of, source) = (StdMutex::new(of), self.source.clone());
        self.each(held, |task| {
            let events = of.lock().unwrap_or_else(PoisonError::into_inner).remove(&task.held.share);
            let source = source.clone();
            async move { task.span(&source, &events.unwrap_or_default()).await }
        })
        .await
    }
}

async fn read_share(sharing: &dyn Sharing, plan: Plan, share: u8, policy: &MatchPolicy) -> Result<Staged, Error> {
    let (mut bare, mut prepared) = Staged::default();
    let mut last: Option<RecordRow> = None;
    loop {
        let rows = sharing.records_page(plan, share, last.as_ref(), PAGE).await?;
        tokio::task::block_in_place(|| prepared.extend(rows.iter().map(|row| (row.record, prepare(row, policy)))));
        bare.extend(rows.into_iter().map(|row| RecordRow { state: RecordState::default(), ..row }));
        let behind = bare.last().cloned();
        if behind.as_ref().map(|row| row.record) == last.as_ref().map(|row| row.record) {
            return Ok((bare, prepared));
        }
        last = behind;
    }
}

impl Task {
    /// Folds all events of a span about the records of the share, and stages the rows.
    async fn span(&self, source: &Source, events: &[Recorded]) -> Result<(), Error> {
        let sharing = self.sharing()?;
        let generation = sharing.generation(self.plan);
        // No customers are made here.
        let loaded = Loaded::new(PolicyRow::built_in());
        let mut step = Step { source, generation: &generation, loaded, to: self.plan.until };
        let fold = |loaded: &Loaded| tokio::task::block_in_place(|| fold_part(loaded, events));
        let part = step.ask(fold).await?;
        let mut filling = sharing.fill(self.plan, self.held).await?;
        filling.records(&part.records).await?;
        Ok(filling.done(part.records.len() as u64, &part.unknown).await?)
    }

    /// Makes the customers of the share that a step touched, and stages them.
    pub(super) async fn touched(&self, policy: &PolicyRow, from: u64) -> Result<(), Error> {
        let sharing = self.sharing()?;
        let records = sharing.touched(self.plan, self.held.share).await?;
        let span = Span { from, to: self.plan.until };
        let customers = tokio::task::block_in_place(|| customers_touched(&records, policy, span));
        let mut filling = sharing.fill(self.plan, self.held).await?;
        filling.customers(&records, &customers).await?;
        Ok(filling.done(customers.len() as u64, &[]).await?)
    }
}
