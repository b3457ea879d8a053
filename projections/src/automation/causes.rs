//! What an automation fires for: what stands at a time, and when to look again.
//!
//! Facts at or after the time of a look (`as_of`) are passed over. A cause stands from the first moment after
//! [`Cause::at`], as everything that took too long: exactly so many days are not too long. When it is to be looked at
//! again, nothing else having happened, is [`Causes::next`].

use kulta_events::Instant;

use crate::pipeline::cause::Cause;

/// A cause, and how long it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Standing {
    /// The cause.
    pub cause: Cause,
    /// When it was over: it was answered, opened, moved on. `None`: not yet.
    pub ends: Option<Instant>,
    /// The places in the log of the other events that it is made of, ascending: those that were counted, the other word
    /// that a mail went out, what was told of an offer during its stay.
    pub also: Vec<u64>,
}

impl Standing {
    /// A cause that is made of the one event that began it.
    pub fn of(cause: Cause, ends: Option<Instant>) -> Self {
        Self { cause, ends, also: Vec::new() }
    }

    /// The places in the log of all events that it is made of. Whoever fires for it notes them all; whoever finds one
    /// of them noted for the same automation does not fire. For late facts make other causes of the same events: clicks
    /// that were counted from the first to the third, and now from a late one to the second; a stay that began earlier.
    pub fn parts(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.cause.began).chain(self.also.iter().copied())
    }

    /// Whether it came to be by a time, and is not over then.
    pub fn stands_at(&self, now: Instant) -> bool {
        self.cause.at <= now && self.ends.is_none_or(|ends| ends > now)
    }
}

/// What stands at a time, and when that may become more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Causes {
    /// All causes that came to be by then, those that are over too; the oldest first.
    pub standings: Vec<Standing>,
    /// The first later moment at which a look may find a new cause if no new fact comes in; before it, none does.
    /// `None`: never.
    pub next: Option<Instant>,
}

impl Causes {
    /// Parts what will have come to be when nothing else happens. `later` is when the next fact happens that is known
    /// already and was passed over; what it will change is seen at the look after it.
    pub(super) fn split(mut all: Vec<Standing>, later: Option<Instant>, as_of: Instant) -> Self {
        all.sort_unstable();
        let come = all.partition_point(|standing| standing.cause.at < as_of);
        let pending = all.get(come).map(|standing| standing.cause.at);
        let next = [pending, later].into_iter().flatten().min().map(|at| at.plus_micros(1));
        all.truncate(come);
        Self { standings: all, next }
    }
}

/// The causes to fire for at a time, the oldest first: those that came to be from `from` on and still stand. What is
/// over needs nothing done any more: the mail was opened, the customer was called. A count is over after as many days
/// as it was counted within: a look that comes a little late still fires, a fact that comes in a year late does not.
/// Whoever fires passes over what was fired for already ([`Standing::parts`]).
pub fn to_fire(from: Instant, standings: &[Standing], now: Instant) -> impl Iterator<Item = &Standing> {
    standings.iter().filter(move |standing| standing.cause.at >= from && standing.stands_at(now))
}

#[cfg(test)]
mod tests;
