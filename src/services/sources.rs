//! Which free attributes sources registered as facts: for later events only.

use std::collections::BTreeMap;

use kulta_events::{Json, Recorded};

use super::{Error, Services};
use crate::store::{Page, Select};

/// Sources read at a time.
const PAGE: usize = 1_000;

impl Services {
    /// Every registered source as its last registration says, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sources(&self) -> Result<BTreeMap<String, Recorded>, Error> {
        let mut sources = BTreeMap::new();
        let mut after = 0;
        loop {
            let page = Page::forwards(Select::Category("source".to_owned()), after, PAGE);
            let stored = self.log.read(&page).await?;
            let (count, last) = (stored.len(), stored.last().map(|event| event.position));
            for event in self.vault.open_events(&self.vocabulary.now(), stored, |_| true).await? {
                let name = event.payload.data.get("source").and_then(Json::as_str).map(str::to_owned);
                sources.extend(name.map(|name| (name, event)));
            }
            match last {
                Some(last) if count == PAGE => after = last,
                _ => return Ok(sources),
            }
        }
    }

    /// Tells the intake what the registered sources say.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refresh_sources(&self) -> Result<(), Error> {
        let names = |event: &Recorded| match event.payload.data.get("fact_attributes") {
            Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let sources = self.sources().await?;
        let of_sources = sources.iter().map(|(name, event)| (name.clone(), names(event)));
        self.intake.set_fact_attributes(of_sources.filter(|(_, names)| !names.is_empty()).collect());
        Ok(())
    }
}
