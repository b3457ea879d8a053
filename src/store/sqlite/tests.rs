//! What can only be seen from inside: settings of the writer's connection, a full disk, the plans of the texts.

use std::sync::Arc;

use kulta_events::Instant;
use sqlx::{AssertSqlSafe, Executor, Row};
use uuid::Uuid;

use super::append::Group;
use super::*;
use crate::store::given;
use crate::store::recent::Recent;
use crate::store::writer::{Attempt, Commit};
use crate::store::{Mode, NewEvent, Select};

fn options() -> Options {
    Options::new(Arc::new(|| Instant::from_micros(1)))
}

fn event(number: u128) -> NewEvent {
    let record = Some(RecordId(Uuid::from_u128(number)));
    NewEvent { record, facts: "x".repeat(3_000), ..given::event(number, number, "a") }
}

fn append(numbers: std::ops::Range<u128>) -> Append {
    Append { events: numbers.map(event).collect(), ..Append::new(Mode::EachAlone) }
}

#[tokio::test]
async fn commits_are_durable_and_readers_only_read() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("kulta.db"), &options()).await.unwrap();
    {
        let mut writer = store.shared.write().await.unwrap();
        for (pragma, expected) in
            [("journal_mode", "wal"), ("synchronous", "2"), ("busy_timeout", "10000"), ("wal_autocheckpoint", "4096")]
        {
            let row = writer.fetch_one(AssertSqlSafe(format!("PRAGMA {pragma}"))).await.unwrap();
            let found = row.try_get::<String, _>(0).or_else(|_| row.try_get::<i64, _>(0).map(|n| n.to_string()));
            assert_eq!(found.unwrap(), expected, "{pragma}");
        }
    }
    assert!(store.readers.execute("DELETE FROM log_state").await.is_err());
}

#[tokio::test]
async fn a_full_disk_stores_nothing_and_may_pass() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("kulta.db"), &options()).await.unwrap();
    let mut group = Group { shared: store.shared.clone(), recent: Recent::default() };
    group.commit(&[append(0..10)], &mut Attempt::default()).await.unwrap();
    let limit = async |pages: u32| {
        let text = AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        store.shared.write().await.unwrap().execute(text).await.unwrap();
    };
    limit(1).await;
    let mut attempt = Attempt::default();
    let full = group.commit(&[append(10..2_000)], &mut attempt).await.unwrap_err();
    assert!(full.is_full() && full.is_transient(), "{full:?}");
    assert_eq!(store.read(&Page::forwards(Select::All, 0, 10_000)).await.unwrap().len(), 10);
    assert_eq!(*store.head().borrow(), 10);

    limit(1_000_000).await;
    let answers = group.commit(&[append(10..2_000)], &mut attempt).await.unwrap();
    assert_eq!(answers[0].as_ref().unwrap().head, 2_000);
    assert_eq!(store.read(&Page::forwards(Select::All, 0, 10_000)).await.unwrap().len(), 2_000);
}

/// Each text can be prepared, and reaches its rows through the index that is meant for it.
#[tokio::test]
async fn reads_go_by_their_indexes() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("kulta.db"), &options()).await.unwrap();
    let by_position = "log USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)";
    let mut expected = vec![
        (sql::POSITION_AT, "log USING INTEGER PRIMARY KEY (rowid=?)"),
        (sql::OPEN_DEAD_LETTERS, "dead_letter USING INDEX dead_letter_open (id>?)"),
        (sql::DEAD_LETTERS, "dead_letter USING INTEGER PRIMARY KEY (rowid>?)"),
        (sql::DEAD_LETTER, "dead_letter USING INTEGER PRIMARY KEY (rowid=?)"),
        (sql::ACTOR, "actor USING COVERING INDEX sqlite_autoindex_actor_1 (name=?)"),
        (sql::ACTOR_NAME, "actor USING INTEGER PRIMARY KEY (rowid=?)"),
        (sql::CURSOR, "cursor USING PRIMARY KEY (name=?)"),
        (sql::SENT_PAGE, "sent_customer USING PRIMARY KEY (topic=? AND customer_id>?)"),
        (sent::SENT, "sent_customer USING PRIMARY KEY (topic=? AND customer_id=?)"),
        (sql::COMMAND_RESULT, "command_result USING PRIMARY KEY (key=?)"),
        (read::RECORDS, "record USING PRIMARY KEY (record_id=?)"),
        (read::KEYS, "record USING PRIMARY KEY (record_id=?)"),
        (read::KEYS, "record_key USING PRIMARY KEY (record_id=?)"),
        (unpack::with_parts::TIMELINE, "log USING INDEX log_record (record_id=?)"),
    ];
    for direction in [0, 1] {
        expected.extend([
            (unpack::with_parts::ALL[direction], by_position),
            (unpack::without_parts::ALL[direction], by_position),
            (unpack::with_parts::RECORD_CATEGORY[direction], by_position),
            (unpack::without_parts::RECORD_CATEGORY[direction], by_position),
            (unpack::with_parts::SHARES[direction], by_position),
            (unpack::without_parts::SHARES[direction], by_position),
            (unpack::with_parts::RECORDS[direction], "log USING INDEX log_record (record_id=?)"),
            (unpack::without_parts::RECORDS[direction], "log USING INDEX log_record (record_id=?)"),
            (
                unpack::with_parts::CATEGORY[direction],
                "log USING INDEX log_category (<expr>=? AND position>? AND position<?)",
            ),
            (
                unpack::without_parts::CATEGORY[direction],
                "log USING INDEX log_category (<expr>=? AND position>? AND position<?)",
            ),
            (unpack::with_parts::TYPE[direction], "log USING INDEX log_type (type=? AND position>? AND position<?)"),
            (unpack::without_parts::TYPE[direction], "log USING INDEX log_type (type=? AND position>? AND position<?)"),
        ]);
    }
    for [forwards, backwards] in [unpack::with_parts::STREAM, unpack::without_parts::STREAM] {
        expected.push((forwards, "log USING INDEX log_stream (stream=? AND revision>?)"));
        expected.push((backwards, "log USING INDEX log_stream (stream=? AND revision<?)"));
    }
    for [forwards, backwards] in [unpack::with_parts::RECORD_STREAM, unpack::without_parts::RECORD_STREAM] {
        expected.push((forwards, "log USING INDEX log_record (record_id=? AND <expr>>?)"));
        expected.push((backwards, "log USING INDEX log_record (record_id=? AND <expr><?)"));
    }
    for (text, index) in expected {
        let plan = plan_of(&store, text).await;
        assert!(plan.contains(&format!("SEARCH {index}")), "{text}\n{plan}");
        assert!(!plan.contains("SCAN log\n"), "{text}\n{plan}");
    }
    let plan = plan_of(&store, sql::COUNT_OPEN_DEAD_LETTERS).await;
    assert!(plan.contains("dead_letter USING COVERING INDEX dead_letter_open"), "{plan}");
    for text in known::KNOWN.split(';').chain([known::REVISIONS]) {
        let plan = plan_of(&store, text).await;
        if text.contains("revision") {
            for index in ["log_record (record_id=? AND <expr>>?)", "COVERING INDEX log_stream (stream=?)"] {
                assert!(plan.contains(index), "{text}\n{plan}");
            }
        }
        assert!(
            !plan.contains("SCAN log\n") && !plan.contains("SCAN record") && !plan.contains("SCAN cursor"),
            "{text}\n{plan}"
        );
    }
}

async fn plan_of(store: &Store, text: &str) -> String {
    let text = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
    let rows = store.readers.fetch_all(text).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(3) + "\n").collect()
}
