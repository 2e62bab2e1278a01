//! Events with many endpoints: their deliveries are written in chunks after the answer, so that no commit holds
//! the writer long (DESIGN 2.1).

use std::collections::VecDeque;
use std::sync::Arc;

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::{Batch, EventFlags, FanoutChunk, NewDelivery, Place, SweepInto, UnfinishedFanout};

use super::Core;
use super::admit::Handed;
use super::body::EventBody;
use crate::accept::{Draft, Match};
use crate::plan::EndpointPlan;

/// Deliveries per commit, of all fan-outs together.
const CHUNK: usize = 256;

/// An event whose deliveries are not all written.
pub(crate) struct Fanout {
    event: Ordinal,
    body: Option<Arc<EventBody>>,
    deliver_at: Option<Millis>,
    flags: EventFlags,
    left: VecDeque<Match>,
    done: u32,
}

impl Fanout {
    pub(crate) fn new(event: Ordinal, body: Option<Arc<EventBody>>, draft: Draft) -> Self {
        let Draft { deliver_at, flags, matches, .. } = draft;
        Self { event, body, deliver_at, flags, left: matches.into_iter().collect(), done: 0 }
    }

    fn replan(&mut self, endpoint: EndpointKey, plan: Option<&Arc<EndpointPlan>>) {
        for one in self.left.iter_mut().filter(|one| one.plan.key == endpoint) {
            one.plan = plan.map_or_else(|| Arc::new(one.plan.deleted()), Arc::clone);
        }
    }

    /// One that a stop or a crash interrupted.
    pub(crate) fn resumed(stored: &UnfinishedFanout, left: Vec<Match>) -> Self {
        let UnfinishedFanout { event, deliver_at, flags, done, .. } = *stored;
        Self { event, body: None, deliver_at, flags, left: left.into(), done }
    }
}

/// Fan-outs in progress; they take turns.
#[derive(Default)]
pub(crate) struct Fanouts {
    queue: VecDeque<Fanout>,
    busy: usize,
    /// Endpoints that changed while deliveries of fan-outs are on their way to the disk.
    late: Vec<(EndpointKey, Option<Arc<EndpointPlan>>)>,
}

impl Fanouts {
    pub(crate) fn push(&mut self, fanout: Fanout) {
        self.queue.push_back(fanout);
    }

    /// An endpoint changed, or was deleted (`None`): deliveries not written yet follow its new plan.
    pub(crate) fn replan(&mut self, endpoint: EndpointKey, plan: Option<&Arc<EndpointPlan>>) {
        for fanout in &mut self.queue {
            fanout.replan(endpoint, plan);
        }
        if self.busy > 0 {
            self.late.push((endpoint, plan.cloned()));
        }
    }

    /// One comes back from the disk, with deliveries that are not written yet.
    fn back(&mut self, mut fanout: Fanout) {
        for (endpoint, plan) in &self.late {
            fanout.replan(*endpoint, plan.as_ref());
        }
        self.queue.push_back(fanout);
    }

    /// One less is on its way to the disk.
    fn landed(&mut self) {
        self.busy = self.busy.saturating_sub(1);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.busy == 0
    }
}

/// Deliveries of a fan-out on their way to the disk.
pub(crate) struct Chunk {
    fanout: Fanout,
    matches: Vec<(Match, Place)>,
}

impl Core {
    /// Puts the next deliveries of each fan-out in turn into the batch.
    pub(crate) fn fanout_chunks(&mut self, batch: &mut Batch, now: Millis) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        let mut room = CHUNK;
        while room > 0
            && let Some(mut fanout) = self.fanouts.queue.pop_front()
        {
            let count = fanout.left.len().min(room);
            room -= count;
            let matches: Vec<_> = fanout
                .left
                .drain(..count)
                .map(|one| {
                    let one = self.current(one);
                    let place = self.place(&one, fanout.deliver_at, now, false);
                    (one, place)
                })
                .collect();
            let fresh = matches.iter().filter(|(_, place)| matches!(place, Place::Lane)).count();
            if fresh > 0 {
                self.low_water.add(fanout.event, fresh as u32);
            }
            batch.fanouts.push(FanoutChunk {
                event: fanout.event,
                deliveries: matches
                    .iter()
                    .map(|(one, place)| NewDelivery { endpoint: one.plan.key, place: *place })
                    .collect(),
                done: fanout.done + count as u32,
                last: fanout.left.is_empty(),
            });
            chunks.push(Chunk { fanout, matches });
        }
        self.fanouts.busy = chunks.len();
        self.fanouts.late.clear();
        chunks
    }

    /// The newest plan the lane knows: the endpoint may have been disabled since the match.
    fn current(&self, one: Match) -> Match {
        match self.lanes.get(&one.plan.key) {
            Some(lane) => Match { plan: Arc::clone(&lane.plan), order: one.order },
            None => one,
        }
    }

    pub(crate) fn fanout_written(&mut self, chunk: Chunk, seq: u64, now: Millis) {
        let Chunk { mut fanout, matches } = chunk;
        self.fanouts.landed();
        fanout.done += matches.len() as u32;
        let handed =
            Handed { event: fanout.event, flags: fanout.flags, body: fanout.body.as_ref(), seq, now };
        for (one, place) in &matches {
            self.hand_over_delivery(one, *place, &handed, None);
            if one.plan.is_dead() {
                // Written after the sweep of its endpoint, perhaps.
                self.sweep_later(one.plan.key, SweepInto::Cancelled);
            }
        }
        if !fanout.left.is_empty() {
            self.fanouts.back(fanout);
        }
    }

    pub(crate) fn fanout_unwritten(&mut self, chunk: Chunk) {
        let Chunk { mut fanout, matches } = chunk;
        self.fanouts.landed();
        for (one, place) in matches.into_iter().rev() {
            self.release_place(&one, place, fanout.event, false);
            fanout.left.push_front(one);
        }
        self.fanouts.back(fanout);
    }
}
