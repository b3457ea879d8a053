use proptest::prelude::*;

use super::*;

const BAR: Bar = Bar::Above { above: Decimal::ONE_THOUSAND, again_below: Decimal::ONE_HUNDRED };

fn rising(points: i64) -> Side {
    Side::of_points(BAR, Decimal::from(points))
}

#[test]
fn the_bar_itself_counts_upwards() {
    assert_eq!([99, 100, 999, 1000].map(rising), [Side::Behind, Side::Between, Side::Between, Side::Beyond]);
    let falling = Bar::Below { below: Decimal::ONE_HUNDRED, again_above: Decimal::ONE_THOUSAND };
    let falling = |points: i64| Side::of_points(falling, Decimal::from(points));
    assert_eq!([99, 100, 999, 1000].map(falling), [Side::Beyond, Side::Between, Side::Between, Side::Behind]);
    let to = ["A".into(), "B".into()];
    let grades = [Some("A"), Some("B"), Some("C"), None].map(|grade| Side::of_grade(&to, grade));
    assert_eq!(grades, [Side::Beyond, Side::Beyond, Side::Behind, Side::Behind]);
}

#[test]
fn it_fires_again_only_after_it_was_far_enough_behind() {
    let days = |points: &[i64]| -> Vec<_> {
        (0..).zip(points).map(|(day, points)| (Instant::default().plus_days(day), rising(*points))).collect()
    };
    let fired = |begin, points: &[i64]| {
        let (fired, after) = Crossing::begin(begin).over(days(points));
        (fired.into_iter().map(|at| at.micros() / Instant::DAY).collect::<Vec<_>>(), after.steps)
    };
    let points = [50, 1000, 999, 1001, 100, 2000, 99, 100, 1000];
    assert_eq!(fired(Side::Behind, &points), (vec![1, 8], 3));
    assert_eq!(fired(Side::Beyond, &points[1..]), (vec![7], 3), "who was beyond has crossed nothing");
    assert_eq!(fired(Side::Between, &[500, 1000]), (vec![1], 1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Between two firings lies a reading behind the bar, and each reading beyond it after such a one fires.
    #[test]
    fn it_never_fires_twice_without_being_armed_again(points in proptest::collection::vec(0_i64..1_500, 0..60), begin in 0_i64..1_500) {
        let (mut crossing, mut armed, mut names) = (Crossing::begin(rising(begin)), begin < 1_000, Vec::new());
        for points in points {
            let step = crossing.step(rising(points));
            prop_assert_eq!(matches!(step, Step::Fire { .. }), armed && points >= 1_000);
            armed = points < 100 || armed && points < 1_000;
            if let Step::Fire { ordinal } | Step::Rearm { ordinal } = step {
                names.push(Crossing::name(Uuid::nil(), ordinal));
                crossing = Crossing::after(ordinal);
                // A restart between taking a step and noting it takes the same step again, and a second look none.
                prop_assert_eq!(crossing.step(rising(points)), Step::Nothing);
            }
            prop_assert_eq!(crossing.is_armed(), armed);
        }
        let steps = names.len();
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(names.len(), steps, "each step has a name of its own");
    }

    /// A merged customer does not fire for what a part fired for, in whichever order the parts are merged.
    #[test]
    fn a_merged_customer_is_as_far_as_its_parts(a in 0_u64..9, b in 0_u64..9, c in 0_u64..9) {
        let [a, b, c] = [a, b, c].map(Crossing::after);
        prop_assert_eq!(a.merge(b).merge(c), c.merge(b.merge(a)));
        let merged = a.merge(b);
        if let Step::Fire { ordinal } = merged.step(Side::Beyond) {
            prop_assert!(ordinal > a.steps && ordinal > b.steps);
        }
        prop_assert!(merged.step(Side::Beyond) == Step::Nothing || merged.is_armed());
    }
}
