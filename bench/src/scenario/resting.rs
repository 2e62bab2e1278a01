//! What Postrider takes when little happens: idle, and with a million deliveries pending.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Bed, Options, Outcome};
use crate::product::{self, Product};
use crate::report::{keep, line};
use crate::workload::Workload;

#[derive(Debug, Serialize)]
struct Idle {
    rss_mib: f64,
    cpu_percent: f64,
}

/// An empty server, left alone.
pub(crate) fn idle(options: &Options) -> Outcome {
    let bed = Bed::new(options)?;
    let (server, address) = bed.postrider()?;
    bed.set_up(address, &Workload::ONE)?;
    let (cpu, time) = (server.cpu_seconds(), Duration::from_secs(2 * options.seconds));
    std::thread::sleep(time);
    let idle = Idle {
        rss_mib: server.memory_kib().0 as f64 / 1024.0,
        cpu_percent: (server.cpu_seconds() - cpu) / time.as_secs_f64() * 100.0,
    };
    line(&format!("idle: resident {:.1} MiB, {:.2} % of a core", idle.rss_mib, idle.cpu_percent));
    keep(&options.results, "idle", &idle)?;
    Ok(())
}

#[derive(Debug, Serialize)]
struct Pending {
    pending: u64,
    rss_mib: u64,
    peak_mib: u64,
    rss_after_restart_mib: u64,
    first_delivery_ms: u64,
}

/// Deliveries scheduled for tomorrow, and one that falls due while the server is down.
pub(crate) fn pending(options: &Options) -> Outcome {
    let bed = Bed::new(options)?;
    let (server, address) = bed.postrider()?;
    let workload = Workload { failing_one_in: 0, ..Workload::SPREAD };
    let key = bed.set_up(address, &workload)?;
    line(&format!("pending: storing {} deliveries first …", options.pending));
    let tomorrow = in_rfc3339(86_400);
    product::preload(address, &key, &workload, options.pending, &format!(r#","deliver_at":"{tomorrow}""#))?;
    let (rss, peak) = server.memory_kib();
    let soon = in_rfc3339(3);
    let body = format!(r#"{{"tenant":"t0","type":"type.0","deliver_at":"{soon}","data":{{}}}}"#);
    Product::connect(address, &key)?.send("POST", "/v1/events", &body)?;
    let before = bed.receiver.counts()?;
    server.stop(Duration::from_secs(30))?;
    std::thread::sleep(Duration::from_secs(4));
    let start = Instant::now();
    let (server, _) = bed.postrider()?;
    let missing = bed.receiver.wait_for(before, 1, Duration::from_secs(60))?;
    if missing > 0 {
        return Err("what fell due while the server was down was not delivered".into());
    }
    let result = Pending {
        pending: options.pending,
        rss_mib: rss / 1024,
        peak_mib: peak / 1024,
        first_delivery_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        rss_after_restart_mib: server.memory_kib().0 / 1024,
    };
    line(&format!(
        "pending: {} deliveries: resident {} MiB (peak {}), {} MiB after a restart; first delivery {} ms after the start",
        result.pending,
        result.rss_mib,
        result.peak_mib,
        result.rss_after_restart_mib,
        result.first_delivery_ms
    ));
    keep(&options.results, "pending", &result)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a program of its own: it has no clock port")]
fn in_rfc3339(seconds: u64) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let at = since + Duration::from_secs(seconds);
    postrider_model::time::Millis(i64::try_from(at.as_millis()).unwrap_or(i64::MAX)).rfc3339_millis()
}
