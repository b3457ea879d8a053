//! Archives that no log stands behind: facts that are made, for benches.

use std::fs;
use std::path::Path;

use kulta_projections::scores::facts::Facts;
use uuid::Uuid;

use super::Error;
use super::columns::{Column, Kind, Precision};
use super::manifest::Manifest;
use super::members::Members;
use super::ordered::Order;
use super::segments::{Effort, Progress, Segments};
use super::write::publish;
use crate::replay::read::Cancel;

/// Facts that are made, a part at a time.
pub trait Makes: Sync {
    /// Tells one such archive from another.
    fn log(&self) -> Uuid;
    /// The position that it tells of.
    fn position(&self) -> u64;
    /// Facets, each with its kind and how many decimals it has.
    fn facets(&self) -> Vec<(&'static str, Kind, u32)>;
    /// How many parts the base has.
    fn parts(&self) -> usize;
    /// The facts of a part of the base: its records come after those of the parts before it.
    fn base(&self, part: usize) -> Result<Facts, Error>;
    /// What came since.
    fn delta(&self) -> Result<Facts, Error>;
    /// Who they are about.
    fn members(&self) -> Result<Members, Error>;
}

/// Writes made facts as an archive, in the place of one that is there. Their times are whole milliseconds.
///
/// # Errors
/// When a file cannot be written.
pub fn write_made(made: &impl Makes, dir: &Path, progress: Progress<'_>, cancel: &Cancel) -> Result<Manifest, Error> {
    fs::create_dir_all(dir).map_err(Error::io(dir))?;
    let effort = Effort::full(progress, cancel);
    let column = |(name, kind, decimals): (&str, Kind, u32)| {
        let (name, facet) = (name.to_owned(), name.to_owned());
        Column { name, facet, kind, decimals }
    };
    let columns = made.facets().into_iter().map(column).collect();
    let mut manifest = Manifest::new(made.log(), made.position(), Precision::Milliseconds, columns);
    let members = made.members()?;
    let order = Order::of(&members.records);
    let bases = Segments::base(dir, &manifest, &order);
    let (mut written, base) = bases.write(made.parts(), |part| made.base(part), &effort)?;
    let deltas = Segments::delta(dir, &manifest);
    let (later, delta) = deltas.write(1, |_| made.delta(), &effort)?;
    written.extend(later.into_iter().filter(|file| file.rows > 0));
    manifest.files = written;
    manifest.spans(base);
    manifest.spans(delta);
    manifest.files.push(members.write(dir, manifest.position)?);
    publish(dir, &mut manifest)?;
    Ok(manifest)
}
