//! A pair: the null sender and Postrider, driven one after the other with the same events.

use std::time::Duration;

use super::bed::Running;
use super::cost::{self, Cost, Meter};
use crate::driver::{Load, Sent, drive};
use crate::latency::Latency;
use crate::product;
use crate::receiver::Receiver;
use crate::report::Report;
use crate::result::{Better, Figure, Goal};

/// How long the last deliveries may take once no more events are sent.
const PATIENCE: Duration = Duration::from_secs(60);

/// Postrider's counter of transactions that were synced to disk.
const COMMITS: &str = "postrider_commits_total";

/// One of the two, and what it sends to.
#[derive(Debug)]
pub(super) struct Side<'a> {
    pub receiver: &'a Receiver,
    pub running: &'a mut Running,
}

/// What one of the two did.
#[derive(Debug)]
pub(super) struct Half {
    /// Deliveries received per second, from the first request to the last receipt.
    pub per_second: f64,
    /// What each delivery cost.
    pub cost: Cost,
    /// Events answered 503.
    pub refused: u64,
    /// File descriptors the sender had open at the end, and those of its receiver.
    pub descriptors: (u64, u64),
    /// From an event's time to its receipt; the time is when it was sent, unless the load keeps a rate.
    pub latency: Latency,
    /// What came of it at the driver.
    pub sent: Sent,
}

/// What both did.
#[derive(Debug)]
pub(super) struct Pair {
    pub null: Half,
    pub postrider: Half,
    /// What Postrider took of a core while the null sender was driven: retries of its failing deliveries, upkeep.
    /// The null sender has no such work, so this slows it and favours the ratio.
    pub postrider_beside_null_percent: f64,
    /// Transactions with an fsync per event, by Postrider's own counter.
    pub syncs_per_event: f64,
}

impl Pair {
    /// Drives the null sender, then Postrider, each with the load for its address.
    pub(super) fn measure<'a>(
        null: &mut Side<'_>,
        postrider: &mut Side<'_>,
        load: &Load<'a>,
        key: &str,
    ) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("Postrider: {error}");
        let meter = Meter::begin(postrider.running).map_err(failed)?;
        let began_ns = crate::epoch::nanos();
        let null = null.measure("null sender", load, key)?;
        let seconds = (crate::epoch::nanos() - began_ns) as f64 / 1e9;
        let taken = meter.end(postrider.running).map_err(failed)?;
        let beside = taken.cpu_seconds() / seconds * 100.0;
        let before = commits(postrider.running).map_err(failed)?;
        let half = postrider.measure("Postrider", load, key)?;
        let after = commits(postrider.running).map_err(failed)?;
        let syncs_per_event = (after - before) / half.sent.accepted.max(1) as f64;
        Ok(Self { null, postrider: half, postrider_beside_null_percent: beside, syncs_per_event })
    }

    pub(super) fn ratio(&self) -> f64 {
        self.postrider.per_second / self.null.per_second
    }

    /// For people.
    pub(super) fn show(&self) -> String {
        let (null, postrider) = (self.null.per_second, self.postrider.per_second);
        format!("null sender {null:.0}/s, Postrider {postrider:.0}/s, ratio {:.2}", self.ratio())
    }
}

impl Side<'_> {
    /// Drives it; an error says who failed at what, and whether it still runs.
    fn measure(&mut self, who: &str, load: &Load<'_>, key: &str) -> Result<Half, String> {
        self.half(load, key).map_err(|error| self.explain(who, &error))
    }

    /// An error with what its server says of itself.
    pub(super) fn explain(&mut self, who: &str, error: &dyn std::fmt::Display) -> String {
        format!("{who}: {error}; {}", self.running.server.trouble())
    }

    /// The rate counts what was received, until the last of it.
    fn half(&self, load: &Load<'_>, key: &str) -> std::io::Result<Half> {
        self.receiver.take_latencies()?;
        let (before, meter) = (self.receiver.counts()?, Meter::begin(self.running)?);
        let sent = drive(&Load { target: self.running.address, ..*load }, key)?;
        self.receiver.wait_for_all(before, sent.healthy, PATIENCE)?;
        let (after, taken) = (self.receiver.counts()?, meter.end(self.running)?);
        let turned_away = after.turned_away - before.turned_away;
        if turned_away > 0 {
            return Err(std::io::Error::other(format!("its receiver turned {turned_away} connections away")));
        }
        let seconds = after.last_ns.saturating_sub(sent.first_ns) as f64 / 1e9;
        Ok(Half {
            per_second: (after.received - before.received) as f64 / seconds,
            cost: taken.by(sent.deliveries as f64),
            refused: sent.refused,
            descriptors: (self.running.server.descriptors(), self.receiver.descriptors()),
            latency: self.receiver.take_latencies()?,
            sent,
        })
    }
}

/// Transactions with an fsync that Postrider has made.
pub(super) fn commits(postrider: &Running) -> std::io::Result<f64> {
    product::metric(postrider.address, COMMITS)
}

/// Who, of which variant.
pub(super) fn of(who: &str, variant: &str) -> String {
    if variant.is_empty() { who.to_owned() } else { format!("{who}, {variant}") }
}

/// The figures of pairs; the goal is the ratio's, and where it has one the log of PostgreSQL has its own.
pub(super) fn tell(report: &mut Report, pairs: &[Pair], variant: &str, goal: Option<Goal>) {
    use Better::{Less, More};
    let figure = |name: &str, who: &str, unit: &str, better: Better, sample: &dyn Fn(&Pair) -> f64| {
        Figure::new(name, &of(who, variant), unit, better, pairs.iter().map(sample).collect())
    };
    let open = |half: &Half| half.descriptors.0.max(half.descriptors.1) as f64;
    let ratio = figure("rate", "ratio", "", More, &Pair::ratio);
    let rates = [
        figure("rate", "null sender", "1/s", More, &|pair| pair.null.per_second),
        figure("rate", "postrider", "1/s", More, &|pair| pair.postrider.per_second),
        Figure { goal, ..ratio },
    ];
    rates.into_iter().for_each(|figure| report.add(figure));
    let costs = |half: fn(&Pair) -> &Half| pairs.iter().map(|pair| half(pair).cost).collect::<Vec<_>>();
    cost::tell(report, &of("null sender", variant), &costs(|pair| &pair.null), None);
    let log_goal = goal.map(|_| cost::LOG_KIB);
    cost::tell(report, &of("postrider", variant), &costs(|pair| &pair.postrider), log_goal);
    let figures = [
        figure("cpu beside the null sender", "postrider", "%", Less, &|pair| {
            pair.postrider_beside_null_percent
        }),
        figure("syncs per event", "postrider", "", Less, &|pair| pair.syncs_per_event),
        figure("refused", "postrider", "", Less, &|pair| pair.postrider.refused as f64),
        figure("descriptors", "null sender", "", Less, &|pair| open(&pair.null)),
        figure("descriptors", "postrider", "", Less, &|pair| open(&pair.postrider)),
    ];
    figures.into_iter().for_each(|figure| report.add(figure));
}

/// Resident memory now and at its highest.
pub(super) fn tell_memory(report: &mut Report, who: &str, variant: &str, running: &Running) {
    let (now, peak) = running.server.memory_kib();
    for (name, kib) in [("memory", now), ("peak memory", peak)] {
        let mib = vec![kib as f64 / 1024.0];
        report.add(Figure::new(name, &of(who, variant), "MiB", Better::Less, mib));
    }
}
