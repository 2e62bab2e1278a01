//! The machine on which the process lives: its disk, what happens to that, and how a life ends.

use std::sync::Arc;

use parking_lot::Mutex;
use postrider_model::id::IdSalt;
use postrider_store_sqlite::{Options, SqliteStore};
use rusqlite::{Connection, OpenFlags};

use crate::disk::{COPY, Disk, DiskCounts, Fault, LIVE, Plan};
use crate::prng::Prng;
use crate::vfs::Vfs;

/// A page cache of so few pages that most transactions do not fit, in KiB.
const SMALL_CACHE_KIB: u32 = 32;

/// See the module.
#[derive(Debug)]
pub(crate) struct Machine {
    vfs: Vfs,
    prng: Prng,
    /// Whether the disk fails now and then.
    faults: bool,
    /// The store's page cache, in KiB: in a small one transactions reach the log before their commit.
    cache_kib: u32,
    /// After so many pages the log starts over.
    checkpoint_pages: u16,
    /// Deliveries of one run of the list indexes.
    list_run_rows: usize,
    /// Idempotency keys in memory.
    recent_keys: usize,
}

impl Machine {
    /// A machine with an empty disk. One that is not `honest` says of syncs of the write-ahead log that they were
    /// done, and does nothing.
    pub(crate) fn new(prng: Prng, faults: bool, honest: bool) -> std::io::Result<Self> {
        let mut shape = prng.fork(2);
        let cache_kib = if shape.chance(0.5) { SMALL_CACHE_KIB } else { 16 << 10 };
        let checkpoint_pages = if shape.chance(0.5) { 16 } else { 1_000 };
        let list_run_rows = if shape.chance(0.7) { 4 } else { 32_768 };
        let recent_keys = if shape.chance(0.5) { 2 } else { 200_000 };
        let vfs = Vfs::register(Disk::new(prng.fork(1), honest))?;
        Ok(Self { vfs, prng, faults, cache_kib, checkpoint_pages, list_run_rows, recent_keys })
    }

    pub(crate) fn disk(&self) -> Arc<Mutex<Disk>> {
        Arc::clone(&self.vfs.disk)
    }

    /// Opens the store for a life; tries again where a fault of the disk was in the way.
    pub(crate) fn open(&mut self, last: bool, salt: IdSalt) -> Result<Arc<SqliteStore>, String> {
        let mut plan = if last || !self.faults { None } else { Plan::of(&mut self.prng) };
        loop {
            self.vfs.disk.lock().start(plan.take());
            match SqliteStore::open_inline(self.options(salt)) {
                Ok(store) => return Ok(store),
                Err(error) if self.has_failed() => {
                    let note = format!("the store did not open: {error}");
                    self.vfs.disk.lock().note(note);
                    self.ended();
                }
                Err(error) => return Err(format!("the store opens after every crash: {error}")),
            }
        }
    }

    /// From now on nothing that the process does reaches the disk.
    pub(crate) fn stop(&self) {
        self.vfs.disk.lock().stop();
    }

    /// What happened to the disk since the last call.
    pub(crate) fn take_notes(&self) -> Vec<String> {
        self.vfs.disk.lock().take_notes()
    }

    pub(crate) fn counts(&self) -> DiskCounts {
        self.vfs.disk.lock().counts
    }

    /// Whether the disk had a fault in this life.
    pub(crate) fn has_failed(&self) -> bool {
        self.vfs.disk.lock().fired().is_some()
    }

    /// Whether a fault of the disk explains that the process ended.
    pub(crate) fn is_to_blame(&self) -> bool {
        self.vfs.disk.lock().fired().is_some_and(Fault::excuses_an_end)
    }

    /// The process ended, alone or with the machine.
    pub(crate) fn ended(&mut self) {
        let power_lost = self.prng.chance(0.5);
        let mut disk = self.vfs.disk.lock();
        disk.stop();
        if power_lost {
            disk.power_lost();
        } else {
            disk.process_ended();
        }
    }

    /// What the store is opened with.
    fn options(&self, salt: IdSalt) -> Options {
        Options {
            vfs: Some(self.vfs.name().to_owned()),
            writer_cache_kib: self.cache_kib,
            checkpoint_pages: self.checkpoint_pages,
            list_run_rows: self.list_run_rows,
            recent_keys: self.recent_keys,
            ..Options::new(LIVE, salt)
        }
    }

    /// Looks at what a new start would find, without changing it.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Connection) -> T) -> Result<T, String> {
        self.vfs.disk.lock().copy();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let path = format!("{COPY}/postrider.db");
        let failed = |error: rusqlite::Error| format!("the file can be read after a crash: {error}");
        let conn = Connection::open_with_flags_and_vfs(path, flags, self.vfs.name()).map_err(failed)?;
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(failed)?;
        conn.pragma_update(None, "temp_store", "MEMORY").map_err(failed)?;
        Ok(look(&conn))
    }
}

#[cfg(test)]
mod tests {
    use postrider_store::{Catalogue, StoreError};

    use super::*;

    #[tokio::test]
    async fn a_sync_that_fails_before_the_commit_of_a_large_transaction_is_fatal_and_never_tried_again() {
        let mut machine = Machine::new(Prng::new(1), false, true).unwrap();
        // Checkpointed after each commit, so that each begins its log anew: its head is synced with the first page
        // that finds no room in the cache.
        (machine.cache_kib, machine.checkpoint_pages) = (SMALL_CACHE_KIB, 1);
        let store = machine.open(true, IdSalt(1)).unwrap();
        store.set_fact("small", b"1").await.unwrap();
        machine.disk().lock().start(Some(Plan::next_sync()));
        let large = vec![7; 1 << 20];
        let failed = store.set_fact("large", &large).await;
        assert!(matches!(failed, Err(StoreError::Fatal(_))), "{failed:?}");
        // The disk says of the next sync that all is well. Nothing may come to rely on that.
        let again = store.set_fact("small", b"2").await;
        assert!(matches!(again, Err(StoreError::Fatal(_))), "{again:?}");
        let syncs = machine.disk().lock().syncs();
        drop(store);
        assert_eq!(machine.disk().lock().syncs(), syncs, "nothing is synced at the end");
        machine.ended();
        let store = machine.open(true, IdSalt(1)).unwrap();
        assert_eq!(store.fact("small").await.unwrap().as_deref(), Some(b"1".as_slice()));
    }
}
