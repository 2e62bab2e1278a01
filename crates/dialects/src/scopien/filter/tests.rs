use postrider_model::json::view;
use serde_json::json;

use super::*;

/// Any well-formed name or wildcard, as under an open catalogue.
pub(super) fn any_event(text: &str) -> Result<TypePattern, String> {
    TypePattern::parse(text).map_err(|error| error.to_string())
}

/// The native filter, which is a good one.
pub(super) fn compiled(given: &Value) -> Native {
    let compiled =
        compile(given, "/filters", &any_event).unwrap_or_else(|faults| panic!("{given}: {faults:?}"));
    Native::parse(&compiled).unwrap()
}

/// Whether an event passes, read from its text.
pub(super) fn matches(filter: &Native, event: &Value) -> bool {
    filter.matches(&view(event.to_string().as_bytes()).unwrap())
}

fn passes(given: &Value, kind: &str, data: Value) -> bool {
    matches(&compiled(given), &json!({"type": kind, "data": data}))
}

/// Whether one condition holds for the data.
fn holds(name: &str, operand: Value, data: Value) -> bool {
    passes(&json!({"event": "a", "filters": {name: operand}}), "a", data)
}

fn faults(given: Value) -> Vec<(String, String)> {
    let faults = compile(&given, "/filters", &any_event).err().unwrap_or_default();
    faults.into_iter().map(|fault| (fault.pointer, fault.detail)).collect()
}

#[test]
fn the_documents_example_lets_the_large_deals_in_two_stages_pass() {
    let given = json!({
        "event": "opportunity.updated",
        "filters": {"amount_greater_than": 50000, "stage": ["Negotiation", "Closed Won"]},
    });
    for (data, passing) in [
        (json!({"amount": 100_000, "stage": "Closed Won"}), true),
        (json!({"amount": 50_000.5, "stage": "Negotiation"}), true),
        (json!({"amount": 50_000, "stage": "Closed Won"}), false),
        (json!({"amount": 100_000, "stage": "Lost"}), false),
        (json!({"amount": "100000", "stage": "Negotiation"}), false),
        (json!({"stage": "Negotiation"}), false),
        (json!({"amount": 100_000}), false),
    ] {
        assert_eq!(passes(&given, "opportunity.updated", data.clone()), passing, "{data}");
        assert!(passes(&given, "opportunity.created", data), "an event type without a filter passes");
    }
}

#[test]
fn it_compiles_to_a_filter_that_people_can_read() {
    let given = json!({
        "event": "opportunity.updated",
        "filters": {"amount_greater_than": 50000, "stage": ["Negotiation", "Closed Won"]},
    });
    assert_eq!(
        compiled(&given).source(),
        &json!({"$or": [
            {"$not": {"type": "opportunity.updated"}},
            {"$and": [
                {"data": {"amount": {"$gt": 50000}}},
                {"data": {"stage": {"$in": ["Negotiation", "Closed Won"]}}},
            ]},
        ]})
    );
}

