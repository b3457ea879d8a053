//! Business and VAT ids with valid check digits. No two companies of one country share one, up to a million companies
//! and (in most countries) several times beyond.

use std::ops::Range;

use super::calendar::digits;
use super::places::Country;
use super::rng::mix;

const MILLION: u64 = 1_000_000;

/// Six digits and one more of `digits`: the six are a permutation of the running number; the one is any for which
/// `valid` holds, another one for each further million.
fn choose(index: u64, digits: Range<u32>, valid: impl Fn(u32, u32) -> bool) -> (u32, u32) {
    // 736,871 has no factor in common with a million, so that this is a bijection.
    let six = ((index % MILLION * 736_871 + 345_678) % MILLION) as u32;
    let count = digits.end - digits.start;
    let start = (mix(u64::from(six)) >> 40) as u32;
    let turn = (index / MILLION) as usize;
    let candidates = || (0..count).map(|n| digits.start + (start + n) % count).filter(|one| valid(six, *one));
    let found = candidates().nth(turn % candidates().count().max(1));
    (six, found.unwrap_or(digits.start))
}

fn digit(number: u32, place: u32) -> u32 {
    number / 10_u32.pow(place) % 10
}

/// The sum of the digits of `number` from the left, each times its weight.
fn weighted(number: u32, weights: &[u32]) -> u32 {
    weights.iter().zip((0..weights.len() as u32).rev()).map(|(weight, place)| weight * digit(number, place)).sum()
}

/// Writes the national id of the company with this running number.
pub fn write_business_id(country: Country, index: u64, out: &mut String) {
    match country {
        Country::Finland => finnish(index, out),
        Country::Sweden => swedish(index, out),
        Country::Estonia => estonian(index, out),
        Country::Norway => norwegian(index, out),
        Country::Denmark => danish(index, out),
    }
}

/// Writes the VAT id of the company with this running number.
pub fn write_vat_id(country: Country, index: u64, out: &mut String) {
    out.push_str(country.code());
    match country {
        Country::Finland | Country::Sweden => {
            let start = out.len();
            write_business_id(country, index, out);
            if let Some(hyphen) = out[start..].find('-') {
                out.remove(start + hyphen);
            }
            out.push_str(if country == Country::Sweden { "01" } else { "" });
        }
        Country::Estonia => estonian_vat(index, out),
        Country::Norway => {
            norwegian(index, out);
            out.push_str("MVA");
        }
        Country::Denmark => danish(index, out),
    }
}

/// Y-tunnus: seven digits, hyphen, check digit; a remainder of 1 has none.
fn finnish(index: u64, out: &mut String) {
    let remainder = |number| weighted(number, &[7, 9, 10, 5, 8, 4, 2]) % 11;
    let (six, last) = choose(index, 0..10, |six, last| remainder(six * 10 + last) != 1);
    let number = six * 10 + last;
    digits(number, 7, out);
    out.push('-');
    digits((11 - remainder(number)) % 11, 1, out);
}

/// Organisationsnummer: `55`, a digit of at least 2, six digits of which the hyphen parts the first three, Luhn's digit.
fn swedish(index: u64, out: &mut String) {
    let (six, third) = choose(index, 2..10, |_, _| true);
    let number = 550_000_000 + third * 1_000_000 + six;
    let sum: u32 = (0..9)
        .map(|place| digit(number, place) * if place % 2 == 0 { 2 } else { 1 })
        .map(|product| product / 10 + product % 10)
        .sum();
    digits(number / 1_000, 6, out);
    out.push('-');
    digits(number % 1_000, 3, out);
    digits((10 - sum % 10) % 10, 1, out);
}

/// Registrikood: eight digits, the last by two rows of weights.
fn estonian(index: u64, out: &mut String) {
    let (six, _) = choose(index, 0..1, |_, _| true);
    let lead = [1, 8, 9, 7][(index / MILLION % 4) as usize];
    let number = lead * 1_000_000 + six;
    digits(number, 7, out);
    let check = match weighted(number, &[1, 2, 3, 4, 5, 6, 7]) % 11 {
        10 => weighted(number, &[3, 4, 5, 6, 7, 8, 9]) % 11 % 10,
        remainder => remainder,
    };
    digits(check, 1, out);
}

