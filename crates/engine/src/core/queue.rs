//! What waits in a lane: live events before retries and what is late.

use std::collections::VecDeque;

use postrider_model::endpoint::Ordering;
use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use smallvec::SmallVec;

use super::lane::{Item, Items};
use crate::plan::EndpointPlan;

/// After so many requests in a row with live events, one of the others has its turn: a busy endpoint's retries,
/// replays and backlog yield, and still come to their end.
const LIVE_IN_A_ROW: u8 = 7;

/// The deliveries of a lane that are in memory. Live ones, never attempted and not late, go before the others, so that a
/// replay or what an outage of the receiver left does not stand before live events (DESIGN 4.4); order within a key
/// is not touched, because only its head is ever in memory.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    live: VecDeque<Item>,
    others: VecDeque<Item>,
    live_in_a_row: u8,
}

/// One of the two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Live,
    Others,
}

/// Items of one line that may go into the next request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ready {
    line: Line,
    count: usize,
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.live.len() + self.others.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.live.is_empty() && self.others.is_empty()
    }

    /// Live deliveries.
    pub(crate) fn live(&self) -> usize {
        self.live.len()
    }

    /// Retries, replays and what is late.
    pub(crate) fn others(&self) -> usize {
        self.others.len()
    }

    pub(crate) fn push(&mut self, item: Item) {
        self.line_of(&item).push_back(item);
    }

    /// Items that an attempt did not begin with go back to the front.
    pub(crate) fn put_back(&mut self, items: Items) {
        for item in items.into_iter().rev() {
            self.line_of(&item).push_front(item);
        }
    }

    /// Takes one delivery out, if it waits here.
    pub(crate) fn remove(&mut self, event: Ordinal) -> Option<Item> {
        for line in [&mut self.live, &mut self.others] {
            if let Some(at) = line.iter().position(|item| item.event == event) {
                return line.remove(at);
            }
        }
        None
    }

    /// All of them, to be changed in place; not when they are due.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.live.iter_mut().chain(self.others.iter_mut())
    }

    pub(crate) fn drain(&mut self) -> Vec<Item> {
        self.live.drain(..).chain(self.others.drain(..)).collect()
    }

    /// Takes out what fell due before `before`, looking at the front of both lines only.
    pub(crate) fn drain_due_before(&mut self, before: Millis) -> Vec<Item> {
        let mut late = Vec::new();
        for line in [&mut self.live, &mut self.others] {
            while let Some(item) = line.pop_front_if(|item| item.due < before) {
                late.push(item);
            }
        }
        late
    }

    /// Since when the oldest delivery is due.
    pub(crate) fn oldest_due(&self) -> Option<Millis> {
        [self.live.front(), self.others.front()].into_iter().flatten().map(|item| item.due).min()
    }

    /// What may go into the next request, or when to look again. Not to be asked of an empty queue.
    pub(crate) fn ready(&self, plan: &EndpointPlan, now: Millis) -> Result<Ready, Millis> {
        let lines = if self.live_in_a_row < LIVE_IN_A_ROW {
            [Line::Live, Line::Others]
        } else {
            [Line::Others, Line::Live]
        };
        let mut look_again = Millis::MAX;
        for line in lines {
            match batch_ready(self.line(line), plan, now) {
                Ok(0) => {}
                Ok(count) => return Ok(Ready { line, count }),
                Err(at) => look_again = look_again.min(at),
            }
        }
        Err(look_again)
    }

    pub(crate) fn take(&mut self, ready: Ready) -> Items {
        self.live_in_a_row = match ready.line {
            Line::Live => self.live_in_a_row.saturating_add(1),
            Line::Others => 0,
        };
        let line = if ready.line == Line::Live { &mut self.live } else { &mut self.others };
        line.drain(..ready.count).collect()
    }

    /// What fell due before `before` is live no more; whether there was any.
    pub(crate) fn set_late(&mut self, before: Millis) -> bool {
        let mut any = false;
        while let Some(mut item) = self.live.pop_front_if(|item| item.due < before) {
            item.late = true;
            self.others.push_back(item);
            any = true;
        }
        any
    }

    /// Fresh items older than `before`, fresh no more: they go into the due index.
    pub(crate) fn age(&mut self, before: Ordinal, aged: &mut SmallVec<[(Ordinal, Millis); 4]>) {
        let live = self.live.iter_mut().take_while(|item| item.event < before || !item.fresh);
        for item in live.chain(&mut self.others) {
            if item.fresh && item.event < before {
                item.fresh = false;
                aged.push((item.event, item.due));
            }
        }
    }

    fn line(&self, line: Line) -> &VecDeque<Item> {
        if line == Line::Live { &self.live } else { &self.others }
    }

    fn line_of(&mut self, item: &Item) -> &mut VecDeque<Item> {
        if item.attempts == 0 && !item.late { &mut self.live } else { &mut self.others }
    }
}

/// How many items at the front go into the next request, or when to look again. First attempts of a timetable and
/// retries are never mixed in a batch (DESIGN 4.4).
fn batch_ready(line: &VecDeque<Item>, plan: &EndpointPlan, now: Millis) -> Result<usize, Millis> {
    let Some(first) = line.front() else { return Ok(0) };
    let Some(batch) = plan.policy.batch else { return Ok(1) };
    // A test waits for nobody, and nobody's outcome is mixed with a test's.
    // Nor can anything join what keeps the order of its whole endpoint: the next event begins when it has ended.
    let in_order = |item: &Item| item.key.is_some() && plan.ordering == Ordering::Endpoint;
    let single = |item: &Item| item.flags.test || plan.sends_alone(item.flags) || in_order(item);
    if single(first) {
        return Ok(1);
    }
    let first_time = first.step == 0;
    let size = batch.max_size.max(1) as usize;
    let alike = |item: &&Item| (item.step == 0) == first_time && !single(item);
    let alike = line.iter().take(size).take_while(alike).count();
    // The wait runs from the event (DESIGN 4.4). What fell due only when the one before it in its key had ended has
    // waited since it was accepted; what was scheduled has not.
    let has_waited = first.key.is_some() && first_time && !first.flags.scheduled;
    let since = if has_waited { first.due.min(first.event.time()) } else { first.due };
    let flush_at = since + batch.max_wait;
    // Others behind a differing item cannot join any more; a full batch waits for nothing.
    let closed = alike >= size || alike < line.len();
    if closed || flush_at <= now { Ok(alike) } else { Err(flush_at) }
}
