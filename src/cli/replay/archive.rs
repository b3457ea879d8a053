//! A replay over an archive's files alone.
//!
//! An archive holds no names of records: their ids stand in their place. It holds no published rules and nothing that
//! rules read of customers either.

use std::path::Path;
use std::sync::Arc;

use kulta_events::Instant;
use kulta_projections::scores::facts::{Codes, Wanted};
use kulta_projections::scores::rules::Facets;

use super::out::Replayed;
use super::{Args, CURRENT, Common, Failure, Misuse, PUBLISHED, words};
use crate::archive;
use crate::cli::progress::Told;
use crate::replay;
use crate::replay::csv::Names;
use crate::replay::data::{Data, Over, People};
use crate::replay::read::Cancel;
use crate::replay::run::{How, Known, Outcome, Rules, score, wanted};
use crate::replay::stored::Stored;
use crate::scores::Compiled;

pub(super) fn run(dir: &Path, as_of: Instant, args: &Args, common: Common) -> Result<(), Failure> {
    let facets = Facets::of(&archive::vocabulary(&archive::manifest(dir)?.types));
    let rules = rules(&args.rules, &facets)?;
    let against = args.against.as_deref().map(|named| self::rules(named, &facets)).transpose()?;
    let both: Vec<&Rules> = [Some(&rules), against.as_ref()].into_iter().flatten().collect();
    let reads: Vec<_> = both.iter().flat_map(|rules| rules.reads(&facets)).collect();
    if reads.iter().any(|reads| !reads.customer.is_empty()) {
        return Err("the rules read customer.…, which an archive does not hold: replay over the database".into());
    }
    let (told, cancel) = (Told::default(), Cancel::default());
    let progress = |step| told.now_and_then(|| words(step));
    let breakdown = against.is_some();
    let how = How { as_of, facets: &facets, tolerant: false, breakdown, cancel: &cancel, progress: &progress };
    let both = (&rules, against.as_ref());
    let wanted = wanted(&reads);
    let (people, sources, (after, before)) = outcomes(dir, &wanted, both, &how)?;
    let named = people.records.iter().enumerate();
    let names: Names =
        named.map(|(place, record)| (*record, (sources.get(place).to_owned(), Some(record.to_string())))).collect();
    Replayed { people: &people, names: &names, rules: &rules, after: &after, before: before.as_ref(), as_of }
        .write(args, common)
}

type Outcomes = (Outcome, Option<Outcome>);

fn scored<'a>(
    over: impl Into<Over<'a>>,
    (rules, against): (&Rules, Option<&Rules>),
    how: &How<'_>,
) -> Result<Outcomes, replay::Error> {
    let over = over.into();
    let scored = |rules: &Rules| score(over, &Known::default(), rules, how);
    Ok((scored(rules)?, against.map(scored).transpose()?))
}

/// The scores, and who and what they are of.
fn outcomes(
    dir: &Path,
    wanted: &Wanted,
    both: (&Rules, Option<&Rules>),
    how: &How<'_>,
) -> Result<(Arc<People>, Codes, Outcomes), Failure> {
    if let Some(streamed) = archive::Stream::open(dir, wanted, crate::threads(), how.cancel)? {
        let stored = Stored::of(streamed);
        match scored(&stored, both, how) {
            // All columns in memory, with positions, tell where the event stands for which a rule fails.
            Err(replay::Error::Refused { .. }) => {}
            outcomes => return Ok((stored.people, stored.sources, outcomes?)),
        }
    }
    let (data, sources) = Data::of_archive(archive::read(dir, wanted, true, crate::threads(), how.cancel)?);
    let outcomes = scored(&data, both, how)?;
    Ok((data.people, sources, outcomes))
}

fn rules(named: &str, facets: &Facets) -> Result<Rules, Failure> {
    if named.starts_with(PUBLISHED) || named == CURRENT {
        return Err(Misuse("an archive holds no published rules: name a file").into());
    }
    let text = std::fs::read_to_string(named).map_err(|error| format!("{named}: {error}"))?;
    let compiled = Compiled::new(&text, facets).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|error| format!("{named}: {error}")).collect();
        lines.join("\n")
    })?;
    Ok(Rules::all(Arc::new(compiled)))
}
