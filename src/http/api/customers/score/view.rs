//! How a score is told.

use std::collections::BTreeMap;

use kulta_events::{CustomerId, Instant};
use kulta_projections::scores::exact::plain;
use kulta_projections::scores::rules::Grade as RulesGrade;
use kulta_projections::scores::summary::{self, Summary};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::rule_sets::lists::Head;
use crate::scores::{Score, Used};
use crate::store::scores::Listed;

/// A score. Points are decimals without zeros at their end.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Score)]
pub struct View {
    /// Whose.
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    /// The rule set.
    pub rule_set: String,
    /// The version from which the grade comes; null: none was in force.
    pub version: Option<u64>,
    /// What that version says.
    pub hash: Option<String>,
    /// `newest` or `in-force`.
    pub reading: &'static str,
    /// The versions that count, the earliest first.
    pub versions: Vec<Version>,
    /// What happened at or after this time is left out.
    #[schema(value_type = String)]
    pub as_of: Instant,
    /// The log position up to which it was read.
    pub position: u64,
    /// The points.
    pub points: String,
    /// The grade; null: below the lowest.
    pub grade: Option<Grade>,
    /// The next grade up, and what is missing to it.
    pub next_grade: Option<NextGrade>,
    /// What each rule gave.
    pub rules: Vec<OfRule>,
    /// What each business unit brought.
    pub units: Vec<OfUnit>,
    /// What rounding to 4 decimals added to the sum of all parts; null: nothing.
    pub rounding: Option<String>,
    /// Events, or gaps, to which a rule did not apply because a value that it came to read is missing.
    pub without_facet: u64,
    /// Events that a rule left out because their money could not be converted.
    pub without_rate: u64,
    /// The currencies of money that a rule read.
    pub currencies: Vec<String>,
    /// What is worth a second look.
    pub warnings: Vec<String>,
    /// What serving the customer took, against what its grade allows.
    pub service: Service,
    /// With `rank=true`: the place in the list of all customers; null: not in it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<Standing>,
    /// With `explain=true`: what every rule gave for every event and every gap, and last a line `rounding` where needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<Part>>,
}

/// The place in the list of all customers, which is of the newest reading and as of the end of the day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreStanding)]
pub struct Standing {
    /// By what the list was made, and how far it is.
    #[serde(flatten)]
    pub list: Head,
    /// From 1; customers of equal points have the same. null: a rule fails.
    pub rank: Option<u64>,
    /// The points there.
    pub points: Option<String>,
    /// The grade there.
    pub grade: Option<String>,
}

impl Standing {
    /// A customer's place.
    pub fn of(listed: Listed) -> Self {
        Self {
            list: Head::of(&listed.set),
            rank: listed.row.points.map(|_| listed.above + 1),
            points: listed.row.points.map(|points| points.to_string()),
            grade: listed.row.grade.map(Into::into),
        }
    }
}

/// A version that counts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreVersion)]
pub struct Version {
    /// Its number.
    pub version: u64,
    /// What it says.
    pub hash: String,
    /// From when on it is in force.
    #[schema(value_type = String)]
    pub effective_from: Instant,
}

/// A grade, and what it promises.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreGrade)]
pub struct Grade {
    /// Its name.
    pub name: String,
    /// The level of service, in words.
    pub service: Option<String>,
}

/// The next grade up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreNextGrade)]
pub struct NextGrade {
    /// Its name.
    pub name: String,
    /// From how many points on.
    pub from: String,
    /// The points that are missing to it.
    pub missing: String,
}

/// What a rule gave.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreOfRule)]
pub struct OfRule {
    /// The rule.
    pub id: String,
    /// The version that it stands in.
    pub version: u64,
    /// Its points, before the one rounding of the total.
    pub points: String,
    /// Events, or gaps, to which it did not apply because a value that it came to read is missing.
    pub without_facet: u64,
    /// Events that it left out because their money could not be converted.
    pub without_rate: u64,
}

