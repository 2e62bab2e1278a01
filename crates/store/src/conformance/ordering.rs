//! Ordered keys.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;

use super::Backend;
use super::world::World;
use crate::{Change, ChangeOutcome, Next, Place};

async fn ordered(w: &mut World, endpoint: EndpointKey, key: u64) -> DeliveryKey {
    let due = w.now;
    w.deliver(endpoint, Place::Ordered { key, due }).await
}

pub async fn only_the_head_of_a_key_is_due(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    // A hash above the greatest signed number is a key like any other.
    let key = u64::MAX - 5;
    let head = ordered(&mut w, endpoint, key).await;
    let follower = ordered(&mut w, endpoint, key).await;
    let due = w.due(endpoint).await;
    assert_eq!((due.len(), due[0].event, due[0].key), (1, head.event, Some(key)));
    assert_eq!(w.state(follower).await, DeliveryState::Pending);
}

pub async fn each_end_of_a_head_releases_the_next_in_line(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let mut line = Vec::new();
    for _ in 0..6 {
        line.push(ordered(&mut w, endpoint, 1).await);
    }
    for (index, end) in [Next::Delivered, Next::Failed, Next::Held, Next::Cancelled].into_iter().enumerate() {
        w.pass(1);
        let settled = w.settle(line[index], 1, end, false).await;
        assert_eq!(settled.released, Some(line[index + 1].event));
        let due = w.due(endpoint).await;
        assert_eq!((due.len(), due[0].event, due[0].due), (1, line[index + 1].event, w.now));
    }
    let cancelled = w.change(Change::Cancel { delivery: line[4] }).await;
    assert_eq!(cancelled, ChangeOutcome::Done { released: Some(line[5].event) });
    assert_eq!(w.settle(line[5], 1, Next::Delivered, false).await.released, None);
    // The key is free again.
    let next = ordered(&mut w, endpoint, 1).await;
    assert_eq!(w.due_events(endpoint).await, [next.event]);
}

pub async fn a_head_that_is_due_again_stays_head(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let head = ordered(&mut w, endpoint, 1).await;
    ordered(&mut w, endpoint, 1).await;
    let later = Millis(w.now.0 + 1000);
    let settled = w.settle(head, 1, Next::Due { at: later, step: 1 }, false).await;
    assert_eq!(settled.released, None);
    w.pass(1);
    let due = w.due(endpoint).await;
    assert_eq!((due.len(), due[0].event, due[0].key), (1, head.event, Some(1)));
    assert!(!due[0].scheduled);
}

pub async fn one_blocked_key_never_stops_another(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let (endpoint, other) = (w.endpoint().await, w.endpoint().await);
    let blocked = ordered(&mut w, endpoint, 1).await;
    ordered(&mut w, endpoint, 1).await;
    let free = ordered(&mut w, endpoint, 2).await;
    let elsewhere = ordered(&mut w, other, 1).await;
    assert_eq!(w.due_events(endpoint).await, [blocked.event, free.event]);
    assert_eq!(w.due_events(other).await, [elsewhere.event]);
}

pub async fn a_cancelled_follower_leaves_the_line(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let (head, middle, last) = (
        ordered(&mut w, endpoint, 1).await,
        ordered(&mut w, endpoint, 1).await,
        ordered(&mut w, endpoint, 1).await,
    );
    let cancelled = w.change(Change::Cancel { delivery: middle }).await;
    assert_eq!(cancelled, ChangeOutcome::Done { released: None });
    let settled = w.settle(head, 1, Next::Delivered, false).await;
    assert_eq!(settled.released, Some(last.event));
}

pub async fn a_scheduled_delivery_takes_its_place_when_it_enters(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let at = Millis(w.now.0 + 10_000);
    let scheduled = w.deliver(endpoint, Place::Scheduled { key: 1, due: at }).await;
    let alone = w.deliver(endpoint, Place::Scheduled { key: 2, due: at }).await;
    let head = ordered(&mut w, endpoint, 1).await;
    w.pass(10);
    let due = w.due(endpoint).await;
    let flags: Vec<_> = due.iter().map(|row| (row.event, row.scheduled)).collect();
    assert_eq!(flags, [(head.event, false), (scheduled.event, true), (alone.event, true)]);
    let before = ordered(&mut w, endpoint, 1).await;
    let place = w.ordinals.next(w.now);
    let entered = w.change(Change::Enter { delivery: scheduled, key: 1, place, due: w.now }).await;
    assert_eq!(entered, ChangeOutcome::Parked);
    let after = ordered(&mut w, endpoint, 1).await;
    let place = w.ordinals.next(w.now);
    let entered = w.change(Change::Enter { delivery: alone, key: 2, place, due: w.now }).await;
    assert_eq!(entered, ChangeOutcome::Done { released: None });
    assert!(w.due(endpoint).await.iter().all(|row| !row.scheduled));
    for (ends, next) in [(head, before), (before, scheduled), (scheduled, after)] {
        assert_eq!(w.settle(ends, 1, Next::Delivered, false).await.released, Some(next.event));
    }
}

pub async fn a_reopened_delivery_is_outside_the_order(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let first = ordered(&mut w, endpoint, 1).await;
    let second = ordered(&mut w, endpoint, 1).await;
    ordered(&mut w, endpoint, 1).await;
    w.settle(first, 1, Next::Failed, false).await;
    w.change(Change::Reopen { delivery: first, due: w.now, replay: None }).await;
    assert_eq!(w.due_events(endpoint).await, [first.event, second.event]);
    assert_eq!(w.settle(first, 2, Next::Delivered, false).await.released, None);
    assert_eq!(w.due_events(endpoint).await, [second.event]);
}

pub async fn the_order_survives_a_restart(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let head = ordered(&mut w, endpoint, 1).await;
    let follower = ordered(&mut w, endpoint, 1).await;
    let recovered = w.restart().await;
    assert_eq!((recovered.moved, recovered.backlog.len()), (0, 1));
    assert_eq!(w.due_events(endpoint).await, [head.event]);
    assert_eq!(w.settle(head, 1, Next::Delivered, false).await.released, Some(follower.event));
}
