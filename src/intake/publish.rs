//! Publishing events, whatever door they came through.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use kulta_events::envelope::{MAX_EVENT_BYTES, Problem, Validator, content};
use kulta_events::{Fact, Json, RecordId};

use super::Error;
use super::registrations::Registrations;
use crate::clock::Clock;
use crate::event_types::EventTypes;
use crate::privacy::Vault;
use crate::privacy::vault::{Door, Sealable};
use crate::store::log::{AppendError, CursorMove};
use crate::store::{Append, Appended, EventOutcome, Log, Mode, NewDeadLetter, Page, Select};

/// How often a batch is sealed again when another node made a data key at the same time.
const SEAL_TRIES: usize = 10;

/// An event as it came.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Its JSON text in structured form, or what stood in its place.
    pub text: Arc<str>,
    /// What is wrong already before it can be parsed, such as a CSV row that maps to no event.
    pub problems: Vec<Problem>,
    /// Where exactly it came from, such as a line number; for dead letters.
    pub origin: String,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Stored, here.
    Accepted(u64),
    /// Was stored before, here.
    Duplicate(u64),
    /// Another content is stored under this id, here.
    Conflict(u64),
    /// Not stored, for these reasons.
    Rejected(Vec<Problem>),
}

/// Why one event is refused, and its name as far as it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Everything that is wrong with it; never empty.
    pub problems: Vec<Problem>,
    /// Its source.
    pub source: Option<String>,
    /// Its id.
    pub id: Option<String>,
    /// Its type.
    pub type_name: Option<String>,
    /// The record that it is about.
    pub record: Option<RecordId>,
}

impl Refusal {
    fn nameless(problems: Vec<Problem>) -> Self {
        Self { problems, source: None, id: None, type_name: None, record: None }
    }
}

/// The answer to one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventResult {
    /// Its source, if that much could be read.
    pub source: Option<String>,
    /// Its id, if that much could be read.
    pub id: Option<String>,
    /// What became of it.
    pub status: Status,
}

/// The answer to a batch: durable.
#[derive(Clone, Debug)]
pub struct Published {
    /// The log's last position after the batch: whoever waits for it sees all of the batch.
    pub position: u64,
    /// One answer per event, in order.
    pub results: Vec<EventResult>,
}

/// What travels with a batch in the same transaction.
#[derive(Clone, Debug, Default)]
pub struct Along {
    /// Named cursors that are moved.
    pub cursors: Vec<CursorMove>,
    /// Dead letters that this batch settles.
    pub settles: Vec<i64>,
    /// Whether rejected events go to the dead letters.
    pub keep_rejected: bool,
    /// The sources that the caller may publish for; `None`: all.
    pub sources: Option<Arc<[String]>>,
}

impl Along {
    fn may_publish(&self, source: &str) -> Result<(), Problem> {
        if self.sources.as_ref().is_none_or(|sources| sources.iter().any(|known| known == source)) {
            return Ok(());
        }
        Err(Problem::new("forbidden-source", "/source", "the access token may not publish for this source"))
    }
}

/// The intake of one node.
#[derive(Debug)]
pub struct Intake {
    pub(super) log: Arc<dyn Log>,
    pub(super) vault: Arc<Vault>,
    pub(super) registrations: Registrations,
    clock: Arc<dyn Clock>,
    /// Free attributes that sources registered as facts.
    fact_attributes: RwLock<Arc<BTreeMap<String, Vec<String>>>>,
}

impl Intake {
    /// An intake over a log.
    pub fn new(log: Arc<dyn Log>, vault: Arc<Vault>, vocabulary: EventTypes, clock: Arc<dyn Clock>) -> Self {
        let registrations = Registrations::new(log.clone(), vault.clone(), vocabulary);
        Self { log, vault, registrations, clock, fact_attributes: RwLock::default() }
    }

    /// Takes note of which free attributes are facts, for later events.
    pub fn set_fact_attributes(&self, of_sources: BTreeMap<String, Vec<String>>) {
        *self.fact_attributes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(of_sources);
    }

