//! Standing work.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::Ordinal;
use postrider_model::time::Millis;

use super::Backend;
use super::history::{all_deliveries, deliveries_of};
use super::world::{World, audit, lane, selection};
use crate::{
    Append, Batch, DeliveryQuery, NewDelivery, Next, Place, Scope, StoreError, Sweep, SweepInto, Swept,
};

const DAY: u64 = 24 * 3600;

pub async fn lists_are_the_same_before_and_after_their_indexes_are_built(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let mut endpoints = Vec::new();
    for _ in 0..7 {
        endpoints.push(w.endpoint().await);
    }
    let kind = w.event(Vec::new()).await;
    for _ in 0..80 {
        w.pass(1);
        let mut appends = Vec::new();
        for _ in 0..100 {
            let ordinal = w.ordinals.next(w.now);
            let deliveries = endpoints.iter().map(|endpoint| lane(*endpoint)).collect();
            let event = crate::NewEvent { ordinal, deliveries, data: kind.data.clone(), ..copy(&kind) };
            appends.push(Append { idempotency: None, events: vec![event] });
        }
        w.commit(Batch { appends, ..Batch::default() }).await;
    }
    w.pass(60);
    let mine = Scope { tenant: Some(w.tenant), ..w.scope() };
    let queries = [
        DeliveryQuery { endpoint: Some(endpoints[3]), limit: 250, ..deliveries_of(w.scope()) },
        DeliveryQuery { limit: 250, ..deliveries_of(mine) },
    ];
    let mut before = Vec::new();
    for query in &queries {
        before.push(all_deliveries(&w, query.clone()).await);
    }
    assert_eq!((before[0].len(), before[1].len()), (8_000, 56_000));
    let selection = selection(endpoints[3]);
    let lag = w.store().facts().await.unwrap().index_lag;
    w.tidy().await;
    let left = w.store().facts().await.unwrap().index_lag;
    assert!(if w.ways().lists_at_once { (lag, left) == (0, 0) } else { left < lag }, "{lag}, {left}");
    for (query, before) in queries.iter().zip(&before) {
        assert_eq!(&all_deliveries(&w, query.clone()).await, before);
    }
    assert_eq!(w.store().count(&selection).await.unwrap(), 8_000);
}

pub async fn lists_stay_the_same_at_every_step_of_upkeep_and_after_a_stop_in_it(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let (busy, quiet) = (w.endpoint().await, w.endpoint().await);
    let kind = w.event(Vec::new()).await;
    for second in 0..100 {
        w.pass(1);
        let (mut appends, mut settles) = (Vec::new(), Vec::new());
        for _ in 0..25 {
            let ordinal = w.ordinals.next(w.now);
            let mut deliveries = vec![lane(busy)];
            deliveries.extend((second % 20 == 0 && appends.is_empty()).then(|| lane(quiet)));
            settles.extend(deliveries.iter().map(|new| crate::Settle {
                delivery: DeliveryKey { event: ordinal, endpoint: new.endpoint },
                attempt: None,
                next: Next::Delivered,
                fresh: true,
                key: None,
            }));
            // Some end long before the others.
            let retention_days = if second % 2 == 0 { 1 } else { 7 };
            let event = crate::NewEvent {
                ordinal,
                deliveries,
                retention_days,
                data: kind.data.clone(),
                ..copy(&kind)
            };
            appends.push(Append { idempotency: None, events: vec![event] });
        }
        w.commit(Batch { appends, settles, ..Batch::default() }).await;
    }
    let queries = [busy, quiet].map(|endpoint| DeliveryQuery {
        endpoint: Some(endpoint),
        limit: 250,
        ..deliveries_of(w.scope())
    });
    let small = std::time::Duration::from_micros(400);
    for (days, counts) in [(0, [2_500, 5]), (1, [1_250, 0]), (7, [0, 0])] {
        w.pass(days * DAY + 120);
        let mut expected = Vec::new();
        let mut steps = 0;
        loop {
            let more = w.store().step(w.now, small).await.unwrap().more;
            steps += 1;
            if steps % 16 != 1 && more {
                continue;
            }
            if steps % 7 == 0 {
                w.restart().await;
            }
            let mut lists = Vec::new();
            for query in &queries {
                lists.push(all_deliveries(&w, query.clone()).await);
            }
            // While history ends the lists shrink; while only indexes change they do not.
            let shrunk = lists
                .iter()
                .zip(&expected)
                .all(|(now, before): (_, &Vec<DeliveryKey>)| now.iter().all(|key| before.contains(key)));
            assert!(shrunk, "after {steps} steps");
            if days == 0 {
                assert_eq!(lists.iter().map(Vec::len).collect::<Vec<_>>(), counts, "after {steps} steps");
            }
            expected = lists;
            if !more {
                break;
            }
        }
        assert_eq!(expected.iter().map(Vec::len).collect::<Vec<_>>(), counts, "after {days} more days");
        assert_eq!(w.store().count(&selection(busy)).await.unwrap(), counts[0] as u64);
    }
}

