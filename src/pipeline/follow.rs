//! Follows the log.

use std::sync::PoisonError;
use std::time::Duration;

use kulta_events::Recorded;
use kulta_projections::pipeline::card::Card;
use kulta_projections::pipeline::offer::{Offer, OfferHistory};
use kulta_projections::pipeline::standing::Passes;
use kulta_projections::pipeline::step::thing;
use tokio::sync::watch;

use super::{Kept, Sales, State};
use crate::projector::Error;
use crate::store::{Page, Select};

/// The categories of streams that are read.
const CATEGORIES: [&str; 2] = ["pipeline", "offer"];
/// Events read at a time.
const PAGE: usize = 5_000;
/// The rest after a look, during which events gather, unless a reader waits.
const REST: Duration = Duration::from_millis(250);
/// How often it is looked without news.
const LOOK: Duration = Duration::from_secs(2);
/// The pause after a failure.
const PAUSE: Duration = Duration::from_millis(500);

impl Sales {
    /// Follows the log until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let (mut head, mut wanted) = (self.source.log.head(), self.wanted.subscribe());
        while !*stop.borrow() {
            let until = *head.borrow_and_update();
            let failed = match self.catch_up(until).await {
                Ok(()) => false,
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(%error, cause, "offers could not be read, trying again");
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
        for category in CATEGORIES {
            let mut after = from;
            loop {
                let select = Select::Category(category.to_owned());
                let page = Page { until: Some(until), ..Page::forwards(select, after, PAGE) };
                let stored = self.source.log.read(&page).await?;
                let (count, last) = (stored.len(), stored.last().map(|event| event.position));
                let vocabulary = self.source.vocabulary.now();
                let events = self.source.vault.open_events(&vocabulary, stored, |_| true).await?;
                self.state.write().unwrap_or_else(PoisonError::into_inner).take(&events);
                match last {
                    Some(last) if count == PAGE => after = last,
                    _ => break,
                }
            }
        }
        // What one category told beyond another's end is read again, and is known already.
        self.position.send_replace(until);
        Ok(())
    }
}

impl State {
    fn take(&mut self, events: &[Recorded]) {
        for event in events {
            self.definitions.tell(event);
            let Some(id) = thing(event, "offer") else { continue };
            let mut history: OfferHistory = self.offers.remove(&id).map(|kept| kept.history).unwrap_or_default();
            history.tell(event);
            // Events of types that are not known say nothing.
            if let Some(offer) = Offer::at(&history, None) {
                let card = Card::of(id, offer.standing());
                self.offers.insert(id, Kept { history, card });
            }
        }
    }
}
