//! The messages of one subscriber.
//!
//! A customer is in at most one message at a time, and each message tells of it as it is when it is sent: whoever was
//! unreachable for days gets the latest state, once. What fails waits for its next try while others go on; a receiver that
//! fails message after message is left alone, and then tried with one.

use futures::future::join_all;
use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::propagation::fields::Fields;
use kulta_projections::propagation::held::{About, Ledger, Miss};
use kulta_projections::propagation::index::{Behind, Index};
use kulta_projections::propagation::subscriber::{Kind, Subscriber};
use uuid::Uuid;

use super::message::{Message, lane_id, tries_id};
use super::schedule::{next_try, pause_after};
use super::{Answer, Error, Failure, Sender, sign};
use crate::commands::subscriber::Command;
use crate::commands::{self, Context, Wish};
use crate::privacy::Vault;
use crate::store::views::StoredCustomer;
use crate::work::Outgoing;

/// Messages that are under way together.
const TOGETHER: usize = 16;
/// So many failures in a row mean that the receiver is down.
const DOWN: u32 = 3;
/// For so long after a new secret the former one signs too, in hours.
const BOTH_SECRETS_HOURS: i64 = 24;
/// So many customers that are kept in memory, since nobody says that they concern nobody, are worth an acknowledgement.
const MANY: usize = 1_000;
/// Who acts.
const SELF: &str = "kulta";

/// What becomes of a lane after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is to be looked at again at once.
    Again,
    /// When something comes, or then.
    At(Option<Instant>),
    /// The subscriber is none any more.
    Stop,
}

/// One thing that a subscriber is to be told.
#[derive(Debug)]
struct Due {
    about: About,
    /// The highest position that shaped the customer.
    position: u64,
    /// How often it was tried.
    tried: u64,
    /// Ids that lead to the customer now and may have been customers when the subscriber heard last.
    gone: Vec<RecordId>,
    /// As of which position it holds the customer.
    held: u64,
    /// When it last changed.
    at: Instant,
    /// A request of the outbox.
    asked: Option<Outgoing>,
}

impl Due {
    fn of(about: About, at: Instant) -> Self {
        Self { about, position: 0, tried: 0, gone: Vec::new(), held: 0, at, asked: None }
    }
}

/// What is to be done in a turn.
#[derive(Debug)]
struct Plan {
    subscriber: Subscriber,
    due: Vec<Due>,
    next: Option<Instant>,
    /// Requests of the outbox that were tried for the last time before the node died.
    given_up: Vec<Uuid>,
}

/// What became of one thing.
#[derive(Debug)]
enum Told {
    /// It got there. Of a customer: as of this position.
    Arrived(u64),
    /// There is nothing to tell any more.
    Moot,
    /// The receiver wants no more messages, ever.
    Gone,
    /// It did not get there: why, in a word, and how long the receiver asks to be left alone.
    Missed(String, Option<std::time::Duration>),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Lane {
    name: String,
    failures: u32,
    paused_until: Option<Instant>,
}

impl Lane {
    pub(super) fn new(name: String) -> Self {
        Self { name, failures: 0, paused_until: None }
    }

    /// Tells what is due.
    pub(super) async fn turn(&mut self, sender: &Sender) -> Result<Next, Error> {
        let now = sender.clock.now();
        if self.paused_until.is_some_and(|until| until > now) {
            return Ok(Next::At(self.paused_until));
        }
        let limit = if self.failures >= DOWN { 1 } else { TOGETHER };
        let Some(plan) = sender.plan(&self.name, now, limit) else { return Ok(Next::Stop) };
        for id in plan.given_up {
            let written = sender.withhold(id).await?;
            sender.customers.work.after(written).await?;
        }
        if plan.due.is_empty() {
            sender.settle(&plan.subscriber).await?;
            return Ok(Next::At(plan.next));
        }
        let told = join_all(plan.due.iter().map(|due| sender.tell(&plan.subscriber, due))).await;
        let told: Vec<(&Due, Told)> =
            plan.due.iter().zip(told).map(|(due, told)| Ok((due, told?))).collect::<Result<_, Error>>()?;
        self.count(sender, &told);
        if told.iter().all(|(_, told)| matches!(told, Told::Moot)) {
            // The index has not heard of it yet.
            return Ok(Next::At(None));
        }
        sender.write_down(&plan.subscriber, &told).await
    }

