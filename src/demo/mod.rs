//! The demo: a year in the life of generated customers, with duplicates that matching finds, changed addresses, and a
//! steward who answers the first question.

pub mod work;

use std::sync::Arc;

use kulta_events::{CustomerId, Instant, Json, RecordId};
use kulta_projections::identity::live::Why;
use serde_json::Value;
use uuid::Uuid;

use crate::commands::rule_set::Command::Publish;
use crate::commands::{Context, Customers, Say, Wish};
use crate::generate::{self, Generated};
use crate::intake::publish::{Along, Arrival};
use crate::intake::{Intake, Published};

/// Events published at a time.
const BATCH: usize = 2_000;
/// Events per customer, over the year.
const EVENTS_PER_CUSTOMER: u64 = 25;
/// What customers are worth.
const RULES: &str = include_str!("value.toml");
/// The name of those rules.
pub const RULE_SET: &str = "customer-value";
/// One year.
const YEAR: i64 = 365;

/// What there is to look at.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// Events published.
    pub events: u64,
    /// Of these accepted; the others are repetitions.
    pub accepted: u64,
    /// A customer whose records matching found in several sources.
    pub found: Option<CustomerId>,
    /// How many customers there are, of how many records, and how many questions for stewards.
    pub counts: (usize, usize, usize),
    /// The customer of the first question, which a steward answered with yes, and the id that was merged away.
    pub merged: Option<(CustomerId, RecordId)>,
    /// The steward's decision.
    pub decision: Option<Uuid>,
    /// When, just before the merge, the log stood as it was without it.
    pub before_merge: Option<Instant>,
    /// A customer whose address or e-mail changed during the year, and a moment before the change.
    pub moved: Option<(RecordId, Instant)>,
    /// A question that is left to the newcomer.
    pub question: Option<(RecordId, RecordId)>,
    /// The customer with the most points.
    pub best: Option<CustomerId>,
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
    /// The projections did not follow.
    #[error(transparent)]
    Reads(#[from] crate::reads::Error),
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
    value(stage, now.plus_days(-YEAR)).await?;
    cast.tell(stage, &mut story).await?;
    work::begin(stage, story.found, now).await?;
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

/// Publishes rules, for all of the history.
async fn value(stage: &Stage<'_>, effective_from: Instant) -> Result<(), Error> {
    let context = Context { actor: stage.steward, idempotency_key: None, request: "demo rules".to_owned() };
    let note = Some("for the demo".to_owned());
    let (name, rules) = (RULE_SET.to_owned(), Some(RULES.to_owned()));
    stage.customers.run(&context, &Wish::RuleSet(Publish { name, rules, effective_from, note })).await?;
    Ok(())
}

/// What comes by that is worth telling.
#[derive(Default)]
struct Cast {
    /// The first change of address that comes by.
    moved: Option<(String, String, Instant)>,
}

impl Cast {
    fn see(&mut self, generated: &Generated) {
        if self.moved.is_some() || !generated.json.contains("customer.contact_edited") {
            return;
        }
        let Ok(event) = Json::parse(generated.json.as_bytes()) else { return };
        let text = |name| event.get(name).and_then(Json::as_str).map(str::to_owned);
        let says = |name| event.get("data").is_some_and(|data| data.get(name).is_some_and(|value| !value.is_null()));
        if let (Some(source), Some(subject), Some(time), true) =
            (text("source"), text("subject"), text("time"), says("address"))
        {
            self.moved = Instant::parse(&time).ok().map(|time| (source, subject, time));
        }
    }

    async fn tell(self, stage: &Stage<'_>, story: &mut Story) -> Result<(), Error> {
        story.moved = self.moved.map(|(source, subject, time)| {
            (stage.hasher.record(&source, &subject), time.plus_micros(-Instant::SECOND))
        });
        let reads = &stage.customers.reads;
        reads.caught_up().await?;
        let questions = reads.questions().await?;
        let clusters = reads.clusters().await?;
        let records = clusters.iter().map(Vec::len).sum();
        story.counts = (clusters.len(), records, questions.len());
        let found =
            clusters.iter().filter(|records| (3..=5).contains(&records.len())).min_by_key(|records| records[0].0);
        if let Some(record) = found.and_then(|records| records.first()) {
            story.found = reads.record_by_id(*record).await?.map(|row| row.customer);
        }
        let unclear = questions.iter().filter(|question| question.review.why == Why::Unclear);
        let mut unclear = unclear.map(|question| (question.review.one, question.review.other));
        if let Some((one, other)) = unclear.next() {
            let context = Context { actor: stage.steward, idempotency_key: None, request: "demo".to_owned() };
            let say = Say { reason: Some("asked on the phone".to_owned()), overrule: false, if_match: None };
            story.before_merge = Some(stage.customers.commands.now());
            let away = [reads.record_by_id(one).await?, reads.record_by_id(other).await?];
            let done = stage.customers.run(&context, &Wish::Merge { id: one, with: other, say }).await?;
            let uuid =
                |name: &str| done.body.get(name).and_then(Value::as_str).and_then(|text| text.parse::<Uuid>().ok());
            story.decision = uuid("decision_id");
            story.merged = uuid("customer_id").and_then(|customer| {
                let away = away.into_iter().flatten().map(|row| row.customer).find(|id| id.0 != customer)?;
                Some((CustomerId(customer), away.into()))
            });
        }
        story.question = unclear.find(|(one, other)| {
            let merged = story.merged.map(|(customer, away)| [RecordId::from(customer), away]);
            merged.is_none_or(|merged| !merged.contains(one) && !merged.contains(other))
        });
        Ok(())
    }
}
