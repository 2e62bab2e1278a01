//! Lists and single objects.

use bytes::Bytes;
use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::{EndpointKey, Mode, Ordinal};

use super::Backend;
use super::world::{World, lane, selection};
use crate::{DeliveryQuery, EventQuery, NewEvent, Next, Place, Scope, Selection};

/// Every delivery of a scope.
pub(super) fn deliveries_of(scope: Scope) -> DeliveryQuery {
    DeliveryQuery {
        scope,
        endpoint: None,
        states: Vec::new(),
        types: Vec::new(),
        since: None,
        until: None,
        cursor: None,
        limit: 100,
    }
}

fn events_of(scope: Scope) -> EventQuery {
    EventQuery { scope, types: Vec::new(), since: None, until: None, cursor: None, limit: 100 }
}

/// All pages of a list of deliveries.
pub(super) async fn all_deliveries(w: &World, query: DeliveryQuery) -> Vec<DeliveryKey> {
    let (mut keys, mut cursor) = (Vec::new(), None);
    loop {
        let page = w.store().deliveries(DeliveryQuery { cursor, ..query.clone() }).await.unwrap();
        keys.extend(page.rows.iter().map(|row| DeliveryKey { event: row.event, endpoint: row.endpoint }));
        cursor = page.next;
        if cursor.is_none() {
            return keys;
        }
    }
}

async fn events(w: &World, query: EventQuery) -> Vec<Ordinal> {
    w.store().events(query).await.unwrap().rows.iter().map(|event| event.ordinal).collect()
}

pub async fn events_are_listed_newest_first_within_scope_time_and_type(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let other = w.store().ensure_tenant(w.project, "t2", w.now).await.unwrap().key;
    let mut made = Vec::new();
    for (tenant, kind, mode) in [
        (w.tenant, "a.b", Mode::Live),
        (other, "a.b", Mode::Live),
        (w.tenant, "c", Mode::Live),
        (w.tenant, "a.b", Mode::Test),
    ] {
        w.pass(1);
        let event = NewEvent { mode, ..w.event_of(tenant, kind, Vec::new()).await };
        made.push(event.ordinal);
        w.accept(vec![event]).await;
    }
    let all = events_of(w.scope());
    assert_eq!(events(&w, all.clone()).await, [made[2], made[1], made[0]]);
    let mine = EventQuery { scope: Scope { tenant: Some(w.tenant), ..w.scope() }, ..all.clone() };
    assert_eq!(events(&w, mine).await, [made[2], made[0]]);
    assert_eq!(
        events(&w, EventQuery { types: vec!["a.b".to_owned()], ..all.clone() }).await,
        [made[1], made[0]]
    );
    let (since, until) = (Some(made[1].time()), Some(made[2].time()));
    assert_eq!(events(&w, EventQuery { since, until, ..all.clone() }).await, [made[1]]);
    let page = w.store().events(EventQuery { limit: 2, ..all.clone() }).await.unwrap();
    assert_eq!((page.rows.len(), page.rows[0].tenant.as_str()), (2, "t1"));
    assert_eq!(events(&w, EventQuery { cursor: page.next, limit: 2, ..all }).await, [made[0]]);
}

pub async fn deliveries_are_listed_by_endpoint_state_and_type(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let (a, b) = (w.endpoint().await, w.endpoint().await);
    let failed = w.deliver(a, Place::Lane).await;
    let delivered = w.deliver(a, Place::Lane).await;
    let held = w.deliver(a, Place::Held).await;
    let pending = w.deliver(b, Place::Lane).await;
    w.end(failed, Next::Failed).await;
    w.end(delivered, Next::Delivered).await;
    let all = deliveries_of(w.scope());
    assert_eq!(all_deliveries(&w, all.clone()).await, [pending, held, delivered, failed]);
    let of_a = DeliveryQuery { endpoint: Some(a), ..all.clone() };
    assert_eq!(all_deliveries(&w, of_a.clone()).await, [held, delivered, failed]);
    let problems = vec![DeliveryState::Failed, DeliveryState::Held];
    let of_a_problems = DeliveryQuery { states: problems.clone(), ..of_a.clone() };
    assert_eq!(all_deliveries(&w, of_a_problems).await, [held, failed]);
    assert_eq!(all_deliveries(&w, DeliveryQuery { states: problems, ..all.clone() }).await, [held, failed]);
    let mixed = vec![DeliveryState::Delivered, DeliveryState::Failed];
    assert_eq!(all_deliveries(&w, DeliveryQuery { states: mixed, ..of_a }).await, [delivered, failed]);
    assert!(all_deliveries(&w, DeliveryQuery { types: vec!["x".to_owned()], ..all }).await.is_empty());
}

