//! `kulta replay`: scores of all customers by all of history, under any rules.

mod archive;
mod out;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use kulta_events::Instant;
use kulta_projections::scores::history::Reading;

use out::Replayed;

use super::progress::Told;
use super::{Common, Failure, Misuse, NodeArgs};
use crate::clock::{Clock, SystemClock};
use crate::replay::ask::{Given, NoRules, known};
use crate::replay::csv::Names;
use crate::replay::data::{Data, Step};
use crate::replay::read::Cancel;
use crate::replay::run::{How, Rules, score, wanted};
use crate::scores::Scores;
use crate::services::Services;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The rules: a file, or published:NAME
    #[arg(long, value_name = "RULES.toml|published:NAME")]
    rules: String,
    /// Leave out events at or after this time; default: now
    #[arg(long, value_name = "TIME", value_parser = Instant::parse)]
    as_of: Option<Instant>,
    /// Only what was known at this time: events, and who belonged together
    #[arg(long, value_name = "TIME", value_parser = Instant::parse)]
    known_at: Option<Instant>,
    /// Tell who would move, compared with these rules; current: what is published under the same name
    #[arg(long, value_name = "RULES.toml|published:NAME|current")]
    against: Option<String>,
    /// Of published rules: the version in force at as-of for all of history, or each version over the events of its time
    #[arg(long, value_enum, default_value_t = ReadingFlag::Newest)]
    reading: ReadingFlag,
    /// Where customer_id,records,points,grade is written; - for standard output
    #[arg(long, value_name = "scores.csv")]
    out: PathBuf,
    /// Where those who move are written, the largest change first
    #[arg(long, value_name = "diff.csv", requires = "against")]
    diff: Option<PathBuf>,
    /// Where the points of all customers are written, by rule and by business unit, and customers by grade, before and
    /// after
    #[arg(long, value_name = "totals.csv", requires = "against")]
    totals: Option<PathBuf>,
    /// Read an archive instead of the database: needs no service, no server and no keys
    #[arg(long, value_name = "DIR", conflicts_with_all = ["database_url", "config", "known_at"])]
    archive: Option<PathBuf>,
    #[command(flatten)]
    node: NodeArgs,
}

/// How long a replay waits for the projections.
const PATIENCE: Duration = Duration::from_secs(24 * 3_600);
/// Records whose names are read at a time.
const NAMED: usize = 10_000;

/// Replays. A running node does it too: `POST /v1/replays`.
///
/// # Errors
/// When rules do not compile, a customer has no score, the database is in use, or a file cannot be written.
pub async fn run(mut args: Args, common: Common) -> Result<(), Failure> {
    if args.reading == ReadingFlag::InForce && !args.rules.starts_with(PUBLISHED) {
        return Err(Misuse("--reading in-force reads published rules: --rules published:NAME").into());
    }
    let outs = [Some(&args.out), args.diff.as_ref(), args.totals.as_ref()];
    if outs.into_iter().flatten().filter(|path| *path == Path::new("-")).count() > 1 {
        return Err(Misuse("only one of --out, --diff and --totals can be standard output").into());
    }
    let clock = SystemClock;
    let (as_of, known_at) = (args.as_of.unwrap_or_else(|| clock.now()), args.known_at);
    if let Some(dir) = &args.archive {
        return archive::run(dir, as_of, &args, common);
    }
    let settings = std::mem::take(&mut args.node).settings(Vec::new())?;
    let services = Services::open(settings, Arc::new(clock), "replay").await?;
    let done = replay(&services, (as_of, known_at), &args, common).await;
    services.close().await;
    done
}