    fn count(&mut self, sender: &Sender, told: &[(&Due, Told)]) {
        let (mut arrived, mut missed) = (0, 0);
        for (_, told) in told {
            match told {
                Told::Arrived(_) => arrived += 1,
                Told::Missed(..) | Told::Gone => missed += 1,
                Told::Moot => {}
            }
        }
        sender.deliveries.counted(&self.name, arrived, missed);
        self.failures =
            if arrived > 0 { 0 } else { self.failures.saturating_add(u32::try_from(missed).unwrap_or(u32::MAX)) };
        let lane = lane_id(sender.vault(), &self.name);
        self.paused_until = pause_after(self.failures, lane, sender.clock.now());
    }
}

impl Sender {
    fn vault(&self) -> &Vault {
        &self.customers.reads.source.vault
    }

    /// What is due for a subscriber; `None`: it is no webhook that is enabled.
    fn plan(&self, name: &str, now: Instant, limit: usize) -> Option<Plan> {
        let work = &self.customers.work;
        let asked = work.outbox(|id, asked| is_for(asked, name).then_some((id, asked.event.order.time)));
        let mut plan = self.propagation.look(|index, ledger| {
            let subscriber = ledger.subscribers().get(name)?;
            let is_on = subscriber.version.enabled && subscriber.version.kind == Kind::Webhook;
            let mut plan = Plan { subscriber: subscriber.clone(), due: Vec::new(), next: None, given_up: Vec::new() };
            for (id, at) in asked {
                plan.take(ledger, now, Due::of(About::Message(id), at));
            }
            for behind in index.behind(ledger, subscriber, (0, CustomerId(Uuid::nil()))) {
                if plan.due.len() >= limit {
                    break;
                }
                let (position, held, gone) = (behind.position, behind.held, gone(index, &behind));
                let about = About::Customer(behind.customer.into());
                plan.take(ledger, now, Due { position, held, gone, ..Due::of(about, behind.changed_at) });
            }
            plan.due.truncate(limit);
            is_on.then_some(plan)
        })?;
        for due in &mut plan.due {
            if let About::Message(id) = due.about {
                due.asked = work.outgoing(id);
            }
        }
        Some(plan)
    }

    /// Tells one thing.
    async fn tell(&self, subscriber: &Subscriber, due: &Due) -> Result<Told, Error> {
        let (vault, name) = (self.vault(), &*subscriber.version.subscriber);
        let (messages, position) = match (due.about, &due.asked) {
            (About::Message(id), Some(asked)) => {
                let found = match asked.record {
                    Some(record) => self.customer_of(record).await?,
                    None => None,
                };
                (vec![Message::asked(id, asked, found.as_ref())], 0)
            }
            (About::Customer(record), _) => {
                let live = self.customers.reads.projections.live();
                let Some(found) = live.customer(record.into()).await? else { return Ok(Told::Moot) };
                let mut messages = Vec::new();
                for record in &due.gone {
                    if self.customers.reads.was_customer(*record, due.held).await? {
                        messages.push(Message::gone(vault, name, *record, &found, due.at));
                    }
                }
                messages.push(Message::changed(vault, name, &found, due.at));
                (messages, found.position)
            }
            (About::Message(_), None) => return Ok(Told::Moot),
        };
        for message in messages {
            match self.post(subscriber, &message).await {
                Ok(Answer { status: 200..=299, .. }) => {}
                Ok(Answer { status: 410, .. }) => return Ok(Told::Gone),
                Ok(Answer { status, retry_after }) => return Ok(Told::Missed(format!("status-{status}"), retry_after)),
                Err(failure) => {
                    tracing::info!(subscriber = name, failure = failure.code(), "a message did not get to a webhook");
                    return Ok(Told::Missed(failure.code().to_owned(), None));
                }
            }
        }
        Ok(Told::Arrived(position))
    }

