//! What these programs write: one project with one event type, and events of 400 bytes with one delivery each.

use std::error::Error;

use bytes::Bytes;
use postrider_model::id::{Mode, Ordinal, ProjectKey, TenantKey, TypeKey};
use postrider_model::time::Millis;
use postrider_store::{Catalogue, EventFlags, Fanout, NewAudit, NewDelivery, NewEvent, NewProject};
use postrider_store_sqlite::SqliteStore;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// The project that is written to, and its one event type.
#[derive(Clone, Copy)]
pub(crate) struct Stock {
    pub project: ProjectKey,
    pub kind: TypeKey,
}

/// A tenant, and the version of its routes that events are matched against.
#[derive(Clone, Copy)]
pub(crate) struct Tenant {
    pub key: TenantKey,
    pub routing: u64,
}

impl Stock {
    /// Creates both.
    pub(crate) async fn create(store: &SqliteStore, now: Millis) -> Outcome<Self> {
        let new = NewProject {
            id: "bench".to_owned(),
            name: "Bench".to_owned(),
            contract: "standard".to_owned(),
            settings: serde_json::Value::Null,
            now,
        };
        let project = store.create_project(new, audit(now)).await?.key;
        Ok(Self { project, kind: store.intern_type(project, "contact.created").await? })
    }

    /// A tenant by its id, as its endpoints are now.
    pub(crate) async fn tenant(&self, store: &SqliteStore, id: &str, now: Millis) -> Outcome<Tenant> {
        let key = store.ensure_tenant(self.project, id, now).await?.key;
        Ok(Tenant { key, routing: store.routes(key).await?.0 })
    }

    /// An event of the tenant, kept 30 days.
    pub(crate) fn event(
        &self,
        tenant: Tenant,
        ordinal: Ordinal,
        delivery: NewDelivery,
        now: Millis,
    ) -> NewEvent {
        NewEvent {
            ordinal,
            project: self.project,
            mode: Mode::Live,
            tenant: tenant.key,
            routing: tenant.routing,
            kind: self.kind,
            timestamp: now,
            data: Bytes::from_static(&[b'x'; 400]),
            changes: None,
            attributes: None,
            ordering_key: None,
            deliver_at: None,
            idempotency: None,
            flags: EventFlags::default(),
            retention_days: 30,
            deliveries: vec![delivery],
            fanout: Fanout::default(),
        }
    }
}

/// The entry of the audit log that each change has to bring.
pub(crate) fn audit(at: Millis) -> NewAudit {
    NewAudit {
        project: None,
        tenant: None,
        actor: "bench".to_owned(),
        action: "bench",
        target: String::new(),
        detail: serde_json::Value::Null,
        at,
    }
}
