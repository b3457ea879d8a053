//! Replays of a node of a test's own.

use std::sync::Arc;
use std::time::Duration;

use kulta_events::Instant;
use kulta_test_support::eventually;

use super::*;
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::services::Services;

const PATIENCE: Duration = Duration::from_secs(60);
const RULES: &str = "name = \"v\"\n[[rule]]\nid = \"b\"\non = \"purchase.made\"\npoints = 'floor(amount)'\n";

fn asked() -> Asked {
    let as_of = Instant::parse("2026-03-02T12:00:00Z").unwrap();
    Asked { rules: Given::Text(RULES.to_owned()), against: None, as_of, known_at: None }
}

fn key(actor: i64, request: &str) -> Option<Key> {
    Some(Key { actor, key: "k".to_owned(), request: request.to_owned() })
}

async fn services(folder: &tempfile::TempDir) -> Arc<Services> {
    let database_url = format!("sqlite://{}", folder.path().join("kulta.db").display());
    let settings = Settings { database_url, ..Settings::default() };
    Services::open(settings, Arc::new(SystemClock), "test").await.unwrap()
}

async fn ended(job: &Job) -> State {
    eventually(PATIENCE, || async { if job.has_ended() { Ok(job.state()) } else { Err(format!("{:?}", job.state())) } })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_that_panics_has_failed_and_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let services = services(&folder).await;
    let replays = &services.replays;
    // More than are kept: each leaves its place to the next.
    for _ in 0..=KEPT {
        let work = |_, job: Arc<Job>| async move {
            job.set(State::Running(None));
            tokio::task::block_in_place(|| panic!("as something that nobody foresaw"))
        };
        let job = replays.start(asked(), None, work).unwrap();
        let State::Failed(error) = ended(&job).await else { panic!("{job:?}") };
        assert_eq!(error.code(), "internal");
        assert!(!error.to_string().contains("foresaw"), "what panicked may name anything");
    }
    let job = replays.start(asked(), None, |_, _| async { Err(Error::Cancelled) }).unwrap();
    let State::Failed(error) = ended(&job).await else { panic!("{job:?}") };
    assert_eq!(error.code(), "cancelled");
    assert_eq!(replays.all().len(), KEPT);
    services.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_names_one_replay_of_one_actor_while_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let services = services(&folder).await;
    let begin = |key| services.replays.start(asked(), key, |_, _| async { Err(Error::Cancelled) });
    let first = begin(key(1, "a")).unwrap();
    assert_eq!(begin(key(1, "a")).unwrap().id, first.id);
    assert!(matches!(begin(key(1, "b")), Err(NotBegun::KeyReused)));
    let other = begin(key(2, "b")).unwrap();
    assert!(other.id != first.id && begin(None).unwrap().id != first.id);
    for _ in 0..KEPT {
        ended(&begin(None).unwrap()).await;
    }
    assert!(begin(key(1, "b")).is_ok(), "with the replay, its key is forgotten");
    services.close().await;
}
