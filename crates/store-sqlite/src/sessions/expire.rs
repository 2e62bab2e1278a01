//! What has expired goes, a few rows at a time.

use postrider_model::time::Millis;
use postrider_store::LINK_REMEMBERED;
use rusqlite::{Connection, params};

use crate::fault::Res;

/// Removes some of it; whether there was any.
pub(crate) fn step(conn: &Connection, now: Millis, rows: usize) -> Res<bool> {
    let mut removed = 0;
    for (sql, until) in [
        (
            "DELETE FROM session WHERE hash IN
             (SELECT hash FROM session WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
            now,
        ),
        (
            "DELETE FROM form WHERE (session, hash) IN
             (SELECT session, hash FROM form WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
            now,
        ),
        (
            "DELETE FROM portal_link WHERE hash IN
             (SELECT hash FROM portal_link WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
            now - LINK_REMEMBERED,
        ),
    ] {
        removed += conn.prepare_cached(sql)?.execute(params![until.0, rows as i64])?;
    }
    Ok(removed > 0)
}
