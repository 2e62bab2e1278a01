//! The engine's commits.

use std::time::Instant;

use async_trait::async_trait;
use postrider_store::{Batch, Committed, Journal, StoreError};

use crate::store::PostgresStore;
use crate::writer;

#[async_trait]
impl Journal for PostgresStore {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let started = Instant::now();
        let mut committed = writer::commit(self, &batch).await?;
        committed.commit_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok(committed)
    }
}
