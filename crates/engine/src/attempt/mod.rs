//! An attempt: prepared, sent, ended; a chain of types, each made from the one before (DESIGN 2.3).

mod places;
mod prepare;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use postrider_courier::Report;
use postrider_model::time::Millis;

use crate::core::{Item, Items, Message};
use crate::plan::EndpointPlan;
use crate::shared::Shared;
pub(crate) use places::BodyPlaces;
use prepare::{Prepared, Unprepared};

/// What an attempt begins with.
pub(crate) struct Begin {
    pub plan: Arc<EndpointPlan>,
    /// Closed when the endpoint changes before the request is sent; `None` for test sends.
    pub gate: Option<Arc<AtomicBool>>,
    /// Whether it takes one of the places for slow endpoints.
    pub slow: bool,
    /// Which of the endpoint's URLs it goes to (`Lane::url_number`).
    pub url_number: u32,
    pub items: Items,
    /// Who waits for a test send.
    pub test: Option<
        tokio::sync::oneshot::Sender<(postrider_model::id::Ordinal, postrider_model::delivery::Attempt)>,
    >,
}

/// How an attempt ended, for the core.
pub(crate) struct Done {
    pub plan: Arc<EndpointPlan>,
    pub slow: bool,
    pub url_number: u32,
    pub items: Items,
    pub test: Option<
        tokio::sync::oneshot::Sender<(postrider_model::id::Ordinal, postrider_model::delivery::Attempt)>,
    >,
    pub ended: Ended,
    /// Items whose event the store no longer has.
    pub missing: Vec<Item>,
}

/// The ways an attempt ends.
pub(crate) enum Ended {
    /// No request was made: the endpoint changed, the store could not be read, or no event is left.
    NotBegun {
        /// Whether to wait before trying again.
        store_failed: bool,
    },
    /// A request was made (or refused by the guard).
    Sent(Sent),
}

/// A request and what came of it.
pub(crate) struct Sent {
    /// By the wall clock: it is shown and signed.
    pub started_at: Millis,
    pub report: Report,
}

impl Sent {
    /// When it ended, by the wall clock as it was at its start.
    pub(crate) fn ended_at(&self) -> Millis {
        self.started_at + self.report.latency
    }
}

/// Runs one attempt and tells the core.
pub(crate) async fn run(shared: Arc<Shared>, mut begin: Begin) {
    let mut missing = Vec::new();
    let ended = match prepare::prepare(&shared, &begin.plan, begin.slow, &mut begin.items, &mut missing).await
    {
        Ok(prepared) => send(&shared, &begin, prepared).await,
        Err(Unprepared::Nothing) => Ended::NotBegun { store_failed: false },
        Err(Unprepared::Store(error)) => {
            tracing::warn!(%error, "an event could not be read for its attempt; it stays in its lane");
            Ended::NotBegun { store_failed: true }
        }
        Err(Unprepared::BadUrl(report)) => Ended::Sent(Sent { started_at: shared.clock.now(), report }),
    };
    let Begin { plan, slow, url_number, items, test, .. } = begin;
    shared.tell(Message::Done(Box::new(Done { plan, slow, url_number, items, test, ended, missing })));
}

async fn send(shared: &Shared, begin: &Begin, prepared: Prepared) -> Ended {
    // The last moment: after a disable was answered no attempt begins (DESIGN 9), and none without a lease (DESIGN 6).
    let lease = &shared.cluster.lease;
    if begin.gate.as_ref().is_some_and(|gate| gate.load(Ordering::Acquire)) || !lease.holds() {
        return Ended::NotBegun { store_failed: false };
    }
    let sending = shared.transport.send(prepared.request);
    let report = if lease.can_end() {
        tokio::select! {
            biased;
            report = sending => report,
            () = lease.lost() => return Ended::NotBegun { store_failed: false },
        }
    } else {
        sending.await
    };
    drop(prepared.place);
    Ended::Sent(Sent { started_at: prepared.started_at, report })
}
