//! What the accepting and settling path costs: microseconds of CPU for an event with one delivery, appended and
//! settled, with a million of them stored before.
//!
//! `cargo run --profile quick -p postrider-store-sqlite --example hot_path [-- <preloaded> <directory>]`
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

mod stock;

use std::path::PathBuf;
use std::time::Instant;

use bytes::Bytes;
use postrider_model::delivery::{Attempt, DeliveryKey};
use postrider_model::endpoint::EndpointConfig;
use postrider_model::id::{EndpointId, EndpointKey, IdSalt, Mode, Ordinal, OrdinalSource};
use postrider_model::time::Millis;
use postrider_store::{
    Append, Batch, Catalogue, IdempotencyMark, Journal, NewDelivery, NewEndpoint, NewEvent, Next, Place,
    Settle, Upkeep,
};
use postrider_store_sqlite::{Options, SqliteStore};
use stock::{Outcome, Stock, Tenant, audit};

const TENANTS: usize = 1_000;
const ENDPOINTS: usize = 10_000;

struct Load {
    store: std::sync::Arc<SqliteStore>,
    stock: Stock,
    tenants: Vec<Tenant>,
    ordinals: OrdinalSource,
    now: Millis,
    /// Appended and not yet settled.
    open: Vec<DeliveryKey>,
    made: usize,
    marks: bool,
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let preloaded = arguments.next().map_or(Ok(1_000_000), |text| text.parse::<usize>())?;
    let dir = arguments.next().map_or_else(|| std::env::temp_dir().join("postrider-hot-path"), PathBuf::from);
    let _ = std::fs::remove_dir_all(&dir);
    tokio::runtime::Builder::new_current_thread().build()?.block_on(run(preloaded, dir))
}

async fn run(preloaded: usize, dir: PathBuf) -> Outcome<()> {
    let store = SqliteStore::open_inline(Options::new(&dir, IdSalt(1)))?;
    let mut load = Load::prepare(store).await?;
    let (wall, cpu) = (Instant::now(), cpu_ns()?);
    load.commit_many(preloaded, 512, true).await?;
    println!(
        "preload of {preloaded}, commits of 512, upkeep along: {:.1} us CPU, {:.1} us wall per event",
        (cpu_ns()? - cpu) as f64 / 1e3 / preloaded as f64,
        wall.elapsed().as_secs_f64() * 1e6 / preloaded as f64
    );
    while load.store.step(load.now, std::time::Duration::from_millis(2)).await?.more {}
    for round in 0..2 {
        for marks in [false, true] {
            load.marks = marks;
            for size in [1, 45, 512] {
                let count = if size == 1 { 5_000 } else { 60_000 };
                let (wall, cpu) = (Instant::now(), cpu_ns()?);
                load.commit_many(count, size, false).await?;
                println!(
                    "round {round}, {} keys, commits of {size:3}: {:6.2} us CPU, {:6.2} us wall per event",
                    if marks { "half with" } else { "no" },
                    (cpu_ns()? - cpu) as f64 / 1e3 / count as f64,
                    wall.elapsed().as_secs_f64() * 1e6 / count as f64
                );
            }
        }
    }
    println!("{:?}", load.store.facts().await?);
    load.store.close().await?;
    Ok(())
}

/// CPU time of this thread.
fn cpu_ns() -> Outcome<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().unwrap_or("0").parse()?)
}

impl Load {
    async fn prepare(store: std::sync::Arc<SqliteStore>) -> Outcome<Self> {
        let now = Millis(1_700_000_000_000);
        let stock = Stock::create(&store, now).await?;
        let mut tenants = Vec::new();
        for number in 0..TENANTS {
            tenants.push(stock.tenant(&store, &format!("tenant-{number}"), now).await?);
        }
        for number in 0..ENDPOINTS {
            let id = EndpointId(
                Ordinal::at(now - std::time::Duration::from_secs(60)).to_uuid(IdSalt(number as u64)),
            );
            let config =
                EndpointConfig { url: "https://example.org/".to_owned(), ..EndpointConfig::default() };
            let tenant = tenants[number % TENANTS].key;
            let (sealed, mode) = (Bytes::from_static(b"sealed"), Mode::Live);
            let new =
                NewEndpoint { id, project: stock.project, mode, tenant, config, sealed, enabled: true, now };
            store.create_endpoint(new, None, audit(now)).await?;
        }
        // Each endpoint has changed its tenant's routes.
        for tenant in &mut tenants {
            tenant.routing = store.routes(tenant.key).await?.0;
        }
        let ordinals = OrdinalSource::new(store.recovered_highest(now).await?);
        Ok(Self { store, stock, tenants, ordinals, now, open: Vec::new(), made: 0, marks: true })
    }

    async fn commit_many(&mut self, count: usize, size: usize, upkeep: bool) -> Outcome<()> {
        for commit in 0..count / size {
            // As at 10,000 events a second.
            self.now = Millis(self.now.0 + (size as i64 / 10).max(1));
            let appends: Vec<Append> = (0..size).map(|_| self.append()).collect();
            let settled = std::mem::take(&mut self.open);
            self.open.extend(
                appends.iter().flat_map(|append| &append.events).map(|event| DeliveryKey {
                    event: event.ordinal,
                    endpoint: event.deliveries[0].endpoint,
                }),
            );
            let settles = settled.iter().map(|key| self.settle(*key)).collect();
            let low_water = self.open.first().map_or(Ordinal(0), |key| key.event);
            let batch = Batch { now: self.now, low_water, appends, settles, ..Batch::default() };
            self.store.commit(batch).await?;
            if upkeep && commit % 4 == 0 {
                self.store.step(self.now, std::time::Duration::from_millis(4)).await?;
            }
        }
        Ok(())
    }

    fn append(&mut self) -> Append {
        self.made += 1;
        // An endpoint far from the last one.
        let endpoint = self.made.wrapping_mul(7_919) % ENDPOINTS;
        let tenant = self.tenants[endpoint % TENANTS];
        let ordinal = self.ordinals.next(self.now);
        let mark = (self.marks && self.made.is_multiple_of(2)).then(|| {
            let hash = (self.made as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            IdempotencyMark { key: hash.to_le_bytes(), body: hash.to_be_bytes() }
        });
        let delivery = NewDelivery { endpoint: EndpointKey(endpoint as i64 + 1), place: Place::Lane };
        let event = NewEvent { idempotency: mark, ..self.stock.event(tenant, ordinal, delivery, self.now) };
        Append { idempotency: None, events: vec![event] }
    }

    fn settle(&self, delivery: DeliveryKey) -> Settle {
        let attempt = Attempt {
            number: 1,
            started_at: self.now,
            latency_ms: 3,
            response_status: Some(200),
            error: None,
            success: true,
            excerpt: Bytes::from_static(b"ok"),
            note: None,
        };
        Settle { delivery, attempt: Some(attempt), next: Next::Delivered, fresh: true, key: None }
    }
}

/// What a start asks first.
trait Start {
    async fn recovered_highest(&self, now: Millis) -> Outcome<Ordinal>;
}

impl Start for SqliteStore {
    async fn recovered_highest(&self, now: Millis) -> Outcome<Ordinal> {
        Ok(postrider_store::Backlog::recover(self, now).await?.highest)
    }
}
