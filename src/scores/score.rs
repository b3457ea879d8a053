//! The score of one customer, on demand.

use std::sync::Arc;

use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::scores::calendar::Calendar;
use kulta_projections::scores::history::{History, Reading, Version};
use kulta_projections::scores::rules::{Allowance, Grade, RuleSet, Window};
use kulta_projections::scores::service::{Balance, Spent};
use kulta_projections::scores::steps::ends;
use kulta_projections::scores::summary::{NoScore, Summary};

use super::{Compiled, Customer, Error, Scores};
use crate::reads::Found;

/// The most steps of a course.
pub const MOST_STEPS: usize = 400;
/// The most events, each counted once a step, of a course.
const MOST_WORK: usize = 2_000_000;

/// Which score is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The rule set; `None`: the only one that there is.
    pub rule_set: Option<String>,
    /// Which of its versions count.
    pub reading: Reading,
    /// Leaves out what happened at or after this time.
    pub as_of: Instant,
    /// Leaves out what was recorded later; `None`: nothing.
    pub known_at: Option<Instant>,
}

/// A version that counts for a score.
#[derive(Clone, Debug)]
pub struct Used {
    /// The version.
    pub version: Version,
    /// Its rules.
    pub compiled: Arc<Compiled>,
    /// It sees events from then on (microseconds since 1970-01-01T00:00:00Z).
    pub from: i64,
    /// It sees events before then.
    pub until: i64,
}

/// The score of a customer, to be looked at by parts.
#[derive(Debug)]
pub struct Score {
    /// What was asked.
    pub asked: Asked,
    /// The rule set.
    pub history: History,
    /// The versions that count, the earliest first.
    pub used: Vec<Used>,
    /// Whose score, and its events.
    pub customer: Customer,
}

/// The score of a customer in the course of time.
#[derive(Debug)]
pub struct Course {
    /// Whose.
    pub customer: CustomerId,
    /// The rule set.
    pub rule_set: String,
    /// The position up to which the log was read.
    pub position: u64,
    /// At the end of each step.
    pub points: Vec<Point>,
}

/// A score at a time.
#[derive(Debug)]
pub struct Point {
    /// As of when.
    pub as_of: Instant,
    /// The version in force then, of those that count.
    pub version: Option<u64>,
    /// The points, without zeros at their end.
    pub points: String,
    /// The grade.
    pub grade: Option<String>,
}

impl Scores {
    /// The score of a customer by any of its records.
    ///
    /// # Errors
    /// When there is no such rule set, or the store fails.
    pub async fn score(&self, id: RecordId, asked: Asked) -> Result<Found<Score>, Error> {
        let history = self.asked_by(&asked).await?;
        let used = self.used(&history, asked.reading, asked.as_of)?;
        let golden = used.iter().any(|used| self.reads_customer(&used.compiled.rules));
        Ok(match self.customer(id, asked.known_at, golden).await? {
            Found::Here(customer) => Found::Here(Score { asked, history, used, customer }),
            Found::Moved(customer) => Found::Moved(customer),
            Found::Unknown => Found::Unknown,
        })
    }

    /// The score of a customer from `from` to the as-of that is asked for, at the end of each day, week or month (in
    /// the time zone of the rules in force at the end): each the same as if it were asked for by itself.
    ///
    /// # Errors
    /// As [`Scores::score`]; when a rule fails, and when there are too many steps.
    pub async fn course(
        &self,
        id: RecordId,
        asked: Asked,
        from: Instant,
        every: Window,
    ) -> Result<Found<Course>, Error> {
        let history = self.asked_by(&asked).await?;
        let last = self.used(&history, Reading::Newest, asked.as_of)?;
        let zone = last.last().map(|used| used.compiled.rules.zone.clone()).unwrap_or(jiff::tz::TimeZone::UTC);
        let span = (from.micros(), asked.as_of.micros());
        let steps = ends(&Calendar::new(zone, span.0, span.1), every, span, MOST_STEPS);
        let steps = steps.ok_or(Error::TooManySteps(MOST_STEPS))?;
        let all = history.versions.iter().map(|version| self.compile_version(&history.name, version));
        let golden = all.collect::<Result<Vec<_>, _>>()?.iter().any(|compiled| self.reads_customer(&compiled.rules));
        let customer = match self.customer(id, asked.known_at, golden).await? {
            Found::Here(customer) => customer,
            Found::Moved(customer) => return Ok(Found::Moved(customer)),
            Found::Unknown => return Ok(Found::Unknown),
        };
        if steps.len().saturating_mul(customer.events().rows.len()) > MOST_WORK {
            return Err(Error::TooManySteps((MOST_WORK / customer.events().rows.len()).max(1)));
        }
        let point = |step: i64| self.point(&history, &customer, asked.reading, Instant::from_micros(step));
        let points = tokio::task::block_in_place(|| steps.into_iter().map(point).collect::<Result<Vec<_>, _>>())?;
        let (rule_set, position) = (history.name.clone(), customer.position);
        Ok(Found::Here(Course { customer: customer.id, rule_set, position, points }))
    }

