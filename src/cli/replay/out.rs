//! What a replay found, written down.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use kulta_events::Instant;
use kulta_projections::scores::diff::changes;
use kulta_projections::scores::totals::Totals;
use serde_json::json;

use super::{Args, Common, Failure};
use crate::replay::csv::{self, Names};
use crate::replay::data::People;
use crate::replay::numbers::Numbers;
use crate::replay::run::{Outcome, Rules};

/// See the module.
pub(super) struct Replayed<'a> {
    pub(super) people: &'a People,
    pub(super) names: &'a Names,
    pub(super) rules: &'a Rules,
    pub(super) after: &'a Outcome,
    pub(super) before: Option<&'a Outcome>,
    pub(super) as_of: Instant,
}

impl Replayed<'_> {
    /// Writes scores and diff, warns of what was left out, and tells in a line what was done.
    pub(super) fn write(&self, args: &Args, common: Common) -> Result<(), Failure> {
        let Self { people, names, after, .. } = *self;
        csv::scores(create(&args.out)?, people, names, &after.scores)?;
        warn(after);
        let moved = match self.before {
            Some(before) => {
                if let Some(path) = &args.diff {
                    let moved = changes(&before.scores, &after.scores);
                    csv::diff(create(path)?, people, names, (&before.scores, &after.scores), &moved)?;
                }
                let numbers = Numbers::of(before, after);
                if let Some(path) = &args.totals {
                    csv::totals(create(path)?, &numbers)?;
                }
                Some(numbers)
            }
            None => None,
        };
        if args.out != Path::new("-") && args.totals.as_deref() != Some(Path::new("-")) {
            tell(people, self.rules, after, moved, self.as_of, common);
        }
        Ok(())
    }
}

fn tell(people: &People, rules: &Rules, after: &Outcome, moved: Option<Numbers>, as_of: Instant, common: Common) {
    let (position, customers, events, hash) = (people.position, people.ids.len(), people.events, rules.hash());
    if common.json {
        let told = json!({"position": position, "as_of": as_of, "rules_hash": hash, "customers": customers,
            "events": events, "left_out": after.left_out, "diff": moved});
        println!("{told}");
        return;
    }
    if let Some(totals) = moved.as_ref().and_then(|numbers| numbers.totals.as_ref()) {
        tell_totals(totals);
    }
    let moved = moved.map(|Numbers { summary: moved, .. }| {
        format!(" changed={} gain={} lose={}", moved.changed, moved.gain, moved.lose)
    });
    let moved = moved.unwrap_or_default();
    println!("position={position} as_of={as_of} rules={hash} customers={customers} events={events}{moved}");
}

/// What all customers have by rule and by unit, a line each.
fn tell_totals(totals: &Totals) {
    for line in totals.lines() {
        let name = match line.name {
            Some(name) => format!(" {name}"),
            None if line.total == "unit" => " none".to_owned(),
            None => String::new(),
        };
        let side = |points: Option<String>| points.unwrap_or_else(|| "none".to_owned());
        println!("{}{name}: {} -> {}, {}", line.total, side(line.before), side(line.after), line.change);
    }
}

fn warn(outcome: &Outcome) {
    for left_out in &outcome.left_out {
        let rule = &left_out.rule;
        if left_out.missing > 0 {
            eprintln!(
                "warning: rule `{rule}` did not apply {} times, since a value that it reads was missing",
                left_out.missing
            );
        }
        if left_out.without_rate > 0 {
            eprintln!("warning: rule `{rule}` left out {} events whose money has no rate", left_out.without_rate);
        }
    }
    if !outcome.mixed.is_empty() {
        let currencies: Vec<&str> = outcome.mixed.iter().map(|code| &**code).collect();
        eprintln!("warning: amounts of several currencies were taken as written: {}", currencies.join(", "));
    }
}

fn create(path: &Path) -> Result<Box<dyn Write>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufWriter::new(std::io::stdout())));
    }
    let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Box::new(BufWriter::new(file)))
}
