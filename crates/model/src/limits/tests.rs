use serde_json::json;

use super::*;

#[test]
fn every_limit_can_be_set_by_its_name() {
    let shown = serde_json::to_value(Limits::default()).unwrap();
    assert_eq!(shown["max_retry_step_seconds"], json!(604_800.0));
    assert_eq!(serde_json::from_value::<Limits>(shown).unwrap(), Limits::default());
    let set = json!({"max_batch_events": 10, "min_timeout_seconds": 0.5});
    let expected =
        Limits { max_batch_events: 10, min_timeout: Duration::from_millis(500), ..Limits::default() };
    assert_eq!(serde_json::from_value::<Limits>(set).unwrap(), expected);
}

#[test]
fn what_is_no_limit_or_no_time_is_refused() {
    for bad in [json!({"max_bach_events": 1}), json!({"min_timeout_seconds": -1}), json!({"max_headers": -1})]
    {
        assert!(serde_json::from_value::<Limits>(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn every_default_lies_in_its_range_and_is_found_by_its_name() {
    let shown = serde_json::to_value(Limits::default()).unwrap();
    let shown = shown.as_object().unwrap();
    assert_eq!(shown.len(), Limits::TABLE.len());
    for (key, default) in shown {
        let limit = Limit::named(key).unwrap_or_else(|| panic!("{key} is not in the table"));
        assert!(limit.range.contains(&default.as_f64().unwrap()), "{key}");
        assert!(limit.help.ends_with('.') && !limit.help.contains("  "), "{key}: {:?}", limit.help);
    }
    assert_eq!(Limits::default().contradictions(), Vec::<String>::new());
}

#[test]
fn both_ends_of_every_range_are_values_of_the_limit() {
    let shown = serde_json::to_value(Limits::default()).unwrap();
    for limit in Limits::TABLE {
        for end in [limit.range.start(), limit.range.end()] {
            let value = if shown[limit.key].is_u64() { json!(*end as u64) } else { json!(end) };
            let set = json!({ limit.key: value });
            assert!(serde_json::from_value::<Limits>(set.clone()).is_ok(), "{set}");
        }
    }
}

#[test]
fn limits_that_leave_nothing_between_them_contradict_each_other() {
    let day = Duration::from_secs(86_400);
    for (limits, names) in [
        (Limits { max_list_limit: 49, ..Limits::default() }, ["default_list_limit", "max_list_limit"]),
        (
            Limits { max_settable_event_bytes: 1_000, ..Limits::default() },
            ["min_settable_event_bytes", "max_settable_event_bytes"],
        ),
        (
            Limits { min_timeout: Duration::from_secs(121), ..Limits::default() },
            ["min_timeout_seconds", "max_timeout_seconds"],
        ),
        (
            Limits { min_rate_per_second: 2.0, max_rate_per_second: 1.0, ..Limits::default() },
            ["min_rate_per_second", "max_rate_per_second"],
        ),
        (
            Limits { default_secret_overlap: 8 * day, ..Limits::default() },
            ["default_secret_overlap_seconds", "max_secret_overlap_seconds"],
        ),
        (
            Limits { default_replay_per_second: 1_001, ..Limits::default() },
            ["default_replay_per_second", "max_replay_per_second"],
        ),
    ] {
        let [told] = &limits.contradictions()[..] else { panic!("one contradiction: {limits:?}") };
        assert!(names.iter().all(|name| told.contains(name)), "{told}");
    }
}
