//! Idempotency keys: the recent ones in memory, older ones in a sorted table (DESIGN 5).

use std::collections::HashMap;
use std::time::Duration;

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::{EventOutcome, IdempotencyMark};
use rusqlite::{Connection, OptionalExtension, params};

use super::mark;
use super::memory::{Hasher, hasher};
use crate::fault::Res;
use crate::pack::Marks;

/// How long a key is remembered (DESIGN 4.2).
pub(crate) const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// A key in one world.
pub(crate) type WorldKey = (i64, [u8; 16]);

/// What a key was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) body: [u8; 16],
    /// The event, or the one that keeps the request's mark.
    pub(crate) event: Ordinal,
    /// Events of the request; 0 for the key of one event.
    pub(crate) count: u32,
    /// Deliveries of that event.
    pub(crate) deliveries: u32,
}

/// Keys that are not in the table yet.
#[derive(Debug)]
pub(crate) struct Recent {
    pub(crate) keys: HashMap<WorldKey, Seen, Hasher>,
    /// How many may stay.
    limit: usize,
    /// Whether it was told that they are too many.
    told: bool,
    /// Keys added by the running transaction.
    added: Vec<WorldKey>,
    /// Keys removed by it.
    removed: Vec<(WorldKey, Seen)>,
}

impl Recent {
    /// Rebuilds the memory from the events that came after the last merge. Where they are more than may stay, they are
    /// merged first.
    pub(crate) fn load(conn: &Connection, limit: usize) -> Res<Self> {
        let mut recent = Self {
            keys: HashMap::with_hasher(hasher()),
            limit,
            told: false,
            added: Vec::new(),
            removed: Vec::new(),
        };
        let mut after = mark::get(conn, mark::REMEMBERED)?;
        while let Some(last) = recent.load_some(conn, after)? {
            recent.merge(conn, last)?;
            after = last;
        }
        Ok(recent)
    }

    /// Loads the keys of the events after one; returns the last event where there were more than may stay.
    fn load_some(&mut self, conn: &Connection, after: i64) -> Res<Option<i64>> {
        let mut events = conn.prepare(
            "SELECT id, world, deliveries, idem FROM event WHERE id > ?1 AND idem IS NOT NULL ORDER BY id",
        )?;
        let mut rows = events.query([after])?;
        while let Some(row) = rows.next()? {
            let (id, world): (i64, i64) = (row.get(0)?, row.get(1)?);
            let marks = Marks::decode(row.get_ref(3)?.as_blob().unwrap_or_default());
            let Some(marks) = marks else {
                tracing::error!(
                    table = "event",
                    column = "idem",
                    key = id,
                    "not a mark; its keys are not known"
                );
                continue;
            };
            self.add_marks(world, Ordinal(id), row.get(2)?, &marks);
            self.committed();
            if self.keys.len() > self.limit {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Writes all of them to their table: those of the events up to `last`.
    fn merge(&mut self, conn: &Connection, last: i64) -> Res<()> {
        let mut keys: Vec<(WorldKey, Seen)> = self.keys.drain().collect();
        keys.sort_unstable_by_key(|(key, _)| *key);
        let changes = conn.unchecked_transaction()?;
        for (key, seen) in &keys {
            store(conn, key, seen)?;
        }
        mark::set(conn, mark::REMEMBERED, last)?;
        changes.commit()?;
        Ok(())
    }

    fn add_marks(&mut self, world: i64, event: Ordinal, deliveries: u32, marks: &Marks) {
        if let Some(mark) = &marks.own {
            self.add(world, mark, Seen { body: mark.body, event, count: 0, deliveries });
        }
        if let Some((mark, events)) = &marks.request {
            let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
            self.add(world, mark, Seen { body: mark.body, event, count, deliveries });
        }
    }

    pub(crate) fn add(&mut self, world: i64, mark: &IdempotencyMark, seen: Seen) {
        self.keys.insert((world, mark.key), seen);
        self.added.push((world, mark.key));
    }

    /// Makes room again where the last keys were too many: they are written to the table, in the running transaction.
    pub(crate) fn spill(&mut self, conn: &Connection, world: i64, marks: &Marks) -> Res<()> {
        if self.keys.len() <= self.limit {
            self.told = false;
            return Ok(());
        }
        if !std::mem::replace(&mut self.told, true) {
            tracing::warn!(
                limit = self.limit,
                "idempotency keys come faster than they are merged; commits write them"
            );
        }
        for mark in marks.own.iter().chain(marks.request.as_ref().map(|(mark, _)| mark)) {
            let key = (world, mark.key);
            if let Some(seen) = self.keys.remove(&key) {
                store(conn, &key, &seen)?;
            }
        }
        Ok(())
    }

    /// A place to roll back to.
    pub(crate) fn savepoint(&self) -> usize {
        self.added.len()
    }

    pub(crate) fn roll_back_to(&mut self, savepoint: usize) {
        for key in self.added.drain(savepoint..) {
            self.keys.remove(&key);
        }
    }

    /// Forgets a key with the event that keeps it.
    pub(crate) fn remove(&mut self, key: &WorldKey, event: Ordinal) {
        if self.keys.get(key).is_some_and(|seen| seen.event == event)
            && let Some(seen) = self.keys.remove(key)
        {
            self.removed.push((*key, seen));
        }
    }

    /// Undoes what the running transaction did.
    pub(crate) fn rolled_back(&mut self) {
        self.roll_back_to(0);
        self.keys.extend(self.removed.drain(..));
    }

    pub(crate) fn committed(&mut self) {
        self.removed.clear();
        self.added.clear();
    }
}

/// Writes a key to the table.
pub(crate) fn store(conn: &Connection, (world, hash): &WorldKey, seen: &Seen) -> Res<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO idempotency (world, hash, body, event, count) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![world, hash.as_slice(), seen.body.as_slice(), seen.event.0, seen.count])?;
    Ok(())
}

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing, or nothing any more.
    New,
    /// It was used for the same.
    Same(Seen),
    /// It was used for something else.
    Conflict,
}

