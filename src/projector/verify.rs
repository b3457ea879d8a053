//! Computes all projections from the log beside the live tables and names every difference.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use kulta_events::{CustomerId, RecordId};
use kulta_projections::rows::{CustomerRow, RecordRow, RelationRow};
use kulta_projections::whole::Finished;
use serde::Serialize;

use super::live::Projector;
use super::rebuild::{Progress, each_chunk, finish, fold_log};
use super::{Error, Source};
use crate::store::views::Generation;

/// Rows read at a time.
const PAGE: usize = 2_000;
/// What is said of a row that kulta cannot have written as it stands.
const UNREADABLE: &str = "unreadable";

/// A row that is not what the log says. Holds ids and column names, never values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// In which table.
    pub table: &'static str,
    /// Which row.
    pub row: String,
    /// What is wrong: `missing`, `unexpected`, `unreadable`, or the names of the columns that differ.
    pub wrong: String,
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Up to which position.
    pub position: u64,
    /// How many rows were compared.
    pub rows: u64,
    /// What differs; empty: nothing.
    pub differences: Vec<Difference>,
}

/// What a row should be, short: rows of millions of customers need not stand in memory at once.
type Expected<K> = HashMap<K, u64>;
/// Few records speak of relations.
type ExpectedRelations = BTreeMap<String, String>;
/// A customer's row without its position, and the lowest position that it may stand at.
type ExpectedCustomers = HashMap<CustomerId, (u64, u64)>;

impl Projector {
    /// Compares the live tables with the log. The live generation stands still meanwhile; reads and appends go on.
    ///
    /// # Errors
    /// When the store fails, or another node projects.
    pub async fn verify(&self, progress: Progress<'_>) -> Result<Verified, Error> {
        let mut turn = self.turn.lock().await;
        self.claimed(&mut turn).await?.ok_or(Error::OtherNode)?;
        let live = self.projections.live();
        let position = live.checkpoint().await?;
        let whole = fold_log(&self.source, position, progress).await?;
        let finished = finish(&whole)?;
        let (records, customers, relations) = expectations(&finished, &self.source)?;
        let mut rows = (records.len() + customers.len() + relations.len()) as u64;
        let mut differences = Vec::new();
        let suspects = Suspects {
            records: suspect_records(&live, records, &mut differences).await?,
            customers: suspect_customers(&live, customers, position, &mut differences).await?,
        };
        explain(&finished, &self.source, position, suspects, &mut differences)?;
        compare("relation", relations, stored_relations(&live).await?, &mut differences);
        rows += compare_rest(&live, &finished, &mut differences).await?;
        differences.sort();
        Ok(Verified { position, rows, differences })
    }
}

