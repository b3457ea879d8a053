//! Female, male, other.
//!
//! Letters that mean different things in different languages say nothing: `N` is nainen, none or non-binary; `D` divers
//! or dame; `T`, `P` girl and boy in Finnish and Estonian only. `K` is a woman wherever it is used (kvinna, kvinne,
//! kobieta, kadın).

use super::text::{clip, fold_plain};

/// What a source says of a person's gender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gender {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither.
    Other,
}

/// The gender that a text means, or a form of address; `None`: it says nothing certain. Digits are those of
/// ISO/IEC 5218.
pub fn parse(text: &str) -> Option<Gender> {
    Some(match fold_plain(clip(text.trim(), 64)).as_str() {
        "f" | "female" | "fem" | "femme" | "feminin" | "femenino" | "feminino" | "femmina" | "w" | "woman"
        | "women" | "weiblich" | "frau" | "nainen" | "naispuolinen" | "nais" | "naine" | "naissoost" | "tytto"
        | "tudruk" | "k" | "kvinna" | "kvinne" | "kvinde" | "kvinnlig" | "kobieta" | "kona" | "girl" | "mujer"
        | "mulher" | "donna" | "zhenskiy" | "zhenskii" | "zhen" | "zh" | "rouva" | "rva" | "neiti" | "fru"
        | "froken" | "mrs" | "ms" | "miss" | "mme" | "mlle" | "2" => Gender::Female,
        "m" | "male" | "masc" | "masculin" | "masculino" | "man" | "men" | "mann" | "mand" | "manlig" | "mannlig"
        | "mannlich" | "maennlich" | "herr" | "mies" | "miespuolinen" | "mees" | "meessoost" | "poika" | "poiss"
        | "pojke" | "mezczyzna" | "karl" | "boy" | "hombre" | "homme" | "homem" | "uomo" | "muzhskoy" | "muzhskoi"
        | "muzh" | "herra" | "hra" | "mr" | "1" => Gender::Male,
        "x" | "other" | "muu" | "muunsukupuolinen" | "annat" | "annet" | "andet" | "muu sukupuoli" | "divers"
        | "diverse" | "nonbinary" | "non binary" | "icke binar" | "ickebinar" | "intersex" => Gender::Other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn notations() {
        for text in
            ["F", "female", "Nainen", "KVINNA", "k", "W", "2", "Mrs.", "naine", "Ж", "женский", "weiblich", "rouva"]
        {
            assert_eq!(parse(text), Some(Gender::Female), "{text}");
        }
        for text in ["M", "Male", "mies", " man ", "1", "Mr", "mees", "M.", "мужской", "männlich"] {
            assert_eq!(parse(text), Some(Gender::Male), "{text}");
        }
        for text in ["other", "Muu", "annat", "x", "divers", "non-binary"] {
            assert_eq!(parse(text), Some(Gender::Other), "{text}");
        }
        for text in ["", "N", "n/a", "none", "unknown", "D", "T", "P", "H", "0", "9", "-", "mf", "ei tiedossa"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>()) {
            prop_assert_eq!(parse(&text), parse(&text.to_uppercase()));
        }
    }
}
