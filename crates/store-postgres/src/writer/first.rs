//! The first round trip of a commit: the fence, and everything that its decisions need. A second one only where something
//! is not where it is looked for first.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::EndpointKey;
use postrider_store::{Change, EventFlags, MatchSet};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::fresh::{BEGIN, Columns, FENCE, LANES_ALONE, LANES_SHARED, Short};
use super::idempotency::{self, Keys};
use super::ledger::{Ledger, Row, Was};
use super::work::{Work, key};
use super::{Stop, fanout};
use crate::conn::{Param, Tx};
use crate::fault::{Fault, Res};
use crate::pipeline::{Answer, Pipeline};
use crate::store::Membership;

/// A tenant's routing version. Both parts only ever grow, so that every change of either makes another sum.
pub(crate) const ROUTING: &str = "SELECT t.key, t.routing + p.routing
    FROM postrider.tenant t JOIN postrider.project p ON p.key = t.project
    WHERE t.key = ANY($1) AND t.deleted_at IS NULL AND p.deleted_at IS NULL";
const PENDING: &str =
    "SELECT p.event, p.endpoint, p.tenant, p.class, p.flags, p.due, p.step, p.first_attempt_at, p.okey,
        p.place, p.scheduled, p.log
    FROM unnest($1::bigint[], $2::bigint[]) AS u(endpoint, event)
    JOIN postrider.pending p ON p.endpoint = u.endpoint AND p.event = u.event
    ORDER BY p.endpoint, p.event FOR UPDATE OF p";
const ENDED: &str = "SELECT d.event, d.endpoint, d.tenant, d.class, d.state, d.log
    FROM unnest($1::bigint[], $2::bigint[]) AS u(endpoint, event)
    JOIN postrider.delivery d ON d.endpoint = u.endpoint AND d.event = u.event
    WHERE d.event BETWEEN $3 AND $4
    ORDER BY d.endpoint, d.event FOR UPDATE OF d";
/// Events whose history has not ended.
const EVENTS: &str = "SELECT e.id, e.class, e.tenant, e.flags, e.endpoints,
        e.deliveries - coalesce(f.total - f.done, 0)
    FROM postrider.event e LEFT JOIN postrider.fanout f ON f.event = e.id
    WHERE e.id = ANY($1) AND e.id BETWEEN $2 AND $3
        AND (e.id >= coalesce((SELECT r.mark FROM postrider.retention r WHERE r.class = e.class), e.id)
        OR EXISTS (SELECT FROM postrider.late l WHERE l.event = e.id))";
/// Whether one came to be pending between two looks.
const MOVED: &str = "SELECT 1 FROM unnest($1::bigint[], $2::bigint[]) AS u(endpoint, event)
    JOIN postrider.pending p ON p.endpoint = u.endpoint AND p.event = u.event LIMIT 1";
const PLACES: &str = "SELECT nextval('postrider.place') FROM generate_series(1, $1)";
/// Endpoints that take deliveries, and stay so until the commit ends.
const TAKING: &str = "SELECT key FROM postrider.endpoint
    WHERE key = ANY($1) AND enabled AND deleted_at IS NULL ORDER BY key FOR SHARE";
const RUNNING: &str =
    "SELECT id FROM postrider.replay WHERE id = ANY($1) AND status = 0 ORDER BY id FOR SHARE";
const ERASED: &str = "SELECT event FROM postrider.erased WHERE event = ANY($1)";

/// What a commit's decisions are made from.
pub(super) struct Found {
    /// The transaction's id.
    pub(super) xact: i64,
    pub(super) routing: HashMap<i64, u64>,
    pub(super) keys: Keys,
    pub(super) ledger: Ledger,
    pub(super) fanouts: BTreeMap<i64, fanout::Known>,
    pub(super) taking: HashSet<i64>,
    pub(super) running: HashSet<Uuid>,
    pub(super) erased: HashSet<i64>,
    /// Fresh settles that found something else.
    pub(super) fresh: Short,
    places: VecDeque<i64>,
}

