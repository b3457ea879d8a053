use uuid::Uuid;

use super::*;
use crate::given::day;

fn standing(at: i64, ends: Option<i64>) -> Standing {
    let began = u64::try_from(at).unwrap();
    Standing::of(Cause { at: day(at), thing: Uuid::nil(), began }, ends.map(day))
}

#[test]
fn what_is_over_early_or_still_to_come_is_not_fired_for() {
    let all = [standing(1, None), standing(3, Some(5)), standing(4, None), standing(6, None), standing(9, None)];
    let fired = |from, now| -> Vec<_> { to_fire(day(from), &all, day(now)).map(|found| found.cause.began).collect() };
    assert_eq!(fired(3, 4), [3, 4], "at the first moment of both, and not before `from`");
    assert_eq!(fired(3, 5), [4], "over at that moment");
    assert_eq!(fired(0, 7), [1, 4, 6]);
}

#[test]
fn the_next_look_is_at_the_first_moment_at_which_there_is_more() {
    let all = || vec![standing(6, None), standing(1, Some(2)), standing(3, None)];
    let at = |as_of, later: Option<i64>| Causes::split(all(), later.map(day), as_of);
    let after = |number| Some(day(number).plus_micros(1));
    assert_eq!((at(day(3), None).standings.len(), at(day(3), None).next), (1, after(3)), "as_of is exclusive");
    let woken = at(day(3).plus_micros(1), None);
    assert_eq!((woken.standings.len(), woken.next), (2, after(6)));
    assert_eq!(at(day(4), Some(5)).next, after(5), "a fact of tomorrow that is known today");
    assert_eq!(at(day(7), None).next, None);
    assert!(at(day(7), None).standings.is_sorted());
}
