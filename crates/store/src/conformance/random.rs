//! Random batches against a model that is a few maps: what a store must agree with whatever the order of things.

use std::collections::{BTreeMap, VecDeque};

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::EndpointKey;

use super::Backend;
use super::world::World;
use crate::{Append, Batch, Change, ChangeOutcome, NewDelivery, Next, Place, Settle};

/// A delivery in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Modelled {
    state: DeliveryState,
    attempts: u32,
    /// In its lane, not in the due index.
    lane: bool,
    /// Behind the head of its key.
    parked: bool,
    okey: Option<u64>,
}

/// What the store should hold. Lines hold the head first.
#[derive(Debug, Default)]
struct Model {
    deliveries: BTreeMap<DeliveryKey, Modelled>,
    lines: BTreeMap<(EndpointKey, u64), VecDeque<DeliveryKey>>,
}

/// SplitMix64: the suite brings its own numbers, so that every store sees the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let value = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((value ^ (value >> 31)) % sides as u64) as usize
    }
}

impl Model {
    fn append(&mut self, key: DeliveryKey, place: Place) {
        let mut new =
            Modelled { state: DeliveryState::Pending, attempts: 0, lane: false, parked: false, okey: None };
        match place {
            Place::Lane => new.lane = true,
            Place::Held => new.state = DeliveryState::Held,
            Place::Ordered { key: okey, .. } => {
                let line = self.lines.entry((key.endpoint, okey)).or_default();
                new.okey = Some(okey);
                new.parked = !line.is_empty();
                line.push_back(key);
            }
            Place::Due(_) | Place::Scheduled { .. } => {}
        }
        self.deliveries.insert(key, new);
    }

    /// Ends a pending or other delivery; returns who is released.
    fn end(&mut self, key: DeliveryKey, state: DeliveryState) -> Option<DeliveryKey> {
        let modelled = self.deliveries.get_mut(&key).unwrap();
        (modelled.state, modelled.lane, modelled.parked) = (state, false, false);
        let okey = modelled.okey.take()?;
        let line = self.lines.get_mut(&(key.endpoint, okey)).unwrap();
        let was_head = line.front() == Some(&key);
        line.retain(|other| *other != key);
        let next = line.front().copied().filter(|_| was_head);
        if line.is_empty() {
            self.lines.remove(&(key.endpoint, okey));
        }
        if let Some(next) = next {
            self.deliveries.get_mut(&next).unwrap().parked = false;
        }
        next
    }

    fn settle(&mut self, key: DeliveryKey, next: Next) -> (DeliveryState, Option<DeliveryKey>) {
        let modelled = self.deliveries.get_mut(&key).unwrap();
        modelled.attempts += 1;
        let pending = modelled.state == DeliveryState::Pending;
        match next {
            Next::Delivered => (DeliveryState::Delivered, self.end(key, DeliveryState::Delivered)),
            _ if !pending => (modelled.state, None),
            Next::Failed => (DeliveryState::Failed, self.end(key, DeliveryState::Failed)),
            Next::Held => (DeliveryState::Held, self.end(key, DeliveryState::Held)),
            Next::Cancelled => (DeliveryState::Cancelled, self.end(key, DeliveryState::Cancelled)),
            Next::Due { .. } => {
                modelled.lane = false;
                (DeliveryState::Pending, None)
            }
        }
    }

    fn change(&mut self, change: Change) -> ChangeOutcome {
        let (Change::Index { delivery: key, .. }
        | Change::Reopen { delivery: key, .. }
        | Change::Cancel { delivery: key }
        | Change::Enter { delivery: key, .. }) = change;
        let modelled = self.deliveries.get_mut(&key).unwrap();
        let pending = modelled.state == DeliveryState::Pending;
        match change {
            Change::Index { .. } if pending => modelled.lane = false,
            Change::Reopen { .. } if !pending => modelled.state = DeliveryState::Pending,
            Change::Cancel { .. } if pending || modelled.state == DeliveryState::Held => {
                let released = self.end(key, DeliveryState::Cancelled).map(|next| next.event);
                return ChangeOutcome::Done { released };
            }
            _ => return ChangeOutcome::Refused(modelled.state),
        }
        ChangeOutcome::Done { released: None }
    }

    /// What is in the due index of an endpoint, by event.
    fn due(&self, endpoint: EndpointKey) -> Vec<DeliveryKey> {
        let due = |modelled: &Modelled| {
            modelled.state == DeliveryState::Pending && !modelled.lane && !modelled.parked
        };
        let of_endpoint = self.deliveries.iter().filter(|(key, _)| key.endpoint == endpoint);
        of_endpoint.filter(|(_, modelled)| due(modelled)).map(|(key, _)| *key).collect()
    }

