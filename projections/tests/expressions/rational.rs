//! Whole numbers of any size and fractions of them: slow, short, and nothing rounded. The yardstick of the tests.

use std::cmp::Ordering;

/// A whole number: sign and digits to base 10⁴, lowest first, without zeros at the high end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    negative: bool,
    digits: Vec<u64>,
}

const BASE: u64 = 10_000;

impl Whole {
    pub fn from_digits(text: &str) -> Self {
        let digits = text.as_bytes().rchunks(4).map(|chunk| std::str::from_utf8(chunk).unwrap().parse().unwrap());
        Self::new(false, digits.collect())
    }

    pub fn power_of_ten(n: u32) -> Self {
        Self::from_digits(&format!("1{}", "0".repeat(n as usize)))
    }

    fn new(negative: bool, mut digits: Vec<u64>) -> Self {
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Self { negative: negative && !digits.is_empty(), digits }
    }

    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub fn is_negative(&self) -> bool {
        self.negative
    }

    pub fn is_odd(&self) -> bool {
        self.digits.first().is_some_and(|digit| digit % 2 == 1)
    }

    pub fn negate(&self) -> Self {
        Self::new(!self.negative, self.digits.clone())
    }

    pub fn abs(&self) -> Self {
        Self::new(false, self.digits.clone())
    }

    pub fn add(&self, other: &Self) -> Self {
        if self.negative == other.negative {
            return Self::new(self.negative, add(&self.digits, &other.digits));
        }
        match compare(&self.digits, &other.digits) {
            Ordering::Less => Self::new(other.negative, subtract(&other.digits, &self.digits)),
            _ => Self::new(self.negative, subtract(&self.digits, &other.digits)),
        }
    }

    pub fn multiply(&self, other: &Self) -> Self {
        let mut digits = vec![0; self.digits.len() + other.digits.len() + 1];
        for (i, a) in self.digits.iter().enumerate() {
            for (j, b) in other.digits.iter().enumerate() {
                digits[i + j] += a * b;
            }
        }
        for i in 1..digits.len() {
            digits[i] += digits[i - 1] / BASE;
            digits[i - 1] %= BASE;
        }
        Self::new(self.negative != other.negative, digits)
    }

