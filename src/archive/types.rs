//! The registered event types of a log, kept with its archive: rules read their facets by what they say.

use kulta_events::registered::Described;
use kulta_events::{Json, Vocabulary};
use serde_json::Value;

use super::Error;
use crate::event_types::EventTypes;
use crate::projector::Source;
use crate::store::Select;

/// What the log registers up to a position, the last of each type, in the order of the log.
///
/// # Errors
/// When the store fails.
pub(super) async fn registered(source: &Source, until: u64) -> Result<Vec<Value>, Error> {
    let select = Select::Category("event_type".to_owned());
    let events = source.few(select, Some(until)).await.map_err(crate::replay::Error::from)?;
    let mut types: Vec<(String, Value)> = Vec::new();
    for event in events {
        let Some(name) = event.payload.data.get("type").and_then(Json::as_str).map(str::to_owned) else { continue };
        let Ok(value) = serde_json::to_value(&event.payload.data) else { continue };
        types.retain(|(known, _)| *known != name);
        types.push((name, value));
    }
    Ok(types.into_iter().map(|(_, value)| value).collect())
}

/// The types that rules over an archive may name: those of this program, and those that the log registered. What this
/// program cannot read is left out.
pub fn vocabulary(types: &[Value]) -> Vocabulary {
    let read = |value: &Value| {
        let data = Json::parse(value.to_string().as_bytes()).ok()?;
        let version = value.get("version").and_then(Value::as_u64).and_then(|version| u16::try_from(version).ok());
        Some((Described::read(&data).ok()?, version.unwrap_or(1)))
    };
    let known = EventTypes::from(Vocabulary::standard());
    known.add(types.iter().filter_map(read));
    Vocabulary::clone(&known.now())
}
