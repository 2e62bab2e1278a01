//! The statements of the accepting and settling path, prepared once per commit.

use rusqlite::{CachedStatement, Connection};

use crate::fault::Res;

/// See the module.
pub(crate) struct Hot<'c> {
    pub(crate) insert_event: CachedStatement<'c>,
    pub(crate) insert_lane: CachedStatement<'c>,
    pub(crate) settle_fresh: CachedStatement<'c>,
}

impl<'c> Hot<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Res<Self> {
        Ok(Self {
            insert_event: conn.prepare_cached(
                "INSERT INTO event (id, world, tenant, kind, flags, retention_days, deliveries, timestamp, deliver_at,
                 idem, ordering_key, attributes, changes, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?,
            insert_lane: conn
                .prepare_cached("INSERT INTO delivery (event, endpoint, state, step) VALUES (?1, ?2, 0, 0)")?,
            // Only a delivery in its lane has neither a due time nor an ordered key.
            settle_fresh: conn.prepare_cached(
                "UPDATE delivery SET state = ?3, due = ?4, step = ?5, log = ?6
                 WHERE event = ?1 AND endpoint = ?2 AND state = 0 AND due IS NULL AND okey IS NULL",
            )?,
        })
    }
}
