//! Deliveries that are written after their events, in chunks, so that no commit holds the writer long (DESIGN 2.1).
//!
//! Memory knows of each such event only that it is there; its match set lies in the store and is read in pages when its
//! turn comes. Events of one tenant come in the order of their acceptance, tenants take turns.

mod line;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering as Atomic;

use ahash::AHashMap;
use postrider_model::delivery::DeliveryKey;
use postrider_model::id::{EndpointKey, Ordinal, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{Batch, Change, EventFlags, FanoutChunk, NewDelivery, Place, SweepInto, WaitingFanout};

use super::Core;
use super::admit::Handed;
use super::body::EventBody;
use super::message::Message;
use crate::accept::{FANOUT_WEIGHT, Match};
use crate::plan::EndpointPlan;
use crate::upkeep::fanout::{Planned, read};
use line::{Line, Part};

/// Lines whose match sets are in memory at one time.
const ACTIVE_LINES: usize = 4;
/// Pages read at once, in chunks.
const PAGE_CHUNKS: usize = 2;
/// After a match set could not be read it is tried again this much later.
const RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// A tenant's fan-outs. Those with deliveries that have a place in an order stand in a line of their own: what is
/// accepted later waits for these only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LineKey {
    tenant: TenantKey,
    ordered: bool,
}

/// What waits for the end of a tenant's ordered fan-outs.
#[derive(Default)]
struct Behind {
    fanouts: usize,
    /// Scheduled deliveries that fell due: they take their place in the order behind what was accepted before.
    entering: Vec<(DeliveryKey, u64)>,
}

/// Fan-outs in progress.
#[derive(Default)]
pub(crate) struct Fanouts {
    lines: AHashMap<LineKey, Line>,
    /// Lines of which something is in memory, or on its way there.
    active: Vec<LineKey>,
    /// Those of them with something to write, in turn.
    ready: VecDeque<LineKey>,
    /// Lines that wait for their turn to be active.
    idle: VecDeque<LineKey>,
    /// Tenants with ordered fan-outs that are not written, or not even committed.
    behind: AHashMap<TenantKey, Behind>,
}

impl Fanouts {
    /// Whether an ordered delivery of this tenant must follow earlier ones that are not written yet.
    pub(crate) fn is_behind(&self, tenant: TenantKey) -> bool {
        !self.behind.is_empty() && self.behind.contains_key(&tenant)
    }

    /// Whether there is anything to write.
    pub(crate) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// A fan-out is being committed: from now on ordered deliveries of its tenant stand behind its own.
    pub(crate) fn expect(&mut self, tenant: TenantKey, ordered: bool) {
        if ordered {
            self.behind.entry(tenant).or_default().fanouts += 1;
        }
    }

    /// An endpoint changed, or was deleted (`None`): deliveries not written yet follow its new plan.
    pub(crate) fn replan(&mut self, endpoint: EndpointKey, plan: Option<&Arc<EndpointPlan>>) {
        for key in &self.active {
            if let Some(line) = self.lines.get_mut(key) {
                line.replan(endpoint, plan);
            }
        }
    }
}

/// Deliveries of a fan-out on their way to the disk.
pub(crate) struct Chunk {
    key: LineKey,
    event: Ordinal,
    flags: EventFlags,
    body: Option<Arc<EventBody>>,
    /// Endpoints of its match set before these.
    done: u32,
    total: u32,
    matches: Vec<(Match, Place)>,
}

impl Chunk {
    fn is_last(&self) -> bool {
        self.done + self.matches.len() as u32 >= self.total
    }
}

/// Parts of match sets that were read.
pub(crate) struct FanoutsRead {
    key: LineKey,
    /// `None` where the store failed.
    parts: Option<Vec<Planned>>,
}

impl Core {
    /// Takes over what a stop or a crash left.
    pub(crate) fn resume_fanouts(&mut self, unfinished: &[WaitingFanout]) {
        for one in unfinished {
            let weight = (one.total - one.done.min(one.total)) as usize + FANOUT_WEIGHT;
            self.shared.gauges.fanout_matches.fetch_add(weight, Atomic::Relaxed);
            self.fanouts.expect(one.tenant, one.ordered);
            self.push_fanout(one);
        }
    }

