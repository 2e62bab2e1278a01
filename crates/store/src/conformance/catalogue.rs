//! What people configure.

use postrider_model::delivery::DeliveryState;
use postrider_model::id::{IdSalt, Mode, ReplayId};
use postrider_model::time::Millis;
use serde_json::json;

use super::Backend;
use super::world::{World, audit, new_project, selection};
use crate::{
    AuditQuery, Change, ChangeOutcome, EndpointQuery, NewAudit, NewEndpoint, NewEventType, NewReplay, Place,
    ProjectPatch, ReplayProgress, ReplayStatus, Scope, StatRow, StatSum, StoreError,
};

pub async fn a_projects_id_is_taken_until_it_is_deleted(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    let again = w.store().create_project(new_project("acme", w.now), audit("project.create", w.now)).await;
    assert!(matches!(again, Err(StoreError::Exists(_))));
    let project = w.store().project("acme").await.unwrap().unwrap();
    assert_eq!(w.store().project_by_key(w.project).await.unwrap(), Some(project));
    w.store().delete_project(w.project, audit("project.delete", w.now)).await.unwrap();
    assert_eq!(w.store().project("acme").await.unwrap(), None);
    assert!(w.store().projects(None, 10).await.unwrap().rows.is_empty());
    let gone = w.store().delete_project(w.project, audit("project.delete", w.now)).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))));
    let new =
        w.store().create_project(new_project("acme", w.now), audit("project.create", w.now)).await.unwrap();
    assert_ne!(new.key, w.project);
}

pub async fn a_projects_patch_leaves_the_rest_and_makes_matches_stale(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let event = w.event(Vec::new()).await;
    let revision = w.store().project_by_key(w.project).await.unwrap().unwrap().revision;
    let settings = Some(json!({"a": 1}));
    let patch = ProjectPatch { revision, name: None, contract: None, settings, now: Millis(w.now.0 + 5) };
    let patched = w.store().update_project(w.project, patch, audit("project.update", w.now)).await.unwrap();
    let patched = patched.unwrap();
    assert_eq!((patched.name.as_str(), patched.contract.as_str()), ("Acme", "standard"));
    assert_eq!((patched.settings, patched.created_at), (json!({"a": 1}), w.now));
    assert_eq!(patched.updated_at, Millis(w.now.0 + 5));
    let outcome = w.append(crate::Append { idempotency: None, events: vec![event] }).await;
    assert_eq!(outcome, crate::AppendOutcome::StaleRouting);
}

pub async fn a_change_of_a_project_against_an_old_revision_is_not_made(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let old = w.store().project("acme").await.unwrap().unwrap();
    let now = w.now;
    let rename = |revision, name: &str| ProjectPatch {
        revision,
        name: Some(name.to_owned()),
        contract: None,
        settings: None,
        now,
    };
    let entry = || NewAudit { project: Some(old.key), ..audit("project.update", now) };
    let update = |patch| w.store().update_project(old.key, patch, entry());
    let new = update(rename(old.revision, "one")).await.unwrap().unwrap();
    assert_eq!(update(rename(old.revision, "two")).await.unwrap(), None);
    assert_eq!(w.store().project("acme").await.unwrap(), Some(new.clone()));
    let query = AuditQuery {
        project: w.project,
        tenant: None,
        action: Some("project.update".to_owned()),
        since: None,
        until: None,
        cursor: None,
        limit: 10,
    };
    assert_eq!(w.store().audit(query).await.unwrap().rows.len(), 1, "what was not done is not noted");
    let newer = update(rename(new.revision, "three")).await.unwrap().unwrap();
    assert_eq!((newer.name.as_str(), &newer.settings), ("three", &old.settings));
    w.restart().await;
    assert_eq!(w.store().project("acme").await.unwrap(), Some(newer));
    w.store().delete_project(w.project, audit("project.delete", w.now)).await.unwrap();
    let gone = w.store().update_project(w.project, rename(1, "four"), entry()).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))));
}

