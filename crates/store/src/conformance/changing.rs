//! Changes of single deliveries.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::Ordinal;

use super::Backend;
use super::world::World;
use crate::{Change, ChangeOutcome, Next, Place};

const DONE: ChangeOutcome = ChangeOutcome::Done { released: None };

pub async fn an_indexed_delivery_is_due_and_indexing_twice_changes_nothing(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let key = w.deliver(endpoint, Place::Lane).await;
    assert!(w.due_events(endpoint).await.is_empty());
    for _ in 0..2 {
        assert_eq!(w.change(Change::Index { delivery: key, due: w.now }).await, DONE);
        assert_eq!(w.due_events(endpoint).await, [key.event]);
    }
    w.settle(key, 1, Next::Delivered, false).await;
    let refused = w.change(Change::Index { delivery: key, due: w.now }).await;
    assert_eq!(refused, ChangeOutcome::Refused(DeliveryState::Delivered));
}

pub async fn a_reopened_delivery_starts_its_timetable_anew_and_goes_on_counting_attempts(
    backend: Box<dyn Backend>,
) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    for end in [Next::Delivered, Next::Failed, Next::Held, Next::Cancelled] {
        let key = w.deliver(endpoint, Place::Lane).await;
        w.end(key, end).await;
        assert_eq!(w.change(Change::Reopen { delivery: key, due: w.now, replay: None }).await, DONE);
        let due = w.due(endpoint).await.remove(0);
        assert_eq!((due.event, due.step, due.attempts), (key.event, 0, 1));
        assert_eq!((due.first_attempt_at, due.key), (None, None));
        assert_eq!(w.state(key).await, DeliveryState::Pending);
        w.pass(60);
        w.settle(key, 2, Next::Due { at: w.now, step: 1 }, false).await;
        let due = w.due(endpoint).await.remove(0);
        assert_eq!((due.step, due.attempts, due.first_attempt_at), (1, 2, Some(w.now)));
        w.settle(key, 3, Next::Delivered, false).await;
    }
}

pub async fn what_is_pending_cannot_be_reopened(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    for place in [Place::Lane, Place::Due(w.now)] {
        let key = w.deliver(endpoint, place).await;
        let refused = w.change(Change::Reopen { delivery: key, due: w.now, replay: None }).await;
        assert_eq!(refused, ChangeOutcome::Refused(DeliveryState::Pending));
    }
}

pub async fn nothing_is_reopened_for_a_disabled_endpoint(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint_of(w.tenant).await;
    let key = w.deliver(endpoint.key, Place::Held).await;
    w.disable(&endpoint).await;
    let refused = w.change(Change::Reopen { delivery: key, due: w.now, replay: None }).await;
    assert_eq!(refused, ChangeOutcome::EndpointDisabled);
    assert_eq!(w.state(key).await, DeliveryState::Held);
    assert!(w.due_events(endpoint.key).await.is_empty());
}

pub async fn pending_and_held_can_be_cancelled_and_nothing_else(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    for place in [Place::Lane, Place::Due(w.now), Place::Held] {
        let key = w.deliver(endpoint, place).await;
        assert_eq!(w.change(Change::Cancel { delivery: key }).await, DONE);
        assert_eq!(w.state(key).await, DeliveryState::Cancelled);
        let again = w.change(Change::Cancel { delivery: key }).await;
        assert_eq!(again, ChangeOutcome::Refused(DeliveryState::Cancelled));
    }
    for (end, state) in [(Next::Delivered, DeliveryState::Delivered), (Next::Failed, DeliveryState::Failed)] {
        let key = w.deliver(endpoint, Place::Lane).await;
        w.end(key, end).await;
        assert_eq!(w.change(Change::Cancel { delivery: key }).await, ChangeOutcome::Refused(state));
    }
    assert!(w.due_events(endpoint).await.is_empty());
}

pub async fn a_change_of_a_delivery_that_never_was_finds_it_missing(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let delivery = DeliveryKey { event: Ordinal(3), endpoint: w.endpoint().await };
    for change in [
        Change::Index { delivery, due: w.now },
        Change::Enter { delivery, key: 1, place: Ordinal(9), due: w.now },
        Change::Reopen { delivery, due: w.now, replay: None },
        Change::Cancel { delivery },
    ] {
        assert_eq!(w.change(change).await, ChangeOutcome::Missing);
    }
}