/// An event like another.
fn copy(event: &crate::NewEvent) -> crate::NewEvent {
    crate::NewEvent {
        ordinal: event.ordinal,
        project: event.project,
        mode: event.mode,
        tenant: event.tenant,
        routing: event.routing,
        kind: event.kind,
        timestamp: event.timestamp,
        data: event.data.clone(),
        changes: None,
        attributes: None,
        ordering_key: None,
        deliver_at: None,
        idempotency: None,
        flags: event.flags,
        retention_days: event.retention_days,
        deliveries: Vec::new(),
        fanout: crate::Fanout::default(),
    }
}

pub async fn history_ends_with_its_class(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let mut keys = Vec::new();
    for (retention_days, next) in
        [(1, Next::Delivered), (7, Next::Failed), (1, Next::Failed), (30, Next::Delivered)]
    {
        let event = crate::NewEvent { retention_days, ..w.event(vec![lane(endpoint)]).await };
        let key = DeliveryKey { event: event.ordinal, endpoint };
        w.accept(vec![event]).await;
        w.end(key, next).await;
        keys.push(key);
    }
    for (days, left) in [(0, 4), (1, 2), (6, 1), (23, 0)] {
        w.pass(days * DAY + 120);
        w.tidy().await;
        let mut stored = 0;
        for key in &keys {
            let event = w.store().event(key.event).await.unwrap().is_some();
            assert_eq!(w.detail(*key).await.is_some(), event);
            stored += usize::from(event);
        }
        assert_eq!(stored, left, "after {days} more days");
        let all = all_deliveries(&w, deliveries_of(w.scope())).await;
        assert_eq!(all.len(), left);
    }
    let reopened = w.change(crate::Change::Reopen { delivery: keys[0], due: w.now, replay: None }).await;
    assert_eq!(reopened, crate::ChangeOutcome::Missing);
}

pub async fn retention_says_how_far_it_is_behind(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    for _ in 0..60 {
        let event = w.event(Vec::new()).await;
        w.accept(vec![event]).await;
        w.pass(60);
    }
    assert!(w.store().step(w.now, std::time::Duration::ZERO).await.unwrap().behind.is_zero());
    w.pass(30 * DAY);
    let (mut seen, mut last) = (Vec::new(), w.store().step(w.now, std::time::Duration::ZERO).await.unwrap());
    while last.more {
        seen.push(last.behind.as_secs());
        last = w.store().step(w.now, std::time::Duration::ZERO).await.unwrap();
    }
    let most = seen.iter().copied().max().unwrap_or(0);
    assert!((3_000..=3_600).contains(&most), "all that came in an hour: {seen:?}");
    let shrinking = seen.iter().copied().skip_while(|behind| *behind < most);
    assert!(shrinking.is_sorted_by(|before, after| before >= after), "{seen:?}");
    assert!(last.behind.is_zero(), "{last:?}");
    assert!(w.store().facts().await.unwrap().retention_lag.is_zero());
}

pub async fn what_is_still_pending_at_its_end_becomes_failed_as_expired(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let due = w.deliver(endpoint, Place::Due(w.now)).await;
    let head = w.deliver(endpoint, Place::Ordered { key: 1, due: w.now }).await;
    let parked = w.deliver(endpoint, Place::Ordered { key: 1, due: w.now }).await;
    w.pass(30 * DAY + 120);
    w.tidy().await;
    for key in [due, head, parked] {
        let detail = w.detail(key).await.unwrap();
        assert_eq!(detail.summary.state, DeliveryState::Failed);
        assert_eq!(detail.attempts.last().unwrap().error.as_deref(), Some("expired"));
    }
    assert!(w.due_events(endpoint).await.is_empty());
    w.pass(DAY + 120);
    w.tidy().await;
    assert!(w.detail(due).await.is_none());
}

