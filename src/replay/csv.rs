//! Scores and diffs as CSV: `customer_id,records,points,grade`, and who moves.

use std::collections::HashMap;
use std::io::Write;

use kulta_events::RecordId;
use kulta_projections::scores::diff::{Change, Scores};

use super::data::People;

/// The name of a record: source and, where it is readable, subject.
pub type Names = HashMap<RecordId, (String, Option<String>)>;

/// Writes the scores of all customers, by customer id.
///
/// # Errors
/// When it cannot be written.
pub fn scores(out: impl Write, people: &People, names: &Names, scores: &Scores) -> Result<(), csv::Error> {
    let mut out = csv::Writer::from_writer(out);
    out.write_record(["customer_id", "records", "points", "grade"])?;
    for customer in 0..scores.len() {
        let grade = scores.grade(customer).unwrap_or_default();
        let points = scores.points[customer].to_string();
        out.write_record([&*people.ids[customer].to_string(), &records(people, names, customer), &points, grade])?;
    }
    Ok(out.flush()?)
}

/// Writes who moves, the largest change first.
///
/// # Errors
/// When it cannot be written.
pub fn diff(
    out: impl Write,
    people: &People,
    names: &Names,
    (before, after): (&Scores, &Scores),
    changes: &[Change],
) -> Result<(), csv::Error> {
    let mut out = csv::Writer::from_writer(out);
    out.write_record([
        "customer_id",
        "records",
        "points_before",
        "points_after",
        "change",
        "grade_before",
        "grade_after",
        "rank_before",
        "rank_after",
    ])?;
    for change in changes {
        let customer = change.customer as usize;
        let (one, other) = (before.points[customer], after.points[customer]);
        out.write_record([
            &*people.ids[customer].to_string(),
            &records(people, names, customer),
            &one.to_string(),
            &other.to_string(),
            &(other - one).normalize().to_string(),
            before.grade(customer).unwrap_or_default(),
            after.grade(customer).unwrap_or_default(),
            &change.rank_before.to_string(),
            &change.rank_after.to_string(),
        ])?;
    }
    Ok(out.flush()?)
}

/// The records of a customer: `source:subject`, joined by `|`. An erased subject is empty; of a record whose name is not
/// known its id stands behind the colon.
fn records(people: &People, names: &Names, customer: usize) -> String {
    let one = |record: &RecordId| match names.get(record) {
        Some((source, subject)) => format!("{}:{}", encoded(source), encoded(subject.as_deref().unwrap_or_default())),
        None => format!(":{record}"),
    };
    people.records_of(customer).iter().map(one).collect::<Vec<_>>().join("|")
}

/// Percent-encodes what has a meaning between the parts.
fn encoded(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    for c in part.chars() {
        match c {
            ':' => out.push_str("%3A"),
            '|' => out.push_str("%7C"),
            '%' => out.push_str("%25"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn parts_can_be_told_apart() {
        assert_eq!(encoded("urn:a|b%"), "urn%3Aa%7Cb%25");
        assert_eq!(encoded("Ääkkönen 7"), "Ääkkönen 7");
    }
}