/// What a business unit brought.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreOfUnit)]
pub struct OfUnit {
    /// The unit; null: events without one, and gaps.
    pub unit: Option<String>,
    /// Its points, before the one rounding of the total.
    pub points: String,
}

/// What serving the customer took in the 365 days before as-of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreService)]
pub struct Service {
    /// Events of complaints, enquiries, feedback, subscriptions, tickets and warranties.
    pub events: u64,
    /// Minutes of work.
    pub minutes: String,
    /// Cost, in the currency of the rules or, without one, as written.
    pub cost: String,
    /// The currency of the cost; null: as written.
    pub currency: Option<String>,
    /// Cost as written, by currency.
    pub cost_by_currency: BTreeMap<String, String>,
    /// Events whose cost is left out because it could not be converted.
    pub without_rate: u64,
    /// The minutes that the grade allows in a year.
    pub minutes_allowed: Option<String>,
    /// The cost that the grade allows in a year.
    pub cost_allowed: Option<String>,
    /// `over`, `under` (less than half), `within`; null: nothing is allowed or limited.
    pub balance: Option<&'static str>,
    /// Why, in numbers.
    pub reason: String,
}

/// A part of a score.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScorePart)]
pub struct Part {
    /// The rule; `rounding` in the last line, where the total was rounded.
    pub rule: String,
    /// The version that it stands in; null in the line of the rounding.
    pub version: Option<u64>,
    /// The event; null for a gap.
    pub event: Option<PartEvent>,
    /// Whether it is for a gap.
    pub gap: bool,
    /// When the event happened, or when the gap had its length.
    #[schema(value_type = Option<String>)]
    pub at: Option<Instant>,
    /// Points as credited, before age took from them.
    pub credited: Option<String>,
    /// What age left of a point, where the rule has a half-life.
    pub factor: Option<String>,
    /// Points at as-of, exactly.
    pub points: String,
}

/// The event of a part.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScorePartEvent)]
pub struct PartEvent {
    /// The system that published it.
    pub source: String,
    /// Its id there; null when it is erased.
    pub id: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its place in the log.
    pub position: u64,
    /// When it happened.
    #[schema(value_type = String)]
    pub time: Instant,
    /// Its business unit.
    pub unit: Option<String>,
}

impl View {
    /// A score, told.
    pub fn of(score: &Score, summary: &Summary<'_>, explain: bool) -> Self {
        let grading = score.grading();
        let grades = grading.map(|used| &*used.compiled.rules.grades).unwrap_or_default();
        let next = summary.next_grade(grades);
        let unit = |(unit, points): (&Option<Box<str>>, _)| OfUnit {
            unit: unit.as_deref().map(str::to_owned),
            points: plain(points),
        };
        Self {
            customer_id: score.customer.id,
            rule_set: score.history.name.clone(),
            version: grading.map(|used| used.version.version),
            hash: grading.map(|used| used.compiled.hash.clone()),
            reading: score.asked.reading.name(),
            versions: score.used.iter().map(Version::of).collect(),
            as_of: score.asked.as_of,
            position: score.customer.position,
            points: summary.total.to_string(),
            grade: summary.grade.map(Grade::of),
            next_grade: next.map(|(grade, missing)| NextGrade {
                name: grade.name.to_string(),
                from: grade.from.normalize().to_string(),
                missing: missing.to_string(),
            }),
            rules: summary.rules.iter().map(|rule| OfRule::of(score, rule)).collect(),
            units: summary.units.iter().map(unit).collect(),
            rounding: summary.rounding.as_ref().map(plain),
            without_facet: summary.rules.iter().map(|rule| rule.missing).sum(),
            without_rate: summary.rules.iter().map(|rule| rule.without_rate).sum(),
            currencies: summary.currencies.iter().map(|currency| currency.to_string()).collect(),
            warnings: warnings(score, summary),
            service: Service::of(score, summary.grade),
            listed: None,
            parts: explain.then(|| parts(score, summary)),
        }
    }
}

