//! Words in a name that are no name. All folded.

use super::super::text::fold_plain;
use super::Suffix;

/// Titles and forms of address that stand before a name.
pub(super) fn is_title(word: &str) -> bool {
    is_only_title(word) || matches!(word, "sr" | "sra" | "don" | "di" | "ing" | "ir" | "lady" | "lord" | "sir" | "dame")
}

/// Those that are never a name themselves.
pub(super) fn is_only_title(word: &str) -> bool {
    matches!(
        word,
        "mr" | "mrs"
            | "ms"
            | "miss"
            | "mx"
            | "mister"
            | "dr"
            | "doctor"
            | "prof"
            | "professor"
            | "rev"
            | "hon"
            | "rouva"
            | "rva"
            | "herra"
            | "hra"
            | "neiti"
            | "nti"
            | "tri"
            | "toht"
            | "tohtori"
            | "maisteri"
            | "dipl"
            | "fru"
            | "frk"
            | "froken"
            | "herr"
            | "hr"
            | "frau"
            | "fraulein"
            | "fil"
            | "proua"
            | "harra"
            | "preili"
            | "mme"
            | "mlle"
            | "monsieur"
            | "madame"
            | "mademoiselle"
            | "senor"
            | "senora"
            | "senorita"
            | "srta"
            | "signor"
            | "signora"
            | "gospodin"
            | "gospozha"
            | "mevr"
            | "mevrouw"
            | "dhr"
            | "meneer"
            | "pani"
    )
}

/// Degrees that stand behind a name and are never one.
pub(super) fn is_degree(word: &str) -> bool {
    matches!(
        word,
        "phd"
            | "mba"
            | "emba"
            | "msc"
            | "bsc"
            | "dds"
            | "dvm"
            | "cpa"
            | "esq"
            | "esquire"
            | "obe"
            | "mbe"
            | "cfa"
            | "ktm"
            | "tkt"
            | "vtm"
            | "fm"
            | "ftm"
            | "lkt"
            | "kkt"
            | "otm"
    )
}

/// Degrees so short that they count only behind a comma.
pub(super) fn is_short_degree(word: &str) -> bool {
    is_degree(word)
        || is_only_title(word)
        || matches!(
            word,
            "md" | "ma" | "ba" | "di" | "ft" | "om" | "ll" | "jd" | "rn" | "pe" | "qc" | "kc" | "ins" | "oik"
        )
}

/// The generation that a word says, behind a name.
pub(super) fn suffix(word: &str) -> Option<Suffix> {
    match word {
        "sr" | "snr" | "senior" | "vanhempi" => Some(Suffix::First),
        "jr" | "jnr" | "jun" | "junior" | "nuorempi" | "ii" | "2nd" => Some(Suffix::Second),
        "iii" | "3rd" => Some(Suffix::Third),
        "iv" | "4th" | "vi" | "vii" => Some(Suffix::Later),
        _ => None,
    }
}

/// Particles of family names.
pub(super) fn is_particle(word: &str) -> bool {
    matches!(
        word,
        "von"
            | "vom"
            | "zu"
            | "zum"
            | "zur"
            | "af"
            | "av"
            | "de"
            | "del"
            | "della"
            | "dello"
            | "di"
            | "da"
            | "das"
            | "do"
            | "dos"
            | "du"
            | "des"
            | "la"
            | "las"
            | "le"
            | "les"
            | "los"
            | "van"
            | "vander"
            | "der"
            | "den"
            | "ten"
            | "ter"
            | "het"
            | "op"
            | "bin"
            | "ibn"
            | "bint"
            | "binti"
            | "al"
            | "el"
            | "ul"
            | "abu"
            | "ould"
            | "ait"
            | "san"
            | "santa"
            | "st"
            | "بن"
            | "ال"
    )
}

/// Words before a former family name: o.s. (omaa sukua), née, född, geborene.
pub(super) fn is_former(word: &str) -> bool {
    matches!(word, "os" | "ent" | "nee" | "nees" | "fodd" | "geb" | "geborene" | "born" | "roz")
}

/// Whether a word ends as a Russian patronymic does.
pub(super) fn is_patronymic(word: &str) -> bool {
    word.len() > 5
        && ["ovich", "evich", "ovna", "evna", "ilich", "kuzmich", "avich", "ivna", "ovitch", "vits", "vitsh"]
            .iter()
            .any(|end| word.ends_with(end))
}

/// Family and given name of a name in Chinese characters or Hangul: the family name is the first character, or one of
/// the known double ones.
pub(super) fn han_parts(word: &str) -> Option<(&str, &str)> {
    let is_han = |c: char| matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{ac00}'..='\u{d7a3}');
    let letters = word.chars().take(5).count();
    if !(2..=4).contains(&letters) || !word.chars().all(is_han) {
        return None;
    }
    let double = ["欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛", "夏侯", "皇甫", "东方", "東方"];
    let family = if letters > 2 && double.iter().any(|name| word.starts_with(name)) { 2 } else { 1 };
    word.char_indices().nth(family).map(|(at, _)| word.split_at(at))
}

/// Whether a word is in Chinese characters, kana or Hangul.
fn is_east_asian(word: &str) -> bool {
    word.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'))
}

/// Whether a word is in a script that [`syllables`] writes in Latin letters: those of East Asia, and Armenian, those of
/// India and South-East Asia, Georgian, Ethiopic, Khmer. Arabic and Hebrew leave vowels out, which leaves too little.
pub(super) fn is_other_script(word: &str) -> bool {
    let with_vowels = |c: char| matches!(c, '\u{530}'..='\u{58f}' | '\u{900}'..='\u{10ff}' | '\u{1200}'..='\u{139f}' | '\u{1780}'..='\u{17ff}');
    is_east_asian(word) || word.chars().any(with_vowels)
}

/// The characters of a word in Latin letters, folded, as one word unless each is a syllable; words that are in Latin
/// letters already as they are.
pub(super) fn syllables(word: &str) -> Vec<String> {
    if !is_other_script(word) {
        return vec![word.to_owned()];
    }
    let latin = word.chars().map(|c| fold_plain(deunicode::deunicode_char(c).unwrap_or_default()).replace(' ', ""));
    if is_east_asian(word) { latin.filter(|syllable| !syllable.is_empty()).collect() } else { vec![latin.collect()] }
}
