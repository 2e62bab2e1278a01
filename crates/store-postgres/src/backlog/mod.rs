//! What is due, for the lanes and for a start.

pub(crate) mod due;
pub(crate) mod event;
mod fanout;

use async_trait::async_trait;
use postrider_model::id::Ordinal;
use postrider_model::slot::SlotSet;
use postrider_model::time::Millis;
use postrider_store::{
    Backlog, DuePage, DueQuery, FanoutPage, FanoutQuery, Recovered, StoreError, StoredEvent, WaitingFanout,
};

use crate::cluster;
use crate::fault::Res;
use crate::store::PostgresStore;

#[async_trait]
impl Backlog for PostgresStore {
    async fn recover(&self, now: Millis) -> Result<Recovered, StoreError> {
        Ok(recover(self, now).await?)
    }

    async fn due(&self, query: DueQuery) -> Result<DuePage, StoreError> {
        Ok(due::page(self, &query).await?)
    }

    async fn event(&self, ordinal: Ordinal) -> Result<Option<StoredEvent>, StoreError> {
        Ok(event::read(self, ordinal).await?)
    }

    async fn unfinished_fanouts(
        &self,
        after: Ordinal,
        limit: usize,
    ) -> Result<Vec<WaitingFanout>, StoreError> {
        Ok(fanout::unfinished(self, after, limit).await?)
    }

    async fn fanout_parts(&self, query: FanoutQuery) -> Result<FanoutPage, StoreError> {
        Ok(fanout::page(self, &query).await?)
    }
}

/// One of several nodes has nothing yet: it gets its backlog with its slots. Who did not join has the store alone.
async fn recover(store: &PostgresStore, now: Millis) -> Res<Recovered> {
    if store.membership().is_some() {
        let highest = cluster::highest(&store.prompt().await?).await?;
        return Ok(Recovered { highest, ..Recovered::default() });
    }
    let (moved, highest) = cluster::join_alone(store, now).await?;
    let conn = store.prompt().await?;
    let backlog = cluster::backlog(&conn, &SlotSet::ALL, now, 0).await?;
    Ok(Recovered { highest, moved, backlog })
}