    /// Checks one event without storing it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(&self, text: &str) -> Result<Fact, Refusal> {
        if text.len() > MAX_EVENT_BYTES {
            let detail = format!("an event is at most {MAX_EVENT_BYTES} bytes");
            return Err(Refusal::nameless(vec![Problem::new("too-large", "", detail)]));
        }
        let event = Json::parse(text.as_bytes())
            .map_err(|error| Refusal::nameless(vec![Problem::new("malformed", "", error.to_string())]))?;
        let fact_attributes = self.fact_attributes.read().unwrap_or_else(PoisonError::into_inner).clone();
        let vocabulary = self.registrations.now();
        let validator = Validator { vocabulary: &vocabulary, now: self.clock.now(), fact_attributes: &fact_attributes };
        let mut fact = validator.check(event).map_err(|problems| self.refusal(text, problems))?;
        self.vault.hasher().put_record_ids(&mut fact);
        Ok(fact)
    }

    /// The validator has taken the event apart: who is refused waits for it to be read again.
    fn refusal(&self, text: &str, problems: Vec<Problem>) -> Refusal {
        let event = Json::parse(text.as_bytes()).ok();
        let name = |member| event.as_ref()?.get(member)?.as_str().map(str::to_owned);
        let (source, id, type_name, subject) = (name("source"), name("id"), name("type"), name("subject"));
        let subject = subject.map(|subject| subject.trim().to_owned()).filter(|subject| !subject.is_empty());
        let record = source.as_ref().zip(subject.as_ref());
        let record = record.map(|(source, subject)| self.vault.hasher().record(source, subject));
        Refusal { problems, source, id, type_name, record }
    }

    /// Checks one event, and whether this caller may publish it.
    pub(super) fn verdict(&self, arrival: &Arrival, along: &Along) -> Result<Fact, Refusal> {
        if !arrival.problems.is_empty() {
            return Err(self.refusal(&arrival.text, arrival.problems.clone()));
        }
        let fact = self.check(&arrival.text)?;
        let Err(problem) = along.may_publish(&fact.source) else { return Ok(fact) };
        let record = Some(self.vault.hasher().record(&fact.source, &fact.subject));
        let (source, id, type_name) = (Some(fact.source), Some(fact.id), Some(fact.event_type.name.to_owned()));
        Err(Refusal { problems: vec![problem], source, id, type_name, record })
    }

    /// Publishes a batch. What it answers is durable.
    ///
    /// # Errors
    /// When the store fails; then nothing of the batch is answered, and all of it can be sent again.
    pub async fn publish(
        &self,
        arrivals: Vec<Arrival>,
        door: &'static str,
        actor: i64,
        along: Along,
    ) -> Result<Published, Error> {
        let mut results = Vec::with_capacity(arrivals.len());
        let mut sealables = Vec::with_capacity(arrivals.len());
        let mut letters = Vec::new();
        let verdicts = self.verdicts(&arrivals, &along).await?;
        for (arrival, checked) in arrivals.into_iter().zip(verdicts) {
            let door = Door { name: door, origin: arrival.origin };
            match checked {
                Ok(fact) => {
                    results.push(None);
                    sealables.push(Sealable { fact, original: arrival.text, door });
                }
                Err(refusal) => {
                    if along.keep_rejected {
                        letters.push(self.letter(&arrival.text, &refusal, door)?);
                    }
                    let Refusal { problems, source, id, .. } = refusal;
                    results.push(Some(EventResult { source, id, status: Status::Rejected(problems) }));
                }
            }
        }
        self.forget_the_erased(&mut letters).await?;
        let sealables: Arc<[Sealable]> = sealables.into();
        let mut appended = self.append(&sealables, actor, along, letters).await?;
        self.settle_older(&sealables, &mut appended).await?;
        Ok(Published { position: appended.head, results: merge(results, &sealables, &appended) })
    }

    /// A letter about an erased record says that something was rejected, not what was sent.
    async fn forget_the_erased(&self, letters: &mut [NewDeadLetter]) -> Result<(), Error> {
        let about: Vec<_> = letters.iter().filter_map(|letter| letter.record).collect();
        if about.is_empty() {
            return Ok(());
        }
        let erased = self.vault.erased(&about).await?;
        for letter in letters.iter_mut().filter(|letter| letter.record.is_some_and(|record| erased.contains(&record))) {
            letter.sealed_body.clear();
        }
        Ok(())
    }

    /// Events that are stored under an older payload version: lifted, they are the same, or conflict after all.
    async fn settle_older(&self, sealables: &[Sealable], appended: &mut Appended) -> Result<(), Error> {
        let mut conflicts = Append::new(Mode::EachAlone);
        for (sealable, outcome) in sealables.iter().zip(&mut appended.events) {
            let EventOutcome::Older(position) = *outcome else { continue };
            *outcome = match self.stored_content(position).await? {
                Some(content) if content == sealable.fact.content() => EventOutcome::Duplicate(position),
                _ => {
                    let record = self.vault.hasher().record(&sealable.fact.source, &sealable.fact.subject);
                    let erased = !self.vault.erased(&[record]).await?.is_empty();
                    conflicts.dead_letters.push(self.vault.conflict_letter(sealable, record, erased).make());
                    EventOutcome::Conflict(position)
                }
            };
        }
        if !conflicts.dead_letters.is_empty() {
            self.log.append(conflicts).await.map_err(Error::Append)?;
        }
        Ok(())
    }

    /// The content of a stored event, lifted to the newest version; `None` when it can no longer be read.
    async fn stored_content(&self, position: u64) -> Result<Option<String>, Error> {
        let stored = self.log.read(&Page::forwards(Select::All, position - 1, 1)).await?;
        let opened = self.vault.open_events(&self.registrations.now(), stored, |_| true).await?;
        let Some(event) = opened.into_iter().next().filter(|event| !event.payload.erased) else { return Ok(None) };
        let Some(record) = event.record else { return Ok(None) };
        let subject = self.vault.subjects(&[record]).await?.remove(&record).and_then(|named| named.subject);
        Ok(subject.map(|subject| {
            content(
                &event.type_name,
                &subject,
                event.order.time,
                event.unit.as_deref(),
                &event.payload.data.canonical(),
            )
        }))
    }

    fn letter(
        &self,
        text: &str,
        Refusal { problems, record, .. }: &Refusal,
        door: Door,
    ) -> Result<NewDeadLetter, Error> {
        let first = problems.first().map_or("rejected", |problem| problem.code.as_str());
        Ok(NewDeadLetter {
            key: self.vault.hasher().text("letter", &[door.name, &door.origin, text]),
            door: door.name.to_owned(),
            origin: door.origin,
            reason: first.to_owned(),
            problems: serde_json::to_string(problems).unwrap_or_default(),
            sealed_body: self.vault.seal_system(text.as_bytes())?,
            record: *record,
        })
    }

    async fn append(
        &self,
        sealables: &Arc<[Sealable]>,
        actor: i64,
        along: Along,
        letters: Vec<NewDeadLetter>,
    ) -> Result<Appended, Error> {
        for _ in 0..SEAL_TRIES {
            let mut append = if sealables.is_empty() {
                Append::new(Mode::EachAlone)
            } else {
                self.vault.seal_facts(sealables, actor).await?
            };
            append.cursors.clone_from(&along.cursors);
            append.settles.clone_from(&along.settles);
            append.dead_letters.clone_from(&letters);
            append.reseal = Some(self.vault.reseal(sealables.clone(), actor));
            let keys = append.keys.clone();
            match self.log.append(append).await {
                Ok(appended) => {
                    self.vault.confirm(&keys);
                    return Ok(appended);
                }
                Err(AppendError::StaleKeys(records)) => self.vault.doubt(&records, &keys),
                Err(AppendError::Store(error)) => return Err(error.into()),
                Err(error) => return Err(Error::Append(error)),
            }
        }
        Err(crate::store::Error::Busy.into())
    }
}

fn merge(results: Vec<Option<EventResult>>, sealables: &[Sealable], appended: &Appended) -> Vec<EventResult> {
    let mut outcomes = sealables.iter().zip(&appended.events);
    let answered = |outcome: &EventOutcome| match *outcome {
        EventOutcome::Accepted(position) => Status::Accepted(position),
        EventOutcome::Duplicate(position) => Status::Duplicate(position),
        EventOutcome::Conflict(position) | EventOutcome::Older(position) => Status::Conflict(position),
    };
    results
        .into_iter()
        .filter_map(|result| {
            result.or_else(|| {
                let (sealable, outcome) = outcomes.next()?;
                let (source, id) = (Some(sealable.fact.source.clone()), Some(sealable.fact.id.clone()));
                Some(EventResult { source, id, status: answered(outcome) })
            })
        })
        .collect()
}
