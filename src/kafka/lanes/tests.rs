use super::*;

fn place(partition: i32) -> Place {
    Place { topic: "t".to_owned(), partition }
}

fn arrival(bytes: usize) -> Arrival {
    Arrival { text: "x".repeat(bytes).into(), problems: Vec::new(), origin: String::new() }
}

fn stored(batch: &Batch) -> End {
    End { stored: true, ..batch.unstored() }
}

#[test]
fn a_lane_has_one_batch_under_way_and_its_cursor_follows() {
    let mut lanes = Lanes::default();
    lanes.begin(place(0), None);
    lanes.begin(place(1), Some(7));
    for offset in 0..3 {
        lanes.push(&place(0), offset, arrival(1));
    }
    lanes.push(&place(1), 9, arrival(1));
    let first = lanes.batches();
    let moves: Vec<_> = first.iter().map(|batch| (batch.from, batch.to, batch.arrivals.len())).collect();
    assert_eq!(moves, [(None, 3, 3), (Some(7), 10, 1)]);
    lanes.push(&place(0), 3, arrival(1));
    assert!(lanes.batches().is_empty());
    lanes.ended(stored(&first[0]));
    assert_eq!(lanes.moved(), [(place(0), 3), (place(1), 7)]);
    assert_eq!(lanes.batches().iter().map(|batch| (batch.from, batch.to)).collect::<Vec<_>>(), [(Some(3), 4)]);
}

#[test]
fn a_lane_whose_cursor_was_moved_drops_what_it_has_until_it_is_found() {
    let mut lanes = Lanes::default();
    lanes.begin(place(0), None);
    lanes.push(&place(0), 0, arrival(1));
    let batch = lanes.batches().remove(0);
    lanes.push(&place(0), 1, arrival(1));
    lanes.ended(batch.unstored());
    lanes.push(&place(0), 2, arrival(1));
    assert!(lanes.batches().is_empty() && !lanes.are_busy());
    assert_eq!(lanes.astray(), [place(0)]);
    assert_eq!(lanes.astray(), [], "not again at once");
    lanes.found(&place(0), Some(2));
    lanes.push(&place(0), 2, arrival(1));
    assert_eq!((lanes.batches()[0].from, lanes.events, lanes.bytes), (Some(2), 1, 1));
}

#[test]
fn what_comes_back_from_a_former_assignment_changes_nothing() {
    let mut lanes = Lanes::default();
    lanes.begin(place(0), None);
    lanes.push(&place(0), 0, arrival(1));
    let batch = lanes.batches().remove(0);
    lanes.push(&place(0), 1, arrival(1));
    lanes.end(&place(0));
    assert!(batch.gone.load(Ordering::Relaxed));
    lanes.push(&place(0), 2, arrival(1));
    lanes.begin(place(0), Some(5));
    lanes.ended(stored(&batch));
    assert_eq!(lanes.stored(&place(0)), Some(Some(5)));
    assert_eq!((lanes.events, lanes.bytes), (0, 0));
}

#[test]
fn events_and_bytes_are_bounded() {
    let mut lanes = Lanes::default();
    lanes.begin(place(0), None);
    let mut offset = 0;
    while !lanes.are_full() {
        lanes.push(&place(0), offset, arrival(1 << 20));
        offset += 1;
    }
    assert_eq!(offset, 32);
    let batch = lanes.batches().remove(0);
    assert_eq!(batch.arrivals.len(), 4);
    assert!(lanes.are_full(), "what is under way counts");
    lanes.ended(stored(&batch));
    assert!(!lanes.are_full());
}
