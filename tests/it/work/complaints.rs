//! Complaints against the clock.

use serde_json::{Value, json};

use super::{act, customer, items, read, refused};
use crate::kit::{Asks, PATIENCE, Place, event, pages, text};

fn told(id: &str, complaint: &str, time: &str, what: &str, data: &Value) -> Value {
    let mut all = json!({"complaint": complaint});
    all.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    event("crm", "7", id, time, &format!("complaint.{what}"), all)
}

/// Open from 8 to 16 in Helsinki from Monday to Friday; answers within eight hours.
const CONFIG: &str = r#"
[business]
time_zone = "Europe/Helsinki"
monday = "08:00-16:00"
tuesday = "08:00-16:00"
wednesday = "08:00-16:00"
thursday = "08:00-16:00"
friday = "08:00-16:00"
saturday = ""
sunday = ""
holidays = [2026-01-06]
answer_within = "8h"
warn_before = "2h"
"#;

fn the_clock_runs_in_opening_hours(place: &Place) {
    place.file("kulta.toml", CONFIG);
    let server = place.kulta(["serve", "--listen", "127.0.0.1:0", "--config", "kulta.toml"]).serve();
    let mut client = server.client();
    customer(&mut client, "7");
    // Friday at 14; the weekend is closed, and so is Epiphany on Tuesday. Two hours on Friday, six on Monday: until 14.
    client.accepted(&[
        told(
            "a1",
            "late",
            "2026-01-02T14:00:00+02:00",
            "opened",
            &json!({"topic": "delivery", "text": "Where is it?"}),
        ),
        told("b1", "timely", "2026-01-05T15:00:00+02:00", "opened", &json!({"topic": "invoice"})),
        told("b2", "timely", "2026-01-07T15:00:00+02:00", "answered", &json!({"outcome": "explained"})),
    ]);
    let at = |time: &str| format!("as_of={}", crate::kit::encoded(time));
    let queue = items(&mut client, &format!("/v1/complaints?status=waiting&{}", at("2026-01-05T13:00:00+02:00")));
    assert_eq!(queue.len(), 1);
    let waiting = &queue[0]["waiting"];
    assert_eq!([&waiting["due"], &waiting["minutes_left"]], [&json!("2026-01-05T12:00:00Z"), &json!(60)]);
    let both = items(&mut client, &format!("/v1/complaints?status=waiting&{}", at("2026-01-05T15:30:00+02:00")));
    assert_eq!((text(&both[0], "name"), both[0]["breached"].clone(), both.len()), ("late", json!(true), 2));
    // An hour on Monday, none on the holiday, seven on Wednesday: it was in time by the hour.
    assert_eq!(both[1]["waiting"]["due"], "2026-01-07T13:00:00Z");
    assert_eq!(items(&mut client, "/v1/complaints?breached=false").len(), 1);

    let notices = |client: &mut kulta_test_support::http::Client, query: &str| -> Vec<(String, String)> {
        client.caught_up();
        let found = pages(client, &format!("/v1/notices?limit=1&{query}"));
        found.iter().map(|one| (text(one, "alarm").to_owned(), text(one, "at").to_owned())).collect()
    };
    let warning = ("warning".to_owned(), "2026-01-05T10:00:00Z".to_owned());
    let breach = ("breach".to_owned(), "2026-01-05T12:00:00Z".to_owned());
    assert_eq!(notices(&mut client, &at("2026-01-05T12:30:00+02:00")), std::slice::from_ref(&warning));
    let all = notices(&mut client, &at("2026-01-05T15:30:00+02:00"));
    assert_eq!(all, [warning, breach]);
    assert_eq!(notices(&mut client, &at("2026-01-05T12:00:00+02:00")), []);
    // The answer was given in time, and told late: nothing is left of it.
    client.accepted(&[told("a2", "late", "2026-01-05T09:00:00+02:00", "answered", &json!({}))]);
    assert_eq!(notices(&mut client, &at("2026-01-05T15:30:00+02:00")), []);
    assert_eq!(items(&mut client, "/v1/complaints?breached=true").len(), 0);
    server.terminate(PATIENCE);
}

fn people_answer(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let id = customer(&mut client, "7");
    let opened = json!({"customer": id, "topic": "seal", "channel": "phone", "text": "It leaks"});
    let opened = client.send("POST", "/v1/complaints", &opened).expect_status(201).json();
    let complaint = format!("/v1/complaints/{}", text(&opened, "complaint_id"));
    assert_eq!(read(&mut client, &complaint)["status"], "waiting");
    assert_eq!(refused(&mut client, &complaint, "reopen", &json!({})), "not-closed");
    act(&mut client, &complaint, "answer", &json!({"outcome": "replacement", "minutes": 20, "text": "on its way"}));
    let answered = read(&mut client, &complaint);
    assert_eq!([&answered["status"], &answered["outcome"]], ["answered", "replacement"]);
    act(&mut client, &complaint, "react", &json!({"text": "it leaks still"}));
    assert_eq!(read(&mut client, &complaint)["status"], "waiting");
    act(&mut client, &complaint, "close", &json!({"outcome": "refund"}));
    assert_eq!(refused(&mut client, &complaint, "answer", &json!({})), "closed");
    act(&mut client, &complaint, "react", &json!({"outcome": "satisfied"}));
    let settled = read(&mut client, &complaint);
    assert_eq!((text(&settled, "status"), settled["rounds"].as_array().unwrap().len()), ("closed", 2));
    act(&mut client, &complaint, "reopen", &json!({}));
    assert_eq!(items(&mut client, &format!("/v1/complaints?status=waiting&customer={id}")).len(), 1);
    client.send("POST", &format!("{complaint}/forget"), &json!({})).expect_status(404);
    let tagged = client.get(&complaint).send();
    let stale = client.post(&format!("{complaint}/answer")).header("if-match", "\"1\"").json(&json!({}));
    stale.send().expect_status(412);
    let tag = tagged.header("etag").unwrap().to_owned();
    client.post(&format!("{complaint}/answer")).header("if-match", &tag).json(&json!({})).send().expect_status(200);
    server.terminate(PATIENCE);
}

#[test]
fn complaints_on_sqlite() {
    the_clock_runs_in_opening_hours(&Place::sqlite());
    people_answer(&Place::sqlite());
}

#[test]
fn complaints_on_postgresql() {
    the_clock_runs_in_opening_hours(&Place::postgresql());
    people_answer(&Place::postgresql());
}
