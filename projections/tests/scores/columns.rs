//! Replays over columns: the same as the interpreter, customer by customer, on any number of threads.

use std::collections::{BTreeSet, HashMap};

use bigdecimal::BigDecimal;
use jiff::tz::TimeZone;
use kulta_events::recorded::EventName;
use kulta_events::{Json, RecordId};
use kulta_projections::expr::{Expression, Scope};
use kulta_projections::scores::facts::{Builder, Facts, NewRow, Wanted};
use kulta_projections::scores::interpret::{Event, Interpreter, Refusal, ScoreError, Scored};
use kulta_projections::scores::replay::{
    Asked, Breakdown, Chunk, Columns, Customers, OfCustomers, Parts, Replayed, Shelf, Stopped, Unread, Unscored, replay,
};
use kulta_projections::scores::rules::{Cap, ForEvents, Limit, Pays, Rule, RuleSet, Tier, Tiers, Window, Worth};
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::given::{Customer, Fact, as_of, facts, is_money, rule_set, sorted, span};

impl OfCustomers for Customer {
    fn scope(&self, _: usize) -> Box<dyn Scope + '_> {
        Box::new(Customer)
    }
}

/// Customers by their records, records by their events.
type World = Vec<Vec<Vec<Fact>>>;

/// Some customers with some records each.
fn world() -> impl Strategy<Value = World> {
    let customer = facts().prop_flat_map(|facts| {
        let count = facts.len();
        (Just(facts), proptest::collection::vec(0..3_usize, count)).prop_map(|(facts, places)| {
            let mut records = vec![Vec::new(); 3];
            facts.into_iter().zip(places).for_each(|(fact, place)| records[place].push(fact));
            records
        })
    });
    proptest::collection::vec(customer, 1..6)
}

fn record(customer: usize, place: usize) -> RecordId {
    // Records of a customer do not lie beside each other.
    RecordId(Uuid::from_u128(((place as u128) << 64) | ((customer as u128 * 7919) % 101)))
}

fn json(fact: &Fact) -> Json {
    let mut members = Vec::new();
    let text = |text: &str| Json::String(text.to_owned());
    members.extend(fact.amount.map(|amount| ("amount".to_owned(), Json::Number(amount.to_string().into()))));
    members.extend(fact.currency.map(|currency| ("currency".to_owned(), text(currency))));
    members.extend(fact.market.map(|market| ("market".to_owned(), text(market))));
    Json::Object(members)
}

fn columns(world: &World) -> (Facts, Customers) {
    let mut builder = Builder::new(Wanted::default());
    let mut ids = HashMap::new();
    let mut position = 0;
    for (customer, records) in world.iter().enumerate() {
        for (place, facts) in records.iter().enumerate() {
            // The latest first.
            for fact in facts.iter().rev() {
                position += 1;
                ids.insert(position, EventName::Id(format!("{:05}", fact.id)));
                let row = NewRow {
                    record: record(customer, place),
                    time: fact.at,
                    position,
                    type_name: fact.kind,
                    source: fact.source,
                    unit: fact.unit,
                    facts: &json(fact),
                };
                builder.push(&row).unwrap();
            }
        }
    }
    let tied = builder.tied(|_| 0);
    let facts = builder.finish(tied, &ids);
    let sets: Vec<Vec<RecordId>> =
        (0..world.len()).map(|customer| (0..3).map(|place| record(customer, place)).collect()).collect();
    let customers = Customers::of(&facts.records, sets.iter().map(Vec::as_slice));
    (facts, customers)
}

fn tolerated(world: &World, set: &RuleSet, span: (i64, i64), as_of: i64) -> Replayed {
    replayed_by(world, set, span, as_of, (2, false, true)).unwrap()
}

fn replayed(
    world: &World,
    set: &RuleSet,
    span: (i64, i64),
    as_of: i64,
    (threads, breakdown): (usize, bool),
) -> Result<Replayed, Stopped> {
    replayed_by(world, set, span, as_of, (threads, breakdown, false))
}

