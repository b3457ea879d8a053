//! The settings of the library under [`crate::kafka`].

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use super::Error;
use crate::config::Kafka;

/// What the library fetches ahead of the consumer, in kilobytes.
const FETCHED_AHEAD: &str = "16384";

/// A transaction that was not ended within so many milliseconds is ended by the brokers.
const TRANSACTION_MS: &str = "60000";
/// A message that no broker has taken within so many milliseconds is given up, and its transaction with it.
const MESSAGE_MS: &str = "30000";
/// The largest message, in bytes: an event may have 1 MiB, a golden record has many values.
pub(super) const LARGEST_MESSAGE: &str = "8388608";

/// What is told to the library of a consumer.
///
/// # Errors
/// When the file with the password cannot be read.
pub(super) fn client(settings: &Kafka) -> Result<ClientConfig, Error> {
    let session = settings.session_timeout.as_millis();
    let mut config = common(settings)?;
    config
        .set("group.id", &settings.group)
        .set("session.timeout.ms", session.to_string())
        .set("heartbeat.interval.ms", (session / 3).max(1).to_string())
        // A rebalance leaves alone what stays where it is.
        .set("partition.assignment.strategy", "cooperative-sticky")
        // The log says where each partition goes on; offsets are committed to Kafka for its own tools to look at.
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("isolation.level", "read_committed")
        .set("queued.max.messages.kbytes", FETCHED_AHEAD)
        .set("fetch.queue.backoff.ms", "50")
        .set("statistics.interval.ms", "1000");
    Ok(config)
}

/// What is told to the library of the one producer of a topic; `alone`: each message is sent by itself.
///
/// # Errors
/// When the file with the password cannot be read.
pub(super) fn producer(settings: &Kafka, topic: &str, alone: bool) -> Result<ClientConfig, Error> {
    let mut config = common(settings)?;
    config
        // Of two producers of one id the brokers let the later one publish only.
        .set("transactional.id", format!("{}/{topic}", settings.group))
        .set("transaction.timeout.ms", TRANSACTION_MS)
        .set("message.timeout.ms", MESSAGE_MS)
        .set("message.max.bytes", LARGEST_MESSAGE)
        // As the Java clients do: a key is in the same partition, whoever publishes it.
        .set("partitioner", "murmur2_random")
        .set("compression.type", "lz4");
    if alone {
        config.set("batch.num.messages", "1");
    }
    Ok(config)
}

/// What is told to the library of every client.
///
/// # Errors
/// When the file with the password cannot be read.
pub(super) fn common(settings: &Kafka) -> Result<ClientConfig, Error> {
    let mut config = ClientConfig::new();
    config
        .set("client.id", "kulta")
        .set("bootstrap.servers", settings.brokers.join(","))
        .set("topic.metadata.refresh.interval.ms", "10000")
        .set("reconnect.backoff.ms", "250")
        .set("reconnect.backoff.max.ms", "5000")
        .set("socket.keepalive.enable", "true")
        .set("security.protocol", settings.security_protocol.name())
        .set_log_level(RDKafkaLogLevel::Warning);
    if settings.security_protocol.is_sasl() {
        config.set("sasl.mechanism", settings.sasl_mechanism.name());
        config.set("sasl.username", settings.sasl_username.as_deref().unwrap_or_default());
        config.set("sasl.password", password(settings)?);
    }
    if let Some(path) = &settings.ca_file {
        config.set("ssl.ca.location", path.display().to_string());
    }
    Ok(config)
}

fn password(settings: &Kafka) -> Result<String, Error> {
    let Some(path) = &settings.sasl_password_file else {
        return Ok(settings.sasl_password.as_ref().map(|secret| secret.expose().to_owned()).unwrap_or_default());
    };
    let read = std::fs::read_to_string(path);
    let text = read.map_err(|source| Error::Password { path: path.display().to_string(), source })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use rdkafka::consumer::BaseConsumer;

    use super::*;
    use crate::config::Settings;

    fn settings(lines: &str) -> Kafka {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kulta.toml");
        let first = "[kafka]\nbrokers = [\"127.0.0.1:1\"]\ntopics = [\"t\"]\nsecurity_protocol = \"sasl_ssl\"\n";
        std::fs::write(&path, format!("{first}{lines}")).unwrap();
        Settings::load(Some(&path), Vec::new(), &[]).unwrap().kafka
    }

    #[test]
    fn the_library_knows_tls_and_every_mechanism() {
        for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
            let lines = format!("sasl_mechanism = \"{mechanism}\"\nsasl_username = \"a\"\nsasl_password = \"b\"");
            client(&settings(&lines)).unwrap().create::<BaseConsumer>().unwrap();
        }
    }

    #[test]
    fn files_that_are_not_there_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let (password, missing) = (folder.path().join("password"), folder.path().join("missing"));
        std::fs::write(&password, "geheim\n").unwrap();
        let lines = format!("sasl_username = \"a\"\nsasl_password_file = {password:?}\n");
        assert_eq!(client(&settings(&lines)).unwrap().get("sasl.password"), Some("geheim"));
        let without_ca = client(&settings(&format!("{lines}ca_file = {missing:?}"))).unwrap();
        assert!(without_ca.create::<BaseConsumer>().is_err());
        let lines = format!("sasl_username = \"a\"\nsasl_password_file = {missing:?}");
        assert!(matches!(client(&settings(&lines)), Err(Error::Password { .. })));
    }
}
