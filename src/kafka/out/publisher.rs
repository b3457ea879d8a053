//! A loop per topic: holds the topic's name, goes on where the checkpoint is, sends batch by batch.

use std::sync::Arc;
use std::time::Duration;

use super::customers::Customers;
use super::events::Events;
use super::oversized::Oversized;
use super::producer::Producer;
use super::scores::Scores;
use super::topic::Topic;
use super::{Batch, Error, Feed, Message};
use crate::kafka::config;
use crate::services::Services;
use crate::store::{Append, AppendError, Claim, CursorMove, Mode};

/// How often a node that does not publish to a topic asks whether it may.
const STAND_BY: Duration = Duration::from_millis(500);
/// The pauses between tries while brokers or the store do not take a batch.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Publishes to one topic.
#[derive(Debug)]
pub struct Publisher {
    services: Arc<Services>,
    topic: Topic,
    feed: Box<dyn Feed>,
    oversized: Oversized,
    /// Up to which position of the log it is published.
    reached: u64,
    pause: Duration,
}

/// Where a publisher is.
#[derive(Debug)]
struct Checkpoint {
    /// The epoch of this publisher: whoever comes later has a higher one.
    epoch: i64,
    /// As it stands in the log; `None`: it does not exist yet.
    stored: Option<String>,
    /// The place; `None`: the beginning.
    place: Option<String>,
}

/// Publishers for the topics that the settings name. Nobody is spoken to yet.
pub fn publishers(services: &Arc<Services>) -> Vec<Publisher> {
    let settings = &services.settings.kafka;
    let of = |name: &Option<String>, cleanup, feed: &dyn Fn(&str) -> Box<dyn Feed>| {
        let name = name.clone()?;
        let (services, feed) = (services.clone(), feed(&name));
        Some(Publisher {
            services,
            topic: Topic { name, cleanup },
            feed,
            oversized: Oversized::default(),
            reached: 0,
            pause: FIRST_PAUSE,
        })
    };
    let events = of(&settings.events_topic, "delete", &|_| Box::new(Events::new(services)));
    let customers = of(&settings.customers_topic, "compact", &|topic| Box::new(Customers::new(services, topic)));
    let scores = of(&settings.scores_topic, "delete", &|topic| Box::new(Scores::new(services, topic)));
    [events, customers, scores].into_iter().flatten().collect()
}

