//! Notes of changed scores: with the lists that change, one a score, forgotten when they are told.

use kulta::store::Error;
use kulta::store::score_notes::{Cause, Note, Noted};
use kulta::store::scores::ScoreChanges;

use super::given::{EPOCH, Store};
use super::on_both_stores;
use super::scores::{Live, built, change, customer, row};

on_both_stores!(notes_are_kept_with_what_they_tell, whoever_lost_the_epoch_notes_nothing);

fn note(rule_set: &str, n: u64, cause: Cause, position: u64) -> Note {
    Note { rule_set: rule_set.to_owned(), customer: customer(n), cause, position }
}

async fn notes(live: &Live) -> Vec<Note> {
    live.notes(0, 100).await.unwrap().into_iter().map(|noted| noted.note).collect()
}

async fn notes_are_kept_with_what_they_tell(store: Store) {
    let live = store.generations.live().await.unwrap();
    assert_eq!(live.noted_for().await.unwrap(), None);
    let set = built(&live, 1, &[row(1, Some("5")), row(2, None)], 5).await;
    live.advance_scores(&change(&set, Vec::new(), &[], 5), EPOCH).await.unwrap();
    live.begin_notes("kulta.scores", None, EPOCH).await.unwrap();
    assert_eq!(live.noted_for().await.unwrap().as_deref(), Some("kulta.scores"));
    let all = notes(&live).await;
    let expected = [1, 2].map(|n| note("value", n, Cause::All, 5));
    assert!(all.len() == 2 && expected.iter().all(|note| all.contains(note)), "{all:?}");

    // With what others take the place of, in the order in which they came.
    live.begin_notes("another", Some(&[note("value", 3, Cause::Rules, 4)]), EPOCH).await.unwrap();
    let more = vec![note("value", 1, Cause::Event, 7), note("size", 1, Cause::Grade, 7)];
    let changes = ScoreChanges { to: 7, notes: more, ..ScoreChanges::default() };
    live.advance_scores(&changes, EPOCH).await.unwrap();
    let found = live.notes(0, 2).await.unwrap();
    let told: Vec<_> = found.iter().map(|noted| noted.note.clone()).collect();
    assert_eq!(told, [note("value", 3, Cause::Rules, 4), note("value", 1, Cause::Event, 7)]);
    assert_eq!(live.notes(found[1].number, 9).await.unwrap().len(), 1);

    // One that changes again is another note: the former is not forgotten with it, nor it with the former.
    let again = vec![note("value", 3, Cause::Event, 9)];
    live.advance_scores(&ScoreChanges { to: 9, notes: again, ..ScoreChanges::default() }, EPOCH).await.unwrap();
    let numbers: Vec<i64> = found.iter().map(|noted| noted.number).collect();
    live.forget_notes(&numbers).await.unwrap();
    assert_eq!(notes(&live).await, [note("size", 1, Cause::Grade, 7), note("value", 3, Cause::Event, 9)]);
    let last: Option<Noted> = live.notes(0, 100).await.unwrap().pop();
    assert!(last.is_some_and(|last| last.number > numbers[1]));

    live.end_notes(EPOCH).await.unwrap();
    assert_eq!((live.noted_for().await.unwrap(), notes(&live).await), (None, Vec::new()));
}

async fn whoever_lost_the_epoch_notes_nothing(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.begin_notes("kulta.scores", None, EPOCH).await.unwrap();
    store.set_epoch(EPOCH + 1).await;
    let changes = ScoreChanges { notes: vec![note("value", 1, Cause::Event, 7)], ..ScoreChanges::default() };
    let refused = [
        live.advance_scores(&changes, EPOCH).await,
        live.begin_notes("another", None, EPOCH).await,
        live.end_notes(EPOCH).await,
    ];
    assert!(refused.iter().all(|result| matches!(result, Err(Error::Fenced))), "{refused:?}");
    assert_eq!(live.noted_for().await.unwrap().as_deref(), Some("kulta.scores"));
    assert_eq!(notes(&live).await, []);
}
