//! CDNOW's customers scored by several rule sets: to the last decimal what a program in another language computes from the
//! file itself (tests/reference/scores.py).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use kulta_test_support::data;
use serde_json::Value;

use super::{import, mapping};
use crate::kit::Place;

const CUSTOMERS: usize = 23_570;
const AS_OF: &str = "1998-07-01";

/// Points and grade by subject.
type Scores = BTreeMap<String, (String, String)>;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)
}

fn expected(file: &Path, rules: &[&str]) -> Scores {
    let program = Command::new("python3").arg(reference("scores.py")).arg(file).arg(AS_OF).args(rules).output();
    let output = program.unwrap_or_else(|error| panic!("python3 cannot be run: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = csv::ReaderBuilder::new().has_headers(false).from_reader(output.stdout.as_slice()).into_deserialize();
    rows.map(|row| row.unwrap()).map(|(subject, points, grade)| (subject, (points, grade))).collect()
}

fn found(csv: &Path) -> Scores {
    let rows = csv::Reader::from_path(csv).unwrap().into_deserialize();
    let row = |row: Result<(String, String, String, String), csv::Error>| {
        let (_, records, points, grade) = row.unwrap();
        let subject = records.strip_prefix("cdnow:").unwrap_or_else(|| panic!("{records}"));
        (subject.to_owned(), (points, grade))
    };
    rows.map(row).collect()
}

fn replayed(place: &Place, arguments: &[&str]) -> Scores {
    let scores = place.directory().join("scores.csv");
    let as_of = format!("{AS_OF}T00:00:00Z");
    place.kulta(["replay", "--as-of", &as_of, "--out"]).arg(&scores).args(arguments).run().expect_code(0);
    found(&scores)
}

/// Points and grade by customer id.
fn by_customer(place: &Place, arguments: &[&str]) -> Scores {
    let as_of = format!("{AS_OF}T00:00:00Z");
    let scores = place.directory().join("customers.csv");
    place.kulta(["replay", "--as-of", &as_of, "--out"]).arg(&scores).args(arguments).run().expect_code(0);
    let rows = csv::Reader::from_path(scores).unwrap().into_deserialize();
    let row = |row: Result<(String, String, String, String), csv::Error>| row.unwrap();
    rows.map(row).map(|(customer, _, points, grade)| (customer, (points, grade))).collect()
}

fn compare(found: &Scores, expected: &Scores, what: &str) {
    assert_eq!((found.len(), expected.len()), (CUSTOMERS, CUSTOMERS));
    let differing: Vec<_> = expected.iter().filter(|(subject, score)| found.get(*subject) != Some(score)).collect();
    let shown: Vec<_> =
        differing.iter().take(3).map(|(subject, score)| (subject, score, found.get(*subject))).collect();
    assert!(differing.is_empty(), "{what}: {} differ: {shown:?}", differing.len());
    let graded = expected.values().filter(|(_, grade)| !grade.is_empty()).count();
    assert!(graded > 100 && graded < CUSTOMERS, "{what}: {graded} have a grade");
}

fn scored(place: &Place) {
    let Some(file) = data::shared("real/cdnow_master.csv.gz") else { return };
    import(place, &file, &mapping("cdnow.toml"));
    let mut all = Vec::new();
    for name in ["flat.toml", "tiers.toml", "half-life.toml"] {
        let rules = reference(name).to_string_lossy().into_owned();
        let found = replayed(place, &["--rules", &rules]);
        compare(&found, &expected(&file, &[&rules]), name);
        all.push(found);
    }

    // An archive of the same facts gives the same, by customer.
    place.kulta(["archive", "facts"]).run().expect_code(0);
    let rules = reference("half-life.toml").to_string_lossy().into_owned();
    assert_eq!(
        by_customer(place, &["--rules", &rules, "--archive", "facts"]),
        by_customer(place, &["--rules", &rules])
    );

    // Who moves, against the same in other words: ranks and changes follow from the two.
    let [flat, tiers] = ["flat.toml", "tiers.toml"].map(|name| reference(name).to_string_lossy().into_owned());
    let diff = place.directory().join("diff.csv");
    let arguments = ["--rules", &tiers, "--against", &flat, "--diff", &diff.to_string_lossy()];
    assert_eq!(replayed(place, &arguments), all[1]);
    moved(&diff, &all[0], &all[1]);
}

/// Versions, each over the events of its own time.
fn scored_by_the_rules_in_force(place: &Place) {
    let Some(file) = data::shared("real/cdnow_master.csv.gz") else { return };
    import(place, &file, &mapping("cdnow.toml"));
    let versions = [("1997-01-01", "flat.toml"), ("1997-04-15", "half-life.toml"), ("1998-02-01", "tiers.toml")];
    let mut arguments = Vec::new();
    // Published in another order than they are in force.
    for (from, name) in [versions[2], versions[0], versions[1]] {
        let from = format!("{from}T00:00:00Z");
        place.kulta(["rules", "publish", "--effective-from", &from]).arg(reference(name)).run().expect_code(0);
    }
    arguments.extend(versions.map(|(from, name)| format!("{from}={}", reference(name).display())));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let found = replayed(place, &["--rules", "published:cdnow", "--reading", "in-force"]);
    compare(&found, &expected(&file, &arguments), "in force");
    let newest = replayed(place, &["--rules", "published:cdnow"]);
    compare(&newest, &expected(&file, &[&reference("tiers.toml").to_string_lossy()]), "newest");
}

#[test]
fn cdnow_is_scored_by_the_rules_in_force_on_sqlite() {
    scored_by_the_rules_in_force(&Place::sqlite());
}

#[test]
fn cdnow_is_scored_by_the_rules_in_force_on_postgresql() {
    scored_by_the_rules_in_force(&Place::postgresql());
}

/// What a diff says of a customer.
type Row = (String, String, String, String, String, String, String, u32, u32);

fn moved(diff: &Path, before: &Scores, after: &Scores) {
    let decimal = |text: &str| text.parse::<rust_decimal::Decimal>().unwrap();
    let rank = |scores: &Scores, points: &str| {
        1 + scores.values().filter(|(other, _)| decimal(other) > decimal(points)).count() as u32
    };
    let rows: Vec<Row> = csv::Reader::from_path(diff).unwrap().into_deserialize().map(Result::unwrap).collect();
    let changing = before.iter().filter(|(subject, score)| after[*subject] != **score).count();
    assert_eq!(rows.len(), changing);
    for (at, row) in rows.iter().enumerate() {
        let subject = row.1.strip_prefix("cdnow:").unwrap();
        let (was, is) = (&before[subject], &after[subject]);
        assert_eq!((&row.2, &row.3, &row.5, &row.6), (&was.0, &is.0, &was.1, &is.1), "{subject}");
        assert_eq!(decimal(&row.4), decimal(&is.0) - decimal(&was.0));
        if at > 0 {
            assert!(decimal(&rows[at - 1].4).abs() >= decimal(&row.4).abs(), "the largest change first");
        }
        if at % 500 == 0 {
            assert_eq!((row.7, row.8), (rank(before, &was.0), rank(after, &is.0)), "{subject}");
        }
    }
}

#[test]
fn cdnow_is_scored_on_sqlite() {
    scored(&Place::sqlite());
}

#[test]
fn cdnow_is_scored_on_postgresql() {
    scored(&Place::postgresql());
}

/// What went wrong is said, with its place, and nothing is written.
#[test]
fn rules_that_fail_name_their_place() {
    let place = Place::sqlite();
    let directory = place.directory().to_owned();
    let purchase = r#"{"specversion":"1.0","id":"1","source":"shop","type":"purchase.made","subject":"7","time":"2026-01-02T10:00:00Z","data":{"amount":"10","currency":"EUR"}}"#;
    place.kulta(["import", "-", "--format", "cloudevents"]).stdin(format!("{purchase}\n")).run().expect_code(0);
    let replay = |rules: &str| {
        std::fs::write(directory.join("r.toml"), format!("name = \"r\"\n[[rule]]\nid = \"x\"\n{rules}\n")).unwrap();
        place.kulta(["replay", "--rules", "r.toml", "--out", "s.csv", "--json"]).run()
    };
    let wrong = replay("on = \"purchase.made\"\npoints = 'amuont'").expect_code(1);
    assert!(wrong.stderr.contains("r.toml: line 5, column 11"), "{}", wrong.stderr);
    let zero = replay("on = \"purchase.made\"\npoints = '1 / (amount - 10)'").expect_code(1);
    assert!(zero.stderr.contains("division by zero") && zero.stderr.contains("position 3"), "{}", zero.stderr);
    assert!(!directory.join("s.csv").exists());
    let fine = replay("on = \"purchase.made\"\npoints = 'margin'").expect_code(0);
    let told: Value = serde_json::from_str(fine.last_line()).unwrap();
    assert_eq!(told["left_out"][0]["missing"], 1, "{told}");
    assert_eq!(std::fs::read_to_string(directory.join("s.csv")).unwrap().lines().count(), 2);
}
