//! One request of a person: what its aggregates decide becomes one append.

use std::sync::Arc;

use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{Aggregate, AggregateError, CqrsFramework};
use kulta_events::envelope::Parts;
use kulta_events::ids::KULTA;
use kulta_events::{Fact, Instant, Json};
use serde_json::{Value, json};
use uuid::Uuid;

use super::person_record::{PersonRecord, from_value};
use super::remembered::{Remembered, Snapshot};
use super::staging::{Staged, Staging};
use super::{Error, Refusal};
use crate::clock::Clock;
use crate::event_types::EventTypes;
use crate::privacy::Vault;
use crate::store::log::AppendError;
use crate::store::{Append, Appended, CommandResult, EventOutcome, Log};

/// How often a command is decided anew when somebody else was faster.
const TRIES: usize = 5;

/// Who asks, and how a repetition is recognised.
#[derive(Clone, Debug)]
pub struct Context {
    /// The actor's number.
    pub actor: i64,
    /// The caller's `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// What is asked, as a text that is equal for equal requests: the key with another request is refused.
    pub request: String,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// HTTP status.
    pub status: i16,
    /// What to tell the caller.
    pub body: Value,
    /// The log's last position after it: wait for this one to see the effect.
    pub position: u64,
}

/// A request that is decided by aggregates.
pub trait Decide: Sync {
    /// Stages what the aggregates decide; answers the status and what to tell the caller. It may be asked again, on a
    /// newer state.
    fn decide(&self, transaction: &mut Transaction) -> impl Future<Output = Result<(i16, Value), Error>> + Send;
}

/// Runs commands.
#[derive(Clone, Debug)]
pub struct Commands {
    pub(super) log: Arc<dyn Log>,
    pub(super) vault: Arc<Vault>,
    pub(super) vocabulary: EventTypes,
    pub(super) clock: Arc<dyn Clock>,
    remembered: Arc<Remembered>,
}

/// What one request stages.
#[derive(Debug)]
pub struct Transaction {
    staging: Staging,
    subjects: std::collections::HashMap<String, String>,
    /// Source of ids: derived from the idempotency key, or random.
    seed: Uuid,
    ids: u32,
    /// What is decided is later than this, whatever the clock says.
    after: Option<Instant>,
}

impl Transaction {
    /// Lets the aggregate of a stream decide; what it decides is staged.
    ///
    /// # Errors
    /// Its refusal, or what stops the log from being read.
    pub async fn execute<A>(&self, stream: &str, command: A::Command) -> Result<(), Error>
    where
        A: Aggregate<Error = Refusal, Services = ()> + 'static,
    {
        let staging = self.staging.clone();
        // Records are edited again and again, and their aggregates hold nothing personal.
        let store = match A::TYPE {
            PersonRecord::TYPE => PersistedEventStore::<Staging, A>::new_snapshot_store(staging, 1),
            _ => PersistedEventStore::new_event_store(staging),
        };
        let framework = CqrsFramework::new(store, Vec::new(), ());
        framework.execute(stream, command).await.map_err(|error| match error {
            AggregateError::UserError(Refusal::Stale) => Error::Contended,
            AggregateError::UserError(refusal) => Error::Refused(refusal),
            AggregateError::AggregateConflict => Error::Contended,
            AggregateError::DatabaseConnectionError(error) => unread(error),
            AggregateError::DeserializationError(error) | AggregateError::UnexpectedError(error) => {
                Error::Unreadable(error)
            }
        })
    }

    /// Whether this request writes into a stream already.
    pub fn has_staged(&self, stream: &str) -> bool {
        self.staging.has_staged(stream)
    }

    /// Names the subject of the source `kulta` that a stream's events are about.
    pub fn subject(&mut self, stream: String, subject: String) {
        self.subjects.insert(stream, subject);
    }

    /// What is decided contradicts something of this time, and is later than that, whatever the clock says.
    pub fn follow(&mut self, time: Instant) {
        self.after = self.after.max(Some(time));
    }

