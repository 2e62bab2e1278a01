//! Group commit: what has gathered goes into one transaction; the next one starts when it ended.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::Ordering as Atomic;
use std::task::Poll;
use std::time::Duration;

use postrider_model::delivery::DeliveryKey;
use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;
use postrider_store::{
    AppendOutcome, Batch, Change, ChangeOutcome, Committed, HealthWrite, Next, Settle, Settled, StoreError,
};
use tokio::sync::oneshot;

use super::Core;
use super::admit::{Admitted, REQUEST_FANOUT_ABOVE};
use super::fanout::Chunk;
use super::message::{AppendReply, AppendRequest};
use crate::accept::TOO_MANY;

/// How long a commit may hold the writer, in microseconds without its fsync (DESIGN 2.1).
const MAX_US: usize = 5_000;
/// What an event or a delivery takes that is appended, about.
const ROW_US: usize = 7;
/// What the settle of a fresh delivery takes, about.
const FRESH_SETTLE_US: usize = 3;
/// What another one takes: its row is read, and taken out of the due index.
const SETTLE_US: usize = 20;
/// Appends leave this much to settles, which must not fall behind.
const LEFT_TO_SETTLES_US: usize = 1_000;
/// Events and deliveries appended in one commit.
const MAX_ROWS: usize = (MAX_US - LEFT_TO_SETTLES_US) / ROW_US;
/// Bytes of match sets that take as long as a row.
const ROW_BYTES: usize = 256;
/// Changes in one commit.
const MAX_CHANGES: usize = MAX_US / SETTLE_US;
/// Settles wait this long for an append to share its fsync: a crash in between only repeats an attempt.
const SETTLE_WAIT: Duration = Duration::from_millis(4);
/// After a commit failed, settles are tried again this much later.
const RETRY_WAIT: Duration = Duration::from_millis(250);

/// Who waits for a change.
pub(crate) type Reply = oneshot::Sender<Result<ChangeOutcome, StoreError>>;
type CommitFuture = Pin<Box<dyn Future<Output = Result<Committed, StoreError>> + Send>>;

/// What waits for the next commit.
#[derive(Default)]
pub(crate) struct Pending {
    appends: VecDeque<AppendRequest>,
    settles: VecDeque<Settle>,
    changes: VecDeque<(Change, Option<Reply>)>,
    health: BTreeMap<EndpointKey, HealthWrite>,
    /// When the first settle came.
    settles_since: Option<Millis>,
    /// Somebody waits for a settle: an ordered key's next one, a test send.
    urgent: bool,
    /// After a failure: not before.
    not_before: Option<Millis>,
}

impl Pending {
    pub(crate) fn push_append(&mut self, request: AppendRequest) {
        self.appends.push_back(request);
    }

    pub(crate) fn push_settle(&mut self, settle: Settle, now: Millis, urgent: bool) {
        self.settles.push_back(settle);
        self.settles_since.get_or_insert(now);
        self.urgent |= urgent;
    }

    pub(crate) fn push_change(&mut self, change: Change, reply: Option<Reply>) {
        self.urgent = true;
        self.changes.push_back((change, reply));
    }

    pub(crate) fn push_health(&mut self, write: HealthWrite, now: Millis) {
        self.settles_since.get_or_insert(now);
        self.urgent |= write.disable.is_some();
        let earlier = self.health.get(&write.endpoint).and_then(|known| known.disable);
        self.health.insert(write.endpoint, HealthWrite { disable: earlier.or(write.disable), ..write });
    }

    /// Writes of a commit that failed are due again, as far as none that is newer came meanwhile.
    fn restore_health(&mut self, writes: Vec<HealthWrite>) {
        for write in writes {
            let waiting = self.health.entry(write.endpoint).or_insert(write);
            waiting.disable = write.disable.or(waiting.disable);
            self.urgent |= waiting.disable.is_some();
        }
    }

    /// At a stop: what is in a lane need not come into the due index, as the next start finds it by the low-water mark.
    pub(crate) fn forget_aged(&mut self) {
        self.changes.retain(|(change, _)| !matches!(change, Change::Index { .. }));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.appends.is_empty()
            && self.settles.is_empty()
            && self.changes.is_empty()
            && self.health.is_empty()
    }

