use super::*;
use crate::given::event;
use crate::pipeline::definition::Definitions;
use crate::pipeline::offer::{Offer, OfferHistory, Status};
use crate::pipeline::standing::Passes;

fn pipelines() -> Pipelines {
    let data = r#"{"pipeline":"p","for":"offers","stages":[{"stage":"a"},{"stage":"b"},{"stage":"c"}]}"#;
    Pipelines::at(&Definitions::of(&[event("kulta", "-", 1, "pipeline.defined", data)]), None)
}

/// A journey of moves on days; `-` stands for no stage.
fn journey(moves: &[(i64, &str, &str)]) -> Journey {
    let events: Vec<_> = moves
        .iter()
        .map(|(on, what, stage)| {
            let stage = if *stage == "-" { String::new() } else { format!(r#","stage":"{stage}""#) };
            event("crm", "1", *on, &format!("offer.{what}"), &format!(r#"{{"offer":"o"{stage}}}"#))
        })
        .collect();
    let offer = Offer::at(&OfferHistory::of(&events), None).unwrap();
    Journey::of(&offer.standing, &pipelines(), Passing::Offers, |status| match status {
        Status::Open => End::Open,
        Status::Won => End::Reached,
        Status::Lost => End::Failed,
    })
}

fn funnel(journeys: &[Journey]) -> Funnel {
    let pipelines = pipelines();
    Funnel::of(pipelines.get(Passing::Offers, "p").unwrap(), journeys)
}

#[test]
fn stays_follow_one_another_and_end_with_the_decision() {
    let found = journey(&[
        (1, "created", "-"),
        (2, "stage_changed", "a"),
        (4, "stage_changed", "c"),
        (5, "lost", "-"),
        (7, "reopened", "b"),
    ]);
    let days = |at: Instant| (at.micros() - crate::given::day(0).micros()) / Instant::DAY;
    let stays: Vec<_> = found.stays.iter().map(|stay| (&*stay.stage, days(stay.from), stay.until.map(days))).collect();
    assert_eq!(stays, [("a", 1, Some(4)), ("c", 4, Some(5)), ("b", 7, None)]);
    assert_eq!((&*found.place.0, &*found.place.1, found.end), ("p", "b", End::Open));
}

#[test]
fn a_skipped_stage_is_reached_and_what_is_won_reached_all() {
    let journeys = [
        journey(&[(1, "created", "a"), (3, "stage_changed", "c"), (4, "lost", "-")]),
        journey(&[(1, "created", "a"), (6, "won", "-")]),
        journey(&[(1, "created", "a"), (2, "stage_changed", "b"), (5, "stage_changed", "odd")]),
        journey(&[(1, "created", "a")]),
        journey(&[(1, "won", "-")]),
    ];
    let found = funnel(&journeys);
    let steps: Vec<_> = found
        .steps
        .iter()
        .map(|step| (&*step.stage, step.reached, step.entered, step.conversion.map(|share| share.to_string())))
        .collect();
    let share = |text: &str| Some(text.to_owned());
    assert_eq!(steps, [("a", 5, 4, share("0.8")), ("b", 4, 1, share("0.75")), ("c", 3, 1, share("0.666667"))]);
    assert_eq!((found.count, found.won, found.lost), (5, 2, 1));
    let medians: Vec<_> = found.steps.iter().map(|step| step.median.map(|median| median / Instant::DAY)).collect();
    assert_eq!(medians, [Some(2), Some(3), Some(1)]);
    assert_eq!((found.steps[0].stays, found.unknown.len(), found.unknown[0].entered), (3, 1, 1));
    assert_eq!((found.unknown[0].median, found.unknown[0].conversion), (None, None));
}

#[test]
fn what_went_to_another_pipeline_is_not_lost_in_this_one() {
    let mut gone = journey(&[(1, "created", "a"), (2, "lost", "-")]);
    gone.place.0 = "q".into();
    let mut stranger = gone.clone();
    stranger.stays[0].pipeline = "q".into();
    let found = funnel(&[gone, stranger]);
    assert_eq!((found.count, found.won, found.lost), (1, 0, 0));
    assert_eq!(funnel(&[]).steps[0], Step { stage: "a".into(), ..Step::default() });
}

#[test]
fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
    let median = |times: &[i64]| step("a", (0, times.to_vec())).median;
    assert_eq!(
        [median(&[]), median(&[7]), median(&[9, 2]), median(&[1, 9, 4]), median(&[9, 1, 3, 4])],
        [None, Some(7), Some(5), Some(4), Some(3)]
    );
}
