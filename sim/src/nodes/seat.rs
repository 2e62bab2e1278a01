//! One node's way to the store it shares: it can be cut, and what is written under a lease that has ended is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use parking_lot::Mutex;
use postrider_model::delivery::DeliveryKey;
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::slot::{NodeNumber, SlotSet};
use postrider_model::time::Millis;
use postrider_store::{
    AppendOutcome, Backlog, Batch, Beat, Buried, Change, ChangeOutcome, Claimed, Cluster, Committed,
    DueQuery, Joined, Journal, NewNode, News, NewsCursor, NewsQuery, Place, Recovered, StoreError, View,
};
use postrider_store_sqlite::SqliteStore;
use tokio::sync::Notify;
use tokio::time::{Duration, sleep, timeout};

use super::room::{Item, Room};
use crate::store::SimStore;

/// After so long without a ring a node looks anyway.
const LOOK: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(super) room: Arc<Mutex<Room>>,
    number: Mutex<Option<(NodeNumber, u64)>>,
    /// Nothing goes through.
    cut: AtomicBool,
    healed: Notify,
}

impl Seat {
    pub(super) fn new(room: Arc<Mutex<Room>>) -> Self {
        Self { room, number: Mutex::default(), cut: AtomicBool::new(false), healed: Notify::new() }
    }

    /// Waits while the way is cut.
    pub(crate) async fn reachable(&self) {
        loop {
            let healed = self.healed.notified();
            if !self.cut.load(Ordering::Acquire) {
                return;
            }
            healed.await;
        }
    }

    /// From now on nothing goes through, or everything again.
    pub(super) fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::Release);
        self.healed.notify_waiters();
    }

    fn place(&self) -> Result<(NodeNumber, u64), StoreError> {
        self.number.lock().ok_or(StoreError::Unavailable("not joined".to_owned()))
    }

    /// What the others have in their lanes is theirs: a node that joins finds only how far ids have come.
    pub(crate) fn recover(&self, store: &SqliteStore) -> Result<Recovered, StoreError> {
        let highest = pairs(store, "SELECT coalesce(max(id), 0), 0 FROM event")?;
        let highest = highest.first().map_or(Ordinal(0), |row| Ordinal(row.0));
        Ok(Recovered { highest, ..Recovered::default() })
    }

    /// A commit under this node's lease; what others must hear of it is news.
    pub(crate) async fn commit(&self, store: &SimStore, mut batch: Batch) -> Result<Committed, StoreError> {
        self.reachable().await;
        store.wait(store.shape.commit_ms).await;
        self.reachable().await;
        let place = self.place()?;
        self.room.lock().check(place)?;
        batch.low_water = Ordinal(0);
        let written = Written::of(&batch);
        let newest = batch.appends.iter().flat_map(|append| &append.events).map(|event| event.ordinal).max();
        // It runs on this thread and to its end: nothing comes between the check and the commit.
        let committed = store.inner.commit(batch).await?;
        written.tell(&committed, place.0, &mut self.room.lock());
        // SQLite orders a key by ids, where a shared store has a sequence for it: what is posted after the answer must get
        // a greater id on any node.
        while newest.is_some_and(|newest| store.now() <= newest.time()) {
            sleep(Duration::from_millis(1)).await;
        }
        store.wait(store.shape.commit_ms).await;
        self.reachable().await;
        Ok(committed)
    }
}

/// What a batch writes for others to see.
struct Written {
    appends: Vec<(Vec<DeliveryKey>, Vec<Ordinal>)>,
    chunks: Vec<(Ordinal, Vec<DeliveryKey>, bool)>,
    settles: Vec<EndpointKey>,
    changes: Vec<Change>,
}

impl Written {
    fn of(batch: &Batch) -> Self {
        let in_store = |event: Ordinal, deliveries: &[postrider_store::NewDelivery]| -> Vec<DeliveryKey> {
            let kept = deliveries.iter().filter(|new| !matches!(new.place, Place::Lane | Place::Held));
            kept.map(|new| DeliveryKey { event, endpoint: new.endpoint }).collect()
        };
        let appends = batch.appends.iter().map(|append| {
            let due =
                append.events.iter().flat_map(|event| in_store(event.ordinal, &event.deliveries)).collect();
            let wide = append.events.iter().filter(|event| !event.fanout.endpoints.is_empty());
            (due, wide.map(|event| event.ordinal).collect())
        });
        Self {
            appends: appends.collect(),
            chunks: batch
                .fanouts
                .iter()
                .map(|one| (one.event, in_store(one.event, &one.deliveries), one.last))
                .collect(),
            settles: batch.settles.iter().map(|settle| settle.delivery.endpoint).collect(),
            changes: batch.changes.clone(),
        }
    }