pub async fn a_key_is_found_by_its_hash_until_revoked(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let (plain, of_tenant) = (w.new_key(1, None), w.new_key(2, Some("t9")));
    let key = w.store().create_key(plain, audit("key.create", w.now)).await.unwrap();
    let tenant_key = w.store().create_key(of_tenant, audit("key.create", w.now)).await.unwrap();
    assert_eq!(w.store().key_by_hash(&[1; 32]).await.unwrap(), Some(key.clone()));
    assert_eq!(tenant_key.tenant.as_ref().map(|(_, id)| id.as_str()), Some("t9"));
    assert!(w.store().tenant(w.project, "t9").await.unwrap().is_some());
    let tenant = tenant_key.tenant.as_ref().map(|(row, _)| *row);
    assert_eq!(
        w.store().keys(w.project, tenant, None, 10).await.unwrap().rows,
        std::slice::from_ref(&tenant_key)
    );
    assert_eq!(w.store().keys(w.project, None, None, 10).await.unwrap().rows, [tenant_key, key.clone()]);
    let other =
        w.store().create_project(new_project("other", w.now), audit("project.create", w.now)).await.unwrap();
    let wrong = w.store().revoke_key(other.key, key.id, w.now, audit("key.revoke", w.now)).await;
    assert!(matches!(wrong, Err(StoreError::NotFound(_))));
    w.store().revoke_key(w.project, key.id, w.now, audit("key.revoke", w.now)).await.unwrap();
    assert_eq!(w.store().key_by_hash(&[1; 32]).await.unwrap(), None);
    assert_eq!(w.store().keys(w.project, None, None, 10).await.unwrap().rows.len(), 1);
}

pub async fn keys_of_a_deleted_project_open_nothing(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let key = w.new_key(1, None);
    w.store().create_key(key, audit("key.create", w.now)).await.unwrap();
    w.store().delete_project(w.project, audit("project.delete", w.now)).await.unwrap();
    assert_eq!(w.store().key_by_hash(&[1; 32]).await.unwrap(), None);
    let refused = w.store().ensure_tenant(w.project, "new", w.now).await;
    assert!(matches!(refused, Err(StoreError::NotFound(_))));
}

pub async fn a_tenant_is_made_once(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let made = w.store().ensure_tenant(w.project, "t2", w.now).await.unwrap();
    w.pass(5);
    assert_eq!(w.store().ensure_tenant(w.project, "t2", w.now).await.unwrap(), made);
    assert_eq!(w.store().tenant(w.project, "t2").await.unwrap(), Some(made));
    assert_eq!(w.store().tenant(w.project, "t3").await.unwrap(), None);
}

pub async fn a_deleted_tenant_is_gone_with_its_endpoints_and_keys(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let (endpoint, gone) = (w.endpoint_of(w.tenant).await, w.endpoint_of(w.tenant).await);
    w.store().delete_endpoint(gone.key, w.now, audit("endpoint.delete", w.now)).await.unwrap();
    let test = NewEndpoint { mode: Mode::Test, enabled: false, ..w.new_endpoint(w.tenant) };
    let test = w.store().create_endpoint(test, None, audit("endpoint.create", w.now)).await.unwrap();
    let other = w.store().ensure_tenant(w.project, "t2", w.now).await.unwrap().key;
    w.endpoint_of(other).await;
    let key = w.new_key(1, Some("t1"));
    w.store().create_key(key, audit("key.create", w.now)).await.unwrap();
    let event = w.event(Vec::new()).await;
    let mut deleted = w.store().delete_tenant(w.tenant, w.now, audit("tenant.delete", w.now)).await.unwrap();
    deleted.sort_unstable();
    assert_eq!(deleted, [endpoint.key, test.key], "those that this call deleted, in both modes");
    assert_eq!(w.store().tenant(w.project, "t1").await.unwrap(), None);
    assert_eq!(w.store().key_by_hash(&[1; 32]).await.unwrap(), None);
    assert_eq!(w.store().endpoint(w.scope(), endpoint.id).await.unwrap(), None);
    assert!(matches!(w.store().routes(w.tenant).await, Err(StoreError::NotFound(_))));
    let outcome = w.append(crate::Append { idempotency: None, events: vec![event] }).await;
    assert_eq!(outcome, crate::AppendOutcome::StaleRouting);
    assert_ne!(w.store().ensure_tenant(w.project, "t1", w.now).await.unwrap().key, w.tenant);
}

