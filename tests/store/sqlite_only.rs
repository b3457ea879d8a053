//! What only a file can get wrong.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kulta::store::{Error, Page, Select};

use crate::kit::{Kit, accepted, all, event, facts};

const HELD_FILE: &str = "KULTA_TEST_HELD_FILE";

#[tokio::test]
async fn a_second_opening_is_told_who_holds_the_file() {
    let kit = Kit::sqlite();
    let log = kit.open().await;
    let mut options = kit.options();
    "serve on 127.0.0.1:7373".clone_into(&mut options.holder);
    let refused = |result| match result {
        Err(Error::InUse { holder }) => holder,
        other => panic!("opened or failed otherwise: {other:?}"),
    };
    let holder = refused(kulta::store::open(&kit.url(), &options).await.map(drop));
    assert_eq!(holder, format!("process {} (kulta)", std::process::id()));
    log.close().await;
    let log = kulta::store::open(&kit.url(), &options).await.unwrap();
    let holder = refused(kulta::store::open(&kit.url(), &options).await.map(drop));
    assert!(holder.ends_with("(serve on 127.0.0.1:7373)"), "{holder}");
    drop(log);
}

/// Not a test of its own: what the next one runs as another process.
#[tokio::test]
async fn hold_the_file() {
    let Some(url) = std::env::var_os(HELD_FILE) else { return };
    let kit = Kit::sqlite();
    let log = kulta::store::open(url.to_str().unwrap(), &kit.options()).await.unwrap();
    accepted(log.append(facts(vec![event(1, "a")])).await);
    println!("held");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_holder_leaves_its_events_and_no_lock() {
    let kit = Kit::sqlite();
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sqlite_only::hold_the_file", "--nocapture"])
        .env(HELD_FILE, kit.url())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("held")), "the other process holds the file");
    match kulta::store::open(&kit.url(), &kit.options()).await {
        Err(Error::InUse { holder: told }) => assert!(told.contains(&format!("process {}", holder.id())), "{told}"),
        other => panic!("opened or failed otherwise: {other:?}"),
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
    let log = kit.open().await;
    assert_eq!(all(&*log, 10).await.len(), 1);
    assert_eq!(accepted(log.append(facts(vec![event(2, "a")])).await), [2]);
}

/// One reader always follows another, so there is always one that reads from the WAL.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_wal_stays_short_under_constant_readers() {
    let kit = Kit::sqlite();
    let log = kit.open().await;
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (log, stop) = (log.clone(), stop.clone());
            tokio::spawn(async move {
                let mut pages = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    pages += log.read(&Page::forwards(Select::All, 0, 3)).await.unwrap().len() as u64;
                }
                pages
            })
        })
        .collect();
    let wal = kit.path().with_extension("db-wal");
    let mut longest = 0;
    for number in 1..=300 {
        let mut large = event(number, "a");
        large.facts = format!(r#"{{"text":"{}"}}"#, "x".repeat(1 << 20));
        accepted(log.append(facts(vec![large])).await);
        longest = longest.max(std::fs::metadata(&wal).unwrap().len());
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.await.unwrap() > 0);
    }
    assert!(longest < 100 << 20, "the WAL grew to {longest} bytes");
}
