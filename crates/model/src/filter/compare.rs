//! Equality and order of JSON values by what they say, not by how they are written.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::json::View;

/// 2^127: from here on a float is greater than every `i128`.
const I128_END: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

/// Whether a value of an event is the one that a filter names. Values of two types never are; the order of an object's
/// members does not count.
pub(super) fn same(one: &View<'_>, wanted: &Value) -> bool {
    match (one, wanted) {
        (View::Null, Value::Null) => true,
        (View::Bool(one), Value::Bool(wanted)) => one == wanted,
        (View::Number(one), Value::Number(wanted)) => order_of_numbers(one, wanted).is_eq(),
        (View::String(one), Value::String(wanted)) => one == wanted,
        (View::List(one), Value::Array(wanted)) => {
            one.len() == wanted.len() && one.iter().zip(wanted).all(|(one, wanted)| same(one, wanted))
        }
        // A member given twice is there twice, so that counting tells nothing.
        (View::Object(one), Value::Object(wanted)) => {
            one.names().all(|name| wanted.contains_key(name))
                && wanted.iter().all(|(name, wanted)| one.get(name).is_some_and(|one| same(one, wanted)))
        }
        _ => false,
    }
}

/// The order of two numbers or of two strings (by code points); `None` for anything else.
pub(super) fn order(one: &View<'_>, bound: &Value) -> Option<Ordering> {
    match (one, bound) {
        (View::Number(one), Value::Number(bound)) => Some(order_of_numbers(one, bound)),
        (View::String(one), Value::String(bound)) => Some((**one).cmp(bound)),
        _ => None,
    }
}

/// Exact: an integer is never rounded to be compared with a float.
fn order_of_numbers(one: &Number, other: &Number) -> Ordering {
    match (integer(one), integer(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        (Some(one), None) => order_with_float(one, float(other)),
        (None, Some(other)) => order_with_float(other, float(one)).reverse(),
        // A JSON number is never NaN.
        (None, None) => float(one).partial_cmp(&float(other)).unwrap_or(Ordering::Equal),
    }
}

fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default()
}

fn order_with_float(integer: i128, float: f64) -> Ordering {
    if float >= I128_END {
        return Ordering::Less;
    }
    if float < -I128_END {
        return Ordering::Greater;
    }
    let whole = float.trunc() as i128;
    integer.cmp(&whole).then_with(|| 0.0_f64.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::json;

    fn same(one: &Value, wanted: &Value) -> bool {
        super::same(&one.into(), wanted)
    }

    fn order(one: &Value, bound: &Value) -> Option<Ordering> {
        super::order(&one.into(), bound)
    }

    #[test]
    fn integers_are_not_rounded_to_be_compared_with_floats() {
        let exact = json!(9_007_199_254_740_993_i64);
        let rounded = json!(9_007_199_254_740_992.0);
        assert_eq!(order(&exact, &rounded), Some(Ordering::Greater));
        assert_eq!(order(&json!(u64::MAX), &json!(i64::MAX)), Some(Ordering::Greater));
        assert_eq!(order(&json!(-1), &json!(-1.5)), Some(Ordering::Greater));
        assert_eq!(order(&json!(i64::MIN), &json!(1e300)), Some(Ordering::Less));
        assert_eq!(order(&json!(1), &json!(-1e300)), Some(Ordering::Greater));
        assert!(same(&json!(0), &json!(-0.0)) && same(&json!(1e2), &json!(100)));
    }

    #[test]
    fn types_are_kept_apart() {
        assert!(
            !same(&json!(1), &json!("1"))
                && !same(&json!(0), &json!(false))
                && !same(&json!(""), &json!(null))
        );
        assert_eq!(order(&json!(1), &json!("1")), None);
        assert_eq!(order(&json!(true), &json!(false)), None);
    }

    #[test]
    fn lists_and_objects_are_compared_by_their_members() {
        assert!(same(&json!({"a": [1, 2.0], "b": null}), &json!({"b": null, "a": [1.0, 2]})));
        assert!(!same(&json!({"a": 1}), &json!({"a": 1, "b": 2})));
        assert!(!same(&json!([1, 2]), &json!([2, 1])));
    }

    #[test]
    fn of_a_member_given_twice_the_last_is_compared() {
        let same = |text: &[u8], wanted: Value| super::same(&json::view(text).unwrap(), &wanted);
        let twice = br#"{"a":1,"b":2,"a":3}"#;
        assert!(same(twice, json!({"a": 3, "b": 2})) && same(br#"[{"a":1,"\u0061":2}]"#, json!([{"a": 2}])));
        for other in [json!({"a": 1, "b": 2}), json!({"a": 3}), json!({"a": 3, "b": 2, "c": null})] {
            assert!(!same(twice, other.clone()), "{other}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_an_integer_and_a_float_is_that_of_their_values(integer: i32, float in -1e10..1e10f64) {
            // Both fit into a float exactly.
            let expected = f64::from(integer).partial_cmp(&float);
            prop_assert_eq!(order(&json!(integer), &json!(float)), expected);
            prop_assert_eq!(order(&json!(float), &json!(integer)), expected.map(Ordering::reverse));
        }
    }
}
