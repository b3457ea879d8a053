//! Several workers at one server, watched while somebody makes trouble.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::worker::{Known, Worker};
use super::{Ledger, Patient, Rng, Target};

/// How long it may take until something is acknowledged again after trouble.
const RECOVERY: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Crew {
    pub ledger: Arc<Ledger>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<u64>>,
    ended: Receiver<()>,
}

/// Tells when a worker's thread ends, however it ends.
struct Ended(Sender<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

impl Crew {
    /// So many workers for each target.
    pub fn start(targets: &[Arc<Target>], token: &str, each: usize, rng: &mut Rng) -> Self {
        let (ledger, known) = (Arc::new(Ledger::default()), Known::default());
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, ended) = channel();
        let start = |number: usize| {
            let client = Patient::new(&targets[number % targets.len()], token);
            let mut worker = Worker::new(&format!("w{number}"), rng.fork(), client, &ledger, &known);
            let (stop, ended) = (stop.clone(), Ended(sender.clone()));
            std::thread::spawn(move || {
                let _ended = ended;
                worker.run(&stop);
                worker.client.unanswered
            })
        };
        let threads = (0..each * targets.len()).map(start).collect();
        Self { ledger, stop, threads, ended }
    }

    /// Lets them work until something was acknowledged, and then for a while. False when one of them has failed.
    #[must_use]
    pub fn work(&self, at_least: u64, and_for: Duration) -> bool {
        let before = self.ledger.acknowledged();
        let now = self.ledger.await_acknowledged(before + at_least, RECOVERY);
        now >= before + at_least && self.ended.recv_timeout(and_for) == Err(RecvTimeoutError::Timeout)
    }

    /// Tells them to stop and waits until all that they sent is answered; how many tries were not.
    pub fn finish(self) -> (Arc<Ledger>, u64) {
        self.stop.store(true, Ordering::Relaxed);
        let unanswered = self.threads.into_iter().map(|thread| match thread.join() {
            Ok(unanswered) => unanswered,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        let unanswered = unanswered.sum();
        (self.ledger, unanswered)
    }
}