pub async fn a_pending_delivery_of_a_disabled_endpoint_is_shown_as_held(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint_of(w.tenant).await;
    let key = w.deliver(endpoint.key, Place::Due(w.now)).await;
    w.disable(&endpoint).await;
    let summary = w.detail(key).await.unwrap().summary;
    assert_eq!((summary.state, summary.next_attempt_at), (DeliveryState::Held, None));
    assert_eq!(summary.endpoint_id, endpoint.id);
}

pub async fn another_tenant_sees_nothing(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let other = w.store().ensure_tenant(w.project, "t2", w.now).await.unwrap().key;
    let key = w.deliver(endpoint, Place::Held).await;
    for scope in [Scope { tenant: Some(other), ..w.scope() }, Scope { mode: Mode::Test, ..w.scope() }] {
        assert!(w.store().event_detail(scope, key.event).await.unwrap().is_none());
        assert!(w.store().delivery_detail(scope, key.event, endpoint).await.unwrap().is_none());
        assert!(events(&w, events_of(scope)).await.is_empty());
        for (endpoint, states) in [
            (None, Vec::new()),
            (Some(endpoint), Vec::new()),
            (None, vec![DeliveryState::Held]),
            (Some(endpoint), vec![DeliveryState::Held]),
        ] {
            let query = DeliveryQuery { endpoint, states, ..deliveries_of(scope) };
            assert!(all_deliveries(&w, query).await.is_empty());
        }
        assert!(!w.store().erase_data(scope, key.event).await.unwrap());
    }
    assert!(w.store().event(key.event).await.unwrap().is_some());
}

pub async fn pages_of_deliveries_join_without_gap_or_repetition(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoints = [w.endpoint().await, w.endpoint().await, w.endpoint().await];
    let mut expected = Vec::new();
    for _ in 0..5 {
        let event = w.event(endpoints.map(|endpoint| NewHeld::new(endpoint).0).into()).await;
        expected.extend(endpoints.map(|endpoint| DeliveryKey { event: event.ordinal, endpoint }));
        w.accept(vec![event]).await;
    }
    expected.reverse();
    for limit in [1, 2, 4, 15] {
        for states in [Vec::new(), vec![DeliveryState::Held]] {
            let all = DeliveryQuery { limit, states, ..deliveries_of(w.scope()) };
            assert_eq!(all_deliveries(&w, all.clone()).await, expected);
            let mine = Scope { tenant: Some(w.tenant), ..w.scope() };
            assert_eq!(all_deliveries(&w, DeliveryQuery { scope: mine, ..all.clone() }).await, expected);
            let one = all_deliveries(&w, DeliveryQuery { endpoint: Some(endpoints[1]), ..all }).await;
            assert_eq!(one.len(), 5);
        }
    }
}

/// A delivery for an endpoint that is disabled.
struct NewHeld(crate::NewDelivery);

impl NewHeld {
    fn new(endpoint: EndpointKey) -> Self {
        Self(crate::NewDelivery { endpoint, place: Place::Held })
    }
}

