//! The consumer: polls, fills the lanes, sends their batches on, and goes where the log says after every rebalance.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, RebalanceProtocol};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;
use tokio::runtime::Handle;

use super::batch::{Batch, End};
use super::lanes::{Lanes, Place};
use super::watch::Troubles;
use super::{DOOR, Error, config, message};
use crate::metrics::Kafka as Metrics;
use crate::services::Services;
use crate::store;

/// How long one poll waits for a message: with batches under way, whose end must not wait long, and without.
const BUSY_POLL: Duration = Duration::from_millis(5);
const IDLE_POLL: Duration = Duration::from_millis(100);
/// Messages that are taken before batches are looked after.
const IN_A_ROW: usize = 2_000;
/// After so long without room the partitions are paused, so that the group hears of this node all the same.
const PAUSE_AFTER: Duration = Duration::from_secs(5);
/// How long a partition may take to go to another offset.
const SEEK: Duration = Duration::from_secs(5);
/// How long batches under way may take when the node stops.
const FINISH: Duration = Duration::from_secs(10);
/// How often the store is asked for a cursor while it is away.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// What the callbacks of the library know.
pub(super) struct Context {
    services: Arc<Services>,
    runtime: Handle,
    lanes: Mutex<Lanes>,
    pub(super) troubles: Troubles,
}

impl Context {
    pub(super) fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.services.metrics.kafka
    }

    fn stops(&self) -> bool {
        *self.services.stopping().borrow()
    }

    /// Where the log says that a partition goes on; waits for a log that is away. `None` when the node stops.
    fn cursor(&self, place: &Place) -> Option<Option<i64>> {
        while !self.stops() {
            match self.runtime.block_on(self.read_cursor(place)) {
                Ok(stored) => return Some(stored),
                Err(error) => {
                    let (topic, partition) = (&place.topic, place.partition);
                    tracing::warn!(%error, topic, partition, "the log does not tell where to go on");
                }
            }
            let mut stopping = self.services.stopping();
            let _ =
                self.runtime.block_on(async { tokio::time::timeout(ASK_AGAIN, stopping.wait_for(|stop| *stop)).await });
        }
        None
    }

    async fn read_cursor(&self, place: &Place) -> Result<Option<i64>, store::Error> {
        let Some(text) = self.services.log.cursor(&place.cursor()).await? else { return Ok(None) };
        let offset =
            text.parse().map_err(|_| store::Error::Inconsistent(format!("{} is no offset", place.cursor())))?;
        Ok(Some(offset))
    }

    /// Begins a lane for each of these partitions, and writes into the list where it goes on.
    fn begin(&self, list: &mut TopicPartitionList) -> KafkaResult<()> {
        for place in places(list) {
            let Some(stored) = self.cursor(&place) else { return Ok(()) };
            list.set_partition_offset(&place.topic, place.partition, offset(stored))?;
            self.metrics().assigned();
            let (topic, partition) = (place.topic.clone(), place.partition);
            tracing::info!(topic, partition, from = stored, "reading a partition");
            self.lanes().begin(place, stored);
        }
        Ok(())
    }

    fn end(&self, list: &TopicPartitionList) {
        for place in places(list) {
            self.lanes().end(&place);
            self.metrics().revoked(&place.topic, place.partition);
        }
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, kind: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let cooperative = matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
        let done = if kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.begin(list).and_then(|()| match cooperative {
                true => consumer.incremental_assign(list),
                false => consumer.assign(list),
            })
        } else {
            self.end(list);
            if cooperative { consumer.incremental_unassign(list) } else { consumer.unassign() }
        };
        if let Err(error) = done {
            tracing::error!(%error, "the partitions could not be taken over or let go");
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(%error, "Kafka was not told where the log is");
        }
    }
}

fn places(list: &TopicPartitionList) -> Vec<Place> {
    let elements = list.elements();
    elements.iter().map(|one| Place { topic: one.topic().to_owned(), partition: one.partition() }).collect()
}

/// A topic that is new to the log is read from its beginning.
fn offset(stored: Option<i64>) -> Offset {
    stored.map_or(Offset::Beginning, Offset::Offset)
}

/// See the module.
pub struct Consumer {
    client: BaseConsumer<Context>,
    actor: i64,
    ends: (mpsc::Sender<End>, mpsc::Receiver<End>),
    /// Since when there is no room.
    full: Option<Instant>,
    paused: bool,
}

impl Consumer {
    /// A consumer, if the settings name brokers and topics. Nobody is spoken to yet.
    ///
    /// # Errors
    /// When the settings do not make a consumer.
    pub async fn of(services: &Arc<Services>) -> Result<Option<Self>, Error> {
        let settings = &services.settings.kafka;
        if !settings.reads() {
            return Ok(None);
        }
        let actor = services.log.actor(DOOR).await?;
        let runtime = Handle::current();
        let context =
            Context { services: services.clone(), runtime, lanes: Mutex::default(), troubles: Troubles::default() };
        let client: BaseConsumer<Context> =
            config::client(settings)?.create_with_context(context).map_err(Error::Settings)?;
        let topics: Vec<_> = settings.topics.iter().map(String::as_str).collect();
        client.subscribe(&topics).map_err(Error::Settings)?;
        Ok(Some(Self { client, actor, ends: mpsc::channel(), full: None, paused: false }))
    }

