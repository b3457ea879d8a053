//! The next batch, read and opened while the one before is folded and written.

use kulta_events::Recorded;
use tokio::task::JoinSet;

use super::advance::{BATCH, read};
use super::{Error, Source};

/// What is being read ahead.
#[derive(Debug, Default)]
pub struct Ahead {
    /// Behind which position.
    behind: u64,
    /// One task, or none; it ends when this is dropped.
    reading: JoinSet<Result<Vec<Recorded>, Error>>,
}

impl Ahead {
    /// The next events behind a position; behind a full batch the next one is read from now on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take(&mut self, source: &Source, from: u64) -> Result<Vec<Recorded>, Error> {
        let mut reading = std::mem::take(&mut self.reading);
        let ahead = if self.behind == from { reading.join_next().await } else { None };
        let events = match ahead {
            Some(read) => read.map_err(|_| Error::NoProgress)??,
            None => read(source, from, None).await?,
        };
        if let Some(last) = events.get(BATCH - 1) {
            let (source, behind) = (source.clone(), last.position);
            self.behind = behind;
            self.reading.spawn(async move { read(&source, behind, None).await });
        }
        Ok(events)
    }
}
