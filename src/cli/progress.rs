//! Progress of long work, on standard error.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::projector::rebuild::Step;

/// How often progress is told.
const EVERY: Duration = Duration::from_secs(2);

/// When something was told last.
#[derive(Debug)]
pub struct Told(Mutex<Instant>);

impl Default for Told {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl Told {
    /// Tells a step, unless one was told a moment ago.
    pub fn tell(&self, step: Step) {
        self.now_and_then(|| match step {
            Step::Folding(at, of) => format!("folding: {at} of {of} events"),
            Step::Writing(done, of) => format!("writing: {done} of {of} customers"),
            Step::Sharing(done, of) => format!("writing: {done} of {of} shares"),
            Step::CatchingUp(at) => format!("following up: position {at}"),
        });
    }

    /// Tells something, unless something was told a moment ago.
    pub fn now_and_then(&self, what: impl FnOnce() -> String) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= EVERY {
            *last = Instant::now();
            eprintln!("{}", what());
        }
    }
}
