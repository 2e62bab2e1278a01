//! What is counted of a project.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use crate::support::World;
use crate::{QUICK, test_event};
use postrider_model::endpoint::{BatchSetting, RetrySetting};
use postrider_model::id::Mode;
use postrider_model::time::Millis;
use postrider_store::{Catalogue, ProjectSum};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// All that is written by now.
async fn counted(world: &World) -> ProjectSum {
    let now = world.engine.now();
    let steps = world.store.project_stats(world.project, Mode::Live, now - DAY, now + DAY, 2_880).await;
    steps.unwrap().pop().unwrap_or_default()
}

/// Until what was counted is written.
async fn written() {
    tokio::time::sleep(Duration::from_secs(11)).await;
}

#[tokio::test(start_paused = true)]
async fn events_attempts_and_what_became_of_deliveries_are_counted() {
    // The first two requests fail.
    let world = World::new(|_, before| if before < 2 { (500, QUICK) } else { (200, 20 * QUICK) }).await;
    let retry = |seconds: &[f64]| Some(RetrySetting { schedule_seconds: seconds.to_vec() });
    let once = world.endpoint(|config| config.retry = retry(&[])).await;
    world.post("1", |_| ()).await;
    world.wait_for(1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.delete(&once).await;
    world.endpoint(|config| config.retry = retry(&[5.0])).await;
    let off = world.endpoint(|_| ()).await;
    world.switch_off(&off).await;
    world.post("2", |_| ()).await;
    world.post("3", |event| event.tenant = "nobody".to_owned()).await;
    world.wait_for(3).await;
    written().await;
    let sum = counted(&world).await;
    assert_eq!((sum.accepted, sum.deliveries, sum.held), (3, 3, 1));
    assert_eq!((sum.succeeded, sum.failed, sum.delivered, sum.exhausted), (1, 2, 1, 1));
    assert_eq!((sum.latency_ms, sum.latency_max_ms, sum.latencies.total()), (66, 60, 3));
    assert!(sum.latency_percentile_ms(0.5).unwrap() < 3.5 && sum.latency_percentile_ms(0.99).unwrap() > 52.0);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_one_attempt_and_as_many_deliveries_as_it_has() {
    let world = World::new(|_, _| (200, QUICK)).await;
    world.endpoint(|config| config.batch = Some(BatchSetting { max_size: 10, max_wait_seconds: 5.0 })).await;
    world.post_batch(4).await;
    world.wait_for(1).await;
    written().await;
    let sum = counted(&world).await;
    assert_eq!((sum.accepted, sum.deliveries, sum.attempts(), sum.delivered), (4, 4, 1, 4));
}

#[tokio::test(start_paused = true)]
async fn deliveries_that_follow_their_event_and_end_held_are_counted_too() {
    let world = World::new(|_, _| (200, QUICK)).await;
    let first = world.endpoint(|_| ()).await;
    for _ in 0..79 {
        world.endpoint(|_| ()).await;
    }
    world.switch_off(&first).await;
    world.post("1", |_| ()).await;
    world.wait_for(79).await;
    written().await;
    let sum = counted(&world).await;
    assert_eq!((sum.accepted, sum.deliveries, sum.delivered, sum.held), (1, 80, 79, 1));
}

#[tokio::test(start_paused = true)]
async fn test_sends_are_not_counted() {
    let world = World::new(|_, _| (200, QUICK)).await;
    let endpoint = world.endpoint(|_| ()).await;
    assert!(world.engine.test_send(endpoint.key, test_event()).await.unwrap().attempt.success);
    written().await;
    assert_eq!(counted(&world).await, ProjectSum::default());
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_seen_and_that_it_waits_no_more() {
    let long = Duration::from_secs(15);
    let world = World::new(move |_, _| (200, long)).await;
    world.endpoint(|config| config.max_in_flight = Some(1)).await;
    for n in 0..3 {
        world.post(&n.to_string(), |_| ()).await;
    }
    written().await;
    let backlog = counted(&world).await.backlog.unwrap();
    assert_eq!((backlog.waiting, backlog.waiting_max, backlog.overflowing), (2, 2, 0));
    assert!((8_000..=11_000).contains(&backlog.oldest_wait_ms), "{backlog:?}");
    world.wait_for(3).await;
    written().await;
    written().await;
    let now = world.engine.now();
    let minute = Millis(now.0 / 60_000 * 60_000);
    let last = world.store.project_stats(world.project, Mode::Live, minute - DAY, now, 1).await.unwrap();
    let backlog = last.last().unwrap().backlog.unwrap();
    assert_eq!((backlog.waiting, backlog.oldest_wait_ms), (0, 0), "{last:?}");
    assert!((28_000..=31_000).contains(&backlog.oldest_wait_max_ms), "{backlog:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_written_yet_is_written_by_the_stop() {
    let world = World::new(|_, _| (200, QUICK)).await;
    world.endpoint(|_| ()).await;
    world.post("1", |_| ()).await;
    world.wait_for(1).await;
    let world = world.restart(|_, _| (200, QUICK)).await;
    let sum = counted(&world).await;
    assert_eq!((sum.accepted, sum.delivered), (1, 1));
}
