//! Finding customers: by what somebody types, and by what somebody is about to register.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use kulta_events::{CustomerId, Json, RecordId};
use kulta_projections::golden::Golden;
use kulta_projections::identity::attributes::Attributes;
use kulta_projections::identity::explain::Explanation;
use kulta_projections::identity::live::{Candidate, Resolver};
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::identity::prepared::Prepared;
use kulta_projections::identity::said::of_fields;
use uuid::Uuid;

use super::{Error, LONGEST_WAIT, Reads};
use crate::store::views::Generation;

/// A customer as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    /// Its id.
    pub customer: CustomerId,
    /// The position that shaped it.
    pub position: u64,
    /// Its golden record.
    pub golden: Golden,
}

/// A customer that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The customer.
    pub brief: Brief,
    /// The record that was found.
    pub record: RecordId,
    /// Why.
    pub reason: Reason,
}

/// Why a customer was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The text is the record's id.
    RecordId,
    /// The text is the record's key in its source.
    SourceKey,
    /// What was asked for agrees with what the record says.
    Agrees(Explanation),
}

impl Reason {
    /// What counts more stands first.
    fn rank(&self) -> (bool, f32) {
        match self {
            Self::RecordId | Self::SourceKey => (true, 0.0),
            Self::Agrees(explanation) => (false, explanation.total),
        }
    }
}

impl Reads {
    /// The customers that a text may mean, best first: a name, an e-mail address, a telephone number in any notation, a
    /// business or VAT id, a key in a source (`100234` or `erp:100234`), a record id.
    ///
    /// # Errors
    /// When matching is not loaded yet, or the store fails.
    pub async fn search(&self, text: &str, limit: usize) -> Result<Vec<Hit>, Error> {
        let keys = self.named_by(text).await?;
        let mut found: HashMap<RecordId, Reason> = HashMap::new();
        for (record, reason) in keys {
            found.insert(record, reason);
        }
        let agreeing = self
            .ask(|resolver, policy| {
                let queries: Vec<Prepared> = readings(text).iter().map(|read| Prepared::of(read, policy)).collect();
                queries
                    .iter()
                    .flat_map(|query| explained(resolver, query, resolver.search(query, 3 * limit)))
                    .collect::<Vec<_>>()
            })
            .await?;
        for (record, explanation) in agreeing {
            let reason = Reason::Agrees(explanation);
            match found.get(&record) {
                Some(known) if known.rank() >= reason.rank() => {}
                _ => drop(found.insert(record, reason)),
            }
        }
        self.customers_of(found, limit).await
    }

    /// The customers that attributes of `customer.registered` may be about, best first.
    ///
    /// # Errors
    /// When matching is not loaded yet, or the store fails.
    pub async fn candidates(&self, attributes: &Json, limit: usize) -> Result<Vec<Hit>, Error> {
        let said = of_fields(attributes.members().iter().map(|(name, value)| (name.as_str(), value)));
        let found = self
            .ask(|resolver, policy| {
                let query = Prepared::of(&said, policy);
                let candidates = resolver.candidates(&query, 3 * limit);
                let asked = candidates.into_iter().filter(|candidate| candidate.bits >= policy.ask).collect();
                explained(resolver, &query, asked)
            })
            .await?;
        let found = found.into_iter().map(|(record, explanation)| (record, Reason::Agrees(explanation))).collect();
        self.customers_of(found, limit).await
    }

    /// Asks matching.
    ///
    /// # Errors
    /// [`Error::NotLoaded`].
    pub(super) async fn ask<T>(&self, question: impl FnOnce(&Resolver, &MatchPolicy) -> T) -> Result<T, Error> {
        self.loaded().await?;
        // It may take some milliseconds, and whoever waits for the projector to let go waits too.
        let answer =
            tokio::task::block_in_place(|| self.identities.ask(|resolver, row| question(resolver, &row.policy)));
        answer.ok_or(Error::NotLoaded)
    }

    /// Waits until this node has read the records for matching, as it does when it starts.
    ///
    /// # Errors
    /// [`Error::NotLoaded`].
    pub(super) async fn loaded(&self) -> Result<(), Error> {
        if self.identities.loaded(LONGEST_WAIT).await { Ok(()) } else { Err(Error::NotLoaded) }
    }

