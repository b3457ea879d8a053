//! Boards, lists, funnels and what is counted of offers and leads.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use kulta_events::{Instant, RecordId};
use kulta_projections::automation::things::{end_of_lead, end_of_offer};
use kulta_projections::pipeline::board::Board;
use kulta_projections::pipeline::card::{Card, LeadCard, OfferCard};
use kulta_projections::pipeline::definition::{Definition, Passing, Pipelines};
use kulta_projections::pipeline::funnel::{End, Funnel, Journey};
use kulta_projections::pipeline::history::History;
use kulta_projections::pipeline::lead::{self, Lead};
use kulta_projections::pipeline::offer::{self, Offer};
use kulta_projections::pipeline::standing::Passes;
use kulta_projections::pipeline::tiles::{Tiles, Wanted};
use uuid::Uuid;

use super::state::State;
use super::{Moment, Work};
use crate::reads::relations::Stretch;

/// What passes through pipelines: offers, leads.
pub trait Kind: Passes<Status: Hash + Ord + Send + Sync + 'static, Fact: Clone> {
    /// Which of the two.
    const PASSING: Passing;
    /// The status of what is not decided.
    const OPEN: Self::Status;

    /// What an end is.
    fn end(status: Self::Status) -> End;

    /// What was told, thing by thing.
    #[doc(hidden)]
    fn histories(state: &State) -> &BTreeMap<Uuid, History<Self::Fact>>;

    /// How things stand now.
    #[doc(hidden)]
    fn cards(state: &State) -> &HashMap<Uuid, Card<Self::Status>>;

    /// What boards of now need of what is open.
    #[doc(hidden)]
    fn tiles(state: &State) -> &Tiles;
}

impl Kind for Offer {
    const PASSING: Passing = Passing::Offers;
    const OPEN: offer::Status = offer::Status::Open;

    fn end(status: offer::Status) -> End {
        end_of_offer(status)
    }

    fn histories(state: &State) -> &BTreeMap<Uuid, History<Self::Fact>> {
        &state.rows.offers
    }

    fn cards(state: &State) -> &HashMap<Uuid, OfferCard> {
        &state.offers
    }

    fn tiles(state: &State) -> &Tiles {
        &state.offer_tiles
    }
}

impl Kind for Lead {
    const PASSING: Passing = Passing::Leads;
    const OPEN: lead::Status = lead::Status::Open;

    fn end(status: lead::Status) -> End {
        end_of_lead(status)
    }

    fn histories(state: &State) -> &BTreeMap<Uuid, History<Self::Fact>> {
        &state.rows.leads
    }

    fn cards(state: &State) -> &HashMap<Uuid, LeadCard> {
        &state.leads
    }

    fn tiles(state: &State) -> &Tiles {
        &state.lead_tiles
    }
}

/// Which offers or leads are meant; what is not said does not matter.
#[derive(Clone, Debug)]
pub struct Filter<S> {
    /// In this pipeline.
    pub pipeline: Option<String>,
    /// In this stage.
    pub stage: Option<String>,
    /// So decided.
    pub status: Option<S>,
    /// Of this owner.
    pub owner: Option<String>,
    /// Of this team.
    pub team: Option<String>,
    /// From there.
    pub origin: Option<String>,
    /// About one of these records.
    pub records: Option<Vec<RecordId>>,
    /// Or about one of these, if it began in one of the times of the record: those of a company's contacts. Lists know
    /// them, boards do not.
    pub contacts: HashMap<RecordId, Vec<Stretch>>,
}

impl<S> Default for Filter<S> {
    fn default() -> Self {
        let (pipeline, stage, owner, team, origin) = (None, None, None, None, None);
        Self { pipeline, stage, status: None, owner, team, origin, records: None, contacts: HashMap::new() }
    }
}

