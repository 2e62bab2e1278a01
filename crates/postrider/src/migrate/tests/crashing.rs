//! A target that fails once, before or after it did what it was asked.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use postrider_model::time::Millis;
use postrider_store::StoreError;
use postrider_store::transfer::{
    Begun, Copied, Cursor, Export, Page, Part, Settlement, Table, Target, Transfer, TransferError,
};

/// Every change it is asked for but the first fails: so each run comes one step further.
pub(super) struct Crashing<'a> {
    inner: &'a dyn Target,
    /// Done, and the answer lost; else not done.
    after: bool,
    used: AtomicBool,
    crashed: AtomicBool,
}

impl<'a> Crashing<'a> {
    pub(super) fn new(inner: &'a dyn Target, after: bool) -> Self {
        Self { inner, after, used: AtomicBool::new(false), crashed: AtomicBool::new(false) }
    }

    pub(super) fn has_crashed(&self) -> bool {
        self.crashed.load(Ordering::Relaxed)
    }

    async fn perhaps(
        &self,
        change: impl Future<Output = Result<(), TransferError>>,
    ) -> Result<(), TransferError> {
        if !self.used.swap(true, Ordering::Relaxed) {
            return change.await;
        }
        if self.after {
            change.await?;
        }
        self.crashed.store(true, Ordering::Relaxed);
        Err(TransferError::Store(StoreError::Fatal("the power is gone".to_owned())))
    }
}

#[async_trait]
impl Export for Crashing<'_> {
    async fn export(&self, table: Table, after: Option<Cursor>) -> Result<Page, StoreError> {
        self.inner.export(table, after).await
    }
}

#[async_trait]
impl Target for Crashing<'_> {
    async fn transfer(&self) -> Result<Option<Transfer>, StoreError> {
        self.inner.transfer().await
    }

    async fn begin(&self, copy: &Copied) -> Result<Begun, TransferError> {
        self.inner.begin(copy).await
    }

    async fn import(&self, part: Part<'_>) -> Result<(), TransferError> {
        self.perhaps(self.inner.import(part)).await
    }

    async fn seal(&self, copy: &Copied, settlement: &Settlement) -> Result<(), TransferError> {
        self.perhaps(self.inner.seal(copy, settlement)).await
    }

    async fn open_for_use(&self, copy: &Copied, now: Millis) -> Result<(), TransferError> {
        self.perhaps(self.inner.open_for_use(copy, now)).await
    }
}