impl Version {
    fn of(used: &Used) -> Self {
        Self {
            version: used.version.version,
            hash: used.compiled.hash.clone(),
            effective_from: used.version.effective_from,
        }
    }
}

impl Grade {
    fn of(grade: &RulesGrade) -> Self {
        Self { name: grade.name.to_string(), service: grade.service.as_deref().map(str::to_owned) }
    }
}

impl OfRule {
    fn of(score: &Score, rule: &summary::OfRule<'_>) -> Self {
        Self {
            id: rule.rule.to_owned(),
            version: version(score, rule.version),
            points: plain(&rule.points),
            without_facet: rule.missing,
            without_rate: rule.without_rate,
        }
    }
}

impl Service {
    fn of(score: &Score, grade: Option<&RulesGrade>) -> Self {
        let spent = score.spent();
        let (balance, reason) = score.balance(&spent, grade);
        let allows = Score::allowance(grade);
        let by_currency = spent.by_currency.iter();
        Self {
            events: spent.events,
            minutes: spent.minutes.normalize().to_string(),
            cost: spent.cost.normalize().to_string(),
            currency: score.currency().map(str::to_owned),
            cost_by_currency: by_currency
                .map(|(code, cost)| (code.to_string(), cost.normalize().to_string()))
                .collect(),
            without_rate: spent.without_rate,
            minutes_allowed: allows.minutes_per_year.map(|minutes| minutes.normalize().to_string()),
            cost_allowed: allows.cost_per_year.map(|cost| cost.normalize().to_string()),
            balance: balance.map(|balance| balance.name()),
            reason,
        }
    }
}

fn version(score: &Score, place: usize) -> u64 {
    score.used.get(place).map_or(0, |used| used.version.version)
}

fn warnings(score: &Score, summary: &Summary<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    let takes_as_written = score.used.iter().any(|used| used.compiled.rules.money.is_none());
    let met: Vec<&str> = summary.currencies.iter().map(|currency| &**currency).collect();
    if takes_as_written && met.len() > 1 {
        let met = met.join(", ");
        warnings.push(format!("amounts in {met} were taken as written: the rules name no `currency`"));
    }
    if let Some(used) = score.grading().filter(|used| used.version.effective_from > score.asked.as_of) {
        let (version, from) = (used.version.version, used.version.effective_from);
        warnings.push(format!("no version was in force then: told by version {version}, in force from {from}"));
    }
    warnings
}

fn parts(score: &Score, summary: &Summary<'_>) -> Vec<Part> {
    let part = |part: &summary::Part<'_>| Part {
        rule: part.rule.to_owned(),
        version: Some(version(score, part.version)),
        event: part.row.map(|row| event(score, row)),
        gap: part.row.is_none(),
        at: Some(Instant::from_micros(part.at)),
        credited: Some(plain(&part.credited)),
        factor: part.factor.map(|factor| factor.normalize().to_string()),
        points: plain(&part.points),
    };
    let rounding = summary.rounding.as_ref().map(|rounding| Part {
        rule: "rounding".to_owned(),
        version: None,
        event: None,
        gap: false,
        at: None,
        credited: None,
        factor: None,
        points: plain(rounding),
    });
    summary.parts.iter().map(part).chain(rounding).collect()
}

fn event(score: &Score, row: u32) -> PartEvent {
    let facts = score.customer.events().facts;
    let place = row as usize;
    let (position, unit) = (facts.positions[place], facts.units.get(place));
    PartEvent {
        source: facts.sources.get(place).to_owned(),
        id: score.customer.event_id(position).map(str::to_owned),
        type_name: facts.types.get(place).to_owned(),
        position,
        time: Instant::from_micros(facts.times[place]),
        unit: Some(unit).filter(|unit| !unit.is_empty()).map(str::to_owned),
    }
}
