//! Real files from the command line to the golden record, on both stores: each line is accounted for.

mod cdnow;
mod online_retail;
mod opportunities;
mod sales;
mod scores;
mod senzing;

use std::path::{Path, PathBuf};

use kulta_test_support::process::Finished;

use crate::kit::Place;

fn mapping(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples").join(name)
}

/// Imports a CSV file; gives what was printed.
fn import(place: &Place, file: &Path, mapping: &Path) -> Finished {
    place.kulta(["import"]).arg(file).arg("--mapping").arg(mapping).run().expect_code(0)
}

/// The last line of an import.
fn counts(accepted: usize, duplicate: usize, conflict: usize, rejected: usize) -> String {
    format!("accepted={accepted} duplicate={duplicate} conflict={conflict} rejected={rejected}")
}

/// Imports the file a second time: everything that was accepted is a duplicate, and no row of any table changes.
fn import_again_changes_nothing(place: &Place, file: &Path, map: &Path, [stored, conflict, rejected]: [usize; 3]) {
    let state = |place: &Place| (place.texts("SELECT CAST(head AS TEXT) FROM log_state"), place.rows());
    let (head, before) = state(place);
    let again = import(place, file, map);
    assert_eq!(again.last_line(), counts(0, stored, conflict, rejected));
    let (head_after, after) = state(place);
    assert_eq!(head_after, head);
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    // The row that gives out positions also counts commits: dead letters were offered again, and were there already.
    for (table, rows) in before.into_iter().filter(|(table, _)| table != "log.log_state") {
        assert!(after[&table] == rows, "the second import changed {table}");
    }
    let verified = place.kulta(["verify"]).run().expect_code(0);
    assert!(verified.last_line().ends_with(" differences=0"), "{verified:?}");
}
