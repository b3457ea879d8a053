//! Shares of a rebuild on PostgreSQL: each is one node's at a time, and is seen whole or not at all.

use std::sync::Arc;

use kulta::store::Error;
use kulta::store::sharing::{Held, Plan, Sharing, Stage};
use kulta::store::views::Generations;
use kulta_projections::rows::{RecordRow, UnknownRow};
use kulta_projections::whole::{SHARES, assign, share_of};

use super::given::{EPOCH, Store};
use super::rows::people;

/// A rebuild of these people by two nodes.
struct Shared {
    store: Store,
    other: Arc<dyn Generations>,
    plan: Plan,
}

impl Shared {
    async fn begun() -> Self {
        let store = Store::postgres().await;
        store.generations.live().await.unwrap();
        let built = store.generations.build(EPOCH).await.unwrap();
        let plan = Plan { generation: built.number(), epoch: EPOCH, from: None, until: 7 };
        let other = store.again().await;
        store.generations.sharing().unwrap().begin(plan).await.unwrap();
        Self { store, other, plan }
    }

    fn one(&self) -> &dyn Sharing {
        self.store.generations.sharing().unwrap()
    }

    fn two(&self) -> &dyn Sharing {
        self.other.sharing().unwrap()
    }

    /// Whoever has shares has been silent for long.
    async fn silence(&self) {
        let sql = "UPDATE {g}share SET seen_at = seen_at - interval '1 minute'";
        self.store.on_tables(self.plan.generation, sql).await;
    }

    async fn open(&self, stage: Stage) -> u64 {
        self.one().standing(self.plan, stage).await.unwrap().open
    }

    /// Does a share with these of the rows.
    async fn records(&self, node: &dyn Sharing, held: Held, all: &[RecordRow]) -> Result<(), Error> {
        let own: Vec<_> = all.iter().filter(|row| share_of(row.record) == held.share).cloned().collect();
        let mut filling = node.fill(self.plan, held).await?;
        filling.records(&own).await?;
        let unknown = UnknownRow { source: "erp".to_owned(), type_name: "purchase.made".to_owned(), count: 1 };
        filling.done(own.len() as u64, &[unknown]).await
    }

    async fn stored(&self) -> Vec<RecordRow> {
        let mut rows = Vec::new();
        for share in 0..SHARES {
            let mut last = None;
            loop {
                let page = self.one().records_page(self.plan, share, last.as_ref(), 2).await.unwrap();
                let Some(row) = page.last() else { break };
                last = Some(row.clone());
                rows.extend(page);
            }
        }
        rows
    }
}

/// People as records by themselves.
fn records(count: u64) -> Vec<RecordRow> {
    let mut rows = people(count).records;
    rows.sort_by_key(|row| row.record);
    for row in &mut rows {
        row.customer = row.record.into();
    }
    rows
}

#[tokio::test]
async fn nodes_that_are_ready_see_each_other_and_the_work() {
    let shared = Shared::begun().await;
    let (one, two) = (shared.one(), shared.two());
    assert_eq!((one.others().await.unwrap(), two.others().await.unwrap()), (0, 0));
    assert_eq!(two.attend().await.unwrap(), Some((shared.plan, Stage::Records)));
    assert_eq!((one.others().await.unwrap(), two.others().await.unwrap()), (1, 0));
    one.attend().await.unwrap();
    assert_eq!((one.others().await.unwrap(), two.others().await.unwrap()), (1, 1));
    two.leave().await;
    one.leave().await;
    let gone = || async { (one.others().await.unwrap() == 0).then_some(()) };
    kulta_test_support::eventually(std::time::Duration::from_secs(10), gone).await;
    // A projector that has taken over does not go on with it.
    shared.store.set_epoch(EPOCH + 1).await;
    assert_eq!(two.attend().await.unwrap(), None);
}

#[tokio::test]
async fn a_share_is_one_nodes_until_that_is_silent() {
    let shared = Shared::begun().await;
    let (one, two, plan) = (shared.one(), shared.two(), shared.plan);
    let first = one.take(plan, Stage::Records, "one", 20).await.unwrap();
    let second = two.take(plan, Stage::Records, "two", 20).await.unwrap();
    assert_eq!((first.len(), second.len()), (20, 12));
    assert!(two.take(plan, Stage::Records, "two", 20).await.unwrap().is_empty());
    shared.silence().await;
    assert_eq!(one.keep(plan, &first).await.unwrap(), 20, "nobody has taken them");
    let taken = one.take(plan, Stage::Records, "one", 40).await.unwrap();
    assert_eq!(taken.len(), 12, "only what its holder is silent about");
    assert_eq!((two.keep(plan, &second).await.unwrap(), one.keep(plan, &taken).await.unwrap()), (0, 12));
}

