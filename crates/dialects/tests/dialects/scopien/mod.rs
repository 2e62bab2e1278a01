//! The document "Webhooks" of Scopien AI: `/v1/webhooks`.

mod batches;
mod filtering;
mod managing;
mod patching;
mod receiving;
mod refusals;

use std::time::Duration;

use postrider_world::Sent;
use serde_json::{Value, json};

use crate::Customer;

const WEBHOOKS: &str = "/v1/webhooks";
const HOOK: &str = "https://your-app.com/webhooks/scopien";
const SECRET: &str = "whsec_abc123def456";

/// "Available Events", in their order.
const EVENTS: [&str; 16] = [
    "opportunity.created",
    "opportunity.updated",
    "opportunity.deleted",
    "opportunity.closed",
    "account.created",
    "account.updated",
    "contact.created",
    "contact.updated",
    "lead.created",
    "lead.updated",
    "lead.converted",
    "case.created",
    "case.updated",
    "case.closed",
    "task.created",
    "task.completed",
];

/// The example of "Via API".
fn request() -> Value {
    json!({
        "url": HOOK,
        "events": ["opportunity.updated", "lead.created"],
        "description": "Production webhook",
        "secret": SECRET,
    })
}

/// The example with these members besides, or in place of its own.
fn request_with(more: Value) -> Value {
    let mut body = request();
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

async fn customer() -> Customer {
    Customer::of("scopien").await
}

async fn created(customer: &Customer, body: Value) -> Value {
    customer.post(WEBHOOKS, body).await.expect(201).json["data"].clone()
}

/// Where a webhook is.
fn path(webhook: &Value) -> String {
    format!("{WEBHOOKS}/{}", webhook["id"].as_str().unwrap_or_default())
}

async fn shown(customer: &Customer, webhook: &Value) -> Value {
    customer.get(&path(webhook)).await.expect(200).json["data"].clone()
}

/// The bodies of all requests so far, in the order of sending, after everything due at once was sent.
async fn bodies(customer: &Customer) -> Vec<Value> {
    customer.world.pass(Duration::from_secs(2)).await;
    let sent = customer.world.receivers.sent();
    sent.iter().map(body_of).collect()
}

fn body_of(sent: &Sent) -> Value {
    serde_json::from_slice(&sent.body).unwrap_or_else(|error| panic!("the body of a request: {error}"))
}

/// The event types of all requests so far, in alphabetical order.
async fn arrived(customer: &Customer) -> Vec<String> {
    let mut types: Vec<_> =
        bodies(customer).await.iter().filter_map(|body| body["event"].as_str().map(str::to_owned)).collect();
    types.sort();
    types
}
