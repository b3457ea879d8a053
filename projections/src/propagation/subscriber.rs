//! Subscribers, in every version, and those in force.

use std::collections::BTreeMap;

use kulta_events::{Instant, Json, Problem, Recorded};

use super::fields::Fields;
use crate::pipeline::history::{Fact, History};
use crate::pipeline::terms::text;

/// How a subscriber hears of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It reads kulta's topics.
    Kafka,
    /// kulta calls it.
    Webhook,
    /// It asks.
    Pull,
}

/// One version of a subscriber, as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub subscriber: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// How it hears of changes.
    pub kind: Kind,
    /// Where it is called; `None` also when it is erased.
    pub url: Option<Box<str>>,
    /// As which source it publishes what it holds.
    pub source: Option<Box<str>>,
    /// The fields that it holds.
    pub fields: Fields,
    /// After so many hours what it holds is late.
    pub within_hours: Option<u32>,
    /// Up to where it held everything when it was registered, if that was said.
    pub holds: Option<u64>,
    /// Whether it is one still.
    pub enabled: bool,
    /// Which secret its messages are signed with, from 1; 0: none.
    pub secret: u64,
    /// Why it is disabled, in a word.
    pub reason_code: Option<Box<str>>,
}

/// All versions of all subscribers.
pub type Definitions = History<Version>;

impl Fact for Version {
    fn read(event: &Recorded) -> Option<Self> {
        (event.type_name == "subscriber.registered").then(|| Self::of(&event.payload.data)).flatten()
    }
}

/// A whole number from 0.
pub(super) fn whole(data: &Json, name: &str) -> Option<u64> {
    data.get(name)?.as_decimal().and_then(|number| u64::try_from(number).ok())
}

impl Version {
    /// What a payload of `subscriber.registered` says; `None` when it names none.
    pub fn of(data: &Json) -> Option<Self> {
        let subscriber = text(data, "subscriber")?;
        let kind = match text(data, "kind").as_deref()? {
            "kafka" => Kind::Kafka,
            "webhook" => Kind::Webhook,
            _ => Kind::Pull,
        };
        let named = |item: &Json| item.as_str().and_then(Fields::named);
        let fields = match data.get("fields") {
            Some(Json::Array(items)) if !items.is_empty() => {
                items.iter().filter_map(named).fold(Fields::NONE, Fields::and)
            }
            _ => Fields::contact(),
        };
        Some(Self {
            name: text(data, "name").unwrap_or_else(|| subscriber.clone()),
            subscriber,
            kind,
            url: text(data, "url"),
            source: text(data, "source"),
            fields,
            within_hours: whole(data, "within_hours").and_then(|hours| u32::try_from(hours).ok()),
            holds: whole(data, "holds"),
            enabled: data.get("enabled") != Some(&Json::Bool(false)),
            secret: whole(data, "secret").unwrap_or(0),
            reason_code: text(data, "reason_code"),
        })
    }
}

/// Checks what a person says of a subscriber beyond its form. Whether an address may be called is asked when it is.
///
/// # Errors
/// What is wrong, where.
pub fn check(data: &Json) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut wrong = |at: String, what: &str| problems.push(Problem::new("invalid", at, what));
    let name = data.get("subscriber").and_then(Json::as_str).unwrap_or_default();
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(is_word) {
        wrong("/subscriber".to_owned(), "expected small letters, digits, -, _ and .");
    }
    let webhook = data.get("kind").and_then(Json::as_str) == Some("webhook");
    if webhook != data.get("url").is_some() {
        wrong("/url".to_owned(), "webhooks, and only they, have an address");
    }
    if let Some(Json::Array(items)) = data.get("fields") {
        for (index, item) in items.iter().enumerate() {
            if item.as_str().and_then(Fields::named).is_none() {
                wrong(format!("/fields/{index}"), "there is no such field of a customer");
            }
        }
    }
    for number in ["within_hours", "holds"] {
        let wanted = if number == "holds" { 0 } else { 1 };
        let fits = whole(data, number).is_some_and(|found| (wanted..=i64::MAX as u64).contains(&found));
        if data.get(number).is_some() && !fits {
            wrong(format!("/{number}"), "expected a whole number that is not negative, and hours from 1");
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// A subscriber as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// Its newest version.
    pub version: Version,
    /// Which one that is, counted from 1 in the order of facts.
    pub number: u64,
    /// When it was registered first.
    pub registered_at: Instant,
    /// Up to where it is taken to hold everything before it acknowledges anything.
    pub base: u64,
    /// Since when its messages are signed with the newest secret.
    pub secret_since: Instant,
    /// The highest position that shaped it: its ETag.
    pub position: u64,
}

/// The subscribers of all definitions, by id, the disabled ones too.
pub fn subscribers(definitions: &Definitions) -> BTreeMap<Box<str>, Subscriber> {
    let mut found: BTreeMap<Box<str>, Subscriber> = BTreeMap::new();
    for told in definitions.told() {
        let before = found.get(&told.fact.subscriber);
        let same_secret = before.filter(|before| before.version.secret == told.fact.secret);
        let next = Subscriber {
            number: before.map_or(0, |before| before.number) + 1,
            registered_at: before.map_or(told.order.time, |before| before.registered_at),
            // Whoever does not say holds what there was when it was registered: it took its copy first.
            base: before.map_or_else(|| told.fact.holds.unwrap_or(told.position), |before| before.base),
            secret_since: same_secret.map_or(told.order.time, |before| before.secret_since),
            position: before.map_or(0, |before| before.position).max(told.position),
            version: told.fact.clone(),
        };
        found.insert(told.fact.subscriber.clone(), next);
    }
    found
}