    /// An event is on disk whose deliveries are not.
    pub(crate) fn push_fanout(&mut self, one: &WaitingFanout) {
        let key = LineKey { tenant: one.tenant, ordered: one.ordered };
        let fanouts = &mut self.fanouts;
        let line = fanouts.lines.entry(key).or_insert_with(|| {
            fanouts.idle.push_back(key);
            Line::default()
        });
        line.push(one.event, one.done, one.total);
    }

    /// The fan-out is written whole, gone, or was never committed.
    pub(crate) fn fanout_ended(&mut self, tenant: TenantKey, ordered: bool, now: Millis) {
        self.shared.gauges.fanout_matches.fetch_sub(FANOUT_WEIGHT, Atomic::Relaxed);
        if !ordered {
            return;
        }
        let Some(behind) = self.fanouts.behind.get_mut(&tenant) else { return };
        behind.fanouts -= 1;
        if behind.fanouts > 0 {
            return;
        }
        let Some(behind) = self.fanouts.behind.remove(&tenant) else { return };
        for (delivery, key) in behind.entering {
            self.enter(delivery, key, now);
        }
    }

    /// A scheduled delivery of an ordered key fell due: it takes its place, behind everything accepted before.
    pub(crate) fn enter_in_turn(&mut self, tenant: TenantKey, delivery: DeliveryKey, key: u64, now: Millis) {
        match self.fanouts.behind.get_mut(&tenant) {
            Some(behind) => behind.entering.push((delivery, key)),
            None => self.enter(delivery, key, now),
        }
    }

    fn enter(&mut self, delivery: DeliveryKey, key: u64, now: Millis) {
        let place = self.ordinals.next(now);
        self.pending.push_change(Change::Enter { delivery, key, place, due: now }, None);
    }

    /// Plans changed, of which endpoints is not known: what is in memory is read anew.
    pub(crate) fn reread_fanouts(&mut self) {
        for key in &self.fanouts.active {
            if let Some(line) = self.fanouts.lines.get_mut(key) {
                line.unload();
            }
        }
        self.fanouts.ready.clear();
        self.load_fanouts();
    }

    /// Reads match sets for lines that have none in memory, and for those that will soon have none.
    pub(crate) fn load_fanouts(&mut self) {
        if self.winding_down {
            return;
        }
        for key in self.fanouts.active.clone() {
            self.load_more(key);
        }
        while self.fanouts.active.len() < ACTIVE_LINES
            && let Some(key) = self.fanouts.idle.pop_front()
        {
            self.fanouts.active.push(key);
            self.load_line(key);
        }
    }

    /// What an active line does next: it reads on, makes way for another, or goes away.
    fn load_more(&mut self, key: LineKey) {
        let Some(line) = self.fanouts.lines.get_mut(&key) else { return };
        let others = !self.fanouts.idle.is_empty();
        if line.is_at_rest() && (others || line.has_ended()) {
            self.fanouts.active.retain(|active| *active != key);
            if line.has_ended() {
                self.fanouts.lines.remove(&key);
            } else {
                line.rest();
                self.fanouts.idle.push_back(key);
            }
        } else if !others && line.wants_more(self.shared.settings.fanout_chunk) {
            self.load_line(key);
        }
    }

    fn load_line(&mut self, key: LineKey) {
        let limit = PAGE_CHUNKS * self.shared.settings.fanout_chunk;
        let Some(line) = self.fanouts.lines.get_mut(&key) else { return };
        let query = line.begin_load(key.tenant, limit);
        let shared = Arc::clone(&self.shared);
        self.shared.spawner.spawn(Box::pin(async move {
            let parts = match read(&shared, query).await {
                Ok(parts) => Some(parts),
                Err(error) => {
                    tracing::warn!(%error, tenant = key.tenant.0, "match sets could not be read; trying again");
                    tokio::time::sleep(RETRY).await;
                    None
                }
            };
            shared.tell(Message::FanoutsRead(FanoutsRead { key, parts }));
        }));
    }