    /// A crash: what was in lanes is due.
    fn crash(&mut self) -> u64 {
        let lanes =
            self.deliveries.values_mut().filter(|one| one.lane && one.state == DeliveryState::Pending);
        lanes.map(|modelled| modelled.lane = false).count() as u64
    }
}

pub async fn random_batches_leave_the_store_as_a_simple_model_says(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let endpoints = [w.endpoint().await, w.endpoint().await, w.endpoint().await];
    let mut dice = Dice(42);
    let mut model = Model::default();
    for round in 0..60 {
        w.pass(1);
        run_batch(&mut w, &mut model, &mut dice, &endpoints).await;
        if round % 20 == 19 {
            assert_eq!(w.restart().await.moved, model.crash());
        }
        if round % 5 == 4 {
            w.pass(7_200);
            compare(&w, &model, &endpoints).await;
        }
    }
}

async fn run_batch(w: &mut World, model: &mut Model, dice: &mut Dice, endpoints: &[EndpointKey]) {
    let mut batch = Batch::default();
    for _ in 0..dice.roll(6) {
        let event = w.event(deliveries(w, dice, endpoints)).await;
        for delivery in &event.deliveries {
            model.append(DeliveryKey { event: event.ordinal, endpoint: delivery.endpoint }, delivery.place);
        }
        batch.appends.push(Append { idempotency: None, events: vec![event] });
    }
    let (mut settled, mut changed) = (Vec::new(), Vec::new());
    for _ in 0..dice.roll(8) {
        let Some(key) = pick(model, dice) else { break };
        let modelled = model.deliveries[&key];
        let next = [
            Next::Delivered,
            Next::Delivered,
            Next::Failed,
            Next::Held,
            Next::Cancelled,
            Next::Due { at: w.now, step: modelled.attempts + 1 },
        ][dice.roll(6)];
        let attempt = Some(w.attempt(modelled.attempts + 1, next == Next::Delivered));
        let fresh = modelled.lane && modelled.attempts == 0;
        batch.settles.push(Settle { delivery: key, attempt, next, fresh, key: modelled.okey });
        settled.push(model.settle(key, next));
    }
    for _ in 0..dice.roll(5) {
        let Some(delivery) = pick(model, dice) else { break };
        let due = w.now;
        let change = match dice.roll(3) {
            0 if !model.deliveries[&delivery].parked => Change::Index { delivery, due },
            1 => Change::Reopen { delivery, due, replay: None },
            _ => Change::Cancel { delivery },
        };
        batch.changes.push(change);
        changed.push(model.change(change));
    }
    let committed = w.commit(batch).await;
    let found: Vec<_> = committed.settles.iter().map(|settled| (settled.state, settled.released)).collect();
    let settled: Vec<_> = settled.iter().map(|(state, next)| (*state, next.map(|next| next.event))).collect();
    assert_eq!(found, settled);
    assert_eq!(committed.changes, changed);
}

fn deliveries(w: &World, dice: &mut Dice, endpoints: &[EndpointKey]) -> Vec<NewDelivery> {
    let due = w.now;
    let mut place = || match dice.roll(6) {
        0 => Place::Due(due),
        1 => Place::Held,
        2 | 3 => Place::Ordered { key: dice.roll(2) as u64, due },
        _ => Place::Lane,
    };
    endpoints.iter().map(|endpoint| NewDelivery { endpoint: *endpoint, place: place() }).collect()
}

/// Any delivery but those behind a head, which nobody attempts.
fn pick(model: &Model, dice: &mut Dice) -> Option<DeliveryKey> {
    let candidates: Vec<DeliveryKey> =
        model.deliveries.iter().filter(|(_, modelled)| !modelled.parked).map(|(key, _)| *key).collect();
    if candidates.is_empty() { None } else { Some(candidates[dice.roll(candidates.len())]) }
}

async fn compare(w: &World, model: &Model, endpoints: &[EndpointKey]) {
    for endpoint in endpoints {
        let mut due: Vec<DeliveryKey> = w
            .due_events(*endpoint)
            .await
            .into_iter()
            .map(|event| DeliveryKey { event, endpoint: *endpoint })
            .collect();
        due.sort_unstable();
        assert_eq!(due, model.due(*endpoint));
    }
    for (key, modelled) in &model.deliveries {
        let summary = w.detail(*key).await.unwrap().summary;
        assert_eq!((summary.state, summary.attempts), (modelled.state, modelled.attempts), "{key:?}");
    }
}