    /// Reads until the node stops, on a thread of its own.
    pub async fn run(self) {
        let reading = tokio::task::spawn_blocking(move || self.read());
        if reading.await.is_err() {
            tracing::error!("reading from Kafka has failed: start the node again");
        }
    }

    fn read(mut self) {
        while !self.client.context().stops() {
            self.settle();
            if self.has_room() {
                self.fill();
            }
            self.send_batches();
        }
        let deadline = Instant::now() + FINISH;
        while self.lanes().are_busy()
            && let Ok(end) = self.ends.1.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.lanes().ended(end);
        }
        self.tell_kafka();
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.client.context().lanes()
    }

    /// Takes note of batches that have ended.
    fn settle(&self) {
        let mut any = false;
        while let Ok(end) = self.ends.1.try_recv() {
            self.lanes().ended(end);
            any = true;
        }
        if any {
            self.tell_kafka();
        }
        let astray = self.lanes().astray();
        for place in astray {
            self.find_again(&place);
        }
    }

    /// Whether there is room for more. If not, waits a moment for a batch to end.
    fn has_room(&mut self) -> bool {
        if !self.lanes().are_full() {
            self.full = None;
            self.pause(false);
            return true;
        }
        if let Ok(end) = self.ends.1.recv_timeout(IDLE_POLL) {
            self.lanes().ended(end);
        }
        if self.full.get_or_insert_with(Instant::now).elapsed() > PAUSE_AFTER {
            self.pause(true);
            self.take(Duration::ZERO);
        }
        false
    }

    fn pause(&mut self, pause: bool) {
        if self.paused == pause {
            return;
        }
        let assigned = self.client.assignment();
        let done = assigned.and_then(|list| if pause { self.client.pause(&list) } else { self.client.resume(&list) });
        match done {
            Ok(()) => self.paused = pause,
            Err(error) => tracing::warn!(%error, pause, "Kafka could not be paused or resumed"),
        }
    }

    /// Takes what has been fetched.
    fn fill(&self) {
        let wait = if self.lanes().are_busy() { BUSY_POLL } else { IDLE_POLL };
        let mut taken = self.take(wait);
        for _ in 0..IN_A_ROW {
            if !taken {
                return;
            }
            taken = self.take(Duration::ZERO);
        }
    }

    /// Takes one message; false when there is none.
    fn take(&self, wait: Duration) -> bool {
        match self.client.poll(wait) {
            None => false,
            Some(Ok(taken)) => {
                let place = Place { topic: taken.topic().to_owned(), partition: taken.partition() };
                self.lanes().push(&place, taken.offset(), message::arrival(&taken));
                true
            }
            Some(Err(error)) => {
                if self.client.context().troubles.is_news(&error) {
                    tracing::warn!(%error, "Kafka cannot be read for now");
                }
                // Some errors come again at once, for ever.
                std::thread::park_timeout(IDLE_POLL);
                false
            }
        }
    }

    fn send_batches(&self) {
        let batches = self.lanes().batches();
        for batch in batches {
            self.send(batch);
        }
    }

    fn send(&self, batch: Batch) {
        let context = self.client.context();
        let (services, runtime, actor) = (context.services.clone(), context.runtime.clone(), self.actor);
        let (end, ends) = (batch.unstored(), self.ends.0.clone());
        // Parsing and sealing a batch takes long; requests would wait for it.
        let storing = context.runtime.spawn_blocking(move || runtime.block_on(batch.store(&services, actor)));
        context.runtime.spawn(async move {
            let stored = storing.await.unwrap_or(false);
            // Nobody listens any more when the node has stopped.
            let _ = ends.send(End { stored, ..end });
        });
    }

    /// Goes to where the log says, after somebody else has moved the cursor.
    fn find_again(&self, place: &Place) {
        let Some(stored) = self.client.context().cursor(place) else { return };
        let mut list = TopicPartitionList::new();
        let sought = list
            .add_partition_offset(&place.topic, place.partition, offset(stored))
            .and_then(|()| self.client.seek_partitions(list, SEEK))
            .and_then(|done| {
                done.elements().iter().try_for_each(rdkafka::topic_partition_list::TopicPartitionListElem::error)
            });
        match sought {
            Ok(()) => self.lanes().found(place, stored),
            Err(error) => {
                let (topic, partition) = (&place.topic, place.partition);
                tracing::warn!(%error, topic, partition, "the partition could not be put back into its place yet");
            }
        }
    }

    /// Commits what is stored to Kafka, for those who look at the group there.
    fn tell_kafka(&self) {
        let moved = self.lanes().moved();
        let mut list = TopicPartitionList::new();
        let added = moved
            .iter()
            .try_for_each(|(place, to)| list.add_partition_offset(&place.topic, place.partition, Offset::Offset(*to)));
        if !moved.is_empty()
            && let Err(error) = added.and_then(|()| self.client.commit(&list, CommitMode::Async))
        {
            tracing::debug!(%error, "Kafka was not told where the log is");
        }
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer").field("actor", &self.actor).finish_non_exhaustive()
    }
}
