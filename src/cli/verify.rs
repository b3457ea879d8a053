//! `kulta verify`: are the projections what the log says?

use std::sync::Arc;

use serde_json::json;

use super::progress::Told;
use super::{Common, Failure, NodeArgs};
use crate::clock::SystemClock;
use crate::services::Services;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    node: NodeArgs,
}

/// Verifies: one line per difference, then the counts. A running node does it too: `POST /v1/projections/verify`.
///
/// # Errors
/// When something differs, the database is in use, or it fails.
pub async fn run(args: Args, common: Common) -> Result<(), Failure> {
    let settings = args.node.settings(Vec::new())?;
    let services = Services::open(settings, Arc::new(SystemClock), "verify").await?;
    let told = Told::default();
    let verified = services.verify(&|step| told.tell(step)).await;
    services.close().await;
    let verified = verified?;
    if common.json {
        println!("{}", json!(verified));
    } else {
        for found in &verified.differences {
            println!("table={} row={} wrong={}", found.table, found.row, found.wrong);
        }
        let differences = verified.differences.len();
        println!("position={} rows={} differences={differences}", verified.position, verified.rows);
    }
    match verified.differences.len() {
        0 => Ok(()),
        1 => Err("1 row is not what the log says".into()),
        several => Err(format!("{several} rows are not what the log says").into()),
    }
}
