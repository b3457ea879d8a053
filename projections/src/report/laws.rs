//! The order in which things come is of no account, and parts add up to the whole.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use kulta_events::{Instant, RecordId};
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use super::field::Over;
use super::*;
use crate::given::json;

/// An offer of which anything may be unsaid.
#[derive(Clone, Debug)]
struct Any {
    owner: Option<&'static str>,
    amount: Option<Decimal>,
    currency: Option<&'static str>,
    percent: Option<Decimal>,
    closed: Option<i64>,
    record: Option<u128>,
    back: bool,
}

impl Item for Any {
    fn over(&self) -> Over {
        Over::Offers
    }

    fn record(&self) -> Option<RecordId> {
        self.record.map(|number| RecordId(Uuid::from_u128(number)))
    }

    fn text(&self, field: &str) -> Option<Cow<'_, str>> {
        match field {
            "owner" => self.owner.map(Cow::Borrowed),
            "currency" => self.currency.map(Cow::Borrowed),
            _ => None,
        }
    }

    fn number(&self, field: &str) -> Option<Decimal> {
        match field {
            "amount" => self.amount,
            "probability" => self.percent,
            _ => None,
        }
    }

    fn time(&self, field: &str) -> Option<Instant> {
        self.closed.filter(|_| field == "closed_at").map(|days| Instant::default().plus_days(days))
    }

    fn currency(&self) -> Option<&str> {
        self.currency
    }

    fn probability(&self) -> Option<Decimal> {
        self.percent
    }

    fn is_taken_back(&self) -> bool {
        self.back
    }
}

prop_compose! {
    fn any_offer()(
        owner in proptest::option::of(select(vec!["aino", "eino", ""])),
        amount in proptest::option::of((0_i64..2_000, 0_u32..7)),
        currency in proptest::option::of(select(vec!["EUR", "SEK"])),
        percent in proptest::option::of(0_i64..101),
        closed in proptest::option::of(0_i64..400),
        record in proptest::option::of(0_u128..3),
        back in any::<bool>(),
    ) -> Any {
        let amount = amount.map(|(mantissa, scale)| Decimal::new(mantissa, scale));
        Any { owner, amount, currency, percent: percent.map(Decimal::from), closed, record, back }
    }
}

const DEFINITIONS: [&str; 4] = [
    r#"{"over":"offers","measures":["count",{"sum":"amount"},{"average":"amount"},{"median":"amount"},
        {"weighted":"amount"},{"smallest":"amount"},{"largest":"amount"}],"by":["owner",{"quarter":"closed_at"}]}"#,
    r#"{"over":"offers","measures":["count",{"median":"probability"}],"by":["customer","currency"],
        "sort":{"by":"count","order":"descending"},"limit":3}"#,
    r#"{"over":"offers","measure":{"sum":"amount"},"where":[{"field":"owner","is_not":"aino"},
        {"field":"amount","at_least":1,"below":"100"}],"period":{"of":"closed_at","last":{"months":3}}}"#,
    r#"{"over":"offers","measure":"count","by":[{"week":"closed_at"},"probability"],
        "sort":{"by":"probability","order":"descending"}}"#,
];

fn label(record: RecordId, field: &str) -> Option<String> {
    (field == "customer" && record.0.as_u128() > 0).then(|| format!("c{}", record.0.as_u128() % 2))
}

fn tally<'d, 'i>(definition: &'d Definition, items: impl IntoIterator<Item = &'i Any>) -> Tally<'d> {
    let as_of = Instant::default().plus_days(300);
    let mut tally = Tally::new(definition, as_of, &TimeZone::get("Europe/Helsinki").unwrap());
    items.into_iter().for_each(|item| tally.add(item, &label));
    tally
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_is_of_no_account_and_parts_add_up(
        (items, shuffled) in proptest::collection::vec(any_offer(), 0..40)
            .prop_flat_map(|items| (Just(items.clone()), Just(items).prop_shuffle())),
        parts in 1_usize..5,
    ) {
        for text in DEFINITIONS {
            let definition = Definition::parse(&json(text)).unwrap();
            let whole = tally(&definition, &items).report("r");
            prop_assert_eq!(&tally(&definition, &shuffled).report("r"), &whole);
            let mut merged = tally(&definition, &[]);
            for part in 0..parts {
                merged.merge(tally(&definition, items.iter().skip(part).step_by(parts)));
            }
            prop_assert_eq!(&merged.report("r"), &whole);
        }
    }

    #[test]
    fn rows_sum_to_their_totals(items in proptest::collection::vec(any_offer(), 0..40)) {
        let definition = Definition::parse(&json(DEFINITIONS[0])).unwrap();
        let report = tally(&definition, &items).report("r").unwrap();
        let counted = |rows: &[Vec<Cell>]| -> u64 {
            rows.iter().map(|row| match row[3] { Cell::Count(count) => count, _ => 0 }).sum()
        };
        prop_assert_eq!(counted(&report.rows), items.len() as u64);
        prop_assert_eq!(counted(&report.totals), items.len() as u64);
        let sum_of = |currency: Option<&str>| -> Decimal {
            let own = items.iter().filter(|item| item.currency == currency);
            own.filter_map(|item| item.amount.map(|amount| if item.back { -amount } else { amount })).sum()
        };
        for total in &report.totals {
            let currency = match &total[2] { Cell::Text(text) => Some(&**text), _ => None };
            match total[4] {
                Cell::Number(sum) => prop_assert_eq!(sum, sum_of(currency)),
                _ => prop_assert_eq!(sum_of(currency), Decimal::ZERO),
            }
        }
    }

    #[test]
    fn no_definition_is_a_panic(text in "[\\PC]{0,12}", member in 0_usize..9, number in any::<i64>()) {
        let text = serde_json::to_string(&text).unwrap();
        let names = ["over", "measure", "measures", "by", "where", "period", "time_zone", "sort", "limit"];
        for value in [text.clone(), number.to_string(), format!("[{text}]"), format!("{{{text}:{text}}}"), "null".into()] {
            let document = format!(r#"{{"over":"offers","measure":"count","{}x":1,"{}":{value}}}"#, names[member], "y");
            prop_assert!(Definition::parse(&json(&document)).is_err());
            let base = [("over", "\"offers\""), ("measure", "\"count\"")];
            let mut members: Vec<String> = base.iter().filter(|(name, _)| *name != names[member])
                .map(|(name, value)| format!("\"{name}\":{value}")).collect();
            members.push(format!("\"{}\":{value}", names[member]));
            if let Err(problems) = Definition::parse(&json(&format!("{{{}}}", members.join(",")))) {
                prop_assert!(!problems.is_empty());
            }
        }
    }
}
