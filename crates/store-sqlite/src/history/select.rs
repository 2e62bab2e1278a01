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
    let (candidates, ended) = candidates(conn, selection, after, wanted(limit))?;
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

/// How many candidates are read for so many that are asked for: most of them match, or few do.
fn wanted(limit: usize) -> usize {
    limit.saturating_mul(8).clamp(512, EXAMINED)
}

/// The next events of the endpoint, about `wanted`, and whether these are all.
fn candidates(
    conn: &Connection,
    selection: &Selection,
    after: Option<Ordinal>,
    wanted: usize,
) -> Res<(Vec<Ordinal>, bool)> {
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
        let events =
            events.query_map(params![endpoint, first, end, wanted as i64], |row| row.get(0).map(Ordinal))?;
        let events: Vec<Ordinal> = events.collect::<Result<_, _>>()?;
        let ended = events.len() < wanted;
        return Ok((events, ended));
    }
    let (mut events, walked) = listed(conn, endpoint, first, end, wanted)?;
    if !walked {
        return Ok((events, false));
    }
    let ended = unlisted(conn, endpoint, first, end, wanted, &mut events)?;
    Ok((events, ended))
}

/// From the sorted runs, oldest first. Returns whether they were walked to their end.
fn listed(
    conn: &Connection,
    endpoint: i64,
    first: i64,
    end: i64,
    wanted: usize,
) -> Res<(Vec<Ordinal>, bool)> {
    let mut runs = conn.prepare_cached(
        "SELECT run, last FROM list_run WHERE last >= ?1 AND first < ?2 ORDER BY last LIMIT ?3",
    )?;
    let runs: Vec<(i64, i64)> = runs
        .query_map(params![first, end, EXAMINED as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut entries = conn.prepare_cached(
        "SELECT event FROM run_delivery WHERE run = ?1 AND endpoint = ?2 AND event >= ?3 AND event < ?4
         ORDER BY event LIMIT ?5",
    )?;
    let mut events = Vec::new();
    for (seeks, (run, last)) in (1..).zip(&runs) {
        let left = (wanted - events.len()) as i64;
        let rows =
            entries.query_map(params![*run, endpoint, first, end, left], |row| row.get(0).map(Ordinal))?;
        for event in rows {
            events.push(event?);
        }
        if events.len() >= wanted {
            return Ok((events, false));
        }
        // Each run costs a seek, whether it holds anything of the endpoint or not.
        if seeks >= EXAMINED {
            // The last event of the run moves the next call on, as in the tail.
            if events.last() != Some(&Ordinal(*last)) {
                events.push(Ordinal(*last));
            }
            return Ok((events, false));
        }
    }
    Ok((events, true))
}

/// From the tail that no run covers yet. Returns whether it was read to its end.
fn unlisted(
    conn: &Connection,
    endpoint: i64,
    first: i64,
    end: i64,
    wanted: usize,
    events: &mut Vec<Ordinal>,
) -> Res<bool> {
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
        if examined >= EXAMINED || events.len() >= wanted {
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
