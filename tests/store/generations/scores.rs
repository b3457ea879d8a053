//! Lists of scores: filled, swapped, kept up, fenced.

use std::sync::Arc;

use kulta::store::Error;
use kulta::store::scores::{BalancePlace, MadeBy, Place, ScoreChanges, ScoreSet, SetChange, SetState};
use kulta::store::views::Generation;
use kulta_events::{CustomerId, Instant};
use kulta_projections::scores::rows::{Refused, ScoreRow, Service};
use kulta_projections::scores::service::Balance;
use rust_decimal::Decimal;

use super::given::{EPOCH, Store};
use super::on_both_stores;
use super::rows::{id, people};

on_both_stores!(
    a_list_is_filled_and_takes_the_place_of_the_one_before,
    pages_stand_in_the_order_of_points,
    balances_stand_by_share_or_by_points,
    changes_are_noted_while_there_are_lists,
    whoever_lost_the_epoch_or_the_place_writes_nothing,
);

fn made_by(version: u64) -> MadeBy {
    let as_of = Instant::from_micros(1_700_000_000_000_000);
    MadeBy { rule_set: "value".to_owned(), version, hash: format!("h{version}"), as_of, policy: 3 }
}

pub fn customer(n: u64) -> CustomerId {
    id(n).into()
}

pub fn row(n: u64, points: Option<&str>) -> ScoreRow {
    let points: Option<Decimal> = points.map(|text| text.parse().unwrap());
    let refused = || Refused { reason: "rule `a`: division by zero".to_owned(), position: Some(7) };
    ScoreRow {
        customer: customer(n),
        points,
        grade: points.filter(|points| *points >= 100.into()).map(|_| "A".into()),
        service: None,
        refused: points.is_none().then(refused),
    }
}

fn served(n: u64, points: &str, balance: Balance, share: i64) -> ScoreRow {
    let (minutes, cost) = ("30.5".parse().unwrap(), 7.into());
    ScoreRow { service: Some(Service { minutes, cost, balance, share }), ..row(n, Some(points)) }
}

pub type Live = Arc<dyn Generation>;

pub async fn built(live: &Live, version: u64, rows: &[ScoreRow], position: u64) -> ScoreSet {
    let number = live.begin_scores(&made_by(version), EPOCH).await.unwrap();
    for some in rows.chunks(2) {
        live.fill_scores(number, some).await.unwrap();
    }
    live.filled_scores(number, position, EPOCH).await.unwrap();
    set(live, number).await
}

/// The list of a rule set that is live.
async fn live_list(live: &Live, rule_set: &str) -> Option<i64> {
    let is_meant = |set: &ScoreSet| set.state == SetState::Live && set.made_by.rule_set == rule_set;
    live.score_sets().await.unwrap().into_iter().find(is_meant).map(|set| set.number)
}

async fn set(live: &Live, number: i64) -> ScoreSet {
    live.score_sets().await.unwrap().into_iter().find(|set| set.number == number).unwrap()
}

pub fn change(set: &ScoreSet, rows: Vec<ScoreRow>, gone: &[u64], to: u64) -> ScoreChanges {
    let sets = vec![SetChange { set: set.clone(), state: SetState::Live, rows }];
    ScoreChanges { sets, gone: gone.iter().copied().map(customer).collect(), to, done: to, notes: Vec::new() }
}

async fn all(live: &Live, number: i64) -> Vec<ScoreRow> {
    live.score_page(number, &Place::first(), 100).await.unwrap().unwrap().rows
}

async fn a_list_is_filled_and_takes_the_place_of_the_one_before(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(3), 9, EPOCH, None).await.unwrap();
    let first = built(&live, 1, &[row(1, Some("5")), row(2, Some("100.50"))], 9).await;
    assert_eq!((first.state, first.position, &first.made_by), (SetState::Built, 9, &made_by(1)));
    assert_eq!(live_list(&live, "value").await, None, "nobody reads it yet");
    live.advance_scores(&change(&first, Vec::new(), &[], 9), EPOCH).await.unwrap();
    assert_eq!(live_list(&live, "value").await, Some(first.number));
    assert_eq!(live_list(&live, "other").await, None);

    let second = built(&live, 2, &[row(1, Some("7"))], 9).await;
    let first = set(&live, first.number).await;
    // Kept up both in one go: a row is changed, one is new, one goes.
    let mut both = change(&first, vec![row(1, Some("6")), row(3, None)], &[2], 12);
    both.sets.extend(change(&second, vec![row(3, Some("0.0000000000000000000000000001"))], &[], 12).sets);
    both.sets[0].state = SetState::Live;
    live.advance_scores(&both, EPOCH).await.unwrap();
    assert_eq!(live_list(&live, "value").await, Some(second.number));
    let states: Vec<_> = live.score_sets().await.unwrap().into_iter().map(|set| (set.state, set.position)).collect();
    assert_eq!(states, [(SetState::Past, 12), (SetState::Live, 12)]);
    // Who began with the first one may go on.
    assert_eq!(all(&live, first.number).await, [row(1, Some("6")), row(3, None)]);
    let tiny = row(3, Some("0.0000000000000000000000000001"));
    assert_eq!(all(&live, second.number).await, [row(1, Some("7")), tiny.clone()]);
    let listed = live.listed(second.number, customer(3)).await.unwrap().unwrap();
    assert_eq!((listed.row, listed.above), (tiny, 1));
    assert_eq!(live.listed(second.number, customer(2)).await.unwrap(), None);

    live.remove_scores(&[first.number], EPOCH).await.unwrap();
    assert_eq!(live.score_page(first.number, &Place::first(), 9).await.unwrap(), None);
    assert_eq!(live.listed(first.number, customer(1)).await.unwrap(), None);
    assert_eq!(live.grades(first.number).await.unwrap(), []);
    assert_eq!(live.score_sets().await.unwrap().len(), 1);
}

