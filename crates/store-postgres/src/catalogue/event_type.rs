//! The event catalogue. A type's name is interned apart from its description: events may be of undeclared types.

use postrider_model::id::{ProjectKey, TypeKey};
use postrider_model::time::Millis;
use postrider_store::{EventType, NewAudit, NewEventType, Page, Signal, StoreError};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Tell, audit, project};
use crate::conn::Conn;
use crate::fault::{Fault, Res};
use crate::row::{json, limit, millis, time, to_json};
use postrider_store::paging::page_of;

const SELECT: &str =
    "SELECT e.key, n.name, e.description, e.schema, e.example, e.created_at, e.updated_at, e.archived_at
     FROM postrider.type_name n JOIN postrider.event_type e ON e.key = n.key";

/// The row of a name, where it is known.
pub(super) async fn known(conn: &Conn, project: ProjectKey, name: &str) -> Res<Option<TypeKey>> {
    let row = conn
        .query_opt(
            "SELECT key FROM postrider.type_name WHERE project = $1 AND name = $2",
            &[(&project.0, Type::INT8), (&name, Type::TEXT)],
        )
        .await?;
    Ok(row.map(|row| row.try_get(0).map(TypeKey)).transpose()?)
}

/// Makes the row of a name where it is new.
pub(super) async fn intern(tx: &Conn, project: ProjectKey, name: &str) -> Res<TypeKey> {
    if let Some(key) = known(tx, project, name).await? {
        return Ok(key);
    }
    project::must_live(tx, project).await?;
    tx.execute(
        "INSERT INTO postrider.type_name (project, name) VALUES ($1, $2) ON CONFLICT (project, name) DO NOTHING",
        &[(&project.0, Type::INT8), (&name, Type::TEXT)],
    )
    .await?;
    // The project goes on, so its names do.
    known(tx, project, name).await?.ok_or(Fault::Store(StoreError::NotFound("event type")))
}

pub(super) async fn put(tx: &Tell, new: &NewEventType, entry: &NewAudit) -> Res<EventType> {
    let key = intern(tx, new.project, &new.name).await?;
    let schema = new.schema.as_ref().map(to_json).transpose()?;
    let example = new.example.as_ref().map(to_json).transpose()?;
    tx.execute(
        "INSERT INTO postrider.event_type (key, description, schema, example, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (key) DO UPDATE SET description = excluded.description, schema = excluded.schema,
         example = excluded.example, updated_at = excluded.updated_at, archived_at = NULL",
        &[
            (&key.0, Type::INT8),
            (&new.description, Type::TEXT),
            (&schema, Type::TEXT),
            (&example, Type::TEXT),
            (&new.now.0, Type::INT8),
        ],
    )
    .await?;
    tx.tell(&Signal::Project(new.project)).await?;
    audit::insert(tx, entry).await?;
    by_name(tx, new.project, &new.name).await?.ok_or(Fault::Store(StoreError::NotFound("event type")))
}

pub(super) async fn by_name(conn: &Conn, project: ProjectKey, name: &str) -> Res<Option<EventType>> {
    let row = conn
        .query_opt(
            &format!("{SELECT} WHERE n.project = $1 AND n.name = $2"),
            &[(&project.0, Type::INT8), (&name, Type::TEXT)],
        )
        .await?;
    row.as_ref().map(event_type).transpose()
}

/// By name; the cursor is the last name shown.
pub(super) async fn list(
    conn: &Conn,
    project: ProjectKey,
    cursor: Option<&str>,
    most: usize,
) -> Res<Page<EventType>> {
    let rows = conn
        .query(
            &format!(
                "{SELECT} WHERE n.project = $1 AND n.name > $2 AND e.archived_at IS NULL
                 ORDER BY n.name LIMIT $3"
            ),
            &[(&project.0, Type::INT8), (&cursor.unwrap_or(""), Type::TEXT), (&limit(most + 1), Type::INT8)],
        )
        .await?;
    let types = rows.iter().map(event_type).collect::<Res<Vec<_>>>()?;
    Ok(page_of(types, most, |kind| kind.name.clone()))
}

pub(super) async fn archive(
    tx: &Tell,
    project: ProjectKey,
    name: &str,
    now: Millis,
    entry: &NewAudit,
) -> Res<()> {
    let archived = tx
        .execute(
            "UPDATE postrider.event_type SET archived_at = $3 WHERE archived_at IS NULL
             AND key = (SELECT key FROM postrider.type_name WHERE project = $1 AND name = $2)",
            &[(&project.0, Type::INT8), (&name, Type::TEXT), (&now.0, Type::INT8)],
        )
        .await?;
    if archived == 0 {
        return Err(Fault::Store(StoreError::NotFound("event type")));
    }
    tx.tell(&Signal::Project(project)).await?;
    audit::insert(tx, entry).await
}

fn event_type(row: &Row) -> Res<EventType> {
    let key: i64 = row.try_get(0)?;
    let value = |index: usize, column| -> Res<_> {
        let text: Option<&str> = row.try_get(index)?;
        text.map(|text| json("event_type", column, key, text)).transpose()
    };
    Ok(EventType {
        name: row.try_get(1)?,
        description: row.try_get(2)?,
        schema: value(3, "schema")?,
        example: value(4, "example")?,
        created_at: millis(row, 5)?,
        updated_at: millis(row, 6)?,
        archived_at: time(row, 7)?,
    })
}
