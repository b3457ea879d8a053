//! Scores and diffs as CSV: `customer_id,records,points,grade`, who moves, and totals.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;

use kulta_events::RecordId;
use kulta_projections::scores::diff::{Change, Scores};
use kulta_projections::scores::totals::Totals;

use super::data::People;
use super::numbers::Numbers;

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
pub fn diff<'a>(
    out: impl Write,
    people: &People,
    names: &Names,
    (before, after): (&Scores, &Scores),
    changes: impl IntoIterator<Item = &'a Change>,
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

/// Writes a diff in numbers: a line for the points of all customers, for each rule, each unit, the rounding, and, in
/// customers, each grade. A rule that is on one side only has nothing on the other; the unit, or grade, without a name is
/// none.
///
/// # Errors
/// When it cannot be written.
pub fn totals(out: impl Write, numbers: &Numbers) -> Result<(), csv::Error> {
    let mut out = csv::Writer::from_writer(out);
    out.write_record(["total", "name", "before", "after", "change"])?;
    for line in numbers.totals.iter().flat_map(Totals::lines) {
        let name = cell(line.name.unwrap_or_default());
        let (before, after) = (line.before.unwrap_or_default(), line.after.unwrap_or_default());
        out.write_record([line.total, &name, &before, &after, &line.change])?;
    }
    for row in &numbers.summary.grades {
        let change = i128::from(row.after) - i128::from(row.before);
        let name = cell(row.grade.as_deref().unwrap_or_default());
        out.write_record(["grade", &name, &row.before.to_string(), &row.after.to_string(), &change.to_string()])?;
    }
    Ok(out.flush()?)
}

/// A name that a spreadsheet takes for no formula.
fn cell(name: &str) -> Cow<'_, str> {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{name}"))
    } else {
        Cow::Borrowed(name)
    }
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
    use super::{cell, encoded};

    #[test]
    fn parts_can_be_told_apart() {
        assert_eq!(encoded("urn:a|b%"), "urn%3Aa%7Cb%25");
        assert_eq!(encoded("Ääkkönen 7"), "Ääkkönen 7");
    }

    #[test]
    fn a_name_is_no_formula() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("Tampere-2"), "Tampere-2");
    }
}
