//! `kulta serve`: serve HTTP until told to stop.

use std::io::Write;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::{Common, Failure, NodeArgs};
use crate::app::App;
use crate::clock::SystemClock;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    node: NodeArgs,
    /// Where to listen [environment: KULTA_LISTEN; default: 127.0.0.1:7373]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// What the node does beside answering requests: project, consume, publish, deliver, or serve for nothing [environment: KULTA_ROLES;
    /// default: all]
    #[arg(long, value_name = "ROLES")]
    roles: Option<String>,
    /// Where the node keeps an archive of its own, for its replays [environment: KULTA_ARCHIVE_DIRECTORY; default: none]
    #[arg(long, value_name = "DIR")]
    archive: Option<String>,
}

/// Serves. The first line on standard output tells where.
///
/// # Errors
/// When the settings, the database, the keys or the address cannot be used.
pub async fn run(args: Args, _: Common) -> Result<(), Failure> {
    let flags = vec![("listen", args.listen), ("roles", args.roles), ("archive.directory", args.archive)];
    let settings = args.node.settings(flags)?;
    // Before anything is opened, so that a signal that comes early is not missed.
    let stop = signals()?;
    let app = App::build(settings, Arc::new(SystemClock)).await?;
    let mut out = std::io::stdout().lock();
    // Whoever started this may have closed its ears; that is no reason not to serve.
    let _ = writeln!(out, "listening on http://{}", app.local_addr()).and_then(|()| out.flush());
    drop(out);
    Ok(app.run(stop).await?)
}

/// Ready when the process is told to end.
///
/// # Errors
/// When signals cannot be listened to.
pub fn signals() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
