//! Taking over what a node left: what was in its lanes goes into the due index, its slots become free, its fan-outs get
//! another owner. In steps: each is a transaction that moves the node's low-water mark with what it took over, so that a
//! step that is lost is simply done again, by whoever comes next.

use postrider_model::id::{EndpointKey, Ordinal, TenantKey};
use postrider_model::slot::{NodeNumber, Slot, SlotSet};
use postrider_model::time::Millis;
use postrider_store::{Buried, MatchSet, Signal, WaitingFanout};
use tokio_postgres::types::Type;

use super::{NOBODY, claim};
use crate::conn::Tx;
use crate::fault::{Fault, Res};
use crate::signal;
use crate::store::PostgresStore;
use crate::writer::LANES_ALONE;

/// Events of one step.
const STEP: i64 = 2_000;

/// Who waits for the lanes alone keeps others waiting who share them.
const PATIENCE: &str = "SET LOCAL lock_timeout = '2s'";
/// Holds the node's row: no commit of it is under way, and none begins. Its generation is counted up first, so that a
/// node that comes back while this goes on finds that its lease is over.
const LOCK: &str = "SELECT low_water FROM postrider.node
    WHERE number = $1 AND ($2 OR beat_at + lease <= clock_timestamp()) FOR UPDATE";
const FENCE: &str =
    "UPDATE postrider.node SET generation = nextval('postrider.generation') WHERE number = $1";
/// Events that the node made: its number is part of their ids. (One that has the store alone made all of them.)
const EVENTS: &str =
    "SELECT e.id, e.class, e.tenant, e.flags, e.endpoints, e.deliveries - coalesce(f.total - f.done, 0)
    FROM postrider.event e LEFT JOIN postrider.fanout f ON f.event = e.id
    WHERE e.id >= $1 AND ($2 OR (e.id >> 10) & 63 = $3) AND e.deliveries > 0
    ORDER BY e.id LIMIT $4";
/// Those of its deliveries that are nowhere were in its lanes. The instant in an event's id is when it was accepted, and
/// its delivery due. No node has them in memory, so that the writer is none of them.
const MOVE: &str =
    "INSERT INTO postrider.pending (event, endpoint, tenant, class, flags, slot, due, step, attempts, xact,
        writer, parked, scheduled)
    SELECT u.event, u.endpoint, u.tenant, u.class, u.flags, u.slot, least(u.event >> 16, $7), 0, 0,
        pg_current_xact_id()::text::bigint, -1, false, false
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::smallint[])
        AS u(event, endpoint, tenant, class, flags, slot)
    WHERE NOT EXISTS (SELECT FROM postrider.delivery d
            WHERE d.endpoint = u.endpoint AND d.event = u.event AND d.class = u.class)
    ON CONFLICT DO NOTHING";
const ADVANCE: &str = "UPDATE postrider.node SET low_water = $2 WHERE number = $1";
const REMOVE: &str = "DELETE FROM postrider.node WHERE number = $1";
const FREE_SLOTS: &str = "UPDATE postrider.slot SET owner = NULL, epoch = epoch + 1 WHERE owner = $1";
const FANOUTS: &str = "UPDATE postrider.fanout SET owner = $2 WHERE owner = $1
    RETURNING event, tenant, ordered, total, done";

/// Buries a node whose lease has ended.
pub(super) async fn bury(store: &PostgresStore, dead: NodeNumber, now: Millis) -> Res<Option<Buried>> {
    let heir = store.writer();
    let buried = steps(store, i16::from(dead.0), heir, now, false).await?;
    if buried.is_some() {
        store.doorbell.ring(heir);
    }
    Ok(buried)
}

/// Buries every node that there is, whatever its lease.
pub(super) async fn everyone(store: &PostgresStore, now: Millis) -> Res<u64> {
    let nodes = store.vital().await?.query("SELECT number FROM postrider.node", &[]).await?;
    let mut moved = 0;
    for row in nodes {
        let buried = steps(store, row.try_get(0)?, 0, now, true).await?;
        moved += buried.map_or(0, |buried| buried.moved);
    }
    Ok(moved)
}

