//! Finds what an id stands for, whatever kind of id it is.

use postrider_engine::{Engine, ProjectContext};
use postrider_store::DeliveryQuery;

use crate::{Caller, ServiceError, ids};

/// An attempt's id is made from its delivery's and cannot be taken apart (DESIGN 4.4): it is looked for among so many of
/// the newest deliveries, in pages of so many.
const PAGES: usize = 8;
const ROWS: usize = 250;

/// An id that somebody has.
#[derive(Debug)]
pub struct FindById<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The id.
    pub id: &'a str,
}

/// What it stands for, by public ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// An event.
    Event,
    /// An endpoint, not deleted, of this tenant.
    Endpoint {
        /// The tenant.
        tenant: String,
    },
    /// A replay.
    Replay,
    /// A tenant.
    Tenant,
    /// An attempt of this delivery.
    Attempt {
        /// The delivery's event.
        event: String,
        /// Its endpoint.
        endpoint: String,
    },
}

impl FindById<'_> {
    /// Looks it up; `None` if it stands for nothing that the caller may see.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn run(self, engine: &Engine) -> Result<Option<Found>, ServiceError> {
        let (store, scope) = (engine.store(), self.caller.scope());
        let context = engine.project(self.caller.project).await?;
        if let Ok(event) = ids::read_event(engine, &context, self.id)
            && store.event_detail(scope, event).await?.is_some()
        {
            return Ok(Some(Found::Event));
        }
        if let Ok(id) = ids::read_endpoint(&context, self.id)
            && let Some(endpoint) = store.endpoint(scope, id).await?
            && endpoint.deleted_at.is_none()
        {
            return Ok(Some(Found::Endpoint { tenant: endpoint.tenant_id }));
        }
        if let Ok(id) = ids::read_replay(self.id)
            && store.replay(scope, id).await?.is_some()
        {
            return Ok(Some(Found::Replay));
        }
        // What cannot be a tenant's id is none.
        if let Ok(Some(_)) = self.caller.tenant(engine, self.id).await {
            return Ok(Some(Found::Tenant));
        }
        self.attempt(engine, &context).await
    }

    async fn attempt(
        &self,
        engine: &Engine,
        context: &ProjectContext,
    ) -> Result<Option<Found>, ServiceError> {
        if !self.id.starts_with("whd_") {
            return Ok(None);
        }
        let mut cursor = None;
        for _ in 0..PAGES {
            let query = DeliveryQuery {
                scope: self.caller.scope(),
                endpoint: None,
                states: Vec::new(),
                types: Vec::new(),
                since: None,
                until: None,
                cursor,
                limit: ROWS,
            };
            let page = engine.store().deliveries(query).await?;
            let is_it =
                |event, endpoint, number| ids::show_attempt(engine, event, endpoint, number) == self.id;
            let found = page
                .rows
                .iter()
                .find(|row| (1..=row.attempts).any(|number| is_it(row.event, row.endpoint_id, number)));
            if let Some(row) = found {
                return Ok(Some(Found::Attempt {
                    event: ids::show_event(engine, context, row.event),
                    endpoint: ids::show_endpoint(context, row.endpoint_id),
                }));
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(None)
    }
}
