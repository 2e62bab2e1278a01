//! Idempotency keys (DESIGN 4.2, 4.4).

use postrider_model::id::Mode;

use super::Backend;
use super::world::{World, audit};
use crate::{Append, AppendOutcome, EventOutcome, IdempotencyMark, NewEvent};

fn mark(key: u8, body: u8) -> IdempotencyMark {
    IdempotencyMark { key: [key; 16], body: [body; 16] }
}

async fn marked(w: &mut World, mark: IdempotencyMark) -> NewEvent {
    NewEvent { idempotency: Some(mark), ..w.event(Vec::new()).await }
}

async fn append(w: &World, event: NewEvent) -> AppendOutcome {
    w.append(Append { idempotency: None, events: vec![event] }).await
}

/// Posts the same key and body again and expects the first answer.
async fn expect_repetition(w: &mut World, first: &EventOutcome, mark: IdempotencyMark) {
    let again = marked(w, mark).await;
    let ordinal = again.ordinal;
    let outcome = append(w, again).await;
    assert_eq!(outcome, AppendOutcome::Appended(vec![EventOutcome { repeated: true, ..*first }]));
    assert!(w.store().event(ordinal).await.unwrap().is_none());
}

pub async fn a_key_given_again_with_the_same_body_is_a_repetition(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let mut event = marked(&mut w, mark(1, 1)).await;
    event.deliveries = vec![super::world::lane(endpoint)];
    let first = w.accept(vec![event]).await[0];
    assert_eq!(first.deliveries, 1);
    expect_repetition(&mut w, &first, mark(1, 1)).await;
}

pub async fn a_key_given_again_with_another_body_is_a_conflict(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let event = marked(&mut w, mark(1, 1)).await;
    w.accept(vec![event]).await;
    let (plain, other) = (w.event(Vec::new()).await, marked(&mut w, mark(1, 2)).await);
    let ordinal = plain.ordinal;
    let outcome = w.append(Append { idempotency: None, events: vec![plain, other] }).await;
    assert_eq!(outcome, AppendOutcome::Conflict(Some(1)));
    assert!(w.store().event(ordinal).await.unwrap().is_none());
}

pub async fn a_key_belongs_to_its_project_and_mode(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let live = marked(&mut w, mark(1, 1)).await;
    let test = NewEvent { mode: Mode::Test, ..marked(&mut w, mark(1, 2)).await };
    assert!(!w.accept(vec![live]).await[0].repeated);
    assert!(!w.accept(vec![test]).await[0].repeated);
}

