//! Small values the installation keeps, by name.

use tokio_postgres::types::Type;

use crate::conn::Conn;
use crate::fault::Res;

pub(super) async fn get(conn: &Conn, name: &str) -> Res<Option<Vec<u8>>> {
    let row =
        conn.query_opt("SELECT value FROM postrider.fact WHERE name = $1", &[(&name, Type::TEXT)]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

pub(super) async fn set_once(conn: &Conn, name: &str, value: &[u8]) -> Res<Vec<u8>> {
    conn.execute(
        "INSERT INTO postrider.fact (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        &[(&name, Type::TEXT), (&value, Type::BYTEA)],
    )
    .await?;
    // Facts are never deleted: whoever was first is there by now.
    Ok(get(conn, name).await?.unwrap_or_default())
}

pub(super) async fn set(conn: &Conn, name: &str, value: &[u8]) -> Res<()> {
    conn.execute(
        "INSERT INTO postrider.fact (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[(&name, Type::TEXT), (&value, Type::BYTEA)],
    )
    .await?;
    Ok(())
}
