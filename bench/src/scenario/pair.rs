//! A pair: the null sender and Postrider, driven one after the other with the same events.

use std::time::Duration;

use serde::Serialize;

use crate::driver::{Load, Sent, drive};
use crate::process::Server;
use crate::receiver::Receiver;

/// How long the last deliveries may take once no more events are sent.
const PATIENCE: Duration = Duration::from_secs(60);

/// One of the two, and what it is given.
pub(super) struct Side<'a> {
    pub receiver: &'a Receiver,
    pub server: &'a mut Server,
    pub load: Load,
}

/// What one of the two did.
#[derive(Debug, Serialize)]
pub(super) struct Half {
    /// Deliveries received per second, from the first request to the last receipt.
    pub per_second: f64,
    /// CPU time per event taken, in microseconds.
    pub cpu_us: f64,
    /// Events answered 503.
    pub refused: u64,
    /// File descriptors the sender had open at the end.
    pub descriptors: u64,
    /// The same of its receiver.
    pub receiver_descriptors: u64,
}

/// What both did.
#[derive(Debug, Serialize)]
pub(super) struct Pair {
    pub null: Half,
    pub postrider: Half,
    /// What Postrider took of a core while the null sender was driven: retries of its failing deliveries, upkeep.
    /// The null sender has no such work, so this slows it and favours the ratio.
    pub postrider_beside_null_percent: f64,
}

impl Pair {
    /// Drives the null sender, then Postrider.
    pub(super) fn measure(null: Side<'_>, postrider: Side<'_>, key: &str) -> Result<Self, String> {
        let (cpu, began_ns) = (postrider.server.cpu_seconds(), crate::epoch::nanos());
        let null = null.measure("null sender", key)?;
        let seconds = (crate::epoch::nanos() - began_ns) as f64 / 1e9;
        let beside = (postrider.server.cpu_seconds() - cpu) / seconds * 100.0;
        let postrider = postrider.measure("Postrider", key)?;
        Ok(Self { null, postrider, postrider_beside_null_percent: beside })
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
    fn measure(self, who: &str, key: &str) -> Result<Half, String> {
        self.half(key).map_err(|error| format!("{who}: {error}; {}", self.server.trouble()))
    }

    /// The rate counts what was received, until the last of it.
    fn half(&self, key: &str) -> std::io::Result<Half> {
        let (before, cpu) = (self.receiver.counts()?, self.server.cpu_seconds());
        let sent = drive(&self.load, key)?;
        self.receiver.wait_for_all(before, sent.healthy, PATIENCE)?;
        let after = self.receiver.counts()?;
        let turned_away = after.turned_away - before.turned_away;
        if turned_away > 0 {
            return Err(std::io::Error::other(format!("its receiver turned {turned_away} connections away")));
        }
        let Sent { accepted, refused, first_ns, .. } = sent;
        let seconds = after.last_ns.saturating_sub(first_ns) as f64 / 1e9;
        Ok(Half {
            per_second: (after.received - before.received) as f64 / seconds,
            cpu_us: (self.server.cpu_seconds() - cpu) * 1e6 / accepted.max(1) as f64,
            refused,
            descriptors: self.server.descriptors(),
            receiver_descriptors: self.receiver.descriptors(),
        })
    }
}
