//! What forgetting costs: rows that a step of retention drops, on an idle store, and how long commits take beside it.
//!
//! `cargo run --profile quick -p postrider-store-sqlite --example retention_pace [-- <expired events> <directory>]`
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

mod stock;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use postrider_model::delivery::DeliveryKey;
use postrider_model::id::{EndpointKey, IdSalt, Ordinal, OrdinalSource};
use postrider_model::time::Millis;
use postrider_store::{Append, Backlog, Batch, Journal, NewDelivery, Next, Place, Settle, Upkeep};
use postrider_store_sqlite::{Options, SqliteStore};
use stock::{Outcome, Stock, Tenant};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// As the engine's.
const STEP: Duration = Duration::from_millis(2);
/// Accepts beside it: commits of so many events, so far apart.
const COMMIT: usize = 10;
const APART: Duration = Duration::from_millis(5);
/// How long each measurement takes.
const MEASURED: Duration = Duration::from_secs(6);

struct Load {
    store: Arc<SqliteStore>,
    stock: Stock,
    tenant: Tenant,
    ordinals: OrdinalSource,
    /// Looks at the file beside the store.
    raw: rusqlite::Connection,
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let expired = arguments.next().map_or(Ok(1_000_000), |text| text.parse::<usize>())?;
    let dir =
        arguments.next().map_or_else(|| std::env::temp_dir().join("postrider-retention"), PathBuf::from);
    let _ = std::fs::remove_dir_all(&dir);
    tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(run(expired, dir))
}

async fn run(expired: usize, dir: PathBuf) -> Outcome<()> {
    let then = Millis(1_700_000_000_000);
    let store = SqliteStore::open(Options::new(&dir, IdSalt(1)))?;
    let raw = rusqlite::Connection::open(dir.join("postrider.db"))?;
    let mut load = Load::prepare(store, raw, then).await?;
    for written in (0..expired).step_by(500) {
        load.commit(then + Duration::from_millis(written as u64 / 10), 500).await?;
    }
    let now = then + DAY * 31;
    // List runs, and keys of which there are none: all that is not retention comes to its end first.
    while load.store.step(then + DAY * 2, STEP).await?.more {}
    for (what, breath, accepts) in [
        ("idle store, no rest", Some(Duration::ZERO), false),
        ("idle store, a rest of 8 ms", Some(Duration::from_millis(8)), false),
        ("no retention", None, true),
        ("a rest of 8 ms", Some(Duration::from_millis(8)), true),
        ("a rest of 2 ms", Some(Duration::from_millis(2)), true),
    ] {
        measure(&mut load, now, what, breath, accepts).await?;
    }
    load.store.close().await?;
    Ok(())
}

async fn measure(
    load: &mut Load,
    now: Millis,
    what: &str,
    breath: Option<Duration>,
    accepts: bool,
) -> Outcome<()> {
    let before = load.expired_left(now)?;
    let ended = AtomicBool::new(false);
    let store = Arc::clone(&load.store);
    let started = Instant::now();
    let tidying = async {
        match breath {
            Some(breath) => tidy(&store, now, breath, &ended).await,
            None => Ok(Duration::ZERO),
        }
    };
    let accepting = async {
        let times = accept(load, now, accepts).await;
        ended.store(true, Ordering::Relaxed);
        times
    };
    let (held, times) = tokio::join!(tidying, accepting);
    let (held, mut times) = (held?, times?);
    let took = started.elapsed().as_secs_f64();
    let dropped = before.saturating_sub(load.expired_left(now)?);
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    println!(
        "{what}: {:.0} expired events with their deliveries a second; longest step {held:?}; commits p50 {:?}, p99 {:?}, p99.9 {:?}",
        dropped as f64 / took,
        at(0.5),
        at(0.99),
        at(0.999)
    );
    Ok(())
}

/// Commits for as long as is measured; returns what each took.
async fn accept(load: &mut Load, now: Millis, accepts: bool) -> Outcome<Vec<Duration>> {
    let (started, mut times) = (Instant::now(), Vec::new());
    while started.elapsed() < MEASURED {
        if accepts {
            let begun = Instant::now();
            load.commit(now, COMMIT).await?;
            times.push(begun.elapsed());
        }
        tokio::time::sleep(APART).await;
    }
    Ok(times)
}

/// Steps as the engine's loop; returns what the longest took.
async fn tidy(store: &SqliteStore, now: Millis, breath: Duration, ended: &AtomicBool) -> Outcome<Duration> {
    let mut longest = Duration::ZERO;
    while !ended.load(Ordering::Relaxed) {
        let begun = Instant::now();
        store.step(now, STEP).await?;
        longest = longest.max(begun.elapsed());
        if breath.is_zero() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(breath).await;
        }
    }
    Ok(longest)
}

impl Load {
    async fn prepare(store: Arc<SqliteStore>, raw: rusqlite::Connection, now: Millis) -> Outcome<Self> {
        let stock = Stock::create(&store, now).await?;
        let tenant = stock.tenant(&store, "t1", now).await?;
        let ordinals = OrdinalSource::new(store.recover(now).await?.highest);
        Ok(Self { store, stock, tenant, ordinals, raw })
    }

    /// Appends events with one delivery each, and settles them.
    async fn commit(&mut self, now: Millis, count: usize) -> Outcome<()> {
        let mut batch = Batch { now, low_water: Ordinal(0), ..Batch::default() };
        for number in 0..count {
            let endpoint = EndpointKey((number * 7_919 % 10_000) as i64 + 1);
            let ordinal = self.ordinals.next(now);
            let new = NewDelivery { endpoint, place: Place::Lane };
            let event = self.stock.event(self.tenant, ordinal, new, now);
            batch.appends.push(Append { idempotency: None, events: vec![event] });
            let delivery = DeliveryKey { event: ordinal, endpoint };
            batch.settles.push(Settle {
                delivery,
                attempt: None,
                next: Next::Delivered,
                fresh: true,
                key: None,
            });
        }
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Events that should have gone and are still there.
    fn expired_left(&self, now: Millis) -> Outcome<u64> {
        let end = Ordinal::at(now - DAY * 30);
        let query = "SELECT count(*) FROM event WHERE id < ?1";
        Ok(self.raw.query_row(query, [end.0], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }
}
