//! Clients that do not wait for their answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::routing::post;
use axum::{Router, middleware};
use http::Request;
use postrider_http::{App, whole};
use postrider_world::World;
use serde_json::json;
use tokio::task::yield_now;

static DONE: AtomicBool = AtomicBool::new(false);

async fn slow() {
    for _ in 0..3 {
        yield_now().await;
    }
    DONE.store(true, Ordering::SeqCst);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_made_to_its_end_though_its_sender_has_gone() {
    let surface = |app: App| {
        let layer = middleware::from_fn_with_state(app.clone(), whole::layer);
        Router::new().route("/slow", post(slow)).layer(layer).with_state(app)
    };
    let world = World::under(surface, "standard").await;
    tokio::select! {
        biased;
        _ = world.answer(Request::post("/slow"), Vec::new()) => panic!("it was answered at once"),
        () = std::future::ready(()) => {}
    }
    assert!(!DONE.load(Ordering::SeqCst));
    for _ in 0..10 {
        yield_now().await;
    }
    assert!(DONE.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn an_erasure_is_told_to_the_engine_and_to_the_audit_log_though_its_sender_has_gone() {
    let world = World::new(postrider_api::router).await;
    let event = world.event("contact.created", json!({"secret": "words"})).await;
    let path = format!("/v1/events/{event}/data");
    tokio::select! {
        biased;
        _ = world.delete(&path) => panic!("it was answered at once"),
        () = std::future::ready(()) => {}
    }
    world.pass(Duration::from_secs(1)).await;
    let audit = world.get("/v1/audit?action=event.erase").await.expect(200);
    assert_eq!(audit.json["data"][0]["target"], event.as_str(), "{}", audit.text);
}
