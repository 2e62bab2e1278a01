//! Deliveries in every state, each with where it waits.

use postrider_model::delivery::DeliveryState;
use postrider_store::attempt_log::AttemptLog;
use postrider_store::transfer::{Cursor, Page, Row as Values, Value};
use rusqlite::{Connection, Row};

use super::page::{Filling, number};
use crate::fault::Res;
use crate::writer::delivery::{key_of, state_of};

/// The place of a key's head: before everything that is parked behind it, whose places are ids.
const HEAD: i64 = 0;

/// The next deliveries. One whose event is gone is nothing that could be sent or shown.
pub(super) fn export(conn: &Connection, after: Option<&Cursor>) -> Res<Page> {
    let mut deliveries = conn.prepare_cached(
        "SELECT d.event, d.endpoint, e.tenant, e.retention_days, d.state, d.log, d.due, d.step, d.okey, e.flags,
                due.attempts, due.first_attempt_at, due.scheduled,
                iif(d.state = 0 AND d.due IS NULL AND d.okey IS NOT NULL, coalesce(
                    (SELECT place FROM parked p WHERE p.endpoint = d.endpoint AND p.okey = d.okey
                     AND p.place = d.event AND p.event = d.event),
                    (SELECT place FROM parked p WHERE p.endpoint = d.endpoint AND p.okey = d.okey
                     AND p.event = d.event),
                    d.event), NULL)
         FROM delivery d JOIN event e ON e.id = d.event
         LEFT JOIN due ON d.state = 0 AND due.endpoint = d.endpoint AND due.due = d.due AND due.event = d.event
         WHERE (d.event, d.endpoint) > (?1, ?2) ORDER BY d.event, d.endpoint",
    )?;
    let mut rows = deliveries.query([number(after, 0), number(after, 1)])?;
    let mut page = Filling::default();
    while let Some(row) = rows.next()? {
        if page.push(values(row)?, |row| row[..2].to_vec()) {
            break;
        }
    }
    Ok(page.done())
}

fn values(row: &Row<'_>) -> Res<Values> {
    let (event, endpoint): (i64, i64) = (row.get(0)?, row.get(1)?);
    let state = state_of(key_of(event, endpoint), row.get(4)?)?;
    let log: Option<Vec<u8>> = row.get(5)?;
    let bytes = log.as_deref().unwrap_or_default();
    let attempts: Option<u32> = row.get(10)?;
    let attempts = attempts.unwrap_or_else(|| AttemptLog::count(bytes).unwrap_or_default());
    let mut values: Values = vec![
        event.into(),
        endpoint.into(),
        row.get::<_, i64>(2)?.into(),
        row.get::<_, i64>(3)?.into(),
        state.code().into(),
        i64::from(attempts).into(),
    ];
    let waiting =
        if state == DeliveryState::Pending { waiting(row, event, bytes)? } else { vec![Value::Null; 8] };
    values.push(log.filter(|log| !log.is_empty()).into());
    values.extend(waiting);
    Ok(values)
}

/// The columns of a pending one.
fn waiting(row: &Row<'_>, event: i64, log: &[u8]) -> Res<Values> {
    let (due, step, okey): (Option<i64>, u32, Option<i64>) = (row.get(6)?, row.get(7)?, row.get(8)?);
    let first: Option<i64> = row.get(11)?;
    let scheduled = row.get::<_, Option<bool>>(12)?.unwrap_or(false);
    let first = first.or_else(|| AttemptLog::first_started_at(log, step).ok().flatten().map(|first| first.0));
    let behind: Option<i64> = row.get(13)?;
    let place = match (okey, behind) {
        (Some(_), Some(behind)) => Some(behind),
        (Some(_), None) if !scheduled => Some(HEAD),
        _ => None,
    };
    Ok(vec![
        // One that is parked is due since it was accepted; so would be one that was in a lane.
        due.unwrap_or(event >> 16).into(),
        first.into(),
        okey.into(),
        place.into(),
        i64::from(step).into(),
        row.get::<_, i64>(9)?.into(),
        behind.is_some().into(),
        scheduled.into(),
    ])
}
