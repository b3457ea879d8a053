//! Every setting but the access tokens: name, meaning, reader, printer.

use std::path::PathBuf;

use super::business::{
    days, directions, names, openings, show_days, show_directions, show_names, show_time_zone, time_zone,
};
use super::kafka::{list, sasl_mechanism, security_protocol, show_list, small_count, topic, topics};
use super::roles::{roles, show_roles};
use super::value::{bytes, count, flag, show_bytes, show_time, show_url, time};
use super::{LogFormat, Secret, Settings};

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// Its name in the file; what stands before a point is the table.
    pub name: &'static str,
    /// What it means, for `docs/configuration.md`.
    pub meaning: &'static str,
    /// Reads it. The error says what was expected, without the value.
    pub set: fn(&mut Settings, &str) -> Result<(), String>,
    /// Prints it, without secrets.
    pub show: fn(&Settings) -> String,
}

impl Key {
    /// Its name in the environment.
    pub fn variable(&self) -> String {
        format!("KULTA_{}", self.name.to_ascii_uppercase().replace('.', "_"))
    }
}

macro_rules! key {
    ($name:literal, $($place:ident).+, $read:expr, $show:expr, $meaning:literal) => {
        Key {
            name: $name,
            meaning: $meaning,
            set: |settings, text| {
                settings.$($place).+ = $read(text)?;
                Ok(())
            },
            show: |settings| $show(settings.$($place).+.clone()),
        }
    };
}

/// The openings of a day, from Monday on.
macro_rules! day {
    ($name:literal, $day:literal, $meaning:literal) => {
        Key {
            name: $name,
            meaning: $meaning,
            set: |settings, text| {
                settings.business.week[$day] = openings(text)?;
                Ok(())
            },
            show: |settings| settings.business.week[$day].to_string(),
        }
    };
}