pub async fn a_type_is_replaced_archived_and_taken_back(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    let new = |description: &str, schema| NewEventType {
        project: w.project,
        name: "call ended".to_owned(),
        description: description.to_owned(),
        schema,
        example: Some(json!({"id": 1.5})),
        now: w.now,
    };
    let put = |new| w.store().put_event_type(new, audit("type.put", w.now));
    put(new("one", Some(json!({"type": "object"})))).await.unwrap();
    let replaced = put(new("two", None)).await.unwrap();
    assert_eq!((replaced.description.as_str(), &replaced.schema), ("two", &None));
    assert_eq!(replaced.example, Some(json!({"id": 1.5})));
    // An event's type need not be declared, and is no part of the catalogue then.
    w.store().intern_type(w.project, "undeclared").await.unwrap();
    assert_eq!(w.store().event_types(w.project, None, 10).await.unwrap().rows, [replaced]);
    let archive =
        || w.store().archive_event_type(w.project, "call ended", w.now, audit("type.archive", w.now));
    archive().await.unwrap();
    assert!(w.store().event_types(w.project, None, 10).await.unwrap().rows.is_empty());
    let archived = w.store().event_type(w.project, "call ended").await.unwrap().unwrap();
    assert_eq!(archived.archived_at, Some(w.now));
    assert!(matches!(archive().await, Err(StoreError::NotFound(_))));
    assert_eq!(put(new("three", None)).await.unwrap().archived_at, None);
}

pub async fn facts_are_set_once_or_again(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    assert_eq!(w.store().fact("f").await.unwrap(), None);
    assert_eq!(w.store().set_fact_once("f", b"1").await.unwrap(), b"1");
    assert_eq!(w.store().set_fact_once("f", b"2").await.unwrap(), b"1");
    w.store().set_fact("f", b"3").await.unwrap();
    w.restart().await;
    assert_eq!(w.store().fact("f").await.unwrap().as_deref(), Some(b"3".as_slice()));
}

