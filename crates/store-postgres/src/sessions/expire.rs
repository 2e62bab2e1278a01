//! What has expired goes, a few rows at a time.

use postrider_model::time::Millis;
use postrider_store::LINK_REMEMBERED;
use tokio_postgres::types::Type;

use crate::conn::Conn;
use crate::fault::Res;
use crate::row::limit;

/// Removes some of it; whether more may be there.
pub(crate) async fn step(tx: &Conn, now: Millis, rows: usize) -> Res<bool> {
    let mut more = false;
    for (sql, until) in [
        (
            "DELETE FROM postrider.session WHERE hash IN
             (SELECT hash FROM postrider.session WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            now,
        ),
        (
            "DELETE FROM postrider.form WHERE (session, hash) IN
             (SELECT session, hash FROM postrider.form WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            now,
        ),
        (
            "DELETE FROM postrider.portal_link WHERE hash IN
             (SELECT hash FROM postrider.portal_link WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            now - LINK_REMEMBERED,
        ),
    ] {
        let removed = tx.execute(sql, &[(&until.0, Type::INT8), (&limit(rows), Type::INT8)]).await?;
        more |= removed >= rows as u64;
    }
    Ok(more)
}
