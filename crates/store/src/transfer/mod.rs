//! Moving an installation from one store to another: everything a store holds as pages of rows, in a fixed order of
//! tables, so that a copy can go on where it stopped, and can be proved by counts and checksums.
//!
//! Both sides agree on the columns of each [`Table`] and on what a [`Value`] means there; how a store keeps them is its
//! own. Row numbers stay what they are.

mod digest;
mod error;
mod state;
mod table;
mod value;

use async_trait::async_trait;
use postrider_model::id::{IdSalt, Ordinal};
use postrider_model::time::Millis;

use crate::StoreError;

pub use digest::Digest;
pub use error::TransferError;
pub use state::{Copied, Position, TRANSFER_FACT, Transfer, TransferState};
pub use table::Table;
pub use value::{Cursor, Row, Value};

/// Gives what it holds. Nobody else uses the store meanwhile.
#[async_trait]
pub trait Export: Send + Sync {
    /// The next rows of a table, in an order of the store's own; about as many as take [`PAGE_BYTES`].
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] names a row that cannot be read.
    async fn export(&self, table: Table, after: Option<Cursor>) -> Result<Page, StoreError>;
}

/// A page of rows takes about so much memory.
pub const PAGE_BYTES: usize = 4 << 20;
/// A page has so many rows at most.
pub const PAGE_ROWS: usize = 10_000;

/// Rows of a table.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// In the columns of [`Table::columns`].
    pub rows: Vec<Row>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<Cursor>,
}

/// A store that an installation moves out of: it stands still.
#[async_trait]
pub trait Source: Export {
    /// What a start would do first (deliveries that were in lanes go into the due index), and all else that must be done
    /// before rows are read. Changes nothing the second time.
    async fn settle(&self, now: Millis) -> Result<Settlement, StoreError>;

    /// How many rows a table has, about; for a progress bar.
    async fn rows(&self, table: Table) -> Result<u64, StoreError>;

    /// What the source knows of being moved.
    async fn transfer(&self) -> Result<Option<Transfer>, StoreError>;

    /// Remembers that, or forgets it.
    async fn set_transfer(&self, transfer: Option<Transfer>) -> Result<(), StoreError>;
}

/// What a source says once it stands still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Deliveries that were in lanes.
    pub moved: u64,
    /// What makes its ids its own.
    pub salt: IdSalt,
    /// No id ever made lies above it.
    pub highest: Ordinal,
    /// Tables that number their rows, with the highest number ever given.
    pub numbered: Vec<(Table, i64)>,
}

/// A store that an installation moves into.
#[async_trait]
pub trait Target: Export {
    /// What the target knows of a copy into it.
    async fn transfer(&self) -> Result<Option<Transfer>, StoreError>;

    /// Begins a copy, or says how far the same one has come. What an abandoned copy of the same installation left is
    /// removed first.
    ///
    /// # Errors
    /// [`TransferError`]: the store holds another installation, or one that is in use.
    async fn begin(&self, copy: &Copied) -> Result<Begun, TransferError>;

    /// Writes a page and how far the copy has come, in one transaction. One that is written already is passed over, as
    /// the answer of a commit may be lost.
    ///
    /// # Errors
    /// [`TransferError::Elsewhere`]: another one is at work.
    async fn import(&self, part: Part<'_>) -> Result<(), TransferError>;

    /// Everything is there: new rows get numbers and places behind those that came. On disk when it returns.
    async fn seal(&self, copy: &Copied, settlement: &Settlement) -> Result<(), TransferError>;

    /// The installation lives here from now on.
    async fn open_for_use(&self, copy: &Copied, now: Millis) -> Result<(), TransferError>;
}

/// How a copy begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Where it goes on; `None` where everything has come.
    pub position: Option<Position>,
    /// Whether an earlier run had begun it.
    pub resumed: bool,
    /// Whether an abandoned copy was removed.
    pub emptied: bool,
}

/// A page on its way.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Of this copy.
    pub copy: &'a Copied,
    /// Where it begins.
    pub position: &'a Position,
    /// What comes.
    pub page: &'a Page,
}

/// The digest of a whole table. `seen` hears of each page's rows.
///
/// # Errors
/// Of the store.
pub async fn digest(
    store: &dyn Export,
    table: Table,
    mut seen: impl FnMut(u64),
) -> Result<Digest, StoreError> {
    let (mut digest, mut after) = (Digest::default(), None);
    loop {
        let page = store.export(table, after).await?;
        for row in &page.rows {
            digest.add(row);
        }
        seen(page.rows.len() as u64);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(digest),
        }
    }
}
