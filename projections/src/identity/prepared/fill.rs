//! From attributes to a prepared record.

use super::{Birth, Id, Kind, Mail, Name, Place, Prepared, Span, Telephone, Word};
use crate::identity::attributes::{AddressText, Attributes};
use crate::identity::hash;
use crate::identity::normal::{self, company, date, email, gender, ids, nickname::Classes, person, phone, phonetic};
use crate::identity::policy::MatchPolicy;
use crate::identity::similar::letters;

/// More values of a field than this are left out: such a record is a list, not a customer.
const MOST: usize = 8;

pub(super) fn fill(attributes: &Attributes, policy: &MatchPolicy) -> Prepared {
    let mut builder = Builder::default();
    let kind = kind(attributes);
    let country = country(attributes);
    match kind {
        Kind::Organisation => builder.company(attributes),
        _ => builder.person(attributes),
    }
    builder.mails(attributes);
    builder.phones(attributes, country);
    for address in attributes.addresses.iter().take(MOST) {
        builder.address(address, attributes);
    }
    builder.ids(attributes, country, policy);
    let mut sex = gender::parse(&attributes.gender);
    let mut births = births(attributes);
    for id in &builder.personal {
        sex = sex.or(id.1);
        if let (Some(date), true) = (id.0, births.is_empty()) {
            births.push(Birth { year: date.year, month: date.month, day: date.day, rarity: 0 });
        }
    }
    Prepared {
        kind,
        gender: sex,
        generation: builder.generation,
        forms: builder.forms,
        source: if attributes.source.is_empty() { 0 } else { (hash::text(&attributes.source) as u32).max(1) },
        site: site(&attributes.website),
        text: builder.text.into(),
        names: builder.names.into(),
        words: builder.words.into(),
        births: if kind == Kind::Organisation { Box::default() } else { births.into() },
        mails: builder.mails.into(),
        phones: builder.phones.into(),
        places: builder.places.into(),
        ids: builder.ids.into(),
        keys: Box::default(),
        facets: Box::default(),
    }
}

fn country(attributes: &Attributes) -> Option<&'static str> {
    let written =
        std::iter::once(&attributes.country).chain(attributes.addresses.iter().map(|address| &address.country));
    written.filter(|text| !text.is_empty()).find_map(|text| normal::country::code(text))
}

/// What the source says, else what only a person or only an organisation has.
fn kind(attributes: &Attributes) -> Kind {
    match attributes.kind.trim().to_lowercase().as_str() {
        "person" | "p" | "individual" | "consumer" | "henkilö" | "henkilo" => return Kind::Person,
        "organisation" | "organization" | "company" | "business" | "yritys" | "o" => return Kind::Organisation,
        _ => {}
    }
    let said = |text: &str| !text.trim().is_empty();
    let company_name = || said(&attributes.name) && company::looks_like_company(&attributes.name);
    if said(&attributes.given_name) || said(&attributes.birth_dates.concat()) || said(&attributes.gender) {
        Kind::Person
    } else if said(&attributes.business_id) || said(&attributes.vat_id) || company_name() {
        Kind::Organisation
    } else if said(&attributes.family_name) {
        Kind::Person
    } else {
        Kind::Unknown
    }
}

fn births(attributes: &Attributes) -> Vec<Birth> {
    let mut found: Vec<Birth> = Vec::new();
    for text in &attributes.birth_dates {
        let dates = date::candidates(text);
        if dates.placeholder {
            continue;
        }
        for date in dates.as_slice() {
            let birth = Birth { year: date.year, month: date.month, day: date.day, rarity: 0 };
            if !found.contains(&birth) && found.len() < 4 {
                found.push(birth);
            }
        }
    }
    found
}

/// The host of a web site, hashed; 0: none.
fn site(text: &str) -> u64 {
    let text = text.trim().to_lowercase();
    let host = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or("");
    let host = host.strip_prefix("www.").unwrap_or(host);
    if host.contains('.') { hash::text(host) } else { 0 }
}

