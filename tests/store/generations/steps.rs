//! Steps that nodes share on PostgreSQL: what they stage is seen when it takes its place, at once and whole, or never.

use std::collections::BTreeSet;
use std::sync::Arc;

use kulta::store::Error;
use kulta::store::sharing::{Held, Plan, Sharing, Stage};
use kulta::store::views::{Generation, Generations};
use kulta_events::CustomerId;
use kulta_projections::batch::{Changes, Needs, Places, Span, customers_touched};
use kulta_projections::record::RecordState;
use kulta_projections::rows::{PolicyRow, RecordRow};
use kulta_projections::whole::{SHARES, share_of};

use super::given::{EPOCH, Store};
use super::rows::{Contents, bare, contents, decision, id, people, record, unknown};

/// Where the step begins and ends.
const SPAN: Span = Span { from: 25, to: 60 };

/// Twenty people, and a step by two nodes.
struct Shared {
    store: Store,
    other: Arc<dyn Generations>,
    live: Arc<dyn Generation>,
    plan: Plan,
}

/// What the step changes.
struct Given {
    /// What is folded: people that say more, and new ones.
    staged: Vec<RecordRow>,
    places: Places,
    /// All of it as one node writes it.
    changes: Changes,
}

fn given() -> Given {
    let more = |n: u64| RecordRow { shaped_at: 26 + n, state: record(n + 40).state, ..record(n) };
    let staged: Vec<_> = (1..=10).map(more).chain((40..=44).map(bare)).collect();
    let mut all: Vec<_> = people(20).records.into_iter().filter(|row| row.record != id(1)).collect();
    all.retain(|row| staged.iter().all(|staged| staged.record != row.record));
    all.extend(staged.clone());
    // Folded ones together, one that was not with one that was, two that were not, and a new one with an old one.
    let moved = [(2, 1), (15, 3), (17, 16), (41, 4)];
    for (member, founder) in moved {
        all.iter_mut().filter(|row| row.record == id(member)).for_each(|row| row.customer = id(founder).into());
    }
    // A decision names one that was not folded and stays where it is.
    all.iter_mut().filter(|row| row.record == id(19)).for_each(|row| row.shaped_at = 50);
    let changed = |row: &&RecordRow| {
        let number = |numbers: &[u64]| numbers.iter().any(|n| row.record == id(*n));
        staged.iter().any(|staged| staged.record == row.record) || number(&[15, 17, 19])
    };
    let records: Vec<_> = all.iter().filter(changed).cloned().collect();
    let left = [2, 15, 17].map(|n| CustomerId::from(id(n)));
    let touched: BTreeSet<_> = records.iter().map(|row| row.customer).chain(left).collect();
    let members: Vec<_> = all.iter().filter(|row| touched.contains(&row.customer)).cloned().collect();
    let customers = customers_touched(&members, &PolicyRow::built_in(), SPAN);
    let decisions = vec![decision(50, &[19], &[20])];
    let changes = Changes {
        records: records.clone(),
        customers,
        deleted: left.to_vec(),
        decisions: decisions.clone(),
        unknown: vec![unknown("crm", "purchase.made", 3), unknown("erp", "purchase.made", u64::from(SHARES))],
        ..Changes::default()
    };
    let bare = |row: &RecordRow| RecordRow { state: RecordState::default(), ..row.clone() };
    let records = records.iter().map(bare).collect();
    let places = Places { records, touched, decisions, unknown: vec![unknown("crm", "purchase.made", 3)] };
    Given { staged, places, changes }
}

impl Shared {
    async fn begun() -> Self {
        let store = Store::postgres().await;
        let live = store.generations.live().await.unwrap();
        live.write(&people(20), SPAN.from, EPOCH, None).await.unwrap();
        let plan = Plan { generation: live.number(), epoch: EPOCH, from: Some(SPAN.from), until: SPAN.to };
        let other = store.again().await;
        store.generations.sharing().unwrap().begin_step(plan).await.unwrap();
        Self { store, other, live, plan }
    }

    fn one(&self) -> &dyn Sharing {
        self.store.generations.sharing().unwrap()
    }

    fn two(&self) -> &dyn Sharing {
        self.other.sharing().unwrap()
    }

    async fn share(&self, node: &dyn Sharing, held: Held, staged: &[RecordRow]) -> Result<(), Error> {
        let own: Vec<_> = staged.iter().filter(|row| share_of(row.record) == held.share).cloned().collect();
        let mut filling = node.fill(self.plan, held).await?;
        filling.records(&own).await?;
        filling.done(own.len() as u64, &[unknown("erp", "purchase.made", 1)]).await
    }

    async fn fold(&self, given: &Given) {
        let (one, two, plan) = (self.one(), self.two(), self.plan);
        for (number, held) in one.take(plan, Stage::Records, "one", 32).await.unwrap().into_iter().enumerate() {
            self.share(if number % 2 == 0 { one } else { two }, held, &given.staged).await.unwrap();
        }
        one.gathered(plan).await.unwrap();
    }

    async fn make(&self, given: &Given) {
        let (one, two, plan) = (self.one(), self.two(), self.plan);
        one.placed(plan, &given.places).await.unwrap();
        assert_eq!(two.attend().await.unwrap(), Some((plan, Stage::Customers)));
        for held in two.take(plan, Stage::Customers, "two", 32).await.unwrap() {
            let records = two.touched(plan, held.share).await.unwrap();
            let customers = customers_touched(&records, &PolicyRow::built_in(), SPAN);
            let mut filling = two.fill(plan, held).await.unwrap();
            filling.customers(&records, &customers).await.unwrap();
            filling.done(customers.len() as u64, &[]).await.unwrap();
        }
    }

