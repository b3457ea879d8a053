//! Golden records by customer id, and tombstones for ids that are gone.
//!
//! A generation of the projections is walked by position, again and again, as customers change. What the topic holds stands
//! in the log: when a customer has a record whose own id the topic holds, that id is gone. A generation that is new to
//! the topic is compared with it as a whole: first ids that it does not know, then every customer.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kulta_events::{CustomerId, RecordId};
use kulta_projections::golden::wire;
use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::settled::Settled;
use super::{Batch, Error, Feed, Message};
use crate::projector::Projections;
use crate::services::Services;
use crate::store::views::{Generation, StoredCustomer};
use crate::store::{Sent, SentCustomer};

/// Customers read at a time.
const PAGE: usize = 250;
/// A look without news.
const LOOK: Duration = Duration::from_secs(2);

/// The customers of the live generation.
#[derive(Debug)]
pub(super) struct Customers {
    services: Arc<Services>,
    topic: String,
    /// How far the projections were when they were read last.
    seen: u64,
    /// How often the generation was found further back, as far as that was taken into account.
    setbacks: Option<u64>,
    /// Whether everything that was seen is published.
    up_to_date: bool,
    settled: Settled,
}

/// How far a generation is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    generation: i64,
    /// The highest position that was published before this generation: everything in it reflects that much of the log.
    floor: u64,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// What the topic holds is compared with it, up to this id.
    Compared(Uuid),
    /// Who was shaped up to here is published.
    Published(u64, Uuid),
}

impl Place {
    /// The beginning of a generation that is new to a topic which is at this place.
    fn begin(generation: i64, before: Option<Self>) -> Self {
        Self { generation, floor: before.map_or(0, Self::published), step: Step::Compared(Uuid::nil()) }
    }

    /// The highest position that was published.
    fn published(self) -> u64 {
        match self.step {
            Step::Compared(_) => self.floor,
            Step::Published(position, _) => position.max(self.floor),
        }
    }

    fn at(self, step: Step) -> Self {
        Self { step, ..self }
    }

    fn read(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split(' ').collect();
        let (generation, floor, step) = match parts[..] {
            [generation, floor, "compared", id] => (generation, floor, Step::Compared(id.parse().ok()?)),
            [generation, floor, "published", at, id] => {
                (generation, floor, Step::Published(at.parse().ok()?, id.parse().ok()?))
            }
            _ => return None,
        };
        Some(Self { generation: generation.parse().ok()?, floor: floor.parse().ok()?, step })
    }

    fn to_text(self) -> String {
        let Self { generation, floor, step } = self;
        match step {
            Step::Compared(id) => format!("{generation} {floor} compared {id}"),
            Step::Published(at, id) => format!("{generation} {floor} published {at} {id}"),
        }
    }
}

/// What is read of a golden record.
#[derive(Debug, Deserialize)]
struct Records {
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
struct Record {
    record_id: RecordId,
    /// `None`: it is erased.
    subject: Option<IgnoredAny>,
}

impl Customers {
    pub fn new(services: &Arc<Services>, topic: &str) -> Self {
        let (services, topic) = (services.clone(), topic.to_owned());
        Self { services, topic, seen: 0, setbacks: None, up_to_date: false, settled: Settled::default() }
    }

    fn projections(&self) -> &Projections {
        self.services.projector.projections()
    }

    /// Where to go on in the live generation.
    fn place(&mut self, generation: &dyn Generation, text: Option<&str>) -> Place {
        let setbacks = generation.setbacks();
        let known = self.setbacks.replace(setbacks).is_none_or(|before| before == setbacks);
        let number = generation.number();
        let place = text.and_then(Place::read);
        place.filter(|place| place.generation == number && known).unwrap_or_else(|| Place::begin(number, place))
    }

    /// Tombstones for what the topic holds and the generation does not know.
    async fn compare(&self, generation: &dyn Generation, place: Place, after: Uuid) -> Result<Batch, Error> {
        let after = (!after.is_nil()).then_some(CustomerId(after));
        let held = self.services.log.sent_page(&self.topic, after, PAGE).await?;
        let Some(last) = held.last() else {
            let place = place.at(Step::Published(0, Uuid::nil()));
            return Ok(Batch { to: place.to_text(), ..Batch::default() });
        };
        let place = place.at(Step::Compared(last.customer.0));
        let ids: Vec<CustomerId> = held.iter().map(|sent| sent.customer).collect();
        let there: HashSet<CustomerId> = generation.named(&ids).await?.iter().map(|named| named.customer).collect();
        let mut batch = Taken::at(place);
        for gone in held.iter().filter(|sent| !there.contains(&sent.customer)) {
            let holder = generation.record(RecordId(gone.customer.0)).await?.map(|row| row.customer);
            let position = match holder {
                Some(holder) => generation.customer(holder).await?.map(|customer| customer.position),
                None => None,
            };
            let position = position.unwrap_or(self.seen);
            batch.gone(gone.customer, &[RecordId(gone.customer.0)], position, holder);
        }
        Ok(batch.finish(&self.topic, place))
    }

