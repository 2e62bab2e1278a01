//! Named numbers that say how far something has come.

use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::Res;

/// No delivery of an event before it is in a lane without being in the due index.
pub(crate) const LOW_WATER: &str = "low_water";
/// The highest id that is known to have been made.
pub(crate) const HIGHEST: &str = "highest";
/// List runs cover the events up to it.
pub(crate) const LISTED: &str = "listed";
/// Idempotency keys of the events up to it are in their table.
pub(crate) const REMEMBERED: &str = "remembered";
/// Idempotency keys of the events before it are out of their table again.
pub(crate) const FORGOTTEN: &str = "forgotten";
/// Statistics of the endpoints up to it were thinned out in this round.
pub(crate) const THINNED: &str = "thinned";
/// Minutes of the worlds up to it became hours in this round.
pub(crate) const HOURS: &str = "hours";

/// A mark; 0 where it was never set.
pub(crate) fn get(conn: &Connection, name: &str) -> Res<i64> {
    let mut statement = conn.prepare_cached("SELECT value FROM mark WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Sets a mark.
pub(crate) fn set(conn: &Connection, name: &str, value: i64) -> Res<()> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO mark (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?;
    statement.execute(params![name, value])?;
    Ok(())
}
