//! Forms that are taken once.

use postrider_model::time::Millis;
use postrider_store::{FormKey, TakenForm};
use rusqlite::{Connection, params};

use crate::fault::Res;

pub(super) fn take(conn: &Connection, form: &FormKey, expires_at: Millis) -> Res<TakenForm> {
    let taken = conn
        .prepare_cached("INSERT OR IGNORE INTO form (session, hash, expires_at) VALUES (?1, ?2, ?3)")?
        .execute(params![form.session.as_slice(), form.form.as_slice(), expires_at.0])?;
    if taken == 1 {
        return Ok(TakenForm::First);
    }
    let mut before = conn.prepare_cached("SELECT outcome FROM form WHERE session = ?1 AND hash = ?2")?;
    let outcome =
        before.query_row(params![form.session.as_slice(), form.form.as_slice()], |row| row.get(0))?;
    Ok(TakenForm::Before { outcome })
}

pub(super) fn finish(conn: &Connection, form: &FormKey, outcome: &str) -> Res<()> {
    conn.prepare_cached("UPDATE form SET outcome = ?3 WHERE session = ?1 AND hash = ?2")?
        .execute(params![form.session.as_slice(), form.form.as_slice(), outcome])?;
    Ok(())
}

pub(super) fn forget(conn: &Connection, form: &FormKey) -> Res<()> {
    conn.prepare_cached("DELETE FROM form WHERE session = ?1 AND hash = ?2")?
        .execute(params![form.session.as_slice(), form.form.as_slice()])?;
    Ok(())
}