/// Every setting but the access tokens.
pub const KEYS: &[Key] = &[
    key!(
        "database_url",
        database_url,
        |text: &str| non_empty(text).map(str::to_owned),
        |url: String| show_url(&url),
        "Where the log is: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`"
    ),
    key!(
        "listen",
        listen,
        |text: &str| text.parse().map_err(|_| "expected an address such as 127.0.0.1:7373".to_owned()),
        |listen: std::net::SocketAddr| listen.to_string(),
        "Where to listen; an address that other machines can reach needs access tokens"
    ),
    key!(
        "roles",
        roles,
        roles,
        show_roles,
        "What the node does beside answering requests: `project` (identities, golden records, lists of scores, automations), `consume` (events from Kafka), `publish` (to Kafka), `deliver` (webhooks); `serve` alone: nothing"
    ),
    key!(
        "master_key",
        master_key,
        |text: &str| non_empty(text).map(|text| Some(Secret::new(text))),
        show_secret,
        "The key that wraps all others, 64 hexadecimal digits"
    ),
    key!(
        "master_key_file",
        master_key_file,
        path,
        show_path,
        "A file that holds the master key; SQLite makes one beside the database when neither is given"
    ),
    key!(
        "log_format",
        log_format,
        log_format,
        show_log_format,
        "How log lines look on standard error: `text` or `json`"
    ),
    key!(
        "limits.body_bytes",
        limits.body_bytes,
        bytes,
        show_bytes,
        "The largest body of a request, also after decompression"
    ),
    key!(
        "limits.bodies_bytes",
        limits.bodies_bytes,
        bytes,
        show_bytes,
        "All bodies in work at one time; beyond, requests are answered 503"
    ),
    key!("limits.batch_events", limits.batch_events, count, show, "The most events of one request"),
    key!(
        "limits.connections",
        limits.connections,
        count,
        show,
        "The most open connections; beyond, they are answered 503"
    ),
    key!("limits.page_size", limits.page_size, count, show, "Items of a page when the caller names no `limit`"),
    key!("limits.max_page_size", limits.max_page_size, count, show, "The greatest `limit` of a page"),
    key!(
        "limits.fold_alone",
        limits.fold_alone,
        count,
        show,
        "The most events that the projecting node may be behind before other nodes that are ready fold along"
    ),
    key!(
        "timeouts.header",
        timeouts.header,
        time,
        show_time,
        "From the first byte of a request, or the opening of a connection, to the end of its headers"
    ),
    key!("timeouts.body", timeouts.body, time, show_time, "From the headers of a request to the end of its body"),
    key!("timeouts.idle", timeouts.idle, time, show_time, "How long a connection stays open between two requests"),
    key!("timeouts.write", timeouts.write, time, show_time, "How long an answer waits for a reader that takes nothing"),
    key!(
        "timeouts.wait",
        timeouts.wait,
        time,
        show_time,
        "The longest that a reader may ask to wait for something new"
    ),
    key!("timeouts.shutdown", timeouts.shutdown, time, show_time, "How long requests in work may take after SIGTERM"),
    key!(
        "business.time_zone",
        business.time_zone,
        time_zone,
        show_time_zone,
        "Whose days and hours count, where a request or a rule set names no other"
    ),
    day!("business.monday", 0, "When it is open on Mondays, such as `08:00-12:00, 13:00-16:30`; empty: closed"),
    day!("business.tuesday", 1, "When it is open on Tuesdays"),
    day!("business.wednesday", 2, "When it is open on Wednesdays"),
    day!("business.thursday", 3, "When it is open on Thursdays"),
    day!("business.friday", 4, "When it is open on Fridays"),
    day!("business.saturday", 5, "When it is open on Saturdays"),
    day!("business.sunday", 6, "When it is open on Sundays"),
    key!("business.holidays", business.holidays, days, show_days, "Days on which it is closed"),
    key!(
        "business.answer_within",
        business.answer_within,
        time,
        show_time,
        "Within how much open time complaints are to be answered"
    ),
    key!(
        "business.warn_before",
        business.warn_before,
        time,
        show_time,
        "How much open time before that a notice warns"
    ),
    key!(
        "contact.directions",
        business.contact.directions,
        directions,
        show_directions,
        "Which words count as contact with a customer: `incoming`, `outgoing`, `internal`"
    ),
    key!(
        "contact.except_types",
        business.contact.except_types,
        names,
        show_names,
        "Event types that do not count, such as mails to many"
    ),
    key!(
        "contact.except_kinds",
        business.contact.except_kinds,
        names,
        show_names,
        "Kinds of activities that do not count"
    ),
    key!(
        "archive.directory",
        archive.directory,
        path,
        show_path,
        "Where this node keeps an archive of its own, for its replays and lists of scores; without it they read the log"
    ),
    key!(
        "archive.every",
        archive.every,
        time,
        show_time,
        "How long the archive may be behind: replays read from the log what it has not got to"
    ),
    key!(
        "archive.kept_bytes",
        archive.kept_bytes,
        bytes,
        show_bytes,
        "Rows that a replay over the archive leaves in memory for five minutes, about 50 bytes an event, so that the next draft is scored in half the time; 0: none"
    ),
    key!(
        "kafka.brokers",
        kafka.brokers,
        list,
        show_list,
        "Kafka brokers to ask first, `HOST:PORT`; Kafka is used when there are brokers and topics"
    ),
    key!("kafka.topics", kafka.topics, topics, show_list, "The topics that are read"),
    key!(
        "kafka.events_topic",
        kafka.events_topic,
        topic,
        Option::unwrap_or_default,
        "The topic to which the log's facts are published, `kulta.events` by custom"
    ),
    key!(
        "kafka.customers_topic",
        kafka.customers_topic,
        topic,
        Option::unwrap_or_default,
        "The topic to which golden records are published, `kulta.customers` by custom"
    ),
    key!(
        "kafka.scores_topic",
        kafka.scores_topic,
        topic,
        Option::unwrap_or_default,
        "The topic to which changes of scores are published, `kulta.scores` by custom"
    ),
    key!(
        "kafka.partitions",
        kafka.partitions,
        small_count,
        show,
        "Partitions of a topic that kulta makes to publish to it"
    ),
    key!(
        "kafka.replication",
        kafka.replication,
        |text: &str| small_count(text).map(Some),
        |number: Option<usize>| number.map(show).unwrap_or_default(),
        "Replicas of such a topic; without it as many as the cluster's default"
    ),
    key!(
        "kafka.group",
        kafka.group,
        |text: &str| non_empty(text).map(str::to_owned),
        |group: String| group,
        "The consumer group, the same on all nodes of one log; also the first part of the producers' transactional ids"
    ),
    key!(
        "kafka.session_timeout",
        kafka.session_timeout,
        time,
        show_time,
        "After so much silence Kafka gives a node's partitions to another"
    ),
    key!(
        "kafka.security_protocol",
        kafka.security_protocol,
        security_protocol,
        |protocol: super::kafka::SecurityProtocol| protocol.name().to_owned(),
        "How brokers are spoken to: `plaintext`, `ssl`, `sasl_plaintext`, `sasl_ssl`"
    ),
    key!(
        "kafka.sasl_mechanism",
        kafka.sasl_mechanism,
        sasl_mechanism,
        |mechanism: super::kafka::SaslMechanism| mechanism.name().to_owned(),
        "How a node proves who it is: `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`"
    ),
    key!(
        "kafka.sasl_username",
        kafka.sasl_username,
        |text: &str| non_empty(text).map(|text| Some(text.to_owned())),
        Option::unwrap_or_default,
        "As whom a node comes to brokers that ask for a password"
    ),
    key!(
        "kafka.sasl_password",
        kafka.sasl_password,
        |text: &str| non_empty(text).map(|text| Some(Secret::new(text))),
        show_secret,
        "The password itself"
    ),
    key!("kafka.sasl_password_file", kafka.sasl_password_file, path, show_path, "A file that holds the password"),
    key!(
        "kafka.ca_file",
        kafka.ca_file,
        path,
        show_path,
        "Certificates (PEM) that brokers are checked against instead of the system's"
    ),
    key!(
        "webhooks.allow_private",
        webhooks.allow_private,
        flag,
        |allowed: bool| allowed.to_string(),
        "Whether webhooks may lead to private networks and this machine, and do without TLS: `true` or `false`"
    ),
    key!("webhooks.timeout", webhooks.timeout, time, show_time, "How long a webhook's receiver may take to answer"),
    key!("webhooks.concurrency", webhooks.concurrency, count, show, "How many webhooks are called at the same time"),
    key!(
        "webhooks.ca_file",
        webhooks.ca_file,
        path,
        show_path,
        "Certificates (PEM) that receivers of webhooks are checked against instead of the public ones"
    ),
];

fn show(number: usize) -> String {
    number.to_string()
}

fn show_secret(secret: Option<Secret>) -> String {
    if secret.is_some() { "…".to_owned() } else { String::new() }
}

fn path(text: &str) -> Result<Option<PathBuf>, String> {
    non_empty(text).map(|text| Some(text.into()))
}

fn show_path(path: Option<PathBuf>) -> String {
    path.map(|path| path.display().to_string()).unwrap_or_default()
}

fn non_empty(text: &str) -> Result<&str, String> {
    if text.is_empty() { Err("expected a text".to_owned()) } else { Ok(text) }
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("expected text or json".to_owned()),
    }
}

fn show_log_format(format: LogFormat) -> String {
    match format {
        LogFormat::Text => "text".to_owned(),
        LogFormat::Json => "json".to_owned(),
    }
}