    fn tell(self, committed: &Committed, me: NodeNumber, room: &mut Room) {
        for ((due, wide), outcome) in self.appends.into_iter().zip(&committed.appends) {
            if let AppendOutcome::Appended(_) = outcome {
                due.into_iter().for_each(|key| room.tell(me, Item::Delivery(key)));
                room.fanouts.extend(wide.into_iter().map(|event| (event, me)));
            }
        }
        for (event, due, last) in self.chunks {
            due.into_iter().for_each(|key| room.tell(me, Item::Delivery(key)));
            if last {
                room.fanouts.remove(&event);
            }
        }
        for (endpoint, settled) in self.settles.into_iter().zip(&committed.settles) {
            if let Some(event) = settled.released {
                room.tell(me, Item::Delivery(DeliveryKey { event, endpoint }));
            }
        }
        for (change, outcome) in self.changes.iter().zip(&committed.changes) {
            if let ChangeOutcome::Done { released } = outcome {
                let key = change.delivery();
                room.tell(me, Item::Delivery(key));
                if let Some(event) = *released {
                    room.tell(me, Item::Delivery(DeliveryKey { event, ..key }));
                }
                if let Change::Cancel { delivery } = change {
                    room.tell(me, Item::Signal(postrider_store::Signal::Cancelled(*delivery)));
                }
            }
        }
    }
}

#[async_trait]
impl Cluster for SimStore {
    fn is_shared(&self) -> bool {
        self.seat.is_some()
    }

    async fn join(&self, node: NewNode) -> Result<Joined, StoreError> {
        let seat = self.seat()?;
        seat.reachable().await;
        let place = seat.room.lock().join(node);
        *seat.number.lock() = Some(place);
        let highest = seat.recover(&self.inner)?.highest;
        Ok(Joined { number: place.0, highest, clock_ahead_ms: 0 })
    }

    async fn beat(&self, beat: Beat) -> Result<View, StoreError> {
        let seat = self.seat()?;
        seat.reachable().await;
        self.wait(self.shape.read_ms).await;
        seat.reachable().await;
        let now = self.now();
        let view = seat.room.lock().beat(seat.place()?, beat, now)?;
        self.wait(self.shape.read_ms).await;
        seat.reachable().await;
        Ok(view)
    }

    async fn claim(&self, slots: SlotSet, _: Millis) -> Result<Claimed, StoreError> {
        let seat = self.seat()?;
        seat.reachable().await;
        let place = seat.place()?;
        let slots = {
            let mut room = seat.room.lock();
            room.check(place)?;
            room.claim(place.0, slots)
        };
        let backlog = backlog(&self.inner, &slots)?;
        // What waits of many endpoints takes a while to read, and this node goes on writing meanwhile.
        self.wait(self.shape.read_ms * 40).await;
        seat.reachable().await;
        Ok(Claimed { slots, backlog })
    }

    async fn release(&self, slots: SlotSet) -> Result<(), StoreError> {
        let seat = self.seat()?;
        seat.reachable().await;
        let place = seat.place()?;
        let mut room = seat.room.lock();
        room.check(place)?;
        room.release(place.0, slots);
        Ok(())
    }

    async fn bury(&self, dead: NodeNumber, now: Millis) -> Result<Option<Buried>, StoreError> {
        let seat = self.seat()?;
        seat.reachable().await;
        let place = seat.place()?;
        {
            let mut room = seat.room.lock();
            room.check(place)?;
            if !room.bury(dead, self.now()) {
                return Ok(None);
            }
        }
        let due = |key: &DeliveryKey| key.event.time().min(now);
        let lanes = in_lanes(&self.inner, dead)?;
        let changes: Vec<_> =
            lanes.iter().map(|key| Change::Index { delivery: *key, due: due(key) }).collect();
        let moved = changes.len() as u64;
        self.inner.commit(Batch { now, low_water: Ordinal(0), changes, ..Batch::default() }).await?;
        let inherited = {
            let mut room = seat.room.lock();
            lanes.into_iter().for_each(|key| room.tell(dead, Item::Delivery(key)));
            room.inherit(dead, place.0)
        };
        let unfinished = self.inner.unfinished_fanouts(Ordinal(0), usize::MAX).await?;
        let fanouts = unfinished.into_iter().filter(|one| inherited.contains(&one.event)).collect();
        Ok(Some(Buried { moved, fanouts }))
    }

