//! A delivery's row and the entries that follow from it: due, parked, head, problem.

use postrider_model::delivery::{Attempt, DeliveryKey, DeliveryState};
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::attempt_log::AttemptLog;
use postrider_store::{NewDelivery, Place};
use rusqlite::{Connection, OptionalExtension, params};

use super::hot::Hot;
use super::{Writer, order};
use crate::fault::{Fault, Res};

/// A delivery as stored.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) state: DeliveryState,
    pub(crate) due: Option<Millis>,
    pub(crate) step: u32,
    pub(crate) okey: Option<i64>,
    pub(crate) log: Vec<u8>,
    /// Whether its columns are what they must be. What is not was taken for a delivery that was never attempted.
    pub(crate) sound: bool,
}

impl Row {
    /// In memory with its lane, and nowhere else.
    pub(crate) fn in_lane(&self) -> bool {
        self.state == DeliveryState::Pending && self.due.is_none() && self.okey.is_none()
    }

    /// Behind the head of its ordered key.
    pub(crate) fn parked(&self) -> bool {
        self.state == DeliveryState::Pending && self.due.is_none() && self.okey.is_some()
    }
}

/// An entry of the due index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DueEntry {
    pub(crate) due: Millis,
    pub(crate) step: u32,
    pub(crate) attempts: u32,
    pub(crate) first_attempt_at: Option<Millis>,
    pub(crate) okey: Option<i64>,
    pub(crate) scheduled: bool,
}

impl DueEntry {
    /// Never attempted.
    pub(crate) fn first(due: Millis) -> Self {
        Self { due, step: 0, attempts: 0, first_attempt_at: None, okey: None, scheduled: false }
    }
}

/// Writes a new delivery to its place.
pub(crate) fn insert(w: &Writer, hot: &mut Hot<'_>, event: Ordinal, new: &NewDelivery) -> Res<()> {
    let key = DeliveryKey { event, endpoint: new.endpoint };
    let pending = DeliveryState::Pending;
    match new.place {
        Place::Lane => {
            hot.insert_lane.execute(params![event.0, new.endpoint.0])?;
            Ok(())
        }
        Place::Due(due) => {
            insert_row(&w.conn, key, pending, Some(due), None)?;
            add_due(&w.conn, key, &DueEntry::first(due))
        }
        Place::Held => {
            insert_row(&w.conn, key, DeliveryState::Held, None, None)?;
            add_problem(&w.conn, key, DeliveryState::Held)
        }
        Place::Ordered { key: okey, due } => {
            let okey = okey.cast_signed();
            if order::head(&w.conn, new.endpoint, okey)?.is_some() {
                insert_row(&w.conn, key, pending, None, Some(okey))?;
                order::park(&w.conn, key, okey, event)
            } else {
                insert_row(&w.conn, key, pending, Some(due), Some(okey))?;
                order::set_head(&w.conn, key, okey)?;
                add_due(&w.conn, key, &DueEntry { okey: Some(okey), ..DueEntry::first(due) })
            }
        }
        Place::Scheduled { key: okey, due } => {
            let okey = okey.cast_signed();
            insert_row(&w.conn, key, pending, Some(due), Some(okey))?;
            add_due(&w.conn, key, &DueEntry { okey: Some(okey), scheduled: true, ..DueEntry::first(due) })
        }
    }
}

fn insert_row(
    conn: &Connection,
    key: DeliveryKey,
    state: DeliveryState,
    due: Option<Millis>,
    okey: Option<i64>,
) -> Res<()> {
    conn.prepare_cached(
        "INSERT INTO delivery (event, endpoint, state, due, step, okey) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
    )?
    .execute(params![key.event.0, key.endpoint.0, state.code(), due.map(|due| due.0), okey])?;
    Ok(())
}

/// Reads a delivery. One that is broken is read as far as it can be and told of: a writer never fails for the content
/// of a row, as everything that shares its transaction would fail with it (DESIGN 5).
pub(crate) fn read(conn: &Connection, key: DeliveryKey) -> Res<Option<Row>> {
    let mut statement = conn.prepare_cached(
        "SELECT state, due, step, okey, log FROM delivery WHERE event = ?1 AND endpoint = ?2",
    )?;
    let row = statement.query_row(params![key.event.0, key.endpoint.0], |row| {
        let mut sound = true;
        let state = row.get(0).ok().and_then(DeliveryState::from_code).unwrap_or_else(|| {
            broken(key, "state", &mut sound);
            DeliveryState::Pending
        });
        let due: Option<i64> = row.get(1).unwrap_or_else(|_| {
            broken(key, "due", &mut sound);
            None
        });
        let step = row.get(2).unwrap_or_else(|_| {
            broken(key, "step", &mut sound);
            0
        });
        let okey = row.get(3).unwrap_or_else(|_| {
            broken(key, "okey", &mut sound);
            None
        });
        let log: Option<Vec<u8>> = row.get(4).unwrap_or_else(|_| {
            broken(key, "log", &mut sound);
            None
        });
        Ok(Row { state, due: due.map(Millis), step, okey, log: log.unwrap_or_default(), sound })
    });
    Ok(row.optional()?)
}

fn broken(key: DeliveryKey, column: &'static str, sound: &mut bool) {
    *sound = false;
    tracing::error!(
        table = "delivery",
        column,
        key = format!("{},{}", key.event.0, key.endpoint.0),
        "a column is not what it must be"
    );
}

/// Puts an attempt into a row's log. A log that cannot be read begins anew.
pub(crate) fn add_attempt(key: DeliveryKey, row: &mut Row, attempt: &Attempt) -> Res<()> {
    row.log = match AttemptLog::append(&row.log, attempt) {
        Ok(log) => log,
        Err(_) => {
            broken(key, "log", &mut row.sound);
            AttemptLog::append(&[], attempt).map_err(broken_log(key))?
        }
    };
    Ok(())
}

