//! Load over HTTP, from threads with a connection each.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kulta_test_support::http::Client;

/// The media type of a batch.
pub const BATCH: &str = "application/cloudevents-batch+json";
/// The media type of an event.
pub const EVENT: &str = "application/cloudevents+json";

/// What came of publishing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Published {
    /// Events answered as accepted.
    pub accepted: usize,
    /// Events answered as duplicates: the generated feed repeats 1 in 100.
    pub duplicates: usize,
    /// From the first byte sent to the last answer read.
    pub time: Duration,
}

impl Published {
    /// Events per second.
    pub fn rate(&self) -> f64 {
        (self.accepted + self.duplicates) as f64 / self.time.as_secs_f64()
    }
}

/// Publishes bodies by so many clients, each taking the next one, until they are done or the time is over.
///
/// # Panics
/// When one is not answered with 200, or an event is neither accepted nor a duplicate.
pub fn publish(addr: SocketAddr, media_type: &str, bodies: &[Vec<u8>], clients: usize, within: Duration) -> Published {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let one = || {
        let mut client = Client::new(addr);
        let mut published = Published::default();
        while start.elapsed() < within
            && let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let answer = client.post("/v1/events").body(media_type, body.as_slice()).send().expect_status(200);
            let accepted = count(&answer.body, b"\"accepted\"");
            let duplicates = count(&answer.body, b"\"duplicate\"");
            assert!(accepted + duplicates == count(&answer.body, b"\"status\""), "{}", answer.text());
            published.accepted += accepted;
            published.duplicates += duplicates;
        }
        published
    };
    let mut all = Published::default();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..clients).map(|_| scope.spawn(one)).collect();
        for client in running {
            let published = client.join().expect("a client does not panic");
            all.accepted += published.accepted;
            all.duplicates += published.duplicates;
        }
    });
    all.time = start.elapsed();
    all
}

fn count(text: &[u8], word: &[u8]) -> usize {
    text.windows(word.len()).filter(|window| *window == word).count()
}

/// Asks again and again from so many clients for so long: answers per second. `target` names what each asks for next.
///
/// # Panics
/// When an answer is not 200.
pub fn get(addr: SocketAddr, clients: usize, time: Duration, target: impl Fn(usize) -> String + Sync) -> f64 {
    let (next, start) = (AtomicUsize::new(0), Instant::now());
    let one = || {
        let mut client = Client::new(addr);
        while start.elapsed() < time {
            let target = target(next.fetch_add(1, Ordering::Relaxed));
            client.get(&target).send().expect_status(200);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(one);
        }
    });
    next.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

/// Sends a request of each body to its target from so many clients, until they are done or the time is over: answers
/// per second.
///
/// # Panics
/// When an answer is not 200.
pub fn patch(addr: SocketAddr, requests: &[(String, String)], clients: usize, within: Duration) -> f64 {
    let (next, done, start) = (AtomicUsize::new(0), AtomicUsize::new(0), Instant::now());
    let one = || {
        let mut client = Client::new(addr);
        while start.elapsed() < within
            && let Some((target, body)) = requests.get(next.fetch_add(1, Ordering::Relaxed))
        {
            client.patch(target).body("application/json", body.as_str()).send().expect_status(200);
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(one);
        }
    });
    done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}
