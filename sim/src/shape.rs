//! What kind of world a seed makes.

use crate::prng::Prng;

/// The project's timetable, in seconds.
pub(crate) const SCHEDULE_SECONDS: &[f64] = &[1.0, 3.0, 10.0, 30.0];
/// The deadline of an attempt, in seconds.
pub(crate) const TIMEOUT_SECONDS: f64 = 4.0;

/// The numbers of a world.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) tenants: usize,
    pub(crate) endpoints: usize,
    /// Endpoints of the first tenant that only make its fan-outs wide.
    pub(crate) wide: usize,
    /// Those of them that are in order.
    pub(crate) wide_ordered: usize,
    /// Deliveries in a commit after their events.
    pub(crate) fanout_chunk: usize,
    pub(crate) clients: usize,
    /// Actions of each client in each life.
    pub(crate) actions: usize,
    /// Pause between a client's actions at most, in milliseconds.
    pub(crate) pause_ms: u64,
    /// Crashes before the last life.
    pub(crate) crashes: u32,
    /// A crash falls on a poll below this.
    pub(crate) crash_within: u64,
    pub(crate) yields: f64,
    pub(crate) commit_ms: u64,
    pub(crate) read_ms: u64,
    /// How often a call of the store fails, having done nothing.
    pub(crate) store_faults: f64,
    /// How often a commit takes more than half a second.
    pub(crate) stalls: f64,
    pub(crate) jumps: bool,
    /// How bad receivers are, from 0 (never) to 1.
    pub(crate) trouble: f64,
    pub(crate) max_in_flight: usize,
    pub(crate) body_bytes: usize,
    /// `settings.disable` of the project.
    pub(crate) disable: &'static str,
    pub(crate) bursts: bool,
    /// Whether the disk has faults of its own.
    pub(crate) disk_faults: bool,
}

impl Shape {
    pub(crate) fn of(prng: &mut Prng) -> Self {
        let wide = prng.chance(0.12);
        let busy = prng.chance(0.25);
        // A source of its own: the other shapes of a seed stay as they are.
        let mut fanouts = prng.fork(7);
        Self {
            tenants: prng.within(1, 3) as usize,
            endpoints: prng.within(1, 7) as usize,
            wide: if wide { prng.within(66, 90) as usize } else { 0 },
            wide_ordered: *fanouts.pick(&[0, 2, 20, 90]).unwrap_or(&0),
            fanout_chunk: *fanouts.pick(&[3, 10, 40, 256]).unwrap_or(&256),
            clients: prng.within(1, 4) as usize,
            actions: if wide { prng.within(3, 8) } else { prng.within(5, 30) } as usize,
            pause_ms: if busy { 8 } else { *prng.pick(&[50, 300, 1_500]).unwrap_or(&50) },
            crashes: prng.below(4) as u32,
            crash_within: *prng.pick(&[300, 1_500, 6_000]).unwrap_or(&300),
            yields: *prng.pick(&[0.0, 0.1, 0.4]).unwrap_or(&0.0),
            commit_ms: *prng.pick(&[0, 2, 15, 80]).unwrap_or(&2),
            read_ms: *prng.pick(&[0, 1, 20, 60]).unwrap_or(&1),
            store_faults: if prng.chance(0.3) { 0.03 } else { 0.0 },
            stalls: if prng.chance(0.2) { 0.02 } else { 0.0 },
            jumps: prng.chance(0.25),
            trouble: *prng.pick(&[0.0, 0.2, 0.5, 0.8]).unwrap_or(&0.2),
            max_in_flight: *prng.pick(&[4, 64, 8_192]).unwrap_or(&64),
            body_bytes: if prng.chance(0.25) { 2_000 } else { 64 << 20 },
            disable: prng
                .pick(&[
                    "\"never\"",
                    "{\"consecutive_failures\":4}",
                    "{\"failing_for_seconds\":30}",
                    "\"delivery-exhausted\"",
                ])
                .copied()
                .unwrap_or("\"never\""),
            bursts: busy || prng.chance(0.2),
            disk_faults: prng.chance(0.7),
        }
    }
}