    /// When the next commit may start; `None`: nothing waits.
    pub(crate) fn start_at(&self) -> Option<Millis> {
        let at = if self.urgent || !self.appends.is_empty() {
            Some(Millis::MIN)
        } else {
            self.settles_since.map(|since| since + SETTLE_WAIT)
        };
        at.map(|at| self.not_before.map_or(at, |not_before| at.max(not_before)))
    }

    /// When the oldest append arrived.
    fn oldest(&self) -> Option<Millis> {
        self.appends.front().map(|request| request.arrived)
    }

    /// The oldest settle, if a commit that has so much time left has time for it.
    fn next_settle(&mut self, left_us: &mut usize) -> Option<Settle> {
        let settle = self.settles.pop_front_if(|settle| *left_us >= settle_us(settle))?;
        *left_us -= settle_us(&settle);
        Some(settle)
    }

    /// How many settles wait.
    pub(crate) fn settles(&self) -> usize {
        self.settles.len()
    }

    /// Somebody waits for what was pushed last.
    pub(crate) fn hurry(&mut self) {
        self.urgent = true;
    }

    /// After a failure nothing starts for a moment.
    fn held_off(&self, now: Millis) -> bool {
        self.not_before.is_some_and(|at| at > now)
    }

    fn clear_marks(&mut self) {
        self.urgent = !self.changes.is_empty();
        self.settles_since = None;
        self.not_before = None;
    }
}

/// What a settle's commit must tell the lane.
pub(crate) struct SettleNote {
    delivery: DeliveryKey,
    fresh: bool,
    due: Option<Millis>,
}

/// A commit on its way, and what to do when it ends.
pub(crate) struct InFlight {
    future: CommitFuture,
    seq: u64,
    appends: Vec<Admitted>,
    chunks: Vec<Chunk>,
    settles: Vec<SettleNote>,
    /// Kept to be tried again if the commit fails: what became of attempts must not be lost.
    retry: Vec<Settle>,
    changes: Vec<(Change, Option<Reply>)>,
    health: Vec<HealthWrite>,
}

/// Waits for the commit on its way; never if there is none.
pub(crate) async fn ended(commit: &mut Option<InFlight>) -> Result<Committed, StoreError> {
    poll_fn(|context| match commit {
        Some(in_flight) => in_flight.future.as_mut().poll(context),
        None => Poll::Pending,
    })
    .await
}

impl Core {
    /// Starts a commit if none is on its way and something waits that should not wait longer.
    pub(crate) fn start_commit(&mut self, now: Millis) {
        if self.commit.is_some() || self.pending.held_off(now) {
            return;
        }
        let due = self.pending.start_at().is_some_and(|at| at <= now);
        if !due && (self.winding_down || !self.fanouts.is_ready()) {
            return;
        }
        let seq = self.committed_seq + 1;
        let oldest = self.pending.oldest();
        let mut batch = Batch { now, ..Batch::default() };
        let appends = self.admit_appends(&mut batch, now);
        let chunks = self.fanout_chunks(&mut batch, now);
        let mut notes = Vec::new();
        let mut retry = Vec::new();
        let mut left_us = left_to_settles_us(rows_of(&batch));
        while let Some(settle) = self.pending.next_settle(&mut left_us) {
            let due = if let Next::Due { at, .. } = settle.next { Some(at) } else { None };
            notes.push(SettleNote { delivery: settle.delivery, fresh: settle.fresh, due });
            retry.push(clone_settle(&settle));
            batch.settles.push(settle);
        }
        let count = self.pending.changes.len().min(MAX_CHANGES);
        let changes: Vec<_> = self.pending.changes.drain(..count).collect();
        batch.changes = changes.iter().map(|(change, _)| *change).collect();
        batch.health = std::mem::take(&mut self.pending.health).into_values().collect();
        let health = batch.health.clone();
        batch.low_water = self.low_water.mark();
        self.pending.clear_marks();
        if !self.pending.settles.is_empty() {
            self.pending.settles_since = Some(now - SETTLE_WAIT);
        }
        self.shared
            .gauges
            .oldest_append
            .store(oldest.or(self.pending.oldest()).unwrap_or(Millis::MAX).0, Atomic::Relaxed);
        let store = std::sync::Arc::clone(&self.shared.store);
        let future: CommitFuture = Box::pin(async move { store.commit(batch).await });
        self.commit = Some(InFlight { future, seq, appends, chunks, settles: notes, retry, changes, health });
    }

