//! Waiting for a condition with a time limit. Tests never sleep for a time that "should be enough".
use std::fmt::Debug;
use std::panic::Location;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

/// Time between two looks at the condition.
const INTERVAL: Duration = Duration::from_millis(10);

/// What one look at the condition gave: the value waited for, or the state that it found instead.
pub trait Observation {
    /// What is waited for.
    type Value;

    /// The value, or a description of the state for the message of a test that waited in vain.
    fn settle(self) -> Result<Self::Value, String>;
}

impl<T> Observation for Option<T> {
    type Value = T;

    fn settle(self) -> Result<T, String> {
        self.ok_or_else(|| "None".to_owned())
    }
}

impl<T, E: Debug> Observation for Result<T, E> {
    type Value = T;

    fn settle(self) -> Result<T, String> {
        self.map_err(|state| format!("{state:?}"))
    }
}

/// Looks again and again until `probe` gives `Some` or `Ok`. An `Err` tells the state that was seen instead.
///
/// # Panics
/// When that has not happened within `timeout`, naming the caller and the last state seen. A probe that is still
/// waiting for something at that time is dropped.
#[track_caller]
pub fn eventually<F, Fut, O>(timeout: Duration, mut probe: F) -> impl Future<Output = O::Value>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = O>,
    O: Observation,
{
    let caller = Location::caller();
    async move {
        let deadline = Instant::now() + timeout;
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = "nothing: the first look did not end".to_owned();
        loop {
            ticks.tick().await;
            match timeout_at(deadline, probe()).await.map(Observation::settle) {
                Ok(Ok(value)) => return value,
                Ok(Err(state)) if Instant::now() < deadline => last = state,
                Ok(Err(state)) => panic!("not within {timeout:?} at {caller}; last seen: {state}"),
                Err(_) => panic!("not within {timeout:?} at {caller}; last seen: {last}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn returns_the_value_once_it_is_there() {
        let mut looks = 0;
        let value = eventually(Duration::from_secs(5), || {
            looks += 1;
            let seen = looks;
            async move { (seen == 3).then_some(seen) }
        })
        .await;
        assert_eq!(value, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "last seen: \"two of three\"")]
    async fn tells_the_last_state_when_the_time_is_over() {
        eventually(Duration::from_millis(30), || async { Err::<(), _>("two of three") }).await;
    }

    #[tokio::test]
    #[should_panic(expected = "the first look did not end")]
    async fn does_not_wait_for_a_probe_that_hangs() {
        eventually(Duration::from_millis(30), std::future::pending::<Option<()>>).await;
    }
}
