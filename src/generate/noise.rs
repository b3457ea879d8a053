//! Faults and habits of clerks: typing errors, dropped marks, broken encodings, swapped digits.

use super::rng::Rng;

/// Neighbours on a keyboard, in rows.
const ROWS: [&str; 4] = ["1234567890", "qwertyuiopå", "asdfghjklöä", "zxcvbnm"];

fn neighbour(letter: char, rng: &mut Rng) -> char {
    let lower = letter.to_lowercase().next().unwrap_or(letter);
    for row in ROWS {
        if let Some(at) = row.chars().position(|c| c == lower) {
            let to = if at == 0 || rng.chance(500) { at + 1 } else { at - 1 };
            let hit = row.chars().nth(to).or_else(|| row.chars().nth(at.saturating_sub(1))).unwrap_or(lower);
            return if letter.is_uppercase() { hit.to_uppercase().next().unwrap_or(hit) } else { hit };
        }
    }
    'e'
}

/// One typing error in `text`, from byte `start` on: a letter swapped with the next, dropped, doubled or hit beside.
/// Leaves the first letter alone where it can, as people do.
pub fn typo(text: &mut String, start: usize, rng: &mut Rng) {
    let letters: Vec<char> = text[start..].chars().collect();
    if letters.len() < 2 {
        text.push('x');
        return;
    }
    let at = 1 + rng.below(letters.len() as u32 - 1) as usize;
    let mut changed = letters.clone();
    match rng.below(4) {
        0 if at + 1 < letters.len() && letters[at] != letters[at + 1] => changed.swap(at, at + 1),
        1 if letters.len() > 3 => drop(changed.remove(at)),
        2 => changed.insert(at, letters[at]),
        _ => changed[at] = neighbour(letters[at], rng),
    }
    if changed == letters {
        changed.insert(at, letters[at]);
    }
    text.truncate(start);
    text.extend(changed);
}

/// One digit of `text` from byte `start` on becomes another, or two neighbours change places.
pub fn wrong_digit(text: &mut String, start: usize, rng: &mut Rng) {
    let places: Vec<usize> =
        text.bytes().enumerate().skip(start).filter(|(_, b)| b.is_ascii_digit()).map(|(at, _)| at).collect();
    if places.is_empty() {
        return typo(text, start, rng);
    }
    let n = rng.below(places.len() as u32) as usize;
    let digit = |at: usize| text.as_bytes()[at] - b'0';
    if let Some(next) = places.get(n + 1).copied().filter(|next| digit(*next) != digit(places[n]) && rng.chance(400)) {
        let (a, b) = (digit(places[n]), digit(next));
        set_digit(text, places[n], b);
        set_digit(text, next, a);
    } else {
        let other = (digit(places[n]) + 1 + rng.below(9) as u8) % 10;
        set_digit(text, places[n], other);
    }
}

fn set_digit(text: &mut String, at: usize, digit: u8) {
    let mut buffer = [0; 4];
    text.replace_range(at..=at, char::from(b'0' + digit).encode_utf8(&mut buffer));
}

/// How letters beyond a to z are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// As they are.
    Own,
    /// ä, ö, å, ø, õ, ü as a, o, a, o, o, u; other marks dropped.
    Plain,
    /// ä, ö, å, ø, æ, ü as ae, oe, aa, oe, ae, ue.
    Spelt,
    /// UTF-8 read as Latin-1.
    Broken,
}

impl Letters {
    /// A habit: mostly own, sometimes plain, seldom the others.
    pub fn draw(rng: &mut Rng) -> Self {
        match rng.below(100) {
            0..=79 => Self::Own,
            80..=91 => Self::Plain,
            92..=96 => Self::Spelt,
            _ => Self::Broken,
        }
    }

    /// Rewrites `text` from byte `start` on.
    pub fn apply(self, text: &mut String, start: usize) {
        if self == Self::Own || text[start..].is_ascii() {
            return;
        }
        let written = text.split_off(start);
        for letter in written.chars() {
            match self {
                Self::Broken => broken(letter, text),
                _ => folded(letter, self == Self::Spelt, text),
            }
        }
    }
}

fn broken(letter: char, out: &mut String) {
    // Capitals would turn into control characters or quotes of another code page; they are left.
    let code = u32::from(letter);
    if (0xe0..=0xff).contains(&code) {
        out.push('Ã');
        out.push(char::from_u32(code - 0x40).unwrap_or(letter));
    } else {
        out.push(letter);
    }
}

