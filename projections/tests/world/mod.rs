//! Small worlds for the laws: a few records, few values so that they collide, every type that matters, equal times,
//! erased payloads; and a store in memory that is kept up by the live step.
#![expect(clippy::unwrap_used, reason = "a world that cannot be made is a failed test")]

use std::collections::{BTreeMap, BTreeSet};

use kulta_events::payload::{Criterion, Pairing};
use kulta_events::recorded::{EventName, Payload};
use kulta_events::{Instant, Json, Order, RecordId, Recorded, Vocabulary};
use kulta_projections::batch::{Answer, Changes, Loaded, Needs, Span, fold, settle};
use kulta_projections::crosswalk::Decision;
use kulta_projections::golden::Golden;
use kulta_projections::identity::live::Resolver;
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::record::RecordState;
use kulta_projections::relations::{Claim, Direction, Relation, relations};
use kulta_projections::rows::{CustomerRow, PolicyRow, RecordRow};
use kulta_projections::timeline::{self, Entry};
use kulta_projections::whole::Whole;
use proptest::prelude::*;
use uuid::Uuid;

mod shared;
mod steps;

pub const RECORDS: u8 = 6;
const SOURCES: [&str; 3] = ["erp", "crm", "kulta"];

/// An event before it has a place in the log.
#[derive(Clone, Debug)]
pub struct Told {
    number: u8,
    record: u8,
    time: u8,
    kind: u8,
    field: u8,
    value: u8,
    erased: bool,
    sides: (u8, u8),
}

pub fn told() -> impl Strategy<Value = Vec<Told>> {
    let one = (0..RECORDS, 0_u8..6, 0_u8..26, any::<u8>(), any::<u8>(), 0_u8..8, (any::<u8>(), any::<u8>()));
    proptest::collection::vec(one, 1..40).prop_map(|raw| {
        let told = |(number, (record, time, kind, field, value, erased, sides))| {
            // Ids in another order than the events, so that equal times are told apart by more than arrival.
            let number = u8::try_from(number * 37 % 101).unwrap();
            Told { number, record, time, kind, field, value, erased: erased == 0, sides }
        };
        raw.into_iter().enumerate().map(told).collect()
    })
}

/// Each of another share.
pub fn record_id(number: u8) -> RecordId {
    let place = u128::from(number) * 7 % 11;
    RecordId(Uuid::from_u128(place << 124 | (0x1000 + place)))
}

fn source_of(number: u8) -> &'static str {
    SOURCES[usize::from(number) % SOURCES.len()]
}

pub fn subject_of(record: RecordId) -> Option<String> {
    record.0.as_u128().is_multiple_of(2).then(|| format!("key-{}", record.0.as_u128()))
}

impl Told {
    fn value(&self) -> &'static str {
        let values = match self.field() {
            "email" => ["\"a@x.fi\"", "\"A@x.fi\"", "[\"b@x.fi\",\"a@x.fi\"]", "\"c@x.fi\"", "null", "\"\"", "[]"],
            "phone" => ["\"+358 1\"", "\"003581\"", "[\"01\",\"+3581\"]", "\"02\"", "null", "[\"\"]", "\"03\""],
            "address" => {
                let [a, b] = [r#"{"city":"Oulu"}"#, r#"{"city":"OULU","street":"Katu 1"}"#];
                [a, b, "null", "{}", r#"[{"city":"Oulu"}]"#, a, b]
            }
            "kind" => ["\"person\"", "\"organisation\"", "null", "\"person\"", "null", "\"person\"", "\"person\""],
            "aliases" => ["[\"A\"]", "[\"B\",\"a\"]", "null", "[]", "[\"C\"]", "[\"A\"]", "[\"B\"]"],
            "attributes" => {
                let [a, b, c] = [r#"{"size":1}"#, r#"{"size":null,"vip":true}"#, r#"{"vip":false,"size":2}"#];
                [a, b, c, "null", "{}", a, b]
            }
            _ => ["\"Aino\"", "\"aino \"", "null", "\"Eino\"", "\" \"", "\"Aino Oy\"", "\"Eino\""],
        };
        values[usize::from(self.value) % values.len()]
    }

    fn field(&self) -> &'static str {
        let fields = ["email", "phone", "address", "kind", "aliases", "attributes", "name", "given_name"];
        fields[usize::from(self.field) % fields.len()]
    }

    fn word(&self) -> &'static str {
        ["gold", "silver"][usize::from(self.value) % 2]
    }