    fn admit_appends(&mut self, batch: &mut Batch, now: Millis) -> Vec<Admitted> {
        let mut admitted = Vec::new();
        let mut sum = 0;
        while let Some(request) = self.pending.appends.front() {
            let rows = rows(request);
            if sum > 0 && sum + rows > MAX_ROWS {
                break;
            }
            sum += rows;
            let Some(request) = self.pending.appends.pop_front() else { break };
            if self.has_no_room_behind(&request) {
                self.shared.gauges.queue_bytes.fetch_sub(request.bytes, Atomic::Relaxed);
                let error = StoreError::Unavailable(TOO_MANY.to_owned());
                let _ = request.reply.send(AppendReply::Failed(error));
                continue;
            }
            let (append, one) = self.admit(request, now);
            batch.appends.push(append);
            admitted.push(one);
        }
        admitted
    }

    /// The commit ended: acknowledge, hand over, settle.
    pub(crate) fn committed(&mut self, result: Result<Committed, StoreError>) {
        let Some(done) = self.commit.take() else { return };
        let now = self.tick();
        match result {
            Ok(committed) => self.commit_succeeded(done, committed, now),
            Err(StoreError::Fatal(reason)) => self.shared.fatal.die(&reason),
            Err(error) => self.commit_failed(done, &error, now),
        }
        self.shared
            .gauges
            .oldest_append
            .store(self.pending.oldest().unwrap_or(Millis::MAX).0, Atomic::Relaxed);
    }

    fn commit_succeeded(&mut self, done: InFlight, committed: Committed, now: Millis) {
        self.committed_seq = done.seq;
        self.failing = false;
        self.shared.metrics.commit(committed.commit_us);
        // First of all, for a load that begins below must not skip what this commit moved.
        for (note, settled) in done.settles.iter().zip(&committed.settles) {
            if let Some(lane) = self.lanes.get_mut(&note.delivery.endpoint) {
                lane.settled(note.delivery.event, settled.state);
            }
        }
        for ((change, _), outcome) in done.changes.iter().zip(&committed.changes) {
            self.forget_changed(change, *outcome);
        }
        for (admitted, outcome) in done.appends.into_iter().zip(committed.appends) {
            self.appended(admitted, outcome, done.seq, now);
        }
        for chunk in done.chunks {
            self.fanout_written(chunk, done.seq, now);
        }
        self.load_fanouts();
        for (note, settled) in done.settles.iter().zip(committed.settles) {
            self.settled(note, settled, done.seq, now);
        }
        for ((change, reply), outcome) in done.changes.into_iter().zip(committed.changes) {
            self.changed(change, outcome, done.seq, now);
            if let Some(reply) = reply {
                let _ = reply.send(Ok(outcome));
            }
        }
        for write in &done.health {
            if let Some((reason, at)) = write.disable {
                self.disabled_by_rule(write.endpoint, reason, at);
            }
        }
        self.start_sweeps();
        self.release_brake(now);
    }

    fn settled(&mut self, note: &SettleNote, settled: Settled, seq: u64, now: Millis) {
        if note.fresh {
            self.low_water.remove(note.delivery.event);
        }
        let endpoint = note.delivery.endpoint;
        // Also where the lane went away meanwhile.
        let released = settled.released.map(|_| now);
        // Asked only now: a change of the same commit may have taken it out of memory.
        let kept = note
            .due
            .filter(|_| self.lanes.get(&endpoint).is_some_and(|lane| lane.keeps(note.delivery.event)));
        let stored = note.due.filter(|_| kept.is_none());
        if let Some(at) = [stored, released].into_iter().flatten().min() {
            self.note_due(endpoint, at, seq, now);
        }
        if let Some(at) = kept {
            self.timers.set(endpoint, at);
        }
    }

