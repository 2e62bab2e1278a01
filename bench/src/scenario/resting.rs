//! What Postrider takes when little happens: idle, and with a million deliveries pending.

use std::time::{Duration, Instant};

use super::bed::{Bed, Running};
use super::cost::Meter;
use super::pair::tell_memory;
use super::{Options, Outcome};
use crate::product::{self, Product};
use crate::report::{line, wall_clock};
use crate::result::{Better, Figure, Goal};
use crate::workload::Workload;

/// An empty server, left alone.
pub(super) fn idle(options: &Options) -> Outcome {
    let mut report = options.report("idle", "an empty server, left alone")?;
    let bed = Bed::new(options)?;
    bed.tell(&mut report)?;
    let ours = bed.postrider()?;
    bed.set_up(ours.address, &Workload::ONE)?;
    let (meter, time) = (Meter::begin(&ours)?, options.steady());
    std::thread::sleep(time);
    let percent = meter.end(&ours)?.cpu_seconds() / time.as_secs_f64() * 100.0;
    report.add(memory("memory", &ours).with_goal(Goal::AtMost(30.0)));
    let cpu = Figure::new("cpu of a core", "postrider", "%", Better::Less, vec![percent]);
    report.add(cpu.with_goal(Goal::AtMost(1.0)));
    report.finish()?;
    Ok(())
}

/// Deliveries scheduled for tomorrow, and one that falls due while the server is down.
pub(super) fn pending(options: &Options) -> Outcome {
    let title = format!("{} deliveries pending, and a restart", options.pending);
    let mut report = options.report("pending", &title)?;
    let bed = Bed::new(options)?;
    bed.tell(&mut report)?;
    let ours = bed.postrider()?;
    let workload = Workload { failing_one_in: 0, tenants: options.tenants, ..Workload::SPREAD };
    let key = bed.set_up(ours.address, &workload)?;
    line(&format!("storing {} deliveries first …", options.pending));
    let tomorrow = wall_clock(Duration::from_secs(86_400)).rfc3339_millis();
    let scheduled = format!(r#","deliver_at":"{tomorrow}""#);
    product::preload(ours.address, &key, &workload, options.pending, &scheduled)?;
    report.add(memory("memory", &ours).with_goal(Goal::AtMost(200.0)));
    tell_memory(&mut report, "postrider", "before the restart", &ours);
    let soon = wall_clock(Duration::from_secs(3)).rfc3339_millis();
    let body = format!(r#"{{"tenant":"t0","type":"type.0","deliver_at":"{soon}","data":{{}}}}"#);
    Product::connect(ours.address, &key)?.send("POST", "/v1/events", &body)?;
    let before = bed.receiver.counts()?;
    ours.server.stop(Duration::from_secs(30))?;
    std::thread::sleep(Duration::from_secs(4));
    let start = Instant::now();
    let ours = bed.postrider()?;
    if bed.receiver.wait_for(before, 1, Duration::from_secs(60))? > 0 {
        return Err("what fell due while the server was down was not delivered".into());
    }
    let first_ms = start.elapsed().as_secs_f64() * 1e3;
    let first = Figure::new("restart to first delivery", "postrider", "ms", Better::Less, vec![first_ms]);
    report.add(first.with_goal(Goal::AtMost(2_000.0)));
    tell_memory(&mut report, "postrider", "after the restart", &ours);
    report.finish()?;
    Ok(())
}

fn memory(name: &str, ours: &Running) -> Figure {
    let mib = ours.server.memory_kib().0 as f64 / 1024.0;
    Figure::new(name, "postrider", "MiB", Better::Less, vec![mib])
}
