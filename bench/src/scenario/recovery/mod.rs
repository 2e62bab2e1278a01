//! A receiver of 100 endpoints comes back after an outage: how long its backlog takes, whether it meets a herd or a
//! ramp, and what live events feel of it, elsewhere and at the endpoints that came back.

mod drained;
mod told;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::bed::{Bed, Ground, Running, free_address};
use super::cost::{self, Meter};
use super::pair::{self, tell_memory};
use super::{Options, Outcome, options::Outage};
use crate::driver::{Drive, Load, Sent, drive};
use crate::product::{self, Product, add_endpoint};
use crate::receiver::{Counts, Receiver};
use crate::report::{Report, line};
use crate::result::{Better, Figure};
use crate::workload::Workload;
use drained::{Drained, drained};
use told::{tell_answers, tell_latency, tell_ramps};

/// Endpoints of the receiver that goes down: 10 tenants with 10 each.
const DOWN: Workload = Workload { tenants: 10, endpoints: 10, ..Workload::ONE };

/// Endpoints elsewhere, numbered behind them, and their events per second.
const ELSEWHERE: Workload = Workload { tenants: 20, first_tenant: 10, ..Workload::ONE };
const ELSEWHERE_RATE: f64 = 200.0;

/// Live events per second for the endpoints that came back.
const BACK_RATE: f64 = 100.0;

/// Connections of live events: enough that they keep their rate while a 202 takes a third of a second.
const CONNECTIONS: usize = 64;

/// How long the receiver thinks: as a server that does something with what it gets.
const THINKS_MS: u64 = 20;

/// What the null sender may have in flight: as much as Postrider.
const IN_FLIGHT: usize = 8_192;

/// The retry timetable: it must outlast the outage, and come round soon after it.
const SCHEDULE_SECONDS: [u64; 10] = [5, 10, 20, 20, 20, 20, 20, 20, 20, 20];

pub(super) fn run(options: &Options) -> Outcome {
    let title =
        format!("{} deliveries wait for a receiver that comes back ({:?})", options.backlog, options.outage);
    let mut report = options.report("recovery", &title)?;
    let bed = Bed::on(
        options,
        Ground {
            null_receiver: vec![format!("--delay-ms={THINKS_MS}")],
            null: vec![format!("--in-memory={IN_FLIGHT}")],
            settings: Some(json!({"retry": {"schedule_seconds": SCHEDULE_SECONDS}})),
            ..Ground::default()
        },
    )?;
    bed.tell(&mut report)?;
    let mut ours = bed.postrider()?;
    let key = bed.project(ours.address)?;
    let stage = Stage { options, bed: &bed, key: &key, outage: options.outage };
    stage.play(&ours, &mut report).map_err(|error| format!("{error}; {}", ours.server.trouble()))?;
    tell_memory(&mut report, "postrider", "", &ours);
    drop(ours);
    stage.limit(&mut report)?;
    report.finish()?;
    Ok(())
}

/// The receiver where it still runs, and its address.
type Gone = (Option<Receiver>, std::net::SocketAddr);

struct Stage<'a> {
    options: &'a Options,
    bed: &'a Bed,
    key: &'a str,
    outage: Outage,
}

