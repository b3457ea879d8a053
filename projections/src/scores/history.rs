//! The versions of a rule set: drafted, published, in force from a time on, retired.

use kulta_events::{Instant, Json, Order, Recorded};

/// A rule set as the log tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Its name.
    pub name: String,
    /// The rules that were written down last.
    pub draft: Option<Draft>,
    /// The versions, in the order in which they were published.
    pub versions: Vec<Version>,
    /// Since when it is no longer used; what is published afterwards brings it back.
    pub retired: Option<Instant>,
}

/// Rules that are in force only when they are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The rule file.
    pub rules: String,
    /// When they were written down, and by which event.
    pub order: Order,
    /// The place of that event in the log.
    pub position: u64,
    /// Why.
    pub note: Option<String>,
}

/// A published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// From 1.
    pub version: u64,
    /// The rule file.
    pub rules: String,
    /// From when on they are in force, until the next version is.
    pub effective_from: Instant,
    /// When it was published, and by which event.
    pub order: Order,
    /// The place of that event in the log.
    pub position: u64,
    /// Why.
    pub note: Option<String>,
}

/// A version and the times in which it is in force, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce<'a> {
    /// The version.
    pub version: &'a Version,
    /// From then on, microseconds since 1970-01-01T00:00:00Z.
    pub from: i64,
    /// Until then; `i64::MAX`: until another is published.
    pub until: i64,
}

/// Which rules of a history count for a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// The newest for all of history.
    #[default]
    Newest,
    /// For every event those that were in force when it happened.
    InForce,
}

impl Reading {
    /// Its name in addresses and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Reading::Newest => "newest",
            Reading::InForce => "in-force",
        }
    }
}

impl History {
    /// The rule set that these events of its stream tell of, in the order of the log; `None` without any that can be
    /// read.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Option<Self> {
        let mut history: Option<Self> = None;
        for event in events {
            let Some(name) = text(event, "rule_set") else { continue };
            let history = history.get_or_insert(Self { name, draft: None, versions: Vec::new(), retired: None });
            history.apply(event);
        }
        history
    }

    fn apply(&mut self, event: &Recorded) {
        let (order, position, note) = (event.order.clone(), event.position, text(event, "note"));
        match event.type_name.as_str() {
            "rule_set.drafted" => {
                if let Some(rules) = text(event, "rules") {
                    self.draft = Some(Draft { rules, order, position, note });
                }
            }
            "rule_set.published" => {
                let effective_from = text(event, "effective_from").and_then(|time| Instant::parse(&time).ok());
                if let (Some(rules), Some(effective_from)) = (text(event, "rules"), effective_from) {
                    let version = self.versions.len() as u64 + 1;
                    self.versions.push(Version { version, rules, effective_from, order, position, note });
                    self.retired = None;
                }
            }
            "rule_set.retired" => self.retired = Some(event.order.time),
            _ => {}
        }
    }

    /// The versions by the times in which they are in force. Of versions from the same time on the one that was
    /// published last is.
    pub fn in_force(&self) -> Vec<InForce<'_>> {
        let mut versions: Vec<&Version> = self.versions.iter().collect();
        versions.sort_by_key(|version| (version.effective_from, version.version));
        let ends = versions.iter().skip(1).map(|next| next.effective_from.micros()).chain([i64::MAX]);
        let spans = versions.iter().zip(ends).map(|(version, until)| InForce {
            version,
            from: version.effective_from.micros(),
            until,
        });
        spans.filter(|span| span.from < span.until).collect()
    }

    /// The versions that count for a score as of a time, each with the events that it sees, the earliest first.
    ///
    /// The newest is the one in force at as-of, for everything; before any was in force it is the first that came to
    /// be, so that the past can be told by rules that were written later.
    pub fn read(&self, reading: Reading, as_of: Instant) -> Vec<InForce<'_>> {
        let mut spans = self.in_force();
        match reading {
            Reading::InForce => spans.retain(|span| span.from <= as_of.micros()),
            Reading::Newest => {
                let begun = spans.partition_point(|span| span.from <= as_of.micros());
                let newest = spans.get(begun.saturating_sub(1)).map(|span| span.version);
                spans =
                    newest.map(|version| InForce { version, from: i64::MIN, until: i64::MAX }).into_iter().collect();
            }
        }
        spans
    }

    /// From when on a version is in force that is published without saying so: from now on, and later than those that were
    /// published so before, on a node whose clock is ahead. Who dated a version ahead meant that.
    pub fn from_now(&self, now: Instant) -> Instant {
        let at_once = self.versions.iter().filter(|version| version.effective_from <= version.order.time);
        at_once.map(|version| version.effective_from.plus_micros(1)).fold(now, Instant::max)
    }

    /// The version in force at a time.
    pub fn at(&self, time: Instant) -> Option<&Version> {
        let spans = self.in_force();
        spans.into_iter().rev().find(|span| span.from <= time.micros()).map(|span| span.version)
    }
}

