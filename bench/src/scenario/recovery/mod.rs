//! A receiver of 100 endpoints comes back after an outage: how long its backlog takes, whether it meets a herd or a
//! ramp, and what live events feel of it, elsewhere and at the endpoints that came back.

mod drained;
mod told;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::bed::{Bed, Ground, Running, free_address};
use super::pair::{self, tell_memory};
use super::{Options, Outcome, options::Outage, steady};
use crate::driver::{Drive, Load, Sent, drive};
use crate::product::{self, Product, add_endpoint};
use crate::receiver::{Counts, Receiver};
use crate::report::{Report, line};
use crate::result::{Better, Figure};
use crate::workload::Workload;
use drained::{Drained, drained};
use told::{tell_latency, tell_ramps};

/// Endpoints of the receiver that goes down: 10 tenants with 10 each.
const DOWN: Workload = Workload { tenants: 10, endpoints: 10, ..Workload::ONE };

/// Endpoints elsewhere, numbered behind them, and their events per second.
const ELSEWHERE: Workload = Workload { tenants: 20, first_tenant: 10, ..Workload::ONE };
const ELSEWHERE_RATE: f64 = 200.0;

/// Live events per second for the endpoints that came back.
const BACK_RATE: f64 = 100.0;

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
    let mut ours = bed.postrider()?;
    let key = bed.project(ours.address)?;
    let stage = Stage { options, bed: &bed, key: &key, outage: options.outage };
    stage.play(&mut ours, &mut report).map_err(|error| format!("{error}; {}", ours.server.trouble()))?;
    tell_memory(&mut report, "postrider", "", &ours);
    drop(ours);
    stage.limit(&mut report)?;
    report.finish()?;
    Ok(())
}

struct Stage<'a> {
    options: &'a Options,
    bed: &'a Bed,
    key: &'a str,
    outage: Outage,
}

impl Stage<'_> {
    fn play(&self, ours: &mut Running, report: &mut Report) -> Outcome {
        let address = free_address()?;
        self.endpoints(ours, address)?;
        let back = Self::receiver(address)?;
        let (stop, stop_back) = (AtomicBool::new(false), AtomicBool::new(false));
        let live = |workload, rate, stop, seed| live(ours, workload, rate, stop, seed);
        let elsewhere = live(ELSEWHERE, ELSEWHERE_RATE, &stop, 1);
        let to_the_back = live(DOWN, BACK_RATE, &stop_back, 2);
        std::thread::scope(|scope| {
            let feeding = scope.spawn(|| drive(&elsewhere, self.key));
            let played = self.acts(ours, back, &to_the_back, report);
            stop.store(true, Ordering::Relaxed);
            stop_back.store(true, Ordering::Relaxed);
            feeding.join().map_err(|_| "the driver panicked")??;
            played
        })
    }

    /// Before, during and after the outage, while live events go elsewhere.
    fn acts(&self, ours: &Running, back: Receiver, live: &Load<'_>, report: &mut Report) -> Outcome {
        // Everybody has connections, and every endpoint has succeeded once.
        let warm = Load { stop: None, time: self.options.half(), ..*live };
        let sent = drive(&warm, self.key)?;
        back.wait_for_all(Counts::default(), sent.healthy, Duration::from_secs(30))?;
        self.latencies(report, "live elsewhere, before", self.options.steady())?;

        let back = self.go_down(back)?;
        let began = Instant::now();
        product::preload(ours.address, self.key, &DOWN, self.options.backlog, "")?;
        self.latencies(report, "live elsewhere, during the outage", self.options.steady())?;
        line(&format!(
            "{} deliveries wait after {:.0} s of outage",
            self.options.backlog,
            began.elapsed().as_secs_f64()
        ));

        let (up, cpu, commits) = (Instant::now(), ours.server.cpu_seconds(), pair::commits(ours)?);
        let back = self.come_up(back)?;
        let before = back.counts()?;
        let (drained, sent) = std::thread::scope(|scope| {
            let feeding = scope.spawn(|| drive(live, self.key));
            let drained = drained(&back, before, self.options.backlog, up);
            if let Some(stop) = live.stop {
                stop.store(true, Ordering::Relaxed);
            }
            let sent = feeding.join().map_err(|_| std::io::Error::other("the driver panicked"))??;
            Ok::<_, std::io::Error>((drained?, sent))
        })?;
        // Live events that still wait are among the slowest: they count too.
        back.wait_for_all(before, self.options.backlog + sent.healthy, Duration::from_secs(60))?;
        let cpu_us = (ours.server.cpu_seconds() - cpu) * 1e6 / self.options.backlog as f64;
        self.latencies(report, "live elsewhere, during the drain", Duration::ZERO)?;
        let syncs = (pair::commits(ours)? - commits) / self.options.backlog as f64;
        report.add(Figure::new("syncs per delivery", "postrider", "", Better::Less, vec![syncs]));
        self.tell(report, &back, &drained, &sent, cpu_us)
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

    /// The receiver where it still runs, and its address.
    fn go_down(&self, back: Receiver) -> std::io::Result<(Option<Receiver>, std::net::SocketAddr)> {
        let address = back.address;
        match self.outage {
            Outage::Refusing => Ok((None, address)),
            Outage::Unavailable => {
                back.set_down(true)?;
                Ok((Some(back), address))
            }
        }
    }

    fn come_up(
        &self,
        (back, address): (Option<Receiver>, std::net::SocketAddr),
    ) -> std::io::Result<Receiver> {
        match back {
            None => Self::receiver(address),
            Some(back) => {
                back.set_down(false)?;
                back.take_latencies()?;
                Ok(back)
            }
        }
    }

    /// What live events elsewhere took since the last call, and for so long from now.
    fn latencies(&self, report: &mut Report, of: &str, time: Duration) -> std::io::Result<()> {
        std::thread::sleep(time);
        tell_latency(report, of, ELSEWHERE_RATE, &self.bed.receiver.take_latencies()?);
        Ok(())
    }

    fn tell(
        &self,
        report: &mut Report,
        back: &Receiver,
        drained: &Drained,
        sent: &Sent,
        cpu_us: f64,
    ) -> Outcome {
        let backlog = self.options.backlog as f64;
        tell_latency(report, "live to those that came back", BACK_RATE, &back.take_latencies()?);
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
        add("cpu", "postrider", "µs", Better::Less, vec![cpu_us]);
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
        connections: steady::CONNECTIONS,
        time: Duration::from_secs(900),
        stop: Some(stop),
        how: Drive::Rate { per_second },
        workload,
        seed,
    }
}
