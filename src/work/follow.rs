//! Follows the log.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::watch;

use super::Work;
use crate::projector::Error;
use crate::projector::live::State as Doing;
use crate::store::{Page, Select};

/// The categories of streams that are read.
const CATEGORIES: [&str; 14] = [
    "pipeline",
    "goal",
    "activity_type",
    "offer",
    "lead",
    "complaint",
    "task",
    "automation",
    "firing",
    // Before what is to go out: what got there after all is missed no longer.
    "subscriber",
    "acknowledgement",
    "miss",
    "outbox",
    "report",
];
/// The types that are read from records' streams.
const TYPES: [&str; 5] = ["activity.logged", "note.written", "note.pinned", "list.entered", "list.left"];
/// So many events are a short stretch of the log.
const SHORT: u64 = 1_000;
/// Events read at a time.
const PAGE: usize = 5_000;
/// The rest after a look, during which events gather, unless a reader waits.
const REST: Duration = Duration::from_millis(250);
/// The rest after a look at so many events: asking for each category and type then costs the intake that brings them.
const LONG_REST: Duration = Duration::from_secs(1);
/// How often it is looked without news.
const LOOK: Duration = Duration::from_secs(2);
/// The pause after a failure.
const PAUSE: Duration = Duration::from_millis(500);

impl Work {
    /// Follows the log until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let (mut head, mut wanted) = (self.source.log.head(), self.followed.wanted());
        while !*stop.borrow() {
            let until = *head.borrow_and_update();
            let rest = if until.saturating_sub(self.position()) > SHORT { LONG_REST } else { REST };
            let caught_up = self.catch_up(until).await;
            self.pulse.turned(&caught_up);
            let failed = match caught_up {
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
                drop(tokio::time::timeout(rest, wanted.wait_for(|wanted| *wanted > position)).await);
            };
            tokio::select! {
                _ = stop.changed() => {}
                () = news => {}
            }
        }
        self.pulse.is(Doing::Stopped);
    }

    /// Takes in what the log holds up to a position.
    async fn catch_up(&self, until: u64) -> Result<(), Error> {
        let from = self.position();
        if until <= from {
            return Ok(());
        }
        for select in self.told_between(from, until).await? {
            self.read(select, from, until).await?;
        }
        // What one category told beyond another's end is read again, and is known already.
        self.followed.advanced(until);
        Ok(())
    }

    /// Where the log tells of work: of a short stretch only what it holds, since asking for everything takes as many
    /// statements as there are categories and types.
    async fn told_between(&self, from: u64, until: u64) -> Result<Vec<Select>, Error> {
        let (mut categories, mut types) = (CATEGORIES.to_vec(), TYPES.to_vec());
        if until - from <= SHORT {
            let all = Page { until: Some(until), parts: false, ..Page::forwards(Select::All, from, PAGE) };
            let events = self.source.log.read(&all).await?;
            let category = |stream: &str| stream.split_once('-').map_or("", |(category, _)| category).to_owned();
            let met: HashSet<String> = events.iter().map(|event| category(&event.stream)).collect();
            categories.retain(|name| met.contains(*name));
            types.retain(|name| events.iter().any(|event| event.type_name == *name));
        }
        let categories = categories.into_iter().map(|name| Select::Category(name.to_owned()));
        Ok(categories.chain(types.into_iter().map(|name| Select::Type(name.to_owned()))).collect())
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
