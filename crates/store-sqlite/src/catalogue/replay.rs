//! Replays and their progress, which survives a restart.

use postrider_model::delivery::DeliveryState;
use postrider_model::id::{EndpointId, EndpointKey, Mode, Ordinal, ProjectKey, ReplayId, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{
    NewAudit, NewReplay, Page, Replay, ReplayProgress, ReplayStatus, Scope, Selection, StoreError,
};
use rusqlite::{Connection, Params, Row, params};
use serde::{Deserialize, Serialize};

use super::{after_key, audit, page_of};
use crate::fault::{Fault, Res};
use crate::row::{json, to_json, uuid};

const SELECT: &str =
    "SELECT r.key, r.id, r.project, r.mode, r.tenant, r.endpoint, e.id, r.selection, r.per_second,
    r.matched, r.status, r.cursor, r.reopened, r.skipped, r.at, r.created_at
    FROM replay r JOIN endpoint e ON e.key = r.endpoint";

/// A selection as JSON; its endpoint has a column.
#[derive(Serialize, Deserialize)]
struct Stored {
    since: Option<i64>,
    until: Option<i64>,
    states: Vec<DeliveryState>,
    types: Vec<String>,
}

fn status_code(status: ReplayStatus) -> i64 {
    match status {
        ReplayStatus::Running => 0,
        ReplayStatus::Done => 1,
        ReplayStatus::Cancelled => 2,
    }
}

pub(super) fn create(conn: &Connection, new: &NewReplay, entry: &NewAudit) -> Res<Replay> {
    let selection = Stored {
        since: new.selection.since.map(|at| at.0),
        until: new.selection.until.map(|at| at.0),
        states: new.selection.states.clone(),
        types: new.selection.types.clone(),
    };
    conn.prepare_cached(
        "INSERT INTO replay (id, project, mode, tenant, endpoint, selection, per_second, matched, status, cursor,
         reopened, skipped, at, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, NULL, 0, 0, ?9, ?9)",
    )?
    .execute(params![
        new.id.0.into_bytes(),
        new.scope.project.0,
        new.scope.mode.bit(),
        new.tenant.0,
        new.selection.endpoint.0,
        to_json(&selection)?,
        new.per_second,
        new.matched.cast_signed(),
        new.now.0
    ])?;
    audit::insert(conn, entry)?;
    by_uuid(conn, new.id)
}

fn by_uuid(conn: &Connection, id: ReplayId) -> Res<Replay> {
    let found = select(conn, "WHERE r.id = ?1", params![id.0.into_bytes()])?;
    found.into_iter().next().map(|(_, replay)| replay).ok_or(Fault::Store(StoreError::NotFound("replay")))
}

pub(super) fn by_id(conn: &Connection, scope: Scope, id: ReplayId) -> Res<Option<Replay>> {
    let found = select(
        conn,
        "WHERE r.id = ?1 AND r.project = ?2 AND r.mode = ?3 AND (?4 IS NULL OR r.tenant = ?4)",
        params![id.0.into_bytes(), scope.project.0, scope.mode.bit(), scope.tenant.map(|tenant| tenant.0)],
    )?;
    Ok(found.into_iter().next().map(|(_, replay)| replay))
}

pub(super) fn list(conn: &Connection, scope: Scope, cursor: Option<&str>, limit: usize) -> Res<Page<Replay>> {
    let rows = select(
        conn,
        "WHERE r.project = ?1 AND r.mode = ?2 AND (?3 IS NULL OR r.tenant = ?3) AND r.key < ?4
         ORDER BY r.key DESC LIMIT ?5",
        params![
            scope.project.0,
            scope.mode.bit(),
            scope.tenant.map(|tenant| tenant.0),
            after_key(cursor)?,
            i64::try_from(limit + 1).unwrap_or(i64::MAX)
        ],
    )?;
    let page = page_of(rows, limit, |(key, _)| key.to_string());
    Ok(Page { rows: page.rows.into_iter().map(|(_, replay)| replay).collect(), next: page.next })
}

/// Running replays, oldest first.
pub(super) fn running(conn: &Connection) -> Res<Vec<Replay>> {
    Ok(select(conn, "WHERE r.status = 0 ORDER BY r.key", [])?.into_iter().map(|(_, replay)| replay).collect())
}

pub(super) fn advance(conn: &Connection, id: ReplayId, progress: &ReplayProgress) -> Res<Replay> {
    conn.prepare_cached(
        "UPDATE replay SET status = iif(status = 0, ?2, status), at = iif(status = 0, ?6, at),
         cursor = coalesce(max(cursor, ?3), ?3, cursor), reopened = max(reopened, ?4), skipped = max(skipped, ?5)
         WHERE id = ?1",
    )?
    .execute(params![
        id.0.into_bytes(),
        status_code(progress.status),
        progress.cursor.map(|cursor| cursor.0),
        progress.reopened.cast_signed(),
        progress.skipped.cast_signed(),
        progress.at.0
    ])?;
    by_uuid(conn, id)
}

fn select(conn: &Connection, rest: &str, params: impl Params) -> Res<Vec<(i64, Replay)>> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} {rest}"))?;
    let mut rows = statement.query(params)?;
    let mut replays = Vec::new();
    while let Some(row) = rows.next()? {
        replays.push(replay(row)?);
    }
    Ok(replays)
}

fn replay(row: &Row<'_>) -> Res<(i64, Replay)> {
    let (key, selection, status): (i64, String, i64) = (row.get(0)?, row.get(7)?, row.get(10)?);
    let stored: Stored = json("replay", "selection", key, &selection)?;
    let status = [ReplayStatus::Running, ReplayStatus::Done, ReplayStatus::Cancelled]
        .into_iter()
        .find(|known| status_code(*known) == status)
        .ok_or_else(|| Fault::corrupt("replay", "status", key, format!("code {status}")))?;
    let count = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
    let replay = Replay {
        id: ReplayId(uuid(row, 1)?),
        project: ProjectKey(row.get(2)?),
        mode: Mode::from_bit(row.get(3)?),
        tenant: TenantKey(row.get(4)?),
        endpoint_id: EndpointId(uuid(row, 6)?),
        selection: Selection {
            endpoint: EndpointKey(row.get(5)?),
            since: stored.since.map(Millis),
            until: stored.until.map(Millis),
            states: stored.states,
            types: stored.types,
        },
        per_second: row.get(8)?,
        matched: count(9)?,
        progress: ReplayProgress {
            status,
            cursor: row.get::<_, Option<i64>>(11)?.map(Ordinal),
            reopened: count(12)?,
            skipped: count(13)?,
            at: Millis(row.get(14)?),
        },
        created_at: Millis(row.get(15)?),
    };
    Ok((key, replay))
}