    pub(crate) fn fanouts_read(&mut self, loaded: FanoutsRead, now: Millis) {
        let FanoutsRead { key, parts } = loaded;
        let Some(line) = self.fanouts.lines.get_mut(&key) else { return };
        let was_empty = line.is_empty();
        let lost = match parts {
            Some(parts) => line.loaded(parts, &self.shared.bodies),
            None => {
                line.unread();
                Vec::new()
            }
        };
        if was_empty && !line.is_empty() {
            self.fanouts.ready.push_back(key);
        }
        for matches in lost {
            self.shared.gauges.fanout_matches.fetch_sub(matches as usize, Atomic::Relaxed);
            self.fanout_ended(key.tenant, key.ordered, now);
        }
        self.load_fanouts();
    }

    /// Puts the next deliveries of each line in turn into the batch.
    pub(crate) fn fanout_chunks(&mut self, batch: &mut Batch, now: Millis) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        // What is not written is taken up by the next start.
        let mut room = if self.winding_down { 0 } else { self.shared.settings.fanout_chunk };
        while room > 0
            && let Some(key) = self.fanouts.ready.pop_front()
        {
            let Some(line) = self.fanouts.lines.get_mut(&key) else { continue };
            let Some(part) = line.take(room) else { continue };
            if !line.is_empty() {
                self.fanouts.ready.push_back(key);
            }
            room -= part.matches.len();
            let chunk = self.chunk(key, part, now);
            batch.fanouts.push(FanoutChunk {
                event: chunk.event,
                deliveries: chunk
                    .matches
                    .iter()
                    .map(|(one, place)| NewDelivery { endpoint: one.plan.key, place: *place })
                    .collect(),
                done: chunk.done + chunk.matches.len() as u32,
                last: chunk.is_last(),
            });
            chunks.push(chunk);
        }
        chunks
    }

    fn chunk(&mut self, key: LineKey, part: Part, now: Millis) -> Chunk {
        let Part { event, flags, deliver_at, body, done, total, matches } = part;
        let matches: Vec<_> = matches
            .into_iter()
            .map(|one| {
                let one = self.current(one);
                let place = self.place(&one, deliver_at, now, false);
                (one, place)
            })
            .collect();
        let fresh = matches.iter().filter(|(_, place)| matches!(place, Place::Lane)).count();
        if fresh > 0 {
            self.low_water.add(event, fresh as u32);
        }
        Chunk { key, event, flags, body, done, total, matches }
    }

    /// The newest plan the lane knows: the endpoint may have been disabled since the match.
    fn current(&self, one: Match) -> Match {
        match self.lanes.get(&one.plan.key) {
            Some(lane) => Match { plan: Arc::clone(&lane.plan), order: one.order },
            None => one,
        }
    }

    pub(crate) fn fanout_written(&mut self, chunk: Chunk, seq: u64, now: Millis) {
        let last = chunk.is_last();
        let Chunk { key, event, flags, body, matches, .. } = chunk;
        if let Some(line) = self.fanouts.lines.get_mut(&key) {
            line.landed();
        }
        self.shared.gauges.fanout_matches.fetch_sub(matches.len(), Atomic::Relaxed);
        let held = matches.iter().filter(|(_, place)| matches!(place, Place::Held)).count();
        let living = matches.iter().find(|(one, _)| !one.plan.is_dead());
        if let Some((one, _)) = living.filter(|_| held > 0) {
            let at = self.shared.time.shown(now);
            self.shared.project_stats.held(one.plan.world(), at, held as u64);
        }
        let handed = Handed { event, flags, body: body.as_ref(), seq, now };
        for (one, place) in &matches {
            self.hand_over_delivery(one, *place, &handed, None);
            if one.plan.is_dead() {
                // Written after the sweep of its endpoint, perhaps.
                self.sweep_later(one.plan.key, SweepInto::Cancelled);
            }
        }
        if last {
            self.fanout_ended(key.tenant, key.ordered, now);
        }
    }

    /// Nothing of it was written: it is read anew.
    pub(crate) fn fanout_unwritten(&mut self, chunk: Chunk) {
        let Chunk { key, event, done, total, matches, .. } = chunk;
        for (one, place) in &matches {
            self.release_place(one, *place, event, false);
        }
        if let Some(line) = self.fanouts.lines.get_mut(&key) {
            line.landed();
            line.unload();
            line.back(event, done, total);
        }
        self.fanouts.ready.retain(|ready| *ready != key);
    }
}
