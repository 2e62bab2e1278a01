//! Minutes of projects become hours after eight days, and go after ninety: one world after the other, once a day.

use std::time::Duration;

use postrider_model::time::Millis;
use postrider_store::{Steps, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

use crate::catalogue::project_stats::unpacked;
use crate::fault::Res;
use crate::store::SqliteStore;
use crate::writer::mark;

const EVERY: Duration = Duration::from_secs(24 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const MINUTE_MS: i64 = 60_000;
const HOUR: i64 = 60;

/// Minutes, since the epoch, before which something is done.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Hours are kept from here on.
    kept: i64,
    /// And single minutes from here on.
    fine: i64,
}

impl Bounds {
    fn at(now: Millis) -> Self {
        let hour = |at: Millis| at.0.div_euclid(HOUR * MINUTE_MS) * HOUR;
        Self { kept: hour(now - 90 * DAY), fine: hour(now - 8 * DAY) }
    }
}

/// Does the next bit.
pub(super) async fn step(
    store: &SqliteStore,
    done_at: &mut Millis,
    now: Millis,
    rows: usize,
) -> Result<bool, StoreError> {
    if *done_at != Millis::default() && now.since(*done_at) < EVERY && now >= *done_at {
        return Ok(false);
    }
    let more = store.lazily(move |w| work(&w.conn, Bounds::at(now), rows)).await?;
    if !more {
        *done_at = now;
    }
    Ok(more)
}

fn work(conn: &Connection, bounds: Bounds, rows: usize) -> Res<bool> {
    let after = mark::get(conn, mark::HOURS)?;
    let world: Option<i64> = conn
        .prepare_cached("SELECT world FROM project_stat WHERE world > ?1 ORDER BY world LIMIT 1")?
        .query_row([after], |row| row.get(0))
        .optional()?;
    let Some(world) = world else {
        mark::set(conn, mark::HOURS, 0)?;
        return Ok(false);
    };
    let gone = conn
        .prepare_cached(
            "DELETE FROM project_stat WHERE world = ?1 AND (minute, node) IN
             (SELECT minute, node FROM project_stat WHERE world = ?1 AND minute < ?2 ORDER BY minute LIMIT ?3)",
        )?
        .execute(params![world, bounds.kept, rows as i64])?;
    if gone < rows && !merge(conn, world, bounds.fine, rows)? {
        mark::set(conn, mark::HOURS, world)?;
    }
    Ok(true)
}

/// Makes hours of the world's next minutes; `false` where there are none.
fn merge(conn: &Connection, world: i64, fine: i64, rows: usize) -> Res<bool> {
    let first: Option<i64> = conn
        .prepare_cached(
            "SELECT minute FROM project_stat WHERE world = ?1 AND minute < ?2 AND (minute % 60 <> 0 OR node <> 0)
             ORDER BY minute LIMIT 1",
        )?
        .query_row(params![world, fine], |row| row.get(0))
        .optional()?;
    let Some(first) = first.map(|minute| minute.div_euclid(HOUR) * HOUR) else { return Ok(false) };
    let mut steps = Steps::new(Millis(first * MINUTE_MS), Millis(fine * MINUTE_MS), HOUR as u32);
    let mut read = conn.prepare_cached(
        "SELECT minute, node, counts FROM project_stat WHERE world = ?1 AND minute >= ?2 AND minute < ?3
         ORDER BY minute, node LIMIT ?4",
    )?;
    let mut found = read.query(params![world, first, fine, rows as i64])?;
    let mut last = (first, 0);
    while let Some(row) = found.next()? {
        last = (row.get(0)?, row.get::<_, i64>(1)?);
        let counts = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        steps.push(unpacked(world, last.0, counts)?);
    }
    conn.prepare_cached(
        "DELETE FROM project_stat WHERE world = ?1 AND minute >= ?2 AND (minute, node) <= (?3, ?4)",
    )?
    .execute(params![world, first, last.0, last.1])?;
    let mut write =
        conn.prepare_cached("INSERT INTO project_stat (world, minute, node, counts) VALUES (?1, ?2, 0, ?3)")?;
    for hour in steps.finish() {
        write.execute(params![world, hour.minute, hour.pack()])?;
    }
    Ok(true)
}
