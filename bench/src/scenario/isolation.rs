//! One in five endpoints hangs: what the others feel of it.

use std::time::Duration;

use serde::Serialize;

use super::{Bed, Options, Outcome};
use crate::driver::{Load, drive};
use crate::product::{Product, add_endpoint};
use crate::report::{Spread, keep, line};
use crate::workload::{Mix, Workload};

/// Endpoints that answer; a quarter as many hang.
const HEALTHY: u64 = 20;
const HANGING: u64 = 5;
/// Events per second of each.
const EACH: f64 = 50.0;
const ROUNDS: u64 = 3;

#[derive(Debug, Serialize)]
struct Result {
    p99_ms_alone: Spread,
    p99_ms_beside: Spread,
    ratio: f64,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let bed = Bed::new(options)?;
    let (server, address) = bed.postrider()?;
    let healthy =
        Workload { tenants: HEALTHY, endpoints: 1, failing_one_in: 0, keyed_one_in: 0, mix: Mix::Even };
    let key = bed.set_up(address, &healthy)?;
    let mut product = Product::connect(address, &key)?;
    // Their tenants are numbered behind the healthy ones, and their one type is type.0 as well.
    for tenant in HEALTHY..HEALTHY + HANGING {
        add_endpoint(&mut product, tenant, 0, bed.receiver.address, "hang")?;
    }
    let time = Duration::from_secs(2 * options.seconds);
    let measure = |seed: u64| -> std::io::Result<f64> {
        let load = Load {
            target: address,
            connections: 16,
            time,
            per_second: Some(EACH * HEALTHY as f64),
            workload: healthy,
            seed,
        };
        bed.receiver.take_latencies()?;
        let before = bed.receiver.counts()?;
        let sent = drive(&load, &key)?;
        bed.receiver.wait_for_all(before, sent.healthy, Duration::from_secs(30))?;
        Ok(bed.receiver.take_latencies()?.p99_ms)
    };
    let alone = (0..ROUNDS).map(measure).collect::<std::io::Result<Vec<_>>>()?;
    let stop = std::sync::atomic::AtomicBool::new(false);
    let beside = std::thread::scope(|scope| {
        let feeder = scope.spawn(|| feed_hanging(&mut product, &stop));
        let beside = (0..ROUNDS).map(|round| measure(100 + round)).collect::<std::io::Result<Vec<_>>>();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        feeder.join().map_err(|_| std::io::Error::other("the feeder panicked"))??;
        beside
    })?;
    drop(server);
    let (alone, beside) = (Spread::of(alone), Spread::of(beside));
    let ratio = beside.median / alone.median;
    line(&format!("isolation: p99 of {HEALTHY} healthy endpoints alone {} ms", alone.show(2)));
    line(&format!(
        "isolation: p99 of them beside {HANGING} hanging ones {} ms, ratio {ratio:.2}",
        beside.show(2)
    ));
    keep(&options.results, "isolation", &Result { p99_ms_alone: alone, p99_ms_beside: beside, ratio })?;
    Ok(())
}

/// Feeds every hanging endpoint its events per second until told to stop.
fn feed_hanging(product: &mut Product, stop: &std::sync::atomic::AtomicBool) -> std::io::Result<()> {
    let step = Duration::from_secs_f64(1.0 / (EACH * HANGING as f64));
    let mut due = std::time::Instant::now();
    for tenant in (HEALTHY..HEALTHY + HANGING).cycle() {
        if stop.load(std::sync::atomic::Ordering::Relaxed) {
            break;
        }
        product.send(
            "POST",
            "/v1/events",
            &format!(r#"{{"tenant":"t{tenant}","type":"type.0","data":{{}}}}"#),
        )?;
        due += step;
        std::thread::sleep(due.saturating_duration_since(std::time::Instant::now()));
    }
    Ok(())
}
