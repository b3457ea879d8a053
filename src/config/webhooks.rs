//! How subscribers are called.

use std::path::PathBuf;
use std::time::Duration;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhooks {
    /// Whether addresses of private networks, and such without TLS, may be called.
    pub allow_private: bool,
    /// How long a call may take.
    pub timeout: Duration,
    /// How many calls may be under way.
    pub concurrency: usize,
    /// The certificates, in PEM form, that receivers are checked against instead of the public ones.
    pub ca_file: Option<PathBuf>,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { allow_private: false, timeout: Duration::from_secs(20), concurrency: 64, ca_file: None }
    }
}