pub async fn a_requests_key_answers_with_every_event_of_that_request(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let own = marked(&mut w, mark(9, 9)).await;
    let own = w.accept(vec![own]).await[0];
    let events = vec![marked(&mut w, mark(9, 9)).await, w.event(Vec::new()).await, w.event(Vec::new()).await];
    let AppendOutcome::Appended(first) = w.append(Append { idempotency: Some(mark(1, 1)), events }).await
    else {
        unreachable!("it is new")
    };
    assert_eq!(first.iter().map(|outcome| outcome.repeated).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(first[0].ordinal, own.ordinal);
    let again = vec![w.event(Vec::new()).await, w.event(Vec::new()).await, w.event(Vec::new()).await];
    let repeated = w.append(Append { idempotency: Some(mark(1, 1)), events: again }).await;
    let expected = first.into_iter().map(|outcome| EventOutcome { repeated: true, ..outcome }).collect();
    assert_eq!(repeated, AppendOutcome::Appended(expected));
    let other = vec![w.event(Vec::new()).await];
    let conflict = w.append(Append { idempotency: Some(mark(1, 2)), events: other }).await;
    assert_eq!(conflict, AppendOutcome::Conflict(None));
}

pub async fn a_key_given_twice_in_one_append_is_noticed(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let events = vec![marked(&mut w, mark(1, 1)).await, marked(&mut w, mark(1, 1)).await];
    let outcomes = w.accept(events).await;
    assert_eq!((outcomes[0].ordinal, outcomes[1].repeated), (outcomes[1].ordinal, true));
    let events = vec![marked(&mut w, mark(2, 1)).await, marked(&mut w, mark(2, 2)).await];
    assert_eq!(w.append(Append { idempotency: None, events }).await, AppendOutcome::Conflict(Some(1)));
    // Nothing of it was written, so the key is free.
    let event = marked(&mut w, mark(2, 2)).await;
    assert!(!w.accept(vec![event]).await[0].repeated);
}

pub async fn keys_survive_a_restart(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let event = marked(&mut w, mark(1, 1)).await;
    let first = w.accept(vec![event]).await[0];
    w.restart().await;
    expect_repetition(&mut w, &first, mark(1, 1)).await;
}

pub async fn keys_survive_their_merge_into_the_table(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let event = marked(&mut w, mark(1, 1)).await;
    let first = w.accept(vec![event]).await[0];
    w.tidy().await;
    w.pass(120);
    w.tidy().await;
    expect_repetition(&mut w, &first, mark(1, 1)).await;
    w.restart().await;
    expect_repetition(&mut w, &first, mark(1, 1)).await;
}

pub async fn a_key_is_forgotten_after_a_day(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let event = marked(&mut w, mark(1, 1)).await;
    let first = w.accept(vec![event]).await[0];
    w.pass(24 * 3600 - 1);
    w.tidy().await;
    expect_repetition(&mut w, &first, mark(1, 1)).await;
    w.pass(2);
    w.tidy().await;
    let event = marked(&mut w, mark(1, 2)).await;
    let second = w.accept(vec![event]).await[0];
    assert!(!second.repeated);
    w.pass(120);
    w.tidy().await;
    expect_repetition(&mut w, &second, mark(1, 2)).await;
}

pub async fn a_stale_append_does_not_use_its_key_up(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let mut event = marked(&mut w, mark(1, 1)).await;
    event.routing += 5;
    assert_eq!(append(&w, event).await, AppendOutcome::StaleRouting);
    let event = marked(&mut w, mark(1, 1)).await;
    assert!(!w.accept(vec![event]).await[0].repeated);
}

pub async fn a_requests_key_is_kept_though_all_its_events_repeat(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let event = marked(&mut w, mark(1, 1)).await;
    let first = EventOutcome { repeated: true, ..w.accept(vec![event]).await[0] };
    let repeated = AppendOutcome::Appended(vec![first]);
    for _ in 0..3 {
        let events = vec![marked(&mut w, mark(1, 1)).await];
        assert_eq!(w.append(Append { idempotency: Some(mark(5, 5)), events }).await, repeated);
        let events = vec![w.event(Vec::new()).await];
        let conflict = w.append(Append { idempotency: Some(mark(5, 6)), events }).await;
        assert_eq!(conflict, AppendOutcome::Conflict(None));
        w.restart().await;
    }
    w.pass(24 * 3600 + 120);
    w.tidy().await;
    let events = vec![w.event(Vec::new()).await];
    let AppendOutcome::Appended(outcomes) = w.append(Append { idempotency: Some(mark(5, 6)), events }).await
    else {
        unreachable!("its day is over")
    };
    assert!(!outcomes[0].repeated);
}

pub async fn a_key_goes_with_its_event(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    for (merged, tenant) in [(false, "t2"), (true, "t3")] {
        let tenant = w.store().ensure_tenant(w.project, tenant, w.now).await.unwrap().key;
        w.tidy().await;
        let event = NewEvent { idempotency: Some(mark(1, 1)), ..w.event_of(tenant, "a.b", Vec::new()).await };
        let ordinal = event.ordinal;
        w.accept(vec![event]).await;
        if merged {
            w.pass(120);
            w.tidy().await;
        }
        w.store().delete_tenant(tenant, w.now, audit("tenant.delete", w.now)).await.unwrap();
        w.tidy().await;
        assert!(w.store().event(ordinal).await.unwrap().is_none());
    }
    let event = marked(&mut w, mark(1, 2)).await;
    assert!(!w.accept(vec![event]).await[0].repeated);
}
