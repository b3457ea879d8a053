//! Activities and purchases, read from the log.

use std::collections::BTreeMap;

use kulta_events::Recorded;
use kulta_projections::pipeline::contact::Row;
use kulta_projections::report::told::{Activity, Purchase};

use super::{Counter, Counting, Error, PAGE, Then};
use crate::store::{Page, Select, StoredEvent};

/// The types of purchases.
const PURCHASES: [&str; 3] = ["purchase.made", "purchase.returned", "purchase.cancelled"];

impl Counter<'_> {
    /// Counts activities, of corrected ones the last words.
    pub(super) async fn activities(&self, counting: &mut Counting<'_>, then: Then) -> Result<(), Error> {
        let source = &self.reads.source;
        let mut known: BTreeMap<<Activity as Row>::Key, Activity> = BTreeMap::new();
        let mut page = page("activity.logged", then);
        while let Some(stored) = self.next(&mut page).await? {
            let events = source.vault.open_events(&source.vocabulary.now(), stored, |_| true).await?;
            for activity in events.iter().filter(|event| happened(event, then)).filter_map(Activity::of) {
                if known.get(&activity.key()).is_none_or(|before| activity.supersedes(before)) {
                    known.insert(activity.key(), activity);
                }
            }
        }
        let all: Vec<Activity> = known.into_values().collect();
        counting.add(&all).await
    }

    /// Counts what was bought, given back and called off, page by page. Facts are enough: nothing is opened.
    pub(super) async fn purchases(&self, counting: &mut Counting<'_>, then: Then) -> Result<(), Error> {
        let source = &self.reads.source;
        for type_name in PURCHASES {
            let mut page = page(type_name, then);
            while let Some(stored) = self.next(&mut page).await? {
                let events = source.vault.facts_of(&source.vocabulary.now(), stored);
                let happened = events.iter().filter(|event| happened(event, then));
                let items: Vec<Purchase<'_>> = happened.filter_map(Purchase::of).collect();
                counting.add(&items).await?;
            }
        }
        Ok(())
    }

    /// The next page; `None`: there is none.
    async fn next(&self, page: &mut Page) -> Result<Option<Vec<StoredEvent>>, Error> {
        let stored = self.reads.source.log.read(page).await?;
        let Some(last) = stored.last() else { return Ok(None) };
        page.after = Some(last.position);
        Ok(Some(stored))
    }
}

/// All events of a type, as far as was known, without their personal parts.
fn page(type_name: &str, then: Then) -> Page {
    let select = Select::Type(type_name.to_owned());
    Page { until: Some(then.position), parts: false, ..Page::forwards(select, 0, PAGE) }
}

fn happened(event: &Recorded, then: Then) -> bool {
    then.moment.as_of.is_none_or(|as_of| event.order.time < as_of)
}
