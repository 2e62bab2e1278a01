//! Statistics older than ninety days go, one endpoint after the other, once a day.

use std::time::Duration;

use postrider_model::time::Millis;
use postrider_store::StoreError;
use rusqlite::{OptionalExtension, params};

use crate::store::SqliteStore;
use crate::writer::mark;

const EVERY: Duration = Duration::from_secs(24 * 3600);
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// Thins the next endpoint's minutes out.
pub(super) async fn step(
    store: &SqliteStore,
    done_at: &mut Millis,
    now: Millis,
    rows: usize,
) -> Result<bool, StoreError> {
    if *done_at != Millis::default() && now.since(*done_at) < EVERY && now >= *done_at {
        return Ok(false);
    }
    let minute = (now - KEPT).0 / 60_000;
    let more = store
        .lazily(move |w| {
            let after = mark::get(&w.conn, mark::THINNED)?;
            let mut next = w
                .conn
                .prepare_cached("SELECT endpoint FROM stat WHERE endpoint > ?1 ORDER BY endpoint LIMIT 1")?;
            let next: Option<i64> = next.query_row([after], |row| row.get(0)).optional()?;
            let Some(endpoint) = next else {
                mark::set(&w.conn, mark::THINNED, 0)?;
                return Ok(false);
            };
            let deleted = w
                .conn
                .prepare_cached(
                    "DELETE FROM stat WHERE endpoint = ?1 AND minute IN
                     (SELECT minute FROM stat WHERE endpoint = ?1 AND minute < ?2 ORDER BY minute LIMIT ?3)",
                )?
                .execute(params![endpoint, minute, rows as i64])?;
            if deleted < rows {
                mark::set(&w.conn, mark::THINNED, endpoint)?;
            }
            Ok(true)
        })
        .await?;
    if !more {
        *done_at = now;
    }
    Ok(more)
}
