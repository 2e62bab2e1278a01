use serde_json::{Value, json};

use super::*;
use crate::json;

/// Whether an event passes, read from its text.
pub(super) fn matches(filter: &Filter, event: &Value) -> bool {
    filter.matches(&json::view(event.to_string().as_bytes()).unwrap())
}

fn event() -> Value {
    json!({
        "type": "opportunity.updated", "timestamp": "2026-01-22T10:30:00.000Z", "tenant": "t1",
        "data": {
            "amount": 100_000, "rate": 0.5, "stage": "Closed Won", "tags": ["vip", "eu", 7], "none": [], "gone": null,
            "open": true, "owner": {"id": "u1", "teams": ["a"]},
            "items": [{"sku": "x", "count": 1}, {"sku": "y", "count": 9}, "loose"],
        },
        "changes": {"stage": {"old": "Negotiation", "new": "Closed Won"}},
        "attributes": {"contact_lists": ["red", "blue"]},
    })
}

fn passes(filter: Value) -> bool {
    let parsed = Filter::parse(&filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    matches(&parsed, &event())
}

/// Whether the condition holds for that field of `data`.
fn data(field: &str, condition: Value) -> bool {
    passes(json!({"data": {field: condition}}))
}

#[test]
fn the_designs_example_works() {
    let filter = json!({"data": {"amount": {"$gt": 50000}, "stage": {"$in": ["Negotiation", "Closed Won"]}}});
    assert!(passes(filter.clone()));
    let filter = Filter::parse(&filter).unwrap();
    assert!(!matches(&filter, &json!({"data": {"amount": 50000, "stage": "Closed Won"}})));
    assert!(!matches(&filter, &json!({"data": {"amount": 60000, "stage": "Lost"}})));
}

#[test]
fn each_operator_does_what_its_name_says() {
    let cases = [
        ("amount", json!({"$eq": 100_000.0}), true),
        ("amount", json!({"$eq": "100000"}), false),
        ("amount", json!({"$neq": "100000"}), true),
        ("amount", json!({"$neq": 1e5}), false),
        ("amount", json!({"$gt": 99_999.9, "$lt": 100_000.1}), true),
        ("amount", json!({"$gt": 100_000}), false),
        ("amount", json!({"$gte": 100_000, "$lte": 100_000}), true),
        ("amount", json!({"$lt": "2"}), false),
        ("stage", json!({"$lt": "D", "$gte": "Closed Won"}), true),
        ("stage", json!({"$gt": 5}), false),
        ("stage", json!({"$in": ["Closed Won", 1]}), true),
        ("stage", json!({"$in": []}), false),
        ("stage", json!({"$nin": ["Lost"]}), true),
        ("stage", json!({"$nin": ["Closed Won"]}), false),
        ("stage", json!({"$startsWith": "Closed", "$endsWith": "Won"}), true),
        ("stage", json!({"$startsWith": "closed"}), false),
        ("amount", json!({"$startsWith": "1"}), false),
        ("stage", json!({"$contains": "sed W"}), true),
        ("amount", json!({"$contains": "0"}), false),
        ("stage", json!({"$exist": true}), true),
        ("stage", json!({"$exist": false}), false),
        ("gone", json!({"$exist": true}), true),
        ("gone", json!(null), true),
        ("open", json!(true), true),
        ("open", json!({"$neq": 1}), true),
        ("amount", json!({"$or": [1, {"$gt": 5}]}), true),
        ("amount", json!({"$or": [1, 2]}), false),
        ("amount", json!({"$and": [{"$gt": 5}, {"$lt": 7}]}), false),
        ("stage", json!({"$not": "Lost"}), true),
        ("stage", json!({"$not": {"$startsWith": "Closed"}}), false),
        ("owner", json!({"id": "u1", "$exist": true}), true),
        ("owner", json!({"$eq": {"teams": ["a"], "id": "u1"}}), true),
        ("owner", json!({"$eq": {"id": "u1"}}), false),
    ];
    for (field, condition, expected) in cases {
        assert_eq!(data(field, condition.clone()), expected, "{field}: {condition}");
    }
}

#[test]
fn against_a_list_an_operator_holds_if_it_holds_for_one_element() {
    let cases = [
        ("tags", json!("vip"), true),
        ("tags", json!("none"), false),
        ("tags", json!({"$neq": "vip"}), true),
        ("tags", json!({"$not": "vip"}), false),
        ("tags", json!({"$nin": ["vip", "eu", 7]}), false),
        ("tags", json!({"$in": ["us", "eu"]}), true),
        ("tags", json!({"$startsWith": "v"}), true),
        ("tags", json!({"$gt": 6}), true),
        ("tags", json!({"$contains": "eu"}), true),
        ("tags", json!({"$contains": 7.0}), true),
        ("tags", json!({"$contains": "e"}), false),
        ("tags", json!(["vip", "eu"]), true),
        ("tags", json!(["vip", "us"]), false),
        ("tags", json!({"$eq": ["vip", "eu", 7]}), true),
        ("tags", json!({"$eq": ["vip", "eu"]}), false),
        ("tags", json!({"$neq": ["vip", "eu"]}), true),
        ("none", json!({"$neq": "x"}), false),
        ("none", json!({"$exist": true}), true),
        ("none", json!({"$eq": []}), true),
        ("items", json!({"sku": "y", "count": {"$gt": 5}}), true),
        ("items", json!({"sku": "x", "count": {"$gt": 5}}), false),
        ("items", json!({"size": {"$exist": false}}), true),
        ("none", json!({"sku": {"$exist": false}}), true),
    ];
    for (field, condition, expected) in cases {
        assert_eq!(data(field, condition.clone()), expected, "{field}: {condition}");
    }
    assert!(passes(json!({"attributes": {"contact_lists": {"$in": ["blue", "green"]}}})));
}

#[test]
fn a_missing_field_matches_nothing_but_exist_false() {
    for condition in [
        json!(null),
        json!("x"),
        json!({"$neq": 1}),
        json!({"$nin": [1]}),
        json!({"$not": 1}),
        json!({"$exist": true}),
        json!({"$not": {"$neq": 1}}),
        json!({"deeper": 1}),
        json!({"deeper": {"$not": 1}}),
        json!({}),
        json!({"$or": [1, {"$neq": 1}]}),
        json!({"$exist": false, "$neq": 1}),
        json!({"$not": {"$exist": false}}),
    ] {
        assert!(!data("missing", condition.clone()), "{condition}");
        assert!(
            !passes(json!({"data": {"stage": {"below": condition}}})),
            "a string has no fields: {condition}"
        );
    }
    for condition in [
        json!({"$exist": false}),
        json!({"$or": [{"$exist": false}, 5]}),
        json!({"$not": {"$exist": true}}),
        json!({"deeper": {"$exist": false}}),
    ] {
        assert!(data("missing", condition.clone()), "{condition}");
    }
    // Around an object `$not` turns the answer round.
    assert!(passes(json!({"$not": {"data": {"missing": 1}}})));
    assert!(passes(json!({"data": {"$not": {"missing": 1}}})));
}

#[test]
fn joins_stand_at_the_root_and_beside_fields() {
    assert!(passes(json!({"$or": [{"tenant": "t2"}, {"type": "opportunity.updated"}]})));
    assert!(!passes(json!({"$and": [{"tenant": "t1"}, {"type": "other"}]})));
    assert!(!passes(
        json!({"tenant": "t1", "$or": [{"data": {"amount": 1}}, {"changes": {"stage": {"new": "Lost"}}}]})
    ));
    assert!(passes(
        json!({"timestamp": {"$gte": "2026-01-01"}, "data": {"$or": [{"amount": 1}, {"open": true}], "rate": 0.5}})
    ));
    assert!(passes(json!({})));
}

#[test]
fn a_bad_filter_is_refused_with_its_place() {
    let deep = (0..40).fold(json!(1), |inner, _| json!({"a": inner}));
    let cases = [
        (json!([]), "", "shaped like the event"),
        (json!("x"), "", "shaped like the event"),
        (json!(null), "", "shaped like the event"),
        (json!({"dat": {}}), "/dat", "no \"dat\""),
        (json!({"$gt": 1}), "/$gt", "under a field"),
        (json!({"$or": [{"tenant": "a"}, 5]}), "/$or/1", "shaped like the event"),
        (json!({"$or": [{"amount": 5}]}), "/$or/0/amount", "no \"amount\""),
        (json!({"$not": {"x": 1}}), "/$not/x", "no \"x\""),
        (json!({"data": {"a/b": {"$gtt": 1}}}), "/data/a~1b/$gtt", "no operator $gtt"),
        (json!({"data": {"a": {"$gt": true}}}), "/data/a/$gt", "number or a string"),
        (json!({"data": {"a": {"$lte": [1]}}}), "/data/a/$lte", "number or a string"),
        (json!({"data": {"a": {"$in": "x"}}}), "/data/a/$in", "takes a list"),
        (json!({"data": {"a": {"$nin": [1, {}]}}}), "/data/a/$nin/1", "list of strings"),
        (json!({"data": {"a": {"$startsWith": 1}}}), "/data/a/$startsWith", "takes a string"),
        (json!({"data": {"a": {"$contains": []}}}), "/data/a/$contains", "single value"),
        (json!({"data": {"a": {"$exist": 1}}}), "/data/a/$exist", "true or false"),
        (json!({"data": {"a": {"$or": []}}}), "/data/a/$or", "at least one"),
        (json!({"data": {"a": {"$and": {}}}}), "/data/a/$and", "a list of conditions"),
        (json!({"data": {"a": []}}), "/data/a", "at least one"),
        (json!({"data": deep}), &format!("/data{}", "/a".repeat(32)), "at most 32 deep"),
        (json!({"data": {"a": {"$in": vec![1; 2_000]}}}), "/data/a/$in/996", "at most 1000"),
        (json!({"data": {"a": "x".repeat(20_000)}}), "/data/a", "16384 bytes"),
    ];
    for (filter, pointer, detail) in cases {
        let error = Filter::parse(&filter).unwrap_err();
        assert_eq!(error.pointer, pointer, "{}", error.detail);
        assert!(error.detail.contains(detail), "{pointer}: {}", error.detail);
    }
}

#[test]
fn a_filter_says_which_parts_it_looks_at() {
    let needs = |filter: Value| Filter::parse(&filter).unwrap().needs();
    assert_eq!(needs(json!({"type": "a", "tenant": "data"})), Needs::default());
    assert_eq!(needs(json!({"data": {"changes": 1}})), Needs { data: true, ..Needs::default() });
    let joined =
        json!({"$or": [{"attributes": {"a": "b"}}, {"$not": {"changes": {"$exist": true}}}], "type": "a"});
    assert_eq!(needs(joined), Needs { changes: true, attributes: true, ..Needs::default() });
    let range = json!({"$not": {"timestamp": {"$lt": "2026"}}});
    assert_eq!(needs(range), Needs { timestamp: true, ..Needs::default() });
}
