//! Event types that are described at run time, by a subset of JSON Schema (2020-12), and become the same table that
//! built-in types are made of. What may be described: `docs/event-types.md`.
//!
//! | file | what |
//! |---|---|
//! | `name` | what such a type may be called |
//! | `schema` | from JSON Schema to members |
//! | `changes` | how a type may change from one version to the next |
//! | `table` | from members to an [`EventType`] |

mod changes;
mod name;
mod schema;
mod table;

pub use name::RESERVED_FAMILIES;

use crate::envelope::Problem;
use crate::field::Kind;
use crate::json::Json;
use crate::vocabulary::{EventType, Importance};

/// The largest schema, as compact JSON text, in bytes.
pub const MAX_SCHEMA_BYTES: usize = 65_536;
/// The most members of a type, nested ones included.
pub const MAX_MEMBERS: usize = 200;
/// The most characters of a title.
const MAX_TITLE: usize = 1_000;

/// A type as somebody describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    name: String,
    title: String,
    importance: Importance,
    members: Vec<Member>,
}

/// One member of a described type.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    name: String,
    shape: Shape,
    is_fact: bool,
    is_money: bool,
    is_required: bool,
}

/// What a member holds: a [`Kind`] that owns what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    Plain(Kind),
    OneOf(Vec<String>),
    Object(Vec<Member>),
    List(Box<Shape>),
}

impl Described {
    /// Reads `{type, schema, title, importance}`, as it is asked for and as `event_type.registered` keeps it.
    ///
    /// # Errors
    /// Everything that is wrong with it, by pointers into it; never empty.
    pub fn read(data: &Json) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let name = data.get("type").and_then(Json::as_str).unwrap_or_default().to_owned();
        problems.extend(name::check(&name).err());
        let members = match data.get("schema") {
            Some(schema) => schema::members(schema, &mut problems),
            None => {
                problems.push(Problem::new("missing", "/schema", "required: a JSON Schema of the type's data"));
                Vec::new()
            }
        };
        let importance = importance(data, &mut problems);
        let title = title(data, &name, &mut problems);
        if problems.is_empty() { Ok(Self { name, title, importance, members }) } else { Err(problems) }
    }

    /// What the type is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its title: what was given, else the schema's description.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How it ranks in a timeline.
    pub fn importance(&self) -> Importance {
        self.importance
    }

    /// Whether the members are the same, in whatever order and with whatever title.
    pub fn has_members_of(&self, other: &Self) -> bool {
        changes::same(&self.members, &other.members)
    }

    /// Whether it may take the place of `before`, for later events.
    ///
    /// # Errors
    /// Every change that would make what was published before unreadable or refused; never empty.
    pub fn may_follow(&self, before: &Self) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        changes::check(&before.members, &self.members, "/schema", &mut problems);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The type, as its so-manieth version. It is never freed: whoever calls this keeps what it gives, and asks for
    /// each description and version once.
    pub fn leak(&self, version: u16) -> &'static EventType {
        table::leak(self, version.max(1))
    }
}

fn importance(data: &Json, problems: &mut Vec<Problem>) -> Importance {
    match data.get("importance").filter(|given| !given.is_null()).map(Json::as_str) {
        None | Some(Some("normal")) => Importance::Normal,
        Some(Some("low")) => Importance::Low,
        Some(Some("high")) => Importance::High,
        Some(_) => {
            problems.push(Problem::new("invalid", "/importance", "expected low, normal or high"));
            Importance::Normal
        }
    }
}

fn title(data: &Json, name: &str, problems: &mut Vec<Problem>) -> String {
    let given = data.get("title").filter(|given| !given.is_null());
    let described = || data.get("schema").and_then(|schema| schema.get("description"));
    match given.or_else(described).map(Json::as_str) {
        None => name.to_owned(),
        Some(Some(text)) if text.chars().count() <= MAX_TITLE => text.to_owned(),
        Some(_) => {
            let pointer = if given.is_some() { "/title" } else { "/schema/description" };
            let detail = format!("expected a text of at most {MAX_TITLE} characters");
            problems.push(Problem::new("invalid", pointer, detail));
            String::new()
        }
    }
}

#[cfg(test)]
mod tests;