/// Writes a letter in ASCII.
fn folded(letter: char, spelt: bool, out: &mut String) {
    let (plain, long) = match letter {
        'ä' => ("a", "ae"),
        'æ' => ("ae", "ae"),
        'å' => ("a", "aa"),
        'ö' | 'ø' => ("o", "oe"),
        'ü' => ("u", "ue"),
        'Ä' => ("A", "Ae"),
        'Æ' => ("Ae", "Ae"),
        'Å' => ("A", "Aa"),
        'Ö' | 'Ø' => ("O", "Oe"),
        'Ü' => ("U", "Ue"),
        'Õ' => ("O", "O"),
        'š' => ("s", "sh"),
        'ž' => ("z", "zh"),
        'Ž' => ("Z", "Zh"),
        'Đ' => ("D", "D"),
        'đ' => ("d", "d"),
        _ if letter.is_ascii() => return out.push(letter),
        _ => (marked(letter), marked(letter)),
    };
    out.push_str(if spelt { long } else { plain });
}

/// The letter below the marks, for the letters that occur in the names of this module.
fn marked(letter: char) -> &'static str {
    match letter {
        'á' | 'à' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ắ' | 'ằ' | 'ặ' | 'â' | 'ấ' | 'ầ' | 'ẩ' | 'ậ' => "a",
        'é' | 'è' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ế' | 'ề' | 'ể' | 'ễ' | 'ệ' => "e",
        'í' | 'ì' | 'ỉ' | 'ĩ' | 'ị' => "i",
        'ó' | 'ò' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ố' | 'ồ' | 'ổ' | 'ộ' | 'ơ' | 'ớ' | 'ờ' | 'ợ' => "o",
        'ú' | 'ù' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ứ' | 'ừ' | 'ữ' | 'ự' => "u",
        'ý' | 'ỳ' | 'ỷ' | 'ỹ' | 'ỵ' => "y",
        _ => "",
    }
}

/// Writes `text` as the local part of an e-mail address or a domain: lower case, ASCII, words joined by `joint`.
pub fn slug(text: &str, joint: &str, out: &mut String) {
    let start = out.len();
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            ' ' | '-' if out.len() > start && !out.ends_with(joint) => out.push_str(joint),
            'a'..='z' | '0'..='9' => out.push(letter),
            _ if letter.is_alphabetic() => folded(letter, false, out),
            _ => {}
        }
    }
}

/// Capital letters throughout, as old registers have it.
pub fn capitals(text: &mut String, start: usize) {
    let written = text.split_off(start);
    text.extend(written.chars().flat_map(char::to_uppercase));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_changes_the_word_and_little_of_it() {
        let rng = &mut Rng::new(1);
        for word in ["Virtanen", "Åke", "Li", "Mäkelä", "aaaa", "X"] {
            for _ in 0..200 {
                let mut text = format!("é {word}");
                let start = text.len() - word.len();
                typo(&mut text, start, rng);
                assert!(text.starts_with("é ") && text[start..] != *word, "{word} {text}");
                assert!(text[start..].chars().count().abs_diff(word.chars().count()) <= 1, "{word} {text}");
            }
        }
    }

    #[test]
    fn a_wrong_digit_is_another_number() {
        let rng = &mut Rng::new(2);
        for _ in 0..1_000 {
            let mut text = "+358 40 123 4567".to_owned();
            wrong_digit(&mut text, 4, rng);
            assert!(text.starts_with("+358") && text != "+358 40 123 4567" && text.len() == 16, "{text}");
        }
    }

    #[test]
    fn letters_are_written_in_the_usual_ways() {
        let write = |letters: Letters| {
            let mut text = "Ö: Håkan Mäkelä".to_owned();
            letters.apply(&mut text, 4);
            text
        };
        assert_eq!(write(Letters::Own), "Ö: Håkan Mäkelä");
        assert_eq!(write(Letters::Plain), "Ö: Hakan Makela");
        assert_eq!(write(Letters::Spelt), "Ö: Haakan Maekelae");
        assert_eq!(write(Letters::Broken), "Ö: HÃ¥kan MÃ¤kelÃ¤");
        let mut out = String::new();
        slug("Nguyễn Đặng-O'Brien & Sønner", "-", &mut out);
        assert_eq!(out, "nguyen-dang-obrien-sonner");
    }
}
