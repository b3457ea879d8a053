//! `kulta generate`: synthetic input, hard as real data is.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use kulta_events::Instant;

use super::progress::Told;
use super::{Common, Failure, Misuse};
use crate::archive::{Step, write_made};
use crate::clock::{Clock, SystemClock};
use crate::generate::{self, Config};
use crate::replay::read::Cancel;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many customers
    #[arg(long, value_name = "N")]
    customers: u64,
    /// How many events
    #[arg(long, value_name = "N", default_value_t = 0)]
    events: u64,
    /// The same seed gives the same data
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Also tell which customer each record is in truth
    #[arg(long)]
    truth: bool,
    /// Events as they arrive, the records as they stand at the end, or an archive of facts without a log
    #[arg(long, value_enum, default_value_t = Format::Cloudevents)]
    format: Format,
    /// Where the archive is to be made
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The history begins here; default: a year before its end, of an archive three
    #[arg(long, value_name = "TIME", value_parser = Instant::parse)]
    from: Option<Instant>,
    /// The history ends here; default: now
    #[arg(long, value_name = "TIME", value_parser = Instant::parse)]
    to: Option<Instant>,
}

/// Formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One CloudEvent a line.
    Cloudevents,
    /// One record a row, as `kulta match` reads it.
    Csv,
    /// Facts alone as `kulta archive` writes them: many, and others than the events of the other formats.
    Archive,
}

/// Times of generated events are whole seconds from the start, as most sources have them.
fn whole_second(at: Instant) -> Instant {
    Instant::from_micros(at.micros() / 1_000_000 * 1_000_000)
}

/// Writes to standard output, or an archive.
///
/// # Errors
/// When the period is none, or the output cannot be written.
pub fn run(args: &Args, common: Common) -> Result<(), Failure> {
    let end = args.to.unwrap_or_else(|| whole_second(SystemClock.now()));
    let days = if args.format == Format::Archive { 3 * 365 } else { 365 };
    let start = args.from.unwrap_or_else(|| end.plus_days(-days));
    if start >= end {
        return Err(Misuse("the history must begin before it ends").into());
    }
    let config = Config {
        customers: args.customers,
        events: args.events,
        seed: args.seed,
        start_us: start.micros(),
        end_us: end.micros(),
        truth: args.truth,
    };
    match (args.format, &args.out) {
        (Format::Archive, Some(_)) if args.truth => return Err(Misuse("an archive's crosswalk is the truth").into()),
        (Format::Archive, Some(dir)) => return archive(config, dir, common),
        (Format::Archive, None) => return Err(Misuse("--format archive needs --out DIR").into()),
        (_, Some(_)) => return Err(Misuse("--out goes with --format archive").into()),
        (_, None) => {}
    }
    let told = Told::default();
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let progress = |written: u64| told.now_and_then(|| format!("{written} written"));
    let written = match args.format {
        Format::Cloudevents => generate::write_cloudevents(config, &mut out, progress),
        Format::Csv | Format::Archive => generate::write_csv(config, &mut out, progress),
    };
    match written.and_then(|_| out.flush()) {
        // Whoever reads has enough, as with `| head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

fn archive(config: Config, dir: &Path, common: Common) -> Result<(), Failure> {
    let told = Told::default();
    let progress = |step| {
        if let Step::Writing(done, of) = step {
            told.now_and_then(|| format!("writing: {done} of {of} files"));
        }
    };
    let manifest = write_made(&generate::MadeFacts::new(config), dir, &progress, &Cancel::default())?;
    super::archive::tell(&manifest, "made", common);
    Ok(())
}
