//! Scores that changed: by something that happened, by other rules, or so that the grade is another one.
//!
//! Whose score changed is noted with the lists of scores, in the transactions that change them (`scorer::notes`). A note is
//! forgotten when what it tells is published.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kulta_events::CustomerId;
use serde_json::json;

use super::settled::Settled;
use super::{Batch, Error, Feed, Message};
use crate::services::Services;
use crate::store::score_notes::{Note, Noted};
use crate::store::scores::{PointsOf, ScoreSet, SetState};
use crate::store::views::Generation;

/// Scores of a batch.
const SCORES: usize = 2_000;
/// How often it is looked for notes.
const LOOK: Duration = Duration::from_millis(250);

/// The scores of the live generation.
#[derive(Debug)]
pub(super) struct Scores {
    services: Arc<Services>,
    topic: String,
    /// The notes of the last batch, and whose they are.
    taken: Option<(Arc<dyn Generation>, Vec<i64>)>,
    reached: u64,
    settled: Settled,
}

impl Scores {
    pub fn new(services: &Arc<Services>, topic: &str) -> Self {
        Self {
            services: services.clone(),
            topic: topic.to_owned(),
            taken: None,
            reached: 0,
            settled: Settled::default(),
        }
    }

    /// Up to where scores are published, given the first note that is not.
    async fn measure(&mut self, generation: &dyn Generation, first: Option<&Noted>) -> Result<(), Error> {
        self.reached = match first {
            Some(noted) => noted.note.position.saturating_sub(1),
            None => {
                let head = *self.services.log.head().borrow();
                live(generation).await?.values().map(|set| set.position).min().unwrap_or(head)
            }
        };
        Ok(())
    }
}

#[async_trait]
impl Feed for Scores {
    async fn next(&mut self, _: Option<&str>) -> Result<Option<Batch>, Error> {
        if !self.settled.is(&*self.services.log, self.services.projector.projections()) {
            return Ok(None);
        }
        let live = self.services.projector.projections().live();
        let notes = match live.noted_for().await? {
            Some(topic) if topic == self.topic => live.notes(0, SCORES).await?,
            _ => Vec::new(),
        };
        self.measure(&*live, notes.first()).await?;
        let Some(last) = notes.last() else { return Ok(None) };
        let to = format!("{} {}", live.number(), last.number);
        let Some(messages) = messages(&*live, &notes).await? else { return Ok(None) };
        self.taken = Some((live, notes.into_iter().map(|noted| noted.number).collect()));
        Ok(Some(Batch { messages, to, sent: None }))
    }

    async fn published(&mut self) -> Result<(), Error> {
        if let Some((generation, numbers)) = self.taken.take() {
            generation.forget_notes(&numbers).await?;
        }
        Ok(())
    }

    async fn news(&mut self) {
        tokio::time::sleep(LOOK).await;
    }

    fn reached(&self, _: Option<&str>) -> u64 {
        self.reached
    }
}

/// The live lists by their rule sets.
async fn live(generation: &dyn Generation) -> Result<HashMap<String, ScoreSet>, Error> {
    let sets = generation.score_sets().await?.into_iter().filter(|set| set.state == SetState::Live);
    Ok(sets.map(|set| (set.made_by.rule_set.clone(), set)).collect())
}

/// What notes tell; `None` when a list was taken away while it was read.
async fn messages(generation: &dyn Generation, notes: &[Noted]) -> Result<Option<Vec<Message>>, Error> {
    let sets = live(generation).await?;
    let mut rows = HashMap::new();
    for (rule_set, set) in &sets {
        let noted = notes.iter().filter(|noted| noted.note.rule_set == *rule_set);
        let ids: Vec<CustomerId> = noted.map(|noted| noted.note.customer).collect();
        if !ids.is_empty() {
            let found = generation.points_of(set.number, &ids).await?;
            rows.extend(found.into_iter().map(|row| ((rule_set.as_str(), row.0), row)));
        }
    }
    let numbers = |sets: HashMap<String, ScoreSet>| -> HashMap<String, i64> {
        sets.into_iter().map(|(rule_set, set)| (rule_set, set.number)).collect()
    };
    if numbers(live(generation).await?) != numbers(sets.clone()) {
        return Ok(None);
    }
    let tell = |noted: &Noted| {
        let note = &noted.note;
        let found = rows.get(&(note.rule_set.as_str(), note.customer));
        message(generation.number(), noted, sets.get(&note.rule_set).zip(found))
    };
    Ok(Some(notes.iter().map(tell).collect()))
}

/// A score as it is now; `None`: it is no more.
fn message(generation: i64, noted: &Noted, found: Option<(&ScoreSet, &PointsOf)>) -> Message {
    let Noted { number, note: Note { rule_set, customer, cause, position } } = noted;
    let type_name = if found.is_some() { "kulta.score.changed" } else { "kulta.score.removed" };
    let id = format!("{rule_set}/{customer}/{generation}-{number}");
    let message = Message::new(customer.to_string(), id, "kulta".to_owned(), type_name.to_owned())
        .attribute("ce_subject", customer)
        .attribute("ce_position", position)
        .attribute("ce_ruleset", rule_set)
        .attribute("ce_cause", cause.name());
    let Some((set, (_, points, grade))) = found else { return message };
    let made_by = &set.made_by;
    let data = json!({
        "customer_id": customer,
        "rule_set": rule_set,
        "version": made_by.version,
        "hash": made_by.hash,
        "points": points.map(|points| points.to_string()),
        "grade": grade,
        "scored_as_of": made_by.as_of,
        "cause": cause.name(),
        "position": position,
    });
    message.data(data.to_string())
}

#[cfg(test)]
mod tests {
    use kulta_events::Instant;
    use rust_decimal::Decimal;
    use uuid::Uuid;

    use super::*;
    use crate::store::score_notes::Cause;
    use crate::store::scores::MadeBy;

    #[test]
    fn a_score_is_told_with_its_rules_or_as_gone() {
        let customer = CustomerId(Uuid::from_u128(7));
        let note = Note { rule_set: "value".to_owned(), customer, cause: Cause::Grade, position: 12 };
        let noted = Noted { number: 5, note };
        let as_of = Instant::parse("2026-03-02T21:59:59.999999Z").unwrap();
        let made_by = MadeBy { rule_set: "value".to_owned(), version: 3, hash: "ab".to_owned(), as_of, policy: 0 };
        let set = ScoreSet { number: 1, state: SetState::Live, made_by, position: 20 };
        let row = (customer, Some(Decimal::new(125, 1)), Some("A".to_owned()));
        let told = message(2, &noted, Some((&set, &row)));
        assert_eq!(told.key, customer.to_string());
        let expected = json!({"customer_id": customer, "rule_set": "value", "version": 3, "hash": "ab",
            "points": "12.5", "grade": "A", "scored_as_of": "2026-03-02T21:59:59.999999Z", "cause": "grade",
            "position": 12});
        assert_eq!(serde_json::from_str::<serde_json::Value>(&told.value.unwrap_or_default()).unwrap(), expected);
        assert!(told.headers.contains(&("ce_id", format!("value/{customer}/2-5"))));
        let gone = message(2, &noted, None);
        assert_eq!(gone.value, None);
        assert!(gone.headers.contains(&("ce_ruleset", "value".to_owned())));
        assert!(gone.headers.contains(&("ce_type", "kulta.score.removed".to_owned())));
    }
}