#[test]
fn each_suffix_does_what_its_name_says() {
    for (name, operand, value, expected) in [
        ("x_greater_than", json!(5), json!(6), true),
        ("x_greater_than", json!(5), json!(5), false),
        ("x_less_than", json!(5), json!(4.9), true),
        ("x_less_than", json!(5), json!(5), false),
        ("x_greater_than_or_equal", json!(5), json!(5.0), true),
        ("x_greater_than_or_equal", json!(5), json!(4), false),
        ("x_less_than_or_equal", json!(5), json!(5), true),
        ("x_less_than_or_equal", json!(5), json!(6), false),
        ("x_greater_than", json!("2026-01-21"), json!("2026-01-22"), true),
        ("x_greater_than", json!(5), json!("6"), false),
        ("x", json!("a"), json!("a"), true),
        ("x", json!("a"), json!("A"), false),
        ("x", json!(1), json!(1.0), true),
        ("x", json!(true), json!("true"), false),
        ("x", json!(null), json!(null), true),
        ("x", json!(["a", 1, null]), json!(null), true),
        ("x", json!(["a", 1]), json!(2), false),
        ("x_not", json!("a"), json!("b"), true),
        ("x_not", json!("a"), json!("a"), false),
        ("x_not", json!(["a", "b"]), json!("b"), false),
        ("x_not", json!(["a", "b"]), json!(null), true),
        ("x_contains", json!("cme"), json!("Acme Corp"), true),
        ("x_contains", json!("CME"), json!("Acme Corp"), false),
        ("x_contains", json!(["x", "Corp"]), json!("Acme Corp"), true),
        ("x_contains", json!(["x", "y"]), json!("Acme Corp"), false),
        ("x_contains", json!("1"), json!(12), false),
    ] {
        assert_eq!(
            holds(name, operand.clone(), json!({"x": value})),
            expected,
            "{name}: {operand} of {value}"
        );
        assert!(!holds(name, operand, json!({"y": value})), "{name} of a field that is missing");
    }
}

#[test]
fn of_a_list_one_element_is_enough_and_not_asks_all_of_them() {
    let data = json!({"tags": ["vip", "eu", 7], "none": []});
    for (name, operand, expected) in [
        ("tags", json!("eu"), true),
        ("tags", json!(["us", 7]), true),
        ("tags", json!("us"), false),
        ("tags_not", json!("us"), true),
        ("tags_not", json!(["us", "eu"]), false),
        ("tags_contains", json!("vip"), true),
        ("tags_contains", json!("vi"), false),
        ("tags_contains", json!([1, 7]), true),
        ("tags_greater_than", json!(6), true),
        ("none", json!("eu"), false),
        ("none_not", json!("eu"), true),
    ] {
        assert_eq!(holds(name, operand.clone(), data.clone()), expected, "{name}: {operand}");
    }
}

#[test]
fn fields_are_paths_in_data() {
    let data = json!({"owner": {"email": "a@b.c", "age": 30}, "items": [{"sku": "x"}, {"sku": "y"}, 1]});
    for (name, operand, expected) in [
        ("owner.email_contains", json!("@b"), true),
        ("owner.age_greater_than", json!(30), false),
        ("owner.email.x", json!("a@b.c"), false),
        ("email", json!("a@b.c"), false),
        ("items.sku", json!("y"), true),
        ("items.sku_not", json!("y"), false),
        ("items.sku_not", json!("z"), true),
        ("items.size_not", json!("z"), false),
    ] {
        assert_eq!(holds(name, operand.clone(), data.clone()), expected, "{name}: {operand}");
    }
}

#[test]
fn the_longest_suffix_counts() {
    assert!(holds("x_greater_than_or_equal", json!(5), json!({"x": 5})));
    assert!(!holds("x_greater_than_or_equal", json!(5), json!({"x_greater_than": 6})));
    assert!(holds("x_not_contains", json!("b"), json!({"x_not": "abc"})), "one suffix at the end is read");
    assert!(holds("or_equal", json!(1), json!({"or_equal": 1})), "no suffix");
    assert!(holds("not", json!(1), json!({"not": 1})), "no suffix without its underscore");
}

#[test]
fn all_filters_of_a_type_must_hold_and_a_wildcard_is_about_all_it_stands_for() {
    let given = json!([
        {"event": "deal.*", "filters": {"amount_greater_than": 10}},
        {"event": "deal.won", "filters": {"owner": "u1"}},
        {"event": "lead.created", "filters": {"source": "web"}},
    ]);
    for (kind, data, passing) in [
        ("deal.won", json!({"amount": 11, "owner": "u1"}), true),
        ("deal.won", json!({"amount": 11, "owner": "u2"}), false),
        ("deal.won", json!({"amount": 10, "owner": "u1"}), false),
        ("deal.lost", json!({"amount": 11}), true),
        ("deal.lost", json!({}), false),
        ("deal.a.b", json!({}), false),
        ("deal", json!({}), true),
        ("deal.", json!({}), true),
        ("dealer.won", json!({}), true),
        ("lead.created", json!({"source": "web"}), true),
        ("lead.created", json!({"source": "fair"}), false),
        ("lead.updated", json!({}), true),
    ] {
        assert_eq!(passes(&given, kind, data.clone()), passing, "{kind}: {data}");
    }
    let every = json!({"event": "*", "filters": {"x": 1}});
    assert!(passes(&every, "a", json!({"x": 1})) && !passes(&every, "b.c", json!({})));
}

