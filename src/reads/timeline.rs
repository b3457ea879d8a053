//! A customer's timeline: every event of all its records, latest first, on both time axes.
//!
//! There is no table of its own. The log keeps an index by record and time, and the crosswalk says which records are the
//! customer's, so a merge or a split changes timelines without rewriting anything.

use std::collections::HashMap;

use kulta_events::vocabulary::Importance;
use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::timeline::{Entry, sort};

use super::customer::Members;
use super::relations::Contacts;
use super::{At, Error, Found, Reads};
use crate::store::log::TimelinePage;

/// Events that are read at once at first. The log has no index by time (docs/adr/0026-record-streams.md): each reading looks
/// at every event of the records, so where few of them are wanted each asks for four times as many as the one before.
const FEWEST: usize = 50;
/// Events that are read at once at most.
const MOST: usize = 10_000;

/// Where a page of a timeline ends: the next one begins behind this entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The entry's time.
    pub time: Instant,
    /// Its position.
    pub position: u64,
}

/// Which entries of a timeline are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// At least this important.
    pub importance: Option<Importance>,
    /// Only types that are, or start with, one of these (`complaint`, `purchase.made`); empty: all.
    pub types: Vec<String>,
    /// With what the customer's contacts said and heard while they were its contacts.
    pub contacts: bool,
    /// Behind this entry.
    pub behind: Option<Cursor>,
    /// At most so many.
    pub limit: usize,
}

/// A page of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// Whose.
    pub customer: CustomerId,
    /// The records' names, by id.
    pub records: HashMap<RecordId, (String, Option<String>)>,
    /// Whose the records of contacts are.
    pub contacts: HashMap<RecordId, CustomerId>,
    /// Latest first.
    pub entries: Vec<Entry>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

impl Wanted {
    fn takes(&self, entry: &Entry) -> bool {
        let of_type = |wanted: &String| {
            entry.type_name == *wanted
                || entry.type_name.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        self.importance.is_none_or(|least| entry.importance >= least)
            && (self.types.is_empty() || self.types.iter().any(of_type))
    }
}

impl Reads {
    /// One page of a customer's timeline.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn timeline(&self, id: RecordId, at: At, wanted: &Wanted) -> Result<Found<Timeline>, Error> {
        let members = match self.members_at(id, at).await? {
            Found::Here(members) => members,
            Found::Moved(customer) => return Ok(Found::Moved(customer)),
            Found::Unknown => return Ok(Found::Unknown),
        };
        let Members { customer, rows, cut } = members;
        let until = cut.unwrap_or_else(|| self.projections.position());
        let ids: Vec<_> = rows.iter().map(|row| row.record).collect();
        let contacts = if wanted.contacts { self.contacts(&ids).await? } else { Contacts::default() };
        let (entries, more) = self.entries(&ids, &contacts, (at.as_of, until), wanted).await?;
        let last = entries.last().map(|entry| Cursor { time: entry.order.time, position: entry.position });
        let contacts = contacts.into_records();
        let of_contacts = contacts.iter().map(|row| (row.record, row.customer)).collect();
        let records = rows.into_iter().chain(contacts).map(|row| (row.record, (row.source, row.subject))).collect();
        let next = last.filter(|_| more);
        Ok(Found::Here(Timeline { customer, records, contacts: of_contacts, entries, next }))
    }

    /// So many wanted entries, latest first, and whether there are more.
    async fn entries(
        &self,
        own: &[RecordId],
        contacts: &Contacts,
        (as_of, until): (Option<Instant>, u64),
        wanted: &Wanted,
    ) -> Result<(Vec<Entry>, bool), Error> {
        let records: Vec<_> = own.iter().copied().chain(contacts.records()).collect();
        let mut found = Vec::new();
        let mut behind = wanted.behind;
        // The cursor's own time is read again, since equal times are ordered by source and id.
        let mut before = match (as_of, behind) {
            (Some(as_of), Some(cursor)) => Some(as_of.min(cursor.time.plus_micros(1))),
            (None, Some(cursor)) => Some(cursor.time.plus_micros(1)),
            (as_of, None) => as_of,
        };
        let mut limit = wanted.limit.max(FEWEST);
        loop {
            let page = TimelinePage { records: records.clone(), before, until: Some(until), limit };
            let stored = self.source.log.timeline(&page).await?;
            let (count, oldest) = (stored.len(), stored.iter().map(|event| event.time).min());
            let opened = self.source.vault.open_events(&self.source.vocabulary.now(), stored, |_| true).await?;
            let mut entries: Vec<_> = opened.iter().map(Entry::of).collect();
            sort(&mut entries);
            entries.reverse();
            if let Some(cursor) = behind.take()
                && let Some(place) = entries.iter().position(|entry| entry.position == cursor.position)
            {
                entries.drain(..=place);
            }
            found.extend(entries.into_iter().filter(|entry| wanted.takes(entry) && contacts.show(entry)));
            if found.len() > wanted.limit {
                found.truncate(wanted.limit);
                return Ok((found, true));
            }
            match oldest {
                // Events of the oldest time are all there, so the next page begins before it.
                Some(oldest) if count >= limit => (before, limit) = (Some(oldest), (4 * limit).min(MOST)),
                _ => return Ok((found, false)),
            }
        }
    }
}