fn replayed_by(
    world: &World,
    set: &RuleSet,
    span: (i64, i64),
    as_of: i64,
    (threads, breakdown, tolerant): (usize, bool, bool),
) -> Result<Replayed, Stopped> {
    let (facts, customers) = columns(world);
    let asked = Asked {
        rules: set,
        is_money: &is_money,
        seen: span,
        as_of,
        position: None,
        customer: &Customer,
        breakdown,
        threads,
        tolerant,
        go_on: &|_| true,
    };
    let found = replay(Columns::Whole(&facts, &customers), &asked);
    let mut apart = Apart::of(&facts, &customers);
    in_parts(&found, replay(Columns::Parts(&apart), &asked));
    let events = facts.len();
    for room in [usize::MAX, 300] {
        apart.shelf = Some(Shelf::new(room));
        // What the first replay kept is what the second one reads.
        in_parts(&found, replay(Columns::Parts(&apart), &asked));
        in_parts(&found, replay(Columns::Parts(&apart), &asked));
        let kept = apart.shelf.as_ref().map_or(0, Shelf::rows);
        assert!(kept <= events && (room < usize::MAX || kept == events || found.is_err()), "{kept} of {events}");
    }
    found
}

/// Facts of which some customers are loaded at a time.
struct Apart<'a> {
    head: Facts,
    facts: &'a Facts,
    customers: &'a Customers,
    shelf: Option<Shelf>,
}

impl<'a> Apart<'a> {
    fn of(facts: &'a Facts, customers: &'a Customers) -> Self {
        let mut head = facts.clone();
        head.clear_rows();
        Self { head, facts, customers, shelf: None }
    }
}

impl Parts for Apart<'_> {
    fn head(&self) -> &Facts {
        &self.head
    }

    fn span(&self) -> Option<(i64, i64)> {
        self.facts.span()
    }

    fn customers(&self) -> usize {
        self.customers.len()
    }

    fn rows_of(&self, customer: usize) -> usize {
        self.customers.places(customer).iter().map(|place| self.facts.rows_at(*place).len()).sum()
    }

    fn shelf(&self) -> Option<&Shelf> {
        self.shelf.as_ref()
    }

    fn load(&self, customers: std::ops::Range<usize>, chunk: &mut Chunk) -> Result<(), Unread> {
        for customer in customers {
            for place in self.customers.places(customer) {
                // A record in two runs, as one with events that came later.
                let rows = self.facts.rows_at(*place);
                let (start, end) = (rows.start as usize, rows.end as usize);
                let middle = start + (end - start) / 2;
                for run in [start..middle, middle..end] {
                    chunk.facts.append(self.facts, run);
                    chunk.end_run();
                }
            }
            chunk.end_customer();
        }
        Ok(())
    }
}

/// Where customers are loaded a few at a time the same is found, but for the positions of events.
fn in_parts(whole: &Result<Replayed, Stopped>, parts: Result<Replayed, Stopped>) {
    let (Ok(whole), Ok(parts)) = (whole, &parts) else {
        assert_eq!(whole.is_ok(), parts.is_ok());
        return;
    };
    assert_eq!(whole.sums.len(), parts.sums.len());
    for customer in 0..whole.sums.len() {
        assert_eq!(whole.sums.get(customer), parts.sums.get(customer));
    }
    assert_eq!((&whole.missing, &whole.without_rate), (&parts.missing, &parts.without_rate));
    assert_eq!((&whole.currencies, &whole.breakdown), (&parts.currencies, &parts.breakdown));
    assert_eq!(whole.interpreted, parts.interpreted);
    let refused = |found: &Replayed| -> Vec<_> {
        found.refused.iter().map(|unscored| (unscored.customer, unscored.error.clone())).collect()
    };
    assert_eq!(refused(whole), refused(parts));
}

