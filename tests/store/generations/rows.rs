//! Rows to put into stores, each different, and what they look like when they are read again.

use std::collections::BTreeSet;
use std::sync::Arc;

use kulta::store::views::Generation;
use kulta_events::payload::Verdict;
use kulta_events::recorded::{EventName, Payload};
use kulta_events::{CustomerId, Instant, Json, Order, RecordId, Recorded};
use kulta_projections::batch::{Changes, Needs};
use kulta_projections::crosswalk::{Decision, Made, Withdrawn};
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::record::RecordState;
use kulta_projections::rows::{CustomerRow, MatchPolicyRow, PolicyRow, RecordRow, RelationRow, UnknownRow};
use uuid::Uuid;

/// A record id whose order has nothing to do with `n`.
pub fn id(n: u64) -> RecordId {
    let spread = u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    RecordId(Uuid::from_u128(spread))
}

pub fn order(n: u64) -> Order {
    let time = Instant::from_micros(1_700_000_000_000_000 + i64::try_from(n).unwrap() * 1_500_001);
    Order { time, source: "crm".to_owned(), id: EventName::Id(format!("event-{n}")) }
}

fn event(n: u64, type_name: &str, data: &str) -> Recorded {
    Recorded {
        position: n,
        stream: id(n).stream(),
        revision: 0,
        key: Uuid::from_u128(u128::from(n)),
        event_type: None,
        type_name: type_name.to_owned(),
        record: Some(id(n)),
        order: order(n),
        recorded_at: Instant::from_micros(0),
        actor: 1,
        unit: None,
        causation: None,
        correlation: None,
        unknown: 0,
        payload: Payload { data: Json::parse(data.as_bytes()).unwrap(), erased: false },
    }
}

