//! Systems that hold copies of customers, and who of them holds old data.

pub mod acknowledge;
pub mod behind;
pub mod customer;
pub mod get;
pub mod list;
pub mod register;
pub mod switch;

use kulta_events::{CustomerId, Instant};
use kulta_projections::propagation::fields::Fields;
use kulta_projections::propagation::held::{About, Ledger};
use kulta_projections::propagation::index::{Behind, Index, is_late};
use kulta_projections::propagation::subscriber::{Kind, Subscriber};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// A system that holds copies of customers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subscriber)]
pub struct View {
    /// Its id.
    pub subscriber: String,
    /// What people call it.
    pub name: String,
    /// Which version it is, from 1.
    pub version: u64,
    /// `kafka`, `webhook` or `pull`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// Where it is called.
    pub url: Option<String>,
    /// As which source it publishes what it holds.
    pub source: Option<String>,
    /// The fields that it holds.
    pub fields: Vec<&'static str>,
    /// After so many hours what it holds is late.
    pub within_hours: Option<u32>,
    /// Whether it is one still.
    pub enabled: bool,
    /// Why it is disabled, in a word; `gone`: its address answered so.
    pub reason_code: Option<String>,
    /// When it was registered first.
    #[schema(value_type = String)]
    pub registered_at: Instant,
    /// Up to which position it holds every customer.
    pub holds: u64,
    /// How many customers it holds as they were; null: it is disabled.
    pub behind: Option<Sum>,
    /// Messages that wait to be tried again.
    pub retrying: u64,
    /// Messages that are not tried again, to be looked at by people.
    pub given_up: u64,
}

/// How many customers are held as they were.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Behind)]
pub struct Sum {
    /// How many.
    pub customers: u64,
    /// For longer than the subscriber may take.
    pub late: u64,
    /// Since when the oldest.
    #[schema(value_type = Option<String>)]
    pub oldest_since: Option<Instant>,
}

/// A customer that a subscriber holds as it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BehindCustomer)]
pub struct Item {
    /// The customer.
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    /// The highest position that shaped it: acknowledge this one.
    pub position: u64,
    /// As of which position the subscriber holds it.
    pub held: u64,
    /// When kulta learned of the oldest change that the subscriber does not hold.
    #[schema(value_type = String)]
    pub since: Instant,
    /// Seconds since then.
    pub age_seconds: i64,
    /// Its fields that may have changed since; `records`: others are one customer with it, or no longer.
    pub changed: Vec<&'static str>,
    /// Whether that is longer than the subscriber may take.
    pub late: bool,
    /// How often kulta tried in vain to tell it.
    pub attempts: u64,
    /// When it tries again.
    #[schema(value_type = Option<String>)]
    pub retry_at: Option<Instant>,
    /// Why the last try failed, in a word.
    pub failure: Option<String>,
}

impl View {
    fn of(subscriber: &Subscriber, index: &Index, ledger: &Ledger, now: Instant) -> Self {
        let version = &subscriber.version;
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let tally = version.enabled.then(|| index.tally(ledger, subscriber, now));
        let misses = || ledger.standing(&version.subscriber).into_iter().flat_map(|standing| standing.misses.values());
        let count = |waits: bool| misses().filter(|miss| miss.retry_at.is_some() == waits).count() as u64;
        Self {
            subscriber: version.subscriber.to_string(),
            name: version.name.to_string(),
            version: subscriber.number,
            kind: version.kind,
            url: text(&version.url),
            source: text(&version.source),
            fields: version.fields.names().collect(),
            within_hours: version.within_hours,
            enabled: version.enabled,
            reason_code: text(&version.reason_code),
            registered_at: subscriber.registered_at,
            holds: ledger.everything(subscriber),
            behind: tally.map(|tally| Sum { customers: tally.customers, late: tally.late, oldest_since: tally.oldest }),
            retrying: count(true),
            given_up: count(false),
        }
    }
}

impl Item {
    fn of(behind: &Behind, subscriber: &Subscriber, ledger: &Ledger, now: Instant) -> Self {
        let standing = ledger.standing(&subscriber.version.subscriber);
        let miss = standing.and_then(|standing| standing.misses.get(&About::Customer(behind.customer.into())));
        Self {
            customer_id: behind.customer,
            position: behind.position,
            held: behind.held,
            since: behind.since,
            age_seconds: (now.micros() - behind.since.micros()) / Instant::SECOND,
            changed: names(behind.fields),
            late: is_late(subscriber, behind.since, now),
            attempts: miss.map_or(0, |miss| miss.attempt),
            retry_at: miss.and_then(|miss| miss.retry_at),
            failure: miss.map(|miss| miss.reason_code.to_string()),
        }
    }
}

fn names(fields: Fields) -> Vec<&'static str> {
    fields.names().collect()
}

fn unknown() -> Problem {
    Problem::not_found("there is no such subscriber")
}

/// Reads `after` and waits: until then, or for what the projections hold now.
async fn after(services: &Services, params: &mut Params) -> Result<(), Problem> {
    crate::http::api::customers::after(services, params).await?;
    let head = *services.log.head().borrow();
    services.work.after(head).await?;
    services.propagation.after(services.projector.projections().position()).await?;
    Ok(())
}
