//! A whole list, beside the live one.

use std::sync::Arc;

use super::plan::Wanted;
use super::rows::{facts_wanted, rows, scored};
use super::{Error, Scorer};
use crate::replay;
use crate::replay::ground::Ground;
use crate::replay::read::Cancel;
use crate::replay::run::How;
use crate::store::scores::{ScoreChanges, SetChange, SetState};
use crate::store::views::Generation;

/// Rows written at a time.
const CHUNK: usize = 4_000;
/// So many customers without a score are looked up one by one.
const MANY_REFUSED: usize = 10_000;

/// Everything that making lists takes; it can be done beside everything else.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    pub scores: crate::scores::Scores,
    pub ground: Ground,
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
        let facts = facts_wanted(std::slice::from_ref(wanted), &self.scores.facets());
        let (generation, cancel) = (&*self.generation, &self.cancel);
        let ground = &self.ground;
        let mut held = ground.read(generation, None, facts.clone(), cancel, &|_| ()).await?.held;
        let (mut outcome, known) = match scored(&self.scores, &held, wanted, cancel).await {
            Err(Error::Replay(replay::Error::Unread(unread))) if held.is_stored() => {
                held = ground.instead(&unread, generation, facts.clone(), cancel, &|_| ()).await?.held;
                scored(&self.scores, &held, wanted, cancel).await?
            }
            found => found?,
        };
        if held.is_stored() && outcome.refused.len() > MANY_REFUSED {
            // The log tells where all those events stand, and is read once for that.
            held = ground.from_log(generation, None, facts, cancel, &|_| ()).await?;
            outcome = scored(&self.scores, &held, wanted, cancel).await?.0;
        } else {
            let (facets, rules) = (self.scores.facets(), wanted.rules());
            let as_of = wanted.made_by.as_of;
            let how = How { as_of, facets: &facets, tolerant: true, breakdown: false, cancel, progress: &|_| () };
            ground.positions(&held, &mut outcome.refused, (&known, &rules), facts, &how).await?;
        }
        let customers = held.people().ids.len();
        for first in (0..customers).step_by(CHUNK) {
            cancel.check()?;
            let chunk = first..(first + CHUNK).min(customers);
            let made = rows(&held, &outcome, wanted, chunk);
            if let Err(Error::Replay(replay::Error::Unread(unread))) = &made {
                // Some rows are written already: another list is made in place of this one.
                self.ground.is_unread(unread);
            }
            self.generation.fill_scores(set, &made?).await?;
        }
        self.generation.filled_scores(set, held.people().position, self.epoch).await?;
        Ok(held.people().position)
    }
}

impl Scorer {
    /// Makes all lists of a generation that is not live yet.
    pub(super) async fn make_all(&self, generation: &Arc<dyn Generation>, epoch: i64) -> Result<(), Error> {
        let histories = self.scores.histories(None).await?;
        let (wanted, _) = self.wanted(&histories, &**generation).await?;
        let (scores, ground, generation) = (self.scores.clone(), self.ground.clone(), generation.clone());
        let maker = Maker { scores, ground, generation, epoch, cancel: Cancel::default() };
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
