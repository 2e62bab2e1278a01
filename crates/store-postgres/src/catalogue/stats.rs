//! Counted minutes of endpoints.

use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;
use postrider_store::{StatRow, StatSum};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::conn::Conn;
use crate::fault::Res;
use crate::row::count;

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

/// In one statement and in the order of their keys: two nodes that count the same minutes wait for each other, and never
/// in a circle.
pub(super) async fn add(conn: &Conn, rows: &[StatRow]) -> Res<()> {
    let numbers = |of: fn(&StatRow) -> i64| rows.iter().map(of).collect::<Vec<i64>>();
    conn.execute(
        "INSERT INTO postrider.stat AS s
             (endpoint, minute, succeeded, failed, exhausted, latency_ms, latency_max_ms)
         SELECT endpoint, minute, sum(succeeded)::bigint, sum(failed)::bigint, sum(exhausted)::bigint,
             sum(latency_ms)::bigint, max(latency_max_ms)
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
             $7::bigint[])
             AS n (endpoint, minute, succeeded, failed, exhausted, latency_ms, latency_max_ms)
         GROUP BY endpoint, minute ORDER BY endpoint, minute
         ON CONFLICT (endpoint, minute) DO UPDATE SET succeeded = s.succeeded + excluded.succeeded,
             failed = s.failed + excluded.failed, exhausted = s.exhausted + excluded.exhausted,
             latency_ms = s.latency_ms + excluded.latency_ms,
             latency_max_ms = greatest(s.latency_max_ms, excluded.latency_max_ms)",
        &[
            (&numbers(|row| row.endpoint.0), Type::INT8_ARRAY),
            (&numbers(|row| row.minute), Type::INT8_ARRAY),
            (&numbers(|row| row.sum.succeeded.cast_signed()), Type::INT8_ARRAY),
            (&numbers(|row| row.sum.failed.cast_signed()), Type::INT8_ARRAY),
            (&numbers(|row| row.sum.exhausted.cast_signed()), Type::INT8_ARRAY),
            (&numbers(|row| row.sum.latency_ms.cast_signed()), Type::INT8_ARRAY),
            (&numbers(|row| row.sum.latency_max_ms.cast_signed()), Type::INT8_ARRAY),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn sum(
    conn: &Conn,
    endpoint: EndpointKey,
    since: Millis,
    until: Millis,
    step_minutes: u32,
) -> Res<Vec<StatSum>> {
    let first = since.0.div_euclid(MINUTE_MS);
    // `until` is exclusive: a minute that began before it is counted.
    let end = until.0.div_euclid(MINUTE_MS) + i64::from(until.0.rem_euclid(MINUTE_MS) > 0);
    let rows = conn
        .query(
            "SELECT (minute - $2) / $4 * $4 + $2, sum(succeeded)::bigint, sum(failed)::bigint,
                 sum(exhausted)::bigint, sum(latency_ms)::bigint, max(latency_max_ms)
             FROM postrider.stat WHERE endpoint = $1 AND minute >= $2 AND minute < $3 GROUP BY 1 ORDER BY 1",
            &[
                (&endpoint.0, Type::INT8),
                (&first, Type::INT8),
                (&end, Type::INT8),
                (&i64::from(step_minutes.max(1)), Type::INT8),
            ],
        )
        .await?;
    rows.iter().map(stat_sum).collect()
}

fn stat_sum(row: &Row) -> Res<StatSum> {
    Ok(StatSum {
        minute: row.try_get(0)?,
        succeeded: count(row, 1)?,
        failed: count(row, 2)?,
        exhausted: count(row, 3)?,
        latency_ms: count(row, 4)?,
        latency_max_ms: count(row, 5)?,
    })
}
