//! "CRM sales opportunities", 8,800 rows of a real shape, against figures that are counted straight from the files. The
//! files are no part of the repository: without them this test says so and passes.
//!
//! What the files say and do not say: 500 prospects have no date, so they are known from the import on, after all
//! others; 1,425 rows name no account and stand for a customer each; `GTXPro` is `GTX Pro` in the price list.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kulta_events::recorded::{EventName, Payload};
use kulta_events::{Instant, Json, Order, RecordId, Recorded, Vocabulary};
use kulta_projections::pipeline::board::Board;
use kulta_projections::pipeline::card::OfferCard;
use kulta_projections::pipeline::definition::{Definition, Passing, Pipelines};
use kulta_projections::pipeline::funnel::{End, Funnel, Journey};
use kulta_projections::pipeline::offer::{Offer, Status};
use kulta_projections::pipeline::period::{Period, midnight};
use kulta_projections::pipeline::standing::Passes;
use kulta_projections::pipeline::step::Rows;
use kulta_projections::pipeline::wins::{By, Tally, tallies, wins};
use kulta_projections::report::item::Thing;
use kulta_projections::report::{self, Cell};
use rust_decimal::Decimal;
use uuid::Uuid;

const FOLDER: &str = "real/crm_sales_opportunities";

/// The rows of a file without its header; `None`, with a word, when it is not there.
fn rows_of(name: &str) -> Option<Vec<Vec<String>>> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("KULTA_SHARED_DATA").map_or(beside, PathBuf::from);
    let Ok(packed) = std::fs::read(folder.join(FOLDER).join(name)) else {
        eprintln!("NOT TESTED: {FOLDER}/{name} is not there (KULTA_SHARED_DATA names the folder)");
        return None;
    };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&*packed).read_to_string(&mut text).unwrap();
    assert!(!text.contains('"'), "no cell is quoted");
    Some(text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect())
}

/// One opportunity, as the file has it.
struct Row {
    id: String,
    agent: String,
    product: String,
    account: String,
    stage: String,
    engaged: Option<Date>,
    closed: Option<Date>,
    value: Option<Decimal>,
}

fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('/').map(|part| part.parse::<i16>().unwrap());
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    Some(jiff::civil::date(year, month.try_into().unwrap(), day.try_into().unwrap()))
}

impl Row {
    fn of(cells: &[String]) -> Self {
        let [id, agent, product, account, stage, engaged, closed, value] = cells else { panic!("8 cells: {cells:?}") };
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Self {
            id: id.clone(),
            agent: agent.clone(),
            product: if product == "GTXPro" { "GTX Pro".to_owned() } else { product.clone() },
            account: account.clone(),
            stage: stage.clone(),
            engaged: some(engaged).and_then(|text| date(&text)),
            closed: some(closed).and_then(|text| date(&text)),
            value: some(value).map(|text| text.parse().unwrap()),
        }
    }

    fn quarter(&self) -> Option<String> {
        self.closed.map(|date| format!("{}-Q{}", date.year(), (date.month() + 2) / 3))
    }
}

/// Everything that the files say.
struct Crm {
    rows: Vec<Row>,
    prices: BTreeMap<String, Decimal>,
    /// Company → the company that it belongs to.
    parents: BTreeMap<String, String>,
    /// Agent → manager, region.
    teams: BTreeMap<String, (String, String)>,
}

impl Crm {
    fn read() -> Option<Self> {
        let rows = rows_of("sales_pipeline.csv.gz")?.iter().map(|cells| Row::of(cells)).collect();
        let prices = rows_of("products.csv.gz")?.into_iter().map(|cells| (cells[0].clone(), cells[2].parse().unwrap()));
        let teams = rows_of("sales_teams.csv.gz")?;
        let teams = teams.into_iter().map(|cells| (cells[0].clone(), (cells[1].clone(), cells[2].clone())));
        let accounts = rows_of("accounts.csv.gz")?;
        let parents =
            accounts.into_iter().filter(|cells| !cells[6].is_empty()).map(|cells| (cells[0].clone(), cells[6].clone()));
        Some(Self { rows, prices: prices.collect(), teams: teams.collect(), parents: parents.collect() })
    }

