//! Links that open the portal.

use postrider_model::id::{ProjectKey, TenantKey};
use postrider_store::{
    NewAudit, NewPortalLink, NewSession, NewSessionKey, OpenLink, Session, SessionHolder, StoreError,
    TokenHash,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::session;
use crate::catalogue::audit;
use crate::conn::Conn;
use crate::fault::{Fault, Res};
use crate::row::{millis, mode, mode_bit};

pub(super) async fn create(tx: &Conn, new: &NewPortalLink, entry: &NewAudit) -> Res<()> {
    // A tenant that is deleted meanwhile is so before or after: what is found of the link looks again.
    let made = tx
        .execute(
            "INSERT INTO postrider.portal_link (hash, project, mode, tenant, created_at, expires_at)
             SELECT $1, p.key, $3, t.key, $5, $6
             FROM postrider.tenant t JOIN postrider.project p ON p.key = t.project
             WHERE t.key = $4 AND p.key = $2 AND t.deleted_at IS NULL AND p.deleted_at IS NULL",
            &[
                (&new.hash.as_slice(), Type::BYTEA),
                (&new.project.0, Type::INT8),
                (&mode_bit(new.mode), Type::INT2),
                (&new.tenant.0, Type::INT8),
                (&new.created_at.0, Type::INT8),
                (&new.expires_at.0, Type::INT8),
            ],
        )
        .await?;
    if made == 0 {
        return Err(Fault::Store(StoreError::NotFound("tenant")));
    }
    audit::insert(tx, entry).await
}

pub(super) async fn open(tx: &Conn, link: &TokenHash, session: &NewSessionKey) -> Res<OpenLink> {
    // Of two that open it at once the second waits for the row, and finds it opened.
    let row = tx
        .query_opt(
            "SELECT l.project, l.mode, l.tenant, t.id, l.opened_at IS NOT NULL, l.expires_at
             FROM postrider.portal_link l JOIN postrider.tenant t ON t.key = l.tenant
             JOIN postrider.project p ON p.key = l.project
             WHERE l.hash = $1 AND t.deleted_at IS NULL AND p.deleted_at IS NULL FOR UPDATE OF l",
            &[(&link.as_slice(), Type::BYTEA)],
        )
        .await?;
    let Some(row) = row else { return Ok(OpenLink::Unknown) };
    if row.try_get(4)? {
        return Ok(OpenLink::Used);
    }
    if millis(&row, 5)? <= session.now {
        return Ok(OpenLink::Expired);
    }
    tx.execute(
        "UPDATE postrider.portal_link SET opened_at = $2 WHERE hash = $1",
        &[(&link.as_slice(), Type::BYTEA), (&session.now.0, Type::INT8)],
    )
    .await?;
    let NewSessionKey { hash, now, expires_at } = *session;
    let new = NewSession { hash, holder: customer(&row)?, created_at: now, expires_at };
    session::insert(tx, &new).await?;
    Ok(OpenLink::Opened(Session { holder: new.holder, created_at: now, expires_at }))
}

fn customer(row: &Row) -> Res<SessionHolder> {
    Ok(SessionHolder::Customer {
        project: ProjectKey(row.try_get(0)?),
        mode: mode(row, 1)?,
        tenant: TenantKey(row.try_get(2)?),
        tenant_id: row.try_get(3)?,
    })
}
