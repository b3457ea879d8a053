//! How Kafka is reached, what is read there, and what is published.

use std::path::PathBuf;
use std::time::Duration;

use super::Secret;
use super::value::count;

/// See the module. Without brokers nothing is read or published; what is not named is neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kafka {
    /// Where the cluster is asked first, `HOST:PORT`.
    pub brokers: Vec<String>,
    /// The topics that are read.
    pub topics: Vec<String>,
    /// The topic to which the log's facts are published.
    pub events_topic: Option<String>,
    /// The topic to which golden records are published.
    pub customers_topic: Option<String>,
    /// The topic to which changes of scores are published.
    pub scores_topic: Option<String>,
    /// Partitions of these topics, where kulta makes them.
    pub partitions: usize,
    /// Replicas of these topics, where kulta makes them; `None`: as many as the cluster makes by itself.
    pub replication: Option<usize>,
    /// The consumer group of all nodes of one log.
    pub group: String,
    /// After so much silence the group takes a node for dead.
    pub session_timeout: Duration,
    /// How brokers are spoken to.
    pub security_protocol: SecurityProtocol,
    /// How a node proves who it is.
    pub sasl_mechanism: SaslMechanism,
    /// As whom.
    pub sasl_username: Option<String>,
    /// The password itself.
    pub sasl_password: Option<Secret>,
    /// The file that holds the password.
    pub sasl_password_file: Option<PathBuf>,
    /// The certificates, in PEM form, that brokers are checked against instead of the system's.
    pub ca_file: Option<PathBuf>,
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            brokers: Vec::new(),
            topics: Vec::new(),
            events_topic: None,
            customers_topic: None,
            scores_topic: None,
            partitions: 6,
            replication: None,
            group: "kulta".to_owned(),
            session_timeout: Duration::from_secs(10),
            security_protocol: SecurityProtocol::Plaintext,
            sasl_mechanism: SaslMechanism::ScramSha512,
            sasl_username: None,
            sasl_password: None,
            sasl_password_file: None,
            ca_file: None,
        }
    }
}

/// A word of a closed list, as Kafka's own clients spell it.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $read:ident, $expected:literal { $($(#[$of:meta])* $variant:ident = $word:literal),+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$of])* $variant),+ }

        impl $name {
            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        pub(super) fn $read(text: &str) -> Result<$name, String> {
            match text {
                $($word => Ok($name::$variant),)+
                _ => Err($expected.to_owned()),
            }
        }
    };
}

words! {
    /// How brokers are spoken to.
    SecurityProtocol, security_protocol, "expected plaintext, ssl, sasl_plaintext or sasl_ssl" {
        /// In the clear.
        Plaintext = "plaintext",
        /// Through TLS.
        Ssl = "ssl",
        /// In the clear, with a password.
        SaslPlaintext = "sasl_plaintext",
        /// Through TLS, with a password.
        SaslSsl = "sasl_ssl"
    }
}

words! {
    /// How a node proves who it is.
    SaslMechanism, sasl_mechanism, "expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512" {
        /// The password itself is sent.
        Plain = "PLAIN",
        /// A proof of it is sent.
        ScramSha256 = "SCRAM-SHA-256",
        /// A proof of it is sent.
        ScramSha512 = "SCRAM-SHA-512"
    }
}

impl SecurityProtocol {
    /// Whether it asks for a password.
    pub fn is_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

impl Kafka {
    /// Whether anything is to be read.
    pub fn reads(&self) -> bool {
        !self.brokers.is_empty() && !self.topics.is_empty()
    }

    /// The topics that are published to.
    pub fn out_topics(&self) -> impl Iterator<Item = &String> {
        [&self.events_topic, &self.customers_topic, &self.scores_topic].into_iter().flatten()
    }

