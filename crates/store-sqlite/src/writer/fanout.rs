//! Match sets too large for one append.

use postrider_model::id::Ordinal;
use postrider_store::{Fanout, FanoutChunk};
use rusqlite::{Connection, params};

use super::hot::Hot;
use super::{Writer, delivery};
use crate::fault::Res;

/// Keeps a match set with its event.
pub(crate) fn insert(conn: &Connection, event: Ordinal, fanout: &Fanout) -> Res<()> {
    conn.prepare_cached(
        "INSERT INTO fanout (event, endpoints, done, total, ordered) VALUES (?1, ?2, 0, ?3, ?4)",
    )?
    .execute(params![event.0, fanout.endpoints.encode(), fanout.endpoints.len(), fanout.ordered])?;
    Ok(())
}

/// Writes the next deliveries of a match set. A set that is gone (its event was erased) gets none.
pub(crate) fn write(w: &Writer, hot: &mut Hot<'_>, chunk: &FanoutChunk) -> Res<()> {
    let known = if chunk.last {
        w.conn.prepare_cached("DELETE FROM fanout WHERE event = ?1")?.execute([chunk.event.0])?
    } else {
        w.conn
            .prepare_cached("UPDATE fanout SET done = ?2 WHERE event = ?1")?
            .execute(params![chunk.event.0, chunk.done])?
    };
    if known > 0 {
        for new in &chunk.deliveries {
            delivery::insert(w, hot, chunk.event, new)?;
        }
    }
    Ok(())
}
