//! Words in the text of a street that are no part of its name. All folded.

/// Kinds of streets that are written as one word with the name.
pub(super) fn is_compounded(word: &str) -> bool {
    matches!(
        word,
        "katu"
            | "katu5"
            | "tie"
            | "polku"
            | "kuja"
            | "kaari"
            | "rinne"
            | "ranta"
            | "raitti"
            | "penger"
            | "kallio"
            | "tori"
            | "aukio"
            | "puistikko"
            | "bulevardi"
            | "gatan"
            | "vagen"
            | "grand"
            | "stigen"
            | "torget"
            | "gata"
            | "gate"
            | "vei"
            | "veien"
            | "vegen"
            | "vej"
            | "gade"
            | "strasse"
            | "str"
            | "gasse"
            | "weg"
            | "platz"
            | "allee"
            | "straat"
            | "laan"
            | "plein"
    )
}

pub(super) fn long_compound(word: &str) -> &str {
    match word {
        "str" => "strasse",
        "gate" => "gata",
        "veien" | "vegen" => "vei",
        word => word,
    }
}

/// The one notation of a kind of street, or of a direction, that is a word of its own.
pub(super) fn kind(word: &str) -> Option<&'static str> {
    Some(match word {
        "street" | "st" | "str" | "saint" => "st",
        "road" | "rd" => "rd",
        "avenue" | "ave" | "av" | "avenida" | "avda" => "ave",
        "boulevard" | "blvd" | "bd" | "boul" | "bulevar" => "blvd",
        "drive" | "dr" | "drv" => "dr",
        "lane" | "ln" => "ln",
        "place" | "pl" => "pl",
        "court" | "ct" | "crt" => "ct",
        "circuit" | "cct" | "circ" => "cct",
        "circle" | "cir" => "cir",
        "crescent" | "cres" | "cr" => "cres",
        "close" | "cl" => "cl",
        "highway" | "hwy" => "hwy",
        "terrace" | "ter" | "tce" => "ter",
        "parkway" | "pkwy" | "pky" => "pkwy",
        "square" | "sq" => "sq",
        "trail" | "trl" => "trl",
        "gardens" | "gdns" | "garden" => "gdns",
        "grove" | "gr" | "grv" => "gr",
        "heights" | "hts" => "hts",
        "parade" | "pde" => "pde",
        "way" | "wy" => "way",
        "walk" => "walk",
        "row" => "row",
        "rise" => "rise",
        "alley" | "aly" => "aly",
        "turnpike" | "tpke" => "tpke",
        "expressway" | "expy" => "expy",
        "rue" => "rue",
        "calle" => "calle",
        "via" => "via",
        "piazza" => "piazza",
        "tanav" | "tn" => "tn",
        "puiestee" | "pst" => "pst",
        "maantee" | "mnt" => "mnt",
        "prospekt" | "prosp" => "prosp",
        "north" => "n",
        "south" => "s",
        "east" => "e",
        "west" => "w",
        _ => return None,
    })
}

pub(super) fn is_direction(word: &str) -> bool {
    matches!(word, "n" | "s" | "e" | "w" | "ne" | "nw" | "se" | "sw" | "north" | "south" | "east" | "west")
}

/// Words before a flat.
pub(super) fn is_unit(word: &str) -> bool {
    matches!(
        word,
        "apt"
            | "appt"
            | "apartment"
            | "unit"
            | "suite"
            | "ste"
            | "flat"
            | "as"
            | "asunto"
            | "lgh"
            | "bst"
            | "room"
            | "rm"
            | "kv"
            | "huoneisto"
            | "wohnung"
            | "whg"
            | "rappu"
            | "porras"
            | "lokal"
            | "leil"
            | "korter"
            | "krt"
            | "appartement"
    )
}

/// Words before a house number.
pub(super) fn is_house(word: &str) -> bool {
    matches!(
        word,
        "no" | "nr" | "nro" | "num" | "numero" | "bld" | "bldg" | "building" | "dom" | "maja" | "talo" | "house"
    )
}

/// Words behind a floor's number.
pub(super) fn is_floor(word: &str) -> bool {
    matches!(
        word,
        "krs"
            | "kerros"
            | "tr"
            | "trappor"
            | "floor"
            | "fl"
            | "etg"
            | "etasje"
            | "og"
            | "stock"
            | "korrus"
            | "vaning"
            | "van"
    )
}