pub async fn an_event_with_many_deliveries_ends_in_small_steps(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let mut keys = Vec::new();
    for _ in 0..40 {
        keys.push(w.endpoint().await);
    }
    let deliveries =
        keys.iter().map(|endpoint| NewDelivery { endpoint: *endpoint, place: Place::Due(w.now) });
    let event = w.event(deliveries.collect()).await;
    let ordinal = event.ordinal;
    w.accept(vec![event]).await;
    let count = async |w: &World, state: Option<DeliveryState>| {
        let states = state.into_iter().collect();
        all_deliveries(w, DeliveryQuery { states, ..deliveries_of(w.scope()) }).await.len()
    };
    // Steps so small that none can do all of it.
    let small = std::time::Duration::from_micros(1);
    let mut seen = Vec::new();
    for days in [30, 1] {
        w.pass(days * DAY + 120);
        while w.store().step(w.now, small).await.unwrap().more {
            seen.push((count(&w, None).await, count(&w, Some(DeliveryState::Failed)).await));
        }
        let left = if days == 30 { (40, 40) } else { (0, 0) };
        assert_eq!(seen.last(), Some(&left));
        assert_eq!(w.store().event(ordinal).await.unwrap().is_some(), days == 30);
    }
    assert!(seen.iter().any(|(_, failed)| (1..40).contains(failed)), "ended in steps: {seen:?}");
    let in_steps = seen.iter().any(|(all, _)| (1..40).contains(all));
    assert_eq!(in_steps, !w.ways().forgets_whole, "deleted in steps: {seen:?}");
}

pub async fn a_deleted_tenants_events_are_erased(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let other = w.store().ensure_tenant(w.project, "t2", w.now).await.unwrap().key;
    let (mine, theirs) = (w.endpoint().await, w.endpoint_of(other).await.key);
    let (erased, held) = (w.deliver(mine, Place::Due(w.now)).await, w.deliver(mine, Place::Held).await);
    let event = w.event_of(other, "a.b", vec![lane(theirs)]).await;
    let kept = DeliveryKey { event: event.ordinal, endpoint: theirs };
    w.accept(vec![event]).await;
    w.store().delete_tenant(w.tenant, w.now, audit("tenant.delete", w.now)).await.unwrap();
    w.tidy().await;
    for key in [erased, held] {
        assert!(w.store().event(key.event).await.unwrap().is_none());
        assert!(w.detail(key).await.is_none());
    }
    assert!(w.due_events(mine).await.is_empty());
    assert_eq!(all_deliveries(&w, deliveries_of(w.scope())).await, [kept]);
}

pub async fn a_deleted_projects_rows_are_erased(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let key = w.deliver(endpoint, Place::Due(w.now)).await;
    w.store().delete_project(w.project, audit("project.delete", w.now)).await.unwrap();
    w.tidy().await;
    assert!(w.store().event(key.event).await.unwrap().is_none());
    assert!(w.store().endpoint_by_key(endpoint).await.unwrap().is_none());
    assert!(w.restart().await.backlog.is_empty());
}

pub async fn a_sweep_holds_what_is_pending_wherever_it_waits(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let (endpoint, other) = (w.endpoint().await, w.endpoint().await);
    let mut keys = vec![w.deliver(endpoint, Place::Lane).await, w.deliver(endpoint, Place::Due(w.now)).await];
    for _ in 0..3 {
        keys.push(w.deliver(endpoint, Place::Ordered { key: 1, due: w.now }).await);
    }
    keys.push(w.deliver(endpoint, Place::Scheduled { key: 1, due: w.now }).await);
    let bystander = w.deliver(other, Place::Due(w.now)).await;
    let sweep = Sweep { endpoint, into: SweepInto::Held, up_to: w.highest(), now: w.now };
    assert_eq!(w.sweep(sweep).await, Swept { ended: 6, released: false });
    for key in &keys {
        assert_eq!(w.state(*key).await, DeliveryState::Held);
    }
    assert_eq!(w.state(bystander).await, DeliveryState::Pending);
    assert_eq!(w.restart().await.backlog.len(), 1);
    // The ordered key is free.
    let next = w.deliver(endpoint, Place::Ordered { key: 1, due: w.now }).await;
    assert_eq!(w.due_events(endpoint).await, [next.event]);
}

