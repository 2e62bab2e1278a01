//! What polls cost while another session keeps the server from cleaning up: a report that holds its snapshot, then a
//! transaction that wrote something and stays open. Deliveries go from node to node meanwhile, and some fail.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::bed::Bed;
use super::nodes::{Nodes, WORKLOAD};
use super::options::Options;
use super::{Outcome, steady};
use crate::driver::{Drive, Load, drive};
use crate::latency::Latency;
use crate::postgres::{Poll, Postgres, hold};
use crate::report::{Report, line};
use crate::result::{Better, Figure};
use crate::workload::Workload;

/// Events per second.
const RATE: f64 = 1_000.0;

/// Steps of the time that something is held for; each is a sample.
const STEPS: u32 = 6;

/// What is looked at, by words that only that statement of the store has in its text.
const POLLS: [(&str, &str); 3] = [
    ("a poll for news", "ORDER BY n.xact, n.event"),
    ("a read of those news", "ORDER BY u.place"),
    ("a read of what is due", "ORDER BY p.due, p.event LIMIT"),
];

/// What the other session does, and for how many steps; without statements it is not there.
struct Phase {
    name: &'static str,
    held: Option<&'static str>,
    steps: u32,
}

const PHASES: [Phase; 5] = [
    Phase { name: "before", held: None, steps: 2 },
    Phase {
        name: "a snapshot is held",
        held: Some("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1"),
        steps: STEPS,
    },
    Phase { name: "after the snapshot", held: None, steps: 3 },
    Phase { name: "a transaction is open", held: Some("BEGIN; SELECT pg_current_xact_id()"), steps: STEPS },
    Phase { name: "after the transaction", held: None, steps: 3 },
];

/// What was seen in a step.
struct Step {
    polls: [Poll; POLLS.len()],
    seconds: f64,
    per_second: f64,
    latency: Latency,
    /// Rows that wait, with their indexes, on disk.
    pending_kib: f64,
}

pub(super) fn run(options: &Options) -> Outcome {
    let options = &options.on_postgres();
    let title = format!("polls while another session holds a snapshot for {} s", options.held_seconds);
    let mut report = options.report_as("held-snapshot", &title)?;
    let bed = Bed::new(options)?;
    bed.tell(&mut report)?;
    let postgres = bed.postgres().ok_or("a bed without PostgreSQL")?;
    let nodes = Nodes::start(&bed, 1, false)?;
    let workload = Workload { failing_one_in: 20, ..WORKLOAD };
    let key = bed.set_up(nodes.api.address, &workload)?;
    let stop = AtomicBool::new(false);
    let load = Load {
        target: nodes.api.address,
        connections: steady::CONNECTIONS,
        time: Duration::from_secs(900),
        stop: Some(&stop),
        how: Drive::Rate { per_second: RATE },
        workload,
        seed: 1,
    };
    // It warms everything up, and retries begin.
    steady::measure(&bed.receiver, &Load { time: options.steady(), stop: None, ..load }, &key)?;
    postgres.count_statements(true)?;
    let each = Duration::from_secs_f64(options.held_seconds as f64 / f64::from(STEPS));
    let watch = Watch { bed: &bed, postgres, each };
    std::thread::scope(|scope| {
        let driving = scope.spawn(|| drive(&load, &key));
        let watched = PHASES.iter().try_for_each(|phase| {
            let steps = watch.phase(phase)?;
            // A text that has changed would say that nothing costs nothing.
            if steps.iter().all(|step| step.polls[0].calls == 0.0) {
                return Err(std::io::Error::other("no poll for news was counted: its text has changed"));
            }
            tell(&mut report, phase.name, &steps);
            Ok::<_, std::io::Error>(())
        });
        stop.store(true, Ordering::Relaxed);
        let sent = driving.join().map_err(|_| std::io::Error::other("the driver panicked"))??;
        let refused = vec![sent.refused as f64];
        report.add(Figure::new("refused", "postrider", "", Better::Less, refused));
        watched
    })?;
    report.finish()?;
    Ok(())
}

struct Watch<'a> {
    bed: &'a Bed,
    postgres: &'a Postgres,
    each: Duration,
}

impl Watch<'_> {
    fn phase(&self, phase: &Phase) -> std::io::Result<Vec<Step>> {
        let held = phase.held.map(|statements| hold(&self.postgres.url(), statements)).transpose()?;
        let steps = (0..phase.steps).map(|_| self.step()).collect::<std::io::Result<Vec<_>>>()?;
        if let Some(held) = held {
            held.let_go()?;
        }
        Ok(steps)
    }

    fn step(&self) -> std::io::Result<Step> {
        let receiver = &self.bed.receiver;
        let polls = self.polls()?;
        receiver.take_latencies()?;
        let (before, began) = (receiver.counts()?, Instant::now());
        std::thread::sleep(self.each);
        let received = receiver.counts()?.received - before.received;
        let seconds = began.elapsed().as_secs_f64();
        let latency = receiver.take_latencies()?;
        let now = self.polls()?;
        let polls = std::array::from_fn(|kind| now[kind].since(polls[kind]));
        let pending_kib =
            self.postgres.number("SELECT pg_total_relation_size('postrider.pending') / 1024.0")?;
        Ok(Step { polls, seconds, per_second: received as f64 / seconds, latency, pending_kib })
    }

    fn polls(&self) -> std::io::Result<[Poll; POLLS.len()]> {
        let counted = self.postgres.counted()?;
        Ok(POLLS.map(|(_, words)| Poll::of(&counted, words)))
    }
}

fn tell(report: &mut Report, of: &str, steps: &[Step]) {
    let mut add = |name: &str, unit: &str, better, samples: Vec<f64>| {
        report.add(Figure::new(name, of, unit, better, samples));
    };
    let those = |sample: &dyn Fn(&Step) -> Option<f64>| steps.iter().filter_map(sample).collect::<Vec<_>>();
    for (kind, (name, _)) in POLLS.iter().enumerate() {
        let pages = those(&|step| step.polls[kind].pages_each());
        // What is due within a minute waits in memory: it may never be read.
        if pages.is_empty() {
            continue;
        }
        let text: Vec<String> = pages.iter().map(|pages| format!("{pages:.1}")).collect();
        line(&format!("{of}: pages of {name} {}", text.join(", ")));
        add(&format!("pages of {name}"), "", Better::Less, pages);
        add(&format!("time of {name}"), "ms", Better::Less, those(&|step| step.polls[kind].ms_each()));
    }
    add("polls per second", "1/s", Better::Less, those(&|step| Some(step.polls[0].calls / step.seconds)));
    add("pending, on disk", "KiB", Better::Less, those(&|step| Some(step.pending_kib)));
    add("rate", "1/s", Better::More, those(&|step| Some(step.per_second)));
    let latencies: Vec<_> = steps.iter().map(|step| step.latency.clone()).collect();
    Latency::figures(of, &latencies).into_iter().for_each(|figure| report.add(figure));
    report.add_curve(of, Some(RATE), &Latency::sum(&latencies));
}
