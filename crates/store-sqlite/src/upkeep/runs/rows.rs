//! The tables of the runs.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::Res;

/// Where there was nothing to do, it is asked again after this.
pub(super) const ASK_EVERY: Duration = Duration::from_secs(1);

/// A row of a run: its owner (an endpoint, or a tenant and mode) and the event.
pub(super) type Row = (i64, i64);

/// One of the two sorted lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// Deliveries by endpoint.
    Deliveries,
    /// Events by tenant and mode.
    Events,
}

impl List {
    pub(super) const ALL: [Self; 2] = [Self::Deliveries, Self::Events];

    fn table(self) -> &'static str {
        match self {
            Self::Deliveries => "run_delivery",
            Self::Events => "run_event",
        }
    }

    fn owner(self) -> &'static str {
        match self {
            Self::Deliveries => "endpoint",
            Self::Events => "owner",
        }
    }

    /// The rows of a run after (owner, event), in order.
    pub(super) fn rows_after(self) -> String {
        let (table, owner) = (self.table(), self.owner());
        format!(
            "SELECT {owner}, event FROM {table} WHERE run = ?1 AND ({owner}, event) > (?2, ?3)
             ORDER BY {owner}, event"
        )
    }

    /// Writes rows of a run. Those that are there already stay.
    pub(super) fn insert(self, conn: &Connection, run: i64, rows: &[Row]) -> Res<()> {
        let (table, owner) = (self.table(), self.owner());
        let mut statement = conn.prepare_cached(&format!(
            "INSERT OR IGNORE INTO {table} (run, {owner}, event) VALUES (?1, ?2, ?3)"
        ))?;
        for (owner, event) in rows {
            statement.execute([run, *owner, *event])?;
        }
        Ok(())
    }

    /// Deletes about `limit` rows of a run; true when none is left.
    fn delete(self, conn: &Connection, run: i64, limit: usize) -> Res<bool> {
        let (table, owner) = (self.table(), self.owner());
        let mut last = conn.prepare_cached(&format!(
            "SELECT {owner}, event FROM {table} WHERE run = ?1 ORDER BY {owner}, event LIMIT 1 OFFSET ?2"
        ))?;
        let last: Option<Row> =
            last.query_row(params![run, limit as i64], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (until, event) = last.unwrap_or((i64::MAX, i64::MAX));
        conn.prepare_cached(&format!("DELETE FROM {table} WHERE run = ?1 AND ({owner}, event) <= (?2, ?3)"))?
            .execute([run, until, event])?;
        Ok(last.is_none())
    }
}

/// A run that lists may read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    pub(super) run: i64,
    /// It covers the events from this one on.
    pub(super) first: i64,
    /// To this one.
    pub(super) last: i64,
    /// How often its rows were merged.
    pub(super) level: i64,
}

/// Takes the number of a run that is going to be written.
pub(super) fn begin(conn: &Connection) -> Res<i64> {
    let number: i64 = conn.query_row(
        "SELECT 1 + max(coalesce((SELECT max(run) FROM list_run), 0), coalesce((SELECT max(run) FROM loose_run), 0))",
        [],
        |row| row.get(0),
    )?;
    loosen(conn, number)?;
    Ok(number)
}

/// Makes a run visible that is written, in the place of those that it was merged from.
pub(super) fn publish(conn: &Connection, new: &Listed, merged: &[i64]) -> Res<()> {
    for run in merged {
        unlist(conn, *run)?;
    }
    conn.prepare_cached("DELETE FROM loose_run WHERE run = ?1")?.execute([new.run])?;
    conn.prepare_cached("INSERT INTO list_run (run, first, last, level) VALUES (?1, ?2, ?3, ?4)")?
        .execute([new.run, new.first, new.last, new.level])?;
    Ok(())
}

fn unlist(conn: &Connection, run: i64) -> Res<()> {
    conn.prepare_cached("DELETE FROM list_run WHERE run = ?1")?.execute([run])?;
    loosen(conn, run)
}

fn loosen(conn: &Connection, run: i64) -> Res<()> {
    conn.prepare_cached("INSERT OR IGNORE INTO loose_run (run) VALUES (?1)")?.execute([run])?;
    Ok(())
}

/// The oldest event there is.
pub(super) fn oldest(conn: &Connection) -> Res<i64> {
    let oldest: Option<i64> = conn.query_row("SELECT min(id) FROM event", [], |row| row.get(0))?;
    Ok(oldest.unwrap_or(i64::MAX))
}

/// A run whose rows may go: a loose one that nobody writes, or one whose events have all been ended by retention and
/// that is not being merged.
pub(super) fn unread(conn: &Connection, written: [Option<i64>; 2], merged: &[i64]) -> Res<Option<i64>> {
    let mut loose = conn.prepare_cached(
        "SELECT run FROM loose_run WHERE run IS NOT ?1 AND run IS NOT ?2 ORDER BY run LIMIT 1",
    )?;
    let loose = loose.query_row(params![written[0], written[1]], |row| row.get(0)).optional()?;
    if loose.is_some() {
        return Ok(loose);
    }
    let mut ended = conn.prepare_cached("SELECT run FROM list_run WHERE last < ?1 ORDER BY last")?;
    let mut ended = ended.query([oldest(conn)?])?;
    while let Some(row) = ended.next()? {
        let run = row.get(0)?;
        if !merged.contains(&run) {
            return Ok(Some(run));
        }
    }
    Ok(None)
}

/// Removes about `limit` rows of each list of a run, and the run with its last ones.
pub(super) fn remove(conn: &Connection, run: i64, limit: usize) -> Res<()> {
    unlist(conn, run)?;
    let mut gone = true;
    for list in List::ALL {
        gone &= list.delete(conn, run, limit)?;
    }
    if gone {
        conn.prepare_cached("DELETE FROM loose_run WHERE run = ?1")?.execute([run])?;
    }
    Ok(())
}
