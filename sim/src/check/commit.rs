//! What a commit did, noted in the moment it is on disk; and what it may not do.

use postrider_model::delivery::DeliveryState;
use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::{Append, AppendOutcome, Batch, Change, ChangeOutcome, Committed, Next};

use super::tables::Stored;
use crate::ledger::{Ledger, Number, Version};

/// What of a batch is looked at after it was committed.
#[derive(Debug, Clone)]
pub(crate) struct Digest {
    appends: Vec<Vec<(Ordinal, Option<Number>)>>,
    settles: Vec<(Ordinal, i64, Next)>,
    changes: Vec<Change>,
    disabled: Vec<i64>,
    /// When it was given to the store.
    started: u64,
    low_water: Ordinal,
}

impl Digest {
    pub(crate) fn of(batch: &Batch, ledger: &mut Ledger) -> Self {
        let numbers = |append: &Append| {
            append.events.iter().map(|event| (event.ordinal, number(&event.data))).collect::<Vec<_>>()
        };
        Self {
            appends: batch.appends.iter().map(numbers).collect(),
            settles: batch
                .settles
                .iter()
                .map(|settle| (settle.delivery.event, settle.delivery.endpoint.0, settle.next))
                .collect(),
            changes: batch.changes.clone(),
            disabled: batch
                .health
                .iter()
                .filter(|health| health.disable.is_some())
                .map(|health| health.endpoint.0)
                .collect(),
            started: ledger.tick(),
            low_water: batch.low_water,
        }
    }
}

pub(crate) fn number(data: &[u8]) -> Option<Number> {
    serde_json::from_slice::<serde_json::Value>(data).ok()?.get("n")?.as_u64()
}

impl Ledger {
    /// The batch is on disk; its answer is still on its way.
    pub(crate) fn committed(&mut self, digest: &Digest, committed: &Committed, true_ms: i64) {
        self.trace.line(
            true_ms,
            format_args!(
                "commit: {:?} {:?} {:?} disabled {:?} low water {:?}",
                digest.appends, digest.settles, digest.changes, digest.disabled, digest.low_water
            ),
        );
        for (events, outcome) in digest.appends.iter().zip(&committed.appends) {
            let AppendOutcome::Appended(outcomes) = outcome else { continue };
            for ((ordinal, n), outcome) in events.iter().zip(outcomes) {
                if let (false, Some(n)) = (outcome.repeated, n) {
                    self.numbers.insert(*ordinal, *n);
                    self.appended.insert(*n);
                }
            }
        }
        for (event, endpoint, next) in &digest.settles {
            self.settled(*event, *endpoint, *next);
        }
        for (change, outcome) in digest.changes.iter().zip(&committed.changes) {
            self.changed(*change, *outcome);
        }
    }

    /// The core learns that the batch is on disk.
    pub(crate) fn acknowledged(&mut self, digest: &Digest) {
        let answered = self.tick();
        for endpoint in &digest.disabled {
            let Some(seen) = self.endpoints.get_mut(endpoint) else { continue };
            let Some(last) = seen.versions.last().cloned() else { continue };
            seen.versions.push(Version {
                started: digest.started,
                answered: Some(answered),
                // An endpoint that was enabled anew meanwhile stays so, and one that was disabled too.
                uncertain: seen.busy,
                enabled: false,
                ..last
            });
        }
    }

    /// The commit failed, and says that it wrote nothing.
    pub(crate) fn failed(&mut self, digest: &Digest) {
        self.unwritten.extend(digest.appends.iter().flatten().map(|(ordinal, _)| *ordinal));
    }