    /// The records that a text names by id or by key; whether they are there shows later.
    async fn named_by(&self, text: &str) -> Result<Vec<(RecordId, Reason)>, Error> {
        self.loaded().await?;
        let text = text.trim();
        let hasher = self.source.vault.hasher();
        let mut found: Vec<(RecordId, Reason)> = Vec::new();
        found.extend(text.parse::<Uuid>().ok().map(|id| (RecordId(id), Reason::RecordId)));
        let parts = text.split_once(':').into_iter().chain(text.split_once('/'));
        found.extend(parts.map(|(source, subject)| (hasher.record(source, subject), Reason::SourceKey)));
        let sources = self.identities.sources().ok_or(Error::NotLoaded)?;
        found.extend(sources.iter().map(|source| (hasher.record(source, text), Reason::SourceKey)));
        Ok(found)
    }

    /// The customers that hold these records, each once, by its best record.
    async fn customers_of(&self, found: HashMap<RecordId, Reason>, limit: usize) -> Result<Vec<Hit>, Error> {
        let live = self.projections.live();
        let rows = live.records(&found.keys().copied().collect::<Vec<_>>()).await?;
        let mut best: BTreeMap<CustomerId, (RecordId, &Reason)> = BTreeMap::new();
        for row in &rows {
            let Some(reason) = found.get(&row.record) else { continue };
            match best.get(&row.customer) {
                Some((_, known)) if known.rank() >= reason.rank() => {}
                _ => drop(best.insert(row.customer, (row.record, reason))),
            }
        }
        let mut ordered: Vec<_> = best.into_iter().collect();
        ordered.sort_by(|(a, (_, one)), (b, (_, other))| {
            let ((named_one, bits_one), (named_other, bits_other)) = (one.rank(), other.rank());
            named_other.cmp(&named_one).then(bits_other.total_cmp(&bits_one)).then(a.cmp(b))
        });
        let mut hits = Vec::with_capacity(limit.min(ordered.len()));
        for (customer, (record, reason)) in ordered.into_iter().take(limit) {
            if let Some(brief) = brief(&live, customer).await? {
                hits.push(Hit { brief, record, reason: reason.clone() });
            }
        }
        Ok(hits)
    }
}

/// A customer as lists show it; `None`: it is no more.
///
/// # Errors
/// When the store fails.
pub(super) async fn brief(live: &Arc<dyn Generation>, customer: CustomerId) -> Result<Option<Brief>, Error> {
    let Some(stored) = live.customer(customer).await? else { return Ok(None) };
    let unreadable = |_| crate::store::Error::Inconsistent(format!("the golden record of {customer} cannot be read"));
    let golden = serde_json::from_str(&stored.golden).map_err(unreadable)?;
    Ok(Some(Brief { customer, position: stored.position, golden }))
}

fn explained(resolver: &Resolver, query: &Prepared, found: Vec<Candidate>) -> Vec<(RecordId, Explanation)> {
    let with = |hit: Candidate| Some((hit.record, resolver.explain_new(query, hit.record)?));
    found.into_iter().filter_map(with).collect()
}

/// What a text may be.
fn readings(text: &str) -> Vec<Attributes> {
    let text = text.trim();
    let mut found = Vec::new();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if text.contains('@') {
        found.push(Attributes { emails: vec![text.to_owned()], ..Attributes::default() });
    }
    if digits >= 5 {
        found.push(Attributes { phones: vec![text.to_owned()], ..Attributes::default() });
        // A national number is one of Finland unless it says otherwise; without country it is compared by its end.
        found.push(Attributes { business_id: text.to_owned(), ..Attributes::default() });
        found.push(Attributes { vat_id: text.to_owned(), ..Attributes::default() });
    }
    if text.chars().any(char::is_alphabetic) && !text.contains('@') {
        for kind in ["person", "organisation"] {
            found.push(Attributes { kind: kind.to_owned(), name: text.to_owned(), ..Attributes::default() });
        }
    }
    found
}
