//! The points of all customers before and after: by rule and by business unit, exactly.

use bigdecimal::BigDecimal;
use serde::{Serialize, Serializer};

use super::diff::Scores;
use super::exact::{exact, plain};
use super::replay::Breakdown;

/// What the points of all customers consist of. The rules and the rounding add up to the points, and so do the units and
/// the rounding, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// The sum of all customers' points.
    pub points: Moved,
    /// Every rule of either side, those of after first; `None` where there is no such rule.
    pub by_rule: Vec<OfRule>,
    /// By name; the events without a unit, and gaps, come first.
    pub by_unit: Vec<OfUnit>,
    /// What rounding each customer's points to 4 decimals added to the sums of exact parts.
    pub rounding: Moved,
}

/// Points before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Before.
    #[serde(serialize_with = "told")]
    pub before: BigDecimal,
    /// After.
    #[serde(serialize_with = "told")]
    pub after: BigDecimal,
    /// After without before.
    #[serde(serialize_with = "told")]
    pub change: BigDecimal,
}

/// What a rule gives all customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfRule {
    /// Its id.
    pub rule: Box<str>,
    /// Before; `None`: there was no such rule.
    #[serde(serialize_with = "told_if_any")]
    pub before: Option<BigDecimal>,
    /// After; `None`: there is no such rule.
    #[serde(serialize_with = "told_if_any")]
    pub after: Option<BigDecimal>,
    /// After without before.
    #[serde(serialize_with = "told")]
    pub change: BigDecimal,
}

/// What all customers have from the events of a business unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfUnit {
    /// The unit; `None`: events without one, and gaps.
    pub unit: Option<Box<str>>,
    /// Points before and after.
    #[serde(flatten)]
    pub points: Moved,
}

/// A total as a line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// `points`, `rule`, `unit` or `rounding`.
    pub total: &'static str,
    /// Of which rule, or unit; `None`: without unit, or there is only one such line.
    pub name: Option<&'a str>,
    /// Points before; `None`: there was no such rule.
    pub before: Option<String>,
    /// Points after; `None`: there is no such rule.
    pub after: Option<String>,
    /// After without before.
    pub change: String,
}

impl Moved {
    fn line<'a>(&self, total: &'static str, name: Option<&'a str>) -> Line<'a> {
        let Self { before, after, change } = self;
        Line { total, name, before: Some(plain(before)), after: Some(plain(after)), change: plain(change) }
    }

    fn of(before: BigDecimal, after: BigDecimal) -> Self {
        let change = &after - &before;
        Self { before, after, change }
    }
}

impl Totals {
    /// The totals of two sides: the scores of all customers, and what they consist of.
    pub fn of(before: (&Scores, &Breakdown), after: (&Scores, &Breakdown)) -> Self {
        let points = Moved::of(sum(before.0), sum(after.0));
        let (one, other) = (before.1, after.1);
        let rounding = Moved::of(&points.before - one.sum(), &points.after - other.sum());
        Self { points, by_rule: by_rule(one, other), by_unit: by_unit(one, other), rounding }
    }

    /// The same as lines: all points, rules, units, rounding.
    pub fn lines(&self) -> Vec<Line<'_>> {
        let mut lines = vec![self.points.line("points", None)];
        lines.extend(self.by_rule.iter().map(|OfRule { rule, before, after, change }| {
            let side = |points: &Option<BigDecimal>| points.as_ref().map(plain);
            Line { total: "rule", name: Some(rule), before: side(before), after: side(after), change: plain(change) }
        }));
        lines.extend(self.by_unit.iter().map(|of| of.points.line("unit", of.unit.as_deref())));
        lines.push(self.rounding.line("rounding", None));
        lines
    }
}

fn sum(scores: &Scores) -> BigDecimal {
    scores.points.iter().map(|points| exact(*points)).sum()
}

