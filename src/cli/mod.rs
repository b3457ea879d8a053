//! The command line, one file per verb. How to add one: a file with `Args` and `run`, and a line in [`Verb`].
//!
//! Exit status: 0 done, 1 failed, 2 wrong usage. Summaries go to standard output, progress and logs to standard error.

pub mod archive;
pub mod demo;
pub mod generate;
pub mod import;
mod input;
pub mod matching;
mod node;
mod progress;
pub mod rebuild;
pub mod replay;
pub mod rules;
pub mod serve;
mod telemetry;
pub mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::http::problem::chain;
pub use node::NodeArgs;

/// What a verb that fails tells.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Flags that do not go together: wrong usage, as an unknown flag is.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misuse(pub &'static str);

/// kulta: a company's memory of its customers.
#[derive(Debug, Parser)]
#[command(name = "kulta", version, about, long_about = None, arg_required_else_help = true)]
pub struct Cli {
    /// Print summaries as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

/// What is true for every verb.
#[derive(Clone, Copy, Debug)]
pub struct Common {
    /// Whether summaries are printed as JSON.
    pub json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Load sample data into a throw-away database and serve it
    Demo(demo::Args),
    /// Serve HTTP
    Serve(serve::Args),
    /// Import files of events
    Import(import::Args),
    /// Find the records of a file that are one customer
    Match(matching::Args),
    /// Score all customers by all of history under any rules, and tell who would move
    Replay(replay::Args),
    /// Check, show and publish scoring rules
    Rules(rules::Args),
    /// Make all projections anew from the log
    Rebuild(rebuild::Args),
    /// Compare the projections with the log, row by row
    Verify(verify::Args),
    /// Write the facts of the log as Parquet files, or bring them up to date
    Archive(archive::Args),
    /// Write synthetic input
    Generate(generate::Args),
}

/// A worker looks what has arrived after so many tasks (by itself after 61): an answer of the database, for which everybody
/// waits, must not stand behind the requests of all who have just been answered.
const EVENT_INTERVAL: u32 = 8;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    // Wrong usage ends here, with status 2 and the reason.
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().event_interval(EVENT_INTERVAL).enable_all().build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(cli.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

impl Cli {
    async fn run(self) -> Result<(), Failure> {
        let common = Common { json: self.json };
        match self.verb {
            Verb::Demo(args) => demo::run(args, common).await,
            Verb::Serve(args) => serve::run(args, common).await,
            Verb::Import(args) => import::run(args, common).await,
            Verb::Match(args) => matching::run(&args, common),
            Verb::Replay(args) => replay::run(args, common).await,
            Verb::Rules(args) => rules::run(args, common).await,
            Verb::Rebuild(args) => rebuild::run(args, common).await,
            Verb::Verify(args) => verify::run(args, common).await,
            Verb::Archive(args) => archive::run(args, common).await,
            Verb::Generate(args) => generate::run(&args, common),
        }
    }
}

fn failed(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    eprintln!("error: {}", chain(error));
    let flag = matches!(error.downcast_ref(), Some(crate::config::Error::Flag { .. }));
    if flag || error.is::<Misuse>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}
