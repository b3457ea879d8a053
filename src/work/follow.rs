//! Follows the log.

use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::watch;

use super::Work;
use crate::projector::Error;
use crate::store::{Page, Select};

/// The categories of streams that are read.
const CATEGORIES: [&str; 11] = [
    "pipeline",
    "goal",
    "activity_type",
    "offer",
    "lead",
    "complaint",
    "task",
    "automation",
    "firing",
    "outbox",
    "report",
];
/// The types that are read from records' streams.
const TYPES: [&str; 5] = ["activity.logged", "note.written", "note.pinned", "list.entered", "list.left"];
/// Events read at a time.
const PAGE: usize = 5_000;
/// The rest after a look, during which events gather, unless a reader waits.
const REST: Duration = Duration::from_millis(250);
/// How often it is looked without news.
const LOOK: Duration = Duration::from_secs(2);
/// The pause after a failure.
const PAUSE: Duration = Duration::from_millis(500);

impl Work {
    /// Follows the log until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let (mut head, mut wanted) = (self.source.log.head(), self.wanted.subscribe());
        while !*stop.borrow() {
            let until = *head.borrow_and_update();
            let failed = match self.catch_up(until).await {
                Ok(()) => false,
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(%error, cause, "leads, offers and tasks could not be read, trying again");
                    true
                }
            };
            let news = async {
                if failed {
                    tokio::time::sleep(PAUSE).await;
                    return;
                }
                let position = self.position();
                let news = head.wait_for(|head| *head > position);
                // A look now and then heals a lost signal.
                drop(tokio::time::timeout(LOOK, news).await);
                drop(tokio::time::timeout(REST, wanted.wait_for(|wanted| *wanted > position)).await);
            };
            tokio::select! {
                _ = stop.changed() => {}
                () = news => {}
            }
        }
    }

    /// Takes in what the log holds up to a position.
    async fn catch_up(&self, until: u64) -> Result<(), Error> {
        let from = self.position();
        if until <= from {
            return Ok(());
        }
        let categories = CATEGORIES.map(|name| Select::Category(name.to_owned()));
        let types = TYPES.map(|name| Select::Type(name.to_owned()));
        for select in categories.into_iter().chain(types) {
            self.read(select, from, until).await?;
        }
        // What one category told beyond another's end is read again, and is known already.
        self.position.send_replace(until);
        Ok(())
    }

    async fn read(&self, select: Select, mut after: u64, until: u64) -> Result<(), Error> {
        loop {
            let page = Page { until: Some(until), ..Page::forwards(select.clone(), after, PAGE) };
            let stored = self.source.log.read(&page).await?;
            let (count, last) = (stored.len(), stored.last().map(|event| event.position));
            let vocabulary = self.source.vocabulary.now();
            let events = self.source.vault.open_events(&vocabulary, stored, |_| true).await?;
            self.state.write().unwrap_or_else(PoisonError::into_inner).take(&events);
            match last {
                Some(last) if count == PAGE => after = last,
                _ => return Ok(()),
            }
        }
    }
}
