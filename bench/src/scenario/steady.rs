//! Steady rates: latency from an event's due time to its receipt, open loop.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{Bed, Options, Outcome};
use crate::driver::{Load, drive};
use crate::report::{keep, line};
use crate::workload::Workload;

const RATES: [f64; 3] = [100.0, 1_000.0, 5_000.0];

#[derive(Debug, Serialize)]
struct Latency {
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    received: u64,
    missing: u64,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let bed = Bed::new(options)?;
    let (server, address) = bed.postrider()?;
    let key = bed.set_up(address, &Workload::ONE)?;
    let (null, null_address) = bed.null_sender(&key, &Workload::ONE)?;
    let mut results = BTreeMap::new();
    for rate in RATES {
        for (who, target) in [("null sender", null_address), ("Postrider", address)] {
            let load = Load {
                target,
                connections: 16,
                time: Duration::from_secs(2 * options.seconds),
                per_second: Some(rate),
                workload: Workload::ONE,
                seed: 1,
            };
            bed.tally.take_latencies();
            let before = bed.tally.received();
            let sent = drive(&load, &key)?;
            let missing = bed.drained(before, &sent, Duration::from_secs(30));
            let taken = bed.tally.take_latencies();
            let at = |quantile: f64| taken.value_at_quantile(quantile) as f64 / 1e3;
            let latency = Latency {
                p50_ms: at(0.5),
                p99_ms: at(0.99),
                p999_ms: at(0.999),
                received: taken.len(),
                missing,
            };
            line(&format!(
                "steady {rate:>5}/s, {who:<11}: p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms ({} received, {} missing)",
                latency.p50_ms, latency.p99_ms, latency.p999_ms, latency.received, latency.missing
            ));
            results.insert(format!("{who} {rate}"), latency);
        }
    }
    drop((server, null));
    keep(&options.results, "steady", &results)?;
    Ok(())
}
