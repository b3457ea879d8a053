//! Who moves: scores of the same customers before and after.

use std::cmp::Reverse;

use rust_decimal::Decimal;

use super::rules::RuleSet;

/// The scores of all customers by some rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// By customer.
    pub points: Vec<Decimal>,
    /// Names of grades, the highest first.
    pub grades: Vec<Box<str>>,
    /// By customer the place of the grade; `None`: below the lowest.
    pub graded: Vec<Option<u16>>,
}

/// A customer that moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// By its place.
    pub customer: u32,
    /// Its rank before, from 1; customers of equal points have the same.
    pub rank_before: u32,
    /// Its rank after.
    pub rank_after: u32,
}

/// How many customers of a grade.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct GradeTotal {
    /// The grade; `None`: below the lowest.
    pub grade: Option<Box<str>>,
    /// Customers before.
    pub before: u64,
    /// Customers after.
    pub after: u64,
}

/// How many customers go from one grade to another.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct GradeMove {
    /// The grade before; `None`: below the lowest.
    pub from: Option<Box<str>>,
    /// The grade after.
    pub to: Option<Box<str>>,
    /// How many customers.
    pub customers: u64,
}

/// A diff in numbers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// How many customers there are.
    pub customers: u64,
    /// Whose points or grade change.
    pub changed: u64,
    /// Who gains points.
    pub gain: u64,
    /// Who loses points.
    pub lose: u64,
    /// By grade, those of before and after, the highest first.
    pub grades: Vec<GradeTotal>,
    /// Between which grades customers move, most customers first.
    pub moves: Vec<GradeMove>,
}

impl Scores {
    /// Points with the grades of a rule set.
    pub fn of(points: Vec<Decimal>, rules: &RuleSet) -> Self {
        let place = |points: &Decimal| rules.grades.iter().position(|grade| *points >= grade.from);
        let graded = points.iter().map(|points| place(points).and_then(|place| u16::try_from(place).ok())).collect();
        Self { points, grades: rules.grades.iter().map(|grade| grade.name.clone()).collect(), graded }
    }

    /// How many customers there are.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The grade of a customer.
    pub fn grade(&self, customer: usize) -> Option<&str> {
        let place = self.graded.get(customer).copied().flatten()?;
        self.grades.get(usize::from(place)).map(|name| &**name)
    }

    /// By customer the rank, from 1; customers of equal points have the same, and the next one counts them all.
    pub fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.points.len() as u32).collect();
        order.sort_unstable_by_key(|customer| Reverse(self.points[*customer as usize]));
        let mut ranks = vec![0; order.len()];
        let (mut rank, mut last) = (0, None);
        for (place, customer) in (1..).zip(order) {
            let points = self.points[customer as usize];
            if last != Some(points) {
                (rank, last) = (place, Some(points));
            }
            ranks[customer as usize] = rank;
        }
        ranks
    }
}

/// The customers whose points or grade change, the largest change first, then in the customers' order.
pub fn changes(before: &Scores, after: &Scores) -> Vec<Change> {
    let (ranks_before, ranks_after) = (before.ranks(), after.ranks());
    let moves = |customer: &usize| {
        before.points[*customer] != after.points[*customer] || before.grade(*customer) != after.grade(*customer)
    };
    let mut found: Vec<(Decimal, Change)> = (0..before.len().min(after.len()))
        .filter(moves)
        .map(|customer| {
            let change = Change {
                customer: customer as u32,
                rank_before: ranks_before[customer],
                rank_after: ranks_after[customer],
            };
            ((after.points[customer] - before.points[customer]).abs(), change)
        })
        .collect();
    found.sort_unstable_by_key(|(size, change)| (Reverse(*size), change.customer));
    found.into_iter().map(|(_, change)| change).collect()
}

/// The numbers of a diff.
pub fn summary(before: &Scores, after: &Scores) -> Summary {
    let mut names: Vec<Option<Box<str>>> = before.grades.iter().cloned().map(Some).collect();
    let new = after.grades.iter().filter(|name| !before.grades.contains(name));
    names.extend(new.cloned().map(Some));
    names.push(None);
    let place = |grade: Option<&str>| names.iter().position(|name| name.as_deref() == grade).unwrap_or(names.len() - 1);
    let mut counts = vec![(0_u64, 0_u64); names.len()];
    let mut moved = vec![0_u64; names.len() * names.len()];
    let (mut gain, mut lose, mut changed) = (0, 0, 0);
    for customer in 0..before.len().min(after.len()) {
        let (from, to) = (place(before.grade(customer)), place(after.grade(customer)));
        counts[from].0 += 1;
        counts[to].1 += 1;
        moved[from * names.len() + to] += u64::from(from != to);
        let (one, other) = (before.points[customer], after.points[customer]);
        gain += u64::from(other > one);
        lose += u64::from(other < one);
        changed += u64::from(one != other || from != to);
    }
    let grades = names.iter().zip(&counts);
    let grades =
        grades.map(|(grade, (before, after))| GradeTotal { grade: grade.clone(), before: *before, after: *after });
    let mut moves: Vec<GradeMove> = (0..moved.len())
        .filter(|place| moved[*place] > 0)
        .map(|place| GradeMove {
            from: names[place / names.len()].clone(),
            to: names[place % names.len()].clone(),
            customers: moved[place],
        })
        .collect();
    moves.sort_by_key(|one| Reverse(one.customers));
    Summary { customers: before.len() as u64, changed, gain, lose, grades: grades.collect(), moves }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(points: &[i64], borders: &[(&str, i64)]) -> Scores {
        let graded =
            points.iter().map(|points| borders.iter().position(|(_, from)| points >= from).map(|at| at as u16));
        Scores {
            points: points.iter().map(|points| Decimal::from(*points)).collect(),
            grades: borders.iter().map(|(name, _)| Box::from(*name)).collect(),
            graded: graded.collect(),
        }
    }

    #[test]
    fn equal_points_have_equal_ranks() {
        assert_eq!(scores(&[5, 9, 5, 1, 9], &[]).ranks(), [3, 1, 3, 5, 1]);
        assert!(scores(&[], &[]).ranks().is_empty());
    }

    #[test]
    fn the_largest_change_comes_first() {
        let before = scores(&[10, 20, 30, 40, 7], &[("A", 30), ("B", 10)]);
        let after = scores(&[12, 20, 5, 38, 7], &[("A", 20), ("B", 7)]);
        let found: Vec<_> =
            changes(&before, &after).iter().map(|c| (c.customer, c.rank_before, c.rank_after)).collect();
        // 30 → 5; then 10 → 12 and 40 → 38; then those whose grade alone changes.
        assert_eq!(found, [(2, 2, 5), (0, 4, 3), (3, 1, 1), (1, 3, 2), (4, 5, 4)]);
        let summary = summary(&before, &after);
        assert_eq!((summary.customers, summary.changed, summary.gain, summary.lose), (5, 5, 1, 2));
        let grade = |name: &str| Some(Box::from(name));
        assert_eq!(
            summary.grades,
            [
                GradeTotal { grade: grade("A"), before: 2, after: 2 },
                GradeTotal { grade: grade("B"), before: 2, after: 2 },
                GradeTotal { grade: None, before: 1, after: 1 },
            ]
        );
        assert_eq!(summary.moves.len(), 3);
        assert!(summary.moves.iter().all(|one| one.customers == 1));
    }

    #[test]
    fn nobody_moves_when_nothing_changes() {
        let same = scores(&[1, 2], &[("A", 2)]);
        assert!(changes(&same, &same.clone()).is_empty());
        assert_eq!(summary(&same, &same).changed, 0);
    }
}
