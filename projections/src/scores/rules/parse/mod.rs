//! From the text of a rule file to a checked rule set.
//!
//! Everything that can be wrong is told at once, each with its place in the file: whoever reads a part notes what is
//! wrong with it among the [`Problems`](document::Problems), answers `None`, and the others go on.

mod document;
mod events;
mod expression;
mod grades;
mod money;
mod number;
mod rule;
mod source;
#[cfg(test)]
mod tests;
mod time;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use self::document::{Item, Problems, Table};
use super::{Facets, Rule, RuleError, RuleSet};

const KEYS: &[&str] = &["name", "time_zone", "currency", "rates", "rule", "grade"];
/// The most rules of a set.
const MOST_RULES: usize = 1_000;
/// The most characters of a name or an id.
const MOST_CHARACTERS: usize = 64;

impl RuleSet {
    /// Reads a rule file. `facets` says which event types and facets there are.
    ///
    /// # Errors
    /// Everything that is wrong with the file and can be told independently, in the order of the file.
    pub fn parse(text: &str, facets: &Facets) -> Result<Self, Vec<RuleError>> {
        let mut problems = Problems::new(text);
        let rule_set = document::read(text, &mut problems)
            .and_then(|document| rule_set(&Table::root(text, &document), facets, &mut problems));
        match rule_set {
            Some(rule_set) if problems.is_empty() => Ok(rule_set),
            _ => Err(problems.into_errors()),
        }
    }
}

fn rule_set(file: &Table<'_>, facets: &Facets, problems: &mut Problems<'_>) -> Option<RuleSet> {
    file.only(KEYS, problems);
    let name = name(file, problems);
    let zone = time::zone(file, problems);
    // What depends on the zone is still looked at when it is unknown; no rule set comes of it.
    let assumed = zone.clone().unwrap_or(TimeZone::UTC);
    let money = money::money(file, &assumed, problems);
    let rules = rules(file, facets, &assumed, problems);
    let grades = grades::grades(file, problems);
    Some(RuleSet { name: name?, zone: zone?, money: money?, rules: rules?, grades: grades? })
}

/// A name that can stand in the name of a stream, in an address and behind `published:`.
fn name(file: &Table<'_>, problems: &mut Problems<'_>) -> Option<Box<str>> {
    let expected = format!("a name of at most {MOST_CHARACTERS} letters, digits and `-`, `_` or `.`");
    let item = file.need("name", &expected, problems)?;
    let name = item.text(&expected, problems)?;
    let well_formed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.chars().all(well_formed) && name.chars().count() <= MOST_CHARACTERS {
        Some(name.into())
    } else {
        item.refuse(expected, problems)
    }
}

fn rules(file: &Table<'_>, facets: &Facets, zone: &TimeZone, problems: &mut Problems<'_>) -> Option<Vec<Rule>> {
    const EXPECTED: &str = "rules, each under [[rule]]";
    let parts = file.need("rule", EXPECTED, problems)?.list(EXPECTED, problems)?;
    if let Some(first_beyond) = parts.get(MOST_RULES) {
        let found = parts.len().to_string();
        problems.add(first_beyond.at, "rule", format!("at most {MOST_RULES} rules"), found);
    }
    let mut lines_of_ids = BTreeMap::new();
    let mut rules = Vec::new();
    let mut all_are_well = true;
    for (index, part) in parts.iter().take(MOST_RULES).enumerate() {
        let rule = one_rule(index, part, &mut lines_of_ids, &rule::Context { facets, zone }, problems);
        all_are_well &= rule.is_some();
        rules.extend(rule);
    }
    all_are_well.then_some(rules)
}

fn one_rule<'d>(
    index: usize,
    part: &Item<'d>,
    lines_of_ids: &mut BTreeMap<&'d str, u32>,
    context: &rule::Context<'_>,
    problems: &mut Problems<'_>,
) -> Option<Rule> {
    let number = format!("rule {}", index + 1);
    let table = part.table("a table, under [[rule]]", problems)?.named(&number);
    let id = unique(&table, "id", "rule", lines_of_ids, problems);
    let table = match id {
        Some(id) => table.named(&format!("rule \"{id}\"")),
        None => table,
    };
    rule::rule(id, &table, context, problems)
}

/// A name by which a part is told from the others of its sort.
fn unique<'d>(
    table: &Table<'d>,
    key: &str,
    sort: &str,
    lines: &mut BTreeMap<&'d str, u32>,
    problems: &mut Problems<'_>,
) -> Option<&'d str> {
    let expected = format!("a text of at most {MOST_CHARACTERS} characters, of which no other {sort} has the same");
    let item = table.need(key, &expected, problems)?;
    let name = item.text(&expected, problems)?;
    if name.chars().count() > MOST_CHARACTERS || name.chars().any(char::is_control) || name.trim() != name {
        return item.refuse(expected, problems);
    }
    if let Some(line) = lines.get(name) {
        problems.add(item.at, &item.path, expected, format!("\"{name}\", as in line {line}"));
        return None;
    }
    lines.insert(name, problems.source.position(item.at).line);
    Some(name)
}
