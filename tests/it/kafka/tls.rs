//! Brokers that are spoken to through TLS and ask for a password.

use serde_json::json;

use super::{Message, Topic, ids, told, wait};
use crate::kit::{Place, event};
use crate::load::audit::read_log;

#[test]
fn a_node_comes_in_with_certificate_and_password_only() {
    let place = Place::sqlite();
    let mut topic = Topic::new(1);
    let edit = event("erp", "1", "e-1", "2025-06-01T10:00:00Z", "customer.contact_edited", json!({"name": "Aino"}));
    topic.send(0, &Message::structured(&edit));
    topic.flush();
    let reader = topic
        .read_by(&place)
        .env("KULTA_KAFKA_BROKERS", told("KULTA_TEST_KAFKA_TLS"))
        .env("KULTA_KAFKA_SECURITY_PROTOCOL", "sasl_ssl")
        .env("KULTA_KAFKA_CA_FILE", told("KULTA_TEST_KAFKA_CA"))
        .env("KULTA_KAFKA_SASL_USERNAME", "kulta");
    let server = reader.clone().env("KULTA_KAFKA_SASL_PASSWORD", "not-the-one").serve();
    wait(&server, || {
        let said = server.stderr();
        if said.contains("Authentication failed") { Ok(()) } else { Err("it was let in".to_owned()) }
    });
    assert!(!server.stderr().contains("not-the-one"), "{}", server.stderr());
    server.kill_9();

    place.file("password", "kulta-test\n");
    let server = reader.env("KULTA_KAFKA_SASL_PASSWORD_FILE", "password").serve();
    topic.all_read(&place, &server);
    assert_eq!(ids(&read_log(&mut server.client()), "erp").len(), 1);
}
