//! The documented views: what docs/sql-views.md promises is what both stores give, before and after a swap.

use kulta::store::views::Bulk;
use kulta_projections::batch::Changes;
use kulta_projections::crosswalk::Decision;

use super::given::{EPOCH, Store};
use super::on_both_stores;
use super::rows::{decision, id, people, record, withdrawn};

on_both_stores!(
    the_views_have_the_documented_columns,
    the_views_show_what_was_projected,
    views_of_a_swap_show_the_new_generation,
    the_documented_queries_run,
);

/// A view of docs/sql-views.md: name and columns.
struct Documented {
    name: String,
    columns: Vec<String>,
}

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sql-views.md");
    std::fs::read_to_string(path).unwrap()
}

/// Sections whose table begins with `column`.
fn documented() -> Vec<Documented> {
    let page = page();
    let sections = page.split("\n## ").skip(1).filter(|section| section.contains("| column |"));
    let views: Vec<_> = sections
        .map(|section| {
            let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
            let columns = cells.map(|(column, _)| column.to_owned()).collect();
            Documented { name: section.lines().next().unwrap().to_owned(), columns }
        })
        .collect();
    assert_eq!(views.len(), 7);
    views
}

/// The SQL that makes the timeline on SQLite.
pub fn timeline_on_sqlite() -> String {
    statements().0
}

/// The SQL of the page: that which makes the timeline on SQLite, and the examples.
fn statements() -> (String, Vec<String>) {
    let page = page();
    let blocks = page.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
    let (timeline, examples): (Vec<_>, Vec<_>) = blocks.partition(|sql| sql.contains("ATTACH"));
    assert_eq!((timeline.len(), examples.len()), (1, 3));
    (timeline.concat(), examples)
}

async fn the_views_have_the_documented_columns(store: Store) {
    store.generations.live().await.unwrap();
    for view in documented() {
        let (columns, _) = store.view(&view.name, "1").await;
        assert_eq!(columns, view.columns, "{}", view.name);
    }
}

/// A row as text: what stands for null, and how ids and times look.
fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| (*cell != "-").then(|| (*cell).to_owned())).collect()
}

