//! Names of people: by frequency (Zipf), by culture, compounded where a language compounds, with the spellings and
//! nicknames under which one person stands in several registers.

mod baltic;
mod finnish;
mod foreign;
mod swedish;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::rng::Rng;

/// The naming habits that a person comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Culture {
    /// Finnish.
    Finnish,
    /// Swedish as spoken in Finland.
    FinlandSwedish,
    /// Swedish.
    Swedish,
    /// Estonian.
    Estonian,
    /// Norwegian.
    Norwegian,
    /// Danish.
    Danish,
    /// English.
    English,
    /// Russian, written in Latin letters in several ways.
    Russian,
    /// Arabic, written in Latin letters in several ways.
    Arabic,
    /// Vietnamese, with and without its marks.
    Vietnamese,
    /// Somali, in its own spelling and in the English one.
    Somali,
}

use Culture::{
    Arabic, Danish, English, Estonian, FinlandSwedish, Finnish, Norwegian, Russian, Somali, Swedish, Vietnamese,
};

const CULTURES: [(Culture, u32); 11] = [
    (Finnish, 440),
    (FinlandSwedish, 60),
    (Swedish, 150),
    (Estonian, 85),
    (Norwegian, 65),
    (Danish, 65),
    (English, 35),
    (Russian, 40),
    (Arabic, 25),
    (Vietnamese, 15),
    (Somali, 20),
];

impl Culture {
    /// One of them, by its share.
    pub fn draw(rng: &mut Rng) -> Self {
        CULTURES[rng.weighted(&CULTURES.map(|(_, share)| share))].0
    }

    /// The ISO 639-1 code of the language.
    pub const fn language(self) -> &'static str {
        match self {
            Finnish => "fi",
            FinlandSwedish | Swedish => "sv",
            Estonian => "et",
            Norwegian => "nb",
            Danish => "da",
            English => "en",
            Russian => "ru",
            Arabic => "ar",
            Vietnamese => "vi",
            Somali => "so",
        }
    }
}

/// Words with Zipf's weights: the n-th is about 1/n as frequent as the first.
struct Pool {
    words: Vec<&'static str>,
    sums: Vec<u32>,
}

impl Pool {
    fn new(text: &'static str) -> Self {
        let words: Vec<_> = text.split_ascii_whitespace().collect();
        let weights = (0..words.len() as u32).map(|rank| 1_000_000 / (rank + 4));
        let sums = weights
            .scan(0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect();
        Self { words, sums }
    }

    fn draw(&self, rng: &mut Rng) -> &'static str {
        let total = self.sums.last().copied().unwrap_or(0);
        let at = rng.below(total);
        let index = self.sums.partition_point(|sum| *sum <= at);
        self.words.get(index).copied().unwrap_or_default()
    }
}

struct Names {
    male: Pool,
    female: Pool,
    family: Pool,
    stems: Pool,
    suffixes: Pool,
    /// How many surnames in a thousand are compounded.
    compounded: u32,
}

impl Names {
    fn new(words: [&'static str; 5], compounded: u32) -> Self {
        let [male, female, family, stems, suffixes] = words.map(Pool::new);
        Self { male, female, family, stems, suffixes, compounded }
    }
}

static NAMES: LazyLock<[Names; 11]> = LazyLock::new(|| {
    use {baltic as b, finnish as fi, foreign as f, swedish as sv};
    [
        Names::new([fi::MALE, fi::FEMALE, fi::FAMILY, fi::STEMS, fi::SUFFIXES], 450),
        Names::new([sv::FINLAND_MALE, sv::FINLAND_FEMALE, sv::FINLAND_FAMILY, sv::STEMS, sv::SUFFIXES], 450),
        Names::new([sv::MALE, sv::FEMALE, sv::FAMILY, sv::STEMS, sv::SUFFIXES], 400),
        Names::new(
            [b::ESTONIAN_MALE, b::ESTONIAN_FEMALE, b::ESTONIAN_FAMILY, b::ESTONIAN_STEMS, b::ESTONIAN_SUFFIXES],
            450,
        ),
        Names::new(
            [b::NORWEGIAN_MALE, b::NORWEGIAN_FEMALE, b::NORWEGIAN_FAMILY, b::NORWEGIAN_STEMS, b::NORWEGIAN_SUFFIXES],
            450,
        ),
        Names::new([b::DANISH_MALE, b::DANISH_FEMALE, b::DANISH_FAMILY, b::DANISH_STEMS, b::DANISH_SUFFIXES], 350),
        Names::new([f::ENGLISH_MALE, f::ENGLISH_FEMALE, f::ENGLISH_FAMILY, f::ENGLISH_STEMS, f::ENGLISH_SUFFIXES], 450),
        Names::new([f::RUSSIAN_MALE, f::RUSSIAN_FEMALE, f::RUSSIAN_FAMILY, "", ""], 0),
        Names::new([f::ARABIC_MALE, f::ARABIC_FEMALE, f::ARABIC_FAMILY, f::ARABIC_MALE, f::ARABIC_FAMILY], 400),
        Names::new([f::VIETNAMESE_MALE, f::VIETNAMESE_FEMALE, f::VIETNAMESE_FAMILY, "", ""], 0),
        Names::new([f::SOMALI_MALE, f::SOMALI_FEMALE, f::SOMALI_MALE, f::SOMALI_MALE, f::SOMALI_MALE], 800),
    ]
});

static NICKNAMES: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut map: HashMap<_, Vec<_>> = HashMap::new();
    for text in [finnish::NICKNAMES, swedish::NICKNAMES, baltic::NICKNAMES, foreign::NICKNAMES] {
        for (formal, nicknames) in text.split_ascii_whitespace().filter_map(|entry| entry.split_once(':')) {
            map.entry(formal).or_default().extend(nicknames.split(','));
        }
    }
    map
});

