//! What people write down of a customer: activities, notes, tags, lists.

use kulta_events::ids::KULTA;
use kulta_events::{Json, RecordId};
use kulta_projections::pipeline::decide;
use serde_json::{Value, json};

use super::customer::Customers;
use super::person_record::Command;
use super::transaction::Transaction;
use super::{Error, Refusal};
use crate::store::views::RecordName;
use crate::work::Moment;

/// The member by which such a thing has an id of its own.
fn own_id(type_name: &str) -> Option<&'static str> {
    match type_name {
        "activity.logged" => Some("activity"),
        "note.written" => Some("note"),
        _ => None,
    }
}

impl Customers {
    /// The word goes to the person's record of the customer.
    pub(super) async fn say(
        &self,
        transaction: &mut Transaction,
        id: RecordId,
        type_name: &'static str,
        data: &Json,
    ) -> Result<(i16, Value), Error> {
        let mut data = data.clone();
        let mut body = json!({});
        let named = own_id(type_name).and_then(|member| data.get(member)?.as_str().map(str::to_owned));
        if let Some(member) = own_id(type_name)
            && data.get(member).is_none()
        {
            let own = transaction.id(&self.commands.vault).to_string();
            let rest = data.members().iter().cloned();
            data = Json::Object(std::iter::once((member.to_owned(), own.as_str().into())).chain(rest).collect());
            body[format!("{member}_id")] = json!(own);
        }
        if type_name == "activity.logged" {
            self.allow_activity(&data).await?;
        }
        let members = self.members_at_hand(id).await?;
        let before = match named {
            Some(own) => self.written_here(type_name, &own, &members).await?,
            None => None,
        };
        let founder = self.not_erased(members).await?;
        body["customer_id"] = json!(founder.customer);
        self.edit(transaction, &before.unwrap_or(founder), Command::Say { type_name, data }).await?;
        Ok((201, body))
    }

    /// The person's record in which something of this own id was written before: who corrects it speaks of the same thing,
    /// also when its customer has been merged with an older one since.
    async fn written_here(
        &self,
        type_name: &str,
        own: &str,
        members: &[RecordName],
    ) -> Result<Option<RecordName>, Error> {
        self.work_known().await?;
        let records: Vec<RecordId> = members.iter().map(|row| row.record).collect();
        let found = self.work.written_here(type_name, own, &records);
        let is_it = |row: &&RecordName| row.source == KULTA && row.subject.is_some() && found.contains(&row.record);
        Ok(members.iter().find(is_it).cloned())
    }

    async fn allow_activity(&self, data: &Json) -> Result<(), Error> {
        self.work_known().await?;
        let text = |name| data.get(name).and_then(Json::as_str);
        let types = self.work.activity_types(Moment::default());
        // Without a kind it is not well-formed, which is told with everything else that is not.
        match text("kind") {
            Some(kind) => decide::activity(&types, kind, text("outcome")).map_err(Refusal::from).map_err(Error::from),
            None => Ok(()),
        }
    }
}