    /// Whether these settings can stand together.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.brokers.is_empty() && !self.topics.is_empty() {
            return Err("kafka.topics is given, but not kafka.brokers".to_owned());
        }
        if self.brokers.is_empty() && self.out_topics().next().is_some() {
            return Err("a topic to publish to is given, but not kafka.brokers".to_owned());
        }
        let mut named: Vec<&String> = self.topics.iter().chain(self.out_topics()).collect();
        named.sort_unstable();
        // What kulta publishes would come back to it, or two kinds of messages would lie under one name.
        if let Some(twice) = named.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("the topic {} is named twice under kafka", twice[0]));
        }
        if self.sasl_password.is_some() && self.sasl_password_file.is_some() {
            return Err("both kafka.sasl_password and kafka.sasl_password_file are given: give one".to_owned());
        }
        let password = self.sasl_password.is_some() || self.sasl_password_file.is_some();
        let named = self.sasl_username.is_some();
        if self.security_protocol.is_sasl() && !(named && password) {
            return Err("kafka.security_protocol asks for kafka.sasl_username and a password".to_owned());
        }
        // A password that is not used would be believed to be.
        if !self.security_protocol.is_sasl() && (named || password) {
            return Err("kafka.sasl_username or a password is given, but kafka.security_protocol uses none".to_owned());
        }
        Ok(())
    }
}

/// The parts of `a, b, c`.
pub(super) fn list(text: &str) -> Result<Vec<String>, String> {
    Ok(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
}

/// Names of topics: what Kafka takes for one, so that dead letters name their place without doubt.
pub(super) fn topics(text: &str) -> Result<Vec<String>, String> {
    let topics = list(text)?;
    let fits = |name: &String| {
        name.len() <= 249 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if topics.iter().all(fits) { Ok(topics) } else { Err("expected names of topics".to_owned()) }
}

/// The name of one topic.
pub(super) fn topic(text: &str) -> Result<Option<String>, String> {
    match <[String; 1]>::try_from(topics(text)?) {
        Ok([name]) => Ok(Some(name)),
        Err(_) => Err("expected the name of a topic".to_owned()),
    }
}

/// Partitions or replicas: as many as Kafka can be told of.
pub(super) fn small_count(text: &str) -> Result<usize, String> {
    count(text)
        .ok()
        .filter(|number| *number <= 10_000)
        .ok_or_else(|| "expected a whole number from 1 to 10000".to_owned())
}

pub(super) fn show_list(items: Vec<String>) -> String {
    items.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_stand_together_is_refused() {
        let good = Kafka { brokers: vec!["b:9092".to_owned()], topics: vec!["t".to_owned()], ..Kafka::default() };
        assert_eq!((good.check(), good.reads(), Kafka::default().reads()), (Ok(()), true, false));
        let no_brokers = Kafka { brokers: Vec::new(), ..good.clone() };
        assert!(no_brokers.check().is_err());
        let out = |name: &str| Kafka { events_topic: Some(name.to_owned()), ..good.clone() };
        assert_eq!(out("kulta.events").check(), Ok(()));
        assert!(Kafka { brokers: Vec::new(), topics: Vec::new(), ..out("kulta.events") }.check().is_err());
        assert!(out("t").check().is_err(), "what is published is not read");
        assert!(Kafka { scores_topic: Some("u".to_owned()), ..out("u") }.check().is_err());
        let sasl = Kafka { security_protocol: SecurityProtocol::SaslSsl, ..good.clone() };
        assert!(sasl.check().is_err());
        let named = Kafka { sasl_username: Some("kulta".to_owned()), ..sasl };
        assert!(named.check().is_err());
        let whole = Kafka { sasl_password: Some(Secret::new("x")), ..named };
        assert_eq!(whole.check(), Ok(()));
        assert!(Kafka { sasl_password_file: Some("f".into()), ..whole.clone() }.check().is_err());
        assert!(Kafka { security_protocol: SecurityProtocol::Ssl, ..whole }.check().is_err());
    }

    #[test]
    fn names_of_topics_are_those_of_kafka() {
        assert_eq!(topics(" erp.events, billing-1 ,"), Ok(vec!["erp.events".to_owned(), "billing-1".to_owned()]));
        assert_eq!(topic("kulta.customers"), Ok(Some("kulta.customers".to_owned())));
        assert!(topic("a, b").is_err() && topic("").is_err() && topic("a b").is_err());
        assert!(topics("^erp.*").is_err() && topics("a/b").is_err() && topics("ä").is_err());
    }
}
