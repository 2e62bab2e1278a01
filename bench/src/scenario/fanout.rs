//! One event to 10,000 endpoints: the time to its 202, the rate until the last receipt, several in a row, and what
//! another tenant feels of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use super::bed::Bed;
use super::pair::{self, Pair, Side};
use super::{Options, Outcome, steady};
use crate::driver::{Drive, Load, Sent, drive};
use crate::latency::Latency;
use crate::process::need_descriptors;
use crate::product::{Product, add_endpoint};
use crate::report::{Report, line};
use crate::result::{Better, Figure, Goal};
use crate::workload::Workload;

/// Events of the phase with several in a row.
const IN_A_ROW: u64 = 5;

/// The other tenant's events per second.
const OTHERS: f64 = 200.0;

/// The other tenant's number.
const OTHER: u64 = 1;

pub(super) fn run(options: &Options) -> Outcome {
    let title = format!("one event to {} endpoints", options.fan_out);
    let mut report = options.report("fanout", &title)?;
    let workload = Workload { endpoints: options.fan_out, fan_out: true, ..Workload::ONE };
    // A connection to each endpoint, and some beside.
    need_descriptors(options.fan_out + 500)?;
    let bed = Bed::new(options)?;
    bed.tell(&mut report)?;
    let mut ours = bed.postrider()?;
    line(&format!("creating {} endpoints first …", options.fan_out));
    let key = bed.set_up(ours.address, &workload)?;
    let other = json!({"url": format!("{}/ok", bed.url(&bed.receiver))});
    add_endpoint(&mut Product::connect(ours.address, &key)?, OTHER, 0, &other)?;
    let mut null = bed.null_sender(&key, &workload)?;
    let rounds = usize::try_from(options.rounds())?;
    for (variant, events, pairs_wanted) in [("", 1, options.pairs), ("5 in a row", IN_A_ROW, rounds)] {
        let mut pairs = Vec::new();
        // Two pairs warm both up: the first opens a connection to each endpoint, and the null sender's second is slow too.
        let warm = if events == 1 { 2 } else { 0 };
        for number in 0..pairs_wanted + warm {
            let load = load(&workload, Drive::OneByOne { events }, number as u64);
            let mut null_side = Side { receiver: &bed.null_receiver, running: &mut null };
            let mut our_side = Side { receiver: &bed.receiver, running: &mut ours };
            let pair = Pair::measure(&mut null_side, &mut our_side, &load, &key)
                .map_err(|error| format!("pair {number}: {error}"))?;
            if number >= warm {
                line(&format!("pair {number}: {}", show(&pair)));
                pairs.push(pair);
            }
        }
        tell_answers(&mut report, &pairs, variant);
        pair::tell(&mut report, &pairs, variant, (events == 1).then_some(options.ratio()));
    }
    for (who, running) in [("null sender", &null), ("postrider", &ours)] {
        pair::tell_memory(&mut report, who, "", running);
    }
    let mut side = Side { receiver: &bed.receiver, running: &mut ours };
    for fans in [false, true] {
        let others = beside(options, &mut side, &workload, fans, &key)?;
        let of = if fans { "another tenant during fan-outs" } else { "another tenant alone" };
        line(&format!("{of}: to the 202 {}", others.answers.show()));
        tell_latency(&mut report, "to the 202", of, &[others.answers]);
    }
    report.finish()?;
    Ok(())
}

fn show(pair: &Pair) -> String {
    let answer = |sent: &Sent| sent.answers.quantile_ms(1.0);
    let (null, ours) = (answer(&pair.null.sent), answer(&pair.postrider.sent));
    format!("202 after {null:.1} ms and {ours:.1} ms; {}", pair.show())
}

fn load(workload: &Workload, how: Drive, seed: u64) -> Load<'static> {
    let time = Duration::from_secs(60);
    Load {
        target: ([127, 0, 0, 1], 0).into(),
        connections: 1,
        time,
        stop: None,
        how,
        workload: *workload,
        seed,
    }
}

/// The longest time to a 202 of each pair, and latencies to the receipts.
fn tell_answers(report: &mut Report, pairs: &[Pair], variant: &str) {
    let answers = |sent: &Sent| sent.answers.quantile_ms(1.0);
    let null = pairs.iter().map(|pair| answers(&pair.null.sent)).collect();
    let ours = pairs.iter().map(|pair| answers(&pair.postrider.sent)).collect();
    for (who, samples, goal) in
        [("null sender", null, None), ("postrider", ours, variant.is_empty().then_some(Goal::AtMost(50.0)))]
    {
        let figure = Figure::new("to the 202", &pair::of(who, variant), "ms", Better::Less, samples);
        report.add(Figure { goal, ..figure });
    }
    let latencies = |of: fn(&Pair) -> &Latency| pairs.iter().map(of).cloned().collect::<Vec<_>>();
    for (who, runs) in [
        ("null sender", latencies(|pair| &pair.null.latency)),
        ("postrider", latencies(|pair| &pair.postrider.latency)),
    ] {
        tell_latency(report, "", &pair::of(who, variant), &runs);
    }
}

fn tell_latency(report: &mut Report, what: &str, of: &str, runs: &[Latency]) {
    for figure in Latency::figures(of, runs) {
        let name = if what.is_empty() { figure.name.clone() } else { format!("{what}, {}", figure.name) };
        report.add(Figure { name, ..figure });
    }
}

/// The other tenant's events at their steady rate, alone or while one fan-out follows the other.
fn beside(
    options: &Options,
    side: &mut Side<'_>,
    workload: &Workload,
    fans: bool,
    key: &str,
) -> std::io::Result<Sent> {
    let others = Workload { first_tenant: OTHER, ..Workload::ONE };
    let how = Drive::Rate { per_second: OTHERS };
    let connections = steady::CONNECTIONS;
    let target = side.running.address;
    let others = Load { target, connections, time: options.steady(), ..load(&others, how, 77) };
    let stop = AtomicBool::new(!fans);
    let before = side.receiver.counts()?;
    std::thread::scope(|scope| {
        let fanning = scope.spawn(|| {
            let mut healthy = 0;
            while !stop.load(Ordering::Relaxed) {
                let load = Load { target, ..load(workload, Drive::OneByOne { events: 1 }, 78) };
                healthy += drive(&load, key)?.healthy;
                side.receiver.wait_for(before, healthy, Duration::from_secs(60))?;
            }
            Ok::<_, std::io::Error>(healthy)
        });
        let sent = drive(&others, key);
        stop.store(true, Ordering::Relaxed);
        let fanned = fanning.join().map_err(|_| std::io::Error::other("the driver panicked"))??;
        let sent = sent?;
        side.receiver.wait_for_all(before, fanned + sent.healthy, Duration::from_secs(60))?;
        Ok(sent)
    })
}
