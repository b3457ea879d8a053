//! Makes a topic that is missing, where the brokers let kulta do so.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::RDKafkaErrorCode;

use super::super::config;
use super::Error;
use crate::config::Kafka;

/// How long brokers may take.
const ANSWER: Duration = Duration::from_secs(10);

/// A topic that is published to.
#[derive(Clone, Debug)]
pub(super) struct Topic {
    /// Its name.
    pub name: String,
    /// `compact`: the last message of each key stays; `delete`: what is old goes.
    pub cleanup: &'static str,
}

impl Topic {
    /// Makes it unless it is there. When kulta may not, its log says what to make.
    ///
    /// # Errors
    /// When the brokers do not answer.
    pub async fn make(&self, settings: &Kafka) -> Result<(), Error> {
        let admin: AdminClient<DefaultClientContext> = config::common(settings)?.create()?;
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let replication = TopicReplication::Fixed(settings.replication.map_or(-1, count));
        let new = NewTopic::new(&self.name, count(settings.partitions), replication)
            .set("cleanup.policy", self.cleanup)
            .set("max.message.bytes", config::LARGEST_MESSAGE);
        let options = AdminOptions::new().operation_timeout(Some(ANSWER)).request_timeout(Some(ANSWER));
        let made = admin.create_topics(&[new], &options).await?.pop();
        let (topic, cleanup) = (&self.name, self.cleanup);
        match made {
            Some(Ok(_)) => tracing::info!(topic, cleanup, partitions = settings.partitions, "a topic was made"),
            Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) | None => {}
            Some(Err((_, error))) => {
                tracing::info!(%error, topic, cleanup, "a topic may not be made here: it must be there, with this cleanup.policy");
            }
        }
        Ok(())
    }
}
