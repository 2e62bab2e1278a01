//! Changes of single deliveries that are not outcomes of attempts.

use postrider_model::delivery::DeliveryState;
use postrider_model::time::Millis;
use postrider_store::{Change, ChangeOutcome, Signal};

use super::first::Found;
use super::ledger::{Ledger, Row};
use super::order::{Item, Lines};

const DONE: ChangeOutcome = ChangeOutcome::Done { released: None };

/// Makes one change in the ledger.
pub(super) fn change(
    found: &mut Found,
    ledger: &mut Ledger,
    lines: &mut Lines,
    signals: &mut Vec<Signal>,
    index: usize,
    change: &Change,
) -> ChangeOutcome {
    let key = change.delivery();
    let Some(row) = ledger.rows.get_mut(&key) else { return ChangeOutcome::Missing };
    if !row.sound {
        return ChangeOutcome::Unreadable;
    }
    match *change {
        Change::Index { due, .. } => self::index(row, due),
        Change::Enter { key: okey, due, .. } => {
            let okey = okey.cast_signed();
            if row.state != DeliveryState::Pending {
                return ChangeOutcome::Refused(row.state);
            }
            let place = enter(row, okey, due, found);
            lines.enters((key.endpoint.0, okey), place, key.event, Some(index));
            DONE
        }
        Change::Reopen { replay: Some(replay), .. } if !found.running.contains(&replay.0) => {
            ChangeOutcome::ReplayOver
        }
        Change::Reopen { due, .. } => reopen(row, due, found.taking.contains(&key.endpoint.0)),
        Change::Cancel { .. } => {
            if !matches!(row.state, DeliveryState::Pending | DeliveryState::Held) {
                return ChangeOutcome::Refused(row.state);
            }
            if row.state == DeliveryState::Pending {
                signals.push(Signal::Cancelled(key));
            }
            if let Some((okey, place)) = row.end(DeliveryState::Cancelled) {
                lines.ends((key.endpoint.0, okey), place, Item::Change(index));
            }
            DONE
        }
    }
}

fn index(row: &mut Row, due: Millis) -> ChangeOutcome {
    if row.state != DeliveryState::Pending {
        return ChangeOutcome::Refused(row.state);
    }
    if row.lane {
        row.postpone(due.0, row.step);
    }
    DONE
}

/// Takes its place in the order, unless it has one.
fn enter(row: &mut Row, okey: i64, due: Millis, found: &mut Found) -> i64 {
    if let (Some(_), Some(place)) = (row.okey, row.place) {
        return place;
    }
    let place = found.next_place();
    (row.okey, row.place, row.enters, row.scheduled) = (Some(okey), Some(place), true, false);
    row.postpone(due.0, row.step);
    place
}

fn reopen(row: &mut Row, due: Millis, takes: bool) -> ChangeOutcome {
    if row.state == DeliveryState::Pending {
        return ChangeOutcome::Refused(row.state);
    }
    // Decided here and not by the caller: a disable in between would leave it pending, where no sweep looks again.
    if !takes {
        return ChangeOutcome::EndpointDisabled;
    }
    (row.state, row.okey, row.place) = (DeliveryState::Pending, None, None);
    row.postpone(due.0, 0);
    DONE
}