fn interpreted(world: &World, set: &RuleSet, span: (i64, i64), as_of: i64) -> Vec<Result<Scored, ScoreError>> {
    let interpreter = Interpreter::new(set, &is_money, span, as_of);
    let one = |records: &Vec<Vec<Fact>>| {
        let facts = sorted(records.concat());
        let events: Vec<_> = facts.iter().map(|fact| Event { at: fact.at, kind: fact.kind, facts: fact }).collect();
        interpreter.score(&events, &Customer)
    };
    world.iter().map(one).collect()
}

fn same(found: &Replayed, expected: &[Scored], rules: usize) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.sums.len(), expected.len());
    for (customer, scored) in expected.iter().enumerate() {
        let sum = found.sums.get(customer).unwrap();
        prop_assert_eq!(sum.exact(), scored.exact.clone(), "customer {}", customer);
        prop_assert_eq!(sum.total(), Some(scored.total), "customer {}", customer);
    }
    let sum = |count: &dyn Fn(&Scored) -> u64| expected.iter().map(count).sum::<u64>();
    for rule in 0..rules {
        prop_assert_eq!(found.missing[rule], sum(&|scored| scored.missing[rule]), "rule {}", rule);
        prop_assert_eq!(found.without_rate[rule], sum(&|scored| scored.without_rate[rule]), "rule {}", rule);
    }
    let currencies: BTreeSet<_> = expected.iter().flat_map(|scored| scored.currencies.clone()).collect();
    prop_assert_eq!(&found.currencies, &currencies);
    Ok(())
}

/// Who has no score is named, and everybody else has one all the same.
fn all_others(found: &Replayed, expected: &[Result<Scored, ScoreError>]) -> Result<(), TestCaseError> {
    let refused: Vec<_> = found.refused.iter().map(|one| (one.customer, without_event(one.error.clone()))).collect();
    let errors = expected.iter().enumerate().filter_map(|(customer, scored)| Some((customer, scored.as_ref().err()?)));
    let errors: Vec<_> = errors.map(|(customer, error)| (customer, without_event(error.clone()))).collect();
    prop_assert_eq!(refused, errors);
    for (customer, scored) in expected.iter().enumerate() {
        let exact = scored.as_ref().map(|scored| scored.exact.clone()).unwrap_or_default();
        prop_assert_eq!(found.sums.get(customer).unwrap().exact(), exact, "customer {}", customer);
    }
    Ok(())
}

/// What the interpreter's parts of all customers sum up to.
fn summed_up(world: &World, set: &RuleSet, scored: &[Scored]) -> Breakdown {
    let mut sum = Breakdown {
        rules: set.rules.iter().map(|rule| (rule.id.clone(), BigDecimal::default())).collect(),
        ..Breakdown::default()
    };
    for (records, scored) in world.iter().zip(scored) {
        let facts = sorted(records.concat());
        for part in &scored.parts {
            let unit = part.event.and_then(|event| facts[event].unit);
            sum.rules[part.rule].1 += &part.points;
            *sum.units.entry(unit.map(Into::into)).or_default() += &part.points;
        }
    }
    sum
}

