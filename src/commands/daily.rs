//! What people write down of a customer: activities, notes, tags, lists.

use kulta_events::{Json, RecordId};
use kulta_projections::pipeline::decide;
use serde_json::{Value, json};

use super::customer::{Customers, unreadable};
use super::person_record::Command;
use super::transaction::Transaction;
use super::{Error, Refusal};
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
        let founder = self.founder_to_change(id, None).await?;
        self.edit(transaction, &founder, Command::Say { type_name, data }).await?;
        body["customer_id"] = json!(founder.customer);
        Ok((201, body))
    }

    async fn allow_activity(&self, data: &Json) -> Result<(), Error> {
        self.commands.log.ping().await?;
        let head = *self.commands.log.head().borrow();
        self.work.after(head).await.map_err(unreadable)?;
        let text = |name| data.get(name).and_then(Json::as_str);
        let types = self.work.activity_types(Moment::default());
        // Without a kind it is not well-formed, which is told with everything else that is not.
        match text("kind") {
            Some(kind) => decide::activity(&types, kind, text("outcome")).map_err(Refusal::from).map_err(Error::from),
            None => Ok(()),
        }
    }
}
