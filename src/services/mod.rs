//! What a node is made of, for whoever answers requests or runs a command: opened once, shared by all.

mod master;

use std::sync::Arc;

use kulta_events::Vocabulary;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::Settings;
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::privacy::{self, Vault};
use crate::store::{self, Log, Options};

/// The parts of a running node.
#[derive(Debug)]
pub struct Services {
    /// The settings.
    pub settings: Settings,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The event types.
    pub vocabulary: Arc<Vocabulary>,
    /// The log.
    pub log: Arc<dyn Log>,
    /// Keys and seals.
    pub vault: Arc<Vault>,
    /// The way into the log.
    pub intake: Intake,
    /// What is counted.
    pub metrics: Metrics,
    stop: watch::Sender<bool>,
}

/// Why a node cannot be opened. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The keys cannot be used.
    #[error(transparent)]
    Privacy(#[from] privacy::Error),
}

impl Services {
    /// Opens the log, finds the master key, and makes the rest. `holder` is told to whoever finds the database in use.
    ///
    /// # Errors
    /// When the database or the master key cannot be used.
    pub async fn open(settings: Settings, clock: Arc<dyn Clock>, holder: &str) -> Result<Arc<Self>, Error> {
        let given = master::given(&settings)?;
        let now = clock.clone();
        let options = Options { holder: holder.to_owned(), ..Options::new(Arc::new(move || now.now())) };
        let log = store::open(&settings.database_url, &options).await?;
        match Self::over(settings, clock, log.clone(), given).await {
            Ok(services) => Ok(Arc::new(services)),
            Err(error) => {
                log.close().await;
                Err(error.into())
            }
        }
    }

    async fn over(
        settings: Settings,
        clock: Arc<dyn Clock>,
        log: Arc<dyn Log>,
        given: master::Given,
    ) -> Result<Self, privacy::Error> {
        let key = given.key(&*log).await?;
        let vault = Arc::new(Vault::open(log.clone(), key).await?);
        let vocabulary = Arc::new(Vocabulary::standard());
        let intake = Intake::new(log.clone(), vault.clone(), vocabulary.clone(), clock.clone());
        let (stop, _) = watch::channel(false);
        Ok(Self { settings, clock, vocabulary, log, vault, intake, metrics: Metrics::default(), stop })
    }

    /// Becomes true when the node stops: whoever waits for something new gives up then.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Tells everybody that the node stops.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stores what waits and lets go of the database.
    pub async fn close(&self) {
        self.stop();
        self.log.close().await;
    }
}
