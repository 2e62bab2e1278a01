//! Erasing tenants and projects that were deleted, in small steps.

use postrider_model::id::{ProjectKey, TenantKey};
use postrider_model::time::Millis;
use rusqlite::{Connection, OptionalExtension, params};

use super::expire;
use crate::fault::Res;
use crate::writer::{Writer, mark};

const TENANT: i64 = 0;
const PROJECT: i64 = 1;

/// Queues a deleted tenant's rows for erasure.
pub(crate) fn queue_tenant(conn: &Connection, tenant: TenantKey) -> Res<()> {
    queue(conn, TENANT, tenant.0)
}

/// Queues a deleted project's rows for erasure.
pub(crate) fn queue_project(conn: &Connection, project: ProjectKey) -> Res<()> {
    queue(conn, PROJECT, project.0)
}

fn queue(conn: &Connection, kind: i64, key: i64) -> Res<()> {
    conn.prepare_cached("INSERT OR IGNORE INTO erasure (kind, key, mark) VALUES (?1, ?2, 0)")?
        .execute(params![kind, key])?;
    Ok(())
}

/// Erases some rows. Tenants first, so that a project finds its own gone.
pub(super) fn step(w: &Writer, rows: usize) -> Res<bool> {
    let conn = &w.conn;
    let mut next = conn.prepare_cached("SELECT kind, key, mark FROM erasure ORDER BY kind, key LIMIT 1")?;
    let next: Option<(i64, i64, i64)> =
        next.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    match next {
        None => Ok(false),
        Some((TENANT, tenant, mark)) => tenant_step(w, tenant, mark, rows).map(|()| true),
        Some((_, project, _)) => project_step(conn, project, rows).map(|()| true),
    }
}

/// The events of a tenant, from `mark` upwards; its endpoints, keys and name when none is left.
fn tenant_step(w: &Writer, tenant: i64, mark: i64, rows: usize) -> Res<()> {
    let conn = &w.conn;
    let (events, reached) = next_events(conn, tenant, mark, rows)?;
    let mut done = 0;
    for event in events {
        // Nothing of an erased tenant is due again, so no time is needed for what is released, and nobody is told.
        let limit = (rows.saturating_sub(done) / 4).max(1);
        let deleted = expire::delete(w, event, Millis::MIN, limit, &mut Vec::new())?;
        if !deleted.whole {
            return set_mark(conn, tenant, event - 1);
        }
        done += 4 * deleted.rows;
        if done >= rows {
            return set_mark(conn, tenant, event);
        }
    }
    match reached {
        Some(reached) => set_mark(conn, tenant, reached),
        None => forget_tenant(conn, tenant, rows),
    }
}