    /// The customer that holds a record.
    async fn customer_of(&self, record: RecordId) -> Result<Option<StoredCustomer>, Error> {
        let live = self.customers.reads.projections.live();
        match live.record(record).await? {
            Some(row) => Ok(live.customer(row.customer).await?),
            None => Ok(None),
        }
    }

    async fn post(&self, subscriber: &Subscriber, message: &Message) -> Result<Answer, Failure> {
        let version = &subscriber.version;
        // Without permits the node ends.
        let _permit = self.calls.acquire().await.map_err(|_| Failure::Timeout)?;
        let url = version.url.as_deref().ok_or(Failure::Address)?;
        let now = self.clock.now();
        let hasher = self.vault().hasher();
        let mut keys = vec![hasher.webhook_key(&version.subscriber, version.secret)];
        let both_until = subscriber.secret_since.plus_micros(BOTH_SECRETS_HOURS * 3_600 * Instant::SECOND);
        if version.secret > 1 && now < both_until {
            keys.push(hasher.webhook_key(&version.subscriber, version.secret - 1));
        }
        let headers = sign::headers(&message.name(), now, &message.body, &keys);
        self.client.post(url, headers, message.body.clone(), now).await
    }

    /// Writes down what became of messages.
    async fn write_down(&self, subscriber: &Subscriber, told: &[(&Due, Told)]) -> Result<Next, Error> {
        let name = || subscriber.version.subscriber.to_string();
        let mut written = self.acknowledge(subscriber, told).await?;
        for (due, told) in told {
            let wish = match (due.about, told) {
                (About::Message(id), Told::Arrived(_)) => Wish::Send(id),
                (_, Told::Missed(reason_code, asked)) => self.missed(name(), due, reason_code, *asked),
                _ => continue,
            };
            written = written.max(self.command(&wish).await?);
            if let (About::Message(id), Wish::Subscriber(Command::Miss { retry_at: None, .. })) = (due.about, &wish) {
                written = written.max(self.withhold(id).await?);
            }
        }
        if told.iter().any(|(_, told)| matches!(told, Told::Gone)) {
            tracing::warn!(subscriber = name(), "a webhook answered that it is gone, and is disabled");
            let (reason_code, reason) = (Some("gone".to_owned()), None);
            self.command(&Wish::Subscriber(Command::Switch { name: name(), enabled: false, reason_code, reason }))
                .await?;
            return Ok(Next::Stop);
        }
        self.customers.work.after(written).await?;
        Ok(Next::Again)
    }

    /// What was given up does not wait any more.
    async fn withhold(&self, id: Uuid) -> Result<u64, Error> {
        self.command(&Wish::Withhold(id, "undeliverable")).await
    }

    fn missed(&self, name: String, due: &Due, reason_code: &str, asked: Option<std::time::Duration>) -> Wish {
        let attempt = due.tried + 1;
        let id = tries_id(self.vault(), &name, due.about, due.position);
        let retry_at = next_try(id, attempt, self.clock.now(), asked);
        let position = Some(due.position).filter(|position| *position > 0);
        let reason_code = reason_code.to_owned();
        Wish::Subscriber(Command::Miss { name, about: due.about, position, attempt, retry_at, reason_code })
    }

    /// Acknowledges what got there: customer by customer, or all up to a position when nothing before it is missing.
    async fn acknowledge(&self, subscriber: &Subscriber, told: &[(&Due, Told)]) -> Result<u64, Error> {
        let arrived: Vec<(RecordId, u64)> = told
            .iter()
            .filter_map(|(due, told)| match (due.about, told) {
                (About::Customer(record), Told::Arrived(position)) => Some((record, *position)),
                _ => None,
            })
            .collect();
        if arrived.is_empty() {
            return Ok(0);
        }
        let everything = self.complete(subscriber, &arrived);
        let known = everything.unwrap_or(0);
        let customers = arrived.into_iter().filter(|(_, position)| *position > known).collect();
        let name = subscriber.version.subscriber.to_string();
        self.command(&Wish::Subscriber(Command::Acknowledge { name, everything, customers })).await
    }