    async fn contents(&self) -> Contents {
        contents(&self.live).await
    }

    /// Everything is staged, and nothing can be taken in.
    async fn refused(&self, given: &Given) -> Error {
        let before = self.contents().await;
        let error = self.one().take_in(self.plan, &given.places).await.unwrap_err();
        assert_eq!(self.contents().await, before);
        error
    }
}

#[tokio::test]
async fn what_is_staged_is_seen_when_the_step_ends_and_is_what_one_node_writes() {
    let (shared, given) = (Shared::begun().await, given());
    let before = shared.contents().await;
    assert_eq!(shared.two().attend().await.unwrap(), Some((shared.plan, Stage::Records)));
    shared.fold(&given).await;
    shared.make(&given).await;
    assert_eq!(shared.contents().await, before, "nothing is seen before all is");
    shared.one().take_in(shared.plan, &given.places).await.unwrap();
    let store = Store::postgres().await;
    let alone = store.generations.live().await.unwrap();
    alone.write(&people(20), SPAN.from, EPOCH, None).await.unwrap();
    alone.advance(SPAN.from, &given.changes, SPAN.to, EPOCH, None).await.unwrap();
    assert_eq!(shared.contents().await, contents(&alone).await);
    let again = shared.refused(&given).await;
    assert!(matches!(again, Error::Fenced), "the checkpoint is elsewhere: {again:?}");
    shared.one().end(shared.plan).await.unwrap();
    assert_eq!(shared.two().attend().await.unwrap(), None);
}

#[tokio::test]
async fn one_whose_epoch_is_over_takes_nothing_in() {
    let (shared, given) = (Shared::begun().await, given());
    shared.fold(&given).await;
    shared.make(&given).await;
    shared.store.set_epoch(EPOCH + 1).await;
    let error = shared.refused(&given).await;
    assert!(matches!(error, Error::Fenced), "{error:?}");
}

#[tokio::test]
async fn nothing_is_taken_in_when_a_part_is_lost_or_not_done() {
    let (shared, given) = (Shared::begun().await, given());
    shared.fold(&given).await;
    shared.one().placed(shared.plan, &given.places).await.unwrap();
    let error = shared.refused(&given).await;
    assert!(matches!(error, Error::Inconsistent(_)), "customers are not made: {error:?}");
    for table in ["share_state", "share_member", "share_customer", "share_touched"] {
        let (shared, given) = (Shared::begun().await, self::given());
        shared.fold(&given).await;
        shared.make(&given).await;
        // As a crash of the server does.
        shared.store.on_tables(shared.plan.generation, &format!("TRUNCATE {{g}}{table}")).await;
        let error = shared.refused(&given).await;
        assert!(matches!(error, Error::Inconsistent(_)), "{table}: {error:?}");
    }
}

#[tokio::test]
async fn nothing_appears_of_a_node_that_is_a_step_behind() {
    let (shared, given) = (Shared::begun().await, given());
    let (one, two, before) = (shared.one(), shared.two(), shared.plan);
    let late = two.take(before, Stage::Records, "two", 32).await.unwrap();
    one.end(before).await.unwrap();
    let next = Plan { until: SPAN.to + 10, ..before };
    one.begin_step(next).await.unwrap();
    assert!(two.take(before, Stage::Records, "two", 32).await.unwrap().is_empty());
    // The same shares under the same tokens.
    assert_eq!(one.take(next, Stage::Records, "one", 32).await.unwrap(), late);
    assert_eq!(two.keep(before, &late).await.unwrap(), 0);
    for held in late.iter().filter(|held| given.staged.iter().any(|row| share_of(row.record) == held.share)) {
        let error = shared.share(two, *held, &given.staged).await.unwrap_err();
        assert!(matches!(error, Error::Fenced), "{error:?}");
    }
    assert_eq!(one.standing(next, Stage::Records).await.unwrap().open, u64::from(SHARES));
    for share in 0..SHARES {
        assert_eq!(one.records_page(next, share, None, 1).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_step_begins_with_nothing_of_the_one_before() {
    let (shared, given) = (Shared::begun().await, given());
    shared.fold(&given).await;
    shared.make(&given).await;
    shared.store.set_epoch(EPOCH + 1).await;
    let next = Plan { epoch: EPOCH + 1, ..shared.plan };
    shared.one().begin_step(next).await.unwrap();
    let shared = Shared { plan: next, ..shared };
    shared.fold(&given).await;
    shared.make(&given).await;
    shared.one().take_in(next, &given.places).await.unwrap();
    assert_eq!(shared.contents().await.unknown, given.changes.unknown);
}

#[tokio::test]
async fn places_come_without_states() {
    let shared = Shared::begun().await;
    let needs = Needs { records: [id(3)].into(), members_of: [id(4).into()].into(), ..Needs::default() };
    let mut found = shared.one().look_up_places(shared.plan, &needs).await.unwrap().records;
    found.sort_by_key(|row| row.first_position);
    let place = |n| RecordRow { subject: None, state: RecordState::default(), ..record(n) };
    assert_eq!(found, [place(3), place(4)]);
}
