//! The loop that looks while this node projects.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kulta_events::{CustomerId, RecordId};
use kulta_projections::automation::definition::When;
use kulta_projections::automation::watch::Subject;
use tokio::sync::watch;
use uuid::Uuid;

use super::active::{Active, Actives};
use super::timers::Timers;
use super::{Automator, Error};
use crate::projector::live::State as Doing;
use crate::store::views::Generation;
use crate::store::{Page, Select};

/// How often a node that does not project looks whether it does.
const STAND_BY: Duration = Duration::from_millis(500);
/// How often it is looked whether timers are due.
const TICK: Duration = Duration::from_millis(500);
/// The rest after a turn, during which events gather.
const REST: Duration = Duration::from_millis(100);
/// The first pause after a failure, which doubles, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Events read at a time.
const PAGE: usize = 10_000;
/// Customers read at a time.
const CUSTOMERS: usize = 1_000;
/// Timers that are looked at in a turn.
const DUE: usize = 1_000;

/// What this node knows while it projects.
#[derive(Debug, Default)]
struct Turn {
    actives: Actives,
    timers: Timers,
    /// How far the log was looked through; `None`: it did not begin.
    position: Option<u64>,
    /// How far changed customers were looked through.
    changes: (u64, Uuid),
}

/// What events and merges touched.
#[derive(Debug, Default)]
struct Touched {
    things: BTreeMap<&'static str, BTreeSet<Uuid>>,
    /// By events that some automation on customers reads, and by merges.
    customers: BTreeSet<CustomerId>,
    /// By any event, and by merges, while some automation looks at scores.
    scored: BTreeSet<CustomerId>,
}