    /// The position up to which a subscriber holds everything, with what got there just now; `None`: it is known.
    fn complete(&self, subscriber: &Subscriber, arrived: &[(RecordId, u64)]) -> Option<u64> {
        // In this order: the index may be further already.
        let reached = self.propagation.position();
        self.propagation.look(|index, ledger| {
            let is_missing = |behind: &Behind| {
                let holds = |(record, position): &(RecordId, u64)| {
                    CustomerId::from(*record) == behind.customer && *position >= behind.position
                };
                !arrived.iter().any(holds)
            };
            let first = index.behind(ledger, subscriber, (0, CustomerId(Uuid::nil()))).find(is_missing);
            let complete = first.map_or(reached, |first| reached.min(first.position.saturating_sub(1)));
            Some(complete).filter(|complete| *complete > ledger.everything(subscriber))
        })
    }

    /// Lets go of many customers that changed in nothing that the subscriber holds.
    async fn settle(&self, subscriber: &Subscriber) -> Result<(), Error> {
        let many = self.propagation.look(|index, _| index.len() > MANY);
        let Some(everything) = self.complete(subscriber, &[]).filter(|_| many) else { return Ok(()) };
        let name = subscriber.version.subscriber.to_string();
        let wish = Command::Acknowledge { name, everything: Some(everything), customers: Vec::new() };
        let written = self.command(&Wish::Subscriber(wish)).await?;
        Ok(self.customers.work.after(written).await?)
    }

    /// The log's last position after it was done; 0: somebody else did it.
    async fn command(&self, wish: &Wish) -> Result<u64, Error> {
        let actor = self.customers.commands.actor(SELF).await?;
        let context = Context { actor, idempotency_key: None, request: String::new() };
        match self.customers.run(&context, wish).await {
            Ok(done) => Ok(done.position),
            Err(commands::Error::Refused(commands::Refusal::NotFound(_))) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

impl Plan {
    /// Takes in what is to be told, unless it waits for another try or is given up.
    fn take(&mut self, ledger: &Ledger, now: Instant, due: Due) {
        let standing = ledger.standing(&self.subscriber.version.subscriber);
        // Who changed since is told anew.
        let miss = standing.and_then(|standing| standing.misses.get(&due.about));
        match miss.filter(|miss| miss.position == due.position) {
            Some(Miss { retry_at: None, .. }) => {
                if let About::Message(id) = due.about {
                    self.given_up.push(id);
                }
            }
            Some(Miss { retry_at: Some(retry_at), .. }) if *retry_at > now => {
                self.next = Some(self.next.map_or(*retry_at, |next| next.min(*retry_at)));
            }
            miss => self.due.push(Due { tried: miss.map_or(0, |miss| miss.attempt), ..due }),
        }
    }
}

/// Whether a request of the outbox is for a webhook of this name.
fn is_for(asked: &Outgoing, subscriber: &str) -> bool {
    let text = |name: &str| asked.event.payload.data.get(name).and_then(kulta_events::Json::as_str);
    asked.record.is_some() && text("channel") == Some("webhook") && text("subscriber") == Some(subscriber)
}

/// The ids that may have been customers when the subscriber heard last, and lead to this one now.
fn gone(index: &Index, behind: &Behind) -> Vec<RecordId> {
    if behind.fields.in_both(Fields::RECORDS).is_empty() {
        return Vec::new();
    }
    let others = index.get(behind.customer).map(|tracked| &tracked.others);
    let known = others.into_iter().flatten().filter(|(_, first)| *first <= behind.held);
    known.map(|(record, _)| *record).collect()
}
