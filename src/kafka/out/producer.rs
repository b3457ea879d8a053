//! Sends batches to a topic, each as one transaction of Kafka.
//!
//! The brokers let only the last producer that began under a transactional id publish: one that was frozen and wakes up is
//! refused, and what it had begun is never read. After whatever goes wrong the producer is thrown away, with the batch; the
//! next one ends what the former left open.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, DeliveryResult, Producer as _, ProducerContext};
use rdkafka::{ClientConfig, ClientContext};
use tokio::sync::watch;

use super::super::watch::{Troubles, log};
use super::{Error, Message};

/// How long one call into the library may take, so that it is seen that the node stops.
const CALL: Duration = Duration::from_millis(500);
/// How long a batch under way may take when the node stops.
const FINISH: Duration = Duration::from_secs(5);
/// How long the library may take to make room.
const ROOM: Duration = Duration::from_millis(10);

/// How long the library may take to say which messages were refused.
const REFUSED: Duration = Duration::from_secs(2);

/// What the callbacks of the library know.
#[derive(Default)]
struct Context {
    troubles: Troubles,
    /// The messages that were too large for the brokers.
    too_large: Mutex<BTreeSet<usize>>,
}

impl Context {
    fn too_large(&self) -> MutexGuard<'_, BTreeSet<usize>> {
        self.too_large.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.troubles.tell(&error, reason);
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        // The transaction fails by it, and is told.
        let Err((error, _)) = result else { return };
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge) {
            self.too_large().insert(number);
        } else if self.troubles.is_news(error) {
            tracing::warn!(%error, "a message was not delivered");
        }
    }
}

/// The one producer of a topic.
#[derive(Clone)]
pub(super) struct Producer {
    client: Arc<BaseProducer<Context>>,
    topic: Arc<str>,
    stopping: watch::Receiver<bool>,
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Producer {
    /// A producer that is the only one of its transactional id from now on; waits for brokers that are away.
    ///
    /// # Errors
    /// When the brokers refuse it, or the node stops.
    pub async fn begin(config: ClientConfig, topic: &str, stopping: watch::Receiver<bool>) -> Result<Self, Error> {
        let topic = Arc::from(topic);
        blocking(move || {
            let client = config.create_with_context(Context::default())?;
            let producer = Self { client: Arc::new(client), topic, stopping };
            producer.until_done(Duration::ZERO, |client| client.init_transactions(CALL))?;
            Ok(producer)
        })
        .await
    }

    /// Sends messages; returns when the brokers have all of them for good. After an error none of them is read by those who
    /// read committed messages only, unless it was the answer that was lost; this producer is of no more use then.
    ///
    /// # Errors
    /// When the brokers do not take them, another producer has taken the place of this one, or the node stops.
    pub async fn send(&self, messages: Arc<[Message]>) -> Result<(), Error> {
        let producer = self.clone();
        let sent = blocking(move || producer.send_blocking(&messages)).await;
        let too_large = std::mem::take(&mut *self.client.context().too_large());
        match sent {
            Err(Error::Kafka(_)) if !too_large.is_empty() => Err(Error::TooLarge(too_large)),
            sent => sent,
        }
    }

    fn send_blocking(&self, messages: &[Message]) -> KafkaResult<()> {
        let client = &self.client;
        client.begin_transaction()?;
        for (number, message) in messages.iter().enumerate() {
            let mut record = message.record(&self.topic, number);
            while let Err((error, back)) = client.send(record) {
                match error.rdkafka_error_code() {
                    Some(RDKafkaErrorCode::QueueFull) => client.poll(ROOM),
                    Some(RDKafkaErrorCode::MessageSizeTooLarge) => {
                        client.context().too_large().insert(number);
                        return Err(error);
                    }
                    // Another message has failed.
                    _ => return Err(self.explained(error)),
                }
                record = back;
            }
        }
        let sent = self.until_done(FINISH, |client| client.commit_transaction(CALL));
        sent.map_err(|error| self.explained(error))
    }

    /// Lets the library say which messages were refused, if that is why a transaction has failed.
    fn explained(&self, error: KafkaError) -> KafkaError {
        let until = Instant::now() + REFUSED;
        let may_be = matches!(error, KafkaError::Transaction(_) | KafkaError::MessageProduction(_));
        while may_be && self.client.context().too_large().is_empty() && Instant::now() < until {
            self.client.poll(ROOM);
        }
        error
    }

    /// Lets go of the brokers, on a thread that may wait for it.
    pub async fn end(self) {
        let _ = blocking(move || {
            drop(self);
            Ok(())
        })
        .await;
    }

    /// Calls until it is done, or fails for good; when the node stops, for so long at most.
    fn until_done(
        &self,
        finish: Duration,
        call: impl Fn(&BaseProducer<Context>) -> KafkaResult<()>,
    ) -> KafkaResult<()> {
        let mut deadline = None;
        loop {
            let error = match call(&self.client) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            // Serves the library's callbacks as well.
            self.client.poll(Duration::ZERO);
            // Nothing goes out behind a message that was refused: the library would wait until the others are too old.
            let refused = !self.client.context().too_large().is_empty();
            let again = match &error {
                _ if refused => false,
                KafkaError::Flush(code) => *code == RDKafkaErrorCode::OperationTimedOut,
                KafkaError::Transaction(error) => error.is_retriable(),
                _ => false,
            };
            let stops = *self.stopping.borrow();
            let until = stops.then(|| *deadline.get_or_insert_with(|| Instant::now() + finish));
            if !again || until.is_some_and(|until| Instant::now() >= until) {
                return Err(error);
            }
        }
    }
}

/// The library's calls wait: they are made on threads that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> KafkaResult<T> + Send + 'static) -> Result<T, Error> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| Error::Thread)??)
}
