//! Which event types the log registers.

use super::{Error, Services};
use crate::store::{Page, Select};

/// Registrations read at a time: each may hold a whole schema.
const PAGE: usize = 200;

impl Services {
    /// Learns what was registered since this was asked last. Whoever comes back from here knows everything that stood
    /// in the log before.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refresh_event_types(&self) -> Result<(), Error> {
        let mut read = self.types_read.lock().await;
        loop {
            let page = Page::forwards(Select::Category("event_type".to_owned()), *read, PAGE);
            let stored = self.log.read(&page).await?;
            let (count, last) = (stored.len(), stored.last().map(|event| event.position));
            let events = self.vault.open_events(&self.vocabulary.now(), stored, |_| true).await?;
            self.vocabulary.learn(&events);
            *read = last.unwrap_or(*read);
            if count < PAGE {
                return Ok(());
            }
        }
    }
}
