//! The score in the course of time: every point is the score as of then.

use serde_json::{Value, json};

use super::{CLICKS, FROM, RULES, facts, publish, score};
use crate::kit::{Asks, Place, text};

#[test]
fn every_point_is_the_score_as_of_then() {
    let place = Place::sqlite();
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&facts());
    let erp = client.record("erp", "1");
    publish(&mut client, RULES, FROM);
    publish(&mut client, &format!("time_zone = \"Europe/Helsinki\"{CLICKS}"), "2026-02-15T00:00:00Z");
    for reading in ["newest", "in-force"] {
        let target = format!(
            "/v1/customers/{erp}/score/history?rule_set=value&reading={reading}&every=week\
             &from=2026-01-05T00:00:00Z&to=2026-02-20T10:00:00Z"
        );
        let course = client.read(&target);
        assert_eq!((text(&course, "reading"), text(&course, "every")), (reading, "week"));
        let points = course["points"].as_array().unwrap();
        let ends: Vec<_> = points.iter().map(|point| text(point, "as_of")).collect();
        assert_eq!((ends.len(), ends[0], ends[6]), (7, "2026-01-11T22:00:00Z", "2026-02-20T10:00:00Z"));
        for point in points {
            let query = format!("rule_set=value&reading={reading}&as_of={}", text(point, "as_of"));
            let told = score(&mut client, &erp, &query);
            assert_eq!((&point["points"], &point["version"]), (&told["points"], &told["version"]));
            assert_eq!(point["grade"], told["grade"]["name"]);
        }
        let sums: Vec<_> = points.iter().map(|point| text(point, "points")).collect();
        // 400.5 + 400 + 10 on the eleventh of January.
        assert_eq!(sums[0], "810.5");
        assert_eq!(points[6]["version"], 2);
    }
    let months = client.read(&format!("/v1/customers/{erp}/score/history?to=2026-02-20T10:00:00Z"));
    assert_eq!((months["points"].as_array().unwrap().len(), &months["every"]), (13, &json!("month")));
    assert_eq!(months["points"][0]["grade"], Value::Null);
    let days = "every=day&from=2026-01-01T00:00:00Z&to=2026-02-04T00:00:00Z";
    let days = client.read(&format!("/v1/customers/{erp}/score/history?{days}"));
    assert_eq!(days["points"].as_array().unwrap().len(), 35);
}
