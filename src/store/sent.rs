//! What a topic holds of customers: which ids were published with which records and not taken back since.

use kulta_events::{CustomerId, RecordId};
use uuid::Uuid;

use super::Error;

/// A customer as a topic holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentCustomer {
    /// Its id.
    pub customer: CustomerId,
    /// The records that it was published with.
    pub records: Vec<RecordId>,
}

/// What changes in a topic, to be stored with the cursor that says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The topic.
    pub topic: String,
    /// Customers that it holds from now on, or holds with other records.
    pub put: Vec<SentCustomer>,
    /// Customers that it holds no more; none of those above.
    pub removed: Vec<CustomerId>,
}

impl SentCustomer {
    /// The records as they stand in their column.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.records.iter().flat_map(|record| record.0.into_bytes()).collect()
    }

    pub(super) fn read((customer, records): (Uuid, Vec<u8>)) -> Result<Self, Error> {
        let ids = records.as_chunks::<16>();
        if !ids.1.is_empty() {
            return Err(Error::Inconsistent(format!("the records that {customer} was published with cannot be read")));
        }
        let records = ids.0.iter().map(|bytes| RecordId(Uuid::from_bytes(*bytes))).collect();
        Ok(Self { customer: CustomerId(customer), records })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_from_their_column() {
        let records: Vec<_> = [7, u128::MAX].map(|id| RecordId(Uuid::from_u128(id))).into();
        let sent = SentCustomer { customer: CustomerId(Uuid::from_u128(7)), records };
        assert_eq!(SentCustomer::read((sent.customer.0, sent.bytes())).unwrap(), sent);
        assert!(SentCustomer::read((sent.customer.0, vec![0; 17])).is_err());
    }
}
