//! What automations fire for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::Ordering;

use kulta_events::{CustomerId, Instant, RecordId, Recorded};
use kulta_projections::automation::causes::{Causes, to_fire};
use kulta_projections::automation::crossing::{Crossing, Side, Step};
use kulta_projections::automation::watch::{Subject, Watch};
use kulta_projections::scores::history::Reading;
use uuid::Uuid;

use super::active::Active;
use super::timers::Timers;
use super::{Automator, Error};
use crate::commands::erased::ERASED;
use crate::commands::firing::{About, DONE, Firing};
use crate::commands::{Context, Refusal, Wish};
use crate::reads::Found;
use crate::scores::Asked;
use crate::store::Select;
use crate::store::scores::PointsOf;
use crate::store::views::Generation;
use crate::work::Moment;

/// Customers whose events are read together.
pub(super) const TOGETHER: usize = 200;
/// Customers that crossed a bar whose records are read together.
const CROSSED: usize = 1_000;
/// Who acts.
const SELF: &str = "kulta";

/// The category of the streams that a subject has, if it is a thing.
pub(super) fn category(subject: Subject) -> Option<&'static str> {
    match subject {
        Subject::Offer => Some("offer"),
        Subject::Lead => Some("lead"),
        Subject::Complaint => Some("complaint"),
        Subject::Customer | Subject::Score => None,
    }
}

impl Automator {
    /// The causes of a thing, or of a customer.
    pub(super) fn causes(
        &self,
        definition: &kulta_projections::automation::definition::Definition,
        thing: Uuid,
        events: &[Recorded],
        now: Instant,
    ) -> Result<Causes, Error> {
        let (pipelines, hours) = (self.customers.work.pipelines(Moment::default()), self.business.hours()?);
        let watch = Watch { pipelines: &pipelines, hours: &hours, contact: &self.business.contact };
        Ok(watch.of(definition, thing, events, now))
    }

    /// The events of a thing with a stream of its own.
    pub(super) async fn told(&self, category: &str, thing: Uuid) -> Result<Vec<Recorded>, Error> {
        let select = Select::Stream(format!("{category}-{thing}"));
        Ok(self.scores.reads().source.few(select, None).await?)
    }

    /// The events of some customers, each by all its records.
    pub(super) async fn events_of(
        &self,
        generation: &dyn Generation,
        customers: &[CustomerId],
        until: u64,
    ) -> Result<BTreeMap<CustomerId, Vec<Recorded>>, Error> {
        let members = generation.records_of(customers).await?;
        let holder: HashMap<RecordId, CustomerId> = members.iter().copied().collect();
        let records: Vec<RecordId> = members.iter().map(|(record, _)| *record).collect();
        let mut found: BTreeMap<CustomerId, Vec<Recorded>> = customers.iter().map(|id| (*id, Vec::new())).collect();
        if records.is_empty() {
            return Ok(found);
        }
        for event in self.scores.reads().events_about(&records, until).await? {
            if let Some(customer) = event.record.and_then(|record| holder.get(&record)) {
                found.entry(*customer).or_default().push(event);
            }
        }
        Ok(found)
    }

    /// Looks at things of a category: fires for what stands, and sets timers.
    pub(super) async fn look_at_things(
        &self,
        actives: &[&Active],
        category: &'static str,
        things: impl IntoIterator<Item = Uuid>,
        timers: &mut Timers,
    ) -> Result<(), Error> {
        if actives.is_empty() {
            return Ok(());
        }
        self.settle().await?;
        for thing in things {
            let events = self.told(category, thing).await?;
            for active in actives {
                let now = self.clock.now();
                let causes = self.causes(&active.definition, thing, &events, now)?;
                self.fire_all(active, About::Thing(category, thing), &causes, now).await?;
                timers.set(active.number, thing, causes.next);
            }
        }
        Ok(())
    }

    /// Looks at customers by their events: fires for what stands, and sets timers.
    pub(super) async fn look_at_customers(
        &self,
        actives: &[&Active],
        customers: &BTreeSet<CustomerId>,
        (generation, until): (&dyn Generation, u64),
        timers: &mut Timers,
    ) -> Result<(), Error> {
        if actives.is_empty() {
            return Ok(());
        }
        self.settle().await?;
        let ids: Vec<CustomerId> = customers.iter().copied().collect();
        for some in ids.chunks(TOGETHER) {
            for (customer, events) in self.events_of(generation, some, until).await? {
                for active in actives {
                    let now = self.clock.now();
                    let causes = self.causes(&active.definition, customer.0, &events, now)?;
                    self.fire_all(active, About::Customer(customer.into()), &causes, now).await?;
                    timers.set(active.number, customer.0, causes.next);
                }
            }
        }
        Ok(())
    }

    async fn fire_all(&self, active: &Active, about: About, causes: &Causes, now: Instant) -> Result<(), Error> {
        for standing in to_fire(active.from, &causes.standings, now) {
            if self.customers.work.has_fired(&active.id, standing.parts()) {
                continue;
            }
            // The customer who holds the record that began it: after a merge or a split as well.
            let about = match about {
                About::Customer(_) if !standing.cause.thing.is_nil() => About::Customer(RecordId(standing.cause.thing)),
                other => other,
            };
            let firing = Firing {
                automation: active.id.clone(),
                version: active.version,
                definition: active.definition.clone(),
                cause: standing.cause.name(),
                parts: standing.parts().collect(),
                step: None,
                about,
            };
            self.perform(Wish::Fire(Box::new(firing))).await?;
        }
        Ok(())
    }

