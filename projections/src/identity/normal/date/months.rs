//! Names of months.

use super::super::text::fold_plain;

/// The month that a word names in English, Finnish, Swedish, Danish, Norwegian, Estonian or German.
pub(super) fn month(word: &str) -> Option<u8> {
    let folded = fold_plain(word);
    let long = [("marras", 11), ("jaan", 1), ("veeb", 2), ("juun", 6), ("juul", 7)];
    if let Some((_, month)) = long.iter().find(|(start, _)| folded.starts_with(start)) {
        return Some(*month);
    }
    Some(match folded.get(..3)? {
        "jan" | "tam" => 1,
        "feb" | "hel" => 2,
        "mar" | "maa" | "mae" => 3,
        "apr" | "huh" => 4,
        "may" | "maj" | "mai" | "tou" => 5,
        "jun" | "kes" => 6,
        "jul" | "hei" => 7,
        "aug" | "elo" => 8,
        "sep" | "syy" => 9,
        "oct" | "okt" | "lok" => 10,
        "nov" => 11,
        "dec" | "des" | "det" | "dez" | "jou" => 12,
        _ => return None,
    })
}
