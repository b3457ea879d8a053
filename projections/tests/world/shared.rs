//! A world whose log is folded by several nodes.

use kulta_events::Recorded;
use kulta_projections::identity::live::Resolver;
use kulta_projections::identity::prepared::Prepared;
use kulta_projections::identity::said::attributes;
use kulta_projections::record::RecordState;
use kulta_projections::rows::{MatchPolicyRow, RecordRow};
use kulta_projections::whole::{SHARES, Shares, Whole, assign};

use super::{Store, subject_of};

impl Store {
    /// From the whole log by so many nodes: each folds the records of its shares, one finds who is who among the rows of
    /// all, and customers are made of those again.
    pub fn shared(log: &[Recorded], nodes: u8) -> Self {
        let mut store = Self::default();
        let (mut central, _) = Whole::new(1).into_parts();
        log.iter().for_each(|event| central.apply(event));
        let mut unknown = central.unknown().clone();
        for node in 0..nodes {
            let own = || (0..SHARES).filter(|share| share % nodes == node);
            let shares: Shares = own().collect();
            let events: Vec<_> =
                log.iter().filter(|event| event.record.is_some_and(|record| shares.have(record))).collect();
            let mut whole = Whole::new(2);
            events.iter().for_each(|event| whole.apply(event));
            for record in whole.late() {
                let all = events.iter().filter(|event| event.record == Some(record)).copied();
                whole.set_state(record, &RecordState::fold_unsorted(all));
            }
            for share in own() {
                let rows = whole.records_of(share).into_iter().map(|id| whole.row(id, subject_of(id)).unwrap());
                store.records.extend(rows.map(|row| (row.record, row)));
                unknown.merge(&whole.unknown_of(share));
            }
        }
        store.unknown = unknown.rows().map(|row| ((row.source, row.type_name), row.count)).collect();
        store.decisions = central.decisions().map(|decision| (decision.id, decision.clone())).collect();
        store.policies = central.policies().to_vec();
        let matched_by = MatchPolicyRow::in_force(central.match_policies().iter().cloned()).policy;
        let prepared = store
            .records
            .values()
            .map(|row| (row.record, Prepared::of(&attributes(&row.source, &row.state), &matched_by)));
        store.resolver = Resolver::new((*matched_by).clone());
        store.resolver.load(prepared.collect(), store.decisions.values().cloned().collect(), 1);
        let place = |record| store.records.get(&record).map(|row: &RecordRow| (row.first_position, row.shaped_at));
        let assigned = assign(store.resolver.clusters_changed().clusters, store.decisions.values(), place);
        for of in assigned {
            let row = store.records.get_mut(&of.record).unwrap();
            (row.customer, row.shaped_at) = (of.customer, of.shaped_at);
        }
        store.make_customers();
        store
    }
}
