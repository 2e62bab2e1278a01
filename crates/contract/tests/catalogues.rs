//! The catalogues of the five documented contracts: every event type that a document lists, with its words, and no other.

#![expect(clippy::unwrap_used, reason = "a test may panic, in the functions it shares with others too")]

use std::sync::Arc;

use postrider_contract::{Contract, builtin_names};
use serde_json::Value;

fn contract(name: &str) -> Arc<Contract> {
    Contract::builtin(name).unwrap()
}

fn described(contract: &Contract) -> Vec<(&str, &str)> {
    let types = contract.event_types().iter();
    types.map(|kind| (kind.name.as_str(), kind.description.as_deref().unwrap_or_default())).collect()
}

#[test]
fn scendcores_fifteen_events_are_those_of_available_events() {
    let documented = [
        ("contact.created", "A new contact is created"),
        ("contact.updated", "A contact is updated"),
        ("opportunity.created", "A new opportunity is created"),
        ("opportunity.updated", "An opportunity is updated"),
        ("opportunity.stage_changed", "An opportunity changes stage"),
        ("meeting.booked", "A meeting is booked"),
        ("meeting.cancelled", "A meeting is cancelled"),
        ("meeting.no_show", "A meeting is marked as no-show"),
        ("sequence.enrolled", "A contact is enrolled in a sequence"),
        ("sequence.completed", "A contact completes a sequence"),
        ("sequence.unenrolled", "A contact is removed from a sequence"),
        ("conversation.created", "A new conversation starts"),
        ("conversation.override", "A human takes over a conversation"),
        ("call.completed", "A voice call ends"),
        ("call.quality_scored", "A call’s quality score is calculated"),
    ];
    let contract = contract("scendcore");
    assert_eq!((described(&contract).as_slice(), contract.is_open()), (documented.as_slice(), false));
}

#[test]
fn lead_intakes_eleven_events_are_the_valid_event_names() {
    let documented = "call.received, call.classified, call.qualified, lead.created, lead.updated, \
        outreach.email.sent, outreach.email.replied, claim.scope.ready, review.requested, review.received, \
        audit.log.event";
    let contract = contract("lead-intake");
    let names: Vec<_> = contract.event_types().iter().map(|kind| kind.name.as_str()).collect();
    assert_eq!((names.join(", ").as_str(), names.len(), contract.is_open()), (documented, 11, false));
}

#[test]
fn scopiens_sixteen_events_are_those_of_available_events_and_its_notice_stands_beside_them() {
    let documented = [
        ("opportunity.created", "New opportunity created"),
        ("opportunity.updated", "Opportunity modified"),
        ("opportunity.deleted", "Opportunity deleted"),
        ("opportunity.closed", "Opportunity closed (won/lost)"),
        ("account.created", "New account created"),
        ("account.updated", "Account modified"),
        ("contact.created", "New contact created"),
        ("contact.updated", "Contact modified"),
        ("lead.created", "New lead created"),
        ("lead.updated", "Lead modified"),
        ("lead.converted", "Lead converted"),
        ("case.created", "New case created"),
        ("case.updated", "Case modified"),
        ("case.closed", "Case closed"),
        ("task.created", "New task created"),
        ("task.completed", "Task completed"),
    ];
    let contract = contract("scopien");
    let described = described(&contract);
    assert_eq!((&described[..16], contract.is_open()), (documented.as_slice(), false));
    let notice = contract.health.notice.as_ref().map(|notice| notice.event_type.as_str());
    let beside: Vec<_> = described[16..].iter().map(|(name, _)| Some(*name)).collect();
    assert_eq!(beside, [notice]);
}

#[test]
fn the_call_centers_twelve_events_are_those_of_event_types() {
    let documented = [
        ("Contact Created", "A new contact was created"),
        ("Contact Modified", "An existing contact was updated"),
        ("Contact List Created", "A contact list became non-empty (created)"),
        ("Contact List Modified", "A contact list was updated"),
        ("Call Ended", "A call finished"),
        ("Call Abandoned", "Caller hung up before being answered"),
        ("Call Overflowed To Voicemail", "Call was routed to voicemail"),
        ("Call Disposition Saved", "A disposition was saved"),
        ("Call Disposition Modified", "A disposition was changed"),
        ("Call Recording Received", "All call recordings are available"),
        ("Message Received", "An inbound message was received"),
        ("Message Sent", "An outbound message was sent"),
    ];
    let contract = contract("call-center");
    assert_eq!((described(&contract).as_slice(), contract.is_open()), (documented.as_slice(), false));
}

#[test]
fn backends_catalogue_is_open_and_holds_the_default_event_type() {
    let contract = contract("backend");
    let names: Vec<_> = contract.event_types().iter().map(|kind| kind.name.as_str()).collect();
    assert_eq!((names.as_slice(), contract.is_open()), (["conversation.completed"].as_slice(), true));
}

#[test]
fn the_documents_example_payloads_are_in_the_catalogue_with_their_keys_in_order() {
    let example = |name: &str, kind: &str| {
        let contract = contract(name);
        let found = contract.event_types().iter().find(|known| known.name == kind).unwrap();
        found.example.as_ref().map(Value::to_string).unwrap_or_default()
    };
    for (name, kind, documented) in [
        (
            "scendcore",
            "contact.created",
            r#"{"contact_id":"uuid","email":"john@acme.com","name":"John Smith","company":"Acme Corp"}"#,
        ),
        (
            "scopien",
            "opportunity.updated",
            r#"{"id":"opp_xyz789","name":"Acme Corp Deal","amount":100000,"stage":"Closed Won","previousStage":"Negotiation","updatedBy":"usr_def456"}"#,
        ),
        (
            "scopien",
            "opportunity.closed",
            r#"{"id":"opp_xyz789","name":"Acme Corp Deal","amount":100000,"stage":"Closed Won","closedDate":"2026-01-22","probability":100}"#,
        ),
        (
            "scopien",
            "lead.created",
            r#"{"id":"lead_new123","firstName":"John","lastName":"Smith","email":"john@example.com","company":"TechStart","source":"Website","status":"New"}"#,
        ),
        (
            "scopien",
            "case.updated",
            r#"{"id":"case_abc456","subject":"Billing Issue","status":"In Progress","priority":"High","assignedTo":"usr_support01"}"#,
        ),
    ] {
        assert_eq!(example(name, kind), documented, "{name} {kind}");
    }
}

#[test]
fn every_shipped_event_type_is_described_for_people() {
    for contract in builtin_names().filter_map(Contract::builtin) {
        assert!(contract.event_types().iter().all(|kind| kind.description.is_some()), "{}", contract.name());
    }
}
