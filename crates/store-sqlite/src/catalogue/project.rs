//! Projects.

use postrider_model::id::ProjectKey;
use postrider_model::time::Millis;
use postrider_store::{NewAudit, NewProject, Page, Project, ProjectPatch, StoreError};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::{after_key, audit, page_of};
use crate::fault::{Fault, Res};
use crate::row::{json, to_json};
use crate::upkeep::erasure;
use crate::writer::Writer;

const COLUMNS: &str = "key, id, name, contract, settings, created_at, updated_at, revision";

pub(super) fn create(conn: &Connection, new: &NewProject, mut entry: NewAudit) -> Res<Project> {
    if by_id(conn, &new.id)?.is_some() {
        return Err(Fault::Store(StoreError::Exists("project")));
    }
    conn.prepare_cached(
        "INSERT INTO project (id, name, contract, settings, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
    )?
    .execute(params![new.id, new.name, new.contract, to_json(&new.settings)?, new.now.0])?;
    let key = ProjectKey(conn.last_insert_rowid());
    // The caller cannot know the row of a project that is only now made.
    entry.project = entry.project.or(Some(key));
    audit::insert(conn, &entry)?;
    existing(conn, key)
}

pub(super) fn by_id(conn: &Connection, id: &str) -> Res<Option<Project>> {
    one(conn, &format!("SELECT {COLUMNS} FROM project WHERE id = ?1 AND deleted_at IS NULL"), [id])
}

pub(super) fn by_key(conn: &Connection, key: ProjectKey) -> Res<Option<Project>> {
    one(conn, &format!("SELECT {COLUMNS} FROM project WHERE key = ?1 AND deleted_at IS NULL"), [key.0])
}

pub(super) fn list(conn: &Connection, cursor: Option<&str>, limit: usize) -> Res<Page<Project>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM project WHERE key < ?1 AND deleted_at IS NULL ORDER BY key DESC LIMIT ?2"
    ))?;
    let mut rows =
        statement.query(params![after_key(cursor)?, i64::try_from(limit + 1).unwrap_or(i64::MAX)])?;
    let mut projects = Vec::new();
    while let Some(row) = rows.next()? {
        projects.push(project(row)?);
    }
    Ok(page_of(projects, limit, |project| project.key.0.to_string()))
}

pub(super) fn update(
    w: &Writer,
    key: ProjectKey,
    patch: &ProjectPatch,
    entry: &NewAudit,
) -> Res<Option<Project>> {
    if existing(&w.conn, key)?.revision != patch.revision {
        return Ok(None);
    }
    let settings = patch.settings.as_ref().map(to_json).transpose()?;
    w.conn
        .prepare_cached(
            "UPDATE project SET name = coalesce(?2, name), contract = coalesce(?3, contract),
             settings = coalesce(?4, settings), updated_at = ?5, revision = revision + 1 WHERE key = ?1",
        )?
        .execute(params![key.0, patch.name, patch.contract, settings, patch.now.0])?;
    bump_routing(w, key)?;
    audit::insert(&w.conn, entry)?;
    by_key(&w.conn, key)
}

pub(super) fn delete(w: &Writer, key: ProjectKey, entry: &NewAudit) -> Res<()> {
    let deleted = w
        .conn
        .prepare_cached("UPDATE project SET deleted_at = ?2 WHERE key = ?1 AND deleted_at IS NULL")?
        .execute(params![key.0, entry.at.0])?;
    if deleted == 0 {
        return Err(Fault::Store(StoreError::NotFound("project")));
    }
    bump_routing(w, key)?;
    erasure::queue_project(&w.conn, key)?;
    audit::insert(&w.conn, entry)
}

fn bump_routing(w: &Writer, key: ProjectKey) -> Res<()> {
    w.conn.prepare_cached("UPDATE project SET routing = routing + 1 WHERE key = ?1")?.execute([key.0])?;
    w.memory.borrow_mut().forget_routing();
    Ok(())
}

fn existing(conn: &Connection, key: ProjectKey) -> Res<Project> {
    by_key(conn, key)?.ok_or(Fault::Store(StoreError::NotFound("project")))
}

fn one(conn: &Connection, sql: &str, params: impl Params) -> Res<Option<Project>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(project).transpose()
}

fn project(row: &Row<'_>) -> Res<Project> {
    let (key, settings): (i64, String) = (row.get(0)?, row.get(4)?);
    Ok(Project {
        key: ProjectKey(key),
        id: row.get(1)?,
        name: row.get(2)?,
        contract: row.get(3)?,
        settings: json("project", "settings", key, &settings)?,
        created_at: Millis(row.get(5)?),
        updated_at: Millis(row.get(6)?),
        revision: row.get::<_, i64>(7)?.cast_unsigned(),
    })
}

/// Whether a project goes on.
pub(super) fn lives(conn: &Connection, key: ProjectKey) -> Res<bool> {
    let mut statement = conn.prepare_cached("SELECT 1 FROM project WHERE key = ?1 AND deleted_at IS NULL")?;
    Ok(statement.query_row([key.0], |_| Ok(())).optional()?.is_some())
}
