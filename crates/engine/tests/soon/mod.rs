//! Retries that fall due soon wait in memory; what happens to them there is what happens to those in the store.

use std::time::Duration;

use crate::support::{Received, World};
use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::endpoint::{BatchSetting, EndpointConfig, RetrySetting};
use postrider_model::id::Mode;
use postrider_store::{ChangeOutcome, Endpoint, History, Scope};

const QUICK: Duration = Duration::from_millis(3);

/// A world whose first so many requests fail, and an endpoint with this timetable.
async fn failing(first: usize, schedule_seconds: &[f64]) -> (World, Endpoint) {
    let answer = move |_: &Received, before| (if before < first { 500 } else { 200 }, QUICK);
    let world = World::new(answer).await;
    let retry = RetrySetting { schedule_seconds: schedule_seconds.to_vec() };
    let endpoint = world.endpoint(|config| config.retry = Some(retry)).await;
    (world, endpoint)
}

/// How many deliveries were read back from the store.
fn loaded(world: &World) -> u64 {
    let mut text = String::new();
    world.engine.render_metrics(&mut text);
    let line = text.lines().find_map(|line| line.strip_prefix("postrider_deliveries_loaded_total "));
    line.and_then(|count| count.parse().ok()).expect("the metric is there")
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_due_soon_is_not_read_back_from_the_store() {
    let (world, endpoint) = failing(2, &[5.0, 30.0]).await;
    let accepted = world.post("{}", |_| ()).await;
    world.wait_for(3).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after: Vec<_> = world.received.lock().iter().map(|request| request.after).collect();
    assert!(after[1] - after[0] >= Duration::from_secs(5) && after[2] - after[1] >= Duration::from_secs(30));
    let (state, attempts) = world.outcome(accepted, &endpoint).await;
    let numbers: Vec<_> = attempts.iter().map(|attempt| attempt.number).collect();
    assert_eq!((state, numbers), (DeliveryState::Delivered, vec![1, 2, 3]));
    assert_eq!(loaded(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_due_later_is_read_from_the_store_in_its_time() {
    let (world, _) = failing(1, &[300.0]).await;
    world.post("{}", |_| ()).await;
    world.wait_for(2).await;
    assert_eq!(loaded(&world), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_waits_in_memory_comes_once_after_a_restart() {
    let (world, endpoint) = failing(1, &[5.0]).await;
    let accepted = world.post("{}", |_| ()).await;
    world.wait_for(1).await;
    let world = world.restart(|_, _| (200, QUICK)).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!((world.received.lock().len(), loaded(&world)), (1, 1));
    assert_eq!(world.outcome(accepted, &endpoint).await.0, DeliveryState::Delivered);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_waits_in_memory_is_not_sent_once_it_is_cancelled() {
    let (world, endpoint) = failing(1, &[5.0]).await;
    let accepted = world.post("{}", |_| ()).await;
    world.wait_for(1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let delivery = DeliveryKey { event: accepted.ordinal, endpoint: endpoint.key };
    assert!(matches!(world.engine.cancel(delivery).await.unwrap(), ChangeOutcome::Done { .. }));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 1);
    assert_eq!(world.outcome(accepted, &endpoint).await.0, DeliveryState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_waits_in_memory_is_held_when_its_endpoint_is_disabled_and_sent_once_by_a_resend() {
    let (world, endpoint) = failing(1, &[5.0]).await;
    let accepted = world.post("{}", |_| ()).await;
    world.wait_for(1).await;
    world.switch_off(&endpoint).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 1);
    assert_eq!(world.outcome(accepted, &endpoint).await.0, DeliveryState::Held);
    world.switch_on(&endpoint).await;
    let delivery = DeliveryKey { event: accepted.ordinal, endpoint: endpoint.key };
    assert!(matches!(world.engine.resend(delivery).await.unwrap(), ChangeOutcome::Done { .. }));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_with_more_retries_than_memory_keeps_gets_each_once() {
    let (world, _) = failing(200, &[5.0]).await;
    world.post_batch(200).await;
    world.wait_for(400).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let mut bodies: Vec<_> = world.received.lock().iter().map(|request| request.body.clone()).collect();
    bodies.sort_unstable();
    let thrice = bodies.windows(3).find(|three| three[0] == three[2]);
    assert!(bodies.len() == 400 && thrice.is_none(), "{}, {thrice:?}", bodies.len());
    assert_eq!(loaded(&world), 200 - 128);
}

#[tokio::test(start_paused = true)]
async fn what_was_erased_while_its_retry_waited_in_memory_is_sent_no_more() {
    let (world, endpoint) = failing(1, &[5.0]).await;
    let accepted = world.post(r#"{"secret":1}"#, |_| ()).await;
    world.wait_for(1).await;
    let scope = Scope { project: world.project, mode: Mode::Live, tenant: None };
    assert!(world.store.erase_data(scope, accepted.ordinal).await.unwrap());
    world.engine.event_erased(accepted.ordinal).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 1);
    let (state, attempts) = world.outcome(accepted, &endpoint).await;
    assert_eq!(state, DeliveryState::Failed);
    assert_eq!(attempts.last().and_then(|attempt| attempt.error.as_deref()), Some("expired"));
}

#[tokio::test(start_paused = true)]
async fn what_was_erased_during_an_attempt_that_fails_is_sent_no_more() {
    let slow = |_: &Received, before| (if before < 1 { 500 } else { 200 }, Duration::from_secs(2));
    let world = World::new(slow).await;
    let retry = RetrySetting { schedule_seconds: vec![5.0] };
    let endpoint = world.endpoint(|config| config.retry = Some(retry)).await;
    let accepted = world.post(r#"{"secret":1}"#, |_| ()).await;
    world.wait_for(1).await;
    let scope = Scope { project: world.project, mode: Mode::Live, tenant: None };
    assert!(world.store.erase_data(scope, accepted.ordinal).await.unwrap());
    world.engine.event_erased(accepted.ordinal).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 1);
    assert_eq!(world.outcome(accepted, &endpoint).await.0, DeliveryState::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_cancelled_and_sent_again_during_an_attempt_that_fails_comes_once_more() {
    let slow = |_: &Received, before| (if before < 1 { 500 } else { 200 }, Duration::from_secs(2));
    let world = World::new(slow).await;
    let retry = RetrySetting { schedule_seconds: vec![5.0] };
    let endpoint = world.endpoint(|config| config.retry = Some(retry)).await;
    let accepted = world.post("{}", |_| ()).await;
    world.wait_for(1).await;
    let delivery = DeliveryKey { event: accepted.ordinal, endpoint: endpoint.key };
    assert!(matches!(world.engine.cancel(delivery).await.unwrap(), ChangeOutcome::Done { .. }));
    assert!(matches!(world.engine.resend(delivery).await.unwrap(), ChangeOutcome::Done { .. }));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 2);
    let (state, attempts) = world.outcome(accepted, &endpoint).await;
    let numbers: Vec<_> = attempts.iter().map(|attempt| attempt.number).collect();
    assert_eq!((state, numbers), (DeliveryState::Delivered, vec![1, 2]));
}

#[tokio::test(start_paused = true)]
async fn retries_from_memory_are_batched_anew_and_never_with_first_attempts() {
    let world = World::new(|_, before| (if before < 1 { 500 } else { 200 }, QUICK)).await;
    let endpoint = |config: &mut EndpointConfig| {
        config.retry = Some(RetrySetting { schedule_seconds: vec![5.0] });
        config.batch = Some(BatchSetting { max_size: 10, max_wait_seconds: 2.0 });
    };
    world.endpoint(endpoint).await;
    world.post_batch(10).await;
    world.wait_for(1).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    for n in 100..105 {
        world.post(&n.to_string(), |_| ()).await;
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    let mut sizes: Vec<_> = world
        .received
        .lock()
        .iter()
        .map(|one| String::from_utf8_lossy(&one.body).matches("contact.created").count())
        .collect();
    sizes.sort_unstable();
    assert_eq!((sizes, loaded(&world)), (vec![5, 10, 10], 0));
}
