//! Forms that are taken once.

use postrider_model::time::Millis;
use postrider_store::{FormKey, TakenForm};
use tokio_postgres::types::Type;

use crate::conn::{Conn, Param};
use crate::fault::Res;

pub(super) async fn take(conn: &Conn, form: &FormKey, expires_at: Millis) -> Res<TakenForm> {
    let (session, hash) = (form.session.as_slice(), form.form.as_slice());
    // Of two that take it at once one waits for the other's row, and inserts none.
    let taken = conn
        .execute(
            "INSERT INTO postrider.form (session, hash, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            &[(&session, Type::BYTEA), (&hash, Type::BYTEA), (&expires_at.0, Type::INT8)],
        )
        .await?;
    if taken == 1 {
        return Ok(TakenForm::First);
    }
    let row = conn
        .query_opt(
            "SELECT outcome FROM postrider.form WHERE session = $1 AND hash = $2",
            &[(&session, Type::BYTEA), (&hash, Type::BYTEA)],
        )
        .await?;
    // Gone again since: whoever had taken it has done nothing, or the session has ended.
    let outcome = row.map(|row| row.try_get(0)).transpose()?.flatten();
    Ok(TakenForm::Before { outcome })
}

pub(super) async fn finish(conn: &Conn, form: &FormKey, outcome: &str) -> Res<()> {
    let rest: [Param<'_>; 3] = [
        (&form.session.as_slice(), Type::BYTEA),
        (&form.form.as_slice(), Type::BYTEA),
        (&outcome, Type::TEXT),
    ];
    conn.execute("UPDATE postrider.form SET outcome = $3 WHERE session = $1 AND hash = $2", &rest).await?;
    Ok(())
}

pub(super) async fn forget(conn: &Conn, form: &FormKey) -> Res<()> {
    conn.execute(
        "DELETE FROM postrider.form WHERE session = $1 AND hash = $2",
        &[(&form.session.as_slice(), Type::BYTEA), (&form.form.as_slice(), Type::BYTEA)],
    )
    .await?;
    Ok(())
}
