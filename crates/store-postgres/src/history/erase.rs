//! Erasing what an event said (DESIGN 7 "Erasure").
//!
//! What endpoints answered goes too, of attempts under way as well: their commits look whether their events are among the
//! erased ones. One that looked a moment before may still write an answer; upkeep blanks it when no such transaction is
//! left (see [`crate::upkeep`]).

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_store::Scope;
use postrider_store::attempt_log::AttemptLog;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::events::world;
use super::matches::written;
use crate::conn::Conn;
use crate::fault::Res;

/// Erases data, changes, attributes and ordering key, and what endpoints answered. False outside the scope.
pub(super) async fn event(tx: &Conn, scope: Scope, event: Ordinal) -> Res<bool> {
    let row = tx
        .query_opt(
            "UPDATE postrider.event SET data = NULL, changes = NULL, attributes = NULL, ordering_key = NULL
             WHERE id = $1 AND world = $2 AND ($3 IS NULL OR tenant = $3) RETURNING endpoints",
            &[
                (&event.0, Type::INT8),
                (&world(scope), Type::INT8),
                (&scope.tenant.map(|tenant| tenant.0), Type::INT8),
            ],
        )
        .await?;
    let Some(row) = row else { return Ok(false) };
    tx.execute(
        "INSERT INTO postrider.erased (event, xact) VALUES ($1, pg_current_xact_id()::text::bigint)
         ON CONFLICT (event) DO UPDATE SET xact = excluded.xact, at = excluded.at, checked = false",
        &[(&event.0, Type::INT8)],
    )
    .await?;
    blank(tx, event, row.try_get(0)?).await?;
    Ok(true)
}

/// Takes what endpoints answered out of the logs of an event with this match set.
pub(crate) async fn blank(tx: &Conn, event: Ordinal, endpoints: &[u8]) -> Res<()> {
    let endpoints = written(event, endpoints, 0);
    for some in endpoints.chunks(1_000) {
        let some: Vec<i64> = some.iter().map(|endpoint| endpoint.0).collect();
        for (read, write) in [(READ_PENDING, WRITE_PENDING), (READ_ENDED, WRITE_ENDED)] {
            let params = &[(&event.0 as _, Type::INT8), (&some as _, Type::INT8_ARRAY)];
            let (mut keys, mut logs) = (Vec::new(), Vec::new());
            for row in tx.query(read, params).await? {
                let (endpoint, log) = bare(event, &row)?;
                keys.push(endpoint.0);
                logs.push(log);
            }
            if !keys.is_empty() {
                tx.execute(
                    write,
                    &[(&event.0, Type::INT8), (&keys, Type::INT8_ARRAY), (&logs, Type::BYTEA_ARRAY)],
                )
                .await?;
            }
        }
    }
    Ok(())
}

const READ_PENDING: &str = "SELECT endpoint, log FROM postrider.pending
     WHERE event = $1 AND endpoint = ANY($2) AND log IS NOT NULL ORDER BY endpoint FOR UPDATE";
const WRITE_PENDING: &str = "UPDATE postrider.pending p SET log = b.log
     FROM unnest($2::bigint[], $3::bytea[]) AS b (endpoint, log) WHERE p.event = $1 AND p.endpoint = b.endpoint";
const READ_ENDED: &str = "SELECT endpoint, log FROM postrider.delivery
     WHERE event = $1 AND endpoint = ANY($2) AND log IS NOT NULL ORDER BY endpoint FOR UPDATE";
const WRITE_ENDED: &str = "UPDATE postrider.delivery d SET log = b.log
     FROM unnest($2::bigint[], $3::bytea[]) AS b (endpoint, log) WHERE d.event = $1 AND d.endpoint = b.endpoint";

fn bare(event: Ordinal, row: &Row) -> Res<(EndpointKey, Vec<u8>)> {
    let endpoint: i64 = row.try_get(0)?;
    // What cannot be read may hold what must go.
    let bare = AttemptLog::without_excerpts(row.try_get(1)?).unwrap_or_else(|error| {
        tracing::error!(table = "delivery", column = "log", event = event.0, endpoint, %error, "erased whole");
        Vec::new()
    });
    Ok((EndpointKey(endpoint), bare))
}
