//! The worked examples of `contracts/examples/`: what they send is what the vendors document.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic, in the functions it shares with others too"
)]

use std::time::Duration;

use bytes::Bytes;
use postrider_contract::{AttemptContext, Contract, EventView, SigningKey, VerifyError};
use postrider_model::id::EventId;
use postrider_model::time::Millis;
use uuid::Uuid;

const STRIPE: &str = include_str!("../../../contracts/examples/stripe.toml");
const GITHUB: &str = include_str!("../../../contracts/examples/github.toml");
const NEW: &str = "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";
const OLD: &str = "whsec_CAgICAgICAgICAgICAgICAgICAgICAgI";
const NOW: i64 = 1_735_689_600;

fn contract(file: &str) -> Contract {
    Contract::parse(file).unwrap_or_else(|error| panic!("{error}"))
}

fn body(contract: &Contract, event_type: &str, data: &str) -> Bytes {
    contract.render(&EventView {
        id: EventId(Uuid::from_u128(1)),
        event_type,
        timestamp: Millis(NOW * 1_000 + 999),
        tenant: "t1",
        data: data.as_bytes(),
        changes: None,
        attributes: None,
    })
}

/// The headers of a request, as `name: value`.
fn headers(contract: &Contract, event_type: &str, body: &[u8], secrets: &[&str]) -> Vec<String> {
    let keys: Vec<_> = secrets.iter().map(|secret| SigningKey::parse(secret, contract).unwrap()).collect();
    let id = contract.event_id_form().show(Uuid::from_u128(1));
    let attempt = AttemptContext { id: &id, timestamp_unix: NOW, event_type };
    let headers = contract.sign_headers(&attempt, body, &keys);
    headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
}

fn hmac(secret: &str, content: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    hex::encode(ring::hmac::sign(&key, content))
}

#[test]
fn stripes_event_has_a_constant_field_and_its_time_as_a_number() {
    let contract = contract(STRIPE);
    let body = body(&contract, "invoice.paid", r#"{"object": {"id": "in_1"}}"#);
    let id = contract.event_id_form().show(Uuid::from_u128(1));
    let expected = format!(
        r#"{{"id":"{id}","object":"event","api_version":"2025-01-27.acacia","created":1735689600,"type":"invoice.paid","data":{{"object": {{"id": "in_1"}}}}}}"#
    );
    assert_eq!(body, expected);
}

#[test]
fn stripes_header_holds_the_time_once_and_a_signature_for_each_secret() {
    let contract = contract(STRIPE);
    let [new, old] = [NEW, OLD].map(|secret| hmac(secret, b"1735689600.{}"));
    assert_eq!(
        headers(&contract, "invoice.paid", b"{}", &[NEW]),
        [format!("stripe-signature: t=1735689600,v1={new}")]
    );
    assert_eq!(
        headers(&contract, "invoice.paid", b"{}", &[NEW, OLD]),
        [format!("stripe-signature: t=1735689600,v1={new},v1={old}")]
    );
    assert!(contract.secrets_overlap());
    assert!(
        contract.generate_secret(Default::default(), |bytes| bytes.fill(7)).is_ok_and(|made| made == NEW)
    );
}

#[test]
fn our_own_verifier_reads_stripes_header_too() {
    let contract = contract(STRIPE);
    let both = headers(&contract, "invoice.paid", b"{}", &[NEW, OLD]);
    let value = both[0].strip_prefix("stripe-signature: ").unwrap();
    let verify = |value: &str, body: &[u8], secret: &str, now: i64| {
        let header = |_: &str| Some(value);
        contract.verify(header, body, &[secret], Millis(now * 1_000), Duration::from_secs(300))
    };
    for secret in [NEW, OLD] {
        assert_eq!(verify(value, b"{}", secret, NOW), Ok(()));
    }
    assert_eq!(verify(value, b"{}", NEW, NOW + 301), Err(VerifyError::Time(-301)));
    let mismatch = Err(VerifyError::Mismatch("stripe-signature".to_owned()));
    assert_eq!(verify(value, b"{ }", NEW, NOW), mismatch);
    assert_eq!(verify(&value.replace("t=1735689600", "t=1735689601"), b"{}", NEW, NOW), mismatch);
    let bad = Err(VerifyError::BadHeader("stripe-signature".to_owned()));
    for value in
        ["", "v1=00", "t=,v1=00", "t=soon,v1=00", "t=1735689600", "t=1735689600,v0=00", "t=1735689600,v1=0"]
    {
        assert_eq!(verify(value, b"{}", NEW, NOW), bad, "{value}");
    }
}

#[test]
fn githubs_body_is_the_data_alone_and_its_headers_tell_the_rest() {
    let contract = contract(GITHUB);
    let body = body(&contract, "push", " {\"ref\": \"refs/heads/main\"}\n");
    assert_eq!(body, " {\"ref\": \"refs/heads/main\"}\n");
    let expected = [
        "x-github-event: push".to_owned(),
        "x-github-delivery: 00000000-0000-0000-0000-000000000001".to_owned(),
        format!("x-hub-signature-256: sha256={}", hmac("It's a Secret to Everybody", &body)),
    ];
    assert_eq!(headers(&contract, "push", &body, &["It's a Secret to Everybody"]), expected);
    assert_eq!(headers(&contract, "push", &body, &[]), expected[..2], "unsigned without a secret");
}

#[test]
fn githubs_documented_test_value_is_met() {
    // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
    let signed = headers(&contract(GITHUB), "push", b"Hello, World!", &["It's a Secret to Everybody"]);
    let value = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert_eq!(signed.last().unwrap(), &format!("x-hub-signature-256: sha256={value}"));
}