async fn pages_stand_in_the_order_of_points(store: Store) {
    let live = store.generations.live().await.unwrap();
    let points = ["-3.5", "100", "99.9999", "100.00", "0", "-12345678901234567890", "79228162514264337593543950335"];
    let mut rows: Vec<ScoreRow> = (1..).zip(points).map(|(n, points)| row(n, Some(points))).collect();
    rows.push(row(8, None));
    let set = built(&live, 1, &rows, 0).await;
    let mut seen = Vec::new();
    let mut place = Place::first();
    loop {
        let page = live.score_page(set.number, &place, 2).await.unwrap().unwrap();
        let Some(last) = page.rows.last() else { break };
        (place.key, place.customer) = (last.rank_key(), last.customer.0);
        seen.push((page.above, page.beside));
        rows.retain(|row| !page.rows.contains(row));
    }
    assert_eq!(rows, [], "every row came once");
    // Behind the largest and one of two equal ones.
    assert_eq!(seen, [(0, 0), (1, 1), (4, 0), (6, 0)]);
    let place = Place { lowest: row(1, Some("99.9999")).rank_key(), ..Place::first() };
    assert_eq!(live.score_page(set.number, &place, 9).await.unwrap().unwrap().rows.len(), 4);
    let mut grades = live.grades(set.number).await.unwrap();
    grades.sort();
    assert_eq!(grades, [(None, 5), (Some("A".to_owned()), 3)]);
}

async fn balances_stand_by_share_or_by_points(store: Store) {
    let live = store.generations.live().await.unwrap();
    let (over, under) = (Balance::Over, Balance::Under);
    let rows = [
        served(1, "5", over, 1_200_000),
        served(2, "1", over, 9_000_000),
        served(3, "7", under, 10),
        served(4, "9", under, 400_000),
        row(5, Some("50")),
    ];
    let set = built(&live, 1, &rows, 0).await;
    let page = async |balance, behind| {
        let page = live.balance_page(set.number, &BalancePlace { balance, behind }, 1).await.unwrap().unwrap();
        page.rows.into_iter().next()
    };
    let first = page(over, None).await.unwrap();
    assert_eq!(first, rows[1]);
    let behind = first.balance_key().map(|key| (key, first.customer.0));
    assert_eq!(page(over, behind).await, Some(rows[0].clone()));
    assert_eq!(page(under, None).await, Some(rows[3].clone()));
    assert_eq!(page(Balance::Within, None).await, None);
    let seen = live.scores_seen(set.number, None, 100).await.unwrap();
    assert_eq!(seen.iter().filter(|(_, row)| row.is_some()).count(), 5);
}

async fn changes_are_noted_while_there_are_lists(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(2), 5, EPOCH, None).await.unwrap();
    assert_eq!(live.changed_customers(100).await.unwrap(), [], "nobody needs to know");
    let set = built(&live, 1, &[], 5).await;
    let mut more = people(3);
    more.deleted = vec![customer(1)];
    more.customers.retain(|row| row.customer != customer(1));
    let mut changed: Vec<CustomerId> = more.customers.iter().map(|row| row.customer).chain([customer(1)]).collect();
    live.write(&more, 9, EPOCH, None).await.unwrap();
    assert_eq!(live.changed_customers(8).await.unwrap(), []);
    let mut noted = live.changed_customers(9).await.unwrap();
    changed.sort();
    noted.sort();
    assert_eq!(noted, changed);
    live.advance_scores(&change(&set, Vec::new(), &[], 9), EPOCH).await.unwrap();
    assert_eq!(live.changed_customers(100).await.unwrap(), [], "done with");
}

async fn whoever_lost_the_epoch_or_the_place_writes_nothing(store: Store) {
    let live = store.generations.live().await.unwrap();
    let set_1 = built(&live, 1, &[row(1, Some("5"))], 5).await;
    // Somebody else brought it further.
    live.advance_scores(&change(&set_1, vec![row(1, Some("6"))], &[], 7), EPOCH).await.unwrap();
    let late = live.advance_scores(&change(&set_1, vec![row(1, Some("4"))], &[], 6), EPOCH).await;
    assert!(matches!(late, Err(Error::Fenced)), "{late:?}");
    let set_1 = set(&live, set_1.number).await;
    store.set_epoch(EPOCH + 1).await;
    let refused = [
        live.advance_scores(&change(&set_1, vec![row(1, Some("4"))], &[1], 9), EPOCH).await,
        live.remove_scores(&[set_1.number], EPOCH).await,
        live.filled_scores(set_1.number, 9, EPOCH).await,
        live.begin_scores(&made_by(2), EPOCH).await.map(drop),
    ];
    assert!(refused.iter().all(|result| matches!(result, Err(Error::Fenced))), "{refused:?}");
    assert_eq!(live.score_sets().await.unwrap(), std::slice::from_ref(&set_1));
    assert_eq!(all(&live, set_1.number).await, [row(1, Some("6"))]);
}
