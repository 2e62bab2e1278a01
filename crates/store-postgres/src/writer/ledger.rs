//! The deliveries that a commit looks at: as they are stored, and as its items leave them one after the other.

use std::collections::HashMap;

use postrider_model::delivery::{Attempt, DeliveryKey, DeliveryState};
use postrider_store::EventFlags;
use postrider_store::attempt_log::AttemptLog;

/// Where a delivery is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Was {
    /// Nowhere: it is new, or in a lane.
    Nothing,
    Pending,
    Ended,
}

/// A delivery.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) was: Was,
    pub(super) changed: bool,
    pub(super) tenant: i64,
    pub(super) class: i16,
    pub(super) flags: EventFlags,
    pub(super) state: DeliveryState,
    /// Pending, in memory with its lane, and nowhere else.
    pub(super) lane: bool,
    pub(super) due: i64,
    pub(super) step: u32,
    pub(super) first_attempt_at: Option<i64>,
    pub(super) okey: Option<i64>,
    pub(super) place: Option<i64>,
    /// It takes its place in the order: who stands before it is looked for.
    pub(super) enters: bool,
    pub(super) scheduled: bool,
    pub(super) log: Vec<u8>,
    /// Whether its columns are what they must be.
    pub(super) sound: bool,
}

impl Row {
    /// A new one, in a lane.
    pub(super) fn new(tenant: i64, class: i16, flags: EventFlags) -> Self {
        Self {
            was: Was::Nothing,
            changed: false,
            tenant,
            class,
            flags,
            state: DeliveryState::Pending,
            lane: true,
            due: 0,
            step: 0,
            first_attempt_at: None,
            okey: None,
            place: None,
            enters: false,
            scheduled: false,
            log: Vec::new(),
            sound: true,
        }
    }

    /// Attempts ever made.
    pub(super) fn attempts(&self) -> i32 {
        AttemptLog::count(&self.log).unwrap_or_default().cast_signed()
    }

    /// Puts an attempt into the log, if it is not its last already: a commit whose end was not known is made again. A log
    /// that cannot be read begins anew.
    pub(super) fn add_attempt(&mut self, key: DeliveryKey, attempt: &Attempt) {
        let same = |last: &Attempt| last.number == attempt.number && last.started_at == attempt.started_at;
        if AttemptLog::last(&self.log).is_ok_and(|last| last.as_ref().is_some_and(same)) {
            return;
        }
        self.changed = true;
        self.log = AttemptLog::append(&self.log, attempt)
            .or_else(|bad| {
                tracing::error!(
                    table = "delivery",
                    column = "log",
                    key = format!("{},{}", key.event.0, key.endpoint.0),
                    %bad,
                    "a log cannot be read; it begins anew"
                );
                AttemptLog::append(&[], attempt)
            })
            .unwrap_or_default();
    }

    /// Due at an instant, in its place of the order if it has one.
    pub(super) fn postpone(&mut self, due: i64, step: u32) {
        self.changed = true;
        (self.lane, self.due, self.step) = (false, due, step);
        let began = AttemptLog::first_started_at(&self.log, step).ok().flatten();
        self.first_attempt_at = began.filter(|_| step > 0).map(|at| at.0);
    }

    /// At its end; returns its key and place in an order, which it leaves.
    pub(super) fn end(&mut self, state: DeliveryState) -> Option<(i64, i64)> {
        self.changed = true;
        (self.state, self.lane, self.scheduled) = (state, false, false);
        self.okey.take().zip(self.place.take())
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) rows: HashMap<DeliveryKey, Row>,
}

impl Ledger {
    /// Rows that changed.
    pub(super) fn changed(&self) -> impl Iterator<Item = (&DeliveryKey, &Row)> {
        self.rows.iter().filter(|(_, row)| row.changed)
    }

    /// The smallest place of each ordered key among them, as they are left.
    pub(super) fn firsts(&self) -> HashMap<(i64, i64), i64> {
        let mut firsts = HashMap::new();
        for (key, row) in &self.rows {
            if let (DeliveryState::Pending, Some(okey), Some(place)) = (row.state, row.okey, row.place) {
                let first = firsts.entry((key.endpoint.0, okey)).or_insert(place);
                *first = place.min(*first);
            }
        }
        firsts
    }
}
