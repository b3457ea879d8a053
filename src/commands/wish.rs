//! What people can wish for.

use kulta_events::payload::Verdict;
use kulta_events::{Json, RecordId};
use uuid::Uuid;

use super::relation::Relating;
use super::thing::Act;
use super::{document, event_type, firing, person_record, policy, rule_set, subscriber};

/// What a steward says about two customers.
#[derive(Clone, Debug, Default)]
pub struct Say {
    /// Why.
    pub reason: Option<String>,
    /// Whether older decisions that say otherwise are overruled.
    pub overrule: bool,
    /// The position of the customer that the caller read: refused when it changed since.
    pub if_match: Option<u64>,
}

/// What somebody wants done.
#[derive(Clone, Debug)]
pub enum Wish {
    /// A customer that no source knows yet.
    Register {
        /// All that is known.
        attributes: Json,
    },
    /// An edit, a verification, a declined field.
    Change {
        /// Any record id of the customer.
        id: RecordId,
        /// The position that the caller read: refused when the customer changed since.
        if_match: Option<u64>,
        /// What changes.
        command: person_record::Command,
    },
    /// A customer stands in a relation to another.
    Relate(Relating),
    /// It no longer does.
    Unrelate(Relating),
    /// Two customers are one.
    Merge {
        /// Any record id of one.
        id: RecordId,
        /// Any record id of the other.
        with: RecordId,
        /// The steward's word.
        say: Say,
    },
    /// Two customers that may be one stay two, or the question is put off.
    Answer {
        /// Any record id of one.
        id: RecordId,
        /// Any record id of the other.
        with: RecordId,
        /// [`Verdict::Separate`] or [`Verdict::Later`].
        verdict: Verdict,
        /// The steward's word.
        say: Say,
    },
    /// Some records of a customer are another customer.
    Split {
        /// Any record id of it.
        id: RecordId,
        /// The records that go.
        away: Vec<RecordId>,
        /// The steward's word.
        say: Say,
    },
    /// A decision is taken back.
    Withdraw {
        /// Which.
        decision: Uuid,
        /// Why.
        reason: Option<String>,
    },
    /// A source is registered, or registered anew.
    Source {
        /// The payload of `source.registered`.
        data: Json,
    },
    /// Something is said of a customer that projections read and nothing forbids: a note, an activity, a tag, a list.
    Say {
        /// Any record id of the customer.
        id: RecordId,
        /// The type of the event.
        type_name: &'static str,
        /// Its payload; a member that is to name it and does not is filled in.
        data: Json,
    },
    /// Work on an offer, a lead, a complaint or a task.
    Act(Act),
    /// Something is defined, or defined anew.
    Define {
        /// What.
        kind: document::Kind,
        /// The position of an automation that the caller read: refused when it was defined anew since.
        if_match: Option<u64>,
        /// The payload of the event.
        data: Json,
    },
    /// An automation fires for a cause: once.
    Fire(Box<firing::Firing>),
    /// A customer came back behind a bar: once.
    Rearm(Box<firing::Firing>),
    /// Something that is to go out does, if the customer may be contacted.
    Send(Uuid),
    /// Something that was to go out will not, for a reason in a word.
    Withhold(Uuid, &'static str),
    /// About a system that holds copies of customers.
    Subscriber(subscriber::Command),
    /// An event type is registered, or registered anew.
    EventType(event_type::Command),
    /// A policy is published.
    Policy {
        /// Which.
        command: policy::Command,
        /// The position of the policy in force that the caller read: refused when another one is by now.
        if_match: Option<u64>,
    },
    /// A rule set is drafted, published or retired.
    RuleSet(rule_set::Command),
}

impl Wish {
    /// Something is defined under a name, which its payload gets to tell.
    pub fn define(kind: document::Kind, name: &str, said: &Json, if_match: Option<u64>) -> Self {
        let rest = said.members().iter().filter(|(member, _)| member != kind.category()).cloned();
        let named = std::iter::once((kind.category().to_owned(), name.into()));
        Self::Define { kind, if_match, data: Json::Object(named.chain(rest).collect()) }
    }
}
