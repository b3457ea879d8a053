//! Offers and the pipelines that they pass through, kept in memory from the log.
//!
//! Each node follows the categories of the log that tell of them and holds every offer's facts, small and sorted: a board
//! as of any time is computed from them when it is asked for. There is nothing to rebuild but this memory, which is read
//! anew when the node starts.

mod follow;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use kulta_events::{Instant, RecordId};
use kulta_projections::pipeline::board::Board;
use kulta_projections::pipeline::card::{Card, OfferCard};
use kulta_projections::pipeline::definition::{Definition, Definitions, Passing, Pipelines};
use kulta_projections::pipeline::offer::{Offer, OfferHistory, Status};
use kulta_projections::pipeline::standing::Passes;
use tokio::sync::watch;
use uuid::Uuid;

use crate::projector::Source;
use crate::reads::{self, At};

/// The longest that a reader waits.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// See the module. A clone is the same.
#[derive(Clone, Debug)]
pub struct Sales {
    source: Source,
    state: Arc<RwLock<State>>,
    position: watch::Sender<u64>,
    /// The highest position that a reader has asked to wait for.
    wanted: watch::Sender<u64>,
}

/// What is known.
#[derive(Debug, Default)]
struct State {
    definitions: Definitions,
    offers: HashMap<Uuid, Kept>,
}

/// An offer.
#[derive(Debug)]
struct Kept {
    history: OfferHistory,
    /// How it stands now.
    card: OfferCard,
}

/// Which offers are meant; what is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this pipeline.
    pub pipeline: Option<String>,
    /// In this stage.
    pub stage: Option<String>,
    /// So decided.
    pub status: Option<Status>,
    /// Of this owner.
    pub owner: Option<String>,
    /// Of this team.
    pub team: Option<String>,
    /// About one of these records.
    pub records: Option<Vec<RecordId>>,
}

/// Both time axes as they are asked for here: a time, and a position of the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    /// What happened at or after it is left out.
    pub as_of: Option<Instant>,
    /// What was recorded behind it is left out.
    pub until: Option<u64>,
}

/// A board, and some of the offers on it.
#[derive(Debug)]
pub struct Filled {
    /// Columns and sums.
    pub board: Board,
    /// The pipeline.
    pub definition: Definition,
    /// By stage the offers that stand there longest.
    pub longest: HashMap<Box<str>, Vec<OfferCard>>,
}

impl Sales {
    /// Offers of a log; nothing is known before [`Sales::run`].
    pub fn new(source: Source) -> Self {
        let ((position, _), (wanted, _)) = (watch::channel(0), watch::channel(0));
        Self { source, state: Arc::default(), position, wanted }
    }

    /// How far it is.
    pub fn position(&self) -> u64 {
        *self.position.borrow()
    }

