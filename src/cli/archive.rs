//! `kulta archive`: the facts of the log as files that replays and other tools read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::progress::Told;
use super::{Common, Failure, NodeArgs};
use crate::archive::{self, Basis, Checked, Effort, How, Manifest, Role, Step, Written};
use crate::clock::SystemClock;
use crate::projector::Source;
use crate::replay::read::Cancel;
use crate::services::Services;

/// How long the projections may stand still before that is told.
const PATIENCE: Duration = Duration::from_secs(60);

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the archive is, or is to be made
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    #[command(flatten)]
    node: NodeArgs,
}

/// Writes the archive, or brings the one that is there up to date.
///
/// # Errors
/// When the directory holds another log's archive, the database is in use, or something fails.
pub async fn run(args: Args, common: Common) -> Result<(), Failure> {
    let settings = args.node.settings(Vec::new())?;
    let services = Services::open(settings, Arc::new(SystemClock), "archive").await?;
    let written = write(&services, &args.dir).await;
    services.close().await;
    let Written { manifest, how } = written?;
    match &how {
        How::Rewritten(reason) => eprintln!("written anew: {reason}"),
        How::Repaired(what) => eprintln!("written anew: {what}"),
        How::Made | How::Unchanged | How::Extended | How::Merged => {}
    }
    tell(&manifest, how.word(), common);
    Ok(())
}

/// What there is now.
pub(super) fn tell(manifest: &Manifest, done: &str, common: Common) {
    let (position, events) = (manifest.position, manifest.events);
    let (files, bytes) = (manifest.files.len(), manifest.bytes());
    if common.json {
        let deltas = manifest.files(Role::Delta).count();
        let told = json!({"position": position, "events": events, "files": files, "deltas": deltas, "bytes": bytes,
            "done": done});
        println!("{told}");
    } else {
        println!("position={position} events={events} files={files} bytes={bytes}");
    }
}

async fn write(services: &Arc<Services>, dir: &Path) -> Result<Written, Failure> {
    let told = Told::default();
    project(services, &told).await?;
    let live = services.projector.projections().live();
    let crosswalk = live.crosswalk().await?;
    let (log, vault, vocabulary) = (services.log.clone(), services.vault.clone(), services.vocabulary.clone());
    let source = Source { log, vault, vocabulary };
    let progress = |step| {
        told.now_and_then(|| match step {
            Step::Reading(at, of) => format!("reading: {at} of {of} events"),
            Step::Writing(done, of) => format!("writing: {done} of {of} files"),
        });
    };
    let basis = Basis { source: &source, crosswalk: &crosswalk, generation: live.number() };
    let cancel = Cancel::default();
    Ok(archive::update(&basis, dir, &mut Checked::default(), &Effort::full(&progress, &cancel)).await?)
}

/// Who belongs to whom is the projections' to say: they follow the log to its present end first.
async fn project(services: &Arc<Services>, told: &Told) -> Result<(), Failure> {
    let head = *services.log.head().borrow();
    let projections = services.projector.projections();
    let mut at = projections.position();
    if at >= head {
        return Ok(());
    }
    let node = services.clone();
    let projecting = tokio::spawn(async move { node.project().await });
    while !projections.reached(head, PATIENCE).await {
        if projections.position() == at {
            return Err(format!("the projections stand still at position {at} of {head}").into());
        }
        at = projections.position();
        told.now_and_then(|| format!("projecting: {at} of {head} events"));
    }
    services.stop();
    Ok(projecting.await?)
}
