//! All records of a generation, read for matching.

use std::collections::HashMap;
use std::sync::Arc;

use kulta_events::{CustomerId, RecordId};
use kulta_projections::identity::live::Resolver;
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::identity::prepared::Prepared;
use kulta_projections::identity::said::attributes;
use kulta_projections::rows::RecordRow;

use super::Error;
use super::identities::Seen;
use crate::store::views::Generation;

/// Rows read at a time.
const PAGE: usize = 5_000;

/// What a generation holds, read for matching.
pub(crate) struct Loaded {
    pub resolver: Resolver,
    pub seen: Seen,
    /// Customers that are not what matching finds.
    pub differing: Vec<Vec<RecordId>>,
}

/// A record, normalised.
pub(super) fn prepare(row: &RecordRow, policy: &MatchPolicy) -> Prepared {
    Prepared::of(&attributes(&row.source, &row.state), policy)
}

/// Reads all records and decisions of a generation and matches them under a policy.
///
/// # Errors
/// When the store fails.
pub(crate) async fn load(generation: &Arc<dyn Generation>, policy: &Arc<MatchPolicy>) -> Result<Loaded, Error> {
    let mut decisions = Vec::new();
    let mut after = None;
    loop {
        let page = generation.decisions_page(after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        decisions.extend(page.into_iter().filter_map(|(_, decision)| decision));
    }
    let mut preparing = Vec::new();
    let mut customers = HashMap::new();
    let mut seen = Seen::default();
    let mut after = None;
    loop {
        let page = generation.records_page(after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        let rows: Vec<RecordRow> = page.into_iter().filter_map(|(_, row)| row).collect();
        seen.see(&rows);
        customers.extend(rows.iter().map(|row| (row.record, row.customer)));
        let policy = policy.clone();
        preparing.push(tokio::task::spawn_blocking(move || {
            rows.iter().map(|row| (row.record, prepare(row, &policy))).collect::<Vec<_>>()
        }));
    }
    let mut records = Vec::with_capacity(customers.len());
    for prepared in preparing {
        records.extend(prepared.await.map_err(|_| Error::NoProgress)?);
    }
    let threads = crate::threads();
    let policy = policy.clone();
    let loaded = tokio::task::spawn_blocking(move || {
        let mut resolver = Resolver::new((*policy).clone());
        resolver.load(records, decisions, threads);
        let clusters = resolver.clusters_changed().clusters;
        let mut sizes: HashMap<CustomerId, usize> = HashMap::new();
        customers.values().for_each(|customer| *sizes.entry(*customer).or_default() += 1);
        let customers = Assigned { customers, sizes };
        let differing = clusters.into_iter().filter(|cluster| differs(cluster, &seen.places, &customers)).collect();
        Loaded { resolver, seen, differing }
    });
    loaded.await.map_err(|_| Error::NoProgress)
}

/// Whose the records are by their rows.
struct Assigned {
    customers: HashMap<RecordId, CustomerId>,
    /// How many records each customer has.
    sizes: HashMap<CustomerId, usize>,
}

/// Whether the records of a cluster are not a customer of their founder's id, or not all of it.
fn differs(cluster: &[RecordId], places: &HashMap<RecordId, (u64, u64)>, assigned: &Assigned) -> bool {
    let founder = cluster.iter().filter_map(|record| Some((places.get(record)?.0, *record))).min();
    let Some((_, founder)) = founder else { return false };
    let of = |record: &RecordId| assigned.customers.get(record).copied();
    assigned.sizes.get(&founder.into()) != Some(&cluster.len())
        || cluster.iter().any(|record| of(record) != Some(founder.into()))
}
