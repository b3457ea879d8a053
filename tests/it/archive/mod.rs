//! `kulta archive`: what it says, that it holds what the log says however it came about, and that no damage passes.

mod contents;
mod damage;
mod grown;
mod kept;
mod served;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use kulta::archive::{self, Archived, Basis, Checked, Effort, Streamed};
use kulta::clock::SystemClock;
use kulta::config::Settings;
use kulta::projector::Source;
use kulta::replay::read::{Cancel, facts};
use kulta::services::Services;
use kulta::store::views::Crosswalk;
use kulta_events::RecordId;
use kulta_projections::scores::facts::{Facts, Wanted};
use kulta_projections::scores::replay::Chunk;
use serde_json::{Value, json};

use crate::kit::{MASTER_KEY, Place, event};

/// What is wanted when everything is.
fn all() -> Wanted {
    Wanted::default()
}

/// An archive, read on two threads.
fn read(place: &Place, dir: &str, wanted: &Wanted) -> Result<Archived, archive::Error> {
    archive::read(&place.directory().join(dir), wanted, true, 2, &Cancel::default())
}

/// The rows of an archive as a replay reads them, record by record, brought into the order of facts; `None`: what is wanted
/// does not lie there record by record.
fn streamed(place: &Place, dir: &str, wanted: &Wanted) -> Result<Option<Vec<Row>>, archive::Error> {
    let dir = place.directory().join(dir);
    let Some(Streamed { stream, customers: (_, records, _), .. }) =
        archive::Stream::open(&dir, wanted, 2, &Cancel::default())?
    else {
        return Ok(None);
    };
    let mut chunk = Chunk::of(stream.head());
    let mut found = Vec::new();
    let mut records: Vec<_> = records.into_iter().zip(0..).collect();
    records.sort();
    for (record, place) in records {
        chunk.clear();
        stream.load(place..place + 1, &mut chunk, |_, _| ())?;
        let mut own: Vec<u32> = (0..chunk.facts.len() as u32).collect();
        assert_eq!(own.len(), stream.rows(place));
        chunk.facts.sort(&mut own);
        found.extend(own.into_iter().map(|row| Row::of(&chunk.facts, record, row)));
    }
    Ok(Some(found))
}

/// That replays read the same rows from an archive as everybody else.
#[track_caller]
fn same_rows(place: &Place, dir: &str, facets: &[&str]) {
    let facets = Some(facets.iter().map(|facet| Box::from(*facet)).collect());
    let wanted = Wanted { facets, types: None };
    let whole = archive::read(&place.directory().join(dir), &wanted, false, 2, &Cancel::default()).unwrap();
    let found = streamed(place, dir, &wanted).unwrap().expect("all of it lies there record by record");
    assert_eq!(found, rows(&whole.facts));
}

/// Imports events; each is accepted.
#[track_caller]
fn import(place: &Place, events: &[Value]) {
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    place.file("events.ndjson", lines);
    let told = place.kulta(["import", "events.ndjson"]).run().expect_code(0).stdout;
    assert!(told.contains("rejected=0") && told.contains("conflict=0"), "{told}");
}

/// Runs `kulta archive`: what it did, and the rest of what it said.
#[track_caller]
fn written(place: &Place, dir: &str) -> (String, Value) {
    let told = place.kulta(["archive", dir, "--json"]).run().expect_code(0).stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    (told["done"].as_str().unwrap().to_owned(), told)
}

/// The database of a place, opened in this process.
struct Opened {
    services: Arc<Services>,
    runtime: tokio::runtime::Runtime,
}

impl Opened {
    fn new(place: &Place) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut variables = vec![("KULTA_DATABASE_URL".to_owned(), place.database_url())];
        if !place.is_sqlite() {
            variables.push(("KULTA_MASTER_KEY".to_owned(), MASTER_KEY.to_owned()));
        }
        let settings = Settings::load(None, variables, &[]).unwrap();
        let open = Services::open(settings, Arc::new(SystemClock), "test");
        let services = runtime.block_on(open).unwrap();
        Self { services, runtime }
    }

    fn source(&self) -> Source {
        let Services { log, vault, vocabulary, .. } = &*self.services;
        Source { log: log.clone(), vault: vault.clone(), vocabulary: vocabulary.clone() }
    }

    fn crosswalk(&self) -> Crosswalk {
        let live = self.services.projector.projections().live();
        self.runtime.block_on(live.crosswalk()).unwrap()
    }

    /// All facts of the log up to a position, ranked over all records.
    fn facts(&self, until: u64, wanted: Wanted) -> Facts {
        let (source, cancel) = (self.source(), Cancel::default());
        // Spawned, since the folds block the thread that they run on.
        let read = async move { facts(&source, until, wanted, |_| 0, &cancel, &|_, _| ()).await };
        self.runtime.block_on(self.runtime.spawn(read)).unwrap().unwrap()
    }

    fn update(&self, dir: PathBuf) -> Result<archive::Written, archive::Error> {
        let (source, crosswalk, cancel) = (self.source(), self.crosswalk(), Cancel::default());
        let generation = self.services.projector.projections().live().number();
        let update = async move {
            let basis = Basis { source: &source, crosswalk: &crosswalk, generation };
            archive::update(&basis, &dir, &mut Checked::default(), &Effort::full(&|_| (), &cancel)).await
        };
        self.runtime.block_on(self.runtime.spawn(update)).unwrap()
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.runtime.block_on(self.services.close());
    }
}

