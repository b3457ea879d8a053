//! Countries: ISO 3166 codes from what people write, and how each dials.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::text::{clip, fold_plain};

/// One country a line; see its head. Dialling from the numbering plans that the ITU lists (E.164, E.123).
const TABLE: &str = include_str!("countries.txt");

/// A country, and how its telephone numbers are written.
#[derive(Debug)]
pub(crate) struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    /// ITU calling code.
    pub calling: &'static str,
    /// What stands before a national number inside the country; empty: nothing.
    pub trunk: &'static str,
    /// Fewest and most digits after the calling code.
    pub digits: (usize, usize),
}

struct Countries {
    all: Vec<Country>,
    /// Codes in capitals and names, folded.
    by_name: HashMap<&'static str, usize>,
    /// The first country of the table with a calling code.
    by_calling: HashMap<&'static str, usize>,
}

static COUNTRIES: LazyLock<Countries> = LazyLock::new(|| {
    let mut countries = Countries { all: Vec::new(), by_name: HashMap::new(), by_calling: HashMap::new() };
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let Some((codes, names)) = line.split_once("; ") else { continue };
        let mut codes = codes.split(' ');
        let mut next = || codes.next().unwrap_or_default();
        let (alpha2, alpha3, calling, trunk, digits) = (next(), next(), next(), next(), next());
        let (fewest, most) = digits.split_once('-').unwrap_or_default();
        let place = countries.all.len();
        for name in names.split(", ").chain([alpha2, alpha3]) {
            countries.by_name.entry(name).or_insert(place);
        }
        countries.by_calling.entry(calling).or_insert(place);
        countries.all.push(Country {
            code: alpha2,
            calling,
            trunk: trunk.trim_start_matches('-'),
            digits: (fewest.parse().unwrap_or(4), most.parse().unwrap_or(15)),
        });
    }
    countries
});

/// The country given as a code or a name.
pub(crate) fn find(text: &str) -> Option<&'static Country> {
    let countries: &'static Countries = &COUNTRIES;
    let text = clip(text.trim(), 64);
    let mut capitals = [0_u8; 3];
    let code = capitals.get_mut(..text.len()).and_then(|room| {
        room.copy_from_slice(text.as_bytes());
        room.make_ascii_uppercase();
        std::str::from_utf8(room).ok()
    });
    let place = match code.and_then(|code| countries.by_name.get(code)) {
        Some(place) => *place,
        None => *countries.by_name.get(fold_plain(text).as_str())?,
    };
    countries.all.get(place)
}

/// The country whose calling code a number begins with; of several with one code the first.
pub(crate) fn by_calling_code(digits: &str) -> Option<&'static Country> {
    let countries: &'static Countries = &COUNTRIES;
    let place = (1..=3).rev().find_map(|len| countries.by_calling.get(digits.get(..len)?))?;
    countries.all.get(*place)
}

/// The ISO 3166-1 alpha-2 code of a country given as a code or a name, in one of some ten languages.
pub fn code(text: &str) -> Option<&'static str> {
    find(text).map(|country| country.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names() {
        for (text, expected) in [
            ("FI", Some("FI")),
            ("fi", Some("FI")),
            ("FIN", Some("FI")),
            ("Suomi", Some("FI")),
            (" Finland ", Some("FI")),
            ("Åland", Some("AX")),
            ("USA", Some("US")),
            ("U.S.A.", Some("US")),
            ("United States of America", Some("US")),
            ("Great Britain", Some("GB")),
            ("UK", Some("GB")),
            ("Österreich", Some("AT")),
            ("Ελλάδα", Some("GR")),
            ("Lichtenstein", Some("LI")),
            ("España", Some("ES")),
            ("Россия", Some("RU")),
            ("RUS", Some("RU")),
            ("Hong Kong", Some("HK")),
            ("zz", None),
            ("", None),
            ("Uusimaa", None),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn calling_codes() {
        for (digits, expected) in
            [("358401234567", "FI"), ("17029191300", "US"), ("37251234567", "EE"), ("7481285", "RU")]
        {
            assert_eq!(by_calling_code(digits).unwrap().code, expected);
        }
        assert!(by_calling_code("0").is_none());
        assert!(by_calling_code("").is_none());
        assert!(by_calling_code("999").is_none());
    }

    #[test]
    fn the_table_is_well_formed() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (codes, names) = line.split_once("; ").unwrap();
            let codes: Vec<_> = codes.split(' ').collect();
            assert_eq!(codes.iter().map(|code| code.len()).collect::<Vec<_>>()[..2], [2, 3], "{line}");
            assert!(codes.len() == 5 && codes[2].parse::<u16>().is_ok(), "{line}");
            for name in names.split(", ") {
                assert_eq!(fold_plain(name), name, "{line}");
            }
        }
        assert!(COUNTRIES.all.len() > 200);
        assert!(COUNTRIES.all.iter().all(|country| country.digits.0 <= country.digits.1 && country.digits.1 <= 13));
    }
}
