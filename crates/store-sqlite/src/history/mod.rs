//! Lists and single objects. Lists are newest first and walk ids downwards: the newest part by id, the rest by the
//! sorted runs (DESIGN 5 "Lists").

mod detail;
mod erase;
mod list;
mod select;
mod summary;
mod walk;
mod wanted;

use async_trait::async_trait;
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_store::{
    DeliveryDetail, DeliveryQuery, DeliverySummary, EventDetail, EventQuery, EventSummary, History, Page,
    Scope, Selection, StoreError,
};

use crate::store::SqliteStore;

/// Rows that one call examines at most (DESIGN 5).
const EXAMINED: usize = 20_000;

#[async_trait]
impl History for SqliteStore {
    async fn events(&self, query: EventQuery) -> Result<Page<EventSummary>, StoreError> {
        self.read(move |conn| list::events(conn, &query)).await
    }

    async fn event_detail(&self, scope: Scope, event: Ordinal) -> Result<Option<EventDetail>, StoreError> {
        self.read(move |conn| detail::event(conn, scope, event)).await
    }

    async fn deliveries(&self, query: DeliveryQuery) -> Result<Page<DeliverySummary>, StoreError> {
        self.read(move |conn| list::deliveries(conn, &query)).await
    }

    async fn delivery_detail(
        &self,
        scope: Scope,
        event: Ordinal,
        endpoint: EndpointKey,
    ) -> Result<Option<DeliveryDetail>, StoreError> {
        self.read(move |conn| detail::delivery(conn, scope, event, endpoint)).await
    }

    async fn select(
        &self,
        selection: &Selection,
        after: Option<Ordinal>,
        limit: usize,
    ) -> Result<(Vec<Ordinal>, Option<Ordinal>), StoreError> {
        let selection = selection.clone();
        self.read(move |conn| select::select(conn, &selection, after, limit)).await
    }

    async fn count(&self, selection: &Selection) -> Result<u64, StoreError> {
        // In snapshots of their own, so that a long count holds none for long.
        let (mut total, mut after) = (0, None);
        loop {
            let (found, next) = self.select(selection, after, EXAMINED).await?;
            total += found.len() as u64;
            match next {
                Some(_) => after = next,
                None => return Ok(total),
            }
        }
    }

    async fn erase_data(&self, scope: Scope, event: Ordinal) -> Result<bool, StoreError> {
        self.change(move |w| w.overwriting(|| erase::event(w, scope, event))?).await
    }
}