    /// Quotient towards zero, and the remainder with the sign of `self`.
    pub fn divide(&self, other: &Self) -> (Self, Self) {
        let (mut quotient, mut rest) = (vec![0; self.digits.len()], Vec::new());
        for i in (0..self.digits.len()).rev() {
            rest.insert(0, self.digits[i]);
            rest = Self::new(false, rest).digits;
            let times = |n: u64| Self::new(false, vec![n]).multiply(&other.abs()).digits;
            // The largest digit that does not overshoot, by halving.
            for bit in (0..14).rev().map(|n| 1 << n).filter(|bit| *bit < BASE) {
                let product = times(bit);
                if compare(&rest, &product).is_ge() {
                    rest = Self::new(false, subtract(&rest, &product)).digits;
                    quotient[i] += bit;
                }
            }
        }
        (Self::new(self.negative != other.negative, quotient), Self::new(self.negative, rest))
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let difference = self.add(&other.negate());
        match (difference.is_zero(), difference.negative) {
            (true, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            _ => Ordering::Greater,
        }
    }
}

fn compare(a: &[u64], b: &[u64]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

fn add(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut carry = 0;
    let mut digits = Vec::new();
    for i in 0..=a.len().max(b.len()) {
        carry += a.get(i).unwrap_or(&0) + b.get(i).unwrap_or(&0);
        digits.push(carry % BASE);
        carry /= BASE;
    }
    digits
}

fn subtract(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut borrow = 0;
    let mut digits = Vec::new();
    for (i, digit) in a.iter().enumerate() {
        let take = b.get(i).unwrap_or(&0) + borrow;
        borrow = u64::from(*digit < take);
        digits.push(digit + borrow * BASE - take);
    }
    digits
}

/// A fraction; the denominator is above zero.
#[derive(Clone, Debug)]
pub struct Fraction {
    pub above: Whole,
    pub below: Whole,
}

impl Fraction {
    pub fn whole(above: Whole) -> Self {
        Self { above, below: Whole::power_of_ten(0) }
    }

    /// A decimal text such as `-12.50`.
    pub fn from_decimal(text: &str) -> Self {
        let (sign, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        let (before, after) = text.split_once('.').unwrap_or((text, ""));
        let above = Whole::from_digits(&format!("{before}{after}"));
        let above = if sign { above.negate() } else { above };
        Self { above, below: Whole::power_of_ten(after.len().try_into().unwrap()) }
    }

    pub fn add(&self, other: &Self) -> Self {
        let above = self.above.multiply(&other.below).add(&other.above.multiply(&self.below));
        Self { above, below: self.below.multiply(&other.below) }
    }

    pub fn negate(&self) -> Self {
        Self { above: self.above.negate(), below: self.below.clone() }
    }

    pub fn multiply(&self, other: &Self) -> Self {
        Self { above: self.above.multiply(&other.above), below: self.below.multiply(&other.below) }
    }

    /// `other` must not be zero.
    pub fn divide(&self, other: &Self) -> Self {
        let above = self.above.multiply(&other.below);
        let above = if other.above.is_negative() { above.negate() } else { above };
        Self { above, below: self.below.multiply(&other.above.abs()) }
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        self.above.multiply(&other.below).compare(&other.above.multiply(&self.below))
    }

    /// The whole part, towards zero, and whether there is more.
    pub fn truncate(&self) -> (Whole, bool) {
        let (quotient, rest) = self.above.divide(&self.below);
        (quotient, !rest.is_zero())
    }

    /// Rounded to so many decimals; `even` halves go to the even neighbour, others away from zero.
    pub fn round(&self, decimals: u32, even: bool) -> Self {
        let unit = Whole::power_of_ten(decimals);
        let (quotient, rest) = self.above.multiply(&unit).divide(&self.below);
        let twice = rest.abs().add(&rest.abs());
        let up = match twice.compare(&self.below) {
            Ordering::Greater => true,
            Ordering::Equal => !even || quotient.is_odd(),
            Ordering::Less => false,
        };
        let one = Whole::power_of_ten(0);
        let one = if self.above.is_negative() { one.negate() } else { one };
        let above = if up { quotient.add(&one) } else { quotient };
        Self { above, below: unit }
    }

    /// The same with a power of ten below, when it can be written with at most 28 digits, before and after the point
    /// together.
    pub fn settled(&self) -> Option<Self> {
        let unit = Whole::power_of_ten(28);
        let (mantissa, rest) = self.above.multiply(&unit).divide(&self.below);
        let text: String = mantissa.digits.iter().rev().map(|digit| format!("{digit:04}")).collect();
        let zeros_at_end = text.len() - text.trim_end_matches('0').len();
        let digits = text.trim_start_matches('0').len();
        let fits = rest.is_zero() && digits.saturating_sub(zeros_at_end.min(28)) <= 28;
        fits.then_some(Self { above: mantissa, below: unit })
    }
}

#[test]
fn the_yardstick_is_straight() {
    let whole = |text: &str| Whole::from_digits(text);
    let (quotient, rest) = whole("123456789012345678901234567890").divide(&whole("987654321"));
    assert_eq!(quotient, whole("124999998873437499901"));
    assert_eq!(rest, whole("574845669"));
    assert_eq!(quotient.multiply(&whole("987654321")).add(&rest), whole("123456789012345678901234567890"));
    assert_eq!(whole("5").add(&whole("7").negate()), whole("2").negate());
    assert!(Fraction::from_decimal("-2.5").round(0, true).compare(&Fraction::from_decimal("-2")).is_eq());
    assert!(Fraction::from_decimal("-2.5").round(0, false).compare(&Fraction::from_decimal("-3")).is_eq());
    let fits = |text: &str| Fraction::from_decimal(text).settled().is_some();
    assert!(Fraction::from_decimal("1").divide(&Fraction::from_decimal("3")).settled().is_none());
    assert!(fits("9999999999999999999999999999") && fits("0.1234567890123456789012345678") && fits("0"));
    assert!(!fits("10000000000000000000000000000") && !fits("1.1234567890123456789012345678"));
}
