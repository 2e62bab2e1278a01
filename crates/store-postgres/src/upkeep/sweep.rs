//! Ending what is pending of an endpoint that was disabled or deleted.

use postrider_model::delivery::DeliveryState;
use postrider_model::id::EndpointKey;
use postrider_model::id::Ordinal;
use postrider_store::{StoreError, Sweep, SweepInto, Swept};
use tokio_postgres::types::Type;

use super::release;
use crate::conn::Conn;
use crate::fault::Res;
use crate::history::matches::{WAITING, written};
use crate::row::limit;
use crate::store::PostgresStore;
use crate::writer::LANES_ALONE;

/// Events whose lanes are looked at in one statement.
const TOGETHER: i64 = 1_000;

/// Parked ones first, so that no head releases one that is swept next; then due ones, held ones, and those in lanes.
pub(super) async fn sweep(store: &PostgresStore, sweep: Sweep, most: usize) -> Result<Swept, StoreError> {
    let tx = store.begin().await?;
    let mut lines = Vec::new();
    let mut ended = 0;
    for which in ["q.place IS NOT NULL AND q.parked", "NOT q.parked"] {
        ended += pending(&tx, &sweep, which, most - ended, &mut lines).await?;
    }
    if sweep.into == SweepInto::Cancelled {
        ended += held(&tx, &sweep, most - ended).await?;
    }
    tx.commit().await?;
    if ended < most {
        ended += lanes(store, &sweep, most - ended, &mut lines).await?;
    }
    let firsts = release::firsts(store, &lines, sweep.now).await?;
    Ok(Swept { ended, released: firsts.iter().any(|(_, event)| *event > sweep.up_to) })
}

/// Ends those in lanes, and those that left them for the due index since that was looked through. A transaction of its
/// own: who waits for the lanes must hold nothing that a commit could wait for.
async fn lanes(
    store: &PostgresStore,
    sweep: &Sweep,
    most: usize,
    lines: &mut Vec<(EndpointKey, i64)>,
) -> Result<usize, StoreError> {
    let tx = store.begin().await?;
    let found = in_lanes(&tx, sweep, most).await?;
    tx.query(LANES_ALONE, &[]).await?;
    end(&tx, sweep, &found).await?;
    let left = pending(&tx, sweep, "NOT q.parked", most - found.len(), lines).await?;
    tx.commit().await?;
    Ok(found.len() + left)
}

fn into(sweep: &Sweep) -> i16 {
    let state = match sweep.into {
        SweepInto::Held => DeliveryState::Held,
        SweepInto::Cancelled => DeliveryState::Cancelled,
    };
    state.code() as i16
}

/// Ends those of `which` kind; what was in a line comes to `lines`. What has ended meanwhile stays as it is.
async fn pending(
    tx: &Conn,
    sweep: &Sweep,
    which: &str,
    most: usize,
    lines: &mut Vec<(EndpointKey, i64)>,
) -> Res<usize> {
    let rows = tx
        .query(
            &format!(
                "WITH gone AS (
                     DELETE FROM postrider.pending p WHERE p.endpoint = $1 AND p.event IN
                         (SELECT q.event FROM postrider.pending q
                          WHERE q.endpoint = $1 AND q.event <= $2 AND {which} LIMIT $3 FOR UPDATE)
                     RETURNING p.event, p.endpoint, p.tenant, p.class, p.attempts, p.log, p.okey, p.place
                 ), put AS (
                     INSERT INTO postrider.delivery (event, endpoint, tenant, class, state, attempts, log)
                     SELECT event, endpoint, tenant, class, $4, attempts, log FROM gone
                     ON CONFLICT (endpoint, event, class) DO NOTHING
                 )
                 SELECT CASE WHEN place IS NOT NULL THEN okey END FROM gone"
            ),
            &[
                (&sweep.endpoint.0, Type::INT8),
                (&sweep.up_to.0, Type::INT8),
                (&limit(most), Type::INT8),
                (&into(sweep), Type::INT2),
            ],
        )
        .await?;
    for row in &rows {
        if let Some(okey) = row.try_get(0)? {
            lines.push((sweep.endpoint, okey));
        }
    }
    Ok(rows.len())
}

