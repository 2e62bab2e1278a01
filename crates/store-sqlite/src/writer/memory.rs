//! What the writer remembers, so that the hot path reads nothing back.

use std::collections::{BTreeSet, VecDeque};

use ahash::RandomState;
use postrider_model::id::{Ordinal, TenantKey};
use postrider_model::time::Millis;
use rusqlite::{Connection, OptionalExtension, params};

use super::idempotency::Recent;
use super::mark;
use crate::fault::Res;

/// Tenants whose routing version is remembered at most; then the memory starts over.
const TENANTS: usize = 200_000;
/// Erased events that are remembered at most.
const ERASED: usize = 65_536;

/// A tenant's routing version. Both parts only ever grow, so that every change of either makes another sum.
pub(crate) const ROUTING: &str =
    "SELECT t.routing + p.routing FROM tenant t JOIN project p ON p.key = t.project
    WHERE t.key = ?1 AND t.deleted_at IS NULL";

/// Hashing with fixed keys: the same on every run, for the simulation. Keys from outside are hashes already.
pub(crate) type Hasher = RandomState;

pub(crate) fn hasher() -> Hasher {
    RandomState::with_seeds(0x706f, 0x7374, 0x7269, 0x6465)
}

/// See the module. What a transaction changes here is undone when it rolls back.
#[derive(Debug)]
pub(crate) struct Memory {
    /// Routing versions by tenant; `None` for a tenant that is gone.
    routing: std::collections::HashMap<i64, Option<u64>, Hasher>,
    /// Idempotency keys not yet in their table.
    pub(crate) recent: Recent,
    /// Whether there may be keys of requests that no event keeps.
    pub(crate) requests: bool,
    /// Retention classes that have a row.
    classes: BTreeSet<u16>,
    /// The greatest id seen.
    pub(crate) highest: Ordinal,
    /// The low-water mark on disk, and when it was written; `None` where what is there is not what a batch wrote
    /// last (a start moves it, a rollback takes it back): the next batch writes it whatever its value.
    pub(crate) low_water: Option<(Ordinal, Millis)>,
    /// Events erased since the start: the outcome of an attempt that was under way meanwhile is kept without what
    /// the endpoint said. After a start nothing is under way, and nothing erased is sent any more.
    pub(crate) erased: Erased,
    /// Reused by the settling path.
    pub(crate) log: Vec<u8>,
}

impl Memory {
    /// Reads what outlives a stop.
    pub(crate) fn load(conn: &Connection, recent_keys: usize) -> Res<Self> {
        let mut classes = conn.prepare("SELECT days FROM retention")?;
        let classes = classes.query_map([], |row| row.get(0))?.collect::<Result<BTreeSet<u16>, _>>()?;
        Ok(Self {
            routing: std::collections::HashMap::with_hasher(hasher()),
            recent: Recent::load(conn, recent_keys)?,
            requests: conn.query_row("SELECT EXISTS (SELECT 1 FROM request)", [], |row| row.get(0))?,
            classes,
            highest: highest(conn)?,
            low_water: None,
            erased: Erased::default(),
            log: Vec::with_capacity(512),
        })
    }

    pub(crate) fn committed(&mut self) {
        self.recent.committed();
    }

    pub(crate) fn rolled_back(&mut self) {
        self.recent.rolled_back();
        self.forget_routing();
        self.classes.clear();
        self.low_water = None;
    }

    /// A tenant's routing version; `None` where the tenant is gone.
    pub(crate) fn routing(&mut self, conn: &Connection, tenant: TenantKey) -> Res<Option<u64>> {
        if let Some(version) = self.routing.get(&tenant.0) {
            return Ok(*version);
        }
        let mut statement = conn.prepare_cached(ROUTING)?;
        let version: Option<i64> = statement.query_row([tenant.0], |row| row.get(0)).optional()?;
        let version = version.map(|version| version.cast_unsigned());
        if self.routing.len() >= TENANTS {
            self.routing.clear();
        }
        self.routing.insert(tenant.0, version);
        Ok(version)
    }

    /// To be called by whatever changes a routing version.
    pub(crate) fn forget_tenant_routing(&mut self, tenant: TenantKey) {
        self.routing.remove(&tenant.0);
    }

    /// As [`Memory::forget_tenant_routing`], for many tenants.
    pub(crate) fn forget_routing(&mut self) {
        self.routing.clear();
    }

    /// Makes sure that retention knows of a class.
    pub(crate) fn know_class(&mut self, conn: &Connection, days: u16) -> Res<()> {
        if self.classes.insert(days) {
            conn.prepare_cached("INSERT OR IGNORE INTO retention (days, mark) VALUES (?1, 0)")?
                .execute(params![days])?;
        }
        Ok(())
    }
}

/// The events erased last. An attempt is under way for minutes at most, so older ones may be forgotten.
#[derive(Debug, Default)]
pub(crate) struct Erased {
    events: BTreeSet<i64>,
    order: VecDeque<i64>,
}

impl Erased {
    pub(crate) fn add(&mut self, event: Ordinal) {
        if self.events.insert(event.0) {
            self.order.push_back(event.0);
        }
        if self.order.len() > ERASED
            && let Some(oldest) = self.order.pop_front()
        {
            self.events.remove(&oldest);
        }
    }

    pub(crate) fn contains(&self, event: Ordinal) -> bool {
        !self.events.is_empty() && self.events.contains(&event.0)
    }
}

/// The greatest id that the store has seen, of whatever kind.
fn highest(conn: &Connection) -> Res<Ordinal> {
    let mut highest = mark::get(conn, mark::HIGHEST)?;
    let event: Option<i64> = conn.query_row("SELECT max(id) FROM event", [], |row| row.get(0))?;
    highest = highest.max(event.unwrap_or(0));
    for sql in ["SELECT max(id) FROM endpoint", "SELECT max(id) FROM replay", "SELECT max(id) FROM api_key"] {
        let id: Option<uuid::Uuid> = conn.query_row(sql, [], |row| {
            let bytes: Option<[u8; 16]> = row.get(0)?;
            Ok(bytes.map(uuid::Uuid::from_bytes))
        })?;
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
