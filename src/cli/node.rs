//! Flags of every verb that opens a database.

use std::path::PathBuf;

use clap::Args;

use super::telemetry;
use crate::config::{Error, Settings};

/// Flags of every verb that opens a database.
#[derive(Debug, Default, Args)]
pub struct NodeArgs {
    /// Settings file [environment: KULTA_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the log is: sqlite://FILE or postgres://… [environment: KULTA_DATABASE_URL; default: sqlite://kulta.db]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// How log lines look: text or json [environment: KULTA_LOG_FORMAT; default: text]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl NodeArgs {
    /// Of nothing but a log.
    pub fn of(database_url: String) -> Self {
        Self { database_url: Some(database_url), ..Self::default() }
    }

    /// The settings of this process, these flags and further ones on top. Starts logging.
    ///
    /// # Errors
    /// What is wrong with them, and where.
    pub fn settings(self, further: Vec<(&'static str, Option<String>)>) -> Result<Settings, Error> {
        let own = [("database_url", self.database_url), ("log_format", self.log_format)];
        let flags = own.into_iter().chain(further).filter_map(|(name, value)| Some((name, value?)));
        // What is not Unicode is no setting of ours: all of these are.
        let environment: Vec<_> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let from_environment = || {
            let variable = environment.iter().find(|(name, _)| name == "KULTA_CONFIG");
            variable.filter(|(_, path)| !path.is_empty()).map(|(_, path)| PathBuf::from(path))
        };
        let file = self.config.or_else(from_environment);
        let settings = Settings::load(file.as_deref(), environment, &flags.collect::<Vec<_>>())?;
        telemetry::start(settings.log_format);
        Ok(settings)
    }
}
