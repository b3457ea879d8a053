//! One text for all files that say the same.

use std::fmt::{Display, Write};

use super::{ForAbsence, ForEvents, Grade, Pays, Rule, RuleSet, Worth};

/// The first line; to be raised when the text of one meaning changes.
const FORM: &str = "rules 1";

impl RuleSet {
    /// A text that is the same for files that differ only in white space, comments, the order of keys and the notation
    /// of numbers and times, and another for any other meaning. A line for each thing that is said.
    pub fn canonical(&self) -> String {
        let mut lines = Lines(format!("{FORM}\n"));
        lines.text("name", &self.name);
        lines.text("time_zone", self.zone_name());
        if let Some(money) = &self.money {
            lines.text("currency", &money.currency);
            for (currency, rates) in &money.rates {
                for rate in rates {
                    lines.add("rate", format_args!("{} {} {}", quoted(currency), rate.from, rate.rate.normalize()));
                }
            }
        }
        self.rules.iter().for_each(|rule| lines.rule(rule));
        self.grades.iter().for_each(|grade| lines.grade(grade));
        lines.0
    }

    /// The name of the time zone.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

struct Lines(String);

impl Lines {
    fn add(&mut self, key: &str, value: impl Display) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.0, "{key} {value}");
    }

    fn text(&mut self, key: &str, text: &str) {
        self.add(key, quoted(text));
    }

    fn maybe(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.add(key, value);
        }
    }

    fn rule(&mut self, rule: &Rule) {
        self.text("rule", &rule.id);
        match &rule.pays {
            Pays::Events(events) => self.for_events(events),
            Pays::Absence(absence) => self.for_absence(absence),
        }
        let (from, to) = rule.valid;
        self.maybe("valid_from", (from > i64::MIN).then_some(from));
        self.maybe("valid_to", (to < i64::MAX).then_some(to));
        self.maybe("cap", rule.cap.map(|cap| format!("{} {}", cap.points.normalize(), cap.per.name())));
        self.maybe("half_life_days", rule.half_life_days.map(|days| days.normalize()));
        self.maybe("expires_after_days", rule.expires_after_days);
    }

    fn for_events(&mut self, events: &ForEvents) {
        events.on.iter().for_each(|event_type| self.text("on", event_type));
        events.negated.iter().for_each(|event_type| self.text("negated", event_type));
        self.maybe("when", events.when.as_ref().map(|when| when.canonical()));
        self.maybe("limit", events.limit.map(|limit| format!("{} {}", limit.count, limit.per.name())));
        self.maybe("at_least", events.at_least.map(|least| format!("{} {}", least.count, least.within_days)));
        match &events.worth {
            Worth::Points(points) => self.add("points", points.canonical()),
            Worth::Tiers(tiers) => {
                self.add("measure", tiers.measure.canonical());
                self.add("per", tiers.per.name());
                for tier in &tiers.tiers {
                    let end = tier.up_to.map_or("-".to_owned(), |end| end.normalize().to_string());
                    self.add("tier", format_args!("{end} {}", tier.rate.normalize()));
                }
            }
        }
    }

    fn for_absence(&mut self, absence: &ForAbsence) {
        absence.on.iter().for_each(|event_type| self.text("absent", event_type));
        self.add("days", absence.days);
        self.maybe("from", absence.from_first_event.then_some("first_event"));
        self.add("points", absence.points.canonical());
    }

    fn grade(&mut self, grade: &Grade) {
        self.text("grade", &grade.name);
        self.add("from", grade.from.normalize());
        self.maybe("service", grade.service.as_deref().map(quoted));
        self.maybe("minutes_per_year", grade.allows.minutes_per_year.map(|minutes| minutes.normalize()));
        self.maybe("cost_per_year", grade.allows.cost_per_year.map(|cost| cost.normalize()));
    }
}

/// A text on one line that ends where it ends, whatever it holds.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
