//! What is due, and what a start finds.

use std::time::Duration;

use postrider_model::endpoint::Ordering;
use postrider_model::id::{Mode, Ordinal};
use postrider_model::time::Millis;

use super::Backend;
use super::world::{World, after, audit, lane, unordered};
use crate::{Batch, DueQuery, Fanout, FanoutChunk, FanoutQuery, Next, Place, WaitingFanout};

pub async fn deliveries_in_lanes_are_due_after_a_crash(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let (endpoint, other) = (w.endpoint().await, w.endpoint().await);
    let (lost, settled) = (w.deliver(endpoint, Place::Lane).await, w.deliver(endpoint, Place::Lane).await);
    w.end(settled, Next::Delivered).await;
    let accepted_at = w.now;
    let due = w.deliver(other, Place::Due(Millis(w.now.0 + 5_000))).await;
    w.pass(60);
    let recovered = w.restart().await;
    assert_eq!(recovered.moved, 1);
    assert_eq!(recovered.backlog, [(endpoint, accepted_at), (other, Millis(accepted_at.0 + 5_000))]);
    let rows = w.due(endpoint).await;
    assert_eq!((rows.len(), rows[0].event, rows[0].due, rows[0].step), (1, lost.event, accepted_at, 0));
    assert_eq!(w.due_events(other).await, [due.event]);
    assert_eq!(w.settle(lost, 1, Next::Delivered, false).await.state.name(), "delivered");
    assert_eq!(w.restart().await.backlog.len(), 1);
}

pub async fn what_lies_before_the_low_water_mark_is_not_looked_at(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let before = w.deliver(endpoint, Place::Lane).await;
    w.pass(10);
    w.low_water = Ordinal(before.event.0 + 1);
    let after = w.deliver(endpoint, Place::Lane).await;
    // The mark may be written late, never early: what lies behind it is always found.
    w.restart().await;
    assert!(w.due_events(endpoint).await.contains(&after.event));
}

pub async fn the_rest_of_a_fan_out_is_found_by_a_second_crash_too(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoints = [w.endpoint().await, w.endpoint().await];
    let mut event = w.event(Vec::new()).await;
    event.fanout = after(&endpoints);
    let ordinal = event.ordinal;
    // The mark stays at the event for as long as its deliveries are written.
    w.low_water = ordinal;
    w.accept(vec![event]).await;
    w.pass(5);
    w.restart().await;
    let chunk = FanoutChunk {
        event: ordinal,
        deliveries: endpoints.iter().map(|endpoint| lane(*endpoint)).collect(),
        done: 2,
        last: true,
    };
    w.commit(Batch { fanouts: vec![chunk], ..Batch::default() }).await;
    w.pass(5);
    assert_eq!(w.restart().await.moved, 2);
    for endpoint in endpoints {
        assert_eq!(w.due_events(endpoint).await, [ordinal]);
    }
}

pub async fn due_deliveries_come_by_time_then_event_and_of_one_endpoint_only(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let (endpoint, other) = (w.endpoint().await, w.endpoint().await);
    let at = |seconds: u64| w.now + Duration::from_secs(seconds);
    let (soon, late) = (at(1), at(2));
    let third = w.deliver(endpoint, Place::Due(late)).await;
    let first = w.deliver(endpoint, Place::Due(soon)).await;
    let second = w.deliver(endpoint, Place::Due(soon)).await;
    w.deliver(other, Place::Due(soon)).await;
    w.pass(5);
    assert_eq!(w.due_events(endpoint).await, [first.event, second.event, third.event]);
}

pub async fn what_is_in_memory_is_skipped(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let mut events = Vec::new();
    for _ in 0..6 {
        events.push(w.deliver(endpoint, Place::Due(w.now)).await.event);
    }
    let skip = vec![events[3], events[0], events[5]];
    let query = DueQuery { endpoint, until: w.now, skip, limit: 2, body_bytes: 0 };
    let page = w.store().due(query.clone()).await.unwrap();
    assert_eq!(page.rows.iter().map(|row| row.event).collect::<Vec<_>>(), [events[1], events[2]]);
    assert!(!page.ended);
    let page = w.store().due(DueQuery { limit: 3, ..query }).await.unwrap();
    assert_eq!((page.rows.len(), page.ended, page.next_due), (3, true, None));
}

