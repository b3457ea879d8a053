//! What can still be said of a customer whose records were erased: nothing that would tell who it was.

use kulta_events::RecordId;
use kulta_events::envelope::Parts;

use super::event::CommandEvent;
use super::person_record::from_value;
use super::{Customers, Error, Refusal};
use crate::store::views::RecordName;

/// The rule that says so.
pub const ERASED: &str = "erased";

fn refusal() -> Error {
    Refusal::rule(ERASED, "this customer was erased: nothing is kept that is said of it").into()
}

impl Customers {
    /// The first of a customer's records that is not erased; people's words are kept with it. A new record for them would
    /// bring back somebody who is to be forgotten.
    pub(super) async fn not_erased(&self, members: Vec<RecordName>) -> Result<RecordName, Error> {
        let vault = &self.commands.vault;
        let erased = vault.erased(&members.iter().map(|row| row.record).collect::<Vec<_>>()).await?;
        let founder = members.into_iter().find(|row| !erased.contains(&row.record)).ok_or_else(refusal)?;
        let (_, words) = self.person_record(&founder);
        if self.is_erased(words).await? { Err(refusal()) } else { Ok(founder) }
    }

    /// A thing of an erased customer goes its way, and can be ended, with facts alone.
    pub(super) async fn facts_alone(&self, members: &[RecordName], event: &CommandEvent) -> Result<(), Error> {
        if !self.all_erased(members).await? {
            return Ok(());
        }
        let Some(event_type) = self.commands.vocabulary.get(&event.type_name) else { return Ok(()) };
        let Parts { contact, conversation, .. } = Parts::split(event_type, from_value(&event.data), &[]);
        if contact.is_empty() && conversation.is_empty() { Ok(()) } else { Err(refusal()) }
    }

    /// Whether nothing is kept of a customer that would tell who it was.
    pub(super) async fn all_erased(&self, members: &[RecordName]) -> Result<bool, Error> {
        let records: Vec<_> = members.iter().map(|row| row.record).collect();
        let erased = self.commands.vault.erased(&records).await?;
        Ok(records.iter().all(|record| erased.contains(record)))
    }

    async fn is_erased(&self, record: RecordId) -> Result<bool, Error> {
        Ok(!self.commands.vault.erased(&[record]).await?.is_empty())
    }
}
