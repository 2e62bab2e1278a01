//! Minutes of projects become hours after eight days, and go after ninety: one world after the other, once a day.

use std::time::Duration;

use postrider_model::time::Millis;
use postrider_store::{ProjectSum, Stepped, Steps, StoreError};
use tokio_postgres::types::Type;

use super::standing::Work;
use super::worked;
use crate::catalogue::project_stats::unpacked;
use crate::conn::Conn;
use crate::fault::Res;
use crate::row::limit;
use crate::store::PostgresStore;

const DAY: Duration = Duration::from_secs(24 * 3600);
const MINUTE_MS: i64 = 60_000;
const HOUR: i64 = 60;

/// The last minute of the hour before `at`, and one.
fn hour(at: Millis) -> i64 {
    at.0.div_euclid(HOUR * MINUTE_MS) * HOUR
}

/// Does the next bit.
pub(super) async fn step(
    store: &PostgresStore,
    work: &mut Work,
    now: Millis,
    rows: usize,
) -> Result<Stepped, StoreError> {
    let Some(tx) = store.keeping().await? else { return Ok(Stepped::default()) };
    let Some(world) = next_world(&tx, work.hours).await? else {
        work.hours = 0;
        return Ok(Stepped::default());
    };
    let gone = tx
        .execute(
            "DELETE FROM postrider.project_stat WHERE world = $1 AND (minute, node) IN
             (SELECT minute, node FROM postrider.project_stat WHERE world = $1 AND minute < $2
              ORDER BY minute LIMIT $3)",
            &[(&world, Type::INT8), (&hour(now - 90 * DAY), Type::INT8), (&limit(rows), Type::INT8)],
        )
        .await?;
    let merged = merge(&tx, world, hour(now - 8 * DAY), rows).await?;
    tx.commit().await?;
    if gone < rows as u64 && !merged {
        work.hours = world;
    }
    Ok(worked(true))
}

async fn next_world(tx: &Conn, after: i64) -> Res<Option<i64>> {
    let sql = "SELECT world FROM postrider.project_stat WHERE world > $1 ORDER BY world LIMIT 1";
    let row = tx.query_opt(sql, &[(&after, Type::INT8)]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Makes hours of the world's next minutes; `false` where there are none.
async fn merge(tx: &Conn, world: i64, fine: i64, rows: usize) -> Res<bool> {
    let first = tx
        .query_opt(
            "SELECT minute FROM postrider.project_stat WHERE world = $1 AND minute < $2
             AND (minute % 60 <> 0 OR node <> 0) ORDER BY minute LIMIT 1",
            &[(&world, Type::INT8), (&fine, Type::INT8)],
        )
        .await?;
    let Some(first) = first else { return Ok(false) };
    let first = first.try_get::<_, i64>(0)?.div_euclid(HOUR) * HOUR;
    let found = tx
        .query(
            "SELECT minute, node, counts FROM postrider.project_stat
             WHERE world = $1 AND minute >= $2 AND minute < $3 ORDER BY minute, node LIMIT $4",
            &[(&world, Type::INT8), (&first, Type::INT8), (&fine, Type::INT8), (&limit(rows), Type::INT8)],
        )
        .await?;
    let mut steps = Steps::new(Millis(first * MINUTE_MS), Millis(fine * MINUTE_MS), HOUR as u32);
    let mut last: (i64, i16) = (first, 0);
    for row in &found {
        last = (row.try_get(0)?, row.try_get(1)?);
        steps.push(unpacked(world, last.0, row.try_get(2)?)?);
    }
    tx.execute(
        "DELETE FROM postrider.project_stat
         WHERE world = $1 AND minute >= $2 AND (minute, node) <= ($3, $4)",
        &[(&world, Type::INT8), (&first, Type::INT8), (&last.0, Type::INT8), (&last.1, Type::INT2)],
    )
    .await?;
    let hours = steps.finish();
    let minutes: Vec<i64> = hours.iter().map(|hour| hour.minute).collect();
    let counts: Vec<Vec<u8>> = hours.iter().map(ProjectSum::pack).collect();
    tx.execute(
        "INSERT INTO postrider.project_stat (world, minute, node, counts)
         SELECT $1, minute, 0, counts FROM unnest($2::bigint[], $3::bytea[]) AS n (minute, counts)",
        &[(&world, Type::INT8), (&minutes, Type::INT8_ARRAY), (&counts, Type::BYTEA_ARRAY)],
    )
    .await?;
    Ok(true)
}
