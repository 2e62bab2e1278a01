//! The writing connection and what it remembers between commits.

pub(crate) mod append;
pub(crate) mod change;
pub(crate) mod delivery;
pub(crate) mod fanout;
pub(crate) mod health;
pub(crate) mod hot;
pub(crate) mod idempotency;
pub(crate) mod mark;
pub(crate) mod memory;
pub(crate) mod order;
pub(crate) mod request;
pub(crate) mod settle;

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use postrider_model::id::IdSalt;
use postrider_store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::{Fault, Res};
use crate::options::Options;
use memory::Memory;

/// The one writer. Its methods take `&self`, so that a backup can hold the connection while other jobs run.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) conn: Connection,
    pub(crate) memory: RefCell<Memory>,
    salt: IdSalt,
    /// Pages in the write-ahead log, as of the last commit.
    wal_pages: Arc<AtomicI32>,
    /// How many of them are in the main file. The log starts over only when no reader needs it.
    copied_pages: Cell<i32>,
    checkpoint_pages: i32,
    /// Set when it is not known what is on disk: nothing is written any more.
    fatal: RefCell<Option<String>>,
}

impl Writer {
    /// Takes over a migrated connection.
    pub(crate) fn new(mut conn: Connection, options: &Options) -> Res<Self> {
        let wal_pages = Arc::new(AtomicI32::new(1));
        let pages = wal_pages.clone();
        conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, written| {
            pages.store(written, Ordering::Relaxed);
            Ok(())
        }))?;
        let salt = keep_salt(&conn, options.salt_if_new)?;
        let memory = RefCell::new(Memory::load(&conn, options.recent_keys)?);
        Ok(Self {
            conn,
            memory,
            salt,
            wal_pages,
            copied_pages: Cell::new(0),
            checkpoint_pages: i32::from(options.checkpoint_pages),
            fatal: RefCell::new(None),
        })
    }

    pub(crate) fn salt(&self) -> IdSalt {
        self.salt
    }

    /// Runs `work` in one transaction: all of it is on disk when this returns, or nothing.
    pub(crate) fn transaction<T>(&self, work: impl FnOnce() -> Res<T>) -> Result<T, StoreError> {
        if let Some(reason) = &*self.fatal.borrow() {
            return Err(StoreError::Fatal(reason.clone()));
        }
        self.run("BEGIN IMMEDIATE").map_err(|fault| self.noted(fault.into_store_error()))?;
        let outcome = work().map_err(Fault::into_store_error);
        let outcome =
            outcome.and_then(|value| self.run("COMMIT").map(|()| value).map_err(Fault::into_commit_error));
        let outcome = outcome.map_err(|error| self.noted(error));
        if outcome.is_ok() {
            self.memory.borrow_mut().committed();
        } else {
            self.roll_back();
        }
        outcome
    }

    /// After a fatal error nothing is written any more.
    fn noted(&self, error: StoreError) -> StoreError {
        if let StoreError::Fatal(reason) = &error {
            self.give_up(reason);
        }
        error
    }

    fn give_up(&self, reason: &str) {
        self.fatal.borrow_mut().get_or_insert_with(|| reason.to_owned());
        // A checkpoint would sync once more, and may be told that all is well.
        if let Err(error) = self.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
            tracing::error!(%error, "the log may be checkpointed when the connection closes");
        }
    }

    fn is_fatal(&self) -> bool {
        self.fatal.borrow().is_some()
    }

    /// As [`Writer::transaction`], without waiting for the disk: after a power loss it may not have happened, but
    /// whatever was committed later is then gone too, so nothing is ever half there.
    pub(crate) fn lazy_transaction<T>(&self, work: impl FnOnce() -> Res<T>) -> Result<T, StoreError> {
        self.run("PRAGMA synchronous = NORMAL").map_err(Fault::into_store_error)?;
        let outcome = self.transaction(work);
        self.run("PRAGMA synchronous = FULL").map_err(Fault::into_store_error)?;
        outcome
    }

    /// Runs `work` so that what it deletes is overwritten in the file and not only unlinked.
    pub(crate) fn overwriting<T>(&self, work: impl FnOnce() -> T) -> Res<T> {
        self.run("PRAGMA secure_delete = ON")?;
        let outcome = work();
        self.run("PRAGMA secure_delete = OFF")?;
        Ok(outcome)
    }

    fn roll_back(&self) {
        self.memory.borrow_mut().rolled_back();
        // SQLite has rolled back by itself after some errors; a failure here changes nothing on disk.
        if !self.conn.is_autocommit() && self.run("ROLLBACK").is_err() {
            self.give_up("a transaction could not be rolled back");
        }
    }

    fn run(&self, sql: &str) -> Res<()> {
        let mut statement = self.conn.prepare_cached(sql)?;
        // Some pragmas answer with their value.
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    }

    fn pages_to_copy(&self) -> i32 {
        let pages = self.wal_pages.load(Ordering::Relaxed);
        if pages < self.copied_pages.get() {
            self.copied_pages.set(0);
        }
        pages - self.copied_pages.get()
    }

    /// Whether the log holds pages that are not in the file yet.
    pub(crate) fn wants_checkpoint(&self) -> bool {
        !self.is_fatal() && self.pages_to_copy() > 0
    }

    /// Checkpoints where the log has grown: called between commits.
    pub(crate) fn checkpoint_if_large(&self) {
        if self.pages_to_copy() >= self.checkpoint_pages {
            self.checkpoint();
        }
    }

    /// Copies what it can from the log into the file without waiting for readers.
    pub(crate) fn checkpoint(&self) {
        if self.is_fatal() {
            return;
        }
        let copied = self.conn.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)").and_then(|mut statement| {
            statement.query_row([], |row| Ok((row.get::<_, i32>(1)?, row.get::<_, i32>(2)?)))
        });
        match copied {
            Ok((log, copied)) => {
                self.wal_pages.store(log, Ordering::Relaxed);
                self.copied_pages.set(copied);
            }
            Err(error) => {
                tracing::error!(%error, "a checkpoint failed");
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure) {
                    self.give_up(&error.to_string());
                }
                self.copied_pages.set(self.wal_pages.load(Ordering::Relaxed));
            }
        }
    }

    /// Brings everything into the main file before the connection goes.
    pub(crate) fn close(&self) {
        if self.is_fatal() {
            return;
        }
        if let Err(error) = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the log could not be emptied at close; the next start reads it");
        }
    }
}

fn keep_salt(conn: &Connection, if_new: IdSalt) -> Res<IdSalt> {
    conn.execute(
        "INSERT OR IGNORE INTO fact (name, value) VALUES ('id_salt', ?1)",
        params![if_new.0.to_le_bytes().as_slice()],
    )?;
    let bytes: Option<Vec<u8>> =
        conn.query_row("SELECT value FROM fact WHERE name = 'id_salt'", [], |row| row.get(0)).optional()?;
    let bytes = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes.as_slice()).ok());
    let bytes = bytes.ok_or_else(|| Fault::corrupt("fact", "value", "id_salt", "not eight bytes"))?;
    Ok(IdSalt(u64::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests;