    /// The next id that this request makes: the same for the same idempotency key.
    pub fn id(&mut self, vault: &Vault) -> Uuid {
        self.ids += 1;
        vault.hasher().entity("id", &self.seed.to_string(), &self.ids.to_string())
    }
}

/// What stopped a stream from being read: cqrs-es has it boxed, and only its kind tells whether a retry may help.
fn unread(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    error.downcast::<crate::store::Error>().map(|error| Error::Store(*error)).unwrap_or_else(|error| {
        error.downcast::<crate::privacy::Error>().map_or_else(Error::Unreadable, |error| Error::Privacy(*error))
    })
}

impl Commands {
    /// A runner over a log.
    pub fn new(log: Arc<dyn Log>, vault: Arc<Vault>, vocabulary: EventTypes, clock: Arc<dyn Clock>) -> Self {
        Self { log, vault, vocabulary, clock, remembered: Arc::default() }
    }

    /// Makes sure that what any node has stored is known to be there.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ping(&self) -> Result<(), crate::store::Error> {
        self.log.ping().await
    }

    /// Claims a name for this node; `None` while another node holds it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn claim(&self, name: &str, holder: &str) -> Result<Option<crate::store::Claim>, crate::store::Error> {
        self.log.claim(name, holder).await
    }

    /// The number of an actor.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn actor(&self, name: &str) -> Result<i64, crate::store::Error> {
        self.log.actor(name).await
    }

    /// What the clock says.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Runs one request: what its aggregates decide is staged and appended. When somebody else was
    /// faster, everything is decided anew.
    ///
    /// # Errors
    /// The refusal, or what the store says.
    pub async fn run(&self, context: &Context, request: &impl Decide) -> Result<Done, Error> {
        let key = context.idempotency_key.as_deref();
        let key = key.map(|key| self.vault.hasher().text("idempotency", &[&context.actor.to_string(), key]));
        let fingerprint = self.vault.hasher().text("request", &[&context.request]);
        if let Some(answer) = self.answered(key, fingerprint).await? {
            return Ok(answer);
        }
        for attempt in 0..=TRIES {
            let seed = key.unwrap_or_else(Uuid::new_v4);
            let (log, vault, vocabulary) = (self.log.clone(), self.vault.clone(), self.vocabulary.clone());
            // What is remembered may be old: that costs no try of those that read.
            let remembered = (attempt == 0).then(|| self.remembered.clone());
            let staging = Staging::new(log, vault, vocabulary, remembered);
            let mut transaction = Transaction { staging, subjects: Default::default(), seed, ids: 0, after: None };
            let (status, body) = match request.decide(&mut transaction).await {
                Ok(decided) => decided,
                // It may hold no more for what is in the log now.
                Err(_) if transaction.staging.forget_unread() => continue,
                Err(error) => {
                    // The same command at the same time may have been faster: what it did is then in this one's way.
                    let answer = self.answered(key, fingerprint).await?;
                    if answer.is_none() && matches!(error, Error::Contended) {
                        continue;
                    }
                    return answer.ok_or(error);
                }
            };
            let staged = transaction.staging.take();
            let (mut append, after) = self.seal(&mut transaction, staged, context.actor).await?;
            if let Some(key) = key {
                let sealed_body = self.vault.seal_system(body.to_string().as_bytes())?;
                append.result = Some(CommandResult { key, request: fingerprint, status, position: 0, sealed_body });
            }
            let keys = append.keys.clone();
            match self.log.append(append).await {
                Ok(appended) => {
                    self.vault.confirm(&keys);
                    self.remember(&appended, after);
                    return match appended.earlier {
                        Some(earlier) => self.repeat(&earlier, fingerprint),
                        None => Ok(Done { status, body, position: appended.head }),
                    };
                }
                Err(AppendError::StaleKeys(records)) => self.vault.doubt(&records, &keys),
                Err(
                    AppendError::WrongRevision { .. } | AppendError::Conflict { .. } | AppendError::CursorMoved { .. },
                ) => drop(transaction.staging.forget_unread()),
                Err(AppendError::Store(error)) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    /// What is remembered is what this very command has stored: of a repetition, it is not known when that was.
    fn remember(&self, appended: &Appended, after: Vec<(String, Snapshot)>) {
        let stored = |outcome: &EventOutcome| matches!(outcome, EventOutcome::Accepted(_));
        if appended.earlier.is_none() && appended.events.iter().all(stored) {
            after.into_iter().for_each(|(stream, snapshot)| self.remembered.put(stream, snapshot));
        }
    }

    /// The answer that was given under this key.
    async fn answered(&self, key: Option<Uuid>, request: Uuid) -> Result<Option<Done>, Error> {
        let Some(key) = key else { return Ok(None) };
        let earlier = self.log.command_result(key).await?;
        earlier.map(|earlier| self.repeat(&earlier, request)).transpose()
    }

    fn repeat(&self, earlier: &CommandResult, request: Uuid) -> Result<Done, Error> {
        if earlier.request != request {
            return Err(Refusal::KeyReused.into());
        }
        let body = self.vault.open_system(&earlier.sealed_body)?;
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| json!({}));
        Ok(Done { status: earlier.status, body, position: earlier.position })
    }

    /// Seals what was decided; besides, what to remember when it is stored.
    async fn seal(
        &self,
        transaction: &mut Transaction,
        staged: Vec<Staged>,
        actor: i64,
    ) -> Result<(Append, Vec<(String, Snapshot)>), Error> {
        let now = self.clock.now();
        let (mut facts, mut streams) = (Vec::new(), Vec::new());
        let mut others = Vec::new();
        let (mut expect, mut remember) = (Vec::new(), Vec::new());
        for Staged { stream, expected, events, told_at, after } in staged {
            // What was decided after something is a later fact, on a node whose clock is behind as well.
            let follows = told_at.max(transaction.after).map_or(now, |told_at| now.max(told_at.plus_micros(1)));
            // So are events of one request, one after the other.
            let times = (0..).map(|index| follows.plus_micros(index));
            let last = i64::try_from(events.len()).unwrap_or(0).saturating_sub(1);
            let told_at = Some(follows.plus_micros(last));
            remember.extend(after.map(|after| (stream.clone(), Snapshot { told_at, ..after })));
            expect.push((stream.as_str().into(), expected));
            for ((type_name, data), time) in events.into_iter().zip(times) {
                let id = transaction.id(&self.vault).to_string();
                let fact = self.fact(&type_name, id, &data, time)?;
                match transaction.subjects.get(&stream) {
                    Some(subject) => {
                        facts.push(Fact { subject: subject.clone(), ..fact });
                        streams.push(stream.clone());
                    }
                    None => others.push((stream.clone(), Fact { subject: stream.clone(), ..fact })),
                }
            }
        }
        let mut append = self.vault.seal_command(facts, others, actor).await?;
        // What a person says of another system's offer belongs into that offer's stream.
        for (event, stream) in append.events.iter_mut().zip(streams) {
            event.stream = stream.into();
        }
        append.expect = expect;
        Ok((append, remember))
    }

    fn fact(&self, type_name: &str, id: String, data: &Value, time: Instant) -> Result<Fact, Error> {
        let event_type = self
            .vocabulary
            .get(type_name)
            .ok_or_else(|| Error::Unreadable(format!("no event type {type_name}").into()))?;
        let data: Json = from_value(data);
        let mut fact = Fact {
            id,
            source: KULTA.to_owned(),
            subject: String::new(),
            event_type,
            time,
            unit: None,
            causation: None,
            correlation: None,
            version: event_type.version,
            parts: Parts::split(event_type, data, &[]),
        };
        self.vault.hasher().put_record_ids(&mut fact);
        Ok(fact)
    }
}