    async fn leave(&self) -> Result<(), StoreError> {
        let seat = self.seat()?;
        let place = seat.place()?;
        seat.room.lock().leave(place.0);
        Ok(())
    }

    async fn news(&self, query: NewsQuery) -> Result<News, StoreError> {
        let seat = self.seat()?;
        seat.reachable().await;
        self.wait(self.shape.read_ms).await;
        let place = seat.place()?;
        seat.room.lock().check(place)?;
        let after = query.after.map(|cursor| cursor.transaction.cast_unsigned());
        let (items, next) = seat.room.lock().news(place.0, after);
        let (mut deliveries, mut signals) = (Vec::new(), Vec::new());
        for item in items {
            match item {
                Item::Signal(signal) => signals.push(signal),
                Item::Delivery(key) if query.slots.has(key.endpoint) => {
                    let all = DueQuery {
                        endpoint: key.endpoint,
                        until: Millis(i64::MAX / 2),
                        skip: Vec::new(),
                        limit: usize::MAX,
                        body_bytes: query.body_bytes,
                    };
                    let page = self.inner.due(all).await?;
                    let row = page.rows.into_iter().find(|row| row.event == key.event);
                    deliveries.extend(row.map(|row| (key.endpoint, row)));
                }
                Item::Delivery(_) => {}
            }
        }
        self.wait(self.shape.read_ms).await;
        seat.reachable().await;
        let next = NewsCursor { transaction: next.cast_signed(), delivery: None };
        Ok(News { deliveries, signals, more: false, next })
    }

    fn ring(&self) {
        if let Some(seat) = &self.seat {
            seat.room.lock().bell.notify_waiters();
        }
    }

    async fn rung(&self) {
        let Some(seat) = &self.seat else { return std::future::pending().await };
        let bell = Arc::clone(&seat.room.lock().bell);
        let _ = timeout(LOOK, bell.notified()).await;
    }
}

impl SimStore {
    fn seat(&self) -> Result<&Seat, StoreError> {
        self.seat.as_ref().ok_or(StoreError::Unsupported("sharing"))
    }

    fn now(&self) -> Millis {
        postrider_engine::ports::Clock::now(&*self.clock)
    }
}

/// Each endpoint of these slots with something due, and its first due time; at once where it is disabled or deleted.
fn backlog(store: &SqliteStore, slots: &SlotSet) -> Result<Vec<(EndpointKey, Millis)>, StoreError> {
    let sql = "SELECT due.endpoint, iif(coalesce(endpoint.enabled, 0) = 0, 0, min(due.due))
               FROM due LEFT JOIN endpoint ON endpoint.key = due.endpoint GROUP BY due.endpoint";
    let rows = pairs(store, sql)?.into_iter().map(|(endpoint, due)| (EndpointKey(endpoint), Millis(due)));
    Ok(rows.filter(|(endpoint, _)| slots.has(*endpoint)).collect())
}

/// Deliveries that only the memory of a node knows of.
pub(super) fn in_lanes(store: &SqliteStore, node: NodeNumber) -> Result<Vec<DeliveryKey>, StoreError> {
    let sql = "SELECT event, endpoint FROM delivery WHERE state = 0 AND due IS NULL AND okey IS NULL";
    let rows = pairs(store, sql)?.into_iter();
    let keys =
        rows.map(|(event, endpoint)| DeliveryKey { event: Ordinal(event), endpoint: EndpointKey(endpoint) });
    Ok(keys.filter(|key| key.event.node() == node).collect())
}

/// Two numbers of each row.
pub(super) fn pairs(store: &SqliteStore, sql: &str) -> Result<Vec<(i64, i64)>, StoreError> {
    let read = store.inspect(|conn| {
        let mut statement = conn.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    });
    let unavailable = |detail: String| StoreError::Unavailable(detail);
    read.ok_or_else(|| unavailable("closed".to_owned()))?.map_err(|error| unavailable(error.to_string()))
}
