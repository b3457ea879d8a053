//! Grades.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::{Item, Problems, Table};
use super::unique;
use crate::scores::rules::{Allowance, Grade};

const KEYS: &[&str] = &["name", "from", "service", "minutes_per_year", "cost_per_year"];

/// What is known of the grades before this one.
#[derive(Default)]
struct Before<'d> {
    lines_of_names: BTreeMap<&'d str, u32>,
    lines_of_points: BTreeMap<Decimal, u32>,
}

/// The grades of the file, the highest first.
pub(super) fn grades(file: &Table<'_>, problems: &mut Problems<'_>) -> Option<Vec<Grade>> {
    let Some(item) = file.get("grade") else {
        return Some(Vec::new());
    };
    let mut before = Before::default();
    let mut grades = Vec::new();
    let mut all_are_well = true;
    for (index, part) in item.list("grades, each under [[grade]]", problems)?.iter().enumerate() {
        let grade = grade(index, part, &mut before, problems);
        all_are_well &= grade.is_some();
        grades.extend(grade);
    }
    grades.sort_by_key(|grade| std::cmp::Reverse(grade.from));
    all_are_well.then_some(grades)
}

fn grade<'d>(index: usize, part: &Item<'d>, before: &mut Before<'d>, problems: &mut Problems<'_>) -> Option<Grade> {
    let table = part.table("a table, under [[grade]]", problems)?.named(&format!("grade {}", index + 1));
    let name = unique(&table, "name", "grade", &mut before.lines_of_names, problems);
    let table = match name {
        Some(name) => table.named(&format!("grade \"{name}\"")),
        None => table,
    };
    table.only(KEYS, problems);
    let from = from(&table, before, problems);
    let service = match table.get("service") {
        Some(item) => item.text("the level of service, in words", problems).map(|text| Some(text.into())),
        None => Some(None),
    };
    let minutes_per_year = allowance(&table, "minutes_per_year", problems);
    let cost_per_year = allowance(&table, "cost_per_year", problems);
    let allows = Allowance { minutes_per_year: minutes_per_year?, cost_per_year: cost_per_year? };
    Some(Grade { name: name?.into(), from: from?, service: service?, allows })
}

fn from(table: &Table<'_>, before: &mut Before<'_>, problems: &mut Problems<'_>) -> Option<Decimal> {
    const EXPECTED: &str = "from how many points on the grade is given, a number";
    let item = table.need("from", EXPECTED, problems)?;
    let from = item.number(EXPECTED, |_| true, problems)?;
    if let Some(line) = before.lines_of_points.get(&from) {
        let found = format!("{from}, as in line {line}");
        problems.add(item.at, &item.path, "other points than those of any other grade", found);
        return None;
    }
    before.lines_of_points.insert(from, problems.source.position(item.at).line);
    Some(from)
}

fn allowance(table: &Table<'_>, key: &str, problems: &mut Problems<'_>) -> Option<Option<Decimal>> {
    match table.get(key) {
        Some(item) => item.number("a number, zero or above", |number| number >= Decimal::ZERO, problems).map(Some),
        None => Some(None),
    }
}
