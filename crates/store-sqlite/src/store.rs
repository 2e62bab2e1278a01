//! The store: where its calls run.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::Receiver;

use parking_lot::Mutex;
use postrider_model::id::IdSalt;
use postrider_store::{Cluster, StoreError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::fault::Res;
use crate::open;
use crate::options::{OpenError, Options};
use crate::readers::{Readers, snapshot};
use crate::thread::{Job, WriterThread};
use crate::transfer;
use crate::upkeep::Standing;
use crate::writer::Writer;

/// The embedded store. All ports of `postrider-store` are implemented on it.
#[derive(Debug)]
pub struct SqliteStore {
    access: Access,
    salt: IdSalt,
    pub(crate) data_dir: PathBuf,
    pub(crate) on_disk: bool,
    pub(crate) max_store_bytes: Option<u64>,
    pub(crate) list_run_rows: usize,
    /// What upkeep remembers; `None` while a step is at work.
    pub(crate) standing: Mutex<Option<Standing>>,
    /// Deliveries (and events without any) that no list run covers, about.
    pub(crate) unlisted: AtomicU64,
    /// How far retention was behind when it was last looked, in milliseconds.
    pub(crate) retention_lag_ms: AtomicU64,
    /// Held for as long as the store is open.
    _lock: Option<File>,
}

#[derive(Debug)]
enum Access {
    /// On the caller's thread; `None` once closed.
    Inline(Box<Mutex<Option<Writer>>>),
    /// On threads of the store; `None` once closed.
    Threads { writer: Mutex<Option<WriterThread>>, readers: Readers },
}

impl SqliteStore {
    /// Opens the store with its threads. Migrations run by themselves.
    ///
    /// # Errors
    /// [`OpenError`]: in use, damaged, of a newer version, or not to be read or written.
    pub fn open(options: Options) -> Result<Arc<Self>, OpenError> {
        Self::open_threaded(options, Self::refuse_moved)
    }

    /// As [`SqliteStore::open`], to move the installation to another store: also where it has moved already, and without
    /// forgetting a copy that was begun.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_to_move(options: Options) -> Result<Arc<Self>, OpenError> {
        Self::open_threaded(options, |_, _| Ok(()))
    }

    fn open_threaded(
        options: Options,
        check: impl FnOnce(&Writer, &Options) -> Result<(), OpenError>,
    ) -> Result<Arc<Self>, OpenError> {
        let (writer, lock) = Self::prepare(&options)?;
        check(&writer, &options)?;
        let salt = writer.salt();
        let thread = WriterThread::start(writer)
            .map_err(|source| OpenError::Io { path: options.data_dir.clone(), source })?;
        let access =
            Access::Threads { writer: Mutex::new(Some(thread)), readers: Readers::new(options.clone()) };
        Ok(Arc::new(Self::of(access, salt, lock, &options)))
    }

    /// Opens the store without threads: every call runs on the caller's thread and is finished when it returns.
    /// Neither clock nor randomness is used, so equal calls have equal effects (DESIGN 9).
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_inline(options: Options) -> Result<Arc<Self>, OpenError> {
        let (writer, lock) = Self::prepare(&options)?;
        Self::refuse_moved(&writer, &options)?;
        let salt = writer.salt();
        Ok(Arc::new(Self::of(Access::Inline(Box::new(Mutex::new(Some(writer)))), salt, lock, &options)))
    }

    /// Checks the whole file, as `postrider doctor` does: every page, every index against its table. Takes seconds per
    /// GiB, on the caller's thread, in one snapshot: for a store that is not in use.
    ///
    /// # Errors
    /// [`OpenError::Corrupt`] with what is wrong, or why the file could not be read.
    pub fn check_whole(options: &Options) -> Result<(), OpenError> {
        open::check_whole(options)
    }

    fn refuse_moved(writer: &Writer, options: &Options) -> Result<(), OpenError> {
        let moved = transfer::check_or_forget(&writer.conn).map_err(|fault| OpenError::Sqlite {
            path: open::database_path(options),
            detail: fault.into_store_error().to_string(),
        })?;
        match moved {
            Some(to) => Err(OpenError::Moved { dir: options.data_dir.clone(), to }),
            None => Ok(()),
        }
    }

    fn prepare(options: &Options) -> Result<(Writer, Option<File>), OpenError> {
        let lock = if options.vfs.is_none() { Some(open::lock(&options.data_dir)?) } else { None };
        let conn = open::writer(options)?;
        let path = open::database_path(options);
        let writer = Writer::new(conn, options)
            .map_err(|fault| OpenError::Sqlite { path, detail: fault.into_store_error().to_string() })?;
        Ok((writer, lock))
    }

    fn of(access: Access, salt: IdSalt, lock: Option<File>, options: &Options) -> Self {
        Self {
            access,
            salt,
            data_dir: options.data_dir.clone(),
            on_disk: options.vfs.is_none(),
            max_store_bytes: options.max_store_bytes,
            list_run_rows: options.list_run_rows.max(1),
            standing: Mutex::new(Some(Standing::default())),
            unlisted: AtomicU64::new(u64::MAX),
            retention_lag_ms: AtomicU64::new(0),
            _lock: lock,
        }
    }

    /// What makes the ids of this installation its own.
    pub fn salt(&self) -> IdSalt {
        self.salt
    }

    /// Looks at the tables of a store that was opened inline, beside its ports (simulation); `None` once it is
    /// closed, or where it has threads.
    pub fn inspect<T>(&self, look: impl FnOnce(&Connection) -> T) -> Option<T> {
        match &self.access {
            Access::Inline(writer) => writer.lock().as_ref().map(|writer| look(&writer.conn)),
            Access::Threads { .. } => None,
        }
    }

    /// Whether the store has threads of its own (and may look at the clock).
    pub(crate) fn has_threads(&self) -> bool {
        matches!(self.access, Access::Threads { .. })
    }

    /// Runs `work` with the writing connection, after everything queued before it.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Writer) -> Result<T, StoreError> + Send + 'static,
    {
        self.write_with_queue(move |writer, _| work(writer)).await
    }

    /// As [`SqliteStore::write`], for long work that lets the others in the queue through. Inline there is none.
    pub(crate) async fn write_with_queue<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Writer, Option<&Receiver<Job>>) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.access {
            Access::Inline(writer) => {
                let writer = writer.lock();
                let writer = writer.as_ref().ok_or_else(closed)?;
                let outcome = work(writer, None);
                writer.checkpoint_if_large();
                outcome
            }
            Access::Threads { writer, .. } => {
                let (answer, answered) = oneshot::channel();
                let queued = writer.lock().as_ref().is_some_and(|thread| {
                    // The caller may have gone away; what it asked for is done all the same.
                    thread.send(Job::new(move |writer, jobs| drop(answer.send(work(writer, Some(jobs))))))
                });
                if queued { answered.await.unwrap_or_else(|_| Err(closed())) } else { Err(closed()) }
            }
        }
    }

    /// Runs `work` as one transaction of the writing connection.
    pub(crate) async fn change<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Writer) -> Res<T> + Send + 'static,
    {
        self.write(move |writer| writer.transaction(|| work(writer))).await
    }

    /// As [`SqliteStore::change`], for work that may be lost with the power: it is on disk with the next commit.
    pub(crate) async fn lazily<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Writer) -> Res<T> + Send + 'static,
    {
        self.write(move |writer| writer.lazy_transaction(|| work(writer))).await
    }

    /// Runs `work` in one snapshot of a reading connection, not older than the call.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Res<T> + Send + 'static,
    {
        match &self.access {
            Access::Inline(writer) => {
                let writer = writer.lock();
                let writer = writer.as_ref().ok_or_else(closed)?;
                snapshot(&writer.conn, work).map_err(|fault| fault.into_store_error())
            }
            Access::Threads { readers, .. } => {
                let (answer, answered) = oneshot::channel();
                let queued = readers.send(Box::new(move |conn| {
                    let outcome =
                        conn.and_then(|conn| snapshot(conn, work).map_err(|fault| fault.into_store_error()));
                    drop(answer.send(outcome));
                }));
                if queued { answered.await.unwrap_or_else(|_| Err(closed())) } else { Err(closed()) }
            }
        }
    }

    /// Finishes what is queued and closes the connections.
    pub(crate) async fn shut(&self) -> Result<(), StoreError> {
        // Behind everything that was queued before.
        self.write(|writer| {
            writer.checkpoint();
            Ok(())
        })
        .await?;
        match &self.access {
            Access::Inline(writer) => drop(writer.lock().take().map(|writer| writer.close())),
            Access::Threads { writer, readers } => {
                readers.close();
                drop(writer.lock().take());
            }
        }
        Ok(())
    }
}

/// The data directory is one process's own.
impl Cluster for SqliteStore {}

fn closed() -> StoreError {
    StoreError::Unavailable("it is closed".to_owned())
}
