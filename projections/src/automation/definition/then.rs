//! The actions.

use super::document::{Place, Problems, optional};
use super::{Action, Lead, Message, Task};

/// The most actions of an automation.
const MOST_ACTIONS: usize = 20;
/// The most characters of an id, of a name, of a title, of a text; those of the events that will hold them.
const ID: usize = 64;
const NAME: usize = 200;
const TITLE: usize = 500;
const TEXT: usize = 65_536;
/// The highest priority.
const PRIORITY: u32 = 1_000;
/// In how many days a task may be due.
const DUE_DAYS: u32 = 36_500;

const KINDS: [&str; 8] = ["task", "lead", "tag", "untag", "enter_list", "leave_list", "message", "webhook"];

pub(super) fn read(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<Action>> {
    let parts = place.list(MOST_ACTIONS, problems)?;
    let read: Vec<_> = parts.iter().map(|part| action(part, problems)).collect();
    read.into_iter().collect()
}

fn action(place: &Place<'_>, problems: &mut Problems) -> Option<Action> {
    let (kind, place) = place.single(&KINDS, problems)?;
    match kind {
        "task" => task(&place, problems).map(Action::Task),
        "lead" => lead(&place, problems).map(Action::Lead),
        "tag" => place.text(ID, problems).map(Action::Tag),
        "untag" => place.text(ID, problems).map(Action::Untag),
        "enter_list" => place.text(NAME, problems).map(Action::EnterList),
        "leave_list" => place.text(NAME, problems).map(Action::LeaveList),
        "message" => message(&place, problems).map(Action::Message),
        _ => {
            place.only(&["subscriber"], problems)?;
            Some(Action::Webhook { subscriber: place.need_text("subscriber", NAME, problems)? })
        }
    }
}

fn task(place: &Place<'_>, problems: &mut Problems) -> Option<Task> {
    place.only(&["title", "text", "owner", "team", "kind", "priority", "due_days"], problems)?;
    let title = place.need_text("title", TITLE, problems);
    let text = place.may_text("text", TEXT, problems);
    let owner = place.may_text("owner", NAME, problems);
    let team = place.may_text("team", NAME, problems);
    let kind = place.may_text("kind", ID, problems);
    let priority = optional(place.get("priority"), |place| place.whole(0, PRIORITY, problems));
    let due_days = optional(place.get("due_days"), |place| place.whole(0, DUE_DAYS, problems));
    Some(Task {
        title: title?,
        text: text?,
        owner: owner?,
        team: team?,
        kind: kind?,
        priority: priority?,
        due_days: due_days?,
    })
}

fn lead(place: &Place<'_>, problems: &mut Problems) -> Option<Lead> {
    place.only(&["pipeline", "stage", "title", "owner", "team", "origin"], problems)?;
    let pipeline = place.may_text("pipeline", ID, problems);
    let stage = place.may_text("stage", ID, problems);
    let title = place.may_text("title", TITLE, problems);
    let owner = place.may_text("owner", NAME, problems);
    let team = place.may_text("team", NAME, problems);
    let origin = place.may_text("origin", NAME, problems);
    Some(Lead { pipeline: pipeline?, stage: stage?, title: title?, owner: owner?, team: team?, origin: origin? })
}

fn message(place: &Place<'_>, problems: &mut Problems) -> Option<Message> {
    place.only(&["channel", "purpose", "template"], problems)?;
    let channel = place.need_text("channel", ID, problems);
    let purpose = place.need_text("purpose", ID, problems);
    let template = place.need_text("template", NAME, problems);
    Some(Message { channel: channel?, purpose: purpose?, template: template? })
}
