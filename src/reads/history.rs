//! What a customer's golden record was over time, on both time axes.
//!
//! There is no table of it: the customer's events are read and walked in the order of the log when somebody asks.

use std::collections::HashMap;

use kulta_events::{CustomerId, RecordId};
use kulta_projections::as_of::Named;
use kulta_projections::golden::history::{Change, history};
use kulta_projections::rows::PolicyRow;

use super::customer::Members;
use super::{At, Error, Found, Reads};

/// Where a page of a history ends: the next one begins behind this change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The change's place in the log.
    pub position: u64,
    /// Which of the changes at that place it is.
    pub number: usize,
}

/// Which changes are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only this field, or those of this section (`attributes`, `tags`).
    pub field: Option<String>,
    /// Behind this change.
    pub behind: Option<Cursor>,
    /// At most so many.
    pub limit: usize,
}

/// A page of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Whose.
    pub customer: CustomerId,
    /// The customer's key in the source of each record; `None` when it is erased.
    pub subjects: HashMap<RecordId, Option<String>>,
    /// Latest first: the later in the log the earlier here; those of one place by field.
    pub changes: Vec<Change>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

impl Wanted {
    fn takes(&self, change: &Change) -> bool {
        let of_field = |wanted: &String| {
            change.field == *wanted
                || change.field.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        self.field.as_ref().is_none_or(of_field) && self.behind.is_none_or(|behind| is_behind(change, behind))
    }
}

fn is_behind(change: &Change, cursor: Cursor) -> bool {
    let position = change.cause.position;
    position < cursor.position || position == cursor.position && change.number > cursor.number
}

impl Reads {
    /// One page of the changes of a customer's golden record.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn history(&self, id: RecordId, at: At, wanted: &Wanted) -> Result<Found<History>, Error> {
        let Members { customer, rows, cut } = match self.members_at(id, at).await? {
            Found::Here(members) => members,
            Found::Moved(customer) => return Ok(Found::Moved(customer)),
            Found::Unknown => return Ok(Found::Unknown),
        };
        let until = cut.unwrap_or_else(|| self.projections.position());
        let ids: Vec<_> = rows.iter().map(|row| row.record).collect();
        let events = self.source.customer_events(&ids, until, true).await?;
        let mut policies: Vec<PolicyRow> = self.projections.live().policies().await?;
        policies.retain(|policy| policy.position <= until);
        let subjects = rows.iter().map(|row| (row.record, row.subject.clone())).collect();
        let named: Vec<_> = rows
            .into_iter()
            .map(|row| Named { record: row.record, source: row.source, subject: row.subject })
            .collect();
        // Of a customer that is written to every night it takes a while.
        let walked = tokio::task::spawn_blocking(move || history(&named, &events, at.as_of, &policies)).await;
        let mut changes = walked.map_err(|_| crate::projector::Error::NoProgress)?;
        changes.sort_by_key(|change| (std::cmp::Reverse(change.cause.position), change.number));
        changes.retain(|change| wanted.takes(change));
        let more = changes.len() > wanted.limit;
        changes.truncate(wanted.limit);
        let last = changes.last().filter(|_| more);
        let next = last.map(|last| Cursor { position: last.cause.position, number: last.number });
        Ok(Found::Here(History { customer, subjects, changes, next }))
    }
}
