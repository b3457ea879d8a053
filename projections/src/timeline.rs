//! Events as somebody reads them: in the order of facts, each with how much it matters.

use kulta_events::recorded::EventName;
use kulta_events::vocabulary::Importance;
use kulta_events::{Instant, Json, Order, RecordId, Recorded};
use rust_decimal::Decimal;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// One event of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log.
    pub position: u64,
    /// When it happened, by whose word, under which id.
    pub order: Order,
    /// When the log learned of it.
    pub recorded_at: Instant,
    /// The record that it is about.
    pub record: Option<RecordId>,
    /// The name of its type, also of one that this binary does not know.
    pub type_name: String,
    /// How much it matters.
    pub importance: Importance,
    /// The business unit.
    pub unit: Option<String>,
    /// The event that caused it.
    pub causation: Option<String>,
    /// The conversation that it belongs to.
    pub correlation: Option<String>,
    /// What happened, in the form of the wire: money is text.
    pub data: Json,
    /// Whether personal parts of it were erased.
    pub erased: bool,
}

impl Entry {
    /// The entry of an event. Every event has one.
    pub fn of(event: &Recorded) -> Self {
        let mut data = event.payload.data.clone();
        if let Some(event_type) = event.event_type {
            event_type.to_wire(&mut data);
        }
        Self {
            position: event.position,
            order: event.order.clone(),
            recorded_at: event.recorded_at,
            record: event.record,
            type_name: event.type_name.clone(),
            importance: importance(event),
            unit: event.unit.clone(),
            causation: event.causation.clone(),
            correlation: event.correlation.clone(),
            data,
            erased: event.payload.erased,
        }
    }
}

/// Sorts entries by the order of facts, oldest first.
pub fn sort(entries: &mut [Entry]) {
    entries.sort_by(|a, b| a.order.cmp(&b.order).then(a.position.cmp(&b.position)));
}

/// How much an event matters: the level of its type, raised or lowered by its facts.
///
/// | type | fact | level |
/// |---|---|---|
/// | invoice.paid | `days_late` > 30 | high |
/// | purchase.made | `amount` = 0 | low |
/// | purchase.cancelled | `amount` = 0 | low |
/// | email.link_clicked | `user_agent_class` is `scanner` or `bot` | low |
/// | a type that this binary does not know | | normal |
pub fn importance(event: &Recorded) -> Importance {
    let Some(event_type) = event.event_type else { return Importance::Normal };
    let data = &event.payload.data;
    let number = |name: &str| data.get(name).and_then(Json::as_decimal);
    match event_type.name {
        "invoice.paid" if number("days_late").is_some_and(|days| days > Decimal::from(30)) => Importance::High,
        "purchase.made" | "purchase.cancelled" if number("amount").is_some_and(|amount| amount.is_zero()) => {
            Importance::Low
        }
        "email.link_clicked"
            if matches!(data.get("user_agent_class").and_then(Json::as_str), Some("scanner" | "bot")) =>
        {
            Importance::Low
        }
        _ => event_type.importance,
    }
}

impl Serialize for Entry {
    /// `id` is `null` when it was erased.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let id = match &self.order.id {
            EventName::Id(id) => Some(id),
            EventName::Erased(_) => None,
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("position", &self.position)?;
        map.serialize_entry("time", &self.order.time)?;
        map.serialize_entry("recorded_at", &self.recorded_at)?;
        map.serialize_entry("source", &self.order.source)?;
        map.serialize_entry("id", &id)?;
        map.serialize_entry("record_id", &self.record)?;
        map.serialize_entry("type", &self.type_name)?;
        map.serialize_entry("importance", &self.importance)?;
        map.serialize_entry("unit", &self.unit)?;
        for (name, link) in [("causationid", &self.causation), ("correlationid", &self.correlation)] {
            if link.is_some() {
                map.serialize_entry(name, link)?;
            }
        }
        map.serialize_entry("data", &self.data)?;
        map.serialize_entry("erased", &self.erased)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{EventExt, event};

    #[test]
    fn facts_raise_and_lower_how_much_an_event_matters() {
        use Importance::{High, Low, Normal};
        for (type_name, data, level) in [
            ("invoice.paid", r#"{"invoice":"i","days_late":31}"#, High),
            ("invoice.paid", r#"{"invoice":"i","days_late":30}"#, Normal),
            ("invoice.paid", r#"{"invoice":"i"}"#, Normal),
            ("purchase.made", r#"{"amount":0.00,"currency":"EUR"}"#, Low),
            ("purchase.made", r#"{"amount":0.01,"currency":"EUR"}"#, Normal),
            ("purchase.cancelled", r#"{"amount":0}"#, Low),
            ("email.link_clicked", r#"{"user_agent_class":"scanner"}"#, Low),
            ("email.link_clicked", r#"{"user_agent_class":"browser"}"#, Normal),
            ("email.opened", "{}", Low),
            ("complaint.opened", r#"{"complaint":"c"}"#, High),
            ("customer.consent_withdrawn", r#"{"purpose":"news"}"#, High),
            ("weather.changed", "{}", Normal),
        ] {
            assert_eq!(importance(&event("erp", "1", 1, type_name, data)), level, "{type_name} {data}");
        }
    }

    #[test]
    fn entries_stand_in_the_order_of_facts_whatever_their_order_in_the_log() {
        let entry = |source, on, id: &str, position| {
            Entry::of(&event(source, "1", on, "web.visited", "{}").named(id).at(position))
        };
        let mut entries =
            [entry("erp", 2, "a", 1), entry("erp", 1, "b", 2), entry("erp", 1, "a", 3), entry("crm", 1, "c", 4)];
        sort(&mut entries);
        assert_eq!(entries.map(|entry| entry.position), [4, 3, 2, 1]);
    }

    #[test]
    fn money_is_text_and_an_erased_id_is_null() {
        let mut bought = event("erp", "1", 1, "purchase.made", r#"{"amount":12.50,"currency":"EUR"}"#);
        bought.payload.erased = true;
        bought.order.id = EventName::Erased(bought.key);
        let text = serde_json::to_string(&Entry::of(&bought)).unwrap();
        assert!(text.contains(r#""data":{"amount":"12.50","currency":"EUR"},"erased":true"#), "{text}");
        assert!(text.contains(r#""id":null"#) && text.contains(r#""importance":"normal""#), "{text}");
    }

    #[test]
    fn a_type_that_this_binary_does_not_know_is_shown_too() {
        let entry = Entry::of(&event("erp", "1", 1, "weather.changed", r#"{"wind":3}"#));
        assert_eq!((entry.type_name.as_str(), entry.data.to_string().as_str()), ("weather.changed", r#"{"wind":3}"#));
    }
}