pub async fn a_sweep_leaves_what_was_accepted_after_the_endpoint_was_enabled_again(
    backend: Box<dyn Backend>,
) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let mut before =
        vec![w.deliver(endpoint, Place::Lane).await, w.deliver(endpoint, Place::Due(w.now)).await];
    for _ in 0..3 {
        before.push(w.deliver(endpoint, Place::Ordered { key: 1, due: w.now }).await);
    }
    let up_to = w.highest();
    let mut after =
        vec![w.deliver(endpoint, Place::Lane).await, w.deliver(endpoint, Place::Due(w.now)).await];
    for _ in 0..2 {
        after.push(w.deliver(endpoint, Place::Ordered { key: 1, due: w.now }).await);
    }
    w.pass(1);
    let sweep = Sweep { endpoint, into: SweepInto::Held, up_to, now: w.now };
    assert_eq!(w.sweep(sweep).await, Swept { ended: 5, released: true });
    for key in before {
        assert_eq!(w.state(key).await, DeliveryState::Held);
    }
    for key in &after {
        assert_eq!(w.state(*key).await, DeliveryState::Pending);
    }
    // The ordered key goes on with its first new one, now.
    let due = w.due(endpoint).await;
    let due: Vec<_> = due.iter().map(|row| (row.event, row.due)).collect();
    assert_eq!(due, [(after[1].event, Millis(w.now.0 - 1_000)), (after[2].event, w.now)]);
}

pub async fn an_ordered_key_whose_head_expires_goes_on_and_its_endpoint_is_named(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    w.deliver(endpoint, Place::Ordered { key: 1, due: w.now }).await;
    w.pass(30 * 24 * 3600 - 60);
    let next = w.deliver(endpoint, Place::Ordered { key: 1, due: w.now }).await;
    w.pass(120);
    let mut released = Vec::new();
    loop {
        let stepped = w.store().step(w.now, std::time::Duration::from_millis(20)).await.unwrap();
        released.extend(stepped.released);
        if !stepped.more {
            break;
        }
    }
    assert_eq!(released, [endpoint]);
    assert_eq!(w.due_events(endpoint).await, [next.event]);
}

pub async fn a_sweep_of_a_deleted_endpoint_cancels_held_ones_too(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let (held, pending) = (w.deliver(endpoint, Place::Held).await, w.deliver(endpoint, Place::Lane).await);
    let failed = w.deliver(endpoint, Place::Lane).await;
    w.end(failed, Next::Failed).await;
    let sweep = Sweep { endpoint, into: SweepInto::Cancelled, up_to: Ordinal(i64::MAX), now: w.now };
    assert_eq!(w.sweep(sweep).await.ended, 2);
    assert_eq!(w.state(held).await, DeliveryState::Cancelled);
    assert_eq!(w.state(pending).await, DeliveryState::Cancelled);
    assert_eq!(w.state(failed).await, DeliveryState::Failed);
}

pub async fn a_backup_is_a_store_with_everything(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    w.deliver(endpoint, Place::Due(w.now)).await;
    let name = format!("postrider-backup-{}-{}", std::process::id(), w.ordinals.next(Ordinal(0).time()).0);
    let target = std::env::temp_dir().join(name);
    if w.ways().backs_up_elsewhere {
        assert!(matches!(w.store().backup(&target).await, Err(StoreError::Unsupported(_))));
        return;
    }
    let size = w.store().backup(&target).await.unwrap();
    assert_eq!(size, std::fs::metadata(&target).unwrap().len());
    let again = w.store().backup(&target).await;
    std::fs::remove_file(&target).unwrap();
    assert!(size > 0 && matches!(again, Err(StoreError::Exists(_))));
}

pub async fn a_closed_store_answers_unavailable(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let key = w.deliver(endpoint, Place::Lane).await;
    w.store().close().await.unwrap();
    assert!(matches!(w.store().commit(Batch::default()).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(w.store().event(key.event).await, Err(StoreError::Unavailable(_))));
    w.restart().await;
    assert!(w.store().event(key.event).await.unwrap().is_some());
}
