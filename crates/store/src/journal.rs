//! The write path of the engine: events accepted, attempts settled, both in the same commits.

use async_trait::async_trait;
use bytes::Bytes;
use postrider_model::delivery::{Attempt, DeliveryKey, DeliveryState};
use postrider_model::endpoint::DisabledReason;
use postrider_model::id::{EndpointKey, Mode, Ordinal, ProjectKey, ReplayId, TenantKey, TypeKey};
use postrider_model::time::Millis;

use crate::{MatchSet, StoreError};

/// Commits batches. Every item has its own outcome: one bad item never fails the others.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Writes the batch in one transaction and returns when it is on disk (fsync).
    ///
    /// # Errors
    /// [`StoreError::Full`] and [`StoreError::Unavailable`]: nothing of the batch was written.
    /// [`StoreError::Fatal`]: not known; the process must end.
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError>;
}

/// What goes into one commit. Items take effect in this order: appends, fan-outs, settles, changes, health.
#[derive(Debug, Default)]
pub struct Batch {
    /// Now: when released heads fall due, and what idempotency keys are judged by.
    pub now: Millis,
    /// No delivery of an event before this one is in a lane without being in the due index: where the recovery
    /// scan after a crash begins.
    pub low_water: Ordinal,
    /// Events to append.
    pub appends: Vec<Append>,
    /// Further deliveries of events whose matches were too many for their append.
    pub fanouts: Vec<FanoutChunk>,
    /// Outcomes of attempts. None fails for what is stored: an unreadable row is mended by its settle.
    pub settles: Vec<Settle>,
    /// Other changes of single deliveries.
    pub changes: Vec<Change>,
    /// Health of endpoints whose streak changed.
    pub health: Vec<HealthWrite>,
}

/// The outcomes of a batch, each list parallel to the batch's.
#[derive(Debug, Default)]
pub struct Committed {
    /// Of `appends`.
    pub appends: Vec<AppendOutcome>,
    /// Of `settles`.
    pub settles: Vec<Settled>,
    /// Of `changes`.
    pub changes: Vec<ChangeOutcome>,
    /// Time the transaction took with its fsync, in microseconds.
    pub commit_us: u64,
}

/// Events that are accepted together or not at all.
#[derive(Debug)]
pub struct Append {
    /// The whole request's idempotency mark; kept with the first event.
    pub idempotency: Option<IdempotencyMark>,
    /// The events; their ordinals follow each other without a gap.
    pub events: Vec<NewEvent>,
}

/// An event to append.
#[derive(Debug)]
pub struct NewEvent {
    /// Its place and id.
    pub ordinal: Ordinal,
    /// The project.
    pub project: ProjectKey,
    /// The world it lives in.
    pub mode: Mode,
    /// Whom it happened for.
    pub tenant: TenantKey,
    /// The tenant's routing version that the deliveries were matched against.
    pub routing: u64,
    /// Its type.
    pub kind: TypeKey,
    /// When it happened, as the product says.
    pub timestamp: Millis,
    /// `data`, the bytes as they came.
    pub data: Bytes,
    /// `changes`, the bytes as they came.
    pub changes: Option<Bytes>,
    /// `attributes`, the bytes as they came.
    pub attributes: Option<Bytes>,
    /// The ordering key, as given or found by the contract's paths.
    pub ordering_key: Option<String>,
    /// Not to be sent before.
    pub deliver_at: Option<Millis>,
    /// Its own idempotency mark.
    pub idempotency: Option<IdempotencyMark>,
    /// What sets it apart.
    pub flags: EventFlags,
    /// Days its history is kept.
    pub retention_days: u16,
    /// Deliveries written with it.
    pub deliveries: Vec<NewDelivery>,
    /// Those that follow in [`FanoutChunk`]s. The event counts them all.
    pub fanout: Fanout,
}

/// Deliveries that are written after their event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fanout {
    /// For these endpoints.
    pub endpoints: MatchSet,
    /// Some of them have a place in an order, so that what is accepted later must wait for them.
    pub ordered: bool,
}

/// What sets an event apart from an ordinary one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventFlags {
    /// A test send: one attempt, never counted in health.
    pub test: bool,
    /// A notice of ours (`webhook.failed`, `endpoint.disabled`): `data` is the whole body where the contract says so.
    pub notice: bool,
    /// Sent not before a time of its own: how long it waits does not count from its acceptance.
    pub scheduled: bool,
}

impl EventFlags {
    /// The number the stores keep.
    pub fn code(self) -> i64 {
        i64::from(self.test) | i64::from(self.notice) << 1 | i64::from(self.scheduled) << 2
    }

    /// The inverse of [`EventFlags::code`].
    pub fn from_code(code: i64) -> Self {
        Self { test: code & 1 != 0, notice: code & 2 != 0, scheduled: code & 4 != 0 }
    }
}

/// A key the product gave so that a repeated request does nothing; remembered 24 h, per project and mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdempotencyMark {
    /// Hash of the key.
    pub key: [u8; 16],
    /// Hash of the request, so that the same key with another body is noticed.
    pub body: [u8; 16],
}

/// A delivery to create with its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDelivery {
    /// For whom.
    pub endpoint: EndpointKey,
    /// Where it goes.
    pub place: Place,
}