pub async fn lists_are_newest_first_and_paged(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    for number in 2..=5 {
        w.store().ensure_tenant(w.project, &format!("t{number}"), w.now).await.unwrap();
    }
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = w.store().tenants(w.project, cursor, 2).await.unwrap();
        assert!(page.rows.len() <= 2);
        ids.extend(page.rows.into_iter().map(|tenant| tenant.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(ids, ["t5", "t4", "t3", "t2", "t1"]);
}

pub async fn a_cursor_that_is_not_ours_is_refused(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    let cursor = || Some("no cursor".to_owned());
    let refused = |error: Option<StoreError>| assert!(matches!(error, Some(StoreError::BadCursor)));
    refused(w.store().tenants(w.project, cursor(), 2).await.err());
    refused(w.store().projects(cursor(), 2).await.err());
    refused(w.store().endpoints(EndpointQuery::all(w.scope(), cursor(), 2)).await.err());
    let query = crate::EventQuery {
        scope: w.scope(),
        types: Vec::new(),
        since: None,
        until: None,
        cursor: cursor(),
        limit: 2,
    };
    refused(w.store().events(query).await.err());
}

pub async fn audit_entries_are_found_by_what_they_are_about(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    for (tenant, action) in [(None, "a"), (Some("t1"), "b"), (Some("t2"), "b")] {
        w.pass(1);
        let entry = NewAudit {
            project: Some(w.project),
            tenant: tenant.map(str::to_owned),
            detail: json!({"n": 1}),
            ..audit(action, w.now)
        };
        w.store().note(entry).await.unwrap();
    }
    let all = AuditQuery {
        project: w.project,
        tenant: None,
        action: None,
        since: None,
        until: None,
        cursor: None,
        limit: 10,
    };
    let actions = |query| async {
        let page = w.store().audit(query).await.unwrap();
        page.rows.into_iter().map(|entry| entry.action).collect::<Vec<_>>()
    };
    assert_eq!(actions(all.clone()).await, ["b", "b", "a", "project.create"]);
    assert_eq!(actions(AuditQuery { tenant: Some("t2".to_owned()), ..all.clone() }).await, ["b"]);
    assert_eq!(actions(AuditQuery { action: Some("a".to_owned()), ..all.clone() }).await, ["a"]);
    assert_eq!(actions(AuditQuery { since: Some(w.now), ..all.clone() }).await, ["b"]);
    assert_eq!(actions(AuditQuery { until: Some(w.now), limit: 2, ..all }).await, ["b", "a"]);
}

pub async fn counted_minutes_add_up(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint().await;
    let sum = |minute, succeeded, latency_max_ms| StatSum {
        minute,
        succeeded,
        failed: 1,
        exhausted: 0,
        latency_ms: 10,
        latency_max_ms,
    };
    let row = |minute, succeeded, max| StatRow { endpoint, minute, sum: sum(0, succeeded, max) };
    w.store().add_stats(vec![row(100, 1, 5), row(101, 2, 9)]).await.unwrap();
    w.store().add_stats(vec![row(100, 3, 4), row(105, 1, 1)]).await.unwrap();
    let minute = |minute: i64| Millis(minute * 60_000);
    let sums = w.store().stats(endpoint, minute(100), minute(105), 5).await.unwrap();
    let expected =
        StatSum { minute: 100, succeeded: 6, failed: 3, exhausted: 0, latency_ms: 30, latency_max_ms: 9 };
    assert_eq!(sums, [expected]);
    let sums = w.store().stats(endpoint, minute(101), minute(106), 1).await.unwrap();
    assert_eq!(sums, [sum(101, 2, 9), sum(105, 1, 1)]);
}

pub async fn a_cancelled_replay_stays_cancelled(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint_of(w.tenant).await;
    let id = ReplayId(w.ordinals.next(w.now).to_uuid(IdSalt(7)));
    let selection = crate::Selection {
        since: Some(w.now),
        states: vec![DeliveryState::Failed],
        types: vec!["a.*".to_owned()],
        ..selection(endpoint.key)
    };
    let new = NewReplay {
        id,
        scope: w.scope(),
        tenant: w.tenant,
        selection: selection.clone(),
        per_second: 50,
        matched: 3,
        now: w.now,
    };
    let replay = w.store().create_replay(new, audit("replay.create", w.now)).await.unwrap();
    assert_eq!((replay.endpoint_id, &replay.selection), (endpoint.id, &selection));
    let progress =
        |status, reopened| ReplayProgress { status, cursor: None, reopened, skipped: 1, at: w.now };
    w.store().advance_replay(id, progress(ReplayStatus::Running, 2)).await.unwrap();
    let running = w.store().running_replays().await.unwrap();
    assert_eq!((running.len(), running[0].progress.reopened), (1, 2));
    w.store().advance_replay(id, progress(ReplayStatus::Cancelled, 2)).await.unwrap();
    let late = w.store().advance_replay(id, progress(ReplayStatus::Done, 3)).await.unwrap();
    // What was reopened while it was cancelled was reopened all the same.
    assert_eq!((late.progress.status, late.progress.reopened), (ReplayStatus::Cancelled, 3));
    assert!(w.store().running_replays().await.unwrap().is_empty());
    assert_eq!(w.store().replays(w.scope(), None, 5).await.unwrap().rows, [late]);
    let other = w.store().ensure_tenant(w.project, "t2", w.now).await.unwrap().key;
    let scope = Scope { tenant: Some(other), ..w.scope() };
    assert_eq!(w.store().replay(scope, id).await.unwrap(), None);
}

pub async fn nothing_is_reopened_for_a_replay_that_was_cancelled(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoint = w.endpoint_of(w.tenant).await;
    let id = ReplayId(w.ordinals.next(w.now).to_uuid(IdSalt(7)));
    let (first, second) =
        (w.deliver(endpoint.key, Place::Held).await, w.deliver(endpoint.key, Place::Held).await);
    let new = NewReplay {
        id,
        scope: w.scope(),
        tenant: w.tenant,
        selection: selection(endpoint.key),
        per_second: 50,
        matched: 2,
        now: w.now,
    };
    w.store().create_replay(new, audit("replay.create", w.now)).await.unwrap();
    let reopen = |delivery| Change::Reopen { delivery, due: w.now, replay: Some(id) };
    let (reopen_first, reopen_second) = (reopen(first), reopen(second));
    assert_eq!(w.change(reopen_first).await, ChangeOutcome::Done { released: None });
    let status = ReplayStatus::Cancelled;
    let cancelled = ReplayProgress { status, cursor: None, reopened: 1, skipped: 0, at: w.now };
    w.store().advance_replay(id, cancelled).await.unwrap();
    assert_eq!(w.change(reopen_second).await, ChangeOutcome::ReplayOver);
    assert_eq!(w.state(second).await, DeliveryState::Held);
}