#[test]
fn what_does_not_parse_is_refused_with_its_place_and_what_is_allowed() {
    let one = |filters: Value| json!({"event": "a", "filters": filters});
    let long = vec!["a"; 13].join(".");
    for (given, pointer, told) in [
        (json!("x"), "", "looks like"),
        (json!(5), "", "several stand in a list"),
        (json!([]), "", "at least one filter"),
        (json!(["x"]), "/0", "looks like"),
        (json!({"filters": {"x": 1}}), "/event", "names the event"),
        (json!({"event": 1, "filters": {"x": 1}}), "/event", "name of an event"),
        (json!({"event": "a*b", "filters": {"x": 1}}), "/event", "'*'"),
        (json!({"event": "a"}), "/filters", "at least one condition"),
        (one(json!({})), "/filters", "at least one condition"),
        (one(json!(null)), "/filters", "object of conditions"),
        (one(json!([{"x": 1}])), "/filters", "object of conditions"),
        (json!({"event": "a", "filters": {"x": 1}, "or/else": 1}), "/or~1else", "no other members"),
        (one(json!({"x_greater_than": true})), "/filters/x_greater_than", "a number or a text"),
        (one(json!({"x_less_than_or_equal": [1]})), "/filters/x_less_than_or_equal", "a number or a text"),
        (one(json!({"x_less_than": null})), "/filters/x_less_than", "a number or a text"),
        (one(json!({"x": []})), "/filters/x", "at least one value"),
        (one(json!({"x_not": []})), "/filters/x_not", "at least one value"),
        (one(json!({"x": [["a"]]})), "/filters/x", "texts, numbers"),
        (one(json!({"x": {"y": 1}})), "/filters/x", "do not nest"),
        (one(json!({"x_contains": null})), "/filters/x_contains", "a text, a number"),
        (one(json!({"x_contains": ["a", null]})), "/filters/x_contains", "a text, a number"),
        (one(json!({"_greater_than": 1})), "/filters/_greater_than", "name of a field is missing"),
        (one(json!({"": 1})), "/filters/", "name of a field is missing"),
        (one(json!({"a..b": 1})), "/filters/a..b", "on both sides"),
        (one(json!({".a_not": 1})), "/filters/.a_not", "on both sides"),
        (one(json!({"a.$gt": 1})), "/filters/a.$gt", "'$'"),
        (one(json!({&long: 1})), &format!("/filters/{long}"), "at most 12"),
        (one(json!({"x": vec![1; 1_000]})), "", "too much"),
        (one(json!({"x": "y".repeat(20_000)})), "", "too much"),
    ] {
        let faults = faults(given.clone());
        assert_eq!(faults.len(), 1, "{given}: {faults:?}");
        assert_eq!(faults[0].0, format!("/filters{pointer}"), "{given}");
        assert!(faults[0].1.contains(told), "{given}: {}", faults[0].1);
    }
}

#[test]
fn every_fault_is_told() {
    let given =
        json!([{"event": "a*", "filters": {"_not": 1, "x": {}}}, {"event": "a", "filters": {"x": 1}}, 7]);
    let pointers: Vec<_> = faults(given).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(faults(json!({})).len(), 2, "neither event nor conditions");
    assert_eq!(
        pointers,
        ["/filters/0/event", "/filters/0/filters/_not", "/filters/0/filters/x", "/filters/2"]
    );
}
