//! Statistics per project, mode and minute: counted in memory where the core counts already, written every ten seconds.
//! What a crash takes is what was counted since.

use std::sync::Arc;
use std::time::Duration;

use ahash::AHashMap;
use parking_lot::Mutex;
use postrider_model::id::{Mode, ProjectKey};
use postrider_model::slot::NodeNumber;
use postrider_model::time::Millis;
use postrider_store::{ProjectStatRow, ProjectSum, SeenBacklog, Store, StoreError};

use super::rest;
use crate::shared::Shared;

const EVERY: Duration = Duration::from_secs(10);

/// Rows of one write: some milliseconds of the writer, which commits wait for.
const FLUSHED: usize = 128;

/// A project's mode.
pub(crate) type World = (ProjectKey, Mode);

/// Counts not yet written.
#[derive(Debug, Default)]
pub(crate) struct ProjectStats {
    counting: Mutex<Counting>,
}

#[derive(Debug, Default)]
struct Counting {
    rows: Vec<Counted>,
    places: AHashMap<(World, i64), usize>,
    /// Where the last count went: the next one goes there too, as a rule.
    last: usize,
    /// Of which something waited at the last look.
    waiting: Vec<World>,
}

#[derive(Debug)]
struct Counted {
    world: World,
    minute: i64,
    sum: ProjectSum,
}

impl Counting {
    fn of(&mut self, world: World, minute: i64) -> &mut ProjectSum {
        let is_last = |row: &Counted| row.minute == minute && row.world == world;
        if !self.rows.get(self.last).is_some_and(is_last) {
            self.last = *self.places.entry((world, minute)).or_insert_with(|| {
                self.rows.push(Counted { world, minute, sum: ProjectSum::default() });
                self.rows.len() - 1
            });
        }
        &mut self.rows[self.last].sum
    }
}

/// What came of one request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Attempted {
    pub success: bool,
    pub latency: Duration,
    /// Deliveries of it that ended delivered.
    pub delivered: u64,
    /// That were given up.
    pub exhausted: u64,
    /// That became held.
    pub held: u64,
}

/// What lanes have that waits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Waiting {
    pub deliveries: usize,
    /// Lanes of which more is due than they have room for.
    pub overflowing: usize,
    pub oldest_due: Option<Millis>,
}

impl ProjectStats {
    /// Counts events that were accepted.
    pub(crate) fn accepted(&self, world: World, at: Millis, events: u64, deliveries: u64, held: u64) {
        let mut counting = self.counting.lock();
        let sum = counting.of(world, minute(at));
        sum.accepted += events;
        sum.deliveries += deliveries;
        sum.held += held;
    }

    /// Counts an attempt, in the minute in which it began.
    pub(crate) fn attempted(&self, world: World, at: Millis, attempted: &Attempted) {
        let latency_ms = u64::try_from(attempted.latency.as_millis()).unwrap_or(u64::MAX);
        let mut counting = self.counting.lock();
        let sum = counting.of(world, minute(at));
        sum.succeeded += u64::from(attempted.success);
        sum.failed += u64::from(!attempted.success);
        sum.delivered += attempted.delivered;
        sum.exhausted += attempted.exhausted;
        sum.held += attempted.held;
        sum.latency_ms = sum.latency_ms.saturating_add(latency_ms);
        sum.latency_max_ms = sum.latency_max_ms.max(latency_ms);
        sum.latencies.record(attempted.latency);
    }

    /// Counts a delivery that was given up without an attempt.
    pub(crate) fn given_up(&self, world: World, at: Millis) {
        self.counting.lock().of(world, minute(at)).exhausted += 1;
    }

    /// Counts deliveries that became held without an attempt.
    pub(crate) fn held(&self, world: World, at: Millis, held: u64) {
        self.counting.lock().of(world, minute(at)).held += held;
    }

    /// Remembers what housekeeping saw at `now`, in minutes of `shown`. Where nothing waits any more that is remembered
    /// once.
    pub(crate) fn look(&self, seen: &AHashMap<World, Waiting>, now: Millis, shown: Millis) {
        let mut counting = self.counting.lock();
        let before = std::mem::take(&mut counting.waiting);
        for world in before.into_iter().filter(|world| !seen.contains_key(world)) {
            counting.saw(world, minute(shown), SeenBacklog::default());
        }
        for (world, waiting) in seen {
            let wait = waiting.oldest_due.map_or(Duration::ZERO, |due| now.since(due));
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            let backlog = SeenBacklog::seen(waiting.deliveries as u64, waiting.overflowing as u64, wait_ms);
            counting.saw(*world, minute(shown), backlog);
            counting.waiting.push(*world);
        }
    }

