//! Small values the installation keeps, by name.

use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::Res;

pub(super) fn get(conn: &Connection, name: &str) -> Res<Option<Vec<u8>>> {
    Ok(conn
        .prepare_cached("SELECT value FROM fact WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

pub(super) fn set_once(conn: &Connection, name: &str, value: &[u8]) -> Res<Vec<u8>> {
    conn.prepare_cached("INSERT OR IGNORE INTO fact (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])?;
    Ok(get(conn, name)?.unwrap_or_default())
}

pub(super) fn set(conn: &Connection, name: &str, value: &[u8]) -> Res<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO fact (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])?;
    Ok(())
}
