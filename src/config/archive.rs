//! The archive that a node keeps for its replays.

use std::path::PathBuf;
use std::time::Duration;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Where it is; `None`: the node keeps none.
    pub directory: Option<PathBuf>,
    /// How long it may be behind the log.
    pub every: Duration,
    /// Bytes of rows that stay in memory after a replay that the node was asked for.
    pub kept_bytes: usize,
}

impl Default for Archive {
    fn default() -> Self {
        Self { directory: None, every: Duration::from_secs(600), kept_bytes: 1 << 30 }
    }
}
