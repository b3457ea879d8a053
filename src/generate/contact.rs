//! Telephone numbers and e-mail addresses: unique to their owner, in many notations.

use super::calendar::digits;
use super::customer::{Person, Version};
use super::names::spelling;
use super::noise::slug;
use super::places::Country;
use super::rng::{Rng, mix};

/// Writes the telephone number with this running number. Up to 10 million are told apart by their last seven digits,
/// further ones by what stands before.
pub fn write_phone(country: Country, number: u64, notation: u32, out: &mut String) {
    let prefixes: &[&str] = match country {
        Country::Finland => &["40", "41", "44", "45", "46", "50"],
        Country::Sweden => &["70", "72", "73", "76"],
        Country::Estonia => &["5"],
        Country::Norway => &["4", "9"],
        Country::Denmark => &["2", "3", "4", "5", "6"],
    };
    let trunk = if matches!(country, Country::Finland | Country::Sweden) { "0" } else { "" };
    let subscriber = ((number % 10_000_000 * 7_368_787 + 1_357_911) % 10_000_000) as u32;
    let prefix = prefixes[((mix(u64::from(subscriber)) >> 8) + number / 10_000_000) as usize % prefixes.len()];
    let national = notation % 9 >= 4 && notation % 9 != 8;
    match notation % 9 {
        0 => out.push('+'),
        3 => out.push_str("00"),
        _ if national => out.push_str(trunk),
        _ => out.push('+'),
    }
    if !national {
        out.push_str(country.dialling());
    }
    match notation % 9 {
        1 | 2 => out.push(' '),
        8 if trunk.is_empty() => out.push(' '),
        8 => out.push_str(" (0)"),
        _ => {}
    }
    if trunk.is_empty() {
        return write_eight_digits(prefix, subscriber, notation % 9, out);
    }
    out.push_str(prefix);
    match notation % 9 {
        1 | 2 | 5 | 7 | 8 => out.push(' '),
        6 => out.push('-'),
        _ => {}
    }
    digits(subscriber / 10_000, 3, out);
    if matches!(notation % 9, 2 | 7) {
        out.push(' ');
    }
    digits(subscriber % 10_000, 4, out);
}

/// Where numbers have eight digits and no trunk prefix they stand in twos or fours.
fn write_eight_digits(prefix: &str, subscriber: u32, notation: u32, out: &mut String) {
    let start = out.len();
    out.push_str(prefix);
    digits(subscriber, 7, out);
    let spaces: &[usize] = match notation {
        2 | 7 => &[6, 4, 2],
        1 | 5 | 6 | 8 => &[4],
        _ => &[],
    };
    for space in spaces {
        out.insert(start + space, ' ');
    }
}

/// Writes a number in base 36, lower case.
pub fn write_base36(number: u64, out: &mut String) {
    let mut buffer = [0_u8; 13];
    let mut start = buffer.len();
    let mut left = number;
    loop {
        start -= 1;
        buffer[start] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(left % 36) as usize];
        left /= 36;
        if left == 0 {
            break;
        }
    }
    out.extend(buffer[start..].iter().map(|byte| char::from(*byte)));
}

/// Writes a person's own address. `number` makes it unique: it follows the last separator of the local part.
pub fn write_personal(person: &Person, country: Country, version: Version, number: u64, out: &mut String) {
    const PRESENT: [&str; 6] = ["gmail.com", "outlook.com", "icloud.com", "proton.me", "hotmail.com", "live.com"];
    const FORMER: [&[&str]; 5] = [
        &["kolumbus.fi", "luukku.com", "elisanet.fi", "suomi24.fi", "saunalahti.fi", "hotmail.com"],
        &["telia.com", "bredband.net", "comhem.se", "hotmail.se", "spray.se"],
        &["hot.ee", "mail.ee", "online.ee", "hotmail.com"],
        &["online.no", "hotmail.no", "broadpark.no", "start.no"],
        &["mail.dk", "hotmail.dk", "jubii.dk", "stofanet.dk"],
    ];
    let rng = &mut Rng::new(mix(number ^ 0x6d61_696c));
    let mut name = String::new();
    let given = spelling(person.given, rng.below(3));
    let pattern = rng.below(100);
    match pattern {
        0..=54 => slug(given, ".", out),
        55..=69 => {
            slug(given, ".", &mut name);
            out.push_str(name.get(..1).unwrap_or("x"));
        }
        70..=79 => slug(person.nickname(rng).unwrap_or(given), ".", out),
        _ => {}
    }
    if !(70..80).contains(&pattern) {
        if pattern < 70 {
            out.push('.');
        }
        name.clear();
        person.write_family(version == Version::Former, rng.below(2), &mut name);
        slug(&name, "-", out);
    }
    out.push_str(rng.pick(&[".", "_", "-"]));
    write_base36(number, out);
    out.push('@');
    let domain = match version {
        Version::Present => PRESENT[rng.weighted(&[60, 15, 8, 3, 10, 4])],
        Version::Former => rng.pick(FORMER[country as usize]),
    };
    out.push_str(domain);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn phone(country: Country, number: u64, notation: u32) -> String {
        let mut out = String::new();
        write_phone(country, number, notation, &mut out);
        out
    }

    #[test]
    fn telephone_numbers_are_unique_in_every_notation() {
        for country in [Country::Finland, Country::Sweden, Country::Estonia, Country::Norway, Country::Denmark] {
            let numbers: HashSet<_> = (0..5_000).map(|number| phone(country, number, 0)).collect();
            assert_eq!(numbers.len(), 5_000);
            for notation in 0..9 {
                let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
                let (plain, other) = (digits(&phone(country, 5, 0)), digits(&phone(country, 5, notation)));
                assert_eq!(plain[plain.len() - 8..], other[other.len() - 8..], "{plain} {other}");
            }
        }
    }

    #[test]
    fn notations_are_the_usual_ones() {
        let number = phone(Country::Finland, 0, 0);
        let (prefix, rest) = (&number[4..6], &number[6..]);
        let (first, last) = rest.split_at(3);
        assert_eq!(phone(Country::Finland, 0, 2), format!("+358 {prefix} {first} {last}"));
        assert_eq!(phone(Country::Finland, 0, 3), format!("00358{prefix}{rest}"));
        assert_eq!(phone(Country::Finland, 0, 4), format!("0{prefix}{rest}"));
        assert_eq!(phone(Country::Finland, 0, 6), format!("0{prefix}-{rest}"));
        assert_eq!(phone(Country::Finland, 0, 8), format!("+358 (0){prefix} {rest}"));
    }

    #[test]
    fn numbers_in_base_36() {
        let text = |number| {
            let mut out = String::new();
            write_base36(number, &mut out);
            out
        };
        assert_eq!([text(0), text(35), text(36), text(u64::MAX)], ["0", "z", "10", "3w5e11264sgsf"]);
    }
}