    /// Nothing of the batch was written. Appends are refused; settles and changes of ours are tried again.
    fn commit_failed(&mut self, done: InFlight, error: &StoreError, now: Millis) {
        tracing::warn!(%error, "a commit failed; nothing of it was written");
        self.shared.metrics.commit_failures.inc();
        self.committed_seq = done.seq;
        for admitted in done.appends {
            self.refuse(admitted, AppendReply::Failed(error.clone()), now);
        }
        for chunk in done.chunks.into_iter().rev() {
            self.fanout_unwritten(chunk);
        }
        self.load_fanouts();
        for settle in done.retry.into_iter().rev() {
            self.pending.settles.push_front(settle);
        }
        for (change, reply) in done.changes.into_iter().rev() {
            match reply {
                Some(reply) => {
                    let _ = reply.send(Err(error.clone()));
                }
                None => self.pending.changes.push_front((change, None)),
            }
        }
        self.pending.restore_health(done.health);
        while let Some(request) = self.pending.appends.pop_front() {
            self.shared.gauges.queue_bytes.fetch_sub(request.bytes, Atomic::Relaxed);
            let _ = request.reply.send(AppendReply::Failed(error.clone()));
        }
        // Where outcomes wait already, no attempt begins that would add to them. Where none waits the next outcome
        // shows whether it works again: the commit that follows in a moment writes nothing, and would not.
        self.failing = !self.pending.is_empty();
        self.pending.settles_since = Some(now);
        self.pending.not_before = Some(now + RETRY_WAIT);
    }

    fn appended(&mut self, admitted: Admitted, outcome: AppendOutcome, seq: u64, now: Millis) {
        match outcome {
            AppendOutcome::Appended(events) => self.hand_over(admitted, events, seq, now),
            AppendOutcome::StaleRouting => {
                self.release_places(&admitted, now);
                let request = admitted.request;
                self.shared.gauges.queue_bytes.fetch_sub(request.bytes, Atomic::Relaxed);
                let _ = request.reply.send(AppendReply::Stale(request.drafts, request.test));
            }
            AppendOutcome::Conflict(event) => self.refuse(admitted, AppendReply::Conflict(event), now),
        }
    }

    /// A change of one delivery is on disk: what its lane had of it in memory is out of date.
    fn forget_changed(&mut self, change: &Change, outcome: ChangeOutcome) {
        let done = matches!(outcome, ChangeOutcome::Done { .. });
        match change {
            // Its lane has it in memory, so nothing needs to be loaded.
            Change::Index { delivery, .. } => {
                self.low_water.remove(delivery.event);
                if !done {
                    self.forget(*delivery);
                }
            }
            Change::Enter { delivery, .. } => self.forget(*delivery),
            Change::Cancel { delivery } if done => self.unqueue(*delivery),
            Change::Cancel { .. } | Change::Reopen { .. } => {}
        }
    }

    /// A change of one delivery is on disk: what is due because of it.
    fn changed(&mut self, change: Change, outcome: ChangeOutcome, seq: u64, now: Millis) {
        let (delivery, due) = match change {
            Change::Index { .. } => return,
            Change::Enter { delivery, due, .. } | Change::Reopen { delivery, due, .. } => (delivery, due),
            Change::Cancel { delivery } => (delivery, now),
        };
        if let ChangeOutcome::Done { .. } = outcome {
            self.note_due(delivery.endpoint, due, seq, now);
        }
    }

    /// A delivery was cancelled: what waits of it in its lane is not sent. An attempt in flight finishes.
    fn unqueue(&mut self, delivery: DeliveryKey) {
        let fresh = self.lanes.get_mut(&delivery.endpoint).is_some_and(|lane| lane.cancel(delivery.event));
        if fresh {
            self.low_water.remove(delivery.event);
        }
    }

    fn forget(&mut self, delivery: DeliveryKey) {
        if let Some(lane) = self.lanes.get_mut(&delivery.endpoint) {
            lane.forget(delivery.event);
        }
    }

