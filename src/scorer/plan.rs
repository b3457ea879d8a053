//! Which lists there should be, and what is to be done about it.

use std::sync::Arc;

use jiff::tz::TimeZone;
use kulta_events::Instant;
use kulta_projections::scores::calendar::Calendar;
use kulta_projections::scores::history::{History, Reading};

use super::{Error, Scorer};
use crate::replay::run::{Rules, Span};
use crate::scores::Compiled;
use crate::store::scores::{MadeBy, ScoreSet, SetState};
use crate::store::views::Generation;

/// A list that there should be.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub made_by: MadeBy,
    pub compiled: Arc<Compiled>,
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Lists to keep up; one that is built becomes live with it.
    pub follow: Vec<(ScoreSet, Wanted)>,
    /// Lists to make.
    pub make: Vec<Wanted>,
    /// Lists that nobody needs.
    pub remove: Vec<i64>,
    /// Lists whose place another one has taken.
    pub past: Vec<i64>,
    /// Whether there are no lists.
    pub none: bool,
}

/// The last microsecond of the day in a time zone.
pub(super) fn end_of_day(now: Instant, zone: &TimeZone) -> Instant {
    let calendar = Calendar::new(zone.clone(), now.micros(), now.micros());
    Instant::from_micros(calendar.midnight(calendar.day(now.micros()).saturating_add(1)).saturating_sub(1))
}

impl Wanted {
    /// The rules, for all of history.
    pub fn rules(&self) -> Rules {
        let version = Some(self.made_by.version);
        Rules { spans: vec![Span { from: i64::MIN, until: i64::MAX, version, compiled: self.compiled.clone() }] }
    }
}

impl Plan {
    /// What is to be done to have these lists, of those that there are. A rule set that cannot be read (`keep`) keeps
    /// what it has. `building`: the list that is being made.
    pub fn of(sets: Vec<ScoreSet>, wanted: &[Wanted], old: &[Wanted], keep: &[String], building: Option<i64>) -> Self {
        let mut plan = Self { none: sets.is_empty(), ..Self::default() };
        let same = |set: &ScoreSet| wanted.iter().find(|wanted| wanted.made_by == set.made_by);
        for set in &sets {
            let named = |wanted: &&Wanted| wanted.made_by.rule_set == set.made_by.rule_set;
            let is_kept = keep.contains(&set.made_by.rule_set);
            match (set.state, same(set)) {
                (SetState::Live | SetState::Built, Some(wanted)) => plan.follow.push((set.clone(), wanted.clone())),
                // Until another one is there.
                (SetState::Live, None) if wanted.iter().any(|wanted| named(&wanted)) || is_kept => {
                    let rules = old.iter().find(|old| old.made_by == set.made_by);
                    plan.follow.extend(rules.map(|rules| (set.clone(), rules.clone())));
                }
                (SetState::Building, _) if building == Some(set.number) => {}
                (SetState::Past, _) => plan.past.push(set.number),
                (SetState::Building | SetState::Built | SetState::Live, _) => plan.remove.push(set.number),
            }
        }
        let has = |wanted: &&Wanted| {
            let there = |set: &&ScoreSet| matches!(set.state, SetState::Live | SetState::Built);
            sets.iter().filter(there).any(|set| set.made_by == wanted.made_by)
        };
        plan.make = wanted.iter().filter(|wanted| !has(wanted)).cloned().collect();
        plan
    }
}

impl Scorer {
    /// The lists that there should be now in a generation, and the rule sets that this program cannot read.
    pub(super) async fn wanted(
        &self,
        histories: &[History],
        generation: &dyn Generation,
    ) -> Result<(Vec<Wanted>, Vec<String>), Error> {
        let now = self.clock.now();
        let (mut wanted, mut unreadable) = (Vec::new(), Vec::new());
        let policy = generation.policy().await?.map_or(0, |policy| policy.position);
        let in_use = |history: &&History| history.retired.is_none();
        for history in histories.iter().filter(in_use) {
            let Some(span) = history.read(Reading::Newest, now).pop() else { continue };
            match self.scores.compile_version(&history.name, span.version) {
                Ok(compiled) => {
                    let reads_customers = !compiled.rules.reads(&self.scores.facets()).customer.is_empty();
                    let made_by = MadeBy {
                        rule_set: history.name.clone(),
                        version: span.version.version,
                        hash: compiled.hash.clone(),
                        as_of: end_of_day(now, &compiled.rules.zone),
                        policy: if reads_customers { policy } else { 0 },
                    };
                    wanted.push(Wanted { made_by, compiled });
                }
                Err(_) => unreadable.push(history.name.clone()),
            }
        }
        Ok((wanted, unreadable))
    }

