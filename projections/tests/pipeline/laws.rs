//! The laws of DESIGN.md section 1 for pipelines and daily work, and what holds of every state.
//!
//! Law 3 (split undoes merge) needs no test here: rows are about records and never about customers. Nor does law 4 (a
//! replay has no side effects): a step gives back its changes and can do nothing else.

use jiff::tz::TimeZone;
use kulta_events::{Instant, Recorded};
use kulta_projections::pipeline::board::Board;
use kulta_projections::pipeline::business::BusinessHours;
use kulta_projections::pipeline::card::Card;
use kulta_projections::pipeline::complaint::{Complaint, notices};
use kulta_projections::pipeline::contact::{Contact, Mark, Note, Row};
use kulta_projections::pipeline::decide;
use kulta_projections::pipeline::definition::{Passing, Pipelines};
use kulta_projections::pipeline::funnel::{End, Funnel, Journey};
use kulta_projections::pipeline::history::Fact;
use kulta_projections::pipeline::lead::{self, Lead, LeadFact, LeadHistory};
use kulta_projections::pipeline::offer::{self, Offer, OfferFact, OfferHistory};
use kulta_projections::pipeline::standing::Passes;
use kulta_projections::pipeline::step::Rows;
use kulta_projections::pipeline::task::{Task, rank};
use kulta_projections::pipeline::terms::Said;
use kulta_projections::pipeline::wins::{By, goals_at, wins};
use proptest::prelude::*;
use uuid::Uuid;

use super::world::{Told, day, erased, events, live, shuffled, told, whole};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn law_1_replay_is_live(told in told(), sizes in proptest::collection::vec(1_usize..9, 1..5)) {
        let events = events(&told);
        prop_assert_eq!(live(&events, &sizes), whole(&events));
    }

    #[test]
    fn law_2_order_of_arrival_is_not_order_of_fact(
        told in told(),
        order in proptest::collection::vec(any::<usize>(), 70),
        sizes in proptest::collection::vec(1_usize..9, 1..5),
    ) {
        let events = events(&told);
        let late = shuffled(&events, &order);
        prop_assert_eq!(live(&late, &sizes), whole(&events));
        prop_assert_eq!(whole(&late), whole(&events));
    }

    #[test]
    fn of_one_key_the_last_word_in_the_order_of_facts_is_kept(told in told()) {
        let events = events(&told);
        let rows = whole(&events);
        for event in &events {
            if let Some(row) = Contact::of(event).filter(|row| *row.type_name == *"activity.logged") {
                prop_assert!(rows.activities[&row.key()].order >= event.order);
            }
            if let Some(row) = Note::of(event) {
                prop_assert!(rows.notes[&row.key()].order >= event.order);
            }
            if let Some(row) = Mark::of(event) {
                prop_assert!(rows.marks[&row.key()].order >= event.order);
            }
        }
    }

    #[test]
    fn an_as_of_is_the_log_of_what_happened_before(told in told(), time in 0_u8..9) {
        let events = events(&told);
        let as_of = day(time);
        let (all, before) = (whole(&events), {
            let before: Vec<_> = events.into_iter().filter(|event| event.order.time < as_of).collect();
            whole(&before)
        });
        for (id, history) in &all.offers {
            let then = before.offers.get(id);
            prop_assert_eq!(Offer::at(history, Some(as_of)), then.and_then(|then| Offer::at(then, None)));
        }
        for (id, history) in &all.leads {
            let then = before.leads.get(id);
            prop_assert_eq!(Lead::at(history, Some(as_of)), then.and_then(|then| Lead::at(then, None)));
        }
        for (id, history) in &all.complaints {
            let then = before.complaints.get(id);
            prop_assert_eq!(Complaint::at(history, Some(as_of)), then.and_then(|then| Complaint::at(then, None)));
        }
        for (id, history) in &all.tasks {
            let then = before.tasks.get(id);
            prop_assert_eq!(Task::at(history, Some(as_of)), then.and_then(|then| Task::at(then, None)));
        }
        prop_assert_eq!(Pipelines::at(&all.pipelines, Some(as_of)), Pipelines::at(&before.pipelines, None));
        prop_assert_eq!(goals_at(&all.goals, Some(as_of)), goals_at(&before.goals, None));
    }

    #[test]
    fn erasing_a_person_takes_titles_and_nothing_else(told in told()) {
        let events = events(&told);
        let left: Vec<_> = events.iter().map(erased).collect();
        let (before, after) = (whole(&events), whole(&left));
        prop_assert_eq!(before.offers.len(), after.offers.len());
        for (id, history) in &before.offers {
            let Some(mut offer) = Offer::at(history, None) else { continue };
            offer.standing.terms.title = Said::Silent;
            prop_assert_eq!(Some(offer), Offer::at(&after.offers[id], None));
        }
        for (id, history) in &before.leads {
            let Some(mut lead) = Lead::at(history, None) else { continue };
            lead.standing.terms.title = Said::Silent;
            prop_assert_eq!(Some(lead), Lead::at(&after.leads[id], None));
        }
        for (id, history) in &before.tasks {
            let Some(mut task) = Task::at(history, None) else { continue };
            task.title = None;
            prop_assert_eq!(Some(task), Task::at(&after.tasks[id], None));
        }
        prop_assert_eq!(&before.complaints, &after.complaints);
        prop_assert_eq!((&before.pipelines, &before.goals), (&after.pipelines, &after.goals));
        prop_assert_eq!((&before.activities, &before.notes), (&after.activities, &after.notes));
        prop_assert_eq!(&before.marks, &after.marks);
    }
}

