//! A whole list, beside the live one.

use std::sync::Arc;

use super::plan::Wanted;
use super::rows::{facts_wanted, outcome, rows};
use super::{Error, Scorer};
use crate::replay::data::Data;
use crate::replay::read::Cancel;
use crate::store::scores::{ScoreChanges, SetChange, SetState};
use crate::store::views::Generation;

/// Rows written at a time.
const CHUNK: usize = 4_000;

/// Everything that making lists takes; it can be done beside everything else.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    pub scores: crate::scores::Scores,
    pub generation: Arc<dyn Generation>,
    pub epoch: i64,
    pub cancel: Cancel,
}

impl Maker {
    /// Fills a list that was begun.
    ///
    /// # Errors
    /// When the store fails, or it was cancelled.
    pub async fn fill(&self, set: i64, wanted: &Wanted) -> Result<u64, Error> {
        let facets = self.scores.facets();
        let list = std::slice::from_ref(wanted);
        let source = &self.scores.reads().source;
        let facts = facts_wanted(list, &facets);
        let data = Data::read(source, &*self.generation, None, facts, &self.cancel, &|_| ()).await?;
        let outcome = outcome(&self.scores, &data, wanted, &self.cancel).await?;
        let customers = data.people.ids.len();
        for first in (0..customers).step_by(CHUNK) {
            self.cancel.check()?;
            let chunk = first..(first + CHUNK).min(customers);
            self.generation.fill_scores(set, &rows(&data, &outcome, wanted, chunk)).await?;
        }
        self.generation.filled_scores(set, data.people.position, self.epoch).await?;
        Ok(data.people.position)
    }
}

impl Scorer {
    /// Makes all lists of a generation that is not live yet.
    pub(super) async fn make_all(&self, generation: &Arc<dyn Generation>, epoch: i64) -> Result<(), Error> {
        let histories = self.scores.histories(None).await?;
        let (wanted, _) = self.wanted(&histories, &**generation).await?;
        let (scores, generation) = (self.scores.clone(), generation.clone());
        let maker = Maker { scores, generation, epoch, cancel: Cancel::default() };
        for wanted in &wanted {
            let number = maker.generation.begin_scores(&wanted.made_by, epoch).await?;
            maker.fill(number, wanted).await?;
        }
        let sets = maker.generation.score_sets().await?.into_iter();
        let live = |set| SetChange { set, state: SetState::Live, rows: Vec::new() };
        let built: Vec<_> = sets.filter(|set| set.state == SetState::Built).map(live).collect();
        if let Some(to) = built.iter().map(|change| change.set.position).max() {
            let changes = ScoreChanges { sets: built, to, ..ScoreChanges::default() };
            maker.generation.advance_scores(&changes, epoch).await?;
        }
        self.carry_notes(&*maker.generation, epoch).await
    }
}