    /// Writes what was counted; on an error it is kept and written next time.
    pub(crate) async fn flush(&self, store: &dyn Store, node: NodeNumber) -> Result<(), StoreError> {
        let mut rows = self.take(node);
        // The same portions on every run of a simulation, and neighbours in the table together.
        rows.sort_unstable_by_key(|row| (row.project, row.mode, row.minute));
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(FLUSHED));
            if let Err(error) = store.add_project_stats(rows.clone()).await {
                rows.extend(rest);
                self.put_back(rows);
                return Err(error);
            }
            rows = rest;
        }
        Ok(())
    }

    fn take(&self, node: NodeNumber) -> Vec<ProjectStatRow> {
        let mut counting = self.counting.lock();
        counting.places.clear();
        let rows = std::mem::take(&mut counting.rows).into_iter();
        rows.map(|Counted { world: (project, mode), minute, sum }| ProjectStatRow {
            project,
            mode,
            minute,
            node,
            sum,
        })
        .collect()
    }

    /// Puts what could not be written before what was counted meanwhile.
    fn put_back(&self, rows: Vec<ProjectStatRow>) {
        let mut counting = self.counting.lock();
        for ProjectStatRow { project, mode, minute, sum, .. } in rows {
            let now = counting.of((project, mode), minute);
            let later = std::mem::replace(now, sum);
            now.add_later(&later);
        }
    }
}

impl Counting {
    fn saw(&mut self, world: World, minute: i64, backlog: SeenBacklog) {
        let sum = self.of(world, minute);
        sum.backlog = Some(sum.backlog.map_or(backlog, |before| before.then(backlog)));
    }
}

fn minute(at: Millis) -> i64 {
    at.0.div_euclid(60_000)
}

pub(crate) async fn run(shared: Arc<Shared>) {
    while rest(&shared, EVERY).await {
        shared.flush_project_stats().await;
    }
}

impl Shared {
    /// Writes what was counted of projects.
    pub(crate) async fn flush_project_stats(&self) {
        if let Err(error) = self.project_stats.flush(&*self.store, self.cluster.number()).await {
            tracing::warn!(%error, "statistics of projects were not written; they are written next time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_written_goes_before_what_was_counted_since() {
        let (world, at) = ((ProjectKey(1), Mode::Live), Millis(120_000));
        let stats = ProjectStats::default();
        let look = |deliveries| {
            let waiting = Waiting { deliveries, overflowing: 0, oldest_due: Some(Millis(0)) };
            stats.look(&AHashMap::from_iter([(world, waiting)]), at, at);
        };
        stats.accepted(world, at, 3, 6, 0);
        look(9);
        let unwritten = stats.take(NodeNumber(2));
        assert_eq!((unwritten.len(), unwritten[0].minute, unwritten[0].node), (1, 2, NodeNumber(2)));
        stats.accepted(world, at, 1, 1, 0);
        look(4);
        stats.put_back(unwritten);
        let all = stats.take(NodeNumber(2));
        assert_eq!((all.len(), all[0].sum.accepted, all[0].sum.deliveries), (1, 4, 7));
        let backlog = all[0].sum.backlog.unwrap();
        assert_eq!((backlog.waiting, backlog.waiting_max), (4, 9), "the last look is the later one");
    }

    #[test]
    fn worlds_and_minutes_are_counted_apart_however_they_alternate() {
        let (one, other) = ((ProjectKey(1), Mode::Live), (ProjectKey(1), Mode::Test));
        let stats = ProjectStats::default();
        for n in 0..4 {
            stats.accepted(one, Millis(n * 60_000), 1, 0, 0);
            stats.accepted(other, Millis(0), 1, 0, 0);
        }
        let mut counted: Vec<_> =
            stats.take(NodeNumber(0)).iter().map(|row| (row.mode, row.minute, row.sum.accepted)).collect();
        counted.sort_unstable();
        let live = (0..4).map(|minute| (Mode::Live, minute, 1));
        let expected: Vec<_> = live.chain([(Mode::Test, 0, 4)]).collect();
        assert_eq!(counted, expected);
    }
}