#[tokio::test]
async fn nothing_appears_of_a_node_that_lost_its_share() {
    let shared = Shared::begun().await;
    let (one, two, plan) = (shared.one(), shared.two(), shared.plan);
    let rows = records(60);
    let lost = two.take(plan, Stage::Records, "two", 1).await.unwrap()[0];
    let mut sleeping = two.fill(plan, lost).await.unwrap();
    let own: Vec<_> = rows.iter().filter(|row| share_of(row.record) == lost.share).cloned().collect();
    sleeping.records(&own).await.unwrap();
    shared.silence().await;
    let taken = one.take(plan, Stage::Records, "one", 32).await.unwrap();
    let error = shared.records(two, lost, &rows).await.unwrap_err();
    assert!(matches!(error, Error::Fenced), "the other has only begun with it: {error:?}");
    for held in taken {
        shared.records(one, held, &rows).await.unwrap();
    }
    let more = UnknownRow { source: "erp".to_owned(), type_name: "purchase.made".to_owned(), count: 1 };
    let error = sleeping.done(own.len() as u64, std::slice::from_ref(&more)).await.unwrap_err();
    assert!(matches!(error, Error::Fenced), "{error:?}");
    assert_eq!(one.standing(plan, Stage::Records).await.unwrap().rows, 60);
    one.gathered(plan).await.unwrap();
    assert_eq!(shared.stored().await, rows);
    let unknown = one.generation(plan).unknown().await.unwrap();
    assert_eq!(unknown, [UnknownRow { count: u64::from(SHARES), ..more }]);
}

#[tokio::test]
async fn a_share_is_not_done_under_an_epoch_that_is_over() {
    let shared = Shared::begun().await;
    let (two, plan) = (shared.two(), shared.plan);
    let held = two.take(plan, Stage::Records, "two", 2).await.unwrap();
    shared.store.set_epoch(EPOCH + 1).await;
    assert!(matches!(shared.records(two, held[0], &records(60)).await.unwrap_err(), Error::Fenced));
    assert_eq!(two.keep(plan, &held).await.unwrap(), 0);
    assert!(two.take(plan, Stage::Records, "two", 2).await.unwrap().is_empty());
    for fenced in [shared.one().standing(plan, Stage::Records).await.map(drop), shared.one().assigned(plan, &[]).await]
    {
        assert!(matches!(fenced, Err(Error::Fenced)), "{fenced:?}");
    }
}

#[tokio::test]
async fn nobody_goes_on_with_a_rebuild_that_was_given_up() {
    let shared = Shared::begun().await;
    let (one, two, plan) = (shared.one(), shared.two(), shared.plan);
    let held = two.take(plan, Stage::Records, "two", 2).await.unwrap();
    one.give_up(plan).await.unwrap();
    assert_eq!((two.attend().await.unwrap(), two.keep(plan, &held).await.unwrap()), (None, 0));
    assert!(matches!(shared.records(two, held[0], &records(60)).await.unwrap_err(), Error::Fenced));
    assert!(two.take(plan, Stage::Records, "two", 2).await.unwrap().is_empty());
}

#[tokio::test]
async fn customers_are_made_of_all_their_records_whatever_the_shares() {
    let shared = Shared::begun().await;
    let (one, two, plan) = (shared.one(), shared.two(), shared.plan);
    let rows = records(60);
    for (number, held) in one.take(plan, Stage::Records, "one", 32).await.unwrap().into_iter().enumerate() {
        shared.records(if number % 2 == 0 { one } else { two }, held, &rows).await.unwrap();
    }
    assert_eq!(shared.open(Stage::Records).await, 0);
    one.gathered(plan).await.unwrap();
    // Every fourth of three in a row, the second of which was first.
    let clusters = rows.chunks(4).map(|four| four[..3].iter().map(|row| row.record).collect::<Vec<_>>());
    let place = |record| rows.iter().find(|row| row.record == record).map(|row| (row.first_position, row.shaped_at));
    let assigned = assign(clusters, [], place);
    one.assigned(plan, &assigned).await.unwrap();
    assert_eq!(two.attend().await.unwrap(), Some((plan, Stage::Customers)));
    let mut wanted = rows.clone();
    for of in &assigned {
        let row = wanted.iter_mut().find(|row| row.record == of.record).unwrap();
        (row.customer, row.shaped_at) = (of.customer, of.shaped_at);
    }
    wanted.sort_by_key(|row| (row.customer, row.first_position, row.record));
    let mut found = Vec::new();
    for held in two.take(plan, Stage::Customers, "two", 32).await.unwrap() {
        let mut last: Option<RecordRow> = None;
        let mut filling = two.fill(plan, held).await.unwrap();
        loop {
            let page = two.customers_page(plan, held.share, last.as_ref(), 2).await.unwrap();
            let Some(row) = page.last() else { break };
            last = Some(row.clone());
            filling.customers(&page, &[]).await.unwrap();
            found.extend(page);
        }
        filling.done(0, &[]).await.unwrap();
    }
    assert_eq!(found, wanted);
    assert_eq!(shared.open(Stage::Customers).await, 0);
    one.end(plan).await.unwrap();
    let built = one.generation(plan);
    built.filled(7).await.unwrap();
    let mut stored = built.records(&rows.iter().map(|row| row.record).collect::<Vec<_>>()).await.unwrap();
    stored.sort_by_key(|row| (row.customer, row.first_position, row.record));
    assert_eq!(stored, wanted);
}
