//! As many events as are taken: rate of deliveries, CPU and memory, beside the null sender.

use std::time::Duration;

use serde::Serialize;

use super::{Bed, Options, Outcome};
use crate::driver::{Load, drive};
use crate::process::Server;
use crate::product;
use crate::report::{Spread, keep, line};
use crate::workload::Workload;

#[derive(Debug, Serialize)]
struct Result {
    null_per_second: Spread,
    postrider_per_second: Spread,
    ratio: Spread,
    null_cpu_us: Spread,
    postrider_cpu_us: Spread,
    postrider_rss_mib: u64,
    postrider_peak_mib: u64,
    refused: u64,
    missing: u64,
}

struct Half {
    per_second: f64,
    cpu_us: f64,
    refused: u64,
    missing: u64,
}

pub(crate) fn run(options: &Options, name: &str, workload: &Workload, preload: u64) -> Outcome {
    let bed = Bed::new(options)?;
    let (server, address) = bed.postrider()?;
    let key = bed.set_up(address, workload)?;
    if preload > 0 {
        line(&format!("{name}: storing {preload} deliveries first …"));
        let before = bed.tally.received();
        product::preload(address, &key, workload, preload, "")?;
        let all = crate::driver::Sent { healthy: preload, ..Default::default() };
        let missing = bed.drained(before, &all, Duration::from_secs(600));
        if missing > 0 {
            return Err(format!("{missing} of the preload were not received").into());
        }
    }
    let (null, null_address) = bed.null_sender(&key, workload)?;
    let (mut nulls, mut ours) = (Vec::new(), Vec::new());
    for pair in 0..=options.pairs {
        let seed = pair as u64;
        let load = |target| Load {
            target,
            connections: options.connections,
            time: Duration::from_secs(options.seconds),
            per_second: None,
            workload: *workload,
            seed,
        };
        let null_half = half(&bed, &null, &load(null_address), &key)?;
        let our_half = half(&bed, &server, &load(address), &key)?;
        // The first pair warms both up.
        if pair > 0 {
            line(&format!(
                "{name}: pair {pair}: null sender {:.0}/s, Postrider {:.0}/s, ratio {:.2}",
                null_half.per_second,
                our_half.per_second,
                our_half.per_second / null_half.per_second
            ));
            nulls.push(null_half);
            ours.push(our_half);
        }
    }
    let figures = |halves: &[Half], of: fn(&Half) -> f64| Spread::of(halves.iter().map(of).collect());
    let ratios = nulls.iter().zip(&ours).map(|(null, our)| our.per_second / null.per_second).collect();
    let (rss, peak) = server.memory_kib();
    let result = Result {
        null_per_second: figures(&nulls, |half| half.per_second),
        postrider_per_second: figures(&ours, |half| half.per_second),
        ratio: Spread::of(ratios),
        null_cpu_us: figures(&nulls, |half| half.cpu_us),
        postrider_cpu_us: figures(&ours, |half| half.cpu_us),
        postrider_rss_mib: rss / 1024,
        postrider_peak_mib: peak / 1024,
        refused: ours.iter().map(|half| half.refused).sum(),
        missing: ours.iter().map(|half| half.missing).sum(),
    };
    line(&format!("{name}: null sender {}/s", result.null_per_second.show(0)));
    line(&format!("{name}: Postrider   {}/s, every event fsynced", result.postrider_per_second.show(0)));
    line(&format!("{name}: ratio       {}", result.ratio.show(2)));
    line(&format!(
        "{name}: CPU µs per delivery: null sender {}, Postrider {}",
        result.null_cpu_us.show(1),
        result.postrider_cpu_us.show(1)
    ));
    line(&format!(
        "{name}: resident {} MiB, peak {} MiB; refused {}, missing {}",
        result.postrider_rss_mib, result.postrider_peak_mib, result.refused, result.missing
    ));
    keep(&options.results, name, &result)?;
    Ok(())
}

/// Drives one of the two; the rate counts what was received, until the last of it.
fn half(bed: &Bed, server: &Server, load: &Load, key: &str) -> std::io::Result<Half> {
    let (received, cpu) = (bed.tally.received(), server.cpu_seconds());
    let sent = drive(load, key)?;
    let missing = bed.drained(received, &sent, Duration::from_secs(60));
    let delivered = bed.tally.received() - received;
    let seconds = bed.tally.last_ns().saturating_sub(sent.first_ns) as f64 / 1e9;
    bed.tally.take_latencies();
    Ok(Half {
        per_second: delivered as f64 / seconds,
        cpu_us: (server.cpu_seconds() - cpu) * 1e6 / sent.accepted.max(1) as f64,
        refused: sent.refused,
        missing,
    })
}
