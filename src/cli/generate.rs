//! `kulta generate`: synthetic input, hard as real data is.

use std::io::{BufWriter, ErrorKind, Write};

use clap::ValueEnum;
use kulta_events::Instant;

use super::progress::Told;
use super::{Common, Failure, Misuse};
use crate::clock::{Clock, SystemClock};
use crate::generate::{self, Config};

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
    /// Events as they arrive, or the records as they stand at the end
    #[arg(long, value_enum, default_value_t = Format::Cloudevents)]
    format: Format,
    /// The history begins here; default: a year before its end
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// The history ends here; default: now
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

/// Formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One CloudEvent a line.
    Cloudevents,
    /// One record a row, as `kulta match` reads it.
    Csv,
}

/// Times of generated events are whole seconds from the start, as most sources have them.
fn whole_second(at: Instant) -> Instant {
    Instant::from_micros(at.micros() / 1_000_000 * 1_000_000)
}

/// Writes to standard output.
///
/// # Errors
/// When the period is none, or the output cannot be written.
pub fn run(args: &Args, _: Common) -> Result<(), Failure> {
    let instant = |text: &String| Instant::parse(text).map_err(|error| format!("{text}: {error}"));
    let end = args.to.as_ref().map(instant).transpose()?.unwrap_or_else(|| whole_second(SystemClock.now()));
    let start = args.from.as_ref().map(instant).transpose()?.unwrap_or(end.plus_days(-365));
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
    let told = Told::default();
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let progress = |written: u64| told.now_and_then(|| format!("{written} written"));
    let written = match args.format {
        Format::Cloudevents => generate::write_cloudevents(config, &mut out, progress),
        Format::Csv => generate::write_csv(config, &mut out, progress),
    };
    match written.and_then(|_| out.flush()) {
        // Whoever reads has enough, as with `| head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
