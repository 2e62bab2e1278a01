//! A commit: one transaction of two round trips, decided in between, and where ordered keys were touched a second
//! transaction that lets go on what may.

mod append;
mod change;
mod fanout;
mod first;
mod fresh;
mod health;
mod idempotency;
mod ledger;
pub(crate) mod order;
mod rows;
mod settle;
mod unknown;
mod work;
mod write;

use postrider_model::id::Ordinal;
use postrider_store::{Batch, Committed, Settled, StoreError};
use tokio_postgres::error::SqlState;

use crate::conn::Tx;
use crate::fault::Fault;
use crate::memory::LaneEvent;
use crate::store::{Membership, PostgresStore};
use work::Work;

pub(crate) use first::ROUTING;
pub(crate) use fresh::LANES_ALONE;
pub(crate) use work::key;

/// Commits that met others are tried again so often.
const ATTEMPTS: usize = 20;

/// Why an attempt at a commit did not come to its end.
enum Stop {
    /// Another transaction was in the way; nothing is written.
    Met(Fault),
    Failed(StoreError),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        match fault.code() {
            Some(code) if code.code() == "PRF01" => Self::Failed(StoreError::Fenced),
            Some(
                &(SqlState::T_R_DEADLOCK_DETECTED
                | SqlState::T_R_SERIALIZATION_FAILURE
                | SqlState::UNIQUE_VIOLATION),
            ) => Self::Met(fault),
            _ => Self::Failed(fault.into()),
        }
    }
}

/// What an attempt at a commit did.
struct Done {
    committed: Committed,
    /// Settles that found something else than a fresh delivery: they are not done yet.
    undone: Vec<usize>,
}

/// Commits a batch.
pub(crate) async fn commit(store: &PostgresStore, batch: &Batch) -> Result<Committed, StoreError> {
    let me = store.membership().ok_or(StoreError::Fenced)?;
    for (class, event) in classes(batch) {
        store.cover(class, event).await?;
    }
    let work = Work::of(batch, &store.memory.lock());
    let Done { mut committed, undone } = tried(store, me, &work).await?;
    if !undone.is_empty() {
        let rest = work.only_settles(&undone);
        let again = tried(store, me, &rest).await?.committed.settles;
        for (index, settled) in undone.into_iter().zip(again) {
            committed.settles[index] = settled;
        }
    }
    Ok(committed)
}

/// The partitions that the batch's events need.
fn classes(batch: &Batch) -> Vec<(i16, Ordinal)> {
    let mut needed = Vec::new();
    for event in batch.appends.iter().flat_map(|append| &append.events) {
        let class = work::class_of(event);
        let known = |(other, at): &(i16, Ordinal)| {
            *other == class && crate::partition::bounds_of(class, *at).contains(&event.ordinal.0)
        };
        if !needed.iter().any(known) {
            needed.push((class, event.ordinal));
        }
    }
    needed
}

async fn tried(store: &PostgresStore, me: Membership, work: &Work<'_>) -> Result<Done, StoreError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match once(store, me, work).await {
            Ok(done) => return Ok(done),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Met(fault)) if attempt >= ATTEMPTS => return Err(fault.into()),
            Err(Stop::Met(fault)) => tracing::debug!(?fault, attempt, "a commit met another one; once more"),
        }
    }
}

async fn once(store: &PostgresStore, me: Membership, work: &Work<'_>) -> Result<Done, Stop> {
    let mut tx = Tx::of(store.vital().await?);
    if work.is_fresh_only() {
        return fresh::commit(store, &mut tx, me, work).await;
    }
    let mut found = first::read(&tx, me, work).await?;
    let mut decided = append::decide(work, &mut found)?;
    let outcome = decided.apply(work, &mut found, me);
    let written = write::write(store, &mut tx, me, work, &found, &decided, &outcome).await?;
    drop(tx);
    remember(store, &decided.lane_events, work);
    let firsts = order::release(store, me, work.now, &outcome.lines, &written).await?;
    let (settles, changes) = outcome.answers(&firsts);
    let undone = found.fresh.undone(work);
    let appends = decided.outcomes;
    Ok(Done { committed: Committed { appends, settles, changes, commit_us: 0 }, undone })
}

/// After the commit.
fn remember(store: &PostgresStore, events: &[LaneEvent], work: &Work<'_>) {
    let mut memory = store.memory.lock();
    for event in events {
        memory.add(*event);
    }
    if work.low_water_given {
        memory.prune(work.low_water);
    }
    if work.moves_low_water {
        memory.low_water = Some(work.low_water);
    }
}

/// A settle's answer before it is known who goes on.
fn settled(state: postrider_model::delivery::DeliveryState) -> Settled {
    Settled { state, released: None }
}
