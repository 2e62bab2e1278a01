//! Appending events.

use bytes::Bytes;
use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::{EndpointKey, Mode, Ordinal};

use super::Backend;
use super::world::{World, after, audit, lane, unordered};
use crate::{Append, AppendOutcome, Batch, EventOutcome, FanoutChunk, NewDelivery, Place};

pub async fn an_event_and_its_deliveries_are_there_after_the_commit(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let (a, b, c) = (w.endpoint().await, w.endpoint().await, w.endpoint().await);
    let due = NewDelivery { endpoint: b, place: Place::Due(w.now) };
    let event = w.event(vec![lane(a), due, NewDelivery { endpoint: c, place: Place::Held }]).await;
    let ordinal = event.ordinal;
    let outcomes = w.accept(vec![event]).await;
    assert_eq!(outcomes, [EventOutcome { ordinal, deliveries: 3, repeated: false }]);
    w.restart().await;
    let detail = w.store().event_detail(w.scope(), ordinal).await.unwrap().unwrap();
    assert_eq!(detail.summary.deliveries, 3);
    let states: Vec<DeliveryState> = detail.deliveries.iter().map(|delivery| delivery.state).collect();
    assert_eq!(states, [DeliveryState::Pending, DeliveryState::Pending, DeliveryState::Held]);
}

pub async fn one_bad_item_never_fails_the_others(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let (good, mut stale, last) =
        (w.event(vec![lane(endpoint)]).await, w.event(vec![lane(endpoint)]).await, w.event(Vec::new()).await);
    stale.routing -= 1;
    let ordinals = [good.ordinal, stale.ordinal, last.ordinal];
    let appends = [good, stale, last].map(|event| Append { idempotency: None, events: vec![event] }).into();
    let missing = DeliveryKey { event: Ordinal(1), endpoint };
    let settles = vec![crate::Settle {
        delivery: missing,
        attempt: None,
        next: crate::Next::Failed,
        fresh: true,
        key: None,
    }];
    let committed = w.commit(Batch { appends, settles, ..Batch::default() }).await;
    assert!(matches!(committed.appends[0], AppendOutcome::Appended(_)));
    assert_eq!(committed.appends[1], AppendOutcome::StaleRouting);
    assert!(matches!(committed.appends[2], AppendOutcome::Appended(_)));
    for (ordinal, stored) in ordinals.into_iter().zip([true, false, true]) {
        assert_eq!(w.store().event(ordinal).await.unwrap().is_some(), stored);
    }
}

pub async fn a_match_against_an_older_routing_version_is_stale_and_writes_nothing(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let event = w.event(Vec::new()).await;
    let ordinal = event.ordinal;
    w.endpoint().await;
    let outcome = w.append(Append { idempotency: None, events: vec![event] }).await;
    assert_eq!(outcome, AppendOutcome::StaleRouting);
    assert!(w.store().event(ordinal).await.unwrap().is_none());
}

pub async fn events_of_one_append_are_stored_together_or_not_at_all(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let other = w.store().ensure_tenant(w.project, "t2", w.now).await.unwrap().key;
    let first = w.event(Vec::new()).await;
    let mut second = w.event_of(other, "a.b", Vec::new()).await;
    second.routing += 1;
    let ordinal = first.ordinal;
    let outcome = w.append(Append { idempotency: None, events: vec![first, second] }).await;
    assert_eq!(outcome, AppendOutcome::StaleRouting);
    assert!(w.store().event(ordinal).await.unwrap().is_none());
}

pub async fn an_event_nobody_wants_is_kept(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let event = w.event(Vec::new()).await;
    let outcomes = w.accept(vec![event]).await;
    assert_eq!(outcomes[0].deliveries, 0);
    assert!(w.store().event(outcomes[0].ordinal).await.unwrap().is_some());
}

pub async fn the_bytes_of_data_come_back_as_they_came(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let data = Bytes::from_static(
        "{\"b\":1E3,  \"a\":\"\\u00e9\", \"n\":123456789012345678901234567890}".as_bytes(),
    );
    let mut event = w.event(Vec::new()).await;
    event.data = data.clone();
    event.changes = Some(Bytes::from_static(b"[1.50]"));
    event.mode = Mode::Test;
    let ordinal = event.ordinal;
    w.accept(vec![event]).await;
    let stored = w.store().event(ordinal).await.unwrap().unwrap();
    assert_eq!((stored.data, stored.changes), (data, Some(Bytes::from_static(b"[1.50]"))));
    assert_eq!((stored.attributes, stored.mode), (None, Mode::Test));
    assert_eq!((stored.tenant_id.as_ref(), stored.kind.as_ref()), ("t1", "a.b"));
}

pub async fn a_large_match_set_is_written_in_chunks_after_its_event(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let mut endpoints: Vec<EndpointKey> = Vec::new();
    for _ in 0..5 {
        endpoints.push(w.endpoint().await);
    }
    let mut event = w.event(Vec::new()).await;
    event.fanout = after(&endpoints);
    let ordinal = event.ordinal;
    assert_eq!(w.accept(vec![event]).await[0].deliveries, 5);
    let chunk = |part: &[EndpointKey], done, last| FanoutChunk {
        event: ordinal,
        deliveries: part.iter().map(|endpoint| lane(*endpoint)).collect(),
        done,
        last,
    };
    w.commit(Batch { fanouts: vec![chunk(&endpoints[..2], 2, false)], ..Batch::default() }).await;
    let unfinished = w.unfinished().await;
    assert_eq!((unfinished[0].done, unfinished[0].total), (2, 5));
    assert_eq!(w.parts(vec![(ordinal, 2)], 100).await[0].endpoints, unordered(&endpoints[2..]));
    w.commit(Batch { fanouts: vec![chunk(&endpoints[2..], 5, true)], ..Batch::default() }).await;
    assert!(w.unfinished().await.is_empty());
    let detail = w.store().event_detail(w.scope(), ordinal).await.unwrap().unwrap();
    assert_eq!(detail.deliveries.len(), 5);
}

pub async fn a_chunk_of_an_event_that_is_gone_is_passed_over(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let mut event = w.event(Vec::new()).await;
    event.fanout = after(&[endpoint]);
    let ordinal = event.ordinal;
    w.accept(vec![event]).await;
    w.store().delete_tenant(w.tenant, w.now, audit("tenant.delete", w.now)).await.unwrap();
    w.tidy().await;
    let chunk = FanoutChunk { event: ordinal, deliveries: vec![lane(endpoint)], done: 1, last: true };
    w.commit(Batch { fanouts: vec![chunk], ..Batch::default() }).await;
    assert!(w.detail(DeliveryKey { event: ordinal, endpoint }).await.is_none());
    assert!(w.restart().await.backlog.is_empty());
}
