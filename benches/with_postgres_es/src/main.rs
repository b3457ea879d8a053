//! Commands through cqrs-es and postgres-es, the yardstick of kulta's: customers whose contact is edited, each client its
//! own. Prints commands per second.
//!
//! `with-postgres-es DATABASE_URL CLIENTS SECONDS`; the database is to be empty. `cargo bench --bench commands` starts it
//! where `KULTA_BENCH_POSTGRES_ES` names its executable.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use postgres_es::{PostgresCqrs, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;

/// Customers in turn, as in kulta's bench.
const CUSTOMERS: u64 = 2_000;

/// As postgres-es' own db/init.sql makes it.
const EVENTS: &str = "CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL,
    sequence bigint CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, event_version text NOT NULL,
    payload json NOT NULL, metadata json NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence))";

#[derive(Default, Serialize, Deserialize)]
struct Customer {
    email: String,
    phone: String,
}

struct EditContact {
    email: String,
    phone: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum CustomerEvent {
    ContactEdited { email: String, phone: String },
}

impl DomainEvent for CustomerEvent {
    fn event_type(&self) -> String {
        "customer.contact_edited".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the contact is said already")]
struct NothingNew;

impl Aggregate for Customer {
    type Command = EditContact;
    type Error = NothingNew;
    type Event = CustomerEvent;
    type Services = ();

    const TYPE: &'static str = "customer";

    async fn handle(&mut self, command: EditContact, (): &(), sink: &EventSink<Self>) -> Result<(), NothingNew> {
        if command.email == self.email && command.phone == self.phone {
            return Err(NothingNew);
        }
        let EditContact { email, phone } = command;
        sink.write(CustomerEvent::ContactEdited { email, phone }, self).await;
        Ok(())
    }

    fn apply(&mut self, event: CustomerEvent) {
        let CustomerEvent::ContactEdited { email, phone } = event;
        (self.email, self.phone) = (email, phone);
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("DATABASE_URL CLIENTS SECONDS");
    let url = next();
    let (clients, seconds): (u32, f64) =
        (next().parse().expect("CLIENTS is a number"), next().parse().expect("SECONDS is a number"));
    let pool = PgPoolOptions::new().min_connections(clients).max_connections(clients).connect(&url).await;
    let pool = pool.expect("the database answers");
    sqlx::query(EVENTS).execute(&pool).await.expect("the table is made");
    let framework: Arc<PostgresCqrs<Customer>> = Arc::new(postgres_cqrs(pool, Vec::new(), ()));
    let (start, time) = (Instant::now(), Duration::from_secs_f64(seconds));
    let running: Vec<_> = (0..u64::from(clients))
        .map(|own| tokio::spawn(client(Arc::clone(&framework), own, u64::from(clients), start, time)))
        .collect();
    let mut done = 0;
    for client in running {
        done += client.await.expect("a client does not panic");
    }
    println!("{:.0}", f64::from(u32::try_from(done).expect("fits")) / start.elapsed().as_secs_f64());
}

/// One client's commands until the time is up, each a customer's that no other client edits. How many were done.
async fn client(framework: Arc<PostgresCqrs<Customer>>, own: u64, clients: u64, start: Instant, time: Duration) -> u64 {
    let mut done = 0;
    while start.elapsed() < time {
        let customer = done % (CUSTOMERS / clients) * clients + own;
        let command = EditContact { email: format!("anna.{done}@example.fi"), phone: "+358401234567".to_owned() };
        framework.execute(&format!("{customer:032x}"), command).await.expect("the command is carried out");
        done += 1;
    }
    done
}
