//! What the library tells while it works: its log, what went wrong, how far each partition goes.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::statistics::Statistics;

use super::consumer::Context;
use super::lanes::Place;

/// The same trouble is told again after so long.
const TELL_AGAIN: Duration = Duration::from_secs(30);

/// What went wrong, and when it was told. The library repeats itself many times a second while brokers are away.
#[derive(Debug, Default)]
pub(super) struct Troubles(Mutex<Vec<(Option<RDKafkaErrorCode>, Instant)>>);

impl Troubles {
    /// Whether this is to be told now.
    pub fn is_news(&self, error: &KafkaError) -> bool {
        let (now, mut told) = (Instant::now(), self.0.lock().unwrap_or_else(PoisonError::into_inner));
        told.retain(|(_, when)| now.duration_since(*when) < TELL_AGAIN);
        let code = error.rdkafka_error_code();
        let is_news = told.iter().all(|(earlier, _)| *earlier != code);
        if is_news {
            told.push((code, now));
        }
        is_news
    }
}

/// Passes a line of the library's log on.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    // Messages name brokers, topics and groups, never what is in them.
    if (level as i32) <= RDKafkaLogLevel::Warning as i32 {
        tracing::warn!(facility, message, "librdkafka");
    } else {
        tracing::debug!(facility, message, "librdkafka");
    }
}

impl Troubles {
    /// Tells what went wrong, unless it is told already.
    pub fn tell(&self, error: &KafkaError, reason: &str) {
        if self.is_news(error) {
            tracing::warn!(%error, reason, "Kafka does not answer as it should");
        }
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.troubles.tell(&error, reason);
    }

    /// The lag: what readers may see of a partition beyond what the log has stored of it.
    fn stats(&self, statistics: Statistics) {
        let lanes = self.lanes();
        let topics = statistics.topics.into_values();
        for (topic, partition) in topics.flat_map(|topic| {
            let name = topic.topic;
            topic.partitions.into_values().map(move |partition| (name.clone(), partition))
        }) {
            let place = Place { topic, partition: partition.partition };
            let Some(stored) = lanes.stored(&place) else { continue };
            let end = if partition.ls_offset >= 0 { partition.ls_offset } else { partition.hi_offset };
            if end >= 0 {
                let from = stored.unwrap_or(0).max(partition.lo_offset);
                self.metrics().lag(&place.topic, place.partition, u64::try_from(end - from).unwrap_or(0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_trouble_is_told_once_in_a_while() {
        let troubles = Troubles::default();
        let (down, away) = (RDKafkaErrorCode::AllBrokersDown, RDKafkaErrorCode::UnknownTopicOrPartition);
        assert!(troubles.is_news(&KafkaError::Global(down)));
        let news = [down, away, down].map(|code| troubles.is_news(&KafkaError::MessageConsumption(code)));
        assert_eq!(news, [false, true, false]);
    }
}