pub async fn an_events_detail_shows_everything(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let mut event = w.event(vec![lane(endpoint)]).await;
    event.attributes = Some(Bytes::from_static(b"{}"));
    event.ordering_key = Some("k".to_owned());
    event.flags.test = true;
    let ordinal = event.ordinal;
    w.accept(vec![event]).await;
    let detail = w.store().event_detail(w.scope(), ordinal).await.unwrap().unwrap();
    assert_eq!(detail.data.as_deref(), Some(br#"{"amount": 1.50}"#.as_slice()));
    assert_eq!((detail.attributes.as_deref(), detail.changes), (Some(b"{}".as_slice()), None));
    assert_eq!(detail.ordering_key.as_deref(), Some("k"));
    assert_eq!((detail.summary.accepted_at, detail.summary.flags.test), (ordinal.time(), true));
    assert!(detail.deliveries[0].test);
}

pub async fn attempts_are_shown_with_the_last_failures_responses(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let key = w.deliver(endpoint, Place::Lane).await;
    for number in 1..=5 {
        let next = if number == 5 { Next::Delivered } else { Next::Due { at: w.now, step: number } };
        w.settle(key, number, next, number == 1).await;
    }
    let detail = w.detail(key).await.unwrap();
    let kept: Vec<(u32, bool)> =
        detail.attempts.iter().map(|one| (one.number, !one.excerpt.is_empty())).collect();
    assert_eq!(kept, [(1, false), (2, true), (3, true), (4, true), (5, true)]);
    assert_eq!(detail.summary.last_attempt.as_ref(), detail.attempts.last());
    assert_eq!((detail.summary.attempts, detail.summary.next_attempt_at), (5, None));
}

pub async fn a_selection_is_walked_oldest_first_to_its_end(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let mut failed = Vec::new();
    for number in 0..7 {
        w.pass(1);
        let key = w.deliver(endpoint, Place::Lane).await;
        w.end(key, if number == 3 { Next::Delivered } else { Next::Failed }).await;
        if number != 3 {
            failed.push(key.event);
        }
    }
    let states = vec![DeliveryState::Failed];
    let either = vec![DeliveryState::Failed, DeliveryState::Pending];
    for states in [states, either] {
        let selection = Selection { states, types: vec!["a.*".to_owned()], ..selection(endpoint) };
        assert_eq!(w.store().count(&selection).await.unwrap(), 6);
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let (part, next) = w.store().select(&selection, after, 2).await.unwrap();
            assert!(part.len() <= 2);
            found.extend(part);
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, failed);
        let (since, until) = (Some(failed[1].time()), Some(failed[4].time()));
        let bounded = Selection { since, until, ..selection.clone() };
        assert_eq!(w.store().select(&bounded, None, 10).await.unwrap().0, failed[1..4]);
        let none = Selection { types: vec!["b.*".to_owned()], ..selection };
        assert_eq!(w.store().count(&none).await.unwrap(), 0);
    }
}

pub async fn a_selection_leaves_test_sends_out(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let mut event = w.event(vec![lane(endpoint)]).await;
    event.flags.test = true;
    let key = DeliveryKey { event: event.ordinal, endpoint };
    w.accept(vec![event]).await;
    w.end(key, Next::Failed).await;
    for states in [vec![DeliveryState::Failed], vec![DeliveryState::Failed, DeliveryState::Delivered]] {
        let selection = Selection { states, ..selection(endpoint) };
        assert_eq!(w.store().count(&selection).await.unwrap(), 0);
        assert!(w.store().select(&selection, None, 10).await.unwrap().0.is_empty());
    }
}

pub async fn erased_data_is_gone_and_the_rows_stay(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let event =
        NewEvent { ordering_key: Some("ada@example.org".to_owned()), ..w.event(vec![lane(endpoint)]).await };
    let key = DeliveryKey { event: event.ordinal, endpoint };
    w.accept(vec![event]).await;
    w.end(key, Next::Failed).await;
    assert!(w.store().erase_data(w.scope(), key.event).await.unwrap());
    assert!(w.store().event(key.event).await.unwrap().is_none());
    let detail = w.store().event_detail(w.scope(), key.event).await.unwrap().unwrap();
    assert_eq!((detail.data, detail.ordering_key, detail.deliveries.len()), (None, None, 1));
    let attempts = w.detail(key).await.unwrap().attempts;
    assert!(attempts[0].excerpt.is_empty() && attempts[0].response_status == Some(500));
}

pub async fn what_an_endpoint_says_about_an_event_erased_meanwhile_is_not_kept(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let (fresh, due) = (w.deliver(endpoint, Place::Lane).await, w.deliver(endpoint, Place::Due(w.now)).await);
    for key in [fresh, due] {
        assert!(w.store().erase_data(w.scope(), key.event).await.unwrap());
    }
    w.settle(fresh, 1, Next::Failed, true).await;
    w.settle(due, 1, Next::Failed, false).await;
    for key in [fresh, due] {
        let attempts = w.detail(key).await.unwrap().attempts;
        assert!(attempts[0].excerpt.is_empty() && attempts[0].response_status == Some(500));
    }
}