/// Events of the tenant above `mark`, and up to where was looked; `None` where everything was.
fn next_events(conn: &Connection, tenant: i64, mark: i64, rows: usize) -> Res<(Vec<i64>, Option<i64>)> {
    let listed = mark::get(conn, mark::LISTED)?;
    if mark < listed {
        return listed_events(conn, tenant, mark, listed, rows);
    }
    let mut tail = conn.prepare_cached("SELECT id, tenant FROM event WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let mut found = tail.query(params![mark, rows as i64])?;
    let (mut events, mut last, mut seen) = (Vec::new(), mark, 0);
    while let Some(row) = found.next()? {
        (last, seen) = (row.get(0)?, seen + 1);
        if row.get::<_, i64>(1)? == tenant {
            events.push(last);
        }
    }
    Ok((events, (seen == rows).then_some(last)))
}

/// The next events of the tenant in the next run.
fn listed_events(
    conn: &Connection,
    tenant: i64,
    mark: i64,
    listed: i64,
    rows: usize,
) -> Res<(Vec<i64>, Option<i64>)> {
    let mut run =
        conn.prepare_cached("SELECT run, last FROM list_run WHERE last > ?1 ORDER BY last LIMIT 1")?;
    let run: Option<(i64, i64)> = run.query_row([mark], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((run, last)) = run else { return Ok((Vec::new(), Some(listed))) };
    let mut of_mode = conn.prepare_cached(
        "SELECT event FROM run_event WHERE run = ?1 AND owner = ?2 AND event > ?3 ORDER BY event LIMIT ?4",
    )?;
    let mut events: Vec<i64> = Vec::new();
    for owner in [tenant * 2, tenant * 2 + 1] {
        for event in of_mode.query_map(params![run, owner, mark, rows as i64], |row| row.get(0))? {
            events.push(event?);
        }
    }
    events.sort_unstable();
    events.truncate(rows);
    // A merged run may hold more than one step can look at.
    let reached = if events.len() == rows { events.last().copied() } else { None };
    Ok((events, Some(reached.unwrap_or(last))))
}

fn set_mark(conn: &Connection, tenant: i64, mark: i64) -> Res<()> {
    conn.prepare_cached("UPDATE erasure SET mark = ?3 WHERE kind = ?1 AND key = ?2")?
        .execute([TENANT, tenant, mark])?;
    Ok(())
}

/// Forgets some of what belongs to a tenant without events, and at last itself.
fn forget_tenant(conn: &Connection, tenant: i64, rows: usize) -> Res<()> {
    for sql in [
        "DELETE FROM stat WHERE (endpoint, minute) IN
         (SELECT s.endpoint, s.minute FROM endpoint e CROSS JOIN stat s ON s.endpoint = e.key
          WHERE e.tenant = ?1 LIMIT ?2)",
        "DELETE FROM replay WHERE key IN (SELECT key FROM replay WHERE tenant = ?1 LIMIT ?2)",
        "DELETE FROM audit WHERE key IN
         (SELECT a.key FROM tenant t CROSS JOIN audit a ON a.project = t.project AND a.tenant = t.id
          WHERE t.key = ?1 AND a.at < t.deleted_at LIMIT ?2)",
        "DELETE FROM api_key WHERE key IN (SELECT key FROM api_key WHERE tenant = ?1 LIMIT ?2)",
        "DELETE FROM portal_link WHERE hash IN (SELECT hash FROM portal_link WHERE tenant = ?1 LIMIT ?2)",
        "DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE tenant = ?1 LIMIT ?2)",
        "DELETE FROM endpoint WHERE key IN (SELECT key FROM endpoint WHERE tenant = ?1 LIMIT ?2)",
    ] {
        if conn.prepare_cached(sql)?.execute([tenant, rows as i64])? == rows {
            return Ok(());
        }
    }
    conn.prepare_cached("DELETE FROM tenant WHERE key = ?1")?.execute([tenant])?;
    conn.prepare_cached("DELETE FROM erasure WHERE kind = ?1 AND key = ?2")?.execute([TENANT, tenant])?;
    Ok(())
}

/// Queues a project's tenants one by one; when none is left, the project's own rows go.
fn project_step(conn: &Connection, project: i64, rows: usize) -> Res<()> {
    let mut tenant = conn.prepare_cached("SELECT key FROM tenant WHERE project = ?1 LIMIT 1")?;
    if let Some(tenant) = tenant.query_row([project], |row| row.get(0)).optional()? {
        conn.prepare_cached(
            "UPDATE tenant SET deleted_at = coalesce(deleted_at, (SELECT deleted_at FROM project WHERE key = ?2))
             WHERE key = ?1",
        )?
        .execute([tenant, project])?;
        return queue_tenant(conn, TenantKey(tenant));
    }
    for sql in [
        "DELETE FROM project_stat WHERE (world, minute, node) IN
         (SELECT world, minute, node FROM project_stat WHERE world IN (?1 * 2, ?1 * 2 + 1) LIMIT ?2)",
        "DELETE FROM api_key WHERE key IN (SELECT key FROM api_key WHERE project = ?1 LIMIT ?2)",
        "DELETE FROM event_type WHERE key IN
         (SELECT e.key FROM type_name n CROSS JOIN event_type e ON e.key = n.key WHERE n.project = ?1 LIMIT ?2)",
        "DELETE FROM type_name WHERE key IN (SELECT key FROM type_name WHERE project = ?1 LIMIT ?2)",
        "DELETE FROM audit WHERE key IN (SELECT key FROM audit WHERE project = ?1 LIMIT ?2)",
    ] {
        if conn.prepare_cached(sql)?.execute([project, rows as i64])? == rows {
            return Ok(());
        }
    }
    conn.prepare_cached("DELETE FROM project WHERE key = ?1")?.execute([project])?;
    conn.prepare_cached("DELETE FROM erasure WHERE kind = ?1 AND key = ?2")?.execute([PROJECT, project])?;
    Ok(())
}