fn text(event: &Recorded, name: &str) -> Option<String> {
    event.payload.data.get(name).and_then(Json::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given;

    fn event(number: i64, type_name: &str, data: &str) -> Recorded {
        given::event("kulta", "ruleset-v", number, type_name, data)
    }

    fn published(position: i64, effective_from: &str) -> Recorded {
        let data =
            format!(r#"{{"rule_set":"v","version":9,"rules":"{position}","effective_from":"{effective_from}"}}"#);
        event(position, "rule_set.published", &data)
    }

    fn at<'a>(history: &'a History, time: &str) -> Option<&'a str> {
        history.at(Instant::parse(time).unwrap()).map(|version| version.rules.as_str())
    }

    #[test]
    fn a_version_is_in_force_until_the_next_is() {
        let history = History::of(&[
            event(1, "rule_set.drafted", r#"{"rule_set":"v","rules":"draft"}"#),
            published(2, "2026-01-01T00:00:00Z"),
            published(3, "2026-03-01T00:00:00Z"),
            // Backdated, and then replaced at the very same time.
            published(4, "2026-02-01T00:00:00Z"),
            published(5, "2026-02-01T00:00:00Z"),
        ])
        .unwrap();
        assert_eq!((history.name.as_str(), history.versions.len()), ("v", 4));
        assert_eq!(history.draft.as_ref().map(|draft| draft.rules.as_str()), Some("draft"));
        assert_eq!(at(&history, "2025-12-31T23:59:59Z"), None);
        assert_eq!(at(&history, "2026-01-01T00:00:00Z"), Some("2"));
        assert_eq!(at(&history, "2026-02-01T00:00:00Z"), Some("5"));
        assert_eq!(at(&history, "2026-12-01T00:00:00Z"), Some("3"));
        let spans: Vec<_> = history.in_force().iter().map(|span| span.version.version).collect();
        assert_eq!(spans, [1, 4, 2]);
        assert_eq!(history.in_force().last().unwrap().until, i64::MAX);
    }

    #[test]
    fn a_score_reads_one_version_or_those_of_their_time() {
        let events = [published(1, "2026-02-01T00:00:00Z"), published(2, "2026-01-01T00:00:00Z")];
        let history = History::of(&events).unwrap();
        let read = |reading, time| {
            let read = history.read(reading, Instant::parse(time).unwrap());
            read.iter().map(|span| (span.version.version, span.until == i64::MAX)).collect::<Vec<_>>()
        };
        for (time, newest, in_force) in [
            ("2025-12-31T00:00:00Z", (2, true), vec![]),
            ("2026-01-01T00:00:00Z", (2, true), vec![(2, false)]),
            ("2026-03-01T00:00:00Z", (1, true), vec![(2, false), (1, true)]),
        ] {
            assert_eq!(read(Reading::Newest, time), [newest], "{time}");
            assert_eq!(read(Reading::InForce, time), in_force, "{time}");
        }
        let drafted = [event(1, "rule_set.drafted", r#"{"rule_set":"v","rules":"draft"}"#)];
        assert_eq!(History::of(&drafted).unwrap().read(Reading::Newest, Instant::from_micros(0)), []);
    }

    #[test]
    fn what_is_retired_comes_back_when_it_is_published() {
        let retired = event(2, "rule_set.retired", r#"{"rule_set":"v"}"#);
        let events = [published(1, "2026-01-01T00:00:00Z"), retired, published(3, "2026-01-01T00:00:00Z")];
        assert!(History::of(&events[..2]).unwrap().retired.is_some());
        assert_eq!(History::of(&events).unwrap().retired, None);
        assert_eq!(History::of(&[]), None);
    }
}
