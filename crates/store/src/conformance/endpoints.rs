//! Endpoints and routing versions.

use bytes::Bytes;
use postrider_model::endpoint::{DisabledReason, EndpointConfig, RateLimit};
use postrider_model::id::{EndpointKey, Mode};

use super::Backend;
use super::world::{World, audit, lane};
use crate::{
    Append, AppendOutcome, AuditQuery, Batch, Endpoint, EndpointChange, EndpointPatch, EndpointQuery,
    HealthWrite, NewEndpoint, Scope, StoreError,
};

fn patch(w: &World, endpoint: &Endpoint) -> EndpointPatch {
    EndpointPatch { revision: endpoint.revision, config: None, sealed: None, change: None, now: w.now }
}

async fn update(w: &World, endpoint: &Endpoint, patch: EndpointPatch) -> Option<Endpoint> {
    w.store().update_endpoint(endpoint.key, patch, None, audit("endpoint.update", w.now)).await.unwrap()
}

pub async fn an_endpoint_comes_back_as_it_was_given(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let mut new = w.new_endpoint(w.tenant);
    new.config = EndpointConfig {
        url: "https://example.org/ü".to_owned(),
        event_types: vec!["contact.*".to_owned()],
        filter: Some(serde_json::json!({"data": {"amount": {"$gt": 1.5}}})),
        rate_limit: Some(RateLimit { per_second: 0.5 }),
        ..EndpointConfig::default()
    };
    let (id, config) = (new.id, new.config.clone());
    let made = w.store().create_endpoint(new, None, audit("endpoint.create", w.now)).await.unwrap();
    assert_eq!((made.id, &made.config, &made.sealed[..]), (id, &config, b"sealed".as_slice()));
    assert!(made.enabled && made.disabled_at.is_none() && made.tenant_id == "t1");
    w.restart().await;
    assert_eq!(w.store().endpoint(w.scope(), id).await.unwrap(), Some(made.clone()));
    assert_eq!(w.store().endpoint_by_key(made.key).await.unwrap(), Some(made));
}

pub async fn endpoints_are_found_by_their_rows_deleted_ones_too(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let kept = w.endpoint_of(w.tenant).await;
    let deleted = w.endpoint_of(w.tenant).await;
    w.endpoint_of(w.tenant).await;
    w.store().delete_endpoint(deleted.key, w.now, audit("endpoint.delete", w.now)).await.unwrap();
    let asked = vec![deleted.key, EndpointKey(i64::MAX), kept.key];
    let mut found = w.store().endpoints_by_keys(asked).await.unwrap();
    found.sort_by_key(|endpoint| endpoint.key);
    let known = found.iter().map(|endpoint| (endpoint.key, endpoint.deleted_at.is_some()));
    assert_eq!(known.collect::<Vec<_>>(), [(kept.key, false), (deleted.key, true)]);
    assert_eq!(w.store().endpoints_by_keys(Vec::new()).await.unwrap(), []);
}

pub async fn an_endpoint_is_seen_in_its_scope_only(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint_of(w.tenant).await;
    let other = w.store().ensure_tenant(w.project, "t2", w.now).await.unwrap().key;
    let mine = Scope { tenant: Some(w.tenant), ..w.scope() };
    let theirs = Scope { tenant: Some(other), ..w.scope() };
    let test = Scope { mode: Mode::Test, ..w.scope() };
    for (scope, seen) in [(w.scope(), true), (mine, true), (theirs, false), (test, false)] {
        assert_eq!(w.store().endpoint(scope, endpoint.id).await.unwrap().is_some(), seen);
        assert_eq!(
            w.store().endpoints(EndpointQuery::all(scope, None, 10)).await.unwrap().rows.len(),
            usize::from(seen)
        );
    }
}

pub async fn every_change_makes_matches_stale(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint_of(w.tenant).await;
    let stale = w.event(Vec::new()).await;
    let endpoint = update(&w, &endpoint, patch(&w, &endpoint)).await.unwrap();
    expect_stale(&w, stale).await;
    let stale = w.event(Vec::new()).await;
    w.store().delete_endpoint(endpoint.key, w.now, audit("endpoint.delete", w.now)).await.unwrap();
    expect_stale(&w, stale).await;
    let fresh = w.event(Vec::new()).await;
    w.accept(vec![fresh]).await;
}

