//! Names of persons in their parts.
//!
//! A source gives a given name and a family name, or the whole name in one text. The parts of a whole name are known
//! when a comma, capitals (`VIRTANEN Matti`) or one part given beside it tell them; otherwise they are a guess by given
//! names that are known, by `-nen` and by patronymics, and [`PersonName::order_known`] is false.

mod words;

use super::nickname;
use super::text::{clip, fold_plain, repair, tokens};

/// Bytes of a name that are read.
const MOST_BYTES: usize = 400;
/// Words of a name that are read.
const MOST_WORDS: usize = 16;
/// Given names that are kept, and as many words of a family name.
const MOST_KEPT: usize = 4;

/// What tells generations of one name apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suffix {
    /// Sr, vanhempi.
    First,
    /// Jr, nuorempi, II.
    Second,
    /// III.
    Third,
    /// IV and later.
    Later,
}

/// A name of a person, every part folded with [`fold_plain`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonName {
    /// Given names in their order, up to four; an initial is one letter.
    pub given: Vec<Box<str>>,
    /// The family name's words without particles, up to four: a double surname is two, a former one (`o.s.`) comes last.
    pub family: Vec<Box<str>>,
    /// `von`, `de la`, `bin` before the family name; empty when there is none.
    pub particle: Box<str>,
    /// The generation, when it is said.
    pub suffix: Option<Suffix>,
    /// Whether the source said which part is the family name. Otherwise the parts are a guess.
    pub order_known: bool,
}

impl PersonName {
    /// All words of the name without particles, given names first.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.given.iter().chain(&self.family).map(|word| &**word)
    }

    /// The name in Latin letters, when it is in a script that is not written in them as passports do by
    /// [`fold_plain`] and that writes vowels: one more name to compare, as an alias is. Weak evidence, since many
    /// characters sound alike. Each Chinese character, kana and Hangul syllable of the given name is a word (`xiu ying`).
    pub fn romanised(&self) -> Option<Self> {
        if !self.words().any(words::is_other_script) {
            return None;
        }
        let family = self.family.iter().map(|word| words::syllables(word).concat().into()).collect();
        let given = self.given.iter().flat_map(|word| words::syllables(word)).take(MOST_KEPT).map(Box::from).collect();
        let name = Self { given, family, ..self.clone() };
        let said = name.words().all(|word| !word.is_empty());
        said.then_some(name)
    }
}

/// The name that these fields hold; empty texts count as missing. `None`: they hold no name.
pub fn parse(given: &str, family: &str, name: &str) -> Option<PersonName> {
    let (given, family) = (clip(given.trim(), MOST_BYTES), clip(family.trim(), MOST_BYTES));
    let parsed = match (given.is_empty(), family.is_empty()) {
        (false, false) => of_fields(given, family),
        (true, true) => of_whole(name),
        (false, true) if name.trim().is_empty() => of_whole(given),
        (true, false) if name.trim().is_empty() => of_whole(family),
        (false, true) => of_given_and_whole(given, name),
        (true, false) => of_family_and_whole(family, name),
    };
    (!parsed.given.is_empty() || !parsed.family.is_empty()).then_some(parsed)
}

/// Words of a name, and what was said beside them.
#[derive(Default)]
struct Words<'a> {
    words: Vec<&'a str>,
    suffix: Option<Suffix>,
}

impl<'a> Words<'a> {
    /// The words of a folded text, titles and suffixes taken off.
    fn of(folded: &'a str) -> Self {
        let mut words: Vec<_> = tokens(folded).take(MOST_WORDS).collect();
        join_omaa_sukua(&mut words);
        let titles = words.iter().take_while(|word| words::is_title(word)).count();
        // A title that stands alone is still a title; one that may be a name is not.
        let titles = if titles == words.len() && words.last().is_some_and(|last| !words::is_only_title(last)) {
            titles.saturating_sub(1)
        } else {
            titles
        };
        words.drain(..titles);
        while words.len() > 2 && words.last().is_some_and(|last| words::is_degree(last)) {
            words.pop();
        }
        let mut suffix = None;
        let mut place = 0;
        words.retain(|word| {
            place += 1;
            let said = if place > 1 { words::suffix(word) } else { None };
            suffix = suffix.or(said);
            said.is_none()
        });
        Self { words, suffix }
    }
}

