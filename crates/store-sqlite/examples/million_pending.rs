//! A million pending deliveries: how long a start takes to the first of them, and what memory it needs.
//!
//! `cargo run --profile quick -p postrider-store-sqlite --example million_pending [-- <count> <directory>]`
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

mod stock;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use postrider_model::id::{EndpointKey, IdSalt, Ordinal, OrdinalSource};
use postrider_model::time::Millis;
use postrider_store::{
    Append, Backlog, Batch, DueQuery, Journal, NewDelivery, Place, Sweep, SweepInto, Upkeep,
};
use postrider_store_sqlite::{Options, SqliteStore};
use stock::{Outcome, Stock};

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().map_or(Ok(1_000_000), |text| text.parse::<usize>())?;
    let dir = arguments.next().map_or_else(|| std::env::temp_dir().join("postrider-pending"), PathBuf::from);
    let _ = std::fs::remove_dir_all(&dir);
    tokio::runtime::Builder::new_current_thread().build()?.block_on(run(count, dir))
}

async fn run(count: usize, dir: PathBuf) -> Outcome<()> {
    let now = Millis(1_700_000_000_000);
    fill(count, &dir, now).await?;
    println!("after filling: {}", resident()?);
    let started = Instant::now();
    let store = SqliteStore::open(Options::new(&dir, IdSalt(1)))?;
    let opened = started.elapsed();
    let recovered = store.recover(now).await?;
    let endpoint = recovered.backlog.first().map_or(EndpointKey(1), |(endpoint, _)| *endpoint);
    let until = now + Duration::from_secs(86_400);
    let query = DueQuery { endpoint, until, skip: Vec::new(), limit: 64, body_bytes: 1 << 20 };
    let page = store.due(query).await?;
    println!(
        "opened in {opened:?}, recovered {} moved and {} endpoints, first page of {} after {:?}; {}",
        recovered.moved,
        recovered.backlog.len(),
        page.rows.len(),
        started.elapsed(),
        resident()?
    );
    let sweeping = Instant::now();
    let sweep = Sweep { endpoint, into: SweepInto::Held, up_to: Ordinal(i64::MAX), now };
    let swept = store.sweep(sweep, 1_000).await?;
    println!("swept {} in {:?}", swept.ended, sweeping.elapsed());
    store.close().await?;
    Ok(())
}

async fn fill(count: usize, dir: &std::path::Path, now: Millis) -> Outcome<()> {
    let store = SqliteStore::open(Options::new(dir, IdSalt(1)))?;
    let stock = Stock::create(&store, now).await?;
    let tenant = stock.tenant(&store, "t1", now).await?;
    let mut ordinals = OrdinalSource::new(store.recover(now).await?.highest);
    let mut made = 0;
    while made < count {
        let mut appends = Vec::new();
        for _ in 0..2_000.min(count - made) {
            made += 1;
            let endpoint = EndpointKey((made * 7_919 % 10_000) as i64 + 1);
            // Half waits for a retry, half was in lanes when the process went.
            let place = if made % 2 == 0 { Place::Due(now) } else { Place::Lane };
            let event = stock.event(tenant, ordinals.next(now), NewDelivery { endpoint, place }, now);
            appends.push(Append { idempotency: None, events: vec![event] });
        }
        store.commit(Batch { now, appends, ..Batch::default() }).await?;
    }
    store.close().await?;
    Ok(())
}

/// Resident memory, as the kernel says.
fn resident() -> Outcome<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    Ok(lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", "))
}
