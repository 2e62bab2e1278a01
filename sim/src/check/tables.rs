//! The store's tables looked at directly, while nothing runs: rows that must agree, and rows that must be gone.

use std::collections::BTreeMap;

use postrider_model::delivery::DeliveryState;
use rusqlite::Connection;

use super::commit::number;
use crate::ledger::Number;

/// The version of the schema that is looked at.
pub(crate) const VERSION: u32 = 5;

/// A contradiction that no state of a running system may contain, as a query that must find nothing.
const CONTRADICTIONS: &[(&str, &str)] = &[
    (
        "a due entry belongs to a pending delivery with that due time",
        "SELECT u.event, u.endpoint FROM due u LEFT JOIN delivery d ON d.event = u.event AND d.endpoint = u.endpoint
         WHERE d.event IS NULL OR d.state <> 0 OR d.due IS NULL OR d.due <> u.due",
    ),
    (
        "a pending delivery with a due time is in the due index",
        "SELECT d.event, d.endpoint FROM delivery d LEFT JOIN due u
         ON u.event = d.event AND u.endpoint = d.endpoint AND u.due = d.due
         WHERE d.state = 0 AND d.due IS NOT NULL AND u.event IS NULL",
    ),
    (
        "a parked entry belongs to a pending delivery without a due time",
        "SELECT p.event, p.endpoint FROM parked p LEFT JOIN delivery d ON d.event = p.event AND d.endpoint = p.endpoint
         WHERE d.event IS NULL OR d.state <> 0 OR d.due IS NOT NULL OR d.okey IS NULL",
    ),
    (
        "a parked delivery stands in its line",
        "SELECT d.event, d.endpoint FROM delivery d LEFT JOIN parked p ON p.event = d.event AND p.endpoint = d.endpoint
         WHERE d.state = 0 AND d.due IS NULL AND d.okey IS NOT NULL AND p.event IS NULL",
    ),
    (
        "a line has a head that is due",
        "SELECT p.event, p.endpoint FROM parked p LEFT JOIN ordered_head h ON h.endpoint = p.endpoint AND h.okey = p.okey
         WHERE h.event IS NULL",
    ),
    (
        "a head is pending and due",
        "SELECT h.event, h.endpoint FROM ordered_head h LEFT JOIN delivery d ON d.event = h.event AND d.endpoint = h.endpoint
         WHERE d.event IS NULL OR d.state <> 0 OR d.due IS NULL",
    ),
    (
        "a delivery in a lane lies at or above the low-water mark",
        "SELECT event, endpoint FROM delivery WHERE state = 0 AND due IS NULL AND okey IS NULL
         AND event < coalesce((SELECT value FROM mark WHERE name = 'low_water'), 0)",
    ),
    (
        "failed and held deliveries are listed as problems",
        "SELECT d.event, d.endpoint FROM delivery d LEFT JOIN problem p ON p.event = d.event AND p.endpoint = d.endpoint
         WHERE (d.state IN (2, 3)) <> (p.event IS NOT NULL AND p.state = d.state)",
    ),
    (
        "a delivery up to the mark is in the run of lists that covers it, and in no other",
        "SELECT d.event, d.endpoint FROM delivery d WHERE d.event <= (SELECT value FROM mark WHERE name = 'listed')
         AND (SELECT count(*) FROM list_run l CROSS JOIN run_delivery r ON r.run = l.run AND r.endpoint = d.endpoint
         AND r.event = d.event WHERE d.event BETWEEN l.first AND l.last) <> 1",
    ),
    (
        "an event up to the mark is in the run of lists that covers it, and in no other",
        "SELECT e.id, e.tenant FROM event e WHERE e.id <= (SELECT value FROM mark WHERE name = 'listed')
         AND (SELECT count(*) FROM list_run l CROSS JOIN run_event r ON r.run = l.run
         AND r.owner = e.tenant * 2 + (e.world & 1) AND r.event = e.id WHERE e.id BETWEEN l.first AND l.last) <> 1",
    ),
    (
        "runs of lists cover different events",
        "SELECT a.run, b.run FROM list_run a JOIN list_run b ON a.run < b.run
         WHERE a.first <= b.last AND b.first <= a.last",
    ),
    (
        "rows of a run are listed or will be removed",
        "SELECT run, 0 FROM (SELECT DISTINCT run FROM run_delivery UNION SELECT DISTINCT run FROM run_event)
         WHERE run NOT IN (SELECT run FROM list_run) AND run NOT IN (SELECT run FROM loose_run)",
    ),
    ("a delivery belongs to an event", "SELECT d.event, d.endpoint FROM delivery d LEFT JOIN event e ON e.id = d.event WHERE e.id IS NULL"),
];

/// What must be empty once everything has ended.
const LEFTOVERS: &[(&str, &str)] = &[
    ("the due index", "SELECT event, endpoint FROM due"),
    ("the lines behind heads", "SELECT event, endpoint FROM parked"),
    ("the heads of lines", "SELECT event, endpoint FROM ordered_head"),
    ("the fan-outs", "SELECT event, done FROM fanout"),
];

/// Looks for contradictions, in the file itself first.
pub(crate) fn contradictions(conn: &Connection) -> Result<(), String> {
    let found: String = conn
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| format!("the file can be read after a crash: {error}"))?;
    if found != "ok" {
        return Err(format!("the file is whole after a crash: {found}"));
    }
    for (rule, query) in CONTRADICTIONS {
        nothing(conn, rule, query)?;
    }
    Ok(())
}

/// Looks for what should have ended.
pub(crate) fn leftovers(conn: &Connection) -> Result<(), String> {
    for (what, query) in LEFTOVERS {
        nothing(conn, &format!("every delivery ends: {what} must be empty"), query)?;
    }
    Ok(())
}

fn nothing(conn: &Connection, rule: &str, query: &str) -> Result<(), String> {
    let rows = conn.prepare(query).and_then(|mut statement| {
        statement
            .query_map([], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?)))?
            .take(5)
            .collect::<Result<Vec<_>, _>>()
    });
    match rows {
        Ok(rows) if rows.is_empty() => Ok(()),
        Ok(rows) => Err(format!("{rule}: not so for {rows:?}")),
        Err(error) => Err(format!("{rule}: {error}")),
    }
}

/// Everything the end is judged by.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// Number and count of deliveries of each event.
    pub(crate) events: BTreeMap<i64, (Option<Number>, u32)>,
    /// The state of each delivery, by event and endpoint.
    pub(crate) deliveries: BTreeMap<(i64, i64), DeliveryState>,
}

/// Reads it.
pub(crate) fn stored(conn: &Connection) -> rusqlite::Result<Stored> {
    let mut stored = Stored::default();
    let mut statement = conn.prepare("SELECT id, data, deliveries FROM event")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let data: Vec<u8> = row.get(1)?;
        stored.events.insert(row.get(0)?, (number(&data), row.get(2)?));
    }
    let mut statement = conn.prepare("SELECT event, endpoint, state FROM delivery")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(state) = DeliveryState::from_code(row.get(2)?) {
            stored.deliveries.insert((row.get(0)?, row.get(1)?), state);
        }
    }
    Ok(stored)
}
