//! Tests of the module above.

use super::*;

fn read(json: &str) -> Result<(EventIn, Option<String>), Vec<String>> {
    let body = Bytes::copy_from_slice(json.as_bytes());
    let text = std::str::from_utf8(&body).unwrap();
    let mut faults = Vec::new();
    match read_event(&body, text, "", &Limits::default(), &mut faults).unwrap() {
        Some(read) => Ok((read.event, read.idempotency_key.map(Cow::into_owned))),
        None => Err(faults.into_iter().map(|fault| fault.pointer).collect()),
    }
}

fn pointers(json: &str) -> Vec<String> {
    read(json).unwrap_err()
}

#[test]
fn the_bytes_of_data_are_those_that_came() {
    let (event, _) = read(
        r#"{"tenant":"t1", "type":"a.b", "data": { "z":1.50, "a" : 1E3,"n":123456789012345678901234567890,"s":"\u00e9" }}"#,
    )
    .unwrap();
    assert_eq!(event.data, r#"{ "z":1.50, "a" : 1E3,"n":123456789012345678901234567890,"s":"\u00e9" }"#);
}

#[test]
fn data_is_a_slice_of_the_body_and_no_copy() {
    let body = Bytes::from_static(br#"{"tenant":"t","type":"a","data":{"x":1}}"#);
    let mut faults = Vec::new();
    let read = read_event(&body, std::str::from_utf8(&body).unwrap(), "", &Limits::default(), &mut faults)
        .unwrap()
        .unwrap();
    let offset = body.windows(7).position(|window| window == br#"{"x":1}"#).unwrap();
    assert_eq!(read.event.data.as_ptr(), body[offset..].as_ptr());
    assert_eq!(read.event.size, body.len());
}

#[test]
fn every_optional_field_is_read() {
    let (event, key) = read(
        r#"{"tenant":"t","type":"a\u002eb","data":1,"timestamp":"2026-01-22T10:30:00.5Z","changes":{"a":1},
            "attributes":{"k":"v"},"ordering_key":"o","deliver_at":"2026-01-23T00:00:00Z","idempotency_key":"i"}"#,
    )
    .unwrap();
    assert_eq!(event.kind, "a.b");
    assert_eq!(event.timestamp.unwrap().rfc3339_millis(), "2026-01-22T10:30:00.500Z");
    assert_eq!(event.changes.unwrap(), r#"{"a":1}"#);
    assert_eq!(event.attributes.unwrap(), r#"{"k":"v"}"#);
    assert_eq!(event.ordering_key.as_deref(), Some("o"));
    assert_eq!(event.deliver_at.unwrap().rfc3339_seconds(), "2026-01-23T00:00:00Z");
    assert_eq!(key.as_deref(), Some("i"));
}

#[test]
fn null_in_an_optional_field_is_as_if_it_were_not_there() {
    let (event, key) = read(
        r#"{"tenant":"t","type":"a","data":null,"timestamp":null,"changes":null,"attributes":null,
            "ordering_key":null,"deliver_at":null,"idempotency_key":null}"#,
    )
    .unwrap();
    assert_eq!(event.data, "null");
    assert!(
        event.changes.is_none() && event.attributes.is_none() && event.timestamp.is_none() && key.is_none()
    );
}

#[test]
fn every_fault_is_told_with_its_pointer() {
    assert_eq!(
        pointers(r#"{"type":7,"dta":{},"a/b":1,"timestamp":"yesterday","idempotency_key":"","type":"x"}"#),
        ["/dta", "/a~1b", "/type", "/tenant", "/timestamp", "/idempotency_key", "/data"],
    );
}

#[test]
fn what_is_no_object_has_one_fault() {
    for json in ["[]", "[1,2]", "null", "true", "3", "\"x\""] {
        assert_eq!(pointers(json), [""], "{json}");
    }
}

#[test]
fn a_text_with_half_a_surrogate_pair_is_refused() {
    assert_eq!(pointers(r#"{"tenant":"\ud800","type":"a","data":1}"#), ["/tenant"]);
}

#[test]
fn json_that_breaks_off_is_malformed() {
    let body = Bytes::from_static(br#"{"tenant":"t""#);
    assert!(
        read_event(&body, std::str::from_utf8(&body).unwrap(), "", &Limits::default(), &mut Vec::new())
            .is_err()
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(json in r#"[\[\]{}:,"\\u0-9a-z \n-]{0,60}"#) {
        let body = Bytes::copy_from_slice(json.as_bytes());
        let _ = read_event(&body, std::str::from_utf8(&body).unwrap(), "", &Limits::default(), &mut Vec::new());
    }

    #[test]
    fn what_is_read_is_what_a_whole_parser_reads(tenant: String, kind: String, key: String, number: f64) {
        let data = serde_json::json!({ "number": number, "key": &key });
        let event = serde_json::json!({ "data": data, "type": &kind, "ordering_key": &key, "tenant": &tenant });
        let (read, _) = read(&event.to_string()).unwrap();
        proptest::prop_assert_eq!((read.tenant, read.kind, read.ordering_key), (tenant, kind, Some(key)));
        proptest::prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&read.data).unwrap(), data);
    }
}