    fn point(&self, history: &History, customer: &Customer, reading: Reading, as_of: Instant) -> Result<Point, Error> {
        let used = self.used(history, reading, as_of)?;
        let summary = summary(self, &used, customer, as_of)?;
        Ok(Point {
            as_of,
            version: used.last().map(|used| used.version.version),
            points: summary.total.to_string(),
            grade: summary.grade.map(|grade| grade.name.to_string()),
        })
    }

    /// The rule set that is asked for, as far as it was known; what is read afterwards stands behind its versions.
    async fn asked_by(&self, asked: &Asked) -> Result<History, Error> {
        let until = match asked.known_at {
            Some(known_at) => Some(self.reads.source.log.position_at(known_at).await?),
            None => None,
        };
        let history = self.published(asked.rule_set.as_deref(), until).await?;
        if let Some(version) = history.versions.last() {
            self.reads.after(version.position).await?;
        }
        Ok(history)
    }

    fn used(&self, history: &History, reading: Reading, as_of: Instant) -> Result<Vec<Used>, Error> {
        let used = history.read(reading, as_of).into_iter().map(|span| {
            let compiled = self.compile_version(&history.name, span.version)?;
            Ok(Used { version: span.version.clone(), compiled, from: span.from, until: span.until })
        });
        used.collect()
    }

    fn reads_customer(&self, rules: &RuleSet) -> bool {
        !rules.reads(&self.facets()).customer.is_empty()
    }
}

fn summary<'a>(scores: &Scores, used: &'a [Used], customer: &Customer, as_of: Instant) -> Result<Summary<'a>, Error> {
    let versions: Vec<(i64, &RuleSet)> = used.iter().map(|used| (used.from, &used.compiled.rules)).collect();
    let facets = scores.facets();
    let is_money = |event_type: &str, facet: &str| facets.is_money(event_type, facet);
    let of_customer = customer.of_customer(as_of);
    let summary = Summary::of(&versions, &is_money, customer.events(), &of_customer, as_of.micros());
    summary.map_err(|NoScore { version, position, error }| Error::NoScore {
        version: used.get(version).map_or(0, |used| used.version.version),
        position,
        cause: error,
    })
}

impl Score {
    /// The points, and what they consist of.
    ///
    /// # Errors
    /// When a rule fails for the customer.
    pub fn summary(&self, scores: &Scores) -> Result<Summary<'_>, Error> {
        tokio::task::block_in_place(|| summary(scores, &self.used, &self.customer, self.asked.as_of))
    }

    /// The rules from which grades are taken: those of the last version that counts.
    pub fn grading(&self) -> Option<&Used> {
        self.used.last()
    }

    /// What serving the customer took in the 365 days before as-of.
    pub fn spent(&self) -> Spent {
        let money = self.grading().and_then(|used| used.compiled.rules.money.as_ref());
        let events = self.customer.events();
        Spent::of(events.facts, events.rows, money, self.asked.as_of)
    }

    /// How that stands to what a grade allows, and why.
    pub fn balance(&self, spent: &Spent, grade: Option<&Grade>) -> (Option<Balance>, String) {
        let Some(grade) = grade else {
            return (None, "the customer has no grade".to_owned());
        };
        let Some(balance) = Balance::of(spent, &grade.allows) else {
            return (None, format!("grade {} limits neither minutes nor cost", grade.name));
        };
        (Some(balance), spent.reason(&grade.allows, self.currency()))
    }

    /// What the customer's grade allows in a year.
    pub fn allowance(grade: Option<&Grade>) -> Allowance {
        grade.map(|grade| grade.allows).unwrap_or_default()
    }

    /// The currency of the rules.
    pub fn currency(&self) -> Option<&str> {
        self.grading()?.compiled.rules.money.as_ref().map(|money| &*money.currency)
    }
}
