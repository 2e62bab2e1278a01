//! The writer's thread: takes jobs in order, and checkpoints between them.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::writer::Writer;

/// Something to do with the writing connection. It gets the queue too, so that long work can let others through.
pub(crate) struct Job(Box<Work>);

type Work = dyn FnOnce(&Writer, &Receiver<Job>) + Send;

impl Job {
    pub(crate) fn new(work: impl FnOnce(&Writer, &Receiver<Self>) + Send + 'static) -> Self {
        Self(Box::new(work))
    }

    pub(crate) fn run(self, writer: &Writer, jobs: &Receiver<Self>) {
        (self.0)(writer, jobs);
    }
}

/// How long the writer rests before it checkpoints what is in the log.
const REST: Duration = Duration::from_millis(200);

/// The queue of the writing thread. Dropping it ends the thread after what is queued.
#[derive(Debug)]
pub(crate) struct WriterThread {
    queue: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl WriterThread {
    /// Starts the thread.
    pub(crate) fn start(writer: Writer) -> std::io::Result<Self> {
        let (queue, jobs) = channel();
        let thread =
            std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || run(&writer, &jobs))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Queues a job; false where the thread has ended.
    pub(crate) fn send(&self, job: Job) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.send(job).is_ok())
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic there is reported by the panic hook already.
            let _ = thread.join();
        }
    }
}

fn run(writer: &Writer, jobs: &Receiver<Job>) {
    loop {
        let job =
            if writer.wants_checkpoint() { jobs.recv_timeout(REST) } else { jobs.recv().map_err(Into::into) };
        match job {
            Ok(job) => job.run(writer, jobs),
            Err(RecvTimeoutError::Timeout) => writer.checkpoint(),
            Err(RecvTimeoutError::Disconnected) => return writer.close(),
        }
        writer.checkpoint_if_large();
    }
}
