//! Settling with a look at what is stored.

use bytes::Bytes;
use postrider_model::delivery::{Attempt, DeliveryState};
use postrider_store::{Next, Settle, Settled};

use super::fresh::state_of;
use super::ledger::Ledger;
use super::order::{Item, Lines};
use super::settled;

/// Settles one delivery in the ledger; `erased` says that its event's content is gone.
pub(super) fn settle(
    ledger: &mut Ledger,
    lines: &mut Lines,
    index: usize,
    settle: &Settle,
    erased: bool,
) -> Settled {
    let key = settle.delivery;
    let Some(row) = ledger.rows.get_mut(&key) else {
        // There is nothing left to settle, and nothing to try again.
        return settled(DeliveryState::Cancelled);
    };
    if let Some(attempt) = &settle.attempt {
        if erased {
            row.add_attempt(key, &bare(attempt));
        } else {
            row.add_attempt(key, attempt);
        }
    }
    let next = state_of(settle.next);
    if row.state != DeliveryState::Pending && next != DeliveryState::Delivered {
        return settled(row.state);
    }
    if let Next::Due { at, step } = settle.next {
        row.postpone(at.0, step);
    } else if let Some((okey, place)) = row.end(next) {
        lines.ends((key.endpoint.0, okey), place, Item::Settle(index));
    }
    settled(next)
}

/// An attempt for an event that was erased while it was under way: what the endpoint said is not kept.
fn bare(attempt: &Attempt) -> Attempt {
    Attempt { excerpt: Bytes::new(), note: None, ..attempt.clone() }
}