/// First given and first family name, whichever is which, hashed; 0 when one is missing.
fn full_name(given: &[Box<str>], family: &[Box<str>]) -> u64 {
    let (Some(one), Some(other)) = (given.first(), family.first()) else { return 0 };
    if one.len() < 2 || other.len() < 2 {
        return 0;
    }
    let (one, other) = (hash::text(one), hash::text(other));
    hash::keyed(9, &[one.min(other), one.max(other)])
}

fn short(text: &str) -> u32 {
    if text.is_empty() { 0 } else { (hash::text(text) as u32).max(1) }
}

/// Given and family name in words.
type Parts = (Vec<Box<str>>, Vec<Box<str>>);

#[derive(Default)]
struct Builder {
    text: String,
    names: Vec<Name>,
    words: Vec<Word>,
    mails: Vec<Mail>,
    phones: Vec<Telephone>,
    places: Vec<Place>,
    ids: Vec<Id>,
    generation: u8,
    forms: u64,
    personal: Vec<(Option<date::Date>, Option<normal::Gender>)>,
}

impl Builder {
    fn span(&mut self, text: &str) -> Span {
        let mut len = text.len().min(250);
        while !text.is_char_boundary(len) {
            len -= 1;
        }
        let start = self.text.len();
        let Ok(place) = u16::try_from(start) else { return Span::default() };
        if start + len > usize::from(u16::MAX) {
            return Span::default();
        }
        self.text.push_str(&text[..len]);
        Span { start: place, len: len as u16 }
    }

    fn word(&mut self, text: &str, given: bool) {
        let classes = if given { Classes::of(text) } else { Classes::NONE };
        let sound = short(&phonetic::key(text));
        let span = self.span(text);
        self.words.push(Word { text: span, rarity: 0, sound, letters: letters(text.as_bytes()), classes });
    }

    fn person(&mut self, attributes: &Attributes) {
        let Attributes { given_name, family_name, name, .. } = attributes;
        let mut texts = vec![(given_name.as_str(), family_name.as_str(), name.as_str())];
        if !(given_name.is_empty() && family_name.is_empty() || name.is_empty()) {
            texts[0].2 = "";
            texts.push(("", "", name));
        }
        texts.extend(attributes.aliases.iter().map(|alias| ("", "", alias.as_str())));
        let mut known: Vec<Parts> = Vec::new();
        for (given, family, name) in texts.into_iter().take(MOST) {
            let Some(parsed) = person::parse(given, family, name) else { continue };
            self.generation = self.generation.max(parsed.suffix.map_or(0, |suffix| suffix as u8 + 1));
            self.person_name(&parsed, &mut known);
            if let Some(latin) = parsed.romanised() {
                self.person_name(&latin, &mut known);
            }
        }
    }

    fn person_name(&mut self, name: &person::PersonName, known: &mut Vec<Parts>) {
        let parts = (name.given.clone(), name.family.clone());
        if known.contains(&parts) || self.words.len() + parts.0.len() + parts.1.len() > 200 {
            return;
        }
        let first = self.words.len() as u8;
        parts.0.iter().chain(&parts.1).for_each(|word| self.word(word, true));
        self.names.push(Name {
            first,
            given: parts.0.len() as u8,
            family: parts.1.len() as u8,
            whole: full_name(&parts.0, &parts.1),
            rarity: 0,
        });
        known.push(parts);
    }

    fn company(&mut self, attributes: &Attributes) {
        let names = [&attributes.name, &attributes.family_name].into_iter().chain(&attributes.aliases);
        for text in names.take(MOST) {
            let Some(parsed) = company::parse(text) else { continue };
            let whole = hash::text(&parsed.joined);
            if self.names.iter().any(|name| name.whole == whole) || self.words.len() + parsed.core.len() > 200 {
                continue;
            }
            self.forms |= parsed.forms.0;
            let first = self.words.len() as u8;
            parsed.core.iter().for_each(|word| self.word(word, false));
            let family = parsed.core.len() as u8;
            self.names.push(Name { first, given: 0, family, whole, rarity: 0 });
        }
    }

