//! The laws (docs/architecture.md) on whole nodes, on both stores: what the folds promise must survive sealing, storing,
//! batching, rebuilding.

use std::collections::BTreeMap;

use kulta::commands::{Error, Wish};
use kulta::reads::timeline::Wanted;
use kulta::reads::{At, Found};
use kulta_test_support::pg;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::node::Node;

/// A record by (source, subject).
type Name = (usize, usize);

#[derive(Clone, Debug)]
struct World {
    events: Vec<Value>,
    /// The order of delivery, with repetitions; all events are in it.
    delivery: Vec<usize>,
    /// Another one.
    other_delivery: Vec<usize>,
    /// Where batches end.
    batches: Vec<usize>,
    /// Merges and splits between two records' customers, after all facts.
    decisions: Vec<(bool, Name, Name)>,
}

const SOURCES: [&str; 2] = ["crm", "erp"];
const SUBJECTS: [&str; 2] = ["1", "anna@example.fi"];
const RECORDS: [Name; 4] = [(0, 0), (0, 1), (1, 0), (1, 1)];

fn payload() -> impl Strategy<Value = (&'static str, Value)> {
    let email = prop_oneof![Just(json!("a@b.fi")), Just(json!("A@B.FI")), Just(json!("c@d.fi")), Just(Value::Null)];
    let name = prop_oneof![Just("Anna"), Just("Anna Aalto")];
    prop_oneof![
        (name, email.clone()).prop_map(|(name, email)| {
            ("customer.registered", json!({"kind": "person", "name": name, "email": email, "shoe_size": 38}))
        }),
        email.clone().prop_map(|email| ("customer.contact_edited", json!({"email": email}))),
        Just(("customer.contact_edited", json!({"email": ["c@d.fi", "a@b.fi"], "language": "fi"}))),
        Just(("customer.contact_verified", json!({"field": "email", "value": "a@b.fi"}))),
        Just(("customer.contact_declined", json!({"field": "phone"}))),
        (1..500_u32).prop_map(|cents| {
            ("purchase.made", json!({"amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "EUR"}))
        }),
        Just(("complaint.opened", json!({"complaint": "c-1", "text": "late again"}))),
        Just(("web.visited", json!({"page": "/p", "odd": true}))),
    ]
}

fn world() -> impl Strategy<Value = World> {
    let event = (0..RECORDS.len(), 0..4_u32, payload());
    let events = prop::collection::vec(event, 1..14).prop_map(|events| {
        events.into_iter().enumerate().map(|(number, (record, day, (type_name, data)))| {
            let (source, subject) = RECORDS[record];
            // Few days, so that times are often equal and the id decides.
            json!({"specversion": "1.0", "id": format!("e{}", number * 7 % 13), "source": SOURCES[source],
                "subject": SUBJECTS[subject], "time": format!("2026-01-0{}T00:00:00Z", day + 1), "type": type_name,
                "data": data})
        })
    });
    let events = events.prop_map(|events| {
        // One content per (source, id): which of two conflicting ones came first is not the law's business.
        let by_key: BTreeMap<String, Value> =
            events.map(|event| (format!("{} {}", event["source"], event["id"]), event)).collect();
        by_key.into_values().collect::<Vec<_>>()
    });
    let name = prop::sample::select(RECORDS.to_vec());
    (events, prop::collection::vec((any::<bool>(), name.clone(), name), 0..4)).prop_flat_map(|(events, decisions)| {
        let all: Vec<usize> = (0..events.len()).collect();
        let extra = prop::collection::vec(0..events.len(), 0..4);
        let delivery = |extra: Vec<usize>, all: Vec<usize>| all.into_iter().chain(extra).collect::<Vec<_>>();
        let shuffled = extra.prop_map(move |extra| delivery(extra, all.clone())).prop_shuffle();
        let batches = prop::collection::vec(1..6_usize, 20);
        (Just(events), shuffled.clone(), shuffled, batches, Just(decisions)).prop_map(
            |(events, delivery, other_delivery, batches, decisions)| World {
                events,
                delivery,
                other_delivery,
                batches,
                decisions,
            },
        )
    })
}

async fn deliver(node: &Node, world: &World, order: &[usize]) {
    let mut rest = order;
    for size in world.batches.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (batch, after) = rest.split_at((*size).min(rest.len()));
        let events: Vec<_> = batch.iter().map(|index| world.events[*index].clone()).collect();
        let counts = node.publish(&events).await.counts();
        assert_eq!(counts[2] + counts[3], 0, "every event is good");
        rest = after;
    }
}

/// Merges or splits; what is already so is refused, and that is fine.
async fn decide(node: &Node, world: &World) {
    for (merge, one, other) in &world.decisions {
        let name = |(source, subject): Name| (SOURCES[source], SUBJECTS[subject]);
        let (one, other) = (name(*one), name(*other));
        node.reads.caught_up().await.unwrap();
        let record = async |(source, subject)| node.reads.record(source, subject).await.unwrap();
        let (Some(one), Some(other)) = (record(one).await, record(other).await) else { continue };
        let say = kulta::commands::Say { reason: None, overrule: true, if_match: None };
        let done = if *merge {
            node.wish(Wish::Merge { id: one.record, with: other.record, say }).await
        } else {
            node.wish(Wish::Split { id: one.record, away: vec![one.record], say }).await
        };
        match done {
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// What the law speaks of, without what is a function of the log's order: ids, positions.
async fn picture(node: &Node, at: At) -> BTreeMap<String, (Value, Vec<String>)> {
    node.reads.caught_up().await.unwrap();
    let mut picture = BTreeMap::new();
    for (source, subject) in RECORDS {
        let (source, subject) = (SOURCES[source], SUBJECTS[subject]);
        let Some(record) = node.reads.record(source, subject).await.unwrap() else { continue };
        let id = record.customer.into();
        let Found::Here(view) = node.reads.customer(id, at).await.unwrap() else { panic!("no customer") };
        let wanted = Wanted { limit: 100, ..Wanted::default() };
        let Found::Here(timeline) = node.reads.timeline(id, at, &wanted).await.unwrap() else { panic!("no timeline") };
        let entries =
            timeline.entries.iter().map(|entry| format!("{} {:?} {}", entry.type_name, entry.order, entry.data));
        let golden = without_order(serde_json::from_str(&view.json).unwrap());
        picture.insert(format!("{source} {subject}"), (golden, entries.collect()));
    }
    picture
}

fn without_order(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            for name in ["customer_id", "record_id", "position"] {
                members.remove(name);
            }
            members.values_mut().for_each(|member| *member = without_order(member.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_order(item.take())),
        _ => {}
    }
    value
}

async fn hold(one: &str, other: &str, world: &World) {
    let node = Node::start(one).await;
    deliver(&node, world, &world.delivery).await;
    let facts = picture(&node, At::default()).await;

    // Order of arrival is not order of fact.
    let shuffled = Node::start(other).await;
    deliver(&shuffled, world, &world.other_delivery).await;
    assert_eq!(picture(&shuffled, At::default()).await, facts);
    shuffled.stop().await;

    // Replay = live, with decisions among the facts.
    let undecided = node.reads_now();
    decide(&node, world).await;
    node.assert_verified().await;
    let live = picture(&node, At::default()).await;
    let head = *node.log.head().borrow();
    node.projector.rebuild(&|_| ()).await.unwrap();
    assert_eq!(picture(&node, At::default()).await, live);
    node.assert_verified().await;

    // What was known before the decisions is still what it was then.
    let then = At { known_at: Some(undecided), as_of: None };
    assert_eq!(picture_of_records(&node, then).await, facts_of_records(&facts));

    // A replay has no side effects.
    assert_eq!(*node.log.head().borrow(), head, "nothing was appended");
    assert!(node.intake.letters(0, 10, false).await.unwrap().is_empty());

    split_all_again(&node).await;
    assert_eq!(facts_of_records(&picture(&node, At::default()).await), facts_of_records(&facts), "split undoes merge");
    node.assert_verified().await;
    node.stop().await;
}

/// Every record by itself again.
async fn split_all_again(node: &Node) {
    for (source, subject) in RECORDS {
        node.reads.caught_up().await.unwrap();
        let Some(record) = node.reads.record(SOURCES[source], SUBJECTS[subject]).await.unwrap() else { continue };
        let split =
            node.wish(Wish::Split { id: record.customer.into(), away: vec![record.record], say: node.say() }).await;
        assert!(matches!(split, Ok(_) | Err(Error::Refused(_))), "{split:?}");
    }
}

fn facts_of_records(picture: &BTreeMap<String, (Value, Vec<String>)>) -> BTreeMap<String, Value> {
    picture.iter().map(|(name, (golden, _))| (name.clone(), golden["fields"].clone())).collect()
}

/// Golden fields by record at an earlier `known_at`, where each record was its own customer.
async fn picture_of_records(node: &Node, at: At) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    for (source, subject) in RECORDS {
        let (source, subject) = (SOURCES[source], SUBJECTS[subject]);
        let Some(record) = node.reads.record(source, subject).await.unwrap() else { continue };
        let Found::Here(view) = node.reads.customer(record.record, at).await.unwrap() else { panic!("no customer") };
        let golden = without_order(serde_json::from_str(&view.json).unwrap());
        fields.insert(format!("{source} {subject}"), golden["fields"].clone());
    }
    fields
}

fn run(cases: u32, test: impl Fn(World)) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let mut runner = TestRunner::new(config);
    runner
        .run(&world(), |world| {
            test(world);
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_laws_hold_on_sqlite() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    run(24, |world| {
        let folder = tempfile::tempdir().unwrap();
        let url = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
        runtime.block_on(hold(&url("one.db"), &url("other.db"), &world));
    });
}

#[test]
fn the_laws_hold_on_postgresql() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    run(6, |world| {
        runtime.block_on(async {
            let (one, other) = (pg::database().await, pg::database().await);
            hold(one.url(), other.url(), &world).await;
        });
    });
}
