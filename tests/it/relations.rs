//! Contacts and companies through the real binary, on both stores: merges and splits move nothing, replays change nothing,
//! and nobody is taken for somebody else.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use crate::kit::{Asks, Place, event, pages, text};

fn registered(source: &str, subject: &str, data: Value) -> Value {
    event(source, subject, &format!("r{subject}"), "2026-01-01T10:00:00Z", "customer.registered", data)
}

/// What `source` says of the relation of a record of its own.
fn related(source: &str, subject: &str, id: &str, time: &str, data: Value) -> Value {
    event(source, subject, id, &format!("{time}T10:00:00Z"), "customer.related", data)
}

fn to(source: &str, subject: &str) -> Value {
    json!({"source": source, "subject": subject})
}

/// A contact, two companies and a second record of the first one.
struct World {
    contact: String,
    company: String,
    subsidiary: String,
    billing: String,
}

fn world(client: &mut Client) -> World {
    let shared = json!({"phone": "+358 9 123 4567", "email": "office@kauppa.example",
        "address": {"street": "Katu 1", "postal_code": "00100", "city": "Helsinki", "country": "FI"}});
    let with = |mut data: Value| {
        data.as_object_mut().unwrap().extend(shared.as_object().unwrap().clone());
        data
    };
    client.accepted(&[
        registered("erp", "secret-100", with(json!({"kind": "organisation", "name": "Kauppa Oy"}))),
        registered("crm", "7", with(json!({"kind": "person", "name": "Aino Mäkinen"}))),
        registered("erp", "200", json!({"kind": "organisation", "name": "Tytär Oy"})),
        registered("billing", "B", json!({"kind": "organisation", "name": "Osuuskunta Maito"})),
        related(
            "crm",
            "7",
            "1",
            "2026-02-01",
            json!({"relation": "contact_of", "to": to("erp", "secret-100"),
            "role": "buyer", "valid_from": "2025-05-01"}),
        ),
        related("erp", "200", "1", "2026-02-01", json!({"relation": "subsidiary_of", "to": to("erp", "secret-100")})),
        related("crm", "7", "2", "2026-02-01", json!({"relation": "member_of", "to": to("erp", "never-seen")})),
    ]);
    World {
        contact: client.record("crm", "7"),
        company: client.record("erp", "secret-100"),
        subsidiary: client.record("erp", "200"),
        billing: client.record("billing", "B"),
    }
}

/// A customer's relations in few words, when everything is projected.
fn shown(client: &mut Client, id: &str) -> Vec<String> {
    shown_on(client, id, "valid_on=2026-06-01")
}