async fn held(tx: &Conn, sweep: &Sweep, most: usize) -> Res<usize> {
    let ended = tx
        .execute(
            "UPDATE postrider.delivery d SET state = 4 WHERE d.endpoint = $1 AND d.state = 3 AND d.event IN
                 (SELECT event FROM postrider.delivery
                  WHERE endpoint = $1 AND state = 3 AND event <= $2 ORDER BY event LIMIT $3)",
            &[(&sweep.endpoint.0, Type::INT8), (&sweep.up_to.0, Type::INT8), (&limit(most), Type::INT8)],
        )
        .await?;
    Ok(usize::try_from(ended).unwrap_or(usize::MAX))
}

/// Those that no row tells of, by the tenant's events from the nodes' low-water marks on.
async fn in_lanes(tx: &Conn, sweep: &Sweep, most: usize) -> Res<Vec<(i64, i16, i64)>> {
    let (mut found, mut after): (Vec<_>, Option<i64>) = (Vec::new(), None);
    while found.len() < most {
        let rows = tx
            .query(
                &format!(
                    "SELECT e.id, e.class, e.tenant, e.endpoints, {WAITING}
                     FROM postrider.event e LEFT JOIN postrider.fanout f ON f.event = e.id
                     WHERE e.tenant = (SELECT tenant FROM postrider.endpoint WHERE key = $1)
                     AND e.id >= (SELECT min(low_water) FROM postrider.node) AND e.id <= $2
                     AND ($3 IS NULL OR e.id > $3)
                     AND NOT EXISTS (SELECT FROM postrider.pending q WHERE q.endpoint = $1 AND q.event = e.id)
                     AND NOT EXISTS (SELECT FROM postrider.delivery d
                         WHERE d.endpoint = $1 AND d.event = e.id AND d.class = e.class)
                     ORDER BY e.id LIMIT $4"
                ),
                &[
                    (&sweep.endpoint.0, Type::INT8),
                    (&sweep.up_to.0, Type::INT8),
                    (&after, Type::INT8),
                    (&TOGETHER, Type::INT8),
                ],
            )
            .await?;
        for row in &rows {
            let event: i64 = row.try_get(0)?;
            let endpoints = written(Ordinal(event), row.try_get(3)?, row.try_get(4)?);
            if endpoints.contains(&sweep.endpoint) && found.len() < most {
                found.push((event, row.try_get(1)?, row.try_get(2)?));
            }
            after = Some(event);
        }
        if (rows.len() as i64) < TOGETHER {
            break;
        }
    }
    Ok(found)
}

/// Their attempts, if any is under way, settle later: what was taken wins, and anything else is too late. One whose retry
/// was written since it was found is left to that: it must not be both pending and ended.
async fn end(tx: &Conn, sweep: &Sweep, found: &[(i64, i16, i64)]) -> Res<()> {
    let Some((_, _, tenant)) = found.first() else { return Ok(()) };
    let events: Vec<i64> = found.iter().map(|(event, ..)| *event).collect();
    let classes: Vec<i16> = found.iter().map(|(_, class, _)| *class).collect();
    tx.execute(
        "INSERT INTO postrider.delivery (event, endpoint, tenant, class, state, attempts, log)
         SELECT event, $3, $4, class, $5, 0, NULL FROM unnest($1::bigint[], $2::smallint[]) AS n (event, class)
         WHERE NOT EXISTS (SELECT FROM postrider.pending q WHERE q.endpoint = $3 AND q.event = n.event)
         ON CONFLICT (endpoint, event, class) DO NOTHING",
        &[
            (&events, Type::INT8_ARRAY),
            (&classes, Type::INT2_ARRAY),
            (&sweep.endpoint.0, Type::INT8),
            (tenant, Type::INT8),
            (&into(sweep), Type::INT2),
        ],
    )
    .await?;
    Ok(())
}
