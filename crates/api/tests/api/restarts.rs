//! What a crash leaves behind.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use postrider_model::endpoint::Ordering;
use postrider_model::id::{Mode, Ordinal};
use postrider_store::{Append, AppendOutcome, Batch, EventFlags, Fanout, NewEvent};
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::World;

const HOOK: &str = "https://hooks.example.com/in";

/// An event for two endpoints whose deliveries a crash left unwritten; the path of the first.
async fn interrupted(world: &World) -> String {
    let path = world.endpoint(json!({"url": HOOK})).await;
    world.endpoint(json!({"url": HOOK})).await;
    let store = world.engine.store();
    let project = store.project("acme").await.unwrap().unwrap();
    let tenant = store.tenant(project.key, "t1").await.unwrap().unwrap();
    let (routing, endpoints) = store.routes(tenant.key).await.unwrap();
    let now = world.engine.now();
    let event = NewEvent {
        ordinal: Ordinal::at(now),
        project: project.key,
        mode: Mode::Live,
        tenant: tenant.key,
        routing,
        kind: store.intern_type(project.key, "a").await.unwrap(),
        timestamp: now,
        data: Bytes::from_static(b"1"),
        changes: None,
        attributes: None,
        ordering_key: None,
        deliver_at: None,
        idempotency: None,
        flags: EventFlags::default(),
        retention_days: 30,
        deliveries: Vec::new(),
        fanout: Fanout {
            endpoints: endpoints.iter().map(|endpoint| (endpoint.key, Ordering::None)).collect(),
            ordered: false,
        },
    };
    let append = Append { idempotency: None, events: vec![event] };
    let batch = Batch { now, low_water: Ordinal::at(now), appends: vec![append], ..Batch::default() };
    let committed = store.commit(batch).await.unwrap();
    assert!(matches!(committed.appends[..], [AppendOutcome::Appended(_)]), "{:?}", committed.appends);
    path
}

async fn unfinished(world: &World) -> usize {
    world.engine.store().unfinished_fanouts(Ordinal::default(), 100).await.unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_fan_out_goes_on() {
    let world = World::new(router).await;
    interrupted(&world).await;
    let world = world.crash().await;
    world.receivers.wait_for(2).await;
    assert_eq!(unfinished(&world).await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_fan_out_sends_nothing_to_an_endpoint_that_was_deleted() {
    let world = World::new(router).await;
    let path = interrupted(&world).await;
    world.delete(&path).await.expect(204);
    let world = world.crash().await;
    world.pass(Duration::from_secs(60)).await;
    assert_eq!((unfinished(&world).await, world.receivers.sent().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn it_starts_over_an_interrupted_fan_out_of_a_project_that_was_deleted() {
    let world = World::new(router).await;
    interrupted(&world).await;
    world.root(Method::DELETE, "/v1/projects/acme", Value::Null).await.expect(204);
    assert_eq!(unfinished(&world).await, 1, "the crash comes before the erasure");
    let world = world.crash().await;
    world.pass(Duration::from_secs(60)).await;
    assert_eq!((unfinished(&world).await, world.receivers.sent().len()), (0, 0));
}
