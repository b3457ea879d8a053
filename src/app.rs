//! The application: built from settings, then run until it is told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

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

/// Why a node does not start.
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
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { services, consumer, listener, .. } = self;
        let told = async {
            shutdown.await;
            tracing::info!("stopping");
            services.stop();
        };
        let (limits, timeouts) = (&services.settings.limits, &services.settings.timeouts);
        let publishers = match services.settings.roles.have(Role::Publish) {
            true => kafka::publishers(&services),
            false => Vec::new(),
        };
        let publishing: Vec<_> = publishers.into_iter().map(|publisher| tokio::spawn(publisher.run())).collect();
        let consuming = tokio::spawn(async {
            if let Some(consumer) = consumer {
                consumer.run().await;
            }
        });
        let projecting = tokio::spawn({
            let services = services.clone();
            async move {
                tokio::join!(
                    services.project(),
                    services.share_rebuilds(),
                    services.keep_scores(),
                    services.follow_work(),
                    services.automate(),
                    services.follow_propagation(),
                    async {
                        if services.settings.roles.have(Role::Deliver) {
                            services.send_webhooks().await;
                        }
                    },
                    services.follow_registrations()
                )
            }
        });
        // By itself: it works for long without giving way to what else its task does.
        let archiving = tokio::spawn({
            let services = services.clone();
            async move { services.keep_archive().await }
        });
        http::server::serve(listener, http::router(services.clone()), limits, timeouts, told).await;
        // They end with the batches that they are folding, storing or publishing.
        let _ = tokio::join!(projecting, consuming, archiving, futures::future::join_all(publishing));
        services.close().await;
        tracing::info!("stopped");
    }
}
