//! The compiled filter against an evaluation of the grammar as it is written, without our own filters.

use proptest::prelude::*;
use serde_json::json;

use super::tests::{any_event, compiled, matches};
use super::*;

/// Longest first.
const SUFFIXES: [&str; 6] =
    ["_greater_than_or_equal", "_less_than_or_equal", "_greater_than", "_less_than", "_contains", "_not"];

/// Whether an event passes what was given.
fn passes(given: &Value, kind: &str, data: &Value) -> bool {
    let filters = given.as_array().cloned().unwrap_or_else(|| vec![given.clone()]);
    filters.iter().filter(|filter| is_about(filter["event"].as_str().unwrap_or_default(), kind)).all(
        |filter| {
            filter["filters"]
                .as_object()
                .is_some_and(|all| all.iter().all(|(name, operand)| holds(name, operand, data)))
        },
    )
}

fn is_about(event: &str, kind: &str) -> bool {
    match event.strip_suffix(".*") {
        Some(stem) => kind.split_once('.').is_some_and(|(first, rest)| first == stem && !rest.is_empty()),
        None => event == "*" || event == kind,
    }
}

fn holds(name: &str, operand: &Value, data: &Value) -> bool {
    let suffix = SUFFIXES.into_iter().find(|suffix| name.ends_with(suffix)).unwrap_or_default();
    let path: Vec<_> = name[..name.len() - suffix.len()].split('.').collect();
    let mut found = Vec::new();
    look_up(data, &path, &mut found);
    let operands = operand.as_array().cloned().unwrap_or_else(|| vec![operand.clone()]);
    let is_one = |value: &Value| each(value).any(|one| operands.iter().any(|operand| equal(one, operand)));
    let compares = |allowed: fn(std::cmp::Ordering) -> bool| {
        found.iter().any(|value| each(value).any(|one| order(one, operand).is_some_and(allowed)))
    };
    match suffix {
        "_greater_than" => compares(std::cmp::Ordering::is_gt),
        "_less_than" => compares(std::cmp::Ordering::is_lt),
        "_greater_than_or_equal" => compares(std::cmp::Ordering::is_ge),
        "_less_than_or_equal" => compares(std::cmp::Ordering::is_le),
        "_not" => !found.is_empty() && !found.into_iter().any(is_one),
        "_contains" => found.iter().any(|value| operands.iter().any(|part| contains(value, part))),
        _ => found.into_iter().any(is_one),
    }
}

/// Everything that the path leads to: through a list into each of its objects.
fn look_up<'a>(value: &'a Value, path: &[&str], found: &mut Vec<&'a Value>) {
    let Some((first, rest)) = path.split_first() else { return found.push(value) };
    for value in each(value) {
        if let Some(member) = value.as_object().and_then(|members| members.get(*first)) {
            look_up(member, rest, found);
        }
    }
}

/// The elements of a list, or the value itself.
fn each(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(list) => Box::new(list.iter()),
        one => Box::new(std::iter::once(one)),
    }
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn order(one: &Value, other: &Value) -> Option<std::cmp::Ordering> {
    match (one, other) {
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

fn contains(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Array(list), part) => list.iter().any(|one| equal(one, part)),
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        _ => false,
    }
}

/// Small values, so that conditions often hold.
fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        3 => (0..4).prop_map(Value::from),
        1 => (0..6).prop_map(|halves| json!(f64::from(halves) / 2.0)),
        4 => "[ab]{0,2}".prop_map(Value::from),
    ]
}

fn data() -> impl Strategy<Value = Value> {
    let tree = scalars().prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((names(), inner), 0..3).prop_map(Value::from_iter),
        ]
    });
    // At the top mostly an object, as the data of events is.
    prop_oneof![
        8 => prop::collection::vec((names(), tree.clone()), 0..4).prop_map(Value::from_iter),
        1 => tree,
    ]
}

/// Among the names of fields are some that read like suffixes.
fn names() -> BoxedStrategy<String> {
    prop::sample::select(&["x", "y", "x_not", "not"][..]).prop_map(str::to_owned).boxed()
}

fn conditions() -> impl Strategy<Value = (String, Value)> {
    let path = prop::collection::vec(names(), 1..3).prop_map(|path| path.join(".")).boxed();
    let some = prop_oneof![scalars(), prop::collection::vec(scalars(), 1..4).prop_map(Value::from)].boxed();
    let plain = (path.clone(), prop::sample::select(&["", "_not"][..]), some.clone());
    let parts = some.prop_filter("null is no part", |some| each(some).all(|one| !one.is_null()));
    let part = (path.clone(), Just("_contains"), parts);
    let bound = prop_oneof![(0..4).prop_map(Value::from), "[ab]{0,2}".prop_map(Value::from)];
    let ordered = (path, prop::sample::select(&SUFFIXES[..4]), bound);
    prop_oneof![plain, part, ordered].prop_map(|(path, suffix, operand)| (format!("{path}{suffix}"), operand))
}

fn given() -> impl Strategy<Value = Value> {
    let event = prop::sample::select(&["a.b", "a.c", "b.b", "a.*", "*"][..]);
    // Conditions whose operand does not suit the suffix that the name happens to end with are another test's matter.
    let conditions = prop::collection::vec(conditions(), 1..4).prop_map(Value::from_iter);
    let one = (event, conditions).prop_map(|(event, filters)| json!({"event": event, "filters": filters}));
    let one = one.prop_filter("does not parse", |one| compile(one, "", &any_event).is_ok()).boxed();
    prop_oneof![one.clone(), prop::collection::vec(one, 1..4).prop_map(Value::from)]
}

fn kinds() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["a.b", "a.c", "b.b", "a.b.c", "a", "a."][..])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_compiled_filter_says_what_the_grammar_says(given in given(), kind in kinds(), data in data()) {
        let compiled = compiled(&given);
        let event = json!({"type": kind, "data": data});
        prop_assert_eq!(matches(&compiled, &event), passes(&given, kind, &data), "{}", compiled.source());
    }

    #[test]
    fn whatever_is_given_is_read_without_a_panic_and_what_is_read_is_a_filter(name in ".{0,30}", tree in data(), event in ".{0,8}") {
        for given in [tree.clone(), json!({"event": event, "filters": {&name: tree}}), json!([{"event": event, "filters": tree}])] {
            match compile(&given, "/filters", &any_event) {
                Ok(compiled) => prop_assert!(Native::parse(&compiled).is_ok()),
                Err(faults) => prop_assert!(!faults.is_empty() && faults.iter().all(|fault| fault.pointer.starts_with("/filters"))),
            }
        }
    }
}
