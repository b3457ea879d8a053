//! Events themselves: of a customer, or by their place in the log.

use kulta_events::{CustomerId, RecordId, Recorded};

use super::{At, Error, Found, Reads};
use crate::store::{Page, Select};

/// Events read at a time.
const PAGE: usize = 5_000;

impl Reads {
    /// The events at these places of the log, opened as far as their keys exist.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn events_at(&self, positions: &[u64]) -> Result<Vec<Recorded>, Error> {
        let source = &self.source;
        let mut stored = Vec::new();
        for &position in positions {
            let page = Page { until: Some(position), ..Page::forwards(Select::All, position.saturating_sub(1), 1) };
            stored.extend(source.log.read(&page).await?);
        }
        Ok(source.vault.open_events(&source.vocabulary.now(), stored, |_| true).await?)
    }

    /// All events of a customer, without personal parts, in no order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn events_of(&self, id: RecordId, at: At) -> Result<Found<(CustomerId, Vec<Recorded>)>, Error> {
        let members = match self.members_at(id, at).await? {
            Found::Here(members) => members,
            Found::Moved(customer) => return Ok(Found::Moved(customer)),
            Found::Unknown => return Ok(Found::Unknown),
        };
        let until = members.cut.unwrap_or_else(|| self.projections.position());
        let records: Vec<RecordId> = members.rows.iter().map(|row| row.record).collect();
        let mut events = self.events_about(&records, until).await?;
        events.retain(|event| at.as_of.is_none_or(|as_of| event.order.time < as_of));
        Ok(Found::Here((members.customer, events)))
    }

    /// All events about some records up to a position, without personal parts, in the order of the log.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn events_about(&self, records: &[RecordId], until: u64) -> Result<Vec<Recorded>, Error> {
        let select = Select::Records { ids: records.to_vec(), type_prefix: None };
        let page = Page { until: Some(until), parts: false, ..Page::forwards(select, 0, PAGE) };
        Ok(self.source.whole(page, |_| true).await?)
    }
}
