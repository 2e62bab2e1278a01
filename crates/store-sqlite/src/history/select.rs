//! What a replay takes: an endpoint's deliveries, oldest first.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::Ordinal;
use postrider_model::pattern::TypePattern;
use postrider_store::{EventFlags, Selection};
use rusqlite::{Connection, OptionalExtension, params};

use super::EXAMINED;
use crate::fault::Res;
use crate::writer::delivery::state_of;
use crate::writer::mark;

/// See [`postrider_store::History::select`].
pub(super) fn select(
    conn: &Connection,
    selection: &Selection,
    after: Option<Ordinal>,
    limit: usize,
) -> Res<(Vec<Ordinal>, Option<Ordinal>)> {
    let mut found = Vec::new();
    let mut last = after;
    let (candidates, ended) = candidates(conn, selection, after)?;
    for event in candidates {
        if found.len() == limit {
            return Ok((found, last));
        }
        last = Some(event);
        if matches(conn, selection, event)? {
            found.push(event);
        }
    }
    Ok((found, last.filter(|_| !ended)))
}

/// The next events of the endpoint, at most [`EXAMINED`], and whether these are all.
fn candidates(conn: &Connection, selection: &Selection, after: Option<Ordinal>) -> Res<(Vec<Ordinal>, bool)> {
    let since = selection.since.map_or(i64::MIN, |at| Ordinal::at(at).0);
    let first = after.map_or(since, |after| since.max(after.0.saturating_add(1)));
    let end = selection.until.map_or(i64::MAX, |at| Ordinal::at(at).0);
    let endpoint = selection.endpoint.0;
    if !selection.states.is_empty()
        && selection.states.iter().all(|state| matches!(state, DeliveryState::Failed | DeliveryState::Held))
    {
        let mut events = conn.prepare_cached(
            "SELECT event FROM problem WHERE endpoint = ?1 AND state = 2 AND event >= ?2 AND event < ?3
             UNION ALL
             SELECT event FROM problem WHERE endpoint = ?1 AND state = 3 AND event >= ?2 AND event < ?3
             ORDER BY event LIMIT ?4",
        )?;
        let events = events
            .query_map(params![endpoint, first, end, EXAMINED as i64], |row| row.get(0).map(Ordinal))?;
        let events: Vec<Ordinal> = events.collect::<Result<_, _>>()?;
        let ended = events.len() < EXAMINED;
        return Ok((events, ended));
    }
    let mut events = listed(conn, endpoint, first, end)?;
    if events.len() >= EXAMINED {
        return Ok((events, false));
    }
    let ended = unlisted(conn, endpoint, first, end, &mut events)?;
    Ok((events, ended))
}

/// From the sorted runs, oldest first.
fn listed(conn: &Connection, endpoint: i64, first: i64, end: i64) -> Res<Vec<Ordinal>> {
    let mut runs =
        conn.prepare_cached("SELECT run FROM list_run WHERE last >= ?1 AND first < ?2 ORDER BY run")?;
    let runs: Vec<i64> = runs.query_map(params![first, end], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut entries = conn.prepare_cached(
        "SELECT event FROM run_delivery WHERE run = ?1 AND endpoint = ?2 AND event >= ?3 AND event < ?4
         ORDER BY event LIMIT ?5",
    )?;
    let mut events = Vec::new();
    for run in runs {
        let left = (EXAMINED - events.len()) as i64;
        let rows =
            entries.query_map(params![run, endpoint, first, end, left], |row| row.get(0).map(Ordinal))?;
        for event in rows {
            events.push(event?);
        }
        if events.len() >= EXAMINED {
            break;
        }
    }
    Ok(events)
}

/// From the tail that no run covers yet. Returns whether it was read to its end.
fn unlisted(conn: &Connection, endpoint: i64, first: i64, end: i64, events: &mut Vec<Ordinal>) -> Res<bool> {
    let listed = mark::get(conn, mark::LISTED)?;
    let mut tail = conn.prepare_cached(
        "SELECT event, endpoint FROM delivery WHERE event >= ?1 AND event < ?2 AND event > ?3 ORDER BY event",
    )?;
    let mut rows = tail.query(params![first, end, listed])?;
    let mut examined = events.len();
    while let Some(row) = rows.next()? {
        let event = Ordinal(row.get(0)?);
        if row.get::<_, i64>(1)? == endpoint {
            events.push(event);
        }
        examined += 1;
        if examined >= EXAMINED {
            // Where nothing was ours the next call would begin here again; the event itself moves it on.
            if events.last() != Some(&event) {
                events.push(event);
            }
            return Ok(false);
        }
    }
    Ok(true)
}

fn matches(conn: &Connection, selection: &Selection, event: Ordinal) -> Res<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT d.state, k.name, e.flags FROM delivery d CROSS JOIN event e ON e.id = d.event
         CROSS JOIN type_name k ON k.key = e.kind WHERE d.event = ?1 AND d.endpoint = ?2",
    )?;
    let found: Option<(i64, String, i64)> = statement
        .query_row(params![event.0, selection.endpoint.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((state, kind, flags)) = found else { return Ok(false) };
    // A test send was missed by nobody.
    if EventFlags::from_code(flags).test {
        return Ok(false);
    }
    let state = state_of(DeliveryKey { event, endpoint: selection.endpoint }, state)?;
    let wanted = |wanted: &String| {
        *wanted == kind || TypePattern::parse(wanted).is_ok_and(|pattern| pattern.matches(&kind))
    };
    Ok((selection.states.is_empty() || selection.states.contains(&state))
        && (selection.types.is_empty() || selection.types.iter().any(wanted)))
}