    /// Waits until everything up to a position is known.
    ///
    /// # Errors
    /// [`reads::Error::NotYet`] after ten seconds.
    pub async fn after(&self, position: u64) -> Result<(), reads::Error> {
        let mut watched = self.position.subscribe();
        self.wanted.send_if_modified(|wanted| {
            let more = position > *wanted;
            *wanted = position.max(*wanted);
            more
        });
        let reached = watched.wait_for(|now| *now >= position);
        match tokio::time::timeout(LONGEST_WAIT, reached).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(reads::Error::NotYet { at: self.position(), wanted: position }),
        }
    }

    /// What a request's time axes mean.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn moment(&self, at: At) -> Result<Moment, reads::Error> {
        let until = match at.known_at {
            Some(known_at) => Some(self.source.log.position_at(known_at).await?),
            None => None,
        };
        Ok(Moment { as_of: at.as_of, until })
    }

    /// The pipelines in force at a moment.
    pub fn pipelines(&self, moment: Moment) -> Pipelines {
        pipelines(&self.state(), moment)
    }

    /// The definitions of pipelines, in every version.
    pub fn definitions(&self) -> Definitions {
        self.state().definitions.clone()
    }

    /// How an offer stands, with its card; `None`: nothing tells of it.
    pub fn offer(&self, id: Uuid, moment: Moment) -> Option<(Offer, OfferCard)> {
        let state = self.state();
        let history = known(&state.offers.get(&id)?.history, moment);
        let offer = Offer::at(&history, moment.as_of)?;
        let card = Card::of(id, offer.standing());
        Some((offer, card))
    }

    /// How an offer stands, and by how many facts.
    pub fn offer_told(&self, id: Uuid) -> Option<(Offer, usize)> {
        let state = self.state();
        let history = &state.offers.get(&id)?.history;
        Some((Offer::at(history, None)?, history.told().len()))
    }

    /// The offers that are meant, by id.
    pub fn offers(&self, filter: &Filter, moment: Moment) -> Vec<OfferCard> {
        let state = self.state();
        let pipelines = pipelines(&state, moment);
        let means = |card: &OfferCard| filter.means(card, &pipelines);
        let mut cards: Vec<OfferCard> =
            with_cards(&state, moment, means, |cards| cards.iter().copied().cloned().collect());
        cards.sort_unstable_by_key(|card| card.id);
        cards
    }

    /// The board of a pipeline with the open offers that are meant, and the first of each column; `None`: nobody defined it
    /// and no offer names it.
    pub fn board(
        &self,
        pipeline: &str,
        filter: &Filter,
        moment: Moment,
        (now, most): (Instant, usize),
    ) -> Option<Filled> {
        let state = self.state();
        let pipelines = pipelines(&state, moment);
        let filter = Filter { pipeline: Some(pipeline.to_owned()), status: Some(Status::Open), ..filter.clone() };
        let definition = match pipelines.get(Passing::Offers, pipeline) {
            Some(defined) => defined.clone(),
            None => {
                let is_named = |card: &OfferCard| card.pipeline.as_deref() == Some(pipeline);
                let named = with_cards(&state, moment, is_named, |cards| !cards.is_empty());
                named.then(|| Definition::unknown(pipeline, Passing::Offers))?
            }
        };
        let as_of = moment.as_of.unwrap_or(now);
        let means = |card: &OfferCard| filter.means(card, &pipelines);
        with_cards(&state, moment, means, |cards| {
            let board = Board::of(&definition, as_of, cards.iter().map(|card| card.tile()));
            let longest = longest(cards, &definition, most);
            Some(Filled { board, definition, longest })
        })
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pipelines(state: &State, moment: Moment) -> Pipelines {
    match moment.until {
        Some(until) => Pipelines::told_since(&state.definitions.clone().known_at(until), moment.as_of),
        None => Pipelines::told_since(&state.definitions, moment.as_of),
    }
}

/// A history as far as it was known.
fn known(history: &OfferHistory, moment: Moment) -> OfferHistory {
    match moment.until {
        Some(until) => history.clone().known_at(until),
        None => history.clone(),
    }
}

/// Looks at the cards that are meant of all offers that there were at a moment. Those of now are not copied.
fn with_cards<R>(
    state: &State,
    moment: Moment,
    means: impl Fn(&OfferCard) -> bool,
    look: impl FnOnce(&[&OfferCard]) -> R,
) -> R {
    if moment.as_of.is_none() && moment.until.is_none() {
        let cards = state.offers.values().map(|kept| &kept.card).filter(|card| means(card));
        return look(&cards.collect::<Vec<_>>());
    }
    let then = |(id, kept): (&Uuid, &Kept)| match moment.until {
        None => OfferCard::at::<Offer>(*id, &kept.history, moment.as_of),
        Some(_) => OfferCard::at::<Offer>(*id, &known(&kept.history, moment), moment.as_of),
    };
    let cards: Vec<OfferCard> = state.offers.iter().filter_map(then).filter(|card| means(card)).collect();
    look(&cards.iter().collect::<Vec<_>>())
}

/// By stage those that stand there longest, so many.
fn longest(cards: &[&OfferCard], definition: &Definition, most: usize) -> HashMap<Box<str>, Vec<OfferCard>> {
    let first = definition.stages.first().map(|stage| &*stage.stage);
    // There are few stages: looking through them is quicker than hashing.
    let mut by_stage: Vec<(&str, Vec<&OfferCard>)> = Vec::new();
    for card in cards {
        let stage = card.stage.as_deref().or(first).unwrap_or_default();
        match by_stage.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, cards)) => cards.push(card),
            None => by_stage.push((stage, vec![card])),
        }
    }
    let order = |card: &&OfferCard| (card.stage_since, Reverse(card.amount), card.id);
    let some = |(stage, mut cards): (&str, Vec<&OfferCard>)| {
        if cards.len() > most {
            cards.select_nth_unstable_by_key(most, order);
            cards.truncate(most);
        }
        cards.sort_unstable_by_key(order);
        (stage.into(), cards.into_iter().cloned().collect())
    };
    by_stage.into_iter().map(some).collect()
}

impl Filter {
    fn means(&self, card: &OfferCard, pipelines: &Pipelines) -> bool {
        let is =
            |wanted: &Option<String>, has: Option<&str>| wanted.as_deref().is_none_or(|wanted| has == Some(wanted));
        let (pipeline, stage) = (card.pipeline.as_deref(), card.stage.as_deref());
        // What costs least is looked at first: a board looks at every offer that there is.
        self.status.is_none_or(|status| status == card.status)
            && (self.pipeline.is_none()
                || is(&self.pipeline, pipeline.or_else(|| Some(pipelines.default_id(Passing::Offers)))))
            && (self.stage.is_none() || is(&self.stage, pipelines.stage_of(Passing::Offers, pipeline, stage)))
            && is(&self.owner, card.owner.as_deref())
            && is(&self.team, card.team.as_deref())
            && self.records.as_ref().is_none_or(|records| card.record.is_some_and(|record| records.contains(&record)))
    }
}