async fn steps(store: &PostgresStore, dead: i16, heir: i16, now: Millis, alone: bool) -> Res<Option<Buried>> {
    let mut moved = 0;
    loop {
        let tx = store.begin_vital().await?;
        let held = tx.query_opt(LOCK, &[(&dead, Type::INT2), (&alone, Type::BOOL)]).await?;
        let Some(held) = held else { return Ok(None) };
        tx.execute(FENCE, &[(&dead, Type::INT2)]).await?;
        tx.run(PATIENCE).await?;
        // The node may be back under another number and tell of what endpoints took: not while this looks.
        tx.query(LANES_ALONE, &[]).await?;
        let (count, next) = take_over(&tx, dead, held.try_get(0)?, now, alone).await?;
        moved += count;
        if let Some(next) = next {
            tx.execute(ADVANCE, &[(&dead, Type::INT2), (&next, Type::INT8)]).await?;
            tx.commit().await?;
            continue;
        }
        let fanouts = finish(&tx, dead, heir).await?;
        tx.commit().await?;
        // It may have ended between a commit and the look after it, in a line of a slot that another node owns.
        claim::repair(&store.vital().await?, &SlotSet::ALL, now, NOBODY).await?;
        return Ok(Some(Buried { moved, fanouts }));
    }
}

/// Moves the lane deliveries of the next events; returns how many, and where the next step goes on.
async fn take_over(tx: &Tx, dead: i16, from: i64, now: Millis, alone: bool) -> Res<(u64, Option<i64>)> {
    let rows = tx
        .query(
            EVENTS,
            &[(&from, Type::INT8), (&alone, Type::BOOL), (&i64::from(dead), Type::INT8), (&STEP, Type::INT8)],
        )
        .await?;
    let mut lost = Lost::default();
    let mut last = from;
    for row in &rows {
        last = row.try_get(0)?;
        let (flags, written): (i16, i32) = (row.try_get(3)?, row.try_get(5)?);
        let endpoints: &[u8] = row.try_get(4)?;
        let written = usize::try_from(written).unwrap_or_default();
        let Some(endpoints) = MatchSet::decode(endpoints, 0, written) else {
            tracing::error!(table = "event", column = "endpoints", key = last, "it is no match set");
            continue;
        };
        let (class, tenant) = (row.try_get(1)?, row.try_get(2)?);
        lost.add(last, tenant, class, flags, endpoints.iter().map(|(endpoint, _)| *endpoint));
    }
    let moved = lost.write(tx, now).await?;
    let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= STEP;
    Ok((moved, more.then_some(last + 1)))
}

/// Deliveries that may have been in lanes, by columns.
#[derive(Default)]
struct Lost {
    events: Vec<i64>,
    endpoints: Vec<i64>,
    tenants: Vec<i64>,
    classes: Vec<i16>,
    flags: Vec<i16>,
    slots: Vec<i16>,
}

impl Lost {
    fn add(
        &mut self,
        event: i64,
        tenant: i64,
        class: i16,
        flags: i16,
        endpoints: impl Iterator<Item = EndpointKey>,
    ) {
        for endpoint in endpoints {
            self.events.push(event);
            self.endpoints.push(endpoint.0);
            self.tenants.push(tenant);
            self.classes.push(class);
            self.flags.push(flags);
            self.slots.push(i16::from(Slot::of(endpoint).0));
        }
    }

    async fn write(&self, tx: &Tx, now: Millis) -> Res<u64> {
        if self.events.is_empty() {
            return Ok(0);
        }
        tx.execute(
            MOVE,
            &[
                (&self.events, Type::INT8_ARRAY),
                (&self.endpoints, Type::INT8_ARRAY),
                (&self.tenants, Type::INT8_ARRAY),
                (&self.classes, Type::INT2_ARRAY),
                (&self.flags, Type::INT2_ARRAY),
                (&self.slots, Type::INT2_ARRAY),
                (&now.0, Type::INT8),
            ],
        )
        .await
    }
}

async fn finish(tx: &Tx, dead: i16, heir: i16) -> Res<Vec<WaitingFanout>> {
    tx.execute(REMOVE, &[(&dead, Type::INT2)]).await?;
    tx.execute(FREE_SLOTS, &[(&dead, Type::INT2)]).await?;
    let rows = tx.query(FANOUTS, &[(&dead, Type::INT2), (&heir, Type::INT2)]).await?;
    signal::insert(tx, heir, &Signal::Slots).await?;
    let fanouts = rows.iter().map(waiting).collect::<Res<Vec<_>>>();
    fanouts.map(|mut fanouts| {
        fanouts.sort_by_key(|fanout| fanout.event);
        fanouts
    })
}

/// A fan-out from (event, tenant, ordered, total, done).
pub(crate) fn waiting(row: &tokio_postgres::Row) -> Result<WaitingFanout, Fault> {
    Ok(WaitingFanout {
        event: Ordinal(row.try_get(0)?),
        tenant: TenantKey(row.try_get(1)?),
        ordered: row.try_get(2)?,
        total: row.try_get::<_, i32>(3)?.cast_unsigned(),
        done: row.try_get::<_, i32>(4)?.cast_unsigned(),
    })
}
