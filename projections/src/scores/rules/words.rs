//! What a rule set does, in plain English.

use jiff::{Timestamp, Zoned};
use rust_decimal::Decimal;

use super::{Cap, ForAbsence, ForEvents, Grade, Money, Pays, Rule, RuleSet, Tiers, Window, Worth};
use crate::expr::{Expression, number_from_text};

impl RuleSet {
    /// What the rule set does, a line for itself, for each rule and for each grade, for people who did not write it.
    pub fn in_words(&self) -> String {
        let mut lines = vec![format!("{}: {}", self.name, self.frame())];
        lines.extend(self.rules.iter().map(|rule| format!("{}: {}.", rule.id, self.rule(rule))));
        lines.extend(self.grades.iter().map(|grade| format!("Grade {}", self.grade_in_words(grade))));
        if let Some(lowest) = self.grades.last() {
            lines.push(format!("Below {} no grade.", points(lowest.from.normalize())));
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn frame(&self) -> String {
        let money = match &self.money {
            None => "Amounts are taken as written, whatever their currency".to_owned(),
            Some(money) => self.money_in_words(money),
        };
        format!("days, weeks, months, quarters and years are those of {}. {money}.", self.zone_name())
    }

    fn money_in_words(&self, money: &Money) -> String {
        let own = &money.currency;
        let rates = money.rates.iter().flat_map(|(currency, rates)| {
            rates.iter().map(move |rate| {
                format!("1 {currency} is {} {own} from {} on", rate.rate.normalize(), self.moment(rate.from))
            })
        });
        let rates: Vec<_> = rates.collect();
        if rates.is_empty() {
            return format!("Amounts are in {own}; events in another currency are left out and counted");
        }
        let rates = rates.join(", ");
        format!("Amounts are converted to {own}: {rates}; events without a rate are left out and counted")
    }

    fn rule(&self, rule: &Rule) -> String {
        let mut parts = match &rule.pays {
            Pays::Events(events) => match &events.worth {
                Worth::Points(worth) => for_points(events, worth),
                Worth::Tiers(tiers) => for_tiers(events, tiers),
            },
            Pays::Absence(absence) => for_absence(absence),
        };
        parts.extend(self.validity(rule.valid));
        parts.extend(rule.cap.map(cap));
        parts
            .extend(rule.half_life_days.map(|days| format!("points lose half of their worth every {}", in_days(days))));
        let expiry = rule.expires_after_days.map(|days| format!("points are dropped after {}", in_days(days.into())));
        parts.extend(expiry);
        parts.join("; ")
    }

    fn validity(&self, (from, to): (i64, i64)) -> Option<String> {
        let from = (from > i64::MIN).then(|| format!(" from {}", self.moment(from)));
        let to = (to < i64::MAX).then(|| self.end(to));
        match (from, to) {
            (None, None) => None,
            (Some(from), None) => Some(format!("counted only{from} on")),
            (from, Some(to)) => Some(format!("counted only{} {to}", from.unwrap_or_default())),
        }
    }

    /// A moment: a date where it is the beginning of a day.
    fn moment(&self, micros: i64) -> String {
        match self.zoned(micros) {
            Some(zoned) if begins_a_day(&zoned) => zoned.date().to_string(),
            Some(zoned) => zoned.timestamp().display_with_offset(zoned.offset()).to_string(),
            None => format!("{micros} µs"),
        }
    }

    /// The moment before which something counts: the last day where it is the beginning of the next.
    fn end(&self, micros: i64) -> String {
        let last_day = self.zoned(micros).filter(begins_a_day).and_then(|zoned| zoned.date().yesterday().ok());
        match last_day {
            Some(day) => format!("until {day} inclusive"),
            None => format!("before {}", self.moment(micros)),
        }
    }

    fn zoned(&self, micros: i64) -> Option<Zoned> {
        Some(Timestamp::from_microsecond(micros).ok()?.to_zoned(self.zone.clone()))
    }

    fn grade_in_words(&self, grade: &Grade) -> String {
        let minutes = grade.allows.minutes_per_year.map(|minutes| format!("{} minutes of work", minutes.normalize()));
        let currency = self.money.as_ref().map(|money| format!(" {}", money.currency)).unwrap_or_default();
        let cost = grade.allows.cost_per_year.map(|cost| format!("a cost of {}{currency}", cost.normalize()));
        let allowed: Vec<_> = [minutes, cost].into_iter().flatten().collect();
        let allowed = (!allowed.is_empty()).then(|| format!("serving may take {} a year", allowed.join(" and ")));
        let promised: Vec<_> = grade.service.as_deref().map(str::to_owned).into_iter().chain(allowed).collect();
        let promised = if promised.is_empty() { String::new() } else { format!(": {}", promised.join("; ")) };
        format!("{} from {} on{promised}.", grade.name, points(grade.from.normalize()))
    }
}

fn begins_a_day(zoned: &Zoned) -> bool {
    zoned.start_of_day().is_ok_and(|start| start == *zoned)
}

fn for_points(events: &ForEvents, worth: &Expression) -> Vec<String> {
    let (types, worth) = (list(&events.on, "or"), worth_in_words(worth));
    let condition = condition(events);
    let mut parts = match events.at_least {
        None => vec![format!("each {types}{condition} gives {worth}")],
        Some(least) => {
            let (count, days) = (least.count, in_days(least.within_days.into()));
            vec![format!("every {count} {types}{condition} within {days} give {worth}, once, at the last of them")]
        }
    };
    if !events.negated.is_empty() {
        parts.push(format!("{} takes as much", list(&events.negated, "or")));
    }
    parts.extend(limit(events));
    parts
}

fn for_tiers(events: &ForEvents, tiers: &Tiers) -> Vec<String> {
    let measure = plain(&tiers.measure);
    let window = match tiers.per {
        Window::Lifetime => "over all time".to_owned(),
        window => format!("of a {}", window.name()),
    };
    let (types, condition) = (list(&events.on, "and"), condition(events));
    let mut parts =
        vec![format!("the sum of {measure} {window} of {types}{condition} gives {}", tiers_in_words(tiers))];
    if !events.negated.is_empty() {
        parts.push(format!("{} lowers the sum and takes back what it gave", list(&events.negated, "or")));
    }
    parts.extend(limit(events));
    parts.extend(events.at_least.map(|least| {
        let days = in_days(least.within_days.into());
        format!("of every {} within {days} only the last one is summed", least.count)
    }));
    parts
}

fn tiers_in_words(tiers: &Tiers) -> String {
    let mut parts = Vec::new();
    let mut end = None;
    for tier in &tiers.tiers {
        let rate = points(tier.rate.normalize());
        let up_to = tier.up_to.map(|end| end.normalize());
        parts.push(match (end, up_to) {
            (None, Some(up_to)) => format!("{rate} per unit up to {up_to}"),
            (Some(_), Some(up_to)) => format!("{rate} per unit from there up to {up_to}"),
            (Some(_), None) => format!("{rate} per unit beyond"),
            (None, None) => format!("{rate} per unit"),
        });
        end = up_to;
    }
    if end.is_some() {
        parts.push("nothing beyond".to_owned());
    }
    parts.join(", ")
}

fn for_absence(absence: &ForAbsence) -> Vec<String> {
    let (types, days, worth) = (list(&absence.on, "or"), in_days(absence.days.into()), worth_in_words(&absence.points));
    let start = if absence.from_first_event { "event of any type".to_owned() } else { types.clone() };
    vec![
        format!("each gap of {days} without {types} gives {worth}, once, when those days are over"),
        format!("gaps are counted from the customer's first {start} on"),
    ]
}

fn condition(events: &ForEvents) -> String {
    events.when.as_ref().map(|when| format!(" with {}", plain(when))).unwrap_or_default()
}

fn limit(events: &ForEvents) -> Option<String> {
    let limit = events.limit?;
    let first = if limit.count == 1 { "first one".to_owned() } else { format!("first {}", limit.count) };
    Some(match limit.per {
        Window::Lifetime => format!("only the {first} ever {}", if limit.count == 1 { "counts" } else { "count" }),
        window => {
            format!("only the {first} of a {} {}", window.name(), if limit.count == 1 { "counts" } else { "count" })
        }
    })
}

fn cap(cap: Cap) -> String {
    let most = points(cap.points.normalize());
    match cap.per {
        Window::Lifetime => format!("at most {most} in all, in either direction"),
        window => format!("at most {most} a {}, in either direction", window.name()),
    }
}

fn worth_in_words(expression: &Expression) -> String {
    let text = plain(expression);
    number_from_text(&text, '.').map_or_else(|| format!("{text} points"), points)
}

/// An expression without the parentheses around the whole of it.
fn plain(expression: &Expression) -> String {
    let text = expression.canonical();
    // Every operation has its own pair, so one that stands first belongs to the one that stands last.
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    inner.map(str::to_owned).unwrap_or(text)
}

fn points(number: Decimal) -> String {
    if number.abs() == Decimal::ONE { format!("{number} point") } else { format!("{number} points") }
}

fn in_days(number: Decimal) -> String {
    let number = number.normalize();
    if number == Decimal::ONE { "1 day".to_owned() } else { format!("{number} days") }
}

fn list(names: &[Box<str>], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.to_string(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
