//! What is sealed of endpoints.

use bytes::Bytes;
use postrider_model::id::{EndpointKey, Mode};

use super::Backend;
use super::world::{World, audit};
use crate::{AuditQuery, Endpoint, EndpointPatch, NewAudit, NewEndpoint, Reseal};

async fn walked(w: &World) -> Vec<Endpoint> {
    let (mut all, mut after) = (Vec::new(), EndpointKey(0));
    loop {
        let page = w.store().sealed(after, 2).await.unwrap();
        let is_last = page.len() < 2;
        after = page.last().map_or(after, |last| last.key);
        all.extend(page);
        if is_last {
            return all;
        }
    }
}

pub async fn what_is_sealed_is_walked_to_its_end_deleted_endpoints_too(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    assert!(walked(&w).await.is_empty());
    let mut keys = Vec::new();
    for tenant in ["t1", "t2", "t3", "t1"] {
        let tenant = w.store().ensure_tenant(w.project, tenant, w.now).await.unwrap().key;
        keys.push(w.endpoint_of(tenant).await.key);
    }
    let test = NewEndpoint { mode: Mode::Test, enabled: false, ..w.new_endpoint(w.tenant) };
    keys.push(w.store().create_endpoint(test, None, audit("endpoint.create", w.now)).await.unwrap().key);
    w.store().delete_endpoint(keys[0], w.now, audit("endpoint.delete", w.now)).await.unwrap();
    let t2 = w.store().tenant(w.project, "t2").await.unwrap().unwrap().key;
    w.store().delete_tenant(t2, w.now, audit("tenant.delete", w.now)).await.unwrap();
    let all = walked(&w).await;
    assert_eq!(all.iter().map(|endpoint| endpoint.key).collect::<Vec<_>>(), keys);
    assert_eq!(all.iter().filter(|endpoint| endpoint.deleted_at.is_some()).count(), 2);
    w.tidy().await;
    assert_eq!(walked(&w).await.len(), 4, "what is erased is not walked");
}

pub async fn what_is_sealed_anew_changes_nothing_else_and_spares_what_changed_meanwhile(
    backend: Box<dyn Backend>,
) {
    let mut w = World::new(backend).await;
    let endpoints =
        [w.endpoint_of(w.tenant).await, w.endpoint_of(w.tenant).await, w.endpoint_of(w.tenant).await];
    w.store().delete_endpoint(endpoints[1].key, w.now, audit("endpoint.delete", w.now)).await.unwrap();
    let other = Some(Bytes::from_static(b"of its owner"));
    let (revision, now) = (endpoints[2].revision, w.now);
    let patch = EndpointPatch { revision, config: None, sealed: other.clone(), change: None, now };
    let changed =
        w.store().update_endpoint(endpoints[2].key, patch, None, audit("endpoint.update", now)).await;
    assert!(changed.unwrap().is_some());
    let before = walked(&w).await;
    let event = w.event(Vec::new()).await;
    let entry = NewAudit { project: Some(w.project), ..audit("endpoint.reseal", w.now) };
    let anew = |endpoint: &Endpoint, sealed: &'static [u8], audit| Reseal {
        endpoint: endpoint.key,
        before: endpoint.sealed.clone(),
        sealed: Bytes::from_static(sealed),
        audit,
    };
    let batch = vec![
        anew(&endpoints[0], b"one", Some(entry.clone())),
        anew(&endpoints[1], b"two", None),
        anew(&endpoints[2], b"three", Some(entry)),
    ];
    assert_eq!(w.store().reseal(batch).await.unwrap(), 2);
    w.restart().await;
    let after = walked(&w).await;
    let sealed: Vec<_> = after.iter().map(|endpoint| endpoint.sealed.clone()).collect();
    assert_eq!(sealed[..2], [Bytes::from_static(b"one"), Bytes::from_static(b"two")]);
    assert_eq!(Some(&sealed[2]), other.as_ref(), "changed meanwhile");
    for (before, after) in before.into_iter().zip(after) {
        assert_eq!(Endpoint { sealed: after.sealed.clone(), ..before }, after);
    }
    let query = AuditQuery {
        project: w.project,
        tenant: None,
        action: Some("endpoint.reseal".to_owned()),
        since: None,
        until: None,
        cursor: None,
        limit: 10,
    };
    assert_eq!(w.store().audit(query).await.unwrap().rows.len(), 1, "of what was written");
    w.accept(vec![event]).await;
}
