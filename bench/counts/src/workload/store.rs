//! What the store does in a commit: events appended, deliveries settled.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use postrider_model::delivery::{Attempt, DeliveryKey};
use postrider_model::endpoint::EndpointConfig;
use postrider_model::id::{
    EndpointId, EndpointKey, IdSalt, Mode, Ordinal, OrdinalSource, ProjectKey, TenantKey, TypeKey,
};
use postrider_model::time::Millis;
use postrider_store::{
    Append, Backlog as _, Batch, Catalogue as _, EventFlags, Fanout, Journal as _, NewDelivery, NewEndpoint,
    NewEvent, NewProject, Next, Place, Settle, Upkeep as _,
};
use postrider_store_sqlite::SqliteStore;

use super::{Run, event, server};
use crate::Outcome;

/// Items of a commit.
const COMMIT: usize = 64;
pub(super) const COUNT: usize = 16 * COMMIT;
const ENDPOINTS: usize = 100;

/// Events with one delivery each are appended; nothing is settled.
pub(super) fn append(run: Run) -> Outcome {
    server::runtime()?.block_on(async {
        let mut load = Load::prepare().await?;
        load.append_all(run.count).await?;
        load.store.close().await?;
        Ok(())
    })
}

/// Deliveries of events appended beforehand are settled: delivered at the first attempt.
pub(super) fn settle(run: Run) -> Outcome {
    server::runtime()?.block_on(async {
        let mut load = Load::prepare().await?;
        load.append_all(run.most).await?;
        load.settle_all(run.count).await?;
        load.store.close().await?;
        Ok(())
    })
}

struct Load {
    store: Arc<SqliteStore>,
    _dir: tempfile::TempDir,
    project: ProjectKey,
    tenant: TenantKey,
    routing: u64,
    kind: TypeKey,
    endpoints: Vec<EndpointKey>,
    ordinals: OrdinalSource,
    now: Millis,
    made: usize,
    /// Appended and not settled.
    open: Vec<DeliveryKey>,
}

impl Load {
    async fn prepare() -> Outcome<Self> {
        let dir = tempfile::tempdir()?;
        let store = SqliteStore::open_inline(server::store_options(dir.path()))?;
        let now = event::NOW;
        let new = NewProject {
            id: "counts".to_owned(),
            name: "Counts".to_owned(),
            contract: "standard".to_owned(),
            settings: serde_json::Value::Null,
            now,
        };
        let project = store.create_project(new, server::audit()).await?.key;
        let kind = store.intern_type(project, "contact.created").await?;
        let tenant = store.ensure_tenant(project, "t1", now).await?.key;
        let endpoints = endpoints(&store, project, tenant).await?;
        let routing = store.routes(tenant).await?.0;
        let ordinals = OrdinalSource::new(store.recover(now).await?.highest);
        let (made, open) = (0, Vec::new());
        Ok(Self { store, _dir: dir, project, tenant, routing, kind, endpoints, ordinals, now, made, open })
    }

    async fn append_all(&mut self, count: usize) -> Outcome {
        for _ in 0..count / COMMIT {
            let appends = (0..COMMIT).map(|_| self.append()).collect::<Outcome<_>>()?;
            self.commit(Batch { appends, ..Batch::default() }).await?;
        }
        Ok(())
    }

    async fn settle_all(&mut self, count: usize) -> Outcome {
        for _ in 0..count / COMMIT {
            let settles = self.open.drain(..COMMIT).map(|delivery| settled(delivery, self.now)).collect();
            self.commit(Batch { settles, ..Batch::default() }).await?;
        }
        Ok(())
    }

    async fn commit(&mut self, batch: Batch) -> Outcome {
        // As at 10,000 events a second.
        self.now = self.now + Duration::from_millis(6);
        let low_water = self.open.first().map_or(Ordinal(0), |delivery| delivery.event);
        let (appends, settles) = (batch.appends.len(), batch.settles.len());
        let committed = self.store.commit(Batch { now: self.now, low_water, ..batch }).await?;
        if committed.appends.len() == appends && committed.settles.len() == settles {
            Ok(())
        } else {
            Err("a commit has not an outcome for each item".into())
        }
    }

    fn append(&mut self) -> Outcome<Append> {
        self.made += 1;
        // An endpoint far from the last one.
        let endpoint = *self.endpoints.get(self.made * 37 % ENDPOINTS).ok_or("an endpoint is missing")?;
        let ordinal = self.ordinals.next(self.now);
        self.open.push(DeliveryKey { event: ordinal, endpoint });
        let event = NewEvent {
            ordinal,
            project: self.project,
            mode: Mode::Live,
            tenant: self.tenant,
            routing: self.routing,
            kind: self.kind,
            timestamp: self.now,
            data: Bytes::from_static(event::DATA.as_bytes()),
            changes: None,
            attributes: None,
            ordering_key: None,
            deliver_at: None,
            idempotency: None,
            flags: EventFlags::default(),
            retention_days: 30,
            deliveries: vec![NewDelivery { endpoint, place: Place::Lane }],
            fanout: Fanout::default(),
        };
        Ok(Append { idempotency: None, events: vec![event] })
    }
}

async fn endpoints(store: &SqliteStore, project: ProjectKey, tenant: TenantKey) -> Outcome<Vec<EndpointKey>> {
    let mut endpoints = Vec::new();
    for number in 0..ENDPOINTS {
        let id = EndpointId(Ordinal::at(event::NOW).to_uuid(IdSalt(number as u64)));
        let config = EndpointConfig { url: "https://example.org/".to_owned(), ..EndpointConfig::default() };
        let new = NewEndpoint {
            id,
            project,
            mode: Mode::Live,
            tenant,
            config,
            sealed: Bytes::from_static(b"sealed"),
            enabled: true,
            now: event::NOW,
        };
        endpoints.push(store.create_endpoint(new, None, server::audit()).await?.key);
    }
    Ok(endpoints)
}

fn settled(delivery: DeliveryKey, now: Millis) -> Settle {
    let attempt = Attempt {
        number: 1,
        started_at: now,
        latency_ms: 3,
        response_status: Some(200),
        error: None,
        success: true,
        excerpt: Bytes::from_static(b"ok"),
        note: None,
    };
    Settle { delivery, attempt: Some(attempt), next: Next::Delivered, fresh: true, key: None }
}
