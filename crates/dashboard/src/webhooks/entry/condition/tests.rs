use proptest::prelude::*;
use serde_json::json;

use super::*;

fn rows(parts: &Parts) -> Vec<(&str, &str, &str)> {
    parts.rows.iter().map(|row| (&*row.field, &*row.operator, &*row.value)).collect()
}

#[test]
fn a_filter_is_shown_in_rows() {
    let filter = json!({
        "data": {"amount": {"$gt": 50000, "$lt": 90000}, "stage": {"$in": ["Negotiation", "Closed Won"]}, "a": {"b": "1"}}
    });
    let parts = parts(&filter, &[]);
    assert_eq!(
        rows(&parts),
        [
            ("data.amount", "gt", "50000"),
            ("data.amount", "lt", "90000"),
            ("data.stage", "in", "Negotiation, Closed Won"),
            ("data.a.b", "eq", "\"1\"")
        ]
    );
    assert!(parts.rest.is_empty());
    assert_eq!(joined(&parts), Some(filter));
}

#[test]
fn what_rows_cannot_show_stays_json() {
    let filter = json!({
        "$or": [{"data": {"a": 1}}, {"data": {"b": 2}}], "data": {"c": 3, "d": {"$not": {"$eq": 4}}, "e.f": 5, "g": {}}
    });
    let parts = parts(&filter, &[]);
    assert_eq!(rows(&parts), [("data.c", "eq", "3")]);
    assert_eq!(
        Value::Object(parts.rest.clone()),
        json!({"$or": filter["$or"], "data": {"d": {"$not": {"$eq": 4}}, "e.f": 5, "g": {}}})
    );
    assert_eq!(joined(&parts), Some(normal(filter)));
}

#[test]
fn a_field_of_the_contract_s_own_is_taken_out() {
    let filter = json!({"attributes": {"contact_lists": {"$in": ["gold", "silver"]}, "region": "eu"}});
    let taken = parts(&filter, &["contact_lists"]);
    assert_eq!(
        taken.attributes,
        [("contact_lists".to_owned(), vec!["gold".to_owned(), "silver".to_owned()])]
    );
    assert_eq!(rows(&taken), [("attributes.region", "eq", "eu")]);
    assert_eq!(joined(&taken), Some(filter));
    let other = json!({"attributes": {"contact_lists": {"$in": ["gold"], "$nin": ["silver"]}}});
    assert!(parts(&other, &["contact_lists"]).attributes.iter().all(|(_, values)| values.is_empty()));
}

#[test]
fn two_conditions_of_one_kind_both_hold() {
    let row = |value: &str| Condition { field: "data.a".into(), operator: "neq".into(), value: value.into() };
    let made = Parts { rows: vec![row("1"), row("2"), row("3")], ..Parts::default() };
    let filter = joined(&made).unwrap();
    assert_eq!(
        filter,
        json!({"data": {"a": {"$neq": 1}}, "$and": [{"data": {"a": {"$neq": 2}}}, {"data": {"a": {"$neq": 3}}}]})
    );
    assert_eq!(parts(&filter, &[]), made);
    postrider_model::filter::Filter::parse(&filter).unwrap();
}

#[test]
fn a_list_s_own_conditions_are_not_taken_together() {
    // One element with both, or two with one each: these are not the same.
    let apart = json!({"$and": [{"data": {"items": {"a": 1}}}, {"data": {"items": {"b": 2}}}]});
    assert_eq!(joined(&parts(&apart, &[])), Some(apart));
}

fn filters() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "[a-c1, .\"]{0,4}".prop_map(Value::from),
    ];
    let operand = prop_oneof![scalar.clone(), prop::collection::vec(scalar, 0..3).prop_map(Value::from)];
    let symbol = prop::sample::select(vec![
        "$eq",
        "$gt",
        "$in",
        "$exist",
        "$or",
        "$and",
        "$startsWith",
        "x",
        "y",
        "a.b",
    ]);
    let leaf = prop::collection::vec((symbol, operand), 0..3).prop_map(object);
    let inner = leaf.prop_recursive(3, 24, 3, |inner| {
        let item = prop_oneof![inner.clone(), prop::collection::vec(inner, 0..3).prop_map(Value::from)];
        let name = prop::sample::select(vec!["data", "attributes", "lists", "x", "$and", "$not"]);
        prop::collection::vec((name, item), 0..3).prop_map(object)
    });
    inner.prop_map(|value| value)
}

fn object(members: Vec<(&'static str, Value)>) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

#[test]
fn a_condition_on_the_event_as_a_whole_is_kept() {
    let filter = json!({"$eq": 0});
    assert_eq!(joined(&parts(&filter, &[])), Some(filter));
}

proptest! {
    #[test]
    fn any_filter_comes_back_the_same(filter in filters()) {
        let parts = parts(&filter, &["lists"]);
        prop_assert_eq!(joined(&parts).unwrap_or_else(|| json!({})), normal_filter(filter));
    }
}