impl Found {
    /// The next place in every order.
    pub(super) fn next_place(&mut self) -> i64 {
        debug_assert!(!self.places.is_empty(), "as many were taken as there are ordered deliveries");
        self.places.pop_front().unwrap_or(i64::MAX)
    }
}

/// What is asked for, by columns.
struct Asked {
    tenants: Vec<i64>,
    endpoints: Vec<i64>,
    events: Vec<i64>,
    places: i32,
    fanouts: Vec<i64>,
    reopened: Vec<i64>,
    replays: Vec<Uuid>,
    attempted: Vec<i64>,
}

impl Asked {
    fn of(work: &Work<'_>) -> Self {
        let appended = work.appends.iter().flat_map(|append| &append.events);
        let reopens = |change: &Change| match change {
            Change::Reopen { delivery, replay, .. } => {
                Some((delivery.endpoint.0, replay.map(|replay| replay.0)))
            }
            _ => None,
        };
        let reopened: Vec<_> = work.changes.iter().filter_map(reopens).collect();
        let entering = work.changes.iter().filter(|change| matches!(change, Change::Enter { .. })).count();
        let places = fanout::ordered(work.appends, work.fanouts) + entering;
        Self {
            tenants: sorted(appended.map(|event| event.tenant.0)),
            endpoints: work.keys.iter().map(|key| key.endpoint.0).collect(),
            events: work.keys.iter().map(|key| key.event.0).collect(),
            places: i32::try_from(places).unwrap_or(i32::MAX),
            fanouts: fanout::events(work.fanouts),
            reopened: sorted(reopened.iter().map(|(endpoint, _)| *endpoint)),
            replays: sorted(reopened.iter().filter_map(|(_, replay)| *replay)),
            attempted: sorted(work.slow.iter().map(|index| work.settles[*index].delivery.event.0)),
        }
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// Begins the transaction and reads.
pub(super) async fn read(tx: &Tx, me: Membership, work: &Work<'_>) -> Result<Found, Stop> {
    let (asked, number) = (Asked::of(work), i16::from(me.number.0));
    let claims = idempotency::claims(work.appends);
    let claim = idempotency::columns(&claims);
    let cutoff = idempotency::cutoff(work.now).0;
    let fresh = Columns::of(work)?;
    let mut pipeline = Pipeline::default();
    pipeline.add(BEGIN, Vec::new());
    let fence = pipeline.add(FENCE, vec![(&number, Type::INT2), (&me.generation, Type::INT8)]);
    let routing = list(&mut pipeline, ROUTING, &asked.tenants, Type::INT8_ARRAY);
    let claimed = claim.claim(&mut pipeline, &work.now.0, &cutoff);
    let sent = fresh.send(&mut pipeline, &number);
    let fanouts = list(&mut pipeline, fanout::READ, &asked.fanouts, Type::INT8_ARRAY);
    let taking = list(&mut pipeline, TAKING, &asked.reopened, Type::INT8_ARRAY);
    let running = list(&mut pipeline, RUNNING, &asked.replays, Type::UUID_ARRAY);
    let keyed: Vec<Param<'_>> = vec![(&asked.endpoints, Type::INT8_ARRAY), (&asked.events, Type::INT8_ARRAY)];
    let pending = pipeline.add_if(!work.keys.is_empty(), PENDING, keyed);
    let erased = list(&mut pipeline, ERASED, &asked.attempted, Type::INT8_ARRAY);
    let places = pipeline.add_if(asked.places > 0, PLACES, vec![(&asked.places, Type::INT4)]);
    let answers = pipeline.run(tx).await?.all()?;
    let rows =
        |at: Option<usize>| at.and_then(|at| answers.get(at)).map_or(&[][..], |answer| &answer.rows[..]);
    let mut found = Found {
        xact: first_number(&answers, fence)?,
        routing: numbers(rows(routing))?,
        keys: Keys::claimed(claims, rows(claimed))?,
        ledger: Ledger { rows: pending_rows(rows(pending))? },
        fanouts: fanout::read(rows(fanouts))?,
        taking: set(rows(taking))?,
        running: set(rows(running))?,
        erased: set(rows(erased))?,
        fresh: fresh.short(sent, &answers),
        places: set_in_order(rows(places))?,
    };
    look_further(tx, work, &mut found).await?;
    Ok(found)
}

fn list<'a, T>(pipeline: &mut Pipeline<'a>, sql: &'a str, items: &'a Vec<T>, kind: Type) -> Option<usize>
where
    Vec<T>: tokio_postgres::types::ToSql + Sync,
{
    pipeline.add_if(!items.is_empty(), sql, vec![(items, kind)])
}

fn first_number(answers: &[Answer], at: usize) -> Res<i64> {
    let row = answers.get(at).and_then(|answer| answer.rows.first());
    Ok(row.ok_or_else(|| Fault::unavailable("an answer without a row"))?.try_get(0)?)
}

fn numbers(rows: &[tokio_postgres::Row]) -> Res<HashMap<i64, u64>> {
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<_, i64>(1)?.cast_unsigned()))).collect()
}

