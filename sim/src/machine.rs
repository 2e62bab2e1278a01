//! The machine on which the process lives: its disk, what happens to that, and how a life ends.

use std::sync::Arc;

use parking_lot::Mutex;
use postrider_model::id::IdSalt;
use postrider_store_sqlite::{Options, SqliteStore};
use rusqlite::{Connection, OpenFlags};

use crate::disk::{COPY, Disk, DiskCounts, Fault, LIVE, Plan};
use crate::prng::Prng;
use crate::vfs::Vfs;

/// See the module.
#[derive(Debug)]
pub(crate) struct Machine {
    vfs: Vfs,
    prng: Prng,
    /// Whether the disk fails now and then.
    faults: bool,
}

impl Machine {
    /// A machine with an empty disk. One that is not `honest` says of syncs of the write-ahead log that they were
    /// done, and does nothing.
    pub(crate) fn new(prng: Prng, faults: bool, honest: bool) -> std::io::Result<Self> {
        Ok(Self { vfs: Vfs::register(Disk::new(prng.fork(1), honest))?, prng, faults })
    }

    pub(crate) fn disk(&self) -> Arc<Mutex<Disk>> {
        Arc::clone(&self.vfs.disk)
    }

    /// Opens the store for a life; tries again where a fault of the disk was in the way.
    pub(crate) fn open(&mut self, last: bool, salt: IdSalt) -> Result<Arc<SqliteStore>, String> {
        let mut plan = if last || !self.faults { None } else { Plan::of(&mut self.prng) };
        loop {
            self.vfs.disk.lock().start(plan.take());
            let options = Options { vfs: Some(self.vfs.name().to_owned()), ..Options::new(LIVE, salt) };
            match SqliteStore::open_inline(options) {
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
