//! One seed's world: lives that end in crashes, a last one in which everything heals, and the verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use postrider_courier::GuardPolicy;
use postrider_engine::ports::{Clock, Spawner};
use postrider_engine::{Contracts, Engine, EngineParts, Settings};
use postrider_model::id::IdSalt;
use postrider_model::limits::Limits;
use postrider_store::{Catalogue, NewProject, StoreError, Upkeep};
use postrider_store_sqlite::SqliteStore;
use postrider_vault::Keyring;
use tokio::sync::mpsc;

use crate::check::tables;
use crate::client::{self, Desk, Kind, audit, tenant_id};
use crate::clock::SimClock;
use crate::disk::DiskCounts;
use crate::kernel::{Kernel, SimFatal, SimSpawner};
use crate::ledger::Ledger;
use crate::machine::Machine;
use crate::prng::{Prng, SimRng};
use crate::shape::{SCHEDULE_SECONDS, Shape, TIMEOUT_SECONDS};
use crate::store::SimStore;
use crate::transport::{Receivers, SimTransport};

const SALT: IdSalt = IdSalt(7);
/// In good weather something must come to its end in every so much virtual time, until nothing is left to do.
const PATIENCE_MS: i64 = 600_000;

/// See the module.
pub(crate) struct World {
    seed: Prng,
    pub(crate) shape: Shape,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    receivers: Arc<Receivers>,
    machine: Machine,
    /// True time and the wall clock's error, carried from life to life.
    true_ms: i64,
    offset_ms: i64,
    pub(crate) polls: u64,
}

/// How a life ended.
struct End {
    true_ms: i64,
    offset_ms: i64,
}

impl World {
    pub(crate) fn new(seed: u64, print: bool, honest: bool) -> std::io::Result<Self> {
        let seed = Prng::new(seed);
        let shape = Shape::of(&mut seed.fork(1));
        let machine = Machine::new(seed.fork(4), shape.disk_faults, honest)?;
        let receivers = Receivers {
            seed: seed.fork(2),
            prng: Mutex::new(seed.fork(3)),
            trouble: shape.trouble,
            healed: AtomicBool::new(false),
        };
        Ok(Self {
            ledger: Arc::new(Mutex::new(Ledger::new(print))),
            receivers: Arc::new(receivers),
            shape,
            seed,
            machine,
            true_ms: 0,
            offset_ms: 0,
            polls: 0,
        })
    }

    pub(crate) fn disk_counts(&self) -> DiskCounts {
        self.machine.counts()
    }

