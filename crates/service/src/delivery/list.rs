//! Lists deliveries.

use std::sync::Arc;

use postrider_engine::{Engine, ProjectContext};
use postrider_model::delivery::DeliveryState;
use postrider_model::time::Millis;
use postrider_store::{DeliveryQuery, DeliverySummary, Page};

use crate::{Caller, ServiceError, ids};

/// Which deliveries.
#[derive(Debug)]
pub struct ListDeliveries<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Of this tenant.
    pub tenant: Option<String>,
    /// Of this endpoint, by its public id.
    pub endpoint: Option<String>,
    /// In these states; empty for all.
    pub states: Vec<DeliveryState>,
    /// Of these types; empty for all.
    pub types: Vec<String>,
    /// Events accepted at or after.
    pub since: Option<Millis>,
    /// Events accepted before.
    pub until: Option<Millis>,
    /// From the page before.
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

/// A page of deliveries.
#[derive(Debug)]
pub struct ListedDeliveries {
    /// The page.
    pub page: Page<DeliverySummary>,
    /// The project.
    pub context: Arc<ProjectContext>,
}

impl ListDeliveries<'_> {
    /// Newest first by acceptance. A tenant or endpoint that is not there has no deliveries;
    /// those of a deleted endpoint stay until their retention ends.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn run(self, engine: &Engine) -> Result<ListedDeliveries, ServiceError> {
        let context = engine.project(self.caller.project).await?;
        let empty = |context| ListedDeliveries { page: Page { rows: Vec::new(), next: None }, context };
        let Some(scope) = self.caller.narrowed(engine, self.tenant.as_deref()).await? else {
            return Ok(empty(context));
        };
        let mut endpoint = None;
        if let Some(text) = &self.endpoint {
            let found = match ids::read_endpoint(&context, text) {
                Ok(id) => engine.store().endpoint(scope, id).await?,
                Err(_) => None,
            };
            let Some(found) = found else { return Ok(empty(context)) };
            endpoint = Some(found.key);
        }
        let query = DeliveryQuery {
            scope,
            endpoint,
            states: self.states,
            types: self.types,
            since: self.since,
            until: self.until,
            cursor: self.cursor,
            limit: self.limit,
        };
        let page = engine.store().deliveries(query).await?;
        Ok(ListedDeliveries { page, context })
    }
}
