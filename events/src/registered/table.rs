//! From described members to the table that built-in types are made of.

use super::{Described, Member, Shape};
use crate::field::{Class, Field, Kind, Retention};
use crate::json::Json;
use crate::vocabulary::{EventType, Home, Upcast};

/// What a version adds is optional, so that lifting a payload adds nothing. That it is lifted at all brings members
/// that an older version did not know into the form that the newer one gives them.
fn as_it_is(data: Json) -> Json {
    data
}

/// See [`Described::leak`].
pub(super) fn leak(described: &Described, version: u16) -> &'static EventType {
    let upcasts: Vec<Upcast> = vec![as_it_is as Upcast; usize::from(version) - 1];
    Box::leak(Box::new(EventType {
        name: text(&described.name),
        title: text(&described.title),
        version,
        upcasts: Vec::leak(upcasts),
        fields: fields(&described.members),
        home: Home::Record,
        importance: described.importance,
        unknown: Retention::Conversation,
        registered: true,
    }))
}

fn text(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

fn fields(members: &[Member]) -> &'static [Field] {
    Vec::leak(members.iter().map(field).collect())
}

fn field(member: &Member) -> Field {
    Field {
        name: text(&member.name),
        kind: kind(&member.shape),
        class: if member.is_fact { Class::Fact } else { Class::Personal(Retention::Conversation) },
        required: member.is_required,
        nullable: false,
        counts: !member.is_money,
    }
}

fn kind(shape: &Shape) -> Kind {
    match shape {
        Shape::Plain(kind) => *kind,
        Shape::OneOf(words) => Kind::OneOf(Vec::leak(words.iter().map(|word| text(word)).collect())),
        Shape::Object(members) => Kind::Object(fields(members)),
        Shape::List(items) => Kind::List(Box::leak(Box::new(kind(items)))),
    }
}