impl Stage<'_> {
    /// Before, during and after the outage, while live events go elsewhere.
    fn play(&self, ours: &Running, report: &mut Report) -> Outcome {
        let address = free_address()?;
        self.endpoints(ours, address)?;
        let back = Self::receiver(address)?;
        // Everybody has connections, and every endpoint has succeeded once.
        let stop = AtomicBool::new(false);
        let live = live(ours, DOWN, BACK_RATE, &stop, 2);
        let sent = drive(&Load { time: self.options.half(), ..live }, self.key)?;
        back.wait_for_all(Counts::default(), sent.healthy, Duration::from_secs(30))?;
        self.beside(ours, report, "live elsewhere, before", || {
            std::thread::sleep(self.options.steady());
            Ok(())
        })?;

        let back = self.go_down(back)?;
        let began = Instant::now();
        self.beside(ours, report, "live elsewhere, during the outage", || {
            product::preload(ours.address, self.key, &DOWN, self.options.backlog, "")?;
            let outage = Duration::from_secs(self.options.outage_seconds);
            std::thread::sleep(outage.saturating_sub(began.elapsed()));
            Ok(())
        })?;
        let (backlog, seconds) = (self.options.backlog, began.elapsed().as_secs_f64());
        line(&format!("{backlog} deliveries wait after {seconds:.0} s of outage"));

        let (meter, commits) = (Meter::begin(ours)?, pair::commits(ours)?);
        let (back, drained, sent) =
            self.beside(ours, report, "live elsewhere, during the drain", || self.drain(back, &live))?;
        let backlog = self.options.backlog as f64;
        cost::tell(report, "postrider", &[meter.end(ours)?.by(backlog)], None);
        let syncs = (pair::commits(ours)? - commits) / backlog;
        report.add(Figure::new("syncs per delivery", "postrider", "", Better::Less, vec![syncs]));
        self.tell(report, &back, &drained, &sent)
    }

    /// Does something while live events go elsewhere, and tells what those felt of it.
    fn beside<T>(
        &self,
        ours: &Running,
        report: &mut Report,
        of: &str,
        work: impl FnOnce() -> std::io::Result<T>,
    ) -> std::io::Result<T> {
        let stop = AtomicBool::new(false);
        let load = live(ours, ELSEWHERE, ELSEWHERE_RATE, &stop, 1);
        let receiver = &self.bed.receiver;
        let before = receiver.counts()?;
        let (done, sent) = fed(&load, self.key, &stop, work)?;
        receiver.wait_for_all(before, sent.healthy, Duration::from_secs(60))?;
        tell_latency(report, of, ELSEWHERE_RATE, &receiver.take_latencies()?);
        tell_answers(report, of, &sent.answers);
        Ok(done)
    }

    /// The receiver comes up and gets its backlog, and live events too.
    fn drain(&self, back: Gone, live: &Load<'_>) -> std::io::Result<(Receiver, Drained, Sent)> {
        let up = Instant::now();
        let (back, before) = self.come_up(back)?;
        let stop = AtomicBool::new(false);
        let load = Load { stop: Some(&stop), ..*live };
        let endpoints = usize::try_from(DOWN.tenants * DOWN.endpoints).unwrap_or(usize::MAX);
        let watch = || drained(&back, before, self.options.backlog, endpoints, up);
        let (drained, sent) = fed(&load, self.key, &stop, watch)?;
        // Live events that still wait are among the slowest: they count too.
        back.wait_for_all(before, self.options.backlog + sent.healthy, Duration::from_secs(60))?;
        Ok((back, drained, sent))
    }

    fn endpoints(&self, ours: &Running, back: std::net::SocketAddr) -> std::io::Result<()> {
        product::endpoints(ours.address, self.key, &ELSEWHERE, &self.bed.url(&self.bed.receiver))?;
        let mut product = Product::connect(ours.address, self.key)?;
        for tenant in 0..DOWN.tenants {
            for endpoint in 0..DOWN.endpoints {
                let url = format!("http://{back}/ok/{}", tenant * DOWN.endpoints + endpoint);
                add_endpoint(&mut product, tenant, endpoint, &json!({"url": url}))?;
            }
        }
        Ok(())
    }

    fn receiver(address: std::net::SocketAddr) -> std::io::Result<Receiver> {
        Receiver::start(&[format!("--listen={address}"), format!("--delay-ms={THINKS_MS}")])
    }

    fn go_down(&self, back: Receiver) -> std::io::Result<Gone> {
        let address = back.address;
        match self.outage {
            Outage::Refusing => Ok((None, address)),
            Outage::Unavailable => {
                back.set_down(true)?;
                Ok((Some(back), address))
            }
        }
    }

    /// The receiver, and what it had received before: deliveries come as soon as it is up, and all of them count.
    fn come_up(&self, (back, address): Gone) -> std::io::Result<(Receiver, Counts)> {
        match back {
            None => Ok((Self::receiver(address)?, Counts::default())),
            Some(back) => {
                back.take_latencies()?;
                let before = back.counts()?;
                back.set_down(false)?;
                Ok((back, before))
            }
        }
    }

    fn tell(&self, report: &mut Report, back: &Receiver, drained: &Drained, sent: &Sent) -> Outcome {
        let backlog = self.options.backlog as f64;
        let until = "live to those that came back, until the last was reached";
        tell_latency(report, until, BACK_RATE, &drained.unreached);
        tell_latency(report, "live to those that came back", BACK_RATE, &back.take_latencies()?);
        tell_answers(report, "live to those that came back", &sent.answers);
        let mut add = |name: &str, of: &str, unit: &str, better, samples| {
            report.add(Figure::new(name, of, unit, better, samples));
        };
        add("waiting", "postrider", "", Better::More, vec![backlog]);
        add("up to first delivery", "postrider", "ms", Better::Less, vec![drained.first * 1e3]);
        add("up to last delivery", "postrider", "ms", Better::Less, vec![drained.all * 1e3]);
        let rate = drained.per_second(self.options.backlog);
        add("rate", "postrider", "1/s", Better::More, vec![rate]);
        add(
            "rate, waiting for the first included",
            "postrider",
            "1/s",
            Better::More,
            vec![backlog / drained.all],
        );
        let each_second = drained.each_second.clone();
        add("received in 1 s, step by step", "backlog, from the coming up", "", Better::More, each_second);
        add("refused", "live to those that came back", "", Better::Less, vec![sent.refused as f64]);
        tell_ramps(report, &back.ramps()?);
        Ok(())
    }

    /// What the null sender sends to as many endpoints of a receiver that thinks as long: the limit of the machine.
    fn limit(&self, report: &mut Report) -> Outcome {
        let null = self.bed.null_sender(self.key, &DOWN)?;
        let mut rates = Vec::new();
        for seed in 0..=self.options.rounds() {
            let load = Load {
                target: null.address,
                connections: self.options.connections,
                time: self.options.half(),
                stop: None,
                how: Drive::Saturate,
                workload: DOWN,
                seed,
            };
            let before = self.bed.null_receiver.counts()?;
            let sent = drive(&load, self.key)?;
            self.bed.null_receiver.wait_for_all(before, sent.healthy, Duration::from_secs(30))?;
            let seconds = (self.bed.null_receiver.counts()?.last_ns - sent.first_ns) as f64 / 1e9;
            rates.push(sent.healthy as f64 / seconds);
        }
        // The first one warmed it up.
        rates.remove(0);
        let null = Figure::new("rate", "null sender", "1/s", Better::More, rates);
        let ratio = report.median("rate", "postrider").unwrap_or_default() / null.median;
        report.add(null);
        report.add(Figure::new("rate", "ratio", "", Better::More, vec![ratio]));
        Ok(())
    }
}

/// Does something while a load is driven, which then stops.
fn fed<T>(
    load: &Load<'_>,
    key: &str,
    stop: &AtomicBool,
    work: impl FnOnce() -> std::io::Result<T>,
) -> std::io::Result<(T, Sent)> {
    std::thread::scope(|scope| {
        let feeding = scope.spawn(|| drive(load, key));
        let done = work();
        stop.store(true, Ordering::Relaxed);
        let sent = feeding.join().map_err(|_| std::io::Error::other("the driver panicked"))?;
        Ok((done?, sent?))
    })
}

/// A load that goes on until it is stopped.
fn live<'a>(
    ours: &Running,
    workload: Workload,
    per_second: f64,
    stop: &'a AtomicBool,
    seed: u64,
) -> Load<'a> {
    Load {
        target: ours.address,
        connections: CONNECTIONS,
        time: Duration::from_secs(900),
        stop: Some(stop),
        how: Drive::Rate { per_second },
        workload,
        seed,
    }
}