    /// The events that an importer makes of the files, last first, as they come when a file is read backwards.
    fn events(&self) -> Vec<Recorded> {
        let mut events = Vec::new();
        for row in &self.rows {
            let engaged = row.engaged.unwrap_or(jiff::civil::date(2018, 1, 1));
            let mut data = vec![
                ("offer", row.id.clone()),
                ("stage", if row.engaged.is_some() { "engaging" } else { "prospecting" }.to_owned()),
                ("owner", row.agent.clone()),
                ("team", self.teams[&row.agent].0.clone()),
                ("product", row.product.clone()),
                ("currency", "USD".to_owned()),
                ("amount", self.prices[&row.product].to_string()),
            ];
            events.push(event(row, "created", engaged, &data));
            data.truncate(1);
            match (row.stage.as_str(), row.closed) {
                ("Won", Some(closed)) => {
                    data.push(("amount", row.value.unwrap().to_string()));
                    events.push(event(row, "won", closed, &data));
                }
                ("Lost", Some(closed)) => events.push(event(row, "lost", closed, &data)),
                _ => {}
            }
        }
        events.reverse();
        for (position, event) in (1..).zip(&mut events) {
            event.position = position;
        }
        events
    }
}

/// Any function of a text will do for ids here.
fn id_of(text: &str) -> Uuid {
    let step = |hash: u128, byte: u8| (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_01b3_0000_0001);
    Uuid::from_u128(text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

fn event(row: &Row, what: &str, on: Date, data: &[(&str, String)]) -> Recorded {
    let subject = if row.account.is_empty() { &row.id } else { &row.account };
    let type_name = format!("offer.{what}");
    let id = format!("{}/{what}", row.id);
    let members = data.iter().map(|(name, value)| ((*name).to_owned(), Json::String(value.clone()))).collect();
    Recorded {
        position: 0,
        stream: format!("offer-{}", id_of(&row.id)),
        revision: 0,
        key: id_of(&id),
        event_type: Vocabulary::standard().get(&type_name),
        type_name,
        record: Some(RecordId(id_of(subject))),
        order: Order { time: midnight(on, &TimeZone::UTC).unwrap(), source: "crm".to_owned(), id: EventName::Id(id) },
        recorded_at: Instant::default(),
        actor: 1,
        unit: None,
        causation: None,
        correlation: None,
        unknown: 0,
        payload: Payload { data: Json::Object(members), erased: false },
    }
}

/// Won, lost and the sum won, of the rows that a key is made of.
fn counted<'r>(rows: &'r [Row], key: impl Fn(&'r Row) -> String) -> BTreeMap<String, (u64, u64, Decimal)> {
    let mut found: BTreeMap<_, (u64, u64, Decimal)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.stage == "Won" || row.stage == "Lost") {
        let entry = found.entry(key(row)).or_default();
        if row.stage == "Won" {
            entry.0 += 1;
            entry.2 += row.value.unwrap();
        } else {
            entry.1 += 1;
        }
    }
    found
}

fn of_tally(tally: &Tally) -> (u64, u64, Decimal) {
    (tally.won, tally.lost, tally.won_sums.of("USD").map(|sum| sum.amount()).unwrap_or_default())
}

fn tallied(cards: &[OfferCard], by: By) -> BTreeMap<String, (u64, u64, Decimal)> {
    let found = wins(cards, &[by], &Period::ever(TimeZone::UTC));
    found.iter().map(|(key, tally)| (key[0].clone().unwrap().into(), of_tally(tally))).collect()
}

#[test]
fn eight_thousand_opportunities_add_up_as_their_files_say() {
    let Some(crm) = Crm::read() else { return };
    let mut rows = Rows::default();
    for batch in crm.events().chunks(1_000) {
        rows.fold(batch);
    }
    assert_eq!(rows.offers.len(), 8_800);
    let cards: Vec<_> =
        rows.offers.iter().filter_map(|(id, history)| OfferCard::at::<Offer>(*id, history, None)).collect();
    let all = wins(&cards, &[], &Period::ever(TimeZone::UTC));
    assert_eq!(of_tally(&all[&vec![]]), (4_238, 2_473, Decimal::from(10_005_534)));

    let by_agent = counted(&crm.rows, |row| row.agent.clone());
    assert_eq!(by_agent.len(), 30, "five agents closed nothing");
    assert_eq!(tallied(&cards, By::Owner), by_agent);
    for (agent, tally) in wins(&cards, &[By::Owner], &Period::ever(TimeZone::UTC)) {
        let (won, lost, _) = by_agent[&*agent[0].clone().unwrap()];
        let rate = Decimal::from(won) / Decimal::from(won + lost);
        assert!((tally.win_rate().unwrap() - rate).abs() <= Decimal::new(5, 7), "{agent:?}");
    }
    assert_eq!(tallied(&cards, By::Quarter), counted(&crm.rows, |row| row.quarter().unwrap()));
    assert_eq!(tallied(&cards, By::Product), counted(&crm.rows, |row| row.product.clone()));
    assert_eq!(tallied(&cards, By::Team), counted(&crm.rows, |row| crm.teams[&row.agent].0.clone()));
    let mut by_region: BTreeMap<String, (u64, u64, Decimal)> = BTreeMap::new();
    for (agent, (won, lost, sum)) in tallied(&cards, By::Owner) {
        let region = by_region.entry(crm.teams[&agent].1.clone()).or_default();
        *region = (region.0 + won, region.1 + lost, region.2 + sum);
    }
    assert_eq!(by_region, counted(&crm.rows, |row| crm.teams[&row.agent].1.clone()));
}

#[test]
fn a_report_counts_as_the_files_do() {
    let Some(crm) = Crm::read() else { return };
    let mut rows = Rows::default();
    rows.fold(&crm.events());
    let cards: Vec<_> = rows.offers.iter().filter_map(|(id, h)| OfferCard::at::<Offer>(*id, h, None)).collect();
    let pipelines = Pipelines::at(&rows.pipelines, None);
    let text = br#"{"over":"offers","measures":["count",{"sum":"amount"}],"by":[{"quarter":"closed_at"},"parent"],
        "where":[{"field":"status","is":"won"}],"period":{"of":"closed_at","from":"2017-01-01"}}"#;
    let definition = report::Definition::parse(&Json::parse(text).unwrap()).unwrap();
    let names: BTreeMap<RecordId, &String> =
        crm.rows.iter().map(|row| (RecordId(id_of(&row.account)), &row.account)).collect();
    let parent = |record: RecordId, _: &str| {
        let name = *names.get(&record)?;
        Some(crm.parents.get(name).unwrap_or(name).clone())
    };
    let as_of = midnight(jiff::civil::date(2018, 1, 1), &TimeZone::UTC).unwrap();
    let mut tally = report::Tally::new(&definition, as_of, &TimeZone::UTC);
    cards.iter().for_each(|card| tally.add(&Thing::new(card, &pipelines, as_of), &parent));
    let found = tally.report("won").unwrap();

    let text = |cell: &Cell| match cell {
        Cell::Text(text) => text.to_string(),
        _ => String::new(),
    };
    let expected = counted(&crm.rows, |row| {
        format!("{}/{}", row.quarter().unwrap(), crm.parents.get(&row.account).unwrap_or(&row.account))
    });
    let expected = expected.into_iter().filter(|(_, (won, ..))| *won > 0);
    let expected: BTreeMap<_, _> =
        expected.map(|(key, (won, _, sum))| (key, (Cell::Count(won), Cell::Number(sum.normalize())))).collect();
    let rows =
        found.rows.iter().map(|row| (format!("{}/{}", text(&row[0]), text(&row[1])), (row[3].clone(), row[4].clone())));
    assert_eq!(rows.collect::<BTreeMap<_, _>>(), expected);
    let total = [Cell::Text("USD".into()), Cell::Count(4_238), Cell::Number(Decimal::from(10_005_534))];
    assert_eq!((found.totals.len(), &found.totals[0][2..]), (1, total.as_slice()));
}

