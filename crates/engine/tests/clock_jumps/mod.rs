//! The wall clock is set, or the machine sleeps, while the engine runs (docs/operating.md, "The clock").

use std::time::Duration;

use crate::support::World;
use postrider_engine::Accepted;
use postrider_model::delivery::DeliveryState;
use postrider_model::endpoint::{BatchSetting, RateLimit, RetrySetting};
use postrider_model::time::Millis;
use postrider_store::Endpoint;

const QUICK: Duration = Duration::from_millis(10);
const HOUR_MS: i64 = 3_600_000;

/// The state of a delivery and the errors of its attempts.
async fn outcome(world: &World, accepted: Accepted, endpoint: &Endpoint) -> (DeliveryState, Vec<String>) {
    let (state, attempts) = world.outcome(accepted, endpoint).await;
    (state, attempts.into_iter().filter_map(|attempt| attempt.error).collect())
}

/// When its requests came, in whole seconds since the test began.
fn seconds(world: &World) -> Vec<u64> {
    world.received.lock().iter().map(|request| request.after.as_secs()).collect()
}

fn retries(schedule_seconds: &[f64]) -> Option<RetrySetting> {
    Some(RetrySetting { schedule_seconds: schedule_seconds.to_vec() })
}

async fn sleep(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_does_not_stop_a_lane_that_waits_for_its_rate() {
    let world = World::new(|_, _| (200, QUICK)).await;
    world.endpoint(|config| config.rate_limit = Some(RateLimit { per_second: 1.0 })).await;
    for n in 0..10 {
        world.post(&n.to_string(), |_| ()).await;
    }
    sleep(2).await;
    world.set_clock(-HOUR_MS);
    sleep(10).await;
    assert_eq!(world.received.lock().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_does_not_keep_outcomes_from_the_disk() {
    let world = World::new(|_, _| (200, QUICK)).await;
    let endpoint = world.endpoint(|_| ()).await;
    let accepted = world.post("1", |_| ()).await;
    tokio::time::sleep(Duration::from_millis(12)).await;
    world.set_clock(-HOUR_MS);
    sleep(1).await;
    assert_eq!(outcome(&world, accepted, &endpoint).await.0, DeliveryState::Delivered);
}

#[tokio::test(start_paused = true)]
async fn a_retry_comes_in_time_after_the_clock_was_set_back() {
    let world = World::new(|_, before| (if before < 2 { 503 } else { 200 }, QUICK)).await;
    world.endpoint(|config| config.retry = retries(&[100.0, 100.0])).await;
    world.post("1", |_| ()).await;
    sleep(2).await;
    world.set_clock(-HOUR_MS);
    world.wait_for(3).await;
    let came = seconds(&world);
    // A tenth slower, and up to a fifth of jitter.
    assert!((100..=135).contains(&came[1]) && (200..=270).contains(&came[2]), "{came:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_comes_in_time_after_a_start_with_a_clock_that_was_set_back() {
    let world = World::new(|_, _| (503, QUICK)).await;
    world.endpoint(|config| config.retry = retries(&[100.0])).await;
    world.post("1", |_| ()).await;
    world.wait_for(1).await;
    sleep(2).await;
    world.set_clock(-HOUR_MS);
    let world = world.restart(|_, _| (200, QUICK)).await;
    world.wait_for(1).await;
    let came = seconds(&world);
    assert!((100..=140).contains(&came[0]), "{came:?}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_does_not_keep_a_breaker_open() {
    let world = World::new(|_, before| (if before < 5 { 0 } else { 200 }, QUICK)).await;
    world.endpoint(|config| config.retry = retries(&[3_000.0])).await;
    for n in 0..8 {
        world.post(&n.to_string(), |_| ()).await;
    }
    world.wait_for(5).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    world.set_clock(-HOUR_MS);
    sleep(5).await;
    assert_eq!(world.received.lock().len(), 8, "five that opened it, and the others");
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_does_not_keep_a_batch_waiting() {
    let world = World::new(|_, _| (200, QUICK)).await;
    world.endpoint(|config| config.batch = Some(BatchSetting { max_size: 10, max_wait_seconds: 5.0 })).await;
    world.post("1", |_| ()).await;
    sleep(1).await;
    world.set_clock(-HOUR_MS);
    sleep(6).await;
    assert_eq!(world.received.lock().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn events_and_their_schedule_keep_to_what_the_wall_clock_shows_after_it_was_set_back() {
    let world = World::new(|_, _| (200, QUICK)).await;
    world.endpoint(|_| ()).await;
    world.set_clock(-HOUR_MS);
    sleep(5).await;
    let shown = world.engine.now();
    world.post("1", |_| ()).await;
    world.wait_for(1).await;
    let first = world.received.lock()[0].clone();
    let stamp = shown.rfc3339_seconds();
    let body = String::from_utf8_lossy(&first.body).into_owned();
    assert!(body.contains(stamp.trim_end_matches('Z')), "{stamp}: {body}");
    let at = world.engine.now() + Duration::from_secs(600);
    world.post("2", |event| event.deliver_at = Some(at)).await;
    world.wait_for(2).await;
    let came = world.received.lock()[1].at;
    assert!(came >= at && came.since(at) <= Duration::from_secs(70), "{came:?}");
}

#[tokio::test(start_paused = true)]
async fn an_event_replayed_after_the_clock_was_set_back_is_attempted() {
    let world = World::new(|_, before| (if before == 0 { 500 } else { 200 }, QUICK)).await;
    let endpoint = world.endpoint(|config| config.retry = retries(&[])).await;
    let accepted = world.post("1", |_| ()).await;
    sleep(2).await;
    world.set_clock(-2 * HOUR_MS);
    sleep(2 * 3_600).await;
    world.replay(endpoint.key, 10).await;
    sleep(5).await;
    assert_eq!(outcome(&world, accepted, &endpoint).await.0, DeliveryState::Delivered);
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_forward_gives_up_no_retry() {
    let world = World::new(|_, before| (if before == 0 { 503 } else { 200 }, QUICK)).await;
    let endpoint = world.endpoint(|config| config.retry = retries(&[30.0, 30.0])).await;
    let accepted = world.post("1", |_| ()).await;
    sleep(2).await;
    world.set_clock(2 * HOUR_MS);
    sleep(2).await;
    let (state, errors) = outcome(&world, accepted, &endpoint).await;
    assert_eq!((state, errors.len()), (DeliveryState::Delivered, 1), "{errors:?}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_forward_gives_up_nothing_that_waits_in_memory() {
    let world = World::new(|_, _| (200, QUICK)).await;
    world
        .endpoint(|config| {
            config.rate_limit = Some(RateLimit { per_second: 0.1 });
            config.retry = retries(&[30.0]);
        })
        .await;
    for n in 0..5 {
        world.post(&n.to_string(), |_| ()).await;
    }
    sleep(2).await;
    world.set_clock(2 * HOUR_MS);
    sleep(60).await;
    assert_eq!(world.received.lock().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_for_hours_gives_up_nothing() {
    let world = World::new(|_, before| (if before == 0 { 503 } else { 200 }, QUICK)).await;
    let endpoint = world.endpoint(|config| config.retry = retries(&[30.0, 30.0])).await;
    let accepted = world.post("1", |_| ()).await;
    sleep(2).await;
    // No timer goes off in between.
    tokio::time::advance(Duration::from_secs(2 * 3_600)).await;
    sleep(2).await;
    let (state, errors) = outcome(&world, accepted, &endpoint).await;
    assert_eq!((state, errors.len()), (DeliveryState::Delivered, 1), "{errors:?}");
}

#[tokio::test(start_paused = true)]
async fn what_really_waits_for_more_than_an_hour_is_given_up() {
    let world = World::new(|_, _| (200, QUICK)).await;
    let endpoint = world
        .endpoint(|config| {
            config.rate_limit = Some(RateLimit { per_second: 0.000_2 });
            config.retry = retries(&[30.0]);
        })
        .await;
    for n in 0..2 {
        world.post(&n.to_string(), |_| ()).await;
    }
    let accepted = world.post("2", |_| ()).await;
    world.set_clock(2 * HOUR_MS);
    sleep(3_500).await;
    assert_eq!(outcome(&world, accepted, &endpoint).await.0, DeliveryState::Pending);
    sleep(2_000).await;
    let (state, errors) = outcome(&world, accepted, &endpoint).await;
    assert_eq!((state, errors), (DeliveryState::Failed, vec!["endpoint_unavailable".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_shown_with_the_time_of_the_wall_clock() {
    let world = World::new(|_, _| (200, QUICK)).await;
    let endpoint = world.endpoint(|_| ()).await;
    world.set_clock(-HOUR_MS);
    sleep(5).await;
    let before: Millis = world.engine.now();
    let accepted = world.post("1", |_| ()).await;
    sleep(1).await;
    let (_, attempts) = world.outcome(accepted, &endpoint).await;
    let started_at = attempts[0].started_at;
    assert!(started_at >= before && started_at.since(before) < Duration::from_secs(1), "{started_at:?}");
}
