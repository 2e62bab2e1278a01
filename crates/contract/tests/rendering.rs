//! Whatever an event holds, its envelope is JSON, and its `data` are the bytes that came.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic, in the functions it shares with others too"
)]

use bytes::Bytes;
use postrider_contract::{Contract, EventView, builtin_names};
use postrider_model::id::EventId;
use postrider_model::time::Millis;
use proptest::prelude::*;
use serde_json::value::RawValue;
use uuid::Uuid;

/// JSON as a product may write it: odd numbers, escapes, spaces, keys in any order and twice.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("1.50".to_owned()),
        Just("1E3".to_owned()),
        Just("-0.0e-7".to_owned()),
        Just("123456789012345678901234567890".to_owned()),
        Just(r#""\u00e9\/\ud83d\ude00\n""#.to_owned()),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let list =
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[ {} ]", items.join(",")));
        let member = (any::<String>(), inner)
            .prop_map(|(name, value)| format!("{} :\t{value}", serde_json::Value::from(name)));
        prop_oneof![
            list,
            prop::collection::vec(member, 0..6).prop_map(|all| format!("{{{}}}", all.join(" ,\n")))
        ]
    })
}

/// The members of an object, with the very text of their values.
fn members(body: &[u8]) -> std::collections::HashMap<String, Box<RawValue>> {
    serde_json::from_slice(body).unwrap()
}

proptest! {
    #[test]
    fn the_bytes_of_the_data_arrive_as_they_were_sent(
        data in json(), changes in prop::option::of(json()), kind in "\\PC{1,64}", tenant in any::<String>(),
        id: u128, time in 0i64..253_402_300_799_999,
    ) {
        for contract in builtin_names().filter_map(Contract::builtin) {
            let body = contract.render(&EventView {
                id: EventId(Uuid::from_u128(id)),
                event_type: &kind,
                timestamp: Millis(time),
                tenant: &tenant,
                data: data.as_bytes(),
                changes: changes.as_deref().map(str::as_bytes),
                attributes: None,
            });
            let members = members(&body);
            prop_assert_eq!(members["data"].get(), data.as_str());
            let name = members.get("event").or_else(|| members.get("type")).unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(name.get()).unwrap(), kind.as_str());
            if let (Some(found), Some(changes)) = (members.get("changes"), &changes) {
                prop_assert_eq!(found.get(), changes.as_str());
            }
            if let Some(found) = members.get("tenant_id") {
                prop_assert_eq!(serde_json::from_str::<String>(found.get()).unwrap(), tenant.as_str());
            }
            let shown = members.get("timestamp").or_else(|| members.get("created_at")).unwrap();
            let shown = Millis::parse(&serde_json::from_str::<String>(shown.get()).unwrap()).unwrap();
            prop_assert_eq!(shown.unix_seconds(), Millis(time).unix_seconds());

            let batch = contract.render_batch(&[body.clone(), body.clone()]);
            let text = std::str::from_utf8(&batch).unwrap();
            let list = text.strip_prefix("{\"events\":").and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
            let items: Vec<Box<RawValue>> = serde_json::from_str(list).unwrap();
            prop_assert!(items.len() == 2 && items.iter().all(|item| item.get().as_bytes() == body));
        }
    }
}

fn with_payload(payload: &str) -> Contract {
    let file = format!(
        "name = \"x\"\n[endpoint]\n[payload]\n{payload}\n[delivery]\ntimeout = \"1s\"\nschedule = []\n"
    );
    Contract::parse(&file).unwrap_or_else(|error| panic!("{error}"))
}

fn event(data: &'static str) -> EventView<'static> {
    EventView {
        id: EventId(Uuid::from_u128(1)),
        event_type: "a\"b",
        timestamp: Millis(1_500),
        tenant: "t",
        data: data.as_bytes(),
        changes: None,
        attributes: Some(b"{\"list\": [\"x\"]}"),
    }
}

#[test]
fn a_root_makes_the_data_the_whole_body_and_a_batch_a_list() {
    let contract = with_payload("root = \"event.data\"");
    let body = contract.render(&event(" {\"a\": 1.50} "));
    assert_eq!(body, Bytes::from_static(b" {\"a\": 1.50} "));
    assert_eq!(
        contract.render_batch(&[body.clone(), body]),
        " [ {\"a\": 1.50} , {\"a\": 1.50} ]".trim_start()
    );
    assert_eq!(contract.render_batch(&[]), "[]");
}

#[test]
fn a_field_that_is_not_optional_is_null_where_the_event_has_none() {
    let contract = with_payload(
        "event_id = \"uuid\"\nfields = [\"i\\\"d=event.id\", \"t=event.type\", \"c=event.changes\", \"a=event.attributes?\", \"at=event.timestamp\"]",
    );
    let expected = r#"{"i\"d":"00000000-0000-0000-0000-000000000001","t":"a\"b","c":null,"a":{"list": ["x"]},"at":"1970-01-01T00:00:01.500Z"}"#;
    assert_eq!(contract.render(&event("1")), expected);
}

#[test]
fn constants_are_written_as_they_stand_and_times_may_be_numbers() {
    let fields =
        r#"fields = ['v=1', 'c=event.changes?', 'o={"a": [null]}', 'at=event.timestamp', 'ok=true']"#;
    for (timestamp, shown) in [("unix", "1"), ("unix-millis", "1500")] {
        let contract = with_payload(&format!("timestamp = \"{timestamp}\"\n{fields}"));
        let expected =
            |changes: &str| format!(r#"{{"v":1{changes},"o":{{"a": [null]}},"at":{shown},"ok":true}}"#);
        assert_eq!(contract.render(&event("1")), expected(""));
        let changed = EventView { changes: Some(b"{}"), ..event("1") };
        assert_eq!(contract.render(&changed), expected(",\"c\":{}"));
    }
}

#[test]
fn a_time_beyond_the_year_9999_still_makes_json() {
    let contract = with_payload("fields = [\"at=event.timestamp\"]");
    let body = contract.render(&EventView { timestamp: Millis::MAX, ..event("1") });
    assert_eq!(body, "{\"at\":\"9999-12-30T22:00:00.999Z\"}");
}
