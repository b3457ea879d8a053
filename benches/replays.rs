//! Replays through the service, `POST /v1/replays`: over the archive that the node keeps, with what came since, against over
//! the log.
//!
//! `cargo bench --bench replays`. `KULTA_BENCH_SIZE` sets the events, default 1,000,000; `KULTA_BENCH_LATER` those that the
//! archive does not tell of, default a hundredth; `KULTA_BENCH_STORE` one of the stores.

use std::time::{Duration, Instant};

use kulta_bench_kit::load::EVENT;
use kulta_bench_kit::node::Store;
use kulta_bench_kit::postgres::Postgres;
use kulta_bench_kit::report::{Table, Turns, machine, rounds};
use kulta_bench_kit::{input, size};
use kulta_test_support::eventually;
use kulta_test_support::http::Client;
use kulta_test_support::process::{Program, Server};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(3_600);
const RULES: [(&str, &str); 2] =
    [("unordered", include_str!("replay/unordered.toml")), ("ordered", include_str!("replay/ordered.toml"))];

#[tokio::main]
async fn main() {
    println!("{}", machine());
    let events = size("KULTA_BENCH_SIZE", 1_000_000);
    let later = size("KULTA_BENCH_LATER", events / 100);
    let server = Postgres::start().await;
    let mut table = Table::default();
    for store in Store::wanted() {
        let database = server.database().await;
        let mut kulta = Program::new(env!("CARGO_BIN_EXE_kulta")).timeout(LONG);
        if matches!(store, Store::Postgres) {
            kulta = kulta.env("KULTA_DATABASE_URL", &database.url).env("KULTA_MASTER_KEY", "0f".repeat(32));
        }
        of_store(&kulta, store, (events, later), &mut table).await;
        database.drop().await;
    }
}

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
async fn of_store(kulta: &Program, store: Store, (events, later): (u64, u64), table: &mut Table) {
    let made = input::generated(events, 1);
    let (first, last) = made.split_at(events.saturating_sub(later) as usize);
    for (name, lines) in [("first.ndjson", first), ("last.ndjson", last)] {
        std::fs::write(kulta.directory().join(name), lines.join("\n")).expect("the disk has room");
    }
    kulta.clone().args(["import", "first.ndjson"]).run().expect_code(0);
    kulta.clone().args(["archive", "own"]).run().expect_code(0);
    if later > 0 {
        kulta.clone().args(["import", "last.ndjson"]).run().expect_code(0);
    }
    // Whole days, so that nothing is brought up to date while it is measured.
    let keeping = kulta.clone().env("KULTA_ARCHIVE_DIRECTORY", "own").env("KULTA_ARCHIVE_EVERY", "240h");
    let mut turns = [Turns::default(), Turns::default()];
    for round in 0..rounds() {
        let mut rates = [[0.0; 2]; 2];
        for (side, (program, over)) in [(&keeping, "archive"), (kulta, "log")].into_iter().enumerate() {
            let server = program.clone().args(["serve", "--listen", "127.0.0.1:0"]).serve();
            caught_up(&server).await;
            for (place, (_, rules)) in RULES.into_iter().enumerate() {
                let mut client = server.client().timeout(LONG);
                // Something new, so that columns which are kept do not count.
                let id = format!("{round}-{side}-{place}");
                let new = json!({"specversion": "1.0", "id": id, "source": "bench", "type": "web.visited", "subject": "1",
                    "time": "2025-06-01T00:00:00Z", "data": {"page": "/"}});
                client.post("/v1/events").body(EVENT, new.to_string()).send().expect_status(200);
                caught_up(&server).await;
                let start = Instant::now();
                let replay = replayed(&mut client, rules).await;
                rates[place][side] = events as f64 / start.elapsed().as_secs_f64();
                assert_eq!(replay["over"], over, "{replay}");
            }
            server.terminate(Duration::from_secs(120));
        }
        for (turns, rates) in turns.iter_mut().zip(rates) {
            turns.add(rates[0], rates[1]);
        }
    }
    for ((rules, _), turns) in RULES.iter().zip(&turns) {
        let what =
            format!("replay through the service, {}, {events} events, {rules} rules: over the log", store.name());
        table.ratio(&what, turns, 1.0, 10.0, &format!("events/s, {later} of them behind the archive"));
    }
}

async fn caught_up(server: &Server) {
    let mut client = server.client();
    let look = || {
        let items = client.get("/v1/projections").send().expect_status(200).json();
        let lag = items["items"][0]["lag"].as_u64();
        std::future::ready(if lag == Some(0) { Ok(()) } else { Err(lag) })
    };
    eventually(LONG, look).await;
}

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
async fn replayed(client: &mut Client, rules: &str) -> Value {
    let asked = json!({"rules": rules, "as_of": "2026-01-01T00:00:00Z"});
    let begun = client.post("/v1/replays").json(&asked).send().expect_status(202).json();
    let target = format!("/v1/replays/{}", begun["id"].as_str().expect("a replay has an id"));
    let look = || {
        let replay = client.get(&target).send().expect_status(200).json();
        std::future::ready(match replay["state"].as_str() {
            Some("done") => Ok(replay),
            Some("failed" | "cancelled") => panic!("{replay}"),
            _ => Err(replay),
        })
    };
    eventually(LONG, look).await
}
