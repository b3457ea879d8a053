//! From an event to the golden record, below HTTP, on both stores.

use kulta::commands::Wish;
use kulta::commands::person_record::Command;
use kulta::intake::Status;
use kulta_events::Json;
use kulta_test_support::pg;
use serde_json::{Value, json};

use crate::node::Node;

fn event(source: &str, subject: &str, id: &str, time: &str, type_name: &str, data: Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": source, "type": type_name, "subject": subject, "time": time,
        "data": data})
}

async fn story(url: &str) {
    let node = Node::start(url).await;
    let events = [
        event("crm", "7", "1", "2026-01-01T10:00:00Z", "customer.registered", json!({"name": "A", "email": "a@b.fi"})),
        event("erp", "9", "1", "2026-02-01T10:00:00Z", "customer.registered", json!({"name": "A B", "shoe": 3})),
        event("erp", "9", "2", "2026-02-02T10:00:00Z", "purchase.made", json!({"amount": "9.50", "currency": "EUR"})),
        event("erp", "9", "2", "2026-02-02T10:00:00Z", "purchase.made", json!({"amount": 9.5, "currency": "EUR"})),
        event("erp", "9", "2", "2026-02-02T10:00:00Z", "purchase.made", json!({"amount": "8", "currency": "EUR"})),
        event("erp", "9", "3", "2026-02-02", "purchase.made", json!({"amount": "8", "currency": "EUR"})),
    ];
    let published = node.publish(&events).await;
    let statuses: Vec<_> = published.results.iter().map(|result| result.status.clone()).collect();
    assert_eq!(statuses[..2], [Status::Accepted(1), Status::Accepted(2)]);
    assert_eq!(statuses[2..5], [Status::Accepted(3), Status::Duplicate(3), Status::Conflict(3)]);
    assert!(matches!(&statuses[5], Status::Rejected(problems) if problems[0].pointer == "/time"));
    assert_eq!(node.intake.letters(0, 10, true).await.unwrap().len(), 1, "the conflict is kept");

    let (crm, erp) = (node.record("crm", "7").await, node.record("erp", "9").await);
    let before = node.customer_of("crm", "7").await.unwrap();
    assert_eq!(before["fields"]["email"]["value"], "a@b.fi");

    let merged = node.wish(Wish::Merge { id: erp, with: crm, say: node.say() }).await.unwrap();
    let both = node.customer_of("erp", "9").await.unwrap();
    assert_eq!(both["customer_id"], json!(crm), "the founding record's id");
    assert_eq!(both["records"].as_array().unwrap().len(), 2);
    assert_eq!(both["fields"]["name"]["value"], "A B", "the newer observation");
    assert_eq!(both["fields"]["name"]["others"][0]["value"], "A");

    let edit = Command::Edit { attributes: Json::parse(br#"{"email":null,"phone":"+358 40 1"}"#).unwrap() };
    node.wish(Wish::Change { id: crm, if_match: None, command: edit }).await.unwrap();
    let edited = node.customer_of("crm", "7").await.unwrap();
    assert_eq!(edited["fields"].get("email"), None, "a person's null suppresses what the CRM says");
    assert_eq!(edited["fields"]["phone"]["source"], "kulta");
    assert_eq!(edited["records"].as_array().unwrap().len(), 3);
    node.assert_verified().await;

    node.wish(Wish::Split { id: crm, away: vec![erp], say: node.say() }).await.unwrap();
    let apart = node.customer_of("erp", "9").await.unwrap();
    assert_eq!(apart["customer_id"], json!(erp));
    assert_eq!(node.customer_of("crm", "7").await.unwrap()["records"].as_array().unwrap().len(), 2);
    let decision = merged.body["decision_id"].as_str().unwrap().parse().unwrap();
    node.wish(Wish::Withdraw { decision, reason: None }).await.unwrap();
    node.assert_verified().await;

    let apart = node.customer_of("erp", "9").await.unwrap();
    let rebuilt = node.projector.rebuild(&|_| ()).await.unwrap();
    assert_eq!(rebuilt.customers, 2);
    assert_eq!(node.customer_of("erp", "9").await.unwrap(), apart);
    node.assert_verified().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_event_to_the_golden_record_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    story(&format!("sqlite://{}", folder.path().join("kulta.db").display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_event_to_the_golden_record_on_postgresql() {
    let database = pg::database().await;
    story(database.url()).await;
}