/// One of the spellings of a name, `one/other`; 0 is the one that its bearer uses.
pub fn spelling(name: &'static str, number: u32) -> &'static str {
    if number == 0 || !name.contains('/') {
        return name.split('/').next().unwrap_or(name);
    }
    let count = name.split('/').count() as u32;
    name.split('/').nth((number % count) as usize).unwrap_or(name)
}

/// The given name that `key` stands for, with all its spellings.
pub fn given(culture: Culture, female: bool, key: u64) -> &'static str {
    let names = &NAMES[culture as usize];
    let pool = if female { &names.female } else { &names.male };
    pool.draw(&mut Rng::new(key))
}

/// A nickname of a given name (in its first spelling), when one is in use.
pub fn nickname(name: &str, rng: &mut Rng) -> Option<&'static str> {
    NICKNAMES.get(name).map(|nicknames| rng.pick(nicknames))
}

/// Writes the surname that `key` stands for, in the spelling of that number.
pub fn write_family(culture: Culture, female: bool, key: u64, number: u32, out: &mut String) {
    let names = &NAMES[culture as usize];
    let rng = &mut Rng::new(key);
    if !rng.chance(names.compounded) {
        out.push_str(spelling(names.family.draw(rng), number));
        if culture == Russian && female {
            out.push('a');
        }
        return;
    }
    let (stem, suffix) = (names.stems.draw(rng), names.suffixes.draw(rng));
    match culture {
        Arabic | Somali => {
            out.push_str(spelling(stem, number));
            out.push(' ');
            out.push_str(spelling(suffix, number));
        }
        Finnish => {
            out.push_str(stem);
            let back = stem.contains(['a', 'o', 'u', 'A', 'O', 'U']);
            let (first, second) = suffix.split_once('/').unwrap_or((suffix, suffix));
            out.push_str(if back { first } else { second });
        }
        _ => {
            // Skog + gård, but Björk + kvist: a letter is never written three times.
            let doubled = stem.as_bytes().ends_with(&suffix.as_bytes()[..1]) && ends_in_double(stem);
            out.push_str(if doubled { &stem[..stem.len() - 1] } else { stem });
            out.push_str(suffix);
        }
    }
}

fn ends_in_double(word: &str) -> bool {
    matches!(word.as_bytes(), [.., a, b] if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_million_people_do_not_collapse_into_few_surnames() {
        let surnames = |culture| {
            let distinct = |key| {
                let mut out = String::new();
                write_family(culture, false, key, 0, &mut out);
                out
            };
            (0..6_000_u64).map(|n| distinct(super::super::rng::mix(n))).collect::<HashSet<_>>().len()
        };
        assert!(surnames(Finnish) > 1_000, "{}", surnames(Finnish));
        assert!(surnames(Swedish) > 800, "{}", surnames(Swedish));
        for culture in [Estonian, Norwegian, Danish, English, Arabic, Somali] {
            assert!(surnames(culture) > 250, "{culture:?}: {}", surnames(culture));
        }
    }

    #[test]
    fn frequent_names_are_frequent() {
        let rng = &mut Rng::new(1);
        let mut first = 0;
        for _ in 0..10_000 {
            first += u32::from(given(Finnish, false, rng.next()) == "Juhani");
        }
        assert!((500..1_200).contains(&first), "{first}");
    }

    #[test]
    fn spellings_and_nicknames_are_found() {
        assert_eq!(spelling("Sergei/Sergey/Sergej", 0), "Sergei");
        assert_eq!(spelling("Sergei/Sergey/Sergej", 4), "Sergey");
        assert_eq!(spelling("Olga", 7), "Olga");
        let rng = &mut Rng::new(5);
        assert!(["Masa", "Mattias"].contains(&nickname("Matti", rng).unwrap()));
        assert_eq!(nickname("Xyz", rng), None);
    }

    #[test]
    fn every_name_is_a_word() {
        for names in NAMES.iter() {
            for pool in [&names.male, &names.female, &names.family, &names.stems, &names.suffixes] {
                for word in pool.words.iter().flat_map(|word| word.split('/')) {
                    assert!(word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\''), "{word}");
                    assert!(!word.is_empty());
                }
            }
        }
    }

    #[test]
    fn surnames_follow_their_language() {
        let mut seen = HashSet::new();
        for key in 0..20_000 {
            let mut out = String::new();
            write_family(Finnish, false, key, 0, &mut out);
            seen.insert(out);
        }
        assert!(seen.contains("Mäkelä") && !seen.contains("Metsäla"), "vowel harmony");
        assert!(seen.contains("Metsälä") && seen.contains("Rantala"), "compounds");
    }
}
