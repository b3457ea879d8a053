//! A document of which every part knows its place: whoever reads a part notes what is wrong with it, answers `None`,
//! and the others go on.

use kulta_events::{Json, Problem};

/// The most problems that are told.
const MOST_PROBLEMS: usize = 100;

/// What is wrong with a document, as far as it has been read. No text holds a value of it.
#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, code: &str, pointer: &str, detail: impl Into<String>) {
        if self.0.len() < MOST_PROBLEMS {
            self.0.push(Problem::new(code, pointer, detail));
        }
    }

    pub(super) fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}

/// A value of the document, and where it stands.
pub(super) struct Place<'d> {
    pub(super) value: &'d Json,
    pub(super) pointer: String,
}

impl<'d> Place<'d> {
    pub(super) fn root(value: &'d Json) -> Self {
        Self { value, pointer: String::new() }
    }

    pub(super) fn pointer_to(&self, member: &str) -> String {
        format!("{}/{}", self.pointer, member.replace('~', "~0").replace('/', "~1"))
    }

    /// A member; `None` when it is not there.
    pub(super) fn get(&self, member: &str) -> Option<Place<'d>> {
        let value = self.value.get(member)?;
        Some(Place { value, pointer: self.pointer_to(member) })
    }

    /// A member that has to be there.
    pub(super) fn need(&self, member: &str, problems: &mut Problems) -> Option<Place<'d>> {
        let found = self.get(member);
        if found.is_none() && matches!(self.value, Json::Object(_)) {
            problems.add("missing", &self.pointer_to(member), "required");
        }
        found
    }

    /// Notes that something else was expected here; the answer of whoever wanted it.
    pub(super) fn refuse<T>(&self, expected: impl Into<String>, problems: &mut Problems) -> Option<T> {
        problems.add("invalid", &self.pointer, format!("expected {}", expected.into()));
        None
    }

    /// Whether this is an object; members other than these are refused.
    pub(super) fn only(&self, known: &[&str], problems: &mut Problems) -> Option<()> {
        if !matches!(self.value, Json::Object(_)) {
            return self.refuse("an object", problems);
        }
        for (name, _) in self.value.members() {
            if !known.contains(&name.as_str()) {
                problems.add("unknown", &self.pointer_to(name), format!("expected one of {}", known.join(", ")));
            }
        }
        Some(())
    }

    /// The one member of an object, with its name.
    pub(super) fn single(&self, known: &[&str], problems: &mut Problems) -> Option<(&'d str, Place<'d>)> {
        match self.value {
            Json::Object(members) if members.len() == 1 => {
                let (name, value) = &members[0];
                if known.contains(&name.as_str()) {
                    return Some((name, Place { value, pointer: self.pointer_to(name) }));
                }
                problems.add("unknown", &self.pointer_to(name), format!("expected one of {}", known.join(", ")));
                None
            }
            _ => self.refuse(format!("an object with one of {}", known.join(", ")), problems),
        }
    }

    /// A text that is not blank, of at most so many characters.
    pub(super) fn text(&self, most: usize, problems: &mut Problems) -> Option<Box<str>> {
        match self.value {
            Json::String(text) if !text.trim().is_empty() && text.chars().count() <= most => Some(text.as_str().into()),
            _ => self.refuse(format!("a text of 1 to {most} characters"), problems),
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole(&self, least: u32, most: u32, problems: &mut Problems) -> Option<u32> {
        let number = match self.value {
            Json::Number(_) => self.value.as_decimal().filter(|number| number.fract().is_zero()),
            _ => None,
        };
        let number = number.and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (least..=most).contains(number));
        number.or_else(|| self.refuse(format!("a whole number from {least} to {most}"), problems))
    }

    /// The parts of a list of one to so many.
    pub(super) fn list(&self, most: usize, problems: &mut Problems) -> Option<Vec<Place<'d>>> {
        let Json::Array(parts) = self.value else { return self.refuse("a list", problems) };
        if parts.is_empty() || parts.len() > most {
            return self.refuse(format!("a list of 1 to {most}"), problems);
        }
        let part = |(index, value)| Place { value, pointer: format!("{}/{index}", self.pointer) };
        Some(parts.iter().enumerate().map(part).collect())
    }

    /// A text that has to be there.
    pub(super) fn need_text(&self, member: &str, most: usize, problems: &mut Problems) -> Option<Box<str>> {
        self.need(member, problems)?.text(most, problems)
    }

    /// A text that may be absent. The outer `None`: it is there and wrong.
    pub(super) fn may_text(&self, member: &str, most: usize, problems: &mut Problems) -> Option<Option<Box<str>>> {
        optional(self.get(member), |place| place.text(most, problems))
    }

    /// A whole number that has to be there.
    pub(super) fn need_whole(&self, member: &str, (least, most): (u32, u32), problems: &mut Problems) -> Option<u32> {
        self.need(member, problems)?.whole(least, most, problems)
    }
}

/// What may be absent. The outer `None`: it is there and wrong.
pub(super) fn optional<'d, T>(
    place: Option<Place<'d>>,
    read: impl FnOnce(Place<'d>) -> Option<T>,
) -> Option<Option<T>> {
    match place {
        None => Some(None),
        Some(place) => read(place).map(Some),
    }
}