impl Automator {
    /// Looks until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let (mut turn, mut pause) = (Turn::default(), FIRST_PAUSE);
        while !*stop.borrow() {
            let position = self.projector.projections().position();
            let turned = self.turn(&mut turn).await;
            if let (Ok(true), Some(position)) = (&turned, turn.position) {
                self.looked_to.store(position, Ordering::Relaxed);
            }
            self.pulse.is(match &turned {
                Ok(true) => Doing::Live,
                Ok(false) => Doing::StandingBy,
                Err(_) => Doing::Failing,
            });
            let rest = match turned {
                Ok(true) => {
                    pause = FIRST_PAUSE;
                    tokio::select! {
                        _ = stop.changed() => continue,
                        () = tokio::time::sleep(TICK) => Duration::ZERO,
                        () = self.projector.projections().moved_from(position) => REST,
                    }
                }
                Ok(false) => {
                    turn = Turn::default();
                    STAND_BY
                }
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(%error, cause, "automations could not be looked after, trying again");
                    // What was touched is looked at again with everything else.
                    turn = Turn::default();
                    let whole = pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    whole
                }
            };
            self.waiting.store(turn.timers.len(), Ordering::Relaxed);
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(rest) => {}
            }
        }
        self.pulse.is(Doing::Stopped);
    }

    /// One turn; `false`: this node does not project.
    async fn turn(&self, turn: &mut Turn) -> Result<bool, Error> {
        let (generation, position) = {
            let Some(still) = self.projector.still().await else { return Ok(false) };
            (still.generation.clone(), still.position)
        };
        if turn.position.is_none() {
            // Another node may have fired for more than this one has heard of.
            self.customers.commands.ping().await?;
        }
        self.customers.work.after(self.scores.reads().source.head()).await?;
        turn.actives.look(self, &mut turn.timers, position);
        let from = *turn.position.get_or_insert(position);
        if turn.actives.by_id.is_empty() {
            (turn.position, turn.changes) = (Some(position), (position, Uuid::max()));
            return Ok(true);
        }
        self.begin(turn, &generation, position).await?;
        let mut touched = self.touched(&turn.actives, &generation, (from, position)).await?;
        self.changed(turn, &generation, &mut touched).await?;
        turn.position = Some(position);
        self.look(turn, &generation, touched, position).await?;
        self.due(turn, &generation, position).await?;
        self.scored(turn, &generation).await?;
        Ok(true)
    }

    /// Looks at everything for automations that are new.
    async fn begin(&self, turn: &mut Turn, generation: &Arc<dyn Generation>, position: u64) -> Result<(), Error> {
        let new: Vec<&Active> = turn.actives.by_id.values().filter(|active| !active.begun).collect();
        if new.is_empty() {
            return Ok(());
        }
        if turn.changes == <(u64, Uuid)>::default() {
            turn.changes = (position, Uuid::max());
        }
        for category in ["offer", "lead", "complaint"] {
            let of = |active: &&&Active| super::look::category(active.subject()) == Some(category);
            let actives: Vec<&Active> = new.iter().filter(of).copied().collect();
            if !actives.is_empty() {
                let ids = self.customers.work.ids(category);
                self.look_at_things(&actives, category, ids, &mut turn.timers).await?;
            }
        }
        let actives: Vec<&Active> =
            new.iter().filter(|active| active.subject() == Subject::Customer).copied().collect();
        if !actives.is_empty() {
            let all = generation.crosswalk().await?.records.into_iter().map(|(_, customer)| customer).collect();
            self.look_at_customers(&actives, &all, (&**generation, position), &mut turn.timers).await?;
        }
        for active in turn.actives.by_id.values_mut() {
            active.begun = true;
        }
        Ok(())
    }

    /// Which things and customers events were about, that some automation reads.
    async fn touched(
        &self,
        actives: &Actives,
        generation: &Arc<dyn Generation>,
        (from, until): (u64, u64),
    ) -> Result<Touched, Error> {
        let mut touched = Touched::default();
        let (mut records, mut scored) = (HashSet::<RecordId>::new(), HashSet::<RecordId>::new());
        let looks_at_scores = actives.of_scores().next().is_some();
        let log = &self.scores.reads().source.log;
        let mut after = from;
        while after < until {
            let page = Page { until: Some(until), parts: false, ..Page::forwards(Select::All, after, PAGE) };
            let events = log.read(&page).await?;
            let Some(last) = events.last() else { break };
            after = last.position;
            for event in &events {
                for category in ["offer", "lead", "complaint"] {
                    let id = event.stream.strip_prefix(category).and_then(|rest| rest.strip_prefix('-')?.parse().ok());
                    if let Some(id) = id
                        && actives.of_things(category).next().is_some()
                    {
                        touched.things.entry(category).or_default().insert(id);
                    }
                }
                if actives.of_customers().any(|active| active.definition.when.reads(&event.type_name)) {
                    records.extend(event.record);
                }
                if looks_at_scores {
                    scored.extend(event.record);
                }
            }
        }
        for (records, customers) in [(records, &mut touched.customers), (scored, &mut touched.scored)] {
            if !records.is_empty() {
                let records: Vec<RecordId> = records.into_iter().collect();
                customers.extend(generation.customers_of(&records).await?);
            }
        }
        Ok(touched)
    }

    /// Which customers became others, by merges and splits.
    async fn changed(
        &self,
        turn: &mut Turn,
        generation: &Arc<dyn Generation>,
        touched: &mut Touched,
    ) -> Result<(), Error> {
        if turn.actives.of_customers().chain(turn.actives.of_scores()).next().is_none() {
            return Ok(());
        }
        loop {
            let page = generation.customers_since(turn.changes, CUSTOMERS).await?;
            touched.customers.extend(page.iter().map(|found| found.customer));
            touched.scored.extend(page.iter().map(|found| found.customer));
            if let Some(last) = page.last() {
                turn.changes = (last.position, last.customer.0);
            }
            if page.len() < CUSTOMERS {
                return Ok(());
            }
        }
    }

    async fn look(
        &self,
        turn: &mut Turn,
        generation: &Arc<dyn Generation>,
        touched: Touched,
        position: u64,
    ) -> Result<(), Error> {
        let Turn { actives, timers, .. } = turn;
        if !touched.scored.is_empty() {
            for active in actives.by_id.values_mut().filter(|active| active.subject() == Subject::Score) {
                active.pending.push((position, touched.scored.clone()));
            }
        }
        for (category, things) in touched.things {
            let of: Vec<&Active> = actives.of_things(category).collect();
            self.look_at_things(&of, category, things, timers).await?;
        }
        let of: Vec<&Active> = actives.of_customers().collect();
        self.look_at_customers(&of, &touched.customers, (&**generation, position), timers).await
    }

    /// Looks at what is due.
    async fn due(&self, turn: &mut Turn, generation: &Arc<dyn Generation>, position: u64) -> Result<(), Error> {
        let Turn { actives, timers, .. } = turn;
        loop {
            let due = timers.take_due(self.clock.now(), DUE);
            let mut of: BTreeMap<u32, BTreeSet<Uuid>> = BTreeMap::new();
            for (number, thing) in &due {
                of.entry(*number).or_default().insert(*thing);
            }
            for active in actives.by_id.values() {
                let Some(things) = of.remove(&active.number) else { continue };
                match super::look::category(active.subject()) {
                    Some(category) => self.look_at_things(&[active], category, things, timers).await?,
                    None => {
                        // Whoever was merged away since is somebody else now.
                        let records: Vec<RecordId> = things.into_iter().map(RecordId).collect();
                        let customers = generation.customers_of(&records).await?.into_iter().collect();
                        self.look_at_customers(&[active], &customers, (&**generation, position), timers).await?;
                    }
                }
            }
            if due.len() < DUE {
                return Ok(());
            }
        }
    }

    /// Looks at lists of scores that moved.
    async fn scored(&self, turn: &mut Turn, generation: &Arc<dyn Generation>) -> Result<(), Error> {
        for active in turn.actives.by_id.values_mut() {
            let (When::Points { rule_set, .. } | When::Grade { rule_set, .. }) = &active.definition.when else {
                continue;
            };
            let Some(list) = self.scores.list_now(rule_set).await? else {
                // A list that comes to be is looked at as a whole.
                active.list = None;
                active.pending.clear();
                continue;
            };
            let (number, position) = (list.set().number, list.set().position);
            if active.list != Some(number) {
                // Another version, another day: everybody may have other points.
                let crossings = self.crossings(active, &**generation).await?;
                let mut after = None;
                loop {
                    let page = generation.scores_seen(number, after, CUSTOMERS).await?;
                    after = page.last().map(|(customer, _)| *customer);
                    let whole = page.len() == CUSTOMERS;
                    let rows = page.into_iter().filter_map(|(_, row)| row);
                    let readings = rows.map(|row| (row.customer, row.points, row.grade.map(String::from)));
                    self.look_at_scores(active, readings.collect(), &crossings).await?;
                    if !whole {
                        break;
                    }
                }
                active.list = Some(number);
                active.pending.retain(|(at, _)| *at > position);
                continue;
            }
            let (done, rest): (Vec<_>, Vec<_>) =
                std::mem::take(&mut active.pending).into_iter().partition(|(at, _)| *at <= position);
            active.pending = rest;
            let customers: BTreeSet<CustomerId> = done.into_iter().flat_map(|(_, customers)| customers).collect();
            if !customers.is_empty() {
                let crossings = self.crossings(active, &**generation).await?;
                let customers: Vec<CustomerId> = customers.into_iter().collect();
                let readings = list.points(&customers).await?;
                self.look_at_scores(active, readings, &crossings).await?;
            }
        }
        Ok(())
    }
}
