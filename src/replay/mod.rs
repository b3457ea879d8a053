//! Replays: scores from all of history under any rules.

pub mod read;
