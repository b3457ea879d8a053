//! The demo: a year in the life of generated customers, with duplicates, changed addresses and a steward's merge.

use std::collections::BTreeMap;
use std::sync::Arc;

use kulta_events::{CustomerId, Instant, Json, RecordId};
use serde_json::Value;
use uuid::Uuid;

use crate::commands::{Context, Customers, Say, Wish};
use crate::generate::{self, Generated};
use crate::intake::publish::{Along, Arrival};
use crate::intake::{Intake, Published};

/// Events published at a time.
const BATCH: usize = 2_000;
/// Events per customer, over the year.
const EVENTS_PER_CUSTOMER: u64 = 25;
/// One year.
const YEAR: i64 = 365;

/// What there is to look at.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// Events published.
    pub events: u64,
    /// Of these accepted; the others are repetitions.
    pub accepted: u64,
    /// A customer whose two records a steward merged, and the id that it had in the second one.
    pub merged: Option<(CustomerId, RecordId)>,
    /// The steward's decision.
    pub decision: Option<Uuid>,
    /// When, just before the merge, the log stood as it was without it.
    pub before_merge: Option<Instant>,
    /// A customer whose address or e-mail changed during the year, and a moment before the change.
    pub moved: Option<(RecordId, Instant)>,
    /// A record that is left unmerged though it is the same person as another.
    pub duplicates: Option<(RecordId, RecordId)>,
}

/// Why the demo could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Publishing failed.
    #[error(transparent)]
    Intake(#[from] crate::intake::Error),
    /// The merge failed.
    #[error(transparent)]
    Command(#[from] crate::commands::Error),
}

/// What the demo needs of a service.
#[derive(Debug)]
pub struct Stage<'a> {
    /// Takes events.
    pub intake: &'a Intake,
    /// Takes the steward's command.
    pub customers: &'a Customers,
    /// The keyed hashes that name records.
    pub hasher: &'a crate::privacy::hash::Hasher,
    /// Who publishes.
    pub actor: i64,
    /// Who merges.
    pub steward: i64,
}

/// Publishes the history of so many customers, ending at `now`.
///
/// # Errors
/// When the store fails.
pub async fn load(
    stage: &Stage<'_>,
    customers: u64,
    now: Instant,
    mut progress: impl FnMut(u64, u64),
) -> Result<Story, Error> {
    let events = customers * EVENTS_PER_CUSTOMER;
    let config = generate::Config {
        customers,
        events,
        seed: 1,
        start_us: now.plus_days(-YEAR).micros(),
        end_us: now.micros(),
        truth: false,
    };
    let mut story = Story::default();
    let mut cast = Cast::default();
    let mut batch = Vec::with_capacity(BATCH);
    for generated in generate::events(config) {
        cast.see(&generated);
        batch.push(Arrival { text: Arc::from(generated.json), problems: Vec::new(), origin: String::new() });
        if batch.len() == BATCH {
            publish(stage, &mut batch, &mut story).await?;
            progress(story.events, events);
        }
    }
    publish(stage, &mut batch, &mut story).await?;
    progress(story.events, events);
    cast.tell(stage, &mut story).await?;
    Ok(story)
}

async fn publish(stage: &Stage<'_>, batch: &mut Vec<Arrival>, story: &mut Story) -> Result<(), Error> {
    let published: Published =
        stage.intake.publish(std::mem::take(batch), "file", stage.actor, Along::default()).await?;
    let [accepted, ..] = published.counts();
    story.accepted += accepted;
    story.events += published.results.len() as u64;
    Ok(())
}

/// The records of a few customers, as they come by.
#[derive(Default)]
struct Cast {
    /// The first records of the first customers that have two with an e-mail address.
    records: BTreeMap<u64, Vec<(String, String)>>,
    /// The first change of address or e-mail that comes by.
    moved: Option<(String, String, Instant)>,
}

impl Cast {
    /// Customers that may appear in the story; the others only live in the data.
    const WATCHED: u64 = 400;

    fn see(&mut self, generated: &Generated) {
        let contact =
            generated.json.contains("customer.registered") || generated.json.contains("customer.contact_edited");
        if generated.customer >= Self::WATCHED || !contact {
            return;
        }
        let Ok(event) = Json::parse(generated.json.as_bytes()) else { return };
        let text = |name| event.get(name).and_then(Json::as_str).map(str::to_owned);
        let (Some(source), Some(subject), Some(type_name)) = (text("source"), text("subject"), text("type")) else {
            return;
        };
        let says = |name| event.get("data").is_some_and(|data| data.get(name).is_some_and(|value| !value.is_null()));
        if type_name == "customer.contact_edited" && self.moved.is_none() && says("address") {
            let time = text("time").and_then(|time| Instant::parse(&time).ok());
            self.moved = time.map(|time| (source.clone(), subject.clone(), time));
        }
        let known = self.records.entry(generated.customer).or_default();
        if says("email") && !known.iter().any(|(from, key)| (from, key) == (&source, &subject)) {
            known.push((source, subject));
        }
    }

    async fn tell(self, stage: &Stage<'_>, story: &mut Story) -> Result<(), Error> {
        let id = |(source, subject): &(String, String)| stage.hasher.record(source, subject);
        story.moved = self.moved.map(|(source, subject, time)| {
            (stage.hasher.record(&source, &subject), time.plus_micros(-Instant::SECOND))
        });
        let mut pairs = self.records.values().filter_map(|records| Some((id(records.first()?), id(records.get(1)?))));
        if let Some((one, other)) = pairs.next() {
            let context = Context { actor: stage.steward, idempotency_key: None, request: "demo".to_owned() };
            let say = Say { reason: Some("same e-mail address, confirmed on the phone".to_owned()), overrule: false };
            story.before_merge = Some(stage.customers.commands.now());
            let wish = Wish::Merge { id: one, with: other, say };
            let done = stage.customers.run(&context, &wish).await?;
            let uuid =
                |name: &str| done.body.get(name).and_then(Value::as_str).and_then(|text| text.parse::<Uuid>().ok());
            story.decision = uuid("decision_id");
            story.merged = uuid("customer_id").map(|customer| {
                let away = if customer == one.0 { other } else { one };
                (CustomerId(customer), away)
            });
        }
        story.duplicates = pairs.next();
        Ok(())
    }
}
