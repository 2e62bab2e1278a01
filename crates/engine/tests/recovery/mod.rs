//! A receiver comes back after an outage: what waited for it comes without a herd, and live events do not wait for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::support::{Received, World};
use parking_lot::Mutex;

const OUTAGE: Duration = Duration::from_secs(600);
const LATENCY: Duration = Duration::from_millis(200);
const BACKLOG: usize = 3_000;
const LIVE: usize = 10;

/// Times out until the outage ends, then answers.
fn recovering(request: &Received, _: usize) -> (u16, Duration) {
    if request.after < OUTAGE { (0, Duration::from_secs(1)) } else { (200, LATENCY) }
}

/// When the receiver answered first, and what it got from then on, with the time since.
async fn recovered(world: &World) -> Vec<(Duration, Received)> {
    let first = loop {
        let first =
            world.received.lock().iter().find(|request| request.after >= OUTAGE).map(|first| first.after);
        match first {
            Some(first) => break first,
            None => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    world
        .received
        .lock()
        .iter()
        .filter(|one| one.after >= first)
        .map(|one| (one.after - first, one.clone()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_the_window_opens_step_by_step_and_all_that_waited_comes_once() {
    let world = World::new(recovering).await;
    world.endpoint(|_| ()).await;
    for _ in 0..BACKLOG / 1_000 {
        world.post_batch(1_000).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    recovered(&world).await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    let came = recovered(&world).await;
    let per_second = came.iter().fold(BTreeMap::<_, usize>::new(), |mut counts, (since, _)| {
        *counts.entry(since.as_secs()).or_default() += 1;
        counts
    });
    let at = |second: u64| per_second.get(&second).copied().unwrap_or(0);
    // One after the other closes the breaker; then one more at once per full window.
    assert!(at(0) <= 10 && at(1) > at(0) && at(4) > at(1) && at(9) > at(4), "{per_second:?}");
    let mut bodies: Vec<_> = came.iter().map(|(_, request)| &request.body).collect();
    bodies.sort_unstable();
    bodies.dedup();
    assert_eq!((came.len(), bodies.len()), (BACKLOG, BACKLOG));
}

#[tokio::test(start_paused = true)]
async fn live_events_after_an_outage_do_not_wait_for_what_it_left_and_that_goes_on() {
    let world = Arc::new(World::new(recovering).await);
    world.endpoint(|config| config.max_in_flight = Some(4)).await;
    for _ in 0..BACKLOG / 1_000 {
        world.post_batch(1_000).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    recovered(&world).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let posted = Mutex::new(Vec::new());
    let before = world.received.lock().len();
    for n in 0..LIVE {
        let now = world.engine.now();
        let data = format!(r#"{{"live":{n}}}"#);
        world.post(&data, |_| ()).await;
        posted.lock().push((data, now));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let received = world.received.lock().clone();
    for (data, at) in posted.lock().iter() {
        let came = received.iter().find(|one| String::from_utf8_lossy(&one.body).contains(data.as_str()));
        let waited = came.map(|one| one.at.since(*at));
        assert!(waited.is_some_and(|waited| waited <= 2 * LATENCY), "{data}: {waited:?}");
    }
    let backlog = received.len() - before - LIVE;
    assert!(backlog >= 100 && received.len() < BACKLOG, "{backlog} of the backlog came meanwhile");
}