async fn the_views_show_what_was_projected(store: Store) {
    let live = store.generations.live().await.unwrap();
    let mut changes = people(5);
    changes.records[1].customer = id(1).into();
    changes.customers.remove(1);
    let late = Decision { made: None, withdrawn: Some(withdrawn(8)), ..decision(9, &[], &[]) };
    changes.decisions = vec![Decision { withdrawn: Some(withdrawn(7)), ..decision(6, &[3, 1], &[2]) }, late];
    live.write(&changes, 12, EPOCH, None).await.unwrap();
    let ids: Vec<String> = (0..10).map(|n| id(n).to_string()).collect();

    let (_, customers) = store.view("customers", "position").await;
    let name = "Väinö \"1\" 日本 \u{1}";
    let cells = [
        &ids[1],
        "person",
        name,
        "v1@example.org",
        "+358 40 1",
        "Katu 1",
        "00001",
        "Helsinki",
        "FI",
        "fi",
        "-",
        "1",
        "4",
    ];
    assert_eq!(customers[0], row(&cells));
    assert_eq!(customers.last().unwrap()[..12], row(&[&ids[5], "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "1"]));

    let (_, crosswalk) = store.view("crosswalk", "first_position").await;
    assert_eq!(crosswalk[1], row(&[&ids[2], "erp", "subject 2", &ids[1], "2"]));
    assert_eq!(crosswalk[4], row(&[&ids[5], "billing", "-", &ids[5], "5"]));

    let (_, fields) = store.view("fields", "customer_id, field").await;
    let of = |customer: &str, field: &str| {
        let mut found =
            fields.iter().filter(|row| row[0].as_deref() == Some(customer) && row[1].as_deref() == Some(field));
        (found.next().map(|row| row[2..].to_vec()), found.next())
    };
    let time =
        |text: &str| if store.has_files() { format!("{}Z", text.replace(' ', "T")) } else { format!("{text}+00") };
    let observed = if store.has_files() { time("2023-11-14 22:13:21.500") } else { time("2023-11-14 22:13:21.500001") };
    let verified = if store.has_files() { time("2023-11-14 22:13:26.000") } else { time("2023-11-14 22:13:26.000004") };
    assert_eq!(of(&ids[1], "email").0, Some(row(&["v1@example.org", "billing", "subject 1", &observed, &verified])));
    assert_eq!(of(&ids[1], "attributes.vip").0, Some(row(&["true", "billing", "subject 1", &observed, "-"])));
    let limit = "12345678901234567890.10";
    assert_eq!(of(&ids[1], "attributes.limit").0, Some(row(&[limit, "billing", "subject 1", &observed, "-"])));
    let address = of(&ids[1], "address").0.unwrap()[0].clone().unwrap();
    assert_eq!(address, r#"{"street":"Katu 1","postal_code":"00001","city":"Helsinki","country":"FI"}"#);
    assert_eq!(of(&ids[5], "email"), (None, None));

    let (_, relations) = store.view("relations", "record_id").await;
    let of = |record: &str| relations.iter().find(|row| row[5].as_deref() == Some(record)).cloned().unwrap();
    assert_eq!(of(&ids[2]), row(&[&ids[1], "contact_of", &ids[3], "-", "-", &ids[2], &ids[3]]), "of the customer's");
    assert_eq!(of(&ids[3]), row(&[&ids[3], "contact_of", &ids[4], "2020-02-29", "2030-01-01", &ids[3], &ids[4]]));
    assert_eq!(of(&ids[5]), row(&[&ids[5], "contact_of", "-", "-", "-", &ids[5], &ids[6]]), "nobody knows that one");

    let (_, decisions) = store.view("decisions", "withdrawn_position").await;
    let list = |list: &[&String]| {
        if store.has_files() {
            serde_json::to_string(list).unwrap()
        } else {
            format!("{{{}}}", list.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(","))
        }
    };
    let (both, one, none) = (list(&[&ids[3], &ids[1]]), list(&[&ids[2]]), list(&[]));
    let (made, taken) = if store.has_files() {
        (time("2023-11-14 22:13:29.000"), time("2023-11-14 22:13:30.500"))
    } else {
        (time("2023-11-14 22:13:29.000006"), time("2023-11-14 22:13:30.500007"))
    };
    assert_eq!(decisions[0], row(&[&ids[6], "link", &both, &one, &made, "crm", "6", &taken, "7"]));
    assert_eq!(decisions[1][..7], row(&[&ids[9], "-", &none, &none, "-", "-", "-"]));
}

async fn views_of_a_swap_show_the_new_generation(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(2), 5, EPOCH, None).await.unwrap();
    let new = store.generations.build(EPOCH).await.unwrap();
    let Changes { records, customers, .. } = people(3);
    new.fill(Bulk { records, customers, ..Bulk::default() }).await.unwrap();
    new.filled(6).await.unwrap();
    assert_eq!(store.view("crosswalk", "1").await.1.len(), 2);
    if !store.has_files() {
        store.on_log("CREATE VIEW own AS SELECT source, count(*) FROM kulta.crosswalk GROUP BY source").await;
    }

    store.generations.swap(&new, EPOCH).await.unwrap();
    store.generations.remove_others(&[], EPOCH).await.unwrap();

    for view in documented() {
        let (columns, _) = store.view(&view.name, "1").await;
        assert_eq!(columns, view.columns, "{}", view.name);
    }
    assert_eq!(store.view("crosswalk", "1").await.1.len(), 3);
    if !store.has_files() {
        // Views of others on ours go on too.
        store.on_log("SELECT * FROM own").await;
    }
}

async fn the_documented_queries_run(store: Store) {
    let live = store.generations.live().await.unwrap();
    let mut changes = people(3);
    changes.records[1].customer = id(1).into();
    changes.customers.remove(1);
    live.write(&changes, 6, EPOCH, None).await.unwrap();
    for n in 1..=3 {
        store.add_purchase(n, &record(n)).await;
    }

    let (_, examples) = statements();
    let found = [store.query(&examples[0]).await, store.query(&examples[1]).await, store.query(&examples[2]).await];
    let ids: Vec<String> = (0..4).map(|n| id(n).to_string()).collect();
    assert_eq!(found[0], Vec::<Vec<Option<String>>>::new(), "all are verified");
    assert_eq!(found[1], [row(&[&ids[1], "subject 2", "subject 1"])]);
    let amounts: Vec<_> = found[2].iter().map(|row| (row[1].as_deref(), row[2].as_deref())).collect();
    let names = ["Väinö \"3\" 日本 \u{1}", "Väinö \"1\" 日本 \u{1}"];
    assert_eq!(
        amounts,
        [(Some(names[0]), Some("3.50")), (Some(names[1]), Some("2.50")), (Some(names[1]), Some("1.50"))]
    );
    let (_, timeline) = store.view("timeline", "position").await;
    assert_eq!(timeline[1][0].as_deref(), Some(ids[1].as_str()));
    assert_eq!(timeline[1][1].as_deref(), Some(ids[2].as_str()));
    assert_eq!(timeline[1][4..7], row(&["erp", "helsinki", "2"]));
}
