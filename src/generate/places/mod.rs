//! Countries, towns and streets of the north.

mod data;

use std::sync::LazyLock;

use super::calendar::digits;
use super::rng::Rng;
use data::{
    DANISH_STREETS, DANISH_TOWNS, ESTONIAN_STREETS, ESTONIAN_TOWNS, FINNISH_STREETS, FINNISH_TOWNS, NORWEGIAN_STREETS,
    NORWEGIAN_TOWNS, SWEDISH_STREETS, SWEDISH_TOWNS,
};

/// Where a customer lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Country {
    /// Finland.
    Finland,
    /// Sweden.
    Sweden,
    /// Estonia.
    Estonia,
    /// Norway.
    Norway,
    /// Denmark.
    Denmark,
}

use Country::{Denmark, Estonia, Finland, Norway, Sweden};

impl Country {
    /// ISO 3166-1 alpha-2.
    pub const fn code(self) -> &'static str {
        ["FI", "SE", "EE", "NO", "DK"][self as usize]
    }

    /// Under which names it stands in address registers.
    pub const fn names(self) -> [&'static str; 3] {
        match self {
            Finland => ["Finland", "Suomi", "FIN"],
            Sweden => ["Sverige", "Sweden", "SWE"],
            Estonia => ["Eesti", "Estonia", "EST"],
            Norway => ["Norge", "Norway", "NOR"],
            Denmark => ["Danmark", "Denmark", "DNK"],
        }
    }

    /// ISO 4217.
    pub const fn currency(self) -> &'static str {
        ["EUR", "SEK", "EUR", "NOK", "DKK"][self as usize]
    }

    /// How many units of its currency buy about what one euro buys.
    pub const fn price_level(self) -> u64 {
        [1, 11, 1, 11, 7][self as usize]
    }

    /// The telephone prefix without plus.
    pub const fn dialling(self) -> &'static str {
        ["358", "46", "372", "47", "45"][self as usize]
    }

    /// The top-level domain.
    pub const fn domain(self) -> &'static str {
        ["fi", "se", "ee", "no", "dk"][self as usize]
    }
}

/// A town: name (and, after a slash, its name in the other language of the country), postal prefix, region, unit.
/// The larger ones first, with their weight.
struct Town {
    name: &'static str,
    postal: &'static str,
    region: &'static str,
    weight: u32,
}

struct Land {
    towns: Vec<Town>,
    weights: Vec<u32>,
    streets: Vec<&'static str>,
}

impl Land {
    fn new(towns: &'static str, streets: &'static str) -> Self {
        let towns: Vec<_> = towns.split_ascii_whitespace().filter_map(town).collect();
        let weights = towns.iter().map(|town| town.weight).collect();
        Self { towns, weights, streets: streets.split_ascii_whitespace().collect() }
    }
}

fn town(entry: &'static str) -> Option<Town> {
    let mut parts = entry.split(':');
    let (name, postal, region) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Town { name, postal, region, weight: parts.next()?.parse().ok()? })
}

static LANDS: LazyLock<[Land; 5]> = LazyLock::new(|| {
    [
        Land::new(FINNISH_TOWNS, FINNISH_STREETS),
        Land::new(SWEDISH_TOWNS, SWEDISH_STREETS),
        Land::new(ESTONIAN_TOWNS, ESTONIAN_STREETS),
        Land::new(NORWEGIAN_TOWNS, NORWEGIAN_STREETS),
        Land::new(DANISH_TOWNS, DANISH_STREETS),
    ]
});

/// One place to live or work at, the same however it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The country.
    pub country: Country,
    town: usize,
    street: usize,
    kind: usize,
    number: u32,
    stair: u32,
    flat: u32,
}

/// How a street is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Which of the usual notations; any number.
    pub notation: u32,
    /// In Finland: the Swedish names.
    pub swedish: bool,
}

impl Address {
    /// The address that `key` stands for.
    pub fn of(country: Country, key: u64) -> Self {
        let land = &LANDS[country as usize];
        let rng = &mut Rng::new(key);
        let town = rng.weighted(&land.weights);
        let street = rng.below(land.streets.len() as u32) as usize;
        let kind = rng.weighted(&[45, 35, 12, 8]);
        let number = 1 + rng.below(60).min(rng.below(60));
        let blocks_of_flats = rng.chance(600);
        let (stair, flat) = if blocks_of_flats { (rng.below(5), rng.between(1, 60)) } else { (0, 0) };
        Self { country, town, street, kind, number, stair, flat }
    }

    /// The name of the town, in the other language of the land when `swedish` and there is one.
    pub fn write_city(&self, swedish: bool, out: &mut String) {
        let name = self.town().name;
        let (first, second) = name.split_once('/').unwrap_or((name, name));
        spaced(if swedish { second } else { first }, out);
    }

    /// The region.
    pub fn write_region(&self, out: &mut String) {
        spaced(self.town().region, out);
    }

