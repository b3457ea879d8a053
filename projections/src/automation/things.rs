//! Causes of offers, leads and complaints, each by what was told of it before a time.
//!
//! A late fact may show that a stay began earlier, by another event, than it seemed when it was fired for. It is the
//! same stay, so a cause is made of everything that was told while it lasted.

use jiff::tz::TimeZone;
use kulta_events::{Instant, Recorded};
use uuid::Uuid;

use super::causes::{Causes, Standing};
use crate::pipeline::business::BusinessHours;
use crate::pipeline::cause::{Cause, overstays};
use crate::pipeline::complaint::{Alarm, Complaint, notices};
use crate::pipeline::funnel::{End, Journey};
use crate::pipeline::{lead, offer};

/// Later than everything.
pub(super) const EVER: Instant = Instant::from_micros(i64::MAX);

/// What an offer's status means for its journey.
pub fn end_of_offer(status: offer::Status) -> End {
    match status {
        offer::Status::Open => End::Open,
        offer::Status::Won => End::Reached,
        offer::Status::Lost => End::Failed,
    }
}

/// What a lead's status means for its journey.
pub fn end_of_lead(status: lead::Status) -> End {
    match status {
        lead::Status::Open => End::Open,
        lead::Status::Qualified => End::Reached,
        lead::Status::Disqualified => End::Failed,
    }
}

/// The stays of an offer or a lead in a stage that take too long. The journey is that of the facts before `as_of`;
/// whoever knows facts of later times looks again after the first of them (`later`).
pub fn stays(
    thing: Uuid,
    journey: &Journey,
    place: (&str, &str),
    days: u32,
    zone: &TimeZone,
    (as_of, later): (Instant, Option<Instant>),
) -> Causes {
    let ever = overstays(thing, journey, place, days, zone, EVER);
    let until = |cause: &Cause| journey.stays.iter().find(|stay| stay.position == cause.began)?.until;
    let all = ever.into_iter().map(|cause| Standing { ends: until(&cause), cause, also: Vec::new() });
    Causes::split(all.collect(), later, as_of)
}

/// The rounds of a complaint in which so many hours of open time, or less, are left, and the answer is not given. The
/// complaint is that of the facts before `as_of`, as in [`stays`].
pub fn unanswered(
    thing: Uuid,
    complaint: &Complaint,
    hours: &BusinessHours,
    hours_before_due: u32,
    (as_of, later): (Instant, Option<Instant>),
) -> Causes {
    let before = i64::from(hours_before_due) * 3_600 * Instant::SECOND;
    let ever = notices(thing, complaint, hours, before, EVER).into_iter();
    let warnings = ever.filter(|notice| notice.alarm == Alarm::Warning);
    let until = |round: u64| complaint.rounds.iter().find(|known| known.position == round)?.until;
    let all = warnings.map(|notice| {
        let cause = Cause { at: notice.at, thing, began: notice.round };
        Standing::of(cause, until(notice.round))
    });
    Causes::split(all.collect(), later, as_of)
}

/// Adds to causes that last, such as stays, the facts that were told while they did. Those of two stays are never the
/// same: each lasts from the event that began it until, exclusively, the time of the one that ended it.
pub(super) fn with_facts(mut causes: Causes, facts: &[&Recorded]) -> Causes {
    for standing in &mut causes.standings {
        let began = standing.cause.began;
        let Some(from) = facts.iter().find(|fact| fact.position == began).map(|fact| fact.order.time) else { continue };
        let lasted = |fact: &&&Recorded| {
            let time = fact.order.time;
            from <= time && standing.ends.is_none_or(|ends| time < ends) && fact.position != began
        };
        standing.also = facts.iter().filter(lasted).map(|fact| fact.position).collect();
        standing.also.sort_unstable();
    }
    causes
}
