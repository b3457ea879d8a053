//! What was won and lost, by whom, of what, when; and how far goals are reached.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use kulta_events::{Instant, Json, Recorded};
use rust_decimal::Decimal;
use serde::Serialize;

use super::card::OfferCard;
use super::history::{Fact, History};
use super::money::{Sums, ratio, share};
use super::offer::Status;
use super::period::Period;
use super::terms::{Number, amount, date, text};

/// By what closed offers are counted apart. Months, quarters and years are those of closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// Who worked on it.
    Owner,
    /// Whose it was.
    Team,
    /// What was to be sold.
    Product,
    /// To which group that belongs.
    ProductGroup,
    /// Where the business came from.
    Origin,
    /// In which pipeline.
    Pipeline,
    /// Why.
    ReasonCode,
    /// Such as `2026-03`.
    Month,
    /// Such as `2026-Q1`.
    Quarter,
    /// Such as `2026`.
    Year,
}

impl By {
    fn of(self, card: &OfferCard, closed_at: Instant, period: &Period) -> Option<Box<str>> {
        match self {
            By::Owner => card.owner.clone(),
            By::Team => card.team.clone(),
            By::Product => card.product.clone(),
            By::ProductGroup => card.product_group.clone(),
            By::Origin => card.origin.clone(),
            By::Pipeline => card.pipeline.clone(),
            By::ReasonCode => card.reason_code.clone(),
            By::Month => period.month(closed_at).map(Into::into),
            By::Quarter => period.quarter(closed_at).map(Into::into),
            By::Year => period.year(closed_at).map(Into::into),
        }
    }
}

/// What was won and lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many offers were won.
    pub won: u64,
    /// How many were lost.
    pub lost: u64,
    /// The sums of those won.
    pub won_sums: Sums,
    /// The sums of those lost.
    pub lost_sums: Sums,
}

impl Tally {
    /// The share of those won among those closed, with 6 decimals; `None` when none was closed.
    pub fn win_rate(&self) -> Option<Decimal> {
        share(self.won, self.won + self.lost)
    }

    /// Adds what was counted elsewhere, such as that of a subsidiary to its parent's.
    pub fn merge(&mut self, other: &Self) {
        self.won += other.won;
        self.lost += other.lost;
        self.won_sums.merge(&other.won_sums);
        self.lost_sums.merge(&other.lost_sums);
    }

    fn add(&mut self, card: &OfferCard) {
        let (count, sums) = match card.status {
            Status::Open => return,
            Status::Won => (&mut self.won, &mut self.won_sums),
            Status::Lost => (&mut self.lost, &mut self.lost_sums),
        };
        *count += 1;
        if let Some(amount) = card.amount {
            sums.add(card.currency.as_deref(), amount, None);
        }
    }
}

/// The offers that were closed in a period, counted apart by a key, such as the record or the customer that holds it
/// now.
pub fn tallies<'c, K: Ord>(
    cards: impl IntoIterator<Item = &'c OfferCard>,
    period: &Period,
    key: impl Fn(&OfferCard, Instant) -> K,
) -> BTreeMap<K, Tally> {
    let mut tallies: BTreeMap<K, Tally> = BTreeMap::new();
    for card in cards {
        let closed_at = card.closed_at.filter(|at| card.status != Status::Open && period.holds(*at));
        if let Some(closed_at) = closed_at {
            tallies.entry(key(card, closed_at)).or_default().add(card);
        }
    }
    tallies
}

/// The same, counted apart by the values of `by`, in that order; `None` stands for what nobody said.
pub fn wins<'c>(
    cards: impl IntoIterator<Item = &'c OfferCard>,
    by: &[By],
    period: &Period,
) -> BTreeMap<Vec<Option<Box<str>>>, Tally> {
    tallies(cards, period, |card, closed_at| by.iter().map(|by| by.of(card, closed_at, period)).collect())
}

/// What a goal counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// Offers that were won.
    Count,
    /// Their sums, in the goal's currency.
    Money,
}

