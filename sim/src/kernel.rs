//! The scheduler's grip on every task: counts polls, mixes their order, and stops everything at poll k.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use parking_lot::Mutex;
use postrider_engine::ports::{Fatal, Spawner, Task};
use tokio::sync::Notify;

use crate::prng::Prng;

/// So many polls in one instant are a loop without an end, at least where calls of the store take no time.
const RESTLESS: u64 = 50_000;

/// One life of the simulated process, from its start to its stop or crash.
#[derive(Debug)]
pub(crate) struct Kernel {
    prng: Prng,
    /// How likely a task that could go on lets the others go first.
    yields: f64,
    tasks: AtomicU64,
    polls: AtomicU64,
    crash_at: u64,
    dead: AtomicBool,
    /// The instant of the last poll, and how many there were in it.
    instant: Mutex<(Option<tokio::time::Instant>, u64)>,
    /// Rung when everything stopped.
    pub(crate) died: Notify,
    /// Panics of tasks, and deaths that nothing explains.
    pub(crate) faults: Mutex<Vec<String>>,
    /// What the engine said when it could not go on.
    pub(crate) last_words: Mutex<Option<String>>,
}

impl Kernel {
    pub(crate) fn new(prng: Prng, yields: f64, crash_at: Option<u64>) -> Arc<Self> {
        Arc::new(Self {
            prng,
            yields,
            tasks: AtomicU64::new(0),
            polls: AtomicU64::new(0),
            crash_at: crash_at.unwrap_or(u64::MAX),
            dead: AtomicBool::new(false),
            instant: Mutex::new((None, 0)),
            died: Notify::new(),
            faults: Mutex::new(Vec::new()),
            last_words: Mutex::new(None),
        })
    }

    pub(crate) fn polls(&self) -> u64 {
        self.polls.load(Ordering::Relaxed)
    }

    /// From now on nothing runs.
    pub(crate) fn die(&self) {
        self.dead.store(true, Ordering::Relaxed);
        self.died.notify_one();
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// Whether the task may be polled now. Counts the poll.
    fn grant(&self) -> bool {
        if self.is_dead() {
            return false;
        }
        if self.polls.fetch_add(1, Ordering::Relaxed) + 1 >= self.crash_at {
            self.die();
            return false;
        }
        if self.polls_now() > RESTLESS {
            self.fault("it does not come to rest: tasks run on and on while no time passes".to_owned());
            return false;
        }
        true
    }

    /// How many polls there were in this instant of virtual time.
    fn polls_now(&self) -> u64 {
        let now = Some(tokio::time::Instant::now());
        let mut instant = self.instant.lock();
        *instant = (now, if instant.0 == now { instant.1 + 1 } else { 1 });
        instant.1
    }

    fn fault(&self, what: String) {
        self.faults.lock().push(what);
        self.die();
    }
}

/// Spawns on the runtime, under the kernel's eyes.
#[derive(Debug)]
pub(crate) struct SimSpawner(pub(crate) Arc<Kernel>);

impl Spawner for SimSpawner {
    fn spawn(&self, task: Task) {
        let number = self.0.tasks.fetch_add(1, Ordering::Relaxed);
        let watched =
            Watched { task, kernel: Arc::clone(&self.0), prng: self.0.prng.fork(number), yielded: false };
        // Nobody waits for the handle: a panic is caught below, an end needs no notice.
        drop(tokio::runtime::Handle::current().spawn(watched));
    }
}

struct Watched {
    task: Task,
    kernel: Arc<Kernel>,
    /// Of its own, so that a task's yields do not depend on the order in which others are polled.
    prng: Prng,
    yielded: bool,
}

impl Future for Watched {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let yields = self.kernel.yields;
        if !self.yielded && self.prng.chance(yields) {
            self.yielded = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.yielded = false;
        if !self.kernel.grant() {
            return Poll::Pending;
        }
        match catch_unwind(AssertUnwindSafe(|| self.task.as_mut().poll(context))) {
            Ok(poll) => poll,
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned();
                let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                self.kernel.fault(format!("a task panicked: {}", text.unwrap_or_default()));
                Poll::Pending
            }
        }
    }
}

/// The engine's way to end the process.
#[derive(Debug)]
pub(crate) struct SimFatal(pub(crate) Arc<Kernel>);

impl Fatal for SimFatal {
    fn die(&self, reason: &str) {
        self.0.last_words.lock().get_or_insert_with(|| reason.to_owned());
        self.0.die();
    }
}
