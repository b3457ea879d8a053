//! Generations come, take each other's place and go; only the projector with the newest epoch makes that happen.

use std::sync::Arc;

use kulta::store::Error;
use kulta::store::views::{Bulk, Generation};
use kulta_projections::batch::Changes;

use super::given::{EPOCH, Store};
use super::on_both_stores;
use super::rows::{contents, expected, id, people};

on_both_stores!(
    the_first_generation_is_made_once_and_stays,
    nodes_that_start_at_once_agree_on_the_first_generation,
    a_generation_is_built_while_the_live_one_goes_on,
    a_swap_switches_readers_and_leaves_the_old_one_readable,
    removed_generations_are_gone,
    what_an_interrupted_build_left_is_removed_by_the_next,
    numbers_are_never_given_twice,
    a_projector_of_an_older_epoch_changes_nothing,
    a_generation_whose_tables_were_lost_is_made_anew,
);

/// A generation beside the live one, filled with this many people.
async fn built(store: &Store, count: u64) -> Arc<dyn Generation> {
    let built = store.generations.build(EPOCH).await.unwrap();
    let Changes { records, customers, .. } = people(count);
    built.fill(Bulk { records, customers, ..Bulk::default() }).await.unwrap();
    built.filled(count).await.unwrap();
    built
}

async fn the_first_generation_is_made_once_and_stays(store: Store) {
    let live = store.generations.live().await.unwrap();
    assert_eq!((live.number(), live.checkpoint().await.unwrap()), (1, 0));
    live.write(&people(2), 5, EPOCH, None).await.unwrap();
    assert_eq!(store.generations.live().await.unwrap().number(), 1);

    store.generations.close().await;
    store.generations.close().await;
    let again = store.again().await.live().await.unwrap();
    assert_eq!(again.number(), 1);
    assert_eq!(contents(&again).await, expected(&people(2), 5));
}

async fn nodes_that_start_at_once_agree_on_the_first_generation(store: Store) {
    // Two nodes have one SQLite file never; there, many requests of one node do.
    let node = if store.has_files() { store.generations.clone() } else { store.again().await };
    let starting = (0..8).map(|n| {
        let generations = if n % 2 == 0 { store.generations.clone() } else { node.clone() };
        tokio::spawn(async move { generations.live().await.unwrap().number() })
    });
    for live in starting.collect::<Vec<_>>() {
        assert_eq!(live.await.unwrap(), 1);
    }
    assert_eq!(store.traces().await, [1]);
}

async fn a_generation_is_built_while_the_live_one_goes_on(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(3), 6, EPOCH, None).await.unwrap();
    let built = store.generations.build(EPOCH).await.unwrap();
    assert_ne!(built.number(), live.number());
    for n in 0..10 {
        let Changes { records, customers, .. } = people(5);
        let part = usize::try_from(n).unwrap() / 2;
        if n % 2 == 0 {
            let bulk = Bulk { records: vec![records[part].clone()], ..Bulk::default() };
            built.fill(bulk).await.unwrap();
        } else {
            built.fill(Bulk { customers: vec![customers[part].clone()], ..Bulk::default() }).await.unwrap();
        }
        live.write(&people(4 + n), 7 + n, EPOCH, None).await.unwrap();
    }
    built.filled(8).await.unwrap();
    assert_eq!(contents(&live).await, expected(&people(13), 16));
    assert_eq!(contents(&built).await, expected(&people(5), 8));
    assert_eq!(store.generations.live().await.unwrap().number(), live.number());
    built.write(&people(13), 16, EPOCH, None).await.unwrap();
    assert_eq!(contents(&built).await, expected(&people(13), 16));
}

async fn a_swap_switches_readers_and_leaves_the_old_one_readable(store: Store) {
    let old = store.generations.live().await.unwrap();
    old.write(&people(3), 6, EPOCH, None).await.unwrap();
    let new = built(&store, 5).await;

    store.generations.swap(&new, EPOCH).await.unwrap();

    assert_eq!(store.generations.live().await.unwrap().number(), new.number());
    assert_eq!(store.again().await.live().await.unwrap().number(), new.number());
    assert_eq!(contents(&old).await, expected(&people(3), 6));
    assert_eq!(old.members(id(2).into()).await.unwrap().len(), 1);
    // A repetition, as after a connection that was lost during COMMIT, does no harm.
    store.generations.swap(&new, EPOCH).await.unwrap();
    assert_eq!(contents(&store.generations.live().await.unwrap()).await, expected(&people(5), 5));
    // The way back is as good.
    store.generations.swap(&old, EPOCH).await.unwrap();
    assert_eq!(contents(&store.again().await.live().await.unwrap()).await, expected(&people(3), 6));
}

