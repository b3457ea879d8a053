//! A node inside the test's own process, without its edges: for what is tested below HTTP.

use std::sync::Arc;
use std::time::Duration;

use kulta::clock::{Clock, SystemClock};
use kulta::commands::{Commands, Context, Customers, Done, Error, Say, Wish};
use kulta::event_types::EventTypes;
use kulta::intake::publish::{Along, Arrival};
use kulta::intake::{Intake, Published};
use kulta::privacy::{MasterKey, Vault};
use kulta::projector::{Identities, Projections, Projector, Source};
use kulta::reads::{At, Found, Reads};
use kulta::store::{self, Log, Options};
use kulta_events::{RecordId, Vocabulary};
use serde_json::Value;
use tokio::sync::watch;

/// The node's master key: any will do.
const MASTER: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

pub struct Node {
    pub log: Arc<dyn Log>,
    pub intake: Intake,
    pub projector: Arc<Projector>,
    pub reads: Reads,
    pub customers: Customers,
    pub actor: i64,
    stop: watch::Sender<bool>,
    following: tokio::task::JoinHandle<()>,
}

impl Node {
    pub async fn start(url: &str) -> Self {
        Self::start_with(url, Vocabulary::standard()).await
    }

    pub async fn start_with(url: &str, vocabulary: Vocabulary) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let options = Options::new(Arc::new(|| SystemClock.now()));
        let log = store::open(url, &options).await.unwrap();
        let generations = store::open_generations(url, &options).await.unwrap();
        let vault = Vault::open(log.clone(), MasterKey::parse(MASTER).unwrap()).await.unwrap();
        let (vault, vocabulary) = (Arc::new(vault), EventTypes::from(vocabulary));
        let source = Source { log: log.clone(), vault: vault.clone(), vocabulary: vocabulary.clone() };
        let projections = Projections::open(generations.as_ref()).await.unwrap();
        let identities = Identities::default();
        let projector = Arc::new(Projector::new(
            source.clone(),
            generations,
            projections.clone(),
            identities.clone(),
            "the test".to_owned(),
        ));
        let work = kulta::work::Work::new(source.clone());
        let reads = Reads::new(source, projections, identities);
        let commands = Commands::new(log.clone(), vault.clone(), vocabulary.clone(), clock.clone());
        let (stop, stopping) = watch::channel(false);
        let following = tokio::spawn({
            let projector = projector.clone();
            async move { projector.run(stopping).await }
        });
        Self {
            intake: Intake::new(log.clone(), vault, vocabulary, clock),
            customers: Customers { commands, reads: reads.clone(), work },
            actor: log.actor("tester").await.unwrap(),
            log,
            projector,
            reads,
            stop,
            following,
        }
    }

    pub async fn publish(&self, events: &[Value]) -> Published {
        let arrival =
            |event: &Value| Arrival { text: event.to_string().into(), problems: Vec::new(), origin: "test".to_owned() };
        let arrivals = events.iter().map(arrival).collect();
        self.intake.publish(arrivals, "http", self.actor, Along::default()).await.unwrap()
    }

    pub fn context(&self) -> Context {
        Context { actor: self.actor, idempotency_key: None, request: String::new() }
    }

    pub async fn wish(&self, wish: Wish) -> Result<Done, Error> {
        self.customers.run(&self.context(), &wish).await
    }

    pub fn say(&self) -> Say {
        Say { reason: Some("a test".to_owned()), overrule: false, if_match: None }
    }

    /// The customer that holds a record, as JSON, after everything is projected.
    pub async fn customer_of(&self, source: &str, subject: &str) -> Option<Value> {
        self.reads.caught_up().await.unwrap();
        let record = self.reads.record(source, subject).await.unwrap()?;
        match self.reads.customer(record.customer.into(), At::default()).await.unwrap() {
            Found::Here(view) => Some(serde_json::from_str(&view.json).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    pub async fn record(&self, source: &str, subject: &str) -> RecordId {
        self.reads.caught_up().await.unwrap();
        self.reads.record(source, subject).await.unwrap().unwrap().record
    }

    /// What the clock says.
    pub fn reads_now(&self) -> kulta_events::Instant {
        self.customers.commands.now()
    }

    /// Nothing that is projected differs from the log.
    pub async fn assert_verified(&self) {
        self.reads.caught_up().await.unwrap();
        let verified = self.projector.verify(&|_| ()).await.unwrap();
        assert_eq!(verified.differences, []);
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(10), self.following).await.unwrap().unwrap();
        self.projector.close().await;
        self.log.close().await;
    }
}
