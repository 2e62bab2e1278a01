//! Moving out: the tables in the form that stores exchange, and what the directory remembers of a move.
//!
//! Everything is read by the writing connection: nobody else uses the store, and no page is given up for taking long.

mod delivery;
mod event;
mod fanout;
mod keys;
mod mark;
mod page;
mod plain;

use async_trait::async_trait;
use postrider_model::time::Millis;
use postrider_store::transfer::{Cursor, Export, Page, Settlement, Source, Table, Transfer};
use postrider_store::{Backlog as _, StoreError};
use rusqlite::Connection;

use crate::fault::{Fault, Res};
use crate::store::SqliteStore;
use crate::upkeep::merge_keys;

pub(crate) use mark::check_or_forget;

#[async_trait]
impl Export for SqliteStore {
    async fn export(&self, table: Table, after: Option<Cursor>) -> Result<Page, StoreError> {
        self.write(move |w| export(&w.conn, table, after.as_ref()).map_err(Fault::into_store_error)).await
    }
}

fn export(conn: &Connection, table: Table, after: Option<&Cursor>) -> Res<Page> {
    match table {
        Table::Idempotency => keys::export(conn, after),
        Table::Event => event::export(conn, after),
        Table::Delivery => delivery::export(conn, after),
        Table::Fanout => fanout::export(conn, after),
        table => plain::export(conn, table, after),
    }
}

#[async_trait]
impl Source for SqliteStore {
    async fn settle(&self, now: Millis) -> Result<Settlement, StoreError> {
        let recovered = self.recover(now).await?;
        // Keys in memory only are rows of no table.
        merge_keys(self, now).await?;
        let numbered = self.write(|w| numbered(&w.conn).map_err(Fault::into_store_error)).await?;
        Ok(Settlement { moved: recovered.moved, salt: self.salt(), highest: recovered.highest, numbered })
    }

    async fn rows(&self, table: Table) -> Result<u64, StoreError> {
        self.write(move |w| rows(&w.conn, table).map_err(Fault::into_store_error)).await
    }

    async fn transfer(&self) -> Result<Option<Transfer>, StoreError> {
        self.write(|w| mark::get(&w.conn).map_err(Fault::into_store_error)).await
    }

    async fn set_transfer(&self, transfer: Option<Transfer>) -> Result<(), StoreError> {
        self.change(move |w| mark::set(&w.conn, transfer.as_ref())).await
    }
}

/// The highest number that each table ever gave to a row.
fn numbered(conn: &Connection) -> Res<Vec<(Table, i64)>> {
    let mut highest = conn.prepare("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?1")?;
    let numbered = Table::ALL.into_iter().filter(|table| table.is_numbered());
    numbered.map(|table| Ok((table, highest.query_row([table.name()], |row| row.get(0))?))).collect()
}

fn rows(conn: &Connection, table: Table) -> Res<u64> {
    let count = |table: &str| {
        conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
    };
    let mut rows = count(table.name())?;
    if table == Table::Idempotency {
        rows += count("request")?;
    }
    Ok(u64::try_from(rows).unwrap_or_default())
}