    /// A row in the due index for this endpoint: its lane, made if need be, will read it.
    pub(crate) fn note_due(&mut self, endpoint: EndpointKey, due: Millis, seq: u64, now: Millis) {
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.stored.wrote_due(due, seq, now);
            self.pump(endpoint, now);
        } else {
            self.expect(endpoint, due, now);
        }
    }
}

/// Events and deliveries that a batch writes.
fn rows_of(batch: &Batch) -> usize {
    let events = batch.appends.iter().flat_map(|append| &append.events);
    let appended: usize = events.map(|event| 1 + event.deliveries.len()).sum();
    appended + batch.fanouts.iter().map(|chunk| chunk.deliveries.len()).sum::<usize>()
}

/// What settles may take of a commit that writes so many rows, in microseconds. Beside a request that is larger than a
/// commit should be they get a share of it, else they would fall behind under many of these.
fn left_to_settles_us(rows: usize) -> usize {
    let written_us = rows * ROW_US;
    MAX_US.saturating_sub(written_us).max(LEFT_TO_SETTLES_US).max(written_us / 4)
}

/// What a settle takes of a commit, in microseconds.
fn settle_us(settle: &Settle) -> usize {
    if settle.fresh { FRESH_SETTLE_US } else { SETTLE_US }
}

/// What a request takes of a commit, in rows. The deliveries of a wide one come later, in chunks.
fn rows(request: &AppendRequest) -> usize {
    let deliveries = request.deliveries();
    let written = if deliveries > REQUEST_FANOUT_ABOVE { request.ordered() } else { deliveries };
    request.drafts.len() + written + request.match_set_bytes() / ROW_BYTES
}

fn clone_settle(settle: &Settle) -> Settle {
    Settle {
        delivery: settle.delivery,
        attempt: settle.attempt.clone(),
        next: settle.next,
        fresh: settle.fresh,
        key: settle.key,
    }
}

#[cfg(test)]
mod tests {
    use postrider_model::endpoint::DisabledReason;

    use super::*;

    fn write(failure_count: u32, disable: Option<(DisabledReason, Millis)>) -> HealthWrite {
        HealthWrite {
            endpoint: EndpointKey(1),
            failure_count,
            failing_since: None,
            last_success_at: None,
            last_attempt_at: None,
            last_status: None,
            disable,
        }
    }

    #[test]
    fn health_of_a_commit_that_failed_does_not_replace_what_came_after_it() {
        let mut pending = Pending::default();
        pending.push_health(write(2, None), Millis(10));
        let gone = Some((DisabledReason::Gone, Millis(5)));
        pending.restore_health(vec![write(1, gone)]);
        let waiting: Vec<_> = pending.health.into_values().collect();
        assert_eq!(
            waiting,
            [write(2, gone)],
            "the newer count, and the disabling that is still to be written"
        );
        assert!(pending.urgent);
    }

    #[test]
    fn settles_get_what_appends_leave_and_a_share_beside_a_large_request() {
        assert_eq!([0, 100, 640, 2_000].map(left_to_settles_us), [5_000, 4_300, 1_120, 3_500]);
    }

    #[test]
    fn a_commit_takes_as_many_settles_as_it_has_time_for() {
        let settle = |fresh| Settle {
            delivery: DeliveryKey { event: Default::default(), endpoint: EndpointKey(1) },
            attempt: None,
            next: Next::Delivered,
            fresh,
            key: None,
        };
        let mut pending = Pending::default();
        for fresh in [true, false, true, false] {
            pending.push_settle(settle(fresh), Millis(1), false);
        }
        let mut left_us = 2 * FRESH_SETTLE_US + SETTLE_US + 1;
        let taken = std::iter::from_fn(|| pending.next_settle(&mut left_us)).map(|settle| settle.fresh);
        assert_eq!((taken.collect::<Vec<_>>(), left_us), (vec![true, false, true], 1));
        assert_eq!(pending.settles(), 1, "in their order");
    }

    #[test]
    fn health_of_a_commit_that_failed_is_written_by_the_next_one() {
        let mut pending = Pending::default();
        pending.restore_health(vec![write(1, None)]);
        assert_eq!(pending.health.into_values().collect::<Vec<_>>(), [write(1, None)]);
    }
}
