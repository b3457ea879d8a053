//! What people write down of customers: activities, notes, tags, lists.

pub mod activities;
pub mod activity_types;
pub mod contact;
pub mod lists;
pub mod notes;
pub mod tags;

use std::collections::HashMap;

use kulta_events::{Instant, Json, Order, Recorded};

use crate::http::page::write_cursor;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// The words behind rows: titles and texts, where they are not erased.
pub(super) async fn words(services: &Services, positions: Vec<u64>) -> Result<HashMap<u64, Recorded>, Problem> {
    let events = services.reads.events_at(&positions).await?;
    Ok(events.into_iter().map(|event| (event.position, event)).collect())
}

/// Where something stands in a list that begins with the newest: pinned or not, when it happened, its place in the log.
/// It stays there while others come, go and are corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing(bool, Instant, u64);

impl Standing {
    /// Of something that was told so.
    pub(super) fn of(pinned: bool, order: &Order, position: u64) -> Self {
        Self(pinned, order.time, position)
    }

    /// Reads the cursor of a list.
    pub(super) fn behind(params: &mut Params, list: &str) -> Result<Option<Self>, Problem> {
        let Some(text) = params.cursor(list)? else { return Ok(None) };
        let mut words = text.split(' ');
        let mut number = || words.next()?.parse::<i64>().ok();
        let read = number().zip(number()).zip(number());
        let read = read.and_then(|((pinned, micros), position)| {
            Some(Self(pinned != 0, Instant::from_micros(micros), u64::try_from(position).ok()?))
        });
        read.map(Some).ok_or_else(|| Problem::parameter("cursor", "is not from this list"))
    }

    /// The cursor behind it.
    pub(super) fn cursor(self, list: &str) -> String {
        let Self(pinned, time, position) = self;
        write_cursor(list, format_args!("{} {} {position}", u8::from(pinned), time.micros()))
    }
}

/// The page behind a place, the newest first; the cursor of the next one, if there is one.
pub(super) fn page<T>(
    found: &mut Vec<T>,
    standing: impl Fn(&T) -> Standing,
    (list, behind, limit): (&str, Option<Standing>, usize),
) -> Option<String> {
    found.sort_by_key(|one| std::cmp::Reverse(standing(one)));
    if let Some(behind) = behind {
        found.retain(|one| standing(one) < behind);
    }
    let more = found.len() > limit;
    found.truncate(limit);
    found.last().filter(|_| more).map(|last| standing(last).cursor(list))
}

/// A text of an event, if there is one.
pub(super) fn said(event: Option<&Recorded>, name: &str) -> Option<String> {
    event?.payload.data.get(name).and_then(Json::as_str).map(str::to_owned)
}