fn ended(status: offer::Status) -> End {
    match status {
        offer::Status::Open => End::Open,
        offer::Status::Won => End::Reached,
        offer::Status::Lost => End::Failed,
    }
}

/// What holds of every offer, whatever it was told.
fn check_offer(offer: &Offer) -> Result<(), TestCaseError> {
    let standing = &offer.standing;
    prop_assert_eq!(standing.closed_at.is_some(), standing.status != offer::Status::Open);
    prop_assert!(standing.opened_at <= standing.stage_since && standing.stage_since <= standing.changed_at);
    let last = standing.turns.last().expect("a beginning");
    prop_assert_eq!(last.status, standing.status);
    prop_assert_eq!(last.stage.as_ref(), standing.terms.stage.value());
    prop_assert_eq!(last.pipeline.as_ref(), standing.terms.pipeline.value());
    prop_assert_eq!(offer.sums.last().and_then(|sum| sum.amount), standing.terms.amount.value().copied());
    Ok(())
}

/// Every reading of the rows, none of which may panic. Boards and funnels count everything once.
fn read_all(rows: &Rows, as_of: Instant) -> Result<(), TestCaseError> {
    let pipelines = Pipelines::at(&rows.pipelines, Some(as_of));
    let zone = TimeZone::get("America/St_Johns").unwrap();
    let offers: Vec<_> = rows.offers.iter().filter_map(|(id, h)| Some((*id, Offer::at(h, Some(as_of))?))).collect();
    for (_, offer) in &offers {
        check_offer(offer)?;
    }
    let cards: Vec<_> = offers.iter().map(|(id, offer)| Card::of(*id, &offer.standing)).collect();
    let open: Vec<_> = cards.iter().filter(|card| card.status == offer::Status::Open).collect();
    let journeys: Vec<_> =
        offers.iter().map(|(_, offer)| Journey::of(&offer.standing, &pipelines, Passing::Offers, ended)).collect();
    for definition in pipelines.all(Passing::Offers) {
        let board = Board::of(definition, as_of, open.iter().map(|card| card.tile()));
        let backwards = Board::of(definition, as_of, open.iter().rev().map(|card| card.tile()));
        prop_assert_eq!(board.columns(), backwards.columns());
        prop_assert_eq!(board.total().0, open.len() as u64);
        let funnel = Funnel::of(definition, &journeys);
        prop_assert!(funnel.count <= journeys.len() as u64 && funnel.won + funnel.lost <= funnel.count);
        let reached: Vec<_> = funnel.steps.iter().map(|step| step.reached).collect();
        prop_assert!(reached.is_sorted_by(|a, b| a >= b), "who came further came here: {:?}", reached);
    }
    let period = kulta_projections::pipeline::period::Period::ever(zone.clone());
    let tallies = wins(&cards, &[By::Owner, By::Month, By::ReasonCode], &period);
    let counted: u64 = tallies.values().map(|tally| tally.won + tally.lost).sum();
    prop_assert_eq!(counted, (cards.len() - open.len()) as u64);
    for goal in goals_at(&rows.goals, Some(as_of)).values() {
        goal.progress(&cards, &zone, pipelines.default_id(Passing::Offers));
    }
    read_daily(rows, as_of, zone)
}

