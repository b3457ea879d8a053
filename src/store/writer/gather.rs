//! How many appends a group waits for.
//!
//! Clients that send one event after another come back as soon as they are answered. A group that began at once would
//! then always find about half of them, the others being answered just now; waiting for these makes groups twice as
//! large, and what a group costs (a statement, a flush of the disk) is shared by twice as many. It is what `commit_delay` of
//! PostgreSQL is for, with the number of those who come back learned instead of set.

use std::time::Duration;

/// Groups of more than this are large enough.
pub(super) const SMALL: u32 = 250;
/// The longest that a group waits; the timer tells no less than a millisecond.
pub(super) const PATIENCE: Duration = Duration::from_millis(2);
/// After it was waited in vain, so many groups begin at once; twice as many after the next time, at most so many.
const AT_ONCE: std::ops::Range<u32> = 8..4_096;

/// What a writer knows of those who come back.
#[derive(Debug, Default)]
pub(super) struct Gather {
    /// Who may come: who was answered last, and who waited then.
    callers: usize,
    /// Groups that begin at once yet.
    at_once: u32,
    /// How many did, after it was waited in vain.
    were_at_once: u32,
}

impl Gather {
    /// How many appends the next group waits for. One in eight may be late, as when it asks for a key first.
    pub(super) fn wanted(&mut self) -> usize {
        if self.at_once > 0 {
            self.at_once -= 1;
            return 0;
        }
        self.callers - self.callers / 8
    }

    /// Whether so many had come in time.
    pub(super) fn waited(&mut self, came: bool) {
        self.were_at_once = if came { 0 } else { (self.were_at_once * 2).clamp(AT_ONCE.start, AT_ONCE.end) };
        self.at_once = self.were_at_once;
    }

    /// A group of so many appends of this weight was answered while so many waited.
    pub(super) fn answered(&mut self, group: usize, weight: u32, waiting: usize) {
        self.callers = if weight > SMALL { 0 } else { group + waiting };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_were_answered_are_waited_for() {
        let mut gather = Gather::default();
        assert_eq!(gather.wanted(), 0, "nobody is known");
        gather.answered(1, 1, 0);
        assert_eq!(gather.wanted(), 1, "one alone has come already");
        gather.answered(1, 1, 31);
        assert_eq!(gather.wanted(), 28);
        gather.answered(2, 2_000, 1);
        assert_eq!(gather.wanted(), 0, "large enough");
    }

    #[test]
    fn nobody_is_waited_for_in_vain_again_and_again() {
        let mut gather = Gather::default();
        let mut begun_at_once = Vec::new();
        for _ in 0..12 {
            gather.answered(2, 2, 2);
            assert_eq!(gather.wanted(), 4);
            gather.waited(false);
            begun_at_once.push((0..).take_while(|_| gather.wanted() == 0).count());
        }
        assert_eq!(begun_at_once, [8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 4_096, 4_096]);
        gather.waited(true);
        assert_eq!(gather.wanted(), 4);
    }
}