async fn removed_generations_are_gone(store: Store) {
    let first = store.generations.live().await.unwrap();
    let second = built(&store, 2).await;
    store.generations.swap(&second, EPOCH).await.unwrap();
    let third = built(&store, 3).await;
    assert_eq!(store.traces().await, [1, 2, 3]);

    store.generations.remove_others(&[third.number()], EPOCH).await.unwrap();
    assert_eq!(store.traces().await, [2, 3]);
    let error = first.record(id(1)).await.unwrap_err();
    assert!(error.is_transient(), "asking the live generation will do: {error:?}");
    let error = store.generations.swap(&first, EPOCH).await.unwrap_err();
    assert!(!matches!(error, Error::Fenced), "{error:?}");
    assert_eq!(store.generations.live().await.unwrap().number(), 2);

    store.generations.swap(&third, EPOCH).await.unwrap();
    store.generations.remove_others(&[], EPOCH).await.unwrap();
    assert_eq!(store.traces().await, [3]);
    assert_eq!(contents(&store.again().await.live().await.unwrap()).await, expected(&people(3), 3));
}

async fn what_an_interrupted_build_left_is_removed_by_the_next(store: Store) {
    store.generations.live().await.unwrap();
    let left = store.generations.build(EPOCH).await.unwrap();
    left.fill(Bulk { records: people(2).records, ..Bulk::default() }).await.unwrap();
    let number = left.number();
    drop(left);

    // After a restart, by a projector with a new epoch.
    store.generations.close().await;
    store.set_epoch(EPOCH + 1).await;
    let generations = store.again().await;
    generations.live().await.unwrap();
    assert_eq!(store.traces().await, [1, number]);
    let next = generations.build(EPOCH + 1).await.unwrap();
    assert_eq!(store.traces().await, [1, next.number()]);
    assert_eq!(generations.live().await.unwrap().number(), 1);
}

async fn numbers_are_never_given_twice(store: Store) {
    store.generations.live().await.unwrap();
    let mut last = 1;
    for _ in 0..3 {
        let number = store.generations.build(EPOCH).await.unwrap().number();
        store.generations.remove_others(&[], EPOCH).await.unwrap();
        assert!(number > last, "{number} after {last}");
        last = number;
    }
    assert_eq!(store.traces().await, [1]);
}

async fn a_projector_of_an_older_epoch_changes_nothing(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(2), 5, EPOCH, None).await.unwrap();
    let beside = built(&store, 3).await;
    store.set_epoch(EPOCH + 1).await;

    let never = |_: Vec<_>| -> Vec<_> { Vec::new() };
    for (changes, refold) in
        [(Changes::default(), None), (people(9), None), (people(9), Some(&never as kulta::store::views::Refold<'_>))]
    {
        let error = live.write(&changes, 12, EPOCH, refold).await.unwrap_err();
        assert!(matches!(error, Error::Fenced), "{error:?}");
    }
    let error = store.generations.swap(&beside, EPOCH).await.unwrap_err();
    assert!(matches!(error, Error::Fenced), "{error:?}");
    let error = store.generations.build(EPOCH).await.unwrap_err();
    assert!(matches!(error, Error::Fenced), "{error:?}");
    let error = store.generations.remove_others(&[live.number()], EPOCH).await.unwrap_err();
    assert!(matches!(error, Error::Fenced), "{error:?}");

    assert_eq!(contents(&live).await, expected(&people(2), 5));
    assert_eq!(store.generations.live().await.unwrap().number(), live.number());
    assert_eq!(store.traces().await, [1, beside.number()]);
    live.write(&people(3), 6, EPOCH + 1, None).await.unwrap();
    assert_eq!(contents(&live).await, expected(&people(3), 6));
    live.write(&Changes::default(), 7, EPOCH + 1, None).await.unwrap();
    assert_eq!(live.checkpoint().await.unwrap(), 7);
}

async fn a_generation_whose_tables_were_lost_is_made_anew(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(2), 5, EPOCH, None).await.unwrap();
    store.generations.close().await;
    store.lose_tables(live.number()).await;

    let generations = store.again().await;
    let anew = generations.live().await.unwrap();
    assert_ne!(anew.number(), live.number());
    assert_eq!(contents(&anew).await, expected(&Changes::default(), 0));
    anew.write(&people(2), 5, EPOCH, None).await.unwrap();
    generations.remove_others(&[], EPOCH).await.unwrap();
    assert_eq!(store.traces().await, [anew.number()]);
}
