//! Keep, then forget (DESIGN 2.5): history ends by class. What was pending ends first; then the class's mark goes on, and
//! what lies before it is not shown any more; then whole partitions are dropped.

use std::time::Duration;

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::{Stepped, StoreError};
use tokio_postgres::types::Type;

use super::standing::Work;
use super::{expire, release, worked};
use crate::conn::{Conn, Tx};
use crate::fault::Res;
use crate::row::limit;
use crate::store::PostgresStore;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// A mark goes on when it is this far behind, so that what is pending is looked through so often at most.
const PACE: Duration = Duration::from_secs(60);
/// Rows that are looked at in the time that one is written in.
const LOOKS: usize = 4;
/// Partitions are kept so long after their mark: what was late in them is shown a day longer.
/// In ids: the time in them is milliseconds, above sixteen bits.
const KEPT_IDS: i64 = (25 * 3600 * 1000) << 16;

/// Ends some history.
pub(super) async fn step(
    store: &PostgresStore,
    work: &mut Work,
    now: Millis,
    rows: usize,
) -> Result<Stepped, StoreError> {
    for (class, mark) in classes(&store.conn().await?).await? {
        if let Some(stepped) = end_class(store, work, class, mark, now, rows).await? {
            store.standing.set_behind(behind(work));
            return Ok(stepped);
        }
    }
    store.standing.set_behind(behind(work));
    if let Some(stepped) = end_late(store, now, rows).await? {
        return Ok(stepped);
    }
    Ok(worked(drop_one(store).await? || clear_defaults(store, rows).await?))
}

fn behind(work: &Work) -> Duration {
    work.behind.values().copied().max().unwrap_or_default()
}

