use std::cmp::Reverse;

use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

use super::*;
use crate::pipeline::board::Column;
use crate::pipeline::card::OfferCard;
use crate::pipeline::definition::{Definitions, Passing, Pipelines};
use crate::pipeline::offer::Status;

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Option<Box<str>>> {
    proptest::option::of(select(words)).prop_map(|word| word.map(Into::into))
}

prop_compose! {
    fn card()(
        id in 0_u128..40,
        record in proptest::option::of(0_u128..12),
        pipeline in word(&["default", "other"]),
        stage in word(&["new", "proposal", "odd", "even"]),
        status in select(vec![Status::Open, Status::Open, Status::Open, Status::Won]),
        amount in proptest::option::of((0_i64..9_999_999_999, 0_u32..7)),
        currency in word(&["EUR", "SEK", "USD"]),
        probability in proptest::option::of(0_i64..101),
        owner in word(&["aino", "eino"]),
        team in word(&["north"]),
        origin in word(&["fair"]),
        since in 0_i64..40,
    ) -> OfferCard {
        let since = Instant::default().plus_days(since);
        OfferCard {
            id: Uuid::from_u128(id),
            record: record.map(|record| RecordId(Uuid::from_u128(record))),
            pipeline,
            stage,
            status,
            amount: amount.map(|(mantissa, scale)| Decimal::new(mantissa * 1_000, scale)),
            currency,
            probability: probability.map(Decimal::from),
            owner,
            team,
            product: None,
            product_group: None,
            origin,
            reason_code: None,
            title: None,
            opened_at: since,
            stage_since: since,
            closed_at: None,
            expected_close: None,
        }
    }
}

prop_compose! {
    /// Stage; owner, team, origin; records.
    fn wanted()(
        stage in proptest::option::of(select(vec!["new", "proposal", "odd", "unheard"])),
        owner in proptest::option::of(select(vec!["aino", "unheard"])),
        team in proptest::option::of(select(vec!["north", "unheard"])),
        origin in proptest::option::of(select(vec!["fair", "unheard"])),
        records in proptest::option::of(proptest::collection::vec(0_u128..14, 0..12)),
    ) -> (Option<&'static str>, [Option<&'static str>; 3], Option<Vec<RecordId>>) {
        let records = records.map(|all| all.into_iter().map(|n| RecordId(Uuid::from_u128(n))).collect());
        (stage, [owner, team, origin], records)
    }
}

/// What is meant, said plainly.
fn means(card: &OfferCard, pipelines: &Pipelines, pipeline: &str, wanted: Wanted<'_>) -> bool {
    let is = |wanted: Option<&str>, has: Option<&str>| wanted.is_none_or(|wanted| has == Some(wanted));
    let named = card.pipeline.as_deref();
    card.status == Status::Open
        && named.unwrap_or_else(|| pipelines.default_id(Passing::Offers)) == pipeline
        && is(wanted.stage, pipelines.stage_of(Passing::Offers, named, card.stage.as_deref()))
        && is(wanted.owner, card.owner.as_deref())
        && is(wanted.team, card.team.as_deref())
        && is(wanted.origin, card.origin.as_deref())
        && wanted.records.is_none_or(|records| card.record.is_some_and(|record| records.contains(&record)))
}

fn longest(cards: &[&OfferCard], column: &Column, first: Option<&str>, most: usize) -> Vec<Uuid> {
    let stands = |card: &&&OfferCard| card.stage.as_deref().or(first).unwrap_or_default() == &*column.stage;
    let mut found: Vec<_> = cards.iter().filter(stands).collect();
    found.sort_by_key(|card| (card.stage_since, Reverse(card.amount), card.id));
    found.into_iter().take(most).map(|card| card.id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_board_of_tiles_is_the_board_of_cards(
        changes in proptest::collection::vec((card(), 0_u8..8), 0..80),
        asked in wanted(),
        pipeline in select(vec!["default", "other", "unheard"]),
        most in 0_usize..6,
        as_of in 0_i64..60,
    ) {
        let pipelines = Pipelines::at(&Definitions::default(), None);
        let (mut tiles, mut cards) = (Tiles::default(), HashMap::new());
        for (card, what) in &changes {
            if *what == 0 {
                tiles.remove(card.id);
                cards.remove(&card.id);
            } else {
                tiles.put(card, card.status == Status::Open);
                cards.insert(card.id, card.clone());
            }
        }
        let definition = pipelines.get(Passing::Offers, pipeline).cloned();
        let definition = definition.unwrap_or_else(|| Definition::unknown(pipeline, Passing::Offers));
        let as_of = Instant::default().plus_days(as_of);
        let (stage, [owner, team, origin], records) = asked;
        let wanted = Wanted { stage, owner, team, origin, records: records.as_deref() };
        let meant: Vec<_> = cards.values().filter(|card| means(card, &pipelines, pipeline, wanted)).collect();
        let expected = Board::of(&definition, as_of, meant.iter().map(|card| card.tile()));

        let is_default = pipelines.default_id(Passing::Offers) == pipeline;
        let found = tiles.board(&definition, is_default, as_of, wanted, most);
        prop_assert_eq!(found.board.columns(), expected.columns());
        prop_assert_eq!(found.board.total(), expected.total());
        let first = definition.stages.first().map(|stage| &*stage.stage);
        for column in expected.columns() {
            prop_assert_eq!(&found.longest[&column.stage], &longest(&meant, column, first, most));
        }
        let open = cards.values().filter(|card| card.status == Status::Open);
        prop_assert_eq!((tiles.len(), tiles.is_empty()), (open.clone().count(), open.clone().next().is_none()));
        let named = open.clone().any(|card| card.pipeline.as_deref() == Some(pipeline));
        prop_assert_eq!(tiles.names(pipeline), named);
    }
}
