use kulta_events::Json;
use kulta_events::payload::Criterion;

use super::*;
use crate::given::{EventExt, decision, event, record, withdrawal};
use crate::identity::live::Resolver;
use crate::identity::policy::MatchPolicy;

const REGISTERED: &str = "customer.registered";

/// A store of rows in memory.
#[derive(Default)]
struct Store {
    records: BTreeMap<RecordId, RecordRow>,
    customers: BTreeMap<CustomerId, CustomerRow>,
    decisions: BTreeMap<Uuid, Decision>,
    log: Vec<Recorded>,
    resolver: Option<Resolver>,
}

impl Store {
    /// Takes a batch; what changed, and what had to be looked up, round by round.
    fn take(&mut self, events: Vec<Recorded>) -> (Changes, Vec<Needs>) {
        let from = self.log.len() as u64;
        let events: Vec<_> = (1..).zip(events).map(|(place, event)| event.at(from + place)).collect();
        self.log.extend(events.clone());
        let span = Span { from, to: self.log.len() as u64 };
        let mut resolver = self.resolver.take().unwrap_or_else(|| Resolver::new(MatchPolicy::built_in()));
        let (mut loaded, mut rounds) = (Loaded::new(PolicyRow::built_in()), Vec::new());
        let folded = self.ask(&mut loaded, &mut rounds, |loaded| fold(loaded, &events));
        let found = folded.tell(folded.prepared(resolver.policy()), &mut resolver);
        let changes = self.ask(&mut loaded, &mut rounds, |loaded| settle(loaded, &folded, &found, span));
        self.resolver = Some(resolver);
        self.records.extend(changes.records.iter().map(|row| (row.record, row.clone())));
        self.decisions.extend(changes.decisions.iter().map(|decision| (decision.id, decision.clone())));
        changes.deleted.iter().for_each(|id| assert!(self.customers.remove(id).is_some()));
        self.customers.extend(changes.customers.iter().map(|row| (row.customer, row.clone())));
        (changes, rounds)
    }

    fn ask<T>(
        &self,
        loaded: &mut Loaded,
        rounds: &mut Vec<Needs>,
        part: impl Fn(&Loaded) -> Result<T, Box<Needs>>,
    ) -> T {
        loop {
            match part(loaded) {
                Ok(done) => return done,
                Err(needs) => {
                    assert!(rounds.len() < 20 && !needs.is_empty());
                    loaded.answer(&needs, self.look_up(&needs));
                    rounds.push(*needs);
                }
            }
        }
    }

    fn look_up(&self, needs: &Needs) -> Answer {
        let rows = self.records.values();
        let wanted = |row: &&RecordRow| needs.records.contains(&row.record) || needs.members_of.contains(&row.customer);
        let decided = |decision: &&Decision| needs.decisions.contains(&decision.id);
        let of = |id: RecordId| self.log.iter().filter(move |event| event.record == Some(id));
        Answer {
            exist: needs.exist.iter().filter(|id| self.records.contains_key(id)).copied().collect(),
            records: rows.filter(wanted).cloned().collect(),
            decisions: self.decisions.values().filter(decided).cloned().collect(),
            subjects: needs.subjects.iter().map(|id| (*id, format!("subject of {id}"))).collect(),
            refolded: needs.refold.iter().map(|id| (*id, RecordState::fold_unsorted(of(*id)))).collect(),
        }
    }

    fn positions(&self) -> Vec<u64> {
        let mut rows: Vec<_> = self.customers.values().collect();
        rows.sort_by_key(|row| self.records[&row.customer.into()].first_position);
        rows.into_iter().map(|row| row.position).collect()
    }
}

/// What a batch changes when nothing is stored.
fn alone(mut loaded: Loaded, events: &[Recorded]) -> Changes {
    let folded = loop {
        match fold(&loaded, events) {
            Ok(folded) => break folded,
            Err(needs) => loaded.answer(&needs, Answer::default()),
        }
    };
    let mut resolver = Resolver::new(MatchPolicy::built_in());
    let found = folded.tell(folded.prepared(resolver.policy()), &mut resolver);
    settle(&loaded, &folded, &found, Span { from: 0, to: u64::MAX }).unwrap()
}

