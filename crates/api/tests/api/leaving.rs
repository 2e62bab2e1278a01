//! Clients that do not wait for their answer.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::routing::post;
use axum::{Router, middleware};
use http::Request;
use postrider_http::{App, whole};
use postrider_world::World;
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
