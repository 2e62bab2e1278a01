//! Many nodes on one store (DESIGN 6): PostgreSQL's transactions and its clock decide who is there and who does what.

pub(crate) mod bury;
mod claim;
pub(crate) mod doorbell;
mod membership;
mod news;

use async_trait::async_trait;
use postrider_model::slot::{NodeNumber, SlotSet};
use postrider_model::time::Millis;
use postrider_store::{Beat, Buried, Claimed, Cluster, Joined, NewNode, News, NewsQuery, StoreError, View};

use crate::store::PostgresStore;

pub(crate) use claim::backlog;
pub(crate) use membership::{highest, join_alone};
pub(crate) use news::{Reader, after_restore};

#[async_trait]
impl Cluster for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }

    async fn join(&self, node: NewNode) -> Result<Joined, StoreError> {
        Ok(membership::join(self, &node).await?)
    }

    async fn beat(&self, beat: Beat) -> Result<View, StoreError> {
        Ok(membership::beat(self, beat).await?)
    }

    async fn claim(&self, slots: SlotSet, now: Millis) -> Result<Claimed, StoreError> {
        Ok(claim::claim(self, slots, now).await?)
    }

    async fn release(&self, slots: SlotSet) -> Result<(), StoreError> {
        Ok(claim::release(self, slots).await?)
    }

    async fn bury(&self, dead: NodeNumber, now: Millis) -> Result<Option<Buried>, StoreError> {
        Ok(bury::bury(self, dead, now).await?)
    }

    async fn leave(&self) -> Result<(), StoreError> {
        Ok(membership::leave(self).await?)
    }

    async fn news(&self, query: NewsQuery) -> Result<News, StoreError> {
        Ok(news::read(self, query).await?)
    }

    fn ring(&self) {
        self.doorbell.ring(self.writer());
    }

    async fn rung(&self) {
        self.doorbell.rung(self.writer()).await;
    }
}

/// The writer of what no node has in memory: every node hears of it.
const NOBODY: i16 = -1;

/// The numbers of slots, as a column has them.
fn numbers(slots: &SlotSet) -> Vec<i16> {
    slots.iter().map(|slot| i16::from(slot.0)).collect()
}