    /// The rules by which lists were made that are no longer wanted.
    pub(super) fn old(&self, histories: &[History], sets: &[ScoreSet]) -> Vec<Wanted> {
        let of = |set: &ScoreSet| {
            let history = histories.iter().find(|history| history.name == set.made_by.rule_set)?;
            let version = history.versions.iter().find(|version| version.version == set.made_by.version)?;
            let compiled = self.scores.compile_version(&history.name, version).ok()?;
            (compiled.hash == set.made_by.hash).then(|| Wanted { made_by: set.made_by.clone(), compiled })
        };
        sets.iter().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_before_midnight_of_the_zone() {
        let zone = TimeZone::get("Europe/Helsinki").unwrap();
        let end = |now: &str| end_of_day(Instant::parse(now).unwrap(), &zone).to_string();
        assert_eq!(end("2026-03-02T12:00:00Z"), "2026-03-02T21:59:59.999999Z");
        assert_eq!(end("2026-03-02T21:59:59.999999Z"), "2026-03-02T21:59:59.999999Z");
        assert_eq!(end("2026-03-02T22:00:00Z"), "2026-03-03T21:59:59.999999Z");
        // The day on which clocks are put forward has 23 hours, the one on which they are put back 25.
        assert_eq!(end("2026-03-28T22:00:00Z"), "2026-03-29T20:59:59.999999Z");
        assert_eq!(end("2026-10-24T21:00:00Z"), "2026-10-25T21:59:59.999999Z");
    }

    fn wanted(name: &str, version: u64) -> Wanted {
        let text = format!("name = \"{name}\"\n[[rule]]\nid = \"a\"\non = \"purchase.made\"\npoints = {version}\n");
        let facets = kulta_projections::scores::rules::Facets::of(&kulta_events::Vocabulary::standard());
        let compiled = Arc::new(Compiled::new(&text, &facets).unwrap());
        let (rule_set, hash) = (name.to_owned(), compiled.hash.clone());
        Wanted { made_by: MadeBy { rule_set, version, hash, as_of: Instant::from_micros(0), policy: 0 }, compiled }
    }

    fn set(number: i64, state: SetState, wanted: &Wanted) -> ScoreSet {
        ScoreSet { number, state, made_by: wanted.made_by.clone(), position: 7 }
    }

    fn told(plan: &Plan) -> (Vec<i64>, Vec<u64>, Vec<i64>) {
        let follow = plan.follow.iter().map(|(set, _)| set.number).collect();
        (follow, plan.make.iter().map(|wanted| wanted.made_by.version).collect(), plan.remove.clone())
    }

    #[test]
    fn a_list_is_kept_up_until_the_next_one_is_there() {
        use SetState::{Building, Built, Live, Past};
        let (one, two) = (wanted("value", 1), wanted("value", 2));
        let plan = |sets: &[ScoreSet], wanted: &[Wanted], building| {
            let old = [one.clone(), two.clone()];
            told(&Plan::of(sets.to_vec(), wanted, &old, &[], building))
        };
        let old = set(1, Live, &one);
        let both = [two.clone()];
        assert_eq!(plan(&[], &both, None), (vec![], vec![2], vec![]));
        assert_eq!(plan(std::slice::from_ref(&old), &both, None), (vec![1], vec![2], vec![]));
        assert_eq!(plan(&[old.clone(), set(2, Building, &two)], &both, Some(2)), (vec![1], vec![2], vec![]));
        // What a node that died began.
        assert_eq!(plan(&[old.clone(), set(2, Building, &two)], &both, None), (vec![1], vec![2], vec![2]));
        assert_eq!(plan(&[old.clone(), set(2, Built, &two)], &both, None), (vec![1, 2], vec![], vec![]));
        assert_eq!(plan(&[set(1, Past, &one), set(2, Live, &two)], &both, None), (vec![2], vec![], vec![]));
        // Nobody uses the rule set any more.
        assert_eq!(plan(&[old], &[], None), (vec![], vec![], vec![1]));
    }

    #[test]
    fn what_this_program_cannot_read_stays_as_it_is() {
        let one = wanted("value", 1);
        let sets = vec![set(1, SetState::Live, &one)];
        let plan = Plan::of(sets, &[], std::slice::from_ref(&one), &["value".to_owned()], None);
        assert_eq!(told(&plan), (vec![1], vec![], vec![]));
    }
}
