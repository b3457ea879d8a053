//! When a message that did not get there is tried again: over days, each time later, at a random place of the pause.

use std::time::Duration;

use kulta_events::Instant;
use uuid::Uuid;

use crate::generate::rng::mix;

const SECOND: u64 = 1;
const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

/// The longest pauses before the second try, the third, and so on, in seconds: the schedule of Standard Webhooks.
const PAUSES: [u64; 9] =
    [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/// A receiver may ask for a pause of its own, up to so many seconds.
const LONGEST_ASKED: u64 = 24 * HOUR;

/// When a message is tried again that was tried so often (from 1); `None`: no more. Where in the pause is drawn from message
/// and number, so that messages that failed together are not tried together, and a second node says the same.
pub fn next_try(message: Uuid, tried: u64, now: Instant, asked: Option<Duration>) -> Option<Instant> {
    let place = usize::try_from(tried).ok()?.checked_sub(1)?;
    let longest = PAUSES.get(place)? * 1_000;
    let (high, low) = message.as_u64_pair();
    let drawn = mix(mix(high ^ low) ^ tried) % longest;
    let asked = asked.map_or(0, |pause| pause.as_millis().min(u128::from(LONGEST_ASKED) * 1_000));
    // A receiver that failed is left alone for a second at least.
    let pause = drawn.max(1_000).max(u64::try_from(asked).unwrap_or(0));
    Some(now.plus_micros(i64::try_from(pause).unwrap_or(i64::MAX).saturating_mul(1_000)))
}

/// How long a receiver that fails message after message is left alone.
pub fn pause_after(failures: u32, lane: Uuid, now: Instant) -> Option<Instant> {
    const TOLERATED: u32 = 3;
    let more = failures.checked_sub(TOLERATED)?;
    let step = u64::from(more).min(PAUSES.len() as u64 - 6) + 1;
    next_try(lane, step, now, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_over_days_and_no_more() {
        let (message, now) = (Uuid::from_u128(0x0123_4567_89ab_cdef), Instant::default());
        let seconds = |at: Instant| at.micros() / Instant::SECOND;
        let mut total = 0;
        for (index, longest) in PAUSES.into_iter().enumerate() {
            let at = next_try(message, index as u64 + 1, now, None).unwrap();
            assert!((1..=i64::try_from(longest).unwrap()).contains(&seconds(at)), "{index}: {at}");
            assert_eq!(next_try(message, index as u64 + 1, now, None), Some(at), "the same again");
            total += seconds(at);
        }
        assert_eq!((next_try(message, 10, now, None), next_try(message, 0, now, None)), (None, None));
        assert!(total > 24 * 3_600, "{total}");
        // Other messages are tried at other times, over the whole of the pause.
        let at = |number: u128| seconds(next_try(Uuid::from_u128(number), 3, now, None).unwrap());
        let all: Vec<i64> = (0..200).map(at).collect();
        assert!(all.iter().any(|at| *at < 300) && all.iter().any(|at| *at > 1_500), "{all:?}");
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_up_to_a_day() {
        let (message, now) = (Uuid::from_u128(7), Instant::default());
        let asked = |seconds| next_try(message, 1, now, Some(Duration::from_secs(seconds))).unwrap();
        assert_eq!(asked(120), now.plus_micros(120 * Instant::SECOND));
        assert_eq!(asked(9_999_999), now.plus_days(1));
        assert!(asked(0) <= now.plus_micros(5 * Instant::SECOND));
    }

    #[test]
    fn who_fails_all_the_time_is_left_alone() {
        let now = Instant::default();
        assert_eq!(pause_after(2, Uuid::nil(), now), None);
        assert!(pause_after(3, Uuid::nil(), now).unwrap() <= now.plus_micros(5 * Instant::SECOND));
        assert!(pause_after(1_000, Uuid::nil(), now).unwrap() <= now.plus_micros(2 * 3_600 * Instant::SECOND));
    }
}
