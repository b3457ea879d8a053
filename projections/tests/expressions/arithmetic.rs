//! Random arithmetic against fractions of whole numbers of any size.

use kulta_projections::expr::{EvalError, Expression, Scope, Value};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::rational::Fraction;

struct Nothing;

impl Scope for Nothing {
    fn get(&self, _: &str) -> Option<Value<'_>> {
        None
    }
}

#[derive(Clone, Debug)]
enum Sum {
    Number(String),
    Negate(Box<Sum>),
    Binary(char, Box<Sum>, Box<Sum>),
    Call(&'static str, Vec<Sum>),
    /// The third when the first is less than the second, else the fourth.
    IfLess(Box<[Sum; 4]>),
}

#[derive(Debug, PartialEq)]
enum Fault {
    TooManyDigits,
    DivisionByZero,
}

impl Sum {
    fn text(&self) -> String {
        match self {
            Sum::Number(text) => text.clone(),
            Sum::Negate(a) => format!("(-{})", a.text()),
            Sum::Binary(sign, a, b) => format!("({} {sign} {})", a.text(), b.text()),
            Sum::Call(name, arguments) => {
                format!("{name}({})", arguments.iter().map(Sum::text).collect::<Vec<_>>().join(", "))
            }
            Sum::IfLess(parts) => {
                let [a, b, c, d] = &**parts;
                format!("({} < {} ? {} : {})", a.text(), b.text(), c.text(), d.text())
            }
        }
    }

    fn value(&self) -> Result<Fraction, Fault> {
        let exact = match self {
            Sum::Number(text) => Fraction::from_decimal(text),
            Sum::Negate(a) => a.value()?.negate(),
            Sum::Binary(sign, a, b) => binary(*sign, &a.value()?, &b.value()?)?,
            Sum::Call(name, arguments) => {
                let values = arguments.iter().map(Sum::value).collect::<Result<Vec<_>, _>>()?;
                call(name, &values)
            }
            Sum::IfLess(parts) => {
                let [a, b, c, d] = &**parts;
                if a.value()?.compare(&b.value()?).is_lt() { c.value()? } else { d.value()? }
            }
        };
        exact.settled().ok_or(Fault::TooManyDigits)
    }
}

fn binary(sign: char, a: &Fraction, b: &Fraction) -> Result<Fraction, Fault> {
    match sign {
        '+' => Ok(a.add(b)),
        '-' => Ok(a.add(&b.negate())),
        '*' => Ok(a.multiply(b)),
        _ if b.above.is_zero() => Err(Fault::DivisionByZero),
        '/' => Ok(a.divide(b).round(12, true)),
        _ => {
            let whole = Fraction::whole(a.divide(b).truncate().0);
            Ok(a.add(&whole.multiply(b).negate()))
        }
    }
}

fn call(name: &str, values: &[Fraction]) -> Fraction {
    let one = Fraction::from_decimal("1");
    let (whole, more) = values[0].truncate();
    let (whole, negative) = (Fraction::whole(whole), values[0].above.is_negative());
    match name {
        "floor" if more && negative => whole.add(&one.negate()),
        "ceil" if more && !negative => whole.add(&one),
        "floor" | "ceil" => whole,
        "round" => values[0].round(0, false),
        "abs" if negative => values[0].negate(),
        "abs" => values[0].clone(),
        _ => {
            let wanted = if name == "min" { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
            let better =
                |best: Fraction, next: &Fraction| if next.compare(&best) == wanted { next.clone() } else { best };
            values[1..].iter().fold(values[0].clone(), better)
        }
    }
}

fn numbers() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[0-9]{1,4}(\\.[0-9]{1,4})?",
        2 => "(0|[1-9][0-9]{0,13})(\\.[0-9]{1,14})?",
        1 => "[1-9][0-9]{20,27}",
        1 => "0\\.0{0,15}[0-9]{1,12}",
        1 => "0\\.[0-9]{25,27}[1-9]",
        1 => Just("0".to_owned()),
    ]
}

fn sums() -> impl Strategy<Value = Sum> {
    numbers().prop_map(Sum::Number).prop_recursive(4, 24, 4, |sum| {
        let boxed = sum.clone().prop_map(Box::new);
        let sign = prop::sample::select(['+', '-', '*', '/', '%'].as_slice());
        prop_oneof![
            6 => (sign, boxed.clone(), boxed.clone()).prop_map(|(sign, a, b)| Sum::Binary(sign, a, b)),
            1 => boxed.prop_map(Sum::Negate),
            1 => (prop::sample::select(["floor", "ceil", "round", "abs"].as_slice()), sum.clone())
                .prop_map(|(name, a)| Sum::Call(name, vec![a])),
            1 => (prop::sample::select(["min", "max"].as_slice()), prop::collection::vec(sum.clone(), 1..4))
                .prop_map(|(name, arguments)| Sum::Call(name, arguments)),
            1 => [sum.clone(), sum.clone(), sum.clone(), sum].prop_map(|parts| Sum::IfLess(Box::new(parts))),
        ]
    })
}

fn computed(text: &str) -> Result<Decimal, EvalError> {
    match Expression::parse(text).unwrap().evaluate(&Nothing)? {
        Value::Number(number) => Ok(number),
        other => panic!("{other:?} is no number"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn arithmetic_is_that_of_fractions(sum in sums()) {
        let text = sum.text();
        match (computed(&text), sum.value()) {
            (Ok(found), Ok(expected)) => {
                let found = found.to_string();
                prop_assert!(Fraction::from_decimal(&found).compare(&expected).is_eq(), "{} = {}", text, found);
                prop_assert!(!found.starts_with('-') || expected.above.is_negative(), "{} = {}", text, found);
            }
            (Err(EvalError::TooManyDigits { .. }), Err(Fault::TooManyDigits)) => {}
            (Err(EvalError::DivisionByZero { .. }), Err(Fault::DivisionByZero)) => {}
            (found, expected) => prop_assert!(false, "{}: {:?}, not {:?}", text, found, expected.map(|_| "a number")),
        }
    }

    #[test]
    fn a_root_lies_within_half_a_unit(number in numbers()) {
        let root = Fraction::from_decimal(&computed(&format!("sqrt({number})")).unwrap().to_string());
        let (half, square) = (Fraction::from_decimal("0.0000000000005"), Fraction::from_decimal(&number));
        let above = root.add(&half);
        prop_assert!(square.compare(&above.multiply(&above)).is_le());
        let below = root.add(&half.negate());
        prop_assert!(below.above.is_negative() || square.compare(&below.multiply(&below)).is_ge());
    }

    #[test]
    fn a_logarithm_is_that_of_floats_as_far_as_they_reach(number in numbers()) {
        let float: f64 = number.parse().unwrap();
        prop_assume!(float > 0.0);
        let found: f64 = computed(&format!("log({number})")).unwrap().to_string().parse().unwrap();
        prop_assert!((found - float.ln()).abs() <= 1e-12 + 1e-14 * float.ln().abs(), "{} {}", number, found);
    }
}