    fn mails(&mut self, attributes: &Attributes) {
        for text in attributes.emails.iter().take(MOST) {
            let Some(mail) = email::normalise(text).filter(|mail| !mail.placeholder) else { continue };
            let whole = format!("{}@{}", mail.base, mail.typo_domain);
            let value = hash::text(&whole);
            if self.mails.iter().any(|known| known.value == value) {
                continue;
            }
            let span = self.span(&whole);
            let local = Span { start: span.start, len: span.len.min(mail.base.len() as u16) };
            let domain = hash::text(&mail.typo_domain);
            let letters = letters(mail.base.as_bytes());
            self.mails.push(Mail { value, domain, local, letters, whole: span, role: mail.role, rarity: 0 });
        }
    }

    fn phones(&mut self, attributes: &Attributes, country: Option<&str>) {
        for text in attributes.phones.iter().take(MOST) {
            let Some(number) = phone::normalise(text, country).filter(|number| !number.placeholder) else { continue };
            let digits = &number.national[number.national.len().saturating_sub(9)..];
            let Ok(national) = digits.parse::<u32>() else { continue };
            if self.phones.iter().any(|known| known.national == national) {
                continue;
            }
            let full = number.e164.as_deref().map_or(0, hash::text);
            self.phones.push(Telephone { full, national, rarity: 0 });
        }
    }

    fn address(&mut self, address: &AddressText, attributes: &Attributes) {
        let country = if address.country.is_empty() { &attributes.country } else { &address.country };
        let parts = normal::address::Parts {
            street: &address.street,
            postal_code: &address.postal_code,
            city: &address.city,
            region: &address.region,
            country,
        };
        let Some(parsed) = normal::address::parse(&parts) else { return };
        let (street, number) = match &parsed.po_box {
            Some(number) if parsed.street.is_empty() => ("po box", number.parse().ok()),
            _ => (&*parsed.street, parsed.number),
        };
        let number = number.map_or(0, |number: u32| number.saturating_add(1));
        let place = if parsed.postal_code.is_empty() { &parsed.city } else { &parsed.postal_code };
        let value = match (street.is_empty(), number) {
            (true, _) | (_, 0) => 0,
            _ => hash::keyed(3, &[hash::text(street), u64::from(number), hash::text(place)]),
        };
        let place = Place {
            street: self.span(street),
            number,
            flat: short(&parsed.letter_stair_flat),
            postal: self.span(&parsed.postal_code),
            city: self.span(&parsed.city),
            region: short(&parsed.region),
            value,
            rarity: 0,
            city_rarity: 0,
        };
        if !place.street.is_empty() || !place.postal.is_empty() || !place.city.is_empty() || place.region != 0 {
            self.places.push(place);
        }
    }

    fn ids(&mut self, attributes: &Attributes, country: Option<&str>, policy: &MatchPolicy) {
        let mut found: Vec<ids::StrongId> = Vec::new();
        let business = ids::business_id(&attributes.business_id, country);
        let vat = ids::vat_id(&attributes.vat_id, country);
        let of_vat = vat.as_ref().and_then(ids::business_of_vat).filter(|id| id.valid);
        // Where the one follows from the other they are one id, unless they contradict each other.
        found.extend(business);
        match of_vat {
            Some(id) if found.contains(&id) => {}
            Some(id) if found.iter().all(|known| !known.valid) => found = vec![id],
            Some(id) => found.push(id),
            None => found.extend(vat),
        }
        for id in attributes.ids.iter().take(MOST) {
            let of = if id.country.is_empty() { None } else { Some(id.country.as_str()) };
            found.extend(ids::other(&id.kind, &id.value, of));
        }
        for id in found {
            self.personal.push((id.birth, id.sex));
            let (kind, country) = (short(&id.kind), short(&id.country));
            let strong = id.valid && (id.checked || policy.calls_strong(&id.kind));
            let hash = hash::keyed(5, &[u64::from(kind), hash::text(&id.value)]);
            if self.ids.iter().all(|known| known.hash != hash) {
                let value = self.span(&id.value);
                let registered = matches!(&*id.kind, "business" | "vat" | "lei");
                self.ids.push(Id { kind, country, value, hash, registered, strong });
            }
        }
    }
}
