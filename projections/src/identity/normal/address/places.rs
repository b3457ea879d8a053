//! Towns by all their names, and states by their codes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// One town a line; see its head.
const TOWNS: &str = include_str!("towns.txt");

static BY_NAME: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let mut by_name = HashMap::new();
    for line in TOWNS.lines().filter(|line| !line.starts_with('#')) {
        let mut names = line.split(", ");
        let Some(first) = names.next() else { continue };
        for name in names.chain([first]) {
            by_name.entry(name).or_insert(first);
        }
    }
    by_name
});

/// The one name of a town that stands for all its names; a town that is not in the table is its folded name.
pub(super) fn town(folded: &str) -> Cow<'_, str> {
    match BY_NAME.get(folded) {
        Some(first) => Cow::Borrowed(first),
        None => Cow::Borrowed(folded),
    }
}

/// Whether a folded name is a town of the table.
pub(super) fn is_town(folded: &str) -> bool {
    BY_NAME.contains_key(folded)
}

/// The code of a state of the USA, Canada or Australia, given as a code or a name, folded.
pub(super) fn state(folded: &str) -> Option<&'static str> {
    let found = STATES.iter().find(|(code, name)| *code == folded || *name == folded);
    found.map(|(code, _)| *code)
}

const STATES: &[(&str, &str)] = &[
    ("al", "alabama"),
    ("ak", "alaska"),
    ("az", "arizona"),
    ("ar", "arkansas"),
    ("ca", "california"),
    ("co", "colorado"),
    ("ct", "connecticut"),
    ("de", "delaware"),
    ("dc", "district of columbia"),
    ("fl", "florida"),
    ("ga", "georgia"),
    ("hi", "hawaii"),
    ("id", "idaho"),
    ("il", "illinois"),
    ("in", "indiana"),
    ("ia", "iowa"),
    ("ks", "kansas"),
    ("ky", "kentucky"),
    ("la", "louisiana"),
    ("me", "maine"),
    ("md", "maryland"),
    ("ma", "massachusetts"),
    ("mi", "michigan"),
    ("mn", "minnesota"),
    ("ms", "mississippi"),
    ("mo", "missouri"),
    ("mt", "montana"),
    ("ne", "nebraska"),
    ("nv", "nevada"),
    ("nh", "new hampshire"),
    ("nj", "new jersey"),
    ("nm", "new mexico"),
    ("ny", "new york"),
    ("nc", "north carolina"),
    ("nd", "north dakota"),
    ("oh", "ohio"),
    ("ok", "oklahoma"),
    ("or", "oregon"),
    ("pa", "pennsylvania"),
    ("pr", "puerto rico"),
    ("ri", "rhode island"),
    ("sc", "south carolina"),
    ("sd", "south dakota"),
    ("tn", "tennessee"),
    ("tx", "texas"),
    ("ut", "utah"),
    ("vt", "vermont"),
    ("va", "virginia"),
    ("wa", "washington"),
    ("wv", "west virginia"),
    ("wi", "wisconsin"),
    ("wy", "wyoming"),
    ("ab", "alberta"),
    ("bc", "british columbia"),
    ("mb", "manitoba"),
    ("nb", "new brunswick"),
    ("nl", "newfoundland"),
    ("ns", "nova scotia"),
    ("on", "ontario"),
    ("pe", "prince edward island"),
    ("qc", "quebec"),
    ("sk", "saskatchewan"),
    ("nsw", "new south wales"),
    ("vic", "victoria"),
    ("qld", "queensland"),
    ("sa", "south australia"),
    ("tas", "tasmania"),
    ("act", "australian capital territory"),
    ("nt", "northern territory"),
];

#[cfg(test)]
mod tests {
    use super::super::super::text::fold_plain;
    use super::*;

    #[test]
    fn all_names_of_a_town_are_one() {
        for (one, two) in [
            ("helsinki", "helsingfors"),
            ("turku", "abo"),
            ("tampere", "tammerfors"),
            ("vaasa", "vasa"),
            ("pietarsaari", "jakobstad"),
            ("kobenhavn", "copenhagen"),
            ("tallinn", "reval"),
            ("goteborg", "gothenburg"),
            ("munchen", "munich"),
        ] {
            assert_eq!(town(one), town(two));
        }
        assert_ne!(town("espoo"), town("vantaa"));
        assert_eq!(town("pieksamaki"), "pieksamaki");
        assert_eq!((state("ohio"), state("oh"), state("uusimaa")), (Some("oh"), Some("oh"), None));
    }

    #[test]
    fn the_table_is_folded_and_no_name_is_two_towns() {
        let mut seen = std::collections::BTreeSet::new();
        for line in TOWNS.lines().filter(|line| !line.starts_with('#')) {
            assert!(line.contains(", "), "{line}");
            for name in line.split(", ") {
                assert_eq!(fold_plain(name), name);
                assert!(seen.insert(name), "{name}");
            }
        }
    }
}