    /// How far each customer has come at a bar who came across it; of a merged one what was most.
    pub(super) async fn crossings(
        &self,
        active: &Active,
        generation: &dyn Generation,
    ) -> Result<HashMap<CustomerId, Crossing>, Error> {
        self.settle().await?;
        let steps = self.customers.work.steps(&active.id);
        let mut of: HashMap<CustomerId, Crossing> = HashMap::new();
        for some in steps.chunks(CROSSED) {
            let records: Vec<RecordId> = some.iter().map(|(record, _)| *record).collect();
            let holders: HashMap<RecordId, CustomerId> =
                generation.records(&records).await?.into_iter().map(|row| (row.record, row.customer)).collect();
            for (record, crossing) in some {
                if let Some(customer) = holders.get(record) {
                    let known = of.entry(*customer).or_default();
                    *known = known.merge(*crossing);
                }
            }
        }
        Ok(of)
    }

    /// Looks at the points and grades of customers.
    pub(super) async fn look_at_scores(
        &self,
        active: &mut Active,
        readings: Vec<PointsOf>,
        crossings: &HashMap<CustomerId, Crossing>,
    ) -> Result<(), Error> {
        for (customer, points, grade) in readings {
            // Whose rules fail has no reading.
            let side = points.and_then(|points| Side::of(&active.definition.when, points, grade.as_deref()));
            let Some(side) = side else { continue };
            let crossing = match crossings.get(&customer) {
                Some(crossing) => *crossing,
                None => self.beginning(active, customer, side).await?,
            };
            let (ordinal, fires) = match crossing.step(side) {
                Step::Fire { ordinal } => (ordinal, true),
                Step::Rearm { ordinal } => (ordinal, false),
                Step::Nothing => continue,
            };
            let firing = Box::new(Firing {
                automation: active.id.clone(),
                version: active.version,
                definition: active.definition.clone(),
                cause: Crossing::name(customer.0, ordinal),
                parts: Vec::new(),
                step: Some(ordinal),
                about: About::Customer(customer.into()),
            });
            self.perform(if fires { Wish::Fire(firing) } else { Wish::Rearm(firing) }).await?;
        }
        Ok(())
    }

    /// How a customer stood when the automation began: who was beyond the bar then has not crossed it.
    async fn beginning(&self, active: &mut Active, customer: CustomerId, side: Side) -> Result<Crossing, Error> {
        if side != Side::Beyond {
            return Ok(Crossing::begin(if active.beyond.contains(&customer) { Side::Beyond } else { side }));
        }
        if active.beyond.contains(&customer) {
            return Ok(Crossing::begin(Side::Beyond));
        }
        let rule_set = match &active.definition.when {
            kulta_projections::automation::definition::When::Points { rule_set, .. }
            | kulta_projections::automation::definition::When::Grade { rule_set, .. } => rule_set.to_string(),
            _ => return Ok(Crossing::default()),
        };
        let asked = Asked { rule_set: Some(rule_set), reading: Reading::Newest, as_of: active.from, known_at: None };
        let then = match self.scores.score(customer.into(), asked).await {
            Ok(Found::Here(score)) => match score.summary(&self.scores) {
                Ok(summary) => {
                    Side::of(&active.definition.when, summary.total, summary.grade.map(|grade| grade.name.as_ref()))
                }
                // Rules failed then: it had no points.
                Err(_) => None,
            },
            Ok(_) => None,
            Err(crate::scores::Error::Reads(error)) => return Err(error.into()),
            Err(_) => None,
        };
        if then == Some(Side::Beyond) {
            active.beyond.insert(customer);
        }
        Ok(Crossing::begin(then.unwrap_or(Side::Behind)))
    }

    /// What was fired for is known before anything is looked at again. (In one look nothing is looked at twice.)
    async fn settle(&self) -> Result<(), Error> {
        Ok(self.customers.work.after(self.fired_to.load(Ordering::Relaxed)).await?)
    }

    /// Does it; what was done already, or can no longer be done, is done with.
    async fn perform(&self, wish: Wish) -> Result<(), Error> {
        let actor = self.customers.commands.actor(SELF).await?;
        let context = Context { actor, idempotency_key: None, request: String::new() };
        match self.customers.run(&context, &wish).await {
            Ok(done) => {
                self.fired_to.fetch_max(done.position, Ordering::Relaxed);
                Ok(())
            }
            Err(crate::commands::Error::Refused(Refusal::Rule { code: DONE | ERASED, .. })) => Ok(()),
            Err(crate::commands::Error::Refused(refusal)) => {
                let (Wish::Fire(firing) | Wish::Rearm(firing)) = &wish else { return Ok(()) };
                tracing::warn!(automation = %firing.automation, cause = %firing.cause, %refusal, "an automation could not act");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}
