//! A new archive from the log.

use std::collections::HashMap;
use std::path::Path;

use kulta_events::{Json, RecordId, Vocabulary};
use kulta_projections::scores::facts::{Builder, Codes, Facts, NewRow, Wanted};

use super::columns::Survey;
use super::manifest::{File, Manifest, Role};
use super::members::Members;
use super::ordered::Order;
use super::segments::{Effort, Segments, Step};
use super::spill::{Head, Spill, put, take};
use super::ties::{Moments, Ranks};
use super::update::{Basis, stamp};
use super::{Error, files, types};
use crate::projector::Source;
use crate::replay::read::{facts_of, read_ahead};
use crate::store::views::Crosswalk;

/// Events of a file, about. More, and a file takes much memory; fewer, and there are many files.
pub(super) const PER_FILE: u64 = 1 << 20;
/// Events of a file of a small archive, and how many such files there are at most: one could be written by one core only.
/// Not a matter of the cores that are there, for the same log gives the same files.
const FEW: u64 = 1 << 16;
const SMALL_FILES: u64 = 4;
/// Records asked for at a time.
const RECORDS: usize = 5_000;

/// Events of the log, put aside by records.
pub(super) struct Gathered {
    /// The events.
    pub rows: Spill,
    /// Their facets.
    pub survey: Survey,
    /// Their types.
    pub types: Codes,
    /// Their sources.
    pub sources: Codes,
    /// Their units.
    pub units: Codes,
    /// When they happened.
    pub moments: Moments,
    /// How many there are.
    pub events: u64,
}

/// Writes the archive of a log into a directory, in the place of one that is there.
///
/// # Errors
/// When the log cannot be read or a file cannot be written; what was there is still there then.
pub async fn write(basis: &Basis<'_>, dir: &Path, effort: &Effort<'_>) -> Result<Manifest, Error> {
    let Basis { source, crosswalk, generation } = *basis;
    let gathered = Gathered::read(source, dir, (0, crosswalk.position), base_parts(crosswalk.position), effort).await?;
    let columns = gathered.survey.columns(Vec::new()).unwrap_or_default();
    let ranks = Ranks::find(source, &tokio::task::block_in_place(|| gathered.moments.tied())?, effort.cancel).await?;
    let members = members(source, crosswalk, &Members::default()).await?;
    let mut manifest = Manifest::new(log(source), crosswalk.position, gathered.survey.precision, columns);
    manifest.types = types::registered(source, crosswalk.position).await?;
    manifest.basis = Some(stamp(source, generation));
    tokio::task::block_in_place(|| {
        let make = |part| gathered.facts(part, &ranks);
        let order = Order::of(&members.records);
        let segments = Segments::base(dir, &manifest, &order);
        let (written, times) = segments.write(gathered.rows.parts(), make, effort)?;
        manifest.files.extend(written);
        manifest.spans(times);
        manifest.files.push(members.write(dir, manifest.position)?);
        publish(dir, &mut manifest)
    })?;
    Ok(manifest)
}

/// Gives new files their names, then tells of them, then removes those that are no longer told of.
pub(super) fn publish(dir: &Path, manifest: &mut Manifest) -> Result<(), Error> {
    manifest.events = manifest.rows(Role::Base) + manifest.rows(Role::Delta);
    let is_new = |file: &&File| dir.join(format!("{}{}", file.name, files::NEW)).exists();
    files::settle(dir, manifest.files.iter().filter(is_new).map(|file| &file.name))?;
    manifest.write(dir)?;
    files::tidy(dir, |name| manifest.files.iter().any(|file| file.name == name))
}

/// Tells the archives of different logs apart, and tells nothing of the log.
pub(super) fn log(source: &Source) -> uuid::Uuid {
    source.vault.hasher().text("archive", &[])
}

/// The crosswalk with the sources of records, as far as they are not known from an earlier one.
pub(super) async fn members(source: &Source, crosswalk: &Crosswalk, known: &Members) -> Result<Members, Error> {
    let known = known.records.iter().enumerate().map(|(row, (record, _))| (*record, known.sources.get(row)));
    let mut names: HashMap<RecordId, String> = known.map(|(record, name)| (record, name.to_owned())).collect();
    let unknown: Vec<RecordId> =
        crosswalk.records.iter().map(|(record, _)| *record).filter(|record| !names.contains_key(record)).collect();
    for some in unknown.chunks(RECORDS) {
        let records = source.log.records(some).await.map_err(crate::replay::Error::from)?;
        names.extend(records.into_iter().map(|record| (record.record, record.source)));
    }
    let mut members = Members { records: crosswalk.records.clone(), sources: Codes::default() };
    for (record, _) in &crosswalk.records {
        if !members.sources.push(names.get(record).map_or("", String::as_str)) {
            return Err(kulta_projections::scores::facts::TooMany.into());
        }
    }
    Ok(members)
}

