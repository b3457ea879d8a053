//! Daily work in the demo: an offer, and an automation that raises tasks.

use kulta_events::{CustomerId, Instant, Json};
use kulta_projections::pipeline::offer::What;

use super::{Error, Stage};
use crate::commands::document::Kind;
use crate::commands::thing::Act;
use crate::commands::{Context, Wish};
use crate::work::Deed;

/// The name of the automation.
pub const AUTOMATION: &str = "gone-quiet";
/// Whoever bought nothing for so long is to be called …
const QUIET_DAYS: i64 = 120;
/// … if that came to be within so many days before now.
const SINCE_DAYS: i64 = 30;

/// Makes an offer to a customer, and has whoever went quiet lately called.
pub(super) async fn begin(stage: &Stage<'_>, customer: Option<CustomerId>, now: Instant) -> Result<(), Error> {
    let from = now.plus_days(-SINCE_DAYS);
    let definition = format!(
        r#"{{"when":{{"nothing":{{"on":["purchase.made"],"days":{QUIET_DAYS}}}}},"from":"{from}",
            "then":[{{"task":{{"title":"Call them: they have bought nothing for a while","team":"sales","due_days":7}}}}]}}"#
    );
    let definition = Json::parse(definition.as_bytes()).unwrap_or(Json::Null);
    let data = Json::object([("name", "Gone quiet".into()), ("definition", definition)]);
    run(stage, "demo automation", &Wish::define(Kind::Automation, AUTOMATION, &data, None)).await?;
    let Some(customer) = customer else { return Ok(()) };
    let offer =
        [("title", "Pumps for the new plant"), ("amount", "125000"), ("currency", "EUR"), ("stage", "proposal")];
    let data = Json::object(offer.map(|(name, value)| (name, value.into())));
    let deed = Deed::Offer(What::Created);
    run(stage, "demo offer", &Wish::Act(Act::Create { customer: customer.into(), deed, data })).await
}

async fn run(stage: &Stage<'_>, request: &str, wish: &Wish) -> Result<(), Error> {
    let context = Context { actor: stage.steward, idempotency_key: None, request: request.to_owned() };
    stage.customers.run(&context, wish).await?;
    Ok(())
}
