//! An endpoint is given another URL while attempts at the old one are on their way or wait.

use std::time::Duration;

use crate::support::{Received, World};
use postrider_model::delivery::DeliveryState;
use postrider_model::endpoint::RetrySetting;
use postrider_store::Catalogue;

const QUICK: Duration = Duration::from_millis(10);
const NEW: &str = "http://127.0.0.1:9/new";

fn is_new(request: &Received) -> bool {
    request.url == NEW
}

fn retries(schedule_seconds: &[f64]) -> Option<RetrySetting> {
    Some(RetrySetting { schedule_seconds: schedule_seconds.to_vec() })
}

#[tokio::test(start_paused = true)]
async fn what_the_old_url_answers_says_nothing_of_the_new_one() {
    let slow = Duration::from_secs(2);
    let world = World::new(move |request, _| if is_new(request) { (200, QUICK) } else { (0, slow) }).await;
    let endpoint = world.endpoint(|config| config.retry = retries(&[5.0])).await;
    for n in 0..4 {
        world.post(&n.to_string(), |_| ()).await;
    }
    world.wait_for(4).await;
    world.move_to(&endpoint, NEW).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let health = world.store.endpoint_by_key(endpoint.key).await.unwrap().unwrap();
    assert_eq!((health.failure_count, health.failing_since), (0, None));
    world.wait_for(8).await;
    let came: Vec<_> = world.received.lock().iter().map(|request| (is_new(request), request.after)).collect();
    assert!(came[4..].iter().all(|(new, after)| *new && *after >= Duration::from_secs(7)), "{came:?}");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_breaker_of_the_old_url_goes_to_the_new_one_at_once() {
    let world = World::new(|request, _| if is_new(request) { (200, QUICK) } else { (0, QUICK) }).await;
    let endpoint = world.endpoint(|config| config.retry = retries(&[5.0, 1_000.0])).await;
    for n in 0..20 {
        world.post(&n.to_string(), |_| ()).await;
    }
    // Its probes are a minute apart by now.
    tokio::time::sleep(Duration::from_secs(200)).await;
    let old = world.received.lock().len();
    assert!(old < 15, "{old}: the breaker holds most back");
    world.move_to(&endpoint, NEW).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let new: Vec<_> = world.received.lock().iter().filter(|one| is_new(one)).cloned().collect();
    assert!(new.len() > 5, "{}", new.len());
    assert!(new.len() < 20, "the due times of the timetable stay");
}

#[tokio::test(start_paused = true)]
async fn requests_that_hang_at_the_old_url_do_not_fill_the_window_of_the_new_one() {
    let hanging = Duration::from_secs(20);
    let world = World::new(move |request, _| if is_new(request) { (200, QUICK) } else { (0, hanging) }).await;
    let endpoint = world.endpoint(|_| ()).await;
    let mut accepted = Vec::new();
    for n in 0..6 {
        accepted.push(world.post(&n.to_string(), |_| ()).await);
    }
    world.wait_for(4).await;
    world.move_to(&endpoint, NEW).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for one in &accepted[4..] {
        assert_eq!(world.outcome(*one, &endpoint).await.0, DeliveryState::Delivered);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_to_all_urls_together_keep_to_the_endpoints_ceiling() {
    let hanging = Duration::from_secs(15);
    let world =
        World::new(move |request, _| if is_new(request) { (200, QUICK) } else { (200, hanging) }).await;
    let endpoint = world.endpoint(|config| config.max_in_flight = Some(2)).await;
    for n in 0..3 {
        world.post(&n.to_string(), |_| ()).await;
    }
    world.wait_for(2).await;
    world.move_to(&endpoint, NEW).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(world.received.lock().len(), 2);
    world.wait_for(3).await;
}