#[test]
fn subsidiaries_are_counted_with_their_parents() {
    let Some(crm) = Crm::read() else { return };
    let mut rows = Rows::default();
    rows.fold(&crm.events());
    let cards: Vec<_> = rows.offers.iter().filter_map(|(id, h)| OfferCard::at::<Offer>(*id, h, None)).collect();
    let by_record = tallies(&cards, &Period::ever(TimeZone::UTC), |card, _| card.record);
    let with_subsidiaries = |company: &str| {
        let own = [company].into_iter();
        let all = own.chain(crm.parents.iter().filter(|(_, parent)| **parent == *company).map(|(name, _)| &**name));
        let mut tally = Tally::default();
        for name in all {
            tally.merge(by_record.get(&Some(RecordId(id_of(name)))).unwrap_or(&Tally::default()));
        }
        of_tally(&tally)
    };
    let expected = counted(&crm.rows, |row| crm.parents.get(&row.account).unwrap_or(&row.account).clone());
    let parents: BTreeSet<_> = crm.parents.values().collect();
    assert_eq!((crm.parents.len(), parents.len() > 1), (15, true));
    for parent in parents {
        assert_eq!(with_subsidiaries(parent), expected[parent], "{parent}");
    }
    // Nobody is left out.
    let mut all = Tally::default();
    by_record.values().for_each(|tally| all.merge(tally));
    assert_eq!(of_tally(&all), (4_238, 2_473, Decimal::from(10_005_534)));
}