/// The first of his name, behind given names: `Morris I`. It may be an initial as well and stays among them; taken for
/// one of the other it does no harm unless another record says II or Jr.
fn first_of_his_name(given: &[&str]) -> Option<Suffix> {
    let numbered = matches!(given, [.., before, "i"] if before.len() > 1);
    numbered.then_some(Suffix::First)
}

/// `o.s.` (omaa sukua, née) is one word.
fn join_omaa_sukua(words: &mut Vec<&str>) {
    let at = words.windows(2).position(|pair| pair == ["o", "s"]).filter(|at| *at > 0 && at + 2 < words.len());
    if let Some(at) = at {
        words.splice(at..at + 2, ["os"]);
    }
}

/// The words of a family name: particles apart, `o brien` as one, former names without what marks them.
fn set_family(parsed: &mut PersonName, words: &[&str]) {
    let mut rest = words;
    let mut particle = String::new();
    while let [first, _, ..] = rest {
        if !words::is_particle(first) {
            break;
        }
        if !particle.is_empty() {
            particle.push(' ');
        }
        particle.push_str(first);
        rest = rest.get(1..).unwrap_or_default();
    }
    parsed.particle = particle.into();
    let mut prefix = "";
    for (place, word) in rest.iter().enumerate() {
        let last = place + 1 == rest.len();
        if !last && matches!(*word, "o" | "mc" | "mac") && prefix.is_empty() {
            prefix = word;
        } else if last || !(words::is_former(word) || (place > 0 && words::is_particle(word))) {
            if parsed.family.len() < MOST_KEPT {
                parsed.family.push([prefix, *word].concat().into());
            }
            prefix = "";
        }
    }
}

fn set_given(parsed: &mut PersonName, words: &[&str]) {
    parsed.given = words.iter().take(MOST_KEPT).map(|word| Box::from(*word)).collect();
}

fn of_fields(given: &str, family: &str) -> PersonName {
    let (given, family) = (fold_plain(&repair(given)), fold_plain(&repair(family)));
    let (mut given, family) = (Words::of(&given), Words::of(&family));
    // The family name again, at the end of the field of given names.
    if given.words.len() > family.words.len() && given.words.ends_with(&family.words) {
        given.words.truncate(given.words.len() - family.words.len());
    }
    let suffix = family.suffix.or(given.suffix).or_else(|| first_of_his_name(&given.words));
    let mut parsed = PersonName { suffix, order_known: true, ..PersonName::default() };
    set_given(&mut parsed, &given.words);
    set_family(&mut parsed, &family.words);
    parsed
}

fn of_given_and_whole(given: &str, name: &str) -> PersonName {
    let (given_text, name_text) = (fold_plain(&repair(given)), fold_plain(&repair(clip(name, MOST_BYTES))));
    let (given, whole) = (Words::of(&given_text), Words::of(&name_text));
    let rest: Vec<_> = whole.words.iter().copied().filter(|word| !given.words.contains(word)).collect();
    if rest.is_empty() || rest.len() == whole.words.len() {
        return of_whole(name);
    }
    let mut parsed = PersonName { suffix: whole.suffix, order_known: true, ..PersonName::default() };
    set_given(&mut parsed, &given.words);
    set_family(&mut parsed, &rest);
    parsed
}

fn of_family_and_whole(family: &str, name: &str) -> PersonName {
    let (family_text, name_text) = (fold_plain(&repair(family)), fold_plain(&repair(clip(name, MOST_BYTES))));
    let (family, whole) = (Words::of(&family_text), Words::of(&name_text));
    let rest: Vec<_> = whole.words.iter().copied().filter(|word| !family.words.contains(word)).collect();
    if rest.is_empty() || rest.len() == whole.words.len() {
        return of_whole(name);
    }
    let mut parsed = PersonName { suffix: whole.suffix.or(family.suffix), order_known: true, ..PersonName::default() };
    set_given(&mut parsed, &rest);
    set_family(&mut parsed, &family.words);
    parsed
}

