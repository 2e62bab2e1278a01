//! Tests of the module above.

use serde_json::{Value, json};

use super::super::draft;
use super::*;

fn faults_under(terms: &Terms, document: Value) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    let draft = draft::read(document.as_object().unwrap(), &mut faults);
    let rules = Rules { terms, limits: &Limits::default(), guard: &GuardPolicy::default() };
    check(&draft, rules, &mut faults);
    faults.into_iter().map(|fault| (fault.pointer, fault.detail)).collect()
}

fn pointers(document: Value) -> Vec<String> {
    faults_under(&Terms::for_tests(), document).into_iter().map(|(pointer, _)| pointer).collect()
}

#[test]
fn every_broken_rule_is_told_and_not_only_the_first() {
    let found = pointers(json!({
        "url": "http://127.0.0.1/", "name": "n".repeat(129), "description": "d".repeat(2_001),
        "event_types": ["contact.*", "con*tact", ""], "filter": {"data": {"x": {"$gt": "a", "$nope": 1}}},
        "headers": {"Host": "x"}, "rate_limit": {"per_second": 0}, "batch": {"max_size": 0, "max_wait_seconds": 1e9},
        "max_in_flight": 0, "timeout_seconds": 1000, "retry": {"schedule_seconds": [1, 1e9]},
        "metadata": {"m": "m".repeat(20_000)},
    }));
    for pointer in [
        "/url",
        "/name",
        "/description",
        "/event_types/1",
        "/event_types/2",
        "/headers/Host",
        "/rate_limit/per_second",
        "/batch/max_size",
        "/batch/max_wait_seconds",
        "/max_in_flight",
        "/timeout_seconds",
        "/retry/schedule_seconds/1",
        "/metadata",
    ] {
        assert!(found.contains(&pointer.to_owned()), "{pointer} is not in {found:?}");
    }
    assert!(found.iter().any(|pointer| pointer.starts_with("/filter")), "{found:?}");
    assert!(!found.contains(&"/event_types/0".to_owned()));
}

#[test]
fn a_url_is_held_to_the_limit_which_is_no_larger_than_what_the_sender_takes() {
    let default = Limits::default();
    assert_eq!(default.max_url_bytes, postrider_courier::MAX_URL_BYTES);
    let limits = Limits { max_url_bytes: 30, ..default };
    let judged = |text: &str| {
        let mut faults = Vec::new();
        let rules = Rules { terms: &Terms::for_tests(), limits: &limits, guard: &GuardPolicy::default() };
        url(text, rules, &mut faults);
        faults
    };
    assert_eq!(judged("https://hooks.example.com/1234"), []);
    assert_eq!(judged("https://hooks.example.com/12345"), [Fault::at("/url", "A URL has at most 30 bytes.")]);
}

#[test]
fn a_good_endpoint_has_no_faults() {
    let good = json!({
        "url": "https://hooks.example.com/in", "event_types": ["*", "a.b", "a.*"], "filter": {"data": {"x": 1}},
        "headers": {"X-A": "1"}, "rate_limit": {"per_second": 10}, "batch": {"max_size": 10, "max_wait_seconds": 2},
        "ordering": "key", "max_in_flight": 8, "timeout_seconds": 5, "retry": {"schedule_seconds": [0, 60]},
    });
    assert_eq!(faults_under(&Terms::for_tests(), good), []);
}

#[test]
fn a_closed_catalogue_names_the_valid_types() {
    let valid = vec!["lead.created".to_owned(), "lead.lost".to_owned()];
    let terms = Terms { closed_types: Some(valid), ..Terms::for_tests() };
    let document = json!({"url": "https://a.example/", "event_types": ["lead.*", "*", "lead.created", "deal.won", "deal.*"]});
    let found = faults_under(&terms, document);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].0, "/event_types/3");
    assert!(found[0].1.contains("lead.created, lead.lost"));
    assert_eq!(found[1].0, "/event_types/4");
}

#[test]
fn what_the_contract_does_not_know_is_refused() {
    let terms = Terms { wildcards: false, headers: false, batch: None, ed25519: false, ..Terms::for_tests() };
    let document = json!({
        "url": "https://a.example/", "event_types": ["a.*"], "headers": {"X-A": "1"}, "signature": "ed25519",
        "batch": {"max_size": 1, "max_wait_seconds": 1},
    });
    let found: Vec<_> = faults_under(&terms, document).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(found, ["/event_types/0", "/headers", "/signature", "/batch"]);
}

#[test]
fn the_contracts_rate_is_a_ceiling() {
    let terms = Terms { rate_ceiling: Some(100.0), ..Terms::for_tests() };
    let rate = |per_second: f64| {
        faults_under(&terms, json!({"url": "https://a.example/", "rate_limit": {"per_second": per_second}}))
            .len()
    };
    assert_eq!((rate(100.0), rate(100.1), rate(0.0)), (0, 1, 1));
}
