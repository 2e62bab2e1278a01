//! What reaches the core.

use std::sync::Arc;

use postrider_model::delivery::{Attempt, DeliveryKey};
use postrider_model::id::{EndpointKey, Ordinal, ProjectKey};
use postrider_model::slot::{NodeNumber, SlotSet};
use postrider_model::time::Millis;
use postrider_store::{
    Change, ChangeOutcome, DueDelivery, DuePage, EventOutcome, IdempotencyMark, StoreError, WaitingFanout,
};
use tokio::sync::oneshot;

use super::fanout::FanoutsRead;
use crate::accept::Draft;
use crate::attempt::Done;
use crate::core::body::Reservation;
use crate::plan::EndpointPlan;

/// A message to the core.
pub(crate) enum Message {
    /// Events to commit.
    Append(AppendRequest),
    /// An attempt ended.
    Done(Box<Done>),
    /// A lane's loader read the store.
    Loaded(Loaded),
    /// A plan that a lane waited for; `None` where the endpoint is gone.
    Planned(EndpointKey, Option<Arc<EndpointPlan>>),
    /// Match sets were read.
    FanoutsRead(FanoutsRead),
    /// An endpoint was changed, disabled or deleted (`None`); answered when nothing begins by its old state any more.
    Changed(EndpointKey, Option<Arc<EndpointPlan>>, oneshot::Sender<()>),
    /// An endpoint was changed, but could not be read: its lane begins nothing until it is.
    Rest(EndpointKey, oneshot::Sender<()>),
    /// A project's settings or contract changed: its lanes' plans are read anew; answered like the one above.
    ProjectChanged(ProjectKey, oneshot::Sender<()>),
    /// A change of one delivery.
    Change(Change, oneshot::Sender<Result<ChangeOutcome, StoreError>>),
    /// A sweep of a disabled or deleted endpoint ended.
    Swept {
        /// Whose deliveries.
        endpoint: EndpointKey,
        /// An ordered key went on with a delivery that the sweep left alone.
        released: bool,
    },
    /// Answered when no sweep of the endpoint goes on.
    WhenSwept(EndpointKey, oneshot::Sender<()>),
    /// The store's standing work ended the head of an ordered key, and the key went on.
    Released(EndpointKey),
    /// An event was erased: what memory has of its content goes; answered when it is gone.
    Erased(Ordinal, oneshot::Sender<()>),
    /// Slots are this node's from now on; what waits in them.
    Gained(SlotSet, Vec<(EndpointKey, Millis)>),
    /// These slots are being claimed, and what waits in them is read after the reply: what this node's own commits write
    /// for them from now on may not be among it.
    Claiming(SlotSet, oneshot::Sender<()>),
    /// What waits in this node's slots, of which some may be overdue.
    Overdue(Vec<(EndpointKey, Millis)>),
    /// Slots fall to others.
    GiveUp(SlotSet),
    /// The lease was renewed after it had lapsed.
    LeaseRenewed,
    /// Others took over what this node had; answered when nothing of it is in memory any more.
    Fenced(oneshot::Sender<()>),
    /// The node joined again: no id was made above the ordinal; its number.
    Rejoined(Ordinal, NodeNumber, oneshot::Sender<()>),
    /// Fan-outs of a node that died are this one's.
    FanoutsInherited(Vec<WaitingFanout>),
    /// News are read from now on; answered when the core is ready for them.
    Listen(oneshot::Sender<()>),
    /// Deliveries that other nodes put into the due index.
    News(Vec<(EndpointKey, DueDelivery)>),
    /// Another node cancelled a delivery.
    CancelledElsewhere(DeliveryKey),
    /// What other nodes changed is not known: all plans are read anew.
    EverythingChanged,
    /// Begin no more attempts but those that a request waits for.
    WindDown,
    /// Accept no more, finish what is in flight, settle, and end.
    Stop(oneshot::Sender<()>),
}

/// Events to commit together.
pub(crate) struct AppendRequest {
    /// The events, matched.
    pub drafts: Vec<Draft>,
    /// The whole request's idempotency mark.
    pub mark: Option<IdempotencyMark>,
    /// When it arrived at the committer.
    pub arrived: Millis,
    /// Bytes it adds to the commit queue.
    pub bytes: usize,
    /// Who waits.
    pub reply: oneshot::Sender<AppendReply>,
    /// A test send: who waits for its one attempt.
    pub test: Option<oneshot::Sender<(Ordinal, Attempt)>>,
}

impl AppendRequest {
    /// Deliveries of all its events.
    pub(crate) fn deliveries(&self) -> usize {
        let of = |draft: &Draft| draft.matches.len() + draft.after.endpoints.len() as usize;
        self.drafts.iter().map(of).sum()
    }

    /// Those of them that have a place in an order and are to be written with their events.
    pub(crate) fn ordered(&self) -> usize {
        let ordered = |draft: &Draft| draft.matches.iter().filter(|one| one.order.is_some()).count();
        self.drafts.iter().map(ordered).sum()
    }

    /// Bytes of its match sets.
    pub(crate) fn match_set_bytes(&self) -> usize {
        self.drafts.iter().map(|draft| draft.after.endpoints.bytes()).sum()
    }
}

/// The committer's answer.
pub(crate) enum AppendReply {
    /// On disk.
    Appended(Vec<EventOutcome>),
    /// The routing changed: match the drafts again.
    Stale(Vec<Draft>, Option<oneshot::Sender<(Ordinal, Attempt)>>),
    /// A key was used with another body.
    Conflict(Option<usize>),
    /// Not written.
    Failed(StoreError),
}

/// What a loader read.
pub(crate) struct Loaded {
    /// For this endpoint.
    pub endpoint: EndpointKey,
    /// The last commit that had ended when the reading began.
    pub read_after: u64,
    /// The rows.
    pub page: Result<DuePage, StoreError>,
    /// What was kept free for their bodies.
    pub room: Reservation,
}
