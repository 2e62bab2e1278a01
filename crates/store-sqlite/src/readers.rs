//! The reading threads: each with a connection of its own, started when the others are busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use postrider_store::StoreError;
use rusqlite::Connection;

use crate::fault::{Fault, Res};
use crate::open;
use crate::options::Options;

/// How long a snapshot may be held (DESIGN 5).
const SNAPSHOT: Duration = Duration::from_secs(2);
/// Steps of SQLite's machine between two looks at the clock: some tens of microseconds.
const LOOK_EVERY: i32 = 10_000;

type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) + Send>;

/// A pool of reading threads.
#[derive(Debug)]
pub(crate) struct Readers {
    options: Arc<Options>,
    jobs: Arc<Mutex<Receiver<Job>>>,
    /// Jobs queued or running.
    open_jobs: Arc<AtomicUsize>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    queue: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn new(options: Options) -> Self {
        let (queue, jobs) = channel();
        Self {
            options: Arc::new(options),
            jobs: Arc::new(Mutex::new(jobs)),
            open_jobs: Arc::default(),
            inner: Mutex::new(Inner { queue: Some(queue), threads: Vec::new() }),
        }
    }

    /// Queues a job; starts one more thread where all are busy. False after [`Readers::close`].
    pub(crate) fn send(&self, job: Job) -> bool {
        let mut inner = self.inner.lock();
        let busy = self.open_jobs.fetch_add(1, Ordering::Relaxed);
        if busy >= inner.threads.len() && inner.threads.len() < self.options.readers.max(1) {
            let (jobs, open_jobs, options) =
                (self.jobs.clone(), self.open_jobs.clone(), Arc::clone(&self.options));
            let thread = std::thread::Builder::new().name("store-reader".to_owned());
            // Without a new thread the ones there are do the work; without any the job below is dropped and its
            // caller told that the store is unavailable.
            if let Ok(thread) = thread.spawn(move || run(&options, &jobs, &open_jobs)) {
                inner.threads.push(thread);
            }
        }
        !inner.threads.is_empty() && inner.queue.as_ref().is_some_and(|queue| queue.send(job).is_ok())
    }

    /// Ends the threads after what is queued.
    pub(crate) fn close(&self) {
        let threads = {
            let mut inner = self.inner.lock();
            inner.queue = None;
            std::mem::take(&mut inner.threads)
        };
        for thread in threads {
            let _ = thread.join();
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.close();
    }
}

fn run(options: &Options, jobs: &Mutex<Receiver<Job>>, open_jobs: &AtomicUsize) {
    let mut conn = None;
    loop {
        let job = jobs.lock().recv();
        let Ok(job) = job else { return };
        if conn.is_none() {
            match open::reader(options).and_then(Reader::new) {
                Ok(opened) => conn = Some(opened),
                Err(error) => {
                    job(Err(Fault::from(error).into_store_error()));
                    open_jobs.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
            }
        }
        if let Some(reader) = &conn {
            job(Ok(reader.for_at_most(SNAPSHOT)));
        }
        // One whose snapshot could not be ended is of no use any more.
        conn = conn.filter(|reader| reader.conn.is_autocommit());
        open_jobs.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A reading connection whose work is given up after a time: an old snapshot keeps the log from starting over.
struct Reader {
    conn: Connection,
    opened: Instant,
    /// Milliseconds after `opened`.
    deadline_ms: Arc<AtomicU64>,
}

impl Reader {
    fn new(mut conn: Connection) -> rusqlite::Result<Self> {
        let opened = Instant::now();
        let deadline_ms = Arc::new(AtomicU64::new(u64::MAX));
        let deadline = deadline_ms.clone();
        conn.progress_handler(
            LOOK_EVERY,
            Some(move || opened.elapsed().as_millis() >= u128::from(deadline.load(Ordering::Relaxed))),
        )?;
        Ok(Self { conn, opened, deadline_ms })
    }

    /// The connection for work that may take so long from now on.
    fn for_at_most(&self, limit: Duration) -> &Connection {
        let deadline = (self.opened.elapsed() + limit).as_millis();
        self.deadline_ms.store(u64::try_from(deadline).unwrap_or(u64::MAX), Ordering::Relaxed);
        &self.conn
    }
}

/// Runs `work` in one snapshot.
pub(crate) fn snapshot<T>(conn: &Connection, work: impl FnOnce(&Connection) -> Res<T>) -> Res<T> {
    conn.prepare_cached("BEGIN")?.execute([])?;
    let outcome = work(conn);
    if outcome.is_ok() {
        conn.prepare_cached("COMMIT")?.execute([])?;
    } else if !conn.is_autocommit() {
        // SQLite ends a snapshot by itself after some errors. The error that is told is the first.
        let _ = conn.prepare_cached("ROLLBACK").and_then(|mut statement| statement.execute([]));
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_takes_too_long_is_given_up_and_the_connection_goes_on() {
        let reader = Reader::new(Connection::open_in_memory().unwrap()).unwrap();
        let count = |conn: &Connection| {
            let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000)
                       SELECT count(*) FROM n";
            Ok(conn.query_row(sql, [], |row| row.get::<_, i64>(0))?)
        };
        let given_up = snapshot(reader.for_at_most(Duration::ZERO), count);
        assert!(matches!(given_up.map_err(Fault::into_store_error), Err(StoreError::Unavailable(_))));
        assert!(reader.conn.is_autocommit(), "the snapshot has ended");
        assert_eq!(snapshot(reader.for_at_most(Duration::from_secs(60)), count).unwrap(), 1_000_000);
    }

    #[test]
    fn the_first_error_of_a_read_is_told_though_it_ended_the_snapshot() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE t (a);
             CREATE TRIGGER ends BEFORE INSERT ON t BEGIN SELECT RAISE (ROLLBACK, 'the disk says no'); END",
        )
        .unwrap();
        let failed = snapshot(&conn, |conn| Ok(conn.execute("INSERT INTO t VALUES (1)", [])?));
        let told = failed.map_err(Fault::into_store_error).unwrap_err().to_string();
        assert!(told.contains("the disk says no"), "{told}");
        assert_eq!(snapshot(&conn, |_| Ok(7)).unwrap(), 7);
    }
}
