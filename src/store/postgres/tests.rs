//! What can only be seen from inside: settings of the writer's connection, the plans of the texts.

use std::sync::Arc;

use kulta_test_support::pg::{self, TestDatabase};
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};

use super::*;

async fn opened(database: &TestDatabase) -> Store {
    let options = Options::new(Arc::new(|| Instant::from_micros(1)));
    Store::open(database.url(), &options).await.unwrap()
}

#[tokio::test]
async fn the_writer_is_durable_and_lets_go() {
    let database = pg::database().await;
    let store = opened(&database).await;
    let mut writer = connect::writer(&store.shared.connect).await.unwrap();
    for (setting, expected) in [
        ("synchronous_commit", "on"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("application_name", "kulta"),
        ("plan_cache_mode", "force_generic_plan"),
    ] {
        let found: String =
            sqlx::query_scalar(AssertSqlSafe(format!("SHOW {setting}"))).fetch_one(&mut writer).await.unwrap();
        assert_eq!(found, expected, "{setting}");
    }
    let source: String = sqlx::query_scalar("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'")
        .fetch_one(&mut writer)
        .await
        .unwrap();
    assert_eq!(source, "session", "a change of the server's setting reaches the writer");
    store.close().await;
}

/// Each text can be prepared, and reaches its rows through the index that is meant for it: in a new database, where the
/// planner knows nothing, and in a filled one.
#[tokio::test]
async fn reads_go_by_their_indexes() {
    let database = pg::database().await;
    let store = opened(&database).await;
    let mut connection = connect::writer(&store.shared.connect).await.unwrap();
    check_plans(&mut connection).await;
    connection
        .execute(
            "INSERT INTO log SELECT n, n, n, n, 1, gen_random_uuid(), gen_random_uuid(),
                 ('00000000-0000-4000-8000-' || lpad((n / 7)::text, 12, '0'))::uuid, 1, 0, 0,
                 CASE WHEN n % 5 = 0 THEN 'offer-' || n % 3000 ELSE 'record-' || n / 7 END,
                 CASE WHEN n % 100 = 0 THEN 'invoice.paid' ELSE 'purchase.made' END, 'erp', NULL, '', '{}'
             FROM generate_series(1, 20000) AS n",
        )
        .await
        .unwrap();
    connection.execute("ANALYZE").await.unwrap();
    check_plans(&mut connection).await;
    store.close().await;
}

async fn check_plans(connection: &mut PgConnection) {
    let mut expected = vec![
        (sql::POSITION_AT, "log_pkey"),
        (sql::OPEN_DEAD_LETTERS, "dead_letter_open"),
        (sql::COUNT_OPEN_DEAD_LETTERS, "dead_letter_open"),
        (sql::DEAD_LETTERS, "dead_letter_pkey"),
        (sql::DEAD_LETTER, "dead_letter_pkey"),
        (sql::SETTLE_DEAD_LETTER, "dead_letter"),
        (sql::ACTOR, "actor_name_key"),
        (sql::ACTOR_NAME, "actor_pkey"),
        (sql::CURSOR, "cursor_pkey"),
        (sql::SENT_PAGE, "sent_customer_pkey"),
        (sent::SENT, "sent_customer_pkey"),
        (sql::COMMAND_RESULT, "command_result_pkey"),
        (read::PARTS, "sealed_pkey"),
        (read::PARTS_BETWEEN, "sealed_pkey"),
        (read::RECORDS, "record_pkey"),
        (read::KEYS, "record_pkey"),
        (read::KEYS, "record_key_pkey"),
        (read::text::TIMELINE, "log_record"),
        (known::KNOWN, "log_event_key"),
        (known::KNOWN, "log_stream"),
        (known::KNOWN, "log_record"),
        (known::REVISIONS, "log_stream"),
        (known::REVISIONS, "log_record"),
        (known::KNOWN, "record_pkey"),
        (known::KNOWN, "record_key_pkey"),
        (known::KNOWN, "command_result_pkey"),
        (known::KNOWN, "cursor_pkey"),
    ];
    for direction in [0, 1] {
        expected.extend([
            (read::text::ALL[direction], "log_pkey"),
            (read::text::RECORD_CATEGORY[direction], "log_pkey"),
            (read::text::STREAM[direction], "log_stream"),
            (read::text::RECORD_STREAM[direction], "log_record"),
            (read::text::CATEGORY[direction], "log_category"),
            (read::text::TYPE[direction], "log_type"),
            (read::text::RECORDS[direction], "log_record"),
            (read::text::SHARES[direction], "log_pkey"),
        ]);
    }
    for (text, index) in expected {
        let plan = plan_of(connection, text).await;
        assert!(plan.contains(&format!(" {index} ")) || plan.contains(&format!(" {index}\n")), "{text}\n{plan}");
        assert!(!plan.contains("Seq Scan on log\n") && !plan.contains("Seq Scan on log "), "{text}\n{plan}");
    }
}

async fn plan_of(connection: &mut PgConnection, text: &str) -> String {
    connection.execute(AssertSqlSafe(format!("PREPARE checked AS {text}"))).await.unwrap();
    let parameters = (1..=9).take_while(|number| text.contains(&format!("${number}"))).count();
    let nulls = if parameters == 0 { String::new() } else { format!("({})", vec!["NULL"; parameters].join(", ")) };
    let rows =
        sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN EXECUTE checked{nulls}"))).fetch_all(&mut *connection).await;
    let plan = rows.unwrap().iter().map(|row| row.get::<String, _>(0) + "\n").collect();
    connection.execute("DEALLOCATE checked").await.unwrap();
    plan
}