fn expectations(
    finished: &Finished<'_>,
    source: &Source,
) -> Result<(Expected<RecordId>, ExpectedCustomers, ExpectedRelations), Error> {
    let expected = Mutex::new((HashMap::new(), HashMap::new(), BTreeMap::new()));
    each_chunk(
        finished,
        async |records: Vec<RecordRow>, customers: Vec<CustomerRow>| {
            let mut expected = expected.lock().unwrap_or_else(PoisonError::into_inner);
            expected.0.extend(records.iter().map(|row| (row.record, digest(row))));
            expected.1.extend(customers.into_iter().map(|row| (row.customer, apart(row))));
            expected.2.extend(records.iter().flat_map(RelationRow::of).map(told));
            Ok(())
        },
        source,
    )?;
    Ok(expected.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// A relation by its key, and the rest of it.
fn told(row: RelationRow) -> (String, String) {
    (format!("{} {} {}", row.record, row.relation, row.to), words(Some(&row)))
}

async fn stored_relations(live: &Arc<dyn Generation>) -> Result<ExpectedRelations, Error> {
    let mut stored = BTreeMap::new();
    let mut after = None;
    loop {
        let page = live.relations_page(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(stored) };
        after = Some(last.clone());
        stored.extend(page.into_iter().map(told));
    }
}

fn apart(row: CustomerRow) -> (u64, u64) {
    let position = row.position;
    (digest(&CustomerRow { position: 0, ..row }), position)
}

/// A customer that changed by others' events (a record left it, since a third one came) stands where that happened,
/// later than its own facts say; where exactly is not in the log.
fn may_stand(lowest: u64, checkpoint: u64) -> RangeInclusive<u64> {
    lowest..=checkpoint.max(lowest)
}

fn fits((wanted, lowest): (u64, u64), row: &CustomerRow, checkpoint: u64) -> bool {
    may_stand(lowest, checkpoint).contains(&row.position) && apart(row.clone()).0 == wanted
}

/// Rows that are there but differ, as they stand.
struct Suspects {
    records: HashMap<RecordId, RecordRow>,
    customers: HashMap<CustomerId, CustomerRow>,
}

async fn suspect_records(
    live: &Arc<dyn Generation>,
    mut expected: Expected<RecordId>,
    differences: &mut Vec<Difference>,
) -> Result<HashMap<RecordId, RecordRow>, Error> {
    let mut suspects = HashMap::new();
    let mut after = None;
    loop {
        let page = live.records_page(after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (record, row) in page {
            match (expected.remove(&record), row) {
                (None, _) => differences.push(difference("record", record, "unexpected")),
                (Some(_), None) => differences.push(difference("record", record, UNREADABLE)),
                (Some(wanted), Some(row)) if wanted != digest(&row) => drop(suspects.insert(record, row)),
                (Some(_), Some(_)) => {}
            }
        }
    }
    differences.extend(expected.keys().map(|record| difference("record", record, "missing")));
    Ok(suspects)
}

async fn suspect_customers(
    live: &Arc<dyn Generation>,
    mut expected: ExpectedCustomers,
    checkpoint: u64,
    differences: &mut Vec<Difference>,
) -> Result<HashMap<CustomerId, CustomerRow>, Error> {
    let mut suspects = HashMap::new();
    let mut after = None;
    loop {
        let page = live.customers_page(after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (customer, row) in page {
            match (expected.remove(&customer), row) {
                (None, _) => differences.push(difference("customer", customer, "unexpected")),
                (Some(_), None) => differences.push(difference("customer", customer, UNREADABLE)),
                (Some(wanted), Some(row)) if !fits(wanted, &row, checkpoint) => drop(suspects.insert(customer, row)),
                (Some(_), Some(_)) => {}
            }
        }
    }
    differences.extend(expected.keys().map(|customer| difference("customer", customer, "missing")));
    Ok(suspects)
}

/// Makes the expected rows of the suspects again and names the columns that differ.
fn explain(
    finished: &Finished<'_>,
    source: &Source,
    checkpoint: u64,
    suspects: Suspects,
    differences: &mut Vec<Difference>,
) -> Result<(), Error> {
    if suspects.records.is_empty() && suspects.customers.is_empty() {
        return Ok(());
    }
    let found = Mutex::new(Vec::new());
    each_chunk(
        finished,
        async |records: Vec<RecordRow>, customers: Vec<CustomerRow>| {
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            for wanted in &records {
                if let Some(row) = suspects.records.get(&wanted.record) {
                    found.push(difference("record", row.record, &record_columns(row, wanted)));
                }
            }
            for wanted in &customers {
                if let Some(row) = suspects.customers.get(&wanted.customer) {
                    found.push(difference("customer", row.customer, &customer_columns(row, wanted, checkpoint)));
                }
            }
            Ok(())
        },
        source,
    )?;
    differences.append(&mut found.into_inner().unwrap_or_else(PoisonError::into_inner));
    Ok(())
}

/// Compares the tables of few rows; answers how many rows there should be.
async fn compare_rest(
    live: &Arc<dyn Generation>,
    finished: &Finished<'_>,
    differences: &mut Vec<Difference>,
) -> Result<u64, Error> {
    let wanted: BTreeMap<_, _> =
        finished.decisions().map(|decision| (decision.id.to_string(), words(Some(decision)))).collect();
    let mut rows = wanted.len();
    let mut stored = BTreeMap::new();
    let mut after = None;
    loop {
        let page = live.decisions_page(after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        stored.extend(page.iter().map(|(id, decision)| (id.to_string(), words(decision.as_ref()))));
    }
    compare("decision", wanted, stored, differences);
    let orphans = live.orphans().await?;
    differences.extend(orphans.iter().map(|decision| difference("decision_record", decision, "unexpected")));
    let key = |at: u64| format!("position {at}");
    let wanted: BTreeMap<_, _> =
        finished.policies().iter().map(|policy| (key(policy.position), words(Some(policy)))).collect();
    rows += wanted.len();
    let stored = live.policies_seen().await?.iter().map(|(at, policy)| (key(*at), words(policy.as_ref()))).collect();
    compare("policy", wanted, stored, differences);
    let wanted: BTreeMap<_, _> =
        finished.match_policies().iter().map(|policy| (key(policy.position), words(Some(policy)))).collect();
    rows += wanted.len();
    let stored =
        live.match_policies_seen().await?.iter().map(|(at, policy)| (key(*at), words(policy.as_ref()))).collect();
    compare("match_policy", wanted, stored, differences);
    let of =
        |row: kulta_projections::rows::UnknownRow| (format!("{} {}", row.source, row.type_name), row.count.to_string());
    let wanted: BTreeMap<_, _> = finished.unknown().rows().map(of).collect();
    rows += wanted.len();
    let stored = live.unknown().await?.into_iter().map(of).collect();
    compare("unknown_member", wanted, stored, differences);
    Ok(rows as u64)
}

/// A row as text to be compared.
fn words<R: std::fmt::Debug>(row: Option<&R>) -> String {
    row.map_or_else(|| UNREADABLE.to_owned(), |row| format!("{row:?}"))
}

fn compare(
    table: &'static str,
    mut wanted: BTreeMap<String, String>,
    stored: BTreeMap<String, String>,
    differences: &mut Vec<Difference>,
) {
    for (row, content) in stored {
        match wanted.remove(&row) {
            None => differences.push(difference(table, row, "unexpected")),
            Some(_) if content == UNREADABLE => differences.push(difference(table, row, UNREADABLE)),
            Some(wanted) if wanted != content => differences.push(difference(table, row, "content")),
            Some(_) => {}
        }
    }
    differences.extend(wanted.into_keys().map(|row| difference(table, row, "missing")));
}

fn record_columns(row: &RecordRow, wanted: &RecordRow) -> String {
    named(&[
        ("source", row.source != wanted.source),
        ("subject", row.subject != wanted.subject),
        ("first_position", row.first_position != wanted.first_position),
        ("shaped_at", row.shaped_at != wanted.shaped_at),
        ("customer_id", row.customer != wanted.customer),
        ("state", row.state != wanted.state),
    ])
}

fn customer_columns(row: &CustomerRow, wanted: &CustomerRow, checkpoint: u64) -> String {
    let positions = may_stand(wanted.position, checkpoint);
    named(&[
        ("kind", row.kind != wanted.kind),
        ("name", row.name != wanted.name),
        ("position", !positions.contains(&row.position)),
        ("records", row.records != wanted.records),
        ("golden", row.golden != wanted.golden),
    ])
}

fn named(columns: &[(&str, bool)]) -> String {
    columns.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn difference(table: &'static str, row: impl std::fmt::Display, wrong: &str) -> Difference {
    Difference { table, row: row.to_string(), wrong: wrong.to_owned() }
}

/// Rows hold only ordered maps, so equal rows have equal words.
fn digest(row: &impl std::fmt::Debug) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{row:?}").hash(&mut hasher);
    hasher.finish()
}
