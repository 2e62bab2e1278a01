//! Moving in: the tables of another store, page by page, each page and how far the copy has come in one transaction.

mod begin;
mod cell;
mod export;
mod import;
mod kept;
mod partitions;
mod seal;
mod shape;

use async_trait::async_trait;
use postrider_model::time::Millis;
use postrider_store::StoreError;
use postrider_store::transfer::{
    Begun, Copied, Cursor, Export, Page, Part, Settlement, Table, Target, Transfer, TransferError,
};

use crate::fault::Fault;
use crate::store::PostgresStore;

pub(crate) use kept::is_half_copied;

#[async_trait]
impl Export for PostgresStore {
    async fn export(&self, table: Table, after: Option<Cursor>) -> Result<Page, StoreError> {
        Ok(export::export(&self.conn().await?, table, after.as_ref()).await?)
    }
}

#[async_trait]
impl Target for PostgresStore {
    async fn transfer(&self) -> Result<Option<Transfer>, StoreError> {
        Ok(kept::get(&self.conn().await?).await?)
    }

    async fn begin(&self, copy: &Copied) -> Result<Begun, TransferError> {
        begin::begin(self, copy).await
    }

    async fn import(&self, part: Part<'_>) -> Result<(), TransferError> {
        import::import(self, part).await
    }

    async fn seal(&self, copy: &Copied, settlement: &Settlement) -> Result<(), TransferError> {
        seal::seal(self, copy, settlement).await
    }

    async fn open_for_use(&self, copy: &Copied, now: Millis) -> Result<(), TransferError> {
        seal::open_for_use(self, copy, now).await
    }
}

/// A fault of the database as an error of the move.
fn failed(fault: Fault) -> TransferError {
    TransferError::Store(fault.into_store_error())
}
