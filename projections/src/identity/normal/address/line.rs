//! A whole address in one line.

use super::super::country;
use super::super::text::{fold_plain, tokens};
use super::{Address, places, postcode, street};

/// Segments of a line that are read.
const MOST_SEGMENTS: usize = 8;

/// A segment between commas, folded, and as it was written.
struct Segment<'a> {
    text: &'a str,
    folded: String,
}

/// The address in a line such as `123 Main Street, Las Vegas NV 89132` or `Mannerheimintie 5 B 12, 00100 Helsinki`.
///
/// `home` is the country's ISO code when it is told beside the line.
pub(super) fn parse(line: &str, home: &str) -> Address {
    let mut segments: Vec<Segment<'_>> = line
        .split([',', ';', '\n', '|'])
        .map(|text| Segment { text: text.trim(), folded: fold_plain(text) })
        .filter(|segment| {
            !segment.folded.is_empty() && !segment.folded.starts_with("c o ") && !segment.folded.starts_with("attn ")
        })
        .take(MOST_SEGMENTS)
        .collect();
    let mut address = Address { country: take_country(&mut segments).unwrap_or(home).into(), ..Address::default() };
    let mut city = String::new();
    let street_cut = take_postcode(&mut segments, &mut address, &mut city);
    if segments.len() > 1 && address.region.is_empty() && take_state(&mut segments, &mut address) {
        // The state stood alone.
    }
    if city.is_empty() && segments.len() > 1 {
        take_city(&mut segments, &mut address, &mut city);
    }
    let text = street_text(&segments, street_cut);
    let parsed = street::parse(&text);
    if city.is_empty() {
        city = town_of_tail(&parsed.tail, &mut address);
    }
    address.city = places::town(&city).into();
    address.street = parsed.street.into();
    address.number = parsed.number;
    address.letter_stair_flat = parsed.behind.into();
    address.po_box = parsed.po_box;
    if let (None, None) = (address.number, &address.po_box)
        && address.city.is_empty()
        && address.postal_code.is_empty()
        && places::is_town(&address.street)
    {
        // A lone town.
        address.city = places::town(&address.street).into();
        address.street = Box::from("");
    }
    address
}

/// The country, as a segment of its own or the last word of the last one.
fn take_country(segments: &mut Vec<Segment<'_>>) -> Option<&'static str> {
    // A code counts only at the end: LV may be Las Vegas before it.
    let last = segments.len().saturating_sub(1);
    let names = |segment: &Segment<'_>, at: usize| {
        places::state(&segment.folded).is_none() && (at == last || segment.folded.len() > 3)
    };
    for at in (1..segments.len()).rev() {
        let segment = segments.get(at)?;
        if names(segment, at)
            && let Some(code) = country::code(segment.text)
        {
            // Singapore and Monaco are towns as well: with nothing else left for a town the segment stays.
            let is_town = at == 1 && segments.len() == 2 && segment.folded.len() > 3 && is_city_state(code);
            if !is_town {
                segments.remove(at);
            }
            return Some(code);
        }
    }
    let last = segments.last_mut()?;
    let (before, word) = last.folded.rsplit_once(' ')?;
    let code = (word.len() > 2 && before.bytes().any(|byte| byte.is_ascii_alphabetic()))
        .then(|| country::code(word))
        .flatten()?;
    if is_city_state(code) {
        return None;
    }
    last.folded = before.to_owned();
    last.text = last.text.rsplit_once(char::is_whitespace).map_or(last.text, |(before, _)| before);
    Some(code)
}

fn is_city_state(code: &str) -> bool {
    matches!(code, "SG" | "MC" | "LU" | "HK" | "MO" | "GI" | "VA" | "SM" | "DJ" | "GT" | "PA" | "KW")
}

