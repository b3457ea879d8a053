//! Numbers as they are outside and as they stand in the databases: positions are unsigned here and `bigint` there.

use kulta_events::field::Retention;

use super::Error;

/// For a column; what does not fit lies beyond every stored number anyway.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// From a column.
pub(super) fn unsigned(number: i64) -> Result<u64, Error> {
    u64::try_from(number).map_err(|_| Error::Inconsistent(format!("{number} is no position")))
}

/// For a `smallint` column: how many of something there are.
pub(super) fn small(count: usize) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}

/// For LIMIT.
pub(super) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// From a column.
pub(super) fn retention(number: i16) -> Result<Retention, Error> {
    Retention::from_number(number).ok_or_else(|| Error::Inconsistent(format!("there is no retention class {number}")))
}