/// A whole name in one text.
fn of_whole(name: &str) -> PersonName {
    let name = repair(clip(name, MOST_BYTES));
    let mut parts = name.split([',', '，', '،', ';']).map(fold_plain).filter(|part| !says_nothing_but_titles(part));
    let first = parts.next().unwrap_or_default();
    let second = parts.next().unwrap_or_default();
    let later = name.rsplit([',', '，', '،', ';']).next().and_then(|last| words::suffix(fold_plain(last).trim()));
    let (first, second) = (Words::of(&first), Words::of(&second));
    let degrees = first.words.len() > 1 && second.words.iter().all(|word| words::is_short_degree(word));
    let mut parsed = PersonName { suffix: later.or(second.suffix).or(first.suffix), ..PersonName::default() };
    if !second.words.is_empty() && !degrees {
        parsed.order_known = true;
        parsed.suffix = parsed.suffix.or_else(|| first_of_his_name(&second.words));
        set_family(&mut parsed, &first.words);
        set_given(&mut parsed, &second.words);
        return parsed;
    }
    if let [word] = first.words.as_slice()
        && let Some((family, given)) = words::han_parts(word)
    {
        set_family(&mut parsed, &[family]);
        set_given(&mut parsed, &[given]);
        return parsed;
    }
    let split = by_capitals(&name, &first.words);
    parsed.order_known = split.is_some();
    match split.unwrap_or_else(|| guess(&first.words)) {
        Split::GivenFirst(at) => {
            set_given(&mut parsed, first.words.get(..at).unwrap_or_default());
            set_family(&mut parsed, first.words.get(at..).unwrap_or_default());
        }
        Split::FamilyFirst(at) => {
            set_family(&mut parsed, first.words.get(..at).unwrap_or_default());
            set_given(&mut parsed, first.words.get(at..).unwrap_or_default());
        }
    }
    parsed
}

fn says_nothing_but_titles(folded: &str) -> bool {
    tokens(folded).all(|word| words::is_only_title(word) || words::is_degree(word) || words::suffix(word).is_some())
}

/// Where given and family name meet: the number of words before.
#[derive(Clone, Copy)]
enum Split {
    GivenFirst(usize),
    FamilyFirst(usize),
}

/// The family name is the one in capitals, when some words are and others are not.
fn by_capitals(name: &str, words: &[&str]) -> Option<Split> {
    if !name.contains(char::is_lowercase) {
        return None;
    }
    let shouted = |word: &&str| {
        let mut letters = word.chars().filter(|c| c.is_alphabetic());
        letters.clone().count() > 2 && letters.all(char::is_uppercase)
    };
    let capitals: String = name.split_whitespace().filter(shouted).collect::<Vec<_>>().join(" ");
    let folded = fold_plain(&capitals);
    let family: Vec<_> = tokens(&folded).collect();
    let others = words.len().checked_sub(family.len()).filter(|others| *others > 0)?;
    match family.as_slice() {
        [] => None,
        family if words.starts_with(family) => Some(Split::FamilyFirst(family.len())),
        family if words.ends_with(family) => Some(Split::GivenFirst(others)),
        _ => None,
    }
}

/// The likeliest parts of a name that does not tell them. Given names come first unless something speaks against it.
fn guess(words: &[&str]) -> Split {
    let known = |word: &str| nickname::is_given_name(word);
    match words {
        [] => Split::GivenFirst(0),
        [only] => Split::GivenFirst(usize::from(known(only))),
        [first, .., last] => {
            let last_place = words.len() - 1;
            let particle = words.iter().position(|word| words::is_particle(word)).filter(|at| *at < last_place);
            let former = words.iter().position(|word| words::is_former(word)).filter(|at| *at > 1);
            match (particle, former) {
                (Some(0), _) if words[..last_place].iter().all(|word| words::is_particle(word)) && words.len() > 2 => {
                    Split::GivenFirst(0)
                }
                (Some(0), _) if words.len() > 2 && known(last) => Split::FamilyFirst(last_place),
                (Some(at), _) if at > 0 => Split::GivenFirst(at),
                (_, Some(at)) => Split::GivenFirst(at - 1),
                _ if words.len() > 2 && words::is_patronymic(last) => Split::FamilyFirst(1),
                _ if first.ends_with("nen") && !last.ends_with("nen") => Split::FamilyFirst(1),
                _ if last.ends_with("nen") => Split::GivenFirst(last_place),
                _ if known(last) && !known(first) && first.len() > 1 => Split::FamilyFirst(1),
                _ => Split::GivenFirst(last_place),
            }
        }
    }
}

#[cfg(test)]
mod tests;
