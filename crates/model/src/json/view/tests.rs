use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::json::{FaultKind, tree};

impl<'a> From<&'a Value> for View<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::String(text.into()),
            Value::Array(list) => Self::List(list.iter().map(Self::from).collect()),
            Value::Object(map) => {
                let mut members = Members::default();
                members.extend(map.iter().map(|(name, value)| (name.into(), Self::from(value))));
                Self::Object(members)
            }
        }
    }
}

impl From<&View<'_>> for Value {
    fn from(view: &View<'_>) -> Self {
        match view {
            View::Null => Self::Null,
            View::Bool(value) => Self::Bool(*value),
            View::Number(number) => Self::Number(number.clone()),
            View::String(text) => Self::String(text.clone().into_owned()),
            View::List(list) => list.iter().map(Self::from).collect(),
            View::Object(members) => {
                members.0.iter().map(|(name, value)| (name.clone(), Self::from(value))).collect()
            }
        }
    }
}

const SCALARS: [&str; 12] =
    ["null", "true", "0", "1", "1.0", "10e-1", "2", "-0.5", "\"\"", "\"a\"", "\"b\"", r#""\u0061""#];

/// Two of them are one.
const NAMES: [&str; 4] = ["a", r"\u0061", "b", "c"];

/// Texts whose objects have up to 39 members, of which some have the same name, and small values: fewer than a filter
/// may have. Numbers come back to the last bit.
pub(crate) fn texts() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(&SCALARS).prop_map(str::to_owned).boxed();
    let few = prop::sample::select(&NAMES).prop_map(str::to_owned);
    let many = prop_oneof![few.clone(), (0..20).prop_map(|number: i32| number.to_string())];
    let large = prop::collection::vec((many, scalar.clone()), 10..40).prop_map(object);
    prop_oneof![4 => scalar, 1 => large].prop_recursive(2, 16, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(","))),
            prop::collection::vec((few.clone(), inner), 0..5).prop_map(object),
        ]
    })
}

fn object(members: Vec<(String, String)>) -> String {
    let members: Vec<_> = members.iter().map(|(name, value)| format!(r#""{name}": {value}"#)).collect();
    format!("{{{}}}", members.join(", "))
}

/// Every member of every object is the one that a map of them has.
fn agree(view: &View<'_>, value: &Value) -> bool {
    match (view, value) {
        (View::List(list), Value::Array(other)) => {
            list.len() == other.len() && list.iter().zip(other).all(|(one, other)| agree(one, other))
        }
        (View::Object(members), Value::Object(map)) => {
            members.names().all(|name| map.contains_key(name))
                && map.iter().all(|(name, value)| members.get(name).is_some_and(|one| agree(one, value)))
                && members.get("none").is_none()
        }
        _ => Value::from(view) == *value,
    }
}

#[test]
fn what_has_no_escapes_is_not_copied() {
    let read = view(br#"{"plain":"text","esc\u0061ped":"\n"}"#).unwrap();
    let members = read.as_object().unwrap();
    assert!(matches!(members.get("plain"), Some(View::String(Cow::Borrowed("text")))));
    assert_eq!(members.get("escaped").and_then(View::as_str), Some("\n"));
    assert!(matches!(members.0[0].0, Cow::Borrowed(_)));
}

#[test]
fn of_members_with_one_name_the_last_counts_however_many_there_are() {
    for count in [2, MANY - 1, MANY, 50_000] {
        let same: Vec<_> = (0..count).map(|number| format!(r#""a":{number}"#)).collect();
        let others: Vec<_> = (0..count).rev().map(|number| format!(r#""{number}":{number}"#)).collect();
        let text = format!("{{{},{}}}", same.join(","), others.join(","));
        let read = view(text.as_bytes()).unwrap();
        let number = |name: &str| read.as_object().unwrap().get(name).map(Value::from);
        assert_eq!(number("a"), Some(json!(count - 1)));
        assert_eq!(number("0"), Some(json!(0)));
        assert_eq!(number("b"), None);
    }
}

#[test]
fn members_may_be_added_at_any_time() {
    let mut members = Members::default();
    for number in 0..3 * MANY {
        members.extend([(number.to_string().into(), View::Null)]);
        members.extend([("same".into(), View::Number(number.into()))]);
        assert_eq!(members.get("same").map(Value::from), Some(json!(number)));
    }
    assert!((0..3 * MANY).all(|number| members.get(&number.to_string()).is_some()));
}

#[test]
fn names_that_a_reader_could_take_for_its_own_are_names() {
    let text = br#"{"$serde_json::private::RawValue":"[1,","$serde_json::private::Number":"x"}"#;
    assert_eq!(view(text).unwrap().as_object().unwrap().names().count(), 2);
}

/// Of JSON and of what is none.
const PIECES: [&[u8]; 17] = [
    b"{", b"}", b"[", b"]", b",", b":", b"\"a\"", b"\"", b"\\", b"\\ud83d", b"\xff", b"0", b"-", b".5",
    b"1e999", b" ", b"null",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_view_says_what_a_tree_says(text in texts()) {
        let (read, tree) = (view(text.as_bytes()).unwrap(), tree(text.as_bytes()).unwrap());
        prop_assert_eq!(Value::from(&read), tree.clone());
        prop_assert!(agree(&read, &tree));
    }

    #[test]
    fn any_strings_and_numbers_are_read_as_a_tree_reads_them(text: String, integer: i64, float: f64, large: u64, pretty: bool) {
        let value = json!({&text: [text, integer, float], "large": {"": large}});
        let text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
        prop_assert_eq!(Value::from(&view(&text).unwrap()), tree(&text).unwrap());
    }

    #[test]
    fn what_has_no_tree_has_no_view_for_the_same_reason(pieces in prop::collection::vec(
        prop::sample::select(&PIECES), 0..10)) {
        let text = pieces.concat();
        prop_assert_eq!(view(&text).map(|read| Value::from(&read)), tree(&text));
    }

    #[test]
    fn a_number_beyond_a_double_is_named_with_its_place(text in texts(), exponent in 309..999u32, list: bool) {
        let text = if list { format!("[{text}, -1e{exponent}]") } else { format!(r#"{{"a/b": {text}, "n": [1e{exponent}]}}"#) };
        let (kind, pointer) = (FaultKind::Range, if list { "/1" } else { "/n/0" }.to_owned());
        let fault = view(text.as_bytes()).unwrap_err();
        prop_assert_eq!(tree(text.as_bytes()).unwrap_err(), fault.clone());
        prop_assert_eq!((fault.kind, fault.pointer), (kind, pointer));
    }

    #[test]
    fn a_view_is_as_deep_as_a_tree(depth in 120..135usize) {
        let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        prop_assert_eq!(view(text.as_bytes()).map(|read| Value::from(&read)), tree(text.as_bytes()));
    }
}
