//! An event once written is readable for ever: a newer kulta meets what an older one stored.

use kulta::intake::Status;
use kulta::reads::timeline::Wanted;
use kulta::reads::{At, Found};
use kulta_events::field::{Kind, fact};
use kulta_events::vocabulary::EventType;
use kulta_events::{Json, Vocabulary};
use serde_json::{Value, json};

use crate::node::Node;

static FIRST: EventType =
    EventType::of_record("parcel.sent", "A parcel, as it was.", &[fact("price", Kind::Text(64)).required()]);

static SECOND: EventType = EventType {
    version: 2,
    upcasts: &[split_price],
    ..EventType::of_record(
        "parcel.sent",
        "A parcel, as it is.",
        &[fact("amount", Kind::Amount).required(), fact("currency", Kind::Currency).required()],
    )
};

fn split_price(data: Json) -> Json {
    let price = data.get("price").and_then(Json::as_str).unwrap_or_default().to_owned();
    let (amount, currency) = price.split_once(' ').unwrap_or_default();
    Json::object([("amount", amount.into()), ("currency", currency.into())])
}

fn parcel(id: &str, version: u16, data: Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "shop", "type": "parcel.sent", "subject": "7",
        "time": "2026-01-01T00:00:00Z", "dataversion": version, "data": data})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_version_stored_is_lifted_and_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("kulta.db").display());
    let older = Node::start_with(&url, Vocabulary::standard().with(&FIRST)).await;
    let old = parcel("1", 1, json!({"price": "12.50 EUR"}));
    assert_eq!(older.publish(std::slice::from_ref(&old)).await.results[0].status, Status::Accepted(1));
    older.stop().await;

    let newer = Node::start_with(&url, Vocabulary::standard().with(&SECOND)).await;
    let again = parcel("1", 2, json!({"amount": 12.5, "currency": "EUR"}));
    let other = parcel("1", 2, json!({"amount": 13, "currency": "EUR"}));
    let statuses: Vec<_> =
        newer.publish(&[old, again, other]).await.results.into_iter().map(|result| result.status).collect();
    assert_eq!(statuses, [Status::Duplicate(1), Status::Duplicate(1), Status::Conflict(1)]);
    let letters = newer.intake.letters(0, 10, true).await.unwrap();
    assert_eq!(letters.len(), 1, "only the other content is a conflict");
    assert!(letters[0].body.as_ref().unwrap().contains("13"));

    let id = newer.record("shop", "7").await;
    let wanted = Wanted { limit: 10, ..Wanted::default() };
    let Found::Here(timeline) = newer.reads.timeline(id, At::default(), &wanted).await.unwrap() else { panic!() };
    assert_eq!(timeline.entries[0].data.to_string(), r#"{"amount":"12.50","currency":"EUR"}"#);
    newer.stop().await;
}