pub async fn a_page_says_whether_it_ended_and_when_the_next_falls_due(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let page = w.due_page(endpoint).await;
    assert_eq!((page.ended, page.next_due), (true, None));
    let later = w.now + Duration::from_secs(30);
    let skipped = w.deliver(endpoint, Place::Due(later)).await;
    let latest = w.now + Duration::from_secs(60);
    w.deliver(endpoint, Place::Due(latest)).await;
    w.deliver(endpoint, Place::Due(w.now)).await;
    let query = DueQuery { endpoint, until: w.now, skip: vec![skipped.event], limit: 5, body_bytes: 0 };
    let page = w.store().due(query).await.unwrap();
    assert_eq!((page.rows.len(), page.ended, page.next_due), (1, true, Some(latest)));
}

pub async fn bodies_come_along_as_far_as_the_bytes_allow(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    for _ in 0..4 {
        w.deliver(endpoint, Place::Due(w.now)).await;
    }
    let query = DueQuery { endpoint, until: w.now, skip: Vec::new(), limit: 10, body_bytes: 20 };
    let rows = w.store().due(query).await.unwrap().rows;
    let with: Vec<bool> = rows.iter().map(|row| row.content.is_some()).collect();
    assert_eq!(with, [true, true, false, false]);
    let content = w.store().event(rows[3].event).await.unwrap().unwrap();
    assert_eq!(
        (content.mode, content.expires_at),
        (Mode::Live, rows[3].event.time() + Duration::from_secs(30 * 86_400))
    );
}

pub async fn no_id_ever_made_lies_above_the_highest(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let made = w.deliver(endpoint, Place::Lane).await.event;
    assert!(w.restart().await.highest >= made);
    // Endpoints take their ids from the same source.
    w.endpoint().await;
    let next = w.ordinals.next(w.now);
    assert_eq!(w.restart().await.highest, Ordinal(next.0 - 1));
}

pub async fn unfinished_fanouts_are_found_after_a_restart(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoints = [w.endpoint().await, w.endpoint().await];
    let mut event = w.event(Vec::new()).await;
    let orderings = [Ordering::Endpoint, Ordering::Key];
    event.fanout = Fanout { endpoints: endpoints.iter().copied().zip(orderings).collect(), ordered: true };
    event.ordering_key = Some("k".to_owned());
    let ordinal = event.ordinal;
    w.accept(vec![event]).await;
    w.restart().await;
    let found = w.unfinished().await;
    let waiting = WaitingFanout { event: ordinal, tenant: w.tenant, ordered: true, total: 2, done: 0 };
    assert_eq!(found, [waiting]);
    let parts = w.parts(vec![(ordinal, 0)], 9).await;
    let stored: Vec<_> = endpoints.iter().copied().zip(orderings.map(Some)).collect();
    assert_eq!((&parts[0].endpoints, parts[0].ordering_key.as_deref()), (&stored, Some("k")));
    assert!(parts[0].content.is_some());
}

pub async fn match_sets_are_read_in_pages(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoints = vec![w.endpoint().await, w.endpoint().await, w.endpoint().await];
    let mut events = Vec::new();
    for _ in 0..3 {
        let mut event = w.event(Vec::new()).await;
        event.fanout = Fanout { ordered: true, ..after(&endpoints) };
        events.push(event.ordinal);
        w.accept(vec![event]).await;
    }
    let first = w.store().unfinished_fanouts(Ordinal::default(), 2).await.unwrap();
    let rest = w.store().unfinished_fanouts(events[1], 2).await.unwrap();
    let found: Vec<_> = first.iter().chain(&rest).map(|one| (one.event, one.ordered)).collect();
    assert_eq!((first.len(), found), (2, events.iter().map(|event| (*event, true)).collect()));
    let gone = Ordinal(events[2].0 + 1);
    let from = vec![(events[0], 1), (gone, 0), (events[1], 0), (events[2], 0)];
    let parts = w.parts(from, 4).await;
    let read: Vec<_> = parts.iter().map(|part| (part.event, part.done, part.endpoints.len())).collect();
    assert_eq!(read, [(events[0], 1, 2), (gone, 0, 0), (events[1], 0, 2)]);
    assert_eq!(parts[2].endpoints, unordered(&endpoints[..2]));
    let routing = w.store().routes(w.tenant).await.unwrap().0;
    let query =
        FanoutQuery { tenant: w.tenant, events: vec![(events[0], 0)], known: Some(events[0]), limit: 1 };
    let page = w.store().fanout_parts(query.clone()).await.unwrap();
    assert_eq!((page.routing, page.parts[0].content.is_none()), (Some(routing), true));
    w.store().delete_tenant(w.tenant, w.now, audit("tenant.delete", w.now)).await.unwrap();
    assert_eq!(w.store().fanout_parts(query).await.unwrap().routing, None);
}
