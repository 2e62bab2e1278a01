//! What both sides remember of a move, under one name.

use postrider_model::time::Millis;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Cursor, Page, Table};

/// The fact that keeps a [`Transfer`]. It is each store's own and does not move.
pub const TRANSFER_FACT: &str = "transfer";

/// Which copy: made anew by each one that begins, so that a source that was used in between is noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// The copy.
    pub copy: Uuid,
    /// The id salt of the installation: whose copy it is.
    pub salt: u64,
    /// Where it goes, without a password; for people.
    pub to: String,
}

/// How far a copy has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// In this table.
    pub table: Table,
    /// After this place of the source; `None` at its beginning.
    pub after: Option<Cursor>,
    /// Rows that have come, of all tables.
    pub rows: u64,
}

impl Position {
    /// The beginning.
    pub const START: Self = Self { table: Table::ALL[0], after: None, rows: 0 };

    /// Where it goes on after a page; `None` where that was the last one of the last table.
    pub fn behind(&self, page: &Page) -> Option<Self> {
        let rows = self.rows + page.rows.len() as u64;
        match &page.next {
            Some(next) => Some(Self { table: self.table, after: Some(next.clone()), rows }),
            None => Some(Self { table: self.table.next()?, after: None, rows }),
        }
    }
}

/// A move, as one side knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Which.
    pub copied: Copied,
    /// What became of it.
    pub state: TransferState,
}

/// What became of a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// Rows are being copied, and come so far; `None` where all have come. Nobody may work with the target.
    Copying(Option<Position>),
    /// Everything has come and was found to be the same. The source must not be started again; the target may be.
    Moved(Millis),
}
