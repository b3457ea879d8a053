//! `kulta replay`: scores of all customers by all of history, under any rules.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kulta_events::Instant;
use kulta_projections::scores::diff::{changes, summary};
use kulta_projections::scores::rules::{Facets, RuleSet};
use serde_json::json;

use super::progress::Told;
use super::{Common, Failure, Misuse, NodeArgs};
use crate::clock::{Clock, SystemClock};
use crate::replay::csv::{self, Names};
use crate::replay::data::{Data, Step};
use crate::replay::read::Cancel;
use crate::replay::run::{Known, Outcome, Rules, score, wanted};
use crate::services::Services;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The rules: a file
    #[arg(long, value_name = "RULES.toml")]
    rules: PathBuf,
    /// Leave out events at or after this time; default: now
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// Only what was known at this time: events, and who belonged together
    #[arg(long, value_name = "TIME")]
    known_at: Option<String>,
    /// Tell who would move, compared with these rules
    #[arg(long, value_name = "RULES.toml", requires = "diff")]
    against: Option<PathBuf>,
    /// Where customer_id,records,points,grade is written; - for standard output
    #[arg(long, value_name = "scores.csv")]
    out: PathBuf,
    /// Where those who move are written, the largest change first
    #[arg(long, value_name = "diff.csv", requires = "against")]
    diff: Option<PathBuf>,
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
    if args.out == Path::new("-") && args.diff.as_deref() == Some(Path::new("-")) {
        return Err(Misuse("only one of --out and --diff can be standard output").into());
    }
    let clock = SystemClock;
    let as_of = time(args.as_of.as_deref(), "--as-of")?.unwrap_or_else(|| clock.now());
    let known_at = time(args.known_at.as_deref(), "--known-at")?;
    let settings = std::mem::take(&mut args.node).settings(Vec::new())?;
    let facets = Facets::of(&kulta_events::Vocabulary::standard());
    let rules = Rules::All(Arc::new(read_rules(&args.rules, &facets)?));
    let against = match &args.against {
        Some(path) => Some(Rules::All(Arc::new(read_rules(path, &facets)?))),
        None => None,
    };
    let services = Services::open(settings, Arc::new(clock), "replay").await?;
    let asked = Asked { rules, against, as_of, known_at, facets };
    let done = replay(&services, &asked, &args, common).await;
    services.close().await;
    done
}

struct Asked {
    rules: Rules,
    against: Option<Rules>,
    as_of: Instant,
    known_at: Option<Instant>,
    facets: Facets,
}

async fn replay(services: &Arc<Services>, asked: &Asked, args: &Args, common: Common) -> Result<(), Failure> {
    let told = Told::default();
    let progress = |step| told.now_and_then(|| words(step));
    let cancel = Cancel::default();
    catch_up(services).await?;
    let both = [Some(&asked.rules), asked.against.as_ref()];
    let reads: Vec<_> = both.into_iter().flatten().flat_map(|rules| rules.reads(&asked.facets)).collect();
    let live = services.projector.projections().live();
    let source = services.reads.source.clone();
    let data = Data::read(&source, &*live, asked.known_at, wanted(&reads), &cancel, &progress).await?;
    let scored = |rules: &Rules| {
        tokio::task::block_in_place(|| {
            score(&data, &Known::default(), rules, asked.as_of, &asked.facets, &cancel, &progress)
        })
    };
    let after = scored(&asked.rules)?;
    let before = asked.against.as_ref().map(scored).transpose()?;
    let names = names(services, &data).await?;
    csv::scores(create(&args.out)?, &data, &names, &after.scores)?;
    warn(&after);
    let moved = match (&before, &args.diff) {
        (Some(before), Some(path)) => {
            let moved = changes(&before.scores, &after.scores);
            csv::diff(create(path)?, &data, &names, (&before.scores, &after.scores), &moved)?;
            Some(summary(&before.scores, &after.scores))
        }
        _ => None,
    };
    if args.out == Path::new("-") {
        return Ok(());
    }
    let (customers, events) = (data.ids.len(), data.facts.len());
    if common.json {
        println!(
            "{}",
            json!({"position": data.position, "as_of": asked.as_of, "customers": customers, "events": events,
                "left_out": after.left_out, "diff": moved})
        );
    } else {
        let moved = moved.map(|moved| format!(" changed={} gain={} lose={}", moved.changed, moved.gain, moved.lose));
        let moved = moved.unwrap_or_default();
        println!("position={} as_of={} customers={customers} events={events}{moved}", data.position, asked.as_of);
    }
    Ok(())
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
    let mut names: Names = HashMap::with_capacity(data.records.len());
    for some in data.records.chunks(NAMED) {
        let found = services.vault.subjects(some).await?;
        names.extend(found.into_iter().map(|(record, named)| (record, (named.source, named.subject))));
    }
    Ok(names)
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

fn read_rules(path: &Path, facets: &Facets) -> Result<RuleSet, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    RuleSet::parse(&text, facets).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|error| format!("{}: {error}", path.display())).collect();
        lines.join("\n").into()
    })
}

fn time(text: Option<&str>, flag: &'static str) -> Result<Option<Instant>, Failure> {
    let Some(text) = text else { return Ok(None) };
    Instant::parse(text).map(Some).map_err(|error| format!("{flag}: {error}").into())
}

fn create(path: &Path) -> Result<Box<dyn Write>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufWriter::new(std::io::stdout())));
    }
    let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Box::new(BufWriter::new(file)))
}

fn words(step: Step) -> String {
    match step {
        Step::Identities(at, of) => format!("finding who belonged together: {at} of {of} events"),
        Step::Reading(at, of) => format!("reading: {at} of {of} events"),
        Step::Scoring(done, of) => format!("scoring: {done} of {of} customers"),
    }
}