/// Where a new delivery goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Into its lane in memory; not in the due index. Recovery finds it by the low-water mark.
    Lane,
    /// Into the due index.
    Due(Millis),
    /// Its endpoint is disabled.
    Held,
    /// It belongs to an ordered key (a hash): if the key is free it becomes the key's head and goes into the due
    /// index at `due`; otherwise it is parked behind the head.
    Ordered {
        /// Hash of the ordering key.
        key: u64,
        /// When the head is due.
        due: Millis,
    },
    /// An ordered delivery scheduled for later: into the due index, without a place in the order; the engine sends
    /// [`Change::Enter`] when it falls due (DESIGN 4.4 "Order").
    Scheduled {
        /// Hash of the ordering key.
        key: u64,
        /// When it falls due.
        due: Millis,
    },
}

/// The next deliveries of an event with many.
#[derive(Debug)]
pub struct FanoutChunk {
    /// The event.
    pub event: Ordinal,
    /// Deliveries of this chunk: always the next ones of the stored match set, in its order.
    pub deliveries: Vec<NewDelivery>,
    /// How many of the match set are written after this chunk.
    pub done: u32,
    /// Whether this was the last one.
    pub last: bool,
}

/// What became of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppendOutcome {
    /// Every event is stored (or is a repetition of one stored before).
    Appended(Vec<EventOutcome>),
    /// A tenant's routing changed since the match: match again and retry. Nothing of the append was written.
    StaleRouting,
    /// The idempotency key at this index of the events (`None`: the request's) was used with another body.
    /// Nothing of the append was written.
    Conflict(Option<usize>),
}

/// An accepted event, or the earlier one its idempotency key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventOutcome {
    /// The event.
    pub ordinal: Ordinal,
    /// How many deliveries it has.
    pub deliveries: u32,
    /// Whether it is a repetition: nothing was written.
    pub repeated: bool,
}

/// The outcome of an attempt, or another end of a pending delivery.
#[derive(Debug, Clone)]
pub struct Settle {
    /// Which.
    pub delivery: DeliveryKey,
    /// The attempt to append to its log.
    pub attempt: Option<Attempt>,
    /// What comes now.
    pub next: Next,
    /// It was handed to its lane with its append and never settled before: not in the due index, empty log.
    pub fresh: bool,
    /// The ordered key whose head it is, to release the next one when this one ends.
    pub key: Option<u64>,
}

/// What comes after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Taken by the endpoint. Wins over any other state the row has meanwhile.
    Delivered,
    /// Given up. A row that is held or cancelled meanwhile stays so.
    Failed,
    /// The endpoint is disabled.
    Held,
    /// Ended by a person.
    Cancelled,
    /// Due again. A row that is held or cancelled meanwhile stays so.
    Due {
        /// When.
        at: Millis,
        /// Attempts made in this run of the timetable.
        step: u32,
    },
}

/// What a settle did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The delivery's state after it; cancelled where its history has ended.
    pub state: DeliveryState,
    /// The next delivery of the ordered key, now head and in the due index.
    pub released: Option<Ordinal>,
}

/// A change of one delivery that is not the outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A fresh delivery waits too long in its lane: into the due index, so that the low-water mark can pass it.
    Index {
        /// Which.
        delivery: DeliveryKey,
        /// Due since.
        due: Millis,
    },
    /// A scheduled delivery of an ordered key fell due: it takes its place now.
    Enter {
        /// Which.
        delivery: DeliveryKey,
        /// Hash of its ordering key.
        key: u64,
        /// Its place in the order.
        place: Ordinal,
        /// When it is due if it is the head.
        due: Millis,
    },
    /// Resend or replay: pending again, the timetable anew, outside the order (DESIGN 4.4).
    Reopen {
        /// Which.
        delivery: DeliveryKey,
        /// When it is due.
        due: Millis,
        /// The replay that asks for it: once it is cancelled or at its end, nothing more is reopened for it.
        replay: Option<ReplayId>,
    },
    /// Cancel what is pending or held.
    Cancel {
        /// Which.
        delivery: DeliveryKey,
    },
}

impl Change {
    /// Of which delivery.
    pub fn delivery(&self) -> DeliveryKey {
        match self {
            Self::Index { delivery, .. }
            | Self::Enter { delivery, .. }
            | Self::Reopen { delivery, .. }
            | Self::Cancel { delivery } => *delivery,
        }
    }
}

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// Done. `released` is the next delivery of an ordered key, now head and in the due index.
    Done {
        /// See above.
        released: Option<Ordinal>,
    },
    /// [`Change::Enter`]: parked behind its key's head.
    Parked,
    /// The delivery is in a state that the change does not apply to.
    Refused(DeliveryState),
    /// [`Change::Reopen`]: its endpoint is disabled or deleted.
    EndpointDisabled,
    /// [`Change::Reopen`]: its replay does not run any more.
    ReplayOver,
    /// There is no such delivery (any more).
    Missing,
    /// The stored row is not what it must be; it was left as it is. A settle would mend it.
    Unreadable,
}

/// The health of an endpoint, written when a streak changes and at most once a second else (DESIGN 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthWrite {
    /// Which.
    pub endpoint: EndpointKey,
    /// Failures since the last success.
    pub failure_count: u32,
    /// When the streak of failures began.
    pub failing_since: Option<Millis>,
    /// The last success.
    pub last_success_at: Option<Millis>,
    /// Start of the last attempt.
    pub last_attempt_at: Option<Millis>,
    /// Its response's status.
    pub last_status: Option<u16>,
    /// The rule says: disable it now. The store sets `enabled = false`, counts the tenant's routing version up and
    /// writes the audit entry; a disabled endpoint stays as it is.
    pub disable: Option<(DisabledReason, Millis)>,
}
