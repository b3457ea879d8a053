//! What letters beyond ASCII are folded to.
//!
//! Latin: the base letter, or the usual two letters. Cyrillic: as passports write Russian (Doc 9303 of ICAO), with `yu`
//! and `ya` as English does. Greek: ISO 843, roughly.

/// What a small letter is folded to.
pub(super) enum Letter {
    /// These letters; empty: it is left out.
    Is(&'static str),
    /// One in the plain fold, another in the long one.
    Two { plain: &'static str, long: &'static str },
    /// Greek upsilon, which depends on the letter before.
    Upsilon,
    /// A gap between words.
    Gap,
    /// Not in the tables.
    Other,
}

/// What a small letter beyond ASCII is folded to.
pub(super) fn of(c: char) -> Letter {
    match c {
        '\u{80}'..'\u{250}' => latin(c),
        '\u{300}'..='\u{36f}' => Letter::Is(""),
        '\u{370}'..'\u{400}' => greek(c),
        '\u{400}'..'\u{530}' => cyrillic(c),
        '\u{5d0}'..'\u{700}' => semitic(c),
        // Vowels and accents of Hebrew.
        '\u{591}'..='\u{5c7}' => Letter::Is(""),
        '\u{2000}'..='\u{206f}' => punctuation(c),
        '\u{feff}' | '\u{fe00}'..='\u{fe0f}' => Letter::Is(""),
        _ => Letter::Other,
    }
}

fn latin(c: char) -> Letter {
    Letter::Is(match c {
        'ä' => return Letter::Two { plain: "a", long: "ae" },
        'ö' => return Letter::Two { plain: "o", long: "oe" },
        'å' => return Letter::Two { plain: "a", long: "aa" },
        'ü' => return Letter::Two { plain: "u", long: "ue" },
        'ø' | 'ǿ' => return Letter::Two { plain: "o", long: "oe" },
        'æ' | 'ǽ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'þ' => "th",
        'ð' | 'đ' => "d",
        'ł' => "l",
        'ħ' => "h",
        'ı' => "i",
        'ĸ' => "k",
        'ŋ' => "ng",
        'ŧ' => "t",
        'ſ' => "s",
        'ŉ' => "n",
        'ə' | 'ǝ' => "e",
        'á' | 'à' | 'â' | 'ã' | 'ā' | 'ă' | 'ą' | 'ª' => "a",
        'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => "c",
        'ď' => "d",
        'é' | 'è' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'í' | 'ì' | 'î' | 'ï' | 'ī' | 'į' => "i",
        'ľ' | 'ĺ' | 'ļ' => "l",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'ó' | 'ò' | 'ô' | 'õ' | 'ō' | 'ő' | 'º' => "o",
        'ř' | 'ŕ' => "r",
        'š' | 'ś' | 'ş' | 'ș' => "s",
        'ť' | 'ţ' | 'ț' => "t",
        'ú' | 'ù' | 'û' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ž' | 'ź' | 'ż' => "z",
        // Accents that people type for an apostrophe, and the soft hyphen.
        '´' | '\u{ad}' => "",
        '\u{80}'..='\u{bf}' | '×' | '÷' => return Letter::Gap,
        _ => return Letter::Other,
    })
}

fn greek(c: char) -> Letter {
    Letter::Is(match c {
        'α' | 'ά' => "a",
        'β' => "v",
        'γ' => "g",
        'δ' => "d",
        'ε' | 'έ' => "e",
        'ζ' => "z",
        'η' | 'ή' | 'ι' | 'ί' | 'ϊ' | 'ΐ' => "i",
        'θ' => "th",
        'κ' => "k",
        'λ' => "l",
        'μ' => "m",
        'ν' => "n",
        'ξ' => "x",
        'ο' | 'ό' | 'ω' | 'ώ' => "o",
        'π' => "p",
        'ρ' => "r",
        'σ' | 'ς' => "s",
        'τ' => "t",
        'ύ' | 'ϋ' | 'ΰ' => "y",
        'υ' => return Letter::Upsilon,
        'φ' => "f",
        'χ' => "ch",
        'ψ' => "ps",
        _ => return Letter::Other,
    })
}

fn cyrillic(c: char) -> Letter {
    Letter::Is(match c {
        'а' => "a",
        'б' => "b",
        'в' | 'ў' => "v",
        'г' | 'ґ' => "g",
        'д' => "d",
        'е' | 'ё' | 'э' | 'є' | 'ѐ' => "e",
        'ж' => "zh",
        'з' => "z",
        'и' | 'і' | 'ї' | 'ѝ' => "i",
        'й' | 'ј' | 'ы' => "y",
        'к' | 'ќ' => "k",
        'л' => "l",
        'љ' => "lj",
        'м' => "m",
        'н' => "n",
        'њ' => "nj",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'ћ' => "c",
        'у' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'џ' => "dz",
        'ш' => "sh",
        'щ' => "shch",
        'ъ' | 'ь' => "",
        'ю' => "yu",
        'я' => "ya",
        'ђ' => "dj",
        'ѓ' => "gj",
        'ѕ' => "dz",
        _ => return Letter::Other,
    })
}

/// Arabic and Hebrew: letters are kept, notations of one letter made one, vowels left out.
fn semitic(c: char) -> Letter {
    Letter::Is(match c {
        'أ' | 'إ' | 'آ' | 'ٱ' => "ا",
        'ى' | 'ی' => "ي",
        'ة' => "ه",
        'ک' => "ك",
        // Tatweel, the vowels, the superscript alef.
        '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' => "",
        _ => return Letter::Other,
    })
}

fn punctuation(c: char) -> Letter {
    match c {
        '‘' | '’' | '‛' | '′' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {
            Letter::Is("")
        }
        _ => Letter::Gap,
    }
}
