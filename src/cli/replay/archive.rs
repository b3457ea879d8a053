//! A replay over an archive's files alone.
//!
//! An archive holds no names of records: their ids stand in their place. It holds no published rules and nothing that
//! rules read of customers either.

use std::path::Path;
use std::sync::Arc;

use kulta_events::Instant;
use kulta_projections::scores::rules::Facets;

use super::out::Replayed;
use super::{Args, CURRENT, Common, Failure, Misuse, PUBLISHED, words};
use crate::archive;
use crate::cli::progress::Told;
use crate::replay::csv::Names;
use crate::replay::data::Data;
use crate::replay::read::Cancel;
use crate::replay::run::{How, Known, Rules, score, wanted};
use crate::scores::Compiled;

pub(super) fn replay(dir: &Path, as_of: Instant, args: &Args, common: Common) -> Result<(), Failure> {
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
    let archived = archive::read(dir, &wanted(&reads), true, crate::threads(), &cancel)?;
    let (data, sources) = Data::of_archive(archived);
    let breakdown = against.is_some();
    let how = How { as_of, facets: &facets, tolerant: false, breakdown, cancel: &cancel, progress: &progress };
    let scored = |rules: &Rules| score(&data, &Known::default(), rules, &how);
    let after = scored(&rules)?;
    let before = against.as_ref().map(scored).transpose()?;
    let named = data.people.records.iter().enumerate();
    let names: Names =
        named.map(|(place, record)| (*record, (sources.get(place).to_owned(), Some(record.to_string())))).collect();
    Replayed { data: &data, names: &names, rules: &rules, after: &after, before: before.as_ref(), as_of }
        .write(args, common)
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
