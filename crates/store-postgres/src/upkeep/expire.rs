//! Ending what is still pending when its history ends: as failed with the error `expired` (DESIGN 4.4), or `erased` where
//! there was nothing left to send. Nothing goes silently.

use std::time::Duration;

use bytes::Bytes;
use postrider_model::delivery::{Attempt, DeliveryState};
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::attempt_log::AttemptLog;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::conn::{Conn, Param};
use crate::fault::Res;
use crate::history::matches::{WAITING, written};
use crate::row::{limit, small_count};

/// What an event that still had something pending gets beyond its class.
const GRACE: Duration = Duration::from_secs(24 * 3600);

/// What was ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) count: usize,
    /// Ordered keys that go on.
    pub(super) keys: Vec<(EndpointKey, i64)>,
}

const COLUMNS: &str = "q.event, q.endpoint, q.tenant, q.class, q.attempts, q.log, e.data IS NULL,
    CASE WHEN q.place IS NOT NULL THEN q.okey END";

/// Ends up to `most` pending deliveries of a class's events before `end`.
pub(super) async fn pending(tx: &Conn, class: i16, end: i64, now: Millis, most: usize) -> Res<Ended> {
    let sql = format!(
        "SELECT {COLUMNS} FROM postrider.pending q
         LEFT JOIN postrider.event e ON e.id = q.event AND e.class = q.class AND e.id < $2
         WHERE q.class = $1 AND q.event < $2 ORDER BY q.event, q.endpoint LIMIT $3 FOR UPDATE OF q"
    );
    let params = &[(&class as _, Type::INT2), (&end as _, Type::INT8), (&limit(most) as _, Type::INT8)];
    fail(tx, &sql, params, now).await
}

/// The same of one event, whatever its class.
pub(super) async fn pending_of(tx: &Conn, event: i64, now: Millis, most: usize) -> Res<Ended> {
    let sql = format!(
        "SELECT {COLUMNS} FROM postrider.event e CROSS JOIN LATERAL unnest($2::bigint[]) AS k (endpoint)
         JOIN postrider.pending q ON q.event = e.id AND q.endpoint = k.endpoint
         WHERE e.id = $1 ORDER BY q.event, q.endpoint LIMIT $3 FOR UPDATE OF q"
    );
    let endpoints = endpoints_of(tx, event).await?;
    let params =
        &[(&event as _, Type::INT8), (&endpoints as _, Type::INT8_ARRAY), (&limit(most) as _, Type::INT8)];
    fail(tx, &sql, params, now).await
}

async fn endpoints_of(tx: &Conn, event: i64) -> Res<Vec<i64>> {
    let sql = "SELECT endpoints FROM postrider.event WHERE id = $1";
    let row = tx.query_opt(sql, &[(&event, Type::INT8)]).await?;
    let Some(row) = row else { return Ok(Vec::new()) };
    Ok(written(Ordinal(event), row.try_get(0)?, 0).iter().map(|endpoint| endpoint.0).collect())
}

