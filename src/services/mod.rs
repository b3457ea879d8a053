//! What a node is made of, for whoever answers requests or runs a command: opened once, shared by all.

mod master;
mod sources;

use std::sync::{Arc, Weak};

use kulta_events::Vocabulary;
use tokio::sync::watch;

use crate::archive::Keeper;
use crate::automations::Automator;
use crate::clock::Clock;
use crate::commands::{self, Commands, Context, Customers, Wish};
use crate::config::{Role, Settings};
use crate::event_types::EventTypes;
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::privacy::{self, Vault};
use crate::projector::verify::Verified;
use crate::projector::{self, Identities, Newcomers, Projections, Projector, Source};
use crate::propagation::Propagation;
use crate::reads::Reads;
use crate::replay::ground::Ground;
use crate::replay::jobs::Replays;
use crate::scorer::{self, Scorer};
use crate::scores::Scores;
use crate::store::{self, Log, Options};
use crate::webhooks;
use crate::work::Work;

/// The parts of a running node.
#[derive(Debug)]
pub struct Services {
    /// The settings.
    pub settings: Settings,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The event types.
    pub vocabulary: EventTypes,
    /// The log.
    pub log: Arc<dyn Log>,
    /// Keys and seals.
    pub vault: Arc<Vault>,
    /// The way into the log.
    pub intake: Intake,
    /// Customers and timelines, on both time axes.
    pub reads: Reads,
    /// Rule sets and scores.
    pub scores: Scores,
    /// Keeps lists of scores up.
    pub scorer: Arc<Scorer>,
    /// Leads, offers, complaints, tasks and what belongs to them.
    pub work: Work,
    /// Replays of history under any rules.
    pub replays: Replays,
    /// The archive that they run over, where the node keeps one.
    pub archive: Option<Arc<Keeper>>,
    /// What people do.
    pub customers: Customers,
    /// Who holds old data.
    pub propagation: Propagation,
    /// Tells subscribers by webhook.
    pub webhooks: webhooks::Sender,
    /// What kulta does by itself.
    pub automator: Arc<Automator>,
    /// Keeps the projections up.
    pub projector: Arc<Projector>,
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
    /// The projections cannot be used.
    #[error(transparent)]
    Projector(#[from] projector::Error),
    /// Webhooks cannot be sent.
    #[error(transparent)]
    Webhooks(#[from] webhooks::Error),
    /// The policies that every log has could not be published.
    #[error("the built-in policies could not be published")]
    Policies(#[source] commands::Error),
}

/// How often a node looks for event types that others registered, if anything was stored meanwhile. Where events or rules
/// name one it looks at once.
const GLANCE: std::time::Duration = std::time::Duration::from_secs(1);
/// How many glances later it looks for sources, too.
const SOURCES_EVERY: u32 = 10;
/// The actor of what kulta does by itself.
const SELF: &str = "kulta";
/// Behind the log by more than this many events, the projections are made anew on all cores instead of followed up.
const FAR_BEHIND: u64 = 50_000;

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
        match Self::over(settings, clock, log.clone(), given, &options).await {
            Ok(services) => Ok(Arc::new(services)),
            Err(error) => {
                log.close().await;
                Err(error)
            }
        }
    }

    async fn over(
        settings: Settings,
        clock: Arc<dyn Clock>,
        log: Arc<dyn Log>,
        given: master::Given,
        options: &Options,
    ) -> Result<Self, Error> {
        let key = given.key(&*log).await?;
        let vault = Arc::new(Vault::open(log.clone(), key).await?);
        let vocabulary = EventTypes::from(Vocabulary::standard());
        let intake = Intake::new(log.clone(), vault.clone(), vocabulary.clone(), clock.clone());
        let generations = store::open_generations(&settings.database_url, options).await?;
        let projections = Projections::open(&*generations).await?;
        let source = Source { log: log.clone(), vault: vault.clone(), vocabulary: vocabulary.clone() };
        let identities = Identities::default();
        vault.acquaint(Arc::new(Newcomers::new(identities.clone(), *log.head().borrow())));
        let reads = Reads::new(source.clone(), projections.clone(), identities.clone());
        let scores = Scores::new(reads.clone());
        let work = Work::new(source.clone());
        let commands = Commands::new(log.clone(), vault.clone(), vocabulary.clone(), clock.clone());
        let customers = Customers { commands, reads: reads.clone(), work: work.clone() };
        let metrics = Metrics::default();
        let archive = settings.archive.directory.clone().map(|directory| {
            let kept = (directory, settings.archive.every);
            Keeper::new(source.clone(), projections.clone(), kept, metrics.archive.clone())
        });
        let ground = Ground::new(source.clone(), archive.clone());
        let kept_bytes = settings.archive.kept_bytes;
        let projector = Projector::new(source, generations, projections, identities, options.holder.clone());
        let alone = settings.limits.fold_alone as u64;
        let projector = projector.sharing_beyond(alone, metrics.steps.clone());
        let projects = settings.roles.have(Role::Project);
        let projector = Arc::new(if projects { projector } else { projector.standing_by() });
        let scorer = Arc::new(Scorer::new(
            scores.clone(),
            ground.clone(),
            projector.clone(),
            clock.clone(),
            settings.kafka.scores_topic.clone(),
        ));
        let companion: Weak<Scorer> = Arc::downgrade(&scorer);
        projector.accompany(companion);
        let propagation = Propagation::new(reads.clone(), work.clone());
        let business = settings.business.clone();
        let automator = Automator::new(customers.clone(), scores.clone(), projector.clone(), clock.clone(), business);
        let (stop, _) = watch::channel(false);
        let webhooks = webhooks::Sender::new(
            customers.clone(),
            propagation.clone(),
            clock.clone(),
            &settings.webhooks,
            metrics.deliveries.clone(),
            options.holder.clone(),
        )?;
        let services = Self {
            settings,
            clock,
            vocabulary,
            log,
            vault,
            intake,
            reads,
            replays: Replays::new(scores.clone(), ground, kept_bytes),
            archive,
            scores,
            scorer,
            work,
            customers,
            propagation,
            webhooks,
            automator: Arc::new(automator),
            projector,
            metrics,
            stop,
        };
        services.intake.refresh_event_types().await?;
        services.publish_policies().await?;
        services.refresh_sources().await?;
        Ok(services)
    }

    /// A new log starts with the built-in policies as events, so that later ones have something to differ from.
    async fn publish_policies(&self) -> Result<(), Error> {
        let actor = self.log.actor(SELF).await?;
        use commands::policy::Command::{PublishBuiltIn, PublishBuiltInMatch};
        for command in [PublishBuiltIn, PublishBuiltInMatch] {
            let context = Context { actor, idempotency_key: None, request: String::new() };
            self.customers.run(&context, &Wish::Policy { command, if_match: None }).await.map_err(Error::Policies)?;
        }
        Ok(())
    }

    /// Learns now and then what other nodes registered, until the node stops.
    pub async fn follow_registrations(&self) {
        let mut stopping = self.stopping();
        let (mut glances, mut seen) = (0, 0);
        while tokio::time::timeout(GLANCE, stopping.wait_for(|stop| *stop)).await.is_err() {
            glances = (glances + 1) % SOURCES_EVERY;
            if glances == 0
                && let Err(error) = self.refresh_sources().await
            {
                tracing::warn!(error = %error, "the registered sources could not be read");
            }
            let head = *self.log.head().borrow();
            if head == seen {
                continue;
            }
            match self.intake.refresh_event_types().await {
                Ok(()) => seen = head,
                Err(error) => tracing::warn!(error = %error, "the registered event types could not be read"),
            }
        }
    }

    /// Keeps the projections up until the node stops. What is far behind is made anew first, on all cores.
    pub async fn project(&self) {
        let behind = self.log.head().borrow().saturating_sub(self.projector.projections().position());
        if behind > FAR_BEHIND
            && !self.projector.stands_by()
            && let Err(error) = self.projector.rebuild(&|_| ()).await
        {
            tracing::warn!(error = %error, "the projections could not be made anew, following up instead");
        }
        self.projector.run(self.stopping()).await;
    }

    /// Takes part in the rebuilds of the node that projects until this one stops.
    pub async fn share_rebuilds(&self) {
        self.projector.help(self.stopping()).await;
    }

    /// Follows leads, offers, complaints and tasks until the node stops.
    pub async fn follow_work(&self) {
        self.work.run(self.stopping()).await;
    }

    /// Looks after automations until the node stops.
    pub async fn automate(&self) {
        self.automator.run(self.stopping()).await;
    }

    /// Follows who holds old data until the node stops.
    pub async fn follow_propagation(&self) {
        self.propagation.run(self.stopping()).await;
    }

    /// Tells subscribers by webhook until the node stops.
    pub async fn send_webhooks(&self) {
        self.webhooks.run(self.stopping()).await;
    }

    /// Keeps lists of scores up until the node stops.
    pub async fn keep_scores(&self) {
        self.scorer.run(self.stopping()).await;
    }

    /// Keeps the node's archive up until the node stops.
    pub async fn keep_archive(&self) {
        if let Some(archive) = &self.archive {
            archive.run(self.stopping()).await;
        }
    }

    /// Compares the projections with the log, the lists of scores included.
    ///
    /// # Errors
    /// When the store fails, or another node projects.
    pub async fn verify(&self, progress: projector::rebuild::Progress<'_>) -> Result<Verified, scorer::Error> {
        let mut verified = self.projector.verify(progress).await?;
        let checked = self.scorer.verify().await?;
        verified.rows += checked.rows;
        verified.differences.extend(checked.differences);
        Ok(verified)
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
        self.projector.close().await;
        self.log.close().await;
    }
}
