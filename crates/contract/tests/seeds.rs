//! The five documented contracts, as files: their bodies and headers are those of the documents (DESIGN 4.3).

#![expect(clippy::unwrap_used, reason = "a test may panic, in the functions it shares with others too")]

use std::sync::Arc;

use bytes::Bytes;
use postrider_contract::{
    AttemptContext, Catalogue, Contract, EventView, Failure, NoticeView, SecretSource, SigningKey,
};
use postrider_model::endpoint::{DisabledReason, Ordering, SignatureKind};
use postrider_model::health::DisableRule;
use postrider_model::id::{EndpointId, EventId, IdForm};
use postrider_model::time::Millis;
use serde_json::Value;
use uuid::Uuid;

const ID: EventId = EventId(Uuid::from_u128(0x0198_3f2a_7c00_7abc_8123_4567_89ab_cdef));

fn contract(name: &str) -> Arc<Contract> {
    Contract::builtin(name).unwrap()
}

fn event<'a>(event_type: &'a str, timestamp: &str, data: &'a str) -> EventView<'a> {
    EventView {
        id: ID,
        event_type,
        timestamp: Millis::parse(timestamp).unwrap(),
        tenant: "uuid",
        data: data.as_bytes(),
        changes: None,
        attributes: None,
    }
}

fn text(body: &Bytes) -> &str {
    std::str::from_utf8(body).unwrap()
}

/// The document's example with its spaces taken out, and with our id in place of its.
fn documented(example: &str, their_id: &str, our_id: &str) -> String {
    let value: Value = serde_json::from_str(&example.replace(their_id, our_id)).unwrap();
    value.to_string()
}

fn compact(json: &str) -> String {
    serde_json::from_str::<Value>(json).unwrap().to_string()
}

fn public_id(contract: &Contract) -> String {
    contract.event_id_form().show(ID.0)
}

fn headers(contract: &Contract, event_type: &str, body: &[u8], secret: &str) -> Vec<(String, String)> {
    let keys = [SigningKey::parse(secret, contract).unwrap()];
    let id = public_id(contract);
    let attempt = AttemptContext { id: &id, timestamp_unix: 1_769_077_800, event_type };
    let headers = contract.sign_headers(&attempt, body, &keys);
    headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
}

#[test]
fn scopiens_payload_structure_is_the_documented_one() {
    let contract = contract("scopien");
    let example = r#"{
      "id": "evt_abc123",
      "event": "opportunity.updated",
      "timestamp": "2026-01-22T10:30:00Z",
      "data": {
        "id": "opp_xyz789",
        "name": "Acme Corp Deal",
        "amount": 100000,
        "stage": "Closed Won",
        "previousStage": "Negotiation",
        "updatedBy": "usr_def456"
      },
      "changes": {
        "stage": { "old": "Negotiation", "new": "Closed Won" },
        "amount": { "old": 95000, "new": 100000 }
      }
    }"#;
    let data = r#"{"id":"opp_xyz789","name":"Acme Corp Deal","amount":100000,"stage":"Closed Won","previousStage":"Negotiation","updatedBy":"usr_def456"}"#;
    let changes = r#"{"stage":{"old":"Negotiation","new":"Closed Won"},"amount":{"old":95000,"new":100000}}"#;
    let event = EventView {
        changes: Some(changes.as_bytes()),
        ..event("opportunity.updated", "2026-01-22T10:30:00.999Z", data)
    };
    let body = contract.render(&event);
    assert_eq!(text(&body), documented(example, "evt_abc123", &public_id(&contract)));
}

