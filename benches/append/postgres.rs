//! PostgreSQL and its yardsticks.

use sqlx::{Connection, Executor, PgConnection, Row};
use uuid::Uuid;

use kulta_test_support::pg;

use crate::kulta_log::{self, CLIENT_COUNTS};
use crate::{BATCH, Rate, events, id, payload, rate, rounds, singles};

const TABLE: &str = "
DROP TABLE IF EXISTS yardstick;
CREATE TABLE yardstick (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text NOT NULL, revision bigint NOT NULL,
    event_id uuid NOT NULL UNIQUE, type text NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now(),
    payload jsonb NOT NULL, UNIQUE (stream, revision))";
const INSERT: &str =
    "INSERT INTO yardstick (stream, revision, event_id, type, payload) VALUES ($1, $2, $3, 'purchase.made', $4::jsonb)";
const UNNEST: &str = "
INSERT INTO yardstick (stream, revision, event_id, type, payload)
SELECT stream, revision, event_id, 'purchase.made', payload::jsonb
FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[]) AS new (stream, revision, event_id, payload)";
const PAGE: &str = "
SELECT position, stream, revision, event_id, type, payload FROM yardstick WHERE position > $1 ORDER BY position LIMIT $2";

pub async fn run() {
    let round = async |figures: &mut crate::Figures| {
        let database = pg::database().await;
        let mut yardstick = database.connect().await;
        yardstick.execute(TABLE).await.unwrap();
        let log = kulta_log::open(database.url()).await;

        checkpoint(&mut yardstick).await;
        let kulta = kulta_log::batches(&log).await;
        checkpoint(&mut yardstick).await;
        let unnest = batches(&mut yardstick).await;
        figures.add("batches of 1,000, one caller / unnest", kulta, unnest);
        figures.add("reading, pages of 5,000", kulta_log::read(&log).await, read(&mut yardstick).await);
        checkpoint(&mut yardstick).await;
        figures.add("batches of 1,000, four callers / unnest", kulta_log::concurrent_batches(&log, 4).await, unnest);
        for clients in CLIENT_COUNTS {
            checkpoint(&mut yardstick).await;
            let kulta = kulta_log::single(&log, clients).await;
            checkpoint(&mut yardstick).await;
            let inserts = single(database.url(), clients).await;
            figures.add(&format!("single events, {clients} callers / INSERT"), kulta, inserts);
        }
        log.close().await;
        yardstick.close().await.unwrap();
        database.close().await;
    };
    rounds(round, "PostgreSQL, events/s").await;
}

async fn checkpoint(connection: &mut PgConnection) {
    connection.execute("CHECKPOINT").await.unwrap();
}

async fn batches(connection: &mut PgConnection) -> Rate {
    let batch = |first: usize| {
        let numbers = first..first + BATCH;
        let streams: Vec<String> = numbers.clone().map(|number| format!("record-{}", id(number / 4, 1))).collect();
        let revisions: Vec<i64> = numbers.clone().map(|number| (number % 4) as i64).collect();
        let ids: Vec<Uuid> = numbers.clone().map(|number| id(number, 2)).collect();
        let payloads: Vec<String> = numbers.map(payload).collect();
        (streams, revisions, ids, payloads)
    };
    let prepared: Vec<_> = (0..events() / BATCH).map(|nth| batch(nth * BATCH)).collect();
    rate(events(), async {
        for (streams, revisions, ids, payloads) in prepared {
            let insert = sqlx::query(UNNEST).bind(streams).bind(revisions).bind(ids).bind(payloads);
            insert.execute(&mut *connection).await.unwrap();
        }
    })
    .await
}

async fn single(url: &str, clients: usize) -> Rate {
    let each = singles(clients) / clients;
    let mut connections = Vec::new();
    for _ in 0..clients {
        connections.push(PgConnection::connect(url).await.unwrap());
    }
    rate(each * clients, async {
        let tasks = connections.into_iter().enumerate().map(|(client, mut connection)| {
            let first = 20_000_000 + clients * 1_000_000 + client * each;
            tokio::spawn(async move {
                for number in first..first + each {
                    let insert = sqlx::query(INSERT)
                        .bind(format!("record-{}", id(number / 4, 1)))
                        .bind((number % 4) as i64)
                        .bind(id(number, 2))
                        .bind(payload(number));
                    insert.execute(&mut connection).await.unwrap();
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    })
    .await
}

async fn read(connection: &mut PgConnection) -> Rate {
    let mut after = 0_i64;
    rate(events(), async {
        loop {
            let rows = sqlx::query(PAGE).bind(after).bind(5_000_i64).fetch_all(&mut *connection).await.unwrap();
            let decoded: Vec<(i64, String, i64, Uuid, String, String)> = rows
                .iter()
                .map(|row| {
                    let payload = row.try_get_raw(5).unwrap().as_bytes().unwrap();
                    // After the version byte stands the text.
                    let payload = String::from_utf8(payload[1..].to_vec()).unwrap();
                    (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), payload)
                })
                .collect();
            let Some(last) = decoded.last() else { break };
            after = last.0;
            std::hint::black_box(decoded);
        }
    })
    .await
}