/// A record with fields of every kind; every fifth is erased.
pub fn record(n: u64) -> RecordRow {
    let data = format!(
        r#"{{"kind":"person","name":"Väinö \"{n}\" 日本 \u0001","email":"v{n}@example.org","language":"fi",
            "phone":["+358 40 {n}","+358 50 {n}"],
            "address":{{"street":"Katu {n}","postal_code":"00{n:03}","city":"Helsinki","country":"FI"}},
            "attributes":{{"limit":12345678901234567890.{n}0,"vip":true,"segment":"a'b"}}}}"#
    );
    let erased = n.is_multiple_of(5);
    let events = [
        event(n, "customer.registered", if erased { "{}" } else { &data }),
        event(n + 1, "customer.tagged", r#"{"tag":"press"}"#),
        event(n + 2, "customer.consent_given", r#"{"purpose":"news","channel":"email","double_opt_in":true}"#),
        event(n + 3, "customer.contact_verified", &format!(r#"{{"field":"email","value":"v{n}@example.org"}}"#)),
        event(n + 4, "customer.related", &related(n, erased)),
    ];
    RecordRow {
        record: id(n),
        source: if n.is_multiple_of(2) { "erp" } else { "billing" }.to_owned(),
        subject: (!erased).then(|| format!("subject {n}")),
        first_position: n,
        shaped_at: n + 3,
        customer: id(n).into(),
        state: RecordState::fold(&events),
    }
}

/// A relation to the next record, of which every third says from when to when.
fn related(n: u64, erased: bool) -> String {
    let role = if erased { "" } else { r#","role":"ostaja 買い手""# };
    let days = if n.is_multiple_of(3) { r#","valid_from":"2020-02-29","valid_until":"2030-01-01""# } else { "" };
    format!(r#"{{"relation":"contact_of","to":"{}"{role}{days}}}"#, id(n + 1))
}

/// A record that says nothing, for tests of many rows.
pub fn bare(n: u64) -> RecordRow {
    RecordRow {
        record: id(n),
        source: "crm".to_owned(),
        subject: Some(n.to_string()),
        first_position: n,
        shaped_at: n,
        customer: id(n).into(),
        state: RecordState::default(),
    }
}

/// Bare records and a customer for each.
pub fn crowd(numbers: impl IntoIterator<Item = u64>) -> Changes {
    let records: Vec<_> = numbers.into_iter().map(bare).collect();
    let built_in = PolicyRow::built_in();
    let customers = records.iter().filter_map(|row| CustomerRow::of(&[row], &built_in)).collect();
    Changes { records, customers, ..Changes::default() }
}

/// The customer of one record.
pub fn customer(n: u64) -> CustomerRow {
    CustomerRow::of(&[&record(n)], &PolicyRow::built_in()).unwrap()
}

pub fn match_policy(n: u64, link: f32) -> MatchPolicyRow {
    let policy = MatchPolicy { link, ..MatchPolicy::built_in() };
    MatchPolicyRow { order: order(n), position: n, policy: Arc::new(policy) }
}

pub fn policy(n: u64, ask_weight: u32) -> PolicyRow {
    let mut policy = PolicyRow::built_in();
    policy.policy.default.ask_weight = ask_weight;
    PolicyRow { order: order(n), position: n, ..policy }
}

pub fn decision(n: u64, records: &[u64], from: &[u64]) -> Decision {
    let ids = |list: &[u64]| list.iter().map(|n| id(*n)).collect();
    let verdict = if n.is_multiple_of(2) { Verdict::Link } else { Verdict::Separate };
    let made = Made { verdict, records: ids(records), from: ids(from), order: order(n), position: n };
    Decision { id: id(n).0, made: Some(made), withdrawn: None }
}

pub fn withdrawn(n: u64) -> Withdrawn {
    Withdrawn { order: Order { id: EventName::Erased(Uuid::from_u128(7)), ..order(n) }, position: n }
}

pub fn unknown(source: &str, type_name: &str, count: u64) -> UnknownRow {
    UnknownRow { source: source.to_owned(), type_name: type_name.to_owned(), count }
}

/// Records `1..=count` and a customer for each.
pub fn people(count: u64) -> Changes {
    let numbers = 1..=count;
    Changes {
        records: numbers.clone().map(record).collect(),
        customers: numbers.map(customer).collect(),
        ..Changes::default()
    }
}

/// Everything that stands in a generation.
#[derive(Debug, PartialEq, Eq)]
pub struct Contents {
    pub records: Vec<RecordRow>,
    pub customers: Vec<CustomerRow>,
    pub decisions: Vec<Decision>,
    pub relations: Vec<RelationRow>,
    pub policies: Vec<PolicyRow>,
    pub match_policies: Vec<MatchPolicyRow>,
    pub unknown: Vec<UnknownRow>,
    pub checkpoint: u64,
}

/// Reads everything, in pages of a few rows.
pub async fn contents(of: &Arc<dyn Generation>) -> Contents {
    const LIMIT: usize = 7;
    let mut all = Contents {
        records: Vec::new(),
        customers: Vec::new(),
        decisions: Vec::new(),
        relations: Vec::new(),
        policies: of.policies().await.unwrap(),
        match_policies: of.match_policies_seen().await.unwrap().into_iter().map(|(_, row)| row.unwrap()).collect(),
        unknown: of.unknown().await.unwrap(),
        checkpoint: of.checkpoint().await.unwrap(),
    };
    loop {
        let page = of.records_page(all.records.last().map(|row| row.record), LIMIT).await.unwrap();
        let last = page.len() < LIMIT;
        all.records.extend(page.into_iter().map(|(id, row)| row.filter(|row| row.record == id).unwrap()));
        if last {
            break;
        }
    }
    loop {
        let page = of.customers_page(all.customers.last().map(|row| row.customer), LIMIT).await.unwrap();
        let last = page.len() < LIMIT;
        all.customers.extend(page.into_iter().map(|(id, row)| row.filter(|row| row.customer == id).unwrap()));
        if last {
            break;
        }
    }
    loop {
        let page = of.decisions_page(all.decisions.last().map(|row| row.id), LIMIT).await.unwrap();
        let last = page.len() < LIMIT;
        all.decisions.extend(page.into_iter().map(|(id, row)| row.filter(|row| row.id == id).unwrap()));
        if last {
            break;
        }
    }
    loop {
        let page = of.relations_page(all.relations.last(), LIMIT).await.unwrap();
        let last = page.len() < LIMIT;
        all.relations.extend(page);
        if last {
            break;
        }
    }
    all
}

/// What the tables hold after these changes to empty ones.
pub fn expected(changes: &Changes, checkpoint: u64) -> Contents {
    let mut all = Contents {
        records: changes.records.clone(),
        customers: changes.customers.clone(),
        decisions: changes.decisions.clone(),
        relations: changes.records.iter().flat_map(RelationRow::of).collect(),
        policies: changes.policies.clone(),
        match_policies: changes.match_policies.clone(),
        unknown: changes.unknown.clone(),
        checkpoint,
    };
    all.records.sort_by_key(|row| row.record);
    all.customers.sort_by_key(|row| row.customer);
    all.decisions.sort_by_key(|row| row.id);
    all.relations.sort();
    all.policies.sort_by_key(|row| row.position);
    all.unknown.sort();
    all
}

/// Everything that can be asked for about these records.
pub fn needs(numbers: impl IntoIterator<Item = u64> + Clone) -> Needs {
    let ids: BTreeSet<RecordId> = numbers.into_iter().map(id).collect();
    Needs {
        exist: ids.clone(),
        records: ids.clone(),
        members_of: ids.iter().map(|id| CustomerId(id.0)).collect(),
        decisions: ids.iter().map(|id| id.0).collect(),
        ..Needs::default()
    }
}
