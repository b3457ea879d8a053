//! How fast events come in, for whoever leaves the machine to intake while that is at full speed.

use tokio::time::Instant;

/// So many events a second mean that intake is at full speed: more than the 2,000 at which what was acknowledged is to be
/// seen at once, less than the commands that two slow cores can take.
pub(crate) const FULL_SPEED: f64 = 3_000.0;

/// How fast events come in.
#[derive(Debug)]
pub(crate) struct Pace {
    at: Instant,
    head: u64,
}

impl Pace {
    /// From a head of the log at some time on.
    pub fn new(at: Instant, head: u64) -> Self {
        Self { at, head }
    }

    /// Events a second since it was asked last.
    pub fn rate(&mut self, now: Instant, head: u64) -> f64 {
        let before = std::mem::replace(self, Self { at: now, head });
        let seconds = now.duration_since(before.at).as_secs_f64().max(0.001);
        head.saturating_sub(before.head) as f64 / seconds
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_pace_is_events_over_time() {
        let start = Instant::now();
        let mut pace = Pace::new(start, 1_000);
        assert_eq!(pace.rate(start + Duration::from_millis(500), 3_000), 4_000.0);
        assert_eq!(pace.rate(start + Duration::from_millis(1_500), 3_000), 0.0);
    }
}
