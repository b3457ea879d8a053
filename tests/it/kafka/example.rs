//! The example of `docs/kafka.md`, as it stands there.

use super::{Topic, brokers, ids, purchase, wait};
use crate::kit::Place;
use crate::load::audit::read_log;

#[test]
fn starts_and_reads_a_topic_that_is_made_later() {
    let page = include_str!("../../../docs/kafka.md");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(example.contains("127.0.0.1:9092") && example.contains("erp.events"), "{example}");
    let name = Topic::unused_name();
    let place = Place::sqlite();
    place.file("kulta.toml", example.replace("127.0.0.1:9092", &brokers()).replace("erp.events", &name));
    let server = place.kulta(["serve", "--config", "kulta.toml", "--listen", "127.0.0.1:0"]).serve();
    wait(&server, || match server.stderr().contains("Unknown topic or partition") {
        true => Ok(()),
        false => Err("nobody missed the topic".to_owned()),
    });
    let mut topic = Topic::named(name, 2);
    topic.send(1, &purchase(1));
    topic.flush();
    topic.all_read(&place, &server);
    assert_eq!(ids(&read_log(&mut server.client()), "erp").len(), 1);
}
