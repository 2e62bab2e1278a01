//! What a list asks of its rows, in the terms of the rows: one that is not wanted costs a look at it, and is not read
//! whole with everything that belongs to it.

use postrider_model::delivery::DeliveryState;
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_store::Scope;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::fault::Res;

/// Types and states.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Rows of `type_name`; `None` for all.
    kinds: Option<Vec<i64>>,
    /// Codes of states; `None` for all.
    states: Option<Vec<i64>>,
}

impl Wanted {
    /// Of a query.
    pub(super) fn read(
        conn: &Connection,
        scope: Scope,
        types: &[String],
        states: &[DeliveryState],
    ) -> Res<Self> {
        let mut named = conn.prepare_cached("SELECT key FROM type_name WHERE project = ?1 AND name = ?2")?;
        let mut kinds = Vec::with_capacity(types.len());
        for name in types {
            let kind: Option<i64> =
                named.query_row(params![scope.project.0, name], |row| row.get(0)).optional()?;
            kinds.extend(kind);
        }
        let mut codes: Vec<_> = states.iter().map(|state| state.code()).collect();
        if states.contains(&DeliveryState::Held) {
            // A pending delivery of a disabled endpoint is shown as held.
            codes.push(DeliveryState::Pending.code());
        }
        Ok(Self {
            kinds: (!types.is_empty()).then_some(kinds),
            states: (!states.is_empty()).then_some(codes),
        })
    }

    /// Whether no row can be wanted: no event ever had one of the types.
    pub(super) fn nothing(&self) -> bool {
        self.kinds.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether an event's type is wanted.
    pub(super) fn event(&self, conn: &Connection, event: Ordinal) -> Res<bool> {
        let Some(kinds) = &self.kinds else { return Ok(true) };
        let mut kind = conn.prepare_cached("SELECT kind FROM event WHERE id = ?1")?;
        let kind: Option<i64> = kind.query_row([event.0], |row| row.get(0)).optional()?;
        Ok(kind.is_some_and(|kind| kinds.contains(&kind)))
    }

    /// Whether a delivery may be wanted.
    pub(super) fn delivery(&self, conn: &Connection, event: Ordinal, endpoint: EndpointKey) -> Res<bool> {
        if self.states.is_some() {
            let mut state =
                conn.prepare_cached("SELECT state FROM delivery WHERE event = ?1 AND endpoint = ?2")?;
            let state: Option<i64> = state.query_row([event.0, endpoint.0], |row| row.get(0)).optional()?;
            if !state.is_some_and(|code| self.state(code)) {
                return Ok(false);
            }
        }
        self.event(conn, event)
    }

    /// Whether a delivery in the state of that code may be wanted; what it is shown as decides.
    pub(super) fn state(&self, code: i64) -> bool {
        self.states.as_ref().is_none_or(|codes| codes.contains(&code))
    }
}
