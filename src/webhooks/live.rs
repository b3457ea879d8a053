//! The lanes of the node that holds the claim: one for each webhook, so that none waits for another.

use std::collections::HashMap;
use std::time::Duration;

use kulta_events::Instant;
use kulta_projections::propagation::subscriber::Kind;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::lane::{Lane, Next};
use super::{Error, Sender};

/// Under which name one node at a time sends.
const OWNER: &str = "webhooks";
/// How often a node that does not send asks whether it may, and one that does looks for new subscribers.
const LOOK: Duration = Duration::from_millis(500);
/// The longest that a lane rests without news.
const TICK: Duration = Duration::from_millis(500);
/// The pause after a failure of the store.
const PAUSE: Duration = Duration::from_secs(1);

impl Sender {
    /// Sends while this node may, until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.hold(&mut stop).await {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "webhooks could not be looked after, trying again");
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Asks for the claim, and sends while it is held.
    async fn hold(&self, stop: &mut watch::Receiver<bool>) -> Result<(), Error> {
        // Most logs have no webhooks: then nothing is claimed.
        if self.names().is_empty() {
            return Ok(());
        }
        let Some(claim) = self.customers.commands.claim(OWNER, &self.holder).await? else { return Ok(()) };
        // Another node may have sent what this one has not heard of.
        self.customers.commands.ping().await?;
        self.customers.reads.caught_up().await?;
        self.propagation.after(self.customers.reads.projections.position()).await?;
        let mut lanes = JoinSet::new();
        let mut running: HashMap<String, AbortHandle> = HashMap::new();
        while claim.is_held() && !*stop.borrow() {
            running.retain(|_, lane| !lane.is_finished());
            for name in self.names() {
                running
                    .entry(name)
                    .or_insert_with_key(|name| lanes.spawn(self.clone().follow(Lane::new(name.clone()))));
            }
            while lanes.try_join_next().is_some() {}
            tokio::select! {
                _ = stop.changed() => {}
                () = claim.lost() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        // What is under way may have arrived or not: it is sent again, under the same id.
        lanes.shutdown().await;
        Ok(())
    }

    /// The webhooks that are enabled.
    fn names(&self) -> Vec<String> {
        self.customers.work.ledger(|ledger| {
            let webhooks = ledger
                .subscribers()
                .values()
                .filter(|subscriber| subscriber.version.enabled && subscriber.version.kind == Kind::Webhook);
            webhooks.map(|subscriber| subscriber.version.subscriber.to_string()).collect()
        })
    }

    async fn follow(self, mut lane: Lane) {
        let mut moved = self.propagation.moved();
        loop {
            let rest = match lane.turn(&self).await {
                Ok(Next::Stop) => return,
                Ok(Next::Again) => continue,
                Ok(Next::At(at)) => at.map_or(TICK, |at| until(at, self.clock.now())),
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(%error, cause, "a webhook could not be looked after, trying again");
                    PAUSE
                }
            };
            // An error means that there is no more news, and the node ends.
            drop(tokio::time::timeout(rest.min(TICK), moved.changed()).await);
        }
    }
}

/// How long it is until then.
fn until(at: Instant, now: Instant) -> Duration {
    Duration::from_micros(u64::try_from(at.micros().saturating_sub(now.micros())).unwrap_or(0))
}
