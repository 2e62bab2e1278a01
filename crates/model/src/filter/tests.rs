use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

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
    Filter::parse(&filter).unwrap_or_else(|error| panic!("{filter}: {error}")).matches(&event())
}

/// Whether the condition holds for that field of `data`.
fn data(field: &str, condition: Value) -> bool {
    passes(json!({"data": {field: condition}}))
}

#[test]
fn the_designs_example_works() {
    let filter = json!({"data": {"amount": {"$gt": 50000}, "stage": {"$in": ["Negotiation", "Closed Won"]}}});
    assert!(passes(filter.clone()));
    assert!(
        !Filter::parse(&filter).unwrap().matches(&json!({"data": {"amount": 50000, "stage": "Closed Won"}}))
    );
    assert!(!Filter::parse(&filter).unwrap().matches(&json!({"data": {"amount": 60000, "stage": "Lost"}})));
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
    assert_eq!(needs(joined), Needs { data: false, changes: true, attributes: true });
}

/// Conditions over the fields a, b, c with small values, of every kind.
fn conditions() -> impl Strategy<Value = Value> {
    let scalar =
        prop_oneof![Just(json!(null)), (0..3).prop_map(Value::from), "[ab]{0,2}".prop_map(Value::from)];
    let operator = prop::sample::select(&["$eq", "$neq", "$contains"][..]);
    let ordered = prop::sample::select(&["$gt", "$gte", "$lt", "$lte"][..]);
    let leaf = prop_oneof![
        scalar.clone(),
        (operator, scalar.clone()).prop_map(|(name, operand)| json!({name: operand})),
        (ordered, 0..3).prop_map(|(name, operand)| json!({name: operand})),
        (prop::sample::select(&["$in", "$nin"][..]), prop::collection::vec(scalar, 0..3))
            .prop_map(|(name, list)| json!({name: list})),
        any::<bool>().prop_map(|wanted| json!({"$exist": wanted})),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(("[abc]", inner.clone()), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
            (prop::sample::select(&["$or", "$and"][..]), prop::collection::vec(inner.clone(), 1..3))
                .prop_map(|(name, list)| json!({name: list})),
            inner.prop_map(|inner| json!({"$not": inner})),
        ]
    })
}

/// Data of the same fields and values.
fn trees() -> impl Strategy<Value = Value> {
    let scalar =
        prop_oneof![Just(json!(null)), (0..3).prop_map(Value::from), "[ab]{0,2}".prop_map(Value::from)];
    scalar.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec(("[abc]", inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn on_data(condition: &Value, data: &Value) -> bool {
    Filter::parse(&json!({"data": condition})).unwrap().matches(&json!({"data": data}))
}

proptest! {
    #[test]
    fn not_turns_every_answer_about_what_is_there_round(condition in conditions(), tree in trees()) {
        prop_assert_ne!(on_data(&condition, &tree), on_data(&json!({"$not": condition}), &tree));
    }

    #[test]
    fn joins_keep_the_laws_of_logic(one in conditions(), other in conditions(), tree in trees()) {
        let (first, second) = (on_data(&one, &tree), on_data(&other, &tree));
        prop_assert_eq!(on_data(&json!({"$and": [one, other]}), &tree), first && second);
        prop_assert_eq!(on_data(&json!({"$or": [one, other]}), &tree), first || second);
        prop_assert_eq!(on_data(&json!([one, other]), &tree), first && second);
    }

    #[test]
    fn conditions_without_exist_never_hold_for_a_missing_field(condition in conditions()) {
        prop_assume!(!condition.to_string().contains("$exist"));
        let held = on_data(&json!({"missing": condition}), &json!({}));
        prop_assert!(!held);
    }

    #[test]
    fn data_always_equals_itself(tree in trees()) {
        let equal = on_data(&json!({"$eq": tree}), &tree);
        let differs = on_data(&json!({"$neq": tree}), &tree);
        prop_assert_eq!((equal, differs), (true, false));
    }

    #[test]
    fn what_is_not_needed_may_be_left_out(condition in conditions(), tree in trees()) {
        let filter = Filter::parse(&json!({"type": "a", "$or": [{"changes": condition}, {"tenant": "t"}]})).unwrap();
        prop_assert_eq!(filter.needs(), Needs { changes: true, ..Needs::default() });
        let whole = json!({"type": "a", "data": tree, "changes": tree, "attributes": {"a": "b"}});
        let part = json!({"type": "a", "changes": tree});
        prop_assert_eq!(filter.matches(&whole), filter.matches(&part));
    }

    #[test]
    fn a_filter_is_written_as_it_was_read(condition in conditions()) {
        let source = json!({"data": condition});
        let text = serde_json::to_string(&Filter::parse(&source).unwrap()).unwrap();
        prop_assert_eq!(&text, &source.to_string());
        let back: Filter = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(back.source(), &source);
    }

    #[test]
    fn no_json_makes_the_parser_panic(name in prop::sample::select(&["$eq", "$gt", "$in", "$startsWith", "$contains", "$exist", "$or", "$and", "$not", "$x", "data"][..]), inner in conditions(), tree in trees()) {
        for filter in [json!({name: inner}), json!({"data": {name: tree}}), json!({"data": {"a": {name: [inner, tree]}}})] {
            if let Ok(filter) = Filter::parse(&filter) {
                filter.matches(&json!({"data": tree}));
            }
        }
    }
}