    /// Runs all lives.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        for life in 0..=self.shape.crashes {
            let last = life == self.shape.crashes;
            self.ledger.lock().life = life;
            self.live(life, last)?;
            self.look()?;
        }
        let stored = self.machine.look(tables::stored)?.map_err(|error| error.to_string())?;
        self.ledger.lock().check_end(&stored)
    }

    /// One life, from the opening of the store to its end.
    fn live(&mut self, life: u32, last: bool) -> Result<(), String> {
        let mut prng = self.seed.fork(100 + u64::from(life));
        let crash_at = (!last).then(|| prng.within(1, self.shape.crash_within));
        let kernel = Kernel::new(prng.fork(1), self.shape.yields, crash_at);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .map_err(|error| error.to_string())?;
        let store = self.machine.open(last, SALT);
        self.note_disk();
        let store = store?;
        let end = runtime.block_on(async {
            let clock = Arc::new(SimClock::new(self.true_ms, self.offset_ms));
            self.note(&clock, format_args!("life {life} begins, crash at {crash_at:?}"));
            tokio::select! {
                biased;
                () = kernel.died.notified() => {}
                () = self.work(&kernel, &clock, store, &mut prng, last) => {}
            }
            self.note(&clock, format_args!("life {life} ends after {} polls", kernel.polls()));
            End { true_ms: clock.true_ms(), offset_ms: clock.offset_ms() }
        });
        if !last {
            // Before the store is dropped, which would close it well.
            self.machine.stop();
        }
        drop(runtime);
        self.machine.ended();
        self.note_disk();
        self.polls += kernel.polls();
        self.true_ms = end.true_ms + prng.within(0, 20_000) as i64;
        self.offset_ms = end.offset_ms;
        let mut ledger = self.ledger.lock();
        ledger.crashed();
        if let Some(fault) = kernel.faults.lock().first() {
            ledger.violate("no task panics or runs without end", fault);
        }
        if let (Some(words), false) = (kernel.last_words.lock().as_ref(), self.machine.is_to_blame()) {
            ledger.violate("the engine goes on while the disk does", words);
        }
        match &ledger.violation {
            Some(violation) => Err(violation.clone()),
            None => Ok(()),
        }
    }

    fn note_disk(&self) {
        for note in self.machine.take_notes() {
            self.ledger.lock().trace.line(self.true_ms, format_args!("{note}"));
        }
    }

    fn note(&self, clock: &SimClock, what: std::fmt::Arguments<'_>) {
        self.ledger.lock().trace.line(clock.true_ms(), what);
    }

    async fn work(
        &self,
        kernel: &Arc<Kernel>,
        clock: &Arc<SimClock>,
        inner: Arc<SqliteStore>,
        prng: &mut Prng,
        last: bool,
    ) {
        let mut shape = self.shape.clone();
        if last {
            shape.actions /= 2;
        }
        let store = Arc::new(SimStore {
            inner,
            ledger: Arc::clone(&self.ledger),
            clock: Arc::clone(clock),
            prng: Mutex::new(prng.fork(2)),
            shape: shape.clone(),
            disk: self.machine.disk(),
            kernel: Arc::clone(kernel),
            seat: None,
        });
        let spawner = Arc::new(SimSpawner(Arc::clone(kernel)));
        let engine = self.engine(kernel, clock, &store, Arc::clone(&spawner) as Arc<dyn Spawner>, prng).await;
        let desk = match engine {
            Ok(engine) => self.desk(engine, &store, kernel, clock, shape).await,
            Err(error) => Err(error),
        };
        let desk = match desk {
            Ok(desk) => desk,
            // A start has something to write: it fails where the disk does, and where that is full.
            Err(_) if self.machine.has_failed() => return,
            Err(error) => {
                self.ledger.lock().violate("the engine starts after every crash", error);
                return;
            }
        };
        client::observe(&desk).await;
        if desk.ledger.lock().life == 0 {
            self.furnish(&desk, prng).await;
        }
        let (done, mut ended) = mpsc::unbounded_channel();
        for number in 0..desk.shape.clients {
            let (desk, done, prng) = (desk.clone(), done.clone(), prng.fork(10 + number as u64));
            spawner.spawn(Box::pin(async move {
                client::run(desk, prng).await;
                let _ = done.send(());
            }));
        }
        drop(done);
        while ended.recv().await.is_some() {}
        if last {
            self.heal(&desk).await;
        } else {
            // What is on its way when the crash comes late.
            tokio::time::sleep(Duration::from_millis(prng.below(20_000))).await;
        }
    }

    async fn engine(
        &self,
        kernel: &Arc<Kernel>,
        clock: &Arc<SimClock>,
        store: &Arc<SimStore>,
        spawner: Arc<dyn Spawner>,
        prng: &Prng,
    ) -> Result<Engine, StoreError> {
        let transport = SimTransport {
            receivers: Arc::clone(&self.receivers),
            ledger: Arc::clone(&self.ledger),
            clock: Arc::clone(clock),
            kernel: Arc::clone(kernel),
        };
        Engine::start(EngineParts {
            store: Arc::clone(store) as Arc<dyn postrider_store::Store>,
            transport: Arc::new(transport),
            clock: Arc::clone(clock) as Arc<dyn Clock>,
            rng: Arc::new(SimRng(Mutex::new(prng.fork(3)))),
            spawner,
            fatal: Arc::new(SimFatal(Arc::clone(kernel))),
            keyring: Arc::new(keyring()),
            contracts: Contracts::builtin(),
            guard: GuardPolicy { allow_http: true, allow_private: true, ..GuardPolicy::default() },
            salt: store.inner.salt(),
            limits: Limits::default(),
            settings: Settings {
                min_free_bytes: 0,
                max_in_flight: self.shape.max_in_flight,
                body_bytes: self.shape.body_bytes,
                fanout_chunk: self.shape.fanout_chunk,
                ..Settings::default()
            },
        })
        .await
    }

    async fn desk(
        &self,
        engine: Engine,
        store: &Arc<SimStore>,
        kernel: &Arc<Kernel>,
        clock: &Arc<SimClock>,
        shape: Shape,
    ) -> Result<Desk, StoreError> {
        let project = match store.project("sim").await? {
            Some(project) => project.key,
            None => store.create_project(self.project(clock.now()), audit()).await?.key,
        };
        let mut tenants = Vec::new();
        for tenant in 0..self.shape.tenants {
            tenants.push(store.ensure_tenant(project, &tenant_id(tenant), clock.now()).await?.key);
        }
        Ok(Desk {
            engine,
            store: Arc::clone(store),
            ledger: Arc::clone(&self.ledger),
            clock: Arc::clone(clock),
            kernel: Arc::clone(kernel),
            shape,
            project,
            tenants,
        })
    }

    fn project(&self, now: postrider_model::time::Millis) -> NewProject {
        let disable: serde_json::Value =
            serde_json::from_str(self.shape.disable).unwrap_or(serde_json::Value::Null);
        NewProject {
            id: "sim".to_owned(),
            name: "Simulation".to_owned(),
            contract: "standard".to_owned(),
            settings: serde_json::json!({
                "retry": { "schedule_seconds": SCHEDULE_SECONDS },
                "timeout_seconds": TIMEOUT_SECONDS,
                "disable": disable,
            }),
            now,
        }
    }

    /// The endpoints there are in the beginning.
    async fn furnish(&self, desk: &Desk, prng: &mut Prng) {
        for _ in 0..self.shape.endpoints {
            let tenant = prng.below(self.shape.tenants as u64) as usize;
            client::create(desk, prng, tenant, Kind::Random).await;
        }
        for number in 0..self.shape.wide {
            let ordered = number < self.shape.wide_ordered;
            client::create(desk, prng, 0, Kind::Plain { ordered }).await;
        }
    }

    /// Good weather: every receiver answers, and time passes until nothing is left to do.
    async fn heal(&self, desk: &Desk) {
        self.receivers.healed.store(true, Ordering::Relaxed);
        let (mut least, mut until) = (i64::MAX, 0);
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let replaying = desk.store.running_replays().await.is_ok_and(|running| !running.is_empty());
            let pending = pending(&desk.store.inner);
            let now = desk.clock.true_ms();
            match pending {
                Ok((0, _)) if !replaying => break,
                Ok((count, _)) if count < least => (least, until) = (count, now + PATIENCE_MS),
                Ok(_) | Err(_) if now < until => {}
                other => {
                    return desk.violate(
                        "every delivery ends",
                        format!("after the healing: {other:?}, replaying {replaying}"),
                    );
                }
            }
        }
        // Sweeps that were interrupted go on after a second.
        tokio::time::sleep(Duration::from_secs(10)).await;
        desk.engine.stop().await;
        if let Err(error) = desk.store.close().await {
            desk.violate("the store closes", error);
        }
    }

    /// Between two lives: the tables agree, and what was answered is in them.
    fn look(&self) -> Result<(), String> {
        let healed = self.receivers.healed.load(Ordering::Relaxed);
        let stored = self.machine.look(|conn| {
            // A crash may have come before the migrations were through.
            let made = conn.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0));
            if made.map_err(|error| error.to_string())? < tables::VERSION {
                return Ok(tables::Stored::default());
            }
            tables::contradictions(conn)?;
            if healed {
                tables::leftovers(conn)?;
            }
            tables::stored(conn).map_err(|error| error.to_string())
        })??;
        let mut ledger = self.ledger.lock();
        ledger.resolve(&stored);
        ledger.check_kept(&stored)
    }
}

/// How many deliveries have not ended, of endpoints that are on, and one of them; and those not written yet. Looked for beside the store's
/// ports: its lists walk too far to be asked every few seconds.
fn pending(store: &SqliteStore) -> Result<(i64, Option<(i64, i64)>), String> {
    let query = "SELECT count(*) + (SELECT coalesce(sum(total - done), 0) FROM fanout), event, endpoint
                 FROM delivery WHERE state = 0
                 AND endpoint IN (SELECT key FROM endpoint WHERE enabled AND deleted_at IS NULL)";
    let found = store.inspect(|conn| {
        conn.query_row(query, [], |row| {
            let one: (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, one.0.zip(one.1)))
        })
    });
    found.ok_or("the store is closed")?.map_err(|error| error.to_string())
}

/// The keyring of all worlds.
#[expect(clippy::expect_used, reason = "the key is a literal of the right length")]
pub(crate) fn keyring() -> Keyring {
    Keyring::from_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").expect("a key of 32 bytes")
}
