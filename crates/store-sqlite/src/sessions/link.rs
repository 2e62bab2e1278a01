//! Links that open the portal.

use postrider_model::id::{Mode, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{
    NewAudit, NewPortalLink, NewSession, NewSessionKey, OpenLink, Session, SessionHolder, StoreError,
    TokenHash,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::session;
use crate::catalogue::audit;
use crate::fault::{Fault, Res};

pub(super) fn create(conn: &Connection, new: &NewPortalLink, entry: &NewAudit) -> Res<()> {
    let mut tenant = conn.prepare_cached(
        "SELECT 1 FROM tenant t JOIN project p ON p.key = t.project
         WHERE t.key = ?1 AND p.key = ?2 AND t.deleted_at IS NULL AND p.deleted_at IS NULL",
    )?;
    let lives = tenant.query_row([new.tenant.0, new.project.0], |_| Ok(())).optional()?;
    lives.ok_or(Fault::Store(StoreError::NotFound("tenant")))?;
    conn.prepare_cached(
        "INSERT INTO portal_link (hash, project, mode, tenant, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        new.hash.as_slice(),
        new.project.0,
        new.mode.bit(),
        new.tenant.0,
        new.created_at.0,
        new.expires_at.0
    ])?;
    audit::insert(conn, entry)
}

/// All in the one writing transaction: nobody opens it in between.
pub(super) fn open(conn: &Connection, link: &TokenHash, session: &NewSessionKey) -> Res<OpenLink> {
    let NewSessionKey { hash, now, expires_at } = *session;
    let holder = match look(conn, link, now)? {
        Ok(holder) => holder,
        Err(closed) => return Ok(closed),
    };
    conn.prepare_cached("UPDATE portal_link SET opened_at = ?2 WHERE hash = ?1")?
        .execute(params![link.as_slice(), now.0])?;
    let new = NewSession { hash, holder, created_at: now, expires_at };
    session::insert(conn, &new)?;
    Ok(OpenLink::Opened(Session { holder: new.holder, created_at: now, expires_at }))
}

/// Whose session the link would begin, or why it opens nothing, now and ever after.
pub(super) fn look(conn: &Connection, link: &TokenHash, now: Millis) -> Res<Result<SessionHolder, OpenLink>> {
    let Some(found) = find(conn, link)? else { return Ok(Err(OpenLink::Unknown)) };
    if found.opened {
        return Ok(Err(OpenLink::Used));
    }
    if found.expires_at <= now {
        return Ok(Err(OpenLink::Expired));
    }
    Ok(Ok(found.holder))
}

struct Found {
    holder: SessionHolder,
    opened: bool,
    expires_at: Millis,
}

fn find(conn: &Connection, link: &TokenHash) -> Res<Option<Found>> {
    let mut statement = conn.prepare_cached(
        "SELECT l.project, l.mode, l.tenant, t.id, l.opened_at IS NOT NULL, l.expires_at
         FROM portal_link l JOIN tenant t ON t.key = l.tenant JOIN project p ON p.key = l.project
         WHERE l.hash = ?1 AND t.deleted_at IS NULL AND p.deleted_at IS NULL",
    )?;
    let found = statement.query_row([link.as_slice()], |row| {
        let holder = SessionHolder::Customer {
            project: ProjectKey(row.get(0)?),
            mode: Mode::from_bit(row.get(1)?),
            tenant: TenantKey(row.get(2)?),
            tenant_id: row.get(3)?,
        };
        Ok(Found { holder, opened: row.get(4)?, expires_at: Millis(row.get(5)?) })
    });
    Ok(found.optional()?)
}
