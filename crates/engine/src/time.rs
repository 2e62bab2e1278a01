//! The engine's own time: what every wait and every due time is measured in.
//!
//! The wall clock can be set back and forward while the process runs. Three rules make that harmless:
//!
//! - The engine's time never goes back. It follows the wall clock's steps forward, within a second: time in which a
//!   machine slept has passed, and what fell due meanwhile is due. When the wall clock is set back it goes on, and
//!   from then on a tenth slower until the wall clock has caught up: no wait grows by more than a ninth, and the
//!   two agree again in the end.
//! - Due times and ids are in the engine's time, also in the store: what was to be sent in 30 s before the clock was
//!   set back is sent about 30 s later. A start goes on from the last event's time where the wall clock shows less.
//! - What people see and receivers check (starts of attempts, signatures, timestamps, the audit log) is the wall
//!   clock's time, which is the [`Clock`] port's. Between the two translates [`EngineTime::shown`].
//!
//! Time passes as tokio's timers measure it, with whatever jumps in the wall clock; a simulation pauses both.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use postrider_model::time::Millis;
use tokio::time::Instant;

use crate::ports::Clock;

/// A difference up to this is the rounding of two clocks that were read one after the other.
const NOISE: Duration = Duration::from_millis(10);
/// While it is ahead of the wall clock, one of so many milliseconds that pass is not counted.
const SLOWED: i64 = 10;

/// See the module.
#[derive(Debug)]
pub(crate) struct EngineTime {
    wall: Arc<dyn Clock>,
    frame: RwLock<Frame>,
}

/// How the wall clock was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jump {
    Forward(Duration),
    Back(Duration),
}

/// How time runs since the wall clock was last set.
#[derive(Debug, Clone, Copy)]
struct Frame {
    since: Instant,
    /// The engine's time at its beginning.
    at_ms: i64,
    /// By how much that was ahead of the wall clock.
    ahead_ms: i64,
}

impl Frame {
    fn new(since: Instant, wall: Millis, least: Millis) -> Self {
        let at = wall.max(least);
        Self { since, at_ms: at.0, ahead_ms: at.0.saturating_sub(wall.0) }
    }

    /// The engine's time, and by how much it is ahead of the wall clock.
    fn read(&self, at: Instant) -> (Millis, i64) {
        let passed = at.saturating_duration_since(self.since).as_millis();
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        let caught_up = self.ahead_ms.min(passed / SLOWED);
        (Millis(self.at_ms.saturating_add(passed - caught_up)), self.ahead_ms - caught_up)
    }
}

impl EngineTime {
    /// Begins with the wall clock.
    pub(crate) fn new(wall: Arc<dyn Clock>) -> Self {
        let frame = Frame::new(Instant::now(), wall.now(), Millis::MIN);
        Self { wall, frame: RwLock::new(frame) }
    }

    /// Now.
    pub(crate) fn now(&self) -> Millis {
        let frame = *self.frame.read();
        frame.read(Instant::now()).0
    }

    /// It was later than this before.
    pub(crate) fn not_before(&self, least: Millis) {
        let mut frame = self.frame.write();
        let now = Instant::now();
        let wall = self.wall.now();
        *frame = Frame::new(now, wall, least.max(frame.read(now).0));
    }

    /// Looks whether the wall clock was set, and goes on accordingly. To be called every second or so.
    pub(crate) fn follow(&self) -> Option<Jump> {
        let frame = *self.frame.read();
        let now = Instant::now();
        let wall = self.wall.now();
        let (ours, ahead_ms) = frame.read(now);
        let expected = Millis(ours.0 - ahead_ms);
        let (forward, back) = (wall.since(expected), expected.since(wall));
        if forward.max(back) <= NOISE {
            return None;
        }
        *self.frame.write() = Frame::new(now, wall, ours);
        Some(if forward > back { Jump::Forward(forward) } else { Jump::Back(back) })
    }

    /// By how much it is ahead of the wall clock: zero unless that was set back.
    pub(crate) fn ahead(&self) -> Duration {
        let frame = *self.frame.read();
        if frame.ahead_ms == 0 {
            return Duration::ZERO;
        }
        Duration::from_millis(u64::try_from(frame.read(Instant::now()).1).unwrap_or(0))
    }

    /// What the wall clock shows at one of the engine's times, a little after or before now.
    pub(crate) fn shown(&self, time: Millis) -> Millis {
        time - self.ahead()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    #[derive(Debug)]
    struct Wall {
        began: Instant,
        set_ms: AtomicI64,
    }

    impl Clock for Wall {
        fn now(&self) -> Millis {
            Millis(1_800_000_000_000 + self.set_ms.load(Ordering::Relaxed)) + self.began.elapsed()
        }
    }

    fn clocks() -> (Arc<Wall>, EngineTime) {
        let wall = Arc::new(Wall { began: Instant::now(), set_ms: AtomicI64::new(0) });
        (Arc::clone(&wall), EngineTime::new(wall))
    }

    fn set(wall: &Wall, by_ms: i64) {
        wall.set_ms.fetch_add(by_ms, Ordering::Relaxed);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_the_wall_clocks_time_until_that_is_set() {
        let (wall, time) = clocks();
        for _ in 0..100 {
            tokio::time::advance(Duration::from_millis(777)).await;
            assert_eq!((time.now(), time.follow()), (wall.now(), None));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_follows_a_step_forward_at_once() {
        let (wall, time) = clocks();
        set(&wall, HOUR_MS);
        assert_eq!(time.follow(), Some(Jump::Forward(Duration::from_secs(3_600))));
        assert_eq!((time.now(), time.ahead()), (wall.now(), Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_step_back_it_goes_on_a_tenth_slower_until_the_wall_clock_is_there() {
        let (wall, time) = clocks();
        let before = time.now();
        set(&wall, -HOUR_MS);
        assert_eq!(time.follow(), Some(Jump::Back(Duration::from_secs(3_600))));
        assert_eq!(time.now(), before);
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!((time.now(), time.follow()), (before + Duration::from_secs(90), None));
        assert_eq!(time.shown(time.now()), wall.now());
        tokio::time::advance(Duration::from_secs(10 * 3_600)).await;
        assert_eq!((time.now(), time.ahead()), (wall.now(), Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn it_never_goes_back_however_the_wall_clock_is_set() {
        let (wall, time) = clocks();
        let mut last = time.now();
        for by_ms in [-HOUR_MS, 7_000, -500, HOUR_MS * 2, -HOUR_MS * 3, HOUR_MS, 30, -30] {
            set(&wall, by_ms);
            for _ in 0..30 {
                tokio::time::advance(Duration::from_millis(333)).await;
                time.follow();
                assert!(time.now() >= last && time.now() >= wall.now(), "{by_ms}");
                assert_eq!(time.shown(time.now()), wall.now(), "{by_ms}");
                last = time.now();
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_start_goes_on_from_the_last_events_time() {
        let (wall, time) = clocks();
        let last = wall.now() + Duration::from_secs(50);
        time.not_before(last);
        assert_eq!((time.now(), time.ahead()), (last, Duration::from_secs(50)));
        time.not_before(Millis(0));
        assert_eq!(time.now(), last);
    }
}
