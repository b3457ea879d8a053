//! How fast the log is written and read, beside what the databases do without it, in turns in the same run.
//!
//!     KULTA_TEST_PG_URL=postgres://… cargo bench --bench append [-- sqlite|postgres]
//!
//! `KULTA_BENCH_EVENTS` (100,000) events of about 470 bytes, a fifth of them with one personal part, every fourth about a
//! record that is new. The yardsticks are those of the performance targets: one table with three unique indexes
//! (position; stream and revision; event id), JSON as `jsonb` on PostgreSQL. Medians of three rounds.
#![expect(clippy::unwrap_used, reason = "whatever fails here has failed the bench")]

#[path = "append/kulta.rs"]
mod kulta_log;
#[path = "append/postgres.rs"]
mod postgres;
#[path = "append/sqlite.rs"]
mod sqlite;

use std::time::{Duration, Instant};

const ROUNDS: usize = 3;
/// Events of one batch.
pub const BATCH: usize = 1_000;
/// Callers at the same time.
pub const CLIENTS: usize = 32;

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if wanted("sqlite") {
            sqlite::run().await;
        }
        if wanted("postgres") {
            postgres::run().await;
        }
    });
}

/// Events in all batches of a round.
pub fn events() -> usize {
    std::env::var("KULTA_BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

/// Events of a round of single appends.
pub fn singles(clients: usize) -> usize {
    (events() / 50).max(BATCH) * clients.min(8)
}

/// What was measured under one name: events per second of kulta and of its yardstick, round by round.
#[derive(Default)]
pub struct Figures {
    rows: Vec<(String, Vec<f64>, Vec<f64>)>,
}

impl Figures {
    pub fn add(&mut self, name: &str, kulta: Rate, yardstick: Rate) {
        let row = match self.rows.iter_mut().find(|row| row.0 == name) {
            Some(row) => row,
            None => {
                self.rows.push((name.to_owned(), Vec::new(), Vec::new()));
                self.rows.last_mut().unwrap()
            }
        };
        row.1.push(kulta.0);
        row.2.push(yardstick.0);
    }

    pub fn print(&mut self, title: &str) {
        println!("\n{title:<44} {:>10} {:>10} {:>6}", "kulta/s", "yardstick", "ratio");
        for (name, kulta, yardstick) in &mut self.rows {
            let (kulta, yardstick) = (median(kulta), median(yardstick));
            println!("{name:<44} {kulta:>10.0} {yardstick:>10.0} {:>6.2}", kulta / yardstick);
        }
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Events per second.
#[derive(Clone, Copy)]
pub struct Rate(pub f64);

pub async fn rate(count: usize, work: impl Future<Output = ()>) -> Rate {
    let started = Instant::now();
    work.await;
    Rate(count as f64 / started.elapsed().max(Duration::from_micros(1)).as_secs_f64())
}

pub async fn rounds(mut round: impl AsyncFnMut(&mut Figures), title: &str) {
    let mut figures = Figures::default();
    for _ in 0..ROUNDS {
        round(&mut figures).await;
    }
    figures.print(title);
}

/// 16 bytes that look random and are the same in every run.
pub fn id(number: usize, salt: u64) -> uuid::Uuid {
    let mix = |mut x: u64| {
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    let seed = (number as u64).wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    uuid::Uuid::from_u64_pair(mix(seed), mix(seed ^ 0x5555_5555))
}

/// A JSON object of about 400 bytes.
pub fn payload(number: usize) -> String {
    let text = "0123456789abcdef".repeat(17);
    format!(
        r#"{{"amount":"{number}.90","currency":"EUR","margin":"410.00","product_group":"pumps","market":"FI","order":"{number}","attributes":{{"note":"{text}"}}}}"#
    )
}