fn by_rule(before: &Breakdown, after: &Breakdown) -> Vec<OfRule> {
    let find =
        |side: &Breakdown, id: &str| side.rules.iter().find(|(known, _)| **known == *id).map(|(_, sum)| sum.clone());
    let gone = before.rules.iter().filter(|(id, _)| find(after, id).is_none());
    let row = |(id, _): &(Box<str>, BigDecimal)| {
        let (one, other) = (find(before, id), find(after, id));
        let Moved { change, .. } = Moved::of(one.clone().unwrap_or_default(), other.clone().unwrap_or_default());
        OfRule { rule: id.clone(), before: one, after: other, change }
    };
    after.rules.iter().chain(gone).map(row).collect()
}

fn by_unit(before: &Breakdown, after: &Breakdown) -> Vec<OfUnit> {
    let mut units: Vec<&Option<Box<str>>> = before.units.keys().chain(after.units.keys()).collect();
    units.sort_unstable();
    units.dedup();
    let of = |side: &Breakdown, unit: &Option<Box<str>>| side.units.get(unit).cloned().unwrap_or_default();
    let row =
        |unit: &Option<Box<str>>| OfUnit { unit: unit.clone(), points: Moved::of(of(before, unit), of(after, unit)) };
    units.into_iter().map(row).collect()
}

fn told<S: Serializer>(points: &BigDecimal, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&plain(points))
}

fn told_if_any<S: Serializer>(points: &Option<BigDecimal>, to: S) -> Result<S::Ok, S::Error> {
    points.as_ref().map(plain).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn scores(points: &[&str]) -> Scores {
        let points: Vec<Decimal> = points.iter().map(|points| points.parse().unwrap()).collect();
        Scores { graded: vec![None; points.len()], points, grades: Vec::new() }
    }

    fn breakdown(rules: &[(&str, &str)], units: &[(Option<&str>, &str)]) -> Breakdown {
        Breakdown {
            rules: rules.iter().map(|(id, points)| ((*id).into(), points.parse().unwrap())).collect(),
            units: units.iter().map(|(unit, points)| (unit.map(Into::into), points.parse().unwrap())).collect(),
        }
    }

    #[test]
    fn totals_add_up_with_the_rounding() {
        let before = breakdown(&[("old", "2"), ("both", "1.00004")], &[(None, "2"), (Some("x"), "1.00004")]);
        let after = breakdown(&[("new", "0"), ("both", "-0.500")], &[(Some("y"), "-0.5")]);
        let totals = Totals::of((&scores(&["3", "0"]), &before), (&scores(&["0", "-0.5"]), &after));
        let moved = |before: &str, after: &str, change: &str| serde_json::json!({"before": before, "after": after, "change": change});
        let expected = serde_json::json!({
            "points": moved("3", "-0.5", "-3.5"),
            "by_rule": [
                {"rule": "new", "before": null, "after": "0", "change": "0"},
                {"rule": "both", "before": "1.00004", "after": "-0.5", "change": "-1.50004"},
                {"rule": "old", "before": "2", "after": null, "change": "-2"},
            ],
            "by_unit": [
                {"unit": null, "before": "2", "after": "0", "change": "-2"},
                {"unit": "x", "before": "1.00004", "after": "0", "change": "-1.00004"},
                {"unit": "y", "before": "0", "after": "-0.5", "change": "-0.5"},
            ],
            "rounding": moved("-0.00004", "0", "0.00004"),
        });
        assert_eq!(serde_json::to_value(&totals).unwrap(), expected);
        let lines: Vec<String> = totals
            .lines()
            .into_iter()
            .map(|Line { total, name, before, after, change }| {
                [total, name.unwrap_or("-"), &before.unwrap_or_default(), &after.unwrap_or_default(), &change].join(" ")
            })
            .collect();
        assert_eq!(
            lines,
            [
                "points - 3 -0.5 -3.5",
                "rule new  0 0",
                "rule both 1.00004 -0.5 -1.50004",
                "rule old 2  -2",
                "unit - 2 0 -2",
                "unit x 1.00004 0 -1.00004",
                "unit y 0 -0.5 -0.5",
                "rounding - -0.00004 0 0.00004",
            ]
        );
    }
}