async fn classes(conn: &Conn) -> Res<Vec<(i16, i64)>> {
    let rows = conn.query("SELECT class, mark FROM postrider.retention ORDER BY class", &[]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Ends some of a class; `None` where there is nothing to end.
async fn end_class(
    store: &PostgresStore,
    work: &mut Work,
    class: i16,
    mark: i64,
    now: Millis,
    rows: usize,
) -> Result<Option<Stepped>, StoreError> {
    let end = Ordinal::at(now - DAY * u32::from(class.cast_unsigned()));
    let target = work.ended_to.get(&class).copied().filter(|target| *target > mark);
    if target.is_none() && end.time().since(Ordinal(mark).time()) < PACE {
        work.behind.insert(class, Duration::ZERO);
        return Ok(None);
    }
    let Some(tx) = store.keeping().await? else {
        // Whoever does it knows how far behind it is.
        work.behind.insert(class, Duration::ZERO);
        return Ok(None);
    };
    let Some(target) = target else {
        let stepped = end_pending(store, tx, (class, mark, end.0), now, rows).await?;
        if stepped.is_none() {
            work.ended_to.insert(class, end.0);
        }
        return Ok(Some(stepped.unwrap_or_else(|| worked(true))));
    };
    let next = move_mark(&tx, class, mark, target, rows * LOOKS / 16).await?;
    tx.commit().await?;
    let left = next.map_or(Duration::ZERO, |next| Ordinal(target).time().since(Ordinal(next).time()));
    work.behind.insert(class, left);
    if next.is_none() {
        work.ended_to.remove(&class);
    }
    Ok(Some(worked(true)))
}

/// Ends what is pending of a class before its new end; `None` where nothing is.
async fn end_pending(
    store: &PostgresStore,
    tx: Tx,
    (class, mark, end): (i16, i64, i64),
    now: Millis,
    rows: usize,
) -> Result<Option<Stepped>, StoreError> {
    let ended = expire::pending(&tx, class, end, now, (rows / LOOKS).max(1)).await?;
    if ended.count == 0 {
        let mut from = mark;
        while let Some(last) = expire::in_lanes(&tx, class, from, end, now, rows).await? {
            from = last + 1;
        }
        tx.commit().await?;
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(Stepped { more: true, released: release::go_on(store, &ended.keys, now).await?, ..worked(true) }))
}

/// Moves a class's mark on by so many events, to the end at most; returns the event where it goes on.
async fn move_mark(tx: &Conn, class: i16, mark: i64, end: i64, events: usize) -> Res<Option<i64>> {
    let next = tx
        .query_opt(
            "SELECT id FROM postrider.event WHERE class = $1 AND id >= $2 AND id < $3 ORDER BY id OFFSET $4 LIMIT 1",
            &[
                (&class, Type::INT2),
                (&mark, Type::INT8),
                (&end, Type::INT8),
                (&limit(events.max(1)), Type::INT8),
            ],
        )
        .await?;
    let next: Option<i64> = next.map(|row| row.try_get(0)).transpose()?;
    let reached = next.unwrap_or(end);
    tx.execute(
        "UPDATE postrider.retention SET mark = $2 WHERE class = $1 AND mark < $2",
        &[(&class, Type::INT2), (&reached, Type::INT8)],
    )
    .await?;
    // Nothing more is written of what nobody sees.
    tx.execute(
        "DELETE FROM postrider.fanout WHERE class = $1 AND event < $2",
        &[(&class, Type::INT2), (&reached, Type::INT8)],
    )
    .await?;
    Ok(next)
}

/// Ends the grace of events that had something pending at their end.
async fn end_late(store: &PostgresStore, now: Millis, rows: usize) -> Result<Option<Stepped>, StoreError> {
    const LATE: &str = "SELECT event FROM postrider.late WHERE until <= $1 ORDER BY event LIMIT $2";
    let most = limit((rows / LOOKS).max(1));
    let params = &[(&now.0 as _, Type::INT8), (&most as _, Type::INT8)];
    if store.conn().await?.query_opt(LATE, params).await?.is_none() {
        return Ok(None);
    }
    let Some(tx) = store.keeping().await? else { return Ok(None) };
    let mut keys: Vec<(EndpointKey, i64)> = Vec::new();
    let mut over: Vec<i64> = Vec::new();
    for row in tx.query(LATE, params).await? {
        let event = row.try_get(0).map_err(crate::fault::Fault::from)?;
        // Somebody may have reopened it in its last day: then it has another one.
        let ended = expire::pending_of(&tx, event, now, rows).await?;
        keys.extend(ended.keys);
        if ended.count == 0 {
            over.push(event);
        }
    }
    tx.execute("DELETE FROM postrider.late WHERE event = ANY($1)", &[(&over, Type::INT8_ARRAY)]).await?;
    tx.commit().await?;
    Ok(Some(Stepped { more: true, released: release::go_on(store, &keys, now).await?, ..worked(true) }))
}

/// Drops a partition of events that nobody sees any more, with that of their deliveries. Returns whether there was one.
async fn drop_one(store: &PostgresStore) -> Result<bool, StoreError> {
    let Some(found) = next_drop(&store.conn().await?).await? else { return Ok(false) };
    let Some(tx) = store.keeping().await? else { return Ok(false) };
    match drop_tables(&tx, &found).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(true)
        }
        Err(fault) if fault.is_lock_timeout() => {
            tracing::info!(partition = found, "a partition is in use; it is dropped later");
            Ok(false)
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Deletes what no partition was made for in time, where everything of it has ended.
async fn clear_defaults(store: &PostgresStore, rows: usize) -> Result<bool, StoreError> {
    let classes = classes(&store.conn().await?).await?;
    let Some(tx) = store.keeping().await? else { return Ok(false) };
    let mut deleted = 0;
    for (class, mark) in classes {
        for (table, key) in [("delivery", "event"), ("event", "id")] {
            let sql = format!(
                "DELETE FROM postrider.{table}_{class}_default WHERE ctid IN
                 (SELECT d.ctid FROM postrider.{table}_{class}_default d WHERE d.{key} < $1
                  AND NOT EXISTS (SELECT FROM postrider.late l WHERE l.event = d.{key}) LIMIT $2)"
            );
            let params = &[(&(mark - KEPT_IDS) as _, Type::INT8), (&limit(rows) as _, Type::INT8)];
            deleted += tx.execute(&sql, params).await?;
        }
    }
    tx.commit().await?;
    Ok(deleted > 0)
}

/// The oldest partition of events, `event_…`, of which everything has ended: nothing in it is late, or waits.
async fn next_drop(conn: &Conn) -> Res<Option<String>> {
    let row = conn
        .query_opt(
            "SELECT c.relname::text FROM postrider.retention r
             JOIN pg_class p ON p.relnamespace = 'postrider'::regnamespace AND p.relname = 'event_' || r.class
             JOIN pg_inherits i ON i.inhparent = p.oid JOIN pg_class c ON c.oid = i.inhrelid
             CROSS JOIN LATERAL (SELECT
                 substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \\(''?(-?[0-9]+)')::bigint AS first,
                 substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''?(-?[0-9]+)')::bigint AS until) b
             WHERE b.until <= r.mark - $1
             AND NOT EXISTS (SELECT FROM postrider.late l
                 WHERE l.class = r.class AND l.event >= b.first AND l.event < b.until)
             AND NOT EXISTS (SELECT FROM postrider.pending q
                 WHERE q.class = r.class AND q.event >= b.first AND q.event < b.until)
             ORDER BY b.until LIMIT 1",
            &[(&KEPT_IDS, Type::INT8)],
        )
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// It needs a lock that nothing passes: whoever waits for one keeps all that come later waiting, so not for long.
async fn drop_tables(tx: &Conn, events: &str) -> Res<()> {
    let deliveries = events.replacen("event", "delivery", 1);
    tx.run(&format!(
        "SET LOCAL lock_timeout = '200ms';
         DROP TABLE postrider.{events}; DROP TABLE IF EXISTS postrider.{deliveries}"
    ))
    .await
}
