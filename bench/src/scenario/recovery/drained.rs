//! How a backlog goes.

use std::time::{Duration, Instant};

use crate::latency::Latency;
use crate::receiver::{Counts, Receiver};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often it is asked which endpoints were reached.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// So long after the last endpoint was reached what had waited for that has come.
const SETTLED: Duration = Duration::from_secs(1);

/// When how much of the backlog was received, in seconds from the coming up.
#[derive(Debug)]
pub(super) struct Drained {
    pub first: f64,
    pub tenth: f64,
    pub nine_tenths: f64,
    pub all: f64,
    /// Received in each second, the last of which may not be whole.
    pub each_second: Vec<f64>,
    /// What live events for these endpoints took until a second after the last endpoint was reached: they waited for
    /// that, and not only behind the backlog.
    pub unreached: Latency,
}

impl Drained {
    /// Deliveries per second of a backlog, from its tenth to its nine tenths.
    pub(super) fn per_second(&self, backlog: u64) -> f64 {
        0.8 * backlog as f64 / (self.nine_tenths - self.tenth).max(1e-3)
    }
}

/// Notices that every endpoint was reached.
#[derive(Debug, Default)]
struct Reached {
    looked: Option<Instant>,
    last: Option<Instant>,
    unreached: Option<Latency>,
}

impl Reached {
    /// Looks now and then: the answer is long.
    fn look(&mut self, back: &Receiver, endpoints: usize) -> std::io::Result<()> {
        if self.last.is_none() && self.looked.is_none_or(|looked| looked.elapsed() > LOOK_EVERY) {
            self.looked = Some(Instant::now());
            self.last = (back.ramps()?.len() >= endpoints).then(Instant::now);
        }
        if self.unreached.is_none() && self.last.is_some_and(|last| last.elapsed() > SETTLED) {
            self.unreached = Some(back.take_latencies()?);
        }
        Ok(())
    }
}

/// Watches the backlog of so many endpoints go.
pub(super) fn drained(
    back: &Receiver,
    before: Counts,
    backlog: u64,
    endpoints: usize,
    up: Instant,
) -> std::io::Result<Drained> {
    let (mut shares, mut every) = ([None; 4], Reached::default());
    let wanted = [1, backlog.div_ceil(10), backlog * 9 / 10, backlog];
    let (mut each_second, mut told) = (Vec::new(), 0);
    loop {
        every.look(back, endpoints)?;
        let counts = back.counts()?;
        // Live events carry their time, those of the backlog do not.
        let received = (counts.received - counts.timed) - (before.received - before.timed);
        let seconds = up.elapsed().as_secs_f64();
        for (share, wanted) in shares.iter_mut().zip(wanted) {
            if share.is_none() && received >= wanted {
                *share = Some(seconds);
            }
        }
        let over = received >= backlog;
        while seconds >= (each_second.len() + 1) as f64 || (over && told < received) {
            each_second.push((received - told) as f64);
            told = received;
        }
        if let [Some(first), Some(tenth), Some(nine_tenths), Some(all)] = shares {
            let unreached = every.unreached.unwrap_or_else(Latency::new);
            return Ok(Drained { first, tenth, nine_tenths, all, each_second, unreached });
        }
        if up.elapsed() > PATIENCE {
            let patience = PATIENCE.as_secs();
            return Err(std::io::Error::other(format!(
                "{received} of {backlog} were received within {patience} s"
            )));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_middle_whatever_the_first_waited_for() {
        let drained = Drained {
            first: 30.0,
            tenth: 31.0,
            nine_tenths: 35.0,
            all: 60.0,
            each_second: Vec::new(),
            unreached: Latency::new(),
        };
        assert_eq!(drained.per_second(1_000), 200.0);
    }
}
