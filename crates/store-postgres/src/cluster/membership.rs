//! Joining, the heartbeat, and leaving.

use std::time::SystemTime;

use postrider_model::id::Ordinal;
use postrider_model::slot::{NodeNumber, Slot, SlotSet};
use postrider_model::time::Millis;
use postrider_store::{Beat, Joined, NewNode, NodeSeen, Signal, StoreError, View};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::bury;
use crate::conn::{Conn, Tx};
use crate::fault::{Fault, Res};
use crate::store::{Membership, PostgresStore};
use crate::{schema, signal};

/// "nodesnod" in ASCII: the advisory lock that nodes join under.
const LOCK: i64 = 0x6e6f_6465_736e_6f64;

const FREE: &str = "SELECT min(n)::smallint FROM generate_series(0, $1) AS n
    WHERE NOT EXISTS (SELECT FROM postrider.node WHERE number = n)";
const INSERT: &str =
    "INSERT INTO postrider.node (number, generation, name, address, version, serves, works, started_at,
        beat_at, lease, low_water, leaving, queued, in_flight, knows)
    VALUES ($1, nextval('postrider.generation'), $2, $3, $4, $5, $6, clock_timestamp(), clock_timestamp(),
        $7 * interval '1 millisecond', $8, false, 0, 0, $9)
    RETURNING generation, (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
const BEAT: &str =
    "UPDATE postrider.node SET beat_at = clock_timestamp(), leaving = $3, queued = $4, in_flight = $5,
        oldest_due = $6
    WHERE number = $1 AND generation = $2 RETURNING (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
const NODES: &str = "SELECT number, name, address, version, serves, works,
        (extract(epoch FROM started_at) * 1000)::bigint, (extract(epoch FROM beat_at) * 1000)::bigint,
        beat_at + lease > clock_timestamp(), leaving, queued, in_flight, oldest_due
    FROM postrider.node ORDER BY number";
const SLOTS: &str = "SELECT number, owner FROM postrider.slot";
/// Its lease ends now: another node finds it so and takes over what is left.
const LEAVE: &str =
    "UPDATE postrider.node SET lease = interval '0', leaving = true, queued = 0, in_flight = 0
    WHERE number = $1 AND generation = $2";
const FREE_SLOTS: &str = "UPDATE postrider.slot SET owner = NULL, epoch = epoch + 1 WHERE owner = $1";

/// Ids of endpoints, replays and keys come from the nodes' sources too.
const HIGHEST: &str = "SELECT (SELECT max(id) FROM postrider.event),
    (SELECT id FROM postrider.endpoint ORDER BY id DESC LIMIT 1),
    (SELECT id FROM postrider.replay ORDER BY id DESC LIMIT 1),
    (SELECT id FROM postrider.api_key ORDER BY id DESC LIMIT 1)";

/// Takes the smallest number that is free.
pub(super) async fn join(store: &PostgresStore, node: &NewNode) -> Res<Joined> {
    store.set_membership(None);
    store.memory.lock().clear();
    let tx = store.begin_vital().await?;
    tx.query("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)]).await?;
    let most = i32::try_from(NodeNumber::MOST - 1).unwrap_or(i32::MAX);
    let free: Option<i16> = tx.query_one(FREE, &[(&most, Type::INT4)]).await?.try_get(0)?;
    let Some(number) = free else {
        return Err(StoreError::Limit("sixty-four nodes share the store already").into());
    };
    let highest = highest(&tx).await?;
    let (membership, database_now) = insert(store, &tx, number, node, highest).await?;
    signal::insert(&tx, number, &Signal::Slots).await?;
    tx.commit().await?;
    store.set_membership(Some(membership));
    store.doorbell.ring(number);
    Ok(Joined { number: membership.number, highest, clock_ahead_ms: database_now - node.now.0 })
}

async fn insert(
    store: &PostgresStore,
    tx: &Tx,
    number: i16,
    node: &NewNode,
    highest: Ordinal,
) -> Res<(Membership, i64)> {
    if !schema::admits(tx, store.known_version).await? {
        return Err(Fault::unavailable("the schema was changed: a newer version of Postrider is needed"));
    }
    let knows = i32::try_from(store.known_version).unwrap_or(i32::MAX);
    let lease_ms = i64::try_from(node.lease.as_millis()).unwrap_or(i64::MAX);
    #[expect(clippy::cast_precision_loss, reason = "a lease is seconds")]
    let lease_ms = lease_ms as f64;
    // What another one of its number left was taken over before the number was free.
    let low_water = highest.0 + 1;
    let row = tx
        .query_one(
            INSERT,
            &[
                (&number, Type::INT2),
                (&node.name, Type::TEXT),
                (&node.address, Type::TEXT),
                (&node.version, Type::TEXT),
                (&node.serves, Type::BOOL),
                (&node.works, Type::BOOL),
                (&lease_ms, Type::FLOAT8),
                (&low_water, Type::INT8),
                (&knows, Type::INT4),
            ],
        )
        .await?;
    let membership = Membership { number: number_of(number), generation: row.try_get(0)?, alone: false };
    Ok((membership, row.try_get(1)?))
}

/// Takes the store for one process alone, as tools and tests do: whatever nodes there were are buried, and all slots are
/// its own. Returns how many deliveries were in the others' lanes.
pub(crate) async fn join_alone(store: &PostgresStore, now: Millis) -> Res<(u64, Ordinal)> {
    store.set_membership(None);
    store.memory.lock().clear();
    let moved = bury::everyone(store, now).await?;
    let tx = store.begin_vital().await?;
    tx.query("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)]).await?;
    let highest = highest(&tx).await?;
    let node = NewNode {
        name: "alone".to_owned(),
        address: String::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        serves: false,
        works: false,
        // No other node looks while it is there, and none must wait for it afterwards.
        lease: std::time::Duration::ZERO,
        now,
    };
    let (membership, _) = insert(store, &tx, 0, &node, highest).await?;
    tx.execute("UPDATE postrider.slot SET owner = 0, epoch = epoch + 1", &[]).await?;
    tx.execute("UPDATE postrider.fanout SET owner = 0", &[]).await?;
    tx.commit().await?;
    store.set_membership(Some(Membership { alone: true, ..membership }));
    Ok((moved, highest))
}

/// The greatest id that the store has seen, of whatever kind.
pub(crate) async fn highest(conn: &Conn) -> Res<Ordinal> {
    let row = conn.query_one(HIGHEST, &[]).await?;
    let mut highest = row.try_get::<_, Option<i64>>(0)?.unwrap_or_default();
    for column in 1..4 {
        let id: Option<uuid::Uuid> = row.try_get(column)?;
        highest = highest.max(id.map_or(0, ordinal_part));
    }
    Ok(Ordinal(highest))
}

/// The time and counter of a UUIDv7, without asking for the salt; 0 for any other UUID.
fn ordinal_part(id: uuid::Uuid) -> i64 {
    if id.get_version_num() != 7 {
        return 0;
    }
    let (head, tail) = id.as_u64_pair();
    let ordinal = (head & 0xffff_ffff_ffff_0000) | ((head & 0xfff) << 4) | ((tail >> 58) & 0xf);
    i64::try_from(ordinal).unwrap_or(0)
}

/// Renews the lease.
pub(super) async fn beat(store: &PostgresStore, beat: Beat) -> Res<View> {
    let me = store.membership().ok_or(StoreError::Fenced)?;
    let conn = store.vital().await?;
    let renewed = conn
        .query_opt(
            BEAT,
            &[
                (&i16::from(me.number.0), Type::INT2),
                (&me.generation, Type::INT8),
                (&beat.leaving, Type::BOOL),
                (&beat.queued.cast_signed(), Type::INT8),
                (&beat.in_flight.cast_signed(), Type::INT8),
                (&beat.oldest_due.map(|at| at.0), Type::INT8),
            ],
        )
        .await?;
    let Some(renewed) = renewed else { return Err(StoreError::Fenced.into()) };
    let clock_ahead_ms = renewed.try_get::<_, i64>(0)? - machine_ms();
    let (nodes, slots) = (conn.query(NODES, &[]).await?, conn.query(SLOTS, &[]).await?);
    let mut view = View { clock_ahead_ms, ..View::default() };
    view.nodes = nodes.iter().map(seen).collect::<Res<_>>()?;
    for row in &slots {
        let slot = Slot(u8::try_from(row.try_get::<_, i16>(0)?).unwrap_or_default());
        let owner: Option<i16> = row.try_get(1)?;
        match owner.and_then(|owner| view.nodes.iter_mut().find(|node| node.number == number_of(owner))) {
            Some(node) => node.slots.insert(slot),
            None => view.free.insert(slot),
        }
    }
    Ok(view)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how far this machine's clock and the server's are apart is what is asked"
)]
fn machine_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn seen(row: &Row) -> Res<NodeSeen> {
    Ok(NodeSeen {
        number: number_of(row.try_get(0)?),
        name: row.try_get(1)?,
        address: row.try_get(2)?,
        version: row.try_get(3)?,
        serves: row.try_get(4)?,
        works: row.try_get(5)?,
        started_at: Millis(row.try_get(6)?),
        beat_at: Millis(row.try_get(7)?),
        fresh: row.try_get(8)?,
        beat: Beat {
            leaving: row.try_get(9)?,
            queued: row.try_get::<_, i64>(10)?.cast_unsigned(),
            in_flight: row.try_get::<_, i64>(11)?.cast_unsigned(),
            oldest_due: row.try_get::<_, Option<i64>>(12)?.map(Millis),
        },
        slots: SlotSet::EMPTY,
    })
}

/// The last call of a node that stops.
pub(super) async fn leave(store: &PostgresStore) -> Res<()> {
    let Some(me) = store.membership() else { return Ok(()) };
    let number = i16::from(me.number.0);
    let tx = store.begin_vital().await?;
    let left = tx.execute(LEAVE, &[(&number, Type::INT2), (&me.generation, Type::INT8)]).await?;
    if left == 0 {
        // Another node was faster.
        store.set_membership(None);
        return Ok(());
    }
    tx.execute(FREE_SLOTS, &[(&number, Type::INT2)]).await?;
    signal::insert(&tx, number, &Signal::Slots).await?;
    tx.commit().await.map_err(Fault::from)?;
    store.set_membership(None);
    store.doorbell.ring_now(number).await;
    Ok(())
}

fn number_of(number: i16) -> NodeNumber {
    NodeNumber(u8::try_from(number).unwrap_or(u8::MAX))
}
