//! The score of a customer as a row of a list, and the order in which lists stand.

use kulta_events::CustomerId;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::rules::Allowance;
use super::service::{Balance, Spent};

/// The score of a customer in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreRow {
    /// Whose.
    pub customer: CustomerId,
    /// The points; `None`: a rule failed.
    pub points: Option<Decimal>,
    /// The grade; `None`: below the lowest.
    pub grade: Option<Box<str>>,
    /// What serving the customer took, where the grade limits it.
    pub service: Option<Service>,
    /// Why there are no points.
    pub refused: Option<Refused>,
}

/// What serving a customer took in a year, against what its grade allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Minutes of work.
    pub minutes: Decimal,
    /// Cost in the currency of the rules or, without one, as written.
    pub cost: Decimal,
    /// How that stands to what is allowed.
    pub balance: Balance,
    /// Millionths of what is allowed, of minutes or of cost, whichever is more.
    pub share: i64,
}

/// Why a customer has no points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What failed; holds no value of an event.
    pub reason: String,
    /// The place in the log of the event for which it failed.
    pub position: Option<u64>,
}

impl ScoreRow {
    /// The place in the order of lists, the highest points first when it is read backwards; those without points are last.
    pub fn rank_key(&self) -> Vec<u8> {
        self.points.map_or_else(Vec::new, |points| rank_key(points).to_vec())
    }

    /// The place among those of the same balance: of those that are over by share, of others by points.
    pub fn balance_key(&self) -> Option<Vec<u8>> {
        let service = self.service.as_ref()?;
        Some(match service.balance {
            Balance::Over => service.share.to_be_bytes().to_vec(),
            Balance::Under | Balance::Within => self.rank_key(),
        })
    }
}

impl Service {
    /// What was spent against an allowance; `None` when nothing is limited.
    pub fn of(spent: &Spent, allows: &Allowance) -> Option<Self> {
        let balance = Balance::of(spent, allows)?;
        let shares = [(spent.minutes, allows.minutes_per_year), (spent.cost, allows.cost_per_year)];
        let share = shares.into_iter().filter_map(|(spent, most)| Some(share(spent, most?))).max();
        Some(Self { minutes: spent.minutes, cost: spent.cost, balance, share: share.unwrap_or(0) })
    }
}

/// Millionths; the most that there are where nothing is allowed and something was spent.
fn share(spent: Decimal, most: Decimal) -> i64 {
    if most.is_zero() {
        return if spent.is_zero() { 0 } else { i64::MAX };
    }
    let millionths = spent.checked_div(most).and_then(|share| share.checked_mul(Decimal::from(1_000_000)));
    millionths.and_then(|share| share.trunc().to_i64()).unwrap_or(i64::MAX)
}

/// Bytes of a [`rank_key`].
pub const KEY_BYTES: usize = 25;
/// Decimals that a number can have at most.
const DECIMALS: u32 = 28;
/// More than any whole part, which has at most 96 bits.
const OFFSET: i128 = 1 << 97;

/// A number as bytes that stand in the same order as the numbers: 13 of the whole part, rounded down, 12 of what is left.
pub fn rank_key(points: Decimal) -> [u8; KEY_BYTES] {
    let unit = 10_i128.pow(points.scale());
    let (whole, rest) = (points.mantissa().div_euclid(unit), points.mantissa().rem_euclid(unit));
    let rest = rest * 10_i128.pow(DECIMALS - points.scale());
    let mut key = [0; KEY_BYTES];
    key[..13].copy_from_slice(&(whole + OFFSET).to_be_bytes()[3..]);
    key[13..].copy_from_slice(&rest.to_be_bytes()[4..]);
    key
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = Decimal> {
        let mantissa = prop_oneof![-1_000_i128..1_000, -(1_i128 << 96) + 1..1_i128 << 96];
        (mantissa, 0..=DECIMALS).prop_map(|(mantissa, scale)| Decimal::from_i128_with_scale(mantissa, scale))
    }

    proptest! {
        #[test]
        fn keys_stand_in_the_order_of_numbers(one in number(), other in number()) {
            prop_assert_eq!(rank_key(one).cmp(&rank_key(other)), one.cmp(&other));
            prop_assert_eq!(rank_key(one), rank_key(one.normalize()));
        }
    }

    #[test]
    fn keys_hold_the_largest_and_the_smallest_numbers() {
        let mut numbers = [Decimal::MIN, "-1".parse().unwrap(), "-0.0000000000000000000000000001".parse().unwrap()]
            .into_iter()
            .chain([Decimal::ZERO, "0.0000000000000000000000000001".parse().unwrap(), Decimal::MAX]);
        let mut last = numbers.next().unwrap();
        for next in numbers {
            assert!(rank_key(last) < rank_key(next), "{last} {next}");
            last = next;
        }
    }

    #[test]
    fn the_share_is_that_of_which_more_was_used() {
        let of = |minutes: i64, cost: i64, most: (Option<i64>, Option<i64>)| {
            let spent = Spent { minutes: minutes.into(), cost: cost.into(), ..Spent::default() };
            let allows = Allowance { minutes_per_year: most.0.map(Into::into), cost_per_year: most.1.map(Into::into) };
            Service::of(&spent, &allows).map(|service| (service.balance.name(), service.share))
        };
        assert_eq!(of(1, 1, (None, None)), None);
        assert_eq!(of(30, 10, (Some(60), Some(100))), Some(("within", 500_000)));
        assert_eq!(of(1, 200, (Some(3), Some(100))), Some(("over", 2_000_000)));
        assert_eq!(of(1, 999, (Some(3), None)), Some(("under", 333_333)));
        assert_eq!(of(1, 0, (Some(0), None)), Some(("over", i64::MAX)));
        assert_eq!(of(0, 0, (Some(0), None)), Some(("within", 0)));
    }
}
