use std::collections::BTreeSet;

use super::*;

#[test]
fn every_number_is_explained_and_nothing_else() {
    let sources = [
        include_str!("../metrics.rs"),
        include_str!("archive.rs"),
        include_str!("projections.rs"),
        include_str!("steps.rs"),
    ];
    let mut registered = BTreeSet::new();
    for source in sources {
        for call in ["kulta.register(\"", "kulta.register_with_unit(\""] {
            let names = source.split(call).skip(1).filter_map(|rest| rest.split('"').next());
            registered.extend(names.map(str::to_owned));
        }
    }
    let page = include_str!("../../docs/metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `kulta_"));
    let explained: Vec<&str> = rows.filter_map(|row| row.split(['`', '{']).next()).map(without_suffix).collect();
    assert!(registered.len() > 20, "{registered:?}");
    assert_eq!(explained.len(), registered.len(), "{explained:?} {registered:?}");
    assert_eq!(explained.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), registered);
}

/// The name under which a number is registered: units and the mark of counters are added to it.
fn without_suffix(name: &str) -> &str {
    let name = name.strip_suffix("_total").unwrap_or(name);
    let name = name.strip_suffix("_seconds").unwrap_or(name);
    name.strip_suffix("_bytes").unwrap_or(name)
}

#[test]
fn tells_requests_head_and_memory() {
    let metrics = Metrics::default();
    let route = Route("/v1/events".into());
    metrics.request(RequestLabels { route, method: "POST", status: 200 }, Duration::from_millis(3));
    metrics.kafka.out_reached("kulta.events", 40);
    metrics.kafka.out_reached("kulta.scores", 7);
    metrics.kafka.out_released("kulta.scores");
    metrics.observe(42, Some(2), Some((7, 3)));
    let text = metrics.text();
    for line in [
        "kulta_http_requests_total{route=\"/v1/events\",method=\"POST\",status=\"200\"} 1",
        "kulta_http_request_duration_seconds_count{route=\"/v1/events\",method=\"POST\"} 1",
        "kulta_log_head 42",
        "kulta_dead_letters_open 2",
        "kulta_matching_records 7",
        "kulta_reviews_open 3",
        "kulta_kafka_out_lag{topic=\"kulta.events\"} 2",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.contains("kulta_process_resident_memory_bytes ") && text.ends_with("# EOF\n"));
    assert!(!text.contains("kulta.scores"), "another node's");
}