/// The postcode, and the town and state beside it. Gives the text of the street when it stood in the same segment.
fn take_postcode(segments: &mut Vec<Segment<'_>>, address: &mut Address, city: &mut String) -> Option<String> {
    for at in (0..segments.len()).rev() {
        let segment = segments.get(at)?;
        let words: Vec<&str> = tokens(&segment.folded).collect();
        let Some(found) = postcode::find(&words, at == 0) else { continue };
        address.postal_code = postcode::normal(&found.code, &address.country).into();
        let (before, behind) = (words.get(..found.at)?, words.get(found.at + found.words..)?);
        let (before, behind) = (before.join(" "), behind.join(" "));
        if at == 0 {
            *city = behind;
            // Without a state there is no telling a town from a street that stands before the code.
            segments.truncate(1);
            return Some(before);
        }
        let town = if behind.is_empty() { before } else { behind };
        let town = without_state(&town, address);
        if town.is_empty() && at > 1 {
            segments.truncate(at);
            take_city(segments, address, city);
        } else {
            *city = town;
            segments.truncate(at);
        }
        // "…, Loughborough, Leicestershire, LE11 1UU": what stood before a lone code is a region, then a town.
        return None;
    }
    None
}

/// A town without the state behind it, which is noted.
fn without_state(town: &str, address: &mut Address) -> String {
    if let Some(state) = places::state(town)
        && (town.len() == 2 || town == "ohio")
    {
        address.region = state.into();
        return String::new();
    }
    for (space, _) in town.match_indices(' ') {
        let (before, behind) = town.split_at(space);
        if let Some(state) = places::state(behind.trim()) {
            address.region = state.into();
            return before.to_owned();
        }
    }
    town.to_owned()
}

/// A last segment that is a state.
fn take_state(segments: &mut Vec<Segment<'_>>, address: &mut Address) -> bool {
    let Some(state) = segments.last().and_then(|last| places::state(&last.folded)) else { return false };
    address.region = state.into();
    segments.pop();
    true
}

/// The town among the segments behind the street: the second of three, or the last without digits.
fn take_city(segments: &mut Vec<Segment<'_>>, address: &mut Address, city: &mut String) {
    if segments.len() > 2
        && address.region.is_empty()
        && segments.iter().skip(1).all(|segment| !has_digit(&segment.folded))
    {
        if let Some(region) = segments.pop() {
            address.region = places::state(&region.folded).map_or_else(|| region.folded.clone().into(), Box::from);
        }
        segments.truncate(2);
    }
    let is_town = segments.last().is_some_and(|last| !has_digit(&last.folded));
    if is_town
        && segments.len() > 1
        && let Some(last) = segments.pop()
    {
        *city = without_state(&last.folded, address);
    }
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// A house number and a street behind it.
fn begins_with_house(folded: &str) -> bool {
    folded.starts_with(|c: char| c.is_ascii_digit())
        && tokens(folded).skip(1).any(|word| word.len() > 2 && !has_digit(word))
}

/// The text of the street: what is left of the segments, without a name before it (`Acme Oy, Katu 5`).
fn street_text(segments: &[Segment<'_>], cut: Option<String>) -> String {
    if let Some(cut) = cut {
        return cut;
    }
    // #01-11, Hill View, 4 Hillview Rise: the flat first, then the house, then the street.
    let is_flat = |segment: &&Segment<'_>| street::is_flat(segment.text);
    let house = segments.iter().position(|segment| !is_flat(&segment) && begins_with_house(&segment.folded));
    if let (Some(flat), Some(house)) = (segments.first().filter(is_flat), house) {
        let behind = segments.iter().skip(house);
        return behind.chain(std::iter::once(flat)).map(|segment| segment.text).collect::<Vec<_>>().join(" ");
    }
    let named = segments.first().is_some_and(|first| !has_digit(&first.folded) && !first.folded.ends_with(" ul"));
    let numbered = segments.get(1).is_some_and(|second| {
        let first_is_house = tokens(&second.folded).next().is_some_and(street::is_marker);
        has_digit(&second.folded)
            && !first_is_house
            && tokens(&second.folded).any(|word| word.len() > 3 && !has_digit(word))
    });
    let from = usize::from(named && numbered);
    segments.iter().skip(from).map(|segment| segment.text).collect::<Vec<_>>().join(" ")
}

/// The town in words behind a street.
fn town_of_tail(tail: &str, address: &mut Address) -> String {
    if address.region.is_empty() { without_state(tail, address) } else { tail.to_owned() }
}
