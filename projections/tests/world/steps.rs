//! A world that is kept up by several nodes, step by step.

use std::collections::BTreeMap;
use std::ops::Range;

use kulta_events::{RecordId, Recorded};
use kulta_projections::batch::{
    Changes, Folded, Loaded, Span, customers_touched, fold_beside, fold_part, settle_places,
};
use kulta_projections::identity::prepared::Prepared;
use kulta_projections::identity::said::attributes;
use kulta_projections::record::RecordState;
use kulta_projections::rows::RecordRow;
use kulta_projections::whole::{SHARES, Shares, share_of};

use super::Store;

/// Spans of these sizes, over and over, each of which ends before a policy or consists of one.
fn spans(log: &[Recorded], sizes: &[usize]) -> Vec<Range<usize>> {
    let (mut spans, mut from, mut sizes) = (Vec::new(), 0, sizes.iter().cycle());
    while from < log.len() {
        let to = (from + sizes.next().unwrap()).min(log.len());
        let policy = log[from..to].iter().position(is_policy);
        let to = policy.map_or(to, |place| from + place.max(1));
        spans.push(from..to);
        from = to;
    }
    spans
}

fn is_policy(event: &Recorded) -> bool {
    event.type_name.ends_with("policy.published")
}

impl Store {
    /// By one node.
    pub fn in_steps(log: &[Recorded], sizes: &[usize]) -> Self {
        let mut store = Self::default();
        spans(log, sizes).into_iter().for_each(|span| store.take(&log[..span.end], span.start));
        store
    }

    /// By so many nodes, which share all but policies.
    pub fn sharing_steps(log: &[Recorded], sizes: &[usize], nodes: u8) -> Self {
        let mut store = Self::default();
        for span in spans(log, sizes) {
            match is_policy(&log[span.start]) {
                true => store.take(&log[..span.end], span.start),
                false => store.share(&log[..span.end], span.start, nodes),
            }
        }
        store
    }

    fn share(&mut self, log: &[Recorded], from: usize, nodes: u8) {
        let span = Span { from: from as u64, to: log.len() as u64 };
        let mut staged: BTreeMap<RecordId, RecordRow> = BTreeMap::new();
        for node in 0..nodes {
            let shares: Shares = (0..SHARES).filter(|share| share % nodes == node).collect();
            let own = |event: &&Recorded| event.record.is_some_and(|record| shares.have(record));
            let events: Vec<_> = log[from..].iter().filter(own).cloned().collect();
            let mut loaded = Loaded::new(self.policy());
            let part = self.ask(&mut loaded, log, |loaded| fold_part(loaded, &events));
            staged.extend(part.records.into_iter().map(|row| (row.record, row)));
            self.write(Changes { unknown: part.unknown, ..Changes::default() });
        }
        let mut loaded = Loaded::new(self.policy());
        let beside = self.ask(&mut loaded, log, |loaded| fold_beside(loaded, &log[from..]));
        let policy = self.resolver.policy().clone();
        let said = |row: &RecordRow| (row.record, Prepared::of(&attributes(&row.source, &row.state), &policy));
        let prepared = staged.values().map(said).collect();
        let bare = staged.values().map(|row| RecordRow { state: RecordState::default(), ..row.clone() });
        let folded = Folded::gathered(&loaded, bare, beside, span);
        let found = folded.tell(prepared, &mut self.resolver);
        let places = self.ask(&mut loaded, log, |loaded| settle_places(loaded, &folded, &found));
        let mut rows = self.records.clone();
        rows.extend(staged);
        for of in &places.records {
            let row = rows.get_mut(&of.record).unwrap();
            (row.customer, row.shaped_at) = (of.customer, of.shaped_at);
        }
        let mut customers = Vec::new();
        for share in 0..SHARES {
            let own = |row: &&RecordRow| {
                places.touched.contains(&row.customer) && share_of(RecordId(row.customer.0)) == share
            };
            let members: Vec<_> = rows.values().filter(own).cloned().collect();
            customers.extend(customers_touched(&members, &self.policy(), span));
        }
        let gone = places.touched.iter().filter(|id| rows.values().all(|row| row.customer != **id)).copied().collect();
        let records = places.records.iter().map(|of| rows[&of.record].clone()).collect();
        let (decisions, unknown) = (places.decisions, places.unknown);
        self.write(Changes { records, customers, deleted: gone, decisions, unknown, ..Changes::default() });
    }
}