fn shown_on(client: &mut Client, id: &str, query: &str) -> Vec<String> {
    client.caught_up();
    let words = |item: &Value| {
        let member = |name: &str| item[name].as_str().unwrap_or("-").to_owned();
        let said: Vec<_> = item["said_by"].as_array().unwrap().iter().map(|word| text(word, "source")).collect();
        [member("direction"), member("relation"), member("name"), member("role"), said.join("+")].join(" ")
    };
    client.read(&format!("/v1/customers/{id}/relations?{query}"))["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(words)
        .collect()
}

fn verified(client: &mut Client) {
    client.caught_up();
    let verified = client.post("/v1/projections/verify").send().expect_status(200).json();
    assert_eq!(verified["differences"], json!([]));
}

fn relations_are_shown_and_survive(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let world = world(&mut client);
    both_sides_show_them(&mut client, &world);
    a_company_shows_its_contacts_conversations(&mut client, &world);
    late_and_repeated_events_change_nothing_else(&mut client, &world);
    merges_and_splits_move_nothing(&mut client, &world);
    people_say_and_end_them(&mut client, &world);
    at_rest_the_other_is_an_id(place, &mut client, &world);

    let everybody = [&world.contact, &world.company, &world.subsidiary, &world.billing];
    let read = |client: &mut Client| {
        client.caught_up();
        everybody.map(|id| client.read(&format!("/v1/customers/{id}/relations?valid_on=ever")))
    };
    verified(&mut client);
    let before = read(&mut client);
    client.post("/v1/projections/rebuild").send().expect_status(200);
    assert_eq!(read(&mut client), before);
    verified(&mut client);
}

fn both_sides_show_them(client: &mut Client, world: &World) {
    let World { contact, company, subsidiary, .. } = world;
    assert_eq!(
        shown(client, contact),
        ["outgoing contact_of Kauppa Oy buyer crm", "outgoing member_of - - crm"],
        "also to a record that nobody knows yet"
    );
    let incoming = ["incoming contact_of Aino Mäkinen buyer crm", "incoming subsidiary_of Tytär Oy - erp"];
    assert_eq!(shown(client, company), incoming);
    assert_eq!(shown(client, subsidiary), ["outgoing subsidiary_of Kauppa Oy - erp"]);
    let item = &client.read(&format!("/v1/customers/{company}/relations"))["items"][0];
    assert_eq!((&item["customer_id"], &item["kind"]), (&json!(contact), &json!("person")));
    assert_eq!((&item["record_id"], &item["said_by"][0]["to_record_id"]), (&json!(contact), &json!(company)));
    assert_eq!((&item["valid_from"], &item["said_by"][0]["subject"]), (&json!("2025-05-01"), &json!("7")));

    // Related, with one telephone, one mailbox and one address, they are two customers still.
    for id in [contact, company, subsidiary] {
        assert_eq!(client.read(&format!("/v1/customers/{id}"))["customer_id"], json!(id));
    }
    for (query, count) in [
        ("valid_on=2025-04-30", 1),
        ("valid_on=2025-05-01", 2),
        ("direction=outgoing", 0),
        ("relation=subsidiary_of", 1),
    ] {
        assert_eq!(shown_on(client, company, query).len(), count, "{query}");
    }
    let paged = pages(client, &format!("/v1/customers/{company}/relations?limit=1"));
    assert_eq!(json!(paged), client.read(&format!("/v1/customers/{company}/relations"))["items"]);
    for wrong in ["valid_on=yesterday", "direction=up", "relation=friend_of", "as_off=2026-01-01"] {
        client.get(&format!("/v1/customers/{company}/relations?{wrong}")).send().expect_status(400);
    }
    client.get("/v1/customers/6fa459ea-ee8a-5ca4-894e-db77e160355e/relations").send().expect_status(404);
}

fn a_company_shows_its_contacts_conversations(client: &mut Client, world: &World) {
    let said = |source: &str, subject: &str, id: &str, time: &str, type_name: &str, data: Value| {
        event(source, subject, id, &format!("{time}T10:00:00Z"), type_name, data)
    };
    client.accepted(&[
        said("crm", "7", "before", "2025-04-30", "email.replied", json!({})),
        said("crm", "7", "mail", "2025-05-01", "email.replied", json!({})),
        said("crm", "7", "bought", "2026-03-03", "purchase.made", json!({"amount": "1", "currency": "EUR"})),
        said("erp", "200", "of-the-subsidiary", "2026-03-03", "email.replied", json!({})),
        said("erp", "secret-100", "own", "2026-03-04", "complaint.opened", json!({"complaint": "c1"})),
        said("crm", "7", "complaint", "2026-03-05", "complaint.opened", json!({"complaint": "c2"})),
    ]);
    client.caught_up();
    let ids = |items: &[Value]| items.iter().map(|item| text(item, "id").to_owned()).collect::<Vec<_>>();
    let company = format!("/v1/customers/{}/timeline", world.company);
    let with = pages(client, &format!("{company}?contacts=true&limit=1"));
    assert_eq!(ids(&with), ["complaint", "own", "rsecret-100", "mail"]);
    let whose: Vec<_> = with.iter().map(|item| item["contact"].as_str()).collect();
    let contact = Some(world.contact.as_str());
    assert_eq!(whose, [contact, None, None, contact]);
    assert_eq!((&with[0]["subject"], &with[0]["source"]), (&json!("7"), &json!("crm")));
    assert_eq!(ids(&pages(client, &company)), ["own", "rsecret-100"]);
    let own = pages(client, &format!("/v1/customers/{}/timeline?contacts=true", world.contact));
    assert_eq!(ids(&own), ["complaint", "bought", "2", "1", "r7", "mail", "before"], "never the company's");
    client.get(&format!("{company}?contacts=true&known_at=2026-03-01T00:00:00Z")).send().expect_status(400);
}

fn late_and_repeated_events_change_nothing_else(client: &mut Client, world: &World) {
    let told = |id: &str, time: &str, more: Value| {
        let mut data = json!({"relation": "contact_of", "to": to("erp", "secret-100")});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        related("crm", "7", id, time, data)
    };
    client.accepted(&[told("3", "2026-03-01", json!({"valid_until": "2027-01-01"}))]);
    // Late: it happened before what is known, and says something that was changed since.
    client.accepted(&[told("0", "2026-01-15", json!({"role": "trainee", "valid_until": "2026-01-20"}))]);
    let again = client.publish(&[told("3", "2026-03-01", json!({"valid_until": "2027-01-01"}))]);
    assert_eq!(again[0]["status"], "duplicate");
    let other = client.publish(&[told("3", "2026-03-01", json!({"valid_until": "2027-01-02"}))]);
    assert_eq!(other[0]["status"], "conflict");
    let mut nobody = told("4", "2026-03-01", json!({}));
    nobody["data"]["to"] = json!({"source": "erp", "subject": " "});
    assert_eq!(client.publish(&[nobody])[0]["problem"]["errors"][0]["pointer"], "/data/to/subject");

    assert_eq!(shown(client, &world.contact)[0], "outgoing contact_of Kauppa Oy buyer crm");
    let item = &client.read(&format!("/v1/customers/{}/relations?valid_on=2026-06-01", world.contact))["items"][0];
    assert_eq!((&item["valid_from"], &item["valid_until"]), (&json!("2025-05-01"), &json!("2027-01-01")));
    assert_eq!(shown_on(client, &world.contact, "valid_on=2027-01-01"), ["outgoing member_of - - crm"]);
}

fn merges_and_splits_move_nothing(client: &mut Client, world: &World) {
    let World { contact, company, subsidiary, billing } = world;
    let before = [contact, company, subsidiary, billing].map(|id| shown(client, id));
    // A contact that only billing knows.
    let clerk = json!({"relation": "contact_of", "to": to("billing", "B"), "role": "clerk"});
    client.accepted(&[
        registered("billing", "C", json!({"kind": "person", "name": "Eino Virta"})),
        related("billing", "C", "1", "2026-02-01", clerk),
    ]);
    let merged = client.send("POST", &format!("/v1/customers/{billing}/merge"), &json!({"with": company}));
    let merged = merged.expect_status(200).json();
    let both = shown(client, company);
    let contacts: Vec<_> = both.iter().filter(|line| line.contains("contact_of")).cloned().collect();
    assert_eq!(contacts.len(), 2, "{both:?}");
    client.get(&format!("/v1/customers/{billing}/relations?valid_on=ever")).send().expect_status(307);

    // One customer is no contact of itself; apart again, they are as before.
    let one = client.send("POST", &format!("/v1/customers/{company}/merge"), &json!({"with": subsidiary}));
    one.expect_status(200);
    assert!(!shown(client, company).iter().any(|line| line.contains("subsidiary_of")));
    for source in [json!({"source": "erp", "subject": "200"}), to("billing", "B")] {
        let split = json!({"records": [source]});
        client.send("POST", &format!("/v1/customers/{company}/split"), &split).expect_status(200);
        client.caught_up();
    }
    assert_eq!(shown(client, billing), ["incoming contact_of Eino Virta clerk billing"]);
    assert_eq!([contact, company, subsidiary].map(|id| shown(client, id)), before[..3]);
    assert!(merged["decision_id"].is_string());
}

fn people_say_and_end_them(client: &mut Client, world: &World) {
    let World { contact, company, billing, .. } = world;
    let target = format!("/v1/customers/{contact}/relations");
    let command = json!({"relation": "contact_of", "to": billing, "role": "payer"});
    let keyed =
        |client: &mut Client, body: &Value| client.post(&target).header("idempotency-key", "relate").json(body).send();
    let done = keyed(client, &command).expect_status(200).json();
    assert_eq!((&done["customer_id"], &done["to_customer_id"]), (&json!(contact), &json!(billing)));
    assert_eq!(keyed(client, &command).expect_status(200).json(), done);
    keyed(client, &json!({"relation": "owned_by", "to": billing})).expect_status(422);
    let relations = shown(client, contact);
    assert!(relations.contains(&"outgoing contact_of Osuuskunta Maito payer kulta".to_owned()), "{relations:?}");
    let whole = client.read(&format!("/v1/customers/{contact}"));
    assert_eq!((&whole["customer_id"], &whole["name"]), (&json!(contact), &json!("Aino Mäkinen")));

    for (body, status) in [
        (json!({"relation": "contact_of", "to": contact}), 409),
        (json!({"relation": "friend_of", "to": billing}), 422),
        (json!({"relation": "contact_of", "to": "6fa459ea-ee8a-5ca4-894e-db77e160355e"}), 422),
        (json!({"relation": "contact_of", "to": to("erp", "nobody")}), 422),
        (json!({"relation": "contact_of"}), 422),
        (json!({"relation": "contact_of", "to": billing, "valid_from": "2026-13-01"}), 422),
    ] {
        let refused = client.send("POST", &target, &body);
        assert_eq!(refused.status, status, "{body}");
    }
    let stale = client.post(&target).header("if-match", "\"1\"").json(&command).send();
    stale.expect_status(412);
    ended(client, world, &target);
    let known = json!({"relation": "owned_by", "to": to("billing", "B"), "valid_from": "2026-01-01"});
    client.send("POST", &format!("/v1/customers/{company}/relations"), &known).expect_status(200);
    assert!(shown(client, billing).contains(&"incoming owned_by Kauppa Oy - kulta".to_owned()));
}

/// What a person ends stays ended, though the CRM goes on saying it, until it says something else.
fn ended(client: &mut Client, world: &World, target: &str) {
    let end = |relation: &str, to: &str| format!("{target}?relation={relation}&to={to}&valid_until=2026-05-01");
    client.delete(&end("contact_of", &world.company)).send().expect_status(200);
    let unknown = client.read(&format!("{target}?relation=member_of"))["items"][0]["record_id"].clone();
    client.delete(&end("member_of", unknown.as_str().unwrap())).send().expect_status(200);
    client.caught_up();
    client.delete(&end("contact_of", &world.company)).send().expect_status(404);
    client.delete(&end("owned_by", &world.billing)).send().expect_status(404);
    client.delete(&format!("{target}?relation=contact_of")).send().expect_status(400);
    assert_eq!(shown(client, &world.contact), ["outgoing contact_of Osuuskunta Maito payer kulta"]);
    assert_eq!(shown_on(client, &world.contact, "valid_on=2026-04-30").len(), 3, "it held until then");

    let nightly = |id: &str, role: &str| {
        let data = json!({"relation": "contact_of", "to": to("erp", "secret-100"), "role": role});
        let now = "2026-11-01";
        related("crm", "7", id, now, data)
    };
    client.accepted(&[nightly("n1", "buyer")]);
    assert_eq!(shown(client, &world.company), ["incoming subsidiary_of Tytär Oy - erp"]);
}

/// The other's key may be personal: it stands nowhere but with its own record.
fn at_rest_the_other_is_an_id(place: &Place, client: &mut Client, world: &World) {
    client.caught_up();
    let events = client.read("/v1/events?type=customer.related&source=crm&limit=1");
    let item = &events["items"][0];
    assert_eq!(item["data"]["to"], json!(world.company), "{item}");
    assert_eq!((&item["data"]["role"], &item["data"]["relation"]), (&json!("buyer"), &json!("contact_of")));
    let facts = if place.is_sqlite() { "facts" } else { "facts::text" };
    let facts = place.texts(&format!("SELECT {facts} FROM log WHERE type LIKE 'customer.%related'"));
    assert!(facts.len() >= 8, "{facts:?}");
    for fact in &facts {
        assert!(fact.contains(r#""to":""#) && !fact.contains("secret") && !fact.contains("buyer"), "{fact}");
    }
}

#[test]
fn relations_are_shown_and_survive_on_sqlite() {
    relations_are_shown_and_survive(&Place::sqlite());
}

#[test]
fn relations_are_shown_and_survive_on_postgresql() {
    relations_are_shown_and_survive(&Place::postgresql());
}