fn without_event(error: ScoreError) -> ScoreError {
    match error {
        ScoreError::Refused(refusal) => ScoreError::Refused(Refusal { event: None, ..refusal }),
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn columns_and_interpreter_agree(mut set in rule_set(), world in world(), span in span(), as_of in as_of()) {
        number(&mut set);
        agree(&set, &world, span, as_of)?;
    }

    /// Rules for which it does not matter which event comes first are spared the sorting.
    #[test]
    fn rules_without_order_agree_too(mut set in rule_set(), world in world(), span in span(), as_of in as_of()) {
        set.rules.retain_mut(|rule| {
            rule.cap = None;
            let Pays::Events(pays) = &mut rule.pays else { return false };
            (pays.limit, pays.at_least) = (None, None);
            matches!(pays.worth, Worth::Points(_))
        });
        number(&mut set);
        agree(&set, &world, span, as_of)?;
    }
}

/// Gives each rule an id of its own.
fn number(set: &mut RuleSet) {
    for (place, rule) in set.rules.iter_mut().enumerate() {
        rule.id = place.to_string().into();
    }
}

fn agree(set: &RuleSet, world: &World, span: (i64, i64), as_of: i64) -> Result<(), TestCaseError> {
    let expected = interpreted(world, set, span, as_of);
    let found = replayed(world, set, span, as_of, (1, false));
    let several = replayed(world, set, span, as_of, (3, true));
    let expected: Result<Vec<Scored>, ScoreError> = match found {
        Err(Stopped::Refused(Unscored { customer, ref error, .. })) => {
            // Events that are not seen are not counted here.
            let (found, wanted) = (without_event(error.clone()), expected[customer].clone());
            prop_assert_eq!(Err(found), wanted.map_err(without_event));
            prop_assert!(several.is_err());
            return all_others(&tolerated(world, set, span, as_of), &expected);
        }
        _ => expected.into_iter().collect(),
    };
    let (found, several, expected) = (found.unwrap(), several.unwrap(), expected.unwrap());
    same(&found, &expected, set.rules.len())?;
    same(&several, &expected, set.rules.len())?;
    prop_assert_eq!(found.breakdown, None);
    let (units, alone) = (summed_up(world, set, &expected), replayed(world, set, span, as_of, (1, true)).unwrap());
    prop_assert_eq!(several.breakdown.as_ref(), Some(&units));
    prop_assert_eq!(alone.breakdown, Some(units));
    Ok(())
}

/// What a rule file commonly says is computed over columns, not customer by customer.
#[test]
fn ordinary_rules_are_computed_over_columns() {
    let of = |points: &str, when: Option<&str>| Rule {
        id: "rule".into(),
        pays: Pays::Events(ForEvents {
            on: vec!["p".into(), "r".into()],
            negated: vec!["r".into()],
            when: when.map(|when| Expression::parse(when).unwrap()),
            limit: None,
            at_least: None,
            worth: Worth::Points(Expression::parse(points).unwrap()),
        }),
        valid: (i64::MIN, i64::MAX),
        cap: None,
        half_life_days: Some("90".parse().unwrap()),
        expires_after_days: None,
    };
    let rules = vec![
        of("floor(amount)", Some("market == \"FI\" && amount > 0")),
        of("amount / 10", Some("market in [\"FI\", \"SE\"] || !has(market)")),
        of("round(sqrt(amount), 2) + log(amount + 1)", None),
        of("min(amount, 100, 20.5)", Some("startsWith(source, \"a\") && type != \"v\"")),
        of("amount > 50 ? 2 : -1", Some("currency == \"EUR\"")),
    ];
    let set = RuleSet {
        name: "ordinary".into(),
        zone: TimeZone::get("Europe/Helsinki").unwrap(),
        money: None,
        rules,
        grades: Vec::new(),
    };
    let fact = |id: u32| Fact {
        at: crate::given::BEGIN + i64::from(id) * 40_000_000_000,
        source: if id.is_multiple_of(3) { "a" } else { "b" },
        id,
        kind: ["p", "r", "v"][id as usize % 3],
        amount: (!id.is_multiple_of(7)).then(|| Decimal::new(i64::from(id) * 137, 2)),
        currency: Some("EUR"),
        market: [Some("FI"), Some("SE"), None][id as usize % 4 % 3],
        unit: [Some("north"), None, Some("south")][id as usize % 5 % 3],
    };
    let world: World = (0..20).map(|customer| vec![(0..50).map(|n| fact(customer * 50 + n)).collect(); 1]).collect();
    let as_of = crate::given::BEGIN + 900 * crate::given::DAY;
    let found = replayed(&world, &set, (i64::MIN, i64::MAX), as_of, (2, true)).unwrap();
    assert_eq!(found.interpreted, 0);
    let expected: Vec<Scored> =
        interpreted(&world, &set, (i64::MIN, i64::MAX), as_of).into_iter().map(Result::unwrap).collect();
    same(&found, &expected, set.rules.len()).unwrap();
    let mut breakdown = Breakdown::default();
    breakdown.add(&summed_up(&world, &set, &expected));
    assert_eq!(found.breakdown, Some(breakdown));
    assert!(expected.iter().any(|scored| scored.exact != BigDecimal::default()));
}

#[test]
fn whoever_asked_can_end_it() {
    let world: World = vec![vec![Vec::new()]; 10_000];
    let (facts, customers) = columns(&world);
    let rules =
        RuleSet { name: "none".into(), zone: TimeZone::UTC, money: None, rules: Vec::new(), grades: Vec::new() };
    let asked = Asked {
        rules: &rules,
        is_money: &is_money,
        seen: (i64::MIN, i64::MAX),
        as_of: 0,
        position: None,
        customer: &Customer,
        breakdown: false,
        threads: 2,
        tolerant: false,
        go_on: &|_| false,
    };
    assert_eq!(replay(Columns::Whole(&facts, &customers), &asked).unwrap_err(), Stopped::Cancelled);
}

/// Whether a batch's numbers fit in 64 bits or not, each customer has the same points.
#[test]
fn amounts_of_any_size_are_credited_alike() {
    let rate = |up_to: Option<i64>, rate: i64| Tier { up_to: up_to.map(Decimal::from), rate: Decimal::new(rate, 1) };
    let tiers = vec![rate(Some(500), 10), rate(Some(2_000_000), 5), rate(None, 1)];
    let rule = |worth: Worth, cap: Option<Cap>| Rule {
        id: "rule".into(),
        pays: Pays::Events(ForEvents {
            on: vec!["p".into(), "r".into()],
            negated: vec!["r".into()],
            when: None,
            limit: Some(Limit { count: 3, per: Window::Week }),
            at_least: None,
            worth,
        }),
        valid: (i64::MIN, i64::MAX),
        cap,
        half_life_days: Some(Decimal::from(90)),
        expires_after_days: Some(600),
    };
    let amount = || Expression::parse("amount").unwrap();
    let cap = |points: i64| Some(Cap { points: Decimal::from(points), per: Window::Quarter });
    let rules = vec![
        rule(Worth::Points(amount()), None),
        rule(Worth::Points(amount()), cap(100)),
        rule(Worth::Tiers(Tiers { measure: amount(), per: Window::Year, tiers: tiers.clone() }), None),
        rule(Worth::Tiers(Tiers { measure: amount(), per: Window::Month, tiers }), cap(1_000)),
    ];
    let zone = TimeZone::get("Europe/Helsinki").unwrap();
    let set = RuleSet { name: "sizes".into(), zone, money: None, rules, grades: Vec::new() };
    for digits in 0..15_u32 {
        let fact = |id: u32| Fact {
            at: crate::given::BEGIN + i64::from(id % 40) * 90_000_000_000,
            source: "a",
            id,
            kind: ["p", "p", "r", "v"][id as usize % 4],
            amount: Some(Decimal::new(i64::from(id * 137 % 1_009), 2) * Decimal::from(10_u64.pow(digits))),
            currency: None,
            market: None,
            unit: None,
        };
        let of = |customer: u32| vec![(0..40).map(|n| fact(customer * 40 + n)).collect()];
        let world: World = (0..10).map(of).collect();
        let as_of = crate::given::BEGIN + 300 * crate::given::DAY;
        let found = replayed(&world, &set, (i64::MIN, i64::MAX), as_of, (1, false)).unwrap();
        let expected = interpreted(&world, &set, (i64::MIN, i64::MAX), as_of).into_iter().map(Result::unwrap);
        same(&found, &expected.collect::<Vec<_>>(), set.rules.len()).unwrap();
        // From 9 digits on tiers do not fit in 64 bits, from 11 on sums not in 128.
        assert_eq!(found.interpreted > 0, digits > 10, "{digits} digits");
    }
}