/// A board, and some of what stands on it.
#[derive(Debug)]
pub struct Filled<S> {
    /// Columns and sums.
    pub board: Board,
    /// The pipeline.
    pub definition: Definition,
    /// By stage what stands there longest.
    pub longest: HashMap<Box<str>, Vec<Card<S>>>,
}

impl Work {
    /// The offers or leads that are meant, by id.
    pub fn cards<K: Kind>(&self, filter: &Filter<K::Status>, moment: Moment) -> Vec<Card<K::Status>> {
        let state = self.state();
        let pipelines = state.pipelines(moment);
        let means = |card: &Card<K::Status>| filter.means(card, K::PASSING, &pipelines);
        let mut cards: Vec<Card<K::Status>> =
            with_cards::<K, _>(&state, moment, means, |cards| cards.iter().copied().cloned().collect());
        cards.sort_unstable_by_key(|card| card.id);
        cards
    }

    /// The board of a pipeline with what is open and meant, and the first of each column; `None`: nobody defined it and
    /// nothing names it.
    pub fn board<K: Kind>(
        &self,
        pipeline: &str,
        filter: &Filter<K::Status>,
        moment: Moment,
        (now, most): (Instant, usize),
    ) -> Option<Filled<K::Status>> {
        let state = self.state();
        let pipelines = state.pipelines(moment);
        let definition = definition::<K>(&state, pipeline, &pipelines, moment)?;
        if moment.is_now() {
            let is_default = pipelines.default_id(K::PASSING) == pipeline;
            let filled = K::tiles(&state).board(&definition, is_default, now, filter.wanted(), most);
            let cards = K::cards(&state);
            let longest = filled.longest.into_iter().map(|(stage, ids)| {
                let cards = ids.iter().filter_map(|id| cards.get(id).cloned());
                (stage, cards.collect())
            });
            return Some(Filled { board: filled.board, definition, longest: longest.collect() });
        }
        let filter = Filter { pipeline: Some(pipeline.to_owned()), status: Some(K::OPEN), ..filter.clone() };
        let as_of = moment.as_of.unwrap_or(now);
        let means = |card: &Card<K::Status>| filter.means(card, K::PASSING, &pipelines);
        with_cards::<K, _>(&state, moment, means, |cards| {
            let board = Board::of(&definition, as_of, cards.iter().map(|card| card.tile()));
            let longest = longest(cards, &definition, most);
            Some(Filled { board, definition, longest })
        })
    }

    /// How far what is meant came in a pipeline, and how long it stayed; `None` as for a board. `opened` says of when
    /// things began whether they are meant.
    pub fn funnel<K: Kind>(
        &self,
        pipeline: &str,
        filter: &Filter<K::Status>,
        moment: Moment,
        opened: impl Fn(Instant) -> bool,
    ) -> Option<(Definition, Funnel)> {
        let state = self.state();
        let pipelines = state.pipelines(moment);
        let definition = definition::<K>(&state, pipeline, &pipelines, moment)?;
        // A journey may have left the pipeline: where it stands now does not matter.
        let filter = Filter { pipeline: None, stage: None, ..filter.clone() };
        let journey = |(id, history): (&Uuid, &History<K::Fact>)| {
            let thing = moment.of(history, K::at)?;
            let standing = thing.standing();
            let meant = opened(standing.opened_at) && filter.means(&Card::of(*id, standing), K::PASSING, &pipelines);
            meant.then(|| Journey::of(standing, &pipelines, K::PASSING, K::end))
        };
        let journeys: Vec<Journey> = K::histories(&state).iter().filter_map(journey).collect();
        let funnel = Funnel::of(&definition, &journeys);
        Some((definition, funnel))
    }
}

/// A pipeline as it is defined, or as what names it knows it.
fn definition<K: Kind>(state: &State, pipeline: &str, pipelines: &Pipelines, moment: Moment) -> Option<Definition> {
    if let Some(defined) = pipelines.get(K::PASSING, pipeline) {
        return Some(defined.clone());
    }
    let is_named = |card: &Card<K::Status>| card.pipeline.as_deref() == Some(pipeline);
    let named = with_cards::<K, _>(state, moment, is_named, |cards| !cards.is_empty());
    named.then(|| Definition::unknown(pipeline, K::PASSING))
}

