//! As many events as are taken: rate of deliveries, CPU and memory, beside the null sender.

use std::time::Duration;

use serde::Serialize;

use super::steady::{self, Steady};
use super::{Bed, Options, Outcome};
use crate::driver::{Load, drive};
use crate::process::Server;
use crate::product;
use crate::receiver::Receiver;
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
    at_1000_per_second: Option<Steady>,
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
        let before = bed.receiver.counts()?;
        product::preload(address, &key, workload, preload, "")?;
        let missing = bed.receiver.wait_for(before, preload, Duration::from_secs(600))?;
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
        let null_half = half(&bed.null_receiver, &null, &load(null_address), &key)?;
        let our_half = half(&bed.receiver, &server, &load(address), &key)?;
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
    // A goal of its own where there is a history: DESIGN 8, the second row.
    let steady = (preload > 0).then(|| {
        let time = Duration::from_secs(2 * options.seconds);
        let (target, workload, seed) = (address, *workload, 1_000);
        let load = Load { target, connections: 16, time, per_second: Some(1_000.0), workload, seed };
        steady::measure(&bed.receiver, &load, &key)
    });
    let steady = steady.transpose()?;
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
        at_1000_per_second: steady,
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
    if let Some(steady) = &result.at_1000_per_second {
        line(&format!("{name}: at 1000/s   {}", steady.show()));
    }
    keep(&options.results, name, &result)?;
    Ok(())
}

/// Drives one of the two; the rate counts what was received, until the last of it.
fn half(receiver: &Receiver, server: &Server, load: &Load, key: &str) -> std::io::Result<Half> {
    let (before, cpu) = (receiver.counts()?, server.cpu_seconds());
    let sent = drive(load, key)?;
    let missing = receiver.wait_for(before, sent.healthy, Duration::from_secs(60))?;
    let after = receiver.counts()?;
    let delivered = after.received - before.received;
    let seconds = after.last_ns.saturating_sub(sent.first_ns) as f64 / 1e9;
    Ok(Half {
        per_second: delivered as f64 / seconds,
        cpu_us: (server.cpu_seconds() - cpu) * 1e6 / sent.accepted.max(1) as f64,
        refused: sent.refused,
        missing,
    })
}