    /// The unit of the seller that serves this town.
    pub fn unit(&self) -> &'static str {
        const UNITS: [[&str; 4]; 5] = [
            ["helsinki", "tampere", "oulu", "turku"],
            ["stockholm", "göteborg", "malmö", "umeå"],
            ["tallinn", "tartu", "tallinn", "tartu"],
            ["oslo", "bergen", "oslo", "trondheim"],
            ["copenhagen", "aarhus", "copenhagen", "aarhus"],
        ];
        UNITS[self.country as usize][self.town % 4]
    }

    fn town(&self) -> &'static Town {
        &LANDS[self.country as usize].towns[self.town]
    }

    /// Writes the postal code, in Sweden with or without its space.
    pub fn write_postal(&self, notation: u32, out: &mut String) {
        let start = out.len();
        out.push_str(self.town().postal);
        let length = if matches!(self.country, Norway | Denmark) { 4 } else { 5 };
        let missing = length - (out.len() - start);
        // A street lies in one postal district; Finnish ones end in 0.
        let district = (self.street * 7 + self.kind * 3) as u32 % 97;
        let tail = if self.country == Finland { district * 10 } else { district * 13 + 1 };
        digits(tail % 10_u32.pow(missing as u32), missing, out);
        if self.country == Sweden && notation.is_multiple_of(2) {
            out.insert(start + 3, ' ');
        }
    }

    /// Writes street, number, stair and flat.
    pub fn write_street(&self, style: Style, out: &mut String) {
        let stem = LANDS[self.country as usize].streets[self.street];
        let (own, swedish) = stem.split_once('/').unwrap_or((stem, stem));
        spaced(if style.swedish { swedish } else { own }, out);
        let short = style.notation % 6 == 3;
        let ends: [&str; 4] = match (self.country, style.swedish, short) {
            (Finland, false, false) => ["katu", "tie", "polku", "kuja"],
            (Finland, false, true) => ["k.", "t.", "polku", "kuja"],
            (Finland | Sweden, _, false) => ["gatan", "vägen", "stigen", "gränd"],
            (Finland | Sweden, _, true) => ["g.", "v.", "stigen", "gr."],
            (Estonia, _, false) => [" tn", " mnt", " tee", " põik"],
            (Estonia, _, true) => ["", " maantee", " tee", ""],
            (Norway, _, false) => ["veien", "gata", "stien", "bakken"],
            (Norway, _, true) => ["vn.", "gt.", "stien", "bakken"],
            (Denmark, _, false) => ["vej", "gade", "stræde", "allé"],
            (Denmark, _, true) => ["vej", "gd.", "str.", "allé"],
        };
        out.push_str(ends[self.kind]);
        out.push(' ');
        digits(self.number, 1, out);
        // Some registers leave the flat out.
        if self.flat > 0 && style.notation % 6 != 5 {
            self.write_flat(style.notation, out);
        }
    }

    fn write_flat(&self, notation: u32, out: &mut String) {
        let stair = char::from(b'A' + self.stair as u8);
        match self.country {
            Finland if notation % 6 == 4 => {
                out.push_str(" as. ");
                digits(self.flat, 1, out);
            }
            Finland => {
                out.push(' ');
                out.push(stair);
                if notation % 6 != 1 {
                    out.push(' ');
                }
                digits(self.flat, 1, out);
            }
            Sweden => {
                out.push_str(if notation.is_multiple_of(2) { " lgh 1" } else { ", lgh 1" });
                digits(self.stair, 1, out);
                digits(self.flat, 2, out);
            }
            Estonia => {
                out.push('-');
                digits(self.flat, 1, out);
            }
            Norway => {
                if notation.is_multiple_of(2) {
                    out.push(' ');
                }
                out.push(stair);
            }
            Denmark => {
                out.push_str(", ");
                digits(self.stair + 1, 1, out);
                out.push_str(if self.flat.is_multiple_of(2) { ". tv" } else { ". th" });
            }
        }
    }
}

/// Writes a word of the lists with its spaces.
fn spaced(word: &str, out: &mut String) {
    out.extend(word.chars().map(|c| if c == '_' { ' ' } else { c }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn addresses_look_like_those_of_their_country() {
        for (country, length) in [(Finland, 5), (Sweden, 5), (Estonia, 5), (Norway, 4), (Denmark, 4)] {
            for key in 0..500 {
                let address = Address::of(country, key);
                let postal = text(|out| address.write_postal(1, out));
                assert!(postal.len() == length && postal.bytes().all(|b| b.is_ascii_digit()), "{postal}");
                for notation in 0..6 {
                    let street = text(|out| address.write_street(Style { notation, swedish: false }, out));
                    assert!(street.contains(char::is_numeric) && !street.contains(['_', '/']), "{street}");
                }
                assert!(!text(|out| address.write_city(false, out)).contains(['_', '/']));
                assert!(!text(|out| address.write_region(out)).is_empty());
            }
        }
    }

    #[test]
    fn one_address_has_many_notations() {
        let address = Address { country: Finland, town: 0, street: 0, kind: 0, number: 12, stair: 1, flat: 34 };
        let street = |notation, swedish| text(|out| address.write_street(Style { notation, swedish }, out));
        assert_eq!(street(0, false), "Kirkkokatu 12 B 34");
        assert_eq!(street(1, false), "Kirkkokatu 12 B34");
        assert_eq!(street(3, false), "Kirkkok. 12 B 34");
        assert_eq!(street(5, true), "Kyrkogatan 12");
        assert_eq!(text(|out| address.write_city(true, out)), "Helsingfors");
    }
}
