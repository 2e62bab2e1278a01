use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn fault(text: impl AsRef<[u8]>) -> (FaultKind, usize, String) {
    let fault = check(text.as_ref(), 64).unwrap_err();
    (fault.kind, fault.offset, fault.pointer)
}

#[test]
fn every_kind_of_value_passes() {
    for text in [
        "null",
        " true ",
        "false",
        "0",
        "-0",
        "-1.50e+10",
        "1E3",
        "123456789012345678901234567890",
        "\"\"",
        "{}",
        "[]",
        "[ ]",
        "{ }",
        r#"{"a":[1,{"b":null}],"a":2}"#,
        r#""\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t""#,
        "\"é😀\u{7f}\"",
        "\t[\r\n1 , 2 ]\n",
    ] {
        assert_eq!(check(text.as_bytes(), 64), Ok(()), "{text}");
    }
}

#[test]
fn each_fault_has_its_kind_and_place() {
    use FaultKind::*;
    let cases: &[(&str, FaultKind, usize, &str)] = &[
        ("", End, 0, ""),
        ("  ", End, 2, ""),
        ("{", End, 1, ""),
        (r#"{"a""#, End, 4, ""),
        (r#"{"a":[1,"#, End, 8, "/a/1"),
        ("tru", End, 3, ""),
        ("trux", Unexpected, 3, ""),
        ("{,}", Unexpected, 1, ""),
        (r#"{"a":1,}"#, Unexpected, 7, "/a"),
        (r#"{"a" 1}"#, Unexpected, 5, ""),
        ("[1,]", Unexpected, 3, "/1"),
        ("[1 2]", Unexpected, 3, "/0"),
        ("[1}", Unexpected, 2, "/0"),
        ("nan", Unexpected, 1, ""),
        ("'a'", Unexpected, 0, ""),
        ("1 1", Trailing, 2, ""),
        ("{}}", Trailing, 2, ""),
        ("01", Number, 0, ""),
        (r#"{"n":-x}"#, Number, 6, "/n"),
        ("[1.]", Number, 3, "/0"),
        ("1e", End, 2, ""),
        ("1e+]", Number, 3, ""),
        ("\"a\nb\"", Control, 2, ""),
        (r#""\x""#, Escape, 1, ""),
        (r#""\u12g4""#, Escape, 1, ""),
        (r#"{"a":{"b/c~":["x","\ud800"]}}"#, Surrogate, 19, "/a/b~1c~0/1"),
        (r#""\ud800\u0041""#, Surrogate, 1, ""),
        (r#""\udc00""#, Surrogate, 1, ""),
    ];
    for (text, kind, offset, pointer) in cases {
        assert_eq!(fault(text), (*kind, *offset, (*pointer).to_owned()), "{text}");
    }
    assert_eq!(fault(b"{\"a\":\"\xff\"}"), (Utf8, 6, "/a".to_owned()));
}

#[test]
fn a_control_character_is_found_at_every_place_of_a_long_string() {
    for length in 0..40 {
        for place in 0..length {
            for stop in ["\u{0}", "\u{1f}", "\n"] {
                let mut text: Vec<String> = vec!["ä".to_owned(); length];
                text[place] = stop.to_owned();
                let text = format!("\"{}\"", text.concat());
                assert_eq!(check(text.as_bytes(), 1).unwrap_err().offset, 1 + 2 * place, "{text:?}");
            }
        }
    }
}

#[test]
fn nesting_ends_at_the_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(check(nested(64).as_bytes(), 64), Ok(()));
    let fault = check(nested(65).as_bytes(), 64).unwrap_err();
    assert_eq!((fault.kind, fault.offset), (FaultKind::TooDeep, 64));
    assert_eq!(check(b"[{}]", 1).unwrap_err().kind, FaultKind::TooDeep);
    assert_eq!(check(b"1", 0), Ok(()));
    assert_eq!(check(nested(5_000).as_bytes(), 5_000), Ok(()));
}

#[test]
fn values_are_found_by_their_path() {
    let text =
        br#" {"x":[{"call_id":0}],"data" : {"s":"}\"","call\u005fid":{"n":1.50},"last":[1, 2] },"data":1}"#;
    let at = |path: &[&str]| at_path(text, path);
    assert_eq!(at(&["data", "call_id", "n"]), Some("1.50"));
    assert_eq!(at(&["data", "s"]), Some(r#""}\"""#));
    assert_eq!(at(&["data", "last"]), Some("[1, 2]"));
    assert_eq!(at(&["data", "none"]), None);
    assert_eq!(at(&["x", "call_id"]), None);
    assert_eq!(at(&["data", "s", "t"]), None);
    assert!(at(&[]).unwrap().starts_with("{\"x\""));
}

#[test]
fn scalars_become_keys() {
    let key = |json| key_text(json).map(std::borrow::Cow::into_owned);
    assert_eq!(key(r#""call 1""#).as_deref(), Some("call 1"));
    assert_eq!(key(r#""a\u00e9\"""#).as_deref(), Some("aé\""));
    assert_eq!(key("1.50").as_deref(), Some("1.50"));
    assert_eq!(key("true").as_deref(), Some("true"));
    for none in ["null", "{}", "[1]", ""] {
        assert_eq!(key(none), None, "{none}");
    }
}

/// Any JSON value.
fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[ -~]{0,30}".prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,6}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_serde_json_writes_passes(value in values(), pretty: bool) {
        let text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
        prop_assert_eq!(check(&text, 64), Ok(()));
    }

    #[test]
    fn a_broken_byte_is_judged_as_serde_json_does(value in values(), place: prop::sample::Index, byte: u8) {
        let mut text = serde_json::to_vec(&value).unwrap();
        let place = place.index(text.len());
        text[place] = byte;
        let theirs = serde_json::from_slice::<Value>(&text);
        // Numbers beyond an f64 are JSON all the same.
        prop_assume!(!theirs.as_ref().is_err_and(|error| error.to_string().contains("number out of range")));
        prop_assert_eq!(check(&text, 64).is_ok(), theirs.is_ok(), "{:?}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn a_jumble_of_json_pieces_is_judged_as_serde_json_does(pieces in prop::collection::vec(
        prop::sample::select(&["{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\", "\\u", "d83d", "0", "-", ".5", "e1", "1", " ", "null", "true"][..]), 0..12)) {
        let text = pieces.concat();
        prop_assert_eq!(check(text.as_bytes(), 64).is_ok(), serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, depth in 0usize..5) {
        let _ = check(&bytes, depth);
        at_path(&bytes, &["a"]);
    }

    #[test]
    fn every_member_is_found_as_serde_json_sees_it(value in values()) {
        let text = serde_json::to_vec_pretty(&value).unwrap();
        // Read back, because not every number comes back to the last bit.
        let value: Value = serde_json::from_slice(&text).unwrap();
        for (key, member) in value.as_object().into_iter().flatten() {
            let found = at_path(&text, &[key]).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Value>(found).unwrap(), member);
            for (inner, deep) in member.as_object().into_iter().flatten() {
                let found = at_path(&text, &[key, inner]).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Value>(found).unwrap(), deep);
            }
        }
    }
}