#[test]
fn scopien_leaves_changes_out_where_there_are_none() {
    let contract = contract("scopien");
    let data = r#"{"id":"lead_new123","firstName":"John","lastName":"Smith","email":"john@example.com","company":"TechStart","source":"Website","status":"New"}"#;
    let body = contract.render(&event("lead.created", "2026-01-22T11:00:00Z", data));
    let id = public_id(&contract);
    let expected =
        format!(r#"{{"id":"{id}","event":"lead.created","timestamp":"2026-01-22T11:00:00Z","data":{data}}}"#);
    assert_eq!(text(&body), expected);
}

#[test]
fn scopiens_batch_is_a_list_in_events() {
    let contract = contract("scopien");
    let members: Vec<_> = ["lead.created", "opportunity.updated"]
        .map(|kind| contract.render(&event(kind, "2026-01-22T11:00:00Z", "{}")))
        .to_vec();
    let batch = contract.render_batch(&members);
    assert_eq!(text(&batch), format!(r#"{{"events":[{},{}]}}"#, text(&members[0]), text(&members[1])));
    let alone = contract.render_batch(&members[..1]);
    assert_eq!(text(&alone), format!(r#"{{"events":[{}]}}"#, text(&members[0])));
}

#[test]
fn scopien_signs_the_body_with_the_whole_secret() {
    let contract = contract("scopien");
    // HMAC-SHA256 of the body with the secret's characters, computed elsewhere.
    let signature = "sha256=e27211422490af27cf6f6da106bbc0d5ef87b8876e987c5f8df99c451f7be2b3";
    let headers = headers(&contract, "lead.created", br#"{"id":1}"#, "whsec_abc123def456");
    let expected = [("x-scopien-event", "lead.created"), ("x-scopien-signature", signature)];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn scopiens_numbers_are_the_documented_ones() {
    let contract = contract("scopien");
    let delivery = &contract.delivery;
    assert_eq!(
        (delivery.timeout.as_secs(), delivery.per_second, delivery.batches_per_second),
        (5, Some(100.0), Some(10.0))
    );
    assert_eq!(
        delivery.schedule.iter().map(|step| step.as_secs()).collect::<Vec<_>>(),
        [5, 30, 120, 600, 3_600]
    );
    for failure in [
        Failure::Connection,
        Failure::Timeout,
        Failure::Status(302),
        Failure::Status(404),
        Failure::Status(500),
    ] {
        assert!(delivery.retry_on.retries(failure), "{failure:?}");
    }
    assert_eq!((delivery.jitter, delivery.breaker, delivery.retry_after), (0.0, false, false));
    assert!(delivery.disable_on.is_empty() && delivery.slow_on.is_empty());
    assert_eq!(contract.health.disable, DisableRule::DeliveryExhausted);
    assert_eq!((contract.catalogue, contract.dialect.as_str()), (Catalogue::Closed, "scopien"));
    assert_eq!(contract.endpoint.id, IdForm::prefix("wh_"));
    assert_eq!((contract.endpoint.filter.as_str(), contract.active_endpoint_limit()), ("suffix", None));
    assert!(!contract.secrets_overlap());
    let secret = contract.generate_secret(SignatureKind::Hmac, |bytes| bytes.fill(7)).unwrap();
    assert_eq!((secret.as_str(), secret.len()), ("whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH", 38));
}

#[test]
fn scopiens_notice_is_exactly_the_documented_body() {
    let contract = contract("scopien");
    let endpoint = EndpointId(Uuid::from_u128(5));
    let view = NoticeView {
        endpoint,
        url: "https://your-app.com/webhook",
        failure_count: 6,
        last_error: "Connection timeout",
        reason: DisabledReason::Failures,
        disabled_at: Millis(0),
    };
    let example = r#"{
      "event": "webhook.failed",
      "webhookId": "wh_abc123",
      "url": "https://your-app.com/webhook",
      "failureCount": 6,
      "lastError": "Connection timeout",
      "disabled": true
    }"#;
    let body = contract.render_notice(&view).unwrap();
    assert_eq!(text(&body), documented(example, "wh_abc123", &contract.endpoint_id_form().show(endpoint.0)));
    assert!(contract.health.notice.as_ref().is_some_and(|notice| notice.is_whole_body()));
}

#[test]
fn scendcores_payload_and_signature_are_the_documented_ones() {
    let contract = contract("scendcore");
    let data =
        r#"{ "contact_id": "uuid", "email": "john@acme.com", "name": "John Smith", "company": "Acme Corp" }"#;
    let body = contract.render(&event("contact.created", "2026-03-26T10:00:00Z", data));
    let example = r#"{
      "event": "contact.created", "timestamp": "2026-03-26T10:00:00Z", "tenant_id": "uuid",
      "data": { "contact_id": "uuid", "email": "john@acme.com", "name": "John Smith", "company": "Acme Corp" }
    }"#;
    assert_eq!(compact(text(&body)), compact(example));
    let signed = headers(&contract, "contact.created", &body, "your-webhook-secret");
    let tag = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"your-webhook-secret"), &body);
    let expected = ("x-scendcore-signature".to_owned(), format!("sha256={}", hex::encode(tag)));
    assert_eq!(signed, [expected]);
}

#[test]
fn scendcore_sends_unsigned_where_no_secret_was_given() {
    let contract = contract("scendcore");
    let attempt = AttemptContext { id: "x", timestamp_unix: 0, event_type: "contact.created" };
    assert!(contract.sign_headers(&attempt, b"{}", &[]).is_empty());
    assert_eq!(contract.endpoint.secret.as_ref().map(|secret| secret.source), Some(SecretSource::Given));
    assert!(contract.delivery.schedule.is_empty());
    assert_eq!(contract.health.disable, DisableRule::ConsecutiveFailures(10));
    assert_eq!((contract.active_endpoint_limit(), contract.delivery.timeout.as_secs()), (Some(10), 10));
    assert_eq!(contract.endpoint.id, IdForm::Uuid);
    assert!(!contract.endpoint.wildcards && !contract.endpoint.headers && contract.endpoint.batch.is_none());
}

#[test]
fn lead_intake_has_milliseconds_and_standard_headers() {
    let contract = contract("lead-intake");
    let body = contract.render(&event("call.qualified", "2026-04-27T17:42:18.001Z", r#"{"a":1}"#));
    let id = public_id(&contract);
    let expected = format!(
        r#"{{"id":"{id}","event":"call.qualified","created_at":"2026-04-27T17:42:18.001Z","data":{{"a":1}}}}"#
    );
    assert_eq!(text(&body), expected);
    let headers = headers(&contract, "call.qualified", &body, "whsec_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6");
    let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["webhook-id", "webhook-timestamp", "webhook-signature"]);
    assert_eq!((headers[0].1.as_str(), headers[1].1.as_str()), (id.as_str(), "1769077800"));
    assert!(
        contract.secrets_overlap()
            && contract.offers(SignatureKind::Hmac)
            && !contract.offers(SignatureKind::Ed25519)
    );
    assert_eq!(contract.generate_secret(SignatureKind::Hmac, |bytes| bytes.fill(0)).unwrap().len(), 6 + 32);
}

#[test]
fn the_call_center_sends_names_with_spaces_and_signs_nothing() {
    let contract = contract("call-center");
    let [lists] = contract.endpoint.filter_fields.as_slice() else { panic!("one field to filter by") };
    assert_eq!((lists.title.as_str(), lists.attribute.as_str()), ("Contact lists", "contact_lists"));
    let body =
        contract.render(&event("Call Overflowed To Voicemail", "2026-01-22T10:30:00Z", r#"{"call_id":7}"#));
    let id = public_id(&contract);
    let expected = format!(
        r#"{{"id":"{id}","event":"Call Overflowed To Voicemail","timestamp":"2026-01-22T10:30:00Z","data":{{"call_id":7}}}}"#
    );
    assert_eq!(text(&body), expected);
    assert!(!contract.is_signed() && contract.endpoint.secret.is_none());
    assert_eq!(contract.default_ordering(), Ordering::Key);
    assert_eq!(contract.ordering_paths(), ["data.call_id", "data.message_id"]);
    let retry = &contract.delivery.retry_on;
    assert!(retry.retries(Failure::Timeout) && retry.retries(Failure::Connection) && retry.status(500));
    assert!(!retry.status(404) && !retry.status(301));
    assert_eq!(contract.delivery.schedule.iter().map(|step| step.as_secs()).collect::<Vec<_>>(), [1, 2, 4]);
    assert_eq!(contract.health.disable, DisableRule::Never);
    assert!(contract.dialect == "none" && contract.render_notice(&notice()).is_none());
}

fn notice() -> NoticeView<'static> {
    NoticeView {
        endpoint: EndpointId(Uuid::from_u128(5)),
        url: "https://a.example/\"x\"",
        failure_count: 12,
        last_error: "HTTP 503",
        reason: DisabledReason::Failures,
        disabled_at: Millis::parse("2026-01-22T10:30:00.250Z").unwrap(),
    }
}

#[test]
fn backend_is_open_and_its_payload_is_that_of_standard_webhooks() {
    let contract = contract("backend");
    let body = contract.render(&event("conversation.completed", "2019-08-24T14:15:22Z", "[]"));
    assert_eq!(
        text(&body),
        r#"{"type":"conversation.completed","timestamp":"2019-08-24T14:15:22Z","data":[]}"#
    );
    assert!(contract.is_open() && contract.endpoint.secret.as_ref().is_some_and(|secret| secret.retrievable));
    assert_eq!(contract.event_types()[0].name, "conversation.completed");
}

#[test]
fn lead_intake_and_backend_have_the_timetable_of_standard_webhooks_and_none_of_its_other_habits() {
    let standard = contract("standard");
    for name in ["lead-intake", "backend"] {
        let contract = contract(name);
        let (delivery, theirs) = (&contract.delivery, &standard.delivery);
        assert_eq!((&delivery.schedule, delivery.timeout), (&theirs.schedule, theirs.timeout), "{name}");
        for failure in [Failure::Connection, Failure::Timeout, Failure::Status(302), Failure::Status(410)] {
            assert!(delivery.retry_on.retries(failure), "{name}: {failure:?}");
        }
        assert_eq!((delivery.jitter, delivery.breaker, delivery.retry_after), (0.0, false, false), "{name}");
        assert!(delivery.disable_on.is_empty() && delivery.slow_on.is_empty(), "{name}");
        assert_eq!((contract.health.disable, contract.active_endpoint_limit()), (DisableRule::Never, None));
    }
}

#[test]
fn standard_tells_of_a_disabled_endpoint_in_an_ordinary_envelope() {
    let contract = contract("standard");
    let data = contract.render_notice(&notice()).unwrap();
    let id = contract.endpoint_id_form().show(Uuid::from_u128(5));
    let expected = format!(
        r#"{{"endpoint_id":"{id}","url":"https://a.example/\"x\"","failure_count":12,"last_error":"HTTP 503","disabled_reason":"failures","disabled_at":"2026-01-22T10:30:00.250Z"}}"#
    );
    assert_eq!(text(&data), expected);
    assert!(contract.health.notice.as_ref().is_some_and(|notice| !notice.is_whole_body()));
    let body = contract.render(&event("endpoint.disabled", "2026-01-22T10:30:00.250Z", text(&data)));
    let expected = format!(
        r#"{{"type":"endpoint.disabled","timestamp":"2026-01-22T10:30:00.250Z","data":{}}}"#,
        text(&data)
    );
    assert_eq!(text(&body), expected);
}

#[test]
fn standards_numbers_are_those_of_the_design() {
    let contract = contract("standard");
    let delivery = &contract.delivery;
    let hours: Vec<_> = delivery.schedule.iter().map(|step| step.as_secs_f64() / 3_600.0).collect();
    assert_eq!(hours, [5.0 / 3_600.0, 5.0 / 60.0, 0.5, 2.0, 5.0, 10.0, 14.0, 20.0, 24.0]);
    assert_eq!((delivery.timeout.as_secs(), delivery.jitter), (20, 0.2));
    assert!(delivery.breaker && delivery.retry_after);
    assert_eq!(
        (delivery.disable_on.as_slice(), delivery.slow_on.as_slice()),
        ([410].as_slice(), [429, 502, 504].as_slice())
    );
    assert_eq!(contract.health.disable, DisableRule::FailingFor(std::time::Duration::from_secs(5 * 86_400)));
    assert!(contract.is_open() && contract.secrets_overlap());
    assert!(contract.offers(SignatureKind::Hmac) && contract.offers(SignatureKind::Ed25519));
    let own: Vec<_> = contract.own_headers().map(|name| name.as_str()).collect();
    assert_eq!(own, ["webhook-signature", "webhook-id", "webhook-timestamp"]);
}