async fn expect_stale(w: &World, event: crate::NewEvent) {
    assert_eq!(
        w.append(Append { idempotency: None, events: vec![event] }).await,
        AppendOutcome::StaleRouting
    );
}

pub async fn a_change_against_an_old_revision_is_not_made(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let old = w.endpoint_of(w.tenant).await;
    let config = EndpointConfig { url: "https://one.example/".to_owned(), ..EndpointConfig::default() };
    let sealed = Some(Bytes::from_static(b"other"));
    let first = EndpointPatch { config: Some(config.clone()), ..patch(&w, &old) };
    let new = update(&w, &old, first).await.unwrap();
    assert_eq!((&new.config, &new.sealed), (&config, &old.sealed));
    assert!(update(&w, &old, EndpointPatch { sealed: sealed.clone(), ..patch(&w, &old) }).await.is_none());
    let newer = update(&w, &new, EndpointPatch { sealed: sealed.clone(), ..patch(&w, &new) }).await.unwrap();
    assert_eq!((newer.config, Some(newer.sealed)), (config, sealed));
}

pub async fn the_limit_of_active_endpoints_holds_for_creating_and_enabling(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let first = w.endpoint_of(w.tenant).await;
    let (second, disabled) = (w.new_endpoint(w.tenant), w.new_endpoint(w.tenant));
    let create = |new, limit| w.store().create_endpoint(new, limit, audit("endpoint.create", w.now));
    assert!(matches!(create(second.clone(), Some(1)).await, Err(StoreError::Limit(_))));
    let disabled = create(NewEndpoint { enabled: false, ..disabled }, Some(1)).await.unwrap();
    assert_eq!(disabled.disabled_reason, Some(DisabledReason::Manual));
    create(NewEndpoint { mode: Mode::Test, ..second }, Some(1)).await.unwrap();
    let enable = EndpointPatch { change: Some(EndpointChange::Enable), ..patch(&w, &disabled) };
    let change = |limit| {
        w.store().update_endpoint(disabled.key, enable.clone(), limit, audit("endpoint.enable", w.now))
    };
    assert!(matches!(change(Some(1)).await, Err(StoreError::Limit(_))));
    assert!(!w.store().endpoint_by_key(disabled.key).await.unwrap().unwrap().enabled);
    w.store().delete_endpoint(first.key, w.now, audit("endpoint.delete", w.now)).await.unwrap();
    assert!(change(Some(1)).await.unwrap().unwrap().enabled);
}

pub async fn endpoints_are_listed_by_whether_they_are_enabled_and_whether_they_fail(
    backend: Box<dyn Backend>,
) {
    let mut w = World::new(backend).await;
    let other = w.store().ensure_tenant(w.project, "t2", w.now).await.unwrap().key;
    let mut made = Vec::new();
    for tenant in [w.tenant, other, w.tenant, other, w.tenant] {
        made.push(w.endpoint_of(tenant).await);
    }
    // 0 fails, 1 fails and is disabled, 2 is disabled, 3 is well, 4 fails and is deleted.
    let failing = vec![health(&made[0], 1), health(&made[1], 2), health(&made[4], 3)];
    w.commit(Batch { health: failing, ..Batch::default() }).await;
    for disabled in [1, 2] {
        let change = Some(EndpointChange::Disable(DisabledReason::Manual));
        let _ = update(&w, &made[disabled], EndpointPatch { change, ..patch(&w, &made[disabled]) }).await;
    }
    w.store().delete_endpoint(made[4].key, w.now, audit("endpoint.delete", w.now)).await.unwrap();
    let listed = async |tenant, enabled, failing| {
        let scope = Scope { tenant, ..w.scope() };
        let (mut cursor, mut seen) = (None, Vec::new());
        loop {
            // A page at a time, so that cursors are walked too.
            let query = EndpointQuery { enabled, failing, ..EndpointQuery::all(scope, cursor, 1) };
            let page = w.store().endpoints(query).await.unwrap();
            seen.extend(page.rows.iter().filter_map(|row| made.iter().position(|one| one.key == row.key)));
            cursor = page.next;
            if cursor.is_none() {
                return seen;
            }
        }
    };
    let mine = Some(w.tenant);
    for (tenant, enabled, failing, expected) in [
        (None, None, None, &[3, 2, 1, 0][..]),
        (None, Some(true), None, &[3, 0]),
        (None, Some(false), None, &[2, 1]),
        (None, None, Some(true), &[1, 0]),
        (None, None, Some(false), &[3, 2]),
        (None, Some(true), Some(true), &[0]),
        (None, Some(false), Some(true), &[1]),
        (None, Some(false), Some(false), &[2]),
        (mine, None, None, &[2, 0]),
        (mine, Some(true), None, &[0]),
        (mine, None, Some(false), &[2]),
        (mine, Some(false), Some(true), &[]),
    ] {
        assert_eq!(listed(tenant, enabled, failing).await, expected, "{tenant:?} {enabled:?} {failing:?}");
    }
}