    /// Who was shaped behind a place.
    async fn walk(
        &self,
        generation: &dyn Generation,
        place: Place,
        behind: (u64, Uuid),
    ) -> Result<Option<Batch>, Error> {
        let customers = generation.customers_since(behind, PAGE).await?;
        let Some(last) = customers.last() else { return Ok(None) };
        let place = place.at(Step::Published(last.position, last.customer.0));
        let read = |customer: StoredCustomer| {
            let Records { records } = serde_json::from_str(&customer.golden)?;
            Ok::<_, Error>((customer, records))
        };
        let customers = customers.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<CustomerId> =
            customers.iter().flat_map(|(_, records)| records).map(|record| record.record_id.into()).collect();
        let held = self.services.log.sent(&self.topic, &ids).await?;
        let held = held.into_iter().map(|sent| (sent.customer, sent.records)).collect();
        let mut batch = Taken::at(place);
        for (customer, records) in customers {
            batch.take(customer, &records, &held);
        }
        Ok(Some(batch.finish(&self.topic, place)))
    }
}

#[async_trait]
impl Feed for Customers {
    async fn next(&mut self, place: Option<&str>) -> Result<Option<Batch>, Error> {
        // In this order: another generation that takes the place of this one meanwhile is not behind the position.
        self.seen = self.projections().position();
        if !self.settled.is(&*self.services.log, self.services.projector.projections()) {
            self.up_to_date = false;
            return Ok(None);
        }
        let live = self.projections().live();
        let place = self.place(&*live, place);
        let batch = match place.step {
            Step::Compared(after) => Some(self.compare(&*live, place, after).await?),
            Step::Published(position, id) => self.walk(&*live, place, (position, id)).await?,
        };
        self.up_to_date = batch.is_none();
        Ok(batch)
    }

    async fn news(&mut self) {
        // A generation may take the place of another at one position.
        drop(tokio::time::timeout(LOOK, self.projections().moved_from(self.seen)).await);
    }

    fn reached(&self, place: Option<&str>) -> u64 {
        match place.and_then(Place::read) {
            _ if self.up_to_date => self.seen,
            Some(place) => place.published(),
            None => 0,
        }
    }
}

/// A batch in the making.
#[derive(Debug, Default)]
struct Taken {
    generation: i64,
    /// No message tells of a lower position.
    floor: u64,
    messages: Vec<Message>,
    put: Vec<SentCustomer>,
    removed: Vec<CustomerId>,
}

impl Taken {
    fn at(place: Place) -> Self {
        Self { generation: place.generation, floor: place.floor, ..Self::default() }
    }

    /// A customer as it is now, given what the topic holds of its records' ids.
    fn take(&mut self, customer: StoredCustomer, records: &[Record], held: &HashMap<CustomerId, Vec<RecordId>>) {
        let StoredCustomer { customer: id, position, golden } = customer;
        let ids: Vec<RecordId> = records.iter().map(|record| record.record_id).collect();
        for other in ids.iter().map(|record| CustomerId::from(*record)).filter(|other| *other != id) {
            if let Some(former) = held.get(&other) {
                let moved: Vec<RecordId> = former.iter().copied().filter(|record| ids.contains(record)).collect();
                self.gone(other, &moved, position, Some(id));
            }
        }
        if records.iter().all(|record| record.subject.is_none()) {
            if held.contains_key(&id) {
                self.gone(id, &ids, position, None);
            }
            return;
        }
        let value = wire(id, position, &golden);
        self.messages.push(self.message(id, &ids, position, "kulta.customer.changed").data(value));
        if held.get(&id) != Some(&ids) {
            self.put.push(SentCustomer { customer: id, records: ids });
        }
    }

    /// An id that is no customer's any more; `into`: who has its record now, `None`: it is erased.
    fn gone(&mut self, id: CustomerId, records: &[RecordId], position: u64, into: Option<CustomerId>) {
        let tombstone = match into {
            Some(into) => self.message(id, records, position, "kulta.customer.merged").attribute("ce_mergedinto", into),
            None => self.message(id, records, position, "kulta.customer.erased"),
        };
        self.messages.push(tombstone);
        self.removed.push(id);
    }

