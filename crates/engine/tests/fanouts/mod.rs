//! Events with more matches than one append writes.

#![expect(clippy::unwrap_used, reason = "a test's own set-up may panic: that fails the test")]

use std::time::Duration;

use bytes::Bytes;
use postrider_engine::{AcceptError, EventIn, Origin, Settings};
use postrider_model::endpoint::{Ordering, RetrySetting};
use postrider_model::id::{EndpointKey, Mode};
use postrider_store::Endpoint;

use crate::support::{Received, World};
use crate::{QUICK, test_event};

/// More than one chunk.
const MANY: usize = 300;

fn event(kind: &str, data: &str) -> EventIn {
    EventIn { kind: kind.to_owned(), data: Bytes::copy_from_slice(data.as_bytes()), ..test_event() }
}

/// So many endpoints that want `wide`, and one in order, last of all, that wants `narrow` too.
async fn crowd(world: &World, many: usize, ordered_too: bool) -> Endpoint {
    for _ in 0..many {
        world
            .endpoint(|config| {
                config.event_types = vec!["wide".to_owned()];
                config.ordering = ordered_too.then_some(Ordering::Endpoint);
            })
            .await;
    }
    world.endpoint(|config| config.ordering = Some(Ordering::Endpoint)).await
}

/// The data of what an endpoint got, in the order it came.
fn got(received: &[Received], endpoint: EndpointKey) -> Vec<String> {
    let data = |request: &Received| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        body["data"].to_string()
    };
    received.iter().filter(|request| request.endpoint == endpoint).map(data).collect()
}

async fn wide_then_narrow_in_one_request(ordered_too: bool) {
    let world = World::new(|_, _| (200, QUICK)).await;
    let ordered = crowd(&world, MANY, ordered_too).await;
    world.post_all(vec![event("wide", "1"), event("narrow", "2")]).await.unwrap();
    world.post_all(vec![event("narrow", "3")]).await.unwrap();
    world.wait_for(MANY + 3).await;
    assert_eq!(got(&world.received.lock(), ordered.key), ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_behind_one_with_many_endpoints_does_not_overtake_it_at_an_ordered_endpoint() {
    wide_then_narrow_in_one_request(false).await;
}

#[tokio::test(start_paused = true)]
async fn nor_where_so_many_endpoints_are_ordered_that_none_is_written_with_the_event() {
    wide_then_narrow_in_one_request(true).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_no_fan_out_and_the_next_start_keeps_the_order() {
    for ordered_too in [false, true] {
        let world = World::new(|_, _| (200, QUICK)).await;
        let ordered = crowd(&world, MANY, ordered_too).await;
        world.engine.wind_down();
        for data in ["1", "2"] {
            assert_eq!(world.post_all(vec![event("wide", data)]).await.unwrap()[0].deliveries, 301);
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(world.unfinished().await, 2, "nothing is written while it winds down");
        let world = world.restart(|_, _| (200, QUICK)).await;
        world.post_all(vec![event("narrow", "3")]).await.unwrap();
        world.wait_for(2 * MANY + 3).await;
        assert_eq!(got(&world.received.lock(), ordered.key), ["1", "2", "3"]);
        assert_eq!(world.unfinished().await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_test_for_all_that_a_stop_interrupted_waits_for_nobody() {
    let answer = |request: &Received, _| {
        let blocked = String::from_utf8_lossy(&request.body).contains("blocks");
        (if blocked { 500 } else { 200 }, QUICK)
    };
    let world = World::new(answer).await;
    let retry = RetrySetting { schedule_seconds: vec![36_000.0] };
    let ordered = crowd(&world, MANY, false).await;
    let ordered = world.change(&ordered, |config| config.retry = Some(retry)).await;
    world.post_all(vec![event("narrow", "\"blocks\"")]).await.unwrap();
    world.wait_for(1).await;
    world.engine.wind_down();
    let origin = Origin { project: world.project, mode: Mode::Live, tenant: None };
    world.engine.test_all(origin, event("narrow", "\"test\"")).await.unwrap();
    let world = world.restart(answer).await;
    world.wait_for(MANY + 1).await;
    assert_eq!(got(&world.received.lock(), ordered.key), ["\"test\""]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_disabled_or_deleted_while_its_delivery_is_not_written_gets_nothing() {
    let world = World::new(|_, _| (200, QUICK)).await;
    let first = world.endpoint(|_| ()).await;
    let ordered = crowd(&world, MANY, false).await;
    world.engine.wind_down();
    world.post_all(vec![event("wide", "1")]).await.unwrap();
    let world = world.restart(|_, _| (200, QUICK)).await;
    world.switch_off(&first).await;
    world.delete(&ordered).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), MANY, "all but the one that was disabled and the one deleted");
    assert_eq!(world.unfinished().await, 0);
}

#[tokio::test(start_paused = true)]
async fn more_than_may_wait_is_refused_before_it_is_matched_and_taken_when_there_is_room() {
    let settings = Settings { fanout_matches: 500, ..Settings::default() };
    let world = World::with(settings.clone(), |_, _| (200, QUICK)).await;
    crowd(&world, MANY, false).await;
    world.engine.wind_down();
    let post = async |world: &World| world.post_all(vec![event("wide", "1"), event("wide", "2")]).await;
    // One request alone is never too much: it could not be taken later either.
    assert_eq!(post(&world).await.unwrap().len(), 2);
    assert!(matches!(post(&world).await, Err(AcceptError::Overloaded { .. })));
    assert_eq!(world.unfinished().await, 2);
    let narrow = world.post_all(vec![event("narrow", "3")]).await.unwrap();
    assert_eq!(narrow[0].deliveries, 1, "others are taken");
    let world = world.restart_with(settings, |_, _| (200, QUICK)).await;
    world.wait_for(2 * (MANY + 1) + 1).await;
    assert_eq!(post(&world).await.unwrap().len(), 2);
    world.wait_for(4 * (MANY + 1) + 1).await;
}
