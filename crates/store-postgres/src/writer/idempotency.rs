//! Idempotency keys: claimed before anything is decided, in the order of their table, so that two nodes with the same
//! key wait for each other and never both for both; what is refused gives its keys back.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::{Append, EventOutcome, IdempotencyMark};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::work::world_of;
use crate::conn::Param;
use crate::fault::{Fault, Res};
use crate::pipeline::Pipeline;

/// How long a key is remembered (DESIGN 4.2).
pub(crate) const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// Claims keys that are free, or whose day is over.
const CLAIM: &str =
    "INSERT INTO postrider.idempotency AS i (world, hash, body, at, whole, events, deliveries)
    SELECT u.world, u.hash, u.body, $7, u.whole, u.events::bigint[], u.deliveries::integer[]
    FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::boolean[], $5::text[], $6::text[])
        AS u(world, hash, body, whole, events, deliveries)
    ON CONFLICT (world, hash) DO UPDATE SET body = excluded.body, at = excluded.at, whole = excluded.whole,
        events = excluded.events, deliveries = excluded.deliveries WHERE i.at <= $8
    RETURNING i.world, i.hash";
/// Those that were not free. A key goes with its events.
pub(super) const READ: &str = "SELECT i.world, i.hash, i.body, i.whole, i.events, i.deliveries,
        EXISTS (SELECT FROM postrider.event e WHERE e.id = ANY(i.events))
    FROM unnest($1::bigint[], $2::bytea[]) AS u(world, hash) JOIN postrider.idempotency i USING (world, hash)
    ORDER BY i.world, i.hash FOR UPDATE OF i";
pub(super) const GIVE_BACK: &str = "DELETE FROM postrider.idempotency i
    USING unnest($1::bigint[], $2::bytea[]) AS u(world, hash) WHERE i.world = u.world AND i.hash = u.hash";
const REWRITE: &str = "UPDATE postrider.idempotency i
    SET body = u.body, at = $7, whole = u.whole, events = u.events::bigint[], deliveries = u.deliveries::integer[]
    FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::boolean[], $5::text[], $6::text[])
        AS u(world, hash, body, whole, events, deliveries)
    WHERE i.world = u.world AND i.hash = u.hash";

/// A key in one world.
pub(super) type WorldKey = (i64, [u8; 16]);

/// What a key was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) body: [u8; 16],
    /// Of a whole request, or of one event.
    pub(super) whole: bool,
    pub(super) events: Vec<i64>,
    pub(super) deliveries: Vec<i32>,
}

impl Seen {
    pub(super) fn of(mark: &IdempotencyMark, whole: bool, outcomes: &[EventOutcome]) -> Self {
        Self {
            body: mark.body,
            whole,
            events: outcomes.iter().map(|outcome| outcome.ordinal.0).collect(),
            deliveries: outcomes.iter().map(|outcome| outcome.deliveries.cast_signed()).collect(),
        }
    }

    /// The outcomes of what it was used for.
    pub(super) fn outcomes(&self) -> Vec<EventOutcome> {
        let outcome = |(event, deliveries): (&i64, &i32)| EventOutcome {
            ordinal: Ordinal(*event),
            deliveries: deliveries.cast_unsigned(),
            repeated: true,
        };
        self.events.iter().zip(&self.deliveries).map(outcome).collect()
    }
}

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    New,
    Same(Seen),
    Conflict,
}

/// Rows of the table, by columns.
#[derive(Debug, Default)]
pub(super) struct Columns {
    worlds: Vec<i64>,
    hashes: Vec<Vec<u8>>,
    bodies: Vec<Vec<u8>>,
    whole: Vec<bool>,
    events: Vec<String>,
    deliveries: Vec<String>,
}

impl Columns {
    fn add(&mut self, (world, hash): &WorldKey, seen: &Seen) {
        self.worlds.push(*world);
        self.hashes.push(hash.to_vec());
        self.bodies.push(seen.body.to_vec());
        self.whole.push(seen.whole);
        self.events.push(array(&seen.events));
        self.deliveries.push(array(&seen.deliveries));
    }

    fn params(&self) -> Vec<Param<'_>> {
        vec![
            (&self.worlds, Type::INT8_ARRAY),
            (&self.hashes, Type::BYTEA_ARRAY),
            (&self.bodies, Type::BYTEA_ARRAY),
            (&self.whole, Type::BOOL_ARRAY),
            (&self.events, Type::TEXT_ARRAY),
            (&self.deliveries, Type::TEXT_ARRAY),
        ]
    }

    /// Claims them, if there are any.
    pub(super) fn claim<'a>(
        &'a self,
        pipeline: &mut Pipeline<'a>,
        now: &'a i64,
        cutoff: &'a i64,
    ) -> Option<usize> {
        let mut params = self.params();
        params.extend::<[Param<'a>; 2]>([(now, Type::INT8), (cutoff, Type::INT8)]);
        pipeline.add_if(!self.worlds.is_empty(), CLAIM, params)
    }

    /// Writes what they are used for, if there are any.
    pub(super) fn rewrite<'a>(&'a self, pipeline: &mut Pipeline<'a>, now: &'a i64) {
        let mut params = self.params();
        params.push((now, Type::INT8));
        pipeline.add_if(!self.worlds.is_empty(), REWRITE, params);
    }
}

/// A list as PostgreSQL reads it: lists of lists of different lengths are no array.
fn array<T: ToString>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    format!("{{{}}}", items.join(","))
}

