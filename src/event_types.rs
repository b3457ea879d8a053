//! The event types that a node knows: those of the binary, and those that were registered in its log.
//!
//! Everybody on the node shares one snapshot, which is replaced as a whole when a registration is learned of. A type is
//! never taken away.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use kulta_events::registered::Described;
use kulta_events::vocabulary::EventType;
use kulta_events::{Json, Recorded, Vocabulary};

/// The event that registers a type.
pub const REGISTERED: &str = "event_type.registered";
/// The most types that may be registered. Each that a process learns of is kept in memory for as long as it lives.
pub const MOST: usize = 500;
/// The most registrations of one type that say something new.
pub const MOST_CHANGES: u64 = 200;

/// See the module. A clone is the same.
#[derive(Clone, Debug)]
pub struct EventTypes(Arc<RwLock<Arc<Vocabulary>>>);

impl From<Vocabulary> for EventTypes {
    fn from(vocabulary: Vocabulary) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(vocabulary))))
    }
}

impl EventTypes {
    /// The types as they are now. Another snapshot is another `Arc`, the same one is the same.
    pub fn now(&self) -> Arc<Vocabulary> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The type with this name.
    pub fn get(&self, name: &str) -> Option<&'static EventType> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name)
    }

    /// Whether one more type may be registered under this name.
    pub fn has_room_for(&self, name: &str) -> bool {
        let now = self.now();
        now.get(name).is_some() || now.types().filter(|event_type| event_type.registered).count() < MOST
    }

    /// Learns what registrations say, in the order of the log. What is known already changes nothing.
    pub fn learn(&self, registrations: &[Recorded]) {
        let mut last = BTreeMap::new();
        for event in registrations.iter().filter(|event| event.type_name == REGISTERED) {
            match Described::read(&event.payload.data) {
                Ok(described) => {
                    last.insert(described.name().to_owned(), (described, version(event)));
                }
                // A newer kulta may know more kinds of members.
                Err(_) => tracing::warn!(position = event.position, "this kulta cannot read a registered event type"),
            }
        }
        self.add(last.into_values());
    }

    /// Adds types, each in its newest version.
    pub fn add(&self, described: impl IntoIterator<Item = (Described, u16)>) {
        let learned: Vec<_> = described.into_iter().map(|(described, version)| kept(described, version)).collect();
        let mut types = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = |event_type: &&'static EventType| match types.get(event_type.name) {
            // What this binary was built with holds, whatever was registered before it was.
            Some(known) => known.registered && !std::ptr::eq(known, *event_type),
            None => true,
        };
        let new: Vec<_> = learned.into_iter().filter(is_new).collect();
        if !new.is_empty() {
            let grown = new.into_iter().fold(Vocabulary::clone(&types), Vocabulary::with);
            *types = Arc::new(grown);
        }
    }
}

fn version(event: &Recorded) -> u16 {
    let version = event.payload.data.get("version").and_then(Json::as_decimal);
    version.and_then(|version| u16::try_from(version).ok()).unwrap_or(1)
}

/// A description as a type that is never freed: made once per process for each description and version.
fn kept(described: Described, version: u16) -> &'static EventType {
    type Kept = BTreeMap<(String, u16), Vec<(Described, &'static EventType)>>;
    static KEPT: Mutex<Kept> = Mutex::new(BTreeMap::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let of_version = match kept.entry((described.name().to_owned(), version)) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(free) => free.insert(Vec::new()),
    };
    if let Some((_, event_type)) = of_version.iter().find(|(known, _)| *known == described) {
        return event_type;
    }
    let event_type = described.leak(version);
    of_version.push((described, event_type));
    event_type
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(title: &str) -> Described {
        let text = format!(r#"{{"type":"loyalty.tested","title":"{title}","schema":{{"type":"object"}}}}"#);
        Described::read(&Json::parse(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn the_same_description_is_made_a_type_once() {
        let first = kept(described("one"), 1);
        assert!(std::ptr::eq(first, kept(described("one"), 1)));
        assert!(!std::ptr::eq(first, kept(described("other"), 1)));
        assert_eq!(kept(described("one"), 2).version, 2);
    }
}
