//! Sessions.

use postrider_model::id::{ProjectKey, TenantKey};
use postrider_store::{NewAudit, NewSession, Session, SessionHolder, TokenHash};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::catalogue::audit;
use crate::conn::Conn;
use crate::fault::{Fault, Res};
use crate::row::{millis, mode, mode_bit};

const ROOT: i16 = 0;
const KEY: i16 = 1;
const CUSTOMER: i16 = 2;

pub(super) async fn create(tx: &Conn, new: &NewSession, entry: &NewAudit) -> Res<()> {
    insert(tx, new).await?;
    audit::insert(tx, entry).await
}

pub(super) async fn insert(tx: &Conn, new: &NewSession) -> Res<()> {
    let (kind, secret, customer) = match &new.holder {
        SessionHolder::Root { proof } => (ROOT, Some(proof.as_slice()), None),
        SessionHolder::Key { key_hash } => (KEY, Some(key_hash.as_slice()), None),
        SessionHolder::Customer { project, mode, tenant, .. } => {
            (CUSTOMER, None, Some((project.0, mode_bit(*mode), tenant.0)))
        }
    };
    tx.execute(
        "INSERT INTO postrider.session (hash, kind, secret, project, mode, tenant, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            (&new.hash.as_slice(), Type::BYTEA),
            (&kind, Type::INT2),
            (&secret, Type::BYTEA),
            (&customer.map(|(project, ..)| project), Type::INT8),
            (&customer.map(|(_, mode, _)| mode), Type::INT2),
            (&customer.map(|(.., tenant)| tenant), Type::INT8),
            (&new.created_at.0, Type::INT8),
            (&new.expires_at.0, Type::INT8),
        ],
    )
    .await?;
    Ok(())
}

/// A customer's only while its tenant and project go on.
pub(super) async fn by_hash(conn: &Conn, hash: &TokenHash) -> Res<Option<Session>> {
    let row = conn
        .query_opt(
            "SELECT s.kind, s.secret, s.project, s.mode, s.tenant, t.id, s.created_at, s.expires_at
             FROM postrider.session s
             LEFT JOIN postrider.tenant t ON t.key = s.tenant AND t.deleted_at IS NULL
             LEFT JOIN postrider.project p ON p.key = s.project AND p.deleted_at IS NULL
             WHERE s.hash = $1 AND (s.kind <> 2 OR (t.key IS NOT NULL AND p.key IS NOT NULL))",
            &[(&hash.as_slice(), Type::BYTEA)],
        )
        .await?;
    row.as_ref().map(session).transpose()
}

pub(super) async fn end(tx: &Conn, hash: &TokenHash) -> Res<()> {
    tx.execute("DELETE FROM postrider.session WHERE hash = $1", &[(&hash.as_slice(), Type::BYTEA)]).await?;
    tx.execute("DELETE FROM postrider.form WHERE session = $1", &[(&hash.as_slice(), Type::BYTEA)]).await?;
    Ok(())
}

fn session(row: &Row) -> Res<Session> {
    let holder = match row.try_get(0)? {
        ROOT => SessionHolder::Root { proof: secret(row)? },
        KEY => SessionHolder::Key { key_hash: secret(row)? },
        CUSTOMER => SessionHolder::Customer {
            project: ProjectKey(row.try_get(2)?),
            mode: mode(row, 3)?,
            tenant: TenantKey(row.try_get(4)?),
            tenant_id: row.try_get(5)?,
        },
        kind => return Err(Fault::corrupt("session", "kind", "-", format!("there is no kind {kind}"))),
    };
    Ok(Session { holder, created_at: millis(row, 6)?, expires_at: millis(row, 7)? })
}

fn secret(row: &Row) -> Res<[u8; 32]> {
    let bytes: &[u8] = row.try_get(1)?;
    bytes
        .try_into()
        .map_err(|_| Fault::corrupt("session", "secret", "-", format!("{} bytes, not 32", bytes.len())))
}
