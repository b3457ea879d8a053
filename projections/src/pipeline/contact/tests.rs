use super::*;
use crate::given::{EventExt, event};

fn contact(on: i64, type_name: &str, data: &str) -> Contact {
    Contact::of(&event("crm", "1", on, type_name, data)).unwrap()
}

#[test]
fn which_directions_count_as_contact_is_a_setting() {
    let contacts = [
        contact(1, "enquiry.received", "{}"),
        contact(2, "activity.logged", r#"{"activity":"a","kind":"call","direction":"outgoing"}"#),
        contact(3, "activity.logged", r#"{"activity":"b","kind":"fax"}"#),
        contact(4, "message.logged", r#"{"message":"m","direction":"internal"}"#),
        contact(5, "email.sent", r#"{"message":"n"}"#),
    ];
    let last = |policy: &ContactPolicy| policy.last(&contacts).map(|contact| contact.position);
    let mut policy = ContactPolicy::default();
    assert_eq!(last(&policy), Some(4), "the activity without direction");
    policy.unsaid = false;
    assert_eq!(last(&policy), Some(3));
    policy.except_kinds.insert("call".into());
    assert_eq!(last(&policy), Some(2));
    policy.directions = [Direction::Outgoing].into();
    assert_eq!(last(&policy), None);
    policy.except_types.clear();
    assert_eq!(last(&policy), Some(6));
}

#[test]
fn a_later_word_with_the_same_own_id_corrects() {
    let logged = contact(1, "activity.logged", r#"{"activity":"a","kind":"call","outcome":"no answer"}"#);
    let corrected = contact(2, "activity.logged", r#"{"activity":"a","kind":"call","outcome":"reached"}"#);
    assert_eq!(logged.key(), corrected.key());
    assert!(corrected.supersedes(&logged) && !logged.supersedes(&corrected) && !logged.supersedes(&logged));
    // What has no own id stands for itself, and so do equal ids of another source.
    assert_ne!(contact(1, "enquiry.received", "{}").key(), contact(2, "enquiry.received", "{}").key());
    let other = Contact::of(&event("erp", "1", 1, "activity.logged", r#"{"activity":"a","kind":"call"}"#)).unwrap();
    assert_ne!(other.key(), logged.key());
    assert!(Contact::of(&event("crm", "1", 1, "purchase.made", "{}")).is_none());
    let mut nobody = event("crm", "1", 1, "enquiry.received", "{}");
    nobody.record = None;
    assert!(Contact::of(&nobody).is_none());
}

#[test]
fn kinds_of_activities_have_outcomes() {
    let defined = |on, data: &str| event("kulta", "-", on, "activity_type.defined", data);
    let none = ActivityTypes::default();
    assert_eq!(decide(&none, "call", Some("anything")), Ok(()));
    let mut events = vec![
        defined(1, r#"{"activity_type":"call","outcomes":["reached","no answer"]}"#),
        defined(2, r#"{"activity_type":"visit"}"#),
    ];
    let types = ActivityTypes::of(&events);
    assert_eq!(decide(&types, "call", Some("reached")), Ok(()));
    assert_eq!(decide(&types, "call", None), Ok(()));
    assert_eq!(decide(&types, "visit", Some("anything")), Ok(()));
    assert_eq!(decide(&types, "call", Some("anything")).map_err(Refusal::rule), Err("unknown-outcome"));
    assert_eq!(decide(&types, "fax", None).map_err(Refusal::rule), Err("unknown-kind"));
    events.insert(0, defined(3, r#"{"activity_type":"call","retired":true}"#));
    assert_eq!(decide(&ActivityTypes::of(&events), "call", None), Err(Refusal::UnknownKind));
}

#[test]
fn notes_are_pinned_and_lists_are_left() {
    let written = Note::of(&event("crm", "1", 1, "note.written", r#"{"note":"n","text":"Likes tea."}"#)).unwrap();
    let erased = Note::of(&event("crm", "1", 2, "note.written", r#"{"note":"n","offer":"o"}"#)).unwrap();
    assert!(erased.supersedes(&written) && erased.about.offer.is_some());
    let mark = |on, type_name, data| Mark::of(&event("crm", "1", on, type_name, data)).unwrap();
    let pinned = mark(1, "note.pinned", r#"{"note":"n"}"#);
    let unpinned = mark(2, "note.pinned", r#"{"note":"n","pinned":false}"#);
    assert_eq!((pinned.holds, unpinned.holds, pinned.key() == unpinned.key()), (true, false, true));
    let entered = mark(1, "list.entered", r#"{"list":"n"}"#);
    let mut left = event("erp", "1", 1, "list.left", r#"{"list":"n"}"#).named("z");
    left.record = Some(entered.record);
    let left = Mark::of(&left).unwrap();
    assert_eq!(entered.key(), left.key(), "whoever says so");
    assert_ne!(entered.key(), pinned.key());
    assert!(left.supersedes(&entered));
}
