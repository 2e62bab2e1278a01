//! A delivery as lists show it.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::{EndpointId, EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::attempt_log::AttemptLog;
use postrider_store::{DeliverySummary, EventFlags, Scope};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::fault::Res;
use crate::row::{time, uuid};
use crate::writer::delivery::{broken_log, state_of};

/// A delivery's row with what belongs to it; its log still packed.
pub(super) struct Found {
    pub(super) summary: DeliverySummary,
    pub(super) log: Vec<u8>,
}

/// Reads one delivery; `None` outside the scope.
pub(super) fn read(
    conn: &Connection,
    scope: Scope,
    event: Ordinal,
    endpoint: EndpointKey,
) -> Res<Option<Found>> {
    let mut statement = conn.prepare_cached(
        "SELECT d.state, d.due, d.log, p.id, p.enabled, t.id, k.name, e.flags
         FROM delivery d CROSS JOIN event e ON e.id = d.event CROSS JOIN endpoint p ON p.key = d.endpoint
         CROSS JOIN tenant t ON t.key = e.tenant CROSS JOIN type_name k ON k.key = e.kind
         WHERE d.event = ?1 AND d.endpoint = ?2 AND e.world = ?3 AND (?4 IS NULL OR e.tenant = ?4)",
    )?;
    let world = scope.project.0 * 2 + scope.mode.bit();
    let found = statement
        .query_row(params![event.0, endpoint.0, world, scope.tenant.map(|tenant| tenant.0)], Raw::read)
        .optional()?;
    found.map(|raw| raw.finish(DeliveryKey { event, endpoint })).transpose()
}

struct Raw {
    state: i64,
    due: Option<Millis>,
    log: Vec<u8>,
    endpoint_id: EndpointId,
    enabled: bool,
    tenant: String,
    kind: String,
    flags: EventFlags,
}

impl Raw {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            state: row.get(0)?,
            due: time(row, 1)?,
            log: row.get::<_, Option<Vec<u8>>>(2)?.unwrap_or_default(),
            endpoint_id: EndpointId(uuid(row, 3)?),
            enabled: row.get(4)?,
            tenant: row.get(5)?,
            kind: row.get(6)?,
            flags: EventFlags::from_code(row.get(7)?),
        })
    }

    fn finish(self, key: DeliveryKey) -> Res<Found> {
        let state = match state_of(key, self.state)? {
            // The sweep that holds them follows behind the disabling.
            DeliveryState::Pending if !self.enabled && !self.flags.test => DeliveryState::Held,
            state => state,
        };
        let broken = broken_log(key);
        let summary = DeliverySummary {
            event: key.event,
            endpoint: key.endpoint,
            endpoint_id: self.endpoint_id,
            tenant: self.tenant,
            kind: self.kind,
            accepted_at: key.event.time(),
            state,
            attempts: AttemptLog::count(&self.log).map_err(&broken)?,
            last_attempt: AttemptLog::last(&self.log).map_err(&broken)?,
            next_attempt_at: self.due.filter(|_| state == DeliveryState::Pending),
            test: self.flags.test,
        };
        Ok(Found { summary, log: self.log })
    }
}
