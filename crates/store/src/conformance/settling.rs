//! Outcomes of attempts.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::Ordinal;
use postrider_model::time::Millis;

use super::Backend;
use super::world::World;
use crate::{Change, Next, Place};

pub async fn a_delivered_delivery_is_out_of_the_backlog(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let (fresh, due) = (w.deliver(endpoint, Place::Lane).await, w.deliver(endpoint, Place::Due(w.now)).await);
    assert_eq!(w.end(fresh, Next::Delivered).await.state, DeliveryState::Delivered);
    assert_eq!(w.settle(due, 1, Next::Delivered, false).await.state, DeliveryState::Delivered);
    assert!(w.due_events(endpoint).await.is_empty());
    let recovered = w.restart().await;
    assert_eq!((recovered.moved, recovered.backlog.len()), (0, 0));
    assert_eq!(w.state(fresh).await, DeliveryState::Delivered);
    assert_eq!(w.detail(due).await.unwrap().attempts, [w.attempt(1, true)]);
}

pub async fn a_failed_attempt_is_due_again_with_its_step_and_first_attempt(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let key = w.deliver(endpoint, Place::Lane).await;
    let began = w.now;
    for step in 1..=3 {
        let at = Millis(w.now.0 + 5_000);
        let settled = w.settle(key, step, Next::Due { at, step }, step == 1).await;
        assert_eq!(settled.state, DeliveryState::Pending);
        let page = w.due_page(endpoint).await;
        assert_eq!((page.rows.len(), page.next_due), (0, Some(at)));
        w.pass(5);
        let due = &w.due(endpoint).await[0];
        assert_eq!((due.event, due.due, due.step, due.attempts), (key.event, at, step, step));
        assert_eq!(due.first_attempt_at, Some(began));
    }
    assert_eq!(w.detail(key).await.unwrap().attempts.len(), 3);
}

pub async fn a_success_wins_over_any_other_state(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    for before in [Next::Held, Next::Failed, Next::Cancelled] {
        let key = w.deliver(endpoint, Place::Lane).await;
        w.end(key, before).await;
        assert_eq!(w.settle(key, 2, Next::Delivered, true).await.state, DeliveryState::Delivered);
        assert_eq!(w.state(key).await, DeliveryState::Delivered);
    }
    let (held, _) = w.store().select(&problems(endpoint), None, 10).await.unwrap();
    assert!(held.is_empty());
}

fn problems(endpoint: postrider_model::id::EndpointKey) -> crate::Selection {
    let states = vec![DeliveryState::Failed, DeliveryState::Held];
    crate::Selection { states, ..super::world::selection(endpoint) }
}

pub async fn a_failure_does_not_undo_held_or_cancelled(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    for (before, state) in [(Next::Held, DeliveryState::Held), (Next::Cancelled, DeliveryState::Cancelled)] {
        for after in [Next::Failed, Next::Due { at: w.now, step: 1 }] {
            let key = w.deliver(endpoint, Place::Lane).await;
            w.end(key, before).await;
            assert_eq!(w.settle(key, 2, after, true).await.state, state);
            assert_eq!(w.state(key).await, state);
            // The attempt was made all the same.
            assert_eq!(w.detail(key).await.unwrap().attempts.len(), 2);
        }
    }
    assert!(w.due_events(endpoint).await.is_empty());
}

pub async fn a_settle_of_a_delivery_that_is_gone_does_nothing(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let gone = DeliveryKey { event: Ordinal(5), endpoint };
    for fresh in [true, false] {
        let settled = w.settle(gone, 1, Next::Due { at: w.now, step: 1 }, fresh).await;
        assert_eq!(settled.state, DeliveryState::Cancelled, "nobody tries it again");
    }
    assert!(w.due_events(endpoint).await.is_empty());
}

pub async fn a_fresh_settle_of_a_row_that_was_indexed_meanwhile_takes_it_out_of_the_index(
    backend: Box<dyn Backend>,
) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let key = w.deliver(endpoint, Place::Lane).await;
    w.change(Change::Index { delivery: key, due: w.now }).await;
    assert_eq!(w.due_events(endpoint).await, [key.event]);
    w.end(key, Next::Delivered).await;
    assert!(w.due_events(endpoint).await.is_empty());
    assert_eq!(w.state(key).await, DeliveryState::Delivered);
}
