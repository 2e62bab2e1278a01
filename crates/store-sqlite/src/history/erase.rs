//! Erasing what an event said (DESIGN 7 "Erasure").

use postrider_model::id::Ordinal;
use postrider_store::Scope;
use postrider_store::attempt_log::AttemptLog;
use rusqlite::params;

use crate::fault::Res;
use crate::writer::Writer;

/// Erases data, changes, attributes and ordering key, and what endpoints answered. False outside the scope.
pub(super) fn event(w: &Writer, scope: Scope, event: Ordinal) -> Res<bool> {
    let conn = &w.conn;
    let world = scope.project.0 * 2 + scope.mode.bit();
    let erased = conn
        .prepare_cached(
            "UPDATE event SET data = NULL, changes = NULL, attributes = NULL, ordering_key = NULL
             WHERE id = ?1 AND world = ?2 AND (?3 IS NULL OR tenant = ?3)",
        )?
        .execute(params![event.0, world, scope.tenant.map(|tenant| tenant.0)])?;
    if erased == 0 {
        return Ok(false);
    }
    // Should the commit fail, an excerpt too few is kept.
    w.memory.borrow_mut().erased.add(event);
    let mut logs =
        conn.prepare_cached("SELECT endpoint, log FROM delivery WHERE event = ?1 AND log IS NOT NULL")?;
    let logs: Vec<(i64, Vec<u8>)> =
        logs.query_map([event.0], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let mut update =
        conn.prepare_cached("UPDATE delivery SET log = ?3 WHERE event = ?1 AND endpoint = ?2")?;
    for (endpoint, log) in logs {
        // What cannot be read may hold what must go.
        let bare = AttemptLog::without_excerpts(&log).unwrap_or_else(|error| {
            tracing::error!(table = "delivery", column = "log", event = event.0, endpoint, %error, "erased whole");
            Vec::new()
        });
        update.execute(params![event.0, endpoint, bare])?;
    }
    Ok(true)
}
