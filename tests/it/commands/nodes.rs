//! People edit the same customer at two nodes in turns: what each remembers of the record is then old.

use kulta::commands::person_record::Command;
use kulta::commands::{Error, Wish};
use kulta::store::{Page, Select};
use kulta_events::{Json, RecordId};
use kulta_test_support::pg;

use crate::node::Node;

fn phone(number: usize) -> Command {
    Command::Edit { attributes: Json::object([("phone", format!("+358 40 {number}").as_str().into())]) }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_turns_every_edit_is_stored_in_its_place() {
    let database = pg::database().await;
    let nodes = [Node::start(database.url()).await, Node::start(database.url()).await];
    let attributes = Json::object([("name", "Anna".into())]);
    let registered = nodes[0].wish(Wish::Register { attributes }).await.unwrap();
    let id: RecordId = serde_json::from_value(registered.body["record_id"].clone()).unwrap();
    let turns = [0, 1, 1, 0, 0, 1, 0, 1, 1];
    for (number, node) in turns.into_iter().enumerate() {
        let edit = Wish::Change { id, if_match: None, command: phone(number) };
        nodes[node].wish(edit).await.unwrap();
    }
    // At the same time, too.
    let edits = |node: usize| {
        let nodes = &nodes;
        async move {
            for number in 0..10 {
                // Whoever was too late again and again is told so, and asks again.
                loop {
                    let edit = Wish::Change { id, if_match: None, command: phone(10 + 2 * number + node) };
                    match nodes[node].wish(edit).await {
                        Err(Error::Contended) => {}
                        done => break drop(done.unwrap()),
                    }
                }
            }
        }
    };
    tokio::join!(edits(0), edits(1));
    let stream = Page { select: Select::Stream(id.stream()), ..Page::forwards(Select::All, 0, 100) };
    let stored = nodes[0].log.read(&stream).await.unwrap();
    let revisions: Vec<_> = stored.iter().map(|event| event.revision).collect();
    assert_eq!(revisions, (0..30).collect::<Vec<u64>>());
    let [one, other] = nodes;
    other.stop().await;
    one.assert_verified().await;
    one.stop().await;
}
