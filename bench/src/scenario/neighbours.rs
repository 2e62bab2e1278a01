//! What healthy endpoints feel of neighbours that hang, dribble, refuse or fail: one in five endpoints, each fed 50
//! events a second (DESIGN 8's fourth row, for every kind).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::bed::{Bed, free_address};
use super::{Options, Outcome, steady};
use crate::driver::{Drive, Load};
use crate::latency::Latency;
use crate::product::{Product, add_endpoint};
use crate::report::{Report, line};
use crate::result::{Better, Figure, Goal};
use crate::workload::Workload;

/// Endpoints that answer; a quarter as many do not.
const HEALTHY: u64 = 20;
const BAD: u64 = 5;
/// Events per second of each.
const EACH: f64 = 50.0;
/// The deadline of the bad ones: short, so that a round sees what follows it.
const TIMEOUT_SECONDS: u64 = 2;
/// Before the first measurement of a server: so long is it warmed up.
const WARM: Duration = Duration::from_millis(1_000);

const KINDS: [&str; 4] = ["hanging", "dribbling", "refusing", "failing"];

/// Latencies of the healthy, before there are neighbours and beside them.
struct Round {
    alone: Latency,
    beside: Latency,
    /// Resident at the end.
    memory_mib: f64,
}

pub(super) fn run(options: &Options) -> Outcome {
    let report = options.report("neighbours", "p99 of 20 healthy endpoints, alone and beside 5 bad ones")?;
    with(options, report, &KINDS)
}

/// The row of DESIGN 8 alone.
pub(super) fn run_hanging(options: &Options) -> Outcome {
    let report = options.report("isolation", "p99 of 20 healthy endpoints, alone and beside 5 that hang")?;
    with(options, report, &KINDS[..1])
}

fn with(options: &Options, mut report: Report, kinds: &[&str]) -> Outcome {
    let mut all_alone = Vec::new();
    for kind in kinds {
        let rounds = (0..options.rounds())
            .map(|number| round(options, kind, number))
            .collect::<Result<Vec<_>, _>>()?;
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        let memory = rounds.iter().map(|round| round.memory_mib).collect();
        for Round { alone: without, beside: with, .. } in rounds {
            line(&format!("{kind}: alone {}; beside {}", without.show(), with.show()));
            alone.push(without);
            beside.push(with);
        }
        let of = format!("beside {BAD} {kind}");
        let ratios = alone.iter().zip(&beside).map(|(alone, beside)| p99(beside) / p99(alone)).collect();
        Latency::figures(&of, &beside).into_iter().for_each(|figure| report.add(figure));
        let ratio = Figure::new("p99 by that alone", &of, "", Better::Less, ratios);
        report.add(ratio.with_goal(Goal::AtMost(1.5)));
        report.add(Figure::new("memory", &of, "MiB", Better::Less, memory));
        report.add_curve(&of, Some(EACH * HEALTHY as f64), &Latency::sum(&beside));
        all_alone.extend(alone);
    }
    Latency::figures("alone", &all_alone).into_iter().for_each(|figure| report.add(figure));
    report.add_curve("alone", Some(EACH * HEALTHY as f64), &Latency::sum(&all_alone));
    report.finish()?;
    Ok(())
}

fn p99(latency: &Latency) -> f64 {
    latency.quantile_ms(0.99)
}

/// A server of its own for every round: what a bad endpoint leaves behind would be felt by the next one.
fn round(options: &Options, kind: &str, number: u64) -> std::io::Result<Round> {
    let bed = Bed::new(options)?;
    let ours = bed.postrider()?;
    let healthy = Workload { tenants: HEALTHY, ..Workload::ONE };
    let key = bed.set_up(ours.address, &healthy)?;
    let measure = |time, seed| -> std::io::Result<Latency> {
        let load = Load {
            target: ours.address,
            connections: steady::CONNECTIONS,
            time,
            stop: None,
            how: Drive::Rate { per_second: EACH * HEALTHY as f64 },
            workload: healthy,
            seed,
        };
        Ok(steady::measure(&bed.receiver, &load, &key)?.0)
    };
    measure(WARM, 3 * number + 1)?;
    let alone = measure(options.steady(), 3 * number + 2)?;
    let mut product = Product::connect(ours.address, &key)?;
    let url = bad_url(kind, &bed)?;
    // Their tenants are numbered behind the healthy ones, and their one type is type.0 as well.
    for tenant in HEALTHY..HEALTHY + BAD {
        add_endpoint(&mut product, tenant, 0, &json!({"url": url, "timeout_seconds": TIMEOUT_SECONDS}))?;
    }
    let stop = AtomicBool::new(false);
    let beside = std::thread::scope(|scope| {
        let feeder = scope.spawn(|| feed(&mut product, &stop));
        let beside = measure(options.steady(), 3 * number + 3);
        stop.store(true, Ordering::Relaxed);
        feeder.join().map_err(|_| std::io::Error::other("the feeder panicked"))??;
        beside
    })?;
    Ok(Round { alone, beside, memory_mib: ours.server.memory_kib().0 as f64 / 1024.0 })
}

fn bad_url(kind: &str, bed: &Bed) -> std::io::Result<String> {
    Ok(match kind {
        "hanging" => format!("{}/hang", bed.url(&bed.receiver)),
        "dribbling" => format!("{}/dribble", bed.url(&bed.receiver)),
        "refusing" => format!("http://{}/ok", free_address()?),
        _ => format!("{}/fail", bed.url(&bed.receiver)),
    })
}

/// Feeds every bad endpoint its events per second until told to stop.
fn feed(product: &mut Product, stop: &AtomicBool) -> std::io::Result<()> {
    let step = Duration::from_secs_f64(1.0 / (EACH * BAD as f64));
    let mut due = Instant::now();
    for tenant in (HEALTHY..HEALTHY + BAD).cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let body = format!(r#"{{"tenant":"t{tenant}","type":"type.0","data":{{}}}}"#);
        product.send("POST", "/v1/events", &body)?;
        due += step;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(())
}