async fn fail(tx: &Conn, select: &str, params: &[Param<'_>], now: Millis) -> Res<Ended> {
    let rows = tx.query(select, params).await?;
    let mut rest = Rest::default();
    let mut ended = Ended { count: rows.len(), keys: Vec::new() };
    for row in &rows {
        rest.push(row, now)?;
        if let Some(okey) = row.try_get(7)? {
            ended.keys.push((EndpointKey(row.try_get(1)?), okey));
        }
    }
    if ended.count > 0 {
        tx.execute(
            "DELETE FROM postrider.pending q USING unnest($1::bigint[], $2::bigint[]) AS k (event, endpoint)
             WHERE q.event = k.event AND q.endpoint = k.endpoint",
            &[(&rest.events, Type::INT8_ARRAY), (&rest.endpoints, Type::INT8_ARRAY)],
        )
        .await?;
        rest.write(tx, now).await?;
    }
    Ok(ended)
}

/// Ends deliveries of a class's events in `[first, end)` that are in lanes only, of up to `most` events: there are none
/// so old but where a node has not gone on for a day. Returns the event after which it goes on, if it does.
pub(super) async fn in_lanes(
    tx: &Conn,
    class: i16,
    first: i64,
    end: i64,
    now: Millis,
    most: usize,
) -> Res<Option<i64>> {
    let low = "SELECT coalesce(min(low_water), $1) FROM postrider.node";
    let first = first.max(tx.query_one(low, &[(&end, Type::INT8)]).await?.try_get(0)?);
    if first >= end {
        return Ok(None);
    }
    let rows = tx
        .query(
            &format!(
                "SELECT e.id, e.tenant, e.data IS NULL, e.endpoints, {WAITING}
                 FROM postrider.event e LEFT JOIN postrider.fanout f ON f.event = e.id
                 WHERE e.class = $1 AND e.id >= $2 AND e.id < $3 ORDER BY e.id LIMIT $4"
            ),
            &[(&class, Type::INT2), (&first, Type::INT8), (&end, Type::INT8), (&limit(most), Type::INT8)],
        )
        .await?;
    for row in &rows {
        end_lanes(tx, class, row, now).await?;
    }
    let last = rows.last().map(|row| row.try_get(0)).transpose()?;
    Ok(last.filter(|_| rows.len() >= most))
}

async fn end_lanes(tx: &Conn, class: i16, row: &Row, now: Millis) -> Res<()> {
    let event: i64 = row.try_get(0)?;
    let endpoints: Vec<i64> =
        written(Ordinal(event), row.try_get(3)?, row.try_get(4)?).iter().map(|endpoint| endpoint.0).collect();
    let lost = tx
        .query(
            "SELECT k.endpoint FROM unnest($3::bigint[]) AS k (endpoint)
             WHERE NOT EXISTS (SELECT FROM postrider.pending q WHERE q.endpoint = k.endpoint AND q.event = $1)
             AND NOT EXISTS (SELECT FROM postrider.delivery d
                 WHERE d.endpoint = k.endpoint AND d.event = $1 AND d.class = $2)",
            &[(&event, Type::INT8), (&class, Type::INT2), (&endpoints, Type::INT8_ARRAY)],
        )
        .await?;
    let mut rest = Rest::default();
    for endpoint in &lost {
        let key = (event, endpoint.try_get(0)?);
        rest.add(key, row.try_get(1)?, class, (0, &[]), row.try_get(2)?, now)?;
    }
    if lost.is_empty() { Ok(()) } else { rest.write(tx, now).await }
}

/// Rows of deliveries that ended this way.
#[derive(Debug, Default)]
struct Rest {
    events: Vec<i64>,
    endpoints: Vec<i64>,
    tenants: Vec<i64>,
    classes: Vec<i16>,
    attempts: Vec<i32>,
    logs: Vec<Vec<u8>>,
}

impl Rest {
    fn push(&mut self, row: &Row, now: Millis) -> Res<()> {
        let log = row.try_get::<_, Option<&[u8]>>(5)?.unwrap_or_default();
        let attempts = small_count(row, 4)?;
        let key = (row.try_get(0)?, row.try_get(1)?);
        self.add(key, row.try_get(2)?, row.try_get(3)?, (attempts, log), row.try_get(6)?, now)
    }

    fn add(
        &mut self,
        (event, endpoint): (i64, i64),
        tenant: i64,
        class: i16,
        (attempts, log): (u32, &[u8]),
        erased: bool,
        now: Millis,
    ) -> Res<()> {
        let attempt = Attempt {
            number: attempts + 1,
            started_at: now,
            latency_ms: 0,
            response_status: None,
            error: Some(if erased { "erased" } else { "expired" }.to_owned()),
            success: false,
            excerpt: Bytes::new(),
            note: None,
        };
        // A log that cannot be read begins anew.
        let log = AttemptLog::append(log, &attempt).or_else(|_| AttemptLog::append(&[], &attempt));
        self.logs.push(log.unwrap_or_default());
        self.events.push(event);
        self.endpoints.push(endpoint);
        self.tenants.push(tenant);
        self.classes.push(class);
        self.attempts.push((attempts + 1).cast_signed());
        Ok(())
    }

    /// With a while more, so that people see how it ended.
    async fn write(&self, tx: &Conn, now: Millis) -> Res<()> {
        let failed = DeliveryState::Failed.code() as i16;
        tx.execute(
            "INSERT INTO postrider.delivery (event, endpoint, tenant, class, state, attempts, log)
             SELECT event, endpoint, tenant, class, $7, attempts, log
             FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::integer[], $6::bytea[])
                 AS n (event, endpoint, tenant, class, attempts, log)
             ON CONFLICT (endpoint, event, class) DO NOTHING",
            &[
                (&self.events, Type::INT8_ARRAY),
                (&self.endpoints, Type::INT8_ARRAY),
                (&self.tenants, Type::INT8_ARRAY),
                (&self.classes, Type::INT2_ARRAY),
                (&self.attempts, Type::INT4_ARRAY),
                (&self.logs, Type::BYTEA_ARRAY),
                (&failed, Type::INT2),
            ],
        )
        .await?;
        tx.execute(
            "INSERT INTO postrider.late (event, class, until)
             SELECT DISTINCT event, class, $3::bigint FROM unnest($1::bigint[], $2::smallint[]) AS n (event, class)
             ON CONFLICT (event) DO UPDATE SET until = excluded.until",
            &[
                (&self.events, Type::INT8_ARRAY),
                (&self.classes, Type::INT2_ARRAY),
                (&(now + GRACE).0, Type::INT8),
            ],
        )
        .await?;
        Ok(())
    }
}