/// What a row says, whatever numbers the columns have for it.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    record: String,
    time: i64,
    position: Option<u64>,
    words: [String; 3],
    rank: u32,
    facets: BTreeMap<String, String>,
}

/// The rows in their order.
fn rows(facts: &Facts) -> Vec<Row> {
    let mut rows = Vec::with_capacity(facts.len());
    for (place, record) in (0..).zip(&facts.records) {
        rows.extend(facts.rows_at(place).map(|row| Row::of(facts, *record, row)));
    }
    rows
}

impl Row {
    fn of(facts: &Facts, record: RecordId, row: u32) -> Self {
        let at = row as usize;
        let say = |(facet, (name, _)): (usize, &(Arc<str>, _))| {
            Some((name.to_string(), format!("{:?}", facts.value(facet, row)?)))
        };
        Self {
            record: record.0.to_string(),
            time: facts.times[at],
            position: facts.positions.get(at).copied(),
            words: [&facts.types, &facts.sources, &facts.units].map(|codes| codes.get(at).to_owned()),
            rank: facts.ranks[at],
            facets: facts.facets.iter().enumerate().filter_map(say).collect(),
        }
    }
}

/// That two say the same, told at the first difference.
#[track_caller]
fn same(one: &Facts, other: &Facts, what: &str) {
    let (one, other) = (rows(one), rows(other));
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other, "{what}");
    }
    assert_eq!(one.len(), other.len(), "{what}");
}

fn purchase(subject: &str, id: &str, time: &str, amount: &str) -> Value {
    let data = json!({"amount": amount, "currency": "EUR", "product_group": "pumps", "order": format!("o-{id}")});
    event("erp", subject, id, time, "purchase.made", data)
}

fn minute(number: usize) -> String {
    format!("2026-01-{:02}T{:02}:{:02}:00Z", 1 + number / 1440, number / 60 % 24, number % 60)
}

fn says_what_it_did(place: &Place) {
    let events: Vec<Value> =
        (0..200).map(|n| purchase(&(n % 40).to_string(), &n.to_string(), &minute(n), "12.50")).collect();
    import(place, &events[..180]);
    let told = place.kulta(["archive", "a"]).run().expect_code(0);
    let words: Vec<&str> = told.stdout.split_whitespace().map(|word| word.split('=').next().unwrap()).collect();
    assert_eq!(words, ["position", "events", "files", "bytes"]);
    assert!(told.stdout.contains("events=180 files=3 "), "{}", told.stdout);
    assert_eq!(written(place, "a").0, "unchanged");
    import(place, &events[180..190]);
    let (done, told) = written(place, "a");
    assert_eq!((done.as_str(), &told["events"], &told["deltas"]), ("extended", &json!(190), &json!(1)));
    same_rows(place, "a", &["amount", "currency", "product_group", "order"]);
    import(place, &events[190..]);
    let (done, told) = written(place, "a");
    assert_eq!((done.as_str(), &told["events"], &told["deltas"]), ("merged", &json!(200), &json!(0)), "over a tenth");

    let archived = read(place, "a", &all()).unwrap();
    assert_eq!(archived.manifest.position, told["position"].as_u64().unwrap());
    assert_eq!(archived.members.records.len(), 40);
    assert_eq!(archived.members.sources.get(7), "erp");
    let opened = Opened::new(place);
    assert_eq!(archived.members.records, opened.crosswalk().records);
    same(&archived.facts, &opened.facts(archived.manifest.position, all()), "archive and log");
    same_rows(place, "a", &["amount", "currency"]);
}

#[test]
fn an_archive_follows_its_log_on_sqlite() {
    says_what_it_did(&Place::sqlite());
}

#[test]
fn an_archive_follows_its_log_on_postgresql() {
    says_what_it_did(&Place::postgresql());
}

#[test]
fn an_empty_log_has_an_archive() {
    let place = Place::sqlite();
    let (done, told) = written(&place, "a");
    assert_eq!((done.as_str(), &told["events"]), ("made", &json!(0)));
    let archived = read(&place, "a", &all()).unwrap();
    assert!(archived.facts.is_empty() && archived.members.records.is_empty());
    import(&place, &[purchase("1", "1", &minute(1), "1")]);
    assert_eq!(written(&place, "a").0, "merged");
    assert_eq!(read(&place, "a", &all()).unwrap().facts.len(), 1);
}

#[test]
fn another_logs_archive_is_left_alone() {
    let (one, other) = (Place::sqlite(), Place::sqlite());
    import(&one, &[purchase("1", "1", &minute(1), "1")]);
    import(&other, &[purchase("2", "2", &minute(2), "2")]);
    assert_eq!(written(&one, "a").0, "made");
    let dir = one.directory().join("a");
    let before = std::fs::read(dir.join("manifest.json")).unwrap();
    let told = other.kulta(["archive", dir.to_str().unwrap()]).run().expect_code(1);
    assert!(told.stderr.contains("holds the archive of another log"), "{}", told.stderr);
    assert_eq!(std::fs::read(dir.join("manifest.json")).unwrap(), before);
    assert!(matches!(read(&one, "nowhere", &all()), Err(archive::Error::None(_))));
}
