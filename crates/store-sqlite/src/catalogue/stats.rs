//! Counted minutes of endpoints.

use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;
use postrider_store::{StatRow, StatSum};
use rusqlite::{Connection, Row, params};

use crate::fault::Res;

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

pub(super) fn add(conn: &Connection, rows: &[StatRow]) -> Res<()> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO stat (endpoint, minute, succeeded, failed, exhausted, latency_ms, latency_max_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (endpoint, minute) DO UPDATE SET succeeded = succeeded + excluded.succeeded,
         failed = failed + excluded.failed, exhausted = exhausted + excluded.exhausted,
         latency_ms = latency_ms + excluded.latency_ms, latency_max_ms = max(latency_max_ms, excluded.latency_max_ms)",
    )?;
    for StatRow { endpoint, minute, sum } in rows {
        statement.execute(params![
            endpoint.0,
            minute,
            sum.succeeded.cast_signed(),
            sum.failed.cast_signed(),
            sum.exhausted.cast_signed(),
            sum.latency_ms.cast_signed(),
            sum.latency_max_ms.cast_signed()
        ])?;
    }
    Ok(())
}

pub(super) fn sum(
    conn: &Connection,
    endpoint: EndpointKey,
    since: Millis,
    until: Millis,
    step_minutes: u32,
) -> Res<Vec<StatSum>> {
    let mut statement = conn.prepare_cached(
        "SELECT (minute - ?2) / ?4 * ?4 + ?2, sum(succeeded), sum(failed), sum(exhausted), sum(latency_ms),
         max(latency_max_ms) FROM stat WHERE endpoint = ?1 AND minute >= ?2 AND minute < ?3 GROUP BY 1 ORDER BY 1",
    )?;
    let first = since.0.div_euclid(MINUTE_MS);
    // `until` is exclusive: a minute that began before it is counted.
    let end = until.0.div_euclid(MINUTE_MS) + i64::from(until.0.rem_euclid(MINUTE_MS) > 0);
    let sums = statement.query_map(params![endpoint.0, first, end, step_minutes.max(1)], stat_sum)?;
    Ok(sums.collect::<Result<_, _>>()?)
}

fn stat_sum(row: &Row<'_>) -> rusqlite::Result<StatSum> {
    let count = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
    Ok(StatSum {
        minute: row.get(0)?,
        succeeded: count(1)?,
        failed: count(2)?,
        exhausted: count(3)?,
        latency_ms: count(4)?,
        latency_max_ms: count(5)?,
    })
}
