//! Steady rates: latency from an event's due time to its receipt, open loop.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{Bed, Options, Outcome};
use crate::driver::{Load, drive};
use crate::receiver::{Latencies, Receiver};
use crate::report::{keep, line};
use crate::workload::Workload;

const RATES: [f64; 3] = [100.0, 1_000.0, 5_000.0];

/// What came of a steady rate.
#[derive(Debug, Serialize)]
pub(super) struct Steady {
    #[serde(flatten)]
    latencies: Latencies,
    refused: u64,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let bed = Bed::new(options)?;
    let (server, address) = bed.postrider()?;
    let key = bed.set_up(address, &Workload::ONE)?;
    let (null, null_address) = bed.null_sender(&key, &Workload::ONE)?;
    let mut results = BTreeMap::new();
    for rate in RATES {
        for (who, target, receiver) in
            [("null sender", null_address, &bed.null_receiver), ("Postrider", address, &bed.receiver)]
        {
            let load = Load {
                target,
                connections: 16,
                time: Duration::from_secs(2 * options.seconds),
                per_second: Some(rate),
                workload: Workload::ONE,
                seed: 1,
            };
            let result = measure(receiver, &load, &key)?;
            line(&format!("steady {rate:>5}/s, {who:<11}: {}", result.show()));
            results.insert(format!("{who} {rate}"), result);
        }
    }
    drop((server, null));
    keep(&options.results, "steady", &results)?;
    Ok(())
}

/// Drives a load at its steady rate, and tells what its receiver saw.
pub(super) fn measure(receiver: &Receiver, load: &Load, key: &str) -> std::io::Result<Steady> {
    receiver.take_latencies()?;
    let before = receiver.counts()?;
    let sent = drive(load, key)?;
    receiver.wait_for_all(before, sent.healthy, Duration::from_secs(30))?;
    Ok(Steady { latencies: receiver.take_latencies()?, refused: sent.refused })
}

impl Steady {
    /// For people.
    pub(super) fn show(&self) -> String {
        let Latencies { count, p50_ms, p99_ms, p999_ms } = self.latencies;
        format!(
            "p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms, p99.9 {p999_ms:.2} ms ({count} received, {} refused)",
            self.refused
        )
    }
}
