//! The reading threads: each with a connection of its own, started when the others are busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use postrider_store::StoreError;
use rusqlite::Connection;

use crate::fault::{Fault, Res};
use crate::open;
use crate::options::Options;

type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) + Send>;

/// A pool of reading threads.
#[derive(Debug)]
pub(crate) struct Readers {
    options: Options,
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
            options,
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
                (self.jobs.clone(), self.open_jobs.clone(), self.options.clone());
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
            match open::reader(options) {
                Ok(opened) => conn = Some(opened),
                Err(error) => {
                    job(Err(Fault::from(error).into_store_error()));
                    open_jobs.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
            }
        }
        if let Some(conn) = &conn {
            job(Ok(conn));
        }
        open_jobs.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs `work` in one snapshot.
pub(crate) fn snapshot<T>(conn: &Connection, work: impl FnOnce(&Connection) -> Res<T>) -> Res<T> {
    conn.prepare_cached("BEGIN")?.execute([])?;
    let outcome = work(conn);
    conn.prepare_cached("COMMIT")?.execute([])?;
    outcome
}
