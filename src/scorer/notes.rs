//! Whose score changed, for whoever publishes that: by something that happened, by other rules, or so that the grade is
//! another one. What only decayed is not noted.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use kulta_events::CustomerId;
use kulta_projections::scores::rows::ScoreRow;
use rust_decimal::Decimal;

use super::live::Turn;
use super::plan::Wanted;
use super::{Error, Scorer};
use crate::store::score_notes::{Cause, Note};
use crate::store::scores::{MadeBy, PointsOf, ScoreChanges, ScoreSet, SetState};
use crate::store::views::Generation;

/// Rows read at a time.
const PAGE: usize = 4_000;

impl Scorer {
    /// Sees to it that changes are noted in a generation, or are not. A topic for which none were lacks all.
    pub(super) async fn see_to_notes(
        &self,
        turn: &mut Turn,
        generation: &dyn Generation,
        epoch: i64,
    ) -> Result<(), Error> {
        if turn.noted == Some(generation.number()) {
            return Ok(());
        }
        let found = generation.noted_for().await?;
        match &self.topic {
            Some(topic) if found.as_ref() != Some(topic) => generation.begin_notes(topic, None, epoch).await?,
            None if found.is_some() => generation.end_notes(epoch).await?,
            _ => {}
        }
        turn.noted = Some(generation.number());
        Ok(())
    }

    /// Notes in a generation that is to take the place of the live one what differs from there, and what was noted there.
    pub(super) async fn carry_notes(&self, generation: &dyn Generation, epoch: i64) -> Result<(), Error> {
        let Some(topic) = &self.topic else { return Ok(()) };
        let before = self.projector.projections().live();
        if before.noted_for().await?.as_ref() != Some(topic) {
            return Ok(());
        }
        let (old, new) = (live(&before.score_sets().await?), live(&generation.score_sets().await?));
        let of = |sets: &[ScoreSet], rule_set: &str| sets.iter().find(|set| set.made_by.rule_set == rule_set).cloned();
        let names: BTreeSet<&str> = old.iter().chain(&new).map(|set| set.made_by.rule_set.as_str()).collect();
        let mut notes = Vec::new();
        for name in names {
            let (old, new) = (of(&old, name), of(&new, name));
            let cause =
                if old.as_ref().map(rules_of) == new.as_ref().map(rules_of) { Cause::Event } else { Cause::Rules };
            let old = old.as_ref().map(|set| (&*before, set));
            notes.extend(differences(old, new.as_ref().map(|set| (generation, set)), cause).await?);
        }
        // Read last: what is noted meanwhile may or may not have been seen above.
        let mut after = 0;
        loop {
            let page = before.notes(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.number;
            notes.extend(page.into_iter().map(|noted| noted.note));
        }
        // Of one score the last note holds, and none is written twice in a statement.
        let one_each: BTreeMap<_, _> =
            notes.into_iter().map(|note| ((note.rule_set.clone(), note.customer), note)).collect();
        let notes: Vec<Note> = one_each.into_values().collect();
        Ok(generation.begin_notes(topic, Some(&notes), epoch).await?)
    }

    /// Notes that the scores of lists that are to be removed are no more, where no other list has taken their place.
    pub(super) async fn note_removed(
        &self,
        generation: &dyn Generation,
        remove: &[i64],
        epoch: i64,
    ) -> Result<(), Error> {
        if self.topic.is_none() {
            return Ok(());
        }
        for set in live(&generation.score_sets().await?).iter().filter(|set| remove.contains(&set.number)) {
            let notes = differences(Some((generation, set)), None, Cause::Rules).await?;
            let changes = ScoreChanges { to: set.position, notes, ..ScoreChanges::default() };
            generation.advance_scores(&changes, epoch).await?;
        }
        Ok(())
    }
}

fn live(sets: &[ScoreSet]) -> Vec<ScoreSet> {
    sets.iter().filter(|set| set.state == SetState::Live).cloned().collect()
}

/// What a step changes: these rows of these lists, and customers that are no more.
pub(super) async fn of_step(
    generation: &dyn Generation,
    follow: &[(ScoreSet, Wanted)],
    rows: &[Vec<ScoreRow>],
    gone: &[CustomerId],
    position: u64,
) -> Result<Vec<Note>, Error> {
    let mut notes = Vec::new();
    for ((set, _), rows) in follow.iter().zip(rows).filter(|((set, _), _)| set.state == SetState::Live) {
        let rule_set = &set.made_by.rule_set;
        let note = |customer| Note { rule_set: rule_set.clone(), customer, cause: Cause::Event, position };
        for some in rows.chunks(PAGE) {
            let ids: Vec<CustomerId> = some.iter().map(|row| row.customer).collect();
            let before = generation.points_of(set.number, &ids).await?;
            let before: HashMap<_, _> = before.iter().map(|found| (found.0, standing(found))).collect();
            let changed = some.iter().filter(|row| before.get(&row.customer) != Some(&of_row(row)));
            notes.extend(changed.map(|row| note(row.customer)));
        }
        for some in gone.chunks(PAGE) {
            let found = generation.points_of(set.number, some).await?;
            notes.extend(found.into_iter().map(|(customer, _, _)| note(customer)));
        }
    }
    Ok(notes)
}

/// What lists change by becoming live.
pub(super) async fn of_swap(
    generation: &dyn Generation,
    follow: &[(ScoreSet, Wanted)],
    position: u64,
) -> Result<Vec<Note>, Error> {
    let mut notes = Vec::new();
    for (new, _) in follow.iter().filter(|(set, _)| set.state == SetState::Built) {
        let same = |set: &&ScoreSet| set.state == SetState::Live && set.made_by.rule_set == new.made_by.rule_set;
        let old = generation.score_sets().await?.iter().find(same).cloned();
        let new = ScoreSet { position, ..new.clone() };
        let old = old.as_ref().map(|old| (generation, old));
        notes.extend(differences(old, Some((generation, &new)), Cause::Rules).await?);
    }
    Ok(notes)
}

/// What is told of a score: points and grade.
type Standing<'a> = (Option<Decimal>, Option<&'a str>);