/// A goal: so much is to be won in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Its id.
    pub goal: Box<str>,
    /// What it counts.
    pub measure: Measure,
    /// How much.
    pub target: Number,
    /// ISO 4217; of money.
    pub currency: Option<Box<str>>,
    /// The first day, `YYYY-MM-DD`.
    pub from: Box<str>,
    /// The first day after it.
    pub until: Box<str>,
    /// Only offers of this pipeline.
    pub pipeline: Option<Box<str>>,
    /// Only offers of this owner.
    pub owner: Option<Box<str>>,
    /// Only offers of this team.
    pub team: Option<Box<str>>,
    /// Only offers of this product.
    pub product: Option<Box<str>>,
    /// Whether it no longer counts.
    pub retired: bool,
}

impl Fact for Goal {
    fn read(event: &Recorded) -> Option<Self> {
        if event.type_name != "goal.set" {
            return None;
        }
        let data = &event.payload.data;
        let measure = match data.get("measure")?.as_str()? {
            "count" => Measure::Count,
            "money" => Measure::Money,
            _ => return None,
        };
        Some(Self {
            goal: text(data, "goal")?,
            measure,
            target: data.get("target").and_then(amount)?,
            currency: text(data, "currency"),
            from: data.get("from").and_then(date)?,
            until: data.get("until").and_then(date)?,
            pipeline: text(data, "pipeline"),
            owner: text(data, "owner"),
            team: text(data, "team"),
            product: text(data, "product"),
            retired: data.get("retired") == Some(&Json::Bool(true)),
        })
    }
}

/// Everything that was said of goals.
pub type Goals = History<Goal>;

/// How far a goal is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How much was won.
    pub reached: Decimal,
    /// That, over the target, with 6 decimals; `None` of a target of nothing.
    pub share: Option<Decimal>,
    /// How much is missing; nothing when it is reached.
    pub missing: Decimal,
    /// How many offers were won that could not be counted: without an amount, or in another currency.
    pub left_out: u64,
}

/// The goals that were set before a time (`None`: ever), by id; of one id the last word holds.
pub fn goals_at(goals: &Goals, as_of: Option<Instant>) -> BTreeMap<&str, &Goal> {
    let mut found = BTreeMap::new();
    for told in goals.before(as_of) {
        found.insert(&*told.fact.goal, &told.fact);
    }
    found.retain(|_, goal| !goal.retired);
    found
}

impl Goal {
    /// How far it is reached by these offers. `default_pipeline` is that of offers which name none.
    pub fn progress<'c>(
        &self,
        cards: impl IntoIterator<Item = &'c OfferCard>,
        zone: &TimeZone,
        default_pipeline: &str,
    ) -> Progress {
        let period = Period::new(zone.clone(), self.from.parse().ok(), self.until.parse().ok());
        let (mut count, mut left_out, mut sums) = (0_u64, 0_u64, Sums::default());
        for card in cards {
            let closed = card.closed_at.is_some_and(|at| period.holds(at));
            if card.status != Status::Won || !closed || !self.is_about(card, default_pipeline) {
                continue;
            }
            count += 1;
            match card.amount {
                Some(amount) if card.currency == self.currency => sums.add(card.currency.as_deref(), amount, None),
                _ => left_out += 1,
            }
        }
        let (reached, left_out) = match self.measure {
            Measure::Count => (Decimal::from(count), 0),
            Measure::Money => (sums.iter().next().map_or(Decimal::ZERO, |sum| sum.amount()), left_out),
        };
        let target = self.target.0;
        Progress { reached, share: ratio(reached, target), missing: (target - reached).max(Decimal::ZERO), left_out }
    }

    fn is_about(&self, card: &OfferCard, default_pipeline: &str) -> bool {
        let same = |wanted: &Option<Box<str>>, found: &Option<Box<str>>| wanted.is_none() || wanted == found;
        let pipeline = card.pipeline.as_deref().unwrap_or(default_pipeline);
        self.pipeline.as_deref().is_none_or(|wanted| wanted == pipeline)
            && same(&self.owner, &card.owner)
            && same(&self.team, &card.team)
            && same(&self.product, &card.product)
    }
}

#[cfg(test)]
mod tests;