    /// The type, and the payload when nothing of it is erased.
    fn content(&self) -> (&'static str, String) {
        let (field, value, word) = (self.field(), self.value(), self.word());
        let said = format!("\"{field}\":{value}");
        match self.kind {
            0..=4 if field != "email" => (
                "customer.registered",
                format!(
                    r#"{{{said},"email":"{}@x.fi","shoe_size":"43"}}"#,
                    ["a", "d"][usize::from(self.field / 8) % 2]
                ),
            ),
            0..=4 => ("customer.registered", format!("{{{said}}}")),
            5..=8 => ("customer.contact_edited", format!("{{{said}}}")),
            9 | 10 if value != "null" && !matches!(field, "kind" | "aliases" | "attributes") => {
                ("customer.contact_verified", format!(r#"{{"field":"{field}","value":{value}}}"#))
            }
            9 | 10 => ("customer.contact_verified", r#"{"field":"email","value":"a@x.fi"}"#.to_owned()),
            11 => ("customer.contact_declined", format!(r#"{{"field":"{field}"}}"#)),
            12 => ("customer.closed", "{}".to_owned()),
            13 if self.field.is_multiple_of(4) => ("customer.classified", r#"{"scheme":"s","class":null}"#.to_owned()),
            13 => ("customer.classified", format!(r#"{{"scheme":"s","class":"{word}"}}"#)),
            14 => ("customer.tagged", format!(r#"{{"tag":"{word}"}}"#)),
            15 => ("customer.untagged", format!(r#"{{"tag":"{word}"}}"#)),
            16 => ("customer.consent_given", format!(r#"{{"purpose":"news","channel":"{word}"}}"#)),
            17 => ("customer.consent_withdrawn", format!(r#"{{"purpose":"news","channel":"{word}"}}"#)),
            18 => ("customer.preference_stated", format!(r#"{{"preference":"hours","value":"{word}"}}"#)),
            19 => ("purchase.made", r#"{"amount":1.50,"currency":"EUR","colour":"red"}"#.to_owned()),
            20 => ("complaint.opened", r#"{"complaint":"c1"}"#.to_owned()),
            21 => ("weather.changed", r#"{"wind":3}"#.to_owned()),
            22 | 23 => ("customer.related", self.relation(r#","role":"Chief","valid_until":"1970-01-03""#)),
            24 => ("customer.unrelated", self.relation(r#","valid_until":"1970-01-02""#)),
            _ => ("customer.wish_recorded", r#"{"topic":"t"}"#.to_owned()),
        }
    }

    /// A relation to one of the records, with some of what else may be said of it.
    fn relation(&self, whole: &str) -> String {
        let relation = ["contact_of", "subsidiary_of"][usize::from(self.field) % 2];
        let more = ["", whole, r#","role":null"#, r#","valid_from":"1970-01-02""#][usize::from(self.field / 2) % 4];
        format!(r#"{{"relation":"{relation}","to":"{}"{more}}}"#, record_id(self.value % RECORDS))
    }

    pub fn recorded(&self) -> Recorded {
        let (type_name, text) = self.content();
        let mut data = Json::parse(text.as_bytes()).unwrap();
        if let (true, Json::Object(members)) = (self.erased, &mut data) {
            let facts = ["kind", "field", "scheme", "class", "tag", "purpose", "channel", "preference", "amount"];
            let of_relations = ["relation", "to", "valid_from", "valid_until"];
            members.retain(|(name, _)| facts.contains(&name.as_str()) || of_relations.contains(&name.as_str()));
        }
        let mut event = bare(type_name, source_of(self.record), self.number, self.time, data);
        let record = record_id(self.record);
        event.record = Some(record);
        event.stream = record.stream();
        event.payload.erased = self.erased;
        if self.erased && self.number.is_multiple_of(2) {
            event.order.id = EventName::Erased(event.key);
        }
        event
    }
}

/// How many members no schema knows, as the vault counts them before sealing.
fn unknown_members(type_name: &str, data: &Json) -> u16 {
    let event_type = Vocabulary::standard().get(type_name);
    let unknown = |name: &str| event_type.is_some_and(|known| known.field(name).is_none());
    u16::try_from(data.members().iter().filter(|(name, _)| unknown(name)).count()).unwrap()
}

/// An event that is about no record yet and has no place yet.
fn bare(type_name: &str, source: &str, number: u8, time: u8, data: Json) -> Recorded {
    let key = Uuid::from_u128(u128::from(number) << 8 | u128::from(source.as_bytes()[0]));
    Recorded {
        position: 0,
        stream: String::new(),
        revision: 0,
        key,
        event_type: Vocabulary::standard().get(type_name),
        type_name: type_name.to_owned(),
        record: None,
        order: Order {
            time: Instant::from_micros(i64::from(time) * Instant::DAY),
            source: source.to_owned(),
            id: EventName::Id(format!("{number}")),
        },
        recorded_at: Instant::default(),
        actor: 1,
        unit: None,
        causation: None,
        correlation: None,
        unknown: unknown_members(type_name, &data),
        payload: Payload { data, erased: false },
    }
}

/// A steward's decision, in a stream of its own.
pub fn decision(verdict: &str, number: u8, time: u8, records: &[RecordId], from: &[RecordId]) -> Recorded {
    let pairing = Pairing { records: records.to_vec(), from: from.to_vec() };
    let mut event = bare(verdict, "kulta", number, time, pairing.to_json());
    event.stream = format!("decision-{}", decision_id(number));
    event
}

pub fn withdrawal(of: u8, number: u8, time: u8) -> Recorded {
    let data = Json::object([("decision", Json::String(decision_id(of).to_string()))]);
    let mut event = bare("identity.decision_withdrawn", "kulta", number, time, data);
    event.stream = format!("decision-{}", decision_id(of));
    event
}

fn decision_id(number: u8) -> Uuid {
    Uuid::from_u128(0xd000 + u128::from(number))
}

fn policy(number: u8, time: u8, by: u8) -> Recorded {
    use Criterion::{Completeness, Recency, SourceRank, Verification};
    let orders = [
        vec![Recency],
        vec![SourceRank, Completeness],
        vec![Verification, SourceRank, Recency],
        vec![Completeness, Recency],
        vec![],
    ];
    let by = serde_json::to_string(&orders[usize::from(by) % orders.len()]).unwrap();
    let text = format!(r#"{{"policy":{{"default":{{"by":{by},"sources":["crm"]}}}}}}"#);
    bare("survivorship_policy.published", "kulta", number, time, Json::parse(text.as_bytes()).unwrap())
}

/// A world's events in the order of arrival: facts, decisions on sides of the records, withdrawals, policies.
pub fn events(told: &[Told]) -> Vec<Recorded> {
    let mut events: Vec<_> = told.iter().map(Told::recorded).collect();
    for fact in told {
        let pick = |bits: u8| (0..RECORDS).filter(|n| bits >> n & 1 == 1).map(record_id).collect::<Vec<_>>();
        let (one, other) = (pick(fact.sides.0 & fact.field), pick(fact.sides.1 & fact.value));
        // Numbers above those of facts, so that (source, id) stays unique among the events of `kulta`.
        let number = 101 + fact.number;
        match fact.sides.0 % 8 {
            0 | 1 => events.push(decision("identity.linked", number, fact.time, &one, &other)),
            2 => events.push(decision("identity.separated", number, fact.time, &one, &other)),
            3 => events.push(withdrawal(101 + told[0].number, number, fact.time)),
            4 if fact.field.is_multiple_of(8) => events.push(policy(number, fact.time, fact.value)),
            _ => {}
        }
    }
    events
}

/// Gives events their places.
pub fn log(mut events: Vec<Recorded>) -> Vec<Recorded> {
    for (position, event) in (1..).zip(&mut events) {
        event.position = position;
        event.recorded_at = Instant::from_micros(i64::try_from(position).unwrap());
    }
    events
}

/// The contents of a [`Store`].
pub type Rows<'a> = (
    &'a BTreeMap<RecordId, RecordRow>,
    BTreeMap<Uuid, CustomerRow>,
    &'a BTreeMap<Uuid, Decision>,
    &'a Vec<PolicyRow>,
    &'a BTreeMap<(String, String), u64>,
);

/// A relation without customer ids: direction, name, the other's records, what is said.
pub type Related = (Direction, String, Vec<RecordId>, Vec<Claim>);

/// Every row, as a store keeps them.
#[derive(Clone, Debug)]
pub struct Store {
    pub resolver: Resolver,
    pub records: BTreeMap<RecordId, RecordRow>,
    pub customers: BTreeMap<Uuid, CustomerRow>,
    pub decisions: BTreeMap<Uuid, Decision>,
    pub policies: Vec<PolicyRow>,
    pub unknown: BTreeMap<(String, String), u64>,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            resolver: Resolver::new(MatchPolicy::built_in()),
            records: BTreeMap::new(),
            customers: BTreeMap::new(),
            decisions: BTreeMap::new(),
            policies: Vec::new(),
            unknown: BTreeMap::new(),
        }
    }
}

impl Store {
    /// Kept up batch by batch. `sizes` are the sizes of the batches, over and over.
    pub fn live(log: &[Recorded], sizes: &[usize]) -> Self {
        let (mut store, mut from) = (Self::default(), 0);
        for size in sizes.iter().cycle() {
            if from >= log.len() {
                break;
            }
            let to = (from + size).min(log.len());
            store.take(&log[..to], from);
            from = to;
        }
        store
    }

    fn take(&mut self, log: &[Recorded], from: usize) {
        let events = &log[from..];
        let span = Span { from: from as u64, to: log.len() as u64 };
        let mut loaded = Loaded::new(self.policy());
        let folded = self.ask(&mut loaded, log, |loaded| fold(loaded, events));
        let found = folded.tell(folded.prepared(self.resolver.policy()), &mut self.resolver);
        let changes = self.ask(&mut loaded, log, |loaded| settle(loaded, &folded, &found, span));
        self.write(changes);
    }

    fn ask<T>(&self, loaded: &mut Loaded, log: &[Recorded], part: impl Fn(&Loaded) -> Result<T, Box<Needs>>) -> T {
        for _ in 0..100 {
            match part(loaded) {
                Ok(done) => return done,
                Err(needs) => {
                    assert!(!needs.is_empty());
                    let answer = self.look_up(&needs, log);
                    loaded.answer(&needs, answer);
                }
            }
        }
        panic!("the needs of a step never end");
    }

    fn policy(&self) -> PolicyRow {
        self.policies.iter().max_by(|a, b| a.order.cmp(&b.order)).cloned().unwrap_or_else(PolicyRow::built_in)
    }

    fn look_up(&self, needs: &Needs, log: &[Recorded]) -> Answer {
        let wanted = |row: &&RecordRow| needs.records.contains(&row.record) || needs.members_of.contains(&row.customer);
        let decided = |decision: &&Decision| needs.decisions.contains(&decision.id);
        let refold = |record: &RecordId| {
            (*record, RecordState::fold_unsorted(log.iter().filter(|event| event.record == Some(*record))))
        };
        Answer {
            exist: needs.exist.iter().filter(|record| self.records.contains_key(record)).copied().collect(),
            records: self.records.values().filter(wanted).cloned().collect(),
            decisions: self.decisions.values().filter(decided).cloned().collect(),
            subjects: needs.subjects.iter().filter_map(|record| Some((*record, subject_of(*record)?))).collect(),
            refolded: needs.refold.iter().map(refold).collect(),
        }
    }

    fn write(&mut self, changes: Changes) {
        for row in changes.records {
            // What a store writes is read back from its text.
            let text = serde_json::to_string(&row.state).unwrap();
            assert_eq!(serde_json::from_str::<RecordState>(&text).unwrap(), row.state);
            self.records.insert(row.record, row);
        }
        for customer in changes.deleted {
            assert!(self.customers.remove(&customer.0).is_some(), "a customer was deleted that was not there");
        }
        self.customers.extend(changes.customers.into_iter().map(|row| (row.customer.0, row)));
        self.decisions.extend(changes.decisions.into_iter().map(|decision| (decision.id, decision)));
        self.policies.extend(changes.policies);
        for row in changes.unknown {
            *self.unknown.entry((row.source, row.type_name)).or_default() += row.count;
        }
        if changes.refold_all {
            self.make_customers();
        }
    }

    /// From the whole log at once.
    pub fn whole(log: &[Recorded], shards: usize) -> Self {
        let mut whole = Whole::new(shards);
        log.iter().for_each(|event| whole.apply(event));
        for record in whole.late() {
            let state = RecordState::fold_unsorted(log.iter().filter(|event| event.record == Some(record)));
            whole.set_state(record, &state);
        }
        let finished = whole.finish(1).unwrap();
        let mut store = Self {
            decisions: finished.decisions().map(|decision| (decision.id, decision.clone())).collect(),
            policies: finished.policies().to_vec(),
            ..Self::default()
        };
        for chunk in finished.chunks(2) {
            let (records, customers) = chunk.rows(subject_of);
            assert_eq!(chunk.records().count(), records.len());
            store.records.extend(records.into_iter().map(|row| (row.record, row)));
            store.customers.extend(customers.into_iter().map(|row| (row.customer.0, row)));
        }
        let unknown = finished.unknown();
        store.unknown = unknown.rows().map(|row| ((row.source, row.type_name), row.count)).collect();
        store.resolver = finished.into_resolver();
        store
    }

    /// Every customer anew from the rows of its records.
    fn make_customers(&mut self) {
        let ids: BTreeSet<_> = self.records.values().map(|row| row.customer).collect();
        let members = |id| self.records.values().filter(|row| row.customer == id).collect::<Vec<_>>();
        let made = ids.into_iter().filter_map(|id| CustomerRow::of(&members(id), &self.policy()));
        self.customers = made.map(|row| (row.customer.0, row)).collect();
    }

    /// What is in it. A customer that changed by others' events stands, kept up live, at a later position than its own
    /// facts say: such positions are taken back to what `whole` says.
    pub fn rows_like(&self, whole: &Self) -> Rows<'_> {
        let mut customers = self.customers.clone();
        for (id, row) in &mut customers {
            let pure = whole.customers.get(id).map_or(row.position, |row| row.position);
            row.position = if row.position > pure { pure } else { row.position };
        }
        (&self.records, customers, &self.decisions, &self.policies, &self.unknown)
    }

    pub fn members(&self) -> BTreeMap<Uuid, Vec<RecordId>> {
        let mut members: BTreeMap<Uuid, Vec<RecordId>> = BTreeMap::new();
        self.records.values().for_each(|row| members.entry(row.customer.0).or_default().push(row.record));
        members
    }

    /// Golden records by their sets of records: what must not depend on the order of arrival.
    pub fn meaning(&self) -> BTreeMap<Vec<RecordId>, Golden> {
        let golden = |(id, members): (Uuid, Vec<RecordId>)| (members, self.customers[&id].golden.clone());
        self.members().into_iter().map(golden).collect()
    }

    /// Relations by sets of records on both sides: what must not depend on the order of arrival.
    pub fn relations(&self) -> BTreeMap<Vec<RecordId>, Vec<Related>> {
        let members = self.members();
        let rows = |of: &[RecordId]| of.iter().map(|record| self.records[record].clone()).collect::<Vec<_>>();
        let all: Vec<_> = self.records.values().cloned().collect();
        let holder = |record: RecordId| self.records.get(&record).map(|row| row.customer);
        let of = |own: &Vec<RecordId>| {
            let found = relations(&rows(own), &all, holder, None).into_iter();
            let other = |relation: &Relation| match relation.other {
                Some(customer) => members[&customer.0].clone(),
                None => vec![relation.other_record],
            };
            let mut found: Vec<_> = found
                .map(|relation| (relation.direction, relation.relation.clone(), other(&relation), relation.claims))
                .collect();
            found.sort_by(|a, b| (a.0, &a.1, &a.2).cmp(&(b.0, &b.1, &b.2)));
            (own.clone(), found)
        };
        members.values().map(of).collect()
    }

    /// Timelines by sets of records, without what depends on the order of arrival.
    pub fn timelines(&self, log: &[Recorded]) -> BTreeMap<Vec<RecordId>, Vec<Entry>> {
        let of = |members: &Vec<RecordId>| {
            let about = |event: &&Recorded| event.record.is_some_and(|record| members.contains(&record));
            let mut entries: Vec<_> = log.iter().filter(about).map(Entry::of).collect();
            timeline::sort(&mut entries);
            for entry in &mut entries {
                entry.position = 0;
                entry.recorded_at = Instant::default();
            }
            entries
        };
        self.members().into_values().map(|members| (members.clone(), of(&members))).collect()
    }
}
