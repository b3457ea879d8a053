//! What only one of the stores has: the link to the live file; views that somebody is reading.

use std::path::PathBuf;

use sqlx::Connection;

use super::given::{EPOCH, Store};
use super::rows::people;

fn link(store: &Store) -> PathBuf {
    std::fs::read_link(store.folder().join("kulta.db-live")).unwrap()
}

#[tokio::test]
async fn the_link_follows_the_live_file_on_sqlite() {
    let store = Store::sqlite().await;
    store.generations.live().await.unwrap();
    // Relative, so that the folder may be moved.
    assert_eq!(link(&store), PathBuf::from("kulta.db-g1"));
    let new = store.generations.build(EPOCH).await.unwrap();
    new.filled(0).await.unwrap();
    assert_eq!(link(&store), PathBuf::from("kulta.db-g1"));
    store.generations.swap(&new, EPOCH).await.unwrap();
    assert_eq!(link(&store), PathBuf::from("kulta.db-g2"));
}

#[tokio::test]
async fn a_link_that_a_crash_left_behind_is_put_right_on_sqlite() {
    let store = Store::sqlite().await;
    store.generations.live().await.unwrap();
    let (live, new) = (store.folder().join("kulta.db-live"), store.folder().join("kulta.db-live.new"));
    for broken in ["kulta.db-g99", ""] {
        std::fs::remove_file(&live).unwrap();
        if !broken.is_empty() {
            std::os::unix::fs::symlink(broken, &live).unwrap();
            std::os::unix::fs::symlink(broken, &new).unwrap();
        }
        store.again().await.live().await.unwrap();
        assert_eq!(link(&store), PathBuf::from("kulta.db-g1"));
        assert!(std::fs::symlink_metadata(&new).is_err());
    }
}

#[tokio::test]
async fn projections_of_a_log_that_went_back_are_made_anew_on_sqlite() {
    let store = Store::sqlite().await;
    let live = store.generations.live().await.unwrap();
    live.write(&people(3), 50, EPOCH, None).await.unwrap();
    store.generations.close().await;
    for (head, number, checkpoint) in [(50, 1, 50), (49, 2, 0)] {
        store.set_head(head).await;
        let generations = store.again().await;
        let live = generations.live().await.unwrap();
        assert_eq!((live.number(), live.checkpoint().await.unwrap()), (number, checkpoint));
        generations.close().await;
    }
}

#[tokio::test]
async fn whoever_reads_a_view_for_long_delays_a_swap_and_no_other_reader_on_postgresql() {
    let store = Store::postgres().await;
    let live = store.generations.live().await.unwrap();
    let new = store.generations.build(EPOCH).await.unwrap();
    new.filled(0).await.unwrap();
    let mut reader = store.server().await;
    let mut reading = reader.begin().await.unwrap();
    sqlx::query("SELECT * FROM kulta.customers").fetch_all(&mut *reading).await.unwrap();

    let error = store.generations.swap(&new, EPOCH).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert_eq!(store.generations.live().await.unwrap().number(), live.number());
    assert_eq!(store.view("customers", "1").await.1.len(), 0);

    reading.rollback().await.unwrap();
    store.generations.swap(&new, EPOCH).await.unwrap();
    assert_eq!(store.generations.live().await.unwrap().number(), new.number());
}
