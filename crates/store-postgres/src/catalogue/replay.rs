//! Replays and their progress, which survives a restart.

use postrider_model::delivery::DeliveryState;
use postrider_model::id::{EndpointId, EndpointKey, Ordinal, ProjectKey, ReplayId, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{
    NewAudit, NewReplay, Page, Replay, ReplayProgress, ReplayStatus, Scope, Selection, Signal, StoreError,
};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Tell, audit};
use crate::conn::{Conn, Param};
use crate::fault::{Fault, Res};
use crate::row::{count, json, limit, millis, mode, mode_bit, small_count, to_json};
use postrider_store::paging::{after_key, numbered_page};

const SELECT: &str =
    "SELECT r.key, r.id, r.project, r.mode, r.tenant, r.endpoint, e.id, r.selection, r.per_second,
     r.matched, r.status, r.cursor, r.reopened, r.skipped, r.at, r.created_at
     FROM postrider.replay r JOIN postrider.endpoint e ON e.key = r.endpoint";

/// A selection as JSON; its endpoint has a column.
#[derive(Serialize, Deserialize)]
struct Stored {
    since: Option<i64>,
    until: Option<i64>,
    states: Vec<DeliveryState>,
    types: Vec<String>,
}

fn status_code(status: ReplayStatus) -> i16 {
    match status {
        ReplayStatus::Running => 0,
        ReplayStatus::Done => 1,
        ReplayStatus::Cancelled => 2,
    }
}

pub(super) async fn create(tx: &Tell, new: &NewReplay, entry: &NewAudit) -> Res<Replay> {
    let selection = Stored {
        since: new.selection.since.map(|at| at.0),
        until: new.selection.until.map(|at| at.0),
        states: new.selection.states.clone(),
        types: new.selection.types.clone(),
    };
    tx.execute(
        "INSERT INTO postrider.replay (id, project, mode, tenant, endpoint, selection, per_second, matched,
         status, cursor, reopened, skipped, at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, NULL, 0, 0, $9, $9)",
        &[
            (&new.id.0, Type::UUID),
            (&new.scope.project.0, Type::INT8),
            (&mode_bit(new.scope.mode), Type::INT2),
            (&new.tenant.0, Type::INT8),
            (&new.selection.endpoint.0, Type::INT8),
            (&to_json(&selection)?, Type::TEXT),
            (&new.per_second.cast_signed(), Type::INT4),
            (&new.matched.cast_signed(), Type::INT8),
            (&new.now.0, Type::INT8),
        ],
    )
    .await?;
    tx.tell(&Signal::Replays).await?;
    audit::insert(tx, entry).await?;
    by_uuid(tx, new.id).await
}

async fn by_uuid(conn: &Conn, id: ReplayId) -> Res<Replay> {
    let found = select(conn, "WHERE r.id = $1", &[(&id.0, Type::UUID)]).await?;
    found.into_iter().next().map(|(_, replay)| replay).ok_or(Fault::Store(StoreError::NotFound("replay")))
}

pub(super) async fn by_id(conn: &Conn, scope: Scope, id: ReplayId) -> Res<Option<Replay>> {
    let found = select(
        conn,
        "WHERE r.id = $1 AND r.project = $2 AND r.mode = $3 AND ($4 IS NULL OR r.tenant = $4)",
        &[
            (&id.0, Type::UUID),
            (&scope.project.0, Type::INT8),
            (&mode_bit(scope.mode), Type::INT2),
            (&scope.tenant.map(|tenant| tenant.0), Type::INT8),
        ],
    )
    .await?;
    Ok(found.into_iter().next().map(|(_, replay)| replay))
}

pub(super) async fn list(conn: &Conn, scope: Scope, cursor: Option<&str>, most: usize) -> Res<Page<Replay>> {
    let rows = select(
        conn,
        "WHERE r.project = $1 AND r.mode = $2 AND ($3 IS NULL OR r.tenant = $3) AND r.key < $4
         ORDER BY r.key DESC LIMIT $5",
        &[
            (&scope.project.0, Type::INT8),
            (&mode_bit(scope.mode), Type::INT2),
            (&scope.tenant.map(|tenant| tenant.0), Type::INT8),
            (&after_key(cursor)?, Type::INT8),
            (&limit(most + 1), Type::INT8),
        ],
    )
    .await?;
    Ok(numbered_page(rows, most))
}

/// Running replays, oldest first.
pub(super) async fn running(conn: &Conn) -> Res<Vec<Replay>> {
    let running = select(conn, "WHERE r.status = 0 ORDER BY r.key", &[]).await?;
    Ok(running.into_iter().map(|(_, replay)| replay).collect())
}

pub(super) async fn advance(tx: &Tell, id: ReplayId, progress: &ReplayProgress) -> Res<Replay> {
    tx.execute(
        "UPDATE postrider.replay SET status = CASE WHEN status = 0 THEN $2 ELSE status END,
         at = CASE WHEN status = 0 THEN $6 ELSE at END, cursor = greatest(cursor, $3),
         reopened = greatest(reopened, $4), skipped = greatest(skipped, $5) WHERE id = $1",
        &[
            (&id.0, Type::UUID),
            (&status_code(progress.status), Type::INT2),
            (&progress.cursor.map(|cursor| cursor.0), Type::INT8),
            (&progress.reopened.cast_signed(), Type::INT8),
            (&progress.skipped.cast_signed(), Type::INT8),
            (&progress.at.0, Type::INT8),
        ],
    )
    .await?;
    // What only goes on is of no interest to anybody else.
    if progress.status != ReplayStatus::Running {
        tx.tell(&Signal::Replays).await?;
    }
    by_uuid(tx, id).await
}

async fn select(conn: &Conn, rest: &str, params: &[Param<'_>]) -> Res<Vec<(i64, Replay)>> {
    conn.query(&format!("{SELECT} {rest}"), params).await?.iter().map(replay).collect()
}

fn replay(row: &Row) -> Res<(i64, Replay)> {
    let (key, selection, status): (i64, &str, i16) = (row.try_get(0)?, row.try_get(7)?, row.try_get(10)?);
    let stored: Stored = json("replay", "selection", key, selection)?;
    let status = [ReplayStatus::Running, ReplayStatus::Done, ReplayStatus::Cancelled]
        .into_iter()
        .find(|known| status_code(*known) == status)
        .ok_or_else(|| Fault::corrupt("replay", "status", key, format!("code {status}")))?;
    let replay = Replay {
        id: ReplayId(row.try_get(1)?),
        project: ProjectKey(row.try_get(2)?),
        mode: mode(row, 3)?,
        tenant: TenantKey(row.try_get(4)?),
        endpoint_id: EndpointId(row.try_get(6)?),
        selection: Selection {
            endpoint: EndpointKey(row.try_get(5)?),
            since: stored.since.map(Millis),
            until: stored.until.map(Millis),
            states: stored.states,
            types: stored.types,
        },
        per_second: small_count(row, 8)?,
        matched: count(row, 9)?,
        progress: ReplayProgress {
            status,
            cursor: row.try_get::<_, Option<i64>>(11)?.map(Ordinal),
            reopened: count(row, 12)?,
            skipped: count(row, 13)?,
            at: millis(row, 14)?,
        },
        created_at: millis(row, 15)?,
    };
    Ok((key, replay))
}
