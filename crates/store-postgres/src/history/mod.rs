//! Lists and single objects. Lists are newest first. A delivery may be in a lane, where no row tells of it but its
//! event's match set: lists of a scope go by events, those of an endpoint by its rows, and by its tenant's events from the
//! nodes' low-water marks on (DESIGN 5 "Lists").
//!
//! Nothing needs one snapshot: a list is found first and read then, and what went from one table to the other in between
//! is where it went to.

pub(crate) mod erase;
mod events;
mod list;
pub(crate) mod matches;
mod select;
mod source;
mod summary;
mod window;

use async_trait::async_trait;
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_store::{
    Cluster, DeliveryDetail, DeliveryQuery, DeliverySummary, EventDetail, EventQuery, EventSummary, History,
    Page, Scope, Selection, Signal, StoreError,
};

use tokio_postgres::types::Type;

use crate::conn::Conn;
use crate::fault::Res;
use crate::signal;
use crate::store::PostgresStore;

/// Events or deliveries that a page examines at most. DESIGN 5 allows 20,000; of these a page whose filter finds little
/// takes some 10 ms.
const EXAMINED: usize = 3_000;
/// Deliveries of them whose rows are looked at, about: that is the dearer part.
const RESOLVED: usize = 500;
/// Rows that are examined in one statement at most.
const MOST_OF_CHUNK: usize = 1_024;
/// Deliveries that are counted in one call.
const COUNTED: usize = 20_000;

/// Whether the history of an event `e` has not ended: it is dropped later than that, with its partition.
const VISIBLE: &str =
    "(e.id >= coalesce((SELECT r.mark FROM postrider.retention r WHERE r.class = e.class), e.id)
     OR EXISTS (SELECT FROM postrider.late l WHERE l.event = e.id))";

/// Whether a list of these types, of which there are some, is empty because no event ever was of one of them.
async fn none_is_known(conn: &Conn, scope: Scope, types: &[String]) -> Res<bool> {
    if types.is_empty() {
        return Ok(false);
    }
    let known = conn
        .query_opt(
            "SELECT FROM postrider.type_name WHERE project = $1 AND name = ANY($2) LIMIT 1",
            &[(&scope.project.0, Type::INT8), (&types, Type::TEXT_ARRAY)],
        )
        .await?;
    Ok(known.is_none())
}

#[async_trait]
impl History for PostgresStore {
    async fn events(&self, query: EventQuery) -> Result<Page<EventSummary>, StoreError> {
        Ok(events::list(&self.prompt().await?, &query, self.standing.now()).await?)
    }

    async fn event_detail(&self, scope: Scope, event: Ordinal) -> Result<Option<EventDetail>, StoreError> {
        Ok(events::detail(&self.prompt().await?, scope, event).await?)
    }

    async fn deliveries(&self, query: DeliveryQuery) -> Result<Page<DeliverySummary>, StoreError> {
        Ok(list::deliveries(&self.prompt().await?, &query, self.standing.now()).await?)
    }

    async fn delivery_detail(
        &self,
        scope: Scope,
        event: Ordinal,
        endpoint: EndpointKey,
    ) -> Result<Option<DeliveryDetail>, StoreError> {
        Ok(events::delivery(&self.prompt().await?, scope, event, endpoint).await?)
    }

    async fn select(
        &self,
        selection: &Selection,
        after: Option<Ordinal>,
        limit: usize,
    ) -> Result<(Vec<Ordinal>, Option<Ordinal>), StoreError> {
        Ok(select::select(&self.prompt().await?, selection, after, limit, self.standing.now()).await?)
    }

    async fn count(&self, selection: &Selection) -> Result<u64, StoreError> {
        let (mut total, mut after) = (0, None);
        loop {
            let (found, next) = self.select(selection, after, COUNTED).await?;
            total += found.len() as u64;
            match next {
                Some(_) => after = next,
                None => return Ok(total),
            }
        }
    }

    async fn erase_data(&self, scope: Scope, event: Ordinal) -> Result<bool, StoreError> {
        let tx = self.begin_promptly().await?;
        if !erase::event(&tx, scope, event).await? {
            return Ok(false);
        }
        signal::insert(&tx, self.writer(), &Signal::Erased(event)).await?;
        tx.commit().await?;
        self.ring();
        Ok(true)
    }
}
