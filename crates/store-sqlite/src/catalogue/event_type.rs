//! The event catalogue. A type's name is interned apart from its description: events may be of undeclared types.

use postrider_model::id::{ProjectKey, TypeKey};
use postrider_model::time::Millis;
use postrider_store::{EventType, NewAudit, NewEventType, Page, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{audit, page_of, project};
use crate::fault::{Fault, Res};
use crate::row::{json, time, to_json};

const SELECT: &str =
    "SELECT e.key, n.name, e.description, e.schema, e.example, e.created_at, e.updated_at, e.archived_at
     FROM type_name n JOIN event_type e ON e.key = n.key";

pub(super) fn intern(conn: &Connection, project: ProjectKey, name: &str) -> Res<TypeKey> {
    let mut known = conn.prepare_cached("SELECT key FROM type_name WHERE project = ?1 AND name = ?2")?;
    if let Some(key) = known.query_row(params![project.0, name], |row| row.get(0)).optional()? {
        return Ok(TypeKey(key));
    }
    if !project::lives(conn, project)? {
        return Err(Fault::Store(StoreError::NotFound("project")));
    }
    conn.prepare_cached("INSERT INTO type_name (project, name) VALUES (?1, ?2)")?
        .execute(params![project.0, name])?;
    Ok(TypeKey(conn.last_insert_rowid()))
}

pub(super) fn put(conn: &Connection, new: &NewEventType, entry: &NewAudit) -> Res<EventType> {
    let key = intern(conn, new.project, &new.name)?;
    let schema = new.schema.as_ref().map(to_json).transpose()?;
    let example = new.example.as_ref().map(to_json).transpose()?;
    conn.prepare_cached(
        "INSERT INTO event_type (key, description, schema, example, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)
         ON CONFLICT (key) DO UPDATE SET description = excluded.description, schema = excluded.schema,
         example = excluded.example, updated_at = excluded.updated_at, archived_at = NULL",
    )?
    .execute(params![key.0, new.description, schema, example, new.now.0])?;
    audit::insert(conn, entry)?;
    by_name(conn, new.project, &new.name)?.ok_or(Fault::Store(StoreError::NotFound("event type")))
}

pub(super) fn by_name(conn: &Connection, project: ProjectKey, name: &str) -> Res<Option<EventType>> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE n.project = ?1 AND n.name = ?2"))?;
    let mut rows = statement.query(params![project.0, name])?;
    rows.next()?.map(event_type).transpose()
}

/// By name; the cursor is the last name shown.
pub(super) fn list(
    conn: &Connection,
    project: ProjectKey,
    cursor: Option<&str>,
    limit: usize,
) -> Res<Page<EventType>> {
    let mut statement = conn.prepare_cached(&format!(
        "{SELECT} WHERE n.project = ?1 AND n.name > ?2 AND e.archived_at IS NULL ORDER BY n.name LIMIT ?3"
    ))?;
    let limit_and_one = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![project.0, cursor.unwrap_or(""), limit_and_one])?;
    let mut types = Vec::new();
    while let Some(row) = rows.next()? {
        types.push(event_type(row)?);
    }
    Ok(page_of(types, limit, |kind| kind.name.clone()))
}

pub(super) fn archive(
    conn: &Connection,
    project: ProjectKey,
    name: &str,
    now: Millis,
    entry: &NewAudit,
) -> Res<()> {
    let archived = conn
        .prepare_cached(
            "UPDATE event_type SET archived_at = ?3 WHERE archived_at IS NULL
             AND key = (SELECT key FROM type_name WHERE project = ?1 AND name = ?2)",
        )?
        .execute(params![project.0, name, now.0])?;
    if archived == 0 {
        return Err(Fault::Store(StoreError::NotFound("event type")));
    }
    audit::insert(conn, entry)
}

fn event_type(row: &Row<'_>) -> Res<EventType> {
    let key: i64 = row.get(0)?;
    let value = |index, column| -> Res<_> {
        let text: Option<String> = row.get(index)?;
        text.map(|text| json("event_type", column, key, &text)).transpose()
    };
    Ok(EventType {
        name: row.get(1)?,
        description: row.get(2)?,
        schema: value(3, "schema")?,
        example: value(4, "example")?,
        created_at: Millis(row.get(5)?),
        updated_at: Millis(row.get(6)?),
        archived_at: time(row, 7)?,
    })
}