fn read_daily(rows: &Rows, as_of: Instant, zone: TimeZone) -> Result<(), TestCaseError> {
    let tasks: Vec<_> = rows.tasks.iter().filter_map(|(id, h)| Some((*id, Task::at(h, Some(as_of))?))).collect();
    let list = rank(tasks.iter().map(|(id, task)| (*id, task, None)), as_of, &zone);
    prop_assert!(list.len() <= tasks.len());
    let hours = BusinessHours::built_in(zone);
    for (id, history) in &rows.complaints {
        let Some(complaint) = Complaint::at(history, Some(as_of)) else { continue };
        let all = notices(*id, &complaint, &hours, 0, as_of);
        let late = complaint.rounds.iter().filter(|round| round.clock(&hours, as_of).breached).count();
        // With no time for a warning, each breach comes with one.
        prop_assert_eq!(all.len(), 2 * late);
        let (last, earlier) = complaint.rounds.split_last().map_or((None, &[][..]), |(last, all)| (Some(last), all));
        prop_assert!(earlier.iter().all(|round| round.until.is_some()));
        prop_assert!(last.is_none_or(|last| last.until.is_none_or(|until| last.from <= until)));
    }
    Ok(())
}

/// The command that would write this event, decided on the rows; then what it was to do is done, or nothing.
fn command(rows: &Rows, event: &Recorded, pipelines: &Pipelines) -> Result<bool, TestCaseError> {
    let (data, before) = (&event.payload.data, rows.clone());
    let mut after = rows.clone();
    let may = if let Some(fact) = OfferFact::read(event) {
        let id = event.record_of_stream("offer");
        let state = rows.offers.get(&id).and_then(|history| Offer::at(history, None));
        let may = decide::offer(state.as_ref(), pipelines, fact.what, data).is_ok();
        if may {
            after.fold(std::slice::from_ref(event));
            offer_did(&fact, &after.offers[&id])?;
        }
        may
    } else if let Some(fact) = LeadFact::read(event) {
        let id = event.record_of_stream("lead");
        let state = rows.leads.get(&id).and_then(|history| Lead::at(history, None));
        let may = decide::lead(state.as_ref(), pipelines, fact.what, data).is_ok();
        if may {
            after.fold(std::slice::from_ref(event));
            lead_did(&fact, &after.leads[&id])?;
        }
        may
    } else {
        false
    };
    prop_assert_eq!(rows, &before, "a decision changes nothing");
    Ok(may)
}

fn offer_did(fact: &OfferFact, history: &OfferHistory) -> Result<(), TestCaseError> {
    use offer::What::{Amended, Commented, Created, DocumentAttached, Lost, Reopened, StageChanged, Won};
    let offer = Offer::at(history, None).expect("it was told");
    let standing = &offer.standing;
    let expected = match fact.what {
        Won => offer::Status::Won,
        Lost => offer::Status::Lost,
        Created | Amended | StageChanged | Reopened => offer::Status::Open,
        Commented | DocumentAttached => return Ok(()),
    };
    prop_assert_eq!(standing.status, expected);
    if fact.what == StageChanged {
        if let Some(stage) = fact.terms.stage.value() {
            prop_assert_eq!(standing.terms.stage.value(), Some(stage));
        }
        if let Said::Is(probability) = &fact.terms.probability {
            prop_assert_eq!(standing.terms.probability.value(), Some(probability));
        }
    }
    Ok(())
}

