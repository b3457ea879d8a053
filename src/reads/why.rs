//! Why records are one customer, and why others are not.

use std::collections::BTreeMap;

use kulta_events::{CustomerId, RecordId};
use kulta_projections::crosswalk::Decision;
use kulta_projections::identity::explain::Explanation;
use kulta_projections::identity::live::Resolver;
use kulta_projections::rows::RecordRow;

use super::{Error, Found, Reads};

/// Of larger customers only so many records are compared with each other.
const MOST_RECORDS: usize = 200;

/// Two records and what speaks for and against.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// One record.
    pub one: RecordRow,
    /// The other.
    pub other: RecordRow,
    /// Field by field.
    pub explanation: Explanation,
}

/// Why a customer is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// The customer.
    pub customer: CustomerId,
    /// For each record but the first the pair that speaks most for it: together they hold the customer together.
    pub pairs: Vec<Pair>,
    /// What stewards decided about its records, withdrawn decisions included.
    pub decisions: Vec<Decision>,
}

impl Reads {
    /// Why the records of a customer are one.
    ///
    /// # Errors
    /// When matching is not loaded yet, or the store fails.
    pub async fn why(&self, id: RecordId) -> Result<Found<Why>, Error> {
        let rows = match self.holder(id).await? {
            Found::Here(rows) => rows,
            Found::Moved(customer) => return Ok(Found::Moved(customer)),
            Found::Unknown => return Ok(Found::Unknown),
        };
        let ids: Vec<RecordId> = rows.iter().map(|row| row.record).collect();
        let decisions = self.projections.live().decisions_of(&ids).await?;
        let explained = self
            .ask(|resolver, _| {
                let tree = strongest_tree(resolver, &ids[..ids.len().min(MOST_RECORDS)]);
                tree.into_iter().filter_map(|(a, b)| Some((a, b, resolver.explain(a, b)?))).collect::<Vec<_>>()
            })
            .await?;
        let by_id: BTreeMap<RecordId, &RecordRow> = rows.iter().map(|row| (row.record, row)).collect();
        let pair = |(a, b, explanation)| {
            Some(Pair { one: (*by_id.get(&a)?).clone(), other: (*by_id.get(&b)?).clone(), explanation })
        };
        let pairs = explained.into_iter().filter_map(pair).collect();
        Ok(Found::Here(Why { customer: id.into(), pairs, decisions }))
    }

    /// Why two records, or the customers that have them as founders, are or are not one: the pair of their records that
    /// speaks most for it, and the decisions that name records of both.
    ///
    /// # Errors
    /// When matching is not loaded yet, or the store fails.
    pub async fn why_not(&self, id: RecordId, with: RecordId) -> Result<Found<Why>, Error> {
        let (one, other) = match (self.side(id).await?, self.side(with).await?) {
            (Some(one), Some(other)) => (one, other),
            _ => return Ok(Found::Unknown),
        };
        // Of one customer the two records themselves are meant.
        let same = one.first().map(|row| row.customer) == other.first().map(|row| row.customer);
        let only = |rows: Vec<RecordRow>, id: RecordId| -> Vec<RecordRow> {
            if same { rows.into_iter().filter(|row| row.record == id).collect() } else { rows }
        };
        let (one, other) = (only(one, id), only(other, with));
        let customer = one.first().map_or(id.into(), |row| row.customer);
        let ids = |rows: &[RecordRow]| rows.iter().map(|row| row.record).collect::<Vec<_>>();
        let (ones, others) = (ids(&one), ids(&other));
        let mut decisions = self.projections.live().decisions_of(&ones).await?;
        decisions.retain(|decision| decision.named().any(|record| others.contains(&record)));
        let best = self
            .ask(|resolver, _| {
                let pairs = ones.iter().flat_map(|a| others.iter().map(move |b| (*a, *b)));
                let most = MOST_RECORDS * MOST_RECORDS;
                let judged = pairs.take(most).filter_map(|(a, b)| Some((a, b, resolver.evidence(a, b)?)));
                let (a, b, _) = judged.max_by(|x, y| x.2.total_cmp(&y.2).then((y.0, y.1).cmp(&(x.0, x.1))))?;
                Some((a, b, resolver.explain(a, b)?))
            })
            .await?;
        let row = |id: RecordId| one.iter().chain(&other).find(|row| row.record == id).cloned();
        let pair = best.and_then(|(a, b, explanation)| Some(Pair { one: row(a)?, other: row(b)?, explanation }));
        Ok(Found::Here(Why { customer, pairs: pair.into_iter().collect(), decisions }))
    }

    /// The records of the customer that holds a record now.
    async fn side(&self, id: RecordId) -> Result<Option<Vec<RecordRow>>, Error> {
        Ok(match self.holder(id).await? {
            Found::Here(rows) => Some(rows),
            Found::Moved(customer) => match self.holder(customer.into()).await? {
                Found::Here(rows) => Some(rows),
                Found::Moved(_) | Found::Unknown => None,
            },
            Found::Unknown => None,
        })
    }
}

/// The pairs of a maximum spanning tree over the evidence between records (Prim), in the order in which records join.
fn strongest_tree(resolver: &Resolver, records: &[RecordId]) -> Vec<(RecordId, RecordId)> {
    let Some((first, rest)) = records.split_first() else { return Vec::new() };
    let bits = |a: RecordId, b: RecordId| resolver.evidence(a, b).unwrap_or(f32::MIN);
    let mut outside: Vec<(RecordId, RecordId, f32)> =
        rest.iter().map(|one| (*one, *first, bits(*one, *first))).collect();
    let mut tree = Vec::with_capacity(rest.len());
    while let Some(next) = (0..outside.len()).max_by(|a, b| outside[*a].2.total_cmp(&outside[*b].2).then(b.cmp(a))) {
        let (joins, by, _) = outside.swap_remove(next);
        tree.push((by, joins));
        for (one, nearest, evidence) in &mut outside {
            let with = bits(*one, joins);
            if with > *evidence {
                (*nearest, *evidence) = (joins, with);
            }
        }
    }
    tree
}
