//! What is sealed of endpoints, row by row.

use postrider_model::id::EndpointKey;
use postrider_store::{Endpoint, Reseal};
use rusqlite::{Connection, params};

use super::audit;
use super::endpoint_row::select;
use crate::fault::Res;

pub(super) fn after(conn: &Connection, after: EndpointKey, limit: usize) -> Res<Vec<Endpoint>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    select(conn, "WHERE e.key > ?1 ORDER BY e.key LIMIT ?2", params![after.0, limit])
}

pub(super) fn write(conn: &Connection, batch: &[Reseal]) -> Res<usize> {
    let mut update = conn.prepare_cached("UPDATE endpoint SET sealed = ?3 WHERE key = ?1 AND sealed = ?2")?;
    let mut written = 0;
    for one in batch {
        if update.execute(params![one.endpoint.0, &one.before[..], &one.sealed[..]])? == 0 {
            continue;
        }
        written += 1;
        if let Some(entry) = &one.audit {
            audit::insert(conn, entry)?;
        }
    }
    Ok(written)
}