impl Publisher {
    /// Publishes until the node stops.
    pub async fn run(mut self) {
        let mut stopping = self.services.stopping();
        while !*stopping.borrow() {
            let rest = match self.hold().await {
                Ok(()) => STAND_BY,
                Err(Error::TakenOver) => STAND_BY,
                Err(Error::Again) => Duration::ZERO,
                Err(error) if *stopping.borrow() => {
                    tracing::info!(%error, topic = self.topic.name, "what was being published waits for the next start");
                    return;
                }
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    let (topic, published) = (&self.topic.name, self.reached);
                    tracing::warn!(%error, cause, topic, published, "publishing to Kafka has failed, trying again");
                    self.services.metrics.kafka.out_retried(&self.topic.name);
                    let whole = self.pause;
                    self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                    whole
                }
            };
            let _ = tokio::time::timeout(rest, stopping.wait_for(|stop| *stop)).await;
        }
    }

    /// Publishes for as long as this node holds the topic's name and nothing fails.
    async fn hold(&mut self) -> Result<(), Error> {
        let holder = self.services.settings.listen.to_string();
        let Some(claim) = self.services.log.claim(&self.checkpoint(), &holder).await? else {
            self.services.metrics.kafka.out_released(&self.topic.name);
            return Ok(());
        };
        let stored = self.services.log.cursor(&self.checkpoint()).await?;
        let (_, place) = read(stored.as_deref());
        self.note(place);
        let settings = &self.services.settings.kafka;
        let mut stopping = self.services.stopping();
        tokio::select! {
            made = self.topic.make(settings) => made?,
            _ = stopping.wait_for(|stop| *stop) => return Ok(()),
        }
        // In this order: whoever takes over later begins a producer later, and what is published by this one was read after it
        // had begun.
        let config = config::producer(settings, &self.topic.name, self.oversized.alone())?;
        let producer = Producer::begin(config, &self.topic.name, self.services.stopping()).await?;
        let published = self.publish(&claim, &producer).await;
        producer.end().await;
        published
    }

    async fn publish(&mut self, claim: &Claim, producer: &Producer) -> Result<(), Error> {
        let mut checkpoint = self.take_over(claim.epoch()).await?;
        tracing::info!(topic = self.topic.name, from = checkpoint.place, "publishing to a topic");
        let mut stopping = self.services.stopping();
        while claim.is_held() && !*stopping.borrow() {
            let place = checkpoint.place.as_deref();
            let batch = self.feed.next(place).await?;
            self.note(place);
            let Some(Batch { messages, to, sent }) = batch else {
                tokio::select! {
                    () = self.feed.news() => {}
                    () = claim.lost() => {}
                    _ = stopping.wait_for(|stop| *stop) => {}
                }
                continue;
            };
            let (messages, left_out) = self.oversized.fit(messages);
            let (count, messages) = (messages.len() as u64, Arc::from(messages));
            if count > 0 {
                self.send(producer, &messages).await?;
            }
            self.services.metrics.kafka.out_published(&self.topic.name, count, left_out);
            let append = Append { sent, ..Append::new(Mode::EachAlone) };
            self.move_to(&mut checkpoint, Some(to), append).await?;
            self.feed.published().await?;
            self.pause = FIRST_PAUSE;
            if self.oversized.passed() {
                return Err(Error::Again);
            }
        }
        Ok(())
    }

    async fn send(&mut self, producer: &Producer, messages: &Arc<[Message]>) -> Result<(), Error> {
        match producer.send(messages.clone()).await {
            Err(Error::TooLarge(refused)) if self.oversized.refused(&self.topic.name, messages, &refused) => {
                Err(Error::Again)
            }
            sent => sent,
        }
    }

    /// Notes how far the topic is.
    fn note(&mut self, place: Option<&str>) {
        self.reached = self.feed.reached(place);
        self.services.metrics.kafka.out_reached(&self.topic.name, self.reached);
    }

    /// Where to go on. Whoever published before can move the checkpoint no more.
    async fn take_over(&self, epoch: i64) -> Result<Checkpoint, Error> {
        let stored = self.services.log.cursor(&self.checkpoint()).await?;
        let (last, place) = read(stored.as_deref());
        if last.is_some_and(|last| last > epoch) {
            return Err(Error::TakenOver);
        }
        let place = place.map(str::to_owned);
        let mut checkpoint = Checkpoint { epoch, stored, place: place.clone() };
        self.move_to(&mut checkpoint, place, Append::new(Mode::EachAlone)).await?;
        Ok(checkpoint)
    }

    /// Moves the checkpoint, and what is stored with it.
    async fn move_to(&self, checkpoint: &mut Checkpoint, place: Option<String>, append: Append) -> Result<(), Error> {
        let to = format!("{} {}", checkpoint.epoch, place.as_deref().unwrap_or_default());
        let cursor = CursorMove { name: self.checkpoint(), from: checkpoint.stored.clone(), to: to.clone() };
        match self.services.log.append(Append { cursors: vec![cursor], ..append }).await {
            Ok(_) => {
                (checkpoint.stored, checkpoint.place) = (Some(to), place);
                Ok(())
            }
            Err(AppendError::CursorMoved { .. }) => Err(Error::TakenOver),
            Err(error) => Err(error.into()),
        }
    }

    /// The name of the checkpoint, and of who may move it.
    fn checkpoint(&self) -> String {
        format!("kafka-out/{}", self.topic.name)
    }
}

/// Whose epoch a checkpoint is of, and the place.
fn read(stored: Option<&str>) -> (Option<i64>, Option<&str>) {
    let parts = stored.and_then(|text| text.split_once(' '));
    parts.map_or((None, None), |(epoch, place)| (epoch.parse().ok(), (!place.is_empty()).then_some(place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_an_epoch_and_a_place() {
        assert_eq!(read(None), (None, None));
        assert_eq!(read(Some("7 ")), (Some(7), None));
        assert_eq!(read(Some("7 3 0 published 12 x")), (Some(7), Some("3 0 published 12 x")));
    }
}