fn registered(source: &str, on: i64, email: &str) -> Recorded {
    event(source, "1", on, REGISTERED, &format!(r#"{{"email":"{email}"}}"#))
}

fn bought(source: &str, on: i64) -> Recorded {
    event(source, "1", on, "purchase.made", r#"{"amount":1,"currency":"EUR"}"#)
}

/// `erp`, `crm` and `shop` with a record each; the first two are one customer.
fn merged() -> Store {
    let mut store = Store::default();
    store.take(vec![registered("erp", 1, "a@x.fi"), registered("crm", 2, "b@x.fi"), bought("shop", 3)]);
    store.take(vec![decision("identity.linked", 7, 4, &[record("erp", "1")], &[record("crm", "1")])]);
    store
}

#[test]
fn a_record_comes_into_being_with_its_first_event_whatever_its_type() {
    let mut store = Store::default();
    let (changes, rounds) = store.take(vec![bought("shop", 2), bought("shop", 1)]);
    let row = &changes.records[0];
    assert_eq!((changes.records.len(), row.first_position, row.shaped_at), (1, 1, 1));
    assert_eq!((row.source.as_str(), row.customer), ("shop", row.record.into()));
    assert_eq!(row.subject, Some(format!("subject of {}", row.record)));
    assert_eq!((changes.customers.len(), changes.customers[0].records), (1, 1));
    assert_eq!(rounds.len(), 2, "whether it is there; then its subject, and decisions that name it");
}

#[test]
fn events_that_shape_nothing_only_ask_whether_their_record_is_known() {
    let mut store = merged();
    let (changes, rounds) = store.take(vec![bought("erp", 9), bought("shop", 9)]);
    assert!(changes.is_empty());
    let exist = BTreeSet::from([record("erp", "1"), record("shop", "1")]);
    assert_eq!(rounds, [Needs { exist, ..Needs::default() }]);

    let mut loaded = Loaded::new(PolicyRow::built_in());
    loaded.know([record("erp", "1")]);
    assert!(alone(loaded, &[bought("erp", 10)]).is_empty());
}

#[test]
fn an_event_that_shapes_a_record_asks_for_its_customer_only() {
    let mut store = merged();
    let (changes, rounds) = store.take(vec![registered("crm", 9, "new@x.fi")]);
    assert_eq!(rounds.len(), 2);
    assert!(rounds.iter().all(|needs| needs.decisions.is_empty()));
    assert_eq!((changes.records.len(), changes.customers.len()), (1, 1));
    let customer = &changes.customers[0];
    assert_eq!((customer.customer, customer.records, customer.position), (record("erp", "1").into(), 2, 5));
    assert_eq!(customer.golden.text("email"), Some("new@x.fi"));
}

#[test]
fn a_merge_gives_one_customer_and_deletes_the_other() {
    let mut store = Store::default();
    store.take(vec![registered("erp", 1, "a@x.fi"), registered("crm", 2, "b@x.fi")]);
    let (changes, _) =
        store.take(vec![decision("identity.linked", 7, 3, &[record("crm", "1")], &[record("erp", "1")])]);
    assert_eq!(changes.deleted, [record("crm", "1").into()]);
    assert_eq!(changes.customers.len(), 1);
    assert_eq!((changes.customers[0].customer, changes.customers[0].position), (record("erp", "1").into(), 3));
    assert!(changes.records.iter().all(|row| row.shaped_at == 3));
}

#[test]
fn a_split_moves_the_position_of_both_customers() {
    let mut store = merged();
    assert_eq!(store.positions(), [4, 3]);
    store.take(vec![decision("identity.separated", 8, 5, &[record("erp", "1")], &[record("crm", "1")])]);
    assert_eq!(store.positions(), [5, 5, 3]);
    store.take(vec![withdrawal(8, 6)]);
    assert_eq!(store.positions(), [6, 3]);
}

#[test]
fn a_record_that_was_linked_before_any_event_named_it_joins_when_one_does() {
    let mut store = Store::default();
    let link = decision("identity.linked", 7, 1, &[record("erp", "1")], &[record("crm", "1")]);
    store.take(vec![registered("erp", 1, "a@x.fi"), link]);
    assert_eq!(store.customers.len(), 1);
    let (changes, _) = store.take(vec![bought("crm", 2)]);
    assert_eq!((store.customers.len(), changes.customers[0].records, changes.customers[0].position), (1, 2, 3));
    assert!(changes.deleted.is_empty());
}

#[test]
fn a_late_event_asks_for_the_record_to_be_folded_again() {
    let mut store = merged();
    store.take(vec![registered("erp", 8, "new@x.fi")]);
    let (changes, rounds) = store.take(vec![registered("erp", 5, "late@x.fi"), registered("erp", 9, "newest@x.fi")]);
    assert_eq!(rounds.last().map(|needs| needs.refold.clone()), Some(BTreeSet::from([record("erp", "1")])));
    assert_eq!(changes.customers[0].golden.text("email"), Some("newest@x.fi"));
    assert_eq!(changes.records[0].shaped_at, 7);
    assert_eq!(
        changes.records[0].state,
        RecordState::fold_unsorted(store.log.iter().filter(|e| e.record == Some(record("erp", "1"))))
    );
}

#[test]
fn within_a_batch_nothing_is_late() {
    let mut store = Store::default();
    let (changes, rounds) = store.take(vec![registered("erp", 8, "new@x.fi"), registered("erp", 5, "late@x.fi")]);
    assert!(rounds.iter().all(|needs| needs.refold.is_empty()));
    assert_eq!(changes.customers[0].golden.text("email"), Some("new@x.fi"));
}

#[test]
fn a_whole_chain_of_records_is_looked_up_in_few_rounds() {
    let names: Vec<String> = (0..60).map(|number| format!("s{number}")).collect();
    let mut store = Store::default();
    store.take(names.iter().map(|name| registered(name, 1, "a@x.fi")).collect());
    let link = |(number, pair): (usize, &[String])| {
        decision("identity.linked", number as u128, 2, &[record(&pair[0], "1")], &[record(&pair[1], "1")])
    };
    store.take(names.windows(2).enumerate().map(link).collect());
    assert_eq!(store.customers.len(), 1);
    let alone = record("alone", "1");
    let joins = decision("identity.linked", 99, 3, &[record("s7", "1")], &[alone]);
    let (changes, rounds) = store.take(vec![registered("alone", 3, "a@x.fi"), joins]);
    assert_eq!((changes.customers.len(), changes.customers[0].records), (1, 61));
    assert!(rounds.len() <= 4, "{} rounds", rounds.len());
}

#[test]
fn another_policy_in_force_asks_for_every_customer_to_be_made_again() {
    let mut policy = kulta_events::payload::SurvivorshipPolicy::built_in();
    policy.default.by = vec![Criterion::Completeness];
    let text = format!(r#"{{"policy":{}}}"#, serde_json::to_string(&policy).unwrap());
    let mut published = event("kulta", "-", 5, "survivorship_policy.published", &text);
    published.record = None;
    let events = [published.clone().at(9), registered("erp", 1, "a@x.fi").at(10)];
    let changes = alone(Loaded::new(PolicyRow::built_in()), &events);
    assert!(changes.refold_all);
    assert_eq!((changes.policies.len(), changes.policies[0].policy.clone()), (1, policy));

    let mut older = published.clone();
    older.order.time = crate::given::day(1);
    let loaded = Loaded::new(changes.policies[0].clone());
    let changes = alone(loaded.clone(), &[older]);
    assert!(!changes.refold_all, "an older policy is kept, but not in force");
    assert_eq!(changes.policies.len(), 1);

    let mut unreadable = published;
    unreadable.payload.data = Json::object([("policy", Json::from("none"))]);
    assert!(alone(loaded, &[unreadable]).is_empty());
}

#[test]
fn members_that_no_schema_knows_are_counted_by_source() {
    let mut store = Store::default();
    let odd = |source: &str, on| event(source, "1", on, REGISTERED, r#"{"shoe_size":"43","email":"a@x.fi"}"#);
    let (changes, _) = store.take(vec![
        odd("erp", 1),
        odd("erp", 2),
        odd("crm", 3),
        event("erp", "1", 4, "weather.changed", r#"{"x":1}"#),
    ]);
    let counts: Vec<_> = changes.unknown.iter().map(|row| (row.source.as_str(), row.count)).collect();
    assert_eq!(counts, [("crm", 1), ("erp", 2)]);
}
