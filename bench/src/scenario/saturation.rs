//! As many events as are taken: rate of deliveries, CPU and memory, beside the null sender.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use super::pair::{Half, Pair, Side};
use super::steady::{self, Steady};
use super::{Bed, Options, Outcome};
use crate::driver::Load;
use crate::process::{Server, need_descriptors};
use crate::product;
use crate::report::{Spread, keep, line, table};
use crate::workload::Workload;

#[derive(Debug, Serialize)]
struct Result {
    workload: Workload,
    preload: u64,
    null_per_second: Spread,
    postrider_per_second: Spread,
    ratio: Spread,
    null_cpu_us: Spread,
    postrider_cpu_us: Spread,
    postrider_rss_mib: u64,
    postrider_peak_mib: u64,
    at_1000_per_second: Option<Steady>,
    pairs: Vec<Pair>,
}

pub(crate) fn run(options: &Options, name: &str, workload: &Workload, preload: u64) -> Outcome {
    need_descriptors(workload.descriptors())?;
    let bed = Bed::new(options)?;
    let (mut server, address) = bed.postrider()?;
    let key = bed.set_up(address, workload)?;
    if preload > 0 {
        line(&format!("{name}: storing {preload} deliveries first …"));
        store(&bed, address, &key, workload, preload)
            .map_err(|error| format!("preload: {error}; Postrider: {}", server.trouble()))?;
    }
    let (mut null, null_address) = bed.null_sender(&key, workload)?;
    let mut pairs = Vec::new();
    for number in 0..=options.pairs {
        let load = |target| Load {
            target,
            connections: options.connections,
            time: Duration::from_secs(options.seconds),
            per_second: None,
            workload: *workload,
            seed: number as u64,
        };
        let null_side = Side { receiver: &bed.null_receiver, server: &mut null, load: load(null_address) };
        let our_side = Side { receiver: &bed.receiver, server: &mut server, load: load(address) };
        let pair =
            Pair::measure(null_side, our_side, &key).map_err(|error| format!("pair {number}: {error}"))?;
        // The first pair warms both up.
        if number > 0 {
            line(&format!("{name}: pair {number}: {}", pair.show()));
            pairs.push(pair);
        }
    }
    let steady = history(options, &bed, &mut server, address, workload, preload, &key)?;
    let (rss, peak) = server.memory_kib();
    let figures = |of: &dyn Fn(&Pair) -> f64| Spread::of(pairs.iter().map(of).collect());
    let result = Result {
        workload: *workload,
        preload,
        null_per_second: figures(&|pair| pair.null.per_second),
        postrider_per_second: figures(&|pair| pair.postrider.per_second),
        ratio: figures(&Pair::ratio),
        null_cpu_us: figures(&|pair| pair.null.cpu_us),
        postrider_cpu_us: figures(&|pair| pair.postrider.cpu_us),
        postrider_rss_mib: rss / 1024,
        postrider_peak_mib: peak / 1024,
        at_1000_per_second: steady,
        pairs,
    };
    result.print(name);
    keep(&options.results, name, &result)?;
    Ok(())
}

/// Stores deliveries and waits until they are received.
fn store(bed: &Bed, address: SocketAddr, key: &str, workload: &Workload, count: u64) -> std::io::Result<()> {
    let before = bed.receiver.counts()?;
    product::preload(address, key, workload, count, "")?;
    bed.receiver.wait_for_all(before, count, Duration::from_secs(600))
}

/// Latency at 1,000/s, a goal of its own where there is a history: DESIGN 8, the second row.
fn history(
    options: &Options,
    bed: &Bed,
    server: &mut Server,
    target: SocketAddr,
    workload: &Workload,
    preload: u64,
    key: &str,
) -> std::result::Result<Option<Steady>, String> {
    if preload == 0 {
        return Ok(None);
    }
    let (workload, seed, time) = (*workload, 1_000, Duration::from_secs(2 * options.seconds));
    let load = Load { target, connections: 16, time, per_second: Some(1_000.0), workload, seed };
    let steady = steady::measure(&bed.receiver, &load, key)
        .map_err(|error| format!("at 1000/s: {error}; Postrider: {}", server.trouble()))?;
    Ok(Some(steady))
}

impl Result {
    fn print(&self, name: &str) {
        let descriptors = |of: fn(&Pair) -> &Half| {
            let most =
                |open: fn(&Half) -> u64| self.pairs.iter().map(|pair| open(of(pair))).max().unwrap_or(0);
            format!("{}, receiver {}", most(|half| half.descriptors), most(|half| half.receiver_descriptors))
        };
        let refused: u64 = self.pairs.iter().map(|pair| pair.postrider.refused).sum();
        let retries = Spread::of(self.pairs.iter().map(|pair| pair.postrider_beside_null_percent).collect());
        table(&[
            [name, "null sender", "Postrider"].map(str::to_owned),
            ["deliveries per second".into(), self.null_per_second.show(0), self.postrider_per_second.show(0)],
            ["ratio".into(), String::new(), self.ratio.show(2)],
            ["CPU µs per delivery".into(), self.null_cpu_us.show(1), self.postrider_cpu_us.show(1)],
            ["CPU % beside the null sender".into(), String::new(), retries.show(1)],
            [
                "file descriptors at most".into(),
                descriptors(|pair| &pair.null),
                descriptors(|pair| &pair.postrider),
            ],
            ["refused (503)".into(), String::new(), refused.to_string()],
            [
                "resident MiB, peak".into(),
                String::new(),
                format!("{}, {}", self.postrider_rss_mib, self.postrider_peak_mib),
            ],
        ]);
        if let Some(steady) = &self.at_1000_per_second {
            line(&format!("{name}: at 1000/s: {}", steady.show()));
        }
    }
}
