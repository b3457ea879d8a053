//! Opening, closing, and databases of other versions.

use std::time::Duration;

use kulta::store::{AppendError, Error};

use crate::kit::{Kit, accepted, all, event, facts, letter, moved};

pub async fn a_restart_keeps_everything(kit: Kit) {
    let log = kit.open().await;
    let append = kulta::store::Append {
        cursors: vec![moved("c", None, 1)],
        dead_letters: vec![letter(1)],
        ..facts(vec![event(1, "a"), event(2, "b")])
    };
    accepted(log.append(append).await);
    let before = all(&*log, 10).await;
    log.close().await;
    let log = kit.open().await;
    assert_eq!(*log.head().borrow(), 2);
    assert_eq!(all(&*log, 10).await, before);
    assert_eq!(log.cursor("c").await.unwrap().as_deref(), Some("1"));
    assert_eq!(log.dead_letters(0, 10, true).await.unwrap().len(), 1);
    let appended = log.append(facts(vec![event(1, "a"), event(3, "a")])).await.unwrap();
    assert_eq!(appended.events, [kulta::store::EventOutcome::Duplicate(1), kulta::store::EventOutcome::Accepted(3)]);
    assert_eq!(log.revision("a").await.unwrap(), Some(1));
}

pub async fn a_newer_schema_is_left_alone(kit: Kit) {
    kit.open().await.close().await;
    let known = kit.number("SELECT max(version) FROM _sqlx_migrations").await;
    kit.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9999, 'from the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
    )
    .await;
    let size = || std::fs::metadata(kit.path()).unwrap().modified().unwrap();
    let before = kit.is_sqlite().then(size);
    match kulta::store::open(&kit.url(), &kit.options()).await {
        Err(Error::NewerSchema { found: 9999, known: told }) => assert_eq!(told, known),
        other => panic!("opened or failed otherwise: {other:?}"),
    }
    assert_eq!(kit.is_sqlite().then(size), before);
    // It is not held either: what knows that version can open it.
    kit.execute("DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    kit.open().await;
}

pub async fn a_closed_log_refuses(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(facts(vec![event(1, "a")])).await);
    log.close().await;
    assert!(matches!(log.append(facts(vec![event(2, "a")])).await, Err(AppendError::Store(Error::Closed))));
    assert!(log.ping().await.is_err());
    log.close().await;
}

pub async fn closing_answers_what_waits(kit: Kit) {
    let log = kit.open().await;
    let waiting: Vec<_> = (1..=100)
        .map(|number| {
            let log = log.clone();
            tokio::spawn(async move { log.append(facts(vec![event(number, "a")])).await })
        })
        .collect();
    log.append(facts(vec![event(101, "a")])).await.unwrap();
    log.close().await;
    let mut stored = 1;
    for waiting in waiting {
        match tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("everybody is answered").unwrap() {
            Ok(_) => stored += 1,
            Err(AppendError::Store(Error::Closed)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(all(&*kit.open().await, 1_000).await.len(), stored);
}