/// Looks a key up.
pub(crate) fn look_up(
    conn: &Connection,
    recent: &Recent,
    world: i64,
    mark: &IdempotencyMark,
    now: Millis,
) -> Res<Known> {
    let seen = match recent.keys.get(&(world, mark.key)) {
        Some(seen) => Some(*seen),
        None => stored(conn, world, mark)?,
    };
    Ok(match seen {
        Some(seen) if seen.event.time() + REMEMBERED <= now => Known::New,
        Some(seen) if seen.body == mark.body => Known::Same(seen),
        Some(_) => Known::Conflict,
        None => Known::New,
    })
}

fn stored(conn: &Connection, world: i64, mark: &IdempotencyMark) -> Res<Option<Seen>> {
    let mut statement = conn.prepare_cached(
        "SELECT body, event, count, coalesce((SELECT deliveries FROM event WHERE id = i.event), 0)
         FROM idempotency i WHERE world = ?1 AND hash = ?2",
    )?;
    let seen = statement.query_row(params![world, mark.key.as_slice()], |row| {
        Ok(Seen {
            body: row.get(0)?,
            event: Ordinal(row.get(1)?),
            count: row.get(2)?,
            deliveries: row.get(3)?,
        })
    });
    match seen.optional() {
        // One broken row must not fail the batch it is asked for (DESIGN 5).
        Err(error) if error.sqlite_error_code().is_none() => {
            tracing::error!(table = "idempotency", world, %error, "a key cannot be read; it counts as new");
            Ok(None)
        }
        seen => Ok(seen?),
    }
}

/// The outcomes of a whole request that was accepted before.
pub(crate) fn request_outcomes(conn: &Connection, seen: &Seen) -> Res<Vec<EventOutcome>> {
    let mut statement = conn.prepare_cached("SELECT idem FROM event WHERE id = ?1")?;
    let idem: Option<Vec<u8>> = statement.query_row([seen.event.0], |row| row.get(0)).optional()?.flatten();
    let marks = idem.and_then(|idem| Marks::decode(&idem)).unwrap_or_default();
    // Where the event was erased meanwhile its own outcome is all that is left.
    let events = marks.request.map_or_else(|| vec![seen.event], |(_, events)| events);
    outcomes_of(conn, events)
}

/// Outcomes of events that were accepted before.
pub(crate) fn outcomes_of(conn: &Connection, events: Vec<Ordinal>) -> Res<Vec<EventOutcome>> {
    let mut deliveries = conn.prepare_cached("SELECT deliveries FROM event WHERE id = ?1")?;
    let outcome = |ordinal: Ordinal| {
        let count = deliveries.query_row([ordinal.0], |row| row.get(0)).optional()?;
        Ok(EventOutcome { ordinal, deliveries: count.unwrap_or(0), repeated: true })
    };
    events.into_iter().map(outcome).collect()
}
