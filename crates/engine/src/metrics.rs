//! What the engine counts, in Prometheus' form (names begin with `postrider_`, DESIGN 4.4).

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering as Atomic};
use std::time::Duration;

use parking_lot::Mutex;
use postrider_model::time::Millis;
use postrider_store::StoreFacts;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::shared::Shared;

/// The engine's counters. Incrementing costs one atomic operation.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    pub accepted: Counter,
    pub overloaded: Counter,
    pub commits: Counter,
    pub commit_failures: Counter,
    pub attempts_ok: Counter,
    pub attempts_failed: Counter,
    pub delivered: Counter,
    pub exhausted: Counter,
    pub disabled: Counter,
    pub loaded: Counter,
    /// Deliveries that other nodes handed to this one.
    pub news: Counter,
    in_flight: Gauge,
    lanes: Gauge,
    queued: Gauge,
    oldest_due_seconds: Gauge<f64, AtomicU64>,
    queue_bytes: Gauge,
    fanout_deliveries: Gauge,
    body_bytes: Gauge,
    store_bytes: Gauge,
    wal_bytes: Gauge,
    free_bytes: Gauge,
    index_lag: Gauge,
    retention_lag_seconds: Gauge<f64, AtomicU64>,
    commit_seconds: Histogram,
    attempt_seconds: Histogram,
    facts: Mutex<StoreFacts>,
    last_commit_us: AtomicI64,
    /// Due time of the oldest delivery in a lane; `i64::MAX` where none waits.
    oldest_due: AtomicI64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("postrider");
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let accepted = counter("events_accepted", "Events committed");
        let overloaded = counter("overloaded", "Requests refused with 503");
        let commits = counter("commits", "Transactions with an fsync");
        let commit_failures =
            counter("commit_failures", "Transactions that failed; nothing of them was written");
        let attempts_ok = counter("attempts_succeeded", "Attempts that the endpoint took");
        let attempts_failed = counter("attempts_failed", "Attempts that failed");
        let delivered = counter("deliveries_delivered", "Deliveries that ended delivered");
        let exhausted = counter("deliveries_failed", "Deliveries given up");
        let disabled = counter("endpoints_disabled", "Endpoints disabled by their contract's rule");
        let loaded = counter("deliveries_loaded", "Deliveries read back from the store into lanes");
        let news = counter("deliveries_handed_over", "Deliveries that came from other nodes");
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let in_flight = gauge("attempts_in_flight", "Attempts in flight");
        let lanes = gauge("lanes", "Endpoints with a lane in memory");
        let queued = gauge("lane_deliveries", "Deliveries in lanes");
        let queue_bytes = gauge("commit_queue_bytes", "Bytes of events that wait to be committed");
        let fanout_deliveries =
            gauge("fanout_deliveries", "Deliveries that wait to be written after their events, about");
        let body_bytes = gauge("body_bytes", "Bytes of event bodies in lanes");
        let store_bytes = gauge("store_bytes", "Size of the store");
        let wal_bytes = gauge("store_wal_bytes", "Size of the write-ahead log");
        let free_bytes = gauge("store_free_bytes", "Free space on the store's disk");
        let index_lag = gauge("store_index_lag_rows", "Rows that the list indexes are behind");
        let retention_lag_seconds = Gauge::default();
        registry.register_with_unit(
            "store_retention_lag",
            "How long ago the oldest event that should have gone should have",
            Unit::Seconds,
            retention_lag_seconds.clone(),
        );
        let oldest_due_seconds = Gauge::default();
        registry.register_with_unit(
            "oldest_past_due",
            "Age of the oldest delivery that is due",
            Unit::Seconds,
            oldest_due_seconds.clone(),
        );
        let commit_seconds = Histogram::new(exponential_buckets(0.000_1, 2.0, 16));
        registry.register_with_unit(
            "commit",
            "Time of a transaction with its fsync",
            Unit::Seconds,
            commit_seconds.clone(),
        );
        let attempt_seconds = Histogram::new(exponential_buckets(0.000_5, 2.0, 18));
        registry.register_with_unit("attempt", "Time of an attempt", Unit::Seconds, attempt_seconds.clone());
        Self {
            registry,
            accepted,
            overloaded,
            commits,
            commit_failures,
            attempts_ok,
            attempts_failed,
            delivered,
            exhausted,
            disabled,
            loaded,
            news,
            in_flight,
            lanes,
            queued,
            oldest_due_seconds,
            queue_bytes,
            fanout_deliveries,
            body_bytes,
            store_bytes,
            wal_bytes,
            free_bytes,
            index_lag,
            retention_lag_seconds,
            commit_seconds,
            attempt_seconds,
            facts: Mutex::default(),
            last_commit_us: AtomicI64::new(0),
            oldest_due: AtomicI64::new(i64::MAX),
        }
    }

    pub(crate) fn commit(&self, commit_us: u64) {
        self.commits.inc();
        self.commit_seconds.observe(commit_us as f64 / 1e6);
        self.last_commit_us.store(commit_us as i64, Atomic::Relaxed);
    }

    pub(crate) fn attempt(&self, success: bool, latency: Duration) {
        if success {
            self.attempts_ok.inc();
        } else {
            self.attempts_failed.inc();
        }
        self.attempt_seconds.observe(latency.as_secs_f64());
    }

    /// What housekeeping saw.
    pub(crate) fn look(&self, lanes: usize, queued: usize, oldest_due: Option<Millis>, now: Millis) {
        self.lanes.set(lanes as i64);
        self.queued.set(queued as i64);
        self.oldest_due.store(oldest_due.unwrap_or(Millis::MAX).0, Atomic::Relaxed);
        self.oldest_due_seconds.set(oldest_due.map_or(0.0, |due| now.since(due).as_secs_f64()));
    }

    /// An attempt begins.
    pub(crate) fn attempt_began(&self) {
        self.in_flight.inc();
    }

    /// An attempt ended.
    pub(crate) fn attempt_over(&self) {
        self.in_flight.dec();
    }

    /// Attempts in flight.
    pub(crate) fn in_flight(&self) -> u64 {
        u64::try_from(self.in_flight.get()).unwrap_or(0)
    }

    /// Deliveries in lanes, and since when the oldest of them is due, as of the last look.
    pub(crate) fn backlog(&self) -> (u64, Option<Millis>) {
        let oldest = Some(Millis(self.oldest_due.load(Atomic::Relaxed)));
        (u64::try_from(self.queued.get()).unwrap_or(0), oldest.filter(|due| *due != Millis::MAX))
    }

    pub(crate) fn store(&self, facts: StoreFacts) {
        *self.facts.lock() = facts;
    }

    pub(crate) fn render(&self, shared: &Shared, out: &mut String) {
        let facts = *self.facts.lock();
        let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        self.queue_bytes.set(shared.gauges.queue_bytes.load(Atomic::Relaxed) as i64);
        self.fanout_deliveries.set(shared.gauges.fanout_matches.load(Atomic::Relaxed) as i64);
        self.body_bytes.set(shared.bodies.used() as i64);
        self.store_bytes.set(signed(facts.store_bytes));
        self.wal_bytes.set(signed(facts.wal_bytes));
        self.free_bytes.set(facts.free_bytes.map_or(-1, signed));
        self.index_lag.set(signed(facts.index_lag));
        self.retention_lag_seconds.set(facts.retention_lag.as_secs_f64());
        if let Err(error) = encode(out, &self.registry) {
            tracing::error!(%error, "metrics could not be written");
        }
    }
}