fn lead_did(fact: &LeadFact, history: &LeadHistory) -> Result<(), TestCaseError> {
    use lead::What::{Created, Disqualified, HandedOver, HandoverAccepted, HandoverRejected, Qualified, StageChanged};
    let lead = Lead::at(history, None).expect("it was told");
    match fact.what {
        Created | StageChanged => prop_assert_eq!(lead.standing.status, lead::Status::Open),
        Qualified => prop_assert_eq!(lead.standing.status, lead::Status::Qualified),
        Disqualified => prop_assert_eq!(lead.standing.status, lead::Status::Disqualified),
        HandedOver => prop_assert!(lead.waiting().is_some()),
        HandoverAccepted | HandoverRejected => prop_assert!(lead.waiting().is_none()),
    }
    Ok(())
}

trait InStream {
    fn record_of_stream(&self, category: &str) -> Uuid;
}

impl InStream for Recorded {
    fn record_of_stream(&self, category: &str) -> Uuid {
        kulta_projections::pipeline::step::thing(self, category).expect("a stream of its own")
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn every_reading_is_total(told in told(), time in 0_u8..9) {
        let rows = whole(&events(&told));
        read_all(&rows, day(time))?;
        read_all(&rows, Instant::from_micros(i64::MAX))?;
    }

    #[test]
    fn what_may_be_done_does_what_it_says_and_a_refusal_nothing(told in told(), asked in told()) {
        let rows = whole(&events(&told));
        let pipelines = Pipelines::at(&rows.pipelines, None);
        // Later than everything: a person acts now.
        for (number, asked) in (100..).zip(&asked) {
            let mut event = Told::recorded(asked, number);
            event.order.time = day(100);
            command(&rows, &event, &pipelines)?;
        }
    }
}

/// The world above is one in which both answers are common; else the property would prove little.
#[test]
fn decisions_go_both_ways() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut may, mut may_not) = (0, 0);
    for _ in 0..60 {
        let tree = (told(), told()).new_tree(&mut runner).unwrap();
        let (told, asked) = tree.current();
        let rows = whole(&events(&told));
        let pipelines = Pipelines::at(&rows.pipelines, None);
        for (number, asked) in (100..).zip(&asked) {
            let mut event = asked.recorded(number);
            event.order.time = day(100);
            let is_one = OfferFact::read(&event).is_some() || LeadFact::read(&event).is_some();
            match command(&rows, &event, &pipelines).unwrap() {
                true => may += 1,
                false if is_one => may_not += 1,
                false => {}
            }
        }
    }
    assert!(may > 50 && may_not > 50, "{may} may, {may_not} may not");
}

#[test]
fn things_are_read_from_their_own_streams_only() {
    let told = |type_name: &str, stream: &str| {
        let mut event = Told::plain(type_name).recorded(1);
        event.stream = stream.to_owned();
        event
    };
    let id = Uuid::from_u128(7);
    for family in ["offer", "lead", "complaint", "task"] {
        let type_name = ["offer.won", "lead.created", "complaint.closed", "task.done"]
            .into_iter()
            .find(|name| name.starts_with(family))
            .unwrap();
        assert!(whole(&[told(type_name, &format!("{family}-{id}"))]) != Rows::default());
        for stream in [format!("record-{id}"), format!("{family}s-{id}"), format!("{family}-7"), family.to_owned()] {
            assert_eq!(whole(&[told(type_name, &stream)]), Rows::default(), "{stream}");
        }
    }
}