    /// After a crash: what a new start finds tells of commits whose end nobody saw. Nothing is held against what
    /// stays unknown.
    pub(crate) fn resolve(&mut self, stored: &Stored) {
        for digest in std::mem::take(&mut self.uncertain) {
            for (ordinal, n) in digest.appends.iter().flatten() {
                if let (Some(n), true) = (n, stored.events.contains_key(&ordinal.0)) {
                    self.numbers.insert(*ordinal, *n);
                    self.appended.insert(*n);
                }
            }
            for (event, endpoint, next) in &digest.settles {
                let state = stored.deliveries.get(&(event.0, *endpoint));
                if matches!((next, state), (Next::Delivered, Some(DeliveryState::Delivered))) {
                    self.settled(*event, *endpoint, *next);
                }
            }
            for change in &digest.changes {
                let Change::Reopen { delivery, .. } = change else { continue };
                let Some(n) = self.numbers.get(&delivery.event).copied() else { continue };
                let state = stored.deliveries.get(&(delivery.event.0, delivery.endpoint.0));
                let seen = self.deliveries.entry((n, delivery.endpoint.0)).or_default();
                (seen.reopened, seen.due, seen.due_ms) = (true, None, None);
                seen.delivered &= state == Some(&DeliveryState::Delivered);
            }
        }
    }

    fn settled(&mut self, event: Ordinal, endpoint: i64, next: Next) {
        let Some(n) = self.numbers.get(&event).copied() else { return };
        let least = self.earliest(n, endpoint, next);
        let clock_was_set = !self.jumps.is_empty();
        let Some(seen) = self.deliveries.get_mut(&(n, endpoint)) else { return };
        seen.settled = true;
        (seen.due, seen.due_ms) = (None, None);
        match next {
            Next::Delivered => {
                seen.delivered = true;
                let received = seen.requests.iter().any(|at| {
                    self.requests.get(*at).and_then(|request| request.end).is_some_and(|end| end.success)
                });
                if !received {
                    self.violate(
                        "what is delivered was received",
                        format!("event {n} to endpoint {endpoint}"),
                    );
                }
            }
            Next::Due { at, .. } => {
                // Once the clock was set, due times are no longer those that it shows.
                seen.due = Some(at).filter(|_| !clock_was_set);
                seen.due_ms = least.map(|(_, true_ms)| true_ms);
                if let Some((least, _)) = least.filter(|(least, _)| at < *least) {
                    self.violate(
                        "a retry is due by the timetable or later",
                        format!("event {n} to endpoint {endpoint}: {at:?} instead of {least:?}"),
                    );
                }
            }
            Next::Failed | Next::Held | Next::Cancelled => {}
        }
    }

    /// When the next attempt may be, by the timetables that the endpoint may have had during the last one: by the
    /// clock, which the engine's time is never behind of for more than a jump it has not seen yet, and in true time.
    fn earliest(&self, n: Number, endpoint: i64, next: Next) -> Option<(Millis, i64)> {
        let Next::Due { step, .. } = next else { return None };
        let seen = self.deliveries.get(&(n, endpoint))?;
        let last = self.requests.get(*seen.requests.last()?)?;
        let end = last.end?;
        let endpoints = self.endpoints.get(&endpoint)?;
        let delay_ms = endpoints
            .possible(last.begun, self.op)
            .map(|version| {
                let steps = version.config.retry.as_ref().map(|retry| retry.schedule_seconds.as_slice());
                let steps = steps.unwrap_or(crate::shape::SCHEDULE_SECONDS);
                steps.get(step as usize - 1).map_or(0, |seconds| (seconds * 1_000.0) as i64)
            })
            .min()?;
        let asked_ms = end.retry_after_ms.unwrap_or(0);
        let wait_ms = delay_ms.max(asked_ms);
        let unseen_ms = self.forward_ms(end.true_ms, end.true_ms);
        Some((Millis(end.wall.0 + wait_ms - unseen_ms), end.true_ms + wait_ms))
    }

    fn changed(&mut self, change: Change, outcome: ChangeOutcome) {
        if !matches!(outcome, ChangeOutcome::Done { .. }) {
            return;
        }
        let (delivery, reopened) = match change {
            Change::Reopen { delivery, .. } => (delivery, true),
            Change::Cancel { delivery } => (delivery, false),
            Change::Index { .. } | Change::Enter { .. } => return,
        };
        let Some(n) = self.numbers.get(&delivery.event).copied() else { return };
        let seen = self.deliveries.entry((n, delivery.endpoint.0)).or_default();
        if reopened {
            seen.reopened = true;
            seen.settled = true;
            seen.delivered = false;
            (seen.due, seen.due_ms) = (None, None);
        } else {
            seen.cancelled = true;
        }
    }
}