fn standing((_, points, grade): &PointsOf) -> Standing<'_> {
    (*points, grade.as_deref())
}

fn of_row(row: &ScoreRow) -> Standing<'_> {
    (row.points, row.grade.as_deref())
}

/// The rules of a list.
fn rules_of(set: &ScoreSet) -> (u64, &str) {
    (set.made_by.version, &set.made_by.hash)
}

/// Whether only time went by between two lists.
fn only_later(old: &MadeBy, new: &MadeBy) -> bool {
    MadeBy { as_of: new.as_of, ..old.clone() } == *new && old.as_of != new.as_of
}

type List<'a> = (&'a dyn Generation, &'a ScoreSet);

/// How one list differs from another, either of which may not be there. `cause`: why, unless only time went by.
async fn differences(old: Option<List<'_>>, new: Option<List<'_>>, cause: Cause) -> Result<Vec<Note>, Error> {
    let Some((_, either)) = new.or(old) else { return Ok(Vec::new()) };
    let decayed = matches!((old, new), (Some((_, old)), Some((_, new))) if only_later(&old.made_by, &new.made_by));
    let (rule_set, position) = (&either.made_by.rule_set, either.position);
    let cause = if decayed { Cause::Grade } else { cause };
    let (mut before, mut now) = (Rows::of(old), Rows::of(new));
    let mut notes = Vec::new();
    loop {
        let (one, other) = (before.peek().await?, now.peek().await?);
        let (customer, differs) = match (one, other) {
            (None, None) => return Ok(notes),
            (Some(one), Some(other)) if one.customer == other.customer => {
                let grade = one.grade != other.grade;
                (one.customer, grade || !decayed && one.points != other.points)
            }
            (Some(one), Some(other)) => (one.customer.min(other.customer), true),
            (Some(row), None) | (None, Some(row)) => (row.customer, true),
        };
        before.pass(customer);
        now.pass(customer);
        if differs {
            notes.push(Note { rule_set: rule_set.clone(), customer, cause, position });
        }
    }
}

/// The rows of a list by customer, a page at a time.
struct Rows<'a> {
    list: Option<List<'a>>,
    after: Option<CustomerId>,
    page: VecDeque<ScoreRow>,
}

impl<'a> Rows<'a> {
    fn of(list: Option<List<'a>>) -> Self {
        Self { list, after: None, page: VecDeque::new() }
    }

    /// The next row.
    async fn peek(&mut self) -> Result<Option<&ScoreRow>, Error> {
        while self.page.is_empty()
            && let Some((generation, set)) = self.list
        {
            let page = generation.scores_seen(set.number, self.after, PAGE).await?;
            match page.last() {
                Some((last, _)) => self.after = Some(*last),
                None => self.list = None,
            }
            self.page = page.into_iter().filter_map(|(_, row)| row).collect();
        }
        Ok(self.page.front())
    }

    /// Goes on behind a customer.
    fn pass(&mut self, customer: CustomerId) {
        if self.page.front().is_some_and(|row| row.customer == customer) {
            self.page.pop_front();
        }
    }
}
