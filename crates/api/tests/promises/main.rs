//! What the five documents promise of deliveries, in process and in virtual time: each module is one document, and above
//! each test stands the sentence it proves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod backend;
mod call_center;
mod lead_intake;
mod scendcore;
mod scopien;

use std::time::Duration;

use http::Method;
use postrider_world::{Sent, World};
use serde_json::Value;

/// Where the receiver of the tests listens.
const HOOK: &str = "https://your-app.com/webhooks";

/// The native API, under this contract.
async fn world(contract: &str) -> World {
    World::under(postrider_api::router, contract).await
}

/// Posts an event as it is written here; its id.
async fn post(world: &World, event: &str) -> String {
    world.send("sk_live_all", Method::POST, "/v1/events", &[], event.into()).await.expect(202).id()
}

/// The delivery of an event to the endpoint at this path.
async fn delivery(world: &World, event: &str, endpoint: &str) -> Value {
    let id = endpoint.rsplit('/').next().unwrap();
    world.get(&format!("/v1/events/{event}/deliveries/{id}")).await.expect(200).json
}

/// Its state, and the statuses and errors of its attempts.
async fn outcome(world: &World, event: &str, endpoint: &str) -> (String, usize) {
    let shown = delivery(world, event, endpoint).await;
    (shown["status"].as_str().unwrap().to_owned(), shown["attempts"].as_array().unwrap().len())
}

/// From each request to the next, in whole seconds.
fn gaps(sent: &[Sent]) -> Vec<u64> {
    sent.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at).as_secs()).collect()
}

/// From the first request to each, in whole seconds.
fn since_first(sent: &[Sent]) -> Vec<u64> {
    sent.iter().map(|one| one.at.duration_since(sent[0].at).as_secs()).collect()
}

/// Long after everything that these documents time in seconds.
const LATER: Duration = Duration::from_secs(600);