/// Käibemaksukohustuslase number: `10`, six digits, check digit; no function of the registry code.
fn estonian_vat(index: u64, out: &mut String) {
    let (six, _) = choose(index + 500_000, 0..1, |_, _| true);
    let lead = 10 + (index / MILLION) as u32 % 10;
    let number = lead * 1_000_000 + six;
    digits(number, 8, out);
    let sum = weighted(number, &[3, 7, 1, 3, 7, 1, 3, 7]);
    digits((10 - sum % 10) % 10, 1, out);
}

/// Organisasjonsnummer: nine digits that start with 8 or 9, check digit modulo 11; a remainder of 1 has none.
fn norwegian(index: u64, out: &mut String) {
    let remainder = |number| weighted(number, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let base = |six, last| 90_000_000 - (six % 2) * 10_000_000 + six * 10 + last;
    let (six, last) = choose(index, 0..10, |six, last| remainder(base(six, last)) != 1);
    digits(base(six, last), 8, out);
    digits((11 - remainder(base(six, last))) % 11, 1, out);
}

/// CVR: eight digits whose weighted sum is divisible by 11.
fn danish(index: u64, out: &mut String) {
    let remainder = |number| weighted(number, &[2, 7, 6, 5, 4, 3, 2]) % 11;
    let (six, lead) = choose(index, 1..10, |six, lead| remainder(lead * 1_000_000 + six) != 1);
    let number = lead * 1_000_000 + six;
    digits(number, 7, out);
    digits((11 - remainder(number)) % 11, 1, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn business_id(country: Country, index: u64) -> String {
        let mut out = String::new();
        write_business_id(country, index, &mut out);
        out
    }

    fn vat_id(country: Country, index: u64) -> String {
        let mut out = String::new();
        write_vat_id(country, index, &mut out);
        out
    }

    fn sum(text: &str, weights: &[u32]) -> u32 {
        text.chars().filter_map(|c| c.to_digit(10)).zip(weights).map(|(digit, weight)| digit * weight).sum()
    }

    #[test]
    fn check_digits_are_valid() {
        for index in (0..2_000).chain(3_000_000..3_000_100) {
            let fi = business_id(Country::Finland, index);
            assert_eq!((fi.len(), sum(&fi, &[7, 9, 10, 5, 8, 4, 2, 1]) % 11), (9, 0), "{fi}");
            assert_eq!(vat_id(Country::Finland, index), format!("FI{}", fi.replace('-', "")));
            let se = business_id(Country::Sweden, index);
            let luhn = se.chars().filter_map(|c| c.to_digit(10)).zip([2, 1].into_iter().cycle());
            let luhn: u32 = luhn.map(|(digit, weight)| digit * weight / 10 + digit * weight % 10).sum();
            assert_eq!((se.len(), luhn % 10), (11, 0), "{se}");
            let no = business_id(Country::Norway, index);
            assert_eq!((no.len(), sum(&no, &[3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11), (9, 0), "{no}");
            let dk = business_id(Country::Denmark, index);
            assert_eq!((dk.len(), sum(&dk, &[2, 7, 6, 5, 4, 3, 2, 1]) % 11), (8, 0), "{dk}");
            let vat = vat_id(Country::Estonia, index);
            assert_eq!((vat.len(), sum(&vat, &[3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10), (11, 0), "{vat}");
        }
    }

    #[test]
    fn known_ids_are_computed_alike() {
        // Real, public ones: Nokia (0112038-9), Equinor (923609016), LHV Pank (10539549, by the second row of weights).
        assert_eq!((11 - weighted(112_038, &[7, 9, 10, 5, 8, 4, 2]) % 11) % 11, 9);
        assert_eq!((11 - weighted(92_360_901, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11, 6);
        assert_eq!(weighted(1_053_954, &[1, 2, 3, 4, 5, 6, 7]) % 11, 10);
        assert_eq!(weighted(1_053_954, &[3, 4, 5, 6, 7, 8, 9]) % 11, 9);
    }

    #[test]
    fn no_two_companies_share_an_id() {
        for country in [Country::Finland, Country::Sweden, Country::Estonia, Country::Norway, Country::Denmark] {
            let indexes = || (0..4_000).chain(1_000_000..1_004_000);
            assert_eq!(indexes().map(|n| business_id(country, n)).collect::<HashSet<_>>().len(), 8_000);
            assert_eq!(indexes().map(|n| vat_id(country, n)).collect::<HashSet<_>>().len(), 8_000);
        }
    }
}
