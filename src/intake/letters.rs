//! Dead letters: what could not be accepted is listed, corrected, sent again or put aside.

use std::sync::Arc;

use super::Error;
use super::publish::{Along, Arrival, Intake, Published, Status};
use crate::store::DeadLetter;

/// A dead letter, opened.
#[derive(Clone, Debug)]
pub struct Letter {
    /// As stored.
    pub stored: DeadLetter,
    /// What came; `None` when it can no longer be opened.
    pub body: Option<String>,
}

impl Intake {
    /// Dead letters above a number, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn letters(&self, after: i64, limit: usize, only_open: bool) -> Result<Vec<Letter>, Error> {
        let stored = self.log.dead_letters(after, limit, only_open).await?;
        Ok(stored.into_iter().map(|letter| self.opened(letter)).collect())
    }

    /// One dead letter.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn letter_by_id(&self, id: i64) -> Result<Option<Letter>, Error> {
        Ok(self.log.dead_letter(id).await?.map(|letter| self.opened(letter)))
    }

    /// Sends a dead letter again, corrected or as it is. It is settled, in the same transaction, when the event is
    /// accepted or turns out to be a duplicate. `sources` are those that the caller may publish for (`None`: all).
    ///
    /// # Errors
    /// [`Error::NoLetter`] when it is not open, or when the store fails.
    pub async fn resubmit(
        &self,
        id: i64,
        corrected: Option<Arc<str>>,
        actor: i64,
        sources: Option<Arc<[String]>>,
    ) -> Result<Published, Error> {
        let letter = self.letter_by_id(id).await?.filter(|letter| letter.stored.state == "open");
        let letter = letter.ok_or(Error::NoLetter(id))?;
        let text = corrected.or_else(|| letter.body.map(Into::into)).unwrap_or_else(|| "".into());
        let arrival = Arrival { text, problems: Vec::new(), origin: format!("dead letter {id}") };
        // The log leaves the letter open when the event conflicts again.
        let along = Along { sources, ..Along::default() };
        let arrivals = vec![arrival];
        let is_right = self.verdicts(&arrivals, &along).await?.iter().all(Result::is_ok);
        let along = Along { settles: if is_right { vec![id] } else { Vec::new() }, ..along };
        self.publish(arrivals, "letter", actor, along).await
    }

    /// Puts a dead letter aside for good.
    ///
    /// # Errors
    /// [`Error::NoLetter`] when it is not open, or when the store fails.
    pub async fn dismiss(&self, id: i64) -> Result<(), Error> {
        if self.log.dismiss_dead_letter(id).await? { Ok(()) } else { Err(Error::NoLetter(id)) }
    }

    fn opened(&self, stored: DeadLetter) -> Letter {
        let body = self.vault.open_system(&stored.letter.sealed_body).ok();
        Letter { body: body.and_then(|bytes| String::from_utf8(bytes).ok()), stored }
    }
}

impl Published {
    /// How many were accepted, duplicates, conflicts, rejected.
    pub fn counts(&self) -> [u64; 4] {
        let mut counts = [0; 4];
        for result in &self.results {
            let index = match result.status {
                Status::Accepted(_) => 0,
                Status::Duplicate(_) => 1,
                Status::Conflict(_) => 2,
                Status::Rejected(_) => 3,
            };
            counts[index] += 1;
        }
        counts
    }
}
