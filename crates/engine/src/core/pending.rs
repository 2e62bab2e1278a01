//! What waits for the next commit.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;
use postrider_store::{Change, ChangeOutcome, HealthWrite, Next, Settle, StoreError};
use tokio::sync::oneshot;

use super::cost;
use super::message::AppendRequest;

/// Settles wait this long for an append to share its fsync: a crash in between only repeats an attempt.
const SETTLE_WAIT: Duration = Duration::from_millis(4);
/// After a commit failed, settles are tried again this much later.
const RETRY_WAIT: Duration = Duration::from_millis(250);

/// Who waits for a change.
pub(crate) type Reply = oneshot::Sender<Result<ChangeOutcome, StoreError>>;

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
    pub(crate) fn restore_health(&mut self, writes: Vec<HealthWrite>) {
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
    pub(crate) fn oldest(&self) -> Option<Millis> {
        self.appends.front().map(|request| request.arrived)
    }

    /// The oldest settle, if a commit that has so much time left has time for it.
    pub(crate) fn next_settle(&mut self, left_us: &mut usize) -> Option<Settle> {
        let settle = self.settles.pop_front_if(|settle| *left_us >= cost::settle_us(settle))?;
        *left_us -= cost::settle_us(&settle);
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
    pub(crate) fn held_off(&self, now: Millis) -> bool {
        self.not_before.is_some_and(|at| at > now)
    }

    /// After a failure nothing starts for a moment, and then what waits is tried at once.
    pub(crate) fn hold_off(&mut self, now: Millis) {
        self.settles_since = Some(now);
        self.not_before = Some(now + RETRY_WAIT);
    }

    /// A commit took what it has time for; what it left follows at once.
    pub(crate) fn taken(&mut self, now: Millis) {
        self.urgent = !self.changes.is_empty();
        self.settles_since = (!self.settles.is_empty()).then(|| now - SETTLE_WAIT);
        self.not_before = None;
    }

    /// The oldest append, if a commit with so many rows has room for it; a commit without any has.
    pub(crate) fn next_append(&mut self, rows: &mut usize) -> Option<AppendRequest> {
        let sum = *rows + cost::rows(self.appends.front()?);
        if *rows > 0 && sum > cost::MAX_ROWS {
            return None;
        }
        *rows = sum;
        self.appends.pop_front()
    }

    /// Takes out the appends that arrived before this.
    pub(crate) fn take_appends_before(&mut self, before: Millis) -> Vec<AppendRequest> {
        let waits = self.appends.iter().take_while(|request| request.arrived < before).count();
        self.appends.drain(..waits).collect()
    }

    /// Whose deliveries, changes and health wait; some more than once.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = EndpointKey> {
        let settles = self.settles.iter().map(|settle| settle.delivery.endpoint);
        let changes = self.changes.iter().map(|(change, _)| change.delivery().endpoint);
        settles.chain(changes).chain(self.health.keys().copied())
    }

    /// Others took over what this node had: only what endpoints have taken is still worth telling. Who waits for a
    /// change is returned.
    pub(crate) fn keep_deliveries_made(&mut self) -> Vec<Reply> {
        self.settles.retain_mut(|settle| {
            settle.fresh = false;
            settle.next == Next::Delivered
        });
        self.health.clear();
        self.changes.drain(..).filter_map(|(_, reply)| reply).collect()
    }

    pub(crate) fn take_appends(&mut self) -> VecDeque<AppendRequest> {
        std::mem::take(&mut self.appends)
    }

    pub(crate) fn take_changes(&mut self) -> Vec<(Change, Option<Reply>)> {
        let count = self.changes.len().min(cost::MAX_CHANGES);
        self.changes.drain(..count).collect()
    }

    pub(crate) fn take_health(&mut self) -> Vec<HealthWrite> {
        std::mem::take(&mut self.health).into_values().collect()
    }

    /// One of a commit that failed; the last first.
    pub(crate) fn put_back_settle(&mut self, settle: Settle) {
        self.settles.push_front(settle);
    }

    /// As [`Pending::put_back_settle`], of a change that nobody waits for.
    pub(crate) fn put_back_change(&mut self, change: Change) {
        self.changes.push_front((change, None));
    }
}

#[cfg(test)]
mod tests {
    use postrider_model::delivery::DeliveryKey;
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
        let mut left_us = 2 * cost::settle_us(&settle(true)) + cost::settle_us(&settle(false)) + 1;
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
