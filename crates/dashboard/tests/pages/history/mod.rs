//! Events, deliveries and replays on both faces: what they show, what can be done, and who sees them.

mod catalogue;
mod delivery;
mod event;
mod live;
mod replay;
mod search;
mod tenancy;

use std::time::Duration;

use http::Method;
use postrider_world::World;
use serde_json::json;

const HOOK: &str = "https://one.example/in";

/// An event of `t1` and its delivery to an endpoint that answers as told; their paths below a face.
async fn delivered(world: &World, status: u16, body: &'static [u8]) -> (String, String) {
    world.receivers.answer(HOOK, status, body);
    let endpoint = world.endpoint(json!({"url": HOOK, "name": "One"})).await;
    // Its bytes as they are here: a number keeps its last zero.
    let event = r#"{"tenant": "t1", "type": "invoice.paid", "data": {"z":1.50,"a":"ä<b>"}, "changes": {"from":1},
        "attributes": {"list":"vip"}, "ordering_key": "order-7"}"#;
    let sent = world.send("sk_live_all", Method::POST, "/v1/events", &[], event.into()).await;
    let event = sent.expect(202).id();
    world.pass(Duration::from_secs(1)).await;
    let id = endpoint.rsplit('/').next().unwrap();
    (format!("/events/{event}"), format!("/events/{event}/deliveries/{id}"))
}

/// Where the API has a delivery's endpoint.
fn endpoint_of(delivery: &str) -> String {
    format!("/v1/tenants/t1/endpoints/{}", delivery.rsplit('/').next().unwrap())
}