/// One key of the batch.
#[derive(Debug, Default)]
struct Slot {
    /// What the table has of an earlier commit.
    stored: Option<Seen>,
    /// What this commit wrote when it claimed it.
    claimed: Option<Seen>,
    /// What this batch uses it for.
    used: Option<Seen>,
}

/// The keys of a batch.
#[derive(Debug, Default)]
pub(super) struct Keys {
    slots: HashMap<WorldKey, Slot>,
    added: Vec<WorldKey>,
}

/// What each key is claimed for: by the first that has it, as if nothing of it were a repetition.
pub(super) fn claims(appends: &[Append]) -> BTreeMap<WorldKey, Seen> {
    let mut claims = BTreeMap::new();
    for append in appends {
        let outcomes: Vec<EventOutcome> = append.events.iter().map(super::append::new_outcome).collect();
        if let (Some(mark), Some(first)) = (&append.idempotency, append.events.first()) {
            let seen = || Seen::of(mark, true, &outcomes);
            claims.entry((world_of(first), mark.key)).or_insert_with(seen);
        }
        for (event, outcome) in append.events.iter().zip(&outcomes) {
            if let Some(mark) = &event.idempotency {
                let seen = || Seen::of(mark, false, std::slice::from_ref(outcome));
                claims.entry((world_of(event), mark.key)).or_insert_with(seen);
            }
        }
    }
    claims
}

/// The claims as columns.
pub(super) fn columns<'a>(claims: impl IntoIterator<Item = (&'a WorldKey, &'a Seen)>) -> Columns {
    let mut columns = Columns::default();
    for (key, seen) in claims {
        columns.add(key, seen);
    }
    columns
}

impl Keys {
    /// Of the claims and the answer to [`CLAIM`].
    pub(super) fn claimed(claims: BTreeMap<WorldKey, Seen>, rows: &[Row]) -> Res<Self> {
        let mut keys = Self::default();
        for row in rows {
            let key = world_key(row)?;
            keys.slots.entry(key).or_default().claimed = claims.get(&key).cloned();
        }
        for key in claims.into_keys() {
            keys.slots.entry(key).or_default();
        }
        Ok(keys)
    }

    /// Those that must be read.
    pub(super) fn taken(&self) -> (Vec<i64>, Vec<Vec<u8>>) {
        let mut taken: Vec<&WorldKey> =
            self.slots.iter().filter(|(_, slot)| slot.claimed.is_none()).map(|(key, _)| key).collect();
        taken.sort_unstable();
        taken.into_iter().map(|(world, hash)| (*world, hash.to_vec())).unzip()
    }

    /// The answer to [`READ`].
    pub(super) fn read(&mut self, rows: &[Row]) -> Res<()> {
        for row in rows {
            let alive: bool = row.try_get(6)?;
            let seen = Seen {
                body: bytes(row, 2)?,
                whole: row.try_get(3)?,
                events: row.try_get(4)?,
                deliveries: row.try_get(5)?,
            };
            let slot = self.slots.entry(world_key(row)?).or_default();
            if alive {
                slot.stored = Some(seen);
            } else {
                // It is there to be overwritten.
                slot.claimed = Some(seen);
            }
        }
        // One that went between two statements: everything from the start.
        let lost = self.slots.values().any(|slot| slot.claimed.is_none() && slot.stored.is_none());
        if lost { Err(Fault::unavailable("an idempotency key was forgotten meanwhile")) } else { Ok(()) }
    }

    pub(super) fn look_up(&self, world: i64, mark: &IdempotencyMark) -> Known {
        let slot = self.slots.get(&(world, mark.key));
        match slot.and_then(|slot| slot.used.as_ref().or(slot.stored.as_ref())) {
            Some(seen) if seen.body == mark.body => Known::Same(seen.clone()),
            Some(_) => Known::Conflict,
            None => Known::New,
        }
    }

    pub(super) fn add(&mut self, world: i64, mark: &IdempotencyMark, seen: Seen) {
        self.slots.entry((world, mark.key)).or_default().used = Some(seen);
        self.added.push((world, mark.key));
    }

    pub(super) fn savepoint(&self) -> usize {
        self.added.len()
    }

    pub(super) fn roll_back_to(&mut self, savepoint: usize) {
        for key in self.added.drain(savepoint..) {
            if let Some(slot) = self.slots.get_mut(&key) {
                slot.used = None;
            }
        }
    }

    /// Claims that nobody uses.
    pub(super) fn unused(&self) -> (Vec<i64>, Vec<Vec<u8>>) {
        let unused = |slot: &Slot| slot.claimed.is_some() && slot.used.is_none();
        let unused = self.slots.iter().filter(|(_, slot)| unused(slot));
        unused.map(|((world, hash), _)| (*world, hash.to_vec())).unzip()
    }

    /// Claims that are used for something else than they were made for.
    pub(super) fn rewritten(&self) -> Columns {
        let other = |slot: &Slot| slot.used.clone().filter(|_| slot.used != slot.claimed);
        let other: Vec<(&WorldKey, Seen)> =
            self.slots.iter().filter_map(|(key, slot)| Some((key, other(slot)?))).collect();
        columns(other.iter().map(|(key, seen)| (*key, seen)))
    }
}

/// Before this a key is forgotten.
pub(super) fn cutoff(now: Millis) -> Millis {
    now - REMEMBERED
}

fn world_key(row: &Row) -> Res<WorldKey> {
    Ok((row.try_get(0)?, bytes(row, 1)?))
}

fn bytes(row: &Row, column: usize) -> Res<[u8; 16]> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|_| Fault::corrupt("idempotency", "hash", "-", "not sixteen bytes"))
}
