//! A consistent, paced copy while running.
//!
//! The copy is made through the writing connection, so that pages changed meanwhile are copied again by SQLite
//! itself; between two portions every job that waits is done.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use postrider_store::StoreError;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::fault::{Fault, Res};
use crate::store::SqliteStore;
use crate::thread::Job;
use crate::writer::Writer;

/// Pages of one portion: about a millisecond.
const PORTION: i32 = 64;
/// Rest between portions while nothing waits.
const PACE: Duration = Duration::from_millis(1);

/// Copies the store to `target`, which must not exist.
pub(super) async fn backup(store: &SqliteStore, target: PathBuf) -> Result<u64, StoreError> {
    store
        .write_with_queue(move |writer, jobs| {
            let part = part_path(&target);
            let copied = copy(writer, jobs, &target, &part);
            if copied.is_err() {
                // What is left of it is of no use; failing to remove it changes nothing.
                let _ = std::fs::remove_file(&part);
            }
            copied.map_err(Fault::into_store_error)
        })
        .await
}

fn part_path(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    target.with_file_name(name)
}

fn copy(writer: &Writer, jobs: Option<&Receiver<Job>>, target: &Path, part: &Path) -> Res<u64> {
    if target.exists() {
        return Err(Fault::Store(StoreError::Exists("backup file")));
    }
    let _ = std::fs::remove_file(part);
    private(part).map_err(unavailable)?;
    let mut copy = Connection::open(part)?;
    copy.pragma_update(None, "journal_mode", "OFF")?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    {
        let backup = Backup::new(&writer.conn, &mut copy)?;
        while backup.step(PORTION)? != StepResult::Done {
            let Some(jobs) = jobs else { continue };
            while let Ok(job) = jobs.try_recv() {
                job.run(writer, jobs);
            }
            match jobs.recv_timeout(PACE) {
                Ok(job) => job.run(writer, jobs),
                Err(RecvTimeoutError::Timeout) => {}
                // Nobody waits for the copy as long as it may take: a stop has its time.
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Fault::Store(StoreError::Unavailable("it is closing".to_owned())));
                }
            }
            writer.checkpoint_if_large();
        }
    }
    drop(copy);
    publish(part, target).map_err(unavailable)
}

/// Made before SQLite would make it: every payload is in it, so only its owner may read it (DESIGN 4.1).
fn private(part: &Path) -> std::io::Result<()> {
    std::fs::File::options().create_new(true).write(true).mode(0o600).open(part).map(drop)
}

fn unavailable(error: std::io::Error) -> Fault {
    Fault::Store(StoreError::Unavailable(error.to_string()))
}

/// On disk before it has its name.
fn publish(part: &Path, target: &Path) -> std::io::Result<u64> {
    let file = std::fs::File::open(part)?;
    file.sync_all()?;
    let size = file.metadata()?.len();
    std::fs::rename(part, target)?;
    Ok(size)
}
