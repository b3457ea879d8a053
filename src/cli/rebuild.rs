//! `kulta rebuild`: all projections anew, from the whole log.

use std::sync::Arc;

use serde_json::json;

use super::progress::Told;
use super::{Common, Failure, NodeArgs};
use crate::clock::SystemClock;
use crate::projector::rebuild::Rebuilt;
use crate::services::Services;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which projection; those that depend on identities are one generation and are rebuilt together
    #[arg(value_name = "PROJECTION", value_parser = ["identities", "golden", "timeline", "scores"])]
    projection: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Rebuilds. A running node does it too: `POST /v1/projections/rebuild`.
///
/// # Errors
/// When the database is in use, or fails.
pub async fn run(args: Args, common: Common) -> Result<(), Failure> {
    let settings = args.node.settings(Vec::new())?;
    let services = Services::open(settings, Arc::new(SystemClock), "rebuild").await?;
    let told = Told::default();
    let rebuilt = services.projector.rebuild(&|step| told.tell(step)).await;
    services.projector.old_is_gone().await;
    services.close().await;
    let rebuilt = rebuilt?;
    if common.json {
        println!("{}", json!(rebuilt));
    } else {
        let Rebuilt { generation, position, customers, nodes } = rebuilt;
        println!("generation={generation} position={position} nodes={nodes} customers={customers}");
    }
    Ok(())
}
