use proptest::prelude::*;
use serde_json::{Value, json};

use super::tests::matches;
use super::*;
use crate::json::{self, texts};

/// Conditions over the fields a, b, c with small values, of every kind.
fn conditions() -> impl Strategy<Value = Value> {
    conditions_of(any::<bool>().prop_map(|wanted| json!({"$exist": wanted})).boxed())
}

/// The same without `$exist`.
fn conditions_on_values() -> impl Strategy<Value = Value> {
    conditions_of(Just(json!({"$neq": 1})).boxed())
}

fn conditions_of(further: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
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
        further,
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
    matches(&Filter::parse(&json!({"data": condition})).unwrap(), &json!({"data": data}))
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
    fn conditions_without_exist_never_hold_for_a_missing_field(condition in conditions_on_values()) {
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
    fn members_given_twice_are_judged_by_their_last(text in texts(), condition in conditions()) {
        let once: Value = serde_json::from_str(&text).unwrap();
        let as_given = |condition: &Value| {
            let event = format!(r#"{{"data": null, "data": {text}}}"#);
            Filter::parse(&json!({"data": condition})).unwrap().matches(&json::view(event.as_bytes()).unwrap())
        };
        prop_assert_eq!(as_given(&condition), on_data(&condition, &once));
        let (equal, differs) = (as_given(&json!({"$eq": once})), as_given(&json!({"$neq": once})));
        prop_assert_eq!((equal, differs), (true, false));
    }

    #[test]
    fn what_is_not_needed_may_be_left_out(condition in conditions(), tree in trees()) {
        let filter = Filter::parse(&json!({"type": "a", "$or": [{"changes": condition}, {"tenant": "t"}]})).unwrap();
        prop_assert_eq!(filter.needs(), Needs { changes: true, ..Needs::default() });
        let whole = json!({"type": "a", "data": tree, "changes": tree, "attributes": {"a": "b"}});
        let part = json!({"type": "a", "changes": tree});
        prop_assert_eq!(matches(&filter, &whole), matches(&filter, &part));
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
                matches(&filter, &json!({"data": tree}));
            }
        }
    }
}
