//! How good clusters are, held against the truth.

use std::collections::HashMap;

/// Counts and figures of clusters beside the true ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Measure {
    /// Pairs of records that share a cluster and a true customer.
    pub true_pairs_found: u64,
    /// Pairs that share a cluster.
    pub pairs_found: u64,
    /// Pairs that share a true customer.
    pub pairs_true: u64,
    /// Found pairs that are true, as a share of the found ones.
    pub precision: f64,
    /// Found pairs that are true, as a share of the true ones.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Mean over records: the share of its cluster that is its customer (Bagga and Baldwin 1998).
    pub b_cubed_precision: f64,
    /// Mean over records: the share of its customer that is in its cluster.
    pub b_cubed_recall: f64,
    /// Harmonic mean of the two.
    pub b_cubed_f1: f64,
}

/// Measures clusters; `found` and `truth` name a cluster for each record, in one order.
pub fn measure(found: &[u32], truth: &[u32]) -> Measure {
    let mut both: HashMap<(u32, u32), u64> = HashMap::new();
    let (mut clusters, mut customers): (HashMap<u32, u64>, HashMap<u32, u64>) = (HashMap::new(), HashMap::new());
    for (found, truth) in found.iter().zip(truth) {
        *both.entry((*found, *truth)).or_default() += 1;
        *clusters.entry(*found).or_default() += 1;
        *customers.entry(*truth).or_default() += 1;
    }
    let pairs = |count: &u64| count * count.saturating_sub(1) / 2;
    let true_pairs_found = both.values().map(pairs).sum();
    let (pairs_found, pairs_true) = (clusters.values().map(pairs).sum(), customers.values().map(pairs).sum());
    // Sorted, so that the sums of floats do not depend on the order of a table.
    let mut cells: Vec<_> = both.into_iter().collect();
    cells.sort_unstable();
    let (mut of_clusters, mut of_customers) = (0.0, 0.0);
    for ((found, truth), count) in &cells {
        let squared = (*count * *count) as f64;
        of_clusters += squared / clusters[found] as f64;
        of_customers += squared / customers[truth] as f64;
    }
    let records = found.len().max(1) as f64;
    let (b_cubed_precision, b_cubed_recall) = (of_clusters / records, of_customers / records);
    let (precision, recall) = (share(true_pairs_found, pairs_found), share(true_pairs_found, pairs_true));
    Measure {
        true_pairs_found,
        pairs_found,
        pairs_true,
        precision,
        recall,
        f1: harmonic(precision, recall),
        b_cubed_precision,
        b_cubed_recall,
        b_cubed_f1: harmonic(b_cubed_precision, b_cubed_recall),
    }
}

/// As [`measure`], with pairs of records of one source left out: they were never compared.
pub fn measure_between(found: &[u32], truth: &[u32], sources: &[u32]) -> Measure {
    let pairs = |keys: &dyn Fn(usize) -> (u32, u32)| {
        let (mut whole, mut inside) = (HashMap::new(), HashMap::new());
        for (at, source) in sources.iter().enumerate() {
            *whole.entry(keys(at)).or_insert(0_u64) += 1;
            *inside.entry((keys(at), *source)).or_insert(0_u64) += 1;
        }
        let count = |count: &u64| count * count.saturating_sub(1) / 2;
        whole.values().map(count).sum::<u64>() - inside.values().map(count).sum::<u64>()
    };
    let true_pairs_found = pairs(&|at| (found[at], truth[at]));
    let (pairs_found, pairs_true) = (pairs(&|at| (found[at], 0)), pairs(&|at| (0, truth[at])));
    let (precision, recall) = (share(true_pairs_found, pairs_found), share(true_pairs_found, pairs_true));
    let f1 = harmonic(precision, recall);
    Measure { true_pairs_found, pairs_found, pairs_true, precision, recall, f1, ..measure(found, truth) }
}

/// Of nothing, everything is right.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn harmonic(one: f64, other: f64) -> f64 {
    if one + other == 0.0 { 0.0 } else { 2.0 * one * other / (one + other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_paper_and_the_edges() {
        let perfect = measure(&[1, 1, 2], &[7, 7, 9]);
        assert_eq!((perfect.f1, perfect.b_cubed_f1), (1.0, 1.0));
        // One cluster of all: a third of its pairs is right, nothing is missed.
        let one = measure(&[1, 1, 1], &[7, 7, 9]);
        assert_eq!((one.true_pairs_found, one.pairs_found, one.pairs_true), (1, 3, 1));
        assert!((one.b_cubed_precision - 5.0 / 9.0).abs() < 1e-12);
        assert_eq!(one.b_cubed_recall, 1.0);
        let apart = measure(&[1, 2], &[7, 7]);
        assert_eq!((apart.precision, apart.recall, apart.f1), (1.0, 0.0, 0.0));
        assert_eq!(measure(&[], &[]).f1, 1.0);
        let between = measure_between(&[1, 1, 2, 2], &[7, 7, 7, 9], &[0, 0, 1, 1]);
        // Between the sources 0-2 and 1-2 are true, and none is found.
        assert_eq!((between.pairs_true, between.pairs_found, between.true_pairs_found), (2, 0, 0));
    }
}
