//! Projects.

use postrider_model::id::ProjectKey;
use postrider_store::{NewAudit, NewProject, Page, Project, ProjectPatch, Signal, StoreError};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Tell, audit};
use crate::conn::{Conn, Param};
use crate::fault::{Fault, Res};
use crate::row::{count, json, limit, millis, to_json};
use crate::upkeep::erasure;
use postrider_store::paging::{after_key, page_of};

const SELECT: &str = "SELECT key, id, name, contract, settings, created_at, updated_at, revision
     FROM postrider.project";

pub(super) async fn create(tx: &Conn, new: &NewProject, mut entry: NewAudit) -> Res<Project> {
    let made = tx
        .query_one(
            "INSERT INTO postrider.project (id, name, contract, settings, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $5) RETURNING key",
            &[
                (&new.id, Type::TEXT),
                (&new.name, Type::TEXT),
                (&new.contract, Type::TEXT),
                (&to_json(&new.settings)?, Type::TEXT),
                (&new.now.0, Type::INT8),
            ],
        )
        .await;
    let made =
        made.map_err(
            |fault| {
                if fault.is_duplicate() { Fault::Store(StoreError::Exists("project")) } else { fault }
            },
        )?;
    let key = ProjectKey(made.try_get(0)?);
    // The caller cannot know the row of a project that is only now made.
    entry.project = entry.project.or(Some(key));
    audit::insert(tx, &entry).await?;
    by_key(tx, key).await?.ok_or(NOT_FOUND)
}

pub(super) async fn by_id(conn: &Conn, id: &str) -> Res<Option<Project>> {
    one(conn, "WHERE id = $1 AND deleted_at IS NULL", &[(&id, Type::TEXT)]).await
}

pub(super) async fn by_key(conn: &Conn, key: ProjectKey) -> Res<Option<Project>> {
    one(conn, "WHERE key = $1 AND deleted_at IS NULL", &[(&key.0, Type::INT8)]).await
}

pub(super) async fn list(conn: &Conn, cursor: Option<&str>, most: usize) -> Res<Page<Project>> {
    let rows = conn
        .query(
            &format!("{SELECT} WHERE key < $1 AND deleted_at IS NULL ORDER BY key DESC LIMIT $2"),
            &[(&after_key(cursor)?, Type::INT8), (&limit(most + 1), Type::INT8)],
        )
        .await?;
    let projects = rows.iter().map(project).collect::<Res<Vec<_>>>()?;
    Ok(page_of(projects, most, |project| project.key.0.to_string()))
}

pub(super) async fn update(
    tx: &Tell,
    key: ProjectKey,
    patch: &ProjectPatch,
    entry: &NewAudit,
) -> Res<Option<Project>> {
    let settings = patch.settings.as_ref().map(to_json).transpose()?;
    let changed = tx
        .execute(
            "UPDATE postrider.project SET name = coalesce($3, name), contract = coalesce($4, contract),
             settings = coalesce($5, settings), updated_at = $6, revision = revision + 1, routing = routing + 1
             WHERE key = $1 AND revision = $2 AND deleted_at IS NULL",
            &[
                (&key.0, Type::INT8),
                (&patch.revision.cast_signed(), Type::INT8),
                (&patch.name, Type::TEXT),
                (&patch.contract, Type::TEXT),
                (&settings, Type::TEXT),
                (&patch.now.0, Type::INT8),
            ],
        )
        .await?;
    let now = by_key(tx, key).await?.ok_or(NOT_FOUND)?;
    if changed == 0 {
        return Ok(None);
    }
    tx.tell(&Signal::Project(key)).await?;
    audit::insert(tx, entry).await?;
    Ok(Some(now))
}

pub(super) async fn delete(tx: &Tell, key: ProjectKey, entry: &NewAudit) -> Res<()> {
    let deleted = tx
        .execute(
            "UPDATE postrider.project SET deleted_at = $2, routing = routing + 1
             WHERE key = $1 AND deleted_at IS NULL",
            &[(&key.0, Type::INT8), (&entry.at.0, Type::INT8)],
        )
        .await?;
    if deleted == 0 {
        return Err(NOT_FOUND);
    }
    erasure::queue_project(tx, key).await?;
    tx.tell(&Signal::Project(key)).await?;
    audit::insert(tx, entry).await
}

const NOT_FOUND: Fault = Fault::Store(StoreError::NotFound("project"));

/// Answers [`StoreError::NotFound`] unless the project goes on, and sees to it that it does so until the transaction's
/// end.
pub(super) async fn must_live(tx: &Conn, key: ProjectKey) -> Res<()> {
    let lives = tx
        .query_opt(
            "SELECT FROM postrider.project WHERE key = $1 AND deleted_at IS NULL FOR SHARE",
            &[(&key.0, Type::INT8)],
        )
        .await?;
    lives.map(drop).ok_or(NOT_FOUND)
}

async fn one(conn: &Conn, rest: &str, params: &[Param<'_>]) -> Res<Option<Project>> {
    conn.query_opt(&format!("{SELECT} {rest}"), params).await?.as_ref().map(project).transpose()
}

fn project(row: &Row) -> Res<Project> {
    let (key, settings): (i64, &str) = (row.try_get(0)?, row.try_get(4)?);
    Ok(Project {
        key: ProjectKey(key),
        id: row.try_get(1)?,
        name: row.try_get(2)?,
        contract: row.try_get(3)?,
        settings: json("project", "settings", key, settings)?,
        created_at: millis(row, 5)?,
        updated_at: millis(row, 6)?,
        revision: count(row, 7)?,
    })
}