impl Gathered {
    /// Reads the log behind a position, up to another, into so many parts.
    pub async fn read(
        source: &Source,
        dir: &Path,
        (after, until): (u64, u64),
        parts: usize,
        effort: &Effort<'_>,
    ) -> Result<Self, Error> {
        let mut gathered = Self {
            rows: Spill::new(dir, "events", parts),
            survey: Survey::default(),
            types: Codes::default(),
            sources: Codes::default(),
            units: Codes::default(),
            moments: Moments::new(dir, parts),
            events: 0,
        };
        let vocabulary = source.vocabulary.now();
        let mut pages = read_ahead(source.clone(), after, until);
        while let Some(page) = pages.recv().await {
            effort.cancel.check()?;
            let page = page?;
            let began = tokio::time::Instant::now();
            let at = page.last().map_or(until, |event| event.position);
            tokio::task::block_in_place(|| page.iter().try_for_each(|event| gathered.put(&vocabulary, event)))?;
            (effort.progress)(Step::Reading(at, until));
            if effort.rests > 0 {
                tokio::time::sleep(began.elapsed() * effort.rests).await;
            }
        }
        Ok(gathered)
    }

    fn put(&mut self, vocabulary: &Vocabulary, event: &crate::store::StoredEvent) -> Result<(), Error> {
        let Some(record) = event.record else { return Ok(()) };
        let facts = facts_of(vocabulary, event);
        let code = |codes: &mut Codes, name: &str| codes.intern(name);
        let codes = (
            code(&mut self.types, &event.type_name),
            code(&mut self.sources, &event.source),
            code(&mut self.units, event.unit.as_deref().unwrap_or_default()),
        );
        let (Some(type_code), Some(source), Some(unit)) = codes else {
            return Err(kulta_projections::scores::facts::TooMany.into());
        };
        let (time, position) = (event.time.micros(), event.position);
        let head = Head { record, time, position, type_code, source, unit };
        self.moments.note(time, source, position)?;
        self.events += 1;
        let survey = &mut self.survey;
        self.rows.add(part_of(record, self.rows.parts()), |out| put(&head, &facts, survey, out))
    }

    /// The facts of a part.
    pub fn facts(&self, part: usize, ranks: &Ranks) -> Result<Facts, Error> {
        let bytes = self.rows.read(part)?;
        let mut builder = Builder::new(Wanted::default());
        let none = Json::Object(Vec::new());
        let mut left = bytes.as_slice();
        while let Some((head, values)) = take(&mut left) {
            let row = NewRow {
                record: head.record,
                time: head.time,
                position: head.position,
                type_name: &self.types.names[usize::from(head.type_code)],
                source: &self.sources.names[usize::from(head.source)],
                unit: Some(&self.units.names[usize::from(head.unit)]),
                facts: &none,
            };
            let named = |(facet, value)| Some((&**self.survey.name(facet)?, value));
            builder.push_values(&row, values.into_iter().filter_map(named))?;
        }
        Ok(builder.finish_ranked(|position| ranks.get(position)))
    }
}

/// Parts of a base of so many events.
fn base_parts(events: u64) -> usize {
    (events / PER_FILE + 1).max((events / FEW + 1).min(SMALL_FILES)) as usize
}

/// Parts of a delta of so many events.
pub(super) fn delta_parts(events: u64) -> usize {
    (events / PER_FILE + 1) as usize
}

/// Records are spread evenly, since their ids are hashes, and each part holds a range of them.
fn part_of(record: RecordId, parts: usize) -> usize {
    (((record.0.as_u128() >> 64) * parts as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_base_is_shared_among_cores_and_a_large_one_has_files_of_a_size() {
        let parts = [0, FEW - 1, FEW, 100_000, 1 << 18, 1 << 20, 3 << 20, 10 << 20].map(base_parts);
        assert_eq!(parts, [1, 1, 2, 2, 4, 4, 4, 11]);
        assert_eq!([0, 100_000, 1 << 20].map(delta_parts), [1, 1, 2]);
    }
}
