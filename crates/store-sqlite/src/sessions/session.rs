//! Sessions.

use postrider_model::id::{Mode, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{NewAudit, NewSession, Session, SessionHolder, TokenHash};
use rusqlite::{Connection, Row, params};

use crate::catalogue::audit;
use crate::fault::{Fault, Res};

const ROOT: i64 = 0;
const KEY: i64 = 1;
const CUSTOMER: i64 = 2;

pub(super) fn create(conn: &Connection, new: &NewSession, entry: &NewAudit) -> Res<()> {
    insert(conn, new)?;
    audit::insert(conn, entry)
}

pub(super) fn insert(conn: &Connection, new: &NewSession) -> Res<()> {
    let (kind, secret, customer) = match &new.holder {
        SessionHolder::Root { proof } => (ROOT, Some(proof.as_slice()), None),
        SessionHolder::Key { key_hash } => (KEY, Some(key_hash.as_slice()), None),
        SessionHolder::Customer { project, mode, tenant, .. } => {
            (CUSTOMER, None, Some((project.0, mode.bit(), tenant.0)))
        }
    };
    conn.prepare_cached(
        "INSERT INTO session (hash, kind, secret, project, mode, tenant, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        new.hash.as_slice(),
        kind,
        secret,
        customer.map(|(project, ..)| project),
        customer.map(|(_, mode, _)| mode),
        customer.map(|(.., tenant)| tenant),
        new.created_at.0,
        new.expires_at.0
    ])?;
    Ok(())
}

/// A customer's only while its tenant and project go on.
pub(super) fn by_hash(conn: &Connection, hash: &TokenHash) -> Res<Option<Session>> {
    let mut statement = conn.prepare_cached(
        "SELECT s.kind, s.secret, s.project, s.mode, s.tenant, t.id, s.created_at, s.expires_at
         FROM session s LEFT JOIN tenant t ON t.key = s.tenant AND t.deleted_at IS NULL
         LEFT JOIN project p ON p.key = s.project AND p.deleted_at IS NULL
         WHERE s.hash = ?1 AND (s.kind <> 2 OR (t.key IS NOT NULL AND p.key IS NOT NULL))",
    )?;
    let mut rows = statement.query([hash.as_slice()])?;
    rows.next()?.map(session).transpose()
}

pub(super) fn end(conn: &Connection, hash: &TokenHash) -> Res<()> {
    conn.prepare_cached("DELETE FROM session WHERE hash = ?1")?.execute([hash.as_slice()])?;
    conn.prepare_cached("DELETE FROM form WHERE session = ?1")?.execute([hash.as_slice()])?;
    Ok(())
}

fn session(row: &Row<'_>) -> Res<Session> {
    let holder = match row.get(0)? {
        ROOT => SessionHolder::Root { proof: row.get(1)? },
        KEY => SessionHolder::Key { key_hash: row.get(1)? },
        CUSTOMER => SessionHolder::Customer {
            project: ProjectKey(row.get(2)?),
            mode: Mode::from_bit(row.get(3)?),
            tenant: TenantKey(row.get(4)?),
            tenant_id: row.get(5)?,
        },
        kind => return Err(Fault::corrupt("session", "kind", "-", format!("there is no kind {kind}"))),
    };
    Ok(Session { holder, created_at: Millis(row.get(6)?), expires_at: Millis(row.get(7)?) })
}