fn set<'a, T>(rows: &'a [tokio_postgres::Row]) -> Res<HashSet<T>>
where
    T: tokio_postgres::types::FromSql<'a> + Eq + std::hash::Hash,
{
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

fn set_in_order(rows: &[tokio_postgres::Row]) -> Res<VecDeque<i64>> {
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

fn pending_rows(rows: &[tokio_postgres::Row]) -> Res<HashMap<DeliveryKey, Row>> {
    let read = |row: &tokio_postgres::Row| {
        let flags = EventFlags::from_code(i64::from(row.try_get::<_, i16>(4)?));
        let read = Row {
            was: Was::Pending,
            lane: false,
            due: row.try_get(5)?,
            step: row.try_get::<_, i32>(6)?.cast_unsigned(),
            first_attempt_at: row.try_get(7)?,
            okey: row.try_get(8)?,
            place: row.try_get(9)?,
            scheduled: row.try_get(10)?,
            log: row.try_get::<_, Option<Vec<u8>>>(11)?.unwrap_or_default(),
            ..Row::new(row.try_get(2)?, row.try_get(3)?, flags)
        };
        Ok((key(row.try_get(0)?, row.try_get(1)?), read))
    };
    rows.iter().map(read).collect()
}

/// Reads what is not pending: it is at its end, in a lane, or nowhere; and the keys that were not free.
async fn look_further(tx: &Tx, work: &Work<'_>, found: &mut Found) -> Result<(), Stop> {
    let missing: Vec<DeliveryKey> =
        work.keys.iter().filter(|key| !found.ledger.rows.contains_key(key)).copied().collect();
    let (worlds, hashes) = found.keys.taken();
    if missing.is_empty() && worlds.is_empty() {
        return Ok(());
    }
    let endpoints: Vec<i64> = missing.iter().map(|key| key.endpoint.0).collect();
    let events: Vec<i64> = missing.iter().map(|key| key.event.0).collect();
    let low = events.iter().copied().min().unwrap_or_default();
    let high = events.iter().copied().max().unwrap_or_default();
    let (ask, elsewhere) = (!missing.is_empty(), changes_a_lane(work, &missing));
    let mut pipeline = Pipeline::default();
    pipeline.add_if(ask, if elsewhere { LANES_ALONE } else { LANES_SHARED }, Vec::new());
    let keyed = || -> Vec<Param<'_>> { vec![(&endpoints, Type::INT8_ARRAY), (&events, Type::INT8_ARRAY)] };
    let bounded: Vec<Param<'_>> =
        keyed().into_iter().chain([(&low as _, Type::INT8), (&high as _, Type::INT8)]).collect();
    let ended = pipeline.add_if(ask, ENDED, bounded);
    let by_id: Vec<Param<'_>> = vec![(&events, Type::INT8_ARRAY), (&low, Type::INT8), (&high, Type::INT8)];
    let known = pipeline.add_if(ask, EVENTS, by_id);
    let moved = pipeline.add_if(ask, MOVED, keyed());
    let taken: Vec<Param<'_>> = vec![(&worlds, Type::INT8_ARRAY), (&hashes, Type::BYTEA_ARRAY)];
    let keys = pipeline.add_if(!worlds.is_empty(), idempotency::READ, taken);
    let answers = pipeline.run(tx).await?.all()?;
    let rows =
        |at: Option<usize>| at.and_then(|at| answers.get(at)).map_or(&[][..], |answer| &answer.rows[..]);
    if !rows(moved).is_empty() {
        return Err(Stop::Met(Fault::unavailable("a delivery was reopened meanwhile")));
    }
    found.keys.read(rows(keys)).map_err(Stop::Met)?;
    let known = known_events(rows(known))?;
    for row in rows(ended) {
        let (event, endpoint): (i64, i64) =
            (row.try_get(0).map_err(Fault::from)?, row.try_get(1).map_err(Fault::from)?);
        // Without its event it is of no use, and shown to nobody.
        let Some(about) = known.get(&event) else { continue };
        found.ledger.rows.insert(key(event, endpoint), ended_row(row, about.flags)?);
    }
    for key in missing {
        let Some(about) = known.get(&key.event.0).filter(|about| about.holds(key.endpoint)) else { continue };
        let lane = || Row::new(about.tenant, about.class, about.flags);
        found.ledger.rows.entry(key).or_insert_with(lane);
    }
    Ok(())
}

/// Whether something else than their own lanes' node may be changing deliveries in lanes.
fn changes_a_lane(work: &Work<'_>, missing: &[DeliveryKey]) -> bool {
    let foreign =
        |change: &Change| !matches!(change, Change::Index { .. }) && missing.contains(&change.delivery());
    work.changes.iter().any(foreign)
}

/// What is known of an event whose delivery is not pending.
struct About {
    class: i16,
    tenant: i64,
    flags: EventFlags,
    endpoints: Vec<u8>,
    written: u32,
}

impl About {
    /// Whether an endpoint's delivery is among those that are written.
    fn holds(&self, endpoint: EndpointKey) -> bool {
        let written = usize::try_from(self.written).unwrap_or(usize::MAX);
        MatchSet::decode(&self.endpoints, 0, written)
            .is_some_and(|found| found.iter().any(|(other, _)| *other == endpoint))
    }
}

fn known_events(rows: &[tokio_postgres::Row]) -> Res<HashMap<i64, About>> {
    let read = |row: &tokio_postgres::Row| {
        let about = About {
            class: row.try_get(1)?,
            tenant: row.try_get(2)?,
            flags: EventFlags::from_code(i64::from(row.try_get::<_, i16>(3)?)),
            endpoints: row.try_get(4)?,
            written: row.try_get::<_, i32>(5)?.cast_unsigned(),
        };
        Ok((row.try_get(0)?, about))
    };
    rows.iter().map(read).collect()
}

fn ended_row(row: &tokio_postgres::Row, flags: EventFlags) -> Res<Row> {
    let code: i16 = row.try_get(4)?;
    let state = DeliveryState::from_code(i64::from(code));
    Ok(Row {
        was: Was::Ended,
        lane: false,
        state: state.unwrap_or(DeliveryState::Failed),
        log: row.try_get::<_, Option<Vec<u8>>>(5)?.unwrap_or_default(),
        sound: state.is_some(),
        ..Row::new(row.try_get(2)?, row.try_get(3)?, flags)
    })
}
