//! Group commit: what has gathered goes into one transaction; the next one starts when it ended.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::Ordering as Atomic;
use std::task::Poll;

use postrider_model::delivery::DeliveryKey;
use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;
use postrider_store::{
    AppendOutcome, Batch, Change, ChangeOutcome, Committed, HealthWrite, Next, Settle, Settled, StoreError,
};

use super::admit::Admitted;
use super::fanout::Chunk;
use super::message::AppendReply;
use super::pending::Reply;
use super::{Core, cost};
use crate::accept::TOO_MANY;

type CommitFuture = Pin<Box<dyn Future<Output = Result<Committed, StoreError>> + Send>>;

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
    /// It writes deliveries that other nodes make.
    for_others: bool,
}

impl InFlight {
    /// Whose deliveries, changes and health it writes, beside those of appends; some more than once.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = EndpointKey> {
        let settles = self.settles.iter().map(|note| note.delivery.endpoint);
        let changes = self.changes.iter().map(|(change, _)| change.delivery().endpoint);
        settles.chain(changes).chain(self.health.iter().map(|write| write.endpoint))
    }
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
        let mut left_us = cost::left_to_settles_us(&batch);
        while let Some(settle) = self.pending.next_settle(&mut left_us) {
            let due = if let Next::Due { at, .. } = settle.next { Some(at) } else { None };
            notes.push(SettleNote { delivery: settle.delivery, fresh: settle.fresh, due });
            retry.push(settle.clone());
            batch.settles.push(settle);
        }
        let changes = self.pending.take_changes();
        batch.changes = changes.iter().map(|(change, _)| *change).collect();
        let changed_for_others = changes.iter().any(|(change, _)| !self.owns(change.delivery().endpoint));
        let for_others = std::mem::take(&mut self.for_others) || changed_for_others;
        batch.health = self.pending.take_health();
        let health = batch.health.clone();
        batch.low_water = self.low_water.mark();
        self.pending.taken(now);
        self.shared
            .gauges
            .oldest_append
            .store(oldest.or(self.pending.oldest()).unwrap_or(Millis::MAX).0, Atomic::Relaxed);
        let store = std::sync::Arc::clone(&self.shared.store);
        let future: CommitFuture = Box::pin(async move { store.commit(batch).await });
        self.commit = Some(InFlight {
            future,
            seq,
            appends,
            chunks,
            settles: notes,
            retry,
            changes,
            health,
            for_others,
        });
    }

    fn admit_appends(&mut self, batch: &mut Batch, now: Millis) -> Vec<Admitted> {
        let mut admitted = Vec::new();
        let mut sum = 0;
        while let Some(request) = self.pending.next_append(&mut sum) {
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
            Err(error) => {
                if let StoreError::Fenced = error {
                    crate::cluster::fenced(&self.shared);
                }
                self.commit_failed(done, &error, now);
            }
        }
        self.lose_everything_if_fenced();
        self.vacate(now);
        self.shared
            .gauges
            .oldest_append
            .store(self.pending.oldest().unwrap_or(Millis::MAX).0, Atomic::Relaxed);
    }

    fn commit_succeeded(&mut self, done: InFlight, committed: Committed, now: Millis) {
        self.committed_seq = done.seq;
        self.failing = false;
        self.shared.metrics.commit(committed.commit_us);
        if done.for_others {
            self.shared.store.ring();
        }
        // First of all, for a load that begins below must not skip what this commit moved.
        for (note, settled) in done.settles.iter().zip(&committed.settles) {
            self.listening.note(note.delivery);
            if let Some(lane) = self.lanes.get_mut(&note.delivery.endpoint) {
                lane.settled(note.delivery.event, settled.state);
            }
        }
        for ((change, _), outcome) in done.changes.iter().zip(&committed.changes) {
            self.listening.note(change.delivery());
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
            self.pending.put_back_settle(settle);
        }
        for (change, reply) in done.changes.into_iter().rev() {
            match reply {
                Some(reply) => {
                    let _ = reply.send(Err(error.clone()));
                }
                None => self.pending.put_back_change(change),
            }
        }
        self.pending.restore_health(done.health);
        for request in self.pending.take_appends() {
            self.shared.gauges.queue_bytes.fetch_sub(request.bytes, Atomic::Relaxed);
            let _ = request.reply.send(AppendReply::Failed(error.clone()));
        }
        // Where outcomes wait already, no attempt begins that would add to them. Where none waits the next outcome
        // shows whether it works again: the commit that follows in a moment writes nothing, and would not.
        self.failing = !self.pending.is_empty();
        self.pending.hold_off(now);
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
    pub(crate) fn unqueue(&mut self, delivery: DeliveryKey) {
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
        if !self.owns(endpoint) {
            self.standing.wrote(endpoint, due);
            return;
        }
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.stored.wrote_due(due, seq, now);
            self.pump(endpoint, now);
        } else {
            self.expect(endpoint, due, now);
        }
    }
}
