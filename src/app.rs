//! The application: built from settings, then run until it is told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::{Role, Settings};
use crate::http;
use crate::kafka;
use crate::services::{self, Services};

/// A node that listens.
#[derive(Debug)]
pub struct App {
    services: Arc<Services>,
    consumer: Option<kafka::Consumer>,
    listener: TcpListener,
    address: SocketAddr,
}

/// Why a node does not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings contradict each other.
    #[error(transparent)]
    Settings(#[from] crate::config::Error),
    /// Database or keys cannot be used.
    #[error(transparent)]
    Open(#[from] services::Error),
    /// Kafka cannot be used.
    #[error(transparent)]
    Kafka(#[from] kafka::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Something that nobody foresaw.
    #[error("a part of the node has failed")]
    Broken,
}

impl App {
    /// Opens the log (so that somebody else who holds it is named first), then listens.
    ///
    /// # Errors
    /// When the database, the keys or the address cannot be used.
    pub async fn build(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        settings.check()?;
        let address = settings.listen;
        let services = Services::open(settings, clock, &format!("serve on {address}")).await?;
        let opening = async {
            let consumer = match services.settings.roles.have(Role::Consume) {
                true => kafka::Consumer::of(&services).await?,
                false => None,
            };
            let listener = TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })?;
            let address = listener.local_addr().map_err(|source| Error::Listen { address, source })?;
            Ok((consumer, listener, address))
        };
        match opening.await {
            Ok((consumer, listener, address)) => Ok(Self { services, consumer, listener, address }),
            Err(error) => {
                services.close().await;
                Err(error)
            }
        }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The parts of the node.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// Serves until `shutdown` is ready; then requests in work finish, for a bounded time, and the log is closed.
    ///
    /// # Errors
    /// [`Error::Broken`] when a part of the node has panicked: then it stops as well, so that what it held is another
    /// node's, or it is started again.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let Self { services, consumer, listener, .. } = self;
        let mut stopping = services.stopping();
        let told = async {
            tokio::select! {
                () = shutdown => tracing::info!("stopping"),
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
            services.stop();
        };
        let (limits, timeouts) = (&services.settings.limits, &services.settings.timeouts);
        let parts = parts(&services, consumer);
        let looking_after = tokio::spawn(look_after(services.clone(), parts));
        http::server::serve(listener, http::router(services.clone()), limits, timeouts, told).await;
        // They end with the batches that they are folding, storing or publishing.
        let sound = looking_after.await.unwrap_or(false);
        services.close().await;
        tracing::info!("stopped");
        if sound { Ok(()) } else { Err(Error::Broken) }
    }
}

/// What works beside requests, each part in a task of its own: one that computes for long, or fails, holds up no other.
fn parts(services: &Arc<Services>, consumer: Option<kafka::Consumer>) -> JoinSet<()> {
    let mut parts = JoinSet::new();
    macro_rules! begin {
        ($($part:ident),+) => {
            $(parts.spawn({
                let services = services.clone();
                async move { services.$part().await }
            });)+
        };
    }
    begin!(project, share_rebuilds, keep_scores, follow_work, automate, follow_propagation, follow_registrations);
    begin!(keep_archive);
    if services.settings.roles.have(Role::Deliver) {
        begin!(send_webhooks);
    }
    if services.settings.roles.have(Role::Publish) {
        for publisher in kafka::publishers(services) {
            parts.spawn(publisher.run());
        }
    }
    if let Some(consumer) = consumer {
        parts.spawn(consumer.run());
    }
    parts
}

/// Waits until all parts have ended; whether they did so by themselves. When one panics, the node stops.
async fn look_after(services: Arc<Services>, mut parts: JoinSet<()>) -> bool {
    let mut sound = true;
    while let Some(ended) = parts.join_next().await {
        if ended.is_err() {
            // What it said went to the standard error already.
            tracing::error!("a part of the node has failed: the node stops");
            sound = false;
            services.stop();
        }
    }
    sound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_part_that_panics_stops_the_node() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            database_url: format!("sqlite://{}", folder.path().join("kulta.db").display()),
            listen: "127.0.0.1:0".parse().unwrap(),
            ..Settings::default()
        };
        let services = Services::open(settings, Arc::new(SystemClock), "test").await.unwrap();
        let mut parts = JoinSet::new();
        parts.spawn({
            let mut stopping = services.stopping();
            async move { drop(stopping.wait_for(|stopping| *stopping).await) }
        });
        parts.spawn(async { panic!("as something that nobody foresaw") });
        let ended = tokio::time::timeout(std::time::Duration::from_secs(30), look_after(services.clone(), parts));
        assert!(!ended.await.unwrap());
        services.close().await;
    }
}