/// Looks at the cards that are meant of all that there were at a moment. Those of now are not copied.
fn with_cards<K: Kind, R>(
    state: &State,
    moment: Moment,
    means: impl Fn(&Card<K::Status>) -> bool,
    look: impl FnOnce(&[&Card<K::Status>]) -> R,
) -> R {
    if moment.is_now() {
        let cards = K::cards(state).values().filter(|card| means(card));
        return look(&cards.collect::<Vec<_>>());
    }
    let then = |(id, history): (&Uuid, &History<K::Fact>)| {
        moment.of(history, |history, as_of| Card::at::<K>(*id, history, as_of))
    };
    let cards = K::histories(state).iter().filter_map(then).filter(|card| means(card));
    let cards: Vec<Card<K::Status>> = cards.collect();
    look(&cards.iter().collect::<Vec<_>>())
}

/// By stage those that stand there longest, so many.
fn longest<S: Clone>(cards: &[&Card<S>], definition: &Definition, most: usize) -> HashMap<Box<str>, Vec<Card<S>>> {
    let first = definition.stages.first().map(|stage| &*stage.stage);
    // There are few stages: looking through them is quicker than hashing.
    let mut by_stage: Vec<(&str, Vec<&Card<S>>)> = Vec::new();
    for card in cards {
        let stage = card.stage.as_deref().or(first).unwrap_or_default();
        match by_stage.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, cards)) => cards.push(card),
            None => by_stage.push((stage, vec![card])),
        }
    }
    let order = |card: &&Card<S>| (card.stage_since, Reverse(card.amount), card.id);
    let some = |(stage, mut cards): (&str, Vec<&Card<S>>)| {
        if cards.len() > most {
            cards.select_nth_unstable_by_key(most, order);
            cards.truncate(most);
        }
        cards.sort_unstable_by_key(order);
        (stage.into(), cards.into_iter().cloned().collect())
    };
    by_stage.into_iter().map(some).collect()
}

impl<S: Copy + PartialEq> Filter<S> {
    /// The same of a board's tiles, which are all open and of one pipeline.
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            stage: self.stage.as_deref(),
            owner: self.owner.as_deref(),
            team: self.team.as_deref(),
            origin: self.origin.as_deref(),
            records: self.records.as_deref(),
        }
    }

    fn is_of_contact(&self, record: RecordId, began: Instant) -> bool {
        let holds =
            |(from, until): &Stretch| from.is_none_or(|from| from <= began) && until.is_none_or(|until| began < until);
        self.contacts.get(&record).is_some_and(|stretches| stretches.iter().any(holds))
    }

    fn means(&self, card: &Card<S>, passing: Passing, pipelines: &Pipelines) -> bool {
        let is =
            |wanted: &Option<String>, has: Option<&str>| wanted.as_deref().is_none_or(|wanted| has == Some(wanted));
        let (pipeline, stage) = (card.pipeline.as_deref(), card.stage.as_deref());
        // What costs least is looked at first: a board looks at everything that there is.
        self.status.is_none_or(|status| status == card.status)
            && (self.pipeline.is_none() || is(&self.pipeline, pipeline.or_else(|| Some(pipelines.default_id(passing)))))
            && (self.stage.is_none() || is(&self.stage, pipelines.stage_of(passing, pipeline, stage)))
            && is(&self.owner, card.owner.as_deref())
            && is(&self.team, card.team.as_deref())
            && is(&self.origin, card.origin.as_deref())
            && self.records.as_ref().is_none_or(|records| {
                card.record
                    .is_some_and(|record| records.contains(&record) || self.is_of_contact(record, card.opened_at))
            })
    }
}