fn health(endpoint: &Endpoint, failure_count: u32) -> HealthWrite {
    HealthWrite {
        endpoint: endpoint.key,
        failure_count,
        failing_since: Some(endpoint.created_at),
        last_success_at: None,
        last_attempt_at: Some(endpoint.created_at),
        last_status: Some(503),
        disable: None,
    }
}

pub async fn enabling_clears_the_failure_count(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint_of(w.tenant).await;
    w.commit(Batch { health: vec![health(&endpoint, 4)], ..Batch::default() }).await;
    let read = w.store().endpoint_by_key(endpoint.key).await.unwrap().unwrap();
    assert_eq!((read.failure_count, read.failing_since, read.last_status), (4, Some(w.now), Some(503)));
    // Health is not a change by people: what they read before is still the latest.
    let disable = EndpointChange::Disable(DisabledReason::Manual);
    let disabled =
        update(&w, &read, EndpointPatch { change: Some(disable), ..patch(&w, &endpoint) }).await.unwrap();
    assert_eq!((disabled.enabled, disabled.disabled_at, disabled.failure_count), (false, Some(w.now), 4));
    let enable = EndpointPatch { change: Some(EndpointChange::Enable), ..patch(&w, &disabled) };
    let enabled = update(&w, &disabled, enable).await.unwrap();
    assert_eq!((enabled.enabled, enabled.disabled_at, enabled.disabled_reason), (true, None, None));
    assert_eq!((enabled.failure_count, enabled.failing_since), (0, None));
}

pub async fn a_rule_disables_an_endpoint_once_and_writes_an_entry(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint_of(w.tenant).await;
    let stale = w.event(vec![lane(endpoint.key)]).await;
    let at = w.now;
    let write = HealthWrite { disable: Some((DisabledReason::Gone, at)), ..health(&endpoint, 1) };
    let later = HealthWrite { disable: Some((DisabledReason::Failures, at)), ..health(&endpoint, 2) };
    w.commit(Batch { health: vec![write, later], ..Batch::default() }).await;
    let read = w.store().endpoint_by_key(endpoint.key).await.unwrap().unwrap();
    assert_eq!((read.enabled, read.disabled_at), (false, Some(at)));
    assert_eq!((read.disabled_reason, read.failure_count), (Some(DisabledReason::Gone), 2));
    let query = AuditQuery {
        project: w.project,
        tenant: Some("t1".to_owned()),
        action: Some("endpoint.disable".to_owned()),
        since: None,
        until: None,
        cursor: None,
        limit: 10,
    };
    let entries = w.store().audit(query).await.unwrap().rows;
    assert_eq!((entries.len(), entries[0].actor.as_str()), (1, "postrider"));
    expect_stale(&w, stale).await;
}

pub async fn a_deleted_endpoint_keeps_its_history(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint_of(w.tenant).await;
    let key = w.deliver(endpoint.key, crate::Place::Lane).await;
    w.end(key, crate::Next::Delivered).await;
    w.store().delete_endpoint(endpoint.key, w.now, audit("endpoint.delete", w.now)).await.unwrap();
    let found = w.store().endpoint(w.scope(), endpoint.id).await.unwrap().unwrap();
    assert_eq!((found.key, found.deleted_at), (endpoint.key, Some(w.now)));
    assert!(w.store().routes(w.tenant).await.unwrap().1.is_empty());
    let read = w.store().endpoint_by_key(endpoint.key).await.unwrap().unwrap();
    assert_eq!((read.deleted_at, read.enabled), (Some(w.now), false));
    assert!(w.detail(key).await.is_some());
    let again = w.store().delete_endpoint(endpoint.key, w.now, audit("endpoint.delete", w.now)).await;
    assert!(matches!(again, Err(StoreError::NotFound(_))));
}