fn pipeline() -> Definition {
    let data = r#"{"pipeline":"crm","for":"offers","stages":[
        {"stage":"prospecting","probability":10},{"stage":"engaging","probability":40,"stale_after_days":60}]}"#;
    Definition::of(&Json::parse(data.as_bytes()).unwrap()).unwrap()
}

#[test]
fn the_open_board_at_the_end_of_a_quarter_is_what_was_open_then() {
    let Some(crm) = Crm::read() else { return };
    let mut rows = Rows::default();
    rows.fold(&crm.events());
    let end = jiff::civil::date(2017, 3, 31);
    // What happened on the last day counts; an as-of leaves out what happened at it.
    let as_of = midnight(end.tomorrow().unwrap(), &TimeZone::UTC).unwrap();
    let open = |card: &OfferCard| card.status == Status::Open;
    let cards: Vec<_> =
        rows.offers.iter().filter_map(|(id, h)| OfferCard::at::<Offer>(*id, h, Some(as_of))).filter(open).collect();
    let board = Board::of(&pipeline(), as_of, cards.iter().map(OfferCard::tile));

    let was_open: Vec<_> = crm
        .rows
        .iter()
        .filter(|row| row.engaged.is_some_and(|date| date <= end) && row.closed.is_none_or(|date| date > end))
        .collect();
    let days = |row: &&&Row| (end.tomorrow().unwrap() - row.engaged.unwrap()).get_days();
    let sum: Decimal = was_open.iter().map(|row| crm.prices[&row.product]).sum();
    let stale = was_open.iter().filter(|row| days(row) > 60).count();
    assert!(was_open.len() > 500 && stale > 0, "{} open, {stale} stale", was_open.len());
    let columns = board.columns();
    assert_eq!((columns[0].count, columns[1].count), (0, was_open.len() as u64));
    let found = columns[1].sums.of("USD").unwrap();
    assert_eq!((found.amount(), found.weighted()), (sum, (sum * Decimal::new(4, 1)).normalize()));
    assert_eq!(columns[1].stale, stale as u64);

    let now: Vec<_> =
        rows.offers.iter().filter_map(|(id, h)| OfferCard::at::<Offer>(*id, h, None)).filter(open).collect();
    let board = Board::of(&pipeline(), as_of, now.iter().map(OfferCard::tile));
    let counts: Vec<_> = board.columns().iter().map(|column| column.count).collect();
    assert_eq!(counts, [500, 1_589]);
}

#[test]
fn the_median_time_to_a_decision_is_that_of_the_files() {
    let Some(crm) = Crm::read() else { return };
    let mut rows = Rows::default();
    rows.fold(&crm.events());
    let pipelines = Pipelines::at(&rows.pipelines, None);
    let ended = |status| match status {
        Status::Open => End::Open,
        Status::Won => End::Reached,
        Status::Lost => End::Failed,
    };
    let offers: Vec<_> = rows.offers.values().filter_map(|history| Offer::at(history, None)).collect();
    let journeys: Vec<_> =
        offers.iter().map(|offer| Journey::of(&offer.standing, &pipelines, Passing::Offers, ended)).collect();
    let mut definition = pipeline();
    definition.pipeline = pipelines.default_id(Passing::Offers).into();
    let funnel = Funnel::of(&definition, &journeys);
    assert_eq!((funnel.count, funnel.won, funnel.lost), (8_800, 4_238, 2_473));

    let closed = crm.rows.iter().filter_map(|row| Some((row.closed? - row.engaged?).get_days()));
    let mut days: Vec<i64> = closed.map(i64::from).collect();
    days.sort_unstable();
    // An odd number, so it is the one in the middle.
    assert_eq!(days.len(), 6_711);
    assert_eq!(funnel.steps[1].median, Some(days[3_355] * Instant::DAY));
    assert_eq!((funnel.steps[1].stays, funnel.steps[0].reached, funnel.steps[1].reached), (6_711, 8_800, 8_300));
}
