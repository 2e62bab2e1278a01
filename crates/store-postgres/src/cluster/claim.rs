//! Taking slots and giving them up.

use postrider_model::id::EndpointKey;
use postrider_model::slot::{Slot, SlotSet};
use postrider_model::time::Millis;
use postrider_store::{Claimed, Signal, StoreError};
use tokio_postgres::types::Type;

use super::numbers;
use crate::conn::Conn;
use crate::fault::{Fault, Res};
use crate::signal;
use crate::store::PostgresStore;

const CLAIM: &str = "UPDATE postrider.slot SET owner = $1, epoch = epoch + (owner IS NULL)::int
    WHERE number = ANY($2) AND (owner IS NULL OR owner = $1) RETURNING number";
const RELEASE: &str =
    "UPDATE postrider.slot SET owner = NULL, epoch = epoch + 1 WHERE number = ANY($2) AND owner = $1";
/// Lines whose first is parked: whoever was to let it go on did not come to it.
const REPAIR: &str = "UPDATE postrider.pending p SET parked = false, due = least(p.due, $2),
        xact = pg_current_xact_id()::text::bigint, writer = $3
    FROM (SELECT DISTINCT ON (endpoint, okey) endpoint, event, parked FROM postrider.pending
        WHERE slot = ANY($1) AND place IS NOT NULL ORDER BY endpoint, okey, place) f
    WHERE f.parked AND p.endpoint = f.endpoint AND p.event = f.event AND p.place IS NOT NULL";
/// Due at once is what is left of an endpoint that is disabled or deleted: its sweep did not come to its end.
const BACKLOG: &str = "SELECT b.endpoint, CASE WHEN e.enabled AND e.deleted_at IS NULL THEN b.due ELSE 0 END
    FROM (SELECT endpoint, min(due) AS due FROM postrider.pending
        WHERE slot = ANY($1) AND NOT parked GROUP BY endpoint) b
    LEFT JOIN postrider.endpoint e ON e.key = b.endpoint ORDER BY b.endpoint";

/// Takes those that nobody owns.
pub(super) async fn claim(store: &PostgresStore, slots: SlotSet, now: Millis) -> Res<Claimed> {
    let me = store.membership().ok_or(StoreError::Fenced)?;
    let number = i16::from(me.number.0);
    let tx = store.begin_vital().await?;
    fence(&tx, number, me.generation).await?;
    let rows = tx.query(CLAIM, &[(&number, Type::INT2), (&numbers(&slots), Type::INT2_ARRAY)]).await?;
    tx.commit().await?;
    let mut taken = SlotSet::EMPTY;
    for row in &rows {
        taken.insert(Slot(u8::try_from(row.try_get::<_, i16>(0)?).unwrap_or_default()));
    }
    if taken.is_empty() {
        return Ok(Claimed::default());
    }
    let conn = store.vital().await?;
    Ok(Claimed { slots: taken, backlog: backlog(&conn, &taken, now, number).await? })
}

/// What waits in slots, after what a crash left parked was let go on.
pub(crate) async fn backlog(
    conn: &Conn,
    slots: &SlotSet,
    now: Millis,
    writer: i16,
) -> Res<Vec<(EndpointKey, Millis)>> {
    repair(conn, slots, now, writer).await?;
    let slots = numbers(slots);
    let rows = conn.query(BACKLOG, &[(&slots, Type::INT2_ARRAY)]).await?;
    rows.iter().map(|row| Ok((EndpointKey(row.try_get(0)?), Millis(row.try_get(1)?)))).collect()
}

/// Lets lines in slots go on that a crash left standing.
pub(super) async fn repair(conn: &Conn, slots: &SlotSet, now: Millis, writer: i16) -> Res<()> {
    let slots = numbers(slots);
    let params = [(&slots as _, Type::INT2_ARRAY), (&now.0 as _, Type::INT8), (&writer as _, Type::INT2)];
    conn.execute(REPAIR, &params).await?;
    Ok(())
}

/// Gives slots up.
pub(super) async fn release(store: &PostgresStore, slots: SlotSet) -> Res<()> {
    let me = store.membership().ok_or(StoreError::Fenced)?;
    let number = i16::from(me.number.0);
    let tx = store.begin_vital().await?;
    fence(&tx, number, me.generation).await?;
    tx.execute(RELEASE, &[(&number, Type::INT2), (&numbers(&slots), Type::INT2_ARRAY)]).await?;
    signal::insert(&tx, number, &Signal::Slots).await?;
    tx.commit().await?;
    store.doorbell.ring(number);
    Ok(())
}

async fn fence(conn: &Conn, number: i16, generation: i64) -> Res<()> {
    let fence = [(&number as _, Type::INT2), (&generation as _, Type::INT8)];
    match conn.query("SELECT postrider.fence($1, $2)", &fence).await {
        Ok(_) => Ok(()),
        Err(fault) if fault.code().is_some_and(|code| code.code() == "PRF01") => {
            Err(Fault::Store(StoreError::Fenced))
        }
        Err(fault) => Err(fault),
    }
}