/// The state of a code, or which row is broken.
pub(crate) fn state_of(key: DeliveryKey, code: i64) -> Res<DeliveryState> {
    DeliveryState::from_code(code).ok_or_else(|| {
        Fault::corrupt(
            "delivery",
            "state",
            format!("{},{}", key.event.0, key.endpoint.0),
            format!("code {code}"),
        )
    })
}

/// Names the row whose attempt log cannot be read.
pub(crate) fn broken_log(key: DeliveryKey) -> impl Fn(postrider_store::attempt_log::BadLog) -> Fault {
    move |bad| Fault::corrupt("delivery", "log", format!("{},{}", key.event.0, key.endpoint.0), bad)
}

/// Writes a row's changing part back.
pub(crate) fn update(conn: &Connection, key: DeliveryKey, row: &Row) -> Res<()> {
    let log = (!row.log.is_empty()).then_some(row.log.as_slice());
    let changed = conn
        .prepare_cached(
            "UPDATE delivery SET state = ?3, due = ?4, step = ?5, okey = ?6, log = ?7
             WHERE event = ?1 AND endpoint = ?2",
        )?
        .execute(params![
            key.event.0,
            key.endpoint.0,
            row.state.code(),
            row.due.map(|due| due.0),
            row.step,
            row.okey,
            log
        ])?;
    debug_assert_eq!(changed, 1, "the row was read in this transaction");
    Ok(())
}

/// Takes a row out of every index it is in because of its state.
pub(crate) fn unlist(conn: &Connection, key: DeliveryKey, row: &Row) -> Res<()> {
    if !row.sound {
        return unlist_everywhere(conn, key);
    }
    match (row.state, row.due, row.okey) {
        (DeliveryState::Pending, Some(due), _) => remove_due(conn, key, due),
        (DeliveryState::Pending, None, Some(okey)) => order::unpark(conn, key, okey),
        (DeliveryState::Failed | DeliveryState::Held, ..) => remove_problem(conn, key),
        _ => Ok(()),
    }
}

/// As [`unlist`], where the row does not say which index it is in: by a walk along its endpoint's.
fn unlist_everywhere(conn: &Connection, key: DeliveryKey) -> Res<()> {
    for sql in [
        "DELETE FROM due WHERE endpoint = ?1 AND event = ?2",
        "DELETE FROM parked WHERE endpoint = ?1 AND event = ?2",
        "DELETE FROM problem WHERE endpoint = ?1 AND event = ?2",
    ] {
        conn.prepare_cached(sql)?.execute(params![key.endpoint.0, key.event.0])?;
    }
    Ok(())
}

/// Ends a pending or held row in `state` and releases the next of its ordered key.
pub(crate) fn end(
    conn: &Connection,
    key: DeliveryKey,
    mut row: Row,
    state: DeliveryState,
    now: Millis,
) -> Res<Option<Ordinal>> {
    unlist(conn, key, &row)?;
    let okey = row.okey.take();
    (row.state, row.due) = (state, None);
    update(conn, key, &row)?;
    if matches!(state, DeliveryState::Failed | DeliveryState::Held) {
        add_problem(conn, key, state)?;
    }
    match okey {
        Some(okey) => order::release(conn, key, okey, now),
        None => Ok(None),
    }
}

/// The due entry of a row that was attempted before.
pub(crate) fn due_entry(key: DeliveryKey, row: &Row, due: Millis, scheduled: bool) -> DueEntry {
    let read = AttemptLog::count(&row.log)
        .and_then(|attempts| Ok((attempts, AttemptLog::first_started_at(&row.log, row.step)?)));
    let (attempts, first_attempt_at) = read.unwrap_or_else(|_| {
        broken(key, "log", &mut true);
        (0, None)
    });
    DueEntry { due, step: row.step, attempts, first_attempt_at, okey: row.okey, scheduled }
}

pub(crate) fn add_due(conn: &Connection, key: DeliveryKey, entry: &DueEntry) -> Res<()> {
    conn.prepare_cached(
        "INSERT INTO due (endpoint, due, event, step, attempts, first_attempt_at, okey, scheduled)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        key.endpoint.0,
        entry.due.0,
        key.event.0,
        entry.step,
        entry.attempts,
        entry.first_attempt_at.map(|at| at.0),
        entry.okey,
        entry.scheduled
    ])?;
    Ok(())
}

fn remove_due(conn: &Connection, key: DeliveryKey, due: Millis) -> Res<()> {
    conn.prepare_cached("DELETE FROM due WHERE endpoint = ?1 AND due = ?2 AND event = ?3")?
        .execute(params![key.endpoint.0, due.0, key.event.0])?;
    Ok(())
}

pub(crate) fn add_problem(conn: &Connection, key: DeliveryKey, state: DeliveryState) -> Res<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO problem (event, endpoint, state) VALUES (?1, ?2, ?3)")?
        .execute(params![key.event.0, key.endpoint.0, state.code()])?;
    Ok(())
}

fn remove_problem(conn: &Connection, key: DeliveryKey) -> Res<()> {
    conn.prepare_cached("DELETE FROM problem WHERE event = ?1 AND endpoint = ?2")?
        .execute(params![key.event.0, key.endpoint.0])?;
    Ok(())
}

/// A pair of row numbers as a key.
pub(crate) fn key_of(event: i64, endpoint: i64) -> DeliveryKey {
    DeliveryKey { event: Ordinal(event), endpoint: EndpointKey(endpoint) }
}