    /// A message without a value.
    fn message(&self, id: CustomerId, records: &[RecordId], position: u64, type_name: &str) -> Message {
        let position = position.max(self.floor);
        // Another generation may say something else of the same position.
        let event = format!("{id}/{}/{position}", self.generation);
        Message::new(id.to_string(), event, "kulta".to_owned(), type_name.to_owned())
            .attribute("ce_subject", id)
            .attribute("ce_position", position)
            .attribute("ce_records", serde_json::json!(records))
    }

    fn finish(self, topic: &str, place: Place) -> Batch {
        let Self { messages, put, removed, .. } = self;
        let sent = Sent { topic: topic.to_owned(), put, removed };
        let changes = !sent.put.is_empty() || !sent.removed.is_empty();
        Batch { messages, to: place.to_text(), sent: changes.then_some(sent) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back_from_their_text() {
        let id = Uuid::from_u128(7);
        for step in [Step::Compared(Uuid::nil()), Step::Compared(id), Step::Published(12, id)] {
            let place = Place { generation: 3, floor: 9, step };
            assert_eq!(Place::read(&place.to_text()), Some(place));
        }
        let left = Place { generation: 3, floor: 9, step: Step::Published(12, id) };
        assert_eq!(Place::begin(4, Some(left)), Place { generation: 4, floor: 12, step: Step::Compared(Uuid::nil()) });
        assert_eq!(Place::read("3 published 12"), None);
        assert_eq!(Place::read(""), None);
    }

    fn customer(id: u128, records: &[(u128, bool)]) -> (StoredCustomer, Vec<Record>) {
        let records: Vec<_> = records
            .iter()
            .map(|(id, erased)| {
                let subject = (!erased).then_some("7");
                serde_json::json!({"source": "crm", "subject": subject, "record_id": Uuid::from_u128(*id)})
            })
            .collect();
        let golden = serde_json::json!({"kind": null, "records": records}).to_string();
        let read: Records = serde_json::from_str(&golden).unwrap();
        (StoredCustomer { customer: CustomerId(Uuid::from_u128(id)), position: 20, golden }, read.records)
    }

    fn told(message: &Message) -> (u128, String, bool, String) {
        let header = |wanted: &str| {
            let found = message.headers.iter().find(|(name, _)| *name == wanted);
            found.map_or_else(String::new, |(_, value)| value.clone())
        };
        let id = message.key.parse::<Uuid>().unwrap().as_u128();
        (id, header("ce_type"), message.value.is_some(), header("ce_records"))
    }

    #[test]
    fn an_id_that_the_topic_holds_is_taken_back_by_who_has_its_record() {
        let records = |ids: &[u128]| ids.iter().map(|id| RecordId(Uuid::from_u128(*id))).collect::<Vec<_>>();
        let id = |id: u128| CustomerId(Uuid::from_u128(id));
        // Of 2 the topic knows a record that went elsewhere, of 3 nothing.
        let held = HashMap::from([(id(1), records(&[1])), (id(2), records(&[2, 9]))]);
        let mut taken = Taken::default();
        let (found, its) = customer(1, &[(1, false), (2, false), (3, true)]);
        taken.take(found, &its, &held);
        let list = |ids: &[u128]| serde_json::json!(records(ids)).to_string();
        let messages: Vec<_> = taken.messages.iter().map(told).collect();
        assert_eq!(
            messages,
            [
                (2, "kulta.customer.merged".to_owned(), false, list(&[2])),
                (1, "kulta.customer.changed".to_owned(), true, list(&[1, 2, 3])),
            ]
        );
        assert_eq!(taken.put, [SentCustomer { customer: id(1), records: records(&[1, 2, 3]) }]);
        assert_eq!(taken.removed, [id(2)]);
    }

    #[test]
    fn a_customer_that_is_erased_is_taken_back_once() {
        let held = HashMap::from([(CustomerId(Uuid::from_u128(1)), Vec::new())]);
        for (held, messages) in [(held, 1), (HashMap::new(), 0)] {
            let mut taken = Taken::default();
            let (found, its) = customer(1, &[(1, true), (2, true)]);
            taken.take(found, &its, &held);
            assert_eq!((taken.messages.len(), taken.removed.len(), taken.put.len()), (messages, messages, 0));
            assert!(taken.messages.iter().all(|message| told(message).1 == "kulta.customer.erased"));
        }
    }
}
