//! The engine from accept to settle, in virtual time.

mod clock_jumps;
mod counting;
mod fanouts;
mod new_url;
mod recovery;
mod soon;
mod support;

use std::time::Duration;

use bytes::Bytes;
use postrider_engine::{EventIn, Origin};
use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::endpoint::{BatchSetting, DisabledReason, Ordering, RateLimit, RetrySetting};
use postrider_model::id::Mode;
use postrider_store::{Catalogue, ChangeOutcome, EndpointChange, History, ReplayStatus, Scope, Selection};
use support::World;

const QUICK: Duration = Duration::from_millis(3);

/// What a test send is made of.
fn test_event() -> EventIn {
    EventIn {
        tenant: "t1".to_owned(),
        kind: "contact.created".to_owned(),
        data: Bytes::from_static(b"{}"),
        changes: None,
        attributes: None,
        timestamp: None,
        ordering_key: None,
        deliver_at: None,
        idempotency: None,
        size: 2,
    }
}

#[tokio::test(start_paused = true)]
async fn an_accepted_event_is_delivered_once() {
    let world = World::new(|_, _| (200, QUICK)).await;
    let endpoint = world.endpoint(|_| ()).await;
    let accepted = world.post(r#"{"n":1.50}"#, |_| ()).await;
    assert_eq!(accepted.deliveries, 1);
    world.wait_for(1).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let received = world.received.lock().clone();
    assert_eq!(received.len(), 1);
    assert!(String::from_utf8_lossy(&received[0].body).contains(r#"{"n":1.50}"#));
    let scope = Scope { project: world.project, mode: Mode::Live, tenant: None };
    let detail = world.store.delivery_detail(scope, accepted.ordinal, endpoint.key).await.unwrap().unwrap();
    assert_eq!(detail.summary.state, DeliveryState::Delivered);
    assert_eq!(detail.attempts.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_is_made_again_by_the_timetable() {
    let world = World::new(|_, before| (if before < 2 { 500 } else { 200 }, QUICK)).await;
    world.endpoint(|config| config.retry = Some(RetrySetting { schedule_seconds: vec![5.0, 300.0] })).await;
    world.post("{}", |_| ()).await;
    world.wait_for(3).await;
    let at: Vec<_> = world.received.lock().iter().map(|request| request.at).collect();
    assert!(at[1].since(at[0]) >= Duration::from_secs(5), "{at:?}");
    assert!(at[2].since(at[1]) >= Duration::from_secs(300), "{at:?}");
    assert!(at[2].since(at[1]) < Duration::from_secs(361), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_scheduled_before_a_stop_happens_after_the_restart() {
    let world = World::new(|_, _| (500, QUICK)).await;
    world.endpoint(|_| ()).await;
    world.post("{}", |_| ()).await;
    world.wait_for(1).await;
    let world = world.restart(|_, _| (200, QUICK)).await;
    world.wait_for(1).await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_winds_down_accepts_and_begins_nothing_but_test_sends() {
    let long = Duration::from_secs(10);
    let world = World::new(move |_, before| if before == 0 { (500, QUICK) } else { (200, long) }).await;
    let endpoint =
        world.endpoint(|config| config.retry = Some(RetrySetting { schedule_seconds: vec![5.0] })).await;
    let failed = world.post("1", |_| ()).await;
    world.wait_for(1).await;
    let under_way = world.post("2", |_| ()).await;
    world.wait_for(2).await;
    world.engine.wind_down();
    assert_eq!(world.post("3", |_| ()).await.deliveries, 1);
    let sent = world.engine.test_send(endpoint.key, test_event()).await.unwrap();
    assert_eq!(sent.attempt.response_status, Some(200));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 3, "neither the retry nor the new event began");
    let scope = Scope { project: world.project, mode: Mode::Live, tenant: None };
    let state = async |event| {
        let detail = world.store.delivery_detail(scope, event, endpoint.key).await.unwrap().unwrap();
        detail.summary.state
    };
    assert_eq!(state(under_way.ordinal).await, DeliveryState::Delivered, "what was in flight is settled");
    assert_eq!(state(failed.ordinal).await, DeliveryState::Pending);
    let world = world.restart(|_, _| (200, QUICK)).await;
    world.wait_for(2).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 2, "the retry and the new event, once each");
}

#[tokio::test(start_paused = true)]
async fn more_events_than_a_lane_holds_all_arrive() {
    let world = World::new(|_, _| (200, Duration::from_millis(50))).await;
    world.endpoint(|config| config.max_in_flight = Some(4)).await;
    for n in 0..1_000 {
        world.post(&n.to_string(), |_| ()).await;
    }
    world.wait_for(1_000).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 1_000, "none is sent twice");
}

#[tokio::test(start_paused = true)]
async fn events_of_one_key_keep_their_order_over_retries() {
    let world = World::new(|_, before| (if before % 3 == 0 { 500 } else { 200 }, QUICK)).await;
    world
        .endpoint(|config| {
            config.ordering = Some(Ordering::Key);
            config.retry = Some(RetrySetting { schedule_seconds: vec![1.0; 9] });
        })
        .await;
    for n in 0..30 {
        world.post(&format!("{}", 1_000 + n), |event| event.ordering_key = Some("call-1".to_owned())).await;
    }
    let delivered = || {
        let mut seen: Vec<u32> = Vec::new();
        for request in world.received.lock().iter() {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let at = body.find("\"data\":").unwrap() + 7;
            let n = body[at..at + 4].parse().unwrap();
            if seen.last() != Some(&n) {
                seen.push(n);
            }
        }
        seen
    };
    world.wait_for(40).await;
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(delivered(), (1_000..1_030).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_batch_gathers_events_until_it_is_full_or_has_waited() {
    let world = World::new(|_, _| (200, QUICK)).await;
    world.endpoint(|config| config.batch = Some(BatchSetting { max_size: 10, max_wait_seconds: 2.0 })).await;
    for n in 0..25 {
        world.post(&n.to_string(), |_| ()).await;
    }
    world.wait_for(2).await;
    let posted = tokio::time::Instant::now();
    world.wait_for(3).await;
    assert!(posted.elapsed() >= Duration::from_millis(1_500), "the last five wait for others");
}

/// How many events each request had.
fn sizes(world: &World) -> Vec<usize> {
    let received = world.received.lock();
    received.iter().map(|one| String::from_utf8_lossy(&one.body).matches("contact.created").count()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_in_order_does_not_wait_for_others_that_cannot_join_its_batch() {
    let world = World::new(|_, _| (200, QUICK)).await;
    let batch = Some(BatchSetting { max_size: 10, max_wait_seconds: 30.0 });
    world.endpoint(|config| (config.batch, config.ordering) = (batch, Some(Ordering::Endpoint))).await;
    let began = tokio::time::Instant::now();
    for n in 0..5 {
        world.post(&n.to_string(), |_| ()).await;
    }
    world.wait_for(5).await;
    assert!(began.elapsed() < Duration::from_secs(5), "all gone after {:?}", began.elapsed());
    assert_eq!(sizes(&world), [1; 5]);
}

#[tokio::test(start_paused = true)]
async fn what_waited_behind_its_key_has_waited_for_its_batch_too() {
    let world = World::new(|_, _| (200, QUICK)).await;
    let batch = Some(BatchSetting { max_size: 10, max_wait_seconds: 30.0 });
    world.endpoint(|config| (config.batch, config.ordering) = (batch, Some(Ordering::Key))).await;
    let began = tokio::time::Instant::now();
    for n in 0..10 {
        world.post(&n.to_string(), |draft| draft.ordering_key = Some(format!("key {}", n % 2))).await;
    }
    world.wait_for(5).await;
    let took = began.elapsed();
    assert!((30..35).contains(&took.as_secs()), "all gone after {took:?}");
    assert_eq!(sizes(&world), [2; 5], "one of each key in each");
}

#[tokio::test(start_paused = true)]
async fn what_was_scheduled_waits_for_its_batch_from_its_time_on() {
    let world = World::new(|_, _| (200, QUICK)).await;
    let batch = Some(BatchSetting { max_size: 10, max_wait_seconds: 5.0 });
    world.endpoint(|config| (config.batch, config.ordering) = (batch, Some(Ordering::Key))).await;
    let now = world.engine.now();
    for n in 0..3 {
        let change = |draft: &mut EventIn| {
            draft.ordering_key = Some(format!("key {n}"));
            draft.deliver_at = Some(now + Duration::from_secs(8 + n));
        };
        world.post(&n.to_string(), change).await;
    }
    world.wait_for(1).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(sizes(&world), [3]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_may_wait_long_has_all_that_came_meanwhile_and_goes_when_it_is_full() {
    let world = World::new(|_, _| (200, QUICK)).await;
    world.endpoint(|config| config.batch = Some(BatchSetting { max_size: 20, max_wait_seconds: 30.0 })).await;
    let began = tokio::time::Instant::now();
    for n in 0..20 {
        world.post(&n.to_string(), |_| ()).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    world.wait_for(1).await;
    assert!(began.elapsed() <= Duration::from_secs(21), "full after {:?}", began.elapsed());
    for n in 100..115 {
        world.post(&n.to_string(), |_| ()).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(sizes(&world), [20, 15], "members of each request");
}

#[tokio::test(start_paused = true)]
async fn a_test_for_all_endpoints_is_one_attempt_at_each_and_counts_for_no_health() {
    let world = World::new(|_, _| (500, QUICK)).await;
    let wants_another = world
        .endpoint(|config| {
            config.event_types = vec!["another.type".to_owned()];
            config.retry = Some(RetrySetting { schedule_seconds: vec![1.0; 3] });
        })
        .await;
    world.endpoint(|_| ()).await;
    let off = world.endpoint(|_| ()).await;
    world.switch_off(&off).await;
    let origin = Origin { project: world.project, mode: Mode::Live, tenant: None };
    let accepted = world.engine.test_all(origin, test_event()).await.unwrap();
    assert_eq!(accepted.deliveries, 2);
    world.wait_for(2).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 2, "one attempt at each");
    let scope = Scope { project: world.project, mode: Mode::Live, tenant: None };
    let detail =
        world.store.delivery_detail(scope, accepted.ordinal, wants_another.key).await.unwrap().unwrap();
    assert_eq!((detail.summary.state, detail.summary.test), (DeliveryState::Failed, true));
    let after = world.store.endpoint_by_key(wants_another.key).await.unwrap().unwrap();
    assert_eq!((after.failure_count, after.last_attempt_at), (0, None));
}

#[tokio::test(start_paused = true)]
async fn a_delivery_cancelled_in_its_lane_is_not_sent() {
    let world = World::new(|_, _| (200, Duration::from_secs(1))).await;
    let endpoint = world.endpoint(|config| config.max_in_flight = Some(1)).await;
    world.post("1", |_| ()).await;
    world.post("2", |_| ()).await;
    let third = world.post("3", |_| ()).await;
    let delivery = DeliveryKey { event: third.ordinal, endpoint: endpoint.key };
    assert!(matches!(world.engine.cancel(delivery).await.unwrap(), ChangeOutcome::Done { .. }));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 2, "the cancelled one was sent");
    let scope = Scope { project: world.project, mode: Mode::Live, tenant: None };
    let detail = world.store.delivery_detail(scope, third.ordinal, endpoint.key).await.unwrap().unwrap();
    assert_eq!(detail.summary.state, DeliveryState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn live_events_do_not_wait_behind_deliveries_sent_again() {
    let failing = |_: &_, before| (if before < 40 { 500 } else { 200 }, Duration::from_millis(100));
    let world = World::new(failing).await;
    let endpoint = world
        .endpoint(|config| {
            config.max_in_flight = Some(1);
            config.retry = Some(RetrySetting { schedule_seconds: Vec::new() });
        })
        .await;
    let mut failed = Vec::new();
    for n in 0..40 {
        failed.push(world.post(&n.to_string(), |_| ()).await.ordinal);
    }
    world.wait_for(40).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for event in failed {
        let delivery = DeliveryKey { event, endpoint: endpoint.key };
        assert!(matches!(world.engine.resend(delivery).await.unwrap(), ChangeOutcome::Done { .. }));
    }
    world.wait_for(42).await;
    for n in 0..5 {
        world.post(&format!("\"live {n}\""), |_| ()).await;
    }
    world.wait_for(85).await;
    let places: Vec<_> = world
        .received
        .lock()
        .iter()
        .enumerate()
        .filter(|(_, request)| String::from_utf8_lossy(&request.body).contains("live"))
        .map(|(place, _)| place)
        .collect();
    assert_eq!(places.len(), 5);
    assert!(places.iter().all(|place| *place < 52), "at most one in eight goes before them: {places:?}");
}

#[tokio::test(start_paused = true)]
async fn what_waits_in_memory_for_too_long_is_given_up() {
    let world = World::new(|_, _| (200, QUICK)).await;
    let endpoint = world
        .endpoint(|config| {
            config.rate_limit = Some(RateLimit { per_second: 0.001 });
            config.retry = Some(RetrySetting { schedule_seconds: vec![1.0] });
        })
        .await;
    let mut events = Vec::new();
    for n in 0..10 {
        events.push(world.post(&n.to_string(), |_| ()).await.ordinal);
    }
    tokio::time::sleep(Duration::from_secs(3 * 3_600)).await;
    let scope = Scope { project: world.project, mode: Mode::Live, tenant: None };
    let mut given_up = 0;
    for event in events {
        let detail = world.store.delivery_detail(scope, event, endpoint.key).await.unwrap().unwrap();
        match detail.summary.state {
            DeliveryState::Delivered => {}
            DeliveryState::Failed => {
                assert_eq!(detail.attempts[0].error.as_deref(), Some("endpoint_unavailable"));
                given_up += 1;
            }
            other => unreachable!("{other:?}"),
        }
    }
    assert_eq!(
        (world.received.lock().len(), given_up),
        (4, 6),
        "one each thousand seconds of the first hour"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_with_very_many_deliveries_is_answered_first_and_delivered_whole() {
    let world = World::new(|_, _| (200, QUICK)).await;
    for _ in 0..30 {
        world.endpoint(|_| ()).await;
    }
    let accepted = world.post_batch(60).await;
    assert!(accepted.iter().all(|one| one.deliveries == 30));
    world.wait_for(1_800).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.received.lock().len(), 1_800);
}

#[tokio::test(start_paused = true)]
async fn a_replay_sends_what_failed_and_ends() {
    let world = World::new(|_, before| (if before < 300 { 500 } else { 200 }, QUICK)).await;
    let endpoint =
        world.endpoint(|config| config.retry = Some(RetrySetting { schedule_seconds: Vec::new() })).await;
    for n in 0..300 {
        world.post(&n.to_string(), |_| ()).await;
    }
    world.wait_for(300).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let replay = world.replay(endpoint.key, 100).await;
    let began = tokio::time::Instant::now();
    world.wait_for(600).await;
    assert!(began.elapsed() >= Duration::from_secs(2), "a hundred per second, one second's worth at once");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let scope = Scope { project: world.project, mode: Mode::Live, tenant: None };
    let progress = world.store.replay(scope, replay).await.unwrap().unwrap().progress;
    assert_eq!((progress.status, progress.reopened, progress.skipped), (ReplayStatus::Done, 300, 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_crash_kept_from_being_held_is_held_by_the_next_start_long_before_it_is_due() {
    let world = World::new(|_, _| (500, QUICK)).await;
    let retry = RetrySetting { schedule_seconds: vec![3_600.0] };
    let endpoint = world.endpoint(|config| config.retry = Some(retry)).await;
    world.post("1", |_| ()).await;
    world.wait_for(1).await;
    let disable = EndpointChange::Disable(DisabledReason::Manual);
    let disabled = world.switch_in_store(&endpoint, disable).await;
    let world = world.restart(|_, _| (200, QUICK)).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let states = vec![DeliveryState::Held];
    let held = Selection { endpoint: endpoint.key, since: None, until: None, states, types: Vec::new() };
    assert_eq!(world.store.count(&held).await.unwrap(), 1, "a replay finds it");
    world.switch_in_store(&disabled, EndpointChange::Enable).await;
    world.engine.endpoint_changed(endpoint.tenant, endpoint.key).await;
    tokio::time::sleep(Duration::from_secs(7_200)).await;
    assert!(world.received.lock().is_empty(), "enabling sends nothing by itself");
}

#[tokio::test(start_paused = true)]
async fn a_gone_of_the_old_url_does_not_disable_an_endpoint_that_has_another_by_now() {
    let slow = Duration::from_secs(2);
    let world = World::new(move |_, before| if before == 0 { (410, slow) } else { (200, QUICK) }).await;
    let endpoint =
        world.endpoint(|config| config.retry = Some(RetrySetting { schedule_seconds: vec![5.0] })).await;
    let accepted = world.post("1", |_| ()).await;
    world.wait_for(1).await;
    world.move_to(&endpoint, "http://127.0.0.1:9/new").await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let now = world.store.endpoint_by_key(endpoint.key).await.unwrap().unwrap();
    assert!(now.enabled, "the URL that is gone is not its URL");
    let scope = Scope { project: world.project, mode: Mode::Live, tenant: None };
    let detail = world.store.delivery_detail(scope, accepted.ordinal, endpoint.key).await.unwrap().unwrap();
    assert_eq!((detail.summary.state, detail.attempts.len()), (DeliveryState::Delivered, 2));
}