async fn replay(
    services: &Arc<Services>,
    (as_of, known_at): (Instant, Option<Instant>),
    args: &Args,
    common: Common,
) -> Result<(), Failure> {
    let told = Told::default();
    let progress = |step| told.now_and_then(|| words(step));
    let cancel = Cancel::default();
    let scores = &services.scores;
    let until = match known_at {
        Some(known_at) => Some(services.log.position_at(known_at).await?),
        None => None,
    };
    let rules = rules(scores, &args.rules, args.reading, as_of, until).await?;
    let against = match &args.against {
        Some(against) if against == CURRENT => {
            let name = rules.spans.first().map(|span| span.compiled.rules.name.to_string()).unwrap_or_default();
            Some(self::rules(scores, &format!("{PUBLISHED}{name}"), ReadingFlag::Newest, as_of, until).await?)
        }
        Some(against) => Some(self::rules(scores, against, args.reading, as_of, until).await?),
        None => None,
    };
    catch_up(services).await?;
    let facets = scores.facets();
    let both: Vec<&Rules> = [Some(&rules), against.as_ref()].into_iter().flatten().collect();
    let reads: Vec<_> = both.iter().flat_map(|rules| rules.reads(&facets)).collect();
    let live = services.projector.projections().live();
    let data = Data::read(&scores.reads().source, &*live, known_at, wanted(&reads), &cancel, &progress).await?;
    let known = known(scores, &data.people, &both, (as_of, known_at), &cancel, &progress).await?;
    let breakdown = against.is_some();
    let how = How { as_of, facets: &facets, tolerant: false, breakdown, cancel: &cancel, progress: &progress };
    let scored = |rules: &Rules| tokio::task::block_in_place(|| score(&data, &known, rules, &how));
    let after = scored(&rules)?;
    let before = against.as_ref().map(scored).transpose()?;
    let names = names(services, &data).await?;
    Replayed { people: &data.people, names: &names, rules: &rules, after: &after, before: before.as_ref(), as_of }
        .write(args, common)
}

/// Stands before the name of a published rule set.
const PUBLISHED: &str = "published:";
/// What is published under the name of the rules.
const CURRENT: &str = "current";

/// Which versions of published rules count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReadingFlag {
    Newest,
    InForce,
}

async fn rules(
    scores: &Scores,
    named: &str,
    reading: ReadingFlag,
    as_of: Instant,
    until: Option<u64>,
) -> Result<Rules, Failure> {
    let given = match named.strip_prefix(PUBLISHED) {
        Some(name) => {
            let reading = match reading {
                ReadingFlag::Newest => Reading::Newest,
                ReadingFlag::InForce => Reading::InForce,
            };
            Given::Published { name: name.to_owned(), version: None, reading }
        }
        None => Given::Text(std::fs::read_to_string(named).map_err(|error| format!("{named}: {error}"))?),
    };
    match given.rules(scores, as_of, until).await {
        Ok(rules) => Ok(rules),
        Err(NoRules::Wrong(errors)) => {
            let lines: Vec<String> = errors.iter().map(|error| format!("{named}: {error}")).collect();
            Err(lines.join("\n").into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Waits until the projections have got to the end of the log, and brings them there.
async fn catch_up(services: &Arc<Services>) -> Result<(), Failure> {
    let projecting = tokio::spawn({
        let services = services.clone();
        async move { services.project().await }
    });
    services.log.ping().await?;
    let head = *services.log.head().borrow();
    let reached = services.projector.projections().reached(head, PATIENCE).await;
    services.stop();
    // It ends with the batch that it is folding.
    let _ = projecting.await;
    if reached { Ok(()) } else { Err("the projections did not get to the end of the log in time".into()) }
}

async fn names(services: &Services, data: &Data) -> Result<Names, Failure> {
    let mut names: Names = HashMap::with_capacity(data.people.records.len());
    for some in data.people.records.chunks(NAMED) {
        let found = services.vault.subjects(some).await?;
        names.extend(found.into_iter().map(|(record, named)| (record, (named.source, named.subject))));
    }
    Ok(names)
}

fn words(step: Step) -> String {
    match step {
        Step::Identities(at, of) => format!("finding who belonged together: {at} of {of} events"),
        Step::Reading(at, of) => format!("reading: {at} of {of} events"),
        Step::Customers(done, of) => format!("reading customers: {done} of {of}"),
        Step::Scoring(done, of) => format!("scoring: {done} of {of} customers"),
    }
}
