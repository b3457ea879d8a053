//! A node of a test's own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kulta_events::Instant;
use kulta_test_support::http::{Client, Connection, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::clock::ManualClock;
use crate::config::Settings;
use crate::services::Services;

/// What the node's clock says.
pub const NOW: &str = "2026-03-02T12:00:00Z";
/// The position of the first event that a test publishes: before it stand the two built-in policies.
pub const FIRST: u64 = 3;
/// Longer than anything that a test waits for should take.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Node {
    pub address: SocketAddr,
    pub services: Arc<Services>,
    pub clock: Arc<ManualClock>,
    pub folder: TempDir,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Node {
    /// A node at its defaults.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A node with other settings.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings {
            database_url: format!("sqlite://{}", folder.path().join("kulta.db").display()),
            listen: "127.0.0.1:0".parse().unwrap(),
            ..Settings::default()
        };
        change(&mut settings);
        let clock = Arc::new(ManualClock::at(Instant::parse(NOW).unwrap()));
        let app = App::build(settings, clock.clone()).await.unwrap();
        let (address, services) = (app.local_addr(), app.services().clone());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async { app.run(async { drop(stopped.await) }).await.unwrap() });
        Self { address, services, clock, folder, stop, task }
    }

    pub fn client(&self) -> Client {
        Client::new(self.address).timeout(PATIENCE)
    }

    pub fn connection(&self) -> Connection {
        Connection::open(self.address, PATIENCE).unwrap()
    }

    /// Tells the node to stop.
    pub fn stop(self) -> Stopping {
        self.stop.send(()).unwrap();
        Stopping { task: self.task, folder: self.folder }
    }

    /// The value of one of the node's numbers.
    #[track_caller]
    pub fn number(&self, name: &str) -> u64 {
        let numbers = self.client().get("/metrics").send().expect_status(200).text();
        let line = numbers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} is not in\n{numbers}")).parse().unwrap()
    }

    /// Waits until so many requests are in work.
    pub async fn in_work(&self, requests: u64) {
        // The one that asks is one more.
        let seen = || async {
            let seen = self.number("kulta_http_requests_in_work") - 1;
            (seen == requests).then_some(()).ok_or(seen)
        };
        kulta_test_support::eventually(PATIENCE, seen).await;
    }

    /// Publishes events as a batch; gives the results.
    #[track_caller]
    pub fn publish(&self, events: &[Value]) -> Vec<Value> {
        let body = Value::from(events).to_string();
        let response = self.client().post("/v1/events").body(BATCH, body).send().expect_status(200);
        response.json()["results"].as_array().unwrap().clone()
    }

    #[track_caller]
    pub fn get(&self, target: &str) -> Value {
        self.client().get(target).send().expect_status(200).json()
    }
}

/// A node that was told to stop.
pub struct Stopping {
    pub task: JoinHandle<()>,
    pub folder: TempDir,
}

impl Stopping {
    /// Waits until it has stopped.
    pub async fn done(self) -> TempDir {
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap();
        self.folder
    }
}

pub const BATCH: &str = "application/cloudevents-batch+json";
pub const SINGLE: &str = "application/cloudevents+json";
pub const LINES: &str = "application/x-ndjson";

/// A purchase of subject 100234 at erp.
pub fn purchase(id: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "erp", "type": "purchase.made", "subject": "100234",
        "time": "2026-03-02T10:15:00+02:00", "unit": "helsinki",
        "data": {"amount": "1249.90", "currency": "EUR", "product_group": "pumps"},
    })
}

/// The code of a problem, after a look at its form.
#[track_caller]
pub fn code(response: &Response) -> String {
    let problem = response.json();
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{problem}");
    assert_eq!(problem["status"], response.status, "{problem}");
    assert_eq!(problem["request_id"].as_str(), response.header("x-request-id"), "{problem}");
    let code = problem["code"].as_str().unwrap().to_owned();
    assert_eq!(problem["type"], format!("/problems/{code}"));
    assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
    code
}
